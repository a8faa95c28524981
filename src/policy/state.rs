//! What is remembered of an alarm between two calls, and its short text in a device attribute: what is true of it, and
//! for each channel what it was last told, when, and how often in vain (the ledger). What follows from it is decided in
//! `observe` and `due`.

use alloc::{string::String, vec::Vec};

use super::rules::CHANGES;
use crate::alarm::Level;
use crate::text::{add, split_at_byte};

/// No stored text is longer, in bytes.
pub const LIMIT: usize = 320;
/// Channels that the ledger has room for, more than an alarm's route ever names.
pub const CHANNELS_MAX: usize = 12;
/// The text's first field. Another one is no state, but for that of the version before.
const VERSION: u32 = 2;
const VERSION_BEFORE: u32 = 1;
/// A channel's mark and a credential's, in digits of base 36.
const MARK_DIGITS: u32 = 5;
const CREDENTIAL_DIGITS: u32 = 2;
/// Counts go to here: three digits.
const COUNT_MAX: u32 = 36 * 36 * 36 - 1;
/// Times between changes go to here, 19 days: four digits.
const GAP_MAX: u32 = 36 * 36 * 36 * 36 - 1;

/// No attempt waits longer, in seconds: a service's ten minutes and a quarter more.
pub const WAIT_MAX: u32 = 750;

/// The memory of one alarm. Times are seconds since 1970, 0 = never or unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State<'a> {
    /// What holds; `None`: not active.
    pub level: Option<Level>,
    /// The highest level since the raise.
    pub worst: Option<Level>,
    /// It changes too often: quiet until it has been as it is for long enough.
    pub unstable: bool,
    /// The last tick found it in the platform's record of active alarms.
    pub listed: bool,
    /// The last tick did not, but the one before.
    pub missing: bool,
    /// The level that is acknowledged, and by which acknowledgement: the moment that it names.
    pub acked: Option<Level>,
    pub ack_at: u32,
    /// Escalation steps reached since the raise.
    pub steps: u32,
    /// Messages since the raise: calls that told somebody.
    pub messages: u32,
    /// Changes of the level while unstable.
    pub flips: u32,
    /// The raise. While unstable: the first of the changes that made it so.
    pub since: u32,
    /// The first message since the raise: the age of escalation counts from here.
    pub first: u32,
    /// The times of the last changes, newest first, 0 = none.
    pub changes: [u32; CHANGES],
    /// What each channel was told: [`CHANNELS_MAX`] entries at most.
    pub ledger: Vec<Heard>,
    /// What all channels of the route of a level were told, where nothing says which: in a text of the version before,
    /// and of an alarm that only the platform remembers.
    pub told_all: Option<(Level, Heard)>,
    /// The title, for a tick that finds no better words; what fits of it is stored (mostly 150 bytes).
    pub title: &'a str,
}

/// What one channel heard of an alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The channel's mark ([`channel_mark`]).
    pub channel: u32,
    /// The level that it was last told; `None`: nothing, or the end. While `unstable`: the highest that it was told.
    pub told: Option<Level>,
    /// It was told that the alarm is unstable, and is owed the summary.
    pub unstable: bool,
    /// The message arrived, but not the short text that rings.
    pub ring: bool,
    /// It refused the last message as one too many.
    pub throttled: bool,
    /// Its readers may believe something else than `told`: perhaps it took a message that it was sent in vain, or it is
    /// owed the summary of a time that is over.
    pub unsure: bool,
    /// Escalation steps that it was told of.
    pub steps: u32,
    /// When it was told last.
    pub at: u32,
    /// How often it could not be told what is due now, when it may be tried again, and the mark of the credential that
    /// did not help.
    pub tries: u32,
    pub next: u32,
    pub credential: u32,
}

impl Heard {
    /// Whether the channel believes something that may have to be told otherwise.
    pub fn is_owed(&self) -> bool {
        self.told.is_some() || self.ring || self.unsure
    }
}

/// How the attributes that keep states begin.
pub const PREFIX: &str = "ntf_";
/// The alarm of a device that sends no data.
pub const NO_DATA: &str = "no_data";
/// The acknowledgement's attribute, which begins alike: no alarm's state is kept there.
pub const ACK: &str = "ntf_ack";

