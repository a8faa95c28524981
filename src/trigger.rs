//! Trigger rules over telemetry: which alarms an uplink raises or clears, and through which RPC methods.
//! Knows no channel and keeps no state: the shim picks the values, `policy` says what is raised.

use alloc::string::String;
use alloc::vec::Vec;

use crate::action::{Json, List};
use crate::host::{self, Source};
use crate::policy::{State, key};

type Rank = u32;
use crate::text::{ITEM, add, whole};

/// The fields of a rule, as the paste file documents them.
macro_rules! fields {
    () => {
        "name field is threshold default hysteresis level title desc unit group methods steps thingModelId"
    };
}
/// What `is` can say. The order is that of `holds`.
macro_rules! comparisons {
    () => {
        "> >= < <= == != between outside"
    };
}
/// The levels, in rising order: a rank counts from 1.
macro_rules! levels {
    () => {
        "low mid high urgent"
    };
}
/// The description of a rule that has none.
const DESC: &str = "{field} {value}{unit} {is} {threshold}{unit}";
/// How the alarm about a faulty rule is named, before the rule's own name or number.
const FAULT: &str = "rule_fault_";

/// One value from the shim: as text, and as the number JavaScript makes of it (NaN: it is none).
struct Entry<'a> {
    source: Source,
    name: &'a str,
    text: &'a str,
    number: f64,
}

impl<'a> Entry<'a> {
    /// A number stands behind the text, as the two halves of its IEEE 754 bits: to read decimal fractions
    /// exactly, as JavaScript does, would double the paste file.
    fn read(entry: host::Entry<'a>) -> Entry<'a> {
        let (text, bits) = entry.value.split_once(ITEM).unwrap_or((entry.value, ""));
        let halves =
            bits.split_once(ITEM).and_then(|(high, low)| Some((whole(high)?, whole(low)?)));
        let number = halves
            .map_or(f64::NAN, |(high, low)| f64::from_bits(u64::from(high) << 32 | u64::from(low)));
        Entry { source: entry.source, name: entry.name, text, number }
    }
}

/// A run of entries: the facts, a rule, or one step of a rule.
type Entries<'e, 'a> = &'e [Entry<'a>];

/// The `n`th value of this source and name.
#[inline(never)]
fn nth<'e, 'a>(
    entries: Entries<'e, 'a>,
    source: Source,
    name: &str,
    n: usize,
) -> Option<&'e Entry<'a>> {
    entries.iter().filter(|entry| entry.source == source && entry.name == name).nth(n)
}

#[inline(never)]
fn text<'a>(entries: Entries<'_, 'a>, source: Source, name: &str) -> &'a str {
    nth(entries, source, name, 0).map_or("", |entry| entry.text)
}

/// The text, or another where it is empty.
fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// Takes the entries before the next start of this kind off the front, the first one not counted.
#[inline(never)]
fn part<'e, 'a>(rest: &mut Entries<'e, 'a>, start: Source) -> Entries<'e, 'a> {
    let next = rest.iter().skip(1).position(|entry| entry.source == start);
    let end = next.map_or(rest.len(), |at| at + 1);
    let part = rest.get(..end).unwrap_or_default();
    *rest = rest.get(end..).unwrap_or_default();
    part
}

/// Where a word stands in a list of words, from 1; 0 if it does not.
#[inline(never)]
fn place(list: &str, word: &str) -> u32 {
    let mut rest = Some(list);
    let mut place = 0;
    while let Some(list) = rest {
        let (known, after) =
            list.split_once(' ').map_or((list, None), |(known, after)| (known, Some(after)));
        place += 1;
        if known == word {
            return place;
        }
        rest = after;
    }
    0
}

