//! The decision: what is due now, given the alarm, the rules and what is remembered.
//! Wording, channels and the order of actions are the callers'.

use alloc::string::String;

use super::rules::{Ack, Repeat, Rules};
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
    /// What is asked for.
    pub call: Call,
    /// The alarm's name, for an acknowledgement that names alarms.
    pub name: &'a str,
    /// The level of a `New`; of a `Clear` it is read only where there is no state.
    pub level: Level,
    /// Seconds since 1970.
    pub now: u32,
    /// Whether the platform's `alarms` holds the alarm (`false` where the host has no such map). Since the platform
    /// may write it before, after or while the script runs, it is read only for a `Clear` without state.
    pub active: bool,
    /// The title as it is, kept (cut) for later ticks; empty = keep the old one.
    pub title: &'a str,
}

/// The message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// First message of a raise. `Decision::lasted` > 0: it comes late, after a quiet or muted time or a failed push.
    Raised,
    /// The level rose above `Decision::from`.
    Worse,
    /// The level fell below `Decision::from`.
    Better,
    /// Nothing changed, but the repeat time is over.
    Reminder,
    /// Nothing changed, but an escalation step is reached.
    Escalated,
    /// The alarm is over.
    Recovered,
    /// It changes too often; from here on it is quiet until it is stable. `state.flips` says how often.
    Unstable,
    /// The summary after `Unstable`: `Decision::level` is what holds now, `state.flips` how often it changed.
    Stable,
}

/// Why something that is due or changed is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// `notify_mute_until` lies ahead.
    Muted,
    /// A window of `notify_quiet` covers [`Decision::route`].
    Quiet,
    /// The "unstable" message was sent; the summary follows.
    Unstable,
}

/// What to send and what to remember.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The message; `None`: send nothing.
    pub event: Option<Event>,
    /// Why nothing is sent though something is due.
    pub held: Option<Hold>,
    /// The level whose routes and mentions the message takes (and whose quiet windows held it): the higher one
    /// of what is and what was said, at the end the highest that was said. So those who heard of an alarm hear of its end.
    pub route: Level,
    /// Escalation steps in force with the message of `event`, bit i = step i; their additions belong to it.
    pub steps: u32,
    /// Those of them that are reached with it.
    pub new_steps: u32,
    /// Seconds from the raise until now or, when it is over, until its end; `None`: unknown (state was lost).
    pub lasted: Option<u32>,
    /// The alarm before this message: what holds and what was told, worst level, messages and changes so far, title.
    pub state: State<'a>,
    now: u32,
    write: bool,
}

impl Decision<'_> {
    /// What holds now; `None`: not active.
    pub fn level(&self) -> Option<Level> {
        self.state.level
    }

    /// What the last message said holds; `None`: nothing, or the end.
    pub fn from(&self) -> Option<Level> {
        self.state.told
    }

    /// The highest level since the raise.
    pub fn worst(&self) -> Level {
        self.state.worst.unwrap_or(self.route)
    }

    /// The text to store for the alarm `name` (in the attribute [`key`](super::key)), `None`: what is stored stays. With `sent`, the message of `event`
    /// was delivered or handed on; without, it was not, and it stays due.
    pub fn text(&self, name: &str, sent: bool) -> Option<String> {
        let event = self.event.filter(|_| sent);
        if event.is_none() && !self.write {
            return None;
        }
        let mut state = self.state;
        if let Some(event) = event {
            state.told = state.level;
            state.peak = state.peak.max(state.level);
            state.sent = self.now;
            if state.first == 0 {
                state.first = self.now;
            }
            state.messages = state.messages.saturating_add(1);
            state.steps = self.steps;
            match event {
                Event::Unstable => state.unstable = true,
                Event::Stable => {
                    state.unstable = false;
                    // These changes are told; they shall not make it unstable again.
                    state.changes = Default::default();
                }
                _ => {}
            }
        }
        Some(state.text(name))
    }
}

