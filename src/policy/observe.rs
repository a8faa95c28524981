//! What holds and what changed: the alarm's own story, whoever was told of it.
//! What is due to a channel follows from it in `due`.

use alloc::string::String;

use super::rules::{Repeat, Rules};
use super::state::{Heard, State};
use crate::alarm::Level;

/// An acknowledgement may lie so far ahead, in seconds: clocks differ.
const ACK_AHEAD: u32 = 300;

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
    /// Whether the platform's record of active alarms holds it; `None`: the host has no such record. Since the platform
    /// may write it before, after or while the script runs, it is read only for a `Clear` without state, and on a tick.
    pub listed: Option<bool>,
    /// The title as it is, kept (cut) for later ticks; empty = keep the old one.
    pub title: &'a str,
}

/// The alarm with this call.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    /// What is remembered from here on, but for what this call tells.
    pub state: State<'a>,
    /// Seconds since 1970.
    pub now: u32,
    /// Whether time alone passed.
    pub tick: bool,
    /// Somebody closed it on the platform, so it ends here.
    pub closed: bool,
    /// Whether the state must be stored.
    pub write: bool,
    /// Whether somebody was told by this call.
    spoke: bool,
}

impl Observed<'_> {
    /// Whether somebody has seen it, at this level or a higher one.
    pub fn acknowledged(&self) -> bool {
        self.state.acked.is_some()
    }

    /// Seconds from the raise until now or, when it is over, until its end; `None` or 0: unknown (state was lost, or the
    /// clock was set back).
    pub fn lasted(&self) -> Option<u32> {
        let [last_change, ..] = self.state.changes;
        let end = if self.state.level.is_none() { last_change } else { self.now };
        (self.state.since > 0).then(|| end.saturating_sub(self.state.since))
    }

    /// Seconds since the last change.
    pub fn unchanged_for(&self) -> u32 {
        let [last_change, ..] = self.state.changes;
        if last_change > 0 { self.now - last_change } else { 0 }
    }
}

/// Looks at the alarm. `stored` is what [`State::read`] found; `None` counts as never seen, so that lost state costs a
/// message too many, never one too few.
pub fn observe<'a>(
    situation: &Situation<'a>,
    rules: &Rules,
    stored: Option<State<'a>>,
) -> Observed<'a> {
    let Situation { call, now, .. } = *situation;
    let given = Some(situation.level);
    let is_stored = stored.is_some();
    let mut state = stored.unwrap_or_default();
    // A clear that remembers nothing, of an alarm that the platform holds as active: the raise was told and
    // forgotten (or told by another script), so its end is told.
    if !is_stored && call == Call::Clear && situation.listed == Some(true) {
        (state.level, state.worst) = (given, given);
        state.told_all = Some((situation.level, Heard { told: given, ..Heard::default() }));
    }

    let mut write = state.forget_future(now);
    if write && state.first == 0 {
        // Escalation goes on after the clock was set back, counted from here.
        state.first = now;
    }
    let closed = call == Call::Tick && was_closed(&mut state, situation.listed, &mut write);
    let holds = match call {
        _ if closed => None,
        Call::New => given,
        Call::Clear => None,
        // Time alone raises and ends nothing; without state there is nothing to remind of.
        Call::Tick => state.level,
    };
    let before = state.level;
    let changed = holds != before;
    let always = rules.repeat.of(holds.or(before)) == Repeat::ALWAYS;

    // It has been as it is for long enough: who heard that it was unstable is owed one summary.
    let [last_change, ..] = state.changes;
    if state.unstable && (always || now - last_change >= rules.flapping.calm) {
        state.unstable = false;
        // These changes are told; they shall not make it unstable again.
        state.changes = Default::default();
        write = true;
        if changed {
            // The summary would be out of date with the first word: what they hear is the change. Should that be held
            // and taken back, they hear what holds then, since they believe that it is unstable.
            for heard in state.ledger.iter_mut().filter(|heard| heard.unstable) {
                (heard.unstable, heard.unsure) = (false, true);
                // Where it was over, they know that it came and went, not that it went last.
                heard.told = before.or(heard.told);
            }
        } else {
            state.push_change(last_change);
        }
    }

    if changed {
        write = true;
        if before.is_none() && !state.unstable {
            raise(&mut state, now);
        }
        state.push_change(now);
        state.level = holds;
        state.worst = state.worst.max(holds);
        let (mut count, mut first) = (0, now);
        for at in state.changes {
            if now - at <= rules.flapping.window {
                count += 1;
                first = at;
            }
        }
        if state.unstable {
            state.flips = state.flips.saturating_add(1);
        } else if count >= rules.flapping.changes && !always {
            // One change too many.
            state.unstable = true;
            state.flips = count;
            state.since = state.since.min(first);
        }
    }

    if holds.is_none() {
        // Who heard nothing is owed nothing; that it failed is known until it may be tried again.
        state.ledger.retain(|heard| heard.is_owed() || heard.next > now);
    }
    acknowledge(&mut state, rules.ack.moment(situation.name, now), now, &mut write);
    if state.level.is_some() && state.first > 0 && state.acked.is_none() {
        // Escalation counts from the first message, so that a night's silence does not ring everybody at once in the
        // morning.
        state.steps = state.steps.max(rules.escalation.reached(now - state.first));
    }
    if !situation.title.is_empty() {
        state.title = situation.title;
    }
    Observed { state, now, tick: call == Call::Tick, closed, write, spoke: false }
}

