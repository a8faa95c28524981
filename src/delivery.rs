//! Delivery: which request next, what an answer means for the message, retry, fallback, and in
//! which order the platform then acts. Knows no service (each is a row of [`CHANNELS`]) and not
//! whether an alarm is due.
//!
//! Two ways. *Action*: the platform sends; nobody reads the answer. *Confirm*: the script sends,
//! reads and acts on the verdict, within `notify_wait`; what is open by then is handed to the
//! platform, since a message twice is better than none.
//!
//! [`CHANNELS`]: crate::channel::CHANNELS

use alloc::{string::String, vec::Vec};

use crate::action::{Action, Outcome, Request, Stop, TIMEOUT_MS};
use crate::channel::verdict::{Reading, Verdict};
use crate::channel::wire::Wire;
use crate::channel::{Channel, Push, Rendered, Unready, find};
use crate::host::Host;
use crate::message::lang::{Lang, Phrase};
use crate::message::{Fact, Mentions, Message, Style};
use crate::policy::{self, check};
use crate::settings::{ANYWHERE, Kind, Reader, Setting, Value, group};
use crate::text::{fill_template, items, join, whole};

group! {
    /// How messages are sent.
    pub struct Sending<'a>,
    /// The rows of the table.
    DELIVERY:

    /// Who sends, and whether the answer is read.
    confirm: Confirm = Setting::new("notify_delivery", ANYWHERE)
        .default_words(
            "action; in notify: confirm where the server has axios",
            "action；notify 中若服务器提供 axios 则为 confirm",
        )
        .example("confirm")
        .words(
            "`action`: the platform sends, nobody reads the answer. `confirm`: the script sends, reads the answer and acts on it.",
            "`action`：由平台发送，不读取应答。`confirm`：由脚本发送、读取应答并据此处理。",
        );
    /// What takes the place of a channel that fails.
    fallback: Fallback<'a> = Setting::new("notify_fallback", ANYWHERE)
        .example("wecom:duty, dingtalk")
        .words(
            "Channels to try in this order when one fails, such as `wecom:duty, dingtalk`. The message says which channel failed. Only channels of the same script: all of them in `notify`.",
            "某通道失败时依次改用的通道，如 `wecom:duty, dingtalk`；消息会注明哪个通道失败。仅限同一脚本所含通道（`notify` 含全部通道）。",
        );
    /// How long answers are waited for.
    wait: Wait = Setting::new("notify_wait", ANYWHERE)
        .default("3s")
        .example("5s")
        .words(
            "Time for all requests of one call together in `confirm`: 1s to 30s. What is not confirmed by then is handed to the platform.",
            "`confirm` 方式下一次调用全部请求的总时限：1s 至 30s；到时仍未确认的消息交由平台发送。",
        );
    /// Whether a lent access token is kept.
    cache: Cache = TOKEN_CACHE;
}

/// Whether a lent access token is kept on the device.
pub const TOKEN_CACHE: Setting = Setting::new("wecom_token_cache", ANYWHERE)
    .default_words("off; in notify: on", "off；notify 中为 on")
    .example("on")
    .words(
        "`on`: the app's access token is kept, sealed, in the device's server_attrs and used until it expires; the message is then sent and checked inside the script.",
        "`on`：将应用的 access_token 加密保存在设备 server_attrs 中并在有效期内复用；此时消息在脚本内发送并核对结果。",
    );

/// `notify_delivery`: whether the script sends and reads the answer; `None`: the method's own way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confirm(pub Option<bool>);

impl<'a> Value<'a> for Confirm {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Confirm(None)
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        Confirm(one_of_two(reader, text, ["action", "confirm"], Kind::DELIVERY))
    }
}

/// `wecom_token_cache`; `None`: the method's own way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cache(pub Option<bool>);

impl<'a> Value<'a> for Cache {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Cache(None)
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        Cache(one_of_two(reader, text, ["off", "on"], Kind::SWITCH))
    }
}

