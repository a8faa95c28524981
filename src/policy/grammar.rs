//! The one grammar of structured settings: `;` between entries, `=` binds, `,` between items,
//! `*` for all other levels, durations as `90s 15m 4h 2d`, times of day, moments.
//! What each setting means with these pieces stands in `settings`.

/// What is wrong with a piece of a setting. The order is that of [`SENTENCES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Value,
    Binding,
    Twice,
    Level,
    Duration,
    Flapping,
    Day,
    Hours,
    Moment,
    Mention,
    Channel,
    Uncovered,
    Steps,
}

/// One sentence a [`Kind`]: it follows the quoted piece and names the fix.
pub const SENTENCES: [&str; 13] = [
    "has no value: write one after the =",
    "has no =: write it as 15m=dingtalk or 22:00-07:00=low",
    "is given twice: keep one",
    "is not a level: use low, mid, high, urgent or *",
    "is not a duration: write 90s, 15m, 4h or 2d, at most 366d",
    "is not a flapping rule: write off or 5/30m,30m (3 to 9 changes)",
    "is not a weekday: use mon tue wed thu fri sat sun, or mon-fri",
    "is not a time range: write 22:00-07:00 or 00:00-24:00",
    "is not a time: write 2026-11-21 18:00, with +08:00 if need be, or epoch ms",
    "is not a mention: use user:<id>, mobile:<number> or all",
    "is not a channel: write wecom or wecom:alarm",
    "leaves a level without channel: add *=<channel>, or none",
    "is one step too many: keep at most 6",
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

/// The pieces of a text between separators, ASCII white space trimmed, empty ones left out.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
    separator: u8,
}

/// Splits at an ASCII separator: `;` for entries, `,` for items.
pub fn pieces(text: &str, separator: u8) -> Pieces<'_> {
    Pieces { rest: text, separator }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (piece, rest) = cut(self.rest, self.separator).unwrap_or((self.rest, ""));
            self.rest = rest;
            let piece = piece.trim_ascii();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }
}

/// The parts before and after the first separator (ASCII).
#[inline(never)]
pub(crate) fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|b| b == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The place of a word in a list of words separated by spaces, in any ASCII case.
#[inline(never)]
pub(super) fn place(words: &'static str, word: &str) -> Option<u32> {
    let at = pieces(words, b' ').position(|other| other.eq_ignore_ascii_case(word))?;
    Some(at as u32)
}

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
    pub fn by_level(&mut self, text: &'a str) -> [&'a str; 4] {
        // Index 4 is `*`.
        let mut values = [""; 5];
        for entry in pieces(text, b';') {
            // An entry without `=` is for all levels, so that `notify_repeat = 4h` is as short as that.
            let (key, value) = if cut(entry, b'=').is_some() { self.bound(entry) } else { ("*", entry) };
            for word in pieces(key, b',') {
                match place(LEVELS, word).and_then(|at| values.get_mut(at as usize)) {
                    None => self.fail(word, Kind::Level),
                    Some(slot) if slot.is_empty() => *slot = value,
                    Some(_) => self.fail(entry, Kind::Twice),
                }
            }
        }
        let [low, mid, high, urgent, others] = values;
        [low, mid, high, urgent].map(|value| if value.is_empty() { others } else { value })
    }

    /// A set of levels: bit `1 << Level as u32`.
    pub fn levels(&mut self, text: &'a str) -> u32 {
        let mut set = 0;
        for word in pieces(text, b',') {
            match place(LEVELS, word) {
                None => self.fail(word, Kind::Level),
                Some(4) => set = 0b1111,
                Some(level) => set |= 1 << level,
            }
        }
        set
    }

    /// Seconds of `90s`, `15m`, `4h`, `2d`; 1 s to 366 d.
    pub fn duration(&mut self, text: &'a str) -> u32 {
        let mut cursor = Cursor(text.as_bytes());
        let n = cursor.digits(1, 8).unwrap_or(0);
        let unit = match cursor.next().unwrap_or(0) | 0x20 {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => 0,
        };
        let seconds = n * unit;
        if seconds == 0 || seconds > 366 * 86_400 || !cursor.0.is_empty() {
            self.fail(text, Kind::Duration);
        }
        seconds as u32
    }

    /// Start and length in minutes of `22:00-07:00`: start below 24:00, end up to 24:00, not equal.
    pub fn hours(&mut self, text: &'a str) -> (u32, u32) {
        let mut cursor = Cursor(text.as_bytes());
        let start = cursor.clock().unwrap_or(1440);
        let dash = cursor.eat(b'-');
        let end = cursor.clock().unwrap_or(start);
        if !dash || !cursor.0.is_empty() || start >= 1440 || end > 1440 || start == end {
            self.fail(text, Kind::Hours);
        }
        (start, if end > start { end - start } else { (end + 1440).wrapping_sub(start) })
    }
}

