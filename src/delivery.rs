//! Delivery: which requests next, what an answer means for the message, retry, fallback. Knows no service (each is a
//! row of [`CHANNELS`]), not whether an alarm is due, and not what is remembered of it.
//!
//! Two ways. *Action*: the platform sends; nobody reads the answer. *Confirm*: the script sends, reads and acts on the
//! verdict, within `notify_wait`. All channels are asked at once, and each answer settles its own message: one that
//! hangs costs the others nothing.
//!
//! [`CHANNELS`]: crate::channel::CHANNELS

use alloc::{string::String, vec::Vec};

use crate::action::{Action, Outcome, Request, Stop, TIMEOUT_MS};
use crate::channel::verdict::{Reading, Verdict};
use crate::channel::wire::{Answer, Wire};
use crate::channel::{Channel, Push, Rendered, Unready, find};
use crate::host::Host;
use crate::message::lang::{Lang, Phrase};
use crate::message::{Fact, Mentions, Message, Style};
use crate::policy::{self, check};
use crate::settings::{ANYWHERE, Kind, Reader, Setting, Value, group};
use crate::text::{fill_template, items, join, pieces, whole};

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
            "Time for all requests of one call together in `confirm`: 1s to 30s. What no service accepted by then stays due, and is tried again by a later call.",
            "`confirm` 方式下一次调用全部请求的总时限：1s 至 30s；到时仍未被服务接受的消息保持待发，由之后的调用重试。",
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

const NOTE: Phrase = ("Note", "备注");
const FAILED: Phrase = ("failed", "发送失败");
const WITHHELD: Phrase =
    ("Details left out: the service refused them.", "服务拒绝了详情，已省略。");
const NO_MENTIONS: Phrase =
    ("sent without mentions, which the service refused", "服务拒绝了 @ 人，已不带 @ 发送");

const NO_TIME: &str = "no time left";
const HANDED: Phrase = ("Handed to the platform to send", "已交由平台发送");

/// The first wait after an attempt in vain, doubled with each further one, and the longest, in seconds.
const BACK_OFF_S: u32 = 30;
const BACK_OFF_MAX_S: u32 = 600;

/// Of several robots, what can wait asks so many in one call. In a storm all are busy, and where a service counts what it
/// refuses, or blocks for it, each further question costs those who cannot wait.
const ROBOTS_ASKED: u32 = 3;

/// A message for one channel.
pub struct Job<'m> {
    pub channel: &'m str,
    pub message: Message<'m>,
    pub mentions: Mentions<'m>,
    /// Jobs with the same number tell of the same: one stand-in that is told speaks for all of them.
    pub about: usize,
    pub part: Part,
    /// It cannot wait: where the channel refuses it as one too many, a stand-in takes over at once.
    pub pressing: bool,
    /// How often this message was tried in vain before.
    pub tries: u32,
    /// Which of several robots (`wecom:a|b|c`) it falls to: any number, the same for the same alarm.
    pub turn: u32,
}

/// What there is to do for a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Tell it.
    Message,
    /// It has the message, but not the short text that rings.
    Ring,
    /// It failed a while ago and is not asked again yet; `true`: a stand-in may speak for it.
    Rest(bool),
    /// It takes the place of one that fails, if one does.
    StandIn,
}

/// What became of a job.
pub enum Fate {
    /// There was nothing to do, or no time to ask (the request, then): it is as it was.
    Unasked(Option<Request>),
    /// The service accepted the message (perhaps not for everybody listed); `ring`: the text that rings is still owed.
    Told { ring: bool },
    /// No service accepted it; `unsure`: or nobody knows. `open`: the request, where it may follow.
    Untold { wait_s: u32, throttled: bool, unsure: bool, open: Option<Request> },
    /// For the platform to send, first the message, then the text that rings.
    Handed { message: Option<Request>, ring: Option<Request> },
}

/// A job on its way.
struct Attempt {
    stage: Stage,
    fate: Fate,
    way: Way,
    /// What of it failed, for those who stand in: `wecom (errcode 93000)`.
    failed: String,
    /// Who failed, for the message of a stand-in.
    note: String,
    /// About the request as it was sent last.
    warnings: Vec<String>,
    /// What became of it.
    lines: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// A stand-in that is not needed (yet).
    Waits,
    Message,
    Ring,
    Done,
}

