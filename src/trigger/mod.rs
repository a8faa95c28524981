//! Trigger rules over telemetry: which alarms an uplink raises or clears.
//! Knows no channel and no method, and keeps no state: `policy` says what is raised.
//! In the order data passes through it:
//!
//! - `rule`: a rule as people write it, read once into types;
//! - `comparison`: what `is` can say, and when it holds;
//! - `judge`: what one step says of an uplink;
//! - `fault`: what can be wrong with a rule, a sentence each.

mod comparison;
mod fault;
mod judge;
mod rule;

use alloc::string::String;

use crate::alarm::Level;
use crate::host::{self, Entry, Source};
use crate::policy::{State, key};
use crate::text::{add, split_at_byte};
use fault::{Fault, Kind};
use judge::{Judged, judge};
pub use rule::Field;
use rule::{Number, Rule, Step, part};

/// How the alarm about a faulty rule is named, before the rule's own name or number.
pub const FAULT: &str = "rule_fault_";

/// The methods that a rule calls which names none: the notifier first, since `alarm` may drop the record that it looks
/// at. The build hands them to the shim, which makes the calls.
pub const METHODS_IF_NONE: [&str; 2] = ["notify", "alarm"];

/// The title and the description of a rule that has none.
const TITLE: &str = "{name}";
const DESC: &str = "{field} {value}{unit} {is} {threshold}{unit}";

/// Runs the rules over one uplink; answers what to do about which alarm.
///
/// The input is [`host::entries`]' text, in this order:
///
/// - the device: `name`, `eui`;
/// - the thing models ([`Source::Model`]), each with the time of its telemetry;
/// - the attributes in which `notify` keeps alarms' states ([`Source::State`]), sorted by their names;
/// - each rule: its start ([`Source::Rule`]) with its number, which is named by the number of an earlier
///   rule of the same name; what it says; then each step: its start ([`Source::Step`]) and what it says
///   differently.
///
/// What a rule or step says is its fields ([`Source::Field`]) and, where it names a telemetry field, what
/// the thing models say there ([`Source::Telemetry`]). A field's key is a letter, its place in
/// [`Field::ALL`] from `a` on; for a field that no rule has it is `?` and its name. `threshold` and
/// `default` come twice, for a lower and an upper threshold, and then the key ends in `2`. The server
/// attribute that a threshold names ([`Source::Server`]) follows it, and its key ends alike.
///
/// A number's text is followed by its bits: [`ITEM`](crate::text::ITEM), the high half of the IEEE 754
/// double, `ITEM`, the low half, in base 32. To read decimal fractions exactly, as JavaScript does, would
/// double the paste file.
///
/// The answer is texts, six for each alarm, each ended by NUL: the number of its rule, action, name,
/// title, level, description. Which methods are called with them, and for which group, stands in the
/// rule, and the shim sees to it.
pub fn run(input: &str) -> String {
    let entries = host::entries(input);
    let mut rest = entries.as_slice();
    let uplink = Uplink::read(part(&mut rest, Source::Rule));
    let mut alarms = Alarms { uplink, answer: String::new() };
    while !rest.is_empty() {
        alarms.decide(&Rule::read(part(&mut rest, Source::Rule)));
    }
    alarms.answer
}

/// What is the same for all rules: the device, and what it just reported.
struct Uplink<'e, 'a> {
    name: &'a str,
    eui: &'a str,
    /// The time of the newest telemetry; 0: no time is known.
    newest: f64,
    /// Among other facts the thing models.
    facts: &'e [Entry<'a>],
    /// The states that `notify` keeps, in the order of their attributes' names.
    states: &'e [Entry<'a>],
}

impl<'e, 'a> Uplink<'e, 'a> {
    fn read(entries: &'e [Entry<'a>]) -> Uplink<'e, 'a> {
        let mut states = entries;
        let facts = part(&mut states, Source::State);
        let mut uplink = Uplink { name: "", eui: "", newest: 0.0, facts, states };
        for fact in facts {
            match fact.source {
                Source::Device if fact.name == "name" => uplink.name = fact.value,
                Source::Device => uplink.eui = fact.value,
                Source::Model if time(fact) > uplink.newest => uplink.newest = time(fact),
                _ => {}
            }
        }
        uplink
    }

    /// Whether a thing model just reported. A host that does not say which one did hands in all: the
    /// newest are those that did. Where no time is known, none is older.
    fn reported(&self, model: &str) -> bool {
        let is_it = |fact: &&Entry| fact.source == Source::Model && fact.name == model;
        self.facts.iter().find(is_it).is_some_and(|fact| time(fact) >= self.newest)
    }

    /// The device's name; its EUI if it has none.
    fn device(&self) -> &'a str {
        or(self.name, self.eui)
    }

    /// What a step has to judge: the number in its field, of a thing model that just reported and that
    /// it is for.
    fn reading(&self, step: &Step<'_, 'a>) -> Option<Number<'a>> {
        let only = step.text(Field::ThingModelId);
        step.readings()
            .filter(|reading| only.is_empty() || only == reading.name)
            .filter(|reading| self.reported(reading.name))
            .find_map(|reading| Number::read(reading.value))
    }

    /// The level at which `notify` keeps this alarm as raised.
    fn raised(&self, alarm: &str) -> Option<Level> {
        if self.states.is_empty() {
            return None;
        }
        let key = key(alarm);
        let found = self.states.binary_search_by(|state| state.name.cmp(&key)).ok()?;
        State::level(self.states.get(found)?.value, alarm)
    }
}

