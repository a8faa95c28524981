//! Why a call sends nothing, though an alarm holds, changed or ended: one line for the log.

use alloc::string::String;

use super::Tracked;
use super::notice::Notice;
use crate::alarm::Level;
use crate::message::words;
use crate::policy::{Calm, Hold};
use crate::text::{add, join};
use crate::time;

/// Why a channel is told nothing of an alarm now.
pub struct Reason<'h> {
    /// Which alarm of the call.
    pub about: usize,
    /// Empty: all of them.
    pub channel: &'h str,
    pub why: Why,
}

#[derive(Clone, Copy)]
pub enum Why {
    /// Nothing is due.
    Calm(Calm),
    /// It must wait.
    Hold(Hold),
    /// The route of the level is `none`.
    Nowhere(Level),
}

/// The line: of the first alarm, channel by channel.
pub fn line(
    reasons: &[Reason],
    tracked: &[Tracked],
    notice: &Notice,
    offset: Option<i32>,
) -> Option<String> {
    let Reason { about, .. } = reasons.first()?;
    let mut text = String::new();
    for reason in reasons.iter().filter(|reason| reason.about == *about) {
        let joint = if reason.channel.is_empty() { "" } else { ": " };
        join(&mut text, "; ", &cat!(reason.channel, joint, &say(reason.why, notice, offset)));
    }
    let name = tracked.get(*about).map_or("", |tracked| tracked.alarm.name);
    Some(cat!(notice.lang.say(words::NOTHING), name, ": ", &text))
}

fn say(why: Why, notice: &Notice, offset: Option<i32>) -> String {
    let moment = |phrase, at: u32| cat!(notice.lang.say(phrase), &time::stamp((at, 0), offset));
    // What it is, and the moment that belongs to it.
    let (phrase, at) = match why {
        Why::Nowhere(level) => return cat!("notify_routes: ", level.word(), "=none"),
        Why::Calm(Calm::Acknowledged) => return notice.lang.say(words::ACKNOWLEDGED).into(),
        Why::Calm(Calm::Unheard | Calm::Elsewhere) => {
            return notice.lang.say(words::UNHEARD).into();
        }
        Why::Calm(Calm::Told { at, next }) => {
            let mut told = moment(words::TOLD, at);
            if let Some(next) = next {
                add(&mut told, &moment(words::NEXT, next));
            }
            return told;
        }
        Why::Calm(Calm::Unstable { until }) => (words::UNTIL_STABLE, until),
        Why::Hold(Hold::Muted(until)) => (words::MUTED, until),
        Why::Hold(Hold::Quiet(until)) => (words::QUIET, until),
        Why::Hold(Hold::BackOff(until)) => (words::TRIED_AGAIN, until),
    };
    moment(phrase, at)
}
