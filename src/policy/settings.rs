//! What the policy settings mean, read once a call into typed rules as they stand now.
//! The grammar they share stands in `grammar`; whether a named channel exists is not known here.

use super::grammar::{Fault, Kind, Pieces, ascii, bound, by_level, cut, duration, hours, levels, moment, number, pieces};
use super::state::CHANGES;

/// The settings that are read here. All but the last two may come from any source of the settings
/// table; those two are attributes of the device.
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

/// The texts of [`NAMES`] after [`ascii`]; empty = not set.
#[derive(Clone, Debug, Default)]
pub struct Texts([String; 9]);

impl Texts {
    /// Fetches each text by its name; an unset one is empty.
    pub fn collect<'t>(get: &dyn Fn(&'static str) -> &'t str) -> Texts {
        let mut texts = Texts::default();
        for (slot, name) in texts.0.iter_mut().zip(NAMES) {
            *slot = ascii(get(name).trim_ascii());
        }
        texts
    }
}

/// `notify_flapping = 5/30m,30m`: this many changes inside a window make an alarm unstable; it is
/// stable again when it has not changed for `calm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flapping {
    /// 3 to 9.
    pub changes: u8,
    /// Seconds.
    pub window: u32,
    /// Seconds; the window's length where it is not given.
    pub calm: u32,
}

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

