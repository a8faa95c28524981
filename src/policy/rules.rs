//! What the policy settings mean, read once a call into typed rules as they stand now.
//! The grammar they share is `settings::grammar`; whether a named channel exists is not known here.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use crate::alarm::Level;
use crate::settings::{
    ANYWHERE, Kind, PARAMS, Reader, SERVER, Setting, Value,
    grammar::{is_off, parse_duration},
    group,
};
use crate::text::{ITEM, add, decimal, digits, narrow, pieces};
use crate::time::parse_moment;

/// Escalation steps at most.
pub const STEPS: usize = 6;
/// Changes of a flapping rule at most; so many change times are kept.
pub const CHANGES: usize = 9;

group! {
    /// The policy settings as they stand now: what a setting leaves open, or says in a faulty way, has its default.
    pub struct Rules<'a>,
    /// The rows of the table.
    POLICY:

    /// Reminders while an alarm lasts.
    repeat: Repeat = Setting::new("notify_repeat", ANYWHERE)
        .default("urgent=15m; high=1h; *=4h")
        .example("urgent=15m; *=change")
        .words(
            "Reminders while an alarm lasts: `always` (a message on every call, as the application notes do), `change` (none), a duration, or durations by level.",
            "告警持续期间的提醒：`always`（每次调用都推送，同应用笔记）、`change`（不提醒）、一个时长，或按级别的时长。",
        );
    /// What makes an alarm unstable.
    flapping: Flapping = Setting::new("notify_flapping", ANYWHERE)
        .default("5/90m,45m")
        .example("4/15m,1h")
        .words(
            "Changes within a time that make an alarm unstable, and how long it must then stay as it is: `5/90m,45m`; or `off`.",
            "抖动判定：时间窗内的变化次数，以及恢复稳定所需时长：`5/90m,45m`；或 `off`。",
        );
    /// The levels that are quiet now.
    quiet: Quiet = Setting::new("notify_quiet", ANYWHERE)
        .example("mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high")
        .words(
            "Quiet windows in local time, by level: `mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`. What still holds afterwards is then sent once.",
            "按级别的本地静默时段：`mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`。时段结束时仍存在的告警补发一次。",
        );
    /// All levels are silent before this moment.
    mute_until: MuteUntil = Setting::new("notify_mute_until", SERVER | PARAMS)
        .example("2026-11-21 18:00")
        .words(
            "Maintenance: no message of this device before that moment: `2026-11-21 18:00`, with `+08:00` if need be, or epoch ms; `0` to end it.",
            "维护：在该时刻之前此设备不推送：`2026-11-21 18:00`（可带 `+08:00`）或毫秒时间戳；填 `0` 结束。",
        );
    /// Somebody has seen it.
    ack: Ack<'a> = Setting::new("ntf_ack", SERVER)
        .example("true")
        .words(
            "Acknowledgement on the device, ends escalation, rings and reminders until the alarm gets worse or is over: `true`, a list of alarm names, or the moment of acknowledging. The script puts the moment at which it saw it in place of `true`, or before the names.",
            "设备上的确认标记，在告警加重或结束前停止升级、@ 人与提醒：`true`、告警名列表，或确认时刻。脚本会把首次看到它的时刻写入：替换 `true`，或置于名称之前。",
        );
    /// After how long without data a device is silent.
    silent: Silent = Setting::new("notify_silent", ANYWHERE)
        .example("high=2h; urgent=1d")
        .words(
            "A device without data for so long raises the alarm `no_data` on a tick: `2h` (level high), or by level, each a step: `high=2h; urgent=1d`. It ends with the next call that sees data.",
            "设备超过该时长无数据，则在 tick 时产生告警 `no_data`：`2h`（级别 high），或按级别逐级：`high=2h; urgent=1d`。之后的调用看到数据即恢复。",
        );
    /// The channels by level.
    routes: Routes<'a> = Setting::new("notify_routes", ANYWHERE)
        .default_words("every channel that has settings", "所有已设置的通道")
        .example("urgent=wecom:alarm,wecom_app,dingtalk; *=wecom")
        .words(
            "Channels by level: `urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`; `none` for a level that is not pushed.",
            "按级别选择通道：`urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`；不推送的级别填 `none`。",
        );
    /// Who is rung by level.
    mentions: Mentioned<'a> = Setting::new("notify_mentions", ANYWHERE)
        .example("urgent=user:zhang,mobile:13800000000; high=user:li")
        .words(
            "Who is rung, by level: `urgent=user:zhang,mobile:13800000000; high=user:li`, or `all`.",
            "按级别 @ 人：`urgent=user:zhang,mobile:13800000000; high=user:li`，或 `all`。",
        );
    /// What is added with an alarm's age.
    escalation: Escalation<'a> = Setting::new("notify_escalate", ANYWHERE)
        .example("15m=@user:lead; 1h=dingtalk:boss,@all")
        .words(
            "What is added with the age of an alarm: people are rung once, channels hear the rest of it: `15m=@user:lead; 1h=dingtalk:boss,@all`.",
            "随告警时长追加的人或通道：人只 @ 一次，通道此后一并接收：`15m=@user:lead; 1h=dingtalk:boss,@all`。",
        );
}

