//! What `notify` says of an alarm to a channel: the neutral message, in the organization's language.

use alloc::{string::String, vec::Vec};

use percent_encoding::AsciiSet;

use super::{Due, Tracked};
use crate::action::Outcome;
use crate::alarm::{Alarm, Level};
use crate::host::{Host, Source};
use crate::message::lang::{Lang, Phrase};
use crate::message::{Fact, Message, Style, words};
use crate::policy::{Event, Observed};
use crate::secret::{QUERY_VALUE, percent_encode};
use crate::settings::{FIELDS, Fault, Kind, PREFIX};
use crate::text::{add, decimal, items, join, narrow, pieces};

/// A message is late from here on, in seconds since what it tells.
const LATE_S: u32 = 120;

/// What all messages of one call share.
pub struct Notice<'h, 'a> {
    pub host: &'h Host<'a>,
    pub lang: Lang,
    pub time: String,
    pub extras: Extras,
}

impl<'h> Notice<'h, '_> {
    /// A level as this message's language says it.
    fn word(&self, level: Option<Level>) -> &'static str {
        level
            .and_then(|level| words::LEVELS.get(level as usize))
            .map_or("", |word| self.lang.say(*word))
    }

    /// Texts of our own making that a message shows.
    pub fn own_words(&self, letter: &[usize], dues: &[Due], tracked: &[Tracked]) -> Own {
        let mut own = Own::default();
        let first = letter.first().and_then(|at| dues.get(*at));
        own.astray = first.is_some_and(|due| due.astray);
        let all = letter.iter().filter_map(|at| dues.get(*at));
        let all = all.filter_map(|due| Some((due, tracked.get(due.about)?)));
        if letter.len() > 1 {
            own.messages = decimal(letter.len() as u32);
            for (due, Tracked { alarm, now, .. }) in all {
                let level = now.state.level.or(now.state.worst);
                let text = cat!(self.lang.say(heading(due.event)), title(alarm, now));
                own.lines.push((self.word(level), text));
            }
            return own;
        }
        for (Due { event, heard, .. }, Tracked { now, .. }) in all {
            let duration = |seconds: u32| match seconds {
                0 => String::new(),
                seconds => words::duration(self.lang, seconds),
            };
            own.lasted = duration(now.lasted().unwrap_or(0));
            match event {
                Event::Worse | Event::Better => own.from = self.word(heard.told),
                Event::Recovered => own.messages = decimal(now.state.messages),
                Event::Unstable | Event::Stable => own.changes = decimal(now.state.flips),
                _ => {}
            }
            // What is told is the last change; it could not be told at its time.
            let is_change =
                matches!(event, Event::Raised | Event::Worse | Event::Better | Event::Recovered);
            if is_change && now.unchanged_for() >= LATE_S {
                own.late = duration(now.unchanged_for());
            }
        }
        own
    }

    /// Several alarms in one message.
    pub fn digest<'m>(&'m self, own: &'m Own) -> Message<'m> {
        let say = |text| self.lang.say(text);
        let mut facts = Vec::new();
        facts.push(Fact {
            label: say(words::DEVICE),
            text: self.host.device_name(),
            style: Style::Named(self.host.device("eui")),
        });
        for (label, text) in &own.lines {
            facts.push(Fact { label, text, style: Style::Entry });
        }
        let style = Style::LeftOut(say(words::MORE));
        facts.push(Fact { label: say(words::NOTE), text: "", style });
        if own.astray {
            facts.push(Fact {
                label: say(words::NOTE),
                text: say(words::ASTRAY),
                style: Style::Own,
            });
        }
        if !self.extras.link.is_empty() {
            let style = Style::Link(say(words::OPEN_PAGE));
            facts.push(Fact { label: say(words::PAGE), text: &self.extras.link, style });
        }
        facts.push(Fact { label: say(words::TIME), text: &self.time, style: Style::Own });
        Message {
            prefix: self.prefix(),
            heading: say(words::DIGEST),
            subject: &own.messages,
            facts,
        }
    }

    /// The organization's own mark in front of the heading.
    fn prefix(&self) -> &str {
        self.host.setting(const { PREFIX.key }).unwrap_or("")
    }

    /// The message: what happened, to which device, how bad, what is known, when.
    pub fn message<'m>(
        &'m self,
        event: Event,
        now: &'m Observed,
        alarm: &Alarm<'m>,
        own: &'m Own,
    ) -> Message<'m> {
        let state = &now.state;
        let say = |text| self.lang.say(text);
        let mut message = Message {
            prefix: self.prefix(),
            heading: say(heading(event)),
            subject: title(alarm, now),
            facts: Vec::new(),
        };
        let mut fact = |label, text: &'m str, style| {
            if !text.is_empty() {
                message.facts.push(Fact { label, text, style });
            }
        };
        let over = event == Event::Recovered;
        fact(say(words::DEVICE), self.host.device_name(), Style::Named(self.host.device("eui")));
        let level = if over { state.worst } else { state.level };
        match level {
            Some(_) => {
                let label = if over { words::LEVEL_WORST } else { words::LEVEL };
                fact(say(label), self.word(level), Style::Level(level));
            }
            None => fact(say(words::NOW), say(words::NORMAL), Style::Own),
        }
        fact(say(words::LEVEL_BEFORE), own.from, Style::Own);
        let desc = if over { words::RECOVERY_NOTE } else { words::DESCRIPTION };
        fact(say(desc), alarm.desc, Style::Block);
        for (label, text) in &self.extras.facts {
            let label = match label.as_str() {
                "tags" => say(words::TAGS),
                "location" => say(words::LOCATION),
                other => other,
            };
            fact(label, text, Style::Line);
        }
        fact(say(if over { words::LASTED } else { words::ACTIVE_FOR }), &own.lasted, Style::Own);
        fact(say(words::LATE), &own.late, Style::Own);
        fact(say(words::MESSAGES), &own.messages, Style::Own);
        fact(say(words::CHANGES), &own.changes, Style::Own);
        if event == Event::Unstable {
            fact(say(words::NOTE), say(words::QUIET_NOW), Style::Own);
        } else if now.closed {
            fact(say(words::NOTE), say(words::CLOSED), Style::Own);
        }
        if own.astray {
            fact(say(words::NOTE), say(words::ASTRAY), Style::Own);
        }
        fact(say(words::PAGE), &self.extras.link, Style::Link(say(words::OPEN_PAGE)));
        fact(say(words::TIME), &self.time, Style::Own);
        message
    }
}

