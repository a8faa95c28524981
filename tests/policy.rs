//! The policy as its users see it: timelines of one alarm, settings as typed, and properties over any
//! state and input. What a message looks like is tested elsewhere.

use proptest::prelude::*;
use tkl_notify::alarm::Level::{self, High, Low, Mid, Urgent};
use tkl_notify::policy::{
    Ack, CHANNELS_MAX, Call, Event, Heard, Hold, Item, LIMIT, Observed, POLICY, Repeat, Rules,
    Situation, State, UNSTABLE_REPEAT, Vain, channel_mark, due, observe, wait,
};
use tkl_notify::settings::{Fault, Kind, Reader, Texts};

/// Saturday 2026-11-21, 00:00 UTC, in seconds.
const SATURDAY: u32 = 1_795_219_200;
const NAME: &str = "overheat";

/// One alarm of one device, its settings and its stored text, call by call.
struct Line {
    settings: Vec<(&'static str, String)>,
    text: Option<&'static str>,
    /// What the platform's `alarms` map says, where the host has one.
    active: Option<bool>,
    writes: u32,
}

fn line(settings: &[(&'static str, &str)]) -> Line {
    let settings = settings.iter().map(|(name, text)| (*name, text.to_string())).collect();
    Line { settings, text: None, active: None, writes: 0 }
}

impl Line {
    fn set(&mut self, name: &'static str, text: &str) {
        self.settings.retain(|(other, _)| *other != name);
        self.settings.push((name, text.into()));
    }

    /// The alarm as a call sees it.
    #[track_caller]
    fn look<T>(
        &self,
        now: u32,
        call: Call,
        level: Level,
        view: impl FnOnce(Observed<'static>, &Rules) -> T,
    ) -> T {
        let texts: Texts =
            self.settings.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let mut reader = Reader::new(now, 0);
        let rules = Rules::read(&texts, &mut reader);
        assert_eq!(reader.faults, [], "the settings of a timeline are sound");
        let situation =
            Situation { call, name: NAME, level, now, listed: self.active, title: "Overheat" };
        let stored = self.text.and_then(|text| State::read(text, NAME));
        view(observe(&situation, &rules, stored), &rules)
    }

    /// What the channel is due at a moment, nothing stored yet.
    #[track_caller]
    fn decide(&self, now: u32, call: Call, level: Level) -> Seen {
        self.look(now, call, level, |mut alarm, rules| {
            let channel = channel_mark("wecom");
            if let Some((_, heard)) = alarm.state.told_all {
                alarm.adopt([channel].into_iter(), heard);
            }
            let heard = alarm.state.heard(channel);
            let due = due(&heard, &alarm, true, rules);
            let route = alarm.state.level.max(heard.told).unwrap_or(level);
            let held = due.and_then(|_| wait(&heard, &alarm, route, rules, 0));
            let event = due.filter(|_| held.is_none());
            let lasted = alarm.lasted();
            let dated = rules.ack.dated(now);
            let new_steps =
                event.map_or(0, |_| alarm.state.steps - heard.steps.min(alarm.state.steps));
            let state = alarm.state.clone();
            Seen { event, held, route, lasted, state, new_steps, heard, alarm, dated }
        })
    }

    /// The same at a minute of Saturday, delivered and stored.
    #[track_caller]
    fn run(&mut self, minute: i32, call: Call, level: Level) -> Seen {
        let seen = self.decide(SATURDAY.wrapping_add_signed(minute * 60), call, level);
        if let Some(text) = seen.text(true) {
            assert!(text.len() <= LIMIT);
            self.writes += 1;
            self.store(Some(text));
        }
        if let Some(dated) = &seen.dated {
            self.set("ntf_ack", dated);
        }
        seen
    }

    fn store(&mut self, text: Option<String>) {
        // Leaked, so that what is seen may outlive its line.
        self.text = text.map(|text| &*text.leak());
    }

    #[track_caller]
    fn raise(&mut self, minute: i32, level: Level) -> Option<Event> {
        self.run(minute, Call::New, level).event
    }

    #[track_caller]
    fn clear(&mut self, minute: i32) -> Option<Event> {
        self.run(minute, Call::Clear, Mid).event
    }

    #[track_caller]
    fn tick(&mut self, minute: i32) -> Option<Event> {
        self.run(minute, Call::Tick, Mid).event
    }
}

/// What one call is for the channel.
struct Seen {
    event: Option<Event>,
    held: Option<Hold>,
    /// The level by which quiet hours hold it: of what holds and what was told the higher one.
    route: Level,
    lasted: Option<u32>,
    /// Before this message.
    state: State<'static>,
    /// Escalation steps that the message is the first to tell of.
    new_steps: u32,
    heard: Heard,
    alarm: Observed<'static>,
    dated: Option<String>,
}

impl Seen {
    /// What is stored, if the channel took the message, or if it did not.
    fn text(&self, told: bool) -> Option<String> {
        let mut alarm = self.alarm.clone();
        match self.event {
            Some(_) if told => alarm.told(self.heard, false),
            Some(_) => alarm.untold(self.heard, MINUTE),
            None => {}
        }
        alarm.text(NAME)
    }

    fn level(&self) -> Option<Level> {
        self.state.level
    }

    fn worst(&self) -> Option<Level> {
        self.state.worst
    }

    /// What the channel was told before.
    fn from(&self) -> Option<Level> {
        self.heard.told
    }
}

/// An attempt in vain, to be made again after a minute.
const MINUTE: Vain = Vain { wait: 60, throttled: false, unsure: false, credential: 0 };

/// The same alarm as several channels hear it: by routes, escalation steps and stand-ins.
struct Hall {
    line: Line,
    /// Every channel that a setting names.
    known: Vec<&'static str>,
    /// Those of `notify_fallback`.
    stand_ins: Vec<&'static str>,
    down: Vec<&'static str>,
}

fn hall(known: &[&'static str], settings: &[(&'static str, &str)]) -> Hall {
    Hall { line: line(settings), known: known.to_vec(), stand_ins: Vec::new(), down: Vec::new() }
}

impl Hall {
    /// What the channels are told at a minute of Saturday.
    #[track_caller]
    fn run(&mut self, minute: i32, call: Call, level: Level) -> Vec<(&'static str, Event)> {
        let now = SATURDAY.wrapping_add_signed(minute * 60);
        let Hall { line, known, stand_ins, down } = self;
        let (told, text, dated) = line.look(now, call, level, |mut alarm, rules| {
            let listed = |level: Level, steps: u32| {
                let route = rules.routes.channels(level);
                let mut listed: Vec<&str> = route.map_or(known.clone(), Iterator::collect);
                for item in rules.escalation.items(0..steps) {
                    if let Item::Channel(channel) = item {
                        listed.push(channel);
                    }
                }
                listed
            };
            if let Some((level, heard)) = alarm.state.told_all {
                let channels = listed(level, alarm.state.steps);
                alarm.adopt(channels.into_iter().map(channel_mark), heard);
            }
            let is_listed = alarm.state.level.map(|level| listed(level, alarm.state.steps));
            let is_listed = |channel: &str| is_listed.iter().flatten().any(|name| *name == channel);
            let mut told = Vec::new();
            let mut missing = 0;
            let before = alarm.clone();
            let due_to = |channel: &str, listed| {
                let heard = before.state.heard(channel_mark(channel));
                let event = due(&heard, &before, listed, rules)?;
                let level = before.state.level.max(heard.told).unwrap_or(High);
                wait(&heard, &before, level, rules, 0).is_none().then_some((heard, event))
            };
            for channel in known.iter() {
                let Some((heard, event)) = due_to(channel, is_listed(channel)) else { continue };
                if down.contains(channel) {
                    alarm.untold(heard, MINUTE);
                    missing += 1;
                } else {
                    alarm.told(heard, false);
                    told.push((*channel, event));
                }
            }
            let free = |channel: &&&str| {
                due_to(channel, is_listed(channel)).is_none() && !down.contains(channel)
            };
            for channel in stand_ins.iter().filter(free).take(missing) {
                if let Some((heard, event)) = due_to(channel, true) {
                    alarm.told(heard, false);
                    told.push((*channel, event));
                }
            }
            (told, alarm.text(NAME), rules.ack.dated(now))
        });
        if let Some(text) = text {
            assert!(text.len() <= LIMIT);
            line.store(Some(text));
        }
        if let Some(dated) = dated {
            line.set("ntf_ack", &dated);
        }
        told
    }

    #[track_caller]
    fn raise(&mut self, minute: i32, level: Level) -> Vec<(&'static str, Event)> {
        self.run(minute, Call::New, level)
    }

    #[track_caller]
    fn clear(&mut self, minute: i32) -> Vec<(&'static str, Event)> {
        self.run(minute, Call::Clear, Mid)
    }

    fn state(&self) -> State<'static> {
        self.line.text.and_then(|text| State::read(text, NAME)).expect("a state")
    }
}

const RAISED: Option<Event> = Some(Event::Raised);
const REMINDER: Option<Event> = Some(Event::Reminder);
const ESCALATED: Option<Event> = Some(Event::Escalated);
const WORSE: Option<Event> = Some(Event::Worse);
const BETTER: Option<Event> = Some(Event::Better);
const RECOVERED: Option<Event> = Some(Event::Recovered);
const UNSTABLE: Option<Event> = Some(Event::Unstable);
const STABLE: Option<Event> = Some(Event::Stable);

// ---- One message per change.

#[test]
fn a_steady_alarm_of_six_hours_is_a_raise_five_reminders_and_a_recovery() {
    let mut line = line(&[]);
    let mut sent = Vec::new();
    for minute in (0..360).step_by(5) {
        if let Some(event) = line.raise(minute, High) {
            sent.push((minute, event));
        }
    }
    let hourly = [60, 120, 180, 240, 300].map(|minute| (minute, Event::Reminder));
    assert_eq!(sent[0], (0, Event::Raised));
    assert_eq!(sent[1..], hourly, "the notes' script sends 72");
    assert_eq!(line.writes, 6, "nothing is stored on an uplink that changes nothing");

    let end = line.run(360, Call::Clear, High);
    assert_eq!(
        (end.event, end.lasted, end.worst(), end.state.messages),
        (RECOVERED, Some(6 * 3600), Some(High), 6)
    );
    assert_eq!((end.level(), end.route), (None, High));
    for minute in (365..1000).step_by(5) {
        assert_eq!(line.clear(minute), None);
    }
    assert_eq!(line.writes, 7);
}

#[test]
fn the_default_repeat_is_by_level() {
    for (level, minutes) in [(Urgent, 15), (High, 60), (Mid, 240), (Low, 240)] {
        let mut line = line(&[]);
        assert_eq!(line.raise(0, level), RAISED);
        assert_eq!(line.raise(minutes - 1, level), None);
        assert_eq!(line.raise(minutes, level), REMINDER);
    }
}

#[test]
fn level_steps_are_each_told_once_and_the_end_names_the_worst() {
    let mut line = line(&[("notify_repeat", "change")]);
    assert_eq!(line.raise(0, Mid), RAISED);
    assert_eq!(line.raise(5, Urgent), WORSE);
    assert_eq!(line.raise(10, Urgent), None);
    let step = line.run(100, Call::New, High);
    assert_eq!(
        (step.event, step.from(), step.level(), step.route),
        (BETTER, Some(Urgent), Some(High), Urgent),
        "who heard urgent hears this"
    );
    let end = line.run(600, Call::Clear, High);
    assert_eq!(
        (end.event, end.worst(), end.route, end.state.messages),
        (RECOVERED, Some(Urgent), High, 3),
        "quiet hours hold it like what was told last"
    );
}

#[test]
fn change_means_no_reminder_ever() {
    let mut line = line(&[("notify_repeat", "change")]);
    assert_eq!(line.raise(0, Urgent), RAISED);
    for minute in (5..20_000).step_by(5) {
        assert_eq!(line.raise(minute, Urgent), None);
    }
    assert_eq!(line.clear(20_000), RECOVERED);
}

#[test]
fn always_pushes_every_new_and_the_clear_of_an_active_alarm_as_the_notes_do() {
    let mut line = line(&[("notify_repeat", "always")]);
    assert_eq!(line.clear(0), None);
    for minute in (5..200).step_by(10) {
        assert_eq!(line.raise(minute, High), RAISED);
        assert_eq!(line.raise(minute, High), REMINDER);
        assert_eq!(line.tick(minute + 1), None, "a tick is no call of the notes' kind");
        assert_eq!(line.clear(minute + 5), RECOVERED, "and nothing is held as unstable");
        assert_eq!(line.clear(minute + 5), None);
    }
}

#[test]
fn a_new_raise_after_a_recovery_is_told_at_once() {
    let mut line = line(&[]);
    assert_eq!(line.raise(0, Mid), RAISED);
    assert_eq!(line.clear(5), RECOVERED);
    let second = line.run(100, Call::New, Mid);
    assert_eq!((second.event, second.lasted, second.state.messages), (RAISED, Some(0), 0));
}

// ---- Where the state or the order of calls goes wrong.

#[test]
fn lost_or_garbage_state_raises_again() {
    let mut line = line(&[]);
    assert_eq!(line.raise(0, High), RAISED);
    for garbage in [None, Some(""), Some("1"), Some("{\"v\":1}"), Some("1.zzzz.0.")] {
        line.text = garbage;
        assert_eq!(line.raise(5, High), RAISED);
        assert_eq!(line.raise(10, High), None);
    }
}

#[test]
fn without_state_a_clear_is_told_only_where_the_platform_holds_the_alarm_as_active() {
    for (active, event) in [(false, None), (true, RECOVERED)] {
        let mut line = line(&[]);
        line.active = Some(active);
        let end = line.run(0, Call::Clear, High);
        assert_eq!((end.event, end.lasted), (event, None));
        assert_eq!(end.worst(), event.map(|_| High), "the level that the caller says");
        assert_eq!(line.writes, u32::from(event.is_some()), "idle clears store nothing");
        assert_eq!(line.clear(5), None, "once, even if the platform still holds it");
    }
}

#[test]
fn the_alarms_map_changes_nothing_where_there_is_state() {
    // `alarm` before, after or beside `notify`: the map may say either at any time.
    for hints in [[true, false], [false, true], [false, false]] {
        let mut line = line(&[]);
        let mut events = Vec::new();
        for (step, minute) in (0..30).step_by(5).enumerate() {
            line.active = Some(hints[step % 2]);
            events.push(if minute < 15 { line.raise(minute, Mid) } else { line.clear(minute) });
        }
        assert_eq!(events, [RAISED, None, None, RECOVERED, None, None]);
    }
}

#[test]
fn concurrent_duplicates_cost_one_message_at_most() {
    let mut line = line(&[]);
    let beside = line.decide(SATURDAY, Call::New, High);
    assert_eq!(line.raise(0, High), RAISED);
    assert_eq!(beside.event, RAISED, "it saw no state");
    line.store(beside.text(true));
    assert_eq!(line.raise(0, High), None);
    // The same at the end, and the later write of an older view.
    let stale = line.decide(SATURDAY + 300, Call::New, High);
    assert_eq!(line.clear(5), RECOVERED);
    assert_eq!(stale.text(true), None, "a view that changes nothing overwrites nothing");
    assert_eq!(line.clear(10), None);
}

#[test]
fn what_could_not_be_delivered_stays_due() {
    let mut line = line(&[]);
    let failed = line.decide(SATURDAY, Call::New, High);
    assert_eq!(failed.event, RAISED);
    line.store(failed.text(false));
    let late = line.run(5, Call::New, High);
    assert_eq!(
        (late.event, late.lasted, late.state.messages),
        (RAISED, Some(300), 0),
        "the raise is dated by its start"
    );
    let failed = line.decide(SATURDAY + 600, Call::Clear, High);
    line.store(failed.text(false));
    let late = line.run(15, Call::Clear, High);
    assert_eq!(
        (late.event, late.lasted),
        (RECOVERED, Some(600)),
        "the end is dated by its own time"
    );
    assert_eq!(line.clear(20), None);
}

#[test]
fn a_clock_set_back_silences_nothing() {
    let mut line = line(&[("notify_escalate", "1h=dingtalk:boss")]);
    assert_eq!(line.raise(1000, High), RAISED);
    let early = line.run(0, Call::New, High);
    assert_eq!((early.event, early.lasted, early.new_steps), (REMINDER, None, 0));
    assert_eq!(line.raise(5, High), None);
    assert_eq!(line.raise(60, High), ESCALATED, "the age counts from the jump");
    assert_eq!(line.clear(65), RECOVERED);
}

#[test]
fn a_clock_set_back_stops_no_escalation() {
    let mut line = line(&[("notify_repeat", "change"), ("notify_escalate", "1h=dingtalk:boss")]);
    assert_eq!(line.raise(1000, High), RAISED);
    assert_eq!(line.raise(0, High), None);
    line.set("ntf_ack", "2026-11-20");
    assert_eq!(line.raise(59, High), None);
    assert_eq!(line.raise(60, High), ESCALATED);
    assert_eq!(line.writes, 3, "the jump is stored once");
}

#[test]
fn a_clock_set_back_behind_the_last_message_leaves_the_age_of_escalation_alone() {
    let mut line = line(&[("notify_repeat", "1h"), ("notify_escalate", "90m=@all")]);
    assert_eq!((line.raise(0, High), line.raise(60, High)), (RAISED, REMINDER));
    assert_eq!(line.raise(30, High), REMINDER);
    assert_eq!((line.raise(89, High), line.raise(90, High)), (None, ESCALATED));
}

#[test]
fn after_a_clock_set_back_nobody_says_how_late_or_how_long() {
    let mut line = line(&[]);
    let failed = line.decide(SATURDAY + 6000, Call::New, High);
    line.store(failed.text(false));
    let raise = line.run(0, Call::New, High);
    assert_eq!((raise.event, raise.alarm.unchanged_for()), (RAISED, 0));
    line.store(None);
    assert_eq!(line.raise(0, High), RAISED);
    let failed = line.decide(SATURDAY + 6000, Call::Clear, High);
    line.store(failed.text(false));
    let end = line.run(50, Call::Clear, High);
    assert_eq!((end.event, end.alarm.unchanged_for()), (RECOVERED, 0));
    assert_eq!(end.lasted, Some(0), "it is not known when it ended");
}

#[test]
fn a_clock_set_back_does_not_keep_an_alarm_unstable() {
    let mut line = line(&[("notify_flapping", "3/30m")]);
    for (minute, event) in [(1000, RAISED), (1005, RECOVERED), (1010, UNSTABLE)] {
        assert_eq!(
            if event == RECOVERED { line.clear(minute) } else { line.raise(minute, High) },
            event
        );
    }
    assert_eq!(line.raise(0, High), STABLE);
    assert_eq!(line.raise(5, High), None);
}

// ---- Flapping.

#[test]
fn flapping_is_one_unstable_message_and_one_summary() {
    let mut line = line(&[("notify_flapping", "5/30m,30m"), ("notify_repeat", "change")]);
    let mut sent = Vec::new();
    for step in 0..24 {
        let minute = step * 5;
        let event = if step % 2 == 0 { line.raise(minute, High) } else { line.clear(minute) };
        if let Some(event) = event {
            sent.push((minute, event));
        }
    }
    let first = [Event::Raised, Event::Recovered, Event::Raised, Event::Recovered, Event::Unstable];
    assert_eq!(sent, [0, 5, 10, 15, 20].into_iter().zip(first).collect::<Vec<_>>());
    // It stays raised from minute 120 on: stable at 150.
    assert_eq!(line.raise(120, High), None);
    assert_eq!(line.raise(149, High), None);
    let end = line.run(150, Call::New, High);
    assert_eq!(
        (end.event, end.level(), end.state.flips, end.lasted),
        (STABLE, Some(High), 25, Some(150 * 60))
    );
    assert_eq!(line.raise(155, High), None);
    assert_eq!(line.clear(200), RECOVERED, "and then it is an alarm like another");
}

#[test]
fn the_unstable_message_counts_its_changes_and_dates_the_first() {
    let mut line = line(&[("notify_flapping", "3/30m")]);
    line.raise(0, High);
    line.clear(5);
    let unstable = line.run(10, Call::New, High);
    assert_eq!((unstable.event, unstable.state.flips, unstable.lasted), (UNSTABLE, 3, Some(600)));
    // What changes only in level is as old as its raise.
    line.store(None);
    line.raise(0, Low);
    for (minute, level) in [(100, Mid), (105, Low)] {
        line.raise(minute, level);
    }
    let unstable = line.run(110, Call::New, Mid);
    assert_eq!((unstable.event, unstable.lasted), (UNSTABLE, Some(110 * 60)));
}

#[test]
fn changes_outside_the_window_are_not_flapping() {
    let mut line = line(&[("notify_flapping", "3/30m")]);
    for minute in (0..400).step_by(40) {
        assert_eq!(line.raise(minute, High), RAISED);
        assert_eq!(line.clear(minute + 20), RECOVERED);
    }
    let mut nine = self::line(&[("notify_flapping", "9/90m")]);
    let events = (0..9).map(|n| if n % 2 == 0 { nine.raise(n, High) } else { nine.clear(n) });
    assert_eq!(events.last().unwrap(), UNSTABLE, "so many changes are remembered");
    for (third, event) in [(30, UNSTABLE), (31, RAISED)] {
        line.store(None);
        line.raise(0, High);
        line.clear(20);
        assert_eq!(line.raise(third, High), event);
    }
}

#[test]
fn a_stable_end_is_the_summary_and_a_tick_tells_it() {
    let mut line = line(&[("notify_flapping", "3/2h,20m")]);
    line.raise(0, High);
    line.clear(5);
    assert_eq!(line.raise(10, High), UNSTABLE);
    let end = line.run(15, Call::Clear, High);
    assert_eq!((end.event, end.held), (None, None), "nothing is due, so nothing is held");
    assert_eq!(line.tick(34), None);
    let end = line.run(35, Call::Tick, High);
    assert_eq!((end.event, end.level(), end.route, end.state.flips), (STABLE, None, High, 4));
    assert_eq!(end.lasted, Some(15 * 60), "until its last change");
    assert_eq!(line.tick(40), None);
    assert_eq!(line.raise(41, High), RAISED, "told changes do not count again");
}

#[test]
fn a_summary_that_is_held_says_what_holds_once_it_is_told() {
    let mut line = line(&[("notify_flapping", "3/30m,30m"), ("notify_quiet", "01:00-02:00=*")]);
    line.raise(30, High);
    line.clear(35);
    assert_eq!(line.raise(40, High), UNSTABLE);
    assert_eq!(line.run(70, Call::Tick, High).held, Some(Hold::Quiet));
    assert_eq!(line.clear(80), None);
    let end = line.run(120, Call::Tick, High);
    assert_eq!((end.event, end.level()), (STABLE, None));
}

#[test]
fn with_always_nothing_is_unstable_or_stays_so_by_the_level_that_holds() {
    let settings = [("notify_flapping", "3/30m"), ("notify_repeat", "high=always; *=4h")];
    for (levels, events) in [
        ([High, Mid, High], [RAISED, BETTER, WORSE]),
        ([Mid, High, Mid], [RAISED, WORSE, UNSTABLE]),
    ] {
        let mut line = line(&settings);
        let told = levels.into_iter().zip([0, 5, 10]).map(|(level, at)| line.raise(at, level));
        assert_eq!(told.collect::<Vec<_>>(), events);
    }
    let mut line = line(&settings[..1]);
    line.raise(0, High);
    line.clear(5);
    assert_eq!(line.raise(10, High), UNSTABLE);
    line.set("notify_repeat", "always");
    assert_eq!((line.raise(15, High), line.raise(20, High)), (STABLE, REMINDER));
}

#[test]
fn an_unstable_alarm_that_gets_worse_than_ever_told_is_told() {
    let mut line = line(&[("notify_flapping", "3/30m")]);
    line.raise(0, Mid);
    line.clear(5);
    assert_eq!(line.raise(10, Mid), UNSTABLE);
    assert_eq!(line.clear(15), None);
    assert_eq!(line.raise(20, Urgent), WORSE);
    assert_eq!(line.clear(25), None);
    assert_eq!(line.raise(30, Urgent), None, "once");
}

#[test]
fn flapping_that_nobody_heard_of_ends_unheard() {
    let mut line = line(&[("notify_flapping", "3/30m"), ("notify_quiet", "00:00-01:00=*")]);
    for (minute, raise) in [(40, true), (45, false), (50, true), (60, false)] {
        assert_eq!(if raise { line.raise(minute, High) } else { line.clear(minute) }, None);
    }
    assert_eq!(line.raise(65, High), UNSTABLE);
}

#[test]
fn flapping_can_be_off() {
    let mut line = line(&[("notify_flapping", "off")]);
    for minute in (0..200).step_by(10) {
        assert_eq!(line.raise(minute, High), RAISED);
        assert_eq!(line.clear(minute + 5), RECOVERED);
    }
}

// ---- Quiet hours and maintenance.

#[test]
fn in_a_quiet_night_an_alarm_that_passes_is_never_told_and_one_that_holds_is_told_in_the_morning() {
    let mut passing = line(&[("notify_quiet", "22:00-07:00=low,mid")]);
    let raised = passing.run(23 * 60, Call::New, Mid);
    assert_eq!((raised.event, raised.held), (None, Some(Hold::Quiet)));
    let end = passing.run(25 * 60, Call::Clear, Mid);
    assert_eq!((end.event, end.held), (None, None), "the recovery of a silenced alarm is silent");
    assert_eq!(passing.clear(32 * 60), None);
    assert_eq!(passing.writes, 2);

    for tick in [false, true] {
        let mut holding = line(&[("notify_quiet", "22:00-07:00=low,mid")]);
        for minute in (23 * 60..31 * 60).step_by(5) {
            assert_eq!(holding.raise(minute, Mid), None);
        }
        assert_eq!(holding.writes, 1);
        let morning = holding.run(31 * 60, if tick { Call::Tick } else { Call::New }, Mid);
        assert_eq!(
            (morning.event, morning.lasted, morning.state.title),
            (RAISED, Some(8 * 3600), "Overheat")
        );
        assert_eq!(holding.raise(31 * 60 + 5, Mid), None, "once");
    }
}

#[test]
fn quiet_hours_are_by_level() {
    let mut line = line(&[("notify_quiet", "22:00-07:00=low,mid")]);
    assert_eq!(line.raise(23 * 60, Mid), None);
    assert_eq!(line.raise(23 * 60 + 5, Urgent), RAISED);
    assert_eq!(
        line.raise(23 * 60 + 10, Mid),
        BETTER,
        "who was rung at night hears that it is better"
    );
    let end = line.run(23 * 60 + 15, Call::Clear, Mid);
    assert_eq!(
        (end.event, end.held, end.route),
        (None, Some(Hold::Quiet), Mid),
        "as quiet as what was told last"
    );
    let morning = line.run(31 * 60, Call::Tick, Mid);
    assert_eq!((morning.event, morning.lasted), (RECOVERED, Some(15 * 60)));
}

#[test]
fn an_end_within_quiet_hours_of_an_alarm_told_before_is_told_after_them_with_its_own_time() {
    let mut line = line(&[("notify_quiet", "22:00-07:00=*")]);
    assert_eq!(line.raise(21 * 60, Mid), RAISED);
    assert_eq!(line.run(23 * 60, Call::Clear, Mid).held, Some(Hold::Quiet));
    let morning = line.run(31 * 60, Call::Clear, Mid);
    assert_eq!((morning.event, morning.lasted), (RECOVERED, Some(2 * 3600)));
}

#[test]
fn a_mute_holds_every_level_until_its_end() {
    let mut line = line(&[("notify_mute_until", "2026-11-21 02:00")]);
    assert_eq!(line.run(0, Call::New, Urgent).held, Some(Hold::Muted));
    assert_eq!(line.raise(119, Urgent), None);
    assert_eq!(line.raise(120, Urgent), RAISED);
}

#[test]
fn a_raise_after_a_muted_end_is_new_but_not_repeated_inside_the_repeat_time() {
    let mut line = line(&[("notify_repeat", "1h")]);
    assert_eq!(line.raise(0, Mid), RAISED);
    line.set("notify_mute_until", "2026-11-21 00:20");
    assert_eq!(line.clear(10), None);
    assert_eq!(line.raise(30, Mid), None, "people heard just this half an hour ago");
    assert_eq!(line.raise(60, Mid), RAISED, "it is another raise than the one they heard of");
    line.set("notify_mute_until", "2026-11-21 02:00");
    assert_eq!(line.clear(70), None);
    assert_eq!(line.raise(125, Mid), RAISED);
}

#[test]
fn who_heard_of_a_raise_whose_end_was_muted_hears_of_the_end_of_the_next() {
    let mut line = line(&[("notify_repeat", "change")]);
    assert_eq!(line.raise(0, Urgent), RAISED);
    line.set("notify_mute_until", "2026-11-21 00:20");
    assert_eq!(line.clear(10), None);
    let again = line.run(30, Call::New, Mid);
    assert_eq!(
        (again.event, again.from(), again.lasted),
        (BETTER, Some(Urgent), Some(0)),
        "they believe the other one"
    );
    let end = line.run(40, Call::Clear, Mid);
    assert_eq!((end.event, end.worst(), end.route), (RECOVERED, Some(Mid), Mid));
}

#[test]
fn the_end_is_told_even_if_the_alarm_came_and_went_again_while_muted() {
    let mut line = line(&[("notify_repeat", "change")]);
    assert_eq!(line.raise(0, Urgent), RAISED);
    line.set("notify_mute_until", "2026-11-21 02:00");
    assert_eq!(line.clear(10), None);
    assert_eq!(line.raise(30, Mid), None);
    assert_eq!(line.clear(40), None);
    let end = line.run(120, Call::Tick, Mid);
    assert_eq!((end.event, end.route), (RECOVERED, Urgent));
}

// ---- Escalation.

#[test]
fn each_escalation_step_is_taken_once_by_age_and_stays_in_force() {
    let mut line =
        line(&[("notify_repeat", "2h"), ("notify_escalate", "15m=@user:lead; 1h=dingtalk:boss")]);
    assert_eq!(line.raise(0, High), RAISED);
    assert_eq!(line.raise(14, High), None);
    let first = line.run(15, Call::New, High);
    assert_eq!((first.event, first.state.steps, first.new_steps), (ESCALATED, 1, 1));
    assert_eq!(line.raise(20, High), None);
    let second = line.run(60, Call::Tick, High);
    assert_eq!((second.event, second.state.steps, second.new_steps), (ESCALATED, 2, 1));
    assert_eq!(
        line.raise(179, High),
        None,
        "an escalation is a message, so the repeat time starts again"
    );
    assert_eq!(line.raise(180, High), REMINDER);
    let end = line.run(185, Call::Clear, High);
    assert_eq!(
        (end.event, end.state.steps, end.new_steps),
        (RECOVERED, 2, 0),
        "those who were added hear of the end"
    );
    let again = line.run(1000, Call::New, High);
    assert_eq!((again.event, again.state.steps), (RAISED, 0));
}

#[test]
fn steps_that_are_due_together_are_one_message_and_join_another() {
    let mut line = line(&[("notify_escalate", "15m=@user:lead; 1h=dingtalk:boss")]);
    assert_eq!(line.raise(0, Mid), RAISED);
    let both = line.run(100, Call::New, High);
    assert_eq!((both.event, both.new_steps), (WORSE, 2));
    assert_eq!(line.raise(105, High), None);
}

#[test]
fn escalation_counts_from_the_first_message_not_from_a_silent_raise() {
    let mut line =
        line(&[("notify_quiet", "22:00-07:00=low,mid"), ("notify_escalate", "15m=@user:lead")]);
    assert_eq!((line.raise(23 * 60, Mid), line.raise(24 * 60, Low)), (None, None));
    let morning = line.run(31 * 60, Call::New, Mid);
    assert_eq!((morning.event, morning.new_steps), (RAISED, 0));
    assert_eq!(line.raise(31 * 60 + 15, Mid), ESCALATED);
}

#[test]
fn an_acknowledgement_stops_escalation_of_the_raise_it_was_made_for() {
    for ack in ["true", "1", "*", "other, overheat", "2026-11-21 00:05", "1795219500000"] {
        let mut line = line(&[("notify_repeat", "change"), ("notify_escalate", "15m=@user:lead")]);
        assert_eq!(line.raise(0, High), RAISED);
        line.set("ntf_ack", ack);
        assert_eq!(line.raise(20, High), None, "{ack}");
        assert_eq!(line.clear(25), RECOVERED);
        assert_eq!(line.raise(30, High), RAISED);
        assert_eq!(line.raise(50, High), ESCALATED, "{ack} is not for the next raise");
    }
    for ack in ["false", "0", "other", "2026-11-20", "2026-11-22"] {
        let mut line = line(&[
            ("notify_repeat", "change"),
            ("notify_escalate", "15m=@user:lead"),
            ("ntf_ack", ack),
        ]);
        assert_eq!(line.raise(0, High), RAISED);
        assert_eq!(line.raise(20, High), ESCALATED, "{ack} is no acknowledgement of this raise");
    }
}

#[test]
fn an_acknowledgement_that_is_taken_back_and_given_again_counts() {
    let mut line = line(&[
        ("notify_escalate", "15m=@user:lead"),
        ("notify_repeat", "change"),
        ("ntf_ack", "true"),
    ]);
    assert_eq!(line.raise(0, High), RAISED);
    line.set("ntf_ack", "false");
    assert_eq!(line.raise(5, High), None);
    line.set("ntf_ack", "true");
    assert_eq!(line.raise(20, High), None);
    // The same with a moment that somebody typed.
    line.store(None);
    line.set("ntf_ack", "false");
    assert_eq!(line.raise(0, High), RAISED);
    for (minute, ack) in [(6, "2026-11-21 00:05"), (10, "false"), (12, "2026-11-21 00:05")] {
        line.set("ntf_ack", ack);
        assert_eq!(line.raise(minute, High), None);
    }
    assert_eq!(line.raise(20, High), None);
}

#[test]
fn an_acknowledgement_whose_moment_lies_ahead_ends_with_the_alarm_or_once_it_is_worse() {
    let acknowledged = || {
        let mut line = line(&[("notify_repeat", "change"), ("notify_escalate", "15m=@user:lead")]);
        assert_eq!(line.raise(0, High), RAISED);
        line.set("ntf_ack", "2026-11-21 00:06");
        assert!(line.run(2, Call::New, High).alarm.acknowledged());
        line
    };
    let mut over = acknowledged();
    assert_eq!((over.clear(3), over.raise(4, High)), (RECOVERED, RAISED));
    assert_eq!(over.raise(19, High), ESCALATED);

    let mut worse = acknowledged();
    let step = worse.run(3, Call::New, Urgent);
    assert!(step.event == WORSE && !step.alarm.acknowledged(), "it rings");
    assert_eq!(worse.raise(15, Urgent), ESCALATED);

    let mut same = acknowledged();
    let writes = same.writes;
    assert_eq!((same.raise(3, High), same.raise(20, High)), (None, None));
    assert_eq!(same.writes, writes, "it is seen once");
}

// ---- Ticks.

#[test]
fn a_tick_makes_due_what_time_alone_makes_due_and_raises_nothing() {
    let mut line = line(&[]);
    line.active = Some(true);
    assert_eq!(line.tick(0), None, "without state there is nothing to remind of");
    assert_eq!(line.writes, 0);
    assert_eq!(line.raise(5, High), RAISED);
    assert_eq!(line.tick(64), None);
    assert_eq!(line.tick(65), REMINDER);
    line.active = Some(false);
    assert_eq!(line.tick(125), REMINDER, "one look at the map is no witness against the state");
}

// ---- Channel by channel.

#[test]
fn a_channel_that_missed_the_raise_gets_it_late_and_no_other_hears_it_twice() {
    let mut hall = hall(&["wecom", "dingtalk"], &[]);
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    assert_eq!(hall.raise(5, High), [], "it is still down");
    assert_eq!(hall.state().heard(channel_mark("dingtalk")).tries, 2);
    hall.down.clear();
    assert_eq!(hall.raise(10, High), [("dingtalk", Event::Raised)]);
    let state = hall.state();
    assert_eq!((state.messages, state.first), (2, SATURDAY), "escalation counts from the first");
    assert_eq!(state.heard(channel_mark("dingtalk")).tries, 0);
    assert_eq!(hall.raise(15, High), []);
    // Each channel has its own repeat time.
    assert_eq!(hall.raise(60, High), [("wecom", Event::Reminder)]);
    assert_eq!(hall.raise(70, High), [("dingtalk", Event::Reminder)]);
    assert_eq!(hall.clear(75), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);
    assert_eq!(hall.clear(80), []);
    assert_eq!(hall.state().messages, 5, "what two channels are told by one call is one message");
}

#[test]
fn how_late_a_raise_is_told_is_known() {
    let mut line = line(&[]);
    let failed = line.decide(SATURDAY, Call::New, High);
    assert_eq!(failed.alarm.unchanged_for(), 0);
    line.store(failed.text(false));
    let late = line.run(7, Call::New, High);
    assert_eq!((late.event, late.alarm.unchanged_for()), (RAISED, 7 * 60));
}

#[test]
fn who_heard_it_hears_changes_and_the_end_whatever_the_route_of_the_new_level() {
    let routes = [("notify_routes", "urgent=dingtalk; high=wecom; *=wecom_app")];
    let mut hall = hall(&["wecom", "wecom_app", "dingtalk"], &routes);
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    assert_eq!(hall.raise(5, Urgent), [("wecom", Event::Worse), ("dingtalk", Event::Raised)]);
    assert_eq!(hall.raise(10, Urgent), []);
    // Only who is on the route is reminded.
    assert_eq!(hall.raise(20, Urgent), [("dingtalk", Event::Reminder)]);
    assert_eq!(hall.clear(25), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);

    assert_eq!(hall.raise(1000, Urgent), [("dingtalk", Event::Raised)]);
    assert_eq!(hall.raise(1005, High), [("wecom", Event::Raised), ("dingtalk", Event::Better)]);
    assert_eq!(hall.clear(1010), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);
}

#[test]
fn who_heard_nothing_hears_no_recovery() {
    let mut hall = hall(&["wecom", "dingtalk"], &[]);
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    hall.down.clear();
    assert_eq!(hall.clear(5), [("wecom", Event::Recovered)]);
    hall.down = vec!["wecom", "dingtalk"];
    assert_eq!(hall.raise(100, High), []);
    hall.down.clear();
    assert_eq!(hall.clear(105), []);
    assert_eq!((hall.state().messages, hall.state().ledger), (0, vec![]));
}

#[test]
fn a_route_of_nobody_tells_nobody() {
    let settings = [("notify_routes", "low=none; *=wecom"), ("notify_flapping", "off")];
    let mut hall = hall(&["wecom"], &settings);
    assert_eq!(hall.raise(0, Low), []);
    assert_eq!(hall.clear(5), []);
    assert_eq!(hall.raise(10, Low), []);
    assert_eq!(hall.raise(15, Mid), [("wecom", Event::Raised)]);
    assert_eq!(hall.raise(20, Low), [("wecom", Event::Better)]);
    assert_eq!(hall.clear(25), [("wecom", Event::Recovered)]);
}

#[test]
fn a_stand_in_hears_the_end_too_and_the_channel_that_it_spoke_for_stays_due() {
    let mut hall = hall(&["wecom", "dingtalk"], &[("notify_routes", "*=wecom")]);
    hall.stand_ins = vec!["dingtalk"];
    hall.down = vec!["wecom"];
    assert_eq!(hall.raise(0, High), [("dingtalk", Event::Raised)]);
    assert_eq!(hall.raise(5, High), [], "the stand-in has said it");
    hall.down.clear();
    assert_eq!(hall.raise(10, High), [("wecom", Event::Raised)]);
    assert_eq!(hall.raise(15, Urgent), [("wecom", Event::Worse), ("dingtalk", Event::Worse)]);
    assert_eq!(hall.clear(20), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);

    // The one it spoke for never came back: it heard nothing, so nothing is due to it.
    hall.down = vec!["wecom"];
    assert_eq!(hall.raise(1000, High), [("dingtalk", Event::Raised)]);
    assert_eq!(hall.clear(1005), [("dingtalk", Event::Recovered)]);
    hall.down.clear();
    assert_eq!(hall.clear(1010), []);
}

#[test]
fn a_channel_that_is_down_for_the_end_and_the_next_raise_hears_of_its_end() {
    let mut hall = hall(&["wecom", "dingtalk"], &[("notify_repeat", "change")]);
    let both = |event| vec![("wecom", event), ("dingtalk", event)];
    assert_eq!(hall.raise(0, High), both(Event::Raised));
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.clear(5), [("wecom", Event::Recovered)]);
    assert_eq!(hall.raise(100, High), [("wecom", Event::Raised)]);
    hall.down.clear();
    assert_eq!(hall.raise(105, High), [], "to its readers it goes on");
    assert_eq!(hall.clear(110), both(Event::Recovered));

    // With a repeat time it hears of the new raise once that is over.
    hall.line.set("notify_repeat", "1h");
    assert_eq!(hall.raise(1000, High), both(Event::Raised));
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.clear(1005), [("wecom", Event::Recovered)]);
    assert_eq!(hall.raise(1100, High), [("wecom", Event::Raised)]);
    hall.down.clear();
    assert_eq!(hall.raise(1105, High), [("dingtalk", Event::Raised)]);
    assert_eq!(hall.clear(1110), both(Event::Recovered));
}

