//! Faults of settings, as values: which setting, what was read, and a sentence that names the fix.

use alloc::string::String;

use crate::text::fill_template;

/// A setting that is missing or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting's name, for a robot's with its `_<name>`.
    pub setting: String,
    /// The offending part as typed, never of a credential; or the other setting that the sentence names.
    pub piece: String,
    /// What is wrong with it.
    pub kind: Kind,
}

impl Fault {
    #[inline(never)]
    pub fn new(setting: &str, piece: &str, kind: Kind) -> Fault {
        Fault { setting: setting.into(), piece: piece.into(), kind }
    }

    /// What is wrong and how to put it right, as one sentence.
    ///
    /// ```
    /// use tkl_notify::settings::{Fault, Kind};
    /// let fault = Fault::new("notify_repeat", "soon", Kind::DURATION);
    /// assert_eq!(
    ///     fault.sentence(),
    ///     "notify_repeat: \"soon\" is not a duration: write 90s, 15m, 4h or 2d (up to 366d). Its default applies."
    /// );
    /// ```
    pub fn sentence(&self) -> String {
        let words = self.kind.0;
        if words.starts_with('{') {
            return fill_template(words, &self.setting, &self.piece);
        }
        let whole = cat!("{a}: \"{b}\" ", words, ". Its default applies.");
        fill_template(&whole, &self.setting, &self.piece)
    }
}

/// What is wrong with a setting: what follows the quoted piece, or a whole sentence with `{a}` for the
/// setting and `{b}` for the piece. A constant for each kind and not an enum, so that a paste file holds
/// only the words of the kinds that can arise in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str);

/// The kinds of faults: a line each, with what it says.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $words:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $kind: Kind = Kind($words);)*

            /// Every kind with its name, for checks, documentation and programs.
            pub const ALL: &[(Kind, &str)] = &[$((Kind::$kind, stringify!($kind))),*];
        }
    };
}

kinds! {
    /// Nothing after the `=`.
    VALUE: "has no value after the =";
    /// An entry without `=`, or nothing before it.
    BINDING: "has no =: write 15m=dingtalk, 22:00-07:00=low";
    /// A level with two values.
    TWICE: "is given twice: keep one";
    /// Not a word of a level.
    LEVEL: "is not a level: use low, mid, high, urgent or *";
    /// Not a duration, or not 1 s to 366 d.
    DURATION: "is not a duration: write 90s, 15m, 4h or 2d (up to 366d)";
    /// Not `off` or `<changes>/<window>,<calm>`.
    FLAPPING: "is not a flapping rule: write 5/30m,30m (3 to 9) or off";
    /// Not a weekday or a range of them.
    DAY: "is not a weekday: write mon, sat,sun or mon-fri";
    /// Not a time range, or a second one.
    HOURS: "is not a time range: write 22:00-07:00";
    /// Not a time, or not of the years 1970 to 2105.
    MOMENT: "is not a time: write 2026-11-21 18:00 or epoch ms";
    /// Not a user, mobile or all.
    MENTION: "is not a mention: use user:<id>, mobile:<number> or all";
    /// Not of the form `kind` or `kind:name`.
    CHANNEL: "is not a channel: write wecom or wecom:alarm";
    /// A route for some levels only.
    UNCOVERED: "leaves out a level: add *=<channel> or *=none";
    /// More escalation steps than [`STEPS`](crate::policy::STEPS).
    STEPS: "is a step too many: keep 6";
    /// Not a time of 1 s to 30 s.
    WAIT: "{a} is not a time from 1s to 30s: 3s is used.";
    /// Not `on` or `off`.
    SWITCH: "{a} is neither on nor off: its default is used.";
    /// Not `confirm` or `action`.
    DELIVERY: "{a} is neither confirm nor action: its default is used.";
    /// Neither an offset nor a zone that the host knows.
    ZONE: "{a} is neither an offset such as +08:00 nor a zone this host knows: UTC is used.";
    /// Not an address of a page.
    LINK: "{a}: the link must start with https://. It is not shown.";
    /// A credential or address that has to be there.
    NOT_SET: "{a} is not set. Set it{where}";
    /// Token and secret have to be there; `piece` is the second.
    PAIR_NOT_SET: "{a} and {b} are not set. Set them{where}";
    /// One of a pair is there, this one is not; `piece` is the secret's name.
    UNPAIRED: "{a} is not set beside its pair. Set it ({b} = none for a robot without signing){where}";
    /// A robot's setting is not there: the default robot's, `piece`, is taken.
    FELL_BACK: "{a} is not set: sent to {b} instead. Set it{where}";
    /// The address is not one of the service; `piece` is how it begins.
    WEBHOOK: "{a} is not a webhook of this service. Set it to {b}=… or to its last part alone{where}";
    /// Not an https address without query.
    GATEWAY: "{a} must start with https:// and hold no query. Correct it{where}";
    /// Not a whole number.
    WHOLE: "{a} is not a whole number. Copy it from the app's page and set it{where}";
    /// A credential where operators and MQTT subscribers can read it; `piece` is the second of the pair.
    EXPOSED: "{a} and {b} were read from server_attrs, which every operator and MQTT subscriber can read. Move them to Org Params.";
    /// More recipients than the service takes.
    RECIPIENTS: "{a} is too long for WeCom: the rest was left out.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_sentence_of_its_own_that_names_the_setting() {
        let mut sentences = BTreeSet::new();
        for &(kind, name) in Kind::ALL {
            let sentence = Fault::new("setting", "piece", kind).sentence();
            assert!(sentence.contains("setting") && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains(['{', '}']), "{sentence}");
            assert!(sentences.insert(sentence), "{name} says what another kind says");
        }
    }
}
