//! What a module exports: plain functions over one buffer. The contract stands in ARCHITECTURE.md,
//! "The boundary".

#![allow(unsafe_code)]
// What the attribute `wasm_bindgen` expands to.
#![allow(clippy::disallowed_macros)]

mod heap;
#[cfg(feature = "package")]
mod package;

use alloc::string::String;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes room for an input of `size` bytes and answers where it is to be written. What the last call
/// left there is gone.
#[wasm_bindgen(skip_typescript)]
pub fn buffer(size: usize) -> usize {
    // SAFETY: the exports of this file keep nothing from one call to the next, and the package's
    // tools, which do, run in an instance of their own.
    unsafe { heap::buffer(size) }
}

/// Runs the method that the input names, over `length` bytes of UTF-8 in the buffer (the format is
/// [`Host`](crate::host::Host)'s). The outcome, JSON text that [`Outcome`](crate::action::Outcome)
/// describes, then stands in the buffer instead; its length in bytes is the answer.
#[cfg(feature = "rpc_script")]
#[wasm_bindgen(skip_typescript)]
pub fn rpc_script(length: usize) -> usize {
    answer(length, |input| crate::preset::run(input).into_json())
}

/// The same for trigger rules over one uplink: [`trigger::run`](crate::trigger::run).
#[cfg(feature = "trigger")]
#[wasm_bindgen(skip_typescript)]
pub fn trigger_script(length: usize) -> usize {
    answer(length, crate::trigger::run)
}

fn answer(length: usize, run: impl FnOnce(&str) -> String) -> usize {
    // SAFETY: `buffer` came first, as the contract asks, and nothing is kept between the two calls.
    unsafe { heap::answer(length, run) }
}

/// Nothing is left to say: the shim reports the trap as an internal fault.
#[cfg(not(feature = "package"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
