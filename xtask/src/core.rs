//! One method's core: cargo, wasm-bindgen, wasm-opt, and from the same module the plain-JavaScript twin by wasm2js.
//! Knows nothing of the shim around it; `paste.rs` puts both together.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, twin};

/// What every engine that runs a paste file has had for years. Named one by one: `--all-features` would let wasm-opt
/// write encodings that no engine reads yet.
const FEATURES: &[&str] = &[
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
];

const SMALLEST: &[&str] =
    &["-Oz", "--dae2", "--converge", "--strip-producers", "--strip-target-features"];

/// The first edition of WebAssembly, which is all that wasm2js knows, and what it has helpers for.
const FIRST_EDITION: &[&str] = &[
    "--mvp-features",
    "--enable-mutable-globals",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
];
const LOWER: &[&str] = &["--signext-lowering", "--llvm-nontrapping-fptoint-lowering"];

/// Which parts of the crate a core is built of.
pub struct Parts<'a> {
    /// Its folder below `target/pkg`.
    pub name: &'a str,
    /// Cargo features, with commas.
    pub features: &'a str,
    /// The exports of the boundary that it has beside `memory` and `buffer`.
    pub scripts: &'a [&'a str],
}

/// A core, built.
pub struct Core {
    /// Its folder, for what is put together from it.
    pub folder: PathBuf,
    pub wasm: Vec<u8>,
}

/// The workspace's root, which xtask was compiled in.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Runs a program in the root and gives back what it prints.
pub fn run(command: &mut Command) -> Result<String> {
    let name = format!("{command:?}");
    let output =
        command.current_dir(root()).output().map_err(|fault| format!("{name}: {fault}"))?;
    if !output.status.success() {
        return Err(format!("{name}\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A program of `node_modules`.
pub fn node(name: &str) -> Command {
    Command::new(root().join("node_modules/.bin").join(name))
}

/// A core for paste files: no imports, nothing exported but the boundary.
pub fn build(parts: &Parts) -> Result<Core> {
    let folder = folder(parts)?;
    bind(&folder, &compile(parts.features)?)?;
    let mut module = parse(&folder.join("core_bg.wasm"))?;
    let wanted = contract(parts);
    let others: Vec<_> = module
        .exports
        .iter()
        .filter(|export| !wanted.contains(&export.name))
        .map(|export| export.id())
        .collect();
    for export in others {
        module.exports.delete(export);
    }
    // What only wasm-bindgen's own exports reached goes with them.
    module.start = None;
    walrus::passes::gc::run(&mut module);
    if let Some(import) = module.imports.iter().next() {
        return Err(format!("{} imports {} from the host", parts.name, import.name).into());
    }
    fs::write(folder.join("full.wasm"), module.emit_wasm())?;
    finish(folder, "full.wasm", parts)
}

/// The package's core: its tools use wasm-bindgen's generated JavaScript, which lies beside it as `core_bg.js`, with
/// the types in `core.d.ts`.
pub fn build_package(parts: &Parts) -> Result<Core> {
    let folder = folder(parts)?;
    bind(&folder, &compile(parts.features)?)?;
    finish(folder, "core_bg.wasm", parts)
}

fn folder(parts: &Parts) -> Result<PathBuf> {
    let folder = root().join("target/pkg").join(parts.name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn finish(folder: PathBuf, full: &str, parts: &Parts) -> Result<Core> {
    let small = folder.join("small.wasm");
    optimize(&folder.join(full), &small, FEATURES, SMALLEST)?;
    check(&small, parts)?;
    Ok(Core { wasm: fs::read(&small)?, folder })
}

/// The same core as plain JavaScript.
pub fn plain_javascript(core: &Core, parts: &Parts) -> Result<String> {
    let lowered = core.folder.join("lowered.wasm");
    optimize(&core.folder.join("full.wasm"), &lowered, FEATURES, LOWER)?;
    optimize(&lowered, &lowered, FIRST_EDITION, &["-Oz", "--dae2", "--converge"])?;
    let js = run(node("wasm2js").args(FIRST_EDITION).arg("-Oz").arg(&lowered))?;
    twin::module(&js, &contract(parts))
}

/// What a core exports.
fn contract(parts: &Parts) -> Vec<String> {
    let mut exports = vec!["buffer".to_string(), "memory".to_string()];
    exports.extend(parts.scripts.iter().map(ToString::to_string));
    exports
}

/// Loads a module once: it is valid in this machine's engine, and exports what the shim calls.
fn check(module: &Path, parts: &Parts) -> Result<()> {
    let found = run(Command::new("node").args(["-e", LOAD]).arg(module))?;
    let found: Vec<&str> = found.split_whitespace().collect();
    for export in contract(parts) {
        if !found.contains(&export.as_str()) {
            return Err(format!("{} does not export {export}", module.display()).into());
        }
    }
    Ok(())
}

const LOAD: &str = "\
const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
console.log(WebAssembly.Module.exports(module).map(({ name }) => name).join(' '));";

fn optimize(input: &Path, output: &Path, features: &[&str], passes: &[&str]) -> Result<()> {
    run(node("wasm-opt").args(features).args(passes).arg(input).arg("-o").arg(output)).map(drop)
}

/// Compiles and links, with no path of this machine in the result.
fn compile(features: &str) -> Result<PathBuf> {
    let target = root().join("target/pkg/cargo");
    let cargo_home =
        env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| home + "/.cargo"))?;
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]))?;
    // Our own files are named relative to the root, which needs no flag: so a copy of the tree has the same flags, and takes
    // over what cargo compiled here (`tests/e2e/toy_channel.test.mjs`).
    let mut flags = vec![
        format!("--remap-path-prefix={}=rust", sysroot.trim()),
        "-Clink-arg=-zstack-size=16384".into(),
        // The package's values of JavaScript stay in an array of the glue: a table of references is slower to start.
        "-Ctarget-feature=-reference-types".into(),
    ];
    // A panic names its file, so each path is in the module: short, and the same wherever the crates come from.
    let sources = Path::new(&cargo_home).join("registry/src");
    for source in fs::read_dir(sources)? {
        flags.push(format!("--remap-path-prefix={}/=", source?.path().display()));
    }
    // `cargo rustc`, since only a library for one purpose gets link-time optimization.
    run(Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--locked", "--release", "--lib", "--crate-type", "cdylib"])
        .args([
            "--target",
            "wasm32-unknown-unknown",
            "--no-default-features",
            "--features",
            features,
        ])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")))?;
    Ok(target.join("wasm32-unknown-unknown/release/tkl_notify.wasm"))
}

fn parse(module: &Path) -> Result<walrus::Module> {
    Ok(walrus::ModuleConfig::new().generate_producers_section(false).parse_file(module)?)
}

/// Runs wasm-bindgen: it gives the exports their names back, and writes `core_bg.wasm`, `core_bg.js` and `core.d.ts`.
fn bind(folder: &Path, linked: &Path) -> Result<()> {
    let mut module = parse(linked)?;
    // An empty list, since std declares features that this build does not use and wasm-bindgen would act on.
    module.customs.remove_raw("target_features");
    module.customs.add(walrus::RawCustomSection { name: "target_features".into(), data: vec![0] });
    wasm_bindgen_cli_support::Bindgen::new()
        .input_module("core", module)
        .bundler(true)?
        .typescript(true)
        .generate(folder)?;
    Ok(())
}
