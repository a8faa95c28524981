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
    /// The platform's record of active alarms held it since the raise.
    pub listed: bool,
    /// The last tick found it missing there.
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
    /// The title, for a tick that finds no better words; what fits of it is stored (at least 20 bytes, mostly 150).
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
    /// Nobody knows whether it took the last message that it was sent in vain.
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
        self.told.is_some() || self.unstable || self.ring || self.unsure
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
    /// and then how much earlier each was, plus one; then how many channels, and of each what [`Heard::write`] says;
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
        if newest > 0 {
            let mut later = newest;
            for at in earlier {
                let known = at > 0 && at <= later;
                push(&mut text, if known { (later - at).min(GAP_MAX - 1) + 1 } else { 0 });
                if !known {
                    break;
                }
                later = at;
            }
            if earlier.iter().all(|at| *at > 0) {
                push(&mut text, 0);
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
    /// over. Whether there was any.
    pub(super) fn forget_future(&mut self, now: u32) -> bool {
        let mut found = false;
        let times = [&mut self.since, &mut self.first, &mut self.ack_at];
        let told = self.ledger.iter_mut().map(|heard| &mut heard.at);
        for time in times.into_iter().chain(&mut self.changes).chain(told) {
            if *time > now {
                *time = 0;
                found = true;
            }
        }
        for heard in &mut self.ledger {
            if heard.next > now.saturating_add(WAIT_MAX) {
                heard.next = 0;
                found = true;
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