/// The words of [`Level`](crate::alarm::Level), in its order, and `*`.
const LEVELS: &str = "low mid high urgent *";

/// A moment in seconds since 1970: epoch milliseconds (or seconds, up to 11 digits), or an ISO date
/// with optional time (`T` or a space between) and zone (`Z`, `+08:00`, `+0800`). Without a zone it is
/// local: `offset` minutes east of UTC. A date alone is its first minute. Years 1970 to 2105.
pub(super) fn moment(text: &str, offset: i32) -> Option<u32> {
    let mut cursor = Cursor(text.as_bytes());
    let n = cursor.digits(4, 14)?;
    if cursor.0.is_empty() && n > 9999 {
        return u32::try_from(if n < 100_000_000_000 { n } else { n / 1000 }).ok();
    }
    let year = n as i32;
    let month = cursor.after(b'-')? as i32;
    let day = cursor.after(b'-')? as i32;
    if !(1970..2106).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || days(year, month) + day > days(year, month + 1)
    {
        return None;
    }
    let mut seconds = 0;
    if cursor.eat(b'T') || cursor.eat(b't') || cursor.eat(b' ') {
        seconds = cursor.clock().filter(|minutes| *minutes <= 1440)? * 60;
        if cursor.eat(b':') {
            seconds += cursor.pair()?;
            if cursor.eat(b'.') {
                cursor.digits(1, 9)?;
            }
        }
    }
    cursor.eat(b' ');
    let mut east = offset;
    if cursor.eat(b'Z') || cursor.eat(b'z') {
        east = 0;
    } else {
        let west = cursor.eat(b'-');
        if west || cursor.eat(b'+') {
            let hours = cursor.pair()?;
            cursor.eat(b':');
            east = (hours * 60 + cursor.pair()?) as i32;
            if west {
                east = -east;
            }
        }
    }
    let days = i64::from(days(year, month) + day - 1);
    let moment = days * 86_400 + i64::from(seconds as i32 - east * 60);
    if cursor.0.is_empty() { u32::try_from(moment).ok() } else { None }
}

/// Days from 1970-01-01 to the first of a month (`month` 1 to 13), in the proleptic Gregorian calendar.
fn days(year: i32, month: i32) -> i32 {
    // The year begins in March, so that the leap day is its last day (the well-known civil algorithm).
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719_468
}

/// A reader of small fixed formats; nothing in it panics.
pub(super) struct Cursor<'a>(pub &'a [u8]);

