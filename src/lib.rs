//! tkl-notify: alarms of ThinkLink devices, pushed to WeCom and DingTalk.
//!
//! Everything in this crate but `wasm` is pure: inputs in, an [`action::Outcome`] out.
//! The modules stand in the order data passes through them.

pub mod host;
pub mod settings;

pub mod alarm;
pub mod policy;

pub mod message;

pub mod channel;
pub mod secret;

pub mod action;

pub mod preset;

pub mod trigger;

#[cfg(target_arch = "wasm32")]
mod wasm;
