//! The alarm as callers describe it: its name, action, level and words.
//! Decisions about it live in `preset` and `policy`; wording lives in `message`.

use crate::host::{Host, Source};

/// Alarm level of the platform, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Low,
    Mid,
    High,
    Urgent,
}

impl Level {
    /// All levels, in rising order.
    pub const ALL: [Level; 4] = [Level::Low, Level::Mid, Level::High, Level::Urgent];

    /// The platform's word for the level.
    pub fn word(self) -> &'static str {
        match self {
            Level::Low => "low",
            Level::Mid => "mid",
            Level::High => "high",
            Level::Urgent => "urgent",
        }
    }

    /// Reads the platform's word, in any ASCII case.
    pub fn from_word(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| word.trim_ascii().eq_ignore_ascii_case(l.word()))
    }
}

/// One call's alarm, with the parameters of the platform's built-in ALARM RPC.
pub struct Alarm<'a> {
    /// The alarm's unique key on the device.
    pub name: &'a str,
    /// `new`, `clear` or what else the caller sent.
    pub action: &'a str,
    pub title: &'a str,
    /// The level's word as sent; `mid` if none.
    pub level: &'a str,
    pub desc: &'a str,
}

impl<'a> Alarm<'a> {
    pub fn read(host: &Host<'a>) -> Alarm<'a> {
        let name = host.param("name").unwrap_or("");
        Alarm {
            name,
            action: host.param("action").unwrap_or(""),
            title: host.param("title").unwrap_or(name),
            level: host.param("level").unwrap_or("mid"),
            desc: host.param("desc").unwrap_or(""),
        }
    }

    /// Whether the platform lists this alarm as active.
    pub fn is_active(&self, host: &Host) -> bool {
        host.get(Source::Alarm, self.name).is_some()
    }

    /// The rule of the application notes: `new` pushes, `clear` pushes only if the alarm is active,
    /// anything else pushes nothing.
    pub fn is_due(&self, host: &Host) -> bool {
        match self.action {
            "new" => true,
            "clear" => self.is_active(host),
            _ => false,
        }
    }

    pub fn is_recovery(&self) -> bool {
        self.action == "clear"
    }
}