impl Cursor<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    /// A number of `least` to `most` digits; more digits are no number.
    #[inline(never)]
    pub fn digits(&mut self, least: u32, most: u32) -> Option<u64> {
        let (mut n, mut count) = (0, 0);
        while let Some(digit @ b'0'..=b'9') = self.0.first() {
            count += 1;
            if count > most {
                return None;
            }
            n = n * 10 + u64::from(digit - b'0');
            self.next();
        }
        (count >= least).then_some(n)
    }

    /// Two digits.
    fn pair(&mut self) -> Option<u32> {
        let tens = char::from(self.next()?).to_digit(10)?;
        Some(tens * 10 + char::from(self.next()?).to_digit(10)?)
    }

    /// Two digits after a separator.
    fn after(&mut self, separator: u8) -> Option<u32> {
        if self.eat(separator) { self.pair() } else { None }
    }

    /// Minutes of `7:00` or `22:00`.
    fn clock(&mut self) -> Option<u32> {
        let hours = self.digits(1, 2)? as u32;
        let minutes = self.after(b':').filter(|m| *m < 60)?;
        Some(hours * 60 + minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::Level;

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
        assert!(Kind::Moment.sentence().contains("not a time:"));
        assert!(Kind::Uncovered.sentence().contains("without channel"));
    }

    #[test]
    fn the_words_of_levels_are_the_platforms_in_their_order() {
        for level in Level::ALL {
            assert_eq!(place(LEVELS, level.word()), Some(level as u32));
        }
        assert_eq!(place(LEVELS, "URGENT"), Some(3));
        assert_eq!([place(LEVELS, ""), place(LEVELS, "low mid")], [None, None]);
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
        for (text, seconds) in [("90s", 90), ("15m", 900), ("4h", 14_400), ("2D", 172_800), ("366d", 31_622_400)] {
            assert_eq!(read(|r| r.duration(text)), Ok(seconds), "{text}");
        }
        for text in [
            "", "15", "m", "0m", "-1m", "1.5h", "1h30m", "367d", "99999999d", "999999999s", "15 m", "15分", "5\u{13}",
        ] {
            assert_eq!(read(|r| r.duration(text)), fault(text, Kind::Duration), "{text}");
        }
    }

    #[test]
    fn time_ranges() {
        assert_eq!(read(|r| r.hours("22:00-07:00")), Ok((1320, 540)));
        assert_eq!(read(|r| r.hours("0:00-24:00")), Ok((0, 1440)));
        for text in [
            "22-07", "22:00", "24:00-07:00", "07:00-24:01", "07:00-07:00", "7:0-8:00", "07:60-08:00", "07:00-08:00x",
            "07:0008:00", "99:59-08:00",
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
        ] {
            assert_eq!(moment(text, 0), Some(noon), "{text}");
        }
        assert_eq!(moment("2026-11-21 20:00", 480), Some(noon), "without a zone the local one");
        assert_eq!(moment("2026-11-21", 480), Some(noon - 20 * 3600));
        assert_eq!(moment("2024-02-29", 0), Some(1_709_164_800));
        assert_eq!(moment("2100-03-01", 0), Some(4_107_542_400));
        for text in [
            "", "soon", "12", "2026", "2026-02-29", "2026-13-01", "2026-11-31", "2026-1-1", "2026-11-21T", "1970-01-01 +08:00",
            "2026-11-21T25:00", "2026-11-21T12:00:00Zx", "2026-11-21T12:00+8", "99999999999999", "2200-01-01", "1969-12-31",
        ] {
            assert_eq!(moment(text, 0), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_is_the_gregorian_one() {
        let mut day = 0;
        for year in 1970..2106 {
            for (month, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
                assert_eq!(days(year, month as i32 + 1), day);
                let leap = month == 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                day += length + i32::from(leap);
            }
            assert_eq!(days(year, 13), day);
        }
    }

    #[test]
    fn values_by_level_with_others_and_bare() {
        assert_eq!(read(|r| r.by_level("urgent=a; HIGH , mid = b; *=c")), Ok(["c", "b", "b", "a"]));
        assert_eq!(read(|r| r.by_level("x,y")), Ok(["x,y"; 4]));
        assert_eq!(read(|r| r.by_level("high=a")), Ok(["", "", "a", ""]));
        assert_eq!(read(|r| r.by_level("hihg=a")), fault("hihg", Kind::Level));
        assert_eq!(read(|r| r.by_level("high=a; high=b")), fault("high=b", Kind::Twice));
        assert_eq!(read(|r| r.by_level("*=a; b")), fault("b", Kind::Twice));
        assert_eq!(read(|r| r.by_level("high=")), fault("high=", Kind::Value));
        assert_eq!(read(|r| r.by_level("=a")), fault("=a", Kind::Binding));
        assert_eq!(read(|r| r.by_level("hihg=a; high=")), fault("hihg", Kind::Level), "the first fault is told");
    }
}
