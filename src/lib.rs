//! tkl-notify: alarms of ThinkLink devices, pushed to WeCom and DingTalk.
//!
//! Everything in this crate but `wasm` is pure: inputs in, an [`action::Outcome`] out.
//! The modules stand in the order data passes through them.
//!
//! The crate does without `std`: a paste file's module then carries no panic messages and nothing
//! that formats them. The package's tools bring `std` with them.

#![no_std]
// Formatting works, but brings tens of kilobytes into every paste file: sentences are templates (`text::fill_template`).
#![cfg_attr(not(test), deny(clippy::disallowed_macros))]

extern crate alloc;
#[cfg(any(test, all(target_arch = "wasm32", feature = "package")))]
extern crate std;

/// Texts one after the other, as a `String`. Smaller in wasm than `[…].concat()` and far smaller than `format!`.
macro_rules! cat {
    ($($part:expr),* $(,)?) => {{
        let mut text = alloc::string::String::new();
        $($crate::text::add(&mut text, $part.as_ref());)*
        text
    }};
}

pub mod text;
pub mod time;

pub mod host;
pub mod settings;

pub mod alarm;
pub mod policy;

pub mod message;

pub mod channel;
pub mod secret;

pub mod delivery;

pub mod action;

#[cfg(feature = "rpc_script")]
pub mod preset;

pub mod trigger;

#[cfg(target_arch = "wasm32")]
mod wasm;
