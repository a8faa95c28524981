//! Draws a world from a seed: hours to days of trouble, then a calm time in which all must come right.
//! What is drawn how often stands here and nowhere else.

use super::observer::Observer;
use super::plan::*;
use super::random::Random;
use super::sim::TROUBLES;

/// Calls of a world's troubled part at most; the calm part has as many as `Observer::settling` asks for.
const MOST_UPLINKS: u32 = 30;
/// At which minute of the day a world begins.
const START_MINUTE: u32 = 480;

pub fn world(seed: u64) -> Plan {
    draw(seed, true)
}

/// A world in which every service is well and every write lasts.
pub fn mild_world(seed: u64) -> Plan {
    draw(seed, false)
}

fn draw(seed: u64, trouble: bool) -> Plan {
    let mut random = Random::new(seed);
    let r = &mut random;
    let channels = channels(r);
    let devices: Vec<Device> = (0..r.pick(&[1, 1, 1, 2, 3]))
        .map(|_| Device { alarms: r.pick(&[1, 1, 2, 3]), on_change: r.percent(30) })
        .collect();
    let platform = Platform {
        axios: r.percent(65),
        stops: r.percent(75),
        in_turn: r.percent(50),
        record: r.pick(&[
            None,
            None,
            Some(Record::Before),
            Some(Record::After),
            Some(Record::Beside),
        ]),
    };
    let cadence = r.pick(&[60, 120, 300, 300, 600, 900, 1_800, 3_600]);
    let troubled_s = cadence * r.range(6, MOST_UPLINKS);
    let settings = settings(r, channels.len(), troubled_s);
    let mut plan = Plan { seed, channels, settings, devices, platform, steps: Vec::new() };
    let mut steps = Vec::new();
    truth(r, &plan, troubled_s, &mut steps);
    calls(r, &plan, 0, troubled_s, cadence, &mut steps);
    let (mut offset, mut blind) = (0, false);
    if trouble {
        troubles(r, &plan, troubled_s, &mut steps);
        (offset, blind) = upsets(r, &plan, troubled_s, &mut steps);
    }
    let (settle, count) = Observer::settling(&plan);
    let from = quiet_free(&plan, troubled_s + 60, settle, offset);
    let count = if blind { count.max(Observer::blind_calls(&plan)) } else { count };
    let calm_cadence = cadence.max(settle / (count * 2)).max(60);
    let to = from + (calm_cadence * (count + 2)).max(settle + 3 * calm_cadence);
    calls(r, &plan, from, to, calm_cadence, &mut steps);
    steps.sort_by_key(|step| step.at);
    plan.steps = steps;
    plan
}

fn channels(r: &mut Random) -> Vec<Channel> {
    let all = [
        Channel { name: "wecom", kind: Kind::Bot },
        Channel { name: "dingtalk", kind: Kind::Robot },
        Channel { name: "wecom_app", kind: Kind::App },
        Channel { name: "wecom:ops", kind: Kind::Bot },
        Channel { name: "dingtalk:duty", kind: Kind::Robot },
    ];
    let most = r.pick(&[1, 2, 2, 3, 3, 4, 5]);
    let mut chosen: Vec<Channel> = Vec::new();
    // The first one is a default robot, so that a world without routes has a channel.
    chosen.push(all[r.range(0, 1) as usize].clone());
    while chosen.len() < most {
        let other = r.pick(&[0, 1, 2, 3, 4]);
        if !chosen.iter().any(|channel| channel.name == all[other].name) {
            chosen.push(all[other].clone());
        }
    }
    chosen
}

