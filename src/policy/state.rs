//! What is remembered of an alarm between two calls, and its short text in a device attribute.
//! What follows from it is decided in `decide`.

use alloc::string::String;

use super::rules::CHANGES;
use crate::alarm::Level;
use crate::text::split_at_byte;

/// No stored text is longer, in bytes.
pub const LIMIT: usize = 200;
/// The text's first field; another one is no state.
const VERSION: u32 = 1;
/// How many numbers stand before the times of changes: levels, flags, counts, times.
const HEAD: usize = 4 + 2 + 3 + 3;

/// The memory of one alarm. Times are seconds since 1970, 0 = never or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State<'a> {
    /// What holds; `None`: not active.
    pub level: Option<Level>,
    /// What the last message said holds; `None`: nothing was told, or the end. Where it differs from
    /// `level`, a message was held back (quiet, muted, unstable) or failed.
    pub told: Option<Level>,
    /// The highest level of a message since the raise: the people who shall hear of the end.
    pub peak: Option<Level>,
    /// The highest level since the raise.
    pub worst: Option<Level>,
    /// The "unstable" message was sent, and the summary is due when the alarm stays as it is.
    pub unstable: bool,
    /// An acknowledgement without time stood already when the alarm was raised, so it is not for this raise.
    pub old_ack: bool,
    /// Escalation steps done since the raise, bit i = step i.
    pub steps: u32,
    /// Messages since the raise.
    pub messages: u32,
    /// Changes of the level while unstable.
    pub flips: u32,
    /// The raise. While unstable: the first of the changes that made it so.
    pub since: u32,
    /// The first message since the raise: the age of escalation counts from here.
    pub first: u32,
    /// The last message.
    pub sent: u32,
    /// The times of the last changes, newest first, 0 = none.
    pub changes: [u32; CHANGES],
    /// The title, for a tick that finds no better words; what fits of it is stored (at least 22 bytes, mostly 100).
    pub title: &'a str,
}

/// How the attributes that keep states begin.
pub const PREFIX: &str = "ntf_";
/// The acknowledgement's attribute, which begins alike: no alarm's state is kept there.
const ACK: &str = "ack";

/// The device attribute that keeps an alarm's state: `ntf_<name>` for a plain name
/// (1 to 32 of `A-Z a-z 0-9 _ . -`), else `ntf_~` and a hash (64 bits in base 36, two numbers each ended by a dot).
/// The name `ack` is hashed too, since `ntf_ack` is the acknowledgement.
pub fn key(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let mut key = String::from(PREFIX);
    if !name.is_empty() && name.len() <= 32 && name.bytes().all(plain) && name != ACK {
        key.push_str(name);
    } else {
        key.push('~');
        let hash = hash(0xcbf2_9ce4_8422_2325, name);
        push(&mut key, (hash >> 32) as u32);
        push(&mut key, hash as u32);
    }
    key
}

