//! `notify`: one message per change, through every channel that the organization's routes name.
//! It composes the stages: what holds (`policy::observe`), what each channel is due (`policy::due`), what it is told
//! (`notice`), who hears of it (`audience`), how it is sent (`delivery`), what is remembered of that (`order`).

mod audience;
mod notice;
mod order;
mod silence;

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

use audience::{Audience, Route};
use notice::{Extras, Notice, Own};
use silence::Silence;

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
#[derive(Clone, Copy)]
pub struct Due<'h> {
    /// Which alarm of the call.
    about: usize,
    channel: &'h str,
    heard: Heard,
    /// The mark of its credential.
    credential: u32,
    event: Event,
    part: Part,
    /// It is told since no channel of the level's route can be used.
    astray: bool,
}

/// Messages of one call to one channel from which on they are one digest.
const DIGEST_FROM: usize = 4;

/// What goes to a channel in one message, as places in the list of what is due: one alarm, or a digest of several, the
/// worst first.
type Letter = Vec<usize>;

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
    let robots = audience::robots(host);
    let audience = Audience::new(host, &rules, sending.fallback, &robots);

    let silence = Silence::read(host, &rules, call, &notice, offset);
    let mut all = alarms(host, call, alarm);
    if let Some(silence) = &silence {
        all.retain(|(_, alarm)| alarm.name != policy::NO_DATA);
        all.push(silence.alarm());
    }
    let mut tracked = Vec::new();
    for (call, alarm) in all {
        tracked.push(track(host, call, &rules, &audience, alarm, out));
    }
    let mut dues = Vec::new();
    for (about, alarm) in tracked.iter().enumerate() {
        due_to_all(about, alarm, &rules, &audience, &mut dues, out)?;
    }
    if dues.iter().any(|due| matches!(due.part, Part::Message | Part::Ring)) && audience.is_able() {
        audience.faults(out);
    }
    let letters = letters(&dues, &tracked);
    let owns: Vec<Own> =
        letters.iter().map(|letter| notice.own_words(letter, &dues, &tracked)).collect();
    let mut jobs = Vec::new();
    let mut sent = Vec::new();
    for (letter, own) in letters.into_iter().zip(&owns) {
        if let Some(job) = job(&letter, own, &dues, &tracked, &audience, &notice) {
            jobs.push(job);
            sent.push(letter);
        }
    }
    let fates = delivery.send(&jobs, out)?;
    drop(jobs);
    if let Some(dated) = rules.ack.dated(host.seconds().0) {
        delivery.wire.store(policy::ACK.into(), dated);
    }
    order::act(delivery, tracked, dues, sent.into_iter().zip(fates), out);
    Ok(())
}

