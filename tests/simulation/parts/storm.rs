//! Fleet storms: many devices on the robots of one group raise within a minute and recover an hour later. The core and
//! the services' limits are the same as everywhere; here all devices share one time line, since what one sends is what
//! the next one finds taken. Beside the core, what the application notes' scripts would have done.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::boundary::{self, Attributes, Call, Event, Message, Word, credential};
use super::plan::{
    Channel, Kind, LEVELS, Level, Plan, Platform, Repeat, START_MS, Settings, alarm_name,
};
use super::random::Random;
use super::services::{Reply, Service, addressee};

/// All raise within so many seconds, and recover within as many.
const WITHIN_S: u32 = 60;
/// So long an alarm holds, in milliseconds.
const HOLDS_MS: u64 = 3_600_000;
/// Between two uplinks or two ticks of a device, in seconds.
const PERIOD_S: u32 = 300;
/// An uplink or tick comes up to so much late, in milliseconds.
const DRIFT_MS: u32 = 5_000;
const DAY_S: u32 = 86_400;
/// A number of robots is enough if it is in so many storms.
const SEEDS: u64 = 2;
/// How often it is looked whether a robot refuses, in milliseconds.
const LOOK_MS: u64 = 10_000;
/// A reminder may come so much before its time: a message that is under way takes a while.
const SLACK_MS: u64 = 5_000;

/// The moments after a raise or an end at which it is asked who has been told, in minutes.
pub const MOMENTS: [u64; 3] = [5, 15, 60];
/// Names of robots: one character each, since a channel in a route has room for 64 bytes, which is for so many of them.
const ROBOTS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub const ROBOTS_MAX: usize = 28;

/// Who calls, and when. Each device also reports when its alarm begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Each device reports every five minutes, each at its own time.
    Uplinks,
    /// Once a day.
    Daily,
    /// Once a day, and a tick every five minutes, each device at its own time.
    Ticks,
    /// The same, but the ticks of all devices within five seconds.
    TicksAtOnce,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The application notes' scripts: a message on each uplink while the alarm holds, and for WeCom one at its end;
    /// HTTP 200 is success, and nothing is tried again.
    Notes,
    /// `notify` with `notify_delivery = action`.
    Platform,
    /// `notify` with `notify_delivery = confirm`.
    Script,
}

#[derive(Clone, Copy, Debug)]
pub struct Storm {
    pub seed: u64,
    pub kind: Kind,
    pub devices: usize,
    /// The level of all alarms; `None`: of twenty one is urgent, three are high, eight mid and eight low.
    pub level: Option<Level>,
    pub callers: Callers,
    pub sender: Sender,
    /// The world ends so many hours after the last raise: the second hour is that of the ends.
    pub hours: u64,
    /// Robots of urgent and high, and those of mid and low; none of the latter: all share the former.
    pub robots: (usize, usize),
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Devices by level.
    pub devices: [usize; 4],
    /// How many of them were told of by each moment after the raise.
    pub raised: [[usize; MOMENTS.len()]; 4],
    /// Raises that were told, and how many of their ends by each moment.
    pub heard: usize,
    pub ended: [usize; MOMENTS.len()],
    pub messages: usize,
    /// Messages that said once more what the same readers had read, before a reminder was due.
    pub doubles: usize,
    pub refused: usize,
    /// How long a robot refused, on average, in seconds.
    pub blocked_s: u64,
}

struct Device {
    level: Level,
    raised_at: u64,
    ended_at: u64,
    attributes: Attributes,
    /// A call is under way; the next ones wait.
    busy: bool,
    waiting: VecDeque<Cause>,
    /// What its group read last, and when.
    read: Option<(u64, Message)>,
    raise_read: Option<u64>,
    end_read: Option<u64>,
    /// The notes: the platform's record of the alarm.
    recorded: bool,
}

#[derive(Clone, Copy)]
enum Cause {
    Uplink,
    Tick,
}

enum Step {
    Cause(usize, Cause),
    /// The core runs (again) over this text.
    Run(usize, String),
    Act(usize, VecDeque<Value>),
}

