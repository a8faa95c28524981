//! The wasm export: text in, outcome out. The only file that names wasm-bindgen and js-sys.

use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Runs the core once over the shim's input text (UTF-16 units).
#[wasm_bindgen]
pub fn run(input: &[u16]) -> JsValue {
    let text = String::from_utf16_lossy(input);
    let mut outcome = crate::action::Outcome::default();
    outcome.logs.push(("info", text));
    outcome
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
