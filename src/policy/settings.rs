//! What the policy settings mean, read once a call into typed rules as they stand now.
//! The grammar they share stands in `grammar`; whether a named channel exists is not known here.

use super::grammar::{Fault, Kind, NOWHERE, Reader, moment, place};
use super::state::Rank;
use crate::host::{cut, pieces};

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
    /// `mobile:<number>`: rings a mobile; up to 64 of digits, `+` and `-`, no letters.
    Mobile(&'a str),
    /// `all`: rings everybody.
    All,
    /// A channel: `kind` or `kind:name`.
    Channel(&'a str),
}

/// `notify_escalate = 15m=@user:lead,@mobile:13800000000; 1h=dingtalk:boss`: ages since the first
/// message of the raise and what each adds to every message from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escalation<'a>(&'a str);

impl<'a> Escalation<'a> {
    /// The steps whose age is reached, bit i = step i in the order of the setting.
    pub(super) fn reached(&self, age: u32) -> u32 {
        let mut reader = Reader::default();
        let (mut set, mut step) = (0, 1);
        for entry in pieces(self.0, b';') {
            let (after, _) = reader.bound(entry);
            if age >= reader.duration(after) {
                set |= step;
            }
            step <<= 1;
        }
        set
    }

    fn check(&self, reader: &mut Reader<'a>) {
        for (step, entry) in pieces(self.0, b';').enumerate() {
            if step == STEPS {
                reader.fail(entry, Kind::Steps);
            }
            let (after, items) = reader.bound(entry);
            reader.duration(after);
            check(reader, items, addition);
        }
    }

    /// The item lists that a set of steps adds, in the order of the setting, for [`addition`].
    pub fn items(&self, mut steps: u32) -> impl Iterator<Item = &'a str> {
        pieces(self.0, b';').filter_map(move |entry| {
            let taken = steps & 1 == 1;
            steps >>= 1;
            cut(entry, b'=').filter(|_| taken).map(|(_, items)| items)
        })
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

    /// The repeat time of a rank; none for 0.
    pub(super) fn repeat(&self, rank: Rank) -> u32 {
        self.repeat.get((rank as usize).wrapping_sub(1)).copied().unwrap_or(Rules::CHANGE)
    }

    /// Reads the settings [`NAMES`] for the alarm `name` at `now` (seconds), local time being `offset` minutes
    /// east of UTC (at most a week). `get` answers a setting's text after [`ascii`](super::ascii), empty = not set.
    /// Every fault is pushed with its setting's name, and that setting keeps its default.
    pub fn read(
        get: &dyn Fn(&'static str) -> &'a str,
        name: &str,
        now: u32,
        offset: i32,
        faults: &mut Vec<(&'static str, Fault<'a>)>,
    ) -> Rules<'a> {
        // After a fault all is read again without that setting, so that nothing of it stays.
        let mut faulty = 0;
        let mut rules = Rules::default();
        'again: loop {
            for (i, &setting) in NAMES.iter().enumerate() {
                if faulty >> i & 1 == 1 {
                    continue;
                }
                let mut reader = Reader::default();
                rules.set(i, get(setting).trim_ascii(), name, now, offset, &mut reader);
                if let Some(fault) = reader.fault {
                    faults.push((setting, fault));
                    faulty |= 1 << i;
                    rules = Rules::default();
                    continue 'again;
                }
            }
            return rules;
        }
    }

    /// Reads one setting of [`NAMES`].
    fn set(
        &mut self,
        i: usize,
        text: &'a str,
        name: &str,
        now: u32,
        offset: i32,
        reader: &mut Reader<'a>,
    ) {
        // An attribute cannot be deleted, so there are words for "not set"; that is the default of
        // every setting but the first two, and a route to nowhere is no default.
        let off = place("0 off no none false null", text) != NOWHERE;
        if text.is_empty() || off && i != 0 && i != 1 && i != 3 {
            return;
        }
        match i {
            0 => self.read_repeat(reader, text),
            1 if off => self.flips = u32::MAX,
            1 => self.read_flapping(reader, text),
            2 => self.quiet = quiet(reader, text, (now / 60 + 10_080).wrapping_add_signed(offset)),
            3 => {
                reader.by_level(text, &mut self.routes);
                for list in &mut self.routes {
                    if place("none", list) == 0 {
                        *list = ",";
                    }
                    if list.is_empty() {
                        // Nobody silences a level by forgetting it.
                        reader.fail(text, Kind::Uncovered);
                    }
                    check(reader, list, channel);
                }
            }
            4 => {
                reader.by_level(text, &mut self.mentions);
                for list in &self.mentions {
                    check(reader, list, mention);
                }
            }
            5 => {
                self.escalation = Escalation(text);
                self.escalation.check(reader);
            }
            6 => {
                self.fallback = text;
                check(reader, text, channel);
            }
            7 => {
                self.mute_until = moment(text, offset);
                if self.mute_until == 0 {
                    reader.fail(text, Kind::Moment);
                }
            }
            _ => self.ack = ack(text, name, offset),
        }
    }

    /// `always`, `change`, a duration, or these by level.
    fn read_repeat(&mut self, reader: &mut Reader<'a>, text: &'a str) {
        let mut values = [""; 4];
        reader.by_level(text, &mut values);
        for (slot, value) in self.repeat.iter_mut().zip(&values) {
            if !value.is_empty() {
                *slot = match place("always change", value) {
                    0 => Rules::ALWAYS,
                    1 => Rules::CHANGE,
                    _ => reader.duration(value),
                };
            }
        }
    }

    /// `<changes>/<window>` and optionally `,<calm>`.
    fn read_flapping(&mut self, reader: &mut Reader<'a>, text: &'a str) {
        let (count, times) = cut(text, b'/').unwrap_or_default();
        self.flips = place("3 4 5 6 7 8 9", count.trim_ascii()).wrapping_add(3);
        let mut times = pieces(times, b',');
        let window = times.next().unwrap_or_default();
        let calm = times.next().unwrap_or(window);
        if self.flips < 3 || window.is_empty() || times.next().is_some() {
            reader.fail(text, Kind::Flapping);
        }
        self.window = reader.duration(window);
        self.calm = reader.duration(calm);
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
        let (mut day, last) = (place(words, first), place(words, last));
        if day == 7 && last == 7 {
            set = 0b111_1111;
        } else if day < 7 && last < 7 {
            set |= 1 << last;
            while day != last {
                set |= 1 << day;
                day = (day + 1) % 7;
            }
        } else {
            reader.fail(piece, Kind::Day);
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
///
/// ```
/// use tkl_notify::policy::{Item, Kind, mention};
/// assert_eq!(mention("user:zhang"), Ok(Item::User("zhang")));
/// assert_eq!(mention("zhang"), Err(Kind::Mention));
/// ```
pub fn mention(item: &str) -> Result<Item<'_>, Kind> {
    let bare = item.strip_prefix('@').unwrap_or(item);
    let (kind, id) = cut(bare, b':').unwrap_or((bare, ""));
    let kind = place("user mobile all", kind);
    // Digits and `+` `-` of a number, of which letters make none.
    let most = if kind == 1 { b'9' } else { 0xff };
    let odd = |b: u8| b <= b' ' || b > most || matches!(b, b'<' | b'>' | b'|' | b'=');
    if id.len() > 64 || id.is_empty() != (kind == 2) || id.bytes().any(odd) {
        return Err(Kind::Mention);
    }
    match kind {
        0 => Ok(Item::User(id)),
        1 => Ok(Item::Mobile(id)),
        2 => Ok(Item::All),
        _ => Err(Kind::Mention),
    }
}

/// An item of an escalation step: with `@` a mention, else a channel.
pub fn addition(item: &str) -> Result<Item<'_>, Kind> {
    if item.starts_with('@') { mention(item) } else { channel(item) }
}

/// An acknowledgement cannot be faulty: a text that is neither a word nor a moment is a list of alarm names.
fn ack(text: &str, name: &str, offset: i32) -> Ack {
    let at = moment(text, offset);
    if at > 0 {
        return Ack::At(at);
    }
    let named =
        place("1 true yes on *", text) != NOWHERE || pieces(text, b',').any(|item| item == name);
    if named { Ack::Standing } else { Ack::None }
}
