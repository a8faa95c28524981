//! Puts shim and core together: paste files and the package's modules. The shim's sources are `js-shim/`.

use std::{fs, process::Command};

use crate::{
    Result,
    core::{Core, literal, node, root, run},
    pack,
    size::HARD,
};

/// What the shim can do for a preset; what it need not do is cut from its file.
pub struct Preset {
    pub name: &'static str,
    /// It knows alarms, their time and zone.
    pub alarms: bool,
    /// It may need HTTP answers.
    pub calls: bool,
    /// It may show telemetry values.
    pub telemetry: bool,
    /// What to set, for the file's first comment.
    pub set: &'static str,
}

pub const PRESETS: &[Preset] = &[
    Preset {
        name: "wecom_text",
        alarms: false,
        calls: false,
        telemetry: false,
        set: "wecom_webhook_url",
    },
    Preset {
        name: "wecom_notify",
        alarms: true,
        calls: false,
        telemetry: false,
        set: "wecom_webhook_url",
    },
    Preset {
        name: "wecom_app_notify",
        alarms: true,
        calls: true,
        telemetry: false,
        set: "wecom_corp_id, wecom_corp_secret, wecom_agent_id",
    },
    Preset {
        name: "dingtalk_text",
        alarms: false,
        calls: false,
        telemetry: false,
        set: "dingtalk_token, dingtalk_secret",
    },
    Preset {
        name: "dingtalk_notify",
        alarms: true,
        calls: false,
        telemetry: false,
        set: "dingtalk_token, dingtalk_secret",
    },
    Preset {
        name: "notify",
        alarms: true,
        calls: true,
        telemetry: true,
        set: "notify_routes, and what its channels need (wecom_webhook_url, dingtalk_token, …)",
    },
];

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

/// A paste file: the body of `rpc_script`. Its module is packed only if it would be too long for the platform: to unpack
/// takes time in every call that gets as far as the module.
pub fn body(preset: &Preset, core: &Core, twin: bool) -> Result<String> {
    let plain = form(preset, core, twin, None)?;
    if twin || plain.encode_utf16().count() <= HARD {
        return Ok(plain);
    }
    form(preset, core, twin, Some(pack::pack(&core.wasm)?))
}

/// A paste file with its module as it is, or with the packed literal and the place where it is unpacked.
fn form(
    preset: &Preset,
    core: &Core,
    twin: bool,
    packed: Option<(String, usize)>,
) -> Result<String> {
    let kind = if twin { "twin" } else { "wasm" };
    let entry = root().join("js-shim/paste.mjs");
    let name = format!("\"{}\"", preset.name);
    let (alarms, calls, telemetry) =
        (preset.alarms.to_string(), preset.calls.to_string(), preset.telemetry.to_string());
    let start = packed.as_ref().map_or(0, |(_, start)| *start).to_string();
    let mut defines = vec![
        ("PRESET", name.as_str()),
        ("ALARMS", &alarms),
        ("CALLS", &calls),
        ("TELEMETRY", &telemetry),
        ("PACKED", &start),
    ];
    if twin {
        defines.push(NO_BUFFER);
    }
    let code = bundle(core, kind, &entry, "esm", &defines)?;
    let code = returning(core, &code)?;
    let file =
        if twin { format!("{}.nowasm.js", preset.name) } else { format!("{}.js", preset.name) };
    let code = match packed {
        None => put(code, PLACE, &literal(&core.wasm)),
        Some((module, _)) => put(put(code, PLACE, &module), UNPACKER, &literal(&pack::unpacker()?)),
    };
    // The minifier writes control characters as they are, which no clipboard keeps.
    let code: String = code
        .trim()
        .chars()
        .map(|c| match c {
            '\n' => c.to_string(),
            '\0'..='\x1f' | '\x7f' => format!("\\x{:02x}", c as u32),
            _ => c.to_string(),
        })
        .collect();
    Ok(format!("{}{code}\n", header(preset, &file)))
}

/// Puts a literal into its place, on its own line, so that an error's quoted source line is short.
fn put(code: String, place: &str, literal: &str) -> String {
    match code.split_once(place) {
        Some((before, after)) => format!("{before}\n\"{literal}\"\n{after}"),
        None => code,
    }
}

/// The trigger's paste file: the rules, which people edit, and below them the code in plain JavaScript.
pub fn trigger(core: &Core) -> Result<String> {
    let folder = root().join("js-shim/trigger");
    let head =
        fs::read_to_string(folder.join("head.js"))?.replace("{version}", env!("CARGO_PKG_VERSION"));
    let code = bundle(core, "twin", &folder.join("paste.mjs"), "esm", &[NO_BUFFER])?;
    Ok(format!("{head}{}\n", returning(core, &code)?.trim()))
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

/// One module of the package: every preset, as `format` (`esm` or `cjs`).
pub fn module(core: &Core, format: &str) -> Result<String> {
    let entry = root().join("js-shim/package.mjs");
    let defines = [("ALARMS", "true"), ("CALLS", "true"), ("TELEMETRY", "true"), ("PACKED", "0")];
    let code = bundle(core, "wasm", &entry, format, &defines)?;
    let (before, after) = code.split_once(PLACE).ok_or("the bundle has no place for the module")?;
    let literal = literal(&core.wasm);
    Ok(format!(
        "// tkl-notify {}: all presets as one function, the module inside.\n{before}\n\"{literal}\"\n{after}",
        env!("CARGO_PKG_VERSION")
    ))
}

fn header(preset: &Preset, file: &str) -> String {
    format!(
        "// tkl-notify {} {}: the body of rpc_script. The editor's first line, function rpc_script(…) {{, and its last, }}, are not part of it.\n// Set in Org Params: {}.\n",
        env!("CARGO_PKG_VERSION"),
        file,
        preset.set
    )
}

/// Bundles an entry of the shim with a core into one module.
fn bundle(
    core: &Core,
    kind: &str,
    entry: &std::path::Path,
    format: &str,
    defines: &[(&str, &str)],
) -> Result<String> {
    let shim = root().join("js-shim");
    fs::write(core.folder.join("glue.mjs"), &core.glue)?;
    fs::write(core.folder.join("twin.mjs"), &core.twin)?;
    let mut command = node("esbuild");
    command.arg(entry).args([
        "--bundle",
        &format!("--format={format}"),
        "--charset=utf8",
        "--target=es2020",
        "--log-level=warning",
    ]);
    command.arg(format!("--alias:#codec={}", shim.join("codec.mjs").display()));
    command.arg(format!("--alias:#core={}", shim.join(format!("core-{kind}.mjs")).display()));
    command.arg(format!("--alias:#glue={}", core.folder.join("glue.mjs").display()));
    command.arg(format!("--alias:#twin={}", core.folder.join("twin.mjs").display()));
    for (name, value) in defines {
        command.arg(format!("--define:{name}={value}"));
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
