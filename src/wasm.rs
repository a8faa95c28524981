//! The wasm export: text in, outcome out. The only file that names wasm-bindgen and js-sys.

#[allow(unsafe_code)]
mod heap;

use wasm_bindgen::prelude::*;

/// Whether this build carries presets; the trigger's own does not.
const PRESETS: bool = cfg!(any(feature = "wecom", feature = "wecom_app", feature = "dingtalk"));

/// Runs the core once over the shim's input text (UTF-16 units, so that lone surrogates survive
/// the crossing and become U+FFFD here). Answers the JSON text of `{actions, logs, call?, error?, throw?}`.
///
/// A trigger's input starts with 0, a preset's with a letter; its answer is `trigger::run`'s.
#[wasm_bindgen]
pub fn run(input: &[u16]) -> JsValue {
    let json = if cfg!(feature = "trigger") && (!PRESETS || input.first() == Some(&0)) {
        crate::trigger::run(input)
    } else {
        crate::preset::run(&String::from_utf16_lossy(input), None).into_json()
    };
    let outcome = JsValue::from_str(&json);
    heap::clear();
    outcome
}
