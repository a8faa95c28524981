//! `dingtalk_notify`: an alarm raised or recovered, to a signed DingTalk robot (application note §3.2).

use alloc::vec;

use super::{Method, dingtalk_mentions, or_none, robot, time_text};
use crate::action::{Outcome, Stop};
use crate::alarm::Alarm;
use crate::channel::dingtalk;
use crate::host::Host;
use crate::message::{Fact, Message, Style};
use crate::settings::TIMEZONE;

/// This method's row.
pub const METHOD: Method = Method {
    name: "dingtalk_notify",
    channels: &[dingtalk::TABLE],
    params: &[
        "name",
        "action",
        "title",
        "level",
        "desc",
        "channel",
        "at_mobiles",
        "at_user_ids",
        "at_all",
    ],
    settings: &[&[TIMEZONE]],
    alarms: true,
    calls: false,
    states: false,
    telemetry: false,
    set: "dingtalk_token, dingtalk_secret",
};

/// `params`: `name`, `action`, `title`, `level`, `desc`, `channel`, `at_mobiles`, `at_user_ids`, `at_all`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let alarm = Alarm::read(host);
    // The note's script knows no action: without one it always pushes.
    if !alarm.action.is_empty() && !alarm.is_due(host) {
        return Ok(());
    }
    let address = dingtalk::robot(host, robot(host))?;
    let time = time_text(host, out);
    let mentions = dingtalk_mentions(host, out);
    let recovery = alarm.is_recovery();
    let message = Message {
        prefix: "",
        heading: if recovery { "Device Recovered - " } else { "Device Alert - " },
        subject: host.device_name(),
        facts: vec![
            Fact { label: "EUI", text: host.device("eui"), style: Style::Code },
            Fact {
                label: "Level",
                text: host.param("level").unwrap_or(""),
                style: Style::Level(None),
            },
            Fact {
                label: if recovery { "Recovery note" } else { "Description" },
                text: or_none(alarm.desc),
                style: Style::Block,
            },
            Fact { label: "Time", text: &time, style: Style::Own },
        ],
    };
    out.push(dingtalk::markdown(address, &message, &mentions));
    Ok(())
}
