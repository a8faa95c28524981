//! `wecom_text`: a plain text to a WeCom bot (application note §3.3).

use alloc::vec::Vec;

use super::{Method, robot};
use crate::action::{Outcome, Stop};
use crate::channel::wecom;
use crate::host::Host;
use crate::text::items;

/// This method's row.
pub const METHOD: Method = Method {
    name: "wecom_text",
    channels: &[wecom::TABLE],
    params: &["content", "channel", "mentioned_list", "mentioned_mobile_list"],
    settings: &[],
    alarms: false,
    calls: false,
    states: false,
    telemetry: false,
    set: "wecom_webhook_url",
};

/// `params`: `content`, `channel`, `mentioned_list`, `mentioned_mobile_list`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let address = wecom::bot(host, robot(host))?;
    let words = cat!("Device ", host.device_name(), "(", host.device("eui"), ") alert");
    let content = host.param("content").unwrap_or(&words);
    let users: Vec<&str> = items(host.param("mentioned_list").unwrap_or("")).collect();
    let mobiles: Vec<&str> = items(host.param("mentioned_mobile_list").unwrap_or("")).collect();
    out.push(wecom::text(address, content, &users, &mobiles));
    Ok(())
}