/// How a message is sent, after what was refused before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Way {
    /// The same request was sent once more.
    pub again: bool,
    /// A lent token was refused and another one asked for.
    pub fresh: bool,
    /// Nobody is rung.
    pub no_mentions: bool,
    /// Nothing of it holds words of the field.
    pub bare: bool,
    /// So many robots refused it as one too many.
    pub robots: u32,
}

/// What follows an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Told,
    /// Once more, this way.
    Again(Way),
    Failed,
}

/// The next step of a message that was sent `way` and answered like this. `rings`: there are mentions that it could do
/// without; `robots`: so many could send it.
pub fn next(way: Way, reading: &Reading, rings: bool, robots: u32) -> Next {
    match reading.verdict {
        Verdict::Delivered | Verdict::Partly => Next::Told,
        Verdict::Throttled if way.robots + 1 < robots => {
            Next::Again(Way { robots: way.robots + 1, ..way })
        }
        Verdict::Token if !way.fresh => Next::Again(Way { fresh: true, ..way }),
        // Perhaps a dead id is what it does not like. Then any word of the field may be.
        Verdict::Payload if rings && !way.no_mentions => {
            Next::Again(Way { no_mentions: true, ..way })
        }
        Verdict::Payload | Verdict::Content if !way.bare => Next::Again(Way { bare: true, ..way }),
        // What does not answer may have accepted it: asked again now it would be told twice.
        Verdict::Transient if !way.again && !reading.timed_out() => {
            Next::Again(Way { again: true, ..way })
        }
        _ => Next::Failed,
    }
}

/// One run's sending.
pub struct Delivery<'h, 'a> {
    pub wire: Wire<'h, 'a>,
    /// The channels of this script.
    channels: &'static [Channel],
    pub fallback: Fallback<'h>,
    lang: Lang,
}