/// When a thing model's telemetry came; 0: not known.
fn time(model: &Entry) -> f64 {
    Number::read(model.value).map_or(0.0, |time| time.value)
}

/// What is to be done about alarms.
struct Alarms<'e, 'a> {
    uplink: Uplink<'e, 'a>,
    answer: String,
}

impl<'a> Alarms<'_, 'a> {
    /// Decides one rule: about its own alarm, and about the alarm that it is faulty.
    fn decide(&mut self, rule: &Rule<'_, 'a>) {
        let Rule { name, number, .. } = *rule;
        let misnamed = if name.is_empty() {
            Some(Fault(Kind::NAME_MISSING, ""))
        } else if !rule.namesake.is_empty() {
            Some(Fault(Kind::NAME_TAKEN, name))
        } else {
            None
        };
        let mut fault = misnamed;
        let judged = misnamed.is_none() && self.decide_own(rule, &mut fault);
        if let Some(fault) = fault {
            // A name that is missing, or an earlier rule's, cannot tell this rule apart.
            let about = if misnamed.is_some() { number } else { name };
            // No reading stands in these words, so that it stays one and the same alarm.
            let desc =
                cat!("Rule ", number, " (", or(name, "no name"), "): ", fault.sentence(), ".");
            self.put_fault(rule, about, Some(&desc));
        } else if judged {
            self.put_fault(rule, name, None);
            self.put_fault(rule, number, None);
        }
    }

    /// Decides the rule's own alarm: the highest level that holds is raised; it is cleared only if
    /// every step could be judged and none holds. A fault of one step hides no other step; the first
    /// is noted. Answers whether every step could be judged.
    fn decide_own(&mut self, rule: &Rule<'_, 'a>, fault: &mut Option<Fault<'a>>) -> bool {
        let mut all_judged = true;
        let mut best: Option<Judged> = None;
        for step in rule.steps() {
            match judge(step, rule.name, &self.uplink, fault) {
                Some(judged) if best.as_ref().is_none_or(|best| judged.holds > best.holds) => {
                    best = Some(judged);
                }
                Some(_) => {}
                None => all_judged = false,
            }
        }
        if let Some(judged) = best.filter(|best| all_judged || best.holds.is_some()) {
            let (action, desc) = match judged.holds {
                Some(_) => (
                    "new",
                    judged.fill(or(judged.step.text(Field::Desc), DESC), rule.name, &self.uplink),
                ),
                None => ("clear", String::new()),
            };
            let title =
                judged.fill(or(judged.step.text(Field::Title), TITLE), rule.name, &self.uplink);
            self.put(&[rule.number, action, rule.name, &title, judged.level.word(), &desc]);
        }
        all_judged
    }

    /// Raises the alarm that a rule is faulty, or clears it if it is raised and nothing is wrong.
    fn put_fault(&mut self, rule: &Rule, about: &str, wrong: Option<&str>) {
        let alarm = cat!(FAULT, about);
        let (action, desc) = match wrong {
            Some(desc) => ("new", desc),
            None if self.uplink.raised(&alarm).is_some() => ("clear", ""),
            None => return,
        };
        let title = cat!("Faulty trigger rule: [", self.uplink.device(), "]");
        self.put(&[rule.number, action, &alarm, &title, Level::Mid.word(), desc]);
    }

    /// Adds an alarm to the answer: rule, action, name, title, level, description.
    fn put(&mut self, values: &[&str; 6]) {
        for value in values {
            add(&mut self.answer, value);
            self.answer.push('\0');
        }
    }
}

/// Fills a template: `write` adds what a placeholder stands for, or says that it stands for nothing.
/// Then it stays as it is typed. What was filled in is not read again.
fn fill(template: &str, write: &mut dyn FnMut(&mut String, &str) -> bool) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = split_at_byte(rest, b'{') {
        add(&mut out, before);
        rest = after;
        match split_at_byte(after, b'}') {
            Some((placeholder, end)) if write(&mut out, placeholder) => rest = end,
            _ => add(&mut out, "{"),
        }
    }
    add(&mut out, rest);
    out
}

/// The text, or another where it is empty.
fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}
