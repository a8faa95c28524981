//! What `is` can say: the one table of comparisons.

/// A comparison of a reading with one threshold or two.
pub struct Comparison {
    /// What people write.
    pub word: &'static str,
    /// Whether it takes two thresholds, a lower and an upper one.
    pub range: bool,
    pub hysteresis: Hysteresis,
    /// Whether it holds for a reading and its thresholds, which are the same if it takes but one. So
    /// much beyond them it still holds.
    pub holds: fn(value: f64, low: f64, high: f64, beyond: f64) -> bool,
}

/// Which hysteresis a comparison can do with: beyond it, nothing is left where the alarm clears.
#[derive(PartialEq, Eq)]
pub enum Hysteresis {
    Any,
    UpToHalfTheRange,
    None,
}

pub const COMPARISONS: [Comparison; 8] = [
    one(">", Hysteresis::Any, |value, low, _, beyond| value > low - beyond),
    one(">=", Hysteresis::Any, |value, low, _, beyond| value >= low - beyond),
    one("<", Hysteresis::Any, |value, low, _, beyond| value < low + beyond),
    one("<=", Hysteresis::Any, |value, low, _, beyond| value <= low + beyond),
    one("==", Hysteresis::Any, within),
    one("!=", Hysteresis::None, |value, low, _, _| value != low),
    two("between", Hysteresis::Any, within),
    two("outside", Hysteresis::UpToHalfTheRange, |value, low, high, beyond| {
        value < low + beyond || value > high - beyond
    }),
];

type Holds = fn(f64, f64, f64, f64) -> bool;

const fn one(word: &'static str, hysteresis: Hysteresis, holds: Holds) -> Comparison {
    Comparison { word, range: false, hysteresis, holds }
}

const fn two(word: &'static str, hysteresis: Hysteresis, holds: Holds) -> Comparison {
    Comparison { word, range: true, hysteresis, holds }
}

fn within(value: f64, low: f64, high: f64, beyond: f64) -> bool {
    value >= low - beyond && value <= high + beyond
}
