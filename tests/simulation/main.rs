//! Worlds as tests: many random ones, one small one whole, and proofs that the observer finds what it is there for.
//! `npm run simulate` runs more of them; how they are made and judged is in `parts`.

mod parts;

use std::sync::atomic::{AtomicU64, Ordering};

use parts::{draw, plan::Plan, shrink, walk};

/// So many random worlds a test run.
const WORLDS: u64 = 10_000;
/// As deep as the walk gets within a minute.
const DEPTH: usize = 5;

/// Runs these worlds on two threads; the story of the first that fails.
fn run_all(count: u64, draw: fn(u64) -> Plan) {
    let next = AtomicU64::new(1);
    let first = AtomicU64::new(u64::MAX);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > count || first.load(Ordering::Relaxed) < u64::MAX {
                        return;
                    }
                    if shrink::run(&draw(seed)).is_err() {
                        first.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let seed = first.into_inner();
    if seed < u64::MAX {
        let plan = draw(seed);
        let rule = shrink::run(&plan).expect_err("it failed a moment ago").rule;
        panic!("{}", shrink::story(&shrink::shrink(&plan, rule)));
    }
}

#[test]
#[ignore = "the state does not yet remember what each channel was told"]
fn in_every_world_each_group_hears_what_it_should() {
    run_all(WORLDS, draw::world);
}

#[test]
#[ignore = "the state does not yet remember what each channel was told"]
fn every_story_of_a_small_world_comes_right() {
    for plan in walk::worlds() {
        if let Err(failed) = walk::walk(&plan, DEPTH) {
            panic!("{}", shrink::story(&failed.0));
        }
    }
}
