//! One preset's core: cargo, wasm-bindgen, wasm-opt, and from the same module the plain-JavaScript twin by wasm2js.
//! Knows nothing of the shim around it; `paste.rs` puts both together.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, snip};

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

/// The file that names the functions that the linker emptied.
const SNIPPED: &str = "snip.log";

/// wasm2js knows the first edition of WebAssembly only.
const LOWER: &[&str] = &["--signext-lowering", "--llvm-nontrapping-fptoint-lowering"];

/// The exports that the shim or its glue calls, and their names in the module. Others are dropped with all that only they
/// reach.
const EXPORTS: &[(&str, &str)] = &[
    ("memory", "m"),
    ("run", "r"),
    ("__wbindgen_malloc", "a"),
    (THREW, "x"),
    // The tables of the package.
    ("settings", "s"),
    ("explain", "e"),
];

/// Is called when an import has thrown.
const THREW: &str = "__wbindgen_exn_store";

/// What the core may ask JavaScript for, without wasm-bindgen's hashes: making and filling plain values, and random
/// bytes. Anything else is a new dependency on the host, to be looked at before it is added here.
const IMPORTS: &[&str] = &[
    "__wbg_Error",
    "__wbg_new",
    "__wbg_set",
    "__wbg___wbindgen_is_string",
    "__wbg_push",
    "__wbindgen_object_clone_ref",
    "__wbindgen_object_drop_ref",
    "__wbindgen_generic",
    RANDOM,
];

/// Random bytes: getrandom's import. It throws where the host has no such source.
const RANDOM: &str = "__wbg_getRandomValues";

/// A module's imports: the short name, and the function of the glue that it stands for.
type Imports = Vec<(char, String)>;

/// A core, built.
pub struct Core {
    /// The preset's folder below `target/`, for what is put together from it.
    pub folder: PathBuf,
    pub wasm: Vec<u8>,
    /// The glue that wasm-bindgen generated, as a module with `imports`, `attach` and `take`.
    pub glue: String,
    /// The same module as plain JavaScript.
    pub twin: String,
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

/// Builds the core with one set of cargo features.
pub fn build(name: &str, features: &str) -> Result<Core> {
    let folder = root().join("target/pkg").join(name);
    fs::create_dir_all(&folder)?;
    let linked = compile(&folder, features)?;
    if fs::read(folder.join(SNIPPED)).unwrap_or_default().is_empty() {
        return Err(format!("the linker emptied nothing in {name}: see snip.rs").into());
    }
    let (bound, glue, imports) = bind(&folder, &linked)?;

    let full = folder.join("full.wasm");
    let small = folder.join("small.wasm");
    fs::write(&full, bound)?;
    optimize(
        &full,
        &small,
        FEATURES,
        &["-Oz", "--dae2", "--converge", "--strip-producers", "--strip-target-features"],
    )?;
    check(&small, &imports, features)?;

    let lowered = folder.join("lowered.wasm");
    optimize(&full, &lowered, FEATURES, LOWER)?;
    let first = [
        "--mvp-features",
        "--enable-mutable-globals",
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
    ];
    optimize(&lowered, &lowered, &first, &["-Oz", "--dae2", "--converge"])?;
    let twin = run(node("wasm2js").args(first).arg("-Oz").arg(&lowered))?;

    Ok(Core {
        wasm: fs::read(&small)?,
        glue: glue_module(&glue, &imports)?,
        twin: twin_module(&twin)?,
        folder,
    })
}

/// Loads a module once: it is valid, and exports what the shim calls and nothing else.
fn check(module: &Path, imports: &Imports, features: &str) -> Result<()> {
    let random = imports.iter().any(|(_, name)| name.starts_with(RANDOM));
    let wanted = |long: &str| match long {
        THREW => random,
        "settings" | "explain" => features.contains("package"),
        _ => true,
    };
    let mut exports: Vec<&str> =
        EXPORTS.iter().filter(|(long, _)| wanted(long)).map(|(_, short)| *short).collect();
    exports.sort();
    let found = run(Command::new("node").args(["-e", LOAD]).arg(module))?;
    if found.trim() != exports.concat() {
        return Err(
            format!("{} exports {found}, not {}", module.display(), exports.concat()).into()
        );
    }
    Ok(())
}

const LOAD: &str = "\
const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
const i = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0]));
console.log(Object.keys(new WebAssembly.Instance(module, { i }).exports).sort().join(''));";

fn optimize(input: &Path, output: &Path, features: &[&str], passes: &[&str]) -> Result<()> {
    run(node("wasm-opt").args(features).args(passes).arg(input).arg("-o").arg(output)).map(drop)
}

