//! What the platform runs: the action array as types, and the outcome that carries it.
//! Field names, shapes and order are the platform's; nothing is decided here.

use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// A JSON value of an action. One type and one serializer for all payloads keeps every paste file small.
pub enum Value {
    Text(String),
    /// A fixed word, such as a message type.
    Word(&'static str),
    Number(u32),
    Flag(bool),
    List(Vec<Value>),
    Object(Vec<(Cow<'static, str>, Value)>),
}

impl Value {
    /// An object with its fields in this order.
    pub fn object<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
        Value::Object(
            fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect(),
        )
    }

    /// A list of texts.
    pub fn texts(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| Value::Text((*item).into())).collect())
    }

    /// Adds a field to an object.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Value {
        if let Value::Object(fields) = &mut self {
            fields.push((name.into(), value));
        }
        self
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Word(word) => serializer.serialize_str(word),
            Value::Number(number) => serializer.serialize_u32(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::List(items) => serializer.collect_seq(items),
            Value::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name.as_ref(), value)?;
                }
                map.end()
            }
        }
    }
}

/// Milliseconds one request may take.
pub const TIMEOUT_MS: u32 = 5_000;

/// An HTTP request, as an `axios` configuration.
pub struct Request {
    pub method: &'static str,
    /// Holds the credential.
    pub url: String,
    /// Query fields, where the caller leaves their encoding to `axios`.
    pub params: Option<Value>,
    /// The JSON body of a POST.
    pub data: Option<Value>,
    pub timeout_ms: u32,
}

impl Request {
    /// A POST of a JSON body.
    pub fn post(url: String, data: Value) -> Request {
        Request { method: "POST", url, params: None, data: Some(data), timeout_ms: TIMEOUT_MS }
    }

    /// A GET with query fields.
    pub fn get(url: String, params: Value) -> Request {
        Request { method: "GET", url, params: Some(params), data: None, timeout_ms: TIMEOUT_MS }
    }

    /// The `axios` configuration.
    pub fn into_value(self) -> Value {
        let mut config =
            Value::object([("method", Value::Word(self.method)), ("url", Value::Text(self.url))]);
        if let Some(params) = self.params {
            config = config.with("params", params);
        }
        if let Some(data) = self.data {
            let headers = Value::object([("Content-Type", Value::Word("application/json"))]);
            config = config.with("headers", headers).with("data", data);
        }
        config.with("timeout", Value::Number(self.timeout_ms))
    }
}

/// One entry of the action array.
pub enum Action {
    /// The platform sends the request; `sleep_ms` is waited after the end of the previous action.
    Axios { sleep_ms: u32, request: Request },
    /// The platform merges `server_attrs` (top-level keys) into the device `eui`.
    ModifyAttrs { eui: String, server_attrs: Vec<(Cow<'static, str>, Value)> },
}

impl Action {
    /// The request at once.
    pub fn axios(request: Request) -> Action {
        Action::Axios { sleep_ms: 0, request }
    }

    fn into_value(self) -> Value {
        match self {
            Action::Axios { sleep_ms, request } => Value::object([
                ("sleepTimeMs", Value::Number(sleep_ms)),
                ("type", Value::Word("axios")),
                ("dnMsg", request.into_value()),
            ]),
            Action::ModifyAttrs { eui, server_attrs } => Value::object([
                ("sleepTimeMs", Value::Number(0)),
                ("target", Value::Text(eui)),
                ("type", Value::Word("modifyAttrs")),
                ("dnMsg", Value::object([("server_attrs", Value::Object(server_attrs))])),
            ]),
        }
    }
}

/// Why a run ends before its outcome is known.
pub enum Stop {
    /// A setting is missing or unusable: nothing can be sent.
    Fault(String),
    /// An answer is needed first: the host sends the request and runs the core again.
    Call(Request),
}

impl From<String> for Stop {
    fn from(fault: String) -> Stop {
        Stop::Fault(fault)
    }
}

/// What one run of the core answers.
#[derive(Default)]
pub struct Outcome {
    /// Actions for the platform, run in order.
    pub actions: Vec<Action>,
    /// Lines for the platform's logger: (`info` | `warn` | `error`, text).
    pub logs: Vec<(&'static str, String)>,
    /// A request to run now; the core is then run again with its answer.
    pub call: Option<Request>,
    /// A setting is missing or unusable: nothing is sent.
    pub error: Option<String>,
    /// The host cannot run HTTP actions at all: the script must fail.
    pub throw: Option<String>,
}

impl Outcome {
    pub fn warn(&mut self, text: String) {
        self.logs.push(("warn", text));
    }

    /// The outcome as the shim reads it: `{actions, logs, call?, error?, throw?}`.
    pub fn into_value(self) -> Value {
        let logs = self
            .logs
            .into_iter()
            .map(|(level, text)| Value::List(vec![Value::Word(level), Value::Text(text)]));
        let mut value = Value::object([
            ("actions", Value::List(self.actions.into_iter().map(Action::into_value).collect())),
            ("logs", Value::List(logs.collect())),
        ]);
        if let Some(call) = self.call {
            value = value.with("call", call.into_value());
        }
        if let Some(error) = self.error {
            value = value.with("error", Value::Text(error));
        }
        if let Some(throw) = self.throw {
            value = value.with("throw", Value::Text(throw));
        }
        value
    }
}