#[test]
fn a_message_in_doubt_from_before_the_clock_was_set_back_is_told_as_the_change_that_it_is() {
    let mut line = line(&[]);
    assert_eq!((line.raise(0, Mid), line.raise(240, Mid)), (RAISED, REMINDER));
    let mut worse = line.decide(SATURDAY + 245 * 60, Call::New, High);
    worse.alarm.untold(worse.heard, Vain { unsure: true, ..MINUTE });
    line.store(worse.alarm.text(NAME));
    assert_eq!(line.raise(100, High), WORSE);
}

#[test]
fn an_end_that_could_not_be_told_is_told_by_a_tick() {
    let mut hall = hall(&["wecom", "dingtalk"], &[]);
    hall.raise(0, High);
    hall.down = vec!["wecom"];
    assert_eq!(hall.clear(5), [("dingtalk", Event::Recovered)]);
    hall.down.clear();
    assert_eq!(hall.run(10, Call::Tick, Mid), [("wecom", Event::Recovered)]);
    assert_eq!(hall.run(15, Call::Tick, Mid), []);
}

#[test]
fn only_bad_news_rings() {
    use Event::*;
    for event in [Raised, Worse, Reminder, Escalated, Unstable] {
        assert!(event.rings(), "{event:?}");
    }
    for event in [Better, Recovered, Stable] {
        assert!(!event.rings(), "{event:?}");
    }
}

