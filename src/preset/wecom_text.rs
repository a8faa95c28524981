//! `wecom_text`: a plain text to a WeCom bot (application note §3.3).

use super::channel_name;
use crate::action::{Action, Outcome, Stop};
use crate::channel::wecom;
use crate::host::{Host, items};

/// `params`: `content`, `channel`, `mentioned_list`, `mentioned_mobile_list`.
pub fn run(host: &Host, out: &mut Outcome) -> Result<(), Stop> {
    let url = wecom::bot_url(host, channel_name(host), out)?;
    let words = cat!("Device ", host.device_name(), "(", host.device("eui"), ") alert");
    let content = host.param("content").unwrap_or(&words);
    let users: Vec<&str> = items(host.param("mentioned_list").unwrap_or("")).collect();
    let mobiles: Vec<&str> = items(host.param("mentioned_mobile_list").unwrap_or("")).collect();
    let request = wecom::text(url, content, &users, &mobiles, out);
    out.actions.push(Action::axios(0, request));
    Ok(())
}
