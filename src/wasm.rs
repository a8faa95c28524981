//! The wasm export: text in, outcome out. The only file that names wasm-bindgen and js-sys.

#[allow(unsafe_code)]
mod heap;

use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Whether this build carries presets; one of the trigger alone does not.
const PRESETS: bool =
    cfg!(any(feature = "wecom", feature = "wecom_app", feature = "dingtalk"));

/// Runs the core once over the shim's input text (UTF-16 units, so that lone surrogates survive
/// the crossing and become U+FFFD here). Answers `{actions, logs, call?, error?, throw?}`.
///
/// A trigger's input starts with a count (see `trigger::read`), whose first unit is 0; a preset's
/// starts with a letter. The trigger answers `{delayms, abort_previous_timer, actions}`.
#[wasm_bindgen]
pub fn run(input: &[u16]) -> JsValue {
    let value = if cfg!(feature = "trigger") && (!PRESETS || input.first() == Some(&0)) {
        let (numbers, text) = crate::trigger::read(input);
        crate::trigger::run(&numbers, &text)
    } else {
        crate::preset::run(&String::from_utf16_lossy(input), None).into_value()
    };
    let outcome = value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL);
    heap::clear();
    outcome
}
