//! `wecom_app_notify`: an alarm raised or recovered, to users, departments or tags through a
//! self-built WeCom app (application note §7).

use alloc::vec;

use super::{Method, or_none, time_text};
use crate::action::{Outcome, Stop};
use crate::alarm::{Alarm, Level};
use crate::channel::{Channel, wecom_app};
use crate::delivery::{DELIVERY, Delivery, Job, OwnWay, Part, Sending};
use crate::host::Host;
use crate::message::{Fact, Mentions, Message, Style};
use crate::settings::{LANG, Reader, TIMEZONE, Texts};

/// This method's row.
pub const METHOD: Method = Method {
    name: "wecom_app_notify",
    channels: &[wecom_app::TABLE],
    params: &["name", "action", "title", "level", "desc"],
    settings: &[DELIVERY, &[TIMEZONE, LANG]],
    alarms: true,
    calls: true,
    states: false,
    telemetry: false,
    set: "wecom_corp_id, wecom_corp_secret, wecom_agent_id",
};

const CHANNELS: &[Channel] = &[wecom_app::CHANNEL];

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
    let texts = Texts::read(host, &[Sending::KEYS]);
    let mut reader = Reader::new(0, 0);
    let sending = Sending::read(&texts, &mut reader);
    out.faults(&reader);
    let own_way = OwnWay { confirm: false, cache: false };
    let mut delivery = Delivery::new(host, CHANNELS, sending, own_way);
    let job = Job {
        channel: wecom_app::CHANNEL.name,
        message,
        mentions: Mentions::default(),
        about: 0,
        part: Part::Message,
        pressing: true,
        tries: 0,
        turn: 0,
    };
    let fate = delivery.send(core::slice::from_ref(&job), out)?.pop();
    if let Some(fate) = fate {
        delivery.act(&job, fate, out);
    }
    Ok(())
}
