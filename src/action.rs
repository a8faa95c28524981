//! What the platform runs: the action array's types, and the outcome that carries it.
//! Field names and order are the platform's; nothing is decided here.

use serde::Serialize;

/// What one run of the core answers.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Actions for the platform, run in order.
    pub actions: Vec<Action>,
    /// Lines for the platform's logger: (`info` | `warn` | `error`, text).
    pub logs: Vec<(&'static str, String)>,
    /// A request to run now; the core is then run again with its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Request>,
    /// A setting is missing or unusable: nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The host cannot run HTTP actions at all: the script must fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throw: Option<String>,
}

/// One entry of the action array.
#[derive(Debug, Serialize)]
pub struct Action {
    /// Wait before this action, in milliseconds after the end of the previous one.
    #[serde(rename = "sleepTimeMs")]
    pub sleep_ms: u32,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(rename = "dnMsg")]
    pub body: Request,
}

/// An HTTP request as `axios` takes it.
#[derive(Debug, Serialize)]
pub struct Request {
    pub method: &'static str,
    pub url: String,
    pub timeout: u32,
}
