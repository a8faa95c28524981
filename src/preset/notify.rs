//! `notify`: one message per change, through every channel that the organization's routes name.
//! It composes the stages; each decision stands in `policy`, each delivery in `delivery`.

use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::channel::SERVICES;
use crate::delivery::{Delivery, Sent};
use crate::host::{Host, ITEM, cut, items, pieces};
use crate::message::lang::Lang;
use crate::message::text::{add, tell};
use crate::message::{Fact, Mentions, Message, Style, time, words};
use crate::policy::{self, Call, Decision, Event, Item, Rules, Situation, State};
use crate::secret::percent_encode;
use crate::settings::{NOTIFY_FIELDS, NOTIFY_PREFIX, POLICY};

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
    let texts: Vec<String> =
        POLICY.iter().map(|key| policy::ascii(host.setting(*key).unwrap_or(""))).collect();
    let mut delivery = Delivery::new(host, true, true, out);
    let mut notice = Notice {
        host,
        lang: Lang::read(host),
        call,
        texts: &texts,
        offset: offset.unwrap_or(0),
        time: time::stamp(host.seconds(), offset),
        extras: Extras::read(host, out),
        faults_told: false,
    };
    if call != Call::Tick {
        notice.alarm(&alarm, &mut delivery, out)?;
    } else {
        // What the platform lists as active has the better words; the rest is known from its state
        // alone. (A hashed key holds no name, so such an alarm waits for its next uplink.)
        let mut done = Vec::new();
        for (name, record) in host.entries('a') {
            let (level, rest) = cut(record, ITEM).unwrap_or((record, ""));
            let (title, desc) = cut(rest, ITEM).unwrap_or((rest, ""));
            done.push(policy::key(name));
            notice.alarm(&Alarm { name, action: "", title, level, desc }, &mut delivery, out)?;
        }
        for (attribute, _) in host.entries('s') {
            if let Some(name) = attribute.strip_prefix("ntf_")
                && !done.iter().any(|key| key == attribute)
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
    /// The texts of [`POLICY`].
    texts: &'h [String],
    /// Minutes east of UTC.
    offset: i32,
    time: String,
    extras: Extras,
    faults_told: bool,
}

impl<'h> Notice<'h, '_> {
    /// The text of a policy setting; empty if it is not set.
    fn text(&self, name: &str) -> &'h str {
        POLICY.iter().zip(self.texts).find(|(key, _)| key.name == name).map_or("", |(_, text)| text)
    }

    /// A level as this message's language says it.
    fn word(&self, level: Option<Level>) -> &'static str {
        level
            .and_then(|level| words::LEVELS.get(level as usize))
            .map_or("", |word| self.lang.say(*word))
    }

    /// Decides on one alarm, sends what is due and remembers it.
    fn alarm(
        &mut self,
        alarm: &Alarm,
        delivery: &mut Delivery<'h, '_>,
        out: &mut Outcome,
    ) -> Result<(), Stop> {
        let host = self.host;
        let key = policy::key(alarm.name);
        let now = host.seconds().0;
        let mut faults = Vec::new();
        let rules = Rules::read(&|name| self.text(name), alarm.name, now, self.offset, &mut faults);
        if !self.faults_told {
            self.faults_told = true;
            for (setting, fault) in faults {
                let words = tell("\"{a}\" {b}", fault.piece, fault.kind.sentence());
                out.warn(tell("{a}: {b}. Its default applies.", setting, &words));
            }
        }
        let level = Level::from_word(alarm.level).unwrap_or_else(|| {
            if self.call == Call::New {
                out.warn("the level is none of low, mid, high, urgent: taken as high.".into());
            }
            Level::High
        });
        let situation = Situation {
            call: self.call,
            level,
            now,
            active: alarm.is_active(host),
            title: alarm.title,
        };
        let stored = host.get('s', &key).and_then(|text| State::read(text, alarm.name));
        let decision = policy::decide(&situation, &rules, stored);
        let mut sent = false;
        if let Some(event) = decision.event {
            let (channels, mentions) = self.audience(&decision, &rules, out)?;
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
    fn audience<'r>(
        &self,
        decision: &Decision,
        rules: &Rules<'r>,
        out: &mut Outcome,
    ) -> Result<(Vec<&'r str>, Mentions<'r>), String>
    where
        'h: 'r,
    {
        let level = decision.route as usize;
        let mut channels: Vec<&str> = Vec::new();
        let route = rules.routes.get(level).unwrap_or(&"");
        channels.extend(pieces(route, b','));
        if route.is_empty() {
            channels.extend(SERVICES.iter().filter(|s| s.has_settings(self.host)).map(|s| s.name));
            if channels.is_empty() {
                return Err(tell(
                    "no channel is set up. Set wecom_webhook_url, dingtalk_token and dingtalk_secret, or wecom_corp_id, wecom_corp_secret and wecom_agent_id{where}",
                    "",
                    "",
                ));
            }
        }
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
        let mut add = |item| match item {
            Item::User(id) => push_new(&mut mentions.users, id),
            Item::Mobile(number) => push_new(&mut mentions.mobiles, number),
            Item::All => mentions.all = true,
            Item::Channel(channel) => push_new(&mut channels, channel),
        };
        let listed = pieces(rules.mentions.get(level).unwrap_or(&""), b',');
        listed.filter_map(|item| policy::mention(item).ok()).for_each(&mut add);
        for list in rules.escalation.items(decision.steps) {
            pieces(list, b',').filter_map(|item| policy::addition(item).ok()).for_each(&mut add);
        }
        Ok((channels, mentions))
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
                Event::Recovered => time::number(decision.state.messages),
                _ => String::new(),
            },
            changes: match event {
                Event::Unstable | Event::Stable => time::number(decision.state.flips),
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
            prefix: self.host.setting(NOTIFY_PREFIX).unwrap_or(""),
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
        for entry in pieces(&policy::ascii(host.setting(NOTIFY_FIELDS).unwrap_or("")), b';') {
            let (name, unit) = cut(entry, b'=').unwrap_or((entry, ""));
            let (name, unit) = (name.trim_ascii(), unit.trim_ascii());
            let text = match name {
                "link" if unit.starts_with("https://") => {
                    extras.link = link(unit, host);
                    continue;
                }
                "link" => {
                    out.warn(
                        "notify_fields: the link must start with https://. It is not shown.".into(),
                    );
                    continue;
                }
                "tags" => {
                    let mut tags = String::new();
                    for tag in items(host.device("tags")) {
                        let joint = if tags.is_empty() { "" } else { ", " };
                        add(&mut tags, joint);
                        add(&mut tags, tag);
                    }
                    tags
                }
                "location" => host.device("location_id").into(),
                field => match host.get('t', field) {
                    Some(value) if !unit.is_empty() => cat!(value, " ", unit),
                    value => value.unwrap_or("").into(),
                },
            };
            extras.facts.push((name.into(), text));
        }
        extras
    }
}

/// A link template with `{eui}` and `{id}` filled in. What would end the link early is percent-encoded.
fn link(template: &str, host: &Host) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = cut(rest, b'{') {
        let (field, after) = cut(after, b'}').unwrap_or((after, ""));
        add(&mut out, &percent_encode(before, b":/?#&=%@!$,+;'*~"));
        add(&mut out, &percent_encode(host.device(if field == "id" { "id" } else { "eui" }), b""));
        rest = after;
    }
    add(&mut out, &percent_encode(rest, b":/?#&=%@!$,+;'*~"));
    out
}
