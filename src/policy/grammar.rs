//! The one grammar of structured settings: `;` between entries, `=` binds, `,` between items,
//! `*` for all other levels, durations as `90s 15m 4h 2d`, times of day, moments.
//! What each setting means with these pieces stands in `settings`.

use crate::host::{cut, pieces};

/// What is wrong with a piece of a setting. The order is that of [`SENTENCES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing after the `=`.
    Value,
    /// An entry without `=`, or nothing before it.
    Binding,
    /// A level with two values.
    Twice,
    /// Not a word of a level.
    Level,
    /// Not a duration, or not 1 s to 366 d.
    Duration,
    /// Not `off` or `<changes>/<window>,<calm>`.
    Flapping,
    /// Not a weekday or a range of them.
    Day,
    /// Not a time range, or a second one.
    Hours,
    /// Not a time, or not of the years 1970 to 2105.
    Moment,
    /// Not a user, mobile or all.
    Mention,
    /// Not of the form `kind` or `kind:name`.
    Channel,
    /// A route for some levels only.
    Uncovered,
    /// More escalation steps than [`STEPS`](super::STEPS).
    Steps,
}

/// One sentence a [`Kind`]: it follows the quoted piece and names the fix.
pub const SENTENCES: [&str; 13] = [
    "has no value after the =",
    "has no =: write 15m=dingtalk, 22:00-07:00=low",
    "is given twice: keep one",
    "is no level: use low, mid, high, urgent or *",
    "is no duration: write 90s, 15m, 4h or 2d (up to 366d)",
    "is no flapping rule: write 5/30m,30m (3 to 9) or off",
    "is no weekday: write mon, sat,sun or mon-fri",
    "is no time range: write 22:00-07:00",
    "is no time: write 2026-11-21 18:00 or epoch ms",
    "is no mention: use user:<id>, mobile:<number> or all",
    "is no channel: write wecom or wecom:alarm",
    "leaves out a level: add *=<channel> or *=none",
    "is a step too many: keep 6",
];

impl Kind {
    /// The sentence of [`SENTENCES`] for this kind.
    pub fn sentence(self) -> &'static str {
        SENTENCES.get(self as usize).copied().unwrap_or("")
    }
}

/// A setting that cannot be read: its default applies and the caller logs `piece` and the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// The offending part, as typed (after [`ascii`]). The whole entry where a part is missing.
    pub piece: &'a str,
    /// What is wrong with it.
    pub kind: Kind,
}

/// Reads the values of one setting and keeps the first fault; after a fault the values mean nothing.
/// (One fault slot instead of a `Result` a value: half the code in the wasm.)
#[derive(Default)]
pub(super) struct Reader<'a> {
    pub fault: Option<Fault<'a>>,
}

/// The text with full-width forms (`；，＝＊：１` as a Chinese keyboard types them) as their ASCII
/// forms, `、` as a comma and wide spaces as spaces. Every setting passes through it before it is read.
///
/// ```
/// assert_eq!(tkl_notify::policy::ascii("ｈｉｇｈ＝１５ｍ；＊＝４ｈ"), "high=15m;*=4h");
/// ```
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(match c {
            '\u{ff01}'..='\u{ff5e}' => (c as u32 - 0xfee0) as u8 as char,
            '、' => ',',
            '\u{3000}' | '\u{a0}' => ' ',
            _ => c,
        });
    }
    out
}

/// The place of a word in a list of words separated by spaces, in any ASCII case; [`NOWHERE`] if it is not there.
#[inline(never)]
pub(super) fn place(words: &'static str, word: &str) -> u32 {
    for (at, other) in pieces(words, b' ').enumerate() {
        if other.eq_ignore_ascii_case(word) {
            return at as u32;
        }
    }
    NOWHERE
}

pub(super) const NOWHERE: u32 = u32::MAX;

impl<'a> Reader<'a> {
    #[inline(never)]
    pub fn fail(&mut self, piece: &'a str, kind: Kind) {
        if self.fault.is_none() {
            self.fault = Some(Fault { piece, kind });
        }
    }

