//! Delivery: which request next, what an answer means for the message, retry, fallback, and in
//! which order the platform then acts. Knows no service (each is a row of [`SERVICES`]) and not
//! whether an alarm is due.
//!
//! Two ways. *Action*: the platform sends; nobody reads the answer. *Confirm*: the script sends,
//! reads and acts on the verdict, within `notify_wait`; what is open by then is handed to the
//! platform, since a message twice is better than none.
//!
//! [`SERVICES`]: crate::channel::SERVICES

use crate::action::{Action, Outcome, Request, Stop, TIMEOUT_MS};
use crate::channel::verdict::{Reading, Verdict};
use crate::channel::wire::Wire;
use crate::channel::{Push, Service, Unready, find};
use crate::host::{Host, items, whole};
use crate::message::lang::{Lang, Phrase};
use crate::message::text::tell;
use crate::message::{Fact, Mentions, Message, Style};
use crate::settings::{NOTIFY_DELIVERY, NOTIFY_FALLBACK, NOTIFY_WAIT, WECOM_TOKEN_CACHE};

const HANDED: Phrase = ("Handed to the platform to send", "已交由平台发送");
const NOTE: Phrase = ("Note", "备注");
const FAILED: Phrase = ("failed", "发送失败");
const WITHHELD: Phrase =
    (" Details left out: the service refused them.", " 服务拒绝了详情，已省略。");

/// Between messages that follow a throttled one: 17 a minute, where the services take 20.
const PACE_MS: u32 = 3_500;

/// What became of one message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sent {
    /// No channel took it.
    Failed,
    /// The platform sends it.
    Handed,
    /// A service accepted it (perhaps not for everybody listed).
    Delivered,
}

/// What a push through one channel came to.
enum Fate {
    Sent(Sent),
    /// Not known to have arrived; may be handed to the platform.
    Open(Request),
    Failed,
}

/// One run's sending.
pub struct Delivery<'h, 'a> {
    wire: Wire<'h, 'a>,
    lang: Lang,
    /// Whether a message arrived since the last `settle`.
    delivered: bool,
    /// For the platform to send at once, and after a wait.
    pushes: Vec<Action>,
    waiting: Vec<Action>,
    /// Short texts that only ring: after everything that a failure of theirs could keep back.
    rings: Vec<Action>,
    /// Channels that refused a message of this run as one too many: not asked again.
    throttled: Vec<String>,
}

impl<'h, 'a> Delivery<'h, 'a> {
    /// `confirm` and `cache` are the preset's defaults for `notify_delivery` and `wecom_token_cache`.
    pub fn new(host: &'h Host<'a>, confirm: bool, cache: bool, out: &mut Outcome) -> Self {
        let mut switch = |key, on, off, default| match host.setting(key) {
            Some(word) if word.eq_ignore_ascii_case(on) => true,
            Some(word) if word.eq_ignore_ascii_case(off) => false,
            None => default,
            Some(_) => {
                out.warn(tell(
                    "{a} is not one of its two words: {b} is used.",
                    key.name,
                    if default { on } else { off },
                ));
                default
            }
        };
        let cache = switch(WECOM_TOKEN_CACHE, "on", "off", cache);
        // A kept token may have been revoked: only who reads the answer can tell.
        let confirm =
            (switch(NOTIFY_DELIVERY, "confirm", "action", confirm) || cache) && host.is("axios");
        let mut wait_ms = TIMEOUT_MS;
        if confirm {
            let wait = host.setting(NOTIFY_WAIT).unwrap_or("3s");
            let seconds =
                whole(wait.strip_suffix('s').unwrap_or(wait)).filter(|s| (1..=30).contains(s));
            if seconds.is_none() {
                out.warn(tell(
                    "{a} is not a time from 1s to 30s: 3s is used.",
                    NOTIFY_WAIT.name,
                    "",
                ));
            }
            wait_ms = seconds.unwrap_or(3) * 1000;
        }
        Delivery {
            wire: Wire::new(host, confirm, cache, wait_ms),
            lang: Lang::read(host),
            delivered: false,
            pushes: Vec::new(),
            waiting: Vec::new(),
            rings: Vec::new(),
            throttled: Vec::new(),
        }
    }