#[test]
fn what_failed_waits_but_not_for_a_corrected_credential() {
    let mut line = line(&[]);
    let failed = line.decide(SATURDAY, Call::New, High);
    line.store(failed.text(false));
    let soon = line.decide(SATURDAY + 59, Call::New, High);
    assert_eq!((soon.event, soon.held), (None, Some(Hold::BackOff(SATURDAY + 60))));
    assert_eq!(soon.text(true), None, "nothing is stored of a call that only waits");
    let corrected = wait(&soon.heard, &soon.alarm, High, &Rules::default(), 1);
    assert_eq!(corrected, None);
    assert_eq!(line.decide(SATURDAY + 60, Call::New, High).event, RAISED);
    // After the clock was set back nobody waits for ever.
    assert_eq!(line.decide(SATURDAY - 3600, Call::New, High).event, RAISED);
}

#[test]
fn a_channel_that_must_wait_still_must_after_the_end() {
    let busy = || {
        let mut line = line(&[]);
        let mut raise = line.decide(SATURDAY, Call::New, High);
        raise.alarm.untold(raise.heard, Vain { wait: 600, throttled: true, ..MINUTE });
        line.store(raise.alarm.text(NAME));
        line
    };
    let mut line = busy();
    assert_eq!(line.clear(5), None);
    let held = line.run(6, Call::New, High).held;
    assert_eq!(held, Some(Hold::BackOff(SATURDAY + 600)));
    let mut line = busy();
    assert_eq!(line.run(10, Call::Clear, High).state.ledger, [], "it is over, and so is the wait");
}