/// Who is rung, beside the channel's group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention<'a> {
    /// `user:<id>`: 1 to 64 bytes without white space, `<`, `>`, `|`.
    User(&'a str),
    /// `mobile:<number>`: 5 to 20 of digits, `+` and `-`.
    Mobile(&'a str),
    /// `all`
    All,
}

/// What an escalation step adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition<'a> {
    /// `@user:lead`, `@mobile:13800000000`, `@all`
    Mention(Mention<'a>),
    /// `dingtalk:boss`
    Channel(&'a str),
}

/// `notify_escalate = 15m=@user:lead,@mobile:13800000000; 1h=dingtalk:boss`: ages since the first
/// message of the raise and what each adds to every message from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escalation<'a> {
    steps: [(u32, &'a str); STEPS],
}

impl<'a> Escalation<'a> {
    /// The steps whose age is reached, bit i = step i in the order of the setting.
    pub(super) fn reached(&self, age: u32) -> u8 {
        let mut set = 0;
        for (i, (after, items)) in self.steps.iter().enumerate() {
            if !items.is_empty() && age >= *after {
                set |= 1 << i;
            }
        }
        set
    }

    /// The items that a set of steps adds, in the order of the setting; read each by [`additions`].
    pub fn items(&self, steps: u8) -> impl Iterator<Item = &'a str> {
        self.steps.into_iter().enumerate().filter(move |(i, _)| steps >> i & 1 == 1).map(|(_, (_, items))| items)
    }
}

/// The policy settings as they stand now: what a setting leaves open, or says in a faulty way, has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules<'a> {
    /// `notify_repeat`, seconds by `Level as usize`: [`Rules::ALWAYS`], [`Rules::CHANGE`] or a time.
    /// Default `urgent=15m; high=1h; *=4h`; a level that the setting does not name keeps its default.
    pub repeat: [u32; 4],
    /// `notify_flapping`. Default `5/30m,30m`; `off` = `None`.
    pub flapping: Option<Flapping>,
    /// `notify_quiet`: the levels that are quiet now, bit `1 << Level as usize`. Default: none.
    pub quiet: u8,
    /// `notify_mute_until`: all levels are silent before this moment. Default 0: not muted.
    pub mute_until: u32,
    /// `ntf_ack`. Default: none.
    pub ack: Ack,
    /// `notify_routes`: channel lists by `Level as usize`, read by [`channels`]; an empty text = no channel
    /// (`none` in the setting). `None`: not set (or faulty), so the preset's own default applies.
    pub routes: Option<[&'a str; 4]>,
    /// `notify_mentions`: mention lists by `Level as usize`, read by [`mentions`]. Default: nobody.
    pub mentions: [&'a str; 4],
    /// `notify_escalate`. Default: no steps.
    pub escalation: Escalation<'a>,
    /// `notify_fallback`: a channel list, read by [`channels`]. Default: empty.
    pub fallback: &'a str,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Rules {
            repeat: [4 * 3600, 4 * 3600, 3600, 900],
            flapping: Some(Flapping { changes: 5, window: 1800, calm: 1800 }),
            quiet: 0,
            mute_until: 0,
            ack: Ack::None,
            routes: None,
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

    /// Reads the texts for the alarm `name` at `now` (seconds), local time being `offset` minutes east of UTC.
    /// Every fault is pushed with its setting's name, and that setting keeps its default.
    pub fn read(
        texts: &'a Texts,
        name: &str,
        now: u32,
        offset: i32,
        faults: &mut Vec<(&'static str, Fault<'a>)>,
    ) -> Rules<'a> {
        let mut rules = Rules::default();
        for (text, setting) in texts.0.iter().zip(NAMES) {
            if !text.is_empty()
                && let Err(fault) = rules.set(setting, text, name, now, offset)
            {
                faults.push((setting, fault));
            }
        }
        rules
    }

    fn set(&mut self, setting: &str, text: &'a str, name: &str, now: u32, offset: i32) -> Result<(), Fault<'a>> {
        match setting {
            "notify_repeat" => self.repeat = repeat(text, self.repeat)?,
            "notify_flapping" => self.flapping = flapping(text)?,
            "notify_quiet" => self.quiet = quiet(text, now, offset)?,
            "notify_routes" => self.routes = Some(routes(text)?),
            "notify_mentions" => {
                let lists = by_level(text)?.map(Option::unwrap_or_default);
                for list in lists {
                    for item in pieces(list, b',') {
                        mention(item)?;
                    }
                }
                self.mentions = lists;
            }
            "notify_escalate" => self.escalation = escalation(text)?,
            "notify_fallback" => {
                check_channels(text)?;
                self.fallback = text;
            }
            "notify_mute_until" => {
                if !off(text) {
                    self.mute_until = moment(text, offset).ok_or(Fault::new(text, Kind::Moment))?;
                }
            }
            _ => self.ack = ack(text, name, offset),
        }
        Ok(())
    }
}

/// The words for "not set" of an attribute that cannot be deleted.
fn off(text: &str) -> bool {
    ["0", "off", "no", "none", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// `always`, `change`, a duration, or these by level.
fn repeat(text: &str, mut times: [u32; 4]) -> Result<[u32; 4], Fault<'_>> {
    for (slot, value) in times.iter_mut().zip(by_level(text)?) {
        if let Some(value) = value {
            *slot = if value.eq_ignore_ascii_case("always") {
                Rules::ALWAYS
            } else if value.eq_ignore_ascii_case("change") {
                Rules::CHANGE
            } else {
                duration(value)?
            };
        }
    }
    Ok(times)
}

/// `off`, or `<changes>/<window>` and optionally `,<calm>`.
fn flapping(text: &str) -> Result<Option<Flapping>, Fault<'_>> {
    if off(text) {
        return Ok(None);
    }
    let fault = Fault::new(text, Kind::Flapping);
    let (count, times) = cut(text, b'/').ok_or(fault)?;
    let changes = number(count.trim_ascii()).filter(|n| (3..=CHANGES as u32).contains(n)).ok_or(fault)? as u8;
    let mut times = pieces(times, b',');
    let window = duration(times.next().ok_or(fault)?)?;
    let calm = times.next().map_or(Ok(window), duration)?;
    if times.next().is_some() {
        return Err(fault);
    }
    Ok(Some(Flapping { changes, window, calm }))
}

/// `mon-fri 22:00-07:00 = low,mid; sat,sun = *`: the levels that are quiet at this local time.
/// A window without days is for every day, one without hours for the whole day; over midnight it
/// belongs to the day on which it begins.
fn quiet(text: &str, now: u32, offset: i32) -> Result<u8, Fault<'_>> {
    if off(text) {
        return Ok(0);
    }
    let minutes = i64::from(now / 60) + i64::from(offset);
    let today = (minutes.div_euclid(1440) + 3).rem_euclid(7) as u32; // 1970-01-01 was a Thursday; Monday = 0
    let minute = minutes.rem_euclid(1440) as u32;
    let mut quiet = 0;
    for entry in pieces(text, b';') {
        let (window, set) = bound(entry)?;
        let set = levels(set)?;
        let mut on = 0;
        let (mut start, mut end) = (0, 1440);
        let mut ranged = false;
        for piece in pieces(window, b' ') {
            if piece.bytes().any(|b| b == b':') {
                let fault = Fault::new(piece, Kind::Hours);
                if ranged {
                    return Err(fault);
                }
                ranged = true;
                (start, end) = hours(piece).ok_or(fault)?;
            } else {
                on |= days(piece)?;
            }
        }
        if on == 0 {
            on = 0b111_1111;
        }
        let began_today = on >> today & 1 == 1;
        let began_yesterday = on >> ((today + 6) % 7) & 1 == 1;
        let inside = if start < end {
            began_today && start <= minute && minute < end
        } else {
            began_today && start <= minute || began_yesterday && minute < end
        };
        if inside {
            quiet |= set;
        }
    }
    Ok(quiet)
}

/// `mon-fri,sun` or `*` as bits, Monday = bit 0; a range may run over Sunday.
fn days(text: &str) -> Result<u8, Fault<'_>> {
    let mut set = 0;
    for piece in pieces(text, b',') {
        if piece == "*" {
            set = 0b111_1111;
            continue;
        }
        let (first, last) = cut(piece, b'-').unwrap_or((piece, piece));
        let fault = Fault::new(piece, Kind::Day);
        let mut day = weekday(first).ok_or(fault)?;
        let last = weekday(last).ok_or(fault)?;
        set |= 1 << day;
        while day != last {
            day = (day + 1) % 7;
            set |= 1 << day;
        }
    }
    Ok(set)
}

fn weekday(word: &str) -> Option<u32> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    names.iter().position(|name| word.eq_ignore_ascii_case(name)).map(|day| day as u32)
}

