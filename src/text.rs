//! The toolkit for plain text: splitting what people typed, and putting sentences together.
//! Knows nothing of messages, markup or settings.

use alloc::{borrow::Cow, string::String};

/// Between the items of one value that was a list, and between the parts of an alarm record.
pub const ITEM: char = '\u{1}';

/// The pieces of a text between ASCII separators (`;` entries, `,` items), trimmed, empty ones left out.
///
/// ```
/// let items: Vec<_> = tkl_notify::text::pieces("wecom:alarm, dingtalk,", ',').collect();
/// assert_eq!(items, ["wecom:alarm", "dingtalk"]);
/// ```
pub fn pieces(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim_ascii).filter(|piece| !piece.is_empty())
}

/// The items of a list value: an array from JavaScript, or text with items between `,`, `;`, `|`,
/// `、` or spaces (full-width ones too).
///
/// ```
/// use tkl_notify::text::items;
/// assert_eq!(items("a,b| c\u{1}，d、;e").collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
/// ```
pub fn items(list: &str) -> impl Iterator<Item = &str> {
    let between =
        |c| matches!(c, ITEM | ',' | ';' | '|' | ' ' | '\n' | '，' | '；' | '、' | '\u{3000}');
    list.split(between).filter(|item| !item.is_empty())
}

/// What stands before the first such byte, which is ASCII, and what stands behind it. Texts here are short: `split_once`
/// searches long ones faster, and takes twice the time for a few words.
///
/// ```
/// assert_eq!(tkl_notify::text::split_at_byte("温度=5=6", b'='), Some(("温度", "5=6")));
/// assert_eq!(tkl_notify::text::split_at_byte("温度", b'='), None);
/// ```
#[inline(never)]
pub fn split_at_byte(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.get(1..)?))
}

/// A boolean as people type it: everything but `false`, `0`, `no`, `off`, `null` and empty text is yes.
pub fn truthy(value: Option<&str>) -> bool {
    let value = value.unwrap_or("").trim_ascii();
    !value.is_empty()
        && !["false", "0", "no", "off", "null"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// A whole number in decimal digits, white space around it allowed; `None` for anything else and
/// from 2^32 on.
pub fn whole(text: &str) -> Option<u32> {
    // `parse` would take a plus sign, too.
    text.trim_ascii().parse().ok().filter(|_| !text.trim_ascii().starts_with('+'))
}

/// A number of one to `most` digits and nothing else.
pub fn digits(text: &str, most: usize) -> Option<u32> {
    let plain = text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| whole(text)).flatten()
}

/// A whole number as text.
pub fn decimal(number: u32) -> String {
    itoa::Buffer::new().format(number).into()
}

/// The text with full-width forms (`；，＝＊：１` as a Chinese keyboard types them) as their ASCII
/// forms, `、` as a comma and wide spaces as spaces.
///
/// ```
/// assert_eq!(tkl_notify::text::narrow("ｈｉｇｈ＝１５ｍ；＊＝４ｈ"), "high=15m;*=4h");
/// ```
pub fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let form = |c| match c {
        '\u{ff01}'..='\u{ff5e}' => (c as u32 - 0xfee0) as u8 as char,
        '、' => ',',
        '\u{3000}' | '\u{a0}' => ' ',
        _ => c,
    };
    Cow::Owned(text.chars().map(form).collect())
}

/// Whether a text stands in another. Texts here are short: `str::contains` searches long ones faster, with 2.8 KB of
/// WebAssembly that `notify.js` has no room for (700 units packed).
pub fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

/// Appends. Not inlined, since nearly every text of this crate is made by it.
#[inline(never)]
pub fn add(text: &mut String, part: &str) {
    text.push_str(part);
}

/// Where organization settings are made, for error messages.
const WHERE: &str = " in System Management > Server Configuration > Org Params.";

/// A sentence for the log: `{a}` and `{b}` stand for the two texts, `{where}` for the place where
/// organization settings are made. (`format!` would bring the formatting machinery into every paste file.)
///
/// ```
/// use tkl_notify::text::fill_template;
/// assert_eq!(fill_template("{a} is not set: {b} is used.", "x", "y"), "x is not set: y is used.");
/// ```
#[inline(never)]
pub fn fill_template(template: &str, a: &str, b: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').unwrap_or_default();
        add(&mut out, before);
        add(
            &mut out,
            match field {
                "a" => a,
                "b" => b,
                _ => WHERE,
            },
        );
        rest = after;
    }
    add(&mut out, rest);
    out
}

/// Adds an item to a list in words: the joint stands between items.
pub fn join(list: &mut String, joint: &str, item: &str) {
    if !list.is_empty() {
        add(list, joint);
    }
    add(list, item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn pieces_are_trimmed_and_empty_ones_left_out() {
        assert_eq!(pieces(" a ;; b;c; ", ';').collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(pieces("", ';').count(), 0);
    }

    #[test]
    fn full_width_forms_read_as_ascii() {
        assert_eq!(narrow("ｈｉｇｈ，ｍｉｄ＝１５ｍ；　＊＝４ｈ、值班"), "high,mid=15m; *=4h,值班");
    }

    #[test]
    fn a_text_is_found_where_it_stands() {
        for (text, part) in [("abc", ""), ("", ""), ("abc", "abc"), ("abc", "bc"), ("温度", "度")]
        {
            assert!(contains(text, part), "{text} {part}");
        }
        for (text, part) in [("", "a"), ("abc", "ac"), ("ab", "abc"), ("温度", "\u{fffd}")] {
            assert!(!contains(text, part), "{text} {part}");
        }
    }

    #[test]
    fn whole_numbers_are_digits_that_fit() {
        assert_eq!(whole(" 4294967295 "), Some(u32::MAX));
        for text in ["", "4294967296", "-1", "+1", "1.0", "0x1", "１", "1 2"] {
            assert_eq!(whole(text), None, "{text}");
        }
        assert_eq!(decimal(u32::MAX), "4294967295");
    }
}