#[test]
fn who_perhaps_heard_of_a_raise_hears_of_its_end() {
    let unsure = Vain { unsure: true, ..MINUTE };
    for (sure, event) in [(false, RECOVERED), (true, None)] {
        let mut line = line(&[]);
        let mut first = line.decide(SATURDAY, Call::New, High);
        first.alarm.untold(first.heard, if sure { MINUTE } else { unsure });
        line.store(first.alarm.text(NAME));
        assert_eq!(line.clear(5), event);
        assert_eq!(line.clear(10), None, "once");
    }
    // A later attempt that was surely in vain says nothing of the first.
    let mut line = line(&[]);
    for (minute, attempt) in [(0, unsure), (5, MINUTE)] {
        let mut seen = line.decide(SATURDAY + minute * 60, Call::New, High);
        seen.alarm.untold(seen.heard, attempt);
        line.store(seen.alarm.text(NAME));
    }
    assert_eq!(line.clear(10), RECOVERED);
    // And what holds is told again where it is the same as before the message that is in doubt.
    let mut line = self::line(&[]);
    assert_eq!(line.raise(0, High), RAISED);
    let mut worse = line.decide(SATURDAY + 300, Call::New, Urgent);
    worse.alarm.untold(worse.heard, unsure);
    line.store(worse.alarm.text(NAME));
    assert_eq!(line.raise(10, High), REMINDER);
    assert_eq!(line.raise(15, High), None);
}

// ---- Escalation, channel by channel.

#[test]
fn people_of_a_step_are_rung_once_in_each_channel_and_channels_of_a_step_hear_the_rest() {
    let settings = [
        ("notify_repeat", "change"),
        ("notify_routes", "*=wecom"),
        ("notify_escalate", "15m=@user:lead; 1h=dingtalk,@all"),
    ];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    let steps = |hall: &Hall, channel| hall.state().heard(channel_mark(channel)).steps;
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    assert_eq!(hall.raise(15, High), [("wecom", Event::Escalated)]);
    assert_eq!((steps(&hall, "wecom"), hall.raise(20, High)), (1, vec![]));
    hall.down = vec!["wecom"];
    assert_eq!(hall.raise(60, High), [("dingtalk", Event::Escalated)]);
    assert_eq!((steps(&hall, "wecom"), steps(&hall, "dingtalk")), (1, 2));
    hall.down.clear();
    assert_eq!(hall.raise(65, High), [("wecom", Event::Escalated)], "the step is still due to it");
    assert_eq!(hall.raise(70, High), []);
    assert_eq!(hall.raise(75, Urgent), [("wecom", Event::Worse), ("dingtalk", Event::Worse)]);
    assert_eq!(hall.clear(80), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);
    assert_eq!(hall.raise(1000, High), [("wecom", Event::Raised)], "the next raise begins anew");
}

#[test]
fn a_step_that_a_channel_missed_is_told_to_it_no_more_once_somebody_has_seen_the_alarm() {
    let settings = [("notify_repeat", "change"), ("notify_escalate", "15m=@user:lead")];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    hall.raise(0, High);
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.raise(15, High), [("wecom", Event::Escalated)]);
    hall.down.clear();
    hall.line.set("ntf_ack", "true");
    assert_eq!(hall.raise(20, High), []);
}

#[test]
fn while_it_is_acknowledged_or_over_an_alarm_reaches_no_step() {
    let settings = [
        ("notify_repeat", "change"),
        ("notify_routes", "*=wecom"),
        ("notify_escalate", "15m=dingtalk"),
    ];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    hall.raise(0, High);
    hall.line.set("ntf_ack", "true");
    assert_eq!((hall.raise(5, High), hall.raise(20, High)), (vec![], vec![]));

    let mut line = line(&settings[2..]);
    assert_eq!((line.raise(0, High), line.clear(5)), (RAISED, RECOVERED));
    assert_eq!(line.run(20, Call::Clear, High).state.steps, 0);
}

#[test]
fn a_channel_that_a_step_brought_in_stays_though_the_clock_was_set_back() {
    let settings = [("notify_routes", "*=wecom"), ("notify_escalate", "15m=dingtalk")];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    hall.raise(100, High);
    assert_eq!(
        hall.raise(115, High),
        [("wecom", Event::Escalated), ("dingtalk", Event::Escalated)]
    );
    assert_eq!(hall.raise(50, High), [("wecom", Event::Reminder), ("dingtalk", Event::Reminder)]);
}

#[test]
fn a_channel_that_missed_the_end_hears_of_the_steps_of_the_next_raise() {
    let settings = [("notify_repeat", "change"), ("notify_escalate", "15m=@user:lead")];
    let mut hall = hall(&["wecom"], &settings);
    hall.raise(0, High);
    assert_eq!(hall.raise(15, High), [("wecom", Event::Escalated)]);
    hall.down = vec!["wecom"];
    assert_eq!((hall.clear(20), hall.raise(30, High)), (vec![], vec![]));
    hall.down.clear();
    assert_eq!(hall.raise(45, High), [("wecom", Event::Escalated)]);

    // As the version before wrote it: told, and over since.
    let mut line = line(&settings);
    line.text = Some(
        "1.tschsr.0.3.3.3.0.0.0.1.0.tots00.tots00.tots00.totsgo.tots00.0.0.0.0.0.0.0.Overheat",
    );
    assert_eq!((line.raise(20, High), line.raise(35, High)), (None, ESCALATED));
}

#[test]
fn a_step_that_a_channel_missed_waits_while_an_unstable_alarm_is_off() {
    let settings = [
        ("notify_flapping", "3/30m,30m"),
        ("notify_repeat", "change"),
        ("notify_escalate", "20m=@all"),
    ];
    let mut hall = hall(&["wecom"], &settings);
    hall.raise(0, High);
    hall.clear(5);
    assert_eq!(hall.raise(10, High), [("wecom", Event::Unstable)]);
    assert_eq!((hall.clear(15), hall.raise(20, High), hall.clear(25)), (vec![], vec![], vec![]));
    hall.down = vec!["wecom"];
    assert_eq!(hall.raise(30, High), []);
    hall.down.clear();
    assert_eq!(hall.clear(35), []);
    assert_eq!(hall.raise(40, High), [("wecom", Event::Escalated)]);
}

#[test]
fn a_channel_that_a_step_brings_in_before_anybody_heard_of_the_raise_hears_a_raise() {
    let settings = [
        ("notify_repeat", "change"),
        ("notify_routes", "*=wecom"),
        ("notify_escalate", "15m=dingtalk"),
    ];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    hall.down = vec!["wecom"];
    // To the readers of a channel that missed the end it goes on, so its steps are counted.
    assert_eq!((hall.clear(5), hall.raise(10, High)), (vec![], vec![]));
    assert_eq!(hall.raise(25, High), [("dingtalk", Event::Raised)]);
}

#[test]
fn a_raise_three_days_after_flapping_is_a_new_raise_and_does_not_escalate_early() {
    for tick in [false, true] {
        let settings = [("notify_flapping", "5/90m,45m"), ("notify_escalate", "1h=@user:lead")];
        let mut line = line(&settings);
        for step in 0..5 {
            let minute = step * 10;
            let event = if step % 2 == 0 { line.raise(minute, High) } else { line.clear(minute) };
            let expected = [RAISED, RECOVERED, RAISED, RECOVERED, UNSTABLE];
            assert_eq!(event, expected[step as usize]);
        }
        assert_eq!(line.clear(50), None);
        if tick {
            assert_eq!(line.tick(94), None);
            assert_eq!(line.tick(95), STABLE);
        }
        let day = 24 * 60;
        let again = line.run(3 * day, Call::New, High);
        assert_eq!((again.event, again.lasted, again.new_steps), (RAISED, Some(0), 0));
        assert_eq!((again.state.messages, again.state.flips, again.state.steps), (0, 0, 0));
        assert_eq!(line.raise(3 * day + 59, High), None);
        assert_eq!(line.raise(3 * day + 60, High), ESCALATED);
        let end = line.run(3 * day + 65, Call::Clear, High);
        assert_eq!((end.event, end.lasted), (RECOVERED, Some(65 * 60)));
    }
}

#[test]
fn who_heard_that_it_is_unstable_hears_how_that_ended_even_if_a_raise_after_it_was_muted() {
    let unstable = || {
        let mut line = line(&[("notify_flapping", "3/1h,20m"), ("notify_repeat", "change")]);
        assert_eq!(line.raise(0, Low), RAISED);
        assert_eq!(line.raise(5, Mid), WORSE);
        assert_eq!(line.clear(10), UNSTABLE);
        line
    };
    let mut line = unstable();
    line.set("notify_mute_until", "2026-11-21 02:00");
    assert_eq!((line.raise(60, Low), line.clear(65)), (None, None));
    assert_eq!((line.tick(120), line.tick(121)), (RECOVERED, None));

    let mut line = unstable();
    assert_eq!(line.raise(15, Mid), None);
    line.set("notify_mute_until", "2026-11-21 02:00");
    assert_eq!((line.clear(60), line.raise(65, Mid)), (None, None));
    assert_eq!((line.tick(120), line.tick(121)), (RAISED, None));

    let mut line = unstable();
    assert_eq!(line.raise(60, Low), RAISED, "and it is a raise like another");
    assert_eq!((line.raise(65, Low), line.clear(70), line.clear(75)), (None, RECOVERED, None));

    let mut line = unstable();
    assert_eq!((line.raise(15, Low), line.raise(40, Mid)), (None, WORSE), "it was low when calm");
}

