//! `dingtalk_text`: a plain text to a signed DingTalk robot (application note §3.3).

use super::{Method, dingtalk_mentions, robot};
use crate::action::{Outcome, Stop};
use crate::channel::dingtalk;
use crate::host::Host;

/// This method's row.
pub const METHOD: Method = Method {
    name: "dingtalk_text",
    channels: &[dingtalk::TABLE],
    params: &["content", "channel", "at_mobiles", "at_user_ids", "at_all"],
    settings: &[],
    alarms: false,
    calls: false,
    states: false,
    telemetry: false,
    set: "dingtalk_token, dingtalk_secret",
};

/// `params`: `content`, `channel`, `at_mobiles`, `at_user_ids`, `at_all`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let address = dingtalk::robot(host, robot(host))?;
    let words = cat!(host.device_name(), " alert");
    let content = host.param("content").unwrap_or(&words);
    let mentions = dingtalk_mentions(host, out);
    out.push(dingtalk::text(address, content, &mentions));
    Ok(())
}
