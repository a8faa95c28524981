//! The methods: one RPC method each, composed from the stages. Read one to see the whole path:
//! may the host send at all, is there something to do, where to, what to say, as which action.

#[cfg(feature = "dingtalk_notify")]
mod dingtalk_notify;
#[cfg(feature = "dingtalk_text")]
mod dingtalk_text;
#[cfg(feature = "notify")]
mod notify;
#[cfg(feature = "wecom_app_notify")]
mod wecom_app_notify;
#[cfg(feature = "wecom_notify")]
mod wecom_notify;
#[cfg(feature = "wecom_text")]
mod wecom_text;

use alloc::string::String;

use crate::action::{Outcome, Stop};
use crate::channel::Table;
use crate::host::{Host, Source};
use crate::settings::{Fault, Key, Kind, Setting, TIMEZONE};
use crate::text::{fill_template, whole};
use crate::time::{parse_offset, stamp};

/// What a method reads and what its file needs: the shim picks by it, and what a method does not need
/// is cut from its file.
pub struct Method {
    pub name: &'static str,
    /// The channels that it sends through: it reads what they read.
    pub channels: &'static [Table],
    /// Further parameters that it reads.
    pub params: &'static [&'static str],
    /// Further settings that it reads, in groups.
    pub settings: &'static [&'static [Setting]],
    /// It knows alarms, their time and zone.
    pub alarms: bool,
    /// It may need answers of services.
    pub calls: bool,
    /// It keeps states of alarms on the device.
    pub states: bool,
    /// It may show telemetry, and more of the device than name and EUI.
    pub telemetry: bool,
    /// What to set, for the file's first comment.
    pub set: &'static str,
}

/// The methods, by their files.
macro_rules! methods {
    ($($file:ident $feature:literal),*) => {
        /// The methods of this build.
        pub const METHODS: &[Method] = &[$(#[cfg(feature = $feature)] $file::METHOD),*];

        fn run_method(name: &str, host: &Host, out: &mut Outcome) -> Result<(), Stop> {
            match name {
                $(#[cfg(feature = $feature)] $feature => $file::run(host, out),)*
                _ => Err(Stop::Fault(fill_template("there is no method {a}.", name, ""))),
            }
        }
    };
}

methods!(
    wecom_text "wecom_text",
    wecom_notify "wecom_notify",
    wecom_app_notify "wecom_app_notify",
    dingtalk_text "dingtalk_text",
    dingtalk_notify "dingtalk_notify",
    notify "notify"
);

/// Runs the method that the host names, over the shim's input text.
pub fn run(input: &str) -> Outcome {
    let host = Host::read(input);
    let mut out = Outcome::default();
    // Such a host would publish the webhook and the text to the device's MQTT topic.
    if !host.is("axios") && !host.is("org") {
        out.throw = Some("this server has no HTTP actions (it passes neither axios nor org_params), so nothing can be pushed from it. Upgrade ThinkLink.".into());
        return out;
    }
    match run_method(host.get(Source::Fact, "method").unwrap_or(""), &host, &mut out) {
        Ok(()) => out,
        Err(Stop::Fault(fault)) => Outcome { error: Some(fault), ..out },
        // The run begins anew once the answers are there, and then says all this again.
        Err(Stop::Calls(calls)) => Outcome { calls, ..Outcome::default() },
    }
}

/// The caller's choice of robot: `params.channel`.
pub fn robot<'a>(host: &Host<'a>) -> &'a str {
    host.param("channel").unwrap_or("").trim_ascii()
}

/// Minutes east of UTC, if a zone is set. One that cannot be read is reported and does not stop the alarm.
pub fn offset(host: &Host, out: &mut Outcome) -> Option<i32> {
    const ZONE: Key = TIMEZONE.key;
    let zone = host.setting(ZONE)?;
    let offset = parse_offset(zone).or_else(|| {
        // The host's figure for the zone: whole minutes, which cannot be further off than a zone can be.
        let minutes = host.get(Source::Fact, "offset")?;
        let size =
            whole(minutes.strip_prefix('-').unwrap_or(minutes)).filter(|size| *size <= 900)?;
        Some(if minutes.starts_with('-') { -(size as i32) } else { size as i32 })
    });
    if offset.is_none() {
        out.warn(Fault::new(ZONE.name, zone, Kind::ZONE).sentence());
    }
    offset
}

/// The time of the message: UTC ISO, or local time if a zone is set.
pub fn time_text(host: &Host, out: &mut Outcome) -> String {
    stamp(host.seconds(), offset(host, out))
}

/// The notes' word for a text that is not there.
pub fn or_none(text: &str) -> &str {
    if text.is_empty() { "n/a" } else { text }
}

/// Who the caller of a DingTalk method wants to ring: `at_mobiles`, `at_user_ids`, `at_all`.
pub fn dingtalk_mentions<'a>(host: &Host<'a>, out: &mut Outcome) -> crate::message::Mentions<'a> {
    use crate::channel::dingtalk::ids;
    let (mobiles, odd_mobiles) = ids(host.param("at_mobiles"));
    let (users, odd_users) = ids(host.param("at_user_ids"));
    for _ in 0..odd_mobiles + odd_users {
        out.warn("a mention was left out: it is neither a phone number nor a user id.".into());
    }
    crate::message::Mentions { mobiles, users, all: crate::text::truthy(host.param("at_all")) }
}