/// FNV-1a of 64 bits.
#[inline(never)]
fn hash(start: u64, name: &str) -> u64 {
    let mut hash = start;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The name's mark inside the text. Should two hashed names ever share a key, each finds the other's
/// text foreign and counts it as no state: that is a message too many, never one too few.
fn mark(name: &str) -> u32 {
    (hash(0x6c62_272e_07bb_0142, name) >> 16) as u32
}

impl<'a> State<'a> {
    /// The state that `text` keeps for the alarm `name`. Anything else than a text that [`State::text`]
    /// wrote for this name (garbage, another version, another alarm's) is `None`: no state.
    pub fn read(text: &'a str, name: &str) -> Option<State<'a>> {
        let mut rest = text;
        if number(&mut rest) != Some(VERSION)
            || number(&mut rest) != Some(mark(name))
            || text.len() > LIMIT
        {
            return None;
        }
        let mut head = [0; HEAD];
        let mut changes = [0; CHANGES];
        for slot in head.iter_mut().chain(&mut changes) {
            *slot = number(&mut rest)?;
        }
        let [l, told, peak, worst, unstable, old_ack, steps, messages, flips, since, first, sent] =
            head;
        Some(State {
            level: level(l)?,
            told: level(told)?,
            peak: level(peak)?,
            worst: level(worst)?,
            unstable: unstable != 0,
            old_ack: old_ack != 0,
            steps,
            messages,
            flips,
            since,
            first,
            sent,
            changes,
            title: rest,
        })
    }

    /// What holds by `text` for the alarm `name`, for who needs no more of it; `None` also where it is no state.
    pub fn level(text: &str, name: &str) -> Option<Level> {
        let mut rest = text;
        if number(&mut rest) != Some(VERSION) || number(&mut rest) != Some(mark(name)) {
            return None;
        }
        level(number(&mut rest)?)?
    }

    /// The text for the attribute: at most [`LIMIT`] bytes; the title is cut at a character.
    /// Numbers in base 36, each ended by a dot: version, mark, then as `head` lists them, the times of changes; then the title.
    pub fn text(&self, name: &str) -> String {
        let mut text = String::with_capacity(LIMIT);
        push(&mut text, VERSION);
        push(&mut text, mark(name));
        for n in self.head().iter().chain(&self.changes) {
            push(&mut text, *n);
        }
        // 23 numbers of at most 7 digits leave room for some title in any case.
        let mut end = LIMIT.saturating_sub(text.len()).min(self.title.len());
        while !self.title.is_char_boundary(end) {
            end -= 1;
        }
        text.push_str(self.title.get(..end).unwrap_or_default());
        text
    }

    /// What is stored before the times of changes, in its order.
    fn head(&self) -> [u32; HEAD] {
        [
            code(self.level),
            code(self.told),
            code(self.peak),
            code(self.worst),
            self.unstable.into(),
            self.old_ack.into(),
            self.steps,
            self.messages,
            self.flips,
            self.since,
            self.first,
            self.sent,
        ]
    }

    /// Puts a change in front of the list; the oldest falls out.
    pub(super) fn push_change(&mut self, at: u32) {
        let mut carry = at;
        for slot in &mut self.changes {
            core::mem::swap(slot, &mut carry);
        }
    }

    /// Forgets every time that lies in the future, since the clock was set back: what is not known is due, or not
    /// over. Whether there was any.
    pub(super) fn forget_future(&mut self, now: u32) -> bool {
        let mut found = false;
        let times = [&mut self.since, &mut self.first, &mut self.sent];
        for time in times.into_iter().chain(&mut self.changes) {
            if *time > now {
                *time = 0;
                found = true;
            }
        }
        found
    }
}

/// A level as it is stored: 0 for none, 1 to 4 from low to urgent.
fn code(level: Option<Level>) -> u32 {
    level.map_or(0, |level| level as u32 + 1)
}

/// The way back of [`code`]; `None` for a number that stands for no level.
fn level(code: u32) -> Option<Option<Level>> {
    match code {
        0 => Some(None),
        _ => Level::ALL.get(code as usize - 1).map(|level| Some(*level)),
    }
}

/// Appends a number in base 36 and a dot.
fn push(text: &mut String, n: u32) {
    push_digits(text, n);
    text.push('.');
}

fn push_digits(text: &mut String, n: u32) {
    if n >= 36 {
        push_digits(text, n / 36);
    }
    let digit = (n % 36) as u8;
    text.push((if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }) as char);
}

/// Reads what [`push`] wrote off the front.
#[inline(never)]
fn number(text: &mut &str) -> Option<u32> {
    let (field, rest) = split_at_byte(text, b'.')?;
    *text = rest;
    let mut n = 0u32;
    for byte in field.bytes() {
        n = n.checked_mul(36)?.checked_add(char::from(byte).to_digit(36)?)?;
    }
    (!field.is_empty()).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stand_in_the_key_and_others_are_hashed() {
        assert_eq!(key("overheat_alarm"), "ntf_overheat_alarm");
        assert_eq!(key("__proto__"), "ntf___proto__");
        assert_eq!(key(""), "ntf_~1kl6d44.10nucrp.");
        assert_eq!(
            hash(0xcbf2_9ce4_8422_2325, "foobar"),
            0x8594_4171_f739_67e8,
            "the published FNV-1a vector"
        );
        for odd in ["ack", "过温", "a\0", "a b", "123456789012345678901234567890123"] {
            assert!(key(odd).starts_with("ntf_~") && key(odd).len() <= 21, "{odd}");
        }
    }

    #[test]
    fn a_levels_code_leads_back_to_it() {
        let levels =
            [None, Some(Level::Low), Some(Level::Mid), Some(Level::High), Some(Level::Urgent)];
        assert_eq!(levels.map(code), [0, 1, 2, 3, 4]);
        assert_eq!(levels.map(|l| level(code(l))), levels.map(Some));
        assert_eq!([5, u32::MAX].map(level), [None; 2]);
    }

    #[test]
    fn the_text_is_its_fields_in_order() {
        let state = State {
            level: Some(Level::Urgent),
            told: Some(Level::High),
            peak: Some(Level::Mid),
            worst: Some(Level::Low),
            unstable: true,
            old_ack: false,
            steps: 5,
            messages: 6,
            flips: 7,
            since: 36,
            first: 37,
            sent: 35,
            changes: [71, 70, 0, 0, 0, 0, 0, 0, 0],
            title: "T.1",
        };
        let text = state.text("x");
        let (_, fields) = text.split_once('.').unwrap().1.split_once('.').unwrap();
        assert!(text.starts_with("1."));
        assert_eq!(fields, "4.3.2.1.1.0.5.6.7.10.11.z.1z.1y.0.0.0.0.0.0.0.T.1");
        assert_eq!(State::read(&text, "x"), Some(state));
    }

    #[test]
    fn the_fullest_state_fits_and_returns() {
        let title = "过温报警🌡".repeat(20);
        let state = State {
            level: Some(Level::Urgent),
            told: Some(Level::Urgent),
            peak: Some(Level::Urgent),
            worst: Some(Level::Urgent),
            unstable: true,
            old_ack: true,
            steps: u32::MAX,
            messages: u32::MAX,
            flips: u32::MAX,
            since: u32::MAX,
            first: u32::MAX,
            sent: u32::MAX,
            changes: [u32::MAX; CHANGES],
            title: &title,
        };
        for name in ["x", "过温", "a", "b", "c", "d"] {
            let text = state.text(name);
            assert!(text.len() <= LIMIT, "{} bytes", text.len());
            let read = State::read(&text, name).expect("own text");
            assert!(title.starts_with(read.title) && read.title.len() >= 22);
            assert_eq!(read, State { title: read.title, ..state });
        }
    }

    #[test]
    fn a_text_of_another_alarm_version_or_kind_is_no_state() {
        let text = State::default().text("a");
        assert!(State::read(&text, "a").is_some());
        assert_eq!(State::read(&text, "b"), None);
        assert_eq!(State::read(&text.replacen('1', "2", 1), "a"), None);
        assert_eq!(State::read(&(text.clone() + &"x".repeat(200)), "a"), None);
        let no_level = text.replacen(".0.0.", ".0.5.", 1);
        assert_ne!(no_level, text);
        assert_eq!(State::read(&no_level, "a"), None);
        for other in [
            "",
            "1",
            "1.",
            "true",
            "1732190000000",
            "{}",
            "null",
            "....................",
            "zzzzzzzzzzzzzzz.",
        ] {
            assert_eq!(State::read(other, "a"), None, "{other}");
        }
        for end in 0..text.len() {
            assert_eq!(State::read(&text[..end], "a"), None, "cut at {end}");
        }
    }
}