/// Channel lists by level. Every level needs one, so that nobody silences a level by forgetting it.
fn routes(text: &str) -> Result<[&str; 4], Fault<'_>> {
    let mut lists = [""; 4];
    for (slot, list) in lists.iter_mut().zip(by_level(text)?) {
        let list = list.ok_or(Fault::new(text, Kind::Uncovered))?;
        if !list.eq_ignore_ascii_case("none") {
            check_channels(list)?;
            *slot = list;
        }
    }
    Ok(lists)
}

/// The channel names of a list of [`Rules::routes`] or [`Rules::fallback`].
pub fn channels(list: &str) -> Pieces<'_> {
    pieces(list, b',')
}

fn check_channels(list: &str) -> Result<(), Fault<'_>> {
    channels(list).try_for_each(channel)
}

/// A channel's name has the form `kind` or `kind:name`, 64 bytes at most, without white space and marks of the grammar.
fn channel(item: &str) -> Result<(), Fault<'_>> {
    let (kind, name) = cut(item, b':').unwrap_or((item, item));
    let odd = |b: u8| b <= b' ' || matches!(b, b'=' | b'@' | b'*');
    if kind.is_empty() || name.is_empty() || item.len() > 64 || item.bytes().any(odd) {
        return Err(Fault::new(item, Kind::Channel));
    }
    Ok(())
}

/// The mentions of a list of [`Rules::mentions`] that passed [`Rules::read`].
pub fn mentions(list: &str) -> Vec<Mention<'_>> {
    pieces(list, b',').filter_map(|item| mention(item).ok()).collect()
}

/// `user:zhang`, `mobile:13800000000`, `all`, each also with an `@` in front.
fn mention(item: &str) -> Result<Mention<'_>, Fault<'_>> {
    let fault = Fault::new(item, Kind::Mention);
    let bare = item.strip_prefix('@').unwrap_or(item);
    if bare.eq_ignore_ascii_case("all") {
        return Ok(Mention::All);
    }
    let (kind, id) = cut(bare, b':').ok_or(fault)?;
    let (kind, id) = (kind.trim_ascii(), id.trim_ascii());
    if kind.eq_ignore_ascii_case("user") {
        let odd = |b: u8| b <= b' ' || matches!(b, b'<' | b'>' | b'|' | b'=');
        if (1..=64).contains(&id.len()) && !id.bytes().any(odd) {
            return Ok(Mention::User(id));
        }
    } else if kind.eq_ignore_ascii_case("mobile") {
        let part = |b: u8| matches!(b, b'0'..=b'9' | b'+' | b'-');
        if (5..=20).contains(&id.len()) && id.bytes().all(part) {
            return Ok(Mention::Mobile(id));
        }
    }
    Err(fault)
}

/// `<age>=<additions>` entries.
fn escalation(text: &str) -> Result<Escalation<'_>, Fault<'_>> {
    let mut read = Escalation::default();
    if off(text) {
        return Ok(read);
    }
    let mut slots = read.steps.iter_mut();
    for entry in pieces(text, b';') {
        let (age, items) = bound(entry)?;
        let age = duration(age)?;
        for item in pieces(items, b',') {
            addition(item)?;
        }
        *slots.next().ok_or(Fault::new(entry, Kind::Steps))? = (age, items);
    }
    Ok(read)
}

/// The additions of one step's items (of [`Escalation::items`]).
pub fn additions(items: &str) -> Vec<Addition<'_>> {
    pieces(items, b',').filter_map(|item| addition(item).ok()).collect()
}

/// With `@` a mention, else a channel.
fn addition(item: &str) -> Result<Addition<'_>, Fault<'_>> {
    if item.starts_with('@') {
        return mention(item).map(Addition::Mention);
    }
    channel(item)?;
    Ok(Addition::Channel(item))
}

/// An acknowledgement cannot be faulty: a text that is neither a word nor a moment is a list of alarm names.
fn ack(text: &str, name: &str, offset: i32) -> Ack {
    if off(text) {
        return Ack::None;
    }
    if let Some(at) = moment(text, offset) {
        return Ack::At(at);
    }
    let everything = ["1", "true", "yes", "on", "*"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let name = ascii(name);
    if everything || pieces(text, b',').any(|item| item == name.trim_ascii()) { Ack::Standing } else { Ack::None }
}