/// The alarms of this call. On a tick, those that the platform lists as active, which has the better words, and those
/// that are known from their states alone. (A hashed key holds no name, so such an alarm waits for its next uplink; an
/// acknowledgement names an alarm of which there is no state.)
fn alarms<'h>(host: &'h Host, call: Call, alarm: Alarm<'h>) -> Vec<(Call, Alarm<'h>)> {
    if call != Call::Tick {
        return Vec::from([(call, alarm)]);
    }
    let mut alarms = Vec::new();
    let mut keys = Vec::new();
    for entry in host.all(Source::Alarm) {
        let (level, rest) = entry.value.split_once(ITEM).unwrap_or((entry.value, ""));
        let (title, desc) = rest.split_once(ITEM).unwrap_or((rest, ""));
        keys.push(policy::key(entry.name));
        alarms.push((call, Alarm { name: entry.name, action: "", title, level, desc }));
    }
    for entry in host.all(Source::State) {
        if let Some(name) = entry.name.strip_prefix(policy::PREFIX)
            && !keys.iter().any(|key| key == entry.name)
        {
            alarms.push((call, Alarm { name, action: "", title: "", level: "", desc: "" }));
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
        let route = audience.route(level, now.state.steps);
        now.adopt(route.channels.into_iter().map(policy::channel_mark), heard);
    }
    Tracked { alarm, now, stored: is_stored }
}

/// What is due of one alarm, channel by channel; and to those who would stand in for one that fails.
fn due_to_all<'h>(
    about: usize,
    alarm: &Tracked<'h>,
    rules: &Rules,
    audience: &Audience<'h, '_>,
    dues: &mut Vec<Due<'h>>,
    out: &mut Outcome,
) -> Result<(), Stop> {
    let now = &alarm.now;
    let mut route = Route { channels: Vec::new(), astray: false };
    if let Some(level) = now.state.level {
        route = audience.route(level, now.state.steps);
        if route.channels.is_empty() && audience.is_nobody(level) {
            return Err(audience.nobody());
        }
        audience.narrowed(&mut route, out);
    }
    let Route { channels: listed, astray } = route;
    // What it is due, and whether that must wait.
    let asked = |channel, listed| {
        let heard = now.state.heard(policy::channel_mark(channel));
        let ring = heard.ring && now.state.level.is_some() && !now.acknowledged();
        let (event, part) = match policy::due(&heard, now, listed, rules) {
            Some(event) => (event, Part::Message),
            None if ring => (Event::Reminder, Part::Ring),
            None => return None,
        };
        let level = now.state.level.max(heard.told).unwrap_or(Level::High);
        let credential = audience.credential(channel);
        let hold = policy::wait(&heard, now, level, rules, credential);
        Some((Due { about, channel, heard, credential, event, part, astray }, hold, level))
    };
    let first = dues.len();
    for channel in audience.everyone(&listed) {
        let is_listed = listed.contains(&channel);
        let Some((mut due, hold, level)) = asked(channel, is_listed) else { continue };
        if matches!(hold, Some(Hold::Muted | Hold::Quiet)) {
            continue;
        }
        if !audience.is_usable(channel) && audience.is_able() {
            // Nothing can be tried: a stand-in speaks for it, where the setting that is wrong is about this alarm.
            if !is_listed {
                continue;
            }
            due.part = Part::Rest(true);
        } else if hold.is_some() {
            // What is urgent is told by somebody else at once; low and mid can wait for a service that is only busy.
            due.part = Part::Rest(!due.heard.throttled || level >= Level::High);
        }
        dues.push(due);
    }
    if dues.len() == first {
        return Ok(());
    }
    for channel in audience.fallback() {
        if let Some((due, None, _)) = asked(channel, true)
            && due.part == Part::Message
            && dues.iter().skip(first).all(|other| other.channel != channel)
        {
            dues.push(Due { part: Part::StandIn, ..due });
        }
    }
    Ok(())
}

/// What goes out in one message each, the worst first.
fn letters(dues: &[Due], tracked: &[Tracked]) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    let same = |due: &Due, other: &Due| due.channel == other.channel && due.part == other.part;
    let many = |due: &Due| dues.iter().filter(|other| same(due, other)).count() >= DIGEST_FROM;
    let digest = dues.iter().any(many);
    let levels = Level::ALL.into_iter().rev().map(Some).chain([None]);
    for level in levels {
        for (at, due) in dues.iter().enumerate().filter(|(_, due)| level_of(due, tracked) == level)
        {
            let joins = |letter: &&mut Letter| {
                letter
                    .first()
                    .and_then(|first| dues.get(*first))
                    .is_some_and(|first| same(first, due))
            };
            match letters.iter_mut().find(joins).filter(|_| digest) {
                Some(letter) => letter.push(at),
                None => letters.push(Vec::from([at])),
            }
        }
    }
    letters
}

/// The level that a message is about.
fn level_of(due: &Due, tracked: &[Tracked]) -> Option<Level> {
    let holds = tracked.get(due.about).and_then(|alarm| alarm.now.state.level);
    holds.max(due.heard.told)
}

fn job<'m>(
    letter: &Letter,
    own: &'m Own,
    dues: &[Due<'m>],
    tracked: &'m [Tracked],
    audience: &Audience<'m, '_>,
    notice: &'m Notice,
) -> Option<Job<'m>> {
    let due = dues.get(*letter.first()?)?;
    let alarm = tracked.get(due.about)?;
    let digest = letter.len() > 1;
    Some(Job {
        channel: due.channel,
        message: if digest {
            notice.digest(own)
        } else {
            notice.message(due.event, &alarm.now, &alarm.alarm, own)
        },
        mentions: audience.rung(due, &alarm.now),
        // In a storm one stand-in speaks for all.
        about: if digest { usize::MAX } else { due.about },
        part: due.part,
        pressing: level_of(due, tracked) >= Some(Level::High),
        tries: due.heard.tries,
        turn: policy::channel_mark(&cat!(notice.host.device("eui"), alarm.alarm.name))
            .wrapping_add(due.heard.tries),
    })
}
