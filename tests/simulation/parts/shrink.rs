//! Makes a failing world small: leaves out steps, settings, channels of routes, alarms and habits of the platform,
//! as long as it still breaks the same rule. And what a failing world looks like to a person.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::boundary::settings;
use super::observer::Violation;
use super::plan::{Act, Plan};
use super::sim::{self, Tally};

/// So many worlds are tried to shrink one.
const TRIES: usize = 6_000;

/// Runs a world; a panic is a violation, too.
pub fn run(plan: &Plan) -> Result<Tally, Violation> {
    catch_unwind(AssertUnwindSafe(|| sim::run(plan))).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().cloned();
        let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_string()));
        Err(Violation { rule: "panic", text: text.unwrap_or_default() })
    })
}

/// The smallest world found that breaks the same rule.
pub fn shrink(plan: &Plan, rule: &'static str) -> Plan {
    let mut smallest = plan.clone();
    let mut tries = 0;
    let mut fails = |plan: &Plan| {
        tries += 1;
        tries <= TRIES && run(plan).is_err_and(|violation| violation.rule == rule)
    };
    loop {
        let before = size(&smallest);
        let mut chunk = smallest.steps.len().div_ceil(2);
        while chunk > 0 {
            let mut from = 0;
            while from < smallest.steps.len() {
                let mut smaller = smallest.clone();
                smaller.steps.drain(from..(from + chunk).min(smallest.steps.len()));
                if fails(&smaller) {
                    smallest = smaller;
                } else {
                    from += chunk;
                }
            }
            chunk /= 2;
        }
        for edit in edits(&smallest) {
            let mut smaller = smallest.clone();
            edit(&mut smaller);
            if size(&smaller) < size(&smallest) && fails(&smaller) {
                smallest = smaller;
            }
        }
        if size(&smallest) == before {
            return smallest;
        }
    }
}

type Edit = Box<dyn Fn(&mut Plan)>;

/// Everything else that may be left out.
fn edits(plan: &Plan) -> Vec<Edit> {
    let mut edits: Vec<Edit> = vec![
        Box::new(|plan| plan.settings.routes = None),
        Box::new(|plan| plan.settings.repeat = None),
        Box::new(|plan| plan.settings.flapping = None),
        Box::new(|plan| plan.settings.quiet = None),
        Box::new(|plan| plan.settings.mute = None),
        Box::new(|plan| plan.settings.escalate = None),
        Box::new(|plan| plan.settings.fallback = None),
        Box::new(|plan| plan.settings.mentions = None),
        Box::new(|plan| plan.settings.action = None),
        Box::new(|plan| plan.settings.wait = None),
        Box::new(|plan| plan.settings.token_cache = None),
        Box::new(|plan| plan.settings.place = Default::default()),
        Box::new(|plan| plan.platform.record = None),
        Box::new(|plan| plan.platform.in_turn = true),
    ];
    if let Some(routes) = &plan.settings.routes {
        for (level, route) in routes.iter().enumerate() {
            for item in 0..route.len() {
                edits.push(Box::new(move |plan| {
                    let routes = plan.settings.routes.as_mut();
                    if let Some(route) = routes.map(|routes| &mut routes[level])
                        && item < route.len()
                    {
                        route.remove(item);
                    }
                }));
            }
        }
    }
    for step in 0..plan.steps.len() {
        edits.push(Box::new(move |plan| {
            if let Some(Act::Uplink { twice, .. }) = plan.steps.get_mut(step).map(|s| &mut s.act) {
                *twice = false;
            }
        }));
    }
    // The last channel, device or alarm, where nothing names it.
    edits.push(Box::new(|plan| {
        let last = plan.channels.len() - 1;
        let names = |act: &Act| matches!(act, Act::Trouble { channel, .. } | Act::Revoke { channel } | Act::Crowd { channel } if *channel == last);
        let used = plan.settings.routes.iter().flatten().flatten().any(|c| *c == last)
            || plan.settings.fallback.iter().flatten().any(|c| *c == last)
            || plan.settings.escalate.is_some();
        if last > 0 && !used {
            plan.steps.retain(|step| !names(&step.act));
            plan.channels.pop();
        }
    }));
    edits.push(Box::new(|plan| {
        let last = plan.devices.len() - 1;
        if last > 0 {
            plan.steps.retain(|step| device_of(&step.act) != Some(last));
            plan.devices.pop();
        }
    }));
    for device in 0..plan.devices.len() {
        edits.push(Box::new(move |plan| {
            let Some(view) = plan.devices.get_mut(device).filter(|view| view.alarms > 1) else { return };
            view.alarms -= 1;
            let last = view.alarms;
            plan.steps.retain(
                |s| !matches!(s.act, Act::Truth { device: d, alarm, .. } if d == device && alarm == last),
            );
        }));
    }
    edits
}

