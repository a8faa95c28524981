//! What the platform hands in, as the shim picked it: device, parameters, settings, alarms,
//! HTTP answers and facts (time, offset, what the host can do). Values only; nothing is decided here.

use crate::secret::Secret;
use crate::settings::{Key, ORG, PARAMS, SERVER};

/// The separator of list items inside one value, and of an alarm record's parts.
pub const ITEM: u8 = 1;

/// One run's inputs.
///
/// The shim's text alternates keys and values, separated by NUL. A key is one letter for where
/// the value comes from (`f` fact, `d` device, `p` params, `s` server_attrs, `o` org_params,
/// `a` active alarm, `t` telemetry, `r` start of an HTTP answer, `h` its transport,
/// `j` a field of its JSON body) and a name. Values are text; what JavaScript held there before
/// (number, boolean, array) is already coerced, and anything else is left out.
///
/// ```
/// let host = tkl_notify::host::Host::read("fnow\x001000\x00deui\x0024e1\x00pcontent\x00hello");
/// assert_eq!(host.seconds(), (1, 0));
/// assert_eq!(host.device("eui"), "24e1");
/// assert_eq!(host.param("content"), Some("hello"));
/// assert_eq!(host.param("title"), None);
/// ```
pub struct Host<'a> {
    entries: Vec<(&'a str, &'a str)>,
    /// Four bytes from the host's random source, where it has one.
    pub random: Option<[u8; 4]>,
}

impl<'a> Host<'a> {
    /// Reads the shim's text.
    pub fn read(text: &'a str) -> Host<'a> {
        let mut entries = Vec::new();
        let mut rest = text;
        while let Some((key, after)) = cut(rest, 0) {
            let (value, after) = cut(after, 0).unwrap_or((after, ""));
            entries.push((key, value));
            rest = after;
        }
        Host { entries, random: None }
    }

    /// All entries of one source, in the order given: (name, value).
    pub fn entries(&self, source: char) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.entries
            .iter()
            .filter_map(move |(key, value)| key.strip_prefix(source).map(|name| (name, *value)))
    }

    /// The value of one entry, also when it is empty.
    pub fn get(&self, source: char, name: &str) -> Option<&'a str> {
        self.entries(source).find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The HTTP answers of this run so far: each starts with an `r` entry that holds the time it came.
    pub fn answers(&self) -> &[(&'a str, &'a str)] {
        let start = self.entries.iter().position(|(key, _)| *key == "r");
        start.and_then(|start| self.entries.get(start..)).unwrap_or(&[])
    }

    /// Whether a fact holds.
    pub fn is(&self, fact: &str) -> bool {
        self.get('f', fact) == Some("1")
    }

    /// The time of this run in milliseconds since 1970-01-01 UTC, as decimal digits; empty if the host gave none.
    pub fn now(&self) -> &'a str {
        self.get('f', "now").unwrap_or("")
    }

    /// The time of this run in whole seconds since 1970 (up to the year 2106), and the milliseconds beyond.
    ///
    /// 64-bit arithmetic would be the dearest part of the plain-JavaScript twin, so nothing here uses it.
    pub fn seconds(&self) -> (u32, u32) {
        let now = self.now();
        let at = now.len().saturating_sub(3);
        let part = |text: Option<&str>| text.and_then(whole).unwrap_or(0);
        (part(now.get(..at)), part(now.get(at..)))
    }

    /// A device field (`name`, `eui`, …), empty if there is none.
    pub fn device(&self, name: &str) -> &'a str {
        self.get('d', name).unwrap_or("")
    }

    /// The device's name; its EUI if it has none.
    pub fn device_name(&self) -> &'a str {
        match self.device("name") {
            "" => self.device("eui"),
            name => name,
        }
    }

    /// A parameter that says something: empty text counts as not given.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.get('p', name).filter(|value| !value.is_empty())
    }

    /// The first source that a setting may come from and that has it, trimmed:
    /// `params` over `server_attrs` over `org_params`.
    pub fn setting(&self, key: Key) -> Option<&'a str> {
        for (bit, source) in [(PARAMS, 'p'), (SERVER, 's'), (ORG, 'o')] {
            if key.from & bit != 0 {
                let value = self.get(source, key.name).map(str::trim_ascii);
                if value.is_some_and(|v| !v.is_empty()) {
                    return value;
                }
            }
        }
        None
    }

    /// A credential named `name` in one source, trimmed.
    pub fn secret(&self, source: char, name: &str) -> Option<Secret<'a>> {
        self.get(source, name).map(str::trim_ascii).filter(|v| !v.is_empty()).map(Secret::new)
    }
}

/// The parts before and after the first `separator`, an ASCII byte.
#[inline(never)]
pub fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The pieces of a text between separators, ASCII white space trimmed, empty ones left out.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
    separator: u8,
}

/// Splits at an ASCII separator: `;` for entries, `,` for items.
///
/// ```
/// let items: Vec<_> = tkl_notify::host::pieces("wecom:alarm, dingtalk,", b',').collect();
/// assert_eq!(items, ["wecom:alarm", "dingtalk"]);
/// ```
pub fn pieces(text: &str, separator: u8) -> Pieces<'_> {
    Pieces { rest: text, separator }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (piece, rest) = cut(self.rest, self.separator).unwrap_or((self.rest, ""));
            self.rest = rest;
            let piece = piece.trim_ascii();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }
}

/// The items of a list value: an array from JavaScript, or text with items between `,`, `;`, `|`,
/// `、` or spaces (full-width ones too).
///
/// ```
/// use tkl_notify::host::items;
/// assert_eq!(items("a,b| c\u{1}，d、;e").collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
/// ```
pub fn items(list: &str) -> Items<'_> {
    Items(list)
}

/// See [`items`].
pub struct Items<'a>(&'a str);

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        let mut item: Option<&str> = None;
        let text = self.0;
        let mut start = 0;
        for (at, c) in text.char_indices() {
            if matches!(c, '\u{1}' | ',' | ';' | '|' | ' ' | '\n' | '，' | '；' | '、' | '\u{3000}')
            {
                item = text.get(start..at).filter(|item| !item.is_empty());
                start = at + c.len_utf8();
                if item.is_some() {
                    break;
                }
            }
        }
        self.0 = text.get(start..).unwrap_or("");
        if item.is_none() && !self.0.is_empty() {
            item = Some(self.0);
            self.0 = "";
        }
        item
    }
}

/// A boolean as people type it: everything but `false`, `0`, `no`, `off`, `null` and empty text is yes.
pub fn truthy(value: Option<&str>) -> bool {
    let value = value.unwrap_or("").trim_ascii();
    !value.is_empty()
        && !["false", "0", "no", "off", "null"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// A whole number in decimal digits, as far as it fits.
///
/// Not `str::parse`: its error type would bring the formatting machinery into every paste file.
#[inline(never)]
pub fn whole(text: &str) -> Option<u32> {
    let text = text.trim_ascii();
    let fits = text.len() < 10 || text.len() == 10 && text < "4294967296";
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (fits && digits).then(|| wrapped(text))
}

/// Decimal digits modulo 2^32: enough to tell how far two moments of a run are apart.
pub fn wrapped(text: &str) -> u32 {
    text.bytes().fold(0, |number: u32, byte| {
        number.wrapping_mul(10).wrapping_add(u32::from(byte.wrapping_sub(b'0')))
    })
}
