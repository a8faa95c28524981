//! The observer: knows the truth, what callers told the core and what each group read, and judges.
//! Each rule has a name, its bound and its exemptions beside it.

use super::boundary::{Call, Event, Message, Word, clock};
use super::plan::{Kind, LEVELS, Level, Plan, Quiet, Repeat, START_MS};

/// The longest back-off (10 min) with its jitter (a quarter more): so long may a channel that failed be left alone.
pub const BACK_OFF_S: u64 = 750;
/// So long may one be left alone that was busy: ten minutes for a DingTalk robot, a quarter more, and 7.5 min for which what
/// can wait stands back.
const BLOCKED_S: u64 = 1_200;
/// A group must agree with the truth this many calls after all is calm, for each channel there is and once more:
/// without answers one dead channel in front costs a call, and a call that finds the back-off running costs one.
const CALLS_A_CHANNEL: usize = 4;
/// Where no state lasts, what comes first moves on with time only: chance must have found the good channel by then.
const BLIND_CALLS_A_CHANNEL: usize = 30;
/// Calls need not come to the second: a reminder may be so much early.
const REPEAT_SLACK_S: u64 = 60;
/// Requests of one call for one alarm to one channel: the message, once more after a lost answer or with a new
/// token, without refused details, a text that rings; a token to begin with, and that once more.
const REQUESTS_OF_A_CALL: usize = 6;
/// Requests to one channel within a minute, for each alarm there is: two uplinks at once and a tick, each with a
/// message, a repeat, a token and a text that rings.
const REQUESTS_A_MINUTE: usize = 12;
/// A call that ended less than this before another began may still have been under way: no run takes longer
/// (30 s of answers and the platform's own few requests).
const UNDER_WAY_S: u64 = 60;

/// How a world went wrong.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The rule's name.
    pub rule: &'static str,
    pub text: String,
}

pub fn violation<T>(rule: &'static str, text: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, text: text.into() })
}

/// One call, as the observer remembers it.
#[derive(Clone, Debug)]
pub struct CallLog {
    pub start: u64,
    /// The server's time in seconds, which the core was told.
    pub server_s: u64,
    pub device: usize,
    pub call: Call,
    /// What the core was told of each alarm of the device so far.
    pub knew: Vec<Option<Level>>,
    /// When its last write landed; `u64::MAX` while one is open.
    pub settled: u64,
}

/// An alarm of a device, as its callers told it.
#[derive(Clone, Debug, Default, Hash)]
pub struct AlarmView {
    pub truth: Option<Level>,
    truth_at: u64,
    pub seen: Option<Level>,
    seen_at: u64,
    /// When `seen` changed.
    changes: Vec<u64>,
    /// What was written last did not last, or was overwritten by a call that did not know it.
    forgot: bool,
    /// The call that wrote the state last, and when.
    written: Option<(usize, u64)>,
    /// When the first write of it landed.
    first_written: Option<u64>,
}

/// What a group was told of one alarm.
#[derive(Clone, Debug, Default, Hash)]
pub struct Reader {
    last: Option<Reading>,
    /// The word that it read last.
    read: Option<Word>,
    /// The same, or what was sent after it and not known to have failed: where nobody reads answers.
    believed: Option<Word>,
    /// When that was sent.
    believed_at: u64,
    /// It may have read more than anybody can know, or what was told is not remembered.
    unsure: bool,
    /// It read its last word, but who sent it got no answer: nobody can know that it heard.
    doubted: bool,
    /// What it read last was to be remembered by a write that did not last.
    forgotten: bool,
    /// Calls of a raise during which this channel was good and nobody good had been told.
    untold: usize,
}

#[derive(Clone, Debug, Hash)]
struct Reading {
    message: Message,
    call: usize,
    start: u64,
    server_s: u64,
}

/// What may go wrong with a channel, as the observer needs it.
#[derive(Clone, Debug, Default, Hash)]
pub struct ChannelView {
    pub troubled: bool,
    pub changed_at: u64,
    pub throttled_at: u64,
}

#[derive(Clone, Debug)]
pub struct Observer<'p> {
    plan: &'p Plan,
    pub calls: Vec<CallLog>,
    pub alarms: Vec<Vec<AlarmView>>,
    /// By device, alarm and channel.
    pub readers: Vec<Vec<Vec<Reader>>>,
    pub channels: Vec<ChannelView>,
    /// When calls of each device came.
    came: Vec<Vec<u64>>,
    pub writes_fail: bool,
    /// The last moment at which clock, server or writes were upset.
    pub upset_at: u64,
    pub offset_ms: i64,
    /// When the server's clock jumped last.
    jumped_at: Option<u64>,
    pub most_of_a_call: usize,
    pub most_of_a_minute: usize,
    pub messages: usize,
}