struct World<'s> {
    storm: &'s Storm,
    plan: Plan,
    robots: Vec<Channel>,
    services: Vec<Service>,
    devices: Vec<Device>,
    /// By time, and in the order in which they were put in.
    steps: BTreeMap<(u64, u64), Step>,
    count: u64,
    random: Random,
    report: Report,
}

impl Storm {
    fn end_ms(&self) -> u64 {
        self.hours * HOLDS_MS + 2 * u64::from(WITHIN_S) * 1_000
    }

    pub fn run(&self) -> Report {
        let mut world = World::new(self);
        let mut look_at = 0;
        let mut blocked = 0;
        while let Some(((now, _), step)) = world.steps.pop_first() {
            while look_at <= now {
                blocked += world.services.iter().filter(|s| s.refuses(look_at)).count();
                look_at += LOOK_MS;
            }
            match step {
                Step::Cause(device, cause) => world.cause(now, device, cause),
                Step::Run(device, text) => world.core(now, device, text),
                Step::Act(device, left) => world.act(now, device, left),
            }
        }
        world.report.blocked_s = blocked as u64 * LOOK_MS / 1_000 / world.services.len() as u64;
        world.report()
    }

    /// A channel as a route names it, for so many robots from this one on.
    fn channel(&self, from: usize, count: usize) -> Channel {
        let mut name = format!("{}:", if self.kind == Kind::Bot { "wecom" } else { "dingtalk" });
        for (at, robot) in ROBOTS.chars().skip(from).take(count).enumerate() {
            name.extend((at > 0).then_some('|'));
            name.push(robot);
        }
        // The plan's names are static: a few bytes a storm.
        Channel { name: name.leak(), kind: self.kind }
    }
}