/// The device attribute that keeps an alarm's state: `ntf_<name>` for a plain name
/// (1 to 32 of `A-Z a-z 0-9 _ . -`), else `ntf_~` and a hash (64 bits in base 36, two numbers each ended by a dot).
/// The name `ack` is hashed too, since `ntf_ack` is the acknowledgement.
pub fn key(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let mut key = String::from(PREFIX);
    if !name.is_empty() && name.len() <= 32 && name.bytes().all(plain) && name != "ack" {
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

/// A channel's mark in the ledger, such as that of `wecom:duty`; never 0.
pub fn channel_mark(name: &str) -> u32 {
    let room = 36u32.pow(MARK_DIGITS);
    // The low half of the hash alone would keep similar names close.
    let hash = hash(0xcbf2_9ce4_8422_2325, name);
    ((hash >> 32) as u32 ^ hash as u32) % (room - 1) + 1
}

/// The mark of a credential, which tells that it was changed and nothing else: one of 1,296.
pub fn credential_mark(credential: &str) -> u32 {
    (hash(0x6c62_272e_07bb_0142, credential) >> 40) as u32 % 36u32.pow(CREDENTIAL_DIGITS)
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
        let version = number(&mut rest)?;
        if number(&mut rest) != Some(mark(name)) || text.len() > LIMIT {
            return None;
        }
        match version {
            VERSION => State::read_fields(rest),
            VERSION_BEFORE => State::read_before(rest),
            _ => None,
        }
    }

    /// What follows version and mark, in the order in which [`State::text`] writes it.
    fn read_fields(mut rest: &'a str) -> Option<State<'a>> {
        let mut next = || number(&mut rest);
        let mut state = State {
            level: level(next()?)?,
            worst: level(next()?)?,
            acked: level(next()?)?,
            ..State::default()
        };
        let flags = next()?;
        state.unstable = flags & 1 > 0;
        state.listed = flags & 2 > 0;
        state.missing = flags & 4 > 0;
        for count in [
            &mut state.steps,
            &mut state.messages,
            &mut state.flips,
            &mut state.since,
            &mut state.first,
            &mut state.ack_at,
        ] {
            *count = next()?;
        }
        let mut at = next()?;
        for slot in &mut state.changes {
            if at == 0 {
                break;
            }
            *slot = at;
            let gap = next()?;
            at = if gap == 0 { 0 } else { at.checked_sub(gap - 1)? };
        }
        for _ in 0..next()?.min(CHANNELS_MAX as u32) {
            state.ledger.push(Heard::read(&mut rest)?);
        }
        state.title = rest;
        Some(state)
    }

    /// The same in a text of the version before, which knew of one audience only.
    fn read_before(mut rest: &'a str) -> Option<State<'a>> {
        let mut head = [0; 12];
        let mut changes = [0; CHANGES];
        for slot in head.iter_mut().chain(&mut changes) {
            *slot = number(&mut rest)?;
        }
        let [l, told, peak, worst, unstable, _, steps, messages, flips, since, first, at] = head;
        let told = level(told)?;
        let unstable = unstable != 0;
        let steps = steps.count_ones();
        let peak = level(peak)?.max(told);
        let heard = Heard {
            told: if unstable { peak } else { told },
            unstable,
            steps,
            at,
            ..Heard::default()
        };
        Some(State {
            level: level(l)?,
            worst: level(worst)?,
            unstable,
            steps,
            messages,
            flips,
            since,
            first,
            changes,
            told_all: peak.filter(|_| told.is_some() || unstable).map(|peak| (peak, heard)),
            title: rest,
            ..State::default()
        })
    }

    /// What holds by `text` for the alarm `name`, for who needs no more of it; `None` also where it is no state.
    pub fn level(text: &str, name: &str) -> Option<Level> {
        let mut rest = text;
        let version = number(&mut rest)?;
        if !(VERSION_BEFORE..=VERSION).contains(&version) || number(&mut rest) != Some(mark(name)) {
            return None;
        }
        level(number(&mut rest)?)?
    }

    /// The text for the attribute: at most [`LIMIT`] bytes; the title is cut at a character. Should the ledger not fit
    /// (twelve channels that all fail), it is forgotten how often in vain: those are tried at once.
    ///
    /// Numbers in base 36, each ended by a dot: version, mark, levels, flags, counts, times; of the changes the newest
    /// and then how much earlier each was, plus one; then how many channels, and of each what `Heard::write` says;
    /// then the title.
    pub fn text(&self, name: &str) -> String {
        let mut text = self.numbers(name, true);
        if text.len() > LIMIT {
            text = self.numbers(name, false);
        }
        let mut end = LIMIT.saturating_sub(text.len()).min(self.title.len());
        while !self.title.is_char_boundary(end) {
            end -= 1;
        }
        text.push_str(self.title.get(..end).unwrap_or_default());
        text
    }

    /// The text without its title; `tries`: with what was done in vain.
    fn numbers(&self, name: &str, tries: bool) -> String {
        let mut text = String::with_capacity(LIMIT);
        let flags =
            u32::from(self.unstable) + 2 * u32::from(self.listed) + 4 * u32::from(self.missing);
        let [newest, earlier @ ..] = self.changes;
        for n in [
            VERSION,
            mark(name),
            code(self.level),
            code(self.worst),
            code(self.acked),
            flags,
            self.steps,
            self.messages.min(COUNT_MAX),
            self.flips.min(COUNT_MAX),
            self.since,
            self.first,
            self.ack_at,
            newest,
        ] {
            push(&mut text, n);
        }
        let mut later = newest;
        for at in earlier.into_iter().chain([0]) {
            if later > 0 {
                let known = at > 0 && at <= later;
                push(&mut text, if known { (later - at).min(GAP_MAX - 1) + 1 } else { 0 });
                later = if known { at } else { 0 };
            }
        }
        let mut heard = String::new();
        let mut count = 0;
        for entry in &self.ledger {
            let tries = if tries { entry.tries } else { 0 };
            if entry.is_owed() || tries > 0 {
                entry.write(&mut heard, tries);
                count += 1;
            }
        }
        push(&mut text, count);
        add(&mut text, &heard);
        text
    }

    /// What a channel heard; an empty entry if nothing is known.
    pub fn heard(&self, channel: u32) -> Heard {
        let found = self.ledger.iter().find(|heard| heard.channel == channel);
        found.copied().unwrap_or(Heard { channel, ..Heard::default() })
    }

    /// Notes what a channel heard. Without room it takes the place of one that believes nothing, else it is not noted.
    pub fn note(&mut self, heard: Heard) {
        let known = self.ledger.iter().position(|entry| entry.channel == heard.channel);
        let full = self.ledger.len() >= CHANNELS_MAX;
        let free = self.ledger.iter().position(|entry| full && !entry.is_owed());
        match known.or(free).and_then(|at| self.ledger.get_mut(at)) {
            Some(slot) => *slot = heard,
            None if !full => self.ledger.push(heard),
            None => {}
        }
    }

    /// Puts a change in front of the list; the oldest falls out.
    pub(super) fn push_change(&mut self, at: u32) {
        let mut carry = at;
        for slot in &mut self.changes {
            core::mem::swap(slot, &mut carry);
        }
    }

    /// Forgets every time that lies in the future, since the clock was set back: what is not known is due, or not
    /// over. Whether there was any. (An acknowledgement may name a moment that is a little ahead.)
    pub(super) fn forget_future(&mut self, now: u32) -> bool {
        let mut found = false;
        let times = [&mut self.since, &mut self.first];
        let told_all = self.told_all.iter_mut().map(|(_, heard)| heard);
        let told = self.ledger.iter_mut().chain(told_all).map(|heard| &mut heard.at);
        for time in times.into_iter().chain(&mut self.changes).chain(told) {
            if *time > now {
                *time = 0;
                found = true;
            }
        }
        for heard in &mut self.ledger {
            if heard.next > now.saturating_add(WAIT_MAX) {
                heard.next = 0;
            }
        }
        found
    }
}

impl Heard {
    /// Five digits of the channel, then a digit each for level and steps (level + 5 × steps), flags, and attempts in
    /// vain; then the time. With attempts: when the next may be, and two digits of the credential.
    fn write(&self, text: &mut String, tries: u32) {
        push_fixed(text, self.channel, MARK_DIGITS);
        let flags = u32::from(self.unstable)
            + 2 * u32::from(self.ring)
            + 4 * u32::from(self.throttled)
            + 8 * u32::from(self.unsure);
        push_fixed(text, code(self.told) + 5 * self.steps.min(6), 1);
        push_fixed(text, flags, 1);
        push_fixed(text, tries.min(35), 1);
        push(text, self.at);
        if tries > 0 {
            push_fixed(text, self.credential, CREDENTIAL_DIGITS);
            push(text, self.next);
        }
    }

    fn read(text: &mut &str) -> Option<Heard> {
        let channel = fixed(text, MARK_DIGITS)?;
        let told = fixed(text, 1)?;
        let flags = fixed(text, 1)?;
        let tries = fixed(text, 1)?;
        let mut heard = Heard {
            channel,
            told: level(told % 5)?,
            steps: told / 5,
            unstable: flags & 1 > 0,
            ring: flags & 2 > 0,
            throttled: flags & 4 > 0,
            unsure: flags & 8 > 0,
            tries,
            at: number(text)?,
            ..Heard::default()
        };
        if tries > 0 {
            heard.credential = fixed(text, CREDENTIAL_DIGITS)?;
            heard.next = number(text)?;
        }
        Some(heard)
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

/// Appends the last `digits` digits of a number in base 36.
fn push_fixed(text: &mut String, n: u32, digits: u32) {
    if digits > 1 {
        push_fixed(text, n / 36, digits - 1);
    }
    push_digits(text, n % 36);
}

/// Reads what [`push_fixed`] wrote off the front.
fn fixed(text: &mut &str, digits: u32) -> Option<u32> {
    let (field, rest) = text.split_at_checked(digits as usize)?;
    *text = rest;
    base_36(field)
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
    base_36(field)
}

fn base_36(digits: &str) -> Option<u32> {
    let mut n = 0u32;
    for byte in digits.bytes() {
        n = n.checked_mul(36)?.checked_add(char::from(byte).to_digit(36)?)?;
    }
    (!digits.is_empty()).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const NOW: u32 = 1_795_219_200;

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

    /// They stand in stored texts, so they stay as they are.
    #[test]
    fn a_channels_mark_is_fixed_and_similar_names_have_different_ones() {
        assert_eq!(["wecom", "dingtalk"].map(channel_mark), [9_411_390, 7_983_096]);
        assert_eq!(channel_mark("wecom:duty"), 58_421_161);
        let mut marks = Vec::new();
        for kind in ["wecom", "wecom_app", "dingtalk"] {
            marks.push(channel_mark(kind));
            for n in 0..200 {
                marks.push(channel_mark(&alloc::format!("{kind}:{n}")));
                marks.push(channel_mark(&alloc::format!("{kind}:duty{n}")));
            }
        }
        assert!(marks.iter().all(|mark| (1..36u32.pow(MARK_DIGITS)).contains(mark)));
        let all = marks.len();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), all);
    }

    #[test]
    fn the_mark_of_a_corrected_credential_is_another_one() {
        assert_eq!(["k-1", "k-2"].map(credential_mark), [515, 512]);
        assert!(credential_mark(&"x".repeat(500)) < 36u32.pow(CREDENTIAL_DIGITS));
    }

    #[test]
    fn a_levels_code_leads_back_to_it() {
        let levels =
            [None, Some(Level::Low), Some(Level::Mid), Some(Level::High), Some(Level::Urgent)];
        assert_eq!(levels.map(code), [0, 1, 2, 3, 4]);
        assert_eq!(levels.map(|l| level(code(l))), levels.map(Some));
        assert_eq!([5, u32::MAX].map(level), [None; 2]);
    }

    /// What stands behind version and mark.
    fn fields(text: &str) -> &str {
        text.splitn(3, '.').nth(2).unwrap()
    }

    #[test]
    fn the_text_is_its_fields_in_order() {
        let state = State {
            level: Some(Level::Urgent),
            worst: Some(Level::High),
            acked: Some(Level::Mid),
            unstable: true,
            listed: false,
            missing: true,
            steps: 3,
            messages: 6,
            flips: 7,
            since: 36,
            first: 37,
            ack_at: 35,
            changes: [71, 70, 70, 36, 0, 0, 0, 0, 0],
            ledger: vec![
                Heard {
                    channel: 1,
                    told: Some(Level::Low),
                    unstable: true,
                    throttled: true,
                    steps: 2,
                    at: 38,
                    ..Heard::default()
                },
                Heard {
                    channel: 36,
                    ring: true,
                    unsure: true,
                    tries: 2,
                    next: 72,
                    credential: 37,
                    ..Heard::default()
                },
            ],
            told_all: None,
            title: "T.1",
        };
        let text = state.text("x");
        assert_eq!(
            text,
            "2.1kxu7k3.4.3.2.5.3.6.7.10.11.z.1z.2.1.z.0.2.00001b5012.000100a20.1120.T.1"
        );
        assert_eq!(State::read(&text, "x"), Some(state));
        let empty = State::default().text("x");
        assert_eq!(fields(&empty), "0.0.0.0.0.0.0.0.0.0.0.0.");
        assert_eq!(State::read(&empty, "x"), Some(State::default()));
    }

    #[test]
    fn nothing_is_stored_of_a_channel_that_heard_nothing_and_never_failed() {
        let mut state = State::default();
        let idle = Heard { channel: 1, at: NOW, steps: 2, ..Heard::default() };
        state.ledger = vec![idle, Heard { channel: 2, tries: 1, next: NOW, ..Heard::default() }];
        let text = state.text("x");
        let read = State::read(&text, "x").unwrap();
        assert_eq!(read.ledger, [Heard { channel: 2, tries: 1, next: NOW, ..Heard::default() }]);
    }

    /// All numbers as great as they can be in the year 2106.
    fn fullest(tries: u32) -> State<'static> {
        let mut changes = [u32::MAX; CHANGES];
        for (nth, at) in changes.iter_mut().enumerate() {
            *at -= nth as u32 * (GAP_MAX - 1);
        }
        let heard = |channel| Heard {
            channel,
            told: Some(Level::Urgent),
            unstable: true,
            ring: true,
            throttled: true,
            unsure: true,
            steps: 6,
            at: u32::MAX,
            tries,
            next: if tries > 0 { u32::MAX } else { 0 },
            credential: if tries > 0 { 36 * 36 - 1 } else { 0 },
        };
        State {
            level: Some(Level::Urgent),
            worst: Some(Level::Urgent),
            acked: Some(Level::Urgent),
            unstable: true,
            listed: true,
            missing: true,
            steps: 6,
            messages: COUNT_MAX,
            flips: COUNT_MAX,
            since: u32::MAX,
            first: u32::MAX,
            ack_at: u32::MAX,
            changes,
            ledger: (0..12).map(|n| heard(36u32.pow(MARK_DIGITS) - 1 - n)).collect(),
            told_all: None,
            title: "",
        }
    }

    #[test]
    fn the_fullest_state_fits_and_returns_without_what_was_tried_in_vain() {
        let title = "过温报警🌡".repeat(20);
        let failing = State { title: &title, ..fullest(35) };
        let calm = State { title: &title, ..fullest(0) };
        for name in ["x", "过温", "a", "b", "c", "d"] {
            let text = failing.text(name);
            assert!(text.len() <= LIMIT, "{} bytes", text.len());
            assert_eq!(text, calm.text(name));
            let read = State::read(&text, name).expect("own text");
            assert!(title.starts_with(read.title) && read.title.len() >= 17, "{}", read.title);
            assert_eq!(read, State { title: read.title, ..calm.clone() });
        }
    }

    #[test]
    fn what_six_channels_tried_in_vain_is_kept_beside_a_title() {
        let title = "t".repeat(400);
        let mut state = State { title: &title, ..fullest(35) };
        state.ledger.truncate(6);
        let text = state.text("x");
        let read = State::read(&text, "x").expect("own text");
        assert_eq!((read.ledger.len(), text.len()), (6, LIMIT));
        assert_eq!(read, State { title: read.title, ..state.clone() });
        assert!(read.title.len() >= 50, "{}", read.title.len());
    }

    #[test]
    fn counts_and_distances_that_are_too_great_for_their_digits_are_cut() {
        let state = State {
            messages: u32::MAX,
            flips: COUNT_MAX + 1,
            changes: [NOW, 1_000, 900, 0, 0, 0, 0, 0, 0],
            ledger: vec![Heard {
                channel: 1,
                told: Some(Level::Low),
                steps: 9,
                tries: 99,
                ..Heard::default()
            }],
            ..State::default()
        };
        let text = state.text("x");
        let read = State::read(&text, "x").expect("own text");
        assert_eq!((read.messages, read.flips), (COUNT_MAX, COUNT_MAX));
        // 19 days ago or longer: far outside every window.
        assert_eq!(read.changes[..4], [NOW, NOW - (GAP_MAX - 1), NOW - (GAP_MAX - 1) - 100, 0]);
        assert_eq!((read.ledger[0].steps, read.ledger[0].tries), (6, 35));
    }

    #[test]
    fn times_of_changes_out_of_order_are_forgotten_and_nothing_behind_them_is() {
        for changes in [
            [9, 8, 7, 6, 5, 4, 3, 2, 3],
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            [9, 8, 0, 6, 5, 4, 3, 2, 1],
            [0, 8, 7, 6, 5, 4, 3, 2, 1],
        ] {
            let heard = Heard { channel: 7, told: Some(Level::Low), ..Heard::default() };
            let state = State { changes, ledger: vec![heard], title: "T", ..State::default() };
            let text = state.text("x");
            let read = State::read(&text, "x").expect("own text");
            assert_eq!((read.ledger.as_slice(), read.title), ([heard].as_slice(), "T"), "{text}");
            assert!(read.changes.iter().zip(changes).all(|(read, at)| *read == 0 || *read == at));
        }
    }

    /// Literal texts of the former version.
    #[test]
    fn a_text_of_the_version_before_is_read() {
        let name = "overheat";
        let (high, urgent) = (Some(Level::High), Some(Level::Urgent));
        // High, told, reminded twice, one escalation step.
        let text =
            "1.tschsr.3.3.3.3.0.0.1.3.0.tots00.tots00.totus0.tots00.0.0.0.0.0.0.0.0.Overheat 1.5";
        let mut expected = State {
            level: high,
            worst: high,
            steps: 1,
            messages: 3,
            since: NOW,
            first: NOW,
            changes: [NOW, 0, 0, 0, 0, 0, 0, 0, 0],
            told_all: Some((
                Level::High,
                Heard { told: high, steps: 1, at: NOW + 3600, ..Heard::default() },
            )),
            title: "Overheat 1.5",
            ..State::default()
        };
        assert_eq!(State::read(text, name), Some(expected.clone()));
        assert_eq!(State::level(text, name), high);

        // Once it is known which channels those are, the same is written in this version.
        let (_, heard) = expected.told_all.take().unwrap();
        expected.note(Heard { channel: channel_mark("wecom"), ..heard });
        let text = expected.text(name);
        assert_eq!(State::read(&text, name), Some(expected));

        // It is mid by now, and those who heard of urgent were told; the first and third of its steps were done.
        let text =
            "1.tschsr.2.2.4.4.0.0.5.5.0.tots00.tots00.totus0.totus0.tots00.0.0.0.0.0.0.0.Overheat";
        let read = State::read(text, name).unwrap();
        let mid = Some(Level::Mid);
        let heard = Heard { told: mid, steps: 2, at: NOW + 3600, ..Heard::default() };
        assert_eq!(read.told_all, Some((Level::Urgent, heard)));
        assert_eq!((read.level, read.worst, read.steps), (mid, urgent, 2));

        // Unstable, and just over: what it was told at most counts.
        let text = "1.tschsr.0.3.4.4.1.1.0.5.7.tots00.tots1o.totsxc.tott5o.totsxc.totsp0.totsgo.tots8c.0.0.0.0.Overheat";
        let read = State::read(text, name).unwrap();
        let heard = Heard { told: urgent, unstable: true, at: NOW + 1200, ..Heard::default() };
        assert_eq!(read.told_all, Some((Level::Urgent, heard)));
        assert_eq!((read.level, read.unstable, read.flips), (None, true, 7));
        assert_eq!(
            read.changes[..6],
            [1500, 1200, 900, 600, 300, 0].map(|s| if s > 0 { NOW + s } else { 0 })
        );

        // Over and told; raised and held back.
        for (text, holds) in [
            (
                "1.tschsr.0.0.0.3.0.0.0.2.0.tots00.tots00.totsgo.totsgo.tots00.0.0.0.0.0.0.0.Overheat",
                None,
            ),
            ("1.tschsr.3.0.0.3.0.0.0.0.0.tots00.0.0.tots00.0.0.0.0.0.0.0.0.", high),
        ] {
            let read = State::read(text, name).unwrap();
            assert_eq!((read.level, read.told_all, read.since), (holds, None, NOW));
            assert_eq!(State::level(text, name), holds);
        }
    }

    #[test]
    fn a_text_of_another_alarm_version_or_kind_is_no_state() {
        let text = State { title: "T", ..fullest(0) }.text("a");
        assert!(State::read(&text, "a").is_some());
        assert_eq!(State::read(&text, "b"), None);
        assert_eq!(State::level(&text, "a"), Some(Level::Urgent));
        assert_eq!(State::level(&text, "b"), None);
        for version in ["0", "3", "", "-2", "02x"] {
            let other = text.replacen('2', version, 1);
            assert_eq!((State::read(&other, "a"), State::level(&other, "a")), (None, None));
        }
        assert_eq!(State::read(&(text.clone() + &"x".repeat(LIMIT)), "a"), None);
        let low = State { level: Some(Level::Low), ..State::default() }.text("a");
        let no_level = low.replacen(".1.0.0.", ".5.0.0.", 1);
        assert_ne!(no_level, low);
        assert_eq!((State::read(&no_level, "a"), State::level(&no_level, "a")), (None, None));
        for other in [
            "",
            "1",
            "2",
            "2.",
            "true",
            "1732190000000",
            "{}",
            "null",
            "....................",
            "zzzzzzzzzzzzzzz.",
        ] {
            assert_eq!(
                (State::read(other, "a"), State::level(other, "a")),
                (None, None),
                "{other}"
            );
        }
    }

    #[test]
    fn no_more_channels_are_read_than_the_ledger_has_room_for() {
        let heard = |channel| Heard { channel, told: Some(Level::Low), ..Heard::default() };
        let ledger = (1..=CHANNELS_MAX as u32).map(heard).collect();
        let text = State { ledger, ..State::default() }.text("a");
        let more = text.replacen(".c.", ".d.000021000.", 1);
        assert_eq!(State::read(&more, "a").unwrap().ledger.len(), CHANNELS_MAX);
    }

    #[test]
    fn a_cut_text_is_no_state_or_has_a_shorter_title() {
        let mut some = fullest(35);
        some.ledger.truncate(3);
        for state in [fullest(0), some, State::default()] {
            let state = State { title: "过温 T.1", ..state };
            let text = state.text("a");
            let numbers = State { title: "", ..state.clone() }.text("a").len();
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                let read = State::read(&text[..end], "a");
                let shorter = State { title: &text[numbers.min(end)..end], ..state.clone() };
                let expected = (end >= numbers).then_some(shorter);
                assert_eq!(read, expected, "cut at {end}");
            }
        }
        let before = "1.tschsr.3.3.3.3.0.0.1.3.0.tots00.tots00.totus0.tots00.0.0.0.0.0.0.0.0.";
        for end in 0..before.len() {
            assert_eq!(State::read(&before[..end], "overheat"), None, "cut at {end}");
        }
    }

    #[test]
    fn a_full_ledger_gives_room_to_a_channel_only_where_one_believes_nothing() {
        let told = |channel| Heard { channel, told: Some(Level::Low), ..Heard::default() };
        let mut state = State::default();
        for channel in 1..=CHANNELS_MAX as u32 {
            state.note(told(channel));
        }
        state.note(told(99));
        assert_eq!(state.ledger.len(), CHANNELS_MAX);
        assert_eq!(state.heard(99), Heard { channel: 99, ..Heard::default() });
        state.note(Heard { channel: 5, tries: 1, ..Heard::default() });
        state.note(told(99));
        assert_eq!((state.heard(99), state.heard(5).tries), (told(99), 0));
        assert_eq!(state.ledger.len(), CHANNELS_MAX);
    }

    #[test]
    fn times_in_the_future_are_forgotten_wherever_they_stand() {
        let heard = Heard { channel: 1, told: Some(Level::Low), at: NOW + 1, ..Heard::default() };
        let mut state = State {
            since: NOW,
            first: NOW + 1,
            ack_at: NOW + 1,
            changes: [NOW + 1, NOW, 5, 0, 0, 0, 0, 0, 0],
            ledger: vec![
                heard,
                Heard { channel: 2, tries: 1, next: NOW + WAIT_MAX, ..Heard::default() },
                Heard { channel: 3, tries: 1, next: NOW + WAIT_MAX + 1, ..Heard::default() },
            ],
            told_all: Some((Level::Low, heard)),
            ..State::default()
        };
        assert!(state.forget_future(NOW));
        assert_eq!((state.since, state.first, state.ack_at), (NOW, 0, NOW + 1));
        assert_eq!(state.told_all.unwrap().1.at, 0);
        assert_eq!(state.ledger[0].at, 0);
        assert_eq!(state.ledger[1].next, NOW + WAIT_MAX);
        assert_eq!(state.ledger[2].next, 0);
        assert!(!state.forget_future(NOW), "once");
    }
}
