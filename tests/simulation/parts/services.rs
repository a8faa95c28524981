//! Fakes of the services: what they take, refuse and limit, and what goes wrong with them.
//! They know nothing of alarms; who reads what they took is the observer's matter.

use serde_json::Value;

use super::boundary::credential;
use super::plan::{Channel, GHOST, Kind, START_MS, Trouble};

/// Messages a minute that a bot or robot takes.
const A_MINUTE: usize = 20;
/// How long a DingTalk robot refuses after one too many.
const BLOCKED_MS: u64 = 600_000;
/// How old a DingTalk signature may be.
const SIGNATURE_MS: u64 = 3_600_000;

#[derive(Clone, Debug, Hash)]
pub struct Service {
    pub trouble: Option<Trouble>,
    /// When it last refused a message as one too many.
    pub throttled_at: u64,
    /// When messages of the last minute were taken.
    taken: Vec<u64>,
    blocked_until: u64,
    /// The token that is good now is named by this number.
    token: u32,
    /// Requests of the last minute, to count them.
    asked: Vec<u64>,
}

/// What came back.
pub struct Reply {
    pub took_ms: u64,
    /// As the shim hands it to the core.
    pub entries: Vec<(&'static str, String)>,
    /// An action with this request fails.
    pub failed: bool,
    /// The message reached its readers.
    pub taken: bool,
    /// Nobody can know whether it did.
    pub unsure: bool,
}

impl Service {
    pub fn new() -> Service {
        Service {
            trouble: None,
            throttled_at: 0,
            taken: Vec::new(),
            blocked_until: 0,
            token: 1,
            asked: Vec::new(),
        }
    }

    pub fn revoke(&mut self) {
        self.token += 1;
    }

    /// Others sent so many messages just now that it takes no more within this minute.
    pub fn crowd(&mut self, now: u64) {
        self.taken = vec![now; A_MINUTE];
    }

    /// Whether it would refuse a message now as one too many.
    pub fn refuses(&self, now: u64) -> bool {
        let of_minute = self.taken.iter().filter(|at| **at + 60_000 > now);
        now < self.blocked_until || of_minute.count() >= A_MINUTE
    }

    /// Counts a request; the number of those within the last minute.
    pub fn count(&mut self, now: u64) -> usize {
        self.asked.retain(|at| at + 60_000 > now);
        self.asked.push(now);
        self.asked.len()
    }

    pub fn answer(&mut self, kind: Kind, request: &Value, now: u64, took_ms: u64) -> Reply {
        let timeout = request["timeout"].as_u64().unwrap_or(5_000);
        let is_token = request["method"] == "GET";
        let lost = |taken: bool| Reply {
            took_ms: timeout,
            entries: vec![("herror", "ECONNABORTED".into())],
            failed: true,
            taken,
            unsure: !is_token,
        };
        match self.trouble {
            Some(Trouble::Refused) => Reply {
                took_ms: 2,
                entries: vec![("herror", "ECONNREFUSED".into())],
                failed: true,
                taken: false,
                unsure: false,
            },
            Some(Trouble::Hangs) => lost(false),
            Some(Trouble::HangsAfterTaking) => {
                let taken = !is_token && self.judge(kind, request, now).0 == 0;
                lost(taken)
            }
            Some(Trouble::Html) => Reply {
                took_ms,
                entries: vec![("hstatus", "200".into()), ("hbody", "<html>".into())],
                failed: false,
                taken: false,
                unsure: false,
            },
            Some(Trouble::Failing) => Reply {
                took_ms,
                entries: vec![
                    ("hstatus", "502".into()),
                    ("herror", "ERR_BAD_RESPONSE".into()),
                    ("hbody", "<html>".into()),
                ],
                failed: true,
                taken: false,
                unsure: false,
            },
            trouble => {
                if took_ms >= timeout {
                    return lost(false);
                }
                let removed = match kind {
                    Kind::Bot => (93_000, "invalid webhook url"),
                    Kind::Robot => (300_001, "token is not exist"),
                    Kind::App => (40_001, "invalid credential"),
                };
                let (code, text) = match trouble {
                    Some(Trouble::Removed) => removed,
                    _ if is_token => (0, "ok"),
                    _ => self.judge(kind, request, now),
                };
                let mut entries = vec![
                    ("hstatus", "200".into()),
                    ("jerrcode", code.to_string()),
                    ("jerrmsg", text.into()),
                ];
                if is_token && code == 0 {
                    entries.push(("jaccess_token", format!("token-{}", self.token)));
                    entries.push(("jexpires_in", "7200".into()));
                }
                let taken = !is_token && code == 0 && trouble != Some(Trouble::Swallows);
                if taken && trouble == Some(Trouble::Denies) {
                    entries[1].1 = "93000".into();
                }
                Reply { took_ms, entries, failed: false, taken, unsure: false }
            }
        }
    }

    /// Takes or refuses a message: the code, 0 if it is taken.
    fn judge(&mut self, kind: Kind, request: &Value, now: u64) -> (u32, &'static str) {
        let url = request["url"].as_str().unwrap_or("");
        self.taken.retain(|at| at + 60_000 > now);
        match kind {
            Kind::Bot => {
                let content = request["data"]["markdown"]["content"].as_str().unwrap_or("");
                if content.contains(&format!("<@{GHOST}>")) {
                    return (40_003, "invalid openid");
                }
                if self.taken.len() >= A_MINUTE {
                    self.throttled_at = now;
                    return (45_009, "api freq out of limit");
                }
            }
            Kind::Robot => {
                let stamp = query(url, "timestamp").parse::<u64>().unwrap_or(0);
                if query(url, "sign").is_empty() || stamp.abs_diff(START_MS + now) > SIGNATURE_MS {
                    return (310_000, "invalid timestamp");
                }
                if now < self.blocked_until {
                    return (130_101, "send too fast");
                }
                if self.taken.len() >= A_MINUTE {
                    self.blocked_until = now + BLOCKED_MS;
                    self.throttled_at = now;
                    return (130_101, "send too fast");
                }
            }
            Kind::App => {
                if query(url, "access_token") != format!("token-{}", self.token) {
                    return (40_014, "invalid access_token");
                }
            }
        }
        self.taken.push(now);
        (0, "ok")
    }
}

fn query<'u>(url: &'u str, field: &str) -> &'u str {
    let pairs = url.split_once('?').map_or("", |(_, pairs)| pairs).split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == field).map_or("", |p| p.1)
}

/// The channel that a request goes to.
pub fn addressee(channels: &[Channel], request: &Value) -> Option<usize> {
    let url = request["url"].as_str()?;
    channels.iter().position(|channel| {
        let key = credential(channel.name);
        match channel.kind {
            Kind::Bot => url.contains("qyapi") && query(url, "key") == key,
            Kind::Robot => url.contains("dingtalk") && query(url, "access_token") == key,
            Kind::App => url.contains("/cgi-bin/gettoken") || url.contains("/cgi-bin/message/send"),
        }
    })
}
