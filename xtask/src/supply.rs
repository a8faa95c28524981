//! What others wrote and `pkg/` holds: the crates of each build, their licences, and `THIRD-PARTY.md`, which gives the
//! notices that those licences ask for. Which licences may be used stands in `deny.toml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tkl_notify::preset::METHODS;

use crate::{
    Result,
    core::{root, run},
};

/// The notices, for readers of the repository and for those of the package.
pub const PAGES: [&str; 2] = ["THIRD-PARTY.md", "pkg/THIRD-PARTY.md"];

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGE: &str = "default,package";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Where a licence's text begins, below its title and copyright lines.
const MIT: &str = "Permission is hereby granted, free of charge";

/// What is in the files without being a crate of the graph: name, where, licence.
const TOOLS: &[(&str, &str, &str)] = &[
    (
        "Rust's standard library",
        "compiled into every file",
        "MIT OR Apache-2.0; copyright The Rust Project contributors",
    ),
    (
        "[esbuild](https://github.com/evanw/esbuild)",
        "its helpers for modules, in `index.js` and `index.cjs`",
        "MIT; Copyright (c) 2020 Evan Wallace",
    ),
    (
        "[Binaryen](https://github.com/WebAssembly/binaryen)",
        "what wasm2js writes around a twin, in `*.nowasm.js` and `trigger.js`",
        "Apache-2.0; output of the tool",
    ),
];

/// A crate by name and version.
type Crate = (String, String);

/// What cargo knows of a crate.
struct Known {
    licence: String,
    repository: String,
    authors: String,
    folder: PathBuf,
    source: Option<String>,
}

