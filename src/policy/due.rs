//! What a channel is due, and whether it must wait: one short question each, asked for each channel by itself.
//! Wording, HTTP and the order of actions are the callers'.

use super::observe::Observed;
use super::rules::{Repeat, Rules};
use super::state::Heard;
use crate::alarm::Level;

/// While an alarm is unstable, no reminder comes sooner, in seconds.
pub const UNSTABLE_REPEAT: u32 = 100 * 60;

/// So long low and mid stand back for what is worse, once a busy service may be asked again, in seconds.
const PATIENCE: u32 = 450;

/// The message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first word of a raise, late or not.
    Raised,
    /// The level is above the one that was told.
    Worse,
    /// The level is below the one that was told.
    Better,
    /// Nothing changed, but the repeat time is over.
    Reminder,
    /// Nothing changed, but an escalation step is reached.
    Escalated,
    /// The alarm is over.
    Recovered,
    /// It changes too often; from here on it is quiet until it is stable. `state.flips` says how often.
    Unstable,
    /// The summary after `Unstable`: what holds now, `state.flips` says how often it changed.
    Stable,
}

impl Event {
    /// Whether it is bad news: only then people are rung.
    pub fn rings(self) -> bool {
        !matches!(self, Event::Better | Event::Recovered | Event::Stable)
    }
}

/// Why something that is due is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// `notify_mute_until` lies ahead.
    Muted,
    /// A window of `notify_quiet` covers the level.
    Quiet,
    /// The channel failed, and is tried again at that moment.
    BackOff(u32),
}

/// What is due to a channel. `listed`: the routes or an escalation step name it now.
pub fn due(heard: &Heard, alarm: &Observed, listed: bool, rules: &Rules) -> Option<Event> {
    let state = &alarm.state;
    let holds = state.level;
    // Nobody knows when, after the clock was set back: then it is long ago.
    let silence = alarm.now - heard.at;
    let repeat = rules.repeat.of(holds);
    let step = state.steps > heard.steps && holds.is_some() && !alarm.acknowledged();

    if state.unstable {
        return if !heard.unstable {
            // Everybody whom it concerns is told once that it is unstable.
            (heard.told.is_some() || listed && holds.is_some()).then_some(Event::Unstable)
        } else if holds > heard.told {
            // Worse than ever told gets through.
            Some(Event::Worse)
        } else if step {
            Some(Event::Escalated)
        } else if listed && reminds(alarm, repeat.max(UNSTABLE_REPEAT), silence) {
            Some(Event::Reminder)
        } else {
            None
        };
    }
    if heard.unstable {
        // It has been quiet for long enough: one summary, whatever holds now.
        return Some(Event::Stable);
    }
    match (heard.told, holds) {
        // Who heard nothing hears of no end; who perhaps heard something does.
        (None, None) => heard.unsure.then_some(Event::Recovered),
        // The first word, on the way of an escalation step where that brought the channel in; also the late one.
        (None, Some(_)) if listed => {
            Some(if step && state.messages > 0 { Event::Escalated } else { Event::Raised })
        }
        // It was not for this channel.
        (None, Some(_)) => None,
        // Who heard of it hears of its end,
        (Some(_), None) => Some(Event::Recovered),
        // of a new raise, where nobody knows what its readers believe of the last one,
        (Some(_), Some(_)) if listed && heard.unsure && heard.at > 0 && heard.at < state.since => {
            Some(Event::Raised)
        }
        // and of every change, whatever the routes of the new level.
        (Some(told), Some(holds)) if told < holds => Some(Event::Worse),
        (Some(told), Some(holds)) if told > holds => Some(Event::Better),
        // As it was told (a changing description is no change): only time makes more of it.
        _ if step => Some(Event::Escalated),
        // Something else was sent since, and nobody knows whether it was read; or it is time. Where it ended and was
        // raised again, and the channel could not be told the end, it goes on to its readers until then.
        _ if heard.unsure || listed && reminds(alarm, repeat, silence) => {
            let of_another = heard.at > 0 && heard.at < state.since;
            Some(if of_another { Event::Raised } else { Event::Reminder })
        }
        _ => None,
    }
}

/// Whether the repeat time is over; with `change`, and where nothing holds, it never is. With `always`, every "new" is a
/// reminder, but a tick is no such call.
fn reminds(alarm: &Observed, repeat: u32, silence: u32) -> bool {
    silence >= repeat && !(repeat == Repeat::ALWAYS && alarm.tick) && !alarm.acknowledged()
}

/// Whether what is due must wait. It stays due, since what was told still differs from what holds.
pub fn wait(
    heard: &Heard,
    alarm: &Observed,
    level: Level,
    rules: &Rules,
    credential: u32,
) -> Option<Hold> {
    if alarm.now < rules.mute_until.0 {
        return Some(Hold::Muted);
    }
    if rules.quiet.covers(level) {
        return Some(Hold::Quiet);
    }
    // A busy service has many devices waiting: what is low or mid stands back, so that what is worse meets few there.
    let patience = if heard.throttled && level < Level::High { spread(heard.next) } else { 0 };
    let next = heard.next.saturating_add(patience);
    // A credential that was corrected is tried at once.
    let failed = next > alarm.now && heard.credential == credential;
    failed.then_some(Hold::BackOff(next))
}

/// A time up to [`PATIENCE`], another one for each moment (Knuth's multiplicative hash).
fn spread(moment: u32) -> u32 {
    (moment.wrapping_mul(2_654_435_761) >> 16) % PATIENCE
}
