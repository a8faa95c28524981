//! The generated parts of both READMEs: files, settings, error codes, flags and the shipped story. Each stands between
//! `<!-- name -->` and `<!-- /name -->`; everything else in them is written by hand. `THIRD-PARTY.md` is generated whole.

use std::{fs, process::Command};

use tkl_notify::{
    channel::{TABLES, Table, verdict::Verdict},
    message::lang::{Lang, Phrase},
    preset::METHODS,
    settings::{self, Named, ORG, PARAMS, SERVER, Setting},
};

use crate::{
    Result,
    core::{root, run},
    size::HARD,
    supply,
};

const PAGES: [(&str, Lang); 2] = [("README.md", Lang::En), ("README.zh.md", Lang::Zh)];

/// The emulator's command.
const EMULATOR: &str = "emulator/main.mjs";

/// Writes the generated parts.
pub fn write() -> Result<()> {
    for (page, lang) in PAGES {
        fs::write(root().join(page), filled(page, lang)?)?;
    }
    let notices = supply::notices()?;
    for page in supply::PAGES {
        fs::write(root().join(page), &notices)?;
    }
    Ok(())
}

/// Fails if a generated part is not what the sources say.
pub fn check() -> Result<()> {
    let mut pages = Vec::new();
    for (page, lang) in PAGES {
        pages.push((page, filled(page, lang)?));
    }
    let notices = supply::notices()?;
    pages.extend(supply::PAGES.map(|page| (page, notices.clone())));
    for (page, text) in pages {
        if fs::read_to_string(root().join(page))? != text {
            return Err(format!(
                "{page} differs from what the sources say: run `npm run docs` and commit it"
            )
            .into());
        }
    }
    Ok(())
}

/// The page with its generated parts as they should be.
fn filled(page: &str, lang: Lang) -> Result<String> {
    let mut text = fs::read_to_string(root().join(page))?;
    for (name, part) in [
        ("files", files(lang)?),
        ("story", story(lang)?),
        ("flags", code(&run(Command::new("node").args([EMULATOR, "--help"]))?)),
        ("settings", settings(lang)),
        ("codes", codes(lang)),
    ] {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let start = text.find(&open).ok_or_else(|| format!("{page} has no {open}"))? + open.len();
        let end = start
            + text[start..].find(&close).ok_or_else(|| format!("{page} has no end of {open}"))?;
        text.replace_range(start..end, &format!("\n{}\n", part.trim_end()));
    }
    Ok(text)
}

/// A table, `|` in cells escaped.
fn table(lang: Lang, head: &[Phrase], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|title| lang.say(*title).into()).collect());
    out += &format!("|{}\n", "---|".repeat(head.len()));
    for row in rows {
        out += &line(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
    }
    out
}

fn code(text: &str) -> String {
    format!("```text\n{}\n```", text.trim_start_matches('\n').trim_end())
}

fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}

/// The paste files, their sizes, and which of them are too long for the platform's Excel export.
fn files(lang: Lang) -> Result<String> {
    let mut long = Vec::new();
    let mut units = |file: &str| -> Result<String> {
        let size = fs::read_to_string(root().join("pkg/paste").join(file))?.encode_utf16().count();
        if size > HARD {
            long.push(format!("`{file}`"));
        }
        Ok(grouped(size))
    };
    let mut rows = Vec::new();
    for method in METHODS {
        let mut row = vec![format!("`{}`", method.name)];
        for end in ["js", "nowasm.js"] {
            let file = format!("{}.{end}", method.name);
            row.push(format!("[`{file}`](pkg/paste/{file})"));
            row.push(units(&file)?);
        }
        rows.push(row);
    }
    let trigger = units("trigger.js")?;
    let link = "[`trigger.js`](pkg/paste/trigger.js)".to_string();
    rows.push(vec![
        lang.say(("trigger model", "触发器模型")).into(),
        "–".into(),
        "–".into(),
        link,
        trigger,
    ]);
    let head = [
        ("method", "方法"),
        ("with WebAssembly", "含 WebAssembly"),
        ("units", "单元数"),
        ("plain JavaScript", "纯 JavaScript"),
        ("units", "单元数"),
    ];
    let mut out = table(lang, &head, rows.into_iter());
    if !long.is_empty() {
        out += &match lang {
            Lang::En => format!(
                "\nOver 32,000 units: {}. While an RPC holds so long a script, every Excel export of TKL that includes it fails as a whole.\n",
                long.join(", "),
            ),
            Lang::Zh => format!(
                "\n超过 32,000 单元：{}。RPC 含有这样长的脚本时，包含它的任何 TKL Excel 导出都会整体失败。\n",
                long.join("、"),
            ),
        };
    }
    Ok(out)
}