/// Whether the text is the second of two words, in any ASCII case.
fn one_of_two<'a>(
    reader: &mut Reader<'a>,
    text: &'a str,
    [no, yes]: [&str; 2],
    kind: Kind,
) -> Option<bool> {
    let is_yes = text.eq_ignore_ascii_case(yes);
    if !is_yes && !text.eq_ignore_ascii_case(no) {
        reader.fail(text, kind);
    }
    Some(is_yes)
}

/// `notify_fallback`: a list of channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fallback<'a>(&'a str);

impl<'a> Fallback<'a> {
    /// The channels to try, in order.
    pub fn channels(self) -> impl Iterator<Item = &'a str> {
        items(self.0)
    }
}

impl<'a> Value<'a> for Fallback<'a> {
    fn unset() -> Self {
        Fallback("")
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        for channel in items(text) {
            check(reader, channel, policy::channel);
        }
        Fallback(text)
    }
}

/// `notify_wait`: seconds, 1 to 30.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait(pub u32);

impl<'a> Value<'a> for Wait {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Wait(3)
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let seconds = whole(text.strip_suffix('s').unwrap_or(text));
        Wait(reader.expect(seconds.filter(|s| (1..=30).contains(s)), text, Kind::WAIT))
    }
}

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
    /// The channels of this script.
    channels: &'static [Channel],
    fallback: Fallback<'h>,
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

/// What a method does where the settings leave it open.
pub struct OwnWay {
    /// It sends and reads the answers itself.
    pub confirm: bool,
    /// It keeps a lent access token.
    pub cache: bool,
}

