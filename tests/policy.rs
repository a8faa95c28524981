//! The policy as its users see it: timelines of one alarm, settings as typed, and properties over any
//! state and input. What a message looks like is tested elsewhere.

use proptest::prelude::*;
use tkl_notify::alarm::Level::{self, High, Low, Mid, Urgent};
use tkl_notify::policy::{
    Ack, CHANNELS_MAX, Call, Event, Heard, Hold, Item, LIMIT, Observed, POLICY, Repeat, Rules,
    Situation, State, WAIT_MAX, channel_mark, due, observe, wait,
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

    /// What the channel is due at a moment, nothing stored yet.
    #[track_caller]
    fn decide(&self, now: u32, call: Call, level: Level) -> Seen {
        let texts: Texts =
            self.settings.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let mut reader = Reader::new(now, 0);
        let rules = Rules::read(&texts, &mut reader);
        assert_eq!(reader.faults, [], "the settings of a timeline are sound");
        let situation =
            Situation { call, name: NAME, level, now, listed: self.active, title: "Overheat" };
        let mut alarm =
            observe(&situation, &rules, self.text.and_then(|text| State::read(text, NAME)));
        let channel = channel_mark("wecom");
        if let Some((_, heard)) = alarm.state.told_all {
            alarm.adopt([channel].into_iter(), heard);
        }
        let heard = alarm.state.heard(channel);
        let due = due(&heard, &alarm, true, &rules);
        let route = alarm.state.level.max(heard.told).unwrap_or(level);
        let held = due.and_then(|_| wait(&heard, &alarm, route, &rules, 0));
        let event = due.filter(|_| held.is_none());
        let lasted = alarm.lasted();
        let dated = rules.ack.dated(now);
        let new_steps = event.map_or(0, |_| alarm.state.steps - heard.steps.min(alarm.state.steps));
        let state = alarm.state.clone();
        Seen { event, held, route, lasted, state, new_steps, heard, alarm, dated }
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
            Some(_) => alarm.untold(self.heard, 60, false, 0),
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
}

#[test]
fn changes_outside_the_window_are_not_flapping() {
    let mut line = line(&[("notify_flapping", "3/30m")]);
    for minute in (0..400).step_by(40) {
        assert_eq!(line.raise(minute, High), RAISED);
        assert_eq!(line.clear(minute + 20), RECOVERED);
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
    assert_eq!(line.tick(40), None);
    assert_eq!(line.raise(41, High), RAISED, "told changes do not count again");
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
        line(&[("notify_quiet", "22:00-07:00=mid"), ("notify_escalate", "15m=@user:lead")]);
    assert_eq!(line.raise(23 * 60, Mid), None);
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
    for item in
        ["zhang", "user:", "user:a b", "user:<x>", "mobile:138x", "mobile:", "everyone", "all:x"]
    {
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
    });
    assert_eq!(fault("notify_escalate", "15m"), owned("15m", Kind::BINDING));
    assert_eq!(fault("notify_escalate", "15=@all"), owned("15", Kind::DURATION));
    assert_eq!(fault("notify_escalate", "15m=@lead"), owned("@lead", Kind::MENTION));
    assert_eq!(fault("notify_escalate", "15m=ding talk"), owned("ding talk", Kind::CHANNEL));
    let seven = "1m=a;2m=a;3m=a;4m=a;5m=a;6m=a;7m=a";
    assert_eq!(fault("notify_escalate", seven), owned("7m=a", Kind::STEPS));
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

/// Any state that can stand in a text, likely and not.
fn any_state() -> impl Strategy<Value = State<'static>> {
    let level = || prop::option::of(any_level());
    let levels = (level(), level(), level(), level());
    let times = (any::<u32>(), any::<u32>(), any::<u32>(), any::<[u32; 9]>());
    let counts = (any::<bool>(), any::<bool>(), 0u32..64, 0u32..46_656, 0u32..46_656);
    (levels, times, counts).prop_map(|(levels, (since, first, sent, changes), counts)| {
        let (level, told, peak, worst) = levels;
        let (unstable, old_ack, steps, messages, flips) = counts;
        State {
            level,
            told,
            peak,
            worst,
            unstable,
            old_ack,
            steps,
            messages,
            flips,
            since,
            first,
            sent,
            changes,
            title: "",
        }
    })
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
        text in prop_oneof![".{0,300}", "1\\.[0-9a-z.]{0,120}", any_state().prop_map(|s| s.text(NAME))],
        texts in any_texts(), call in any_call(), level in any_level(), now in any::<u32>(),
        active in any::<bool>(), offset in -1000i32..1000, name in ".{0,40}", title in ".{0,200}",
    ) {
        let texts = policy_texts(&texts);
        let mut reader = Reader::new(now, offset);
        let rules = Rules::read(&texts, &mut reader);
        for fault in &reader.faults {
            prop_assert!(!fault.piece.is_empty() && fault.sentence().contains(&fault.setting));
        }
        let stored = State::read(&text, NAME);
        let decision = decide(&Situation { call, name: &name, level, now, active, title: &title }, &rules, stored);
        for sent in [false, true] {
            if let Some(text) = decision.text(&name, sent) {
                prop_assert!(text.len() <= LIMIT);
                prop_assert!(State::read(&text, &name).is_some(), "{text:?}");
            }
        }
        prop_assert!(decision.event.is_none() || decision.held.is_none());
    }

    #[test]
    fn a_state_returns_from_its_text(state in any_state(), name in ".{0,40}", title in ".{0,100}") {
        let state = State { title: &title, ..state };
        let text = state.text(&name);
        prop_assert!(text.len() <= LIMIT);
        let read = State::read(&text, &name).expect("own text");
        prop_assert_eq!(read.text(&name), text.clone());
        prop_assert!(title.starts_with(read.title) && (read.title == title || text.len() > LIMIT - 4));
        prop_assert_eq!(read, State { title: read.title, ..state });
    }

    /// Whatever is stored, a call that raises the alarm is either told or held for a reason that was asked for.
    #[test]
    fn a_raise_is_told_unless_something_was_asked_to_hold_it(
        state in prop::option::of(any_state()), level in any_level(), now in 1_000_000u32.., texts in any_texts(),
    ) {
        let texts = policy_texts(&texts);
        let rules = Rules::read(&texts, &mut Reader::new(now, 0));
        let situation = Situation { call: Call::New, name: NAME, level, now, active: false, title: "" };
        let decision = decide(&situation, &rules, state);
        let told = state.is_some_and(|s| s.told == Some(level));
        let unstable = state.is_some_and(|s| s.unstable);
        if decision.event.is_none() && !told {
            match decision.held {
                Some(Hold::Muted) => prop_assert!(now < rules.mute_until.0),
                Some(Hold::Quiet) => prop_assert!(rules.quiet.covers(decision.route)),
                Some(Hold::Unstable) => prop_assert!(unstable),
                None => prop_assert!(false, "silent without a reason"),
            }
        }
        // Nothing is ever held on the ground of a state that is not there.
        if state.is_none() && now >= rules.mute_until.0 && rules.quiet.0 == 0 {
            prop_assert_eq!(decision.event, Some(Event::Raised));
        }
    }

    /// A week of calls at any distance with state that survives: no message twice inside the repeat time,
    /// no end without a raise, no write without a change or a message.
    #[test]
    fn messages_of_a_long_line_never_repeat_early(
        calls in prop::collection::vec((any_call(), any_level(), 1u32..4000), 1..80),
        repeat in prop::sample::select(vec!["change", "10m", "1h", "urgent=15m;high=1h;*=4h"]),
        flapping in prop::sample::select(vec!["off", "3/10m,20m", "5/30m,30m"]),
        quiet in prop::sample::select(vec!["off", "22:00-07:00=low,mid", "12:00-13:00=*"]),
        escalate in prop::sample::select(vec!["off", "15m=@all;1h=wecom"]),
    ) {
        let mut line = line(&[("notify_repeat", repeat), ("notify_flapping", flapping), ("notify_quiet", quiet),
            ("notify_escalate", escalate)]);
        let texts = Texts::from_iter([("notify_repeat", repeat)]);
        let times = Rules::read(&texts, &mut Reader::new(0, 0)).repeat.0;
        let mut now = SATURDAY;
        let mut last: Option<(Event, Option<Level>, u32)> = None;
        let mut told = None;
        for (call, level, step) in calls {
            now += step;
            let before = line.text.and_then(|text| State::read(text, NAME));
            let decision = line.decide(now, call, level);
            if let Some(event) = decision.event {
                if let (Some((old, at_level, at)), Some(level)) = (last, decision.level())
                    && old == event && at_level == Some(level) && event != Event::Escalated
                {
                    prop_assert!(times[level as usize] != Repeat::CHANGE || event == Event::Raised, "{event:?} twice");
                    prop_assert!(times[level as usize] == Repeat::CHANGE || now - at >= times[level as usize]);
                }
                prop_assert!(event != Event::Recovered || told.is_some(), "the end of what nobody heard of");
                prop_assert!(call != Call::Tick || before.is_some(), "a tick without state");
                told = decision.level();
                last = Some((event, decision.level(), now));
            }
            let text = decision.text(true);
            if decision.event.is_none() && before.is_some_and(|s| s.level == decision.level()) {
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
        let mut line = line(&[("notify_mute_until", "2026-11-21 02:00")]);
        for (i, (call, level)) in calls.iter().enumerate() {
            prop_assert_eq!(line.run(i as i32 * 9, *call, *level).event, None);
        }
        prop_assert_eq!(line.raise(119, level), None);
        let after = line.run(120, if tick { Call::Tick } else { Call::New }, level);
        prop_assert!(after.event == RAISED && after.level() == Some(level));
        prop_assert_eq!(line.raise(121, level), None);
        prop_assert_eq!(line.clear(200), RECOVERED);
    }

    /// Whatever was held in whatever order: once nothing holds it any more, people have been told what holds.
    #[test]
    fn in_the_end_people_know_what_holds(
        calls in prop::collection::vec((any_call(), any_level(), 0i32..200, any::<bool>()), 1..40),
        repeat in prop::sample::select(vec!["change", "10m", "1h", "always"]),
        flapping in prop::sample::select(vec!["off", "3/1h,20m", "5/30m,30m"]),
    ) {
        let mut line = line(&[("notify_repeat", repeat), ("notify_flapping", flapping)]);
        let (mut minute, mut said) = (0, None);
        for (call, level, wait, muted) in calls {
            minute += wait;
            line.set("notify_mute_until", if muted { "2099-01-01" } else { "off" });
            let decision = line.run(minute, call, level);
            prop_assert!(!muted || decision.event.is_none());
            if decision.event.is_some() {
                said = decision.level();
            }
        }
        line.set("notify_mute_until", "off");
        let decision = line.run(minute + 60, Call::Tick, Mid);
        if decision.event.is_some() {
            said = decision.level();
        }
        prop_assert_eq!(said, decision.level());
        prop_assert_eq!(line.tick(minute + 61), None, "once");
    }
}