    /// `key=value` of an entry, both trimmed; neither may be empty.
    pub fn bound(&mut self, entry: &'a str) -> (&'a str, &'a str) {
        let (key, value) = cut(entry, b'=').unwrap_or_default();
        let (key, value) = (key.trim_ascii(), value.trim_ascii());
        if key.is_empty() {
            self.fail(entry, Kind::Binding);
        } else if value.is_empty() {
            self.fail(entry, Kind::Value);
        }
        (key, value)
    }

    /// Values by level, index = `Level as usize`: `urgent=a; high,mid=b; *=c`, or a lone `a` for all.
    /// A level that is neither named nor covered by `*` has an empty value.
    pub fn by_level(&mut self, text: &'a str, values: &mut [&'a str; 4]) {
        *values = [""; 4];
        let mut others = "";
        for entry in pieces(text, b';') {
            // An entry without `=` is for all levels, so that `notify_repeat = 4h` is as short as that.
            let (key, value) =
                if cut(entry, b'=').is_some() { self.bound(entry) } else { ("*", entry) };
            for word in pieces(key, b',') {
                let at = place(LEVELS, word);
                match if at == 4 { Some(&mut others) } else { values.get_mut(at as usize) } {
                    None => self.fail(word, Kind::Level),
                    Some(slot) if slot.is_empty() => *slot = value,
                    Some(_) => self.fail(entry, Kind::Twice),
                }
            }
        }
        for slot in values {
            if slot.is_empty() {
                *slot = others;
            }
        }
    }

    /// A set of levels: bit `1 << Level as u32`.
    pub fn levels(&mut self, text: &'a str) -> u32 {
        let mut set = 0;
        for word in pieces(text, b',') {
            match place(LEVELS, word) {
                NOWHERE => self.fail(word, Kind::Level),
                4 => set = 0b1111,
                level => set |= 1 << level,
            }
        }
        set
    }

    /// Seconds of `90s`, `15m`, `4h`, `2d`; 1 s to 366 d.
    pub fn duration(&mut self, text: &'a str) -> u32 {
        let mut cursor = Cursor(text.as_bytes());
        let n = cursor.digits(1, 8);
        let unit = match cursor.next() | 0x20 {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => 0,
        };
        let seconds = n.wrapping_mul(unit);
        if n > 366 * 86_400 || seconds == 0 || seconds > 366 * 86_400 || !cursor.0.is_empty() {
            self.fail(text, Kind::Duration);
        }
        seconds as u32
    }

    /// Start and length in minutes of `22:00-07:00`: start below 24:00, end up to 24:00, not equal.
    pub fn hours(&mut self, text: &'a str) -> (u32, u32) {
        let mut cursor = Cursor(text.as_bytes());
        let start = cursor.clock();
        let dash = cursor.eat(b'-');
        let end = cursor.clock();
        if !dash || !cursor.0.is_empty() || start >= 1440 || end > 1440 || start == end {
            self.fail(text, Kind::Hours);
        }
        (start, if end > start { end - start } else { (end + 1440).wrapping_sub(start) })
    }
}

/// The words of [`Level`](crate::alarm::Level), in its order, and `*`.
const LEVELS: &str = "low mid high urgent *";

