//! The presets: one RPC method each, composed from the stages. Read one to see the whole path:
//! may the host send at all, is there something to do, where to, what to say, as which action.

use crate::action::{Action, Outcome};
use crate::alarm::Alarm;
use crate::channel;
use crate::host::{Host, items, truthy};
use crate::message::{Fact, Mentions, Message, Style, time};
use crate::settings::NOTIFY_TIMEZONE;

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
    let done = match preset {
        #[cfg(feature = "wecom_text")]
        "wecom_text" => wecom_text(&host, &mut out),
        #[cfg(feature = "wecom_notify")]
        "wecom_notify" => wecom_notify(&host, &mut out),
        #[cfg(feature = "dingtalk_text")]
        "dingtalk_text" => dingtalk_text(&host, &mut out),
        #[cfg(feature = "dingtalk_notify")]
        "dingtalk_notify" => dingtalk_notify(&host, &mut out),
        _ => Err(["there is no preset ", preset, "."].concat()),
    };
    out.error = done.err();
    out
}

/// The caller's choice of robot: `params.channel`.
fn channel_name<'a>(host: &Host<'a>) -> &'a str {
    host.param("channel").unwrap_or("").trim()
}

/// The time of the message: UTC ISO, or local time if a zone is set. A zone that cannot be read is
/// reported and does not stop the alarm.
fn time_text(host: &Host, out: &mut Outcome) -> String {
    let offset = host.setting(NOTIFY_TIMEZONE).and_then(|zone| {
        let offset = time::read_offset(zone).or_else(|| time::read_minutes(host.get('f', "offset")?));
        if offset.is_none() {
            out.warn("notify_timezone is neither an offset such as +08:00 nor a zone this host knows: UTC is shown.".into());
        }
        offset
    });
    time::stamp(host.now(), offset)
}

/// The default words of the text presets' notes.
#[cfg(feature = "wecom_text")]
fn wecom_text(host: &Host, out: &mut Outcome) -> Result<(), String> {
    let url = channel::wecom::bot_url(host, channel_name(host), out)?;
    let words = ["Device ", host.device_name(), "(", host.device("eui"), ") alert"].concat();
    let content = host.param("content").unwrap_or(&words);
    let users: Vec<&str> = items(host.param("mentioned_list").unwrap_or("")).collect();
    let mobiles: Vec<&str> = items(host.param("mentioned_mobile_list").unwrap_or("")).collect();
    let request = channel::wecom::text(url, content, &users, &mobiles, out);
    out.actions.push(Action::axios(request));
    Ok(())
}

#[cfg(feature = "wecom_notify")]
fn wecom_notify(host: &Host, out: &mut Outcome) -> Result<(), String> {
    let alarm = Alarm::read(host);
    if !alarm.is_due(host) {
        return Ok(());
    }
    let url = channel::wecom::bot_url(host, channel_name(host), out)?;
    let time = time_text(host, out);
    let recovery = alarm.is_recovery();
    let message = Message {
        heading: if recovery { "Alarm Recovered" } else { "Device Alarm" },
        subject: "",
        facts: vec![
            Fact { label: "Device", text: host.device_name(), style: Style::Line },
            Fact { label: "EUI", text: host.device("eui"), style: Style::Code },
            Fact { label: "Alarm Name", text: alarm.name, style: Style::Code },
            Fact { label: "Title", text: alarm.title, style: Style::Line },
            Fact { label: "Level", text: alarm.level, style: Style::Level },
            Fact {
                label: if recovery { "Recovery note" } else { "Description" },
                text: or_none(alarm.desc),
                style: Style::Block,
            },
            Fact { label: "Time", text: &time, style: Style::Own },
        ],
    };
    let request = channel::wecom::markdown(url, &message, &Mentions::default(), out);
    out.actions.push(Action::axios(request));
    Ok(())
}

/// Who the caller wants to ring: `at_mobiles`, `at_user_ids`, `at_all`.
#[cfg(feature = "dingtalk")]
fn dingtalk_mentions<'a>(host: &Host<'a>, out: &mut Outcome) -> Mentions<'a> {
    Mentions {
        mobiles: channel::dingtalk::ids(host.param("at_mobiles"), out),
        users: channel::dingtalk::ids(host.param("at_user_ids"), out),
        all: truthy(host.param("at_all")),
    }
}

#[cfg(feature = "dingtalk_text")]
fn dingtalk_text(host: &Host, out: &mut Outcome) -> Result<(), String> {
    let url = channel::dingtalk::robot_url(host, channel_name(host), out)?;
    let words = [host.device_name(), " alert"].concat();
    let content = host.param("content").unwrap_or(&words);
    let mentions = dingtalk_mentions(host, out);
    let request = channel::dingtalk::text(url, content, &mentions, out);
    out.actions.push(Action::axios(request));
    Ok(())
}

#[cfg(feature = "dingtalk_notify")]
fn dingtalk_notify(host: &Host, out: &mut Outcome) -> Result<(), String> {
    let alarm = Alarm::read(host);
    // The note's script knows no action: without one it always pushes.
    if !alarm.action.is_empty() && !alarm.is_due(host) {
        return Ok(());
    }
    let url = channel::dingtalk::robot_url(host, channel_name(host), out)?;
    let time = time_text(host, out);
    let mentions = dingtalk_mentions(host, out);
    let recovery = alarm.is_recovery();
    let message = Message {
        heading: if recovery { "Device Recovered - " } else { "Device Alert - " },
        subject: host.device_name(),
        facts: vec![
            Fact { label: "EUI", text: host.device("eui"), style: Style::Code },
            Fact { label: "Level", text: host.param("level").unwrap_or(""), style: Style::Level },
            Fact {
                label: if recovery { "Recovery note" } else { "Description" },
                text: or_none(alarm.desc),
                style: Style::Block,
            },
            Fact { label: "Time", text: &time, style: Style::Own },
        ],
    };
    let request = channel::dingtalk::markdown(url, &message, &mentions, out);
    out.actions.push(Action::axios(request));
    Ok(())
}

/// The notes' word for a text that is not there.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "n/a" } else { text }
}