/// Runs the rules over one uplink; answers the calls to make.
///
/// The input is [`host::entries`]' text. First come the facts: the device (`name`, `eui`), the states
/// that `notify` keeps, the thing models with the time of their telemetry. Then each rule: its start
/// with its number, its fields (once for each item of a list), telemetry of its field by thing model,
/// server attributes that its thresholds name; and the same for each further step. A number's text is
/// followed by its bits: [`ITEM`], the high half, [`ITEM`], the low half, in decimal.
///
/// The answer is the JSON text of the trigger's result; in `params`, `group` is the rule's number, and
/// the shim puts the group there.
pub fn run(input: &str) -> String {
    let entries: Vec<Entry> = host::entries(input).into_iter().map(Entry::read).collect();
    let mut rest = entries.as_slice();
    let facts = part(&mut rest, Source::Rule);
    let rules = rest;
    let mut calls = Calls { facts, first: &[], fault: None, actions: List::default() };
    while !rest.is_empty() {
        let earlier = rules.get(..rules.len() - rest.len()).unwrap_or_default();
        let rule = part(&mut rest, Source::Rule);
        calls.decide(earlier, rule);
    }
    let mut result = Json::object();
    result.number("delayms", 0).flag("abort_previous_timer", true);
    result.raw("actions", &calls.actions.close());
    result.close()
}

/// What is wrong with a rule.
#[derive(Clone, Copy)]
enum Fault {
    Nameless,
    NameTaken,
    UnknownField,
    Fieldless,
    Comparison,
    Level,
    Hysteresis,
    OneThreshold,
    TwoThresholds,
    Order,
    NeverClears,
    NotSet,
    NoNumber,
    Defaulted,
}

impl Fault {
    /// The words before and after the word in question: what is wrong and what to do.
    fn words(self) -> [&'static str; 2] {
        match self {
            Fault::Nameless => ["name is missing; give it one of its own", ""],
            Fault::NameTaken => {
                ["", " is also the name of an earlier rule; make them steps of one"]
            }
            Fault::UnknownField => ["", concat!(" is no field of a rule; there are: ", fields!())],
            Fault::Fieldless => ["field is missing; name a telemetry field", ""],
            Fault::Comparison => [concat!("is must be one of ", comparisons!()), ""],
            Fault::Level => [concat!("level must be one of ", levels!()), ""],
            Fault::Hysteresis => {
                ["hysteresis must be a number from 0 on, and cannot go with !=", ""]
            }
            Fault::OneThreshold => {
                ["threshold must be one number or the name of a server attribute", ""]
            }
            Fault::TwoThresholds => ["threshold must be two: [lower, upper]", ""],
            Fault::Order => ["the lower threshold is above the upper one", ""],
            Fault::NeverClears => {
                ["hysteresis over half of the range would never let it clear", ""]
            }
            Fault::NotSet => {
                ["server attribute ", " is not set; set it, or give the rule a default"]
            }
            Fault::NoNumber => {
                ["server attribute ", " is no number; correct it, or give the rule a default"]
            }
            Fault::Defaulted => {
                ["server attribute ", " is no number; the default is used until it is"]
            }
        }
    }
}

/// The calls that come out of the rules, and the rule at hand.
struct Calls<'e, 'a> {
    facts: Entries<'e, 'a>,
    /// The first step of the rule: it speaks for what all steps share.
    first: Entries<'e, 'a>,
    /// What is wrong with the rule, the first thing only, and the word in question.
    fault: Option<(Fault, &'a str)>,
    actions: List,
}

/// What one step says about this uplink.
struct Judged<'e, 'a> {
    step: Entries<'e, 'a>,
    rank: Rank,
    /// The rank if it holds, else 0.
    holds: Rank,
    value: &'a str,
    low: &'a str,
    /// The upper threshold; empty if the comparison has but one.
    high: &'a str,
}

impl<'e, 'a> Calls<'e, 'a> {
    /// Decides one rule: the highest level that holds is raised; the alarm is cleared only if every
    /// step could be judged and none holds. A fault of one step hides no other step.
    fn decide(&mut self, earlier: Entries, rule: Entries<'e, 'a>) {
        let mut steps = rule;
        let mut step = part(&mut steps, Source::Step);
        self.first = step;
        self.fault = None;
        let name = text(step, Source::Field, "name");
        let number = text(step, Source::Rule, "");
        let [mut by_name, mut shown] = [name; 2];
        if name.is_empty() {
            by_name = number;
            shown = "no name";
            self.wrong(Fault::Nameless, "");
        } else if earlier
            .iter()
            .any(|e| e.source == Source::Field && e.name == "name" && e.text == name)
        {
            // The earlier rule decides this alarm, and about itself.
            by_name = number;
            self.wrong(Fault::NameTaken, name);
        } else {
            let raised = self.raised(name);
            let mut known = true;
            let mut best: Option<Judged> = None;
            loop {
                match self.judge(step, raised) {
                    Some(judged) => {
                        if best.as_ref().is_none_or(|best| judged.holds > best.holds) {
                            best = Some(judged);
                        }
                    }
                    None => known = false,
                }
                if steps.is_empty() {
                    break;
                }
                step = part(&mut steps, Source::Step);
            }
            if let Some(judged) = best
                && (judged.holds > 0 || known)
            {
                let title =
                    self.expand(or(text(judged.step, Source::Field, "title"), "{name}"), &judged);
                let (action, desc) = if judged.holds > 0 {
                    (
                        "new",
                        self.expand(or(text(judged.step, Source::Field, "desc"), DESC), &judged),
                    )
                } else {
                    ("clear", String::new())
                };
                self.call(action, name, &title, judged.rank, &desc);
            }
            if self.fault.is_none() && !known {
                return;
            }
        }
        let title = cat!("Faulty trigger rule: [", self.device(), "]");
        if let Some((fault, word)) = self.fault {
            let [before, after] = fault.words();
            // No reading stands in these words, so that it stays one and the same alarm.
            let desc = cat!("Rule ", number, " (", shown, "): ", before, word, after, ".");
            return self.call("new", &cat!(FAULT, by_name), &title, 2, &desc);
        }
        for name in [name, number] {
            let alarm = cat!(FAULT, name);
            if self.raised(&alarm) > 0 {
                self.call("clear", &alarm, &title, 2, "");
            }
        }
    }

