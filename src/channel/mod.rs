//! The services a message goes to, one file each: limits, markup, payload, request, mention rules.
//! This file holds what they share: reading an address, and laying a message out as lines.
//! Channels know nothing of policy or of each other.

#[cfg(feature = "dingtalk")]
pub mod dingtalk;
#[cfg(feature = "wecom")]
pub mod wecom;
#[cfg(feature = "wecom_app")]
pub mod wecom_app;

pub mod verdict;
pub mod wire;

use crate::action::{Outcome, Request, Stop};
use crate::alarm::Level;
use crate::host::{Host, cut, pieces};
use crate::message::fit::Line;
use crate::message::text::{holds, inert, tell};
use crate::message::{Fact, Mentions, Message, Style};
use crate::secret::{Secret, percent_encode};
use crate::settings::Key;

use verdict::{Codes, Reading};
use wire::Wire;

/// The services in this build: one line each.
pub const SERVICES: &[Service] = &[
    #[cfg(feature = "wecom")]
    wecom::SERVICE,
    #[cfg(feature = "wecom_app")]
    wecom_app::SERVICE,
    #[cfg(feature = "dingtalk")]
    dingtalk::SERVICE,
];

/// The codes of a service with their texts, for documentation and people; no paste file holds them.
pub fn rows(name: &str) -> &'static [verdict::Row] {
    match name {
        #[cfg(feature = "wecom")]
        "wecom" => wecom::ROWS,
        #[cfg(feature = "wecom_app")]
        "wecom_app" => wecom_app::ROWS,
        #[cfg(feature = "dingtalk")]
        "dingtalk" => dingtalk::ROWS,
        _ => &[],
    }
}

/// What delivery knows of a service.
pub struct Service {
    /// The channel's name; a named one may be followed by `:<robot>`.
    pub name: &'static str,
    pub named: bool,
    /// Settings of its default robot; one of them set means that it is in use.
    pub settings: &'static [Key],
    pub request: Render,
    /// A short text that rings those whom the message itself cannot ring.
    pub ring: fn(&Host, &Push) -> Option<Request>,
    pub codes: Codes,
}

impl Service {
    /// Whether the organization set its default robot up.
    pub fn has_settings(&self, host: &Host) -> bool {
        self.settings.iter().any(|key| host.setting(*key).is_some())
    }
}

/// Makes the request that carries a push. It may ask for more answers first (an access token).
pub type Render =
    for<'a> fn(&mut Wire<'_, 'a>, &Push, &mut Outcome) -> Result<Request, Unready<'a>>;

/// A message for one channel.
pub struct Push<'p> {
    /// Which robot of the service; empty for the default one.
    pub robot: &'p str,
    pub message: &'p Message<'p>,
    pub mentions: &'p Mentions<'p>,
    /// Whether the service refused the credential it lent.
    pub fresh: bool,
}

/// Why there is no request for a push.
pub enum Unready<'a> {
    Stop(Stop),
    /// A request that had to come first was refused.
    Refused(Reading<'a>),
}

impl Unready<'_> {
    /// There was no time for a request that has to come first.
    pub const LATE: Unready<'static> = Unready::Refused(Reading::LATE);
}

impl From<String> for Unready<'_> {
    fn from(fault: String) -> Self {
        Unready::Stop(fault.into())
    }
}

impl From<Stop> for Unready<'_> {
    fn from(stop: Stop) -> Self {
        Unready::Stop(stop)
    }
}

/// The service and the robot that a channel name such as `wecom:alarm` means.
pub fn find(channel: &str) -> Option<(&'static Service, &str)> {
    let (name, robot) = cut(channel, b':').unwrap_or((channel, ""));
    let service = SERVICES.iter().find(|service| service.name == name)?;
    (service.named || robot.is_empty()).then_some((service, robot.trim_ascii()))
}

/// How many ids one mention list may hold; none of the services publishes a limit.
pub const MENTIONS_MAX: usize = 100;

/// More are listed than fit beside the message.
pub const TOO_MANY: &str = "too many mentions: the rest was left out.";

/// A robot has no settings of its own, so the default one sends.
pub const FELL_BACK: &str = "{a} is not set: sent to {b} instead. Set it{where}";

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
        shed: 1,
    });
    for fact in &message.facts {
        lines.push(line(layout, fact));
    }
    lines
}

fn line(layout: &Layout, fact: &Fact) -> Line {
    let mut before = cat!(layout.bullet, "**", fact.label, "**: ");
    let mut after = String::new();
    let mut shed = 1;
    let mut block = None;
    match fact.style {
        Style::Line => {}
        Style::Own => shed = 0,
        Style::Link(word) => {
            shed = 0;
            before = cat!(&before, "[", word, "](");
            after.push(')');
        }
        Style::Block => {
            shed = 2;
            block = Some(layout.block);
        }
        Style::Code => {
            before.push('`');
            after.push('`');
        }
        Style::Named(code) => {
            let mut code = inert(code, None);
            crate::message::fit::cut(&mut code, 64, crate::message::fit::Count::Text);
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
    let mut text = if shed == 0 { fact.text.into() } else { inert(fact.text, block) };
    if matches!(fact.style, Style::Level(_)) {
        text.make_ascii_uppercase();
    }
    Line { before, text, after, shed }
}

/// A service's API address: its host, an endpoint, and the query field that holds the credential.
pub struct Endpoint {
    pub host: &'static str,
    /// The setting of an own gateway in front of it.
    pub own: Key,
    pub path: &'static str,
    pub field: &'static str,
}

impl Endpoint {
    /// The request URL for a credential, which may be given bare or as the whole webhook URL.
    /// `setting` is its name, for the error.
    pub fn url(&self, host: &Host, setting: &str, credential: Secret) -> Result<String, String> {
        let base = self.base(host)?;
        let value = credential.expose();
        let mut key = None;
        let mut keep: &[u8] = b"";
        if holds(value, "://") || holds(value, self.path) {
            for start in [self.host, base] {
                let query = value.strip_prefix(start).and_then(|rest| rest.strip_prefix(self.path));
                if let Some(query) = query.and_then(|rest| rest.strip_prefix('?')) {
                    // Already percent-encoded, as copied from the service.
                    keep = b"%";
                    key = pieces(query, b'&')
                        .find_map(|pair| pair.strip_prefix(self.field)?.strip_prefix('='));
                }
            }
        } else {
            key = Some(value);
        }
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            let shape = cat!(self.host, self.path, "?", self.field);
            return Err(tell(
                "{a} is not a webhook of this service. Set it to {b}=… or to its last part alone{where}",
                setting,
                &shape,
            ));
        };
        Ok(cat!(base, self.path, "?", self.field, "=", &percent_encode(key, keep)))
    }

    /// The host, or the own gateway in its place, without a slash at the end.
    pub fn base<'a>(&self, host: &Host<'a>) -> Result<&'a str, String> {
        match host.setting(self.own) {
            None => Ok(self.host),
            Some(own)
                if own.starts_with("https://")
                    && !own.bytes().any(|b| b <= b' ' || matches!(b, b'?' | b'#')) =>
            {
                Ok(own.strip_suffix('/').unwrap_or(own))
            }
            Some(_) => Err(tell(
                "{a} must start with https:// and hold no query. Correct it{where}",
                self.own.name,
                "",
            )),
        }
    }
}

/// The name of a setting for the robot `name`: `<setting>_<name>`, or the setting itself.
pub fn named(setting: &str, name: &str) -> String {
    if name.is_empty() { setting.into() } else { cat!(setting, "_", name) }
}
