//! The neutral message: a heading, facts and mentions, before any service's markup.
//! Knows no service; a channel turns it into its own text.

pub mod fit;
pub mod text;
pub mod time;
pub mod words;

/// What a push says, in the order people read it.
pub struct Message<'a> {
    /// What happened, in our words.
    pub heading: &'static str,
    /// To whom or what, in the field's words; may be empty.
    pub subject: &'a str,
    pub facts: Vec<Fact<'a>>,
}

/// One labelled line. `text` comes from the field or the caller and is not yet inert.
pub struct Fact<'a> {
    pub label: &'static str,
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
    /// An alarm level, coloured or bold where the service can.
    Level,
    /// A description: may be long, keeps its line breaks, first to be shortened.
    Block,
    /// Text of our own making (time, counts): never shortened.
    Own,
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
