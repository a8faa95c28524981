//! `wecom_app_notify`: an alarm raised or recovered, to users, departments or tags through a
//! self-built WeCom app (application note §7).

use super::{or_none, time_text};
use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::delivery::Delivery;
use crate::host::Host;
use crate::message::{Fact, Mentions, Message, Style};

/// `params`: `name`, `action`, `title`, `level`, `desc`, `touser`, `toparty`, `totag`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let alarm = Alarm::read(host);
    if !alarm.is_due(host) {
        return Ok(());
    }
    let time = time_text(host, out);
    let recovery = alarm.is_recovery();
    let message = Message {
        prefix: "",
        heading: if recovery { "Alarm Recovered" } else { "Device Alarm" },
        subject: "",
        facts: vec![
            Fact {
                label: "Device",
                text: host.device_name(),
                style: Style::Named(host.device("eui")),
            },
            Fact { label: "Alarm", text: alarm.title, style: Style::Line },
            Fact {
                label: "Level",
                text: alarm.level,
                style: Style::Level(Level::from_word(alarm.level)),
            },
            Fact {
                label: if recovery { "Recovery" } else { "Description" },
                text: or_none(alarm.desc),
                style: Style::Block,
            },
            Fact { label: "Time", text: &time, style: Style::Own },
        ],
    };
    let mut delivery = Delivery::new(host, false, false, out);
    delivery.send(&["wecom_app"], &message, &Mentions::default(), out)?;
    delivery.finish(out);
    Ok(())
}
