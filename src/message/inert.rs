//! Untrusted text made inert: it stays readable as typed, but nothing in it is syntax any more.
//!
//! What would be live where it stands is replaced by its full-width form (`<@` → `＜@`, `](` → `］(`);
//! all other punctuation stays. Control, zero-width and bidirectional characters are dropped, since
//! they can hide or reorder what people read.

use alloc::string::String;

/// The full-width form of an ASCII punctuation mark (U+0021…U+007E → U+FF01…U+FF5E).
fn wide(c: char) -> char {
    char::from_u32(c as u32 + 0xFEE0).unwrap_or(c)
}

/// Characters that are invisible or change how others are shown.
fn hidden(c: char) -> bool {
    matches!(c as u32,
        0..=0x1F | 0x7F..=0x9F | 0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
}

/// Makes a field inert inside markdown (WeCom's and DingTalk's subsets).
///
/// `block` is what stands between two lines of a description; without it, line breaks become
/// spaces. A mark at the start of a later line that would open a heading, quote, list, rule or
/// table is broken too.
///
/// ```
/// use tkl_notify::message::inert::inert;
/// assert_eq!(inert("[KS52] (north) T>80 5*3 a_b", None), "[KS52] (north) T>80 5*3 a_b");
/// assert_eq!(inert("<@all> [x](http://y) `z`", None), "＜@all> [x］(http://y) ｀z｀");
/// assert_eq!(inert("hot\n# very\n", Some("\n> ")), "hot\n> ＃ very");
/// ```
pub fn inert(raw: &str, block: Option<&str>) -> String {
    let mut out = String::new();
    let mut break_due = false;
    let mut line_start = false;
    let mut previous = ' ';
    let mut chars = raw.chars().map(fold).filter(|c| *c == '\n' || !hidden(*c)).peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            break_due = !out.is_empty();
            continue;
        }
        if break_due {
            out.push_str(block.unwrap_or(" "));
            line_start = block.is_some();
            break_due = false;
            previous = ' ';
        }
        let next = chars.peek().copied().unwrap_or(' ');
        let live = match c {
            '<' => next.is_ascii_alphabetic() || matches!(next, '@' | '/' | '!' | '?'),
            ']' => matches!(next, '(' | '['),
            '`' => true,
            '*' => line_start || previous == '*',
            '#' | '>' | '-' | '+' | '=' | '|' | '~' | '_' => line_start,
            _ => false,
        };
        out.push(if live { wide(c) } else { c });
        line_start &= c == ' ';
        previous = c;
    }
    out
}

/// Line separators become line breaks, tabs become spaces.
fn fold(c: char) -> char {
    match c {
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
        '\t' | '\u{1}' => ' ',
        c => c,
    }
}

/// Text that the caller wrote himself (the text presets): only an inline mention is broken.
///
/// ```
/// use tkl_notify::message::inert::without_mentions;
/// assert_eq!(without_mentions("a < b\n<@all> https://x.y"), "a < b\n＜@all> https://x.y");
/// ```
pub fn without_mentions(content: &str) -> String {
    let mut out = String::new();
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(if c == '<' && chars.peek() == Some(&'@') { wide(c) } else { c });
    }
    out
}
