//! What is remembered of an alarm between two calls, and its short text in a device attribute.
//! What follows from it is decided in `decide`.

use crate::alarm::Level;

/// No stored text is longer, in bytes.
pub const LIMIT: usize = 200;
/// Bytes of the title that are kept for the words of a tick.
const TITLE: usize = 72;
/// Change times that are kept: the largest N of a flapping rule.
pub(super) const CHANGES: usize = 9;
/// The text's first field; another one is no state.
const VERSION: u32 = 1;

/// The memory of one alarm. Times are seconds since 1970, 0 = never or unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The level that holds; `None`: not active.
    pub level: Option<Level>,
    /// The level that the last message said holds; `None`: none said so, or it said recovered.
    /// Where it differs from `level`, a message is held back (quiet, muted, unstable) or failed.
    pub told: Option<Level>,
    /// The highest level of a message since the raise: the people who shall hear of the end.
    pub peak: Option<Level>,
    /// The highest level since the raise.
    pub worst: Option<Level>,
    /// The raise. While unstable: the first of the changes that made it so.
    pub since: u32,
    /// The first message since the raise: the age of escalation counts from here.
    pub first: u32,
    /// The last message.
    pub sent: u32,
    /// Messages since the raise, 65,535 at most.
    pub messages: u32,
    /// Escalation steps done since the raise, bit i = step i.
    pub steps: u8,
    /// The "unstable" message was sent and the summary is due when the alarm stays as it is.
    pub unstable: bool,
    /// An acknowledgement without time stood already when the alarm was raised, so it is not for this raise.
    pub old_ack: bool,
    /// Changes of the level while unstable, 65,535 at most.
    pub flips: u32,
    /// The times of the last changes, newest first, 0 = none.
    pub changes: [u32; CHANGES],
    /// The title's beginning, for a tick that finds no better words.
    pub title: String,
}

/// The device attribute that keeps an alarm's state: `ntf_<name>` for a plain name
/// (1 to 32 of `A-Z a-z 0-9 _ . -`), else `ntf_~` and a hash of 16 hex digits.
/// The name `ack` is hashed too, since `ntf_ack` is the acknowledgement.
pub fn key(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let mut key = String::with_capacity(36);
    key.push_str("ntf_");
    if (1..=32).contains(&name.len()) && name.bytes().all(plain) && name != "ack" {
        key.push_str(name);
    } else {
        key.push('~');
        let hash = hash(0xcbf2_9ce4_8422_2325, name);
        for i in (0..16).rev() {
            key.push(digit((hash >> (4 * i)) as u32 & 15));
        }
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
    let hash = hash(0x6c62_272e_07bb_0142, name);
    (hash ^ (hash >> 32)) as u32
}

fn digit(n: u32) -> char {
    char::from_digit(n, 36).unwrap_or('0')
}

/// 0 = none, then the levels in rising order.
fn code(level: Option<Level>) -> u32 {
    level.map_or(0, |level| level as u32 + 1)
}

/// The reverse of [`code`] for the lowest three bits.
fn uncode(bits: u32) -> Option<Option<Level>> {
    match bits & 7 {
        0 => Some(None),
        n => Level::ALL.get(n as usize - 1).map(|level| Some(*level)),
    }
}

impl State {
    /// The state that `text` keeps for the alarm `name`. Anything else than a text that [`State::text`]
    /// wrote for this name (garbage, another version, another alarm's) is `None`: no state.
    pub fn read(text: &str, name: &str) -> Option<State> {
        if text.len() > LIMIT {
            return None;
        }
        let mut fields = Fields(text);
        if fields.next()? != VERSION || fields.next()? != mark(name) {
            return None;
        }
        let bits = fields.next()?;
        let mut state = State {
            level: uncode(bits)?,
            told: uncode(bits >> 3)?,
            peak: uncode(bits >> 6)?,
            worst: uncode(bits >> 9)?,
            unstable: bits & 1 << 12 != 0,
            old_ack: bits & 1 << 13 != 0,
            steps: (bits >> 14) as u8 & 63,
            since: fields.next()?,
            first: fields.next()?,
            sent: fields.next()?,
            messages: fields.next()?,
            flips: fields.next()?,
            ..State::default()
        };
        let count = bits as usize >> 20;
        if count > CHANGES {
            return None;
        }
        // The newest change is a time, each older one the seconds before the one ahead of it.
        let mut last = None;
        for slot in state.changes.iter_mut().take(count) {
            let n = fields.next()?;
            *slot = last.map_or(Some(n), |last: u32| last.checked_sub(n)).filter(|at| *at > 0)?;
            last = Some(*slot);
        }
        state.title.push_str(fields.0);
        Some(state)
    }

    /// The text for the attribute: at most [`LIMIT`] bytes; the title is cut at a character.
    /// Numbers in base 36, each ended by a dot, then the title.
    pub fn text(&self, name: &str) -> String {
        let count = self.changes.iter().filter(|at| **at > 0).count() as u32;
        let bits = code(self.level)
            | code(self.told) << 3
            | code(self.peak) << 6
            | code(self.worst) << 9
            | u32::from(self.unstable) << 12
            | u32::from(self.old_ack) << 13
            | u32::from(self.steps & 63) << 14
            | count << 20;
        let mut text = String::with_capacity(LIMIT);
        let head = [
            VERSION,
            mark(name),
            bits,
            self.since,
            self.first,
            self.sent,
            self.messages.min(0xffff),
            self.flips.min(0xffff),
        ];
        for n in head {
            push(&mut text, n);
        }
        let mut last = 0u32;
        for at in self.changes.iter().copied().take(count as usize) {
            push(&mut text, if last == 0 { at } else { last.saturating_sub(at) });
            last = at;
        }
        text.push_str(short(&self.title));
        text
    }

    /// Puts a change in front of the list; the oldest falls out.
    pub(super) fn push_change(&mut self, at: u32) {
        let mut carry = at;
        for slot in &mut self.changes {
            core::mem::swap(slot, &mut carry);
        }
    }

    /// Moves what lies in the future back to `now` after the clock was set back, so that no wait lasts
    /// longer than its length; the last message then lies infinitely far back: a reminder is due.
    /// Whether anything moved.
    pub(super) fn clamp(&mut self, now: u32) -> bool {
        let mut moved = false;
        for at in [&mut self.since, &mut self.first].into_iter().chain(&mut self.changes) {
            if *at > now {
                *at = now;
                moved = true;
            }
        }
        if self.sent > now {
            self.sent = 0;
            moved = true;
        }
        moved
    }
}

/// The title's first [`TITLE`] bytes, cut at a character.
fn short(title: &str) -> &str {
    let mut end = TITLE.min(title.len());
    loop {
        match title.get(..end) {
            Some(head) => return head,
            None => end -= 1,
        }
    }
}

/// Appends a number in base 36 and a dot.
#[inline(never)]
fn push(text: &mut String, n: u32) {
    let mut unit = 1;
    while n / unit >= 36 {
        unit *= 36;
    }
    while unit > 0 {
        text.push(digit(n / unit % 36));
        unit /= 36;
    }
    text.push('.');
}

/// The reader of what [`push`] wrote; what is left is the title.
struct Fields<'a>(&'a str);

