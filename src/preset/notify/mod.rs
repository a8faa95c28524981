//! `notify`: one message per change, through every channel that the organization's routes name.
//! It composes the stages: what holds (`policy::observe`), what each channel is due (`policy::due`), what it is told
//! (`notice`), who hears of it (`audience`), how it is sent (`delivery`), what is remembered of that (`order`).

mod audience;
mod notice;
mod order;

use alloc::vec::Vec;

use super::Method;
use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::channel::{CHANNELS, TABLES};
use crate::delivery::{Delivery, Job, OwnWay, Part, Sending};
use crate::host::{Host, Source};
use crate::message::lang::Lang;
use crate::policy::{self, Call, Event, Heard, Hold, Observed, Rules, Situation, State};
use crate::settings::{self, Reader, Texts};
use crate::text::ITEM;
use crate::time;

use audience::Audience;
use notice::{Extras, Notice, Own};

/// This method's row.
pub const METHOD: Method = Method {
    name: "notify",
    channels: TABLES,
    params: &["name", "action", "title", "level", "desc", "channels"],
    settings: settings::GROUPS,
    alarms: true,
    calls: true,
    states: true,
    telemetry: true,
    set: "notify_routes, and what its channels need (wecom_webhook_url, dingtalk_token, …)",
};

/// An alarm of this call.
pub struct Tracked<'h> {
    alarm: Alarm<'h>,
    now: Observed<'h>,
    /// Whether anything was remembered of it.
    stored: bool,
}

/// What a channel is due of an alarm.
pub struct Due<'h> {
    /// Which alarm of the call.
    about: usize,
    channel: &'h str,
    heard: Heard,
    /// The mark of its credential.
    credential: u32,
    event: Event,
    part: Part,
    own: Own,
}

/// `params`: `name`, `action` (`new`, `clear`, `tick`), `title`, `level`, `desc`, `channels`, and any
/// setting that may come from params.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    // Without a title of its own a call speaks of the alarm by the title that is remembered.
    let alarm = Alarm { title: host.param("title").unwrap_or(""), ..Alarm::read(host) };
    let call = match alarm.action {
        "new" => Call::New,
        "clear" => Call::Clear,
        "tick" => Call::Tick,
        _ => return Ok(()),
    };
    let offset = super::offset(host, out);
    let texts = Texts::read(host, &[Rules::KEYS, Sending::KEYS]);
    let mut reader = Reader::new(host.seconds().0, offset.unwrap_or(0));
    let sending = Sending::read(&texts, &mut reader);
    let rules = Rules::read(&texts, &mut reader);
    out.faults(&reader);
    let own_way = OwnWay { confirm: true, cache: true };
    let mut delivery = Delivery::new(host, CHANNELS, sending, own_way);
    let notice = Notice {
        host,
        lang: Lang::read(host),
        time: time::stamp(host.seconds(), offset),
        extras: Extras::read(host, out),
    };
    let audience = Audience::new(host, &rules, sending.fallback);

    let mut tracked = Vec::new();
    for alarm in alarms(host, call, alarm) {
        tracked.push(track(host, call, &rules, &audience, alarm, out));
    }
    let mut dues = Vec::new();
    for (about, alarm) in tracked.iter().enumerate() {
        due_to_all(about, alarm, &rules, &audience, &notice, &mut dues, out)?;
    }
    let dues = worst_first(dues, &tracked);
    let jobs: Vec<Job> =
        dues.iter().filter_map(|due| job(due, &tracked, &audience, &notice)).collect();
    let fates = delivery.send(&jobs, out)?;
    drop(jobs);
    if let Some(dated) = rules.ack.dated(host.seconds().0) {
        delivery.wire.store(policy::ACK.into(), dated);
    }
    order::act(delivery, tracked, dues, fates, out);
    Ok(())
}

/// The alarms of this call. On a tick, those that the platform lists as active, which has the better words, and those
/// that are known from their states alone. (A hashed key holds no name, so such an alarm waits for its next uplink.)
fn alarms<'h>(host: &'h Host, call: Call, alarm: Alarm<'h>) -> Vec<Alarm<'h>> {
    if call != Call::Tick {
        return Vec::from([alarm]);
    }
    let mut alarms = Vec::new();
    let mut keys = Vec::new();
    for entry in host.all(Source::Alarm) {
        let (level, rest) = entry.value.split_once(ITEM).unwrap_or((entry.value, ""));
        let (title, desc) = rest.split_once(ITEM).unwrap_or((rest, ""));
        keys.push(policy::key(entry.name));
        alarms.push(Alarm { name: entry.name, action: "", title, level, desc });
    }
    for entry in host.all(Source::State) {
        if let Some(name) = entry.name.strip_prefix(policy::PREFIX)
            && entry.name != policy::ACK
            && !keys.iter().any(|key| key == entry.name)
        {
            alarms.push(Alarm { name, action: "", title: "", level: "", desc: "" });
        }
    }
    alarms
}