fn settings(r: &mut Random, channels: usize, troubled_s: u32) -> Settings {
    let some_channels = |r: &mut Random| {
        let mut list: Vec<usize> = (0..channels).filter(|_| r.percent(55)).collect();
        if list.is_empty() {
            list.push(r.range(0, channels as u32 - 1) as usize);
        }
        list
    };
    let mut set = Settings::default();
    if r.percent(60) {
        let mut routes: [Vec<usize>; 4] = std::array::from_fn(|_| some_channels(r));
        if r.percent(20) {
            routes[r.range(0, 1) as usize].clear();
        }
        set.routes = Some(routes);
    }
    if r.percent(40) {
        set.repeat = Some(std::array::from_fn(|_| match r.range(0, 9) {
            0 => Repeat::Always,
            1..=3 => Repeat::Change,
            _ => Repeat::Seconds(r.pick(&[300, 900, 3_600, 14_400])),
        }));
    }
    if r.percent(50) {
        set.flapping =
            Some((!r.percent(60)).then(|| {
                (r.range(3, 6), r.pick(&[600, 1_800, 3_600]), r.pick(&[600, 1_800, 3_600]))
            }));
    }
    if r.percent(20) {
        let (from, length) = (r.range(0, 95) * 15, r.range(1, 40) * 15);
        set.quiet = Some(Quiet { from, length, levels: r.range(1, 15) });
    }
    if r.percent(10) {
        set.mute = Some(r.range(0, troubled_s));
    }
    if r.percent(20) {
        let mut steps = vec![(r.pick(&[300, 900, 3_600]), Added::Mention("user:lead"))];
        if r.percent(60) {
            let channel = r.range(0, channels as u32 - 1) as usize;
            steps.push((r.pick(&[600, 1_800]), Added::Channel(channel)));
        }
        set.escalate = Some(steps);
    }
    if r.percent(30) {
        set.fallback = Some(some_channels(r));
    }
    if r.percent(25) {
        set.mentions = Some(match r.range(0, 9) {
            0 => "user:ghost",
            1..=3 => "all",
            4..=6 => "urgent=user:zhang,mobile:13800000000",
            _ => "user:zhang",
        });
    }
    if r.percent(30) {
        set.action = Some(r.percent(60));
    }
    if r.percent(30) {
        set.wait = Some(r.pick(&[1, 2, 5, 30]));
    }
    if r.percent(30) {
        set.token_cache = Some(r.percent(40));
    }
    set.place = r.pick(&[Place::Org, Place::Org, Place::Attributes, Place::Params]);
    set
}

/// Conditions come and go, change their level, and now and then flap.
fn truth(r: &mut Random, plan: &Plan, troubled_s: u32, steps: &mut Vec<Step>) {
    for (device, view) in plan.devices.iter().enumerate() {
        for alarm in 0..view.alarms {
            let base = r.range(0, 3) as usize;
            let mut times: Vec<At> = (0..r.range(1, 6)).map(|_| r.range(0, troubled_s)).collect();
            if r.percent(15) {
                let from = r.range(0, troubled_s);
                times.extend((1..r.range(4, 9)).map(|n| (from + n * 90).min(troubled_s)));
            }
            times.sort_unstable();
            let mut holds = None;
            for at in times {
                holds = match holds {
                    Some(level) if r.percent(60) => {
                        let _: Level = level;
                        None
                    }
                    _ if r.percent(70) => Some(base),
                    _ => Some(r.range(0, 3) as usize),
                };
                steps.push(Step { at, act: Act::Truth { device, alarm, level: holds } });
            }
        }
    }
}

/// Uplinks with gaps and duplicates, and ticks.
fn calls(r: &mut Random, plan: &Plan, from: At, to: At, cadence: u32, steps: &mut Vec<Step>) {
    for (device, view) in plan.devices.iter().enumerate() {
        let gaps = from == 0 && r.percent(30);
        let ticks = view.on_change || r.percent(30);
        let mut at = from + r.range(1, cadence.min(60));
        while at <= to {
            let late = at + r.range(0, 9);
            if !(gaps && r.percent(30)) {
                let twice = from == 0 && r.percent(4);
                steps.push(Step { at: late, act: Act::Uplink { device, twice } });
            }
            if ticks {
                steps.push(Step { at: late + cadence.min(60) / 2, act: Act::Tick { device } });
            }
            at += cadence;
        }
    }
}