    /// Sends a message through every channel of a route; in place of one that fails, through the
    /// first of `notify_fallback` that takes it. No channel gets the message twice.
    pub fn send(
        &mut self,
        channels: &[&str],
        message: &Message,
        mentions: &Mentions,
        out: &mut Outcome,
    ) -> Result<Sent, Stop> {
        let fallback = self.wire.host.setting(NOTIFY_FALLBACK).unwrap_or("");
        let fallback: Vec<&str> = items(fallback).collect();
        let mut tried: Vec<&str> = Vec::new();
        let mut best = Sent::Failed;
        for route in channels {
            let mut failed = String::new();
            let mut open = None;
            let mut taken = false;
            for channel in std::iter::once(route).chain(&fallback) {
                // It has this message, or has just failed.
                if tried.contains(channel) {
                    continue;
                }
                tried.push(channel);
                match self.push(channel, message, mentions, &mut failed, out)? {
                    Fate::Sent(sent) => {
                        best = best.max(sent);
                        taken = true;
                        break;
                    }
                    Fate::Open(request) => open = Some((*channel, request)),
                    Fate::Failed => {}
                }
            }
            if let (Some((channel, request)), false) = (open, taken) {
                self.hand(channel, request, 0, out);
                best = best.max(Sent::Handed);
            }
        }
        Ok(best)
    }

    /// Sends through one channel. `failed` names the channels that failed before, for the message.
    fn push(
        &mut self,
        channel: &str,
        message: &Message,
        mentions: &Mentions,
        failed: &mut String,
        out: &mut Outcome,
    ) -> Result<Fate, Stop> {
        let Some((service, robot)) = find(channel) else {
            out.logs.push(("error", tell("there is no channel {a} in this script.", channel, "")));
            return Ok(Fate::Failed);
        };
        let (mut fresh, mut bare, mut again) = (false, false, true);
        let mark = out.logs.len();
        loop {
            // Rendered again, it warns again.
            out.logs.truncate(mark);
            let mut note = failed.clone();
            if bare {
                note.push_str(self.lang.say(WITHHELD));
            }
            let variant = self.variant(message, bare, note.trim());
            let push = Push { robot, message: &variant, mentions, fresh };
            let (reading, request) = match (service.request)(&mut self.wire, &push, out) {
                Ok(request) if !self.wire.confirm => {
                    self.pushes.push(Action::axios(0, request));
                    let ring = (service.ring)(self.wire.host, &push);
                    self.rings.extend(ring.map(|request| Action::axios(0, request)));
                    return Ok(Fate::Sent(Sent::Handed));
                }
                Ok(request) if self.wire.spent() => {
                    self.hand(channel, request, 0, out);
                    return Ok(Fate::Sent(Sent::Handed));
                }
                Ok(request) if self.throttled.iter().any(|other| other == channel) => {
                    // Behind the first one, which waits the service's time: sleeps add up.
                    self.hand(channel, request, PACE_MS, out);
                    return Ok(Fate::Sent(Sent::Handed));
                }
                Ok(request) => {
                    let (answer, request) = self.wire.call(request)?;
                    (answer.read(&service.codes), Some(request))
                }
                Err(Unready::Refused(reading)) => {
                    again = false;
                    (reading, None)
                }
                Err(Unready::Stop(Stop::Fault(text))) => {
                    self.fail(failed, channel, "");
                    out.logs.push(("error", tell("{a}: {b}", channel, &text)));
                    return Ok(Fate::Failed);
                }
                Err(Unready::Stop(stop)) => return Err(stop),
            };
            match (reading.verdict, request) {
                (Verdict::Transient, Some(_)) if again && !self.wire.spent() => again = false,
                (Verdict::Token, Some(_)) if !fresh => fresh = true,
                (Verdict::Payload | Verdict::Content, Some(_)) if !bare => bare = true,
                (Verdict::Delivered | Verdict::Partly, _) => {
                    let level = if reading.verdict == Verdict::Partly { "warn" } else { "info" };
                    self.log(level, channel, &reading, out);
                    self.delivered = true;
                    if let Some(request) = (service.ring)(self.wire.host, &push) {
                        self.ring(channel, service, request, out)?;
                    }
                    return Ok(Fate::Sent(Sent::Delivered));
                }
                (Verdict::Throttled, Some(request)) => {
                    self.log("warn", channel, &reading, out);
                    self.hand(channel, request, self.wait_ms(service), out);
                    self.throttled.push(channel.into());
                    return Ok(Fate::Sent(Sent::Handed));
                }
                (verdict, request) => {
                    self.fail(failed, channel, &reading.origin());
                    self.log("error", channel, &reading, out);
                    return Ok(match request {
                        Some(request) if verdict == Verdict::Transient => Fate::Open(request),
                        _ => Fate::Failed,
                    });
                }
            }
        }
    }