/// A new raise: of the last one only its change times count, and what channels that missed its end still believe.
fn raise(state: &mut State, now: u32) {
    let mut believed = state.told_all.is_some();
    for heard in &mut state.ledger {
        heard.steps = 0;
        believed |= heard.told.is_some();
    }
    state.worst = None;
    (state.listed, state.missing) = (false, false);
    (state.steps, state.messages, state.flips) = (0, 0, 0);
    state.since = now;
    // For those it goes on, and its age counts from here.
    state.first = if believed { now } else { 0 };
}

/// Whether somebody closed the alarm on the platform: its record held it, and two ticks in a row do not find it there.
/// One tick may fall between this script and the one that keeps the record.
fn was_closed(state: &mut State, listed: Option<bool>, write: &mut bool) -> bool {
    let (Some(listed), Some(_)) = (listed, state.level) else { return false };
    let closed = state.missing && !listed;
    let now = (listed, state.listed && !listed);
    *write |= listed != state.listed;
    (state.listed, state.missing) = now;
    closed
}

/// An acknowledgement counts for the raise before it, from when it is first seen until the alarm gets worse or is over.
fn acknowledge(state: &mut State, at: Option<u32>, now: u32, write: &mut bool) {
    let before = (state.acked, state.ack_at);
    let counts =
        |at: u32| state.since > 0 && state.since <= at && at <= now.saturating_add(ACK_AHEAD);
    match at.filter(|at| counts(*at)) {
        Some(at) if at != state.ack_at => (state.acked, state.ack_at) = (state.level, at),
        Some(_) if state.level > state.acked => state.acked = None,
        Some(_) => {}
        None => (state.acked, state.ack_at) = (None, 0),
    }
    if state.level.is_none() {
        state.acked = None;
    }
    *write |= before != (state.acked, state.ack_at);
}

/// What is known of an attempt in vain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vain {
    /// Seconds until it may be tried again.
    pub wait: u32,
    /// It was one too many.
    pub throttled: bool,
    /// It may have arrived after all.
    pub unsure: bool,
    /// The mark of the credential.
    pub credential: u32,
}

// What becomes of it: who was told, and who was not.
impl Observed<'_> {
    /// What all channels of a level's route heard, now that it is known which those are.
    pub fn adopt(&mut self, channels: impl Iterator<Item = u32>, heard: Heard) {
        for channel in channels {
            self.state.note(Heard { channel, ..heard });
        }
        self.write = true;
    }

    /// A channel took the message that was due; `ring`: the short text that rings is still owed.
    pub fn told(&mut self, heard: Heard, ring: bool) {
        let Observed { state, now, .. } = self;
        let told = if state.unstable { heard.told.max(state.level) } else { state.level };
        state.note(Heard {
            channel: heard.channel,
            told,
            unstable: state.unstable,
            ring,
            steps: state.steps,
            at: *now,
            ..Heard::default()
        });
        if state.first == 0 {
            state.first = *now;
        }
        if !self.spoke {
            state.messages = state.messages.saturating_add(1);
        }
        self.spoke = true;
        self.write = true;
    }

    /// A channel did not take it: it stays due, and may be tried again after a wait.
    pub fn untold(&mut self, heard: Heard, vain: Vain) {
        let Vain { wait, throttled, unsure, credential } = vain;
        let tries = heard.tries.saturating_add(1);
        let next = self.now.saturating_add(wait);
        let unsure = unsure || heard.unsure;
        self.state.note(Heard { tries, next, throttled, unsure, credential, ..heard });
        self.write = true;
    }

    /// The text to store for the alarm `name` (in the attribute [`key`](super::key)); `None`: what is stored stays.
    pub fn text(&self, name: &str) -> Option<String> {
        self.write.then(|| self.state.text(name))
    }
}
