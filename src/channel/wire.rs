//! The way to a service's answer. A run cannot wait: it ends with the first request that has no
//! answer yet, and the host runs the core again with that answer added. So a channel asks in plain
//! order, every run takes the same way as far as the answers reach, and no step is saved anywhere.

use super::verdict::{Codes, Reading, Verdict};
use crate::action::{Request, Stop};
use crate::host::{Host, whole, wrapped};
use crate::message::text::holds;

/// With less time than this left, asking is no use.
const LEAST_MS: u32 = 100;

/// One run's requests and answers, in order, within a bounded time.
pub struct Wire<'h, 'a> {
    pub host: &'h Host<'a>,
    /// Whether the script itself sends and reads (confirm), so that a request may be repeated.
    pub confirm: bool,
    /// Whether credentials that a service lends may be kept on the device.
    pub cache: bool,
    /// A credential lent in this run.
    pub token: Option<String>,
    /// Attributes to store on the device.
    pub keep: Vec<(String, String)>,
    answers: &'h [(&'a str, &'a str)],
    /// Milliseconds since the run's start: at the last answer, and when the time is up.
    now: u32,
    deadline: u32,
}

impl<'h, 'a> Wire<'h, 'a> {
    /// All requests of the run together may take `wait_ms`.
    pub fn new(host: &'h Host<'a>, confirm: bool, cache: bool, wait_ms: u32) -> Wire<'h, 'a> {
        Wire {
            host,
            confirm,
            cache,
            token: None,
            keep: Vec::new(),
            answers: host.answers(),
            now: 0,
            deadline: wait_ms,
        }
    }

    /// The time now in seconds since 1970: of the run's start, or of the last answer. It never runs backwards.
    pub fn seconds(&self) -> u32 {
        self.host.seconds().0 + self.now / 1000
    }

    /// Whether the time is up.
    pub fn spent(&self) -> bool {
        self.now + LEAST_MS > self.deadline
    }

    /// The answer to `request`, which is handed back with it; or the end of this run.
    pub fn call(&mut self, mut request: Request) -> Result<(Answer<'h, 'a>, Request), Stop> {
        let Some(((_, at), rest)) = self.answers.split_first() else {
            let left = self.deadline.saturating_sub(self.now);
            request.timeout_ms = request.timeout_ms.min(left);
            return Err(Stop::Call(request));
        };
        let end = rest.iter().position(|(key, _)| *key == "r").unwrap_or(rest.len());
        let (answer, rest) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        self.answers = rest;
        // Digits of one length compare as numbers do. A clock that was set back in between tells nothing.
        let start = self.host.now();
        if at.len() == start.len() && *at >= start {
            self.now = self.now.max(wrapped(at).wrapping_sub(wrapped(start)));
        }
        Ok((Answer(answer), request))
    }

    /// Stores an attribute on the device when the run ends.
    pub fn store(&mut self, name: String, value: String) {
        self.keep.retain(|(kept, _)| *kept != name);
        self.keep.push((name, value));
    }
}

/// What came back for one request: its transport (`h`) and the fields of its JSON body (`j`).
pub struct Answer<'h, 'a>(&'h [(&'a str, &'a str)]);

impl<'a> Answer<'_, 'a> {
    /// One entry, empty if there is none.
    #[inline(never)]
    pub fn get(&self, key: &str) -> &'a str {
        self.0.iter().find(|(k, _)| *k == key).map_or("", |(_, value)| *value)
    }

    /// What the answer means, by the service's table. Only `errcode` 0 over a sound transport is
    /// success; an answer that cannot be understood may come from anything on the way.
    pub fn read(&self, codes: &Codes) -> Reading<'a> {
        let (error, status, errcode) =
            (self.get("herror"), self.get("hstatus"), self.get("jerrcode"));
        let sound =
            error.is_empty() && (status.is_empty() || whole(status).is_some_and(|s| s / 100 == 2));
        let mut reading =
            Reading { verdict: Verdict::Transient, kind: "errcode ", code: errcode, detail: "" };
        match (errcode, whole(errcode)) {
            ("-1", _) => {}
            (_, Some(0)) if sound => {
                let partly = codes.partly.iter().find(|list| !self.get(list).is_empty());
                reading.verdict =
                    if partly.is_some() { Verdict::Partly } else { Verdict::Delivered };
                // Without the letter of the entry's source.
                reading.detail = partly.and_then(|list| list.get(1..)).unwrap_or("");
            }
            (_, Some(code)) if code != 0 => {
                let errmsg = self.get("jerrmsg");
                reading.verdict = codes.verdict(code);
                reading.detail = codes.marks.iter().find(|mark| holds(errmsg, mark)).unwrap_or(&"");
            }
            _ => {
                (reading.kind, reading.code) = ("HTTP ", status);
                reading.verdict = match whole(status) {
                    Some(429) => Verdict::Throttled,
                    Some(408 | 425) => Verdict::Transient,
                    Some(300..=499) => Verdict::Misconfigured,
                    _ => Verdict::Transient,
                };
                if status.is_empty() {
                    // A plain error code such as ECONNRESET; a sentence could hold the URL.
                    let plain = error.len() <= 32
                        && error.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
                    (reading.kind, reading.code) = ("", if plain { error } else { "" });
                }
            }
        }
        reading
    }
}
