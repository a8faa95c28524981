//! What the platform hands in, as the shim picked it: device, parameters, settings, alarms,
//! HTTP answers and facts (time, offset, what the host can do). Values only; nothing is decided here.

use crate::secret::Secret;
use crate::settings::{Key, ORG, PARAMS, SERVER};

/// The separator of list items inside one value, and of an alarm record's parts.
pub const ITEM: char = '\u{1}';

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
/// assert_eq!(host.now(), 1000);
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
        let mut fields = text.split('\0');
        while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
            entries.push((key, value));
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

    /// The time of this run: milliseconds since 1970-01-01 UTC; 0 if the host gave none.
    pub fn now(&self) -> u64 {
        whole(self.get('f', "now").unwrap_or("")).unwrap_or(0)
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
                let value = self.get(source, key.name).map(str::trim);
                if value.is_some_and(|v| !v.is_empty()) {
                    return value;
                }
            }
        }
        None
    }

    /// A credential named `name` in one source, trimmed.
    pub fn secret(&self, source: char, name: &str) -> Option<Secret<'a>> {
        self.get(source, name).map(str::trim).filter(|v| !v.is_empty()).map(Secret::new)
    }
}

/// The items of a list value: an array from JavaScript, or text with items between `,`, `;`, `|` or spaces.
pub fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split([ITEM, ',', ';', '|', ' ', '，', '；', '、', '\n']).filter(|item| !item.is_empty())
}

/// A boolean as people type it: everything but `false`, `0`, `no`, `off`, `null` and empty text is yes.
pub fn truthy(value: Option<&str>) -> bool {
    let value = value.unwrap_or("").trim();
    !value.is_empty()
        && !["false", "0", "no", "off", "null"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// A whole number in decimal digits, as far as it fits.
///
/// Not `str::parse`: its error type would bring the formatting machinery into every paste file.
pub fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let mut number = 0u64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + digit as u64;
    }
    Some(number)
}