/// Compiles and links, with no path of this machine in the result.
fn compile(folder: &Path, features: &str) -> Result<PathBuf> {
    let target = root().join("target/pkg/cargo");
    let cargo_home =
        env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| home + "/.cargo"))?;
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]))?;
    let flags = [
        format!("--remap-path-prefix={}=/cargo", cargo_home),
        format!("--remap-path-prefix={}=/rust", sysroot.trim()),
        format!("--remap-path-prefix={}=/tkl-notify", root().display()),
        "-Clink-arg=-zstack-size=16384".into(),
        // Values of JavaScript stay in an array of the glue: smaller and faster to start than a table of references.
        "-Ctarget-feature=-reference-types".into(),
    ];
    // `cargo rustc`, since a library that is also an rlib gets no link-time optimization.
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
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", env::current_exe()?)
        .env(snip::LOG, folder.join(SNIPPED)))?;
    Ok(target.join("wasm32-unknown-unknown/release/tkl_notify.wasm"))
}

/// Runs wasm-bindgen; gives the module with short names and the generated JavaScript.
fn bind(folder: &Path, linked: &Path) -> Result<(Vec<u8>, String, Imports)> {
    let mut module =
        walrus::ModuleConfig::new().generate_producers_section(false).parse_file(linked)?;
    // An empty list, since std declares features that this build does not use and wasm-bindgen would act on.
    module.customs.remove_raw("target_features");
    module.customs.add(walrus::RawCustomSection { name: "target_features".into(), data: vec![0] });
    wasm_bindgen_cli_support::Bindgen::new()
        .input_module("core", module)
        .bundler(true)?
        .typescript(false)
        .generate(folder)?;
    let mut module = walrus::ModuleConfig::new()
        .generate_producers_section(false)
        .parse_file(folder.join("core_bg.wasm"))?;
    let exports: Vec<_> =
        module.exports.iter().map(|export| (export.id(), export.name.clone())).collect();
    for (id, name) in exports {
        match EXPORTS.iter().find(|(long, _)| *long == name) {
            Some((_, short)) => module.exports.get_mut(id).name = (*short).into(),
            None => module.exports.delete(id),
        }
    }
    walrus::passes::gc::run(&mut module);
    let mut imports = Vec::new();
    for (import, short) in module.imports.iter_mut().zip('a'..='z') {
        if !IMPORTS.iter().any(|known| import.name.starts_with(known)) {
            return Err(format!("the core has a new import: {}", import.name).into());
        }
        imports.push((short, std::mem::replace(&mut import.name, short.into())));
        import.module = "i".into();
    }
    Ok((module.emit_wasm(), fs::read_to_string(folder.join("core_bg.js"))?, imports))
}

/// What is added to the generated glue. `random` stands for wasm-bindgen's, which catches by way of `apply` and keeps the
/// error: here any failure (a bare sandbox has no `crypto`) is `undefined`, the value 1024 of the glue's list. `forget`
/// empties that list: a module that is done may have kept values in it.
const OWN_GLUE: &str = "\
const random = (start, length) => {
  try {
    globalThis.crypto.getRandomValues(new Uint8Array(wasm.m.buffer, start, length));
  } catch {
    wasm.x(1024);
  }
};
export const forget = () => {
  heap.length = heap_next = 1028;
};
";

/// The generated glue as a module for the shim: texts go through the shim's codec, since a bare sandbox has no
/// `TextDecoder`, and what nobody uses is left for the bundler to drop.
fn glue_module(glue: &str, imports: &Imports) -> Result<String> {
    let start = glue.find("let cachedTextDecoder").ok_or("the glue has no decodeText")?;
    let end = start
        + glue[start..].find("let WASM_VECTOR_LEN").ok_or("the glue has no end of decodeText")?;
    let mut out =
        format!("import {{ decodeText }} from '#codec';\n{}{}", &glue[..start], &glue[end..]);
    let long = "decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len))";
    if !out.contains(long) {
        return Err("the glue reads texts in a new way".into());
    }
    out = out.replace(long, "decodeText(wasm.m.buffer, ptr, len)");
    // 1,024 places that nothing uses lie below the first value: to make and fill them is a good part of a call in a fresh
    // context (54 of 350 µs).
    let filled =
        "let heap = new Array(1024).fill(undefined);\nheap.push(undefined, null, true, false);";
    if !out.contains(filled) {
        return Err("the glue keeps its values in a new way".into());
    }
    let sparse = "let heap = [];\nheap[1024] = undefined;\nheap[1025] = null;\nheap[1026] = true;\nheap[1027] = false;";
    out = out.replace(filled, sparse);
    out += OWN_GLUE;
    out += "export { takeObject as take, __wbg_set_wasm as attach };\nexport const imports = {\n";
    for (short, name) in imports {
        let function = if name.starts_with(RANDOM) { "random" } else { name };
        out += &format!("  {short}: {function},\n");
    }
    Ok(out + "};\n")
}

