//! What became of a message: eight verdicts, and how a service's codes map to them.
//! Each channel file holds its own table; what to do about a verdict is decided in `delivery`.

use alloc::string::String;

use crate::message::lang::Phrase;
use crate::text::join;

/// What an answer means for the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Accepted for everybody.
    Delivered,
    /// Accepted, but not for everybody listed.
    Partly,
    /// Too many messages: may be sent again after the service's wait.
    Throttled,
    /// No usable answer, or the service is busy: the same request may succeed now.
    Transient,
    /// The lent access token is not accepted (any more).
    Token,
    /// An address, credential, right or recipient is wrong: somebody has to correct it.
    Misconfigured,
    /// The request is refused, for a reason that is none of the others. Also any unknown code.
    Payload,
    /// The text is refused by moderation.
    Content,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 8] = [
        Verdict::Delivered,
        Verdict::Partly,
        Verdict::Throttled,
        Verdict::Transient,
        Verdict::Token,
        Verdict::Misconfigured,
        Verdict::Payload,
        Verdict::Content,
    ];

    /// The class's name, for documentation and programs.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Delivered => "delivered",
            Verdict::Partly => "partly delivered",
            Verdict::Throttled => "throttled",
            Verdict::Transient => "transient",
            Verdict::Token => "token",
            Verdict::Misconfigured => "misconfigured",
            Verdict::Payload => "refused payload",
            Verdict::Content => "refused content",
        }
    }

    /// Cause and remedy.
    pub fn words(self) -> Phrase {
        match self {
            Verdict::Delivered => ("delivered", "已送达"),
            Verdict::Partly => (
                "delivered to some only. Check the recipients' ids, licences and the app's visible range",
                "仅部分送达。请检查接收人 ID、许可和应用可见范围",
            ),
            Verdict::Throttled => (
                "too many messages. Merge alarms or use more robots",
                "发送过于频繁。请合并告警或增加机器人",
            ),
            Verdict::Transient => (
                "no usable answer. Check the network and the service's state",
                "服务无有效应答。请检查网络与服务状态",
            ),
            Verdict::Token => (
                "a new access token is refused too. Check corp id, secret and gateway",
                "新的 access_token 仍被拒绝。请检查企业 ID、Secret 与网关",
            ),
            Verdict::Misconfigured => (
                "refused by configuration. Check the webhook or secret, the robot or app, recipients, trusted IPs and keywords",
                "配置有误被拒绝。请检查 Webhook 或密钥、机器人或应用、接收人、可信 IP 与关键词",
            ),
            Verdict::Payload => (
                "the message is refused. Look the code up and update tkl-notify",
                "消息格式被拒绝。请查询错误码并升级 tkl-notify",
            ),
            Verdict::Content => (
                "the text is blocked. Reword the device name or description",
                "内容被拦截。请修改设备名称或描述",
            ),
        }
    }
}

/// One code of a service, as people read about it.
pub struct Row {
    pub code: u32,
    /// Which of several causes of the code this is: a word of the answer's text. Empty: any.
    pub mark: &'static str,
    pub verdict: Verdict,
    pub cause: Phrase,
    pub remedy: Phrase,
}

/// A service's table, one line a code: verdict, code, word of the answer's text if it matters, then
/// cause and remedy in English and Chinese.
macro_rules! rows {
    ($(#[$doc:meta])* $($verdict:ident $code:literal $($mark:literal)?, $en:literal, $fix:literal, $zh:literal, $fix_zh:literal;)*) => {
        $(#[$doc])*
        pub const ROWS: &[$crate::channel::verdict::Row] = &[$($crate::channel::verdict::Row {
            code: $code,
            mark: concat!($($mark)?),
            verdict: $crate::channel::verdict::Verdict::$verdict,
            cause: ($en, $zh),
            remedy: ($fix, $fix_zh),
        },)*];
    };
}
pub(crate) use rows;

/// How a service answers, and what its codes mean, as the core needs it. Made from the rows at
/// compile time, so that their texts are in no paste file.
pub struct Codes {
    /// The field of an answer's JSON that holds the code: 0 says that the message was taken.
    pub code: &'static str,
    /// The field that holds the code's text.
    pub text: &'static str,
    /// `code * 8 + verdict` for every row that is not [`Verdict::Payload`], which any other code is.
    pub known: &'static [u32],
    /// Words of that text that tell causes of one code apart.
    pub marks: &'static [&'static str],
    /// Fields of an answer with code 0 that list who was left out.
    pub partly: &'static [&'static str],
    /// How long the service refuses after a throttle.
    pub wait_s: u32,
}

impl Codes {
    /// The verdict of a code that is not 0.
    pub fn verdict(&self, code: u32) -> Verdict {
        let known = self.known.iter().find(|known| **known / 8 == code);
        known
            .and_then(|known| Verdict::ALL.get((known % 8) as usize))
            .copied()
            .unwrap_or(Verdict::Payload)
    }
}

/// How many entries [`known`] makes of `rows`.
pub const fn known_len(rows: &[Row]) -> usize {
    let (mut i, mut n) = (0, 0);
    while i < rows.len() {
        n += is_known(rows, i) as usize;
        i += 1;
    }
    n
}

/// The rows as [`Codes::known`] holds them.
pub const fn known<const N: usize>(rows: &[Row]) -> [u32; N] {
    let mut out = [0; N];
    let (mut i, mut n) = (0, 0);
    while i < rows.len() {
        if is_known(rows, i) {
            out[n] = rows[i].code * 8 + rows[i].verdict as u32;
            n += 1;
        }
        i += 1;
    }
    out
}

/// Of several causes of one code, the first row stands for all.
const fn is_known(rows: &[Row], i: usize) -> bool {
    !matches!(rows[i].verdict, Verdict::Payload) && (i == 0 || rows[i - 1].code != rows[i].code)
}

/// The row about a code, for documentation and people: by `errmsg` where that tells causes apart.
pub fn explain(rows: &'static [Row], code: u32, errmsg: &str) -> Option<&'static Row> {
    rows.iter().find(|row| row.code == code && errmsg.contains(row.mark))
}

/// An answer's verdict and what told it. Nothing in it comes from free text of the service.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub verdict: Verdict,
    /// What `code` is: the field that held it, or `HTTP`; empty for a word that says so itself.
    pub kind: &'static str,
    pub code: &'a str,
    pub detail: &'static str,
}

impl Reading<'_> {
    /// Whether there was no answer at all in the time that was given: nobody knows whether the request arrived.
    pub fn timed_out(&self) -> bool {
        matches!(self.code, "ETIMEDOUT" | "ECONNABORTED")
    }

    /// `errcode 310000 sign`, `HTTP 502`, `ECONNRESET`, or nothing.
    pub fn origin(&self) -> String {
        let mut words = String::new();
        for word in [self.kind, self.code, self.detail] {
            if !word.is_empty() {
                join(&mut words, " ", word);
            }
        }
        words
    }
}
