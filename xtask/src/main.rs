//! Project chores: builds `pkg/`, checks the committed bytes against a rebuild, prints sizes,
//! writes the generated parts of the READMEs.

mod build;
mod core;
mod docs;
mod literal;
mod pack;
mod paste;
mod size;
mod squeeze;
mod twin;
mod types;

use std::{env, process::ExitCode};

const HELP: &str = "\
cargo run -p xtask -- build           builds pkg/ (run `npm run setup` before)
cargo run -p xtask -- build <method>… builds only the paste files of these methods
cargo run -p xtask -- build --check   builds it elsewhere and fails if pkg/ differs
cargo run -p xtask -- size            prints the sizes of pkg/ beside their budgets
cargo run -p xtask -- docs            writes the generated parts of the READMEs
cargo run -p xtask -- docs --check    fails if they are not what the sources say";

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