// ---- Acknowledgement.

#[test]
fn an_acknowledgement_counts_in_each_form_that_people_type() {
    let forms =
        ["overheat,cold", "cold;overheat", "[\"cold\",\"overheat\"]", "cold，overheat", "TRUE"];
    for form in forms {
        let mut line = line(&[("notify_repeat", "1h"), ("notify_escalate", "15m=@user:lead")]);
        assert_eq!(line.raise(0, High), RAISED);
        line.set("ntf_ack", form);
        let seen = line.run(10, Call::New, High);
        assert!(seen.event.is_none() && seen.alarm.acknowledged(), "{form}");
        assert_eq!(seen.state.acked, Some(High));
        for minute in (15..600).step_by(15) {
            assert_eq!(line.raise(minute, High), None, "{form}: no escalation, no reminder");
        }
        assert_eq!(line.clear(600), RECOVERED);
        assert_eq!(line.raise(605, High), RAISED);
        assert_eq!(line.raise(620, High), ESCALATED, "{form} was for the raise before");
    }
}

#[test]
fn a_list_as_the_platform_passes_it_is_an_acknowledgement() {
    // The shim hands on a list with this mark between its items.
    let list = "cold\u{1}overheat";
    read("ntf_ack", list, |rules, _| {
        assert_eq!(rules.ack.moment(NAME, SATURDAY), Some(SATURDAY - 1));
    });
}

#[test]
fn a_name_with_full_width_marks_is_acknowledged() {
    for name in ["过温，一号", "泵：２", "温度（高）"] {
        for text in [name.to_string(), format!("cold;{name}")] {
            // A comma stands between names: a name that has one cannot be told from two.
            let is_named = !name.contains('，');
            read("ntf_ack", &text, |rules, _| {
                let moment = is_named.then_some(SATURDAY - 1);
                assert_eq!(rules.ack.moment(name, SATURDAY), moment, "{text}");
                let dated = rules.ack.dated(SATURDAY).expect("a date");
                read("ntf_ack", &dated, |rules, _| {
                    assert_eq!(rules.ack.moment(name, SATURDAY + 9), moment, "{dated}");
                });
            });
        }
    }
}

#[test]
fn taken_back_and_given_again_between_two_uplinks_it_counts() {
    let mut line = line(&[("notify_repeat", "change"), ("notify_escalate", "1h=@user:lead")]);
    assert_eq!(line.raise(0, High), RAISED);
    line.set("ntf_ack", "true");
    assert_eq!(line.raise(10, High), None);
    assert_eq!(line.raise(20, Urgent), WORSE);
    assert!(!line.run(25, Call::New, Urgent).alarm.acknowledged(), "it lapsed");
    line.set("ntf_ack", "0");
    line.set("ntf_ack", "true");
    let again = line.run(30, Call::New, Urgent);
    assert_eq!((again.event, again.state.acked), (None, Some(Urgent)));
    assert_eq!(line.raise(70, Urgent), None);
}

#[test]
fn what_gets_worse_than_acknowledged_lapses_it() {
    let mut line = line(&[("notify_repeat", "1h"), ("notify_escalate", "2h=@user:lead")]);
    assert_eq!(line.raise(0, High), RAISED);
    line.set("ntf_ack", "true");
    assert_eq!(line.raise(5, High), None);
    assert_eq!(line.raise(10, Mid), BETTER);
    let back = line.run(15, Call::New, High);
    assert!(back.event == WORSE && back.alarm.acknowledged(), "no worse than what was seen");
    let worse = line.run(20, Call::New, Urgent);
    assert!(worse.event == WORSE && !worse.alarm.acknowledged());
    assert_eq!(line.raise(80, Urgent), REMINDER);
    assert_eq!(line.raise(120, Urgent), ESCALATED);
    assert!(!line.run(125, Call::New, High).alarm.acknowledged(), "it does not come back");
}

#[test]
fn an_acknowledgement_that_is_removed_counts_no_more() {
    let mut line = line(&[("notify_repeat", "change"), ("notify_escalate", "15m=@user:lead")]);
    assert_eq!(line.raise(0, High), RAISED);
    line.set("ntf_ack", "true");
    assert_eq!(line.raise(20, High), None);
    line.set("ntf_ack", "false");
    assert_eq!(line.raise(25, High), ESCALATED);
}

#[test]
fn a_moment_a_little_ahead_is_an_acknowledgement_since_clocks_differ() {
    for (ahead, counts) in [(300, true), (301, false)] {
        let mut line = line(&[]);
        assert_eq!(line.raise(0, High), RAISED);
        line.set("ntf_ack", &format!("{}000", SATURDAY + 300 + ahead));
        assert_eq!(line.run(5, Call::New, High).alarm.acknowledged(), counts);
    }
}

// ---- Unstable alarms, channel by channel.

#[test]
fn each_channel_that_an_unstable_alarm_concerns_hears_it_once_and_then_one_summary() {
    let settings = [("notify_flapping", "3/1h,30m"), ("notify_routes", "urgent=dingtalk; *=wecom")];
    let mut hall = hall(&["wecom", "dingtalk", "wecom_app"], &settings);
    assert_eq!(hall.raise(0, Urgent), [("dingtalk", Event::Raised)]);
    assert_eq!(hall.raise(5, Mid), [("wecom", Event::Raised), ("dingtalk", Event::Better)]);
    hall.down = vec!["wecom"];
    assert_eq!(hall.raise(10, Urgent), [("dingtalk", Event::Unstable)]);
    hall.down.clear();
    assert_eq!(hall.raise(15, Mid), [("wecom", Event::Unstable)], "late");
    assert_eq!(hall.clear(20), []);
    assert_eq!(hall.raise(25, Mid), []);
    assert_eq!(hall.raise(54, Mid), []);
    let end = hall.raise(55, Mid);
    assert_eq!(end, [("wecom", Event::Stable), ("dingtalk", Event::Stable)]);
    assert_eq!(hall.state().flips, 6);
    assert_eq!(hall.clear(60), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);
}

#[test]
fn a_channel_that_was_down_all_the_while_hears_no_summary_but_the_end() {
    let mut hall = hall(&["wecom", "dingtalk"], &[("notify_flapping", "3/1h,30m")]);
    hall.raise(0, High);
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.clear(5), [("wecom", Event::Recovered)]);
    assert_eq!(hall.raise(10, High), [("wecom", Event::Unstable)]);
    assert_eq!(hall.clear(15), []);
    hall.down.clear();
    // Calm by now: it never heard that it was unstable.
    let end = hall.run(45, Call::Tick, Mid);
    assert_eq!(end, [("wecom", Event::Stable), ("dingtalk", Event::Recovered)]);
}

#[test]
fn who_heard_nothing_of_an_unstable_alarm_hears_nothing_of_its_end() {
    let mut hall = hall(&["wecom", "dingtalk"], &[("notify_flapping", "3/1h,20m")]);
    hall.down = vec!["dingtalk"];
    hall.raise(0, High);
    hall.clear(5);
    assert_eq!(hall.raise(10, High), [("wecom", Event::Unstable)]);
    hall.down.clear();
    // Calm by now, and changed.
    assert_eq!(hall.clear(40), [("wecom", Event::Recovered)]);
}

#[test]
fn while_unstable_reminders_come_at_the_repeat_time_but_no_sooner_than_a_hundred_minutes() {
    for (repeat, minutes) in [("15m", 100), ("2h", 120)] {
        let mut line = line(&[("notify_flapping", "3/30m,30m"), ("notify_repeat", repeat)]);
        let mut sent = Vec::new();
        for minute in (0..330).step_by(5) {
            let raises = minute % 20 == 0;
            let event = if raises {
                line.raise(minute, High)
            } else if minute % 20 == 15 {
                line.clear(minute)
            } else {
                line.tick(minute)
            };
            if let Some(event) = event {
                sent.push((minute, event));
            }
        }
        let start = [(0, Event::Raised), (15, Event::Recovered), (20, Event::Unstable)];
        assert_eq!(sent[..3], start);
        let reminders: Vec<i32> = sent[3..].iter().map(|(minute, _)| *minute).collect();
        assert!(sent[3..].iter().all(|(_, event)| *event == Event::Reminder), "{sent:?}");
        assert_eq!(reminders[0], 20 + minutes, "{repeat}");
        assert!(reminders.windows(2).all(|pair| pair[1] - pair[0] >= minutes), "{reminders:?}");
        assert_eq!(reminders.len(), 2 + usize::from(minutes == 100), "{reminders:?}");
    }
}

#[test]
fn who_is_not_on_the_route_is_not_reminded_of_an_unstable_alarm() {
    let settings = [
        ("notify_flapping", "3/30m,30m"),
        ("notify_repeat", "1h"),
        ("notify_routes", "urgent=dingtalk; *=wecom"),
    ];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    hall.raise(0, Urgent);
    hall.clear(5);
    assert_eq!(hall.raise(10, Urgent), [("dingtalk", Event::Unstable)]);
    hall.clear(15);
    assert_eq!(hall.raise(20, Mid), [("wecom", Event::Unstable)]);
    for minute in (25..120).step_by(5) {
        let told = if minute % 10 == 0 { hall.raise(minute, Mid) } else { hall.clear(minute) };
        assert_eq!(told, [], "{minute}");
    }
    assert_eq!(hall.raise(120, Mid), [("wecom", Event::Reminder)]);
}

#[test]
fn who_missed_the_summary_hears_of_a_milder_raise_that_is_not_for_it() {
    let settings = [("notify_flapping", "3/1h,20m"), ("notify_routes", "high=wecom; *=none")];
    let mut hall = hall(&["wecom"], &settings);
    hall.raise(0, High);
    hall.clear(5);
    assert_eq!(hall.raise(10, High), [("wecom", Event::Unstable)]);
    hall.down = vec!["wecom"];
    assert_eq!((hall.clear(60), hall.raise(65, Low)), (vec![], vec![]));
    hall.down.clear();
    assert_eq!(hall.raise(120, Low), [("wecom", Event::Better)]);

    // The same where it was over when it grew calm.
    hall.line.store(None);
    hall.raise(1000, High);
    hall.clear(1005);
    assert_eq!(hall.raise(1010, High), [("wecom", Event::Unstable)]);
    assert_eq!(hall.clear(1015), []);
    assert_eq!(hall.raise(1060, Low), [("wecom", Event::Better)]);
}

#[test]
fn with_change_an_unstable_alarm_reminds_nobody() {
    let mut line = line(&[("notify_flapping", "3/30m,30m"), ("notify_repeat", "change")]);
    let mut sent = 0;
    for minute in (0..1000).step_by(10) {
        let event = if minute % 20 == 0 { line.raise(minute, High) } else { line.clear(minute) };
        sent += i32::from(event.is_some());
    }
    assert_eq!(sent, 3);
}

#[test]
fn escalation_goes_on_while_an_alarm_is_unstable() {
    let settings = [
        ("notify_flapping", "3/30m,30m"),
        ("notify_repeat", "change"),
        ("notify_escalate", "1h=dingtalk,@all"),
        ("notify_routes", "*=wecom"),
    ];
    let mut hall = hall(&["wecom", "dingtalk"], &settings);
    hall.raise(0, High);
    hall.clear(5);
    // The second raise is the one that counts.
    assert_eq!(hall.raise(10, High), [("wecom", Event::Unstable)]);
    for minute in (15..70).step_by(5) {
        assert_eq!(
            if minute % 10 == 0 { hall.raise(minute, High) } else { hall.clear(minute) },
            []
        );
    }
    let step = hall.raise(70, High);
    assert_eq!(step, [("wecom", Event::Escalated), ("dingtalk", Event::Unstable)]);
    assert_eq!(hall.clear(75), []);
    let end = hall.run(105, Call::Tick, Mid);
    assert_eq!(end, [("wecom", Event::Stable), ("dingtalk", Event::Stable)]);
}

#[test]
fn worse_than_ever_told_gets_through_to_each_channel_by_itself() {
    let mut hall = hall(&["wecom", "dingtalk"], &[("notify_flapping", "3/30m,30m")]);
    let both = |event| vec![("wecom", event), ("dingtalk", event)];
    hall.raise(0, Mid);
    hall.clear(5);
    assert_eq!(hall.raise(10, Mid), both(Event::Unstable));
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.raise(15, High), [("wecom", Event::Worse)]);
    assert_eq!(hall.raise(20, Mid), []);
    hall.down.clear();
    assert_eq!(hall.raise(25, High), [("dingtalk", Event::Worse)]);
    assert_eq!(hall.raise(30, Urgent), both(Event::Worse));
    assert_eq!(hall.raise(35, Urgent), []);
}

/// How many messages the default settings make in ten hours of an alarm that is on and off for so many minutes in turn.
fn messages_of_a_cycle(level: Level, on: u32, off: u32, uplinks: u32) -> u32 {
    let rules = Rules::default();
    let channel = channel_mark("wecom");
    let mut state = None;
    let mut messages = 0;
    for minute in (0..600).step_by(uplinks as usize) {
        let call = if minute % (on + off) < on { Call::New } else { Call::Clear };
        let now = SATURDAY + minute * 60;
        let situation = Situation { call, name: NAME, level, now, listed: None, title: "" };
        let mut alarm = observe(&situation, &rules, state);
        let heard = alarm.state.heard(channel);
        if due(&heard, &alarm, true, &rules).is_some() {
            alarm.told(heard, false);
            messages += 1;
        }
        state = Some(alarm.state);
    }
    messages
}

