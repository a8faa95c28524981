//! Builds all of `pkg/`, and checks the committed files against a rebuild.

use std::{fs, path::Path, process::Command};

use tkl_notify::preset::METHODS;

use crate::{
    Result,
    core::{self, Parts, root, run},
    paste, size, types,
};

/// What is generated below `pkg/`; anything else there is kept by hand.
const PACKAGE: &[(&str, &str)] = &[("index.js", "esm"), ("index.cjs", "cjs")];
/// The types of each of them.
const TYPES: &[&str] = &["index.d.ts", "index.d.cts"];
const TRIGGER: &str = "paste/trigger.js";

/// Builds `pkg/`, or only some of it: the paste files of methods, `trigger`, `package`.
pub fn build(methods: &[&str]) -> Result<()> {
    into(&root().join("pkg"), methods)
}

fn into(folder: &Path, methods: &[&str]) -> Result<()> {
    fs::create_dir_all(folder.join("paste"))?;
    let wanted = |part: &str| methods.is_empty() || methods.contains(&part);
    for method in METHODS.iter().filter(|method| wanted(method.name)) {
        let parts = Parts { name: method.name, features: method.name, scripts: &["rpc_script"] };
        let core = core::build(&parts)?;
        let twin = core::plain_javascript(&core, &parts)?;
        for (twin, end) in [(None, "js"), (Some(twin), "nowasm.js")] {
            let body = size::told(paste::body(method, &core, twin.as_deref())?);
            fs::write(folder.join(format!("paste/{}.{end}", method.name)), body)?;
        }
    }
    if wanted("trigger") {
        let parts = Parts { name: "trigger", features: "trigger", scripts: &["trigger_script"] };
        let core = core::build(&parts)?;
        let twin = core::plain_javascript(&core, &parts)?;
        fs::write(folder.join(TRIGGER), paste::trigger(&core, &twin)?)?;
    }
    if wanted("package") {
        let scripts = &["rpc_script", "trigger_script"];
        let parts = Parts { name: "package", features: "default,package", scripts };
        let core = core::build_package(&parts)?;
        for (file, format) in PACKAGE {
            fs::write(folder.join(file), paste::module(&core, format)?)?;
        }
        let types = types::declarations(&core)?;
        for file in TYPES {
            fs::write(folder.join(file), &types)?;
        }
    }
    size::report(folder)
}

/// Rebuilds elsewhere and compares. Another compiler than the pinned one makes other bytes, so that there only a remark
/// is printed.
pub fn check() -> Result<()> {
    let folder = root().join("target/pkg/check");
    into(&folder, &[])?;
    let package = PACKAGE.iter().map(|(file, _)| file).chain(TYPES);
    let mut files: Vec<String> = package.map(ToString::to_string).collect();
    files.push(TRIGGER.into());
    for method in METHODS {
        files.extend(["js", "nowasm.js"].map(|end| format!("paste/{}.{end}", method.name)));
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
