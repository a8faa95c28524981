//! The package's declarations for TypeScript: what wasm-bindgen wrote of the functions and types in
//! `src/wasm/package.rs`, and the types that stand for tables. The functions that run scripts are
//! described there, too.

use std::{fs, io::Write, process::Stdio};

use tkl_notify::{
    alarm::Level,
    channel::{TABLES, verdict::Verdict},
    preset::METHODS,
    settings::{self, Named, ORG, PARAMS, SERVER, Setting},
};

use crate::{
    Result,
    core::{Core, node, root},
};

const HEADER: &str = "\
// The package's types, made by `npm run build` from the types and tables in `src/`: not to be edited.
// What the settings and parameters mean stands in the README.
";

/// The text of `index.d.ts`, which holds for `index.d.cts` as well.
pub fn declarations(core: &Core) -> Result<String> {
    let written = fs::read_to_string(core.folder.join("core.d.ts"))?;
    let (_, written) =
        written.split_once("/* eslint-disable */\n").ok_or("core.d.ts begins otherwise")?;
    formatted(&[HEADER, &unions(), &settings_types(), written].join("\n"))
}

/// The names that tables hold, as unions of literals.
fn unions() -> String {
    let methods = |wanted: fn(bool) -> bool| {
        METHODS.iter().filter(move |method| wanted(method.calls)).map(|method| method.name)
    };
    [
        union("Method", "A method: the name of an RPC model.", methods(|_| true)),
        union(
            "AskingMethod",
            "A method that may have to send a request and read its answer before it can answer itself.",
            methods(|calls| calls),
        ),
        union(
            "Channel",
            "A service that messages go to, as routes name it.",
            TABLES.iter().map(|table| table.name),
        ),
        union(
            "Verdict",
            "What an answer of a service means for the message.",
            Verdict::ALL.into_iter().map(Verdict::name),
        ),
        union(
            "Level",
            "The level of an alarm, in rising order.",
            Level::ALL.into_iter().map(Level::word),
        ),
    ]
    .join("\n")
}

fn union<'a>(name: &str, doc: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    format!("/** {doc} */\nexport type {name} = {};\n", words.join(" | "))
}

/// Every setting with its meaning, and which of them may stand where.
fn settings_types() -> String {
    let rows = settings::all();
    let mut out = String::from(
        "/** Every setting, by the name that it has for itself. */\nexport interface Settings {\n",
    );
    for row in &rows {
        out += &format!("/** {} */\n{}?: TextValue;\n", meaning(row), row.key.name);
    }
    out += "}\n\n/** The name of a setting. */\nexport type SettingName = keyof Settings;\n";
    for (name, place, bit) in [
        ("OrgSettings", "`org_params`", ORG),
        ("ServerSettings", "a device's `server_attrs`", SERVER),
        ("ParamsSettings", "`params`", PARAMS),
    ] {
        let here = || rows.iter().filter(|row| row.key.from & bit != 0);
        let names: Vec<String> = here()
            .filter(|row| row.named != Named::Only)
            .map(|row| format!("'{}'", row.key.name))
            .collect();
        let further: Vec<String> = here()
            .filter(|row| row.named != Named::Single)
            .map(|row| format!("[robot: `{}_${{string}}`]: TextValue | undefined;", row.key.name))
            .collect();
        out += &format!(
            "\n/** The settings that may stand in {place}. */\nexport type {name} = Pick<Settings, {}>",
            names.join(" | ")
        );
        if !further.is_empty() {
            out += &format!(" & {{\n{}\n}}", further.join("\n"));
        }
        out += ";\n";
    }
    out
}

/// A setting in English: what it means, an example, its default.
fn meaning(row: &Setting) -> String {
    let default = match row.default {
        ("", _) => String::new(),
        // Words; a text of the setting is the same in both languages.
        (en, zh) if en != zh => format!(" Default: {en}."),
        (text, _) => format!(" Default: `{text}`."),
    };
    format!("{} Example: `{}`.{default}", row.words.0, row.example)
}

/// As the project's other files are formatted.
fn formatted(text: &str) -> Result<String> {
    let mut command = node("biome");
    command.args(["format", "--stdin-file-path=pkg/index.d.ts"]).current_dir(root());
    let mut biome = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    biome.stdin.take().ok_or("biome has no input")?.write_all(text.as_bytes())?;
    let output = biome.wait_with_output()?;
    if !output.status.success() {
        return Err("biome cannot format the package's types".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