#[test]
fn a_cycle_of_two_to_thirty_minutes_makes_few_messages_in_ten_hours_at_every_level() {
    let mut most = [0; 4];
    for uplinks in 1..=5 {
        for period in (2..=30).filter(|period| period % uplinks == 0) {
            for on in (uplinks..period).step_by(uplinks as usize) {
                for level in Level::ALL {
                    let messages = messages_of_a_cycle(level, on, period - on, uplinks);
                    most[level as usize] = most[level as usize].max(messages);
                }
            }
        }
    }
    // Urgent: five until it is unstable, two reminders among them, then one each 100 minutes.
    assert_eq!(most, [7, 7, 10, 12]);
}

// ---- Closed by hand.

#[test]
fn an_alarm_that_two_ticks_in_a_row_do_not_find_in_the_record_was_closed() {
    let mut line = line(&[]);
    line.active = Some(true);
    assert_eq!(line.raise(0, High), RAISED);
    assert_eq!(line.tick(1), None);
    line.active = Some(false);
    let first = line.run(2, Call::Tick, Mid);
    assert!(first.event.is_none() && !first.alarm.closed && first.level() == Some(High));
    let second = line.run(3, Call::Tick, Mid);
    assert!(second.event == RECOVERED && second.alarm.closed, "{:?}", second.event);
    assert_eq!((second.level(), second.lasted), (None, Some(180)));
    assert_eq!(line.tick(4), None);
    // It still holds: the next uplink raises it again.
    assert_eq!(line.raise(5, High), RAISED);
    assert_eq!((line.tick(6), line.tick(7), line.tick(8)), (None, None, None), "never held since");
}

#[test]
fn an_alarm_that_the_record_never_held_or_holds_again_was_not_closed() {
    let mut unheld = line(&[]);
    unheld.active = Some(false);
    assert_eq!(unheld.raise(0, Low), RAISED);
    for minute in 1..9 {
        assert_eq!(unheld.tick(minute), None);
    }
    assert_eq!(unheld.writes, 1, "a tick without news stores nothing");
    let mut again = line(&[]);
    assert_eq!(again.raise(0, Low), RAISED);
    for (minute, active) in [(1, true), (2, false), (3, true), (4, false), (5, true)] {
        again.active = Some(active);
        assert_eq!(again.tick(minute), None);
    }
    // A host without such a record closes nothing.
    again.active = None;
    assert_eq!((again.tick(6), again.tick(7)), (None, None));
}

#[test]
fn what_the_record_held_of_an_earlier_raise_says_nothing_of_the_next() {
    for missing_once in [false, true] {
        let mut line = line(&[]);
        line.active = Some(true);
        line.raise(0, Low);
        line.tick(1);
        line.active = Some(!missing_once);
        assert_eq!((line.tick(2), line.clear(5)), (None, RECOVERED));
        line.active = Some(false);
        assert_eq!(line.raise(10, Low), RAISED);
        assert_eq!((line.tick(11), line.tick(12), line.tick(13)), (None, None, None));
    }
}

#[test]
fn an_unstable_alarm_that_was_closed_and_comes_again_is_not_closed_again() {
    let mut line = line(&[("notify_flapping", "3/2h,2h")]);
    line.active = Some(true);
    line.raise(0, High);
    line.clear(5);
    assert_eq!((line.raise(10, High), line.tick(11)), (UNSTABLE, None));
    line.active = Some(false);
    line.tick(12);
    assert_eq!(line.run(13, Call::Tick, High).level(), None);
    line.raise(15, High);
    for minute in 16..20 {
        assert_eq!(line.run(minute, Call::Tick, High).level(), Some(High), "{minute}");
    }
}

#[test]
fn only_a_tick_finds_an_alarm_closed() {
    let mut line = line(&[]);
    line.active = Some(true);
    assert_eq!((line.raise(0, Low), line.tick(1)), (RAISED, None));
    line.active = Some(false);
    assert_eq!(line.tick(2), None);
    assert_eq!((line.raise(3, Low), line.raise(4, Low)), (None, None));
    assert_eq!(line.tick(5), RECOVERED, "two ticks in a row, whatever came between");
}

#[test]
fn closed_by_hand_each_channel_that_heard_of_it_hears_of_the_end() {
    let mut hall = hall(&["wecom", "dingtalk"], &[]);
    hall.line.active = Some(true);
    hall.down = vec!["dingtalk"];
    assert_eq!(hall.raise(0, High), [("wecom", Event::Raised)]);
    assert_eq!(hall.run(1, Call::Tick, Mid), []);
    hall.line.active = Some(false);
    assert_eq!(hall.run(2, Call::Tick, Mid), []);
    hall.down.clear();
    assert_eq!(hall.run(3, Call::Tick, Mid), [("wecom", Event::Recovered)]);
}

// ---- Clock steps.

#[test]
fn a_clock_set_back_reminds_each_channel_once_and_keeps_what_it_was_told() {
    let mut hall = hall(&["wecom", "dingtalk"], &[]);
    let both = |event| vec![("wecom", event), ("dingtalk", event)];
    assert_eq!(hall.raise(1000, High), both(Event::Raised));
    assert_eq!(hall.raise(0, High), both(Event::Reminder), "nobody knows how long ago it was");
    assert_eq!(hall.raise(5, High), []);
    assert_eq!(hall.clear(10), both(Event::Recovered));
    assert_eq!(hall.clear(15), []);
}

#[test]
fn a_clock_set_far_ahead_and_back_costs_a_reminder_each_and_loses_nothing() {
    let mut line = line(&[("notify_repeat", "1h"), ("notify_escalate", "2h=@all")]);
    assert_eq!(line.raise(0, High), RAISED);
    assert_eq!(line.raise(100_000, High), ESCALATED, "to the script so much time has passed");
    assert_eq!(line.raise(5, High), REMINDER);
    assert_eq!(line.raise(10, High), None);
    assert_eq!(line.clear(15), RECOVERED);
    assert_eq!(line.clear(100_000), None);
}

#[test]
fn a_clock_set_back_under_a_text_of_the_version_before_is_a_reminder() {
    // High, told an hour after the raise.
    let mut line = line(&[]);
    line.text =
        Some("1.tschsr.3.3.3.3.0.0.0.3.0.tots00.tots00.totus0.tots00.0.0.0.0.0.0.0.0.Overheat");
    assert_eq!(line.raise(30, High), REMINDER);
    assert_eq!(line.raise(35, High), None);
    assert_eq!(line.clear(40), RECOVERED);
}

#[test]
fn a_text_of_the_version_before_goes_on_for_all_channels_of_the_route() {
    let mut hall =
        hall(&["wecom", "dingtalk", "wecom_app"], &[("notify_routes", "*=wecom,dingtalk")]);
    hall.line.text =
        Some("1.tschsr.3.3.3.3.0.0.0.3.0.tots00.tots00.totus0.tots00.0.0.0.0.0.0.0.0.Overheat");
    assert_eq!(hall.raise(65, High), []);
    assert!(hall.line.text.unwrap().starts_with("2."), "who heard of it is written down");
    assert_eq!(hall.clear(70), [("wecom", Event::Recovered), ("dingtalk", Event::Recovered)]);
    // One that was raised and held back is told to all.
    hall.line.text = Some("1.tschsr.3.0.0.3.0.0.0.0.0.tots00.0.0.tots00.0.0.0.0.0.0.0.0.");
    assert_eq!(hall.raise(80, High), [("wecom", Event::Raised), ("dingtalk", Event::Raised)]);
}

// ---- Settings as typed.

fn read<T>(name: &'static str, text: &str, view: impl Fn(&Rules, &[Fault]) -> T) -> T {
    let texts = Texts::from_iter([(name, text)]);
    let mut reader = Reader::new(SATURDAY, 480);
    let rules = Rules::read(&texts, &mut reader);
    view(&rules, &reader.faults)
}

/// The fault of a setting, which then keeps its default.
#[track_caller]
fn fault(name: &'static str, text: &str) -> (String, Kind) {
    read(name, text, |rules, faults| {
        assert_eq!(*rules, Rules::default(), "{name} = {text}");
        assert_eq!(faults.len(), 1, "{name} = {text}");
        assert_eq!(faults[0].setting, name);
        (faults[0].piece.to_string(), faults[0].kind)
    })
}

fn owned(piece: &str, kind: Kind) -> (String, Kind) {
    (piece.to_string(), kind)
}

#[test]
fn repeat_texts() {
    let repeat = |text| read("notify_repeat", text, |rules, faults| (rules.repeat.0, faults.len()));
    assert_eq!(repeat(""), ([14_400, 14_400, 3600, 900], 0));
    assert_eq!(repeat("urgent=15m; high=1h; *=4h"), ([14_400, 14_400, 3600, 900], 0));
    assert_eq!(repeat("ｕｒｇｅｎｔ＝５ｍ；＊＝１ｄ"), ([86_400, 86_400, 86_400, 300], 0));
    assert_eq!(repeat(" 30m "), ([1800; 4], 0));
    assert_eq!(repeat("Always"), ([Repeat::ALWAYS; 4], 0));
    assert_eq!(
        repeat("low=change"),
        ([Repeat::CHANGE, 14_400, 3600, 900], 0),
        "the others keep their default"
    );
    assert_eq!(fault("notify_repeat", "urgnt=15m"), owned("urgnt", Kind::LEVEL));
    assert_eq!(fault("notify_repeat", "urgent=15; *=4h"), owned("15", Kind::DURATION));
    assert_eq!(fault("notify_repeat", "off"), owned("off", Kind::DURATION));
    assert_eq!(fault("notify_repeat", "on change"), owned("on change", Kind::DURATION));
    assert_eq!(
        fault("notify_repeat", "urgent=15m, high=1h"),
        owned("15m, high=1h", Kind::DURATION)
    );
}

#[test]
fn flapping_texts() {
    let flapping = |text| {
        read("notify_flapping", text, |rules, _| {
            (rules.flapping.changes, rules.flapping.window, rules.flapping.calm)
        })
    };
    assert_eq!(flapping(""), (5, 5400, 2700));
    assert_eq!(flapping("4 / 15m, 1h"), (4, 900, 3600));
    assert_eq!(flapping("3/10m"), (3, 600, 600));
    assert_eq!(flapping("OFF").0, u32::MAX);
    for text in ["4", "2/15m", "10/15m", "x/15m", "4/15m,1h,2h", "4/", "4x/15m"] {
        assert_eq!(fault("notify_flapping", text), owned(text, Kind::FLAPPING));
    }
    assert_eq!(fault("notify_flapping", "4/15"), owned("15", Kind::DURATION));
}

/// The quiet levels of `low,mid,high,urgent` at a local time of the week that begins on Monday, 2026-11-16.
fn quiet_at(text: &str, day: u32, hour: u32, minute: u32) -> u32 {
    let monday = SATURDAY - 5 * 86_400;
    // Local time is UTC+8 here.
    let now = monday + day * 86_400 + hour * 3600 + minute * 60 - 8 * 3600;
    let texts = Texts::from_iter([("notify_quiet", text)]);
    let mut reader = Reader::new(now, 480);
    let rules = Rules::read(&texts, &mut reader);
    assert_eq!(reader.faults, []);
    rules.quiet.0
}

#[test]
fn quiet_windows_are_weekly_local_and_run_over_midnight() {
    let text = "mon-fri 22:00-07:00 = low,mid; sat,sun 00:00-24:00 = low,mid,high";
    for (day, hour, minute, levels) in [
        (0, 21, 59, 0b0000),
        (0, 22, 0, 0b0011),
        (1, 6, 59, 0b0011),
        (1, 7, 0, 0b0000),
        (0, 3, 0, 0b0000), // Monday's small hours belong to Sunday's window
        (5, 3, 0, 0b0111), // Friday night and Saturday, together
        (6, 23, 59, 0b0111),
    ] {
        assert_eq!(quiet_at(text, day, hour, minute), levels, "day {day} {hour}:{minute}");
    }
    assert_eq!(quiet_at("sat-mon=*", 0, 12, 0), 0b1111, "a range may run over Sunday");
    assert_eq!(quiet_at("sat-mon=*", 1, 12, 0), 0);
    assert_eq!(quiet_at("sat-tue=*", 0, 12, 0), 0b1111, "each day of it");
    assert_eq!(quiet_at("12:00-13:00=low; 12:00-14:00=high", 3, 12, 30), 0b0101, "both windows");
    assert_eq!(quiet_at("12:00-13:00=LOW", 3, 12, 30), 0b0001, "no day: every day");
    assert_eq!(quiet_at("* 22:00-24:00=low; mon, tue 8:00-9:00=high", 1, 8, 30), 0b0100);
    assert_eq!(quiet_at("off", 1, 8, 30), 0);
}

#[test]
fn quiet_faults() {
    assert_eq!(fault("notify_quiet", "22:00-07:00"), owned("22:00-07:00", Kind::BINDING));
    assert_eq!(fault("notify_quiet", "22:00-07:00="), owned("22:00-07:00=", Kind::VALUE));
    assert_eq!(fault("notify_quiet", "mon-fry 22:00-07:00=low"), owned("mon-fry", Kind::DAY));
    assert_eq!(fault("notify_quiet", "mon 22:00-25:00=low"), owned("22:00-25:00", Kind::HOURS));
    assert_eq!(
        fault("notify_quiet", "8:00-9:00 10:00-11:00=low"),
        owned("10:00-11:00", Kind::HOURS)
    );
    assert_eq!(fault("notify_quiet", "22:00-07:00=low,medium"), owned("medium", Kind::LEVEL));
}

