//! What the policy settings mean, read once a call into typed rules as they stand now.
//! The grammar they share stands in `grammar`; whether a named channel exists is not known here.

use super::grammar::{Cursor, Fault, Kind, Reader, ascii, cut, moment, pieces, place};
use super::state::CHANGES;

/// The settings that are read here. The last two are attributes of the device; the others may come from any
/// source of the settings table.
pub const NAMES: [&str; 9] = [
    "notify_repeat",
    "notify_flapping",
    "notify_quiet",
    "notify_routes",
    "notify_mentions",
    "notify_escalate",
    "notify_fallback",
    "notify_mute_until",
    "ntf_ack",
];

/// Escalation steps at most.
pub const STEPS: usize = 6;

/// `ntf_ack` on the device: somebody has seen it, so escalation stops (reminders go on).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack {
    /// No acknowledgement, or one for other alarms.
    #[default]
    None,
    /// `true`, `1`, `yes`, `on`, `*`, or a list that names this alarm. It has no time, so it does not
    /// count for an alarm that was raised while it stood.
    Standing,
    /// A moment: for every raise before it, none after. In the future by more than 5 min it counts as none.
    At(u32),
}

/// An item of a mention list, a channel list or an escalation step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// `user:<id>`: rings a user id; 1 to 64 bytes without white space, `<`, `>`, `|`.
    User(&'a str),
    /// `mobile:<number>`: rings a mobile; 5 to 20 of digits, `+` and `-`.
    Mobile(&'a str),
    /// `all`: rings everybody.
    All,
    /// A channel: `kind` or `kind:name`.
    Channel(&'a str),
}

/// `notify_escalate = 15m=@user:lead,@mobile:13800000000; 1h=dingtalk:boss`: ages since the first
/// message of the raise and what each adds to every message from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escalation<'a> {
    /// Seconds and items, in the order of the setting; unused steps have no items.
    steps: [(u32, &'a str); STEPS],
}

impl<'a> Escalation<'a> {
    /// The steps whose age is reached, bit i = step i in the order of the setting.
    pub(super) fn reached(&self, age: u32) -> u32 {
        let mut set = 0;
        for (after, items) in self.steps.iter().rev() {
            set = set << 1 | u32::from(!items.is_empty() && age >= *after);
        }
        set
    }

    /// The item lists that a set of steps adds, in the order of the setting, for [`addition`].
    pub fn items(&self, steps: u32) -> impl Iterator<Item = &'a str> {
        (0..STEPS).filter(move |i| steps >> i & 1 == 1).filter_map(|i| self.steps.get(i)).map(|(_, items)| *items)
    }
}

/// The policy settings as they stand now: what a setting leaves open, or says in a faulty way, has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules<'a> {
    /// `notify_repeat`, seconds by `Level as usize`: [`Rules::ALWAYS`], [`Rules::CHANGE`] or a time.
    /// Default `urgent=15m; high=1h; *=4h`; a level that the setting does not name keeps its default.
    pub repeat: [u32; 4],
    /// `notify_flapping`, the number of changes inside `window` that makes an alarm unstable: 3 to 9.
    /// Default `5/30m,30m`; `off` = `u32::MAX`.
    pub flips: u32,
    /// Seconds of `notify_flapping`, up to 366 d.
    pub window: u32,
    /// Seconds without a change after which an unstable alarm is stable; as long as the window where not given.
    pub calm: u32,
    /// `notify_quiet`: the levels that are quiet now, bit `1 << Level as u32`. Default: none.
    pub quiet: u32,
    /// `notify_mute_until`: all levels are silent before this moment. Default 0: not muted.
    pub mute_until: u32,
    /// `ntf_ack`. Default: none.
    pub ack: Ack,
    /// `notify_routes`: channel lists by `Level as usize`, items by [`channel`]; `none` in the setting is a list
    /// without items (`,`). Empty texts: not set (or faulty), so the preset's own default applies.
    pub routes: [&'a str; 4],
    /// `notify_mentions`: mention lists by `Level as usize`, items by [`mention`]. Default: nobody.
    pub mentions: [&'a str; 4],
    /// `notify_escalate`. Default: no steps.
    pub escalation: Escalation<'a>,
    /// `notify_fallback`: a channel list, items by [`channel`]. Default: empty.
    pub fallback: &'a str,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Rules {
            repeat: [4 * 3600, 4 * 3600, 3600, 900],
            flips: 5,
            window: 1800,
            calm: 1800,
            quiet: 0,
            mute_until: 0,
            ack: Ack::None,
            routes: [""; 4],
            mentions: [""; 4],
            escalation: Escalation::default(),
            fallback: "",
        }
    }
}

impl<'a> Rules<'a> {
    /// A repeat time: every "new" is sent, as the application notes do it; nothing is held as unstable.
    pub const ALWAYS: u32 = 0;
    /// A repeat time: only changes are sent, no reminders.
    pub const CHANGE: u32 = u32::MAX;

    /// Reads the settings [`NAMES`] for the alarm `name` at `now` (seconds), local time being `offset` minutes
    /// east of UTC (at most a week). `get` answers a setting's text after [`ascii`], empty = not set.
    /// Every fault is pushed with its setting's name, and that setting keeps its default.
    pub fn read(
        get: &dyn Fn(&'static str) -> &'a str,
        name: &str,
        now: u32,
        offset: i32,
        faults: &mut Vec<(&'static str, Fault<'a>)>,
    ) -> Rules<'a> {
        let mut rules = Rules::default();
        for (i, setting) in NAMES.into_iter().enumerate() {
            let text = get(setting).trim_ascii();
            // An attribute cannot be deleted, so there are words for "not set"; `off` is the default of
            // every setting but two.
            let off = place("0 off no none false null", text).is_some();
            if text.is_empty() || off && i != 0 && i != 1 && i != 3 {
                continue;
            }
            let mut next = rules;
            let mut reader = Reader::default();
            match i {
                0 => next.read_repeat(&mut reader, text),
                1 if off => next.flips = u32::MAX,
                1 => next.read_flapping(&mut reader, text),
                2 => next.quiet = quiet(&mut reader, text, (now / 60 + 10_080).wrapping_add_signed(offset)),
                3 => {
                    next.routes = reader.by_level(text);
                    for list in &mut next.routes {
                        if place("none", list).is_some() {
                            *list = ",";
                        }
                        if list.is_empty() {
                            // Nobody silences a level by forgetting it.
                            reader.fail(text, Kind::Uncovered);
                        }
                        check(&mut reader, list, channel);
                    }
                }
                4 => {
                    next.mentions = reader.by_level(text);
                    for list in next.mentions {
                        check(&mut reader, list, mention);
                    }
                }
                5 => next.read_escalation(&mut reader, text),
                6 => {
                    next.fallback = text;
                    check(&mut reader, text, channel);
                }
                7 => match moment(text, offset) {
                    Some(at) => next.mute_until = at,
                    None => reader.fail(text, Kind::Moment),
                },
                _ => next.ack = ack(text, name, offset),
            }
            match reader.fault {
                None => rules = next,
                Some(fault) => faults.push((setting, fault)),
            }
        }
        rules
    }

    /// `always`, `change`, a duration, or these by level.
    fn read_repeat(&mut self, reader: &mut Reader<'a>, text: &'a str) {
        for (slot, value) in self.repeat.iter_mut().zip(reader.by_level(text)) {
            if !value.is_empty() {
                *slot = match place("always change", value) {
                    Some(0) => Rules::ALWAYS,
                    Some(_) => Rules::CHANGE,
                    None => reader.duration(value),
                };
            }
        }
    }

    /// `<changes>/<window>` and optionally `,<calm>`.
    fn read_flapping(&mut self, reader: &mut Reader<'a>, text: &'a str) {
        let (count, times) = cut(text, b'/').unwrap_or_default();
        let mut cursor = Cursor(count.trim_ascii().as_bytes());
        self.flips = cursor.digits(1, 1).unwrap_or(0) as u32;
        let mut times = pieces(times, b',');
        let window = times.next().unwrap_or_default();
        let calm = times.next().unwrap_or(window);
        if !(3..=CHANGES as u32).contains(&self.flips)
            || !cursor.0.is_empty()
            || window.is_empty()
            || times.next().is_some()
        {
            reader.fail(text, Kind::Flapping);
        }
        self.window = reader.duration(window);
        self.calm = reader.duration(calm);
    }

    /// `<age>=<additions>` entries.
    fn read_escalation(&mut self, reader: &mut Reader<'a>, text: &'a str) {
        let mut slots = self.escalation.steps.iter_mut();
        for entry in pieces(text, b';') {
            let (age, items) = reader.bound(entry);
            match slots.next() {
                Some(slot) => *slot = (reader.duration(age), items),
                None => reader.fail(entry, Kind::Steps),
            }
            check(reader, items, addition);
        }
    }
}

/// `mon-fri 22:00-07:00 = low,mid; sat,sun = *`: the levels that are quiet at this minute (local, since 1970).
/// A window without days is for every day, one without hours for the whole day; over midnight it
/// belongs to the day on which it begins.
fn quiet<'a>(reader: &mut Reader<'a>, text: &'a str, minute: u32) -> u32 {
    const WEEK: u32 = 7 * 1440;
    let mut quiet = 0;
    for entry in pieces(text, b';') {
        let (window, set) = reader.bound(entry);
        let set = reader.levels(set);
        let mut on = 0;
        let mut hours = (0, 0);
        for piece in pieces(window, b' ') {
            if cut(piece, b':').is_none() {
                on |= days(reader, piece);
            } else if hours.1 == 0 {
                hours = reader.hours(piece);
            } else {
                reader.fail(piece, Kind::Hours);
            }
        }
        let (start, length) = if hours.1 == 0 { (0, 1440) } else { hours };
        for day in 0..7 {
            // 1970-01-01 was a Thursday, day 3 where Monday is day 0.
            let since_start = (minute + 3 * 1440 + WEEK - day * 1440 - start) % WEEK;
            if (on == 0 || on >> day & 1 == 1) && since_start < length {
                quiet |= set;
            }
        }
    }
    quiet
}

