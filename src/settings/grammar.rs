//! The one grammar of structured settings: `;` between entries, `=` binds, `,` between items,
//! `*` for all other levels, durations as `90s 15m 4h 2d`, times of day as `22:00-07:00`.
//! What a setting means with these pieces stands with its type.

use alloc::vec::Vec;

use super::{Fault, Key, Kind, Texts, Value};
use crate::alarm::Level;
use crate::text::{digits, pieces};

/// Seconds of the longest duration.
const LONGEST: u32 = 366 * 86_400;

/// Reads settings and collects their faults.
pub struct Reader<'a> {
    /// Faults so far, one a setting.
    pub faults: Vec<Fault>,
    /// The first fault of the setting at hand. After it the values read mean nothing; one place for
    /// it takes half the code of a `Result` a value.
    fault: Option<(&'a str, Kind)>,
    /// The moment of the call, in seconds since 1970, for settings that mean a time of day.
    pub now: u32,
    /// Minutes east of UTC of times that are typed without a zone.
    pub offset: i32,
}

impl<'a> Reader<'a> {
    pub fn new(now: u32, offset: i32) -> Reader<'a> {
        Reader { faults: Vec::new(), fault: None, now, offset }
    }

    /// Reads one setting.
    pub fn setting<T: Value<'a>>(&mut self, texts: &'a Texts<'_>, key: Key) -> T {
        let text = texts.get(key.name);
        if text.is_empty() || T::OFF_IS_UNSET && is_off(text) {
            return T::unset();
        }
        let value = T::read(self, text);
        if self.was_sound(key) { value } else { T::unset() }
    }

    /// Whether the setting at hand has no fault; it is done with.
    #[inline(never)]
    fn was_sound(&mut self, key: Key) -> bool {
        let Some((piece, kind)) = self.fault.take() else { return true };
        self.faults.push(Fault::new(key.name, piece, kind));
        false
    }

    /// Notes what is wrong with the setting at hand; the first fault is the one that is told.
    #[inline(never)]
    pub fn fail(&mut self, piece: &'a str, kind: Kind) {
        self.fault = self.fault.or(Some((piece, kind)));
    }

    /// The value, or a fault about `piece` and the type's default.
    pub fn expect<T: Default>(&mut self, value: Option<T>, piece: &'a str, kind: Kind) -> T {
        value.unwrap_or_else(|| {
            self.fail(piece, kind);
            T::default()
        })
    }

    /// `key=value` of an entry, both trimmed; neither may be empty.
    pub fn binding(&mut self, entry: &'a str) -> (&'a str, &'a str) {
        let (key, value) = entry.split_once('=').unwrap_or_default();
        let (key, value) = (key.trim_ascii(), value.trim_ascii());
        if key.is_empty() {
            self.fail(entry, Kind::BINDING);
        } else if value.is_empty() {
            self.fail(entry, Kind::VALUE);
        }
        (key, value)
    }

    /// Values by level, index = `Level as usize`: `urgent=a; high,mid=b; *=c`, or a lone `a` for all.
    /// A level that is neither named nor covered by `*` has an empty value.
    pub fn by_level(&mut self, text: &'a str) -> [&'a str; 4] {
        let mut values = [""; 4];
        let mut others = "";
        for entry in pieces(text, ';') {
            // An entry without `=` is for all levels, so that `notify_repeat = 4h` is as short as that.
            let (key, value) = if entry.contains('=') { self.binding(entry) } else { ("*", entry) };
            for word in pieces(key, ',') {
                let slot = match Level::from_word(word) {
                    Some(level) => values.get_mut(level as usize),
                    None => (word == "*").then_some(&mut others),
                };
                match slot {
                    None => self.fail(word, Kind::LEVEL),
                    Some(slot) if slot.is_empty() => *slot = value,
                    Some(_) => self.fail(entry, Kind::TWICE),
                }
            }
        }
        values.map(|value| if value.is_empty() { others } else { value })
    }

    /// A set of levels: bit `1 << Level as u32`.
    pub fn levels(&mut self, text: &'a str) -> u32 {
        let mut set = 0;
        for word in pieces(text, ',') {
            match Level::from_word(word) {
                Some(level) => set |= 1 << level as u32,
                None if word == "*" => set = 0b1111,
                None => self.fail(word, Kind::LEVEL),
            }
        }
        set
    }

    /// Seconds of `90s`, `15m`, `4h`, `2d`; 1 s to 366 d.
    pub fn duration(&mut self, text: &'a str) -> u32 {
        let seconds = parse_duration(text);
        self.expect(seconds, text, Kind::DURATION)
    }

    /// Start and length in minutes of `22:00-07:00`: start below 24:00, end up to 24:00, not equal.
    pub fn hours(&mut self, text: &'a str) -> (u32, u32) {
        let hours = text.split_once('-').and_then(|(start, end)| {
            let (start, end) = (clock(start)?, clock(end)?);
            let sound = start < 1440 && end <= 1440 && start != end;
            let next_day = if end > start { 0 } else { 1440 };
            sound.then(|| (start, end + next_day - start))
        });
        self.expect(hours, text, Kind::HOURS)
    }
}

/// The words for "not set", where a value cannot be deleted.
#[inline(never)]
pub fn is_off(text: &str) -> bool {
    ["0", "off", "no", "none", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Seconds of `90s`, `15m`, `4h`, `2d`; 1 s to 366 d.
pub fn parse_duration(text: &str) -> Option<u32> {
    let at = text.len().checked_sub(1)?;
    let unit = match text.as_bytes().get(at)? | 0x20 {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        _ => return None,
    };
    // Also none where the last byte is the end of a longer character.
    let seconds = digits(text.get(..at)?, 8)?.checked_mul(unit)?;
    (1..=LONGEST).contains(&seconds).then_some(seconds)
}

/// Minutes of `7:00` or `22:00`.
fn clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|_| minutes.len() == 2)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a, T>(read: impl Fn(&mut Reader<'a>) -> T) -> Result<T, (&'a str, Kind)> {
        let mut reader = Reader::new(0, 0);
        let value = read(&mut reader);
        reader.fault.map_or(Ok(value), Err)
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
            assert_eq!(read(|r| r.duration(text)), Err((text, Kind::DURATION)), "{text}");
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
            assert_eq!(read(|r| r.hours(text)), Err((text, Kind::HOURS)), "{text}");
        }
    }

    #[test]
    fn values_by_level_with_others_and_bare() {
        let by_level = |text| read(|r| r.by_level(text));
        assert_eq!(by_level("urgent=a; HIGH , mid = b; *=c"), Ok(["c", "b", "b", "a"]));
        assert_eq!(by_level("x,y"), Ok(["x,y"; 4]));
        assert_eq!(by_level("high=a"), Ok(["", "", "a", ""]));
        assert_eq!(by_level("hihg=a"), Err(("hihg", Kind::LEVEL)));
        assert_eq!(by_level("high=a; high=b"), Err(("high=b", Kind::TWICE)));
        assert_eq!(by_level("*=a; b"), Err(("b", Kind::TWICE)));
        assert_eq!(by_level("high="), Err(("high=", Kind::VALUE)));
        assert_eq!(by_level("=a"), Err(("=a", Kind::BINDING)));
        assert_eq!(
            by_level("hihg=a; high="),
            Err(("hihg", Kind::LEVEL)),
            "the first fault is told"
        );
    }
}
