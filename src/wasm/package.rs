//! The package's tools for developers, as ordinary wasm-bindgen functions over serde types. They say
//! what the tables say; each call runs in an instance of its own.

use crate::channel::{TABLES, verdict};
use crate::settings::{self, Named, ORG, PARAMS, SERVER};
use alloc::{string::String, vec::Vec};
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
    let rows = settings::all().into_iter().map(|row| Setting {
        name: row.key.name,
        named: row.named != Named::Single,
        secret: row.secret,
        sources: [(PARAMS, "params"), (SERVER, "server_attrs"), (ORG, "org_params")]
            .into_iter()
            .filter(|(bit, _)| row.key.from & bit != 0)
            .map(|(_, name)| name)
            .collect(),
        default: row.default.0,
        en: row.words.0,
        zh: row.words.1,
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
pub fn explain(channel: &str, errcode: u32, errmsg: Option<String>) -> JsValue {
    let table = TABLES.iter().find(|table| table.name == channel);
    let row = table
        .and_then(|table| verdict::explain(table.codes, errcode, errmsg.as_deref().unwrap_or("")));
    let phrase = |(en, zh)| Phrase { en, zh };
    row.map(|row| Explanation {
        verdict: row.verdict.name(),
        cause: phrase(row.cause),
        remedy: phrase(row.remedy),
    })
    .and_then(|row| serde_wasm_bindgen::to_value(&row).ok())
    .unwrap_or(JsValue::NULL)
}
