//! `notify`: one message per change, through every channel that the organization's routes name.
//! It composes the stages; each decision stands in `policy`, each delivery in `delivery`.

use alloc::{string::String, vec::Vec};

use super::Method;
use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::channel::{CHANNELS, TABLES};
use crate::delivery::{Delivery, OwnWay, Sending, Sent};
use crate::host::{Host, Source};
use crate::message::lang::Lang;
use crate::message::{Fact, Mentions, Message, Style, words};
use crate::policy::{self, Call, Decision, Event, Item, Rules, Situation, State};
use percent_encoding::AsciiSet;

use crate::secret::{QUERY_VALUE, percent_encode};
use crate::settings::{self, FIELDS, Fault, Kind, PREFIX, Reader, Texts};
use crate::text::{ITEM, add, decimal, fill_template, items, join, narrow, pieces};
use crate::time;

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
        call,
        rules,
        time: time::stamp(host.seconds(), offset),
        extras: Extras::read(host, out),
    };
    if call != Call::Tick {
        notice.alarm(&alarm, &mut delivery, out)?;
    } else {
        // What the platform lists as active has the better words; the rest is known from its state
        // alone. (A hashed key holds no name, so such an alarm waits for its next uplink.)
        let mut done = Vec::new();
        for entry in host.all(Source::Alarm) {
            let name = entry.name;
            let (level, rest) = entry.value.split_once(ITEM).unwrap_or((entry.value, ""));
            let (title, desc) = rest.split_once(ITEM).unwrap_or((rest, ""));
            done.push(policy::key(name));
            notice.alarm(&Alarm { name, action: "", title, level, desc }, &mut delivery, out)?;
        }
        for entry in host.all(Source::State) {
            if let Some(name) = entry.name.strip_prefix(policy::PREFIX)
                && !done.iter().any(|key| key == entry.name)
            {
                let alarm = Alarm { name, action: "", title: "", level: "", desc: "" };
                notice.alarm(&alarm, &mut delivery, out)?;
            }
        }
    }
    delivery.finish(out);
    Ok(())
}

/// What all alarms of one call share.
struct Notice<'h, 'a> {
    host: &'h Host<'a>,
    lang: Lang,
    call: Call,
    rules: Rules<'h>,
    time: String,
    extras: Extras,
}

