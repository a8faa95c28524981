//! Builds all of `pkg/`, and checks the committed files against a rebuild.

use std::{fs, path::Path, process::Command};

use crate::{
    Result,
    core::{self, root, run},
    paste, size,
};

/// What is generated below `pkg/`; anything else there is kept by hand.
const PACKAGE: &[(&str, &str)] = &[("index.js", "esm"), ("index.cjs", "cjs")];
const TRIGGER: &str = "paste/trigger.js";

/// Builds `pkg/`, or only some of it: the paste files of presets, `trigger`, `package`.
pub fn build(presets: &[&str]) -> Result<()> {
    into(&root().join("pkg"), presets)
}

fn into(folder: &Path, presets: &[&str]) -> Result<()> {
    fs::create_dir_all(folder.join("paste"))?;
    let wanted = |part: &str| presets.is_empty() || presets.contains(&part);
    for preset in paste::PRESETS {
        if !wanted(preset.name) {
            continue;
        }
        let core = core::build(preset.name, preset.name)?;
        for (twin, end) in [(false, "js"), (true, "nowasm.js")] {
            let body = size::told(paste::body(preset, &core, twin)?);
            fs::write(folder.join(format!("paste/{}.{end}", preset.name)), body)?;
        }
    }
    if wanted("trigger") {
        fs::write(folder.join(TRIGGER), paste::trigger(&core::build("trigger", "trigger")?)?)?;
    }
    if wanted("package") {
        let core = core::build("package", "default,package")?;
        for (file, format) in PACKAGE {
            fs::write(folder.join(file), paste::module(&core, format)?)?;
        }
    }
    size::report(folder)
}

/// Rebuilds elsewhere and compares. Another compiler than the pinned one makes other bytes, so that there only a remark
/// is printed.
pub fn check() -> Result<()> {
    let folder = root().join("target/pkg/check");
    into(&folder, &[])?;
    let mut files: Vec<String> = PACKAGE.iter().map(|(file, _)| file.to_string()).collect();
    files.push(TRIGGER.into());
    for preset in paste::PRESETS {
        files.extend(["js", "nowasm.js"].map(|end| format!("paste/{}.{end}", preset.name)));
    }
    let same = |file: &String| {
        fs::read(folder.join(file)).ok() == fs::read(root().join("pkg").join(file)).ok()
    };
    let differing: Vec<String> = files.into_iter().filter(|file| !same(file)).collect();
    if differing.is_empty() {
        println!("pkg/ is what the sources build");
        return Ok(());
    }
    let differing = format!("pkg/ differs from what the sources build: {}", differing.join(", "));
    let pinned = fs::read_to_string(root().join("rust-toolchain.toml"))?;
    let pinned = pinned.split('"').nth(1).unwrap_or("").to_string();
    let rustc = run(Command::new("rustc").arg("--version"))?;
    if rustc.split(' ').nth(1) == Some(&pinned) {
        return Err((differing + "\nRun `npm run build` and commit pkg/.").into());
    }
    println!("{differing}\nThis is {}, not the pinned {pinned}: no conclusion.", rustc.trim());
    Ok(())
}
