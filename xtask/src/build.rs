//! Builds all of `pkg/`, and checks the committed files against a rebuild.

use std::{fs, path::Path};

use crate::{
    Result,
    core::{self, root},
    paste,
};

/// Builds `pkg/`.
pub fn build() -> Result<()> {
    into(&root().join("pkg"))
}

fn into(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("paste"))?;
    if std::env::var("ONLY").is_err() { for preset in paste::PRESETS {
        let core = core::build(preset.name, preset.name)?;
        for (twin, end) in [(false, "js"), (true, "nowasm.js")] {
            let body = paste::body(preset, &core, twin)?;
            println!(
                "{} {end}: wasm {} units {}",
                preset.name,
                core.wasm.len(),
                body.encode_utf16().count()
            );
            fs::write(folder.join(format!("paste/{}.{end}", preset.name)), body)?;
        }
    }
    }
    let core = core::build("trigger", "trigger")?;
    let body = paste::trigger(&core)?;
    println!("trigger: wasm {} units {}", core.wasm.len(), body.encode_utf16().count());
    fs::write(folder.join("paste/trigger.js"), body)?;
    Ok(())
}

/// Rebuilds elsewhere and compares.
pub fn check() -> Result<()> {
    Err("later".into())
}