/// Windows of trouble with each service, which end before the calm time; some never end.
fn troubles(r: &mut Random, plan: &Plan, troubled_s: u32, steps: &mut Vec<Step>) {
    for (channel, view) in plan.channels.iter().enumerate() {
        if r.percent(12) {
            let trouble = Some(r.pick(&TROUBLES));
            let at = if r.percent(60) { 0 } else { r.range(0, troubled_s) };
            steps.push(Step { at, act: Act::Trouble { channel, trouble } });
            continue;
        }
        let mut at = 0;
        while r.percent(45) && at < troubled_s {
            let from = r.range(at, troubled_s);
            at = r.range(from, troubled_s);
            let trouble = Some(r.pick(&TROUBLES));
            steps.push(Step { at: from, act: Act::Trouble { channel, trouble } });
            steps.push(Step { at, act: Act::Trouble { channel, trouble: None } });
        }
        if view.kind != Kind::App && r.percent(20) {
            // Just before a call, when it matters.
            let calls: Vec<At> = steps
                .iter()
                .filter(|step| matches!(step.act, Act::Uplink { .. }) && step.at > 0)
                .map(|step| step.at - 1)
                .collect();
            if !calls.is_empty() {
                steps.push(Step { at: r.pick(&calls), act: Act::Crowd { channel } });
            }
        }
        if view.kind == Kind::App && r.percent(40) {
            steps.push(Step { at: r.range(0, troubled_s), act: Act::Revoke { channel } });
        }
    }
}

/// What goes wrong with the server. How far its clock is off in the end, and whether writes never last.
fn upsets(r: &mut Random, plan: &Plan, troubled_s: u32, steps: &mut Vec<Step>) -> (i32, bool) {
    let mut offset = 0;
    let mut blind = false;
    match r.range(0, 19) {
        0 => {
            blind = true;
            steps.push(Step { at: 0, act: Act::WritesFail(true) });
        }
        1 => {
            let from = r.range(0, troubled_s);
            steps.push(Step { at: from, act: Act::WritesFail(true) });
            let to = r.range(from, troubled_s);
            steps.push(Step { at: to, act: Act::WritesFail(false) });
        }
        2 | 3 => {
            for _ in 0..r.range(1, 3) {
                steps.push(Step { at: r.range(0, troubled_s), act: Act::LoseWrite });
            }
        }
        4 | 5 => {
            for _ in 0..r.range(1, 2) {
                // Mostly just after a call, when there is something to lose.
                let at = match steps.iter().rfind(|step| matches!(step.act, Act::Uplink { .. })) {
                    Some(step) if r.percent(50) => step.at + 2,
                    _ => r.range(0, troubled_s),
                };
                steps.push(Step { at: at.min(troubled_s), act: Act::Restart });
            }
        }
        6 | 7 => {
            let jump = r.pick(&[-7_200, -1_200, -300, 300, 1_200, 7_200]);
            let from = r.range(0, troubled_s);
            steps.push(Step { at: from, act: Act::Clock(jump) });
            offset = jump;
            if r.percent(70) {
                let to = r.range(from, troubled_s);
                steps.push(Step { at: to, act: Act::Clock(-jump) });
                offset = 0;
            }
        }
        _ => {}
    }
    if r.percent(10) {
        let device = r.range(0, plan.devices.len() as u32 - 1) as usize;
        steps.push(Step { at: r.range(0, troubled_s), act: Act::Ack { device, on: true } });
    }
    (offset, blind)
}

/// The first moment from `at` on with so many seconds outside the quiet window behind it.
fn quiet_free(plan: &Plan, at: At, seconds: u32, offset: i32) -> At {
    let Some(Quiet { from, length, .. }) = plan.settings.quiet else { return at };
    let day = 86_400;
    let start = (START_MINUTE * 60 + 2 * day).saturating_add_signed(offset);
    let since = (start + at + day - from * 60) % day;
    let busy = length * 60;
    if since >= busy && since + 2 * seconds < day {
        at
    } else {
        at + (day - since + busy) % day + 60
    }
}
