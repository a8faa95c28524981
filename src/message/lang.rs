//! The languages of messages and logs. A text is a pair, so that none can miss a language.

use crate::host::Host;
use crate::settings::NOTIFY_LANG;

/// A text of ours in every language: English, Chinese.
pub type Phrase = (&'static str, &'static str);

/// The language people set.
#[derive(Clone, Copy, PartialEq)]
pub enum Lang {
    En,
    Zh,
}

impl Lang {
    /// `notify_lang`; English for anything that is not Chinese.
    pub fn read(host: &Host) -> Lang {
        let lang = host.setting(NOTIFY_LANG).unwrap_or("");
        let zh = lang.get(..2).is_some_and(|lang| lang.eq_ignore_ascii_case("zh"));
        if zh { Lang::Zh } else { Lang::En }
    }

    /// The text in this language.
    pub fn say(self, words: Phrase) -> &'static str {
        match self {
            Lang::En => words.0,
            Lang::Zh => words.1,
        }
    }
}