impl<'h> Notice<'h, '_> {
    /// A level as this message's language says it.
    fn word(&self, level: Option<Level>) -> &'static str {
        level
            .and_then(|level| words::LEVELS.get(level as usize))
            .map_or("", |word| self.lang.say(*word))
    }

    /// Decides on one alarm, sends what is due and remembers it.
    fn alarm(
        &self,
        alarm: &Alarm,
        delivery: &mut Delivery<'h, '_>,
        out: &mut Outcome,
    ) -> Result<(), Stop> {
        let host = self.host;
        let key = policy::key(alarm.name);
        let level = Level::from_word(alarm.level).unwrap_or_else(|| {
            if self.call == Call::New {
                out.warn("the level is none of low, mid, high, urgent: taken as high.".into());
            }
            Level::High
        });
        let situation = Situation {
            call: self.call,
            name: alarm.name,
            level,
            now: host.seconds().0,
            active: alarm.is_active(host),
            title: alarm.title,
        };
        let stored = host.get(Source::State, &key).and_then(|text| State::read(text, alarm.name));
        let decision = policy::decide(&situation, &self.rules, stored);
        let mut sent = false;
        if let Some(event) = decision.event {
            let (channels, mentions) = self.audience(&decision, out)?;
            let own = self.own_words(event, &decision);
            let message = self.message(event, &decision, alarm, &own);
            sent = delivery.send(&channels, &message, &mentions, out)? != Sent::Failed;
        }
        if let Some(text) = decision.text(alarm.name, sent) {
            delivery.store(key, text);
        }
        delivery.settle(out);
        Ok(())
    }

    /// The channels and people of a message: by its level, and what escalation adds.
    fn audience(
        &self,
        decision: &Decision,
        out: &mut Outcome,
    ) -> Result<(Vec<&'h str>, Mentions<'h>), Stop> {
        let mut channels: Vec<&str> = match self.rules.routes.channels(decision.route) {
            Some(channels) => channels.collect(),
            None => self.channels_in_use()?,
        };
        if let Some(narrow) = self.host.param("channels") {
            let kept: Vec<&str> =
                channels.iter().copied().filter(|c| items(narrow).any(|n| n == *c)).collect();
            if kept.is_empty() && !channels.is_empty() {
                out.warn("params.channels names no channel of this level's route: the whole route is used.".into());
            } else {
                channels = kept;
            }
        }
        let mut mentions = Mentions::default();
        let mut rung: Vec<Item> = self.rules.mentions.items(decision.route).collect();
        rung.extend(self.rules.escalation.items(decision.steps));
        for item in rung {
            match item {
                Item::User(id) => push_new(&mut mentions.users, id),
                Item::Mobile(number) => push_new(&mut mentions.mobiles, number),
                Item::All => mentions.all = true,
                Item::Channel(channel) => push_new(&mut channels, channel),
            }
        }
        Ok((channels, mentions))
    }

    /// Every channel that the organization set up.
    fn channels_in_use(&self) -> Result<Vec<&'h str>, Stop> {
        let in_use = CHANNELS.iter().filter(|channel| channel.is_set_up(self.host));
        let names: Vec<&str> = in_use.map(|channel| channel.name).collect();
        if !names.is_empty() {
            return Ok(names);
        }
        let mut settings = String::new();
        for key in CHANNELS.iter().filter_map(|channel| channel.in_use.first()) {
            join(&mut settings, ", ", key.name);
        }
        let sentence = "no channel is set up. Set up at least one, by {a}{where}";
        Err(Stop::Fault(fill_template(sentence, &settings, "")))
    }

    /// Texts of our own making that the message shows.
    fn own_words(&self, event: Event, decision: &Decision) -> Own {
        Own {
            from: match event {
                Event::Worse | Event::Better => self.word(decision.from()),
                _ => "",
            },
            lasted: match decision.lasted {
                Some(seconds) if seconds > 0 => words::duration(self.lang, seconds),
                _ => String::new(),
            },
            messages: match event {
                Event::Recovered => decimal(decision.state.messages),
                _ => String::new(),
            },
            changes: match event {
                Event::Unstable | Event::Stable => decimal(decision.state.flips),
                _ => String::new(),
            },
        }
    }

    /// The message: what happened, to which device, how bad, what is known, when.
    fn message<'m>(
        &'m self,
        event: Event,
        decision: &'m Decision,
        alarm: &Alarm<'m>,
        own: &'m Own,
    ) -> Message<'m> {
        let say = |text| self.lang.say(text);
        let heading = match event {
            Event::Raised => words::RAISED,
            Event::Worse => words::WORSE,
            Event::Better => words::BETTER,
            Event::Reminder => words::REMINDER,
            Event::Escalated => words::ESCALATED,
            Event::Recovered => words::RECOVERED,
            Event::Unstable => words::UNSTABLE,
            Event::Stable => words::STABLE,
        };
        let title =
            [alarm.title, decision.state.title, alarm.name].into_iter().find(|t| !t.is_empty());
        let mut message = Message {
            prefix: self.host.setting(const { PREFIX.key }).unwrap_or(""),
            heading: say(heading),
            subject: title.unwrap_or(""),
            facts: Vec::new(),
        };
        let mut fact = |label, text: &'m str, style| {
            if !text.is_empty() {
                message.facts.push(Fact { label, text, style });
            }
        };
        let over = event == Event::Recovered;
        fact(say(words::DEVICE), self.host.device_name(), Style::Named(self.host.device("eui")));
        let level = if over { Some(decision.worst()) } else { decision.level() };
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
        fact(say(words::MESSAGES), &own.messages, Style::Own);
        fact(say(words::CHANGES), &own.changes, Style::Own);
        if event == Event::Unstable {
            fact(say(words::NOTE), say(words::QUIET_NOW), Style::Own);
        }
        fact(say(words::PAGE), &self.extras.link, Style::Link(say(words::OPEN_PAGE)));
        fact(say(words::TIME), &self.time, Style::Own);
        message
    }
}

fn push_new<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Numbers and durations of one message, as text; empty ones are not shown.
struct Own {
    from: &'static str,
    lasted: String,
    messages: String,
    changes: String,
}

/// What `notify_fields` adds to every message.
#[derive(Default)]
struct Extras {
    /// (label, text): telemetry with its unit, `tags`, `location`.
    facts: Vec<(String, String)>,
    /// The device's page, https only.
    link: String,
}

impl Extras {
    /// `temperature=°C; humidity=%; tags; location; link=https://…/{eui}`. A field that the device
    /// does not report is not shown.
    fn read(host: &Host, out: &mut Outcome) -> Extras {
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
