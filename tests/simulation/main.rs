//! Worlds as tests: many random ones, one small one whole, and proofs that the observer finds what it is there for.
//! `npm run simulate` runs more of them; how they are made and judged is in `parts`.

mod parts;

use std::sync::atomic::{AtomicU64, Ordering};

use parts::boundary::{Call, Event, Message, Word};
use parts::observer::Observer;
use parts::plan::*;
use parts::storm::{Callers, Report, Sender, Storm};
use parts::{draw, shrink, sim, walk};

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
fn in_every_world_each_group_hears_what_it_should() {
    run_all(WORLDS, draw::world);
}

#[test]
fn every_story_of_a_small_world_comes_right() {
    for plan in walk::worlds() {
        if let Err(failed) = walk::walk(&plan, DEPTH) {
            panic!("{}", shrink::story(&failed));
        }
    }
}

/// Devices raise within a minute: what became of them with so many robots.
fn storm(seed: u64, devices: usize, kind: Kind, sender: Sender, robots: usize) -> Report {
    let (callers, robots) = (Callers::Uplinks, (robots, 0));
    Storm { seed, kind, devices, level: None, callers, sender, hours: 2, robots }.run()
}

/// How many of a hundred devices of these levels were told of within the first five, fifteen, sixty minutes.
fn percent(report: &Report, levels: std::ops::Range<usize>, moment: usize) -> usize {
    let told: usize = levels.clone().map(|level| report.raised[level][moment]).sum();
    told * 100 / report.devices[levels].iter().sum::<usize>()
}

#[test]
fn in_a_storm_everybody_is_told_once_and_what_is_worse_first() {
    for seed in 1..=3 {
        for (kind, robots, refused, busy_s) in [
            (Kind::Bot, 1, 200, 240),
            (Kind::Bot, 3, 400, 240),
            (Kind::Robot, 1, 200, 1_500),
            (Kind::Robot, 3, 400, 1_500),
            (Kind::Bot, 10, 0, 0),
            (Kind::Robot, 10, 0, 0),
        ] {
            let report = storm(seed, 100, kind, Sender::Script, robots);
            let about = format!("{robots} of {kind:?}, seed {seed}: {report:?}");
            assert_eq!(report.doubles, 0, "{about}");
            assert_eq!(percent(&report, 0..4, 2), 100, "{about}");
            assert_eq!((report.heard, report.ended[2]), (100, 100), "{about}");
            assert!(report.refused <= refused && report.blocked_s <= busy_s, "{about}");
            let [worse, rest] = [2..4, 0..2].map(|levels| percent(&report, levels, 1));
            assert!(worse >= rest, "{about}");
            if kind == Kind::Bot || robots > 1 {
                assert!(worse >= 90, "{about}");
            }
        }
        let bot = storm(seed, 100, Kind::Bot, Sender::Script, 1);
        assert!(percent(&bot, 2..4, 0) >= percent(&bot, 0..2, 0) * 3 / 2, "{bot:?}");
    }
}

#[test]
fn in_a_storm_a_busy_robot_gives_way_to_the_next_but_what_can_wait_asks_few() {
    let report = storm(1, 300, Kind::Bot, Sender::Script, 6);
    assert!(report.refused < 1_700, "{report:?}");
    // Once a day: what is refused now is not told today.
    for kind in [Kind::Bot, Kind::Robot] {
        let (callers, sender, robots) = (Callers::Daily, Sender::Script, (6, 0));
        let storm =
            Storm { seed: 1, kind, devices: 100, level: None, callers, sender, hours: 1, robots };
        let report = storm.run();
        assert!(report.refused > 0 && percent(&report, 0..4, 0) == 100, "{report:?}");
    }
}

#[test]
fn a_storm_counts_what_is_read_twice() {
    assert!(storm(1, 100, Kind::Bot, Sender::Notes, 1).doubles > 500);
}

/// Proofs that need no trouble and no other core: what breaks a rule here is broken on purpose.
#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 1..=20 {
        let [one, two] = [(); 2].map(|()| shrink::story(&draw::world(seed)));
        assert_eq!(one, two);
    }
}

/// One device with one alarm, one bot, and an uplink each five minutes.
fn simple(acts: &[(At, Act)]) -> Plan {
    let mut steps: Vec<Step> = acts.iter().map(|(at, act)| Step { at: *at, act: *act }).collect();
    steps.extend(
        (1..60).map(|n| Step { at: n * 300, act: Act::Uplink { device: 0, twice: false } }),
    );
    steps.sort_by_key(|step| step.at);
    Plan {
        seed: 1,
        channels: vec![Channel { name: "wecom", kind: Kind::Bot }],
        settings: Settings::default(),
        devices: vec![Device { alarms: 1, on_change: false }],
        platform: Platform { axios: true, stops: true, in_turn: true, record: None },
        steps,
    }
}

