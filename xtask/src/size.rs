//! Prints the sizes of `pkg/paste/` beside their budgets, in UTF-16 units: what an Excel cell of the platform counts.

use std::{fs, path::Path};

use crate::{Result, core::root, paste::PRESETS};

/// A longer script breaks the platform's Excel export and import.
pub const HARD: usize = 32_000;

/// Prints the committed files' sizes.
pub fn print() -> Result<()> {
    report(&root().join("pkg"))
}

/// Prints the sizes below `folder`; an error if a file may not be that long.
pub fn report(folder: &Path) -> Result<()> {
    println!("{:<28} {:>7} {:>7}  (UTF-16 units)", "file", "size", "budget");
    let mut over = Vec::new();
    let presets =
        PRESETS.iter().flat_map(|preset| [(preset.name, "js"), (preset.name, "nowasm.js")]);
    for (preset, end) in presets.chain([("trigger", "js")]) {
        let name = format!("{preset}.{end}");
        let Ok(text) = fs::read_to_string(folder.join("paste").join(&name)) else { continue };
        let size = text.encode_utf16().count();
        let (budget, hard) = match (preset, end) {
            ("notify", "js") => (32_000, HARD),
            ("notify", _) => (32_000, 64_000),
            ("trigger", _) => (24_000, HARD),
            (_, "js") => (20_000, HARD),
            _ => (24_000, HARD),
        };
        let remark = if size > budget { "  missed" } else { "" };
        println!("{name:<28} {size:>7} {budget:>7}{remark}");
        if size > hard {
            over.push(format!("{name}: {size} units, at most {hard} are possible"));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("\n").into()) }
}