/// `notify_repeat`: seconds by `Level as usize`, or [`Repeat::ALWAYS`], [`Repeat::CHANGE`].
/// A level that the setting does not name keeps its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat(pub [u32; 4]);

impl Repeat {
    /// Every "new" is sent, as the application notes do it; nothing is held as unstable.
    pub const ALWAYS: u32 = 0;
    /// Only changes are sent, no reminders.
    pub const CHANGE: u32 = u32::MAX;

    /// The repeat time of a level; where none holds, there is nothing to repeat.
    pub fn of(&self, level: Option<Level>) -> u32 {
        level.and_then(|level| self.0.get(level as usize)).copied().unwrap_or(Repeat::CHANGE)
    }
}

impl<'a> Value<'a> for Repeat {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Repeat([4 * 3_600, 4 * 3_600, 3_600, 15 * 60])
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let mut repeat = Repeat::unset();
        for (slot, value) in repeat.0.iter_mut().zip(reader.by_level(text)) {
            if value.eq_ignore_ascii_case("always") {
                *slot = Repeat::ALWAYS;
            } else if value.eq_ignore_ascii_case("change") {
                *slot = Repeat::CHANGE;
            } else if !value.is_empty() {
                *slot = reader.duration(value);
            }
        }
        repeat
    }
}

/// `notify_flapping = <changes>/<window>,<calm>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flapping {
    /// So many changes inside `window` make an alarm unstable: 3 to [`CHANGES`]; `u32::MAX`: never.
    pub changes: u32,
    /// Seconds.
    pub window: u32,
    /// Seconds without a change after which an unstable alarm is stable; as long as the window where not given.
    pub calm: u32,
}

impl<'a> Value<'a> for Flapping {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Flapping { changes: 5, window: 90 * 60, calm: 45 * 60 }
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        if is_off(text) {
            return Flapping { changes: u32::MAX, ..Flapping::unset() };
        }
        let (changes, times) = text.split_once('/').unwrap_or_default();
        // One digit: no more than CHANGES.
        let changes = digits(changes.trim_ascii(), 1).filter(|n| *n >= 3);
        let mut times = pieces(times, ',');
        let window = times.next().unwrap_or_default();
        let calm = times.next().unwrap_or(window);
        if changes.is_none() || window.is_empty() || times.next().is_some() {
            reader.fail(text, Kind::FLAPPING);
        }
        Flapping {
            changes: changes.unwrap_or(0),
            window: reader.duration(window),
            calm: reader.duration(calm),
        }
    }
}

/// `notify_quiet`: the levels that are quiet at the moment of the call, bit `1 << Level as u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet(pub u32);

impl Quiet {
    /// Whether a level is quiet now.
    pub fn covers(self, level: Level) -> bool {
        self.0 >> level as u32 & 1 == 1
    }
}

/// Minutes of a day and of a week.
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

impl<'a> Value<'a> for Quiet {
    fn unset() -> Self {
        Quiet(0)
    }

