//! Prints the sizes of `pkg/paste/` beside their targets, in UTF-16 units: what an Excel cell of the platform counts.

use std::{fs, path::Path};

use tkl_notify::preset::METHODS;

use crate::{Result, core::root};

/// While an RPC holds a longer script, every Excel export of the platform that includes it fails as a whole.
pub const HARD: usize = 32_000;

/// A file that would be longer carries its module packed.
pub const PACK_OVER: usize = 24_000;

/// Prints the committed files' sizes.
pub fn print() -> Result<()> {
    report(&root().join("pkg"))
}

/// A paste file as it is, or with a comment below its first two lines if it is longer than the platform's export takes.
pub fn told(body: String) -> String {
    if body.encode_utf16().count() <= HARD {
        return body;
    }
    let lines: Vec<&str> = body.splitn(3, '\n').collect();
    format!("{}\n{}\n{REMARK}\n{}", lines[0], lines[1], lines[2])
}

const REMARK: &str = "// Over 32,000 units: while an RPC holds it, every Excel export of TKL that includes it fails as a whole.";

/// Prints the sizes below `folder`; an error if a file may not be that long.
pub fn report(folder: &Path) -> Result<()> {
    println!("{:<28} {:>7} {:>7}  (UTF-16 units)", "file", "size", "target");
    let mut over = Vec::new();
    let presets =
        METHODS.iter().flat_map(|method| [(method.name, "js"), (method.name, "nowasm.js")]);
    for (preset, end) in presets.chain([("trigger", "js")]) {
        let name = format!("{preset}.{end}");
        let Ok(text) = fs::read_to_string(folder.join("paste").join(&name)) else { continue };
        let size = text.encode_utf16().count();
        let budget = match (preset, end) {
            ("notify", _) => 32_000,
            ("trigger", _) | (_, "nowasm.js") => 24_000,
            _ => 20_000,
        };
        let remark = match (size > HARD, size > budget) {
            (true, _) if end == "nowasm.js" => "  breaks exports",
            (true, _) => "  TOO LONG",
            (false, true) => "  over its target",
            (false, false) => "",
        };
        println!("{name:<28} {size:>7} {budget:>7}{remark}");
        if size > HARD && end != "nowasm.js" {
            over.push(format!("{name}: {size} units, at most {HARD} are possible"));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("\n").into()) }
}
