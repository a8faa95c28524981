//! The one grammar of structured settings: `;` between entries, `=` binds, `,` between items,
//! `*` for all other levels, durations as `90s 15m 4h 2d`, times of day, moments.
//! What each setting means with these pieces stands in `settings`.

use crate::alarm::Level;

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

impl<'a> Fault<'a> {
    pub(super) fn new(piece: &'a str, kind: Kind) -> Fault<'a> {
        Fault { piece, kind }
    }
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
pub(super) fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|b| b == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `key=value` of an entry, both trimmed; neither may be empty.
pub(super) fn bound(entry: &str) -> Result<(&str, &str), Fault<'_>> {
    let (key, value) = cut(entry, b'=').ok_or(Fault::new(entry, Kind::Binding))?;
    let (key, value) = (key.trim_ascii(), value.trim_ascii());
    if key.is_empty() {
        return Err(Fault::new(entry, Kind::Binding));
    }
    if value.is_empty() {
        return Err(Fault::new(entry, Kind::Value));
    }
    Ok((key, value))
}

/// Values by level, index = `Level as usize`: `urgent=a; high,mid=b; *=c`, or a lone `a` for all.
/// A level that is neither named nor covered by `*` is `None`.
pub(super) fn by_level(text: &str) -> Result<[Option<&str>; 4], Fault<'_>> {
    let mut named = [None; 4];
    let mut others = None;
    for entry in pieces(text, b';') {
        // An entry without `=` is for all levels, so that `notify_repeat = 4h` is as short as that.
        let (key, value) = if entry.bytes().any(|b| b == b'=') { bound(entry)? } else { ("*", entry) };
        for word in pieces(key, b',') {
            let slot = if word == "*" {
                &mut others
            } else {
                level(word)
                    .and_then(|level| named.get_mut(level as usize))
                    .ok_or(Fault::new(word, Kind::Level))?
            };
            if slot.is_some() {
                return Err(Fault::new(word, Kind::Twice));
            }
            *slot = Some(value);
        }
    }
    for slot in &mut named {
        *slot = slot.or(others);
    }
    Ok(named)
}

/// A set of levels: bit `1 << Level as usize`.
pub(super) fn levels(text: &str) -> Result<u8, Fault<'_>> {
    let mut set = 0;
    for word in pieces(text, b',') {
        set |= if word == "*" { 0b1111 } else { 1 << level(word).ok_or(Fault::new(word, Kind::Level))? as u8 };
    }
    Ok(set)
}

#[inline(never)]
fn level(word: &str) -> Option<Level> {
    Level::from_word(word)
}

/// Seconds of `90s`, `15m`, `4h`, `2d`; 1 s to 366 d.
pub(super) fn duration(text: &str) -> Result<u32, Fault<'_>> {
    let mut cursor = Cursor(text.as_bytes());
    let read = cursor.digits(1, 8).and_then(|n| {
        let unit = match cursor.next()? {
            b's' | b'S' => 1,
            b'm' | b'M' => 60,
            b'h' | b'H' => 3600,
            b'd' | b'D' => 86_400,
            _ => return None,
        };
        let seconds = n * unit;
        (cursor.0.is_empty() && 0 < seconds && seconds <= 366 * 86_400).then_some(seconds as u32)
    });
    read.ok_or(Fault::new(text, Kind::Duration))
}

/// Minutes of `22:00-07:00`: start below 24:00, end up to 24:00, not equal.
pub(super) fn hours(text: &str) -> Option<(u32, u32)> {
    let mut cursor = Cursor(text.as_bytes());
    let start = cursor.clock()?;
    cursor.eat(b'-').then_some(())?;
    let end = cursor.clock()?;
    (cursor.0.is_empty() && start < 1440 && end <= 1440 && start != end).then_some((start, end))
}

