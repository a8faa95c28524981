//! Settings: every name people can set, where it may stand, what it is by default, and how its text
//! is read. Each setting is one row, beside the part of the program that it belongs to:
//!
//! - [`WORDING`], [`POLICY`](crate::policy::POLICY), [`DELIVERY`](crate::delivery::DELIVERY): typed
//!   groups, read once a call. The row says the type, and the type says how its text is read.
//! - `settings` of each channel in [`TABLES`](crate::channel::TABLES): its addresses and credentials.
//!
//! [`all`] lists them. What the shim picks, what is masked, documented and typed comes from these rows.

pub mod fault;
pub mod grammar;

use alloc::{borrow::Cow, vec::Vec};

use crate::host::{Host, Source};
use crate::message::lang::{Lang, Phrase};
use crate::text::narrow;

pub use fault::{Fault, Kind};
pub use grammar::Reader;

/// Set in the organization's Org Params (`org_params`).
pub const ORG: u8 = 1;
/// Set in the device's `server_attrs`.
pub const SERVER: u8 = 2;
/// Set in the call's `params`.
pub const PARAMS: u8 = 4;
/// Set in any of the three.
pub const ANYWHERE: u8 = ORG | SERVER | PARAMS;

/// A setting's name and the sources it may come from: all that is needed to find its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    pub from: u8,
}

/// Whether a setting exists once, or once for each robot as `<setting>_<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Only by its own name.
    Single,
    /// By its own name, and with `_<name>` for each further robot.
    Also,
    /// Only with `_<name>`.
    Only,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub key: Key,
    pub named: Named,
    /// A credential: never in a log, an error or a report.
    pub secret: bool,
    /// What holds where it is not set: a text as one would set it, or words; empty for nothing.
    pub default: Phrase,
    /// A text as one would set it.
    pub example: &'static str,
    /// What it means, in both languages.
    pub words: Phrase,
}

impl Setting {
    pub const fn new(name: &'static str, from: u8) -> Setting {
        Setting {
            key: Key { name, from },
            named: Named::Single,
            secret: false,
            default: ("", ""),
            example: "",
            words: ("", ""),
        }
    }

    /// A credential.
    pub const fn secret(mut self) -> Setting {
        self.secret = true;
        self
    }

    pub const fn named(mut self, named: Named) -> Setting {
        self.named = named;
        self
    }

    /// A default that is a text of the setting.
    pub const fn default(self, text: &'static str) -> Setting {
        self.default_words(text, text)
    }

    /// A default that takes words.
    pub const fn default_words(mut self, en: &'static str, zh: &'static str) -> Setting {
        self.default = (en, zh);
        self
    }

    pub const fn example(mut self, text: &'static str) -> Setting {
        self.example = text;
        self
    }

    pub const fn words(mut self, en: &'static str, zh: &'static str) -> Setting {
        self.words = (en, zh);
        self
    }
}

/// The settings that are no channel's own.
pub const GROUPS: &[&[Setting]] =
    &[&[TIMEZONE], crate::policy::POLICY, WORDING, crate::delivery::DELIVERY];

/// All settings, in the order of the documentation; one that several channels share stands once.
pub fn all() -> Vec<&'static Setting> {
    let mut rows: Vec<&Setting> = Vec::new();
    let channels = crate::channel::TABLES.iter().map(|table| table.settings);
    for row in channels.chain(GROUPS.iter().copied()).flatten() {
        if !rows.iter().any(|other| other.key == row.key) {
            rows.push(row);
        }
    }
    rows
}

/// A type that a setting's text is read into.
pub trait Value<'a>: Sized {
    /// Whether `off`, `no`, `none`, `0`, `false` and `null` mean "not set". (A device's attribute
    /// cannot be deleted, so there must be a word for it.)
    const OFF_IS_UNSET: bool = true;

    /// What holds where the setting is not set, or cannot be read.
    fn unset() -> Self;

    /// Reads a text that is not empty; a fault is told to the reader.
    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self;
}

/// Typed settings, read together: a struct whose fields' types read them, and the rows of the table.
macro_rules! group {
    (
        $(#[$doc:meta])*
        pub struct $name:ident<'a>, $(#[$table_doc:meta])* $table:ident:
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $row:expr;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<'a> {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        $(#[$table_doc])*
        pub const $table: &[$crate::settings::Setting] = &[$($row),*];

        impl<'a> $name<'a> {
            /// The names to look for, and where.
            pub const KEYS: &'static [$crate::settings::Key] = &[$($row.key),*];

            /// Reads each setting; one that is not set, or faulty, has its default.
            pub fn read(
                texts: &'a $crate::settings::Texts<'_>,
                reader: &mut $crate::settings::Reader<'a>,
            ) -> Self {
                $(let $field: $type = reader.setting(texts, const { $row.key });)*
                Self { $($field),* }
            }
        }

        impl Default for $name<'_> {
            /// As if none were set.
            fn default() -> Self {
                Self { $($field: $crate::settings::Value::unset()),* }
            }
        }
    };
}
pub(crate) use group;