/// `mon-fri,sun` or `*` as bits, Monday = bit 0; a range may run over Sunday.
fn days<'a>(reader: &mut Reader<'a>, text: &'a str) -> u32 {
    let mut set = 0;
    for piece in pieces(text, b',') {
        let (first, last) = cut(piece, b'-').unwrap_or((piece, piece));
        let words = "mon tue wed thu fri sat sun *";
        match (place(words, first), place(words, last)) {
            (Some(7), Some(7)) => set = 0b111_1111,
            (Some(mut day @ 0..7), Some(last @ 0..7)) => {
                set |= 1 << last;
                while day != last {
                    set |= 1 << day;
                    day = (day + 1) % 7;
                }
            }
            _ => reader.fail(piece, Kind::Day),
        }
    }
    set
}

/// Checks every item of a list.
fn check<'a>(reader: &mut Reader<'a>, list: &'a str, read: fn(&'a str) -> Result<Item<'a>, Kind>) {
    for item in pieces(list, b',') {
        if let Err(kind) = read(item) {
            reader.fail(item, kind);
        }
    }
}

/// A channel's name: `kind` or `kind:name`, 64 bytes at most, without white space and marks of the grammar.
pub fn channel(item: &str) -> Result<Item<'_>, Kind> {
    let odd = |b: u8| b <= b' ' || matches!(b, b'=' | b'@' | b'*');
    if item.len() > 64 || item.starts_with(':') || item.ends_with(':') || item.bytes().any(odd) {
        return Err(Kind::Channel);
    }
    Ok(Item::Channel(item))
}

