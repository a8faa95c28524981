//! The presets: one RPC method each, composed from the stages. Read one to see the whole path:
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

use crate::action::{Outcome, Stop};
use crate::host::Host;

/// Runs the preset that the host names, over the shim's input text.
pub fn run(input: &str, random: Option<[u8; 4]>) -> Outcome {
    let mut host = Host::read(input);
    host.random = random;
    let mut out = Outcome::default();
    // Such a host would publish the webhook and the text to the device's MQTT topic.
    if !host.is("axios") && !host.is("org") {
        out.throw = Some("this server has no HTTP actions (it passes neither axios nor org_params), so nothing can be pushed from it. Upgrade ThinkLink.".into());
        return out;
    }
    let preset = host.get('f', "preset").unwrap_or("");
    let done: Result<(), Stop> = match preset {
        #[cfg(feature = "wecom_text")]
        "wecom_text" => wecom_text::run(&host, &mut out),
        #[cfg(feature = "wecom_notify")]
        "wecom_notify" => wecom_notify::run(&host, &mut out),
        #[cfg(feature = "wecom_app_notify")]
        "wecom_app_notify" => wecom_app_notify::run(&host, &mut out),
        #[cfg(feature = "dingtalk_text")]
        "dingtalk_text" => dingtalk_text::run(&host, &mut out),
        #[cfg(feature = "dingtalk_notify")]
        "dingtalk_notify" => dingtalk_notify::run(&host, &mut out),
        #[cfg(feature = "notify")]
        "notify" => notify::run(&host, &mut out),
        _ => Err(crate::message::text::tell("there is no preset {a}.", preset, "").into()),
    };
    match done {
        Ok(()) => {}
        Err(Stop::Fault(fault)) => out.error = Some(fault),
        // The run begins anew once the answer is there, and then says all this again.
        Err(Stop::Call(request)) => out = Outcome { call: Some(request), ..Outcome::default() },
    }
    out
}

/// The caller's choice of robot: `params.channel`.
#[cfg(any(
    feature = "wecom_text",
    feature = "wecom_notify",
    feature = "dingtalk_text",
    feature = "dingtalk_notify"
))]
fn channel_name<'a>(host: &Host<'a>) -> &'a str {
    host.param("channel").unwrap_or("").trim_ascii()
}

/// Minutes east of UTC, if a zone is set. One that cannot be read is reported and does not stop the alarm.
#[cfg(any(
    feature = "wecom_notify",
    feature = "wecom_app_notify",
    feature = "dingtalk_notify",
    feature = "notify"
))]
fn offset(host: &Host, out: &mut Outcome) -> Option<i32> {
    use crate::message::time::{read_minutes, read_offset};
    let zone = host.setting(crate::settings::NOTIFY_TIMEZONE)?;
    let offset = read_offset(zone).or_else(|| read_minutes(host.get('f', "offset")?));
    if offset.is_none() {
        out.warn("notify_timezone is neither an offset such as +08:00 nor a zone this host knows: UTC is used.".into());
    }
    offset
}

/// The time of the message: UTC ISO, or local time if a zone is set.
#[cfg(any(feature = "wecom_notify", feature = "wecom_app_notify", feature = "dingtalk_notify"))]
fn time_text(host: &Host, out: &mut Outcome) -> String {
    crate::message::time::stamp(host.seconds(), offset(host, out))
}

/// Who the caller wants to ring: `at_mobiles`, `at_user_ids`, `at_all`.
#[cfg(any(feature = "dingtalk_text", feature = "dingtalk_notify"))]
fn dingtalk_mentions<'a>(host: &Host<'a>, out: &mut Outcome) -> crate::message::Mentions<'a> {
    use crate::channel::dingtalk::ids;
    crate::message::Mentions {
        mobiles: ids(host.param("at_mobiles"), out),
        users: ids(host.param("at_user_ids"), out),
        all: crate::host::truthy(host.param("at_all")),
    }
}

/// The notes' word for a text that is not there.
#[cfg(any(feature = "wecom_notify", feature = "wecom_app_notify", feature = "dingtalk_notify"))]
fn or_none(text: &str) -> &str {
    if text.is_empty() { "n/a" } else { text }
}