/// The texts of some settings as one call finds them: the first source that has one, trimmed, in
/// half-width forms.
///
/// ```
/// use tkl_notify::{host::Host, policy::Rules, settings::Texts};
/// let host = Host::read("snotify_repeat\0 ４ｈ \0onotify_repeat\x001h");
/// assert_eq!(Texts::read(&host, &[Rules::KEYS]).get("notify_repeat"), "4h");
/// ```
#[derive(Debug)]
pub struct Texts<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Texts<'a> {
    /// Looks for these settings in the host's input.
    pub fn read(host: &Host<'a>, keys: &[&[Key]]) -> Texts<'a> {
        let mut texts = Texts(Vec::new());
        // The source that counts most comes first.
        for (source, bit) in [(Source::Param, PARAMS), (Source::Server, SERVER), (Source::Org, ORG)]
        {
            for entry in host.all(source) {
                let mut keys = keys.iter().flat_map(|group| group.iter());
                let key = keys.find(|key| key.from & bit != 0 && key.name == entry.name);
                let text = entry.value.trim_ascii();
                if let Some(key) = key
                    && !text.is_empty()
                    && texts.get(key.name).is_empty()
                {
                    texts.0.push((key.name, narrow(text)));
                }
            }
        }
        texts
    }

    /// A setting's text; empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| *other == name).map_or("", |(_, text)| text.trim_ascii())
    }
}

impl<'a> FromIterator<(&'static str, &'a str)> for Texts<'a> {
    /// Texts as if they had been set.
    fn from_iter<I: IntoIterator<Item = (&'static str, &'a str)>>(pairs: I) -> Texts<'a> {
        Texts(pairs.into_iter().map(|(name, text)| (name, narrow(text))).collect())
    }
}

/// The zone of times shown; also of times of day and moments that are typed without one.
pub const TIMEZONE: Setting = Setting::new("notify_timezone", ANYWHERE).example("+08:00").words(
    "Zone of the time shown: an offset (`+08:00`) or an IANA name (`Asia/Shanghai`). Not set: UTC.",
    "消息中时间的时区：偏移（`+08:00`）或 IANA 名称（`Asia/Shanghai`）。不设置则为 UTC。",
);

/// Language of messages and of delivery reports.
pub const LANG: Setting = Setting::new("notify_lang", ANYWHERE).default("en").example("zh").words(
    "Language of messages and of delivery reports: `en` or `zh`.",
    "消息与投递报告的语言：`en` 或 `zh`。",
);

/// In front of every heading. As people type it, full-width marks included.
pub const PREFIX: Setting = Setting::new("notify_prefix", ANYWHERE).example("[PROD]").words(
    "In front of every heading, e.g. `[PROD]`; also the place for a robot's keyword.",
    "每条消息标题前缀，如 `[PROD]`；也可放机器人关键词。",
);

/// Further facts to show.
pub const FIELDS: Setting = Setting::new("notify_fields", ANYWHERE)
    .example("temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}")
    .words(
        "Further facts to show: telemetry with units, tags, location, a link: `temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`.",
        "额外显示的内容：带单位的遥测、标签、位置、链接：`temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`。",
    );

/// What `notify`'s messages say beside the alarm.
pub const WORDING: &[Setting] = &[LANG, PREFIX, FIELDS];

impl Lang {
    /// `notify_lang`; English for anything that is not Chinese.
    pub fn read(host: &Host) -> Lang {
        let lang = host.setting(const { LANG.key }).unwrap_or("");
        let zh = lang.get(..2).is_some_and(|lang| lang.eq_ignore_ascii_case("zh"));
        if zh { Lang::Zh } else { Lang::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_whole() {
        let rows = all();
        let names: BTreeSet<_> = rows.iter().map(|row| row.key.name).collect();
        assert_eq!(names.len(), rows.len(), "a name stands twice");
        for row in rows {
            let name = row.key.name;
            assert!(row.key.from != 0 && row.key.from <= ANYWHERE, "{name}");
            assert!(!row.words.0.is_empty() && !row.words.1.is_empty(), "{name}");
            assert!(!row.example.is_empty(), "{name} has no example");
            assert!(!row.secret || row.key.from & PARAMS == 0, "{name}: params are in every log");
        }
    }

    #[test]
    fn the_first_source_that_has_a_text_counts() {
        let host = Host::read(
            "pnotify_lang\0  \0snotify_lang\0zh\0onotify_lang\0en\0pntf_ack\x001\0pother\0x",
        );
        let ack = Key { name: "ntf_ack", from: SERVER };
        let texts = Texts::read(&host, &[&[LANG.key], &[ack]]);
        assert_eq!(
            (texts.get("notify_lang"), texts.get("ntf_ack"), texts.get("other")),
            ("zh", "", "")
        );
    }
}
