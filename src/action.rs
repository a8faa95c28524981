//! What the platform runs: the action array as types, and the outcome that carries it.
//! Field names, shapes and order are the platform's; nothing is decided here.

use alloc::string::String;
use alloc::vec::Vec;

use crate::channel::Rendered;
use crate::settings::{Fault, Reader};
use crate::text::{add, decimal};

/// A JSON object, written field by field as text.
///
/// Text that only grows is the smallest and fastest way across the boundary, where one
/// `JSON.parse` reads it: a tree of values, which serde would walk, costs 2 to 4 KB a paste file.
///
/// ```
/// use tkl_notify::action::Json;
/// let mut at = Json::object();
/// at.texts("atMobiles", &["138"]).flag("isAtAll", false);
/// let mut body = Json::object();
/// body.text("title", "a \"b\"\n").put("at", at);
/// assert_eq!(body.close(), r#"{"title":"a \"b\"\u000a","at":{"atMobiles":["138"],"isAtAll":false}}"#);
/// ```
pub struct Json(String);

impl Json {
    /// An object without fields.
    pub fn object() -> Json {
        Json(String::from("{"))
    }

    /// Adds a text.
    #[inline(never)]
    pub fn text(&mut self, name: &str, text: &str) -> &mut Json {
        self.name(name);
        quote(&mut self.0, text);
        self
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &str, number: u32) -> &mut Json {
        self.raw(name, &decimal(number))
    }

    /// Adds a boolean.
    pub fn flag(&mut self, name: &str, flag: bool) -> &mut Json {
        self.raw(name, if flag { "true" } else { "false" })
    }

    /// Adds a list of texts.
    pub fn texts(&mut self, name: &str, items: &[&str]) -> &mut Json {
        let mut list = List::default();
        for item in items {
            quote(list.item(), item);
        }
        self.raw(name, &list.close())
    }

    /// Adds an object.
    pub fn put(&mut self, name: &str, object: Json) -> &mut Json {
        self.raw(name, &object.close())
    }

    /// Adds JSON text.
    #[inline(never)]
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Json {
        self.name(name);
        add(&mut self.0, json);
        self
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(&mut self.0, name);
        self.0.push(':');
    }

    /// The object's text.
    pub fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A JSON list, written item by item.
#[derive(Default)]
pub struct List(String);

impl List {
    /// Where the next item is written.
    pub fn item(&mut self) -> &mut String {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        &mut self.0
    }

    /// The list's text.
    pub fn close(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('[');
        }
        self.0.push(']');
        self.0
    }
}

/// Appends a JSON string. What needs no escape is copied as it is, run by run.
#[inline(never)]
fn quote(json: &mut String, text: &str) {
    json.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        add(json, text.get(start..at).unwrap_or(""));
        start = at + 1;
        if byte < b' ' {
            add(json, if byte < 0x10 { "\\u000" } else { "\\u001" });
            json.push(char::from_digit(u32::from(byte) & 15, 16).unwrap_or('0'));
        } else {
            json.push('\\');
            json.push(char::from(byte));
        }
    }
    add(json, text.get(start..).unwrap_or(""));
    json.push('"');
}

/// Milliseconds one request may take.
pub const TIMEOUT_MS: u32 = 5_000;

/// An HTTP request, as an `axios` configuration that still lacks its time limit.
pub struct Request {
    json: Json,
    pub timeout_ms: u32,
}

impl Request {
    /// A POST of a JSON body. The URL holds the credential.
    pub fn post(url: &str, data: Json) -> Request {
        Request::post_with(url, Json::object(), data)
    }

    /// A POST of a JSON body with headers of its own, where one of them holds the credential.
    pub fn post_with(url: &str, mut headers: Json, data: Json) -> Request {
        headers.text("Content-Type", "application/json");
        let mut json = Json::object();
        json.text("method", "POST").text("url", url).put("headers", headers).put("data", data);
        Request { json, timeout_ms: TIMEOUT_MS }
    }

