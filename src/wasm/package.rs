//! The package's tools for developers, as ordinary wasm-bindgen functions, and the TypeScript of all
//! that the package exports. The tools say what the tables say; each call runs in an instance of its
//! own, so that what they leave on the heap is gone with it.

#[allow(dead_code, reason = "only their TypeScript is used")]
mod types;

use crate::channel::{
    TABLES,
    verdict::{self, Verdict},
};
use crate::message::lang;
use crate::settings::{self, Named, ORG, PARAMS, SERVER};
use alloc::{string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use js_sys::Array;
use serde::Serialize;
use serde_wasm_bindgen::to_value;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

/// The functions that JavaScript implements around the core.
#[wasm_bindgen(typescript_custom_section)]
const SCRIPTS: &str = include_str!("package/scripts.d.ts");

/// A text in English and Chinese.
#[derive(Serialize, Tsify)]
pub struct Phrase {
    en: &'static str,
    zh: &'static str,
}

impl From<lang::Phrase> for Phrase {
    fn from((en, zh): lang::Phrase) -> Phrase {
        Phrase { en, zh }
    }
}

/// A place where a setting may stand.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    Params,
    ServerAttrs,
    OrgParams,
}

/// One setting, and what it means in English and Chinese.
#[derive(Serialize, Tsify)]
pub struct Setting {
    #[tsify(type = "SettingName")]
    name: &'static str,
    /// It also stands once for each further robot, as `<name>_<robot>`.
    named: bool,
    /// A credential: it must not be shown.
    secret: bool,
    /// Where it may stand; of several the first counts that holds it.
    sources: Vec<SettingSource>,
    /// What holds where it is not set: a text as one would set it, the same in both languages, or
    /// words. Empty: nothing.
    default: Phrase,
    /// A text as one would set it.
    example: &'static str,
    en: &'static str,
    zh: &'static str,
}

impl From<&settings::Setting> for Setting {
    fn from(row: &settings::Setting) -> Setting {
        let places = [
            (PARAMS, SettingSource::Params),
            (SERVER, SettingSource::ServerAttrs),
            (ORG, SettingSource::OrgParams),
        ];
        let (en, zh) = row.words;
        Setting {
            name: row.key.name,
            named: row.named != Named::Single,
            secret: row.secret,
            sources: places
                .into_iter()
                .filter(|(bit, _)| row.key.from & bit != 0)
                .map(|(_, source)| source)
                .collect(),
            default: row.default.into(),
            example: row.example,
            en,
            zh,
        }
    }
}

/// Every setting of every method, in the order of the documentation.
#[wasm_bindgen(unchecked_return_type = "Setting[]")]
pub fn settings() -> Result<Array, serde_wasm_bindgen::Error> {
    settings::all().into_iter().map(|row| to_value(&Setting::from(row))).collect()
}

/// What an answer of a chat service means for the message, why it came, and what to do.
#[derive(Serialize, Tsify)]
pub struct Explanation {
    #[tsify(type = "Verdict")]
    verdict: &'static str,
    cause: Phrase,
    remedy: Phrase,
}

/// Every service's code for being busy.
const BUSY: i32 = -1;

/// What a channel's code means, as a service answers it in `errcode`; `errmsg` tells causes apart that
/// share a code. `null`: 0, which is success, or a code in no table, which counts as a refused payload.
/// It is also `null` for a channel that does not exist.
#[wasm_bindgen(unchecked_return_type = "Explanation | null")]
pub fn explain(
    #[wasm_bindgen(unchecked_param_type = "Channel")] channel: &str,
    errcode: i32,
    errmsg: Option<String>,
) -> Result<JsValue, serde_wasm_bindgen::Error> {
    let Some(table) = TABLES.iter().find(|table| table.name == channel) else {
        return Ok(JsValue::NULL);
    };
    let (verdict, cause, remedy) = if errcode == BUSY {
        let wait = (
            "wait; with notify_delivery = confirm it is sent again by itself",
            "稍后再试；notify_delivery = confirm 时会自动重发",
        );
        (Verdict::Transient, ("the service is busy", "服务繁忙"), wait)
    } else {
        let code = u32::try_from(errcode).unwrap_or(0);
        let Some(row) = verdict::explain(table.codes, code, errmsg.as_deref().unwrap_or("")) else {
            return Ok(JsValue::NULL);
        };
        (row.verdict, row.cause, row.remedy)
    };
    to_value(&Explanation { verdict: verdict.name(), cause: cause.into(), remedy: remedy.into() })
}

/// Random bytes of a signing secret: the fewest that Standard Webhooks allows, which are enough.
const SECRET_BYTES: usize = 24;

/// A new signing secret in the form of Standard Webhooks: `whsec_` and 24 random bytes in base64,
/// together 38 characters. The key of a signature is the bytes.
///
/// Throws an Error on a host without `crypto.getRandomValues`; browsers have it, and Node from 20 on.
#[wasm_bindgen(js_name = newSecret)]
pub fn new_secret() -> Result<String, js_sys::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| {
        js_sys::Error::new(
            "a new secret needs random bytes, and crypto.getRandomValues of this host gives none",
        )
    })?;
    Ok(cat!("whsec_", STANDARD.encode(bytes)))
}
