//! The decision: what is due now, given the alarm, the rules and what is remembered.
//! Wording, channels and the order of actions are the callers'.

use super::settings::{Ack, Rules};
use super::state::State;
use crate::alarm::Level;

/// What the caller of the script asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The condition holds (`action: "new"`), on every uplink or once.
    New,
    /// It does not hold (`action: "clear"`).
    Clear,
    /// Only time has passed (`action: "tick"`).
    Tick,
}

/// The alarm as this call sees it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub call: Call,
    /// The level of a `New`; of a `Clear` it is read only where there is no state.
    pub level: Level,
    /// Seconds since 1970.
    pub now: u32,
    /// Whether the platform's `alarms` holds the alarm; `None`: the host has no such map. Since the platform
    /// may write it before, after or while the script runs, it is read only for a `Clear` without state.
    pub active: Option<bool>,
    /// The title as it is, kept (cut) for later ticks; empty = keep the old one.
    pub title: &'a str,
}

/// The message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// First message of a raise. `Decision::lasted` > 0: it comes late, after a quiet or muted time.
    Raised,
    /// The level rose since the last message, which said `from`.
    Worse { from: Level },
    /// The level fell since the last message, which said `from`.
    Better { from: Level },
    /// Nothing changed, but the repeat time is over.
    Reminder,
    /// Nothing changed, but an escalation step is reached.
    Escalated,
    /// The alarm is over.
    Recovered,
    /// It changes too often; from here on it is quiet until it is stable. `Decision::changes` says how often it changed.
    Unstable,
    /// The summary after `Unstable`: `Decision::level` is what holds now, `Decision::changes` how often it changed.
    Stable,
}

/// Why something that is due or changed is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Muted,
    Quiet,
    Unstable,
}

/// What to send and what to remember.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The message; `None`: send nothing.
    pub event: Option<Event>,
    /// Why nothing is sent though something is due.
    pub held: Option<Hold>,
    /// What holds now; `None`: not active.
    pub level: Option<Level>,
    /// The level whose routes and mentions the message takes (and whose quiet windows held it): the higher one
    /// of what is and what was said, at the end the highest that was said. So those who heard of an alarm hear of its end.
    pub route: Level,
    /// Escalation steps in force, bit i = step i; their additions belong to this message.
    pub steps: u8,
    /// Those of them that are reached with this message.
    pub new_steps: u8,
    /// Seconds from the raise until now or, when it is over, until its end; `None`: unknown (state was lost).
    pub lasted: Option<u32>,
    /// The highest level since the raise.
    pub worst: Level,
    /// Messages since the raise, without this one.
    pub messages: u32,
    /// For `Unstable` and `Stable`: changes since it became unstable.
    pub changes: u32,
    state: State,
    now: u32,
    write: bool,
}

impl Decision {
    /// The text to store for the alarm `name`, `None`: what is stored stays. With `sent`, the message of `event`
    /// was delivered or handed on; without, it was not, and it stays due.
    pub fn text(&self, name: &str, sent: bool) -> Option<String> {
        let event = self.event.filter(|_| sent);
        if event.is_none() && !self.write {
            return None;
        }
        let mut state = self.state.clone();
        if let Some(event) = event {
            // A raise that is over has been told in full; what comes next is a new one.
            state.told = state.level;
            state.peak = state.peak.max(state.level);
            state.sent = self.now;
            if state.first == 0 {
                state.first = self.now;
            }
            state.messages = state.messages.saturating_add(1);
            state.steps |= self.new_steps;
            state.unstable = state.unstable && event != Event::Stable || event == Event::Unstable;
            if event == Event::Stable {
                // These changes are told; they shall not make it unstable again.
                state.changes = Default::default();
            }
        }
        Some(state.text(name))
    }

    /// The title that is remembered (its beginning); empty if none.
    pub fn title(&self) -> &str {
        &self.state.title
    }
}

