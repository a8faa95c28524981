//! What one step of a rule says of an uplink.

use alloc::string::String;

use super::{
    Uplink,
    comparison::{Comparison, Hysteresis},
    fault::{Fault, Kind},
    fill,
    rule::{Field, Number, Step, Terms, Threshold},
};
use crate::alarm::Level;
use crate::text::add;

pub struct Judged<'e, 'a> {
    pub step: Step<'e, 'a>,
    is: &'static Comparison,
    pub level: Level,
    /// The level if it holds.
    pub holds: Option<Level>,
    value: &'a str,
    low: &'a str,
    /// The upper threshold; empty if the comparison has but one.
    high: &'a str,
}

/// Judges a step of the rule `name`. `None`: the step is faulty, or there is no reading to judge. A
/// fault is noted in `fault` if it is the first.
pub fn judge<'e, 'a>(
    step: Step<'e, 'a>,
    name: &str,
    uplink: &Uplink<'_, 'a>,
    fault: &mut Option<Fault<'a>>,
) -> Option<Judged<'e, 'a>> {
    let mut note = |what| {
        fault.get_or_insert(what);
    };
    let Terms { is, level, hysteresis } = step.terms().map_err(&mut note).ok()?;
    let reading = uplink.reading(&step)?;
    let low = step.lower.number(&mut note)?;
    let high = if is.range { step.upper.number(&mut note)? } else { low };
    let range = high.value - low.value;
    if range < 0.0 {
        note(Fault(Kind::REVERSED, ""));
        return None;
    }
    if is.hysteresis == Hysteresis::UpToHalfTheRange && hysteresis * 2.0 > range {
        note(Fault(Kind::NEVER_CLEARS, ""));
        return None;
    }
    let raised = hysteresis > 0.0 && uplink.raised(name) >= Some(level);
    let beyond = if raised { hysteresis } else { 0.0 };
    let holds = (is.holds)(reading.value, low.value, high.value, beyond);
    Some(Judged {
        step,
        is,
        level,
        holds: holds.then_some(level),
        value: reading.text,
        low: low.text,
        high: if is.range { high.text } else { "" },
    })
}

impl<'a> Threshold<'a> {
    /// Its number: itself, or the server attribute that it names, else the default. A default that
    /// stands in for what is no number is used, and is a fault all the same.
    fn number(&self, note: &mut dyn FnMut(Fault<'a>)) -> Option<Number<'a>> {
        let number = Number::read(self.given).or_else(|| Number::read(self.attribute));
        if number.is_some() {
            return number;
        }
        let default = Number::read(self.default);
        match (self.attribute.is_empty(), default.is_some()) {
            (true, true) => {}
            (true, false) => note(Fault(Kind::NOT_SET, self.given)),
            (false, false) => note(Fault(Kind::NOT_A_NUMBER, self.given)),
            (false, true) => note(Fault(Kind::DEFAULT_USED, self.given)),
        }
        default
    }
}

impl Judged<'_, '_> {
    /// A template of the rule `name`, filled.
    pub fn fill(&self, template: &str, name: &str, uplink: &Uplink) -> String {
        fill(template, &mut |out, placeholder| {
            let text = match placeholder {
                "value" => self.value,
                "threshold" => {
                    add(out, self.low);
                    if !self.high.is_empty() {
                        add(out, "..");
                    }
                    self.high
                }
                "unit" => self.step.text(Field::Unit),
                "device" => uplink.device(),
                "eui" => uplink.eui,
                "level" => self.level.word(),
                "field" => self.step.text(Field::Field),
                "is" => self.is.word,
                "name" => name,
                _ => return false,
            };
            add(out, text);
            true
        })
    }
}