impl<'s> World<'s> {
    fn new(storm: &'s Storm) -> World<'s> {
        let (first, second) = storm.robots;
        let mut channels = vec![storm.channel(0, first)];
        let mut routes: [Vec<usize>; 4] = Default::default();
        routes.fill(vec![0]);
        if second > 0 {
            channels.push(storm.channel(first, second));
            (routes[0], routes[1]) = (vec![1], vec![1]);
        }
        let action = Some(storm.sender == Sender::Platform);
        let settings = Settings { routes: Some(routes), action, ..Settings::default() };
        let robots: Vec<Channel> =
            (0..first + second).map(|robot| storm.channel(robot, 1)).collect();
        let mut world = World {
            storm,
            plan: Plan {
                seed: storm.seed,
                channels,
                settings,
                devices: Vec::new(),
                platform: Platform { axios: true, stops: true, in_turn: true, record: None },
                steps: Vec::new(),
            },
            services: robots.iter().map(|_| Service::new()).collect(),
            robots,
            devices: Vec::new(),
            steps: BTreeMap::new(),
            count: 0,
            random: Random::new(storm.seed),
            report: Report::default(),
        };
        for device in 0..storm.devices {
            world.add(device);
        }
        world
    }

    fn add(&mut self, device: usize) {
        let mut within = |seconds: u32| u64::from(self.random.range(0, seconds * 1_000 - 1));
        let level = self.storm.level.unwrap_or(match device % 20 {
            0 => 3,
            1..4 => 2,
            4..12 => 1,
            _ => 0,
        });
        let (raised_at, ended_at) = (within(WITHIN_S), HOLDS_MS + within(WITHIN_S));
        let (phase, phase_of_day) = (within(PERIOD_S), within(DAY_S));
        self.devices.push(Device {
            level,
            raised_at,
            ended_at,
            attributes: Attributes::new(),
            busy: false,
            waiting: VecDeque::new(),
            read: None,
            raise_read: None,
            end_read: None,
            recorded: false,
        });
        let callers = self.storm.callers;
        for at in [raised_at, ended_at] {
            self.put(at, Step::Cause(device, Cause::Uplink));
        }
        if callers != Callers::Uplinks {
            self.put(phase_of_day, Step::Cause(device, Cause::Uplink));
        }
        let cause = if callers == Callers::Uplinks { Cause::Uplink } else { Cause::Tick };
        let mut at = if callers == Callers::TicksAtOnce { 0 } else { phase };
        while callers != Callers::Daily && at < self.storm.end_ms() {
            let late = u64::from(self.random.range(0, DRIFT_MS));
            self.put(at + late, Step::Cause(device, cause));
            at += u64::from(PERIOD_S) * 1_000;
        }
    }

    fn put(&mut self, at: u64, step: Step) {
        self.count += 1;
        if at < self.storm.end_ms() {
            self.steps.insert((at, self.count), step);
        }
    }

    /// A call begins, if none of the device is under way.
    fn cause(&mut self, now: u64, device: usize, cause: Cause) {
        let own = &mut self.devices[device];
        if own.busy {
            own.waiting.push_back(cause);
            return;
        }
        let holds = (own.raised_at..own.ended_at).contains(&now);
        let call = match cause {
            Cause::Uplink if holds => Call::New(own.level),
            Cause::Uplink => Call::Clear(own.level),
            Cause::Tick => Call::Tick,
        };
        if self.storm.sender == Sender::Notes {
            self.notes(now, device, call);
            return;
        }
        let name = alarm_name(device, 0);
        if boundary::nothing_to_do(call, &name, &own.attributes, None) {
            return;
        }
        own.busy = true;
        let server_ms = START_MS + now;
        let text =
            boundary::input(&self.plan, server_ms, device, call, &name, &own.attributes, None);
        self.core(now, device, text);
    }

    /// What the notes' scripts do: one push, whatever becomes of it.
    fn notes(&mut self, now: u64, device: usize, call: Call) {
        let own = &mut self.devices[device];
        let was_recorded = own.recorded;
        own.recorded = matches!(call, Call::New(_)) || was_recorded && call == Call::Tick;
        let (event, word) = match call {
            Call::New(level) => (Event::Raised, Word::Holds(level)),
            // DingTalk's script knows no end: called then, it would alert once more.
            Call::Clear(_) if was_recorded && self.storm.kind == Kind::Bot => {
                (Event::Recovered, Word::Over)
            }
            _ => return,
        };
        let key = credential(self.robots[0].name);
        let url = match self.storm.kind {
            Kind::Bot => format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}"),
            _ => format!(
                "https://oapi.dingtalk.com/robot/send?access_token={key}&timestamp={}&sign=s",
                START_MS + now
            ),
        };
        let request = json!({ "method": "POST", "url": url, "timeout": 5_000 });
        let message = Message { about: (device, 0), event, word };
        self.send(now, &request, Some(message));
    }

    /// A run of the core: it asks for answers, or says what the platform does.
    fn core(&mut self, now: u64, device: usize, mut text: String) {
        let outcome: Value = serde_json::from_str(&boundary::run(&text)).expect("JSON");
        let calls = outcome["calls"].as_array().map_or(&[][..], Vec::as_slice);
        if calls.is_empty() {
            let actions = outcome["actions"].as_array().cloned().unwrap_or_default();
            self.act(now, device, actions.into());
            return;
        }
        let mut last = now;
        for request in calls {
            let message = boundary::read_message(&request["data"]).expect("a message");
            let reply = self.send(now, request, message);
            let at = now + reply.took_ms;
            boundary::append_answer(&mut text, START_MS + at, &reply.entries);
            last = last.max(at);
        }
        self.put(last, Step::Run(device, text));
    }

    /// The platform's next action of a call; behind the last one the device's next call begins.
    fn act(&mut self, now: u64, device: usize, mut left: VecDeque<Value>) {
        let Some(action) = left.pop_front() else {
            self.devices[device].busy = false;
            if let Some(cause) = self.devices[device].waiting.pop_front() {
                self.cause(now, device, cause);
            }
            return;
        };
        let mut took = 1;
        if action["type"] == "axios" {
            let request = &action["dnMsg"];
            let message = boundary::read_message(&request["data"]).expect("a message");
            // No service fails here, it only refuses: the platform goes on.
            took = self.send(now, request, message).took_ms;
        }
        for (name, value) in action["dnMsg"]["server_attrs"].as_object().into_iter().flatten() {
            let value = value.as_str().expect("a text").to_string();
            self.devices[device].attributes.insert(name.clone(), value);
        }
        self.put(now + took, Step::Act(device, left));
    }