/// What a push has to say in the log.
#[derive(Default)]
struct Report {
    /// About the request as it was sent last.
    warnings: Vec<String>,
    /// What became of it.
    lines: Vec<(&'static str, String)>,
}

impl<'h, 'a> Delivery<'h, 'a> {
    /// `own_way` is what the method does where the settings leave it open.
    pub fn new(
        host: &'h Host<'a>,
        channels: &'static [Channel],
        sending: Sending<'h>,
        own_way: OwnWay,
    ) -> Self {
        let cache = sending.cache.0.unwrap_or(own_way.cache);
        let confirm = sending.confirm.0.unwrap_or(own_way.confirm);
        // A kept token may have been revoked: only who reads the answer can tell.
        let confirm = (confirm || cache) && host.is("axios");
        let wait_ms = if confirm { sending.wait.0 * 1000 } else { TIMEOUT_MS };
        Delivery {
            wire: Wire::new(host, confirm, cache, wait_ms),
            channels,
            fallback: sending.fallback,
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
        route: &[&str],
        message: &Message,
        mentions: &Mentions,
        out: &mut Outcome,
    ) -> Result<Sent, Stop> {
        let fallback: Vec<&str> = self.fallback.channels().collect();
        let mut tried: Vec<&str> = Vec::new();
        let mut best = Sent::Failed;
        for channel in route {
            let mut failed = String::new();
            let mut open = None;
            let mut taken = false;
            for channel in core::iter::once(channel).chain(&fallback) {
                // It has this message, or has just failed.
                if tried.contains(channel) {
                    continue;
                }
                tried.push(channel);
                let mut report = Report::default();
                let fate = self.push(channel, message, mentions, &mut failed, &mut report)?;
                out.logs.extend(report.warnings.into_iter().map(|text| ("warn", text)));
                out.logs.append(&mut report.lines);
                match fate {
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
                self.hand(channel, request, 0, &mut out.logs);
                best = best.max(Sent::Handed);
            }
        }
        Ok(best)
    }

    /// Sends through one channel. `failed` names the channels that failed before, for the message.
    fn push(
        &mut self,
        name: &str,
        message: &Message,
        mentions: &Mentions,
        failed: &mut String,
        report: &mut Report,
    ) -> Result<Fate, Stop> {
        let Some((channel, robot)) = find(self.channels, name) else {
            let text = fill_template("there is no channel {a} in this script.", name, "");
            report.lines.push(("error", text));
            return Ok(Fate::Failed);
        };
        let (mut fresh, mut bare, mut again) = (false, false, true);
        loop {
            let mut note = failed.clone();
            if bare {
                note.push_str(self.lang.say(WITHHELD));
            }
            let variant = self.variant(message, bare, note.trim());
            let push = Push { robot, message: &variant, mentions, fresh };
            let (reading, request) = match (channel.render)(&mut self.wire, &push) {
                Ok(Rendered { request, warnings }) => {
                    // A message that is rendered again has its warnings again.
                    report.warnings = warnings;
                    if !self.wire.confirm {
                        self.pushes.push(Action::axios(0, request));
                        let ring = (channel.ring)(self.wire.host, &push);
                        self.rings.extend(ring.map(|ring| Action::axios(0, ring.request)));
                        return Ok(Fate::Sent(Sent::Handed));
                    }
                    if self.wire.spent() {
                        self.hand(name, request, 0, &mut report.lines);
                        return Ok(Fate::Sent(Sent::Handed));
                    }
                    if self.throttled.iter().any(|other| other == name) {
                        // Behind the first one, which waits the service's time: sleeps add up.
                        self.hand(name, request, PACE_MS, &mut report.lines);
                        return Ok(Fate::Sent(Sent::Handed));
                    }
                    let (answer, request) = self.wire.call(request)?;
                    (answer.read(&channel.codes), Some(request))
                }
                Err(Unready::Refused(reading)) => {
                    again = false;
                    (reading, None)
                }
                Err(Unready::Stop(Stop::Fault(text))) => {
                    self.fail(failed, name, "");
                    report.lines.push(("error", fill_template("{a}: {b}", name, &text)));
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
                    report.lines.push(self.line(level, name, &reading));
                    self.delivered = true;
                    if let Some(ring) = (channel.ring)(self.wire.host, &push) {
                        self.ring(name, channel, ring.request, report)?;
                    }
                    return Ok(Fate::Sent(Sent::Delivered));
                }
                (Verdict::Throttled, Some(request)) => {
                    report.lines.push(self.line("warn", name, &reading));
                    self.hand(name, request, self.wait_ms(channel), &mut report.lines);
                    self.throttled.push(name.into());
                    return Ok(Fate::Sent(Sent::Handed));
                }
                (verdict, request) => {
                    self.fail(failed, name, &reading.origin());
                    report.lines.push(self.line("error", name, &reading));
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
        name: &str,
        channel: &Channel,
        request: Request,
        report: &mut Report,
    ) -> Result<(), Stop> {
        if self.wire.spent() {
            self.rings.push(Action::axios(0, request));
            return Ok(());
        }
        let (answer, request) = self.wire.call(request)?;
        let reading = answer.read(&channel.codes);
        match reading.verdict {
            Verdict::Delivered => {}
            Verdict::Throttled => {
                self.hand(name, request, self.wait_ms(channel), &mut report.lines);
                self.throttled.push(name.into());
            }
            _ => report.lines.push(self.line("warn", name, &reading)),
        }
        Ok(())
    }

    /// Hands a request to the platform, which sends it once, now or after a wait.
    fn hand(
        &mut self,
        name: &str,
        request: Request,
        sleep_ms: u32,
        lines: &mut Vec<(&'static str, String)>,
    ) {
        lines.push(("warn", sentence(name, ": ", self.lang.say(HANDED), "")));
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
        join(failed, "; ", &sentence(channel, " ", self.lang.say(FAILED), origin));
    }

    /// The log's line about a channel: cause and remedy, and the code.
    fn line(&self, level: &'static str, name: &str, reading: &Reading) -> (&'static str, String) {
        let words = self.lang.say(reading.verdict.words());
        (level, sentence(name, ": ", words, &reading.origin()))
    }

    /// The service's wait and up to a quarter more, so that many devices do not come back at once.
    fn wait_ms(&self, channel: &Channel) -> u32 {
        let host = self.wire.host;
        // Not random, but different from device to device and from time to time (FNV-1a).
        let jitter =
            host.device("eui").bytes().fold(0x811C_9DC5 ^ self.wire.seconds(), |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        let wait = channel.codes.wait_s * 1000;
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
            let attrs = core::mem::take(&mut self.wire.keep);
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
