//! Trigger rules over telemetry: which alarms an uplink raises or clears, and through which RPC methods.
//! Knows no channel and keeps no state: the shim picks the values, `policy` says what is raised.

use crate::action::Value;
use crate::alarm::Level;
use crate::policy::{State, key};

/// The fields of a rule, as the paste file documents them.
const FIELDS: &str = "name field is threshold default hysteresis level title desc unit group methods steps thingModelId";
/// What `is` can say.
const COMPARISONS: &str = "> >= < <= == != between outside";
/// The methods of a rule that names none. The notifier goes first: `alarm` may drop the record it looks at.
const METHODS: &[&str] = &["notify", "alarm"];
/// The description of a rule that has none.
const DESC: &str = "{field} {value}{unit} {is} {threshold}{unit}";
/// How the alarm about a faulty rule is named, before the rule's own name or number.
const FAULT: &str = "rule_fault_";

/// One value from the shim: as text, and as the number JavaScript makes of it (NaN: it is none).
/// Numbers cross as numbers, since reading floats in Rust would double the paste file.
struct Entry<'a> {
    key: &'a str,
    text: &'a str,
    number: f64,
}

/// A run of entries: the facts, or one step of a rule.
type Entries<'e, 'a> = &'e [Entry<'a>];

/// All values of one key, in their order.
fn all<'e, 'a>(entries: Entries<'e, 'a>, key: &str) -> impl Iterator<Item = &'e Entry<'a>> {
    entries.iter().filter(move |entry| entry.key == key)
}

/// The value of one key; empty text counts as not given.
fn get<'e, 'a>(entries: Entries<'e, 'a>, key: &str) -> Option<&'e Entry<'a>> {
    all(entries, key).next().filter(|entry| !entry.text.is_empty())
}

fn text<'a>(entries: Entries<'_, 'a>, key: &str) -> &'a str {
    get(entries, key).map_or("", |entry| entry.text)
}

/// Takes the numbers off the front of the shim's 16-bit units: a count and that many numbers, each a
/// little-endian double in four units. What follows is text.
pub fn read(units: &[u16]) -> (Vec<f64>, String) {
    let mut numbers = Vec::new();
    let mut rest = units;
    let mut left = 1.0;
    while left > 0.0
        && let Some(([a, b, c, d], after)) = rest.split_first_chunk()
    {
        let [low, high] =
            [u32::from(*a) | u32::from(*b) << 16, u32::from(*c) | u32::from(*d) << 16];
        let number = f64::from_bits(u64::from(high) << 32 | u64::from(low));
        left = if numbers.is_empty() { number } else { left - 1.0 };
        numbers.push(number);
        rest = after;
    }
    (numbers, String::from_utf16_lossy(rest))
}

/// Runs the rules over one uplink. Answers `{delayms, abort_previous_timer, actions}`.
///
/// `numbers` and `input` are what [`read`] gives: `input` alternates keys and values, separated by
/// NUL; `numbers` is a count, then each value as a number. First come the facts: `dname`, `deui`,
/// `s<attribute>` (the states that `notify` keeps), `m<thing model>` (the time of its telemetry).
/// Then come the rules, an `r` before each and an `l` between two steps of one. A step holds
/// `f<field>` (once for each item of a list), `v<thing model>` (telemetry of the rule's field) and
/// `a<attribute>` (server attributes that its thresholds name). In `params`, `group` is the rule's
/// number from 0; the shim puts the group there.
///
/// ```
/// let rule = "fname\0hot\0ffield\0t\0fis\0>\0fthreshold\080\0fmethods\0alarm\0v7\085\0";
/// let input = ["deui\024e1\0m7\01\0r\0\0", rule].concat();
/// let numbers = [9.0, f64::NAN, 1.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN, 80.0, f64::NAN, 85.0];
/// let result = serde_json::to_value(tkl_notify::trigger::run(&numbers, &input)).unwrap();
/// assert_eq!(result["actions"][0]["params"]["desc"], "t 85 > 80");
/// ```
pub fn run(numbers: &[f64], input: &str) -> Value {
    let mut entries = Vec::new();
    let mut fields = input.split('\0');
    for &number in numbers.iter().skip(1) {
        if let (Some(key), Some(text)) = (fields.next(), fields.next()) {
            entries.push(Entry { key, text, number });
        }
    }
    let mut rules = entries.split(|entry| entry.key == "r");
    let mut calls =
        Calls { facts: rules.next().unwrap_or(&[]), rule: &[], group: 0, actions: Vec::new() };
    let mut names = Vec::new();
    for (group, rule) in rules.enumerate() {
        let steps: Vec<Entries> = rule.split(|entry| entry.key == "l").collect();
        calls.group = group as u32;
        calls.rule = steps.first().copied().unwrap_or(&[]);
        calls.decide(&steps, &mut names);
    }
    Value::object([
        ("delayms", Value::Number(0)),
        ("abort_previous_timer", Value::Flag(true)),
        ("actions", Value::List(calls.actions)),
    ])
}

