//! `dingtalk_text`: a plain text to a signed DingTalk robot (application note §3.3).

use super::{channel_name, dingtalk_mentions};
use crate::action::{Action, Outcome, Stop};
use crate::channel::dingtalk;
use crate::host::Host;

/// `params`: `content`, `channel`, `at_mobiles`, `at_user_ids`, `at_all`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let url = dingtalk::robot_url(host, channel_name(host), out)?;
    let words = cat!(host.device_name(), " alert");
    let content = host.param("content").unwrap_or(&words);
    let mentions = dingtalk_mentions(host, out);
    let request = dingtalk::text(url, content, &mentions, out);
    out.actions.push(Action::axios(0, request));
    Ok(())
}