/// Decides. `stored` is what [`State::read`] found; `None` counts as never seen, so that lost state costs a
/// message too many, never one too few.
///
/// It has three parts: what changed, which message that makes due, whether it must wait.
pub fn decide<'a>(
    situation: &Situation<'a>,
    rules: &Rules,
    stored: Option<State<'a>>,
) -> Decision<'a> {
    let Situation { call, now, .. } = *situation;
    let given = Some(situation.level);
    let ack = rules.ack.of(situation.name);
    let mut state = stored.unwrap_or_default();

    // A clear that remembers nothing, of an alarm that the platform holds as active: the raise was told and
    // forgotten (or told by another script), so its end is told.
    if stored.is_none() && call == Call::Clear && situation.active {
        (state.level, state.told, state.peak, state.worst) = (given, given, given, given);
    }

    // ---- What changed.
    let mut write = state.forget_future(now);
    if write && state.told.is_some() && state.first == 0 {
        // Escalation goes on after the clock was set back, counted from here.
        state.first = now;
    }
    let holds = match call {
        Call::New => given,
        Call::Clear => None,
        // Time alone raises and ends nothing; without state there is nothing to remind of.
        Call::Tick => state.level,
    };
    let [last_change, ..] = state.changes;
    let calm = now - last_change >= rules.flapping.calm;
    let silence = now - state.sent;
    let changed = holds != state.level;
    if changed {
        // A new raise: nothing of the last one counts but its change times. Where people still believe in the last
        // one, because its end was held, it goes on for them, unless they can hear now that it is raised anew
        // and have not heard the same within the repeat time.
        let again = rules.repeat.of(state.told);
        let can_be_told = now >= rules.mute_until.0 && !rules.quiet.covers(situation.level);
        let heard_long_ago = silence >= again || again == Repeat::CHANGE;
        let was_over = state.level.is_none() && !state.unstable;
        if was_over && (state.told.is_none() || can_be_told && heard_long_ago) {
            state = State {
                peak: state.told,
                since: now,
                old_ack: ack == Ack::Standing,
                changes: state.changes,
                title: state.title,
                ..State::default()
            };
        }
        state.push_change(now);
        state.flips = state.flips.saturating_add(1);
        state.level = holds;
        state.worst = state.worst.max(holds);
        write = true;
    }
    if state.old_ack && ack != Ack::Standing {
        state.old_ack = false;
        write = true;
    }
    if !situation.title.is_empty() {
        state.title = situation.title;
    }

    // ---- Which message that makes due.
    let told = state.told;
    let repeat = rules.repeat.of(holds.or(state.peak));
    let always = repeat == Repeat::ALWAYS;
    let mut held = None;
    let mut due = if told != holds {
        Some(if holds.is_none() {
            // The end is told to those who heard of the raise, late if it was held; never of a silenced one.
            Event::Recovered
        } else if told.is_none() {
            // The first message; also the late one of a raise that was held.
            Event::Raised
        } else if told < holds {
            Event::Worse
        } else {
            Event::Better
        })
    } else if holds.is_some()
        && silence >= repeat
        && repeat != Repeat::CHANGE
        && !(always && call == Call::Tick)
    {
        // As it was told (a changing description is no change), but the repeat time is over.
        // With `always`, every "new" is; a tick is no such call.
        Some(Event::Reminder)
    } else {
        None
    };
    if state.unstable {
        if calm || always {
            // It has been quiet for long enough: one summary, whatever holds now.
            due = Some(Event::Stable);
        } else if holds <= state.peak {
            // Still unstable: quiet. Only a level above all that were told gets through.
            due = None;
            if told != holds {
                held = Some(Hold::Unstable);
            }
        }
    } else if changed && due.is_some() && !always {
        let (mut count, mut first) = (0, now);
        for at in state.changes {
            if at > 0 && now - at <= rules.flapping.window {
                count += 1;
                first = at;
            }
        }
        if count >= rules.flapping.changes {
            // One change too many: this message takes the place of the change's own.
            due = Some(Event::Unstable);
            state.flips = count;
            state.since = state.since.min(first);
        }
    }

    // Escalation counts from the first message, so that a night's silence does not ring everybody at once in the
    // morning; an acknowledgement stops it. Steps go along with whatever else is due.
    let acknowledged = match ack {
        Ack::None | Ack::Named(_) => false,
        Ack::Standing => !state.old_ack,
        Ack::At(at) => state.since > 0 && state.since <= at && at <= now.saturating_add(300),
    };
    let mut new_steps = 0;
    if holds.is_some()
        && state.first > 0
        && !state.unstable
        && !acknowledged
        && due != Some(Event::Unstable)
    {
        new_steps = rules.escalation.reached(now - state.first) & !state.steps;
        if new_steps > 0 && (due.is_none() || due == Some(Event::Reminder)) {
            due = Some(Event::Escalated);
        }
    }

    // ---- Whether it must wait. What waits stays due, since what was told still differs from what holds.
    let said = match due {
        Some(Event::Recovered | Event::Unstable | Event::Stable) => state.peak,
        _ => told,
    };
    let route = holds.max(said).unwrap_or(situation.level);
    if due.is_some() {
        if now < rules.mute_until.0 {
            held = Some(Hold::Muted);
        } else if rules.quiet.covers(route) {
            held = Some(Hold::Quiet);
        }
        if held.is_some() {
            due = None;
        }
    }

    let [last_change, ..] = state.changes;
    let end = if holds.is_none() && last_change > 0 { last_change } else { now };
    Decision {
        event: due,
        held,
        route,
        steps: state.steps | new_steps,
        new_steps,
        lasted: (state.since > 0).then(|| end.saturating_sub(state.since)),
        state,
        now,
        write,
    }
}
