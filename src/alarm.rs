//! The alarm as callers describe it: its name, action and level.
//! Decisions about it live in `policy`; wording lives in `message`.

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
        ["low", "mid", "high", "urgent"][self as usize]
    }

    /// Reads the platform's word, in any ASCII case.
    pub fn from_word(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| word.trim_ascii().eq_ignore_ascii_case(l.word()))
    }
}
