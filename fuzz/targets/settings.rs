//! `settings` under libFuzzer; what is asserted stands in `fuzz/src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tkl_notify_fuzz::run("settings", data));
