//! A rule as people write it, read once into types.

use super::{
    comparison::{COMPARISONS, Comparison, Hysteresis},
    fault::{Fault, Kind},
    or,
};
use crate::alarm::Level;
use crate::host::{Entry, Source};
use crate::text::{ITEM, split_at_byte};

/// A field of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Field,
    Is,
    Threshold,
    Default,
    Hysteresis,
    Level,
    Title,
    Desc,
    Unit,
    Group,
    Methods,
    Steps,
    ThingModelId,
}

impl Field {
    /// All fields, in the order in which the paste file documents them.
    pub const ALL: [Field; 14] = [
        Field::Name,
        Field::Field,
        Field::Is,
        Field::Threshold,
        Field::Default,
        Field::Hysteresis,
        Field::Level,
        Field::Title,
        Field::Desc,
        Field::Unit,
        Field::Group,
        Field::Methods,
        Field::Steps,
        Field::ThingModelId,
    ];

    /// The field that a key of the input text stands for: its place in the list as a letter, from `a` on.
    #[inline(never)]
    fn of(key: &str) -> Option<Field> {
        let place = key.bytes().next()?.wrapping_sub(b'a');
        Field::ALL.get(usize::from(place)).copied()
    }

    /// What people write.
    pub fn word(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Field => "field",
            Field::Is => "is",
            Field::Threshold => "threshold",
            Field::Default => "default",
            Field::Hysteresis => "hysteresis",
            Field::Level => "level",
            Field::Title => "title",
            Field::Desc => "desc",
            Field::Unit => "unit",
            Field::Group => "group",
            Field::Methods => "methods",
            Field::Steps => "steps",
            Field::ThingModelId => "thingModelId",
        }
    }
}

/// A text that JavaScript reads as a finite number, and that number.
#[derive(Clone, Copy)]
pub struct Number<'a> {
    pub text: &'a str,
    pub value: f64,
}

impl<'a> Number<'a> {
    /// The number in the value of an entry: the text is followed by the halves of its bits.
    #[inline(never)]
    pub fn read(value: &'a str) -> Option<Number<'a>> {
        let (text, bits) = split_at_byte(value, ITEM as u8)?;
        let (high, low) = split_at_byte(bits, ITEM as u8)?;
        let bits = u64::from(half(high)) << 32 | u64::from(half(low));
        Some(Number { text, value: f64::from_bits(bits) })
    }
}

/// A number in base 32, whose digits are those of JavaScript: 0 to 9, a to v.
fn half(digits: &str) -> u32 {
    digits.bytes().fold(0, |number, digit| {
        let first = if digit < b'a' { b'0' } else { b'a' - 10 };
        number << 5 | u32::from(digit.wrapping_sub(first))
    })
}

pub struct Rule<'e, 'a> {
    /// Its place in the list, from 1.
    pub number: &'a str,
    /// The place of an earlier rule of that name; empty: there is none.
    pub namesake: &'a str,
    pub name: &'a str,
    /// What all steps share.
    shared: Step<'e, 'a>,
    /// What the steps say differently.
    steps: &'e [Entry<'a>],
}

impl<'e, 'a> Rule<'e, 'a> {
    /// Reads the entries from the start of a rule to the next one's.
    pub fn read(entries: &'e [Entry<'a>]) -> Rule<'e, 'a> {
        let mut steps = entries;
        let shared = NOTHING_SAID.with(part(&mut steps, Source::Step));
        let (number, namesake) =
            entries.first().map_or(("", ""), |start| (start.value, start.name));
        Rule { number, namesake, name: shared.text(Field::Name), shared, steps }
    }

    /// The steps; a rule that has none is its own only step.
    pub fn steps(&self) -> impl Iterator<Item = Step<'e, 'a>> {
        let mut rest = Some(self.steps);
        core::iter::from_fn(move || {
            let mut steps = rest?;
            let step = self.shared.with(part(&mut steps, Source::Step));
            rest = if steps.is_empty() { None } else { Some(steps) };
            Some(step)
        })
    }
}

/// Takes the entries before the next start of this kind off the front, the first entry not counted.
#[inline(never)]
pub fn part<'e, 'a>(rest: &mut &'e [Entry<'a>], start: Source) -> &'e [Entry<'a>] {
    let next = rest.iter().skip(1).position(|entry| entry.source == start);
    let end = next.map_or(rest.len(), |at| at + 1);
    let (part, further) = rest.split_at_checked(end).unwrap_or_default();
    *rest = further;
    part
}