    fn send(&mut self, now: u64, request: &Value, message: Option<Message>) -> Reply {
        let robot = addressee(&self.robots, request).expect("a robot");
        let took = u64::from(self.random.range(40, 400));
        let reply = self.services[robot].answer(self.storm.kind, request, now, took);
        match message.filter(|_| reply.taken) {
            Some(message) => self.reads(now, message),
            None => self.report.refused += 1,
        }
        reply
    }

    /// A group reads a message.
    fn reads(&mut self, now: u64, message: Message) {
        self.report.messages += 1;
        let own = &mut self.devices[message.about.0];
        if let Some((at, last)) = own.read.replace((now, message)) {
            let early = match (message.word, self.plan.repeat(own.level)) {
                (Word::Holds(_), Repeat::Seconds(seconds)) => {
                    now + SLACK_MS < at + u64::from(seconds) * 1_000
                }
                _ => true,
            };
            self.report.doubles += usize::from(early && last.word == message.word);
        }
        match message.word {
            Word::Holds(_) => own.raise_read = own.raise_read.or(Some(now)),
            Word::Over => own.end_read = own.end_read.or(Some(now)),
        }
    }

    fn report(mut self) -> Report {
        let report = &mut self.report;
        for own in &self.devices {
            let raised = own.raise_read.map(|at| at - own.raised_at);
            let ended = own.end_read.map(|at| at - own.ended_at).filter(|_| raised.is_some());
            let by = |passed: Option<u64>, minutes| passed.is_some_and(|ms| ms <= minutes * 60_000);
            report.devices[own.level] += 1;
            report.heard += usize::from(raised.is_some());
            for (at, minutes) in MOMENTS.into_iter().enumerate() {
                report.raised[own.level][at] += usize::from(by(raised, minutes));
                report.ended[at] += usize::from(by(ended, minutes));
            }
        }
        self.report
    }
}

/// Shares in percent, one a moment: `3 / 9 / 40`. What is not all is never shown as 100.
fn shares(parts: [usize; MOMENTS.len()], of: usize) -> String {
    let mut text = String::new();
    for part in parts {
        let separator = if text.is_empty() { "" } else { " / " };
        let share =
            (part * 100).checked_div(of).map_or("–".to_string(), |share| share.to_string());
        let _ = write!(text, "{separator}{share}");
    }
    text
}

/// Runs storms on all cores; their reports in the same order.
fn run_all(storms: &[Storm]) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(vec![Report::default(); storms.len()]);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((at, storm)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|at| Some((at, storms.get(at)?)))
                {
                    let report = storm.run();
                    reports.lock().expect("no panic")[at] = report;
                }
            });
        }
    });
    reports.into_inner().expect("no panic")
}

/// Everything, as Markdown.
pub fn tables(seed: u64) {
    for kind in [Kind::Bot, Kind::Robot] {
        println!("### {}\n", title(kind));
        fleets(seed, kind);
    }
    for kind in [Kind::Bot, Kind::Robot] {
        println!("### Robots: {}\n", title(kind));
        robots_needed(seed, kind);
    }
}

fn title(kind: Kind) -> &'static str {
    if kind == Kind::Bot { "WeCom" } else { "DingTalk" }
}

