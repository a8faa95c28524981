//! A small world, walked through whole: two channels, two alarms, and after each step every other step that there
//! is. States that were visited are not visited again; each last one must come right when the world calms down.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::observer::{Observer, Violation};
use super::plan::*;
use super::shrink::shrink;
use super::sim::Sim;

/// Between two steps: longer than any back-off, so that each step may lead to something.
const STEP_S: u32 = 800;
/// How many steps the whole walk has.
pub const DEPTH: usize = 8;

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
    for (alarm, holds) in holds.into_iter().enumerate() {
        // A change comes with the uplink that tells of it.
        let level = (!holds).then_some(3);
        list.push(vec![
            Act::Truth { device: 0, alarm, level },
            Act::Uplink { device: 0, twice: false },
        ]);
    }
    for (channel, troubled) in troubled.into_iter().enumerate() {
        let trouble = (!troubled).then_some(Trouble::Hangs);
        list.push(vec![Act::Trouble { channel, trouble }, Act::Uplink { device: 0, twice: false }]);
    }
    list.push(vec![Act::LoseWrite, Act::Uplink { device: 0, twice: false }]);
    list
}

/// A way into a violation.
type Failed = (Vec<Step>, Violation);

/// What all threads of a walk know.
struct Walk<'p> {
    plan: &'p Plan,
    depth: usize,
    visited: Mutex<HashSet<u64>>,
}

/// Walks to this depth on all cores. `Err`: a way into a violation, as a plan.
pub fn walk(plan: &Plan, depth: usize) -> Result<usize, Box<Plan>> {
    let walk = Walk { plan, depth, visited: Mutex::default() };
    // The first two steps are gone through here, and what follows on them is shared out.
    let tasks = Mutex::new(Vec::new());
    let start = (Sim::new(plan, false), Vec::new());
    let begun = walk.follow(&start.0, &start.1, depth.min(2), &mut |sim, way| {
        lock(&tasks).push((sim, way));
    });
    let failed = Mutex::new(begun.err());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((sim, way)) = { lock(&tasks).pop() } {
                    if lock(&failed).is_some() {
                        return;
                    }
                    if let Err(end) = walk.follow(&sim, &way, depth, &mut |_, _| {}) {
                        lock(&failed).get_or_insert(end);
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((steps, violation)) => {
            Err(Box::new(shrink(&Plan { steps, ..plan.clone() }, violation.rule)))
        }
        None => Ok(lock(&walk.visited).len()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'p> Walk<'p> {
    /// Every way on from here to a depth, depth first: only fingerprints are kept of what lies behind. Who stands at
    /// that depth is handed to `rest`.
    fn follow(
        &self,
        sim: &Sim<'p>,
        way: &[Step],
        depth: usize,
        rest: &mut dyn FnMut(Sim<'p>, Vec<Step>),
    ) -> Result<(), Failed> {
        let (n, troubled, holds) = now(way);
        for acts in choices(troubled, holds) {
            let mut sim = sim.clone();
            let mut way = way.to_vec();
            for act in acts {
                let step = Step { at: (n + 1) * STEP_S, act };
                way.push(step.clone());
                sim.step(&step).map_err(|violation| (way.clone(), violation))?;
            }
            if !lock(&self.visited).insert(sim.fingerprint()) {
                continue;
            }
            calm_down(self.plan, &sim, &way)?;
            let n = (n + 1) as usize;
            if n == self.depth {
                continue;
            } else if n == depth {
                rest(sim, way);
            } else {
                self.follow(&sim, &way, depth, rest)?;
            }
        }
        Ok(())
    }
}

/// How many steps a way has, which channels are in trouble and which alarms hold at its end.
fn now(way: &[Step]) -> (u32, [bool; 2], [bool; 2]) {
    let (mut troubled, mut holds) = ([false; 2], [false; 2]);
    for step in way {
        match step.act {
            Act::Trouble { channel, trouble } => troubled[channel] = trouble.is_some(),
            Act::Truth { alarm, level, .. } => holds[alarm] = level.is_some(),
            _ => {}
        }
    }
    (way.last().map_or(0, |step| step.at / STEP_S), troubled, holds)
}

/// From here on all is well, and calls go on until the observer asks.
fn calm_down(plan: &Plan, sim: &Sim, way: &[Step]) -> Result<(), Failed> {
    let mut sim = sim.clone();
    let mut way = way.to_vec();
    let last = way.last().map_or(0, |step| step.at);
    let (_, troubled, _) = now(&way);
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