/// A moment in seconds since 1970: epoch milliseconds (or seconds, up to 11 digits), or an ISO date
/// with optional time (`T` or a space between) and zone (`Z`, `+08:00`, `+0800`, `+8`). Without a zone it is
/// local: `offset` minutes east of UTC. A date alone is its first minute. Years 1970 to 2105.
/// 0: none of these.
pub(super) fn moment(text: &str, offset: i32) -> u32 {
    let mut cursor = Cursor(text.as_bytes());
    let n = cursor.digits(4, 14);
    if cursor.0.is_empty() && n > 9999 {
        return u32::try_from(if n < 100_000_000_000 { n } else { n / 1000 }).unwrap_or(0);
    }
    // Month, day, hour, minute, second: what stands before each and what it is at most.
    let mut parts = [0; 5];
    for (i, part) in parts.iter_mut().enumerate() {
        let (mark, most) = [(b'-', 12), (b'-', 31), (b'T', 24), (b':', 59), (b':', 59)][i];
        if !(cursor.eat(mark) || i == 2 && cursor.eat(b' ')) {
            // A date alone, or a time without seconds.
            if i == 2 || i == 4 {
                break;
            }
            return 0;
        }
        let n = cursor.digits(1, 2);
        if n > most || n == 0 && i < 2 {
            return 0;
        }
        *part = n as i32;
    }
    if cursor.eat(b'.') {
        cursor.digits(1, 9);
    }
    cursor.eat(b' ');
    let mut east = offset;
    let west = cursor.eat(b'-');
    if west || cursor.eat(b'+') {
        let n = cursor.digits(1, 4).min(9_999);
        let minutes = if cursor.eat(b':') {
            n * 60 + cursor.digits(2, 2).min(9_999)
        } else if n > 99 {
            n / 100 * 60 + n % 100
        } else {
            n * 60
        };
        if minutes > 1440 {
            return 0;
        }
        east = minutes as i32;
        if west {
            east = -east;
        }
    } else if cursor.eat(b'Z') {
        east = 0;
    }
    let [month, day, hour, minute, second] = parts;
    let year = n as i32;
    if !cursor.0.is_empty()
        || !(1970..2106).contains(&year)
        || days(year, month) + day > days(year, month + 1)
    {
        return 0;
    }
    let seconds = i64::from(hour * 3600 + (minute - east) * 60 + second);
    u32::try_from(i64::from(days(year, month) + day - 1) * 86_400 + seconds).unwrap_or(0)
}

/// Days from 1970-01-01 to the first of a month (`month` 1 to 13), in the proleptic Gregorian calendar.
fn days(year: i32, month: i32) -> i32 {
    // The year begins in March, so that the leap day is its last day (the well-known civil algorithm).
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719_468
}

/// A reader of small fixed formats; nothing in it panics.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// The next byte, 0 at the end.
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    #[inline(never)]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    /// A number of `least` to `most` digits; [`NONE`] if there are fewer or more.
    #[inline(never)]
    fn digits(&mut self, least: u32, most: u32) -> u64 {
        let (mut n, mut count) = (0, 0);
        while let Some(digit @ b'0'..=b'9') = self.0.first() {
            count += 1;
            if count > most {
                return NONE;
            }
            n = n * 10 + u64::from(digit - b'0');
            self.next();
        }
        if count < least { NONE } else { n }
    }

    /// Minutes of `7:00` or `22:00`; without such a time at least 9,999.
    #[inline(never)]
    fn clock(&mut self) -> u32 {
        let hours = self.digits(1, 2);
        let colon = self.eat(b':');
        let minutes = self.digits(2, 2);
        if hours < 99 && colon && minutes < 60 { (hours * 60 + minutes) as u32 } else { 9_999 }
    }
}