impl<'p> Observer<'p> {
    pub fn new(plan: &'p Plan) -> Observer<'p> {
        let readers = vec![Reader::default(); plan.channels.len()];
        let count = |device: &super::plan::Device| device.alarms;
        Observer {
            plan,
            calls: Vec::new(),
            alarms: plan.devices.iter().map(|d| vec![AlarmView::default(); count(d)]).collect(),
            readers: plan.devices.iter().map(|d| vec![readers.clone(); count(d)]).collect(),
            channels: vec![ChannelView::default(); plan.channels.len()],
            came: vec![Vec::new(); plan.devices.len()],
            writes_fail: false,
            upset_at: 0,
            offset_ms: 0,
            jumped_at: None,
            most_of_a_call: 0,
            most_of_a_minute: 0,
            messages: 0,
        }
    }

    pub fn truth(&mut self, now: u64, device: usize, alarm: usize, level: Option<Level>) {
        let view = &mut self.alarms[device][alarm];
        (view.truth, view.truth_at) = (level, now);
    }

    /// A call begins. `remembered`: the core is handed a state of the alarm, or the record of an active one.
    pub fn call(
        &mut self,
        now: u64,
        device: usize,
        alarm: usize,
        call: Call,
        remembered: bool,
        has_state: bool,
    ) -> Result<usize, Violation> {
        let told = match call {
            Call::New(level) => Some(Some(level)),
            Call::Clear(_) => Some(None),
            Call::Tick => None,
        };
        if let Some(level) = told {
            let view = &mut self.alarms[device][alarm];
            if view.seen != level {
                view.seen = level;
                view.seen_at = now;
                view.changes.push(now);
            }
            if level.is_none() && !remembered {
                // State was lost since the raise, and no record says that it is active: nobody can know that there
                // is something to end. (A clear of what was never raised is this, too.)
                for reader in &mut self.readers[device][alarm] {
                    reader.read = None;
                    reader.believed = None;
                    reader.unsure = true;
                }
            }
        }
        if self.came[device].last() != Some(&now) {
            self.came[device].push(now);
        }
        self.calls.push(CallLog {
            start: now,
            server_s: self.server_ms(now) / 1_000,
            device,
            call,
            knew: self.alarms[device].iter().map(|view| view.seen).collect(),
            settled: now,
        });
        if let Call::New(level) = call {
            self.untold(now, device, alarm, level, has_state)?;
        } else if call != Call::Tick {
            self.readers[device][alarm].iter_mut().for_each(|reader| reader.untold = 0);
        }
        Ok(self.calls.len() - 1)
    }

    pub fn server_ms(&self, now: u64) -> u64 {
        (START_MS + now).saturating_add_signed(self.offset_ms)
    }

    /// Whether a channel takes messages now, as far as it and the server's clock go.
    fn is_good(&self, channel: usize, now: u64) -> bool {
        let view = &self.channels[channel];
        let kind = self.plan.channels[channel].kind;
        let throttled =
            view.throttled_at > 0 && now < view.throttled_at + (BLOCKED_S + BACK_OFF_S) * 1_000;
        // A signature is refused when it is an hour off: the server's clock must be right.
        let clock_wrong = kind == Kind::Robot && self.offset_ms.abs() > 3_300_000;
        // A bot refuses whatever rings somebody who does not exist. Who reads the answer sends it once more without.
        let refuses = kind == Kind::Bot && self.plan.rings_nobody() && !self.plan.reads_answers();
        // Without axios no token can be had.
        let tokenless = kind == Kind::App && !self.plan.platform.axios;
        !(view.troubled || throttled || clock_wrong || refuses || tokenless)
    }

    /// Rule `untold`: whatever becomes of the attributes and of other channels, a raise reaches somebody.
    fn untold(
        &mut self,
        now: u64,
        device: usize,
        alarm: usize,
        level: Level,
        has_state: bool,
    ) -> Result<(), Violation> {
        let view = &self.alarms[device][alarm];
        let mut audience = self.plan.route(level);
        if self.plan.reads_answers() && !audience.is_empty() {
            // Without answers nobody knows that a channel refused, and that another should speak for it. Where the route
            // is `none`, there is nobody to speak for.
            audience.extend(self.plan.fallback());
        }
        let good: Vec<usize> = (0..self.channels.len())
            .filter(|c| audience.contains(c) && self.is_good(*c, now))
            .collect();
        let strict = self.plan.reads_answers();
        let readers = &mut self.readers[device][alarm];
        let told = good.iter().any(|c| matches!(readers[*c].word(strict), Some(Word::Holds(_))));
        let (_, window, calm) = self.plan.flapping().unwrap_or((0, 0, 0));
        let lately = view.changes.iter().rev();
        let restless = self.plan.flapping().is_some()
            && lately.take_while(|at| *at + u64::from(window + calm) * 1_000 > now).count() >= 3;
        let held =
            self.plan.settings.mute.is_some_and(|mute| now < u64::from(mute) * 1_000 + 3_600_000)
                || self.plan.settings.quiet.is_some();
        // A state that is not the last one written tells the core what is not so.
        let misled = view.forgot && has_state;
        for (channel, reader) in readers.iter_mut().enumerate() {
            if told || restless || held || misled || !good.contains(&channel) {
                reader.untold = 0;
                continue;
            }
            reader.untold += 1;
            if reader.untold > BLIND_CALLS_A_CHANNEL * (self.plan.channels.len() + 1) {
                let name = self.plan.channels[channel].name;
                return violation(
                    "untold",
                    format!(
                        "{}: d{}a{} holds at {} for {} calls, {name} was good all along, and nobody was told",
                        clock((now / 1_000) as u32),
                        device + 1,
                        alarm + 1,
                        LEVELS[level],
                        reader.untold,
                    ),
                );
            }
        }
        Ok(())
    }

    /// A write of an alarm's state landed.
    pub fn wrote(&mut self, now: u64, call: usize, device: usize, alarm: usize) {
        let start = self.calls[call].start;
        let view = &mut self.alarms[device][alarm];
        // Another call wrote since this one read: each overwrote what the other knew. And what a caller said and was
        // lost is not known again by a tick, which only knows the state.
        let crossed = view.written.is_some_and(|(other, at)| other != call && at >= start);
        view.forgot = crossed || (view.forgot && self.calls[call].call == Call::Tick);
        view.written = Some((call, now));
        view.first_written.get_or_insert(now);
        if view.forgot {
            self.readers[device][alarm].iter_mut().for_each(|reader| reader.unsure = true);
        }
    }

    /// A write of an alarm's state failed or was lost.
    pub fn lost(&mut self, now: u64, device: usize, alarm: usize) {
        self.alarms[device][alarm].forgot = true;
        for reader in &mut self.readers[device][alarm] {
            reader.unsure = true;
            let lately = |at: u64| at + UNDER_WAY_S * 1_000 >= now;
            reader.forgotten |= reader.last.as_ref().is_some_and(|last| lately(last.start));
            // Perhaps nobody read it, but who sent it believes so, and of that nothing is remembered either.
            let believed = reader.last.is_none() || lately(reader.believed_at);
            reader.forgotten |= reader.believed.is_some() && believed;
        }
    }

    /// Nobody can know whether a group read this message; whether it did.
    pub fn unsure(&mut self, channel: usize, message: Message, taken: bool) {
        let (device, alarm) = message.about;
        let reader = &mut self.readers[device][alarm][channel];
        reader.unsure = true;
        reader.doubted |= taken;
    }

    /// The clock jumped: times that are remembered mean something else now.
    pub fn clock_jumped(&mut self, now: u64) {
        self.upset_at = now;
        self.jumped_at = Some(now);
        for reader in self.readers.iter_mut().flatten().flatten() {
            reader.unsure = true;
            reader.untold = 0;
        }
    }

    /// A message was sent, and who sent it has no reason to think that it failed.
    pub fn believed(&mut self, now: u64, channel: usize, message: Message) {
        let (device, alarm) = message.about;
        let reader = &mut self.readers[device][alarm][channel];
        (reader.believed, reader.believed_at) = (Some(message.word), now);
    }

    /// A group reads a message. `waited`: it was handed to the platform to be sent after a while.
    pub fn reads(
        &mut self,
        now: u64,
        channel: usize,
        call: usize,
        message: Message,
        waited: bool,
    ) -> Result<(), Violation> {
        let (device, alarm) = message.about;
        self.messages += 1;
        let log = self.calls[call].clone();
        let view = &self.alarms[device][alarm];
        let reader = &self.readers[device][alarm][channel];
        let name = self.plan.channels[channel].name;
        let who = format!(
            "{}: {name} reads {:?} of d{}a{}",
            clock((now / 1_000) as u32),
            message.event,
            device + 1,
            alarm + 1
        );
        // Rule `false`: a message says what its call knew. A tick knows it from the state, which may be lost, or
        // not yet written by a call under way.
        let knew = log.knew[alarm].map_or(Word::Over, Word::Holds);
        let vague = log.call == Call::Tick
            && (view.forgot || reader.unsure || view.seen_at + UNDER_WAY_S * 1_000 > log.start);
        if message.word != knew && !vague {
            return violation(
                "false",
                format!("{who}: {:?}, though its call knew {knew:?}", message.word),
            );
        }
        // Nobody read answers, and the platform went on behind what was not taken.
        let strict = self.plan.reads_answers();
        let misled = !strict && reader.believed != reader.read;
        if let Some(last) = &reader.last {
            // Rule `older`: nothing older after something newer. Two calls under way at once cannot know of each
            // other; what was put off by design could.
            if waited && last.start > log.start && last.message.word != message.word {
                return violation(
                    "older",
                    format!(
                        "{who} ({:?}) of {}, after {:?} ({:?}) of {}",
                        message.word,
                        clock((log.start / 1_000) as u32),
                        last.message.event,
                        last.message.word,
                        clock((last.start / 1_000) as u32)
                    ),
                );
            }
            // Rule `twice`: the same is not said again inside the repeat time, unless nobody can know that it was
            // read, or the call that said it was still under way when this one began.
            let under_way = self.calls[last.call].settled >= log.start;
            // Who was promised quiet until it is stable may hear of a raise instead.
            let promised = last.message.event == Event::Unstable;
            let jumped = self.jumped_at.is_some_and(|at| at >= last.start);
            if let (Word::Holds(level), Event::Raised | Event::Reminder) =
                (message.word, message.event)
                && last.message.word == message.word
                && !reader.unsure
                && !misled
                && !under_way
                && !jumped
                && !promised
            {
                let passed = log.server_s.saturating_sub(last.server_s);
                let early = match self.plan.repeat(level) {
                    Repeat::Always => false,
                    Repeat::Seconds(seconds) => passed + REPEAT_SLACK_S < u64::from(seconds),
                    // A raise after an end that was held (quiet, muted) is news.
                    Repeat::Change => view.changes.last().is_none_or(|at| *at < last.start),
                };
                if early {
                    return violation(
                        "twice",
                        format!("{who} at {} again after {passed} s", LEVELS[level]),
                    );
                }
            }
            // Rule `unheard`: no end to who heard no raise (or heard the end already).
            if message.event == Event::Recovered
                && last.message.event == Event::Recovered
                && !reader.unsure
                && !misled
                && !under_way
            {
                return violation(
                    "unheard",
                    format!("{who}, and heard of no raise since the last end"),
                );
            }
        } else if message.event == Event::Recovered && !reader.unsure && !misled {
            return violation("unheard", format!("{who}, and never heard of a raise"));
        }
        let reader = &mut self.readers[device][alarm][channel];
        reader.last = Some(Reading { message, call, start: log.start, server_s: log.server_s });
        reader.read = Some(message.word);
        reader.believed = Some(message.word);
        reader.unsure = false;
        reader.doubted = false;
        reader.forgotten = false;
        Ok(())
    }

    /// Rules `silence` and `stale`: each living group that should know has a word that agrees with the truth, once
    /// its own channel, the alarm and the server were calm for long enough, whatever becomes of other channels.
    pub fn check(&self, now: u64, device: usize) -> Result<(), Violation> {
        // Without lasting states nobody knows who was told what: `untold` is what is left to ask.
        if self.writes_fail {
            return Ok(());
        }
        let channels = self.plan.channels.len() as u64;
        let (_, _, calm) = self.plan.flapping().unwrap_or_default();
        let settle = (u64::from(calm) + BACK_OFF_S * (channels + 1) + BLOCKED_S) * 1_000;
        let strict = self.plan.reads_answers();
        let mute = self.plan.settings.mute.map_or(0, |mute| {
            (u64::from(mute) * 1_000).saturating_add_signed(-self.offset_ms.min(0))
        });
        let calm_since = self.upset_at.max(mute).max(self.last_quiet(now));
        if now < calm_since + settle {
            return Ok(());
        }
        for (alarm, view) in self.alarms[device].iter().enumerate() {
            // What was written last did not last: the core believes what is not so, and nobody can tell it.
            if view.forgot || view.seen != view.truth {
                continue;
            }
            // Callers said it once, nobody read answers, and the push that came first failed and stopped the write
            // behind it: nothing is left of the call. Only who never had a state writes second, so time counts from then.
            let blind = !strict && self.plan.platform.stops && self.plan.devices[device].on_change;
            let known_since = if blind { view.first_written } else { Some(0) };
            let Some(known_since) = known_since else { continue };
            for (channel, reader) in self.readers[device][alarm].iter().enumerate() {
                let own = &self.channels[channel];
                let since = calm_since.max(view.seen_at).max(own.changed_at).max(known_since);
                let came = &self.came[device];
                let calls = came.len() - came.partition_point(|at| *at <= since);
                if !self.is_good(channel, now)
                    || now < since + settle
                    || calls < CALLS_A_CHANNEL * (channels as usize + 1)
                {
                    continue;
                }
                let word = reader.word(strict);
                // What it read last was recorded by a write that was lost: the core believes an older word, and where
                // that is what holds there is nothing to tell. A reminder, if there is one, sets it right.
                if reader.forgotten && word.is_some() {
                    continue;
                }
                // Who heard what nobody remembers, or without an answer, is not known to have heard.
                let known = !reader.forgotten && !reader.doubted;
                let heard = known && matches!(word, Some(Word::Holds(_)));
                let name = self.plan.channels[channel].name;
                let about = format!("d{}a{}", device + 1, alarm + 1);
                let at = clock((now / 1_000) as u32);
                match view.seen {
                    Some(level) if word == Some(Word::Holds(level)) => {}
                    Some(level) if heard || self.plan.route(level).contains(&channel) => {
                        let rule = if heard { "stale" } else { "silence" };
                        return violation(
                            rule,
                            format!(
                                "{at}: {about} holds at {} since {}, {name} is good since {}, and its last word is {word:?}",
                                LEVELS[level],
                                clock((view.seen_at / 1_000) as u32),
                                clock((since / 1_000) as u32)
                            ),
                        );
                    }
                    None if heard => {
                        return violation(
                            "stale",
                            format!(
                                "{at}: {about} is over since {}, {name} is good since {}, and its last word is {word:?}",
                                clock((view.seen_at / 1_000) as u32),
                                clock((since / 1_000) as u32)
                            ),
                        );
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The last moment of the last day at which some level was quiet.
    fn last_quiet(&self, now: u64) -> u64 {
        let Some(Quiet { from, length, .. }) = self.plan.settings.quiet else { return 0 };
        let minute = self.server_ms(now) / 60_000 % 1_440;
        let since = (minute + 1_440 - u64::from(from)) % 1_440;
        if since < u64::from(length) {
            return now;
        }
        now.saturating_sub((since - u64::from(length)) * 60_000)
    }

    /// Rule `requests`: so many of one call, and of one minute to one channel.
    pub fn requests(
        &mut self,
        of_call: usize,
        alarms: usize,
        of_minute: usize,
    ) -> Result<(), Violation> {
        self.most_of_a_call = self.most_of_a_call.max(of_call);
        self.most_of_a_minute = self.most_of_a_minute.max(of_minute);
        if of_call > REQUESTS_OF_A_CALL * alarms * self.plan.channels.len() {
            return violation("requests", format!("{of_call} requests of one call"));
        }
        let all: usize = self.plan.devices.iter().map(|device| device.alarms).sum();
        if of_minute > REQUESTS_A_MINUTE * all {
            return violation(
                "requests",
                format!("{of_minute} requests to one channel within a minute"),
            );
        }
        Ok(())
    }

    /// What a world must last after its last upset for `check` to ask: seconds and calls.
    pub fn settling(plan: &Plan) -> (u32, u32) {
        let channels = plan.channels.len() as u64 + 1;
        let (_, _, calm) = plan.flapping().unwrap_or_default();
        let seconds = u64::from(calm) + BACK_OFF_S * channels + BLOCKED_S;
        (seconds as u32, (CALLS_A_CHANNEL * channels as usize) as u32)
    }

    /// Calls after which `untold` asks.
    pub fn blind_calls(plan: &Plan) -> u32 {
        (BLIND_CALLS_A_CHANNEL * (plan.channels.len() + 1)) as u32 + 2
    }
}

impl Reader {
    fn word(&self, strict: bool) -> Option<Word> {
        if strict { self.read } else { self.believed }
    }
}
