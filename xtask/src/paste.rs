//! Puts shim and core together: paste files and the package's modules. The shim's sources are `js-shim/`.

use std::{fs, path::Path, process::Command};

use tkl_notify::{
    policy,
    preset::{METHODS, Method},
    settings::{FIELDS, Named, PARAMS, SERVER, TIMEZONE},
    trigger,
};

use crate::{
    Result,
    core::{Core, node, root, run},
    literal::literal,
    pack,
    size::PACK_OVER,
};

/// The bit that says that a name is the beginning of alarms' states: `js-shim/host.mjs` knows it, too.
const STATE: u8 = 8;

/// A method as the shim knows it, as JSON: what it is handed and where that may stand, and what it can do.
fn described(method: &Method) -> String {
    let mut names: Vec<(String, u8)> = Vec::new();
    let mut add = |name: String, place: u8| match names.iter_mut().find(|(other, _)| *other == name)
    {
        Some((_, places)) => *places |= place,
        None => names.push((name, place)),
    };
    let channels = method.channels.iter();
    for name in channels.clone().flat_map(|channel| channel.params).chain(method.params) {
        add(name.to_string(), PARAMS);
    }
    let settings = channels.clone().map(|channel| channel.settings);
    for setting in settings.chain(method.settings.iter().copied()).flatten() {
        if setting.named != Named::Only {
            add(setting.key.name.into(), setting.key.from);
        }
        if setting.named != Named::Single {
            add(format!("{}_", setting.key.name), setting.key.from);
        }
    }
    for beginning in channels.flat_map(|channel| channel.keeps) {
        add(beginning.to_string(), SERVER);
    }
    if method.states {
        add(policy::PREFIX.into(), STATE);
    }
    // Two texts, since they cost a call that has nothing to do nothing: the one is split where it is needed.
    let places: String = names.iter().map(|(_, places)| places.to_string()).collect();
    assert_eq!(places.len(), names.len(), "the places of a name are one digit");
    let picked: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
    format!(
        "{{\"name\":\"{}\",\"picked\":\"{}\",\"places\":\"{places}\",\"alarms\":{},\"telemetry\":{},\"states\":{}}}",
        method.name,
        picked.join(" "),
        method.alarms,
        method.telemetry,
        method.states
    )
}

/// The constants of `js-shim/types.d.ts` for files with these methods.
fn constants(methods: &[&Method]) -> Vec<(&'static str, String)> {
    let some = |part: fn(&Method) -> bool| methods.iter().any(|method| part(method)).to_string();
    let text = |text: &str| format!("\"{text}\"");
    let mut constants = vec![
        ("ALARMS", some(|method| method.alarms)),
        ("CALLS", some(|method| method.calls)),
        ("TELEMETRY", some(|method| method.telemetry)),
        ("STATES", text(policy::PREFIX)),
        ("SILENT", text(policy::NO_DATA)),
        ("ZONE", text(TIMEZONE.key.name)),
        ("FIELDS", text(FIELDS.key.name)),
    ];
    let described: Vec<String> = methods.iter().map(|method| described(method)).collect();
    constants.push(match described.as_slice() {
        [method] => ("METHOD", method.clone()),
        methods => ("METHODS", format!("[{}]", methods.join(","))),
    });
    constants
}

/// What the trigger's shim needs beside the beginning of states.
fn trigger_constants() -> Vec<(&'static str, String)> {
    let fields = trigger::Field::ALL.map(|field| format!("\"{}\"", field.word()));
    vec![
        ("FAULTS", format!("\"{}\"", trigger::FAULT)),
        ("METHODS_IF_NONE", format!("[\"{}\"]", trigger::METHODS_IF_NONE.join("\",\""))),
        ("RULE_FIELDS", format!("[{}]", fields.join(","))),
    ]
}

/// The names that stand for the module's literal and for the unpacker's while the code around them is minified: free
/// variables, so that nothing about their values is concluded.
const PLACE: &str = "LITERAL";
const UNPACKER: &str = "UNPACKER";

/// No name of the platform's inputs, of its helper classes, or of anything a host may define may be taken by a variable:
/// minified names are short, so keeping these few is enough.
const RESERVED: &str = "device,params,alarms,logger,org_params,axios,thingModelId";

/// Plain JavaScript does without the host's `Buffer`: in a sandbox that forbids WebAssembly (vm2), that one refuses the
/// sandbox's own memory.
const NO_BUFFER: (&str, &str) = ("Buffer", "undefined");

/// A paste file: the body of `rpc_script`. Its module is packed only if the file would be long: to unpack takes time in
/// every call that gets as far as the module.
pub fn body(method: &Method, core: &Core, twin: Option<&str>) -> Result<String> {
    let plain = form(method, core, twin, None)?;
    if twin.is_some() || plain.encode_utf16().count() <= PACK_OVER {
        return Ok(plain);
    }
    form(method, core, None, Some(pack::pack(&core.wasm)?))
}

/// A paste file with its module as it is, or with the packed literal and the place where it is unpacked.
fn form(
    method: &Method,
    core: &Core,
    twin: Option<&str>,
    packed: Option<(String, usize)>,
) -> Result<String> {
    let mut defines = constants(&[method]);
    defines.push(("PACKED", packed.as_ref().map_or(0, |(_, start)| *start).to_string()));
    defines.push(("RESULT", pack::RESULT.to_string()));
    let code = bundle(core, twin, &root().join("js-shim/paste.mjs"), "esm", &defines)?;
    let code = returning(core, &code)?;
    let end = if twin.is_some() { "nowasm.js" } else { "js" };
    let file = format!("{}.{end}", method.name);
    let code = match packed {
        None => put(code, PLACE, &literal(&core.wasm)),
        Some((module, _)) => put(put(code, PLACE, &module), UNPACKER, &literal(&unpacker()?)),
    };
    Ok(format!("{}{}\n", header(method, &file), printable(&code)))
}