impl Fields<'_> {
    #[inline(never)]
    fn next(&mut self) -> Option<u32> {
        let (field, rest) = super::grammar::cut(self.0, b'.')?;
        self.0 = rest;
        let mut n = 0u32;
        for byte in field.bytes() {
            let digit = (byte as char).to_digit(36)?;
            n = n.checked_mul(36)?.checked_add(digit)?;
        }
        (!field.is_empty()).then_some(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stand_in_the_key_and_others_are_hashed() {
        assert_eq!(key("overheat_alarm"), "ntf_overheat_alarm");
        assert_eq!(key("__proto__"), "ntf___proto__");
        assert_eq!(key(""), "ntf_~cbf29ce484222325");
        assert_eq!(hash(0xcbf2_9ce4_8422_2325, "foobar"), 0x8594_4171_f739_67e8, "the published FNV-1a vector");
        for odd in ["ack", "过温", "a\0", "123456789012345678901234567890123"] {
            assert!(key(odd).starts_with("ntf_~") && key(odd).len() == 21, "{odd}");
        }
    }

    #[test]
    fn the_fullest_state_fits_and_returns() {
        let mut state = State {
            level: Some(Level::Urgent),
            told: Some(Level::Urgent),
            peak: Some(Level::Urgent),
            worst: Some(Level::Urgent),
            since: u32::MAX,
            first: u32::MAX,
            sent: u32::MAX,
            messages: u32::MAX,
            steps: 63,
            unstable: true,
            old_ack: true,
            flips: u32::MAX,
            changes: [u32::MAX, 2_000_000_000, 1_500_000_000, 999_999_999, 500_000_000, 100_000_000, 50_000_000, 9, 1],
            title: "过温报警🌡".repeat(20),
        };
        let text = state.text("x");
        assert!(text.len() <= LIMIT, "{} bytes", text.len());
        let read = State::read(&text, "x").expect("own text");
        assert!(state.title.starts_with(&read.title) && read.title.len() > TITLE - 4);
        state.title = read.title.clone();
        (state.messages, state.flips) = (0xffff, 0xffff);
        assert_eq!(read, state);
    }

    #[test]
    fn a_text_of_another_alarm_version_or_kind_is_no_state() {
        let text = State::default().text("a");
        assert!(State::read(&text, "a").is_some());
        assert_eq!(State::read(&text, "b"), None);
        assert_eq!(State::read(&text.replacen('1', "2", 1), "a"), None);
        assert_eq!(State::read(&"x".repeat(300), "a"), None);
        for other in ["", "1", "1.", "true", "1732190000000", "{}", "null", "....................", "zzzzzzzzzzzzzzz."] {
            assert_eq!(State::read(other, "a"), None, "{other}");
        }
        for end in 0..text.len() {
            assert_eq!(State::read(&text[..end], "a"), None, "cut at {end}");
        }
    }
}
