//! `npm run simulate -- --worlds 1000000 --seed 1`: random worlds on all cores, from this seed on.
//! `--worlds 1` tells the world's story whatever becomes of it; `--exhaustive` walks through the small world whole;
//! `--storm` prints what becomes of fleets in a storm, as the tables of `docs/promises.md`.

mod parts;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use parts::{draw, observer::Violation, plan::Plan, shrink, sim::Tally, storm, walk};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(Some(default), |text| text.parse().ok())
    };
    let known = ["--worlds", "--seed", "--depth", "--exhaustive", "--survey", "--mild", "--storm"];
    let unknown = arguments.iter().find(|a| a.starts_with('-') && !known.contains(&a.as_str()));
    let numbers =
        (number("--worlds", 100_000), number("--seed", 1), number("--depth", walk::DEPTH as u64));
    let (Some(worlds), Some(seed), Some(depth), None) = (numbers.0, numbers.1, numbers.2, unknown)
    else {
        eprintln!(
            "simulate [--worlds <number>] [--seed <number>] [--mild] [--survey] | --exhaustive [--depth <number>] | --storm [--seed <number>]"
        );
        return ExitCode::FAILURE;
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let draw = if has("--mild") { draw::mild_world } else { draw::world };
    // A panic is told as the end of a story.
    std::panic::set_hook(Box::new(|_| {}));
    if has("--storm") {
        storm::tables(seed);
        return ExitCode::SUCCESS;
    }
    if has("--exhaustive") {
        return exhaustive(depth as usize);
    }
    if worlds == 1 {
        let plan = draw(seed);
        print!("{}", shrink::story(&plan));
        return end_of_one(&plan);
    }
    random(seed, worlds, draw, has("--survey"))
}

fn end_of_one(plan: &Plan) -> ExitCode {
    match shrink::run(plan) {
        Ok(tally) => {
            println!("all is well: {} calls, {} messages", tally.calls, tally.messages);
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("\nThe shortest story of it:\n");
            print!("{}", shrink::story(&shrink::shrink(plan, violation.rule)));
            ExitCode::FAILURE
        }
    }
}

/// What all threads know.
struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    tally: Mutex<(Tally, u64)>,
    /// The first failing seed of each rule, and how often each failed.
    failed: Mutex<Vec<(u64, Violation, u64)>>,
}

/// Runs worlds on all cores. With `survey` it goes on after a violation and counts them by rule.
fn random(seed: u64, worlds: u64, draw: fn(u64) -> Plan, survey: bool) -> ExitCode {
    let started = Instant::now();
    let shared = Shared {
        next: AtomicU64::new(seed),
        stop: AtomicBool::new(false),
        tally: Mutex::new((Tally::default(), 0)),
        failed: Mutex::new(Vec::new()),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| scope.spawn(|| work(&shared, seed + worlds, draw, survey)))
            .collect();
        let mut told = Instant::now();
        while threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(100));
            if told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                let done = shared.next.load(Ordering::Relaxed).min(seed + worlds) - seed;
                let a_second = done as f64 / started.elapsed().as_secs_f64();
                eprintln!("{done} of {worlds} worlds, {a_second:.0} a second");
            }
        }
    });
    let (tally, done) = *shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
    let mut failed = shared.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|(seed, ..)| *seed);
    for (seed, violation, times) in &failed {
        if survey {
            println!("== `{}` in {times} worlds, first in seed {seed}\n", violation.rule);
        }
        let plan = draw(*seed);
        print!("{}", shrink::story(&shrink::shrink(&plan, violation.rule)));
        println!("\nWhole: npm run simulate -- --seed {seed} --worlds 1\n");
        if !survey {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{done} worlds from seed {seed}: {} calls, {} messages read, at most {} requests of a call and {} a minute to a channel; {} broke a rule; {seconds:.0} s, {:.0} worlds a second on {cores} cores",
        tally.calls,
        tally.messages,
        tally.most_of_a_call,
        tally.most_of_a_minute,
        failed.iter().map(|(.., times)| times).sum::<u64>(),
        done as f64 / seconds,
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn work(shared: &Shared, end: u64, draw: fn(u64) -> Plan, survey: bool) {
    loop {
        let seed = shared.next.fetch_add(1, Ordering::Relaxed);
        if seed >= end || shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let result = shrink::run(&draw(seed));
        let mut guard = shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
        guard.1 += 1;
        match result {
            Ok(tally) => {
                let all = &mut guard.0;
                all.calls += tally.calls;
                all.messages += tally.messages;
                all.most_of_a_call = all.most_of_a_call.max(tally.most_of_a_call);
                all.most_of_a_minute = all.most_of_a_minute.max(tally.most_of_a_minute);
            }
            Err(violation) => {
                let mut failed = shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
                match failed.iter_mut().find(|(_, other, _)| other.rule == violation.rule) {
                    Some((first, _, times)) => {
                        *first = seed.min(*first);
                        *times += 1;
                    }
                    None => failed.push((seed, violation, 1)),
                }
                if !survey {
                    shared.stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

fn exhaustive(depth: usize) -> ExitCode {
    for plan in walk::worlds() {
        let started = Instant::now();
        let way = if plan.platform.axios { "with answers" } else { "without answers" };
        match walk::walk(&plan, depth) {
            Ok(states) => println!(
                "every story of {depth} steps {way} comes right: {states} states, {:.0} s",
                started.elapsed().as_secs_f64()
            ),
            Err(failed) => {
                print!("{}", shrink::story(&failed));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