    /// `mon-fri 22:00-07:00 = low,mid; sat,sun = *`. A window without days is for each day, one without
    /// hours for the whole day; one that runs over midnight belongs to the day on which it begins.
    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        // Local minutes since Monday 1969-12-29; the zone may reach back behind 1970.
        let minute = (reader.now / 60 + 3 * DAY + WEEK).wrapping_add_signed(reader.offset);
        let mut quiet = 0;
        for entry in pieces(text, ';') {
            let (window, levels) = reader.binding(entry);
            let levels = reader.levels(levels);
            let mut days = 0;
            let mut hours = None;
            for piece in pieces(window, ' ') {
                if !piece.contains(':') {
                    days |= weekdays(reader, piece);
                } else if hours.is_none() {
                    hours = Some(reader.hours(piece));
                } else {
                    reader.fail(piece, Kind::HOURS);
                }
            }
            let every_day = days == 0;
            let (start, length) = hours.unwrap_or((0, DAY));
            for day in 0..7 {
                let since_start = (minute % WEEK + WEEK - day * DAY - start) % WEEK;
                if (every_day || days >> day & 1 == 1) && since_start < length {
                    quiet |= levels;
                }
            }
        }
        Quiet(quiet)
    }
}

/// Monday first.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `mon-fri,sun` or `*` as bits, Monday = bit 0; a range may run over Sunday.
fn weekdays<'a>(reader: &mut Reader<'a>, text: &'a str) -> u32 {
    let number = |word| WEEKDAYS.iter().position(|day| day.eq_ignore_ascii_case(word));
    let mut set = 0;
    for piece in pieces(text, ',') {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        match (number(first), number(last)) {
            _ if piece == "*" => set = 0b111_1111,
            (Some(first), Some(last)) => {
                let mut day = first;
                while day != last {
                    set |= 1 << day;
                    day = (day + 1) % 7;
                }
                set |= 1 << last;
            }
            _ => reader.fail(piece, Kind::DAY),
        }
    }
    set
}

/// `notify_mute_until`: seconds since 1970; 0: not muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MuteUntil(pub u32);

impl<'a> Value<'a> for MuteUntil {
    fn unset() -> Self {
        MuteUntil(0)
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let moment = parse_moment(text, reader.offset);
        MuteUntil(reader.expect(moment, text, Kind::MOMENT))
    }
}

/// `ntf_ack` on the device: somebody has seen it, so escalation, rings and reminders stop until the alarm gets worse or is
/// over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack<'a> {
    /// No acknowledgement.
    #[default]
    None,
    /// A moment: for every raise before it, none after. `None`: `true` and the like, which names no moment.
    All(Option<u32>),
    /// The alarms of this list only.
    Named(Option<u32>, &'a str),
}

impl<'a> Ack<'a> {
    /// The moment that counts for one alarm. One that is not dated is from before this call: it cannot be meant for an
    /// alarm that is raised by it.
    pub fn moment(self, name: &str, now: u32) -> Option<u32> {
        let at = match self {
            Ack::All(at) => at,
            Ack::Named(at, list) if names(list).any(|item| item == narrow(name)) => at,
            _ => return None,
        };
        Some(at.unwrap_or(now.saturating_sub(1)))
    }

    /// The text that takes its place, with the moment at which it was seen first: so that it does not count for a later
    /// raise, and one that is taken back and given again does. `None`: it is dated, or there is none.
    pub fn dated(self, now: u32) -> Option<String> {
        let mut text = cat!(&decimal(now.saturating_sub(1)), "000");
        match self {
            Ack::All(None) => {}
            Ack::Named(None, list) => {
                for (at, name) in names(list).enumerate() {
                    add(&mut text, if at == 0 { " " } else { "," });
                    add(&mut text, name);
                }
            }
            _ => return None,
        }
        Some(text)
    }
}

/// The names of a list as people type it: `hot,cold`, `hot;cold`, `["hot","cold"]`, or as a list.
fn names(list: &str) -> impl Iterator<Item = &str> {
    let marks = |c| matches!(c, ',' | ';' | ITEM | '[' | ']' | '"');
    list.split(marks).map(str::trim_ascii).filter(|name| !name.is_empty())
}

