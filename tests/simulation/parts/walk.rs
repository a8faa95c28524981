//! A small world, walked through whole: two channels, two alarms, and after each step every other step that there
//! is. States that were visited are not visited again; each last one must come right when the world calms down.

use std::collections::HashSet;

use super::observer::{Observer, Violation};
use super::plan::*;
use super::sim::Sim;

/// Between two steps: longer than any back-off, so that each step may lead to something.
const STEP_S: u32 = 800;
pub const DEPTH: usize = 8;

/// What a walk came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walked {
    pub states: usize,
    pub ends: usize,
}

/// The two small worlds: with answers and without.
pub fn worlds() -> [Plan; 2] {
    [true, false].map(|axios| Plan {
        seed: 0,
        channels: vec![
            Channel { name: "wecom", kind: Kind::Bot },
            Channel { name: "dingtalk", kind: Kind::Robot },
        ],
        settings: Settings { flapping: Some(None), ..Settings::default() },
        devices: vec![Device { alarms: 2, on_change: false }],
        platform: Platform { axios, stops: true, in_turn: true, record: None },
        steps: Vec::new(),
    })
}

/// One step of the walk, as the acts that it is made of.
fn choices(troubled: [bool; 2], holds: [bool; 2]) -> Vec<Vec<Act>> {
    let mut list =
        vec![vec![Act::Uplink { device: 0, twice: false }], vec![Act::Tick { device: 0 }]];
    for alarm in 0..2 {
        // A change comes with the uplink that tells of it.
        let level = if holds[alarm] { None } else { Some(3) };
        list.push(vec![
            Act::Truth { device: 0, alarm, level },
            Act::Uplink { device: 0, twice: false },
        ]);
    }
    for channel in 0..2 {
        let trouble = (!troubled[channel]).then_some(Trouble::Hangs);
        list.push(vec![Act::Trouble { channel, trouble }, Act::Uplink { device: 0, twice: false }]);
    }
    list.push(vec![Act::LoseWrite, Act::Uplink { device: 0, twice: false }]);
    list
}

/// Walks to this depth. `Err`: the shortest way found into a violation, as a plan.
pub fn walk(plan: &Plan, depth: usize) -> Result<Walked, Box<(Plan, Violation)>> {
    let mut walked = Walked::default();
    let mut seen = HashSet::new();
    // Breadth first: the first violation has the shortest story.
    let mut level: Vec<(Sim, Vec<Step>)> = vec![(Sim::new(plan, false), Vec::new())];
    for n in 1..=depth {
        let mut next = Vec::new();
        for (sim, way) in &level {
            let (troubled, holds) = now(way);
            for acts in choices(troubled, holds) {
                let mut sim = sim.clone();
                let mut way = way.clone();
                let at = n as u32 * STEP_S;
                let done = acts.into_iter().try_for_each(|act| {
                    let step = Step { at, act };
                    way.push(step.clone());
                    sim.step(&step)
                });
                if let Err(violation) = done {
                    return failed(plan, way, violation);
                }
                if !seen.insert(sim.fingerprint()) {
                    continue;
                }
                walked.states += 1;
                if let Err((way, violation)) = calm_down(plan, &sim, &way) {
                    return failed(plan, way, violation);
                }
                walked.ends += 1;
                if n < depth {
                    next.push((sim, way));
                }
            }
        }
        level = next;
    }
    Ok(walked)
}

fn failed(
    plan: &Plan,
    steps: Vec<Step>,
    violation: Violation,
) -> Result<Walked, Box<(Plan, Violation)>> {
    Err(Box::new((Plan { steps, ..plan.clone() }, violation)))
}

/// Which channels are in trouble and which alarms hold at the end of a way.
fn now(way: &[Step]) -> ([bool; 2], [bool; 2]) {
    let (mut troubled, mut holds) = ([false; 2], [false; 2]);
    for step in way {
        match step.act {
            Act::Trouble { channel, trouble } => troubled[channel] = trouble.is_some(),
            Act::Truth { alarm, level, .. } => holds[alarm] = level.is_some(),
            _ => {}
        }
    }
    (troubled, holds)
}

/// From here on all is well, and calls go on until the observer asks.
fn calm_down(plan: &Plan, sim: &Sim, way: &[Step]) -> Result<(), (Vec<Step>, Violation)> {
    let mut sim = sim.clone();
    let mut way = way.to_vec();
    let last = way.last().map_or(0, |step| step.at);
    let (troubled, _) = now(&way);
    let (seconds, calls) = Observer::settling(plan);
    let cadence = seconds / calls + 60;
    let mut steps: Vec<Step> = (0..2)
        .filter(|channel| troubled[*channel])
        .map(|channel| Step { at: last + 10, act: Act::Trouble { channel, trouble: None } })
        .collect();
    for n in 1..=calls + 1 {
        steps.push(Step {
            at: last + 10 + n * cadence,
            act: Act::Uplink { device: 0, twice: false },
        });
    }
    for step in steps {
        way.push(step.clone());
        if let Err(violation) = sim.step(&step) {
            return Err((way, violation));
        }
    }
    sim.end().map_err(|violation| (way, violation))
}