/// The calls that come out of the rules, and the rule at hand.
struct Calls<'e, 'a> {
    facts: Entries<'e, 'a>,
    /// The first step of the rule: it speaks for what all steps share.
    rule: Entries<'e, 'a>,
    /// The rule's number from 0.
    group: u32,
    actions: Vec<Value>,
}

/// What one step says about this uplink.
struct Judged<'e, 'a> {
    step: Entries<'e, 'a>,
    level: Level,
    holds: bool,
    value: &'a str,
    threshold: String,
}

impl<'a> Calls<'_, 'a> {
    /// Decides one rule: the highest level that holds is raised; the alarm is cleared only if every
    /// step could be judged and none holds. A fault of one step hides no other step.
    fn decide(&mut self, steps: &[Entries<'_, 'a>], names: &mut Vec<&'a str>) {
        let name = text(self.rule, "fname");
        let taken = names.contains(&name);
        names.push(name);
        let number = crate::message::time::number(u64::from(self.group) + 1);
        let by_number = [FAULT, &number].concat();
        let which = if name.is_empty() { number } else { [&number, " (", name, ")"].concat() };
        if name.is_empty() || taken {
            let fault = if taken && !name.is_empty() {
                "an earlier rule has the same name; make them steps of one rule"
            } else {
                "it has no name"
            };
            return self.fault(&by_number, &which, fault);
        }
        let by_name = [FAULT, name].concat();
        let raised = self.raised(name);
        let mut fault = None;
        let mut known = true;
        let mut best: Option<Judged> = None;
        for step in steps {
            match self.judge(step, raised, &mut fault) {
                Ok(Some(judged)) => {
                    let rank = |j: &Judged| if j.holds { j.level as u32 + 1 } else { 0 };
                    if best.as_ref().is_none_or(|best| rank(&judged) > rank(best)) {
                        best = Some(judged);
                    }
                }
                Ok(None) => known = false,
                Err(text) => {
                    known = false;
                    fault = fault.or(Some(text));
                }
            }
        }
        if let Some(judged) = best
            && (judged.holds || known)
        {
            let title = match text(judged.step, "ftitle") {
                "" => name.into(),
                title => self.expand(title, &judged),
            };
            let desc = match text(judged.step, "fdesc") {
                _ if !judged.holds => String::new(),
                "" => self.expand(DESC, &judged),
                desc => self.expand(desc, &judged),
            };
            self.call(
                if judged.holds { "new" } else { "clear" },
                name,
                &title,
                judged.level,
                &desc,
            );
        }
        match fault {
            Some(fault) => self.fault(&by_name, &which, &fault),
            None if known => {
                for alarm in [by_name, by_number] {
                    if self.raised(&alarm).is_some() {
                        self.call("clear", &alarm, &self.fault_title(), Level::Mid, "");
                    }
                }
            }
            None => {}
        }
    }

    /// Judges one step. `Ok(None)`: there is no value to judge. A fault that leaves the step usable
    /// goes to `fault`.
    fn judge<'e>(
        &self,
        step: Entries<'e, 'a>,
        raised: Option<Level>,
        fault: &mut Option<String>,
    ) -> Result<Option<Judged<'e, 'a>>, String> {
        for entry in step {
            if let Some(field) = entry.key.strip_prefix('f')
                && !FIELDS.split(' ').any(|known| known == field)
            {
                return Err([field, " is no field of a rule; there are: ", FIELDS].concat());
            }
        }
        if get(step, "ffield").is_none() {
            return Err("field is missing; name a telemetry field".into());
        }
        let is = text(step, "fis");
        if is.is_empty() || !COMPARISONS.split(' ').any(|known| known == is) {
            return Err(["is must be one of ", COMPARISONS].concat());
        }
        let level = match text(step, "flevel") {
            "" => Some(Level::Mid),
            word => Level::from_word(word),
        };
        let level = level.ok_or("level must be low, mid, high or urgent")?;
        let hysteresis = get(step, "fhysteresis").map_or(0.0, |entry| entry.number);
        // Not a number is not zero or more either.
        if !(0.0..f64::INFINITY).contains(&hysteresis) || (is == "!=" && hysteresis > 0.0) {
            return Err("hysteresis must be a number from 0 on, and cannot go with !=".into());
        }
        let wanted = if matches!(is, "between" | "outside") { 2 } else { 1 };
        if all(step, "fthreshold").filter(|entry| !entry.text.is_empty()).count() != wanted {
            return Err(if wanted == 2 {
                "threshold must be two: [lower, upper]"
            } else {
                "threshold must be one number or the name of a server attribute"
            }
            .into());
        }
        let Some(value) = self.value(step) else { return Ok(None) };
        let mut bounds = [0.0; 2];
        let mut threshold = String::new();
        for (i, number) in bounds.iter_mut().enumerate().take(wanted) {
            let entry = bound(step, i, fault)?;
            *number = entry.number;
            if i > 0 {
                threshold.push_str("..");
            }
            threshold.push_str(entry.text);
        }
        let [low, high] = bounds;
        if wanted == 2 && low > high {
            return Err("the lower threshold is above the upper one".into());
        }
        if is == "outside" && hysteresis * 2.0 > high - low {
            return Err(
                "hysteresis is over half of the range, so the alarm would never clear".into()
            );
        }
        let slack = if raised >= Some(level) { hysteresis } else { 0.0 };
        let number = value.number;
        let holds = match is {
            ">" => number > low - slack,
            ">=" => number >= low - slack,
            "<" => number < low + slack,
            "<=" => number <= low + slack,
            "==" => (number - low).abs() <= slack,
            "!=" => number != low,
            "between" => number >= low - slack && number <= high + slack,
            _ => number < low + slack || number > high - slack,
        };
        Ok(Some(Judged { step, level, holds, value: value.text, threshold }))
    }

    /// The step's telemetry: from the thing model that just reported, if the rule is for that one.
    /// A host that names no thing model hands in all; the newest are the ones that just reported.
    fn value<'e>(&self, step: Entries<'e, 'a>) -> Option<&'e Entry<'a>> {
        let only = text(step, "fthingModelId");
        let times = || {
            self.facts.iter().filter_map(|fact| Some((fact.key.strip_prefix('m')?, fact.number)))
        };
        let newest = times().fold(f64::NEG_INFINITY, |newest, (_, time)| newest.max(time));
        // Where no time is known, none is older.
        let reported = |model| {
            times().any(|(id, time)| id == model && (time == newest || newest == f64::NEG_INFINITY))
        };
        step.iter().find(|entry| {
            entry.key.strip_prefix('v').is_some_and(|model| {
                entry.number.is_finite() && (only.is_empty() || only == model) && reported(model)
            })
        })
    }

    /// The level at which `notify` keeps this alarm as raised.
    fn raised(&self, name: &str) -> Option<Level> {
        let state = get(self.facts, &["s", &key(name)].concat())?;
        State::read(state.text, name)?.level
    }

    /// Fills a template. A placeholder that nothing fills stays as it is typed, and what was filled
    /// in is not read again.
    fn expand(&self, template: &str, judged: &Judged) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let filled = after.split_once('}').and_then(|(name, after)| {
                let text = match name {
                    "value" => judged.value,
                    "threshold" => &judged.threshold,
                    "level" => judged.level.word(),
                    "device" => self.device(),
                    "eui" => text(self.facts, "deui"),
                    "unit" | "field" | "is" | "name" => text(judged.step, &["f", name].concat()),
                    _ => return None,
                };
                Some((text, after))
            });
            let (text, after) = filled.unwrap_or(("{", after));
            out.push_str(text);
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The device's name; its EUI if it has none.
    fn device(&self) -> &'a str {
        match text(self.facts, "dname") {
            "" => text(self.facts, "deui"),
            name => name,
        }
    }

    fn fault_title(&self) -> String {
        ["Faulty trigger rule: [", self.device(), "]"].concat()
    }

    /// Raises the alarm about a faulty rule. Its words hold no reading, so that it stays one alarm.
    fn fault(&mut self, alarm: &str, which: &str, fault: &str) {
        let desc = ["Rule ", which, ": ", fault, "."].concat();
        self.call("new", alarm, &self.fault_title(), Level::Mid, &desc);
    }

    /// Calls the rule's methods, all with the same parameters.
    fn call(&mut self, action: &'static str, name: &str, title: &str, level: Level, desc: &str) {
        let mut methods: Vec<&str> = all(self.rule, "fmethods").map(|entry| entry.text).collect();
        if methods.is_empty() {
            methods.extend(METHODS);
        }
        for method in methods {
            let params = Value::object([
                ("_eui", Value::Text(text(self.facts, "deui").into())),
                ("action", Value::Word(action)),
                ("name", Value::Text(name.into())),
                ("title", Value::Text(title.into())),
                ("level", Value::Word(level.word())),
                ("desc", Value::Text(desc.into())),
                ("group", Value::Number(self.group)),
            ]);
            let action = [("method", Value::Text(method.into())), ("params", params)];
            self.actions.push(Value::object(action));
        }
    }
}

/// The step's threshold number `i`: a number, or the server attribute of that name, else the default.
/// A default that stands in for an attribute that is no number is used, and is a fault all the same.
fn bound<'e, 'a>(
    step: Entries<'e, 'a>,
    i: usize,
    fault: &mut Option<String>,
) -> Result<&'e Entry<'a>, String> {
    let number = |entry: &&Entry| entry.number.is_finite();
    let threshold = all(step, "fthreshold").nth(i).ok_or("threshold is missing")?;
    let attribute = get(step, &["a", threshold.text].concat());
    if let Some(found) = Some(threshold).filter(number).or(attribute.filter(number)) {
        return Ok(found);
    }
    let default = all(step, "fdefault").nth(i).filter(number);
    let what = match (attribute, default) {
        (None, Some(default)) => return Ok(default),
        (Some(_), Some(_)) => " is not a number; the default is used until it is",
        (Some(_), None) => " is not a number; correct it, or give the rule a default",
        (None, None) => " is not set; set it, or give the rule a default",
    };
    let text = ["server attribute ", threshold.text, what].concat();
    match default {
        Some(default) => {
            *fault = fault.take().or(Some(text));
            Ok(default)
        }
        None => Err(text),
    }
}
