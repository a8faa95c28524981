//! What the platform hands in, as the shim picked it: device, parameters, settings, alarms,
//! HTTP answers and facts (time, offset, what the host can do). Values only; nothing is decided here.

use alloc::vec::Vec;

use crate::secret::Secret;
use crate::settings::{Key, ORG, PARAMS, SERVER};
use crate::text::whole;

/// Where a value comes from: the first letter of its key in the input text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// About the call itself: the method, the time, what the host can do.
    Fact,
    /// A field of the device.
    Device,
    /// A parameter of the call.
    Param,
    /// An attribute of the device (`server_attrs`).
    Server,
    /// An attribute of the device that keeps an alarm's state, by its whole name.
    State,
    /// A parameter of the organization (`org_params`).
    Org,
    /// An alarm that the platform lists as active: level, title and description, [`ITEM`](crate::text::ITEM) between.
    Alarm,
    /// A telemetry value: by its field; in a trigger's input by its thing model.
    Telemetry,
    /// A thing model that reported, with the time of its telemetry.
    Model,
    /// The start of an HTTP answer, with the time at which it came.
    Answer,
    /// How an HTTP answer came: `status`, `error`, `body` where it is no JSON object.
    Transport,
    /// A field of an HTTP answer's JSON object.
    Body,
    /// The start of a trigger rule, with its number.
    Rule,
    /// The start of a further step of a rule.
    Step,
    /// A field of a rule or step.
    Field,
}

impl Source {
    /// Each source with its letter.
    pub const LETTERS: [(Source, u8); 15] = [
        (Source::Fact, b'f'),
        (Source::Device, b'd'),
        (Source::Param, b'p'),
        (Source::Server, b's'),
        (Source::State, b'n'),
        (Source::Org, b'o'),
        (Source::Alarm, b'a'),
        (Source::Telemetry, b't'),
        (Source::Model, b'm'),
        (Source::Answer, b'r'),
        (Source::Transport, b'h'),
        (Source::Body, b'j'),
        (Source::Rule, b'u'),
        (Source::Step, b'l'),
        (Source::Field, b'k'),
    ];

    /// The source that a letter stands for.
    pub fn of(letter: u8) -> Option<Source> {
        Source::LETTERS.iter().find(|(_, other)| *other == letter).map(|(source, _)| *source)
    }
}

/// One value of the input.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub source: Source,
    pub name: &'a str,
    pub value: &'a str,
}

/// The entries of an input text: keys and values in turn, NUL between. A key is the letter of its
/// [`Source`] and a name. An unknown letter is left out.
pub fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut key: Option<&str> = None;
    let mut start = 0;
    // Byte by byte: `split` is made for long texts, and takes twice the time between words.
    for end in 0..=text.len() {
        if text.as_bytes().get(end).is_some_and(|byte| *byte != 0) {
            continue;
        }
        let part = text.get(start..end).unwrap_or("");
        start = end + 1;
        let Some(key) = key.take() else {
            key = Some(part);
            continue;
        };
        if let Some(source) = key.bytes().next().and_then(Source::of) {
            entries.push(Entry { source, name: key.get(1..).unwrap_or(""), value: part });
        }
    }
    entries
}

/// One run's inputs.
///
/// Values are text; what JavaScript held there before (number, boolean, array) is already coerced,
/// and anything else is left out.
///
/// ```
/// let host = tkl_notify::host::Host::read("fnow\x001000\x00deui\x0024e1\x00pcontent\x00hello");
/// assert_eq!(host.seconds(), (1, 0));
/// assert_eq!(host.device("eui"), "24e1");
/// assert_eq!(host.param("content"), Some("hello"));
/// assert_eq!(host.param("title"), None);
/// ```
pub struct Host<'a> {
    entries: Vec<Entry<'a>>,
    /// How many of them came before the first HTTP answer.
    inputs: usize,
}

impl<'a> Host<'a> {
    /// Reads the shim's text.
    pub fn read(text: &'a str) -> Host<'a> {
        let entries = entries(text);
        let answer = entries.iter().position(|entry| entry.source == Source::Answer);
        Host { inputs: answer.unwrap_or(entries.len()), entries }
    }

    fn inputs(&self) -> &[Entry<'a>] {
        self.entries.get(..self.inputs).unwrap_or_default()
    }

    /// The HTTP answers of this run so far.
    pub fn answers(&self) -> &[Entry<'a>] {
        self.entries.get(self.inputs..).unwrap_or_default()
    }

    /// All values of one source, in the order given.
    pub fn all(&self, source: Source) -> impl Iterator<Item = &Entry<'a>> {
        self.inputs().iter().filter(move |entry| entry.source == source)
    }