    /// Notes what is wrong with the rule; there is nothing to judge then.
    #[inline(never)]
    fn wrong(&mut self, fault: Fault, word: &'a str) -> Option<Judged<'e, 'a>> {
        self.fault = self.fault.or(Some((fault, word)));
        None
    }

    /// Judges one step. `None`: its rule is at fault, or there is no value to judge.
    fn judge(&mut self, step: Entries<'e, 'a>, raised: Rank) -> Option<Judged<'e, 'a>> {
        for entry in step {
            if entry.source == Source::Field && place(fields!(), entry.name) == 0 {
                return self.wrong(Fault::UnknownField, entry.name);
            }
        }
        if text(step, Source::Field, "field").is_empty() {
            return self.wrong(Fault::Fieldless, "");
        }
        let is = place(comparisons!(), text(step, Source::Field, "is"));
        if is == 0 {
            return self.wrong(Fault::Comparison, "");
        }
        let rank = place(levels!(), or(text(step, Source::Field, "level"), "mid"));
        if rank == 0 {
            return self.wrong(Fault::Level, "");
        }
        let slack = nth(step, Source::Field, "hysteresis", 0).map_or(0.0, |entry| entry.number);
        if !finite(slack) || slack < 0.0 || (is == 6 && slack > 0.0) {
            return self.wrong(Fault::Hysteresis, "");
        }
        let two = is > 6;
        let given = |i| {
            nth(step, Source::Field, "threshold", i).is_some_and(|entry| !entry.text.is_empty())
        };
        if !given(0) || given(1) != two {
            return self.wrong(if two { Fault::TwoThresholds } else { Fault::OneThreshold }, "");
        }
        let value = self.value(step)?;
        let low = self.bound(step, 0)?;
        let high = if two { self.bound(step, 1)? } else { low };
        let range = high.number - low.number;
        if range < 0.0 {
            return self.wrong(Fault::Order, "");
        }
        if is == 8 && slack * 2.0 > range {
            return self.wrong(Fault::NeverClears, "");
        }
        let slack = if raised >= rank { slack } else { 0.0 };
        let holds = if holds(is, value.number, low.number, high.number, slack) { rank } else { 0 };
        let high = if two { high.text } else { "" };
        Some(Judged { step, rank, holds, value: value.text, low: low.text, high })
    }

    /// The step's telemetry: from the thing model that just reported, if the rule is for that one.
    /// A host that names no thing model hands in all; the newest are the ones that just reported.
    fn value(&self, step: Entries<'e, 'a>) -> Option<&'e Entry<'a>> {
        let only = text(step, Source::Field, "thingModelId");
        let times = || self.facts.iter().filter(|fact| fact.source == Source::Model);
        let mut newest = f64::NEG_INFINITY;
        for fact in times() {
            if fact.number > newest {
                newest = fact.number;
            }
        }
        step.iter().find(|value| {
            value.source == Source::Telemetry
                && finite(value.number)
                && (only.is_empty() || only == value.name)
                // Where no time is known, none is older.
                && times().any(|fact| fact.name == value.name && (fact.number == newest || newest < 0.0))
        })
    }

