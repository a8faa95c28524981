//! The linker of the wasm builds: empties panic and formatting code, then calls the real `rust-lld`.
//! What the linked module is turned into afterwards is `core.rs`'s business.
//!
//! Why: the core never formats and never means to panic, yet every bounds check drags in `core::panicking`, and that
//! drags in `core::fmt` with its number tables and messages: tens of kilobytes. Stable Rust cannot leave them out. They
//! must be gone *before* linking: then `--gc-sections` also drops the constants that only they refer to.
//! A panicking function becomes `unreachable` (the shim reports the trap as an internal fault), a formatting function
//! writes nothing and answers `Ok`. A body keeps its length (padded with `nop`s, which wasm-opt removes), so that no
//! offset in the object file moves; only the relocations inside emptied bodies are dropped. So are those that refer to a
//! `core::panic::Location`: only panics read it, and it would keep the name of its source file.

use std::{env, error::Error, fs, process::Command};

use wasmparser::{
    BinaryReader, KnownCustom, Linking, Parser, Payload, RelocSectionReader, RelocationEntry,
    RelocationType, SymbolInfo, TypeRef, ValType,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The environment variable that names the file into which the emptied functions are written, one a line.
pub const LOG: &str = "TKL_SNIP_LOG";

/// A function whose demangled name starts with one of these never returns to its caller.
const PANICS: &[&str] = &[
    "core::panicking::",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::cell::panic_already",
    "core::slice::index::slice_",
    "core::str::slice_error_fail",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "alloc::vec::Vec<T,A>::swap_remove::assert_failed",
    "<alloc::vec::Vec<_, _>>::insert::assert_failed",
    "<alloc::vec::Vec<_, _>>::remove::assert_failed",
    "<alloc::vec::Vec<_, _>>::swap_remove::assert_failed",
    "<alloc::vec::Vec<_, _>>::split_off::assert_failed",
    "std::alloc::",
    "std::panicking::",
    "std::process::abort",
    "std::sys::backtrace::",
    "std::thread::local::panic_access_error",
    "__rustc::rust_panic",
    "__rustc::__rust_start_panic",
    "__rustc::rust_begin_unwind",
    "__rustc::__rust_alloc_error_handler",
    "__rustc::__rdl_alloc_error_handler",
    "__rustc::__rg_oom",
    "wasm_bindgen::throw_str",
    "wasm_bindgen::__rt::throw_null",
    "wasm_bindgen::__rt::borrow_fail",
    "wasm_bindgen::__rt::malloc_failure",
];

/// A function whose demangled name holds one of these only writes text into a formatter.
const WRITES: &[&str] = &["core::fmt::", " as core::fmt::", "alloc::fmt::format"];

/// Runs as `rustc`'s linker.
pub fn link(args: &[String]) -> Result<()> {
    let mut args = args.to_vec();
    let mut emptied = Vec::new();
    for arg in args.iter_mut().filter(|arg| arg.ends_with(".o")) {
        let object = snip(&fs::read(&*arg)?, &mut emptied)?;
        *arg = arg.replace(".o", ".snip.o");
        fs::write(&*arg, object)?;
    }
    emptied.sort();
    if let Some(log) = env::var_os(LOG) {
        fs::write(log, emptied.join("\n"))?;
    }
    let status = Command::new("rust-lld").args(&args).status()?;
    if status.success() { Ok(()) } else { Err("rust-lld failed".into()) }
}

/// Bytes of a body that replaces one of `length` bytes: `code`, then `nop`s, then `end`.
fn body(code: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut body = vec![0]; // no locals
    body.extend(code);
    let padding = length.checked_sub(body.len() + 1)?;
    // `nop`s come first: after a value the stack must stay as it is, which they do, but `unreachable` ends the block.
    body.splice(1..1, std::iter::repeat_n(0x01, padding));
    body.push(0x0b);
    Some(body)
}

fn snip(object: &[u8], emptied: &mut Vec<String>) -> Result<Vec<u8>> {
    let mut patched = object.to_vec();
    let mut results: Vec<Vec<ValType>> = Vec::new();
    let mut functions: Vec<u32> = Vec::new();
    let mut imported = 0;
    let mut bodies = Vec::new();
    let mut code_start = 0;
    let mut gone: Vec<std::ops::Range<usize>> = Vec::new();
    let mut data_start = 0;
    let mut segments = Vec::new();
    // By symbol: where its bytes are, if it is data of this object.
    let mut places: Vec<Option<std::ops::Range<usize>>> = Vec::new();
    let mut pointers = Vec::new();
    for payload in Parser::new(0).parse_all(object) {
        match payload? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    results.push(ty?.results().to_vec());
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        functions.push(ty);
                        imported += 1;
                    }
                }
            }
            Payload::FunctionSection(declared) => {
                for ty in declared {
                    functions.push(ty?);
                }
            }
            Payload::CodeSectionStart { range, .. } => code_start = range.start,
            Payload::CodeSectionEntry(entry) => bodies.push(entry),
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(linking) => {
                    for part in linking.subsections() {
                        let Linking::SymbolTable(symbols) = part? else { continue };
                        for symbol in symbols {
                            let symbol = symbol?;
                            places.push(match symbol {
                                SymbolInfo::Data { symbol: Some(data), .. } => {
                                    let start =
                                        segments[data.index as usize] + data.offset as usize;
                                    Some(start..start + data.size as usize)
                                }
                                _ => None,
                            });
                            let SymbolInfo::Func { index, name: Some(name), .. } = symbol else {
                                continue;
                            };
                            let Some(defined) = index.checked_sub(imported) else { continue };
                            let name = format!("{:#}", rustc_demangle::demangle(name));
                            let range = bodies[defined as usize].range();
                            let code: &[u8] = if PANICS.iter().any(|start| name.starts_with(start))
                            {
                                &[0x00] // unreachable
                            } else if WRITES.iter().any(|part| name.contains(part)) {
                                match results[functions[index as usize] as usize][..] {
                                    [] => &[],
                                    [ValType::I32] => &[0x41, 0x00], // i32.const 0: Ok(())
                                    _ => continue,
                                }
                            } else {
                                continue;
                            };
                            let Some(body) = body(code, range.len()) else { continue };
                            patched[range.clone()].copy_from_slice(&body);
                            gone.push(range);
                            emptied.push(name);
                        }
                    }
                }
                KnownCustom::Reloc(relocations) if section.name() == "reloc.DATA" => {
                    for entry in relocations.entries() {
                        let entry = entry?;
                        pointers.push((data_start + entry.offset as usize, entry.index as usize));
                    }
                }
                _ => {}
            },
            Payload::DataSection(data) => {
                data_start = data.range().start;
                for segment in data {
                    let segment = segment?;
                    segments.push(segment.range.end - segment.data.len());
                }
            }
            _ => {}
        }
    }
    // A location is 16 bytes (file name, its length, line, column) that begin with a pointer to a name ending in `.rs`.
    let is_location = |symbol: u32| {
        let Some(Some(place)) = places.get(symbol as usize) else { return false };
        let name = pointers
            .iter()
            .find(|(at, _)| *at == place.start)
            .and_then(|(_, name)| places.get(*name)?.clone());
        place.len() == 16
            && name.is_some_and(|name| {
                object[name].trim_ascii_end().strip_suffix(b"\0").unwrap_or(b"").ends_with(b".rs")
            })
    };
    let mut module = object[..8].to_vec();
    for payload in Parser::new(0).parse_all(object) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let content = match &payload {
            Payload::CustomSection(section) if section.name() == "reloc.CODE" => {
                let mut content = object[range.start..section.data_offset()].to_vec();
                content.extend(keep_relocations(section.data(), |entry| {
                    let at = code_start + entry.offset as usize;
                    let address = matches!(
                        entry.ty,
                        RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrLeb
                    );
                    let dead = gone.iter().any(|body| body.contains(&at))
                        || address && is_location(entry.index);
                    !dead
                })?);
                content
            }
            _ => patched[range].to_vec(),
        };
        module.push(id);
        push_leb(&mut module, content.len());
        module.extend(content);
    }
    Ok(module)
}

/// The relocation section's content with only the entries whose offset is wanted.
fn keep_relocations(data: &[u8], wanted: impl Fn(&RelocationEntry) -> bool) -> Result<Vec<u8>> {
    let section = RelocSectionReader::new(BinaryReader::new(data, 0))?;
    let mut starts = Vec::new();
    for entry in section.entries().into_iter_with_offsets() {
        let (start, entry) = entry?;
        starts.push((start, wanted(&entry)));
    }
    let ends = starts.iter().skip(1).map(|start| start.0).chain([data.len()]);
    let kept: Vec<&[u8]> = starts
        .iter()
        .zip(ends)
        .filter(|(start, _)| start.1)
        .map(|(start, end)| &data[start.0..end])
        .collect();
    let mut content = Vec::new();
    push_leb(&mut content, section.section_index() as usize);
    push_leb(&mut content, kept.len());
    content.extend(kept.concat());
    Ok(content)
}

fn push_leb(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