fn device_of(act: &Act) -> Option<usize> {
    match act {
        Act::Truth { device, .. }
        | Act::Uplink { device, .. }
        | Act::Tick { device }
        | Act::Ack { device, .. } => Some(*device),
        _ => None,
    }
}

/// How much there is to read of a world.
fn size(plan: &Plan) -> usize {
    let alarms: usize = plan.devices.iter().map(|device| device.alarms).sum();
    let routes = plan.settings.routes.iter().flatten().map(Vec::len).sum::<usize>();
    let twice =
        plan.steps.iter().filter(|s| matches!(s.act, Act::Uplink { twice: true, .. })).count();
    let place = usize::from(plan.settings.place != Default::default());
    plan.steps.len()
        + twice
        + plan.channels.len()
        + alarms
        + routes
        + settings(plan).len()
        + usize::from(plan.settings.mute.is_some())
        + place
        + usize::from(plan.platform.record.is_some())
        + usize::from(!plan.platform.in_turn)
}

/// A world from its first to its last line, for a person.
pub fn story(plan: &Plan) -> String {
    let mut text = String::new();
    let names: Vec<&str> = plan.channels.iter().map(|channel| channel.name).collect();
    let _ = writeln!(text, "seed {}: channels {}", plan.seed, names.join(", "));
    let platform = &plan.platform;
    let _ = writeln!(
        text,
        "  platform: {}, a failing action {}, calls of an uplink {}, records of alarms: {}",
        if platform.axios { "axios" } else { "no axios" },
        if platform.stops { "stops those behind it" } else { "stops nothing" },
        if platform.in_turn { "in turn" } else { "at once" },
        platform.record.map_or("none".into(), |record| format!("{record:?}")),
    );
    for (device, view) in plan.devices.iter().enumerate() {
        let when = if view.on_change { "on change" } else { "on each uplink" };
        let _ = writeln!(text, "  d{}: {} alarms, callers call {when}", device + 1, view.alarms);
    }
    for (name, value) in settings(plan) {
        let _ = writeln!(text, "  {name} = {value}");
    }
    if let Some(mute) = plan.settings.mute {
        let _ = writeln!(text, "  notify_mute_until = {}", super::boundary::clock(mute));
    }
    match catch_unwind(AssertUnwindSafe(|| sim::tell(plan))) {
        Ok((told, end)) => {
            text.push_str(&folded(&told));
            if let Some(Violation { rule, text: end }) = end {
                let _ = writeln!(text, "violates `{rule}`: {end}");
            }
        }
        Err(_) => text.push_str("  … and the core panics\n"),
    }
    text
}

/// The same told again and again is told once, with how often.
fn folded(told: &str) -> String {
    // A line is a moment and what happened; what belongs to a call is indented further.
    let rest =
        |line: &str| line.trim_start().split_once("  ").map_or("", |(_, rest)| rest).to_string();
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in told.lines() {
        match blocks.last_mut() {
            Some(block) if rest(line).starts_with("  ") => block.push(line),
            _ => blocks.push(vec![line]),
        }
    }
    // Stored texts hold times, so they differ each time.
    let same = |block: &[&str]| -> Vec<String> {
        block.iter().map(|line| rest(line).split(" = ").next().unwrap_or("").to_string()).collect()
    };
    let mut text = String::new();
    let (mut last, mut again) = (Vec::new(), 0);
    for block in blocks {
        let key = same(&block);
        if key == last && !key.concat().is_empty() {
            again += 1;
            continue;
        }
        if again > 0 {
            let _ = writeln!(text, "             … the same {again} times more");
        }
        again = 0;
        for line in block {
            let _ = writeln!(text, "{line}");
        }
        last = key;
    }
    if again > 0 {
        let _ = writeln!(text, "             … the same {again} times more");
    }
    text
}