/// What `npm start` tells below its first lines: messages counted, the first and the last of `notify`.
fn story(lang: Lang) -> Result<String> {
    let told = run(Command::new("node").arg(EMULATOR))?;
    let start = told.find("\n\n").ok_or("the story has no beginning")?;
    let end = told.find("Messages sent").ok_or("the story does not count its messages")?;
    let last = told.find("Your own input").ok_or("the story has no end")?;
    Ok(match lang {
        Lang::En => code(&told[start..last]),
        // Its messages are in English; the Chinese page shows its own, so only the count is told.
        Lang::Zh => code(&told[end..last]),
    })
}

fn settings(lang: Lang) -> String {
    let head = [("setting", "设置"), ("where", "位置"), ("default", "默认"), ("meaning", "含义")];
    table(lang, &head, settings::all().into_iter().map(|setting| setting_row(setting, lang)))
}

fn setting_row(setting: &Setting, lang: Lang) -> Vec<String> {
    let name = setting.key.name;
    let names = match setting.named {
        Named::Single => format!("`{name}`"),
        Named::Also => format!("`{name}` `{name}_<name>`"),
        Named::Only => format!("`{name}_<name>`"),
    };
    let mut places = Vec::new();
    for (bit, place) in [(PARAMS, "params"), (SERVER, "server_attrs"), (ORG, "Org Params")] {
        if setting.key.from & bit != 0 {
            places.push(place);
        }
    }
    let mark = if setting.secret { lang.say((" (secret)", "（密钥）")) } else { "" };
    let default = match setting.default {
        ("", _) => String::new(),
        // Words; a text of the setting is the same in both languages.
        (en, zh) if en != zh => lang.say((en, zh)).into(),
        (text, _) => format!("`{text}`"),
    };
    vec![names, places.join(", ") + mark, default, lang.say(setting.words).into()]
}

/// The codes of every channel that has some, each below its own heading.
fn codes(lang: Lang) -> String {
    let tables = TABLES.iter().filter(|table| !table.codes.is_empty());
    let part = |table: &Table| {
        let title = lang.say(table.title);
        format!("### {title} (`{}`)\n\n{}", table.name, code_table(table, lang))
    };
    tables.map(part).collect::<Vec<_>>().join("\n")
}

fn code_table(channel: &Table, lang: Lang) -> String {
    let head =
        [(channel.code, channel.code), ("class", "类别"), ("cause", "原因"), ("remedy", "处理")];
    let cells = channel.codes.iter().map(|row| {
        let mark = if row.mark.is_empty() { String::new() } else { format!(" … `{}`", row.mark) };
        vec![
            format!("{}{mark}", row.code),
            lang.say(class(row.verdict)).into(),
            lang.say(row.cause).into(),
            lang.say(row.remedy).into(),
        ]
    });
    table(lang, &head, cells)
}

/// A verdict in a word.
fn class(verdict: Verdict) -> Phrase {
    match verdict {
        Verdict::Delivered => ("delivered", "已送达"),
        Verdict::Partly => ("partly delivered", "部分送达"),
        Verdict::Throttled => ("throttled", "限流"),
        Verdict::Transient => ("transient", "暂时"),
        Verdict::Token => ("token", "令牌"),
        Verdict::Misconfigured => ("misconfigured", "配置"),
        Verdict::Payload => ("refused payload", "格式"),
        Verdict::Content => ("refused content", "内容"),
    }
}