/// What a method does where the settings leave it open.
pub struct OwnWay {
    /// It sends and reads the answers itself.
    pub confirm: bool,
    /// It keeps a lent access token.
    pub cache: bool,
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
        // A kept token may have been revoked: only who reads the answer can tell. What is set by hand counts.
        let confirm = sending.confirm.0.unwrap_or(own_way.confirm || cache) && host.is("axios");
        let wait_ms = if confirm { sending.wait.0 * 1000 } else { TIMEOUT_MS };
        Delivery {
            wire: Wire::new(host, confirm, cache && confirm, wait_ms),
            channels,
            fallback: sending.fallback,
            lang: Lang::read(host),
        }
    }

    /// Sends the jobs; what became of each, in their order.
    ///
    /// In rounds: whatever can be asked is asked at once. For a job that fails for good, the next stand-in about the
    /// same takes part from the next round on.
    pub fn send(&mut self, jobs: &[Job], out: &mut Outcome) -> Result<Vec<Fate>, Stop> {
        let mut attempts: Vec<Attempt> = jobs.iter().map(|job| self.attempt(job)).collect();
        loop {
            let mut asked = Vec::new();
            let mut requests = Vec::new();
            for (at, job) in jobs.iter().enumerate() {
                let Some(attempt) = attempts.get_mut(at) else { continue };
                // One asks for what all of a channel are lent.
                let lends = asked.iter().any(|(other, lends): &(usize, bool)| {
                    *lends && jobs.get(*other).is_some_and(|other| other.channel == job.channel)
                });
                if lends {
                    continue;
                }
                if let Some((request, lends)) = self.request(job, attempt) {
                    asked.push((at, lends));
                    requests.push(request);
                }
            }
            if requests.is_empty() {
                if self.call_stand_ins(jobs, &mut attempts) {
                    continue;
                }
                break;
            }
            if self.wire.spent() {
                for ((at, lends), request) in asked.into_iter().zip(requests) {
                    if let (Some(job), Some(attempt)) = (jobs.get(at), attempts.get_mut(at)) {
                        self.unasked(job, attempt, (!lends).then_some(request));
                    }
                }
                break;
            }
            // Something may have to follow one that hangs: a stand-in, or what another channel has to be asked next (its
            // message, a new token, a text that rings).
            let spare = requests.len() > 1 || jobs.iter().any(|job| job.part == Part::StandIn);
            let answers = self.wire.call_all(requests, spare)?;
            for ((at, lends), (answer, request)) in asked.into_iter().zip(answers) {
                if let (Some(job), Some(attempt)) = (jobs.get(at), attempts.get_mut(at)) {
                    self.answered(job, attempt, &answer, (!lends).then_some(request));
                }
            }
            self.call_stand_ins(jobs, &mut attempts);
        }
        let mut fates = Vec::new();
        for attempt in attempts {
            for text in attempt.warnings {
                // What is wrong with a channel's settings may have been said before it was asked.
                if out.logs.iter().all(|(_, said)| *said != text) {
                    out.warn(text);
                }
            }
            out.logs.extend(attempt.lines);
            fates.push(match attempt.stage {
                // The message arrived; there was no time left to ring.
                Stage::Ring => Fate::Told { ring: true },
                _ => attempt.fate,
            });
        }
        Ok(fates)
    }

    /// What the platform does for a method that remembers nothing. Nobody asks again, so what no service accepted for
    /// sure is handed to the platform, which sends it once: a message twice is better than none.
    pub fn act(self, job: &Job, fate: Fate, out: &mut Outcome) {
        // A push that waits for the service keeps back whatever is behind it.
        let mut attrs_first = matches!(fate, Fate::Untold { throttled: true, .. });
        let mut pushes = Vec::new();
        let mut handed = |sleep_ms, request| {
            let text = sentence(job.channel, ": ", self.lang.say(HANDED), "");
            pushes.push(Action::axios(sleep_ms, request));
            ("warn", text)
        };
        match fate {
            Fate::Handed { message, ring } => {
                pushes.extend([message, ring].into_iter().flatten().map(|r| Action::axios(0, r)));
            }
            Fate::Unasked(Some(request)) => out.logs.push(handed(0, request)),
            Fate::Untold { open: Some(request), throttled, wait_s, .. } => {
                let sleep_ms = if throttled { wait_s * 1000 } else { 0 };
                out.logs.push(handed(sleep_ms, request));
            }
            Fate::Told { .. } | Fate::Unasked(None) | Fate::Untold { .. } => {}
        }
        // A push that fails leaves nothing behind that says it was made.
        let attrs = self.wire.keep;
        if !attrs.is_empty() {
            attrs_first |= pushes.is_empty();
            let at = usize::from(!attrs_first);
            pushes.insert(at, Action::modify_attrs(self.wire.host.device("eui"), &attrs));
        }
        out.actions.append(&mut pushes);
        out.fail_if_idle();
    }

    fn attempt(&self, job: &Job) -> Attempt {
        let (stage, failed) = match job.part {
            Part::Message => (Stage::Message, String::new()),
            Part::Ring => (Stage::Ring, String::new()),
            Part::Rest(true) => (Stage::Done, self.failure(job.channel, "")),
            Part::Rest(false) => (Stage::Done, String::new()),
            Part::StandIn => (Stage::Waits, String::new()),
        };
        Attempt {
            stage,
            failed,
            fate: Fate::Unasked(None),
            way: Way::default(),
            note: String::new(),
            warnings: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// The request that an attempt needs answered now, and whether it only asks for what the channel lends; `None`:
    /// there is none (any more).
    fn request(&mut self, job: &Job, attempt: &mut Attempt) -> Option<(Request, bool)> {
        if matches!(attempt.stage, Stage::Waits | Stage::Done) {
            return None;
        }
        let Some((channel, robot)) = find(self.channels, job.channel) else {
            let text = fill_template("there is no channel {a} in this script.", job.channel, "");
            self.fail(job, attempt, "", None, ("error", text));
            return None;
        };
        let mut note = attempt.note.clone();
        if attempt.way.bare {
            join(&mut note, ". ", self.lang.say(WITHHELD));
        }
        let nobody = Mentions::default();
        let mentions = if attempt.way.no_mentions { &nobody } else { &job.mentions };
        let message = self.variant(&job.message, attempt.way.bare, &note);
        let turn = job.turn.wrapping_add(attempt.way.robots);
        let push = Push { robot: one_of(robot, turn), message: &message, mentions };
        let ring = (channel.ring)(self.wire.host, &push).map(|ring| ring.request);
        if attempt.stage == Stage::Ring {
            if ring.is_none() || !self.wire.confirm {
                attempt.stage = Stage::Done;
                attempt.fate = match ring {
                    None => Fate::Told { ring: false },
                    ring => Fate::Handed { message: None, ring },
                };
                return None;
            }
            return ring.map(|ring| (ring, false));
        }
        match (channel.render)(&mut self.wire, &push) {
            Ok(Rendered { request, warnings }) => {
                // A message that is rendered again has its warnings again.
                attempt.warnings = warnings;
                if self.wire.confirm {
                    return Some((request, false));
                }
                attempt.stage = Stage::Done;
                attempt.fate = Fate::Handed { message: Some(request), ring };
                None
            }
            Err(Unready::Lend(request)) => Some((request, true)),
            Err(Unready::Fault(text)) => {
                let line = fill_template("{a}: {b}", job.channel, &text);
                self.fail(job, attempt, "", None, ("error", line));
                None
            }
        }
    }

    /// Takes an answer. `request` is what was answered; `None`: it asked for what the channel lends.
    fn answered(
        &mut self,
        job: &Job,
        attempt: &mut Attempt,
        answer: &Answer<'_, 'a>,
        request: Option<Request>,
    ) {
        let Some((channel, robot)) = find(self.channels, job.channel) else { return };
        let mut reading = answer.read(&channel.codes);
        if request.is_none() {
            match (channel.lent)(&mut self.wire, answer, reading) {
                None => return,
                Some(refused) => reading = refused,
            }
            if reading.verdict == Verdict::Payload {
                reading.verdict = Verdict::Misconfigured;
            }
        }
        let robots = pieces(robot, '|').count() as u32;
        let robots = if job.pressing { robots } else { robots.min(ROBOTS_ASKED) };
        let next = next(attempt.way, &reading, !job.mentions.is_empty(), robots);
        if attempt.stage == Stage::Ring {
            self.rung(job, attempt, &reading, next);
            return;
        }
        match next {
            Next::Again(way) => {
                if way.fresh && !attempt.way.fresh {
                    self.wire.refuse_token();
                }
                attempt.way = way;
                // Should the time be up before it is asked again.
                attempt.fate = self.untold(channel, job, &reading, request);
            }
            Next::Told => {
                if attempt.way.no_mentions {
                    let words = self.lang.say(NO_MENTIONS);
                    attempt.lines.push(("warn", sentence(job.channel, ": ", words, "")));
                }
                let level = if reading.verdict == Verdict::Partly { "warn" } else { "info" };
                attempt.lines.push(self.line(level, job.channel, &reading));
                attempt.fate = Fate::Told { ring: false };
                attempt.stage = Stage::Ring;
            }
            Next::Failed => {
                let level = if reading.verdict == Verdict::Throttled { "warn" } else { "error" };
                let line = self.line(level, job.channel, &reading);
                let fate = self.untold(channel, job, &reading, request);
                self.fail(job, attempt, &reading.origin(), Some(fate), line);
            }
        }
    }

    /// The time is up. `request` is what could not be asked any more; `None`: not even for what the channel lends.
    fn unasked(&self, job: &Job, attempt: &mut Attempt, request: Option<Request>) {
        match (request, &attempt.fate) {
            (None, _) => {
                let reading =
                    Reading { verdict: Verdict::Transient, kind: "", code: NO_TIME, detail: "" };
                self.fail(job, attempt, NO_TIME, None, self.line("error", job.channel, &reading));
            }
            (request, Fate::Unasked(_)) => attempt.fate = Fate::Unasked(request),
            // It was asked before, and is as that answer left it.
            _ => {}
        }
    }

    /// Takes the answer to the text that rings. The message itself has arrived.
    fn rung(&mut self, job: &Job, attempt: &mut Attempt, reading: &Reading, next: Next) {
        let may_follow = matches!(reading.verdict, Verdict::Throttled | Verdict::Transient);
        match next {
            Next::Again(way) if way.again && !attempt.way.again => {
                attempt.way = way;
                return;
            }
            Next::Told => attempt.fate = Fate::Told { ring: false },
            _ => {
                attempt.lines.push(self.line("warn", job.channel, reading));
                attempt.fate = Fate::Told { ring: may_follow };
            }
        }
        attempt.stage = Stage::Done;
    }

    /// Nothing more is tried.
    fn fail(
        &self,
        job: &Job,
        attempt: &mut Attempt,
        origin: &str,
        fate: Option<Fate>,
        line: (&'static str, String),
    ) {
        let throttled = matches!(fate, Some(Fate::Untold { throttled: true, .. }));
        attempt.stage = Stage::Done;
        attempt.lines.push(line);
        attempt.fate = fate.unwrap_or_else(|| Fate::Untold {
            wait_s: self.wait_s(job.tries),
            throttled: false,
            unsure: false,
            open: None,
        });
        // Low and mid can wait for a service that is only busy.
        if !throttled || job.pressing {
            attempt.failed = self.failure(job.channel, origin);
        }
    }

    fn untold(
        &self,
        channel: &Channel,
        job: &Job,
        reading: &Reading,
        request: Option<Request>,
    ) -> Fate {
        let throttled = reading.verdict == Verdict::Throttled;
        let wait_s = if throttled { channel.codes.wait_s } else { back_off(job.tries) };
        let may_follow = throttled || reading.verdict == Verdict::Transient;
        Fate::Untold {
            wait_s: self.jittered(wait_s),
            throttled,
            unsure: reading.timed_out() && request.is_some(),
            open: request.filter(|_| may_follow),
        }
    }

    /// Brings in the next stand-in wherever a job failed and none has spoken for it. Whether there is one.
    fn call_stand_ins(&self, jobs: &[Job], attempts: &mut [Attempt]) -> bool {
        let mut called = false;
        for at in 0..jobs.len() {
            let Some(about) = jobs.get(at).filter(|job| job.part == Part::StandIn) else {
                continue;
            };
            if attempts.get(at).is_none_or(|attempt| attempt.stage != Stage::Waits) {
                continue;
            }
            let about = about.about;
            let mut note = String::new();
            let mut served = false;
            for (other, attempt) in
                jobs.iter().zip(&*attempts).filter(|(job, _)| job.about == about)
            {
                if !attempt.failed.is_empty() {
                    join(&mut note, "; ", &attempt.failed);
                }
                let underway = matches!(attempt.stage, Stage::Message | Stage::Ring);
                let told = matches!(attempt.fate, Fate::Told { .. } | Fate::Handed { .. });
                served |= other.part == Part::StandIn && (underway || told);
            }
            if let Some(attempt) = attempts.get_mut(at)
                && !note.is_empty()
                && !served
            {
                attempt.stage = Stage::Message;
                attempt.note = note;
                called = true;
            }
        }
        called
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

    /// A channel that failed, in words: `wecom:alarm failed (errcode 93000)`.
    fn failure(&self, channel: &str, origin: &str) -> String {
        sentence(channel, " ", self.lang.say(FAILED), origin)
    }

    /// The log's line about a channel: cause and remedy, and the code.
    fn line(&self, level: &'static str, name: &str, reading: &Reading) -> (&'static str, String) {
        let words = self.lang.say(reading.verdict.words());
        (level, sentence(name, ": ", words, &reading.origin()))
    }

    /// How long to wait after so many attempts in vain and one more, in seconds.
    pub fn wait_s(&self, tries: u32) -> u32 {
        self.jittered(back_off(tries))
    }

    /// A wait and up to a quarter more, so that many devices do not come back at once. In seconds.
    fn jittered(&self, wait: u32) -> u32 {
        wait + self.dice() % (wait / 4 + 1)
    }

    /// Not random, but different from device to device and from time to time (FNV-1a).
    pub fn dice(&self) -> u32 {
        let host = self.wire.host;
        let hash = host.device("eui").bytes().fold(0x811C_9DC5 ^ host.seconds().0, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        // The low bits of such a hash follow those of the time.
        hash ^ hash >> 15
    }
}

/// The robot whose turn it is, of one or several.
fn one_of(robots: &str, turn: u32) -> &str {
    let count = pieces(robots, '|').count();
    let at = (turn as usize).checked_rem(count).unwrap_or(0);
    pieces(robots, '|').nth(at).unwrap_or("")
}

/// How long to wait after so many attempts in vain and one more.
fn back_off(tries: u32) -> u32 {
    (BACK_OFF_S << tries.min(5)).min(BACK_OFF_MAX_S)
}

/// `wecom: delivered (errcode 0)`.
fn sentence(channel: &str, joint: &str, words: &str, origin: &str) -> String {
    let (open, close) = if origin.is_empty() { ("", "") } else { (" (", ")") };
    cat!(channel, joint, words, open, origin, close)
}
