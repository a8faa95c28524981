//! The services a message goes to, one file each: settings, limits, markup, payload, request, mention
//! rules, codes. This file holds the list of them and what they share: reading an address, and
//! laying a message out as lines. Channels know nothing of policy or of each other.
//!
//! A channel's file ends up here as two rows: `CHANNEL`, all that delivery knows of it, and `TABLE`,
//! what people and tools know of it. "Adding a channel" in ARCHITECTURE.md names every place.

pub mod dingtalk;
pub mod wecom;
pub mod wecom_app;

pub mod verdict;
pub mod wire;

use alloc::{string::String, vec::Vec};

use crate::action::Request;
use crate::alarm::Level;
use crate::host::{Host, Source};
use crate::message::fit::{Count, Line, Shed, truncate_to};
use crate::message::inert::inert;
use crate::message::lang::Phrase;
use crate::message::{Fact, Mentions, Message, Style};
use crate::policy::credential_mark;
use crate::secret::{QUERY_VALUE, Secret, percent_encode};
use crate::settings::{Fault, Key, Kind, Setting};
use crate::text::{add, contains, pieces};

use verdict::{Codes, Reading, Row};
use wire::{Answer, Wire};

/// The channels, by their files.
macro_rules! channels {
    ($($file:ident),*) => {
        /// Every channel, in the order in which they are told about.
        pub const CHANNELS: &[Channel] = &[$($file::CHANNEL),*];
        /// What people and tools know of them, in the same order; no paste file holds it.
        pub const TABLES: &[Table] = &[$($file::TABLE),*];
    };
}

channels!(wecom, wecom_app, dingtalk);

/// What people and tools know of a channel: settings, documentation and the shim follow from it.
pub struct Table {
    /// As in its [`Channel`].
    pub name: &'static str,
    /// What people call it.
    pub title: Phrase,
    pub settings: &'static [Setting],
    /// Parameters of a call that it reads beside settings.
    pub params: &'static [&'static str],
    /// How the device's attributes begin in which it keeps what it was lent.
    pub keeps: &'static [&'static str],
    /// The field of its answers that holds a code.
    pub code: &'static str,
    /// Its codes with their texts.
    pub codes: &'static [Row],
}

/// What delivery knows of a channel.
pub struct Channel {
    /// Its name in routes; with `robots` it may be followed by `:<robot>`.
    pub name: &'static str,
    pub robots: bool,
    /// Settings of its default robot; one of them set means that it is in use.
    pub in_use: &'static [Key],
    /// Where messages of a robot go, or why they cannot: a setting is missing or faulty. Two robots of one address are
    /// the same.
    pub place: fn(&Host, &str) -> Result<Address, Unready>,
    /// Its layout, limits and mention rules at work; here the credential goes into URL, header or body.
    pub render: Render,
    /// A short text that rings those whom the message itself cannot ring.
    pub ring: fn(&Host, &Push) -> Option<Rendered>,
    /// Takes the answer to what `render` said it must be lent first; the reading, where that was no help.
    pub lent: Lent,
    /// The settings that a credential is made of, each also as `<setting>_<robot>`.
    pub credentials: &'static [&'static str],
    /// How its answers are read, and how long it refuses after a throttle.
    pub codes: Codes,
}

impl Channel {
    /// Whether the organization set its default robot up.
    pub fn is_set_up(&self, host: &Host) -> bool {
        self.in_use.iter().any(|key| host.setting(*key).is_some())
    }

    /// Where messages of the first of these robots (`a|b`) go that is set up.
    pub fn place(&self, host: &Host, robots: &str) -> Result<Address, String> {
        let first = (self.place)(host, pieces(robots, '|').next().unwrap_or(""));
        let mut rest = pieces(robots, '|').skip(1).map(|robot| (self.place)(host, robot));
        first.or_else(|fault| rest.find(Result::is_ok).unwrap_or(Err(fault))).map_err(Unready::text)
    }

