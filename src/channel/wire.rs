//! The way to a service's answer. A run cannot wait: it ends with the first requests that have no
//! answers yet, and the host runs the core again with those answers added. So a channel asks in plain
//! order, every run takes the same way as far as the answers reach, and no step is saved anywhere.

use alloc::{string::String, vec::Vec};

use super::verdict::{Codes, Reading, Verdict};
use crate::action::{Request, Stop};
use crate::host::{Entry, Host, Source};
use crate::text::{contains, whole};

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
    /// The kept one was refused.
    pub refused: bool,
    /// Attributes to store on the device.
    pub keep: Vec<(String, String)>,
    answers: &'h [Entry<'a>],
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
            refused: false,
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

    /// The answers to requests that are sent together, each handed back with its own; or the end of this run. With
    /// `spare`, a third of the time is kept for what follows, should one of them hang.
    pub fn call_all(
        &mut self,
        mut requests: Vec<Request>,
        spare: bool,
    ) -> Result<Vec<(Answer<'h, 'a>, Request)>, Stop> {
        if self.answers.is_empty() && !requests.is_empty() {
            let left = self.deadline.saturating_sub(self.now);
            let most = if spare { left / 3 * 2 } else { left };
            for request in &mut requests {
                request.timeout_ms = request.timeout_ms.min(most);
            }
            return Err(Stop::Calls(requests));
        }
        Ok(requests.into_iter().map(|request| (self.next_answer(), request)).collect())
    }

    /// The lent token was refused: it is not used again.
    pub fn refuse_token(&mut self) {
        self.token = None;
        self.refused = true;
    }

    fn next_answer(&mut self) -> Answer<'h, 'a> {
        let Some((start, rest)) = self.answers.split_first() else { return Answer(&[]) };
        let end = rest.iter().position(|entry| entry.source == Source::Answer);
        let (answer, rest) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, &[]));
        self.answers = rest;
        if let Some(passed) = milliseconds_between(self.host.now(), start.value) {
            self.now = self.now.max(passed);
        }
        Answer(answer)
    }

    /// Stores an attribute on the device when the run ends.
    pub fn store(&mut self, name: String, value: String) {
        self.keep.retain(|(kept, _)| *kept != name);
        self.keep.push((name, value));
    }
}

/// How long it is from one moment to a later one, both as decimal milliseconds since 1970. A clock that was set back
/// in between tells nothing.
fn milliseconds_between(start: &str, end: &str) -> Option<u32> {
    // Digits of one length compare as numbers do. Modulo 2^32 is enough for how far two moments of a run are apart.
    let wrapped = |text: &str| {
        text.bytes().fold(0, |number: u32, byte| {
            number.wrapping_mul(10).wrapping_add(u32::from(byte.wrapping_sub(b'0')))
        })
    };
    (end.len() == start.len() && end >= start).then(|| wrapped(end).wrapping_sub(wrapped(start)))
}

/// What came back for one request: its transport and the fields of its JSON body.
pub struct Answer<'h, 'a>(&'h [Entry<'a>]);

impl<'a> Answer<'_, 'a> {
    /// One entry, empty if there is none.
    #[inline(never)]
    fn get(&self, source: Source, name: &str) -> &'a str {
        let found = self.0.iter().find(|entry| entry.source == source && entry.name == name);
        found.map_or("", |entry| entry.value)
    }

    /// A field of the JSON body.
    pub fn field(&self, name: &str) -> &'a str {
        self.get(Source::Body, name)
    }

    /// What the answer means, by the service's table. Only code 0 over a sound transport is
    /// success; an answer that cannot be understood may come from anything on the way.
    pub fn read(&self, codes: &Codes) -> Reading<'a> {
        let error = self.get(Source::Transport, "error");
        let status = self.get(Source::Transport, "status");
        let http = whole(status);
        let sound = error.is_empty() && (status.is_empty() || http.is_some_and(|s| s / 100 == 2));
        let code = self.field(codes.code);
        let reading = |verdict, detail| Reading { verdict, kind: codes.code, code, detail };
        match (code, whole(code)) {
            ("-1", _) => reading(Verdict::Transient, ""),
            (_, Some(0)) if sound => {
                let left_out = codes.partly.iter().find(|list| !self.field(list).is_empty());
                match left_out {
                    Some(list) => reading(Verdict::Partly, list),
                    None => reading(Verdict::Delivered, ""),
                }
            }
            (_, Some(number)) if number != 0 => {
                let text = self.field(codes.text);
                let mark = codes.marks.iter().find(|mark| contains(text, mark));
                reading(codes.verdict(number), mark.unwrap_or(&""))
            }
            _ => {
                let verdict = match http {
                    Some(429) => Verdict::Throttled,
                    Some(408 | 425) => Verdict::Transient,
                    Some(300..=499) => Verdict::Misconfigured,
                    _ => Verdict::Transient,
                };
                if !status.is_empty() {
                    return Reading { verdict, kind: "HTTP", code: status, detail: "" };
                }
                // A plain error code such as ECONNRESET; a sentence could hold the URL.
                let plain =
                    error.len() <= 32 && error.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
                Reading { verdict, kind: "", code: if plain { error } else { "" }, detail: "" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::action::Json;

    fn request(url: &str) -> Request {
        Request::get(url, Json::object())
    }

    #[test]
    fn requests_that_are_sent_together_are_asked_for_at_once() {
        let host = Host::read("fnow\x001000000000000");
        let mut wire = Wire::new(&host, true, false, 3_000);
        let Err(Stop::Calls(requests)) = wire.call_all(vec![request("a"), request("b")], false)
        else {
            panic!("there are no answers yet");
        };
        assert_eq!(requests.len(), 2);
        assert!(requests.iter().all(|request| request.timeout_ms == 3_000));
    }

    #[test]
    fn each_request_has_its_own_answer_and_the_latest_tells_the_time() {
        let host = Host::read(
            "fnow\x001000000000000\0r\x001000000000950\0hstatus\x00200\0r\x001000000000400\0herror\0ETIMEDOUT",
        );
        let mut wire = Wire::new(&host, true, false, 1_000);
        let answers = wire.call_all(vec![request("a"), request("b")], false).ok().unwrap();
        let [(first, _), (second, _)] = answers.as_slice() else { panic!("two") };
        assert_eq!(first.get(Source::Transport, "status"), "200");
        assert_eq!(second.get(Source::Transport, "error"), "ETIMEDOUT");
        assert!(wire.spent(), "950 of 1000 ms have passed");
        assert!(matches!(wire.call_all(vec![request("c")], false), Err(Stop::Calls(_))));
    }

    #[test]
    fn a_clock_set_back_tells_nothing() {
        assert_eq!(milliseconds_between("1000000000000", "1000000000042"), Some(42));
        assert_eq!(milliseconds_between("1000000000042", "1000000000000"), None);
        assert_eq!(milliseconds_between("999999999999", "1000000000000"), None);
        assert_eq!(milliseconds_between("4294967295999", "4294967296001"), Some(2));
    }
}
