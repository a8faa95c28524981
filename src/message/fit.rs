//! Fitting a message to a service's limit, counted as the service counts: UTF-8 bytes.
//! The least useful text is shortened first and ends in `…`; markup, level and time stay whole.

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::decimal;

/// How much a text costs of a limit.
#[derive(Clone, Copy, PartialEq)]
pub enum Count {
    /// UTF-8 bytes of the text itself (WeCom).
    Text,
    /// UTF-8 bytes of the text inside a JSON string (DingTalk counts the whole body).
    Json,
}

impl Count {
    /// The cost of `text`, in bytes.
    pub fn of(self, text: &str) -> usize {
        match self {
            Count::Text => text.len(),
            Count::Json => text.bytes().map(json_cost).sum(),
        }
    }
}

fn json_cost(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..=31 => 6,
        _ => 1,
    }
}

/// One line of a message: fixed markup around inert text.
pub struct Line {
    pub before: String,
    pub text: String,
    pub after: String,
    pub shed: Shed,
}

/// What a line gives up where the message is too long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shed {
    /// Nothing.
    Nothing,
    /// The end of its text, if it must be.
    Late,
    /// The same, first.
    Early,
    /// One of a list: the end of its text; should that not do, the last ones are left out.
    Entry,
    /// Behind a list: how many of it were left out. There only if some were.
    LeftOut,
}

/// What is left at least of a text that is shortened, in bytes.
const FLOOR: usize = 60;

/// Cuts `text` so that it costs at most `limit`, with `…` at the end. Says whether it cut.
///
/// ```
/// use tkl_notify::message::fit::{Count, truncate_to};
/// let mut text = String::from("温度过高");
/// assert!(truncate_to(&mut text, 11, Count::Text));
/// assert_eq!(text, "温度…");
/// ```
pub fn truncate_to(text: &mut String, limit: usize, count: Count) -> bool {
    if count.of(text) <= limit {
        return false;
    }
    let mut cost = '…'.len_utf8();
    let mut end = 0;
    for c in text.chars() {
        cost += match count {
            Count::Json if c.is_ascii() => json_cost(c as u8),
            _ => c.len_utf8(),
        };
        if cost > limit {
            break;
        }
        end += c.len_utf8();
    }
    *text = cat!(text.get(..end).unwrap_or(""), "…");
    true
}

/// Joins lines into one text that costs at most `limit`. Says whether something was shortened.
pub fn fit(mut lines: Vec<Line>, joint: &str, limit: usize, count: Count) -> (String, bool) {
    let joint_cost = count.of(joint);
    let cost_of = |line: &Line| {
        count.of(&line.before) + count.of(&line.text) + count.of(&line.after) + joint_cost
    };
    // As if a joint stood behind the last line, too.
    let limit = limit + joint_cost;
    let mut total: usize =
        lines.iter().filter(|line| line.shed != Shed::LeftOut).map(cost_of).sum();
    let shortened = total > limit;
    for shed in [Shed::Early, Shed::Entry, Shed::Late] {
        for line in lines.iter_mut().rev() {
            let cost = count.of(&line.text);
            if line.shed == shed && total > limit && cost > FLOOR {
                let keep = cost.saturating_sub(total - limit).max(FLOOR);
                truncate_to(&mut line.text, keep, count);
                total = total + count.of(&line.text) - cost;
            }
        }
    }
    // Entries that have no room are left out from the last one on, and the line behind them counts them.
    let mut number = 0;
    let mut counted = 0;
    while total + counted > limit
        && let Some(entry) = lines.iter_mut().rfind(|line| line.shed == Shed::Entry)
    {
        total -= cost_of(entry);
        entry.shed = Shed::LeftOut;
        entry.text.clear();
        number += 1;
        if let Some(line) = lines.iter_mut().rfind(|line| line.shed == Shed::LeftOut) {
            line.text = decimal(number);
            counted = cost_of(line);
        }
    }
    let mut out = String::new();
    for line in &lines {
        if line.shed == Shed::LeftOut && line.text.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_str(joint);
        }
        out.push_str(&line.before);
        out.push_str(&line.text);
        out.push_str(&line.after);
    }
    (out, shortened)
}
