//! The wasm export: text in, outcome out. The only file that names wasm-bindgen and js-sys.

#[allow(unsafe_code)]
mod heap;

use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Whether this build carries presets; one of the trigger alone does not.
const PRESETS: bool = cfg!(any(feature = "wecom", feature = "wecom_app", feature = "dingtalk"));
/// How outcomes become JavaScript values.
const OUTCOME: &serde_wasm_bindgen::Serializer = &serde_wasm_bindgen::Serializer::json_compatible();

/// Runs the core once over the shim's input text (UTF-16 units, so that lone surrogates survive
/// the crossing and become U+FFFD here). Answers `{actions, logs, call?, error?, throw?}`.
///
/// A trigger's input starts with 0, a preset's with a letter; what it answers stands at `trigger::run`.
#[wasm_bindgen]
pub fn run(input: &[u16]) -> JsValue {
    let outcome = if cfg!(feature = "trigger") && (!PRESETS || input.first() == Some(&0)) {
        crate::trigger::run(input).serialize(OUTCOME)
    } else {
        crate::preset::run(&String::from_utf16_lossy(input), None).into_value().serialize(OUTCOME)
    };
    let outcome = outcome.unwrap_or(JsValue::NULL);
    heap::clear();
    outcome
}
