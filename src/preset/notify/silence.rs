//! A device that falls silent: the alarm that no uplink can raise, since triggers run on uplinks only.

use alloc::string::String;

use super::notice::Notice;
use crate::alarm::{Alarm, Level};
use crate::host::{Host, Source};
use crate::message::words;
use crate::policy::{Call, NO_DATA, Rules, State, key};
use crate::text::whole;
use crate::time;

/// What this call knows of the device's silence.
pub struct Silence {
    call: Call,
    level: Level,
    title: &'static str,
    desc: String,
}

impl Silence {
    /// `None`: the device is not watched, or this call can say nothing of it. Only a tick raises: an uplink is no silence.
    pub fn read(
        host: &Host,
        rules: &Rules,
        call: Call,
        notice: &Notice,
        offset: Option<i32>,
    ) -> Option<Silence> {
        let say = |phrase| notice.lang.say(phrase);
        let now = host.seconds().0;
        let stored = host.get(Source::State, &key(NO_DATA));
        let active =
            stored.and_then(|text| State::read(text, NO_DATA)).and_then(|state| state.level);
        let title = say(words::NO_DATA);
        let ended = |desc: &str| {
            let desc = desc.into();
            active.map(|level| Silence { call: Call::Clear, level, title, desc })
        };
        let Some(lowest) = rules.silent.lowest() else {
            return ended(say(words::NOT_WATCHED));
        };
        // The newest of what the thing models and the device itself say; milliseconds. What lies ahead is now.
        let times = host.all(Source::Model).map(|entry| entry.value);
        let seconds = |text: &str| text.get(..text.len().checked_sub(3)?).and_then(whole);
        let last = times.filter_map(seconds).max().map(|last| last.min(now));
        let age = last.map(|last| now - last);
        let level = match age {
            Some(age) => rules.silent.level(age),
            None => Some(lowest),
        };
        let Some(level) = level else { return ended(say(words::DATA_AGAIN)) };
        if call != Call::Tick {
            return None;
        }
        let desc = match (age, last) {
            (Some(age), Some(last)) => cat!(
                say(words::NO_DATA_FOR),
                &words::duration(notice.lang, age),
                say(words::LAST_AT),
                &time::stamp((last, 0), offset),
            ),
            _ => say(words::NEVER).into(),
        };
        Some(Silence { call: Call::New, level, title, desc })
    }

    /// The alarm, and what is asked for.
    pub fn alarm(&self) -> (Call, Alarm<'_>) {
        let Silence { call, level, title, desc } = self;
        (*call, Alarm { name: NO_DATA, action: "", title, level: level.word(), desc })
    }
}