/// What holds and what changed.
fn track<'h>(
    host: &'h Host,
    call: Call,
    rules: &Rules,
    audience: &Audience,
    alarm: Alarm<'h>,
    out: &mut Outcome,
) -> Tracked<'h> {
    let level = Level::from_word(alarm.level).unwrap_or_else(|| {
        if call == Call::New {
            out.warn("the level is none of low, mid, high, urgent: taken as high.".into());
        }
        Level::High
    });
    let situation = Situation {
        call,
        name: alarm.name,
        level,
        now: host.seconds().0,
        listed: host.is("alarms").then(|| alarm.is_active(host)),
        title: alarm.title,
    };
    let stored = host
        .get(Source::State, &policy::key(alarm.name))
        .and_then(|text| State::read(text, alarm.name));
    let is_stored = stored.is_some();
    let mut now = policy::observe(&situation, rules, stored);
    if let Some((level, heard)) = now.state.told_all {
        let channels = audience.listed(level, now.state.steps);
        now.adopt(channels.into_iter().map(policy::channel_mark), heard);
    }
    Tracked { alarm, now, stored: is_stored }
}

/// What is due of one alarm, channel by channel; and to those who would stand in for one that fails.
fn due_to_all<'h>(
    about: usize,
    alarm: &Tracked<'h>,
    rules: &Rules,
    audience: &Audience<'h, '_>,
    notice: &Notice,
    dues: &mut Vec<Due<'h>>,
    out: &mut Outcome,
) -> Result<(), Stop> {
    let now = &alarm.now;
    let listed = match now.state.level {
        Some(level) => audience.narrowed(audience.listed(level, now.state.steps), out),
        None => Vec::new(),
    };
    if now.state.level.is_some() && listed.is_empty() && audience.is_nobody() {
        return Err(audience.nobody());
    }
    let first = dues.len();
    for channel in audience.everyone(&listed) {
        let heard = now.state.heard(policy::channel_mark(channel));
        let ring = heard.ring && now.state.level.is_some() && !now.acknowledged();
        let (event, part) = match policy::due(&heard, now, listed.contains(&channel), rules) {
            Some(event) => (event, Part::Message),
            None if ring => (Event::Reminder, Part::Ring),
            None => continue,
        };
        let level = now.state.level.max(heard.told).unwrap_or(Level::High);
        let credential = audience.credential(channel);
        let part = match policy::wait(&heard, now, level, rules, credential) {
            None => part,
            // What is urgent is told by somebody else at once; low and mid can wait for a service that is only busy.
            Some(Hold::BackOff(_)) => Part::Rest(!heard.throttled || level >= Level::High),
            Some(Hold::Muted | Hold::Quiet) => continue,
        };
        let own = notice.own_words(event, &heard, now);
        dues.push(Due { about, channel, heard, credential, event, part, own });
    }
    if dues.len() == first {
        return Ok(());
    }
    for channel in audience.fallback() {
        let is_due = |due: &Due| due.channel == channel;
        let heard = now.state.heard(policy::channel_mark(channel));
        let credential = audience.credential(channel);
        let level = now.state.level.max(heard.told).unwrap_or(Level::High);
        if let Some(event) = policy::due(&heard, now, true, rules)
            && !dues.iter().skip(first).any(is_due)
            && policy::wait(&heard, now, level, rules, credential).is_none()
        {
            let own = notice.own_words(event, &heard, now);
            let part = Part::StandIn;
            dues.push(Due { about, channel, heard, credential, event, part, own });
        }
    }
    Ok(())
}

/// The messages in the order of their levels.
fn worst_first<'h>(dues: Vec<Due<'h>>, tracked: &[Tracked]) -> Vec<Due<'h>> {
    let mut ordered = Vec::new();
    let mut left = dues;
    for level in Level::ALL.into_iter().rev() {
        let (these, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|due| level_of(due, tracked) == Some(level));
        ordered.extend(these);
        left = others;
    }
    ordered.extend(left);
    ordered
}

/// The level that a message is about.
fn level_of(due: &Due, tracked: &[Tracked]) -> Option<Level> {
    let holds = tracked.get(due.about).and_then(|alarm| alarm.now.state.level);
    holds.max(due.heard.told)
}

fn job<'m>(
    due: &'m Due,
    tracked: &'m [Tracked],
    audience: &Audience<'m, '_>,
    notice: &'m Notice,
) -> Option<Job<'m>> {
    let alarm = tracked.get(due.about)?;
    Some(Job {
        channel: due.channel,
        message: notice.message(due.event, &alarm.now, &alarm.alarm, &due.own),
        mentions: audience.rung(due, &alarm.now),
        about: due.about,
        part: due.part,
        pressing: level_of(due, tracked) >= Some(Level::High),
        tries: due.heard.tries,
    })
}