    /// The step's threshold number `i`: a number, or the server attribute of that name, else the
    /// default. A default that stands in for what is no number is used, and is a fault all the same.
    fn bound(&mut self, step: Entries<'e, 'a>, i: usize) -> Option<&'e Entry<'a>> {
        let number = |entry: &&Entry| finite(entry.number);
        let threshold = nth(step, Source::Field, "threshold", i)?;
        if number(&threshold) {
            return Some(threshold);
        }
        let set = nth(step, Source::Server, threshold.text, 0).filter(|set| !set.text.is_empty());
        if set.is_some_and(|set| number(&set)) {
            return set;
        }
        let default = nth(step, Source::Field, "default", i).filter(number);
        let fault = match (set, default) {
            (None, Some(_)) => return default,
            (None, None) => Fault::NotSet,
            (Some(_), None) => Fault::NoNumber,
            (Some(_), Some(_)) => Fault::Defaulted,
        };
        self.wrong(fault, threshold.text);
        default
    }

    /// The rank at which `notify` keeps this alarm as raised.
    fn raised(&self, name: &str) -> Rank {
        State::level(text(self.facts, Source::State, &key(name)), name)
            .map_or(0, |level| level as Rank + 1)
    }

    /// Fills a template. A placeholder that nothing fills stays as it is typed, and what was filled
    /// in is not read again.
    fn expand(&self, template: &str, judged: &Judged) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            add(&mut out, before);
            let (name, end) = after.split_once('}').unwrap_or_default();
            rest = end;
            let filled = match name {
                "value" => judged.value,
                "device" => self.device(),
                "eui" => text(self.facts, Source::Device, "eui"),
                "level" => word(judged.rank),
                "unit" | "field" | "is" | "name" => text(judged.step, Source::Field, name),
                "threshold" => {
                    add(&mut out, judged.low);
                    if !judged.high.is_empty() {
                        add(&mut out, "..");
                    }
                    judged.high
                }
                _ => {
                    rest = after;
                    "{"
                }
            };
            add(&mut out, filled);
        }
        add(&mut out, rest);
        out
    }

    /// The device's name; its EUI if it has none.
    fn device(&self) -> &'a str {
        or(text(self.facts, Source::Device, "name"), text(self.facts, Source::Device, "eui"))
    }

    /// Calls the rule's methods. If it names none: the notifier first, since `alarm` may drop the
    /// record that the notifier looks at.
    fn call(&mut self, action: &str, name: &str, title: &str, rank: Rank, desc: &str) {
        let mut methods = Vec::new();
        for entry in self.first {
            if entry.source == Source::Field && entry.name == "methods" && !entry.text.is_empty() {
                methods.push(entry.text);
            }
        }
        if methods.is_empty() {
            methods.extend(["notify", "alarm"]);
        }
        for method in methods {
            let mut params = Json::object();
            params.text("_eui", text(self.facts, Source::Device, "eui"));
            params.text("action", action).text("name", name).text("title", title);
            params.text("level", word(rank)).text("desc", desc);
            params.text("group", text(self.first, Source::Rule, ""));
            let mut action = Json::object();
            action.text("method", method).put("params", params);
            add(self.actions.item(), &action.close());
        }
    }
}

/// The word for a rank.
fn word(rank: Rank) -> &'static str {
    match rank {
        1 => "low",
        3 => "high",
        4 => "urgent",
        _ => "mid",
    }
}

/// Whether it is a number, and no infinite one. Not `is_finite`, which looks at the bits: in plain
/// JavaScript that takes a detour through memory.
fn finite(number: f64) -> bool {
    number * 0.0 == 0.0
}

/// Whether the comparison number `is` of `comparisons` holds, `slack` wide of its thresholds.
fn holds(is: u32, value: f64, low: f64, high: f64, slack: f64) -> bool {
    match is {
        1 => value > low - slack,
        2 => value >= low - slack,
        3 => value < low + slack,
        4 => value <= low + slack,
        6 => value != low,
        8 => value < low + slack || value > high - slack,
        // `==` is a range of one value.
        _ => value >= low - slack && value <= high + slack,
    }
}
