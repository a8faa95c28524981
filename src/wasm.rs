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
        let text = String::from_utf16_lossy(input);
        crate::preset::run(&text, random(&text)).into_json()
    };
    let outcome = JsValue::from_str(&json);
    heap::clear();
    outcome
}

/// Four random bytes where the host has a random source. Only a message that a service's answer
/// makes wait needs them, so that many devices do not come back at once: without an answer there
/// are none.
fn random(text: &str) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    let needed = cfg!(feature = "wecom_app") && crate::message::text::holds(text, "\0r\0");
    (needed && getrandom::fill(&mut bytes).is_ok()).then_some(bytes)
}

/// What the package tells developers beside the presets. To be called on an instance of its own:
/// `run` forgets the heap that these conversions keep.
#[cfg(feature = "package")]
mod tables {
    use crate::channel::{self, verdict};
    use crate::settings::{ORG, PARAMS, SERVER, SETTINGS};
    use serde::Serialize;
    use wasm_bindgen::prelude::*;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Setting {
        name: &'static str,
        named: bool,
        secret: bool,
        sources: Vec<&'static str>,
        default: &'static str,
        en: &'static str,
        zh: &'static str,
    }

    /// The settings table: `{name, named, secret, sources, default, en, zh}[]`.
    #[wasm_bindgen]
    pub fn settings() -> js_sys::Array {
        let rows = SETTINGS.iter().map(|row| Setting {
            name: row.key.name,
            named: row.named,
            secret: row.secret,
            sources: [(PARAMS, "params"), (SERVER, "server_attrs"), (ORG, "org_params")]
                .into_iter()
                .filter(|(bit, _)| row.key.from & bit != 0)
                .map(|(_, name)| name)
                .collect(),
            default: row.default,
            en: row.en,
            zh: row.zh,
        });
        rows.map(|row| serde_wasm_bindgen::to_value(&row).unwrap_or(JsValue::NULL)).collect()
    }

    #[derive(Serialize)]
    struct Explanation {
        verdict: &'static str,
        cause: Phrase,
        remedy: Phrase,
    }

    #[derive(Serialize)]
    struct Phrase {
        en: &'static str,
        zh: &'static str,
    }

    /// What a service's code means: `{verdict, cause: {en, zh}, remedy: {en, zh}}`, or `null` for a
    /// code that no table knows (which counts as refused). `channel`: `wecom`, `wecom_app`, `dingtalk`.
    #[wasm_bindgen]
    pub fn explain(channel: &str, errcode: u32, errmsg: &str) -> JsValue {
        let row = verdict::explain(channel::rows(channel), errcode, errmsg);
        let phrase = |(en, zh)| Phrase { en, zh };
        row.map(|row| Explanation {
            verdict: row.verdict.name(),
            cause: phrase(row.cause),
            remedy: phrase(row.remedy),
        })
        .and_then(|row| serde_wasm_bindgen::to_value(&row).ok())
        .unwrap_or(JsValue::NULL)
    }
}