    /// The mark of the credential of a robot (or of several, `a|b`), which tells that it was changed.
    pub fn credential(&self, host: &Host, robots: &str) -> u32 {
        let mut all = String::new();
        for robot in robots.split('|') {
            for setting in self.credentials {
                add(&mut all, host.get(Source::Org, &named(setting, robot)).unwrap_or(""));
                add(&mut all, "\n");
            }
        }
        credential_mark(&all)
    }
}

/// Takes the answer to a request that came first.
pub type Lent = for<'a> fn(&mut Wire<'_, 'a>, &Answer<'_, 'a>, Reading<'a>) -> Option<Reading<'a>>;

/// Nothing is lent by most services.
pub const LENDS_NOTHING: Lent = |_, _, reading| Some(reading);

/// Makes the request that carries a push. Something else may have to be asked for first (an access token).
pub type Render = for<'a> fn(&mut Wire<'_, 'a>, &Push) -> Result<Rendered, Unready>;

/// A message for one channel.
pub struct Push<'p> {
    /// Which robot of the channel; empty for the default one.
    pub robot: &'p str,
    pub message: &'p Message<'p>,
    pub mentions: &'p Mentions<'p>,
}

/// A request, and what the organization should know about it.
pub struct Rendered {
    pub request: Request,
    pub warnings: Vec<String>,
}

/// Where a message goes, credential included, and what the organization should know about it.
pub struct Address {
    url: String,
    pub warnings: Vec<String>,
}

impl Address {
    /// The JSON body, posted there.
    fn post(self, data: crate::action::Json) -> Rendered {
        Rendered { request: Request::post(&self.url, data), warnings: self.warnings }
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// Whether two names mean the same robot.
    pub fn is(&self, other: &Address) -> bool {
        self.url == other.url
    }
}

/// Why there is no request for a push.
pub enum Unready {
    /// A setting is missing or unusable.
    Fault(String),
    /// This request has to be answered first.
    Lend(Request),
}

impl Unready {
    /// The fault in words.
    fn text(self) -> String {
        match self {
            Unready::Fault(text) => text,
            Unready::Lend(_) => String::new(),
        }
    }
}

impl From<Fault> for Unready {
    fn from(fault: Fault) -> Self {
        Unready::Fault(fault.sentence())
    }
}

/// The channel and the robot that a name such as `wecom:alarm` means.
pub fn find<'c, 'n>(channels: &'c [Channel], name: &'n str) -> Option<(&'c Channel, &'n str)> {
    let (kind, robot) = name.split_once(':').unwrap_or((name, ""));
    let channel = channels.iter().find(|channel| channel.name == kind)?;
    (channel.robots || robot.is_empty()).then_some((channel, robot))
}

/// How many ids one mention list may hold; none of the services publishes a limit.
pub const MENTIONS_MAX: usize = 100;

/// More are listed than fit beside the message.
const TOO_MANY: &str = "too many mentions: the rest was left out.";

/// A service's markup for a message.
pub struct Layout {
    pub heading: &'static str,
    pub after_heading: &'static str,
    pub bullet: &'static str,
    /// Between the lines of a description.
    pub block: &'static str,
    pub level: Emphasis,
}

/// How a service shows an alarm level.
#[derive(PartialEq)]
pub enum Emphasis {
    Plain,
    Bold,
    /// WeCom's three font colours.
    Font,
}

/// Lays a message out as lines of markup around inert text.
pub fn lines(layout: &Layout, message: &Message) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.push(Line {
        before: cat!(layout.heading, &message.start()),
        text: inert(message.subject, None),
        after: layout.after_heading.into(),
        shed: Shed::Late,
    });
    for fact in &message.facts {
        lines.push(line(layout, fact));
    }
    lines
}