    /// A GET with query fields.
    pub fn get(url: &str, params: Json) -> Request {
        let mut json = Json::object();
        json.text("method", "GET").text("url", url).put("params", params);
        Request { json, timeout_ms: TIMEOUT_MS }
    }

    /// The whole configuration, as the platform and `axios` take it.
    fn into_json(mut self) -> Json {
        self.json.number("timeout", self.timeout_ms);
        self.json
    }
}

/// One entry of the action array, as JSON text.
pub struct Action(String);

impl Action {
    /// The platform sends the request, `sleep_ms` after the end of the previous action.
    pub fn axios(sleep_ms: u32, request: Request) -> Action {
        let mut action = Json::object();
        action
            .number("sleepTimeMs", sleep_ms)
            .text("type", "axios")
            .put("dnMsg", request.into_json());
        Action(action.close())
    }

    /// The platform merges `server_attrs` (top-level keys) into the device `eui`.
    pub fn modify_attrs(eui: &str, server_attrs: &[(String, String)]) -> Action {
        let mut set = Json::object();
        for (name, value) in server_attrs {
            set.text(name, value);
        }
        let mut body = Json::object();
        body.put("server_attrs", set);
        let mut action = Json::object();
        action
            .number("sleepTimeMs", 0)
            .text("target", eui)
            .text("type", "modifyAttrs")
            .put("dnMsg", body);
        Action(action.close())
    }
}

/// Why a run ends before its outcome is known.
pub enum Stop {
    /// A setting is missing or unusable: nothing can be sent.
    Fault(String),
    /// Answers are needed first: the host sends the requests together and runs the core again.
    Calls(Vec<Request>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault.sentence())
    }
}

/// What one run of the core answers.
#[derive(Default)]
pub struct Outcome {
    /// Actions for the platform, run in order.
    pub actions: Vec<Action>,
    /// Lines for the platform's logger: (`info` | `warn` | `error`, text).
    pub logs: Vec<(&'static str, String)>,
    /// Requests to send now, together; the core is then run again with all their answers, in this order.
    pub calls: Vec<Request>,
    /// A setting is missing or unusable: nothing is sent.
    pub error: Option<String>,
    /// The host cannot run HTTP actions at all: the script must fail.
    pub throw: Option<String>,
}

impl Outcome {
    pub fn warn(&mut self, text: String) {
        self.logs.push(("warn", text));
    }

    /// Warns about each setting that could not be read.
    pub fn faults(&mut self, reader: &Reader) {
        for fault in &reader.faults {
            self.warn(fault.sentence());
        }
    }

    /// Has the platform send a request now, and warns of what there is to know about it.
    pub fn push(&mut self, rendered: Rendered) {
        self.logs.extend(rendered.warnings.into_iter().map(|text| ("warn", text)));
        self.actions.push(Action::axios(0, rendered.request));
    }

    /// Where nobody was reached and nothing is left to do, the last error is the script's: so it is said even where the
    /// host has no logger.
    pub fn fail_if_idle(&mut self) {
        if self.actions.is_empty() && matches!(self.logs.last(), Some(("error", _))) {
            self.error = self.logs.pop().map(|(_, text)| text);
        }
    }

    /// The outcome as JSON text for the shim: `{actions, logs, calls?, error?, throw?}`.
    pub fn into_json(self) -> String {
        let mut outcome = Json::object();
        let mut actions = List::default();
        for action in self.actions {
            add(actions.item(), &action.0);
        }
        let mut logs = List::default();
        for (level, text) in self.logs {
            let mut line = List::default();
            quote(line.item(), level);
            quote(line.item(), &text);
            add(logs.item(), &line.close());
        }
        outcome.raw("actions", &actions.close()).raw("logs", &logs.close());
        if !self.calls.is_empty() {
            let mut calls = List::default();
            for call in self.calls {
                add(calls.item(), &call.into_json().close());
            }
            outcome.raw("calls", &calls.close());
        }
        for (name, text) in [("error", self.error), ("throw", self.throw)] {
            if let Some(text) = text {
                outcome.text(name, &text);
            }
        }
        outcome.close()
    }
}
