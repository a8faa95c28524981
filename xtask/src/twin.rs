//! wasm2js's output as a module for the shim: `instantiate()` answers the exports. Each place that is adapted must be
//! found as it is known; otherwise the build fails, since wasm2js now writes something else.

use crate::Result;

/// The text with one place replaced.
fn replace(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        n => Err(format!("wasm2js's output holds {n} times, not once: {from}").into()),
    }
}

/// What stands between two marks, the marks not counted.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Result<&'t str> {
    let found = text.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    found
        .map(|(between, _)| between)
        .ok_or_else(|| format!("wasm2js's output has nothing between {from:?} and {to:?}").into())
}

/// The module. `exports` are those of the contract.
pub fn module(js: &str, exports: &[String]) -> Result<String> {
    let function = between(js, "function asmFunc(imports) {\n", "\nvar retasmFunc")?;
    let mut body =
        replace(function, " bufferView = HEAPU8;\n initActiveSegments(imports);\n", &data(js)?)?;
    // `memory` for the shim is what its text goes into, nothing else.
    let memory = between(&body, "  \"memory\": Object.create(", "  }), \n")?;
    let memory = format!("  \"memory\": Object.create({memory}  }}), \n");
    body = replace(&body, &memory, "  \"memory\": { get buffer() { return buffer; } },\n")?;
    for export in exports {
        if !body.contains(&format!("  \"{export}\": ")) {
            return Err(format!("wasm2js's output does not export {export}").into());
        }
    }
    // The buffer's view is only for the base64 decoder, which is not taken over.
    body = body.replace("   bufferView = HEAPU8;\n", "");
    body = short_division(&body)?;
    for (name, line) in HELPERS {
        if js.contains(&format!("function {name}(")) {
            body = format!(" {line}\n{body}");
        }
    }
    body = without_unused_functions(&without_unused_views(&body)?);
    Ok(format!("export function instantiate() {{\n{body}\n"))
}

/// wasm2js's helpers, which stand outside of its function, said shorter.
const HELPERS: &[(&str, &str)] = &[
    (
        "wasm2js_memory_copy",
        "const wasm2js_memory_copy = (to, from, size) => HEAPU8.copyWithin(to, from, from + size);",
    ),
    (
        "wasm2js_memory_fill",
        "const wasm2js_memory_fill = (to, value, size) => HEAPU8.fill(value, to, to + size);",
    ),
    ("wasm2js_trap", "const wasm2js_trap = () => { throw 'trap'; };"),
];

/// Views of the memory that no code reads: each costs time in every fresh context.
fn without_unused_views(body: &str) -> Result<String> {
    let declared: Vec<&str> = body
        .lines()
        .filter_map(|line| line.trim().strip_prefix("var HEAP")?.split_once(" = new "))
        .map(|(name, _)| name)
        .collect();
    if declared.is_empty() {
        return Err("wasm2js's output declares no views of the memory".into());
    }
    let unused = |line: &&str| {
        declared.iter().any(|name| {
            let read = [format!("HEAP{name}["), format!("HEAP{name}.")];
            let made = format!("HEAP{name} = new ");
            !read.iter().any(|read| body.contains(read))
                && line.trim().trim_start_matches("var ").starts_with(&made)
        })
    };
    Ok(body.lines().filter(|line| !unused(line)).collect::<Vec<_>>().join("\n"))
}

/// Functions of `Math` that no code calls. (The minifier keeps them, since to read a property may do something.)
fn without_unused_functions(body: &str) -> String {
    let unused = |line: &&str| {
        let declared =
            line.trim().strip_prefix("var Math_").and_then(|line| line.split_once(" = "));
        declared.is_some_and(|(name, _)| body.matches(&format!("Math_{name}")).count() == 1)
    };
    body.lines().filter(|line| !unused(line)).collect::<Vec<_>>().join("\n")
}

/// The division of 64-bit numbers, on halves, is 150 lines of wasm2js's output: the engine's own integers do it exactly in
/// five. It answers the low half of the quotient and leaves the rest where the callers look for it.
fn short_division(body: &str) -> Result<String> {
    const NAME: &str = " function _ZN17compiler_builtins3int4udiv10divmod_u64";
    const WHOLE: &str = "($0_1, $1_1, $2_1, $3_1) {\n";
    let Some(start) = body.find(NAME) else { return Ok(body.into()) };
    let open = start + body[start..].find('(').unwrap_or(0);
    if !body[open..].starts_with(WHOLE) {
        return Err("wasm2js divides in a new way".into());
    }
    let end = open + body[open..].find("\n }\n").ok_or("wasm2js's division has no end")?;
    let short = "\
  const join = (low, high) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const quotient = join($0_1, $1_1) / join($2_1, $3_1);
  const rest = join($0_1, $1_1) % join($2_1, $3_1);
  __wasm_intrinsics_temp_i64 = Number(BigInt.asIntN(32, rest));
  __wasm_intrinsics_temp_i64$hi = Number(BigInt.asIntN(32, rest >> 32n));
  i64toi32_i32$HIGH_BITS = Number(BigInt.asIntN(32, quotient >> 32n));
  return Number(BigInt.asIntN(32, quotient));";
    Ok(format!("{}{WHOLE}{short}{}", &body[..open], &body[end..]))
}

/// The statement that writes the data: 32-bit numbers in a list, which an engine copies at once. To decode a text
/// takes a loop in JavaScript, which is a third of a fresh context's time, and where it is long enough to be optimized
/// more than half of it.
fn data(js: &str) -> Result<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let segments = between(js, "function initActiveSegments(imports) {\n", "\n}\n")?;
    let mut image = Vec::new();
    let mut start = None;
    for line in segments.lines() {
        let arguments = line
            .trim()
            .strip_prefix("base64DecodeToExistingUint8Array(bufferView, ")
            .and_then(|line| line.strip_suffix("\");"))
            .and_then(|line| line.split_once(", \""));
        let (offset, text) = arguments.ok_or("wasm2js writes data in a new way")?;
        let offset: usize = offset.parse()?;
        // Segments are told in rising order; what lies between two is zero.
        let start = *start.get_or_insert(offset - offset % 4);
        let at = offset.checked_sub(start).filter(|at| *at >= image.len());
        image.resize(at.ok_or("wasm2js's data segments overlap or fall")?, 0);
        image.extend(STANDARD.decode(text)?);
    }
    image.resize(image.len().next_multiple_of(4), 0);
    let words: Vec<String> =
        image.as_chunks::<4>().0.iter().map(|word| i32::from_le_bytes(*word).to_string()).collect();
    Ok(format!(" HEAP32.set([{}], {});\n", words.join(","), start.unwrap_or(0) / 4))
}