/// A step before anything is said. (A `static`, since to copy it takes a third of the code.)
static NOTHING_SAID: Step = Step {
    texts: [None; Field::ALL.len()],
    lower: Threshold { given: "", attribute: "", default: "" },
    upper: Threshold { given: "", attribute: "", default: "" },
    unknown: None,
    readings: &[],
};

/// One step of a rule as it is written, with all that it takes from the rule.
#[derive(Clone, Copy)]
pub struct Step<'e, 'a> {
    texts: [Option<&'a str>; Field::ALL.len()],
    pub lower: Threshold<'a>,
    pub upper: Threshold<'a>,
    /// The first field that no rule has.
    unknown: Option<&'a str>,
    /// The entries among which the telemetry of `field` stands.
    readings: &'e [Entry<'a>],
}

/// What the fields of a step mean.
pub struct Terms {
    pub is: &'static Comparison,
    pub level: Level,
    /// How far beyond its thresholds the comparison still holds once the alarm is raised.
    pub hysteresis: f64,
}

#[derive(Clone, Copy)]
pub struct Threshold<'a> {
    /// A number, or the name of a server attribute; empty: there is no such threshold.
    pub given: &'a str,
    /// The attribute of that name; empty: it is not set.
    pub attribute: &'a str,
    /// What stands in for an attribute that is not set.
    pub default: &'a str,
}

impl<'e, 'a> Step<'e, 'a> {
    /// The step, but for what these entries say differently.
    fn with(mut self, entries: &'e [Entry<'a>]) -> Self {
        for Entry { source, name, value } in entries {
            // The key of what belongs to the upper threshold ends so.
            let upper = name.as_bytes().last() == Some(&b'2');
            let threshold = if upper { &mut self.upper } else { &mut self.lower };
            match source {
                Source::Server => threshold.attribute = value,
                Source::Field => match Field::of(name) {
                    Some(Field::Threshold) => {
                        threshold.given = value;
                        threshold.attribute = "";
                    }
                    Some(Field::Default) => threshold.default = value,
                    Some(field) => {
                        if field == Field::Field {
                            self.readings = entries;
                        }
                        self.texts[field as usize] = Some(value);
                    }
                    None => self.unknown = self.unknown.or(name.get(1..)),
                },
                _ => {}
            }
        }
        self
    }

    /// What the fields mean, whatever the uplink says; or the first of them that is wrong.
    pub fn terms(&self) -> Result<Terms, Fault<'a>> {
        if let Some(field) = self.unknown {
            return Err(Fault(Kind::UNKNOWN_FIELD, field));
        }
        if self.text(Field::Field).is_empty() {
            return Err(Fault(Kind::FIELD_MISSING, ""));
        }
        let is = self.text(Field::Is);
        let is = COMPARISONS.iter().find(|row| row.word == is);
        let is = is.ok_or(Fault(Kind::COMPARISON, ""))?;
        let level = or(self.text(Field::Level), Level::Mid.word());
        let level = Level::ALL.iter().find(|known| known.word() == level);
        let level = *level.ok_or(Fault(Kind::LEVEL, ""))?;
        let hysteresis = match self.texts[Field::Hysteresis as usize] {
            Some(given) => Number::read(given).map(|number| number.value),
            None => Some(0.0),
        };
        let fits =
            |width: &f64| *width == 0.0 || (*width > 0.0 && is.hysteresis != Hysteresis::None);
        let hysteresis = hysteresis.filter(fits).ok_or(Fault(Kind::HYSTERESIS, ""))?;
        if self.lower.given.is_empty() || self.upper.given.is_empty() == is.range {
            let kind = if is.range { Kind::TWO_THRESHOLDS } else { Kind::ONE_THRESHOLD };
            return Err(Fault(kind, ""));
        }
        Ok(Terms { is, level, hysteresis })
    }

    /// What a field says; empty if it is not given.
    pub fn text(&self, field: Field) -> &'a str {
        self.texts[field as usize].unwrap_or("")
    }

    /// What the thing models say in the step's telemetry field, each with its thing model.
    pub fn readings(&self) -> impl Iterator<Item = &'e Entry<'a>> {
        self.readings.iter().filter(|entry| entry.source == Source::Telemetry)
    }
}