/// wasm2js's output as a module for the shim: `instantiate(imports)` answers the exports. What the core does not use is
/// cut, and the data becomes plain text, each character carrying one byte in its low eight bits.
fn twin_module(js: &str) -> Result<String> {
    let start = js.find("function asmFunc(imports) {").ok_or("wasm2js's output has no asmFunc")?;
    let end = js.find("var retasmFunc").ok_or("wasm2js's output has no end")?;
    let mut body = js[start..end].replacen(
        "function asmFunc(imports) {",
        "export function instantiate(imports) {",
        1,
    );
    body = body.replacen(" bufferView = HEAPU8;\n initActiveSegments(imports);\n", &data(js)?, 1);
    let memory = body.find("\"m\": Object.create").ok_or("wasm2js's output has no memory")?;
    let run = memory + body[memory..].find("\"r\":").ok_or("wasm2js's output has no run")?;
    body.replace_range(memory..run, "\"m\": { get buffer() { return buffer; } },\n");
    body = body.replace("   bufferView = HEAPU8;\n", "");
    body = short_division(&body);
    for (name, line) in HELPERS {
        if body.contains(name) {
            body = body.replacen('{', &format!("{{\n {line}"), 1);
        }
    }
    let declared: Vec<String> = body
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix("var ")?.split_once(" = ")?.0.to_string()))
        .collect();
    for name in declared.iter().filter(|name| name.starts_with("HEAP")) {
        if !body.contains(&format!("{name}[")) && !body.contains(&format!("{name}.")) {
            let own = |line: &&str| {
                !line.trim().trim_start_matches("var ").starts_with(&format!("{name} = new "))
            };
            body = body.lines().filter(own).collect::<Vec<_>>().join("\n");
        }
    }
    Ok(format!("import {{ decodeBytes }} from '#codec';\n{body}\n"))
}

/// The division of 64-bit numbers, on halves, is 150 lines of wasm2js's output: the engine's own integers do it exactly in
/// five. It answers the low half of the quotient and leaves the rest where the callers look for it.
fn short_division(body: &str) -> String {
    let name = " function _ZN17compiler_builtins3int4udiv10divmod_u64";
    let (Some(start), Some(parameters)) =
        (body.find(name), body.find(name).and_then(|at| body[at..].find('(')))
    else {
        return body.into();
    };
    let open = start + parameters;
    let whole = "($0_1, $1_1, $2_1, $3_1) {\n";
    let Some(end) = body[open..].find("\n }\n").filter(|_| body[open..].starts_with(whole)) else {
        return body.into();
    };
    let short = "\
  const join = (low, high) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const quotient = join($0_1, $1_1) / join($2_1, $3_1);
  const rest = join($0_1, $1_1) % join($2_1, $3_1);
  __wasm_intrinsics_temp_i64 = Number(BigInt.asIntN(32, rest));
  __wasm_intrinsics_temp_i64$hi = Number(BigInt.asIntN(32, rest >> 32n));
  i64toi32_i32$HIGH_BITS = Number(BigInt.asIntN(32, quotient >> 32n));
  return Number(BigInt.asIntN(32, quotient));";
    format!("{}{whole}{short}{}", &body[..open], &body[open + end..])
}

/// wasm2js's helpers outside of the module, said shorter.
const HELPERS: &[(&str, &str)] = &[
    (
        "wasm2js_memory_copy(",
        "const wasm2js_memory_copy = (to, from, size) => HEAPU8.copyWithin(to, from, from + size);",
    ),
    (
        "wasm2js_memory_fill(",
        "const wasm2js_memory_fill = (to, value, size) => HEAPU8.fill(value, to, to + size);",
    ),
    ("wasm2js_trap(", "const wasm2js_trap = () => { throw 'trap'; };"),
];

/// The statements that write the data segments.
fn data(js: &str) -> Result<String> {
    let mut out = String::new();
    for line in js.lines() {
        let Some(arguments) =
            line.trim().strip_prefix("base64DecodeToExistingUint8Array(bufferView, ")
        else {
            continue;
        };
        let (offset, text) = arguments.split_once(", \"").ok_or("a data segment without data")?;
        let text = text.split('"').next().unwrap_or("");
        out += &format!(" HEAPU8.set(decodeBytes(\"{}\"), {offset});\n", literal(&base64(text)));
    }
    Ok(out)
}

/// Bytes as text: ASCII that needs no escape stands for itself, any other byte for a character of one UTF-16 unit with
/// that byte in its low bits. The characters from U+4E00 on are ordinary letters: no editor, normal form or clipboard
/// changes them.
pub fn literal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter_map(|&byte| match byte {
            b'"' | b'\\' => char::from_u32(0x4e00 + byte as u32),
            b' '..=b'~' => Some(byte as char),
            _ => char::from_u32(0x4e00 + byte as u32),
        })
        .collect()
}

fn base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|c| {
        Some(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        } as u32)
    });
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in digits {
        bits = bits << 6 | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
