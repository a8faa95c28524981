//! The wasm export: text in, outcome out. The only file that names wasm-bindgen and js-sys.

#[allow(unsafe_code)]
mod heap;

use wasm_bindgen::prelude::*;

/// Runs the core once over the shim's input text (UTF-16 units, so that lone surrogates survive
/// the crossing and become U+FFFD here). Answers the JSON text of `{actions, logs, call?, error?, throw?}`.
#[wasm_bindgen]
pub fn run(input: &[u16]) -> JsValue {
    let text = String::from_utf16_lossy(input);
    let outcome = JsValue::from_str(&crate::preset::run(&text, None).into_json());
    heap::clear();
    outcome
}