/// What happened, in our words.
fn heading(event: Event) -> Phrase {
    match event {
        Event::Raised => words::RAISED,
        Event::Worse => words::WORSE,
        Event::Better => words::BETTER,
        Event::Reminder => words::REMINDER,
        Event::Escalated => words::ESCALATED,
        Event::Recovered => words::RECOVERED,
        Event::Unstable => words::UNSTABLE,
        Event::Stable => words::STABLE,
    }
}

/// The alarm's title: the caller's, the one that is remembered, or its name.
fn title<'m>(alarm: &Alarm<'m>, now: &Observed<'m>) -> &'m str {
    let titles = [alarm.title, now.state.title, alarm.name];
    titles.into_iter().find(|title| !title.is_empty()).unwrap_or("")
}

/// Numbers and durations of one message, as text; empty ones are not shown.
#[derive(Default)]
pub struct Own {
    from: &'static str,
    lasted: String,
    late: String,
    messages: String,
    changes: String,
    /// It goes to every channel, since those that the settings name cannot be used.
    astray: bool,
    /// Of a digest: level and words of each alarm.
    lines: Vec<(&'static str, String)>,
}

/// What `notify_fields` adds to every message.
#[derive(Default)]
pub struct Extras {
    /// (label, text): telemetry with its unit, `tags`, `location`.
    facts: Vec<(String, String)>,
    /// The device's page, https only.
    link: String,
}

impl Extras {
    /// `temperature=°C; humidity=%; tags; location; link=https://…/{eui}`. A field that the device
    /// does not report is not shown.
    pub fn read(host: &Host, out: &mut Outcome) -> Extras {
        let mut extras = Extras::default();
        for entry in pieces(&narrow(host.setting(const { FIELDS.key }).unwrap_or("")), ';') {
            let (name, unit) = entry.split_once('=').unwrap_or((entry, ""));
            let (name, unit) = (name.trim_ascii(), unit.trim_ascii());
            let text = match name {
                "link" if unit.starts_with("https://") => {
                    extras.link = link(unit, host);
                    continue;
                }
                "link" => {
                    out.warn(Fault::new(FIELDS.key.name, unit, Kind::LINK).sentence());
                    continue;
                }
                "tags" => {
                    let mut tags = String::new();
                    for tag in items(host.device("tags")) {
                        join(&mut tags, ", ", tag);
                    }
                    tags
                }
                "location" => host.device("location_id").into(),
                field => match host.get(Source::Telemetry, field) {
                    Some(value) if !unit.is_empty() => cat!(value, " ", unit),
                    value => value.unwrap_or("").into(),
                },
            };
            extras.facts.push((name.into(), text));
        }
        extras
    }
}

/// What stays as it is in a link template: all that an address may hold but `(`, `)`, `[` and `]`,
/// which would end the link early.
const ADDRESS: &AsciiSet = &QUERY_VALUE
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'&')
    .remove(b'=')
    .remove(b'%')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b',')
    .remove(b'+')
    .remove(b';')
    .remove(b'\'')
    .remove(b'*');

/// A link template with `{eui}` and `{id}` filled in.
fn link(template: &str, host: &Host) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').unwrap_or((after, ""));
        let value = host.device(if field == "id" { "id" } else { "eui" });
        add(&mut out, &percent_encode(before, ADDRESS));
        add(&mut out, &percent_encode(value, QUERY_VALUE));
        rest = after;
    }
    add(&mut out, &percent_encode(rest, ADDRESS));
    out
}