    /// Sends the text that rings. The message itself has arrived, so a failure is only told.
    fn ring(
        &mut self,
        channel: &str,
        service: &Service,
        request: Request,
        out: &mut Outcome,
    ) -> Result<(), Stop> {
        if self.wire.spent() {
            self.rings.push(Action::axios(0, request));
            return Ok(());
        }
        let (answer, request) = self.wire.call(request)?;
        let reading = answer.read(&service.codes);
        match reading.verdict {
            Verdict::Delivered => {}
            Verdict::Throttled => {
                self.hand(channel, request, self.wait_ms(service), out);
                self.throttled.push(channel.into());
            }
            _ => self.log("warn", channel, &reading, out),
        }
        Ok(())
    }

    /// Hands a request to the platform, which sends it once, now or after a wait.
    fn hand(&mut self, channel: &str, request: Request, sleep_ms: u32, out: &mut Outcome) {
        out.logs.push(("warn", sentence(channel, ": ", self.lang.say(HANDED), "")));
        let list = if sleep_ms > 0 { &mut self.waiting } else { &mut self.pushes };
        list.push(Action::axios(sleep_ms, request));
    }

    /// The message as this try sends it: perhaps only its trusted facts, and with a note.
    fn variant<'m>(&self, message: &Message<'m>, bare: bool, note: &'m str) -> Message<'m> {
        let mut facts = Vec::new();
        for fact in &message.facts {
            facts.extend(if bare { fact.trusted() } else { Some(*fact) });
        }
        if !note.is_empty() {
            facts.push(Fact { label: self.lang.say(NOTE), text: note, style: Style::Line });
        }
        let subject = if bare { "" } else { message.subject };
        Message { prefix: message.prefix, heading: message.heading, subject, facts }
    }

    /// Adds to the words about channels that failed: `wecom:alarm failed (errcode 93000)`.
    fn fail(&self, failed: &mut String, channel: &str, origin: &str) {
        if !failed.is_empty() {
            failed.push_str("; ");
        }
        failed.push_str(&sentence(channel, " ", self.lang.say(FAILED), origin));
    }

    /// The log's line about a channel: cause and remedy, and the code.
    fn log(&self, level: &'static str, channel: &str, reading: &Reading, out: &mut Outcome) {
        let words = self.lang.say(reading.verdict.words());
        out.logs.push((level, sentence(channel, ": ", words, &reading.origin())));
    }

    /// The service's wait and up to a quarter more, so that many devices do not come back at once.
    fn wait_ms(&self, service: &Service) -> u32 {
        let host = self.wire.host;
        let jitter = match host.random {
            Some(bytes) => u32::from_le_bytes(bytes),
            // Not random, but different from device to device and from time to time (FNV-1a).
            None => {
                let eui = host.device("eui").bytes();
                eui.fold(0x811C_9DC5 ^ self.wire.seconds(), |hash, byte| {
                    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
                })
            }
        };
        let wait = service.codes.wait_s * 1000;
        wait + jitter % (wait / 4 + 1)
    }

    /// Stores an attribute on the device together with what was sent since the last `settle`.
    pub fn store(&mut self, name: String, value: String) {
        self.wire.store(name, value);
    }

    /// Puts the actions of what was sent in the order that loses and repeats least: a push that the
    /// platform still has to make comes before the attributes that say it was made, unless another
    /// already arrived; further pushes come after them. A failing action stops those behind it.
    pub fn settle(&mut self, out: &mut Outcome) {
        let at = usize::from(!self.delivered && !self.pushes.is_empty());
        if !self.wire.keep.is_empty() {
            let attrs = std::mem::take(&mut self.wire.keep);
            self.pushes.insert(at, Action::modify_attrs(self.wire.host.device("eui"), &attrs));
        }
        out.actions.append(&mut self.pushes);
        self.delivered = false;
    }

    /// Settles, and adds what waits after everything else.
    pub fn finish(mut self, out: &mut Outcome) {
        self.settle(out);
        out.actions.append(&mut self.rings);
        out.actions.append(&mut self.waiting);
        if out.actions.is_empty() && matches!(out.logs.last(), Some(("error", _))) {
            // Nobody was reached and nothing is left to do: said even where the host has no logger.
            out.error = out.logs.pop().map(|(_, text)| text);
        }
    }
}

/// `wecom: delivered (errcode 0)`.
fn sentence(channel: &str, joint: &str, words: &str, origin: &str) -> String {
    let (open, close) = if origin.is_empty() { ("", "") } else { (" (", ")") };
    cat!(channel, joint, words, open, origin, close)
}
