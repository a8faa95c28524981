//! What can be wrong with a rule: the sentences that people read in the alarm `rule_fault_<name>`.

use alloc::string::String;

use super::fill;
use crate::text::add;

/// What is wrong with a rule and what to do, and the word in question.
#[derive(Clone, Copy)]
pub struct Fault<'a>(pub Kind, pub &'a str);

/// A sentence without its full stop; `{}` stands for the word in question.
#[derive(Clone, Copy)]
pub struct Kind(&'static str);

impl Kind {
    pub const NAME_MISSING: Kind = Kind("name is missing; give it one of its own");
    pub const NAME_TAKEN: Kind =
        Kind("{} is also the name of an earlier rule; make them steps of one");
    pub const UNKNOWN_FIELD: Kind = Kind(
        "{} is not a field of a rule; the fields are name field is threshold default hysteresis \
         level title desc unit group methods steps thingModelId",
    );
    pub const FIELD_MISSING: Kind = Kind("field is missing; name a telemetry field");
    pub const COMPARISON: Kind = Kind("is must be one of > >= < <= == != between outside");
    pub const LEVEL: Kind = Kind("level must be one of low mid high urgent");
    pub const HYSTERESIS: Kind = Kind("hysteresis must be 0 or more, and does not go with !=");
    pub const ONE_THRESHOLD: Kind =
        Kind("threshold must be one number or the name of a server attribute");
    pub const TWO_THRESHOLDS: Kind = Kind("threshold must be [lower, upper]");
    pub const REVERSED: Kind = Kind("the lower threshold is above the upper one");
    pub const NEVER_CLEARS: Kind =
        Kind("a hysteresis over half the range would never let it clear");
    pub const NOT_SET: Kind =
        Kind("server attribute {} is not set; set it, or give the rule a default");
    pub const NOT_A_NUMBER: Kind =
        Kind("server attribute {} is not a number; correct it, or give the rule a default");
    pub const DEFAULT_USED: Kind =
        Kind("server attribute {} is not a number; the default is used until it is");
}

impl Fault<'_> {
    /// What is wrong and what to do, without the full stop.
    pub fn sentence(self) -> String {
        let Fault(Kind(sentence), word) = self;
        fill(sentence, &mut |out, _| {
            add(out, word);
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Field, comparison::COMPARISONS},
        *,
    };
    use crate::alarm::Level;

    #[test]
    fn the_sentences_list_what_the_tables_hold() {
        let lists = [
            (Kind::UNKNOWN_FIELD, Field::ALL.map(Field::word).join(" ")),
            (Kind::COMPARISON, COMPARISONS.map(|row| row.word).join(" ")),
            (Kind::LEVEL, Level::ALL.map(Level::word).join(" ")),
        ];
        for (kind, list) in lists {
            assert!(kind.0.ends_with(&[" ", &list].concat()), "{}", kind.0);
        }
    }
}