#[test]
fn mute_texts() {
    let mute = |text| read("notify_mute_until", text, |rules, _| rules.mute_until.0);
    assert_eq!(mute("2026-11-21 08:00"), SATURDAY, "without a zone the local one");
    assert_eq!(mute("2026-11-21T00:00:00Z"), SATURDAY);
    assert_eq!(mute("1795219200000"), SATURDAY);
    for text in ["", "0", "off", "none", "false"] {
        assert_eq!(mute(text), 0);
    }
    assert_eq!(fault("notify_mute_until", "tomorrow"), owned("tomorrow", Kind::MOMENT));
}

#[test]
fn route_texts() {
    read(
        "notify_routes",
        "urgent=wecom:alarm, wecom_app, dingtalk; low=none; *=wecom",
        |rules, faults| {
            assert_eq!(faults, []);
            let channels = |level| rules.routes.channels(level).map(Iterator::collect::<Vec<_>>);
            assert_eq!(
                Level::ALL.map(channels),
                [
                    Some(vec![]),
                    Some(vec!["wecom"]),
                    Some(vec!["wecom"]),
                    Some(vec!["wecom:alarm", "wecom_app", "dingtalk"])
                ],
                "none is not the same as not set"
            );
        },
    );
    read("notify_routes", "wecom，dingtalk：值班", |rules, _| {
        let channels: Vec<_> = rules.routes.channels(Low).unwrap().collect();
        assert_eq!(channels, ["wecom", "dingtalk:值班"], "typed on a Chinese keyboard");
    });
    read("notify_routes", "", |rules, _| assert!(rules.routes.channels(Low).is_none()));
    read("notify_routes", "none", |rules, _| {
        assert_eq!(rules.routes.channels(Urgent).map(Iterator::count), Some(0), "nobody");
    });
    let long = "x".repeat(65);
    for odd in [":x", &long] {
        assert_eq!(fault("notify_routes", &format!("*={odd}")), owned(odd, Kind::CHANNEL));
    }
    assert_eq!(fault("notify_routes", "urgent=wecom"), owned("urgent=wecom", Kind::UNCOVERED));
    assert_eq!(fault("notify_routes", "*=wecom:"), owned("wecom:", Kind::CHANNEL));
    assert_eq!(fault("notify_routes", "*=wecom dingtalk"), owned("wecom dingtalk", Kind::CHANNEL));
    assert_eq!(fault("notify_routes", "*=@all"), owned("@all", Kind::CHANNEL));
}

#[test]
fn mention_texts() {
    read(
        "notify_mentions",
        "urgent=all; high=user:zhang,@mobile:+86-13800000000",
        |rules, faults| {
            assert_eq!(faults, []);
            let items = |level| rules.mentions.items(level).collect::<Vec<_>>();
            assert_eq!(items(Urgent), [Item::All]);
            assert_eq!(items(High), [Item::User("zhang"), Item::Mobile("+86-13800000000")]);
            assert_eq!(items(Low), []);
        },
    );
    let long = format!("user:{}", "x".repeat(65));
    for item in [
        "zhang",
        "user:",
        "user:a b",
        "user:<x>",
        "mobile:138x",
        "mobile:",
        "everyone",
        "all:x",
        &long,
    ] {
        let text = format!("*=user:ok,{item}");
        assert_eq!(fault("notify_mentions", &text), owned(item, Kind::MENTION));
    }
}

#[test]
fn escalation_texts() {
    read(
        "notify_escalate",
        "15m=@user:lead,@mobile:13800000000; 1h=dingtalk:boss",
        |rules, faults| {
            assert_eq!(faults, []);
            let added = |steps| rules.escalation.items(steps);
            assert_eq!(added(0..1), [Item::User("lead"), Item::Mobile("13800000000")]);
            assert_eq!(added(1..2), [Item::Channel("dingtalk:boss")]);
            assert_eq!(added(0..2).len(), 3);
            assert_eq!(added(0..0), []);
        },
    );
    read("notify_escalate", "1h=late; 15m=early; 1h=@all", |rules, faults| {
        assert_eq!(faults, []);
        assert_eq!(rules.escalation.items(0..1), [Item::Channel("early")], "by age, not as typed");
        assert_eq!(rules.escalation.items(1..3), [Item::Channel("late"), Item::All]);
        assert_eq!(rules.escalation.items(2..3), [Item::All], "each is one, also of equal age");
    });
    assert_eq!(fault("notify_escalate", "15m"), owned("15m", Kind::BINDING));
    assert_eq!(fault("notify_escalate", "15=@all"), owned("15", Kind::DURATION));
    assert_eq!(fault("notify_escalate", "15m=@lead"), owned("@lead", Kind::MENTION));
    assert_eq!(fault("notify_escalate", "15m=ding talk"), owned("ding talk", Kind::CHANNEL));
    let seven = "1m=a;2m=a;3m=a;4m=a;5m=a;6m=a;7m=a";
    assert_eq!(fault("notify_escalate", seven), owned("7m=a", Kind::STEPS));
}

#[test]
fn silence_texts() {
    let level = |text, age| read("notify_silent", text, |rules, _| rules.silent.level(age));
    assert_eq!((level("2h", 7_199), level("2h", 7_200)), (None, Some(High)), "one step");
    assert_eq!(level("high=2h; urgent=1d", 7_200), Some(High));
    assert_eq!(level("high=2h; urgent=1d", 86_400), Some(Urgent));
    assert_eq!(level("off", 86_400), None);
}

#[test]
fn acknowledgement_texts() {
    let now = SATURDAY + 3600;
    let ack = |text| read("ntf_ack", text, |rules, _| rules.ack.moment(NAME, now));
    let not_dated = Some(now - 1);
    for text in ["yes", "TRUE", "1", "on", "*", "overheat", "cold, overheat", "cold;overheat"] {
        assert_eq!(ack(text), not_dated, "{text}");
    }
    for text in ["", "0", "false", "off", "overheat2", "cold", "Overheat"] {
        assert_eq!(ack(text), None, "{text}");
    }
    assert_eq!(ack("2026-11-21 08:00"), Some(SATURDAY));
    assert_eq!(ack("1795219200000"), Some(SATURDAY));
    assert_eq!(ack("1795219200000 cold,overheat"), Some(SATURDAY));
    assert_eq!(ack("1795219200000 cold"), None);
    assert_eq!(ack("2026-11-21 overheat"), None, "only the script puts a moment before names");
    read("ntf_ack", "", |rules, _| assert_eq!(rules.ack, Ack::None));
}

/// What takes the place of an acknowledgement that names no moment.
#[test]
fn an_acknowledgement_is_dated_a_second_before_it_is_seen() {
    let dated = |text| read("ntf_ack", text, |rules, _| rules.ack.dated(SATURDAY));
    let moment = "1795219199000";
    for text in ["true", "1", "*"] {
        assert_eq!(dated(text).as_deref(), Some(moment), "{text}");
    }
    for list in ["hot,cold", "hot;cold", "hot， cold", "[\"hot\",\"cold\"]", "hot；cold；"] {
        assert_eq!(dated(list), Some(format!("{moment} hot,cold")), "{list}");
    }
    for text in ["", "0", "2026-11-21", moment, "1795219199000 hot,cold"] {
        assert_eq!(dated(text), None, "{text:?} is dated, or none");
    }
}

#[test]
fn one_bad_setting_leaves_the_others_as_they_are() {
    let texts =
        Texts::from_iter([("notify_repeat", "low=1h; high=soon"), ("notify_quiet", "* = *")]);
    let mut reader = Reader::new(SATURDAY, 0);
    let rules = Rules::read(&texts, &mut reader);
    assert_eq!(rules, Rules { quiet: rules.quiet, ..Rules::default() }, "not half of a faulty one");
    assert_eq!(rules.quiet.0, 0b1111);
    assert_eq!(reader.faults, [Fault::new("notify_repeat", "soon", Kind::DURATION)]);
}

/// The table shows a default as one would set it: to set it changes nothing.
#[test]
fn a_default_that_is_set_is_the_default() {
    for row in
        POLICY.iter().filter(|row| row.default.0 == row.default.1 && !row.default.0.is_empty())
    {
        let texts = Texts::from_iter([(row.key.name, row.default.0)]);
        let mut reader = Reader::new(SATURDAY, 0);
        assert_eq!(Rules::read(&texts, &mut reader), Rules::default(), "{}", row.key.name);
        assert_eq!(reader.faults, []);
    }
}

#[test]
fn the_example_of_each_setting_is_sound() {
    for row in POLICY {
        let texts = Texts::from_iter([(row.key.name, row.example)]);
        let mut reader = Reader::new(SATURDAY, 0);
        Rules::read(&texts, &mut reader);
        assert_eq!(reader.faults, [], "{}", row.key.name);
    }
}

// ---- Properties.

fn any_level() -> impl Strategy<Value = Level> {
    prop::sample::select(Level::ALL.to_vec())
}

fn any_call() -> impl Strategy<Value = Call> {
    prop::sample::select(vec![Call::New, Call::New, Call::Clear, Call::Tick])
}

/// What any channel may have heard, as it can stand in a text.
fn any_heard() -> impl Strategy<Value = Heard> {
    let channel = prop_oneof![
        prop::sample::select(vec!["wecom", "dingtalk", "wecom:duty"]).prop_map(channel_mark),
        1u32..36u32.pow(5),
    ];
    let told = (prop::option::of(any_level()), any::<[bool; 4]>(), 0u32..7, any::<u32>());
    let failed = prop::option::of((1u32..36, any::<u32>(), 0u32..36 * 36));
    (channel, told, failed).prop_map(|(channel, (told, flags, steps, at), failed)| {
        let [unstable, ring, throttled, unsure] = flags;
        let (tries, next, credential) = failed.unwrap_or_default();
        let ring = ring || (told.is_none() && tries == 0);
        let failed = Heard { tries, next, credential, ..Heard::default() };
        Heard { channel, told, unstable, ring, throttled, unsure, steps, at, ..failed }
    })
}

/// Any state that can stand in a text, likely and not.
fn any_state() -> impl Strategy<Value = State<'static>> {
    let level = || prop::option::of(any_level());
    let levels = (level(), level(), level());
    let gap = prop_oneof![0u32..10_000, 0u32..1_679_000];
    let changes = (any::<u32>(), prop::collection::vec(gap, 0..9));
    let times = (any::<u32>(), any::<u32>(), any::<u32>(), changes);
    let counts = (any::<[bool; 3]>(), 0u32..7, 0u32..46_656, 0u32..46_656);
    let ledger = prop::collection::vec(any_heard(), 0..=CHANNELS_MAX);
    (levels, times, counts, ledger).prop_map(|(levels, times, counts, ledger)| {
        let (level, worst, acked) = levels;
        let (since, first, ack_at, (newest, gaps)) = times;
        let ([unstable, listed, missing], steps, messages, flips) = counts;
        let mut state =
            State { level, worst, acked, unstable, listed, missing, ..State::default() };
        (state.since, state.first, state.ack_at) = (since, first, ack_at);
        (state.steps, state.messages, state.flips) = (steps, messages, flips);
        let mut at = Some(newest);
        for (slot, gap) in state.changes.iter_mut().zip(gaps) {
            *slot = at.unwrap_or(0);
            at = at.and_then(|at| at.checked_sub(gap)).filter(|at| *at > 0);
        }
        for heard in ledger {
            state.note(heard);
        }
        state
    })
}

/// A text of the version before, of this alarm; its times lie around the time of these tests.
fn any_text_before() -> impl Strategy<Value = String> {
    let level = || 0u32..6;
    let time = || prop_oneof![Just(0u32), SATURDAY - 90_000..SATURDAY + 9_000];
    let head = (level(), level(), level(), level(), 0u32..2, 0u32..64, 0u32..100);
    (head, prop::collection::vec(time(), 12)).prop_map(|(head, times)| {
        let (holds, told, peak, worst, unstable, steps, count) = head;
        let head = [holds, told, peak, worst, unstable, 0, steps, count, count];
        let mut text = String::from("1.tschsr.");
        for n in head.iter().chain(&times) {
            text.push_str(&base_36(*n));
            text.push('.');
        }
        text + "Overheat"
    })
}

fn base_36(n: u32) -> String {
    let digit = char::from_digit(n % 36, 36).expect("a digit").to_string();
    if n < 36 { digit } else { base_36(n / 36) + &digit }
}

/// Settings as people may type them, sound, faulty and absurd.
fn any_setting() -> impl Strategy<Value = String> {
    let pieces = vec![
        "urgent",
        "high",
        "*",
        "=",
        "=",
        ";",
        ",",
        "-",
        ":",
        "/",
        " ",
        "15m",
        "1s",
        "366d",
        "always",
        "change",
        "off",
        "mon",
        "sun",
        "22:00-07:00",
        "00:00-24:00",
        "@all",
        "user:a",
        "wecom",
        "none",
        "2026-11-21",
        "T",
        "Z",
        "+08:00",
        "99999999999999999999",
        "；",
        "＝",
        "é",
        "\0",
        "true",
        "overheat",
        "5/30m,30m",
    ];
    prop_oneof![
        prop::collection::vec(prop::sample::select(pieces), 0..8).prop_map(|p| p.concat()),
        ".{0,40}"
    ]
}

fn any_texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any_setting(), POLICY.len())
}

/// A text for each policy setting.
fn policy_texts(texts: &[String]) -> Texts<'_> {
    POLICY.iter().zip(texts).map(|(row, text)| (row.key.name, text.as_str())).collect()
}

