//! The neutral message: a heading, facts and mentions, before any service's markup.
//! Knows no service; a channel turns it into its own text.

use alloc::string::String;
use alloc::vec::Vec;

use crate::alarm::Level;

pub mod fit;
pub mod inert;
pub mod lang;
pub mod words;

/// What a push says, in the order people read it.
pub struct Message<'a> {
    /// The organization's own mark in front of the heading; may be empty.
    pub prefix: &'a str,
    /// What happened, in our words.
    pub heading: &'static str,
    /// To whom or what, in the field's words; may be empty.
    pub subject: &'a str,
    pub facts: Vec<Fact<'a>>,
}

impl<'a> Message<'a> {
    /// The heading in our and the organization's words; the subject follows.
    pub fn start(&self) -> String {
        let space = if self.prefix.is_empty() { "" } else { " " };
        cat!(&inert::inert(self.prefix, None), space, self.heading)
    }
}

impl Fact<'_> {
    /// What of it holds nothing that the field or the caller could word: our own words, a known
    /// level, a plain EUI. So it stays known which device it is.
    pub fn trusted(self) -> Option<Self> {
        let plain = |code: &str| !code.is_empty() && code.bytes().all(|b| b.is_ascii_hexdigit());
        match self.style {
            Style::Own => Some(self),
            Style::Level(level) => level.map(|_| self),
            Style::Code => plain(self.text).then_some(self),
            Style::Named(eui) => {
                plain(eui).then_some(Fact { text: eui, style: Style::Code, ..self })
            }
            _ => None,
        }
    }
}

/// One labelled line. `text` comes from the field or the caller and is not yet inert.
#[derive(Clone, Copy)]
pub struct Fact<'a> {
    pub label: &'a str,
    pub text: &'a str,
    pub style: Style<'a>,
}

/// How a fact's text is set.
#[derive(Clone, Copy)]
pub enum Style<'a> {
    /// Running text on one line.
    Line,
    /// Literal text, such as an EUI.
    Code,
    /// Running text followed by literal text in brackets: `name (eui)`.
    Named(&'a str),
    /// An alarm level, coloured or bold where the service can; `None`: not one of the platform's.
    Level(Option<Level>),
    /// A description: may be long, keeps its line breaks, first to be shortened.
    Block,
    /// Text of our own making (time, counts): never shortened.
    Own,
    /// A link from configuration, shown as this word.
    Link(&'a str),
    /// One of a list, running text on one line. What of the list has no room is left out, and counted by `LeftOut`.
    Entry,
    /// Behind the entries: `+3 more`, in these words; shown where entries were left out.
    LeftOut(&'a str),
}

/// Who is to be rung.
#[derive(Default, Clone)]
pub struct Mentions<'a> {
    pub users: Vec<&'a str>,
    pub mobiles: Vec<&'a str>,
    pub all: bool,
}

impl Mentions<'_> {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.mobiles.is_empty() && !self.all
    }
}