/// What became of fleets with these callers, senders and robots.
fn fleets(seed: u64, kind: Kind) {
    use Callers::*;
    use Sender::*;
    let apart = if kind == Kind::Bot {
        [(1, 0), (2, 4), (10, 18), (28, 28)]
    } else {
        [(1, 0), (2, 6), (14, 28), (28, 28)]
    };
    let mut storms = Vec::new();
    for (devices, apart) in [1, 100, 1_000, 3_000].into_iter().zip(apart) {
        let mut add = |callers, sender, robots| {
            storms.push(Storm {
                seed,
                kind,
                devices,
                level: None,
                callers,
                sender,
                hours: 2,
                robots,
            });
        };
        let many = devices > 1;
        for callers in [Uplinks, Daily, Ticks, TicksAtOnce] {
            if matches!(callers, Uplinks | Daily) {
                add(callers, Notes, (1, 0));
            }
            if callers == Uplinks {
                add(callers, Platform, (1, 0));
            }
            add(callers, Script, (1, 0));
            if callers == Uplinks && many {
                add(callers, Script, (3, 0));
            }
            if many {
                add(callers, Script, apart);
            }
        }
    }
    println!(
        "| devices | callers | sender | robots | urgent | high | mid | low | ends | messages | doubles | refused | busy, min |"
    );
    println!("|{}", "---|".repeat(13));
    for (storm, report) in storms.iter().zip(run_all(&storms)) {
        let callers = match storm.callers {
            Uplinks => "uplinks",
            Daily => "daily",
            Ticks => "daily, ticks",
            TicksAtOnce => "daily, ticks at once",
        };
        let sender = match storm.sender {
            Notes => "the notes' scripts",
            Platform => "`notify`, action",
            Script => "`notify`, confirm",
        };
        let robots = match storm.robots {
            (all, 0) => all.to_string(),
            (first, second) => format!("{first} + {second}"),
        };
        let mut text = format!("| {} | {callers} | {sender} | {robots} |", storm.devices);
        for level in (0..LEVELS.len()).rev() {
            let _ = write!(text, " {} |", shares(report.raised[level], report.devices[level]));
        }
        println!(
            "{text} {} | {} | {} | {} | {} |",
            shares(report.ended, report.heard),
            report.messages,
            report.doubles,
            report.refused,
            report.blocked_s / 60
        );
    }
    println!();
}

/// How many robots so many devices need, if these robots tell of nothing else.
fn robots_needed(seed: u64, kind: Kind) {
    let moments = MOMENTS.map(|minutes| format!("{minutes} min"));
    let head = |level: &str| moments.iter().map(|m| format!(" {level}, {m} |")).collect::<String>();
    println!("| devices |{}{}", head("urgent, high"), head("mid, low"));
    println!("|{}", "---|".repeat(1 + 2 * MOMENTS.len()));
    for devices in [20, 50, 100, 200, 500, 1_000] {
        let mut text = format!("| {devices} |");
        // High stands for urgent too, mid for low; so many of a hundred must be told in time.
        for (level, percent) in [(2, 99), (1, 95)] {
            let mut known: BTreeMap<usize, Vec<Report>> = BTreeMap::new();
            for moment in 0..MOMENTS.len() {
                // The fewest robots that tell nearly all in time, in all seeds.
                let mut is_enough = |robots: usize| {
                    let reports = known.entry(robots).or_insert_with(|| {
                        let storms = (seed..seed + SEEDS).map(|seed| Storm {
                            seed,
                            kind,
                            devices,
                            level: Some(level),
                            callers: Callers::Uplinks,
                            sender: Sender::Script,
                            hours: 1,
                            robots: (robots, 0),
                        });
                        run_all(&storms.collect::<Vec<_>>())
                    });
                    let in_time = |r: &Report| r.raised[level][moment] * 100 >= devices * percent;
                    reports.iter().all(in_time)
                };
                let (mut low, mut high) = (1, ROBOTS_MAX + 1);
                while low < high {
                    let middle = usize::midpoint(low, high);
                    if is_enough(middle) { high = middle } else { low = middle + 1 }
                }
                let _ = match low {
                    ..=ROBOTS_MAX => write!(text, " {low} |"),
                    _ => write!(text, " over {ROBOTS_MAX} |"),
                };
            }
        }
        println!("{text}");
    }
    println!();
}
