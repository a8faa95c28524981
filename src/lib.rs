//! tkl-notify: alarms of ThinkLink devices, pushed to WeCom and DingTalk.
//!
//! Everything in this crate but `wasm` is pure: inputs in, an [`action::Outcome`] out.
//! The modules stand in the order data passes through them.

/// Texts one after the other, as a `String`. Smaller in wasm than `[…].concat()` and far smaller than `format!`.
macro_rules! cat {
    ($($part:expr),* $(,)?) => {{
        let mut text = String::new();
        $($crate::message::text::add(&mut text, $part.as_ref());)*
        text
    }};
}

pub mod host;
pub mod settings;

pub mod alarm;
pub mod policy;

pub mod message;

pub mod channel;
pub mod secret;

pub mod delivery;

pub mod action;

pub mod preset;

pub mod trigger;

#[cfg(target_arch = "wasm32")]
mod wasm;