fn truth(at: At, level: Option<Level>) -> (At, Act) {
    (at, Act::Truth { device: 0, alarm: 0, level })
}

fn trouble(at: At, trouble: Option<Trouble>) -> (At, Act) {
    (at, Act::Trouble { channel: 0, trouble })
}

#[track_caller]
fn breaks(plan: &Plan, rule: &str) {
    let violation = shrink::run(plan).expect_err("the observer sees it");
    assert_eq!(violation.rule, rule, "{}", violation.text);
    let shrunk = shrink::shrink(plan, violation.rule);
    assert!(shrunk.steps.len() <= plan.steps.len());
    assert_eq!(shrink::run(&shrunk).expect_err("and in the short story, too").rule, rule);
}

#[test]
fn a_simple_world_comes_right() {
    let plan = simple(&[truth(100, Some(2)), truth(4_000, Some(3)), truth(8_000, None)]);
    let tally = sim::run(&plan).unwrap_or_else(|violation| panic!("{}", violation.text));
    assert!(tally.messages >= 3, "raised, worse and recovered: {tally:?}");
}

#[test]
fn the_observer_sees_that_a_raise_never_came() {
    // Low: the next reminder, which would heal it, is far away.
    let plan =
        simple(&[truth(100, Some(0)), trouble(0, Some(Trouble::Swallows)), trouble(500, None)]);
    breaks(&plan, "silence");
}

#[test]
fn the_observer_sees_that_an_end_never_came() {
    let plan = simple(&[
        truth(100, Some(2)),
        truth(1_000, None),
        trouble(900, Some(Trouble::Swallows)),
        trouble(3_000, None),
    ]);
    breaks(&plan, "stale");
}

#[test]
fn the_observer_sees_an_end_without_a_raise() {
    let plan = simple(&[
        truth(100, Some(2)),
        truth(1_000, None),
        trouble(0, Some(Trouble::Swallows)),
        trouble(700, None),
    ]);
    breaks(&plan, "unheard");
}

#[test]
fn the_observer_sees_the_same_message_twice() {
    let plan =
        simple(&[truth(100, Some(2)), trouble(0, Some(Trouble::Denies)), trouble(700, None)]);
    breaks(&plan, "twice");
}

fn message(event: Event, word: Word) -> Message {
    Message { about: (0, 0), event, word }
}

#[test]
fn the_observer_sees_something_older_after_something_newer() {
    let plan = simple(&[]);
    let mut observer = Observer::new(&plan);
    let mut call = |now, call| observer.call(now, 0, 0, call, true, true).expect("a call");
    let (raise, clear) = (call(1_000, Call::New(2)), call(100_000, Call::Clear(2)));
    let raised = message(Event::Raised, Word::Holds(2));
    observer.reads(1_000, 0, raise, raised, false).expect("it is new");
    let recovered = message(Event::Recovered, Word::Over);
    observer.reads(100_000, 0, clear, recovered, false).expect("it is newer");
    let older = observer.reads(200_000, 0, raise, raised, true);
    assert_eq!(older.expect_err("it was put off").rule, "older");
}

#[test]
fn the_observer_sees_a_message_that_says_what_is_not_so() {
    let plan = simple(&[]);
    let mut observer = Observer::new(&plan);
    let call = observer.call(1_000, 0, 0, Call::New(2), true, true).expect("a call");
    let low = message(Event::Raised, Word::Holds(0));
    assert_eq!(observer.reads(1_000, 0, call, low, false).expect_err("not so").rule, "false");
}

#[test]
fn the_observer_sees_that_nobody_is_told_however_often_callers_call() {
    let plan = simple(&[]);
    let mut observer = Observer::new(&plan);
    let mut calls = 0..Observer::blind_calls(&plan) as u64;
    let end = calls.find_map(|n| observer.call(n * 60_000, 0, 0, Call::New(2), false, false).err());
    assert_eq!(end.expect("one call is too many").rule, "untold");
}

#[test]
fn the_observer_sees_too_many_requests() {
    let plan = simple(&[]);
    let mut observer = Observer::new(&plan);
    assert!(observer.requests(6, 1, 12).is_ok());
    assert_eq!(observer.requests(7, 1, 1).expect_err("of a call").rule, "requests");
    assert_eq!(observer.requests(1, 1, 13).expect_err("of a minute").rule, "requests");
}
