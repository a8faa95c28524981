//! `wecom_notify`: an alarm raised or recovered, to a WeCom group or smart bot (application note §3.4, §6).

use alloc::vec;

use super::{Method, or_none, robot, time_text};
use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::channel::wecom;
use crate::host::Host;
use crate::message::{Fact, Mentions, Message, Style};
use crate::settings::TIMEZONE;

/// This method's row.
pub const METHOD: Method = Method {
    name: "wecom_notify",
    channels: &[wecom::TABLE],
    params: &["name", "action", "title", "level", "desc", "channel"],
    settings: &[&[TIMEZONE]],
    alarms: true,
    calls: false,
    states: false,
    telemetry: false,
    set: "wecom_webhook_url",
};

/// `params`: `name`, `action`, `title`, `level`, `desc`, `channel`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let alarm = Alarm::read(host);
    if !alarm.is_due(host) {
        return Ok(());
    }
    let address = wecom::bot(host, robot(host))?;
    let time = time_text(host, out);
    let recovery = alarm.is_recovery();
    let message = Message {
        prefix: "",
        heading: if recovery { "Alarm Recovered" } else { "Device Alarm" },
        subject: "",
        facts: vec![
            Fact { label: "Device", text: host.device_name(), style: Style::Line },
            Fact { label: "EUI", text: host.device("eui"), style: Style::Code },
            Fact { label: "Alarm Name", text: alarm.name, style: Style::Code },
            Fact { label: "Title", text: alarm.title, style: Style::Line },
            Fact {
                label: "Level",
                text: alarm.level,
                style: Style::Level(Level::from_word(alarm.level)),
            },
            Fact {
                label: if recovery { "Recovery note" } else { "Description" },
                text: or_none(alarm.desc),
                style: Style::Block,
            },
            Fact { label: "Time", text: &time, style: Style::Own },
        ],
    };
    out.push(wecom::markdown(address, &message, &Mentions::default()));
    Ok(())
}