/// A moment in seconds since 1970: epoch milliseconds (or seconds, up to 11 digits), or an ISO date
/// with optional time (`T` or a space between) and zone (`Z`, `+08:00`, `+0800`). Without a zone it is
/// local: `offset` minutes east of UTC. A date alone is its first minute. Years 1970 to 2105.
pub(super) fn moment(text: &str, offset: i32) -> Option<u32> {
    let bytes = text.as_bytes();
    let mut cursor = Cursor(bytes);
    if let Some(n) = cursor.digits(9, 14)
        && cursor.0.is_empty()
    {
        return u32::try_from(if n < 100_000_000_000 { n } else { n / 1000 }).ok();
    }
    cursor = Cursor(bytes);
    let year = cursor.digits(4, 4)? as i32;
    let month = cursor.after(b'-')? as i32;
    let day = cursor.after(b'-')? as i32;
    if !(1970..2106).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || days(year, month) + day > days(year, month + 1)
    {
        return None;
    }
    let mut minutes = 0;
    let mut seconds = 0;
    if cursor.eat(b'T') || cursor.eat(b't') || cursor.eat(b' ') {
        minutes = cursor.clock().filter(|m| *m <= 1440)? as i32;
        if cursor.eat(b':') {
            seconds = cursor.pair()?;
            if cursor.eat(b'.') {
                cursor.digits(1, 9)?;
            }
        }
    }
    cursor.eat(b' ');
    let mut east = offset;
    if cursor.eat(b'Z') || cursor.eat(b'z') {
        east = 0;
    } else if let Some(sign @ (b'+' | b'-')) = cursor.0.first() {
        cursor.next();
        let hours = cursor.pair()?;
        cursor.eat(b':');
        east = (hours * 60 + cursor.pair()?) as i32;
        if *sign == b'-' {
            east = -east;
        }
    }
    let days = i64::from(days(year, month) + day - 1);
    let moment = days * 86_400 + i64::from(minutes - east) * 60 + i64::from(seconds);
    cursor.0.is_empty().then_some(())?;
    u32::try_from(moment).ok()
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
    fn digits(&mut self, least: u32, most: u32) -> Option<u64> {
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

/// A whole number without sign, for the count of a flapping rule.
pub(super) fn number(text: &str) -> Option<u32> {
    let mut cursor = Cursor(text.as_bytes());
    let n = cursor.digits(1, 4)?;
    cursor.0.is_empty().then_some(n as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_sentence() {
        assert_eq!(Kind::Value.sentence(), SENTENCES[0]);
        assert_eq!(Kind::Steps as usize, SENTENCES.len() - 1);
        assert!(Kind::Moment.sentence().contains("not a time:"));
        assert!(Kind::Uncovered.sentence().contains("without channel"));
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
            assert_eq!(duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "15", "m", "0m", "-1m", "1.5h", "1h30m", "367d", "99999999d", "999999999s", "15 m", "15分"] {
            assert_eq!(duration(text), Err(Fault::new(text, Kind::Duration)), "{text}");
        }
    }

    #[test]
    fn time_ranges() {
        assert_eq!(hours("22:00-07:00"), Some((1320, 420)));
        assert_eq!(hours("0:00-24:00"), Some((0, 1440)));
        for text in ["22-07", "22:00", "24:00-07:00", "07:00-24:01", "07:00-07:00", "7:0-8:00", "07:60-08:00", "07:00-08:00x"] {
            assert_eq!(hours(text), None, "{text}");
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
        for text in ["", "soon", "12", "2026-02-29", "2026-13-01", "2026-11-31", "2026-1-1", "2026-11-21T", "2026-11-21T25:00",
            "2026-11-21T12:00:00Zx", "2026-11-21T12:00+8", "99999999999999", "2200-01-01", "1969-12-31"] {
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
        assert_eq!(by_level("urgent=a; HIGH , mid = b; *=c"), Ok([Some("c"), Some("b"), Some("b"), Some("a")]));
        assert_eq!(by_level("x,y"), Ok([Some("x,y"); 4]));
        assert_eq!(by_level("high=a"), Ok([None, None, Some("a"), None]));
        assert_eq!(by_level("hihg=a"), Err(Fault::new("hihg", Kind::Level)));
        assert_eq!(by_level("high=a; high=b"), Err(Fault::new("high", Kind::Twice)));
        assert_eq!(by_level("*=a; b"), Err(Fault::new("*", Kind::Twice)));
        assert_eq!(by_level("high="), Err(Fault::new("high=", Kind::Value)));
        assert_eq!(by_level("=a"), Err(Fault::new("=a", Kind::Binding)));
    }
}