/// Decides. `stored` is what [`State::read`] found; `None` counts as never seen, so that lost state costs a
/// message too many, never one too few.
///
/// It has three parts: what changed, which message that makes due, whether it must wait.
pub fn decide(situation: &Situation, rules: &Rules, stored: Option<State>) -> Decision {
    let now = situation.now;
    let known = stored.is_some();
    let mut state = stored.unwrap_or_default();

    // A clear that remembers nothing, of an alarm that the platform holds as active: the raise was told and
    // forgotten (or told by another script), so its end is told.
    if !known && situation.call == Call::Clear && situation.active == Some(true) {
        let level = Some(situation.level);
        state = State { level, told: level, peak: level, worst: level, ..state };
    }

    // ---- What changed.
    let mut write = state.clamp(now);
    let [last_change, ..] = state.changes;
    let calm = rules.flapping.is_none_or(|flapping| now - last_change >= flapping.calm);
    let level = match situation.call {
        Call::New => Some(situation.level),
        Call::Clear => None,
        // Time alone raises and ends nothing; without state there is nothing to remind of.
        Call::Tick => state.level,
    };
    let repeat = |level: Option<Level>| rules.repeat[level.unwrap_or(situation.level) as usize];
    let silence = now - state.sent;
    let changed = level != state.level;
    if changed {
        // A new raise: nothing of the last one counts but its change times, and who waits for its end where that
        // was held. Where people heard within the repeat time that it is active, the raise goes on for them.
        let again = repeat(state.told);
        if state.level.is_none()
            && !state.unstable
            && (state.told.is_none() || silence >= again || again == Rules::CHANGE)
        {
            state = State {
                peak: state.told,
                since: now,
                sent: state.sent,
                old_ack: rules.ack == Ack::Standing,
                changes: state.changes,
                title: state.title,
                ..State::default()
            };
        }
        state.push_change(now);
        state.flips = state.flips.saturating_add(1);
        state.level = level;
        state.worst = state.worst.max(level);
        write = true;
    }
    if state.old_ack && rules.ack != Ack::Standing {
        state.old_ack = false;
        write = true;
    }
    if !situation.title.is_empty() {
        state.title = situation.title.into();
    }

    // ---- Which message that makes due.
    let worst = state.worst.unwrap_or(situation.level);
    let repeat = repeat(level.or(state.peak));
    let always = repeat == Rules::ALWAYS;
    let mut held = None;
    let mut due = match (state.told, level) {
        // Nothing told, nothing to tell: idle, or the end of an alarm that was silenced all the time.
        (None, None) => None,
        // The first message; also the late one of a raise that was held.
        (None, Some(_)) => Some(Event::Raised),
        // The end is told to those who heard of the raise, late if it was held.
        (Some(_), None) => Some(Event::Recovered),
        (Some(from), Some(to)) if from < to => Some(Event::Worse { from }),
        (Some(from), Some(to)) if from > to => Some(Event::Better { from }),
        // As it was told (a changing description is no change): a reminder, once the time is over.
        // A tick does not count as a call of the application notes' kind.
        (Some(_), Some(_)) => {
            let due = silence >= repeat && repeat != Rules::CHANGE && !(always && situation.call == Call::Tick);
            due.then_some(Event::Reminder)
        }
    };
    if state.unstable {
        if calm || always {
            // It has been quiet for long enough: one summary, whatever holds now.
            due = Some(Event::Stable);
        } else if level <= state.peak {
            // Still unstable: quiet. Only a level above all that were told gets through.
            held = due.filter(|_| state.told != level).map(|_| Hold::Unstable);
            due = None;
        }
    } else if changed && due.is_some() && !always && let Some(flapping) = rules.flapping {
        let recent = state.changes.iter().filter(|at| **at > 0 && now - **at <= flapping.window);
        let count = recent.clone().count() as u32;
        if count >= u32::from(flapping.changes) {
            // One change too many: this message takes the place of the change's own.
            due = Some(Event::Unstable);
            state.flips = count;
            state.since = recent.fold(state.since, |first, at| first.min(*at));
        }
    }

    // Escalation counts from the first message, so that a night's silence does not ring everybody at once in the
    // morning; an acknowledgement stops it. Steps go along with whatever else is due.
    let acknowledged = match rules.ack {
        Ack::None => false,
        Ack::Standing => !state.old_ack,
        Ack::At(at) => state.since <= at && at <= now.saturating_add(300),
    };
    let mut new_steps = 0;
    if level.is_some() && state.first > 0 && !state.unstable && !acknowledged && due != Some(Event::Unstable) {
        new_steps = rules.escalation.reached(now - state.first) & !state.steps;
        if new_steps > 0 && due.is_none_or(|event| event == Event::Reminder) {
            due = Some(Event::Escalated);
        }
    }

    // ---- Whether it must wait. What waits stays due, since what was told still differs from what holds.
    let route = match due {
        Some(Event::Recovered | Event::Unstable | Event::Stable) => level.max(state.peak).unwrap_or(worst),
        _ => level.max(state.told).unwrap_or(worst),
    };
    if due.is_some() {
        if now < rules.mute_until {
            held = Some(Hold::Muted);
        } else if rules.quiet >> route as u8 & 1 == 1 {
            held = Some(Hold::Quiet);
        }
        if held.is_some() {
            due = None;
            new_steps = 0;
        }
    }

    let [last_change, ..] = state.changes;
    let end = if level.is_none() && last_change > 0 { last_change } else { now };
    Decision {
        event: due,
        held,
        level,
        route,
        steps: state.steps | new_steps,
        new_steps,
        lasted: (state.since > 0).then(|| end.saturating_sub(state.since)),
        worst,
        messages: state.messages,
        changes: state.flips,
        state,
        now,
        write,
    }
}