fn line(layout: &Layout, fact: &Fact) -> Line {
    let mut before = cat!(layout.bullet, "**", fact.label, "**: ");
    let mut after = String::new();
    let mut shed = Shed::Late;
    let mut block = None;
    match fact.style {
        Style::Line => {}
        Style::Own => shed = Shed::Nothing,
        Style::Entry => shed = Shed::Entry,
        Style::LeftOut(words) => {
            shed = Shed::LeftOut;
            before.push('+');
            after = words.into();
        }
        Style::Link(word) => {
            shed = Shed::Nothing;
            before = cat!(&before, "[", word, "](");
            after.push(')');
        }
        Style::Block => {
            shed = Shed::Early;
            block = Some(layout.block);
        }
        Style::Code => {
            before.push('`');
            after.push('`');
        }
        Style::Named(code) => {
            let mut code = inert(code, None);
            truncate_to(&mut code, 64, Count::Text);
            after = cat!(" (`", &code, "`)");
        }
        Style::Level(_) if layout.level == Emphasis::Bold => {
            before.push_str("**");
            after.push_str("**");
        }
        Style::Level(level) if layout.level == Emphasis::Font => {
            let colour = match level {
                Some(Level::Urgent | Level::High) => "warning",
                Some(Level::Mid) => "comment",
                _ => "info",
            };
            before = cat!(&before, "<font color=\"", colour, "\">");
            after.push_str("</font>");
        }
        Style::Level(_) => {}
    }
    let mut text = if shed == Shed::Nothing { fact.text.into() } else { inert(fact.text, block) };
    if matches!(fact.style, Style::Level(_)) {
        text.make_ascii_uppercase();
    }
    Line { before, text, after, shed }
}

/// A service's API address: its host, an endpoint, and the query field that holds the credential.
pub struct Endpoint {
    pub host: &'static str,
    /// The setting of an own gateway in front of it.
    pub gateway: Key,
    pub path: &'static str,
    pub field: &'static str,
}

/// What stays as it is in a credential that was copied out of a URL, percent-encoded already.
const ENCODED: &percent_encoding::AsciiSet = &QUERY_VALUE.remove(b'%');

impl Endpoint {
    /// The request URL for a credential, which may be given bare or as the whole webhook URL.
    /// `setting` is its name, for the fault.
    pub fn url(&self, host: &Host, setting: &str, credential: Secret) -> Result<String, Fault> {
        let base = self.base(host)?;
        let value = credential.expose();
        let bare = !contains(value, "://") && !contains(value, self.path);
        if bare {
            return Ok(self.with(base, &percent_encode(value, QUERY_VALUE)));
        }
        for start in [self.host, base] {
            let query = value.strip_prefix(start).and_then(|rest| rest.strip_prefix(self.path));
            let key = query.and_then(|rest| rest.strip_prefix('?')).and_then(|query| {
                pieces(query, '&').find_map(|pair| pair.strip_prefix(self.field)?.strip_prefix('='))
            });
            if let Some(key) = key.filter(|key| !key.is_empty()) {
                return Ok(self.with(base, &percent_encode(key, ENCODED)));
            }
        }
        Err(Fault::new(setting, &cat!(self.host, self.path, "?", self.field), Kind::WEBHOOK))
    }

    /// The URL for a credential that is percent-encoded.
    fn with(&self, base: &str, credential: &str) -> String {
        cat!(base, self.path, "?", self.field, "=", credential)
    }

    /// The host, or the own gateway in its place.
    pub fn base<'a>(&self, host: &Host<'a>) -> Result<&'a str, Fault> {
        server(host, self.host, self.gateway)
    }
}

/// Where a service is: at its maker's address, or at the own one that `setting` names; without a slash at the end.
pub fn server<'a>(host: &Host<'a>, maker: &'static str, setting: Key) -> Result<&'a str, Fault> {
    let Some(own) = host.setting(setting) else { return Ok(maker) };
    let odd = |b: u8| b <= b' ' || matches!(b, b'?' | b'#');
    if !own.starts_with("https://") || own.bytes().any(odd) {
        return Err(Fault::new(setting.name, "", Kind::GATEWAY));
    }
    Ok(own.strip_suffix('/').unwrap_or(own))
}

/// The name of a setting for the robot `name`: `<setting>_<name>`, or the setting itself.
pub fn named(setting: &str, name: &str) -> String {
    if name.is_empty() { setting.into() } else { cat!(setting, "_", name) }
}
