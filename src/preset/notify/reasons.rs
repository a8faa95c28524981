//! Why a call sends nothing, though an alarm holds, changed or ended: one line for the log.

use alloc::{string::String, vec::Vec};

use super::Tracked;
use super::notice::Notice;
use crate::alarm::Level;
use crate::message::words;
use crate::policy::{Calm, Hold};
use crate::text::{add, decimal, join};
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

/// The line: of the first alarm channel by channel, and how many other alarms there are.
pub fn line(
    reasons: &[Reason],
    tracked: &[Tracked],
    notice: &Notice,
    offset: Option<i32>,
) -> Option<String> {
    let Reason { about, .. } = reasons.first()?;
    let mut whys: Vec<(String, String)> = Vec::new();
    let mut others = Vec::new();
    for reason in reasons {
        if reason.about != *about {
            if !others.contains(&reason.about) {
                others.push(reason.about);
            }
            continue;
        }
        let why = say(reason.why, notice, offset);
        match whys.iter_mut().find(|(_, other)| *other == why) {
            Some((channels, _)) => join(channels, ", ", reason.channel),
            None => whys.push((reason.channel.into(), why)),
        }
    }
    let mut text = String::new();
    for (channels, why) in &whys {
        let joint = if channels.is_empty() { "" } else { ": " };
        join(&mut text, "; ", &cat!(channels, joint, why));
    }
    let name = tracked.get(*about).map_or("", |tracked| tracked.alarm.name);
    let mut line = cat!(notice.lang.say(words::NOTHING), name, ": ", &text);
    if !others.is_empty() {
        let more = cat!(" (+", &decimal(others.len() as u32), notice.lang.say(words::MORE), ")");
        add(&mut line, &more);
    }
    Some(line)
}

fn say(why: Why, notice: &Notice, offset: Option<i32>) -> String {
    let say = |phrase| notice.lang.say(phrase);
    let until = |phrase, at: u32| cat!(say(phrase), &time::stamp((at, 0), offset));
    match why {
        Why::Nowhere(level) => cat!("notify_routes: ", level.word(), "=none"),
        Why::Calm(Calm::Told { at, next }) => {
            let next = next.map(|next| until(words::NEXT, next)).unwrap_or_default();
            cat!(&until(words::TOLD, at), &next)
        }
        Why::Calm(Calm::Acknowledged) => say(words::ACKNOWLEDGED).into(),
        Why::Calm(Calm::Unstable { until: at }) => until(words::UNTIL_STABLE, at),
        Why::Calm(Calm::Unheard | Calm::Elsewhere) => say(words::UNHEARD).into(),
        Why::Hold(Hold::Muted(at)) => until(words::MUTED, at),
        Why::Hold(Hold::Quiet(at)) => until(words::QUIET, at),
        Why::Hold(Hold::BackOff(at)) => until(words::TRIED_AGAIN, at),
    }
}
