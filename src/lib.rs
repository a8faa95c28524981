//! tkl-notify: alarms of ThinkLink devices, pushed to WeCom and DingTalk.
//!
//! Everything in this crate but `wasm` is pure: inputs in, an [`action::Outcome`] out.

pub mod action;
pub mod alarm;
pub mod policy;
#[cfg(target_arch = "wasm32")]
mod wasm;