impl<'a> Value<'a> for Ack<'a> {
    fn unset() -> Self {
        Ack::None
    }

    /// It cannot be faulty: a text that is neither a word nor a moment is a list of alarm names, perhaps behind the
    /// moment that [`Ack::dated`] put there.
    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        if let Some(at) = parse_moment(text, reader.offset) {
            return Ack::All(Some(at));
        }
        let words = ["1", "true", "yes", "on", "*"];
        if words.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Ack::All(None);
        }
        let dated = text.split_once(' ').and_then(|(at, list)| {
            let plain = at.bytes().all(|byte| byte.is_ascii_digit());
            Some((parse_moment(at, 0).filter(|_| plain)?, list))
        });
        dated.map_or(Ack::Named(None, text), |(at, list)| Ack::Named(Some(at), list))
    }
}

/// `notify_silent`: seconds without data by `Level as usize`; 0: no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silent([u32; 4]);

impl Silent {
    /// Whether devices are watched at all.
    pub fn is_set(self) -> bool {
        self.lowest().is_some()
    }

    /// The highest level whose time is reached after so many seconds without data.
    pub fn level(self, age: u32) -> Option<Level> {
        self.steps().filter(|(_, after)| age >= *after).last().map(|(level, _)| level)
    }

    /// The level of the first step.
    pub fn lowest(self) -> Option<Level> {
        self.steps().next().map(|(level, _)| level)
    }

    fn steps(self) -> impl Iterator<Item = (Level, u32)> {
        Level::ALL.into_iter().zip(self.0).filter(|(_, after)| *after > 0)
    }
}

impl<'a> Value<'a> for Silent {
    fn unset() -> Self {
        Silent([0; 4])
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let mut steps = [0; 4];
        if !text.contains('=') {
            let [.., high, _] = &mut steps;
            *high = reader.duration(text);
            return Silent(steps);
        }
        for (slot, after) in steps.iter_mut().zip(reader.by_level(text)) {
            if !after.is_empty() {
                *slot = reader.duration(after);
            }
        }
        Silent(steps)
    }
}

/// `notify_routes`: channel lists by `Level as usize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routes<'a>([&'a str; 4]);

impl<'a> Routes<'a> {
    /// The channels of a level; `None`: not set, so that every channel that has settings is meant.
    pub fn channels(&self, level: Level) -> Option<impl Iterator<Item = &'a str>> {
        let list = self.0.get(level as usize).filter(|list| !list.is_empty())?;
        Some(pieces(list, ',').filter(|channel| !channel.eq_ignore_ascii_case("none")))
    }
}

impl<'a> Routes<'a> {
    /// The channels of all levels, some of them perhaps more than once.
    pub fn all(&self) -> impl Iterator<Item = &'a str> {
        self.0.into_iter().flat_map(|list| pieces(list, ','))
    }
}

impl<'a> Value<'a> for Routes<'a> {
    const OFF_IS_UNSET: bool = false;

    fn unset() -> Self {
        Routes([""; 4])
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let routes = reader.by_level(text);
        for list in routes {
            if list.is_empty() {
                // Nobody silences a level by forgetting it.
                reader.fail(text, Kind::UNCOVERED);
            }
            check(reader, list, channel);
        }
        Routes(routes)
    }
}

/// `notify_mentions`: mention lists by `Level as usize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentioned<'a>([&'a str; 4]);

impl<'a> Mentioned<'a> {
    /// Who is rung at a level.
    pub fn items(&self, level: Level) -> impl Iterator<Item = Item<'a>> {
        let list = self.0.get(level as usize).copied().unwrap_or_default();
        pieces(list, ',').filter_map(|item| mention(item).ok())
    }
}

impl<'a> Value<'a> for Mentioned<'a> {
    fn unset() -> Self {
        Mentioned([""; 4])
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        let mentions = reader.by_level(text);
        for list in mentions {
            check(reader, list, mention);
        }
        Mentioned(mentions)
    }
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
/// message of the raise and what each adds: people are rung once, by the step's own message; channels hear the rest, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escalation<'a>(&'a str);