/// The module that unpacks.
fn unpacker() -> Result<Vec<u8>> {
    let out = root().join("target/pkg/unpack.wasm");
    let features = ["--mvp-features", "--enable-bulk-memory", "--enable-bulk-memory-opt"];
    run(node("wasm-as").args(features).arg("js-shim/unpack.wat").arg("-o").arg(&out))?;
    run(node("wasm-opt").args(features).args(["-Oz", "--converge"]).arg(&out).arg("-o").arg(&out))?;
    Ok(fs::read(out)?)
}

/// The minifier writes control characters as they are, which no clipboard keeps.
fn printable(code: &str) -> String {
    let escape = |c| match c {
        '\0'..='\x09' | '\x0b'..='\x1f' | '\x7f' => format!("\\x{:02x}", c as u32),
        _ => c.to_string(),
    };
    code.trim().chars().map(escape).collect()
}

/// Puts a literal into its place, on its own line, so that an error's quoted source line is short.
fn put(code: String, place: &str, literal: &str) -> String {
    match code.split_once(place) {
        Some((before, after)) => format!("{before}\n\"{literal}\"\n{after}"),
        None => code,
    }
}

/// The trigger's paste file: the rules, which people edit, and below them the code in plain JavaScript.
pub fn trigger(core: &Core, twin: &str) -> Result<String> {
    let folder = root().join("js-shim/trigger");
    let head =
        fs::read_to_string(folder.join("head.js"))?.replace("{version}", env!("CARGO_PKG_VERSION"));
    let mut defines = trigger_constants();
    defines.push(("STATES", format!("\"{}\"", policy::PREFIX)));
    let code = bundle(core, Some(twin), &folder.join("paste.mjs"), "esm", &defines)?;
    Ok(format!("{head}{}\n", printable(&returning(core, &code)?)))
}

/// Minifies a bundle whose only export is the answer: a body returns it.
fn returning(core: &Core, code: &str) -> Result<String> {
    let (code, exported) =
        code.trim_end().rsplit_once("export {").ok_or("the bundle exports nothing")?;
    let result = exported.trim().trim_end_matches("};").trim().trim_end_matches("as result").trim();
    minify(
        core,
        &format!("{code}\nreturn {result};"),
        &["-c", BODY, "-m", &format!("toplevel,reserved=[{RESERVED}]")],
    )
}

const BODY: &str = "toplevel,passes=4,ecma=2020,unsafe_math,unsafe_arrows,pure_getters,keep_fargs=false,hoist_props,inline=3";

/// One module of the package: every method, as `format` (`esm` or `cjs`).
pub fn module(core: &Core, format: &str) -> Result<String> {
    let mut defines = constants(&METHODS.iter().collect::<Vec<_>>());
    defines.extend(trigger_constants());
    defines.push(("PACKED", "0".into()));
    defines.push(("RESULT", "0".into()));
    let code = bundle(core, None, &root().join("js-shim/package.mjs"), format, &defines)?;
    let (before, after) = code.split_once(PLACE).ok_or("the bundle has no place for the module")?;
    let literal = literal(&core.wasm);
    Ok(format!(
        "// tkl-notify {}: all methods as one function, the module inside.\n{before}\n\"{literal}\"\n{after}",
        env!("CARGO_PKG_VERSION")
    ))
}

fn header(method: &Method, file: &str) -> String {
    format!(
        "// tkl-notify {} {}: the body of rpc_script. The editor's first line, function rpc_script(…) {{, and its last, }}, are not part of it.\n// Set in Org Params: {}.\n",
        env!("CARGO_PKG_VERSION"),
        file,
        method.set
    )
}

/// Bundles an entry of the shim with a core into one module; `twin` is the core as plain JavaScript.
fn bundle(
    core: &Core,
    twin: Option<&str>,
    entry: &Path,
    format: &str,
    defines: &[(&str, String)],
) -> Result<String> {
    let shim = root().join("js-shim");
    let package = entry.ends_with("package.mjs");
    let mut command = node("esbuild");
    command.arg(entry).args([
        "--bundle",
        &format!("--format={format}"),
        "--charset=utf8",
        "--target=es2020",
        "--log-level=warning",
    ]);
    let mut alias = |name: &str, file: &Path| {
        command.arg(format!("--alias:{name}={}", file.display()));
    };
    alias("#codec", &shim.join("codec.mjs"));
    alias("#core", &shim.join(if twin.is_some() { "core-twin.mjs" } else { "core-wasm.mjs" }));
    alias("#imports", &shim.join(if package { "glue-imports.mjs" } else { "no-imports.mjs" }));
    alias("#glue", &core.folder.join("core_bg.js"));
    alias("#twin", &core.folder.join("twin.mjs"));
    for (name, value) in defines {
        command.arg(format!("--define:{name}={value}"));
    }
    if let Some(twin) = twin {
        fs::write(core.folder.join("twin.mjs"), twin)?;
        command.arg(format!("--define:{}={}", NO_BUFFER.0, NO_BUFFER.1));
    }
    run(&mut command)
}

fn minify(core: &Core, code: &str, options: &[&str]) -> Result<String> {
    let file = core.folder.join("bundle.js");
    fs::write(&file, code)?;
    let mut command: Command = node("terser");
    run(command.arg(&file).args(options).args([
        "--parse",
        "bare_returns",
        "--ecma",
        "2020",
        "--format",
        "ecma=2020,ascii_only=false",
    ]))
}
