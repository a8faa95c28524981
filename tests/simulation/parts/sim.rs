//! Runs a world: virtual time, the platform that calls the core and runs its actions, and what that does.
//! It judges nothing but shapes and sizes; what groups read is told to the observer.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::boundary::{self, Attributes, Call, Message, Records, clock};
use super::observer::{Observer, Violation, violation};
use super::plan::{Act, LEVELS, Level, Plan, Record, Step, Trouble, alarm_name};
use super::random::Random;
use super::services::{Reply, Service, addressee};

/// What a restart takes with it: attributes are saved so often.
const UNSAVED_MS: u64 = 5_000;
/// Attributes that are no alarm's state: an acknowledgement, a token.
const OTHER_ATTRIBUTES: usize = 2;
/// A run asks for answers so often at most; more is endless.
const ROUNDS: usize = 60;
/// Every so many calls the core runs twice, to see that it answers alike.
const TWICE_EVERY: usize = 8;

/// What a world came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub calls: usize,
    pub messages: usize,
    pub most_of_a_call: usize,
    pub most_of_a_minute: usize,
}

/// Runs all steps of a plan.
pub fn run(plan: &Plan) -> Result<Tally, Violation> {
    let mut sim = Sim::new(plan, false);
    sim.live(&plan.steps)?;
    Ok(sim.tally())
}

/// The same as a story, and how it ended.
pub fn tell(plan: &Plan) -> (String, Option<Violation>) {
    let mut sim = Sim::new(plan, true);
    let end = sim.live(&plan.steps).err();
    sim.flush_silent();
    (sim.story.unwrap_or_default(), end)
}

#[derive(Clone)]
struct Device {
    attributes: Attributes,
    /// As they were before each change of the last seconds.
    unsaved: Vec<(u64, Attributes)>,
    records: Records,
    /// What the callers said last of each alarm.
    called: Vec<Option<Level>>,
}

/// The actions of one call that are still to be run.
#[derive(Clone)]
struct Actions {
    call: usize,
    device: usize,
    /// When the next one runs.
    at: u64,
    /// Whether one of them waited.
    waited: bool,
    left: VecDeque<Value>,
}

#[derive(Clone)]
pub struct Sim<'p> {
    plan: &'p Plan,
    now: u64,
    devices: Vec<Device>,
    services: Vec<Service>,
    pending: Vec<Actions>,
    lose_next: bool,
    observer: Observer<'p>,
    latency: Random,
    story: Option<String>,
    silent: usize,
}