impl<'a> Escalation<'a> {
    /// The steps, each with its age in seconds and what it adds.
    fn steps(&self) -> impl Iterator<Item = (u32, &'a str)> {
        pieces(self.0, ';').filter_map(|entry| {
            let (after, items) = entry.split_once('=')?;
            Some((parse_duration(after.trim_ascii())?, items))
        })
    }

    /// How many steps are reached at an age.
    pub(super) fn reached(&self, age: u32) -> u32 {
        self.steps().filter(|(after, _)| age >= *after).count() as u32
    }

    /// What steps add, by their number in the order of their ages.
    pub fn items(&self, steps: Range<u32>) -> Vec<Item<'a>> {
        let mut added = Vec::new();
        for (at, (after, items)) in self.steps().enumerate() {
            let earlier = |other: &(usize, (u32, &str))| (other.1.0, other.0) < (after, at);
            let number = self.steps().enumerate().filter(earlier).count() as u32;
            if steps.contains(&number) {
                added.extend(pieces(items, ',').filter_map(|item| addition(item).ok()));
            }
        }
        added
    }
}

impl<'a> Value<'a> for Escalation<'a> {
    fn unset() -> Self {
        Escalation("")
    }

    fn read(reader: &mut Reader<'a>, text: &'a str) -> Self {
        for (step, entry) in pieces(text, ';').enumerate() {
            if step == STEPS {
                reader.fail(entry, Kind::STEPS);
            }
            let (after, items) = reader.binding(entry);
            reader.duration(after);
            check(reader, items, addition);
        }
        Escalation(text)
    }
}

/// Checks every item of a list.
pub(crate) fn check<'a>(
    reader: &mut Reader<'a>,
    list: &'a str,
    read: fn(&'a str) -> Result<Item<'a>, Kind>,
) {
    for item in pieces(list, ',') {
        if let Err(kind) = read(item) {
            reader.fail(item, kind);
        }
    }
}

/// A channel's name: `kind` or `kind:name`, 64 bytes at most, without white space and marks of the grammar.
pub fn channel(item: &str) -> Result<Item<'_>, Kind> {
    let odd = |b: u8| b <= b' ' || matches!(b, b'=' | b'@' | b'*');
    if item.len() > 64 || item.starts_with(':') || item.ends_with(':') || item.bytes().any(odd) {
        return Err(Kind::CHANNEL);
    }
    Ok(Item::Channel(item))
}

/// A mention: `user:zhang`, `mobile:13800000000`, `all`, each also with an `@` in front.
///
/// ```
/// use tkl_notify::{policy::{Item, mention}, settings::Kind};
/// assert_eq!(mention("user:zhang"), Ok(Item::User("zhang")));
/// assert_eq!(mention("zhang"), Err(Kind::MENTION));
/// ```
pub fn mention(item: &str) -> Result<Item<'_>, Kind> {
    let bare = item.strip_prefix('@').unwrap_or(item);
    let (kind, id) = bare.split_once(':').unwrap_or((bare, ""));
    let is = |word| kind.eq_ignore_ascii_case(word);
    let odd = |b: u8| b <= b' ' || matches!(b, b'<' | b'>' | b'|' | b'=');
    if id.len() > 64 || id.bytes().any(odd) {
        return Err(Kind::MENTION);
    }
    match id {
        "" if is("all") => Ok(Item::All),
        id if !id.is_empty() && is("user") => Ok(Item::User(id)),
        // Digits and marks, no letters.
        id if !id.is_empty() && is("mobile") && id.bytes().all(|b| b <= b'9') => {
            Ok(Item::Mobile(id))
        }
        _ => Err(Kind::MENTION),
    }
}

/// An item of an escalation step: with `@` a mention, else a channel.
pub fn addition(item: &str) -> Result<Item<'_>, Kind> {
    if item.starts_with('@') { mention(item) } else { channel(item) }
}
