//! Builds all of `pkg/`, and checks the committed files against a rebuild.

use std::{fs, path::Path};

use crate::{
    Result,
    core::{self, root},
    paste,
};

/// Builds `pkg/`, or only the paste files of some presets.
pub fn build(presets: &[&str]) -> Result<()> {
    into(&root().join("pkg"), presets)
}

fn into(folder: &Path, presets: &[&str]) -> Result<()> {
    fs::create_dir_all(folder.join("paste"))?;
    for preset in
        paste::PRESETS.iter().filter(|preset| presets.is_empty() || presets.contains(&preset.name))
    {
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
    if presets.is_empty() || presets.contains(&"trigger") {
        let core = core::build("trigger", "trigger")?;
        let body = paste::trigger(&core)?;
        println!("trigger js: wasm {} units {}", core.wasm.len(), body.encode_utf16().count());
        fs::write(folder.join("paste/trigger.js"), body)?;
    }
    Ok(())
}

/// Rebuilds elsewhere and compares.
pub fn check() -> Result<()> {
    Err("later".into())
}
