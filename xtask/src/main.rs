//! Project chores: builds `pkg/`, checks the committed bytes against a rebuild, prints sizes,
//! writes the generated parts of the documents, checks what comes from others.

mod build;
mod core;
mod docs;
mod literal;
mod pack;
#[cfg(test)]
#[path = "../../fuzz/src/packing.rs"]
mod packing;
mod paste;
mod size;
mod squeeze;
mod supply;
mod twin;
mod types;
#[cfg(test)]
mod unpack;

use std::{env, process::ExitCode};

const HELP: &str = "\
cargo run -p xtask -- build           builds pkg/ (run `npm run setup` before)
cargo run -p xtask -- build <method>… builds only the paste files of these methods
cargo run -p xtask -- build --check   builds it elsewhere and fails if pkg/ differs
cargo run -p xtask -- size            prints the sizes of pkg/ beside their budgets
cargo run -p xtask -- docs            writes THIRD-PARTY.md and the generated parts of the READMEs
cargo run -p xtask -- docs --check    fails if they are not what the sources say
cargo run -p xtask -- supply          fails on licences, sources or duplicates that deny.toml forbids";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["build", "--check"] => build::check(),
        ["build", ref methods @ ..] => build::build(methods),
        ["size"] => size::print(),
        ["docs", "--check"] => docs::check(),
        ["docs"] => docs::write(),
        ["supply"] => supply::check(),
        _ => Err(HELP.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}