proptest! {
    #[test]
    fn any_text_as_state_and_any_setting_decide_without_panic(
        text in prop_oneof![".{0,300}", "[12]\\.[0-9a-z.]{0,120}", "[12]\\.tschsr\\.[0-9a-z.]{0,250}",
            any_state().prop_map(|s| s.text(NAME)), any_text_before()],
        texts in any_texts(), call in any_call(), level in any_level(),
        now in prop_oneof![any::<u32>(), SATURDAY - 9_000..SATURDAY + 9_000], listed in any::<Option<bool>>(),
        offset in -1000i32..1000, name in prop_oneof![Just(NAME.to_string()), ".{0,40}"], title in ".{0,200}",
        named in any::<bool>(), told in any::<[bool; 3]>(),
    ) {
        let texts = policy_texts(&texts);
        let mut reader = Reader::new(now, offset);
        let rules = Rules::read(&texts, &mut reader);
        for fault in &reader.faults {
            prop_assert!(!fault.piece.is_empty() && fault.sentence().contains(&fault.setting));
        }
        let stored = State::read(&text, NAME);
        let mut alarm = observe(&Situation { call, name: &name, level, now, listed, title: &title }, &rules, stored);
        if let Some((_, heard)) = alarm.state.told_all {
            alarm.adopt(["wecom", "dingtalk"].map(channel_mark).into_iter(), heard);
        }
        for (channel, told) in ["wecom", "dingtalk", "other"].into_iter().zip(told) {
            let heard = alarm.state.heard(channel_mark(channel));
            if let Some(event) = due(&heard, &alarm, named, &rules) {
                let level = alarm.state.level.max(heard.told).unwrap_or(High);
                let held = wait(&heard, &alarm, level, &rules, 0);
                prop_assert!(event != Event::Recovered || heard.is_owed(), "the end of what it never heard of");
                match held {
                    Some(_) => {}
                    None if told => alarm.told(heard, false),
                    None => alarm.untold(heard, MINUTE),
                }
            }
            alarm.lasted();
            alarm.unchanged_for();
        }
        if let Some(text) = alarm.text(&name) {
            prop_assert!(text.len() <= LIMIT);
            let read = State::read(&text, &name);
            prop_assert!(read.is_some(), "{text:?}");
            prop_assert_eq!(State::level(&text, &name), alarm.state.level);
            prop_assert_eq!(read.unwrap().text(&name), text);
        }
        prop_assert!(rules.ack.dated(now).is_none_or(|text| text.len() > 3));
    }

    #[test]
    fn a_state_returns_from_its_text(state in any_state(), name in ".{0,40}", title in ".{0,100}") {
        let mut state = State { title: &title, ..state };
        let text = state.text(&name);
        prop_assert!(text.len() <= LIMIT);
        let read = State::read(&text, &name).expect("own text");
        prop_assert_eq!(read.text(&name), text.clone());
        if read.ledger != state.ledger {
            // Its room is short, so those that failed are tried at once.
            prop_assert!(state.ledger.len() > 6);
            for heard in &mut state.ledger {
                (heard.tries, heard.next, heard.credential) = (0, 0, 0);
            }
            state.ledger.retain(Heard::is_owed);
        }
        prop_assert!(title.starts_with(read.title) && (read.title == title || text.len() > LIMIT - 4));
        prop_assert_eq!(&read, &State { title: read.title, ..state });
    }

    /// Whatever is stored, a call that raises the alarm is either told or held for a reason that was asked for: each
    /// channel by itself.
    #[test]
    fn a_raise_is_told_unless_something_was_asked_to_hold_it(
        state in prop::option::of(any_state()), level in any_level(), now in 1_000_000u32.., texts in any_texts(),
    ) {
        let texts = policy_texts(&texts);
        let rules = Rules::read(&texts, &mut Reader::new(now, 0));
        let situation = Situation { call: Call::New, name: NAME, level, now, listed: None, title: "" };
        let is_stored = state.is_some();
        let alarm = observe(&situation, &rules, state);
        prop_assert_eq!(alarm.state.level, Some(level));
        for channel in ["wecom", "dingtalk", "wecom:duty", "other"] {
            let heard = alarm.state.heard(channel_mark(channel));
            match due(&heard, &alarm, true, &rules) {
                None if heard.unstable => {
                    prop_assert!(alarm.state.unstable && heard.told >= Some(level));
                }
                None => {
                    prop_assert!(!alarm.state.unstable);
                    prop_assert_eq!(heard.told, Some(level), "silent without a reason");
                }
                Some(_) => match wait(&heard, &alarm, level, &rules, 0) {
                    Some(Hold::Muted) => prop_assert!(now < rules.mute_until.0),
                    Some(Hold::Quiet) => prop_assert!(rules.quiet.covers(level)),
                    Some(Hold::BackOff(at)) => {
                        prop_assert!(at > now && heard.tries > 0 && heard.credential == 0);
                        // Who corrects its credential need not wait.
                        prop_assert_eq!(wait(&heard, &alarm, level, &rules, 1), None);
                    }
                    None => {}
                },
            }
            // Nothing is ever held on the ground of a state that is not there.
            if !is_stored && now >= rules.mute_until.0 && rules.quiet.0 == 0 {
                prop_assert_eq!(due(&heard, &alarm, true, &rules), RAISED);
                prop_assert_eq!(wait(&heard, &alarm, level, &rules, 0), None);
            }
        }
    }

    /// A week of calls at any distance with state that survives: no message twice inside the repeat time,
    /// no end without a raise, no write without a change or a message.
    #[test]
    fn messages_of_a_long_line_never_repeat_early(
        calls in prop::collection::vec((any_call(), any_level(), 1u32..4000), 1..80),
        repeat in prop::sample::select(vec!["change", "10m", "1h", "urgent=15m;high=1h;*=4h"]),
        flapping in prop::sample::select(vec!["off", "3/10m,20m", "5/30m,30m", "5/90m,45m"]),
        quiet in prop::sample::select(vec!["off", "22:00-07:00=low,mid", "12:00-13:00=*"]),
        escalate in prop::sample::select(vec!["off", "15m=@all;1h=wecom"]),
    ) {
        let mut line = line(&[("notify_repeat", repeat), ("notify_flapping", flapping), ("notify_quiet", quiet),
            ("notify_escalate", escalate)]);
        let texts = Texts::from_iter([("notify_repeat", repeat)]);
        let times = Rules::read(&texts, &mut Reader::new(0, 0)).repeat.0;
        let mut now = SATURDAY;
        let mut last: Option<(Event, Option<Level>, bool, u32)> = None;
        let mut told = None;
        for (call, level, step) in calls {
            now += step;
            let before = line.text.and_then(|text| State::read(text, NAME));
            let seen = line.decide(now, call, level);
            if let Some(event) = seen.event {
                if let (Some((old, at_level, unstable, at)), Some(level)) = (last, seen.level())
                    && old == event && unstable == seen.state.unstable && at_level == Some(level) && event != Event::Escalated
                {
                    let repeat = times[level as usize];
                    prop_assert!(repeat != Repeat::CHANGE || event == Event::Raised, "{event:?} twice");
                    prop_assert!(repeat == Repeat::CHANGE || now - at >= repeat);
                }
                if let (Event::Reminder, true, Some((.., at))) = (event, seen.state.unstable, last) {
                    prop_assert!(now - at >= UNSTABLE_REPEAT);
                }
                prop_assert!(event != Event::Recovered || told.is_some(), "the end of what nobody heard of");
                prop_assert!(call != Call::Tick || before.is_some(), "a tick without state");
                // Whom it was told that it is unstable may hear of the end of any of its levels.
                told = seen.level().or(seen.state.unstable.then_some(level));
                last = Some((event, seen.level(), seen.state.unstable, now));
            }
            let text = seen.text(true);
            if seen.event.is_none() && before.as_ref() == Some(&seen.state) {
                prop_assert_eq!(&text, &None, "written without a change");
            }
            if text.is_some() {
                line.store(text);
            }
        }
    }

    /// What a quiet time or a mute held is told, once, by the first call after it.
    #[test]
    fn what_holds_when_a_mute_ends_is_told_once(
        calls in prop::collection::vec((any_call(), any_level()), 1..12), tick in any::<bool>(), level in any_level(),
    ) {
        let mut line = line(&[("notify_mute_until", "2026-11-21 02:00"), ("notify_flapping", "5/30m,30m")]);
        for (i, (call, level)) in calls.iter().enumerate() {
            prop_assert_eq!(line.run(i as i32 * 9, *call, *level).event, None);
        }
        prop_assert_eq!(line.raise(119, level), None);
        let after = line.run(120, if tick { Call::Tick } else { Call::New }, level);
        let event = if after.state.unstable { UNSTABLE } else { RAISED };
        prop_assert!(after.event == event && after.level() == Some(level), "{:?}", after.event);
        prop_assert_eq!(line.raise(121, level), None);
        prop_assert_eq!(line.clear(200), if event == RAISED { RECOVERED } else { STABLE });
        prop_assert_eq!(line.clear(300), None);
    }

    /// Whatever was held or failed in whatever order: once nothing holds it any more, each channel that the alarm is for
    /// was told what holds, and each that heard of it was told its end.
    #[test]
    fn in_the_end_people_know_what_holds(
        calls in prop::collection::vec((any_call(), any_level(), 0i32..200, any::<bool>(), 0usize..8), 1..40),
        repeat in prop::sample::select(vec!["change", "10m", "1h", "always"]),
        flapping in prop::sample::select(vec!["off", "3/1h,20m", "5/30m,30m", "5/90m,45m"]),
        routes in prop::sample::select(vec!["*=a,b", "urgent=a,b;*=a", "urgent=b;high=c;*=a", "low=none;*=a,b,c"]),
        escalate in prop::sample::select(vec!["off", "15m=@all,c;1h=b"]),
        stand_in in any::<bool>(),
    ) {
        const NAMES: [&str; 3] = ["a", "b", "c"];
        let mut hall = hall(&NAMES, &[("notify_repeat", repeat), ("notify_flapping", flapping),
            ("notify_routes", routes), ("notify_escalate", escalate)]);
        if stand_in {
            hall.stand_ins = vec!["c"];
        }
        // What each believes: nothing, a level, or (while it is unstable) anything.
        let mut said: [Option<Option<Level>>; 3] = [Some(None); 3];
        let mut heard = [0; 3];
        let hear = |hall: &Hall, told: &[(&'static str, Event)], said: &mut [Option<Option<Level>>; 3],
                    heard: &mut [u32; 3]| {
            for (channel, event) in told {
                let at = NAMES.iter().position(|name| name == channel).unwrap();
                let news = matches!(event, Event::Raised | Event::Escalated | Event::Unstable);
                prop_assert!(news || said[at] != Some(None), "{channel} heard nothing, and hears {event:?}");
                prop_assert!(*event != Event::Stable || said[at].is_none());
                let state = hall.state();
                said[at] = (!state.unstable).then_some(state.level);
                heard[at] += 1;
            }
            let mut channels: Vec<_> = told.iter().map(|(channel, _)| channel).collect();
            channels.dedup();
            prop_assert_eq!(channels.len(), told.len(), "one message at a time");
            Ok(())
        };
        let mut minute = 0;
        for (call, level, wait, muted, down) in calls {
            minute += wait;
            hall.line.set("notify_mute_until", if muted { "2099-01-01" } else { "off" });
            hall.down = NAMES.iter().enumerate().filter(|(at, _)| down >> at & 1 == 1).map(|(_, name)| *name).collect();
            let told = hall.run(minute, call, level);
            prop_assert!(!muted || told.is_empty());
            prop_assert!(told.iter().all(|(channel, _)| !hall.down.contains(channel)));
            hear(&hall, &told, &mut said, &mut heard)?;
        }
        hall.line.set("notify_mute_until", "off");
        hall.down.clear();
        let told = hall.run(minute + 60, Call::Tick, Mid);
        hear(&hall, &told, &mut said, &mut heard)?;
        prop_assert_eq!(hall.run(minute + 61, Call::Tick, Mid), vec![], "once");
        let Some(state) = hall.line.text.and_then(|text| State::read(text, NAME)) else { return Ok(()) };
        prop_assert!(!state.unstable);
        for (at, channel) in NAMES.iter().enumerate() {
            let concerns = match state.level {
                None => false,
                Some(level) => {
                    let texts = Texts::from_iter([("notify_routes", routes), ("notify_escalate", escalate)]);
                    let rules = Rules::read(&texts, &mut Reader::new(0, 0));
                    let mut listed: Vec<&str> = rules.routes.channels(level).unwrap().collect();
                    for item in rules.escalation.items(0..state.steps) {
                        if let Item::Channel(channel) = item {
                            listed.push(channel);
                        }
                    }
                    listed.contains(channel)
                }
            };
            let knows = said[at] == Some(state.level);
            // Who is not meant need not know before it is over: it was told nothing since the last end, or that it was
            // unstable before this raise.
            let was_unstable = said[at].is_none() && state.heard(channel_mark(channel)).unsure;
            let may_wait = !concerns && (said[at] == Some(None) || was_unstable);
            prop_assert!(knows || may_wait, "{channel} believes {:?}", said[at]);
        }
        let told = hall.clear(minute + 62);
        hear(&hall, &told, &mut said, &mut heard)?;
        let told = hall.run(minute + 122, Call::Tick, Mid);
        hear(&hall, &told, &mut said, &mut heard)?;
        prop_assert_eq!(said, [Some(None); 3], "who heard of it hears of its end");
        prop_assert!(heard.iter().all(|heard| *heard != 1), "who hears of an end heard of a raise");
    }
}