/// Fails if a crate's licence is not allowed, if a crate comes from elsewhere, or if a file has two versions of one.
pub fn check() -> Result<()> {
    let allowed = allowed()?;
    let mut faults = Vec::new();
    for ((name, version), known) in known()? {
        if !permitted(&known.licence, &allowed) {
            faults
                .push(format!("{name} {version}: licence {:?} is not in deny.toml", known.licence));
        }
        if known.source.as_deref().is_some_and(|source| source != CRATES_IO) {
            faults.push(format!("{name} {version} is not from crates.io"));
        }
    }
    for features in builds() {
        let mut seen = BTreeMap::new();
        for (name, version) in shipped(features)? {
            if let Some(other) = seen.insert(name.clone(), version.clone()) {
                faults.push(format!("{features}: {name} twice, {other} and {version}"));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// `THIRD-PARTY.md` as it should be.
pub fn notices() -> Result<String> {
    let known = known()?;
    let mut uses: BTreeMap<Crate, Vec<&str>> = BTreeMap::new();
    for features in builds() {
        for one in shipped(features)? {
            uses.entry(one).or_default().push(features);
        }
    }
    let mut rows = String::new();
    let mut holders: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    let mut mit = None;
    let mut others = String::new();
    for (one @ (name, version), builds_of) in &uses {
        let known =
            known.get(one).ok_or_else(|| format!("{name} {version} is unknown to cargo"))?;
        let (first, further) = chosen(&known.licence);
        let place = match builds_of.as_slice() {
            [PACKAGE] => "package".into(),
            all if all.len() == builds().len() => "all".into(),
            some => some.join(", "),
        };
        let all: Vec<&str> = std::iter::once(first).chain(further).collect();
        rows += &format!(
            "| [{name}]({}) | {version} | {} | {place} |\n",
            known.repository,
            all.join(" AND ")
        );
        for licence in all {
            let text = text(&known.folder, licence)?;
            if licence == "MIT" {
                let start = text.find(MIT).ok_or_else(|| format!("{name}: not the MIT text"))?;
                let (head, body) = text.split_at(start);
                let body = words(body);
                // Some files have a second licence below the first one; none has other terms.
                if !body.starts_with(mit.get_or_insert(body.clone()).as_str()) {
                    return Err(format!("{name}: its MIT text is worded differently").into());
                }
                let mut lines = copyright(head);
                if lines.is_empty() {
                    // No line to repeat: its authors stand for it.
                    let authors = &known.authors;
                    let who = if authors.is_empty() { "its authors" } else { authors };
                    lines = vec![format!("by {who}")];
                }
                holders.entry(lines).or_default().push(name);
            } else {
                others += &format!("\n## {name}: {licence}\n\n```text\n{}\n```\n", text.trim());
            }
        }
    }
    let mut page = String::from(
        "# Software by others in pkg/\n\nGenerated by `cargo run -p xtask -- docs`; not edited by hand.\n\nThe crates that \
         the builds of `pkg/` link, whether or not something of them is left in a file: *all* are linked by each file, *package* only \
         by `index.js` and `index.cjs`. Where a crate offers a choice of licences, the one named here was chosen. No npm package is \
         bundled.\n\n| crate | version | licence | in |\n|---|---|---|---|\n",
    );
    page += &rows;
    page += "\nBeside them:\n\n| what | where | licence |\n|---|---|---|\n";
    for (what, place, licence) in TOOLS {
        page += &format!("| {what} | {place} | {licence} |\n");
    }
    page += "\n## MIT\n\n";
    for (lines, crates) in &holders {
        page += &format!("- {}: {}\n", crates.join(", "), lines.join("; "));
    }
    page += &format!("\n```text\n{}\n```\n", wrapped(&mit.unwrap_or_default()));
    Ok(page + &others)
}

/// The features of each build: a paste file's method, the trigger's, the package's.
fn builds() -> Vec<&'static str> {
    METHODS.iter().map(|method| method.name).chain(["trigger", PACKAGE]).collect()
}

/// The crates that a build links. Macros run in the compiler and are not among them.
fn shipped(features: &str) -> Result<BTreeSet<Crate>> {
    let tree = run(Command::new(env!("CARGO"))
        .args(["tree", "--quiet", "--locked", "--package", "tkl-notify", "--target", TARGET])
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .args(["--no-default-features", "--features", features]))?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().filter(|name| *name != "tkl-notify")?;
        Some((name.to_string(), words.next()?.trim_start_matches('v').to_string()))
    });
    Ok(crates.collect())
}

/// Every crate that this machine compiles for WebAssembly, tests or the build.
fn known() -> Result<BTreeMap<Crate, Known>> {
    let rustc = run(Command::new("rustc").arg("-vV"))?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("no host")?;
    let text = run(Command::new(env!("CARGO"))
        .args(["metadata", "--quiet", "--locked", "--format-version", "1", "--all-features"])
        .args(["--filter-platform", TARGET, "--filter-platform", host]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let field = |package: &Value, name: &str| package[name].as_str().unwrap_or("").to_string();
    let read = |package: &Value| {
        let authors = package["authors"].as_array().into_iter().flatten();
        let authors: Vec<&str> = authors.filter_map(Value::as_str).collect();
        let manifest = PathBuf::from(field(package, "manifest_path"));
        let known = Known {
            licence: field(package, "license"),
            repository: field(package, "repository"),
            authors: authors.join(", "),
            folder: manifest.parent().unwrap_or(&manifest).to_path_buf(),
            source: package["source"].as_str().map(Into::into),
        };
        ((field(package, "name"), field(package, "version")), known)
    };
    Ok(packages.iter().map(read).collect())
}

/// The licences that `deny.toml` allows.
fn allowed() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join("deny.toml"))?;
    let list = text
        .split_once("\nallow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .ok_or("deny.toml has no list of licences")?
        .0;
    Ok(list.split('"').skip(1).step_by(2).map(Into::into).collect())
}

/// Whether an expression can be met by allowed licences. `/` is how `OR` was written once.
fn permitted(licence: &str, allowed: &[String]) -> bool {
    let either = |part: &str| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.replace('/', " OR ").split(" OR ").any(|name| allowed.iter().any(|a| a == name.trim()))
    };
    licence.split(" AND ").all(either)
}

/// The licence that is chosen of an expression, and those that hold beside it.
fn chosen(licence: &str) -> (&str, Vec<&str>) {
    let mut parts = licence.split(" AND ").map(|part| {
        let part = part.trim_start_matches('(').trim_end_matches(')');
        if part.split([' ', '/']).any(|name| name == "MIT") { "MIT" } else { part }
    });
    (parts.next().unwrap_or(""), parts.collect())
}

/// The text of a licence as the crate brings it.
fn text(folder: &Path, licence: &str) -> Result<String> {
    let (long, _) = licence.split_once('-').unwrap_or((licence, ""));
    let long = long.to_uppercase();
    for name in [format!("LICENSE-{long}"), format!("LICENSE_{long}"), "LICENSE".into()] {
        if let Ok(text) = fs::read_to_string(folder.join(name)) {
            return Ok(text);
        }
    }
    Err(format!("{} has no text of {licence}", folder.display()).into())
}

/// The copyright lines above a licence's text.
fn copyright(head: &str) -> Vec<String> {
    let lines = head.lines().map(str::trim);
    lines.filter(|line| line.to_lowercase().starts_with("copyright")).map(Into::into).collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text in lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() >= 100 {
            lines.push(word.into());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last] += word;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_permitted_if_one_of_each_choice_is() {
        let allowed = ["MIT".to_string(), "Unicode-3.0".into()];
        for licence in
            ["MIT", "Apache-2.0 OR MIT", "Apache-2.0/MIT", "(MIT OR Zlib) AND Unicode-3.0"]
        {
            assert!(permitted(licence, &allowed), "{licence}");
        }
        for licence in ["", "Zlib", "MIT AND GPL-3.0", "GPL-3.0 OR AGPL-3.0", "MIT WITH something"]
        {
            assert!(!permitted(licence, &allowed), "{licence}");
        }
    }

    #[test]
    fn mit_is_chosen_where_it_is_offered() {
        assert_eq!(chosen("Apache-2.0 OR MIT"), ("MIT", vec![]));
        assert_eq!(chosen("BSD-3-Clause"), ("BSD-3-Clause", vec![]));
        assert_eq!(chosen("(MIT OR Apache-2.0) AND Unicode-3.0"), ("MIT", vec!["Unicode-3.0"]));
    }
}