impl<'p> Sim<'p> {
    pub fn new(plan: &'p Plan, story: bool) -> Sim<'p> {
        let devices = plan.devices.iter().map(|device| Device {
            attributes: Attributes::new(),
            unsaved: Vec::new(),
            records: Records::new(),
            called: vec![None; device.alarms],
        });
        Sim {
            plan,
            now: 0,
            devices: devices.collect(),
            services: plan.channels.iter().map(|_| Service::new()).collect(),
            pending: Vec::new(),
            lose_next: false,
            observer: Observer::new(plan),
            latency: Random::new(plan.seed),
            story: story.then(String::new),
            silent: 0,
        }
    }

    pub fn tally(&self) -> Tally {
        Tally {
            calls: self.observer.calls.len(),
            messages: self.observer.messages,
            most_of_a_call: self.observer.most_of_a_call,
            most_of_a_minute: self.observer.most_of_a_minute,
        }
    }

    /// All that makes a difference for what may come; moments that only services count are left out.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        for (device, view) in self.devices.iter().zip(&self.observer.alarms) {
            device.attributes.hash(&mut hash);
            device.records.hash(&mut hash);
            device.called.hash(&mut hash);
            view.hash(&mut hash);
        }
        for actions in &self.pending {
            (actions.at, actions.left.len()).hash(&mut hash);
        }
        self.observer.readers.hash(&mut hash);
        self.observer.channels.hash(&mut hash);
        (self.now, self.lose_next, self.observer.writes_fail).hash(&mut hash);
        hash.finish()
    }

    fn live(&mut self, steps: &[Step]) -> Result<(), Violation> {
        for step in steps {
            self.step(step)?;
        }
        self.end()
    }

    /// Lets what is pending run out, and asks a last time.
    pub fn end(&mut self) -> Result<(), Violation> {
        let now = self.now;
        self.drain(u64::MAX)?;
        (0..self.devices.len()).try_for_each(|device| self.observer.check(now, device))
    }

    pub fn step(&mut self, step: &Step) -> Result<(), Violation> {
        let at = u64::from(step.at) * 1_000;
        self.drain(at)?;
        self.now = self.now.max(at);
        match step.act {
            Act::Truth { device, alarm, level } => {
                self.observer.truth(self.now, device, alarm, level);
                let level = level.map_or("over", |level| LEVELS[level]);
                self.say(&format!("truth: {} is {level}", alarm_name(device, alarm)));
            }
            Act::Uplink { device, twice } => {
                self.observer.check(self.now, device)?;
                self.uplink(device, twice)?;
            }
            Act::Tick { device } => {
                self.observer.check(self.now, device)?;
                self.call(device, None, Call::Tick)?;
            }
            Act::Trouble { channel, trouble } => {
                self.services[channel].trouble = trouble;
                let view = &mut self.observer.channels[channel];
                (view.troubled, view.changed_at) = (trouble.is_some(), self.now);
                let what = trouble.map_or("is well".into(), |trouble| format!("{trouble:?}"));
                self.say(&format!("service: {} {what}", self.plan.channels[channel].name));
            }
            Act::Revoke { channel } => {
                self.services[channel].revoke();
                self.observer.channels[channel].changed_at = self.now;
                self.say("service: tokens are revoked");
            }
            Act::Crowd { channel } => {
                self.services[channel].crowd(self.now);
                let name = self.plan.channels[channel].name;
                self.say(&format!(
                    "service: {name} took as many messages of others as it takes a minute"
                ));
            }
            Act::WritesFail(fail) => {
                self.observer.writes_fail = fail;
                self.observer.upset_at = self.now;
                self.say(if fail {
                    "platform: writes fail from now on"
                } else {
                    "platform: writes work again"
                });
            }
            Act::LoseWrite => {
                self.lose_next = true;
                self.say("platform: the next write will be lost");
            }
            Act::Restart => self.restart(),
            Act::Clock(seconds) => {
                self.observer.offset_ms += i64::from(seconds) * 1_000;
                self.observer.clock_jumped(self.now);
                self.say(&format!("platform: the clock jumps by {seconds} s"));
            }
            Act::Ack { device, on } => {
                self.change(device, |attributes| boundary::acknowledge(attributes, on));
                self.say(&format!("d{}: acknowledged: {on}", device + 1));
            }
        }
        Ok(())
    }

    /// A line of the story at this moment.
    fn say(&mut self, line: &str) {
        if self.story.is_some() {
            self.flush_silent();
            let at = clock((self.now / 1_000) as u32);
            let _ = writeln!(self.story.as_mut().expect("a story"), "  {at:>9}  {line}");
        }
    }

    fn flush_silent(&mut self) {
        if let Some(story) = &mut self.story
            && self.silent > 0
        {
            let _ = writeln!(story, "             … {} calls without effect", self.silent);
            self.silent = 0;
        }
    }

    /// Changes attributes; what they were is kept until it would be saved.
    fn change(&mut self, device: usize, change: impl FnOnce(&mut Attributes)) {
        let now = self.now;
        let device = &mut self.devices[device];
        device.unsaved.retain(|(at, _)| at + UNSAVED_MS > now);
        device.unsaved.push((now, device.attributes.clone()));
        change(&mut device.attributes);
    }

    fn restart(&mut self) {
        self.say("platform: restarts");
        self.observer.upset_at = self.now;
        let now = self.now;
        for (d, device) in self.devices.iter_mut().enumerate() {
            device.unsaved.retain(|(at, _)| at + UNSAVED_MS > now);
            let Some((_, saved)) = device.unsaved.first() else { continue };
            let saved = saved.clone();
            for (name, value) in &device.attributes {
                if let Some(alarm) =
                    state_of(d, self.plan, name).filter(|_| saved.get(name) != Some(value))
                {
                    self.observer.lost(now, d, alarm);
                }
            }
            device.attributes = saved;
            device.unsaved.clear();
        }
        // What waits is gone, the writes among it too.
        for actions in core::mem::take(&mut self.pending) {
            for action in &actions.left {
                for alarm in states_of(actions.device, self.plan, action) {
                    self.observer.lost(now, actions.device, alarm);
                }
            }
            self.observer.calls[actions.call].settled = now;
        }
    }

    fn uplink(&mut self, device: usize, twice: bool) -> Result<(), Violation> {
        for _ in 0..=usize::from(twice) {
            // Both of an uplink that comes twice see what was there before.
            let before = self.now;
            for alarm in 0..self.plan.devices[device].alarms {
                let level = self.observer.alarms[device][alarm].truth;
                let last = self.devices[device].called[alarm];
                if self.plan.devices[device].on_change && level == last && !twice {
                    continue;
                }
                self.devices[device].called[alarm] = level;
                let call = match level {
                    Some(level) => Call::New(level),
                    None => Call::Clear(last.unwrap_or(2)),
                };
                self.recorded_call(device, alarm, call)?;
            }
            self.now = self.now.max(before);
        }
        Ok(())
    }

    /// A call, with the platform's own record of the alarm before, after or beside it.
    fn recorded_call(&mut self, device: usize, alarm: usize, call: Call) -> Result<(), Violation> {
        let name = alarm_name(device, alarm);
        let first = match self.plan.platform.record {
            None => return self.call(device, Some(alarm), call),
            Some(Record::Before) => true,
            Some(Record::After) => false,
            Some(Record::Beside) => self.latency.percent(50),
        };
        let update = |records: &mut Records| match call {
            Call::New(level) => {
                records.insert(name.clone(), (level, boundary::title(&name)));
            }
            _ => {
                records.remove(&name);
            }
        };
        if first {
            update(&mut self.devices[device].records);
        }
        self.call(device, Some(alarm), call)?;
        if !first {
            update(&mut self.devices[device].records);
        }
        Ok(())
    }

    /// One call: the core runs over the snapshot until it asks for nothing more; its actions are queued.
    fn call(&mut self, device: usize, alarm: Option<usize>, call: Call) -> Result<(), Violation> {
        let name = alarm.map_or(String::new(), |alarm| alarm_name(device, alarm));
        let snapshot = &self.devices[device].attributes;
        let records = self.plan.platform.record.map(|_| &self.devices[device].records);
        let has_state =
            snapshot.keys().any(|k| state_of(device, self.plan, k) == alarm && alarm.is_some());
        let remembered = has_state || records.is_some_and(|records| records.contains_key(&name));
        let nothing = boundary::nothing_to_do(call, &name, snapshot, records);
        let server_ms = self.observer.server_ms(self.now);
        let text = boundary::input(self.plan, server_ms, device, call, &name, snapshot, records);
        let id = self.observer.call(
            self.now,
            device,
            alarm.unwrap_or(0),
            call,
            remembered,
            has_state,
        )?;
        if nothing {
            self.silent += 1;
            return Ok(());
        }
        let what = match call {
            Call::New(level) => format!("new {name} {}", LEVELS[level]),
            Call::Clear(_) => format!("clear {name}"),
            Call::Tick => format!("tick d{}", device + 1),
        };
        self.replay(text, device, id, &what)
    }

    fn replay(
        &mut self,
        mut text: String,
        device: usize,
        id: usize,
        what: &str,
    ) -> Result<(), Violation> {
        let start = self.now;
        let mut asked = 0;
        let mut told = false;
        for _ in 0..ROUNDS {
            let json = boundary::run(&text);
            if (id + asked).is_multiple_of(TWICE_EVERY) && json != boundary::run(&text) {
                return violation("same", "the same input gave another outcome");
            }
            let outcome: Value = match serde_json::from_str(&json) {
                Ok(outcome) => outcome,
                Err(fault) => {
                    return violation("shape", format!("an outcome that is no JSON: {fault}"));
                }
            };
            if let Some(fault) = boundary::shape_fault(&outcome, device) {
                return violation("shape", fault);
            }
            let calls = outcome["calls"].as_array().map_or(&[][..], Vec::as_slice);
            let acts = !calls.is_empty() || outcome["actions"] != Value::Array(Vec::new());
            if acts && !told {
                self.say(what);
                told = true;
            }
            if calls.is_empty() {
                if let Some(error) = outcome["error"].as_str().or(outcome["throw"].as_str()) {
                    self.say(&format!("    log: {error}"));
                }
                self.silent += usize::from(!told);
                let left: VecDeque<Value> =
                    outcome["actions"].as_array().cloned().unwrap_or_default().into();
                let writes = left.iter().any(|action| action["type"] == "modifyAttrs");
                self.observer.calls[id].settled = if writes { u64::MAX } else { self.now };
                let at = self.now + sleep_of(left.front());
                let waited = sleep_of(left.front()) > 0;
                let mut actions = Actions { call: id, device, at, waited, left };
                if self.plan.platform.in_turn {
                    // The next call starts when this one's actions ran, but for those that wait.
                    while !actions.left.is_empty() && !actions.waited {
                        self.next_action(&mut actions)?;
                        self.now = actions.at - sleep_of(actions.left.front());
                    }
                } else {
                    self.now = start;
                }
                if !actions.left.is_empty() {
                    self.pending.push(actions);
                }
                return Ok(());
            }
            // All requests of a round go out together.
            let sent = self.now;
            let mut last = sent;
            for request in calls {
                asked += 1;
                let reply = self.send(request, sent, id, asked, false)?;
                let server_ms = self.observer.server_ms(sent + reply.took_ms);
                boundary::append_answer(&mut text, server_ms, &reply.entries);
                last = last.max(sent + reply.took_ms);
            }
            self.now = last;
        }
        violation("endless", format!("{ROUNDS} rounds of requests in one call"))
    }

    /// Sends a request; who reads the message is told to the observer.
    fn send(
        &mut self,
        request: &Value,
        at: u64,
        call: usize,
        asked: usize,
        waited: bool,
    ) -> Result<Reply, Violation> {
        let Some(channel) = addressee(&self.plan.channels, request) else {
            return violation("shape", format!("a request to nobody: {request}"));
        };
        let alarms = self.plan.devices[self.observer.calls[call].device].alarms;
        let took = u64::from(self.latency.range(40, 400));
        let service = &mut self.services[channel];
        let of_minute = service.count(at);
        let reply = service.answer(self.plan.channels[channel].kind, request, at, took);
        self.observer.channels[channel].throttled_at = service.throttled_at;
        self.observer.requests(asked, alarms, of_minute)?;
        let message = match request["method"] == "GET" {
            true => None,
            false => boundary::read_message(&request["data"])
                .or_else(|fault| violation("shape", fault))?,
        };
        self.tell(channel, &message, &reply, waited);
        if let Some(message) = message {
            if reply.taken {
                self.observer.reads(at, channel, call, message, waited)?;
            }
            // Where the platform sends, nobody learns what became of it.
            if reply.unsure || !reply.taken && !self.plan.reads_answers() {
                self.observer.unsure(channel, message, reply.taken);
            }
        }
        Ok(reply)
    }

    fn tell(&mut self, channel: usize, message: &Option<Message>, reply: &Reply, waited: bool) {
        if self.story.is_none() {
            return;
        }
        let name = self.plan.channels[channel].name;
        let what = message.map_or("token or ring".into(), |m| {
            format!("{:?} {} ({:?})", m.event, alarm_name(m.about.0, m.about.1), m.word)
        });
        let code =
            reply.entries.iter().find(|(key, _)| matches!(*key, "herror" | "jerrcode" | "hbody"));
        let end = match (reply.taken, reply.unsure, message) {
            (true, true, _) => "taken, but no answer".into(),
            (true, false, _) => "read".into(),
            (_, _, None) if !reply.failed => "answered".into(),
            _ => format!("not read: {}", code.map_or("", |(_, value)| value)),
        };
        let late = if waited { " (after a wait)" } else { "" };
        self.say(&format!("    {name}: {what}{late}: {end}"));
    }

    /// Runs every action that is due until then.
    fn drain(&mut self, until: u64) -> Result<(), Violation> {
        loop {
            let next = (0..self.pending.len()).min_by_key(|i| self.pending[*i].at);
            let Some(next) = next.filter(|i| self.pending[*i].at <= until) else { return Ok(()) };
            let mut actions = self.pending.swap_remove(next);
            self.next_action(&mut actions)?;
            if !actions.left.is_empty() {
                self.pending.push(actions);
            }
        }
    }

    /// Runs a list's next action at its time, and moves the list's time on.
    fn next_action(&mut self, actions: &mut Actions) -> Result<(), Violation> {
        let now = core::mem::replace(&mut self.now, actions.at);
        let took = self.action(actions)?;
        self.now = now;
        let sleep = sleep_of(actions.left.front());
        actions.waited |= sleep > 0;
        actions.at += took + sleep;
        Ok(())
    }

    /// Runs the next action of a list; what it took.
    fn action(&mut self, actions: &mut Actions) -> Result<u64, Violation> {
        let Some(action) = actions.left.pop_front() else { return Ok(0) };
        let (device, call) = (actions.device, actions.call);
        if action["type"] == "axios" {
            let reply = self.send(&action["dnMsg"], self.now, call, 1, actions.waited)?;
            let goes_on = !reply.failed || !self.plan.platform.stops;
            if goes_on {
                if let Ok(Some(message)) = boundary::read_message(&action["dnMsg"]["data"])
                    && let Some(channel) = addressee(&self.plan.channels, &action["dnMsg"])
                {
                    self.observer.believed(self.now, channel, message);
                }
            } else {
                self.stop(actions, "the action failed: those behind it are dropped");
            }
            return Ok(reply.took_ms);
        }
        let set = action["dnMsg"]["server_attrs"].as_object().cloned().unwrap_or_default();
        let alarms = states_of(device, self.plan, &action);
        let names: Vec<&str> = set.keys().map(String::as_str).collect();
        let what = names.join(", ");
        for (name, value) in &set {
            let length = value.as_str().map_or(0, str::len);
            if boundary::is_state(name) && length > boundary::STATE_LIMIT {
                return violation("size", format!("{name} holds {length} bytes: {value}"));
            }
        }
        if self.observer.writes_fail {
            alarms.iter().for_each(|alarm| self.observer.lost(self.now, device, *alarm));
            self.say(&format!("    write of {what}: failed"));
            if self.plan.platform.stops {
                // What stood behind it is lost as well.
                for alarm in actions.left.iter().flat_map(|a| states_of(device, self.plan, a)) {
                    self.observer.lost(self.now, device, alarm);
                }
                self.stop(actions, "the write failed: what stood behind it is dropped");
            }
            self.observer.calls[call].settled = self.now;
            return Ok(1);
        }
        if core::mem::take(&mut self.lose_next) {
            alarms.iter().for_each(|alarm| self.observer.lost(self.now, device, *alarm));
            self.say(&format!("    write of {what}: lost"));
        } else {
            self.change(device, |attributes| {
                for (name, value) in set.iter() {
                    attributes.insert(name.clone(), value.as_str().unwrap_or("").into());
                }
            });
            alarms.iter().for_each(|alarm| self.observer.wrote(self.now, call, device, *alarm));
            if self.story.is_some() {
                let texts: Vec<String> = set
                    .iter()
                    .map(|(name, value)| format!("{name} = {}", value.as_str().unwrap_or("")))
                    .collect();
                self.say(&format!("    stored: {}", texts.join(", ")));
            }
        }
        let most = self.plan.devices[device].alarms + OTHER_ATTRIBUTES;
        if self.devices[device].attributes.len() > most {
            let names: Vec<&String> = self.devices[device].attributes.keys().collect();
            return violation("size", format!("more than {most} attributes: {names:?}"));
        }
        if !actions.left.iter().any(|action| action["type"] == "modifyAttrs") {
            self.observer.calls[call].settled = self.now;
        }
        Ok(1)
    }

    fn stop(&mut self, actions: &mut Actions, why: &str) {
        if !actions.left.is_empty() {
            self.say(&format!("    {why}"));
        }
        self.observer.calls[actions.call].settled = self.now;
        actions.left.clear();
    }
}

fn sleep_of(action: Option<&Value>) -> u64 {
    action.and_then(|action| action["sleepTimeMs"].as_u64()).unwrap_or(0)
}

/// The alarm of the device whose state an attribute keeps.
fn state_of(device: usize, plan: &Plan, attribute: &str) -> Option<usize> {
    let alarm = boundary::alarm_of(attribute)?;
    (0..plan.devices[device].alarms).find(|a| alarm_name(device, *a) == alarm)
}

fn states_of(device: usize, plan: &Plan, action: &Value) -> Vec<usize> {
    let set = action["dnMsg"]["server_attrs"].as_object();
    set.into_iter().flatten().filter_map(|(name, _)| state_of(device, plan, name)).collect()
}

/// What can be wrong with a real service, for who draws it.
pub const TROUBLES: [Trouble; 6] = [
    Trouble::Refused,
    Trouble::Hangs,
    Trouble::HangsAfterTaking,
    Trouble::Html,
    Trouble::Failing,
    Trouble::Removed,
];