/// A mention: `user:zhang`, `mobile:13800000000`, `all`, each also with an `@` in front.
pub fn mention(item: &str) -> Result<Item<'_>, Kind> {
    let bare = item.strip_prefix('@').unwrap_or(item);
    let (kind, id) = cut(bare, b':').unwrap_or((bare, ""));
    let id = id.trim_ascii();
    let odd = |b: u8| b <= b' ' || matches!(b, b'<' | b'>' | b'|' | b'=');
    let part = |b: u8| matches!(b, b'0'..=b'9' | b'+' | b'-');
    match place("user mobile all", kind.trim_ascii()) {
        Some(0) if !id.is_empty() && id.len() <= 64 && !id.bytes().any(odd) => Ok(Item::User(id)),
        Some(1) if id.len() >= 5 && id.len() <= 20 && id.bytes().all(part) => Ok(Item::Mobile(id)),
        Some(2) if kind.len() == bare.len() => Ok(Item::All),
        _ => Err(Kind::Mention),
    }
}

/// An item of an escalation step: with `@` a mention, else a channel.
pub fn addition(item: &str) -> Result<Item<'_>, Kind> {
    if item.starts_with('@') { mention(item) } else { channel(item) }
}

/// An acknowledgement cannot be faulty: a text that is neither a word nor a moment is a list of alarm names.
fn ack(text: &str, name: &str, offset: i32) -> Ack {
    if let Some(at) = moment(text, offset) {
        return Ack::At(at);
    }
    let name = ascii(name);
    let named = place("1 true yes on *", text).is_some() || pieces(text, b',').any(|item| item == name.trim_ascii());
    if named { Ack::Standing } else { Ack::None }
}