    /// The value of one entry, also when it is empty.
    #[inline(never)]
    pub fn get(&self, source: Source, name: &str) -> Option<&'a str> {
        self.all(source).find(|entry| entry.name == name).map(|entry| entry.value)
    }

    /// Whether a fact holds.
    pub fn is(&self, fact: &str) -> bool {
        self.get(Source::Fact, fact) == Some("1")
    }

    /// The time of this run in milliseconds since 1970-01-01 UTC, as decimal digits; empty if the host gave none.
    pub fn now(&self) -> &'a str {
        self.get(Source::Fact, "now").unwrap_or("")
    }

    /// The time of this run in whole seconds since 1970 (up to the year 2106), and the milliseconds beyond.
    ///
    /// 64-bit arithmetic is the dearest part of the plain-JavaScript twin, so nothing here uses it.
    pub fn seconds(&self) -> (u32, u32) {
        let now = self.now();
        let at = now.len().saturating_sub(3);
        let part = |text: Option<&str>| text.and_then(whole).unwrap_or(0);
        (part(now.get(..at)), part(now.get(at..)))
    }

    /// A device field (`name`, `eui`, …), empty if there is none.
    pub fn device(&self, name: &str) -> &'a str {
        self.get(Source::Device, name).unwrap_or("")
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
        self.get(Source::Param, name).filter(|value| !value.is_empty())
    }

    /// The first source that a setting may come from and that has it, trimmed:
    /// `params` over `server_attrs` over `org_params`.
    #[inline(never)]
    pub fn setting(&self, key: Key) -> Option<&'a str> {
        [(PARAMS, Source::Param), (SERVER, Source::Server), (ORG, Source::Org)]
            .into_iter()
            .filter(|(bit, _)| key.from & bit != 0)
            .find_map(|(_, source)| self.value(source, key.name))
    }

    /// What one source says by that name, trimmed; empty text counts as not given.
    pub fn value(&self, source: Source, name: &str) -> Option<&'a str> {
        self.get(source, name).map(str::trim_ascii).filter(|value| !value.is_empty())
    }

    /// A credential named `name` in one source, trimmed.
    pub fn secret(&self, source: Source, name: &str) -> Option<Secret<'a>> {
        self.value(source, name).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, string::String};

    #[test]
    fn each_source_has_a_letter_of_its_own() {
        let letters: BTreeSet<u8> = Source::LETTERS.iter().map(|(_, letter)| *letter).collect();
        assert_eq!(letters.len(), Source::LETTERS.len());
        for (source, letter) in Source::LETTERS {
            assert_eq!(Source::of(letter), Some(source));
        }
        assert_eq!(Source::of(b'?'), None);
    }

    #[test]
    fn the_architecture_page_lists_each_source() {
        let page = include_str!("../ARCHITECTURE.md");
        for (source, letter) in Source::LETTERS {
            let row = std::format!("| `{}` | `{source:?}` |", char::from(letter));
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn a_value_that_looks_like_an_answer_is_none() {
        // "r" and its kin are keys only where a key stands.
        let text = ["fnow", "1000", "pdesc", "r", "dname", "x", "r", "1100", "hstatus", "200"];
        let text: String = text.join("\0");
        let host = Host::read(&text);
        assert_eq!(host.param("desc"), Some("r"));
        assert_eq!(host.device("name"), "x");
        assert_eq!(host.answers().len(), 2);
    }

    #[test]
    fn an_entry_of_an_unknown_letter_is_left_out() {
        let host = Host::read("fnow\x001000\0?title\0x\0\0y\0pdesc\0hot");
        assert_eq!((host.param("title"), host.param("desc")), (None, Some("hot")));
        assert_eq!(host.entries.len(), 2);
    }

    #[test]
    fn a_setting_is_read_where_it_may_stand_and_from_the_first_place_that_has_it() {
        let host = Host::read("ox\0org\0sx\0server\0px\0call\0oy\0org\0sy\0 \0sz\0server");
        let read = |name, from| host.setting(Key { name, from });
        assert_eq!(read("x", ORG | SERVER | PARAMS), Some("call"));
        assert_eq!(read("x", ORG | SERVER), Some("server"));
        assert_eq!(read("x", ORG), Some("org"));
        assert_eq!(read("y", ORG | SERVER), Some("org"));
        assert_eq!(read("z", ORG | PARAMS), None);
    }

    #[test]
    fn an_answers_fields_are_no_settings() {
        let host = Host::read("r\x001000\0owecom_webhook_url\0evil");
        assert_eq!(host.get(Source::Org, "wecom_webhook_url"), None);
    }
}