/// No number: above all others, so that a check of the limit is enough.
const NONE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::Level;
    use crate::host::pieces;

    fn read<'a, T>(read: impl Fn(&mut Reader<'a>) -> T) -> Result<T, Fault<'a>> {
        let mut reader = Reader::default();
        let value = read(&mut reader);
        reader.fault.map_or(Ok(value), Err)
    }

    fn fault<T>(piece: &str, kind: Kind) -> Result<T, Fault<'_>> {
        Err(Fault { piece, kind })
    }

    #[test]
    fn every_kind_has_its_sentence() {
        assert_eq!(Kind::Value.sentence(), SENTENCES[0]);
        assert_eq!(Kind::Steps as usize, SENTENCES.len() - 1);
        assert!(Kind::Moment.sentence().contains("no time:"));
        assert!(Kind::Uncovered.sentence().contains("leaves out"));
    }

    #[test]
    fn the_words_of_levels_are_the_platforms_in_their_order() {
        for level in Level::ALL {
            assert_eq!(place(LEVELS, level.word()), level as u32);
        }
        assert_eq!(place(LEVELS, "URGENT"), 3);
        assert_eq!([place(LEVELS, ""), place(LEVELS, "low mid")], [NOWHERE; 2]);
    }

    #[test]
    fn pieces_are_trimmed_and_empty_ones_left_out() {
        assert_eq!(pieces(" a ;; b;c; ", b';').collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(pieces("", b';').count(), 0);
    }

    #[test]
    fn full_width_forms_read_as_ascii() {
        assert_eq!(ascii("ｈｉｇｈ，ｍｉｄ＝１５ｍ；　＊＝４ｈ、值班"), "high,mid=15m; *=4h,值班");
    }

    #[test]
    fn durations() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("4h", 14_400), ("2D", 172_800), ("366d", 31_622_400)]
        {
            assert_eq!(read(|r| r.duration(text)), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "15",
            "m",
            "0m",
            "-1m",
            "1.5h",
            "1h30m",
            "367d",
            "99999999d",
            "999999999s",
            "15 m",
            "15分",
            "5\u{13}",
        ] {
            assert_eq!(read(|r| r.duration(text)), fault(text, Kind::Duration), "{text}");
        }
    }

    #[test]
    fn time_ranges() {
        assert_eq!(read(|r| r.hours("22:00-07:00")), Ok((1320, 540)));
        assert_eq!(read(|r| r.hours("0:00-24:00")), Ok((0, 1440)));
        for text in [
            "22-07",
            "22:00",
            "24:00-07:00",
            "07:00-24:01",
            "07:00-07:00",
            "7:0-8:00",
            "07:60-08:00",
            "07:00-08:00x",
            "07:0008:00",
            "99:59-08:00",
        ] {
            assert_eq!(read(|r| r.hours(text)), fault(text, Kind::Hours), "{text}");
        }
    }

    #[test]
    fn moments() {
        let noon = 1_795_262_400; // 2026-11-21T12:00:00Z
        for text in [
            "1795262400000",
            "1795262400",
            "2026-11-21T12:00:00Z",
            "2026-11-21T12:00:00.000Z",
            "2026-11-21 12:00",
            "2026-11-21T20:00+08:00",
            "2026-11-21 20:00:00 +0800",
            "2026-11-21T08:30-03:30",
            "2026-11-21 20:00 +8",
        ] {
            assert_eq!(moment(text, 0), noon, "{text}");
        }
        assert_eq!(moment("2026-11-21 20:00", 480), noon, "without a zone the local one");
        assert_eq!(moment("2026-11-21", 480), noon - 20 * 3600);
        assert_eq!(moment("2024-02-29", 0), 1_709_164_800);
        assert_eq!(moment("2100-03-01", 0), 4_107_542_400);
        for text in [
            "",
            "soon",
            "12",
            "2026",
            "2026-02-29",
            "2026-13-01",
            "2026-11-31",
            "2026-11",
            "2026-11-21T",
            "2026-11-21T12",
            "1970-01-01 +08:00",
            "2026-11-21T25:00",
            "2026-11-21T12:00:00Zx",
            "2026-11-21T12:00+8:0",
            "2026-11-21T12:00+9999",
            "2026-11-21 12:00 +",
            "2026-00-01",
            "2026-01-00",
            "99999999999999",
            "2200-01-01",
            "1969-12-31",
        ] {
            assert_eq!(moment(text, 0), 0, "{text}");
        }
    }

    #[test]
    fn the_calendar_is_the_gregorian_one() {
        let mut day = 0;
        for year in 1970..2106 {
            for (month, length) in
                [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate()
            {
                assert_eq!(days(year, month as i32 + 1), day);
                let leap = month == 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                day += length + i32::from(leap);
            }
            assert_eq!(days(year, 13), day);
        }
    }

    #[test]
    fn values_by_level_with_others_and_bare() {
        let by_level = |text| {
            read(|r| {
                let mut values = [""; 4];
                r.by_level(text, &mut values);
                values
            })
        };
        assert_eq!(by_level("urgent=a; HIGH , mid = b; *=c"), Ok(["c", "b", "b", "a"]));
        assert_eq!(by_level("x,y"), Ok(["x,y"; 4]));
        assert_eq!(by_level("high=a"), Ok(["", "", "a", ""]));
        assert_eq!(by_level("hihg=a"), fault("hihg", Kind::Level));
        assert_eq!(by_level("high=a; high=b"), fault("high=b", Kind::Twice));
        assert_eq!(by_level("*=a; b"), fault("b", Kind::Twice));
        assert_eq!(by_level("high="), fault("high=", Kind::Value));
        assert_eq!(by_level("=a"), fault("=a", Kind::Binding));
        assert_eq!(
            by_level("hihg=a; high="),
            fault("hihg", Kind::Level),
            "the first fault is told"
        );
    }
}
