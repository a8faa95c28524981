//! The languages of messages and logs. A text is a pair, so that none can miss a language.

/// A text of ours in every language: English, Chinese.
pub type Phrase = (&'static str, &'static str);

/// The language people set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lang {
    En,
    Zh,
}

impl Lang {
    /// The text in this language.
    pub fn say(self, words: Phrase) -> &'static str {
        match self {
            Lang::En => words.0,
            Lang::Zh => words.1,
        }
    }
}
