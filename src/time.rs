//! The calendar: moments and zones as people type them, and time as messages show it (UTC ISO as the
//! application notes do, or local time with its zone). Moments are seconds since 1970 as `u32`, which
//! reach to the year 2106; zones are minutes east of UTC.

use alloc::string::String;

use crate::text::{add, digits, whole};

const DAY: u32 = 86_400;

/// Days from 1970-01-01 to the first of a month (`month` 1 to 13), in the proleptic Gregorian calendar.
fn days_before(year: u32, month: u32) -> u32 {
    // The year begins in March, so that the leap day is its last day (Hinnant's `days_from_civil`).
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719_468
}

/// Year, month (1…12) and day (1…31) of a day counted from 1970-01-01: the way back of [`days_before`].
fn date_of(day: u32) -> (u32, u32, u32) {
    // Never too small; too large by one at the end of some years.
    let mut year = 1970 + day / 365;
    while days_before(year, 1) > day {
        year -= 1;
    }
    let mut month = 12;
    while days_before(year, month) > day {
        month -= 1;
    }
    (year, month, day - days_before(year, month) + 1)
}

/// Appends `n` in `width` decimal digits at least.
fn add_padded(out: &mut String, n: u32, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(n);
    for _ in digits.len()..width {
        out.push('0');
    }
    add(out, digits);
}

/// A moment as text: seconds since 1970 and milliseconds beyond. Without an offset: UTC ISO 8601
/// with milliseconds, as `Date.prototype.toISOString` writes it. With an offset: local time with its zone.
///
/// ```
/// use tkl_notify::time::stamp;
/// assert_eq!(stamp((1767225600, 123), None), "2026-01-01T00:00:00.123Z");
/// assert_eq!(stamp((1767225600, 123), Some(480)), "2026-01-01 08:00:00 UTC+08:00");
/// assert_eq!(stamp((1767225600, 123), Some(-210)), "2025-12-31 20:30:00 UTC-03:30");
/// ```
pub fn stamp((seconds, milliseconds): (u32, u32), offset: Option<i32>) -> String {
    let shift = offset.unwrap_or(0);
    let local = seconds.saturating_add_signed(shift * 60);
    let (year, month, day) = date_of(local / DAY);
    let mut out = String::new();
    add_padded(&mut out, year, 4);
    let between = if offset.is_some() { " " } else { "T" };
    for (before, n) in [
        ("-", month),
        ("-", day),
        (between, local / 3_600 % 24),
        (":", local / 60 % 60),
        (":", local % 60),
    ] {
        add(&mut out, before);
        add_padded(&mut out, n, 2);
    }
    if offset.is_none() {
        add(&mut out, ".");
        add_padded(&mut out, milliseconds, 3);
        add(&mut out, "Z");
    } else {
        add(&mut out, if shift < 0 { " UTC-" } else { " UTC+" });
        add_padded(&mut out, shift.unsigned_abs() / 60, 2);
        add(&mut out, ":");
        add_padded(&mut out, shift.unsigned_abs() % 60, 2);
    }
    out
}

/// Reads an offset as typed: `+08:00`, `+8`, `-0330`, `UTC+8`, `GMT+08:00`, `Z`, `UTC`; at most 14 hours,
/// as the zones in use. Minutes east of UTC.
///
/// ```
/// use tkl_notify::time::parse_offset;
/// assert_eq!(parse_offset("UTC+8"), Some(480));
/// assert_eq!(parse_offset("-03:30"), Some(-210));
/// assert_eq!(parse_offset("+0530"), Some(330));
/// assert_eq!(parse_offset("Z"), Some(0));
/// assert_eq!(parse_offset("Asia/Shanghai"), None);
/// assert_eq!(parse_offset("+25:00"), None);
/// ```
pub fn parse_offset(text: &str) -> Option<i32> {
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    if text.is_empty() || text == "Z" {
        return Some(0);
    }
    let size = text.strip_prefix('+').or_else(|| text.strip_prefix('-'))?;
    let (hours, minutes) = match size.split_once(':') {
        Some(parts) => parts,
        None if size.len() == 4 => size.split_at_checked(2)?,
        None => (size, "00"),
    };
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|_| minutes.len() == 2)?);
    let size = (hours * 60 + minutes) as i32;
    let sound = minutes < 60 && size <= 14 * 60;
    sound.then_some(if text.starts_with('-') { -size } else { size })
}

/// A moment in seconds since 1970: epoch milliseconds (12 to 14 digits) or seconds (5 to 11), or an ISO
/// date with optional time (`T` or a space between) and zone (as [`parse_offset`] reads it). Without a
/// zone it is local: `offset` minutes east of UTC. A date alone is its first minute. Years 1970 to 2105.
///
/// ```
/// use tkl_notify::time::parse_moment;
/// assert_eq!(parse_moment("2026-11-21 20:00", 480), Some(1_795_262_400));
/// assert_eq!(parse_moment("2026-11-21T12:00:00Z", 480), Some(1_795_262_400));
/// assert_eq!(parse_moment("soon", 480), None);
/// ```
pub fn parse_moment(text: &str, offset: i32) -> Option<u32> {
    if text.len() > 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = if text.len() < 12 { text } else { text.get(..text.len() - 3)? };
        return whole(seconds).filter(|seconds| *seconds > 9_999);
    }
    let (date, rest) = text.split_once(['T', ' ']).unwrap_or((text, "0:00"));
    let mut parts = date.splitn(3, '-');
    let mut part = |most| parts.next().and_then(|part| digits(part, most));
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let end = rest.find([' ', '+', '-', 'Z', 'U', 'G']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(end)?;
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().unwrap_or("0");
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let (second, _) = (digits(second, 2)?, digits(fraction, 9)?);
    let east = match zone.trim_ascii() {
        "" => offset,
        zone => parse_offset(zone)?,
    };
    let sound = (1970..2106).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && days_before(year, month) + day <= days_before(year, month + 1)
        && hour <= 24
        && minute < 60
        && second < 60;
    let day = (sound).then(|| days_before(year, month) + day - 1)?;
    let seconds = day.checked_mul(DAY)?.checked_add(hour * 3_600 + minute * 60 + second)?;
    seconds.checked_add_signed(-60 * east)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_people_type_them() {
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
            "2026-11-21 20:00 UTC+8",
        ] {
            assert_eq!(parse_moment(text, 0), Some(noon), "{text}");
        }
        assert_eq!(
            parse_moment("2026-11-21 20:00", 480),
            Some(noon),
            "without a zone the local one"
        );
        assert_eq!(parse_moment("2026-11-21", 480), Some(noon - 20 * 3600));
        assert_eq!(parse_moment("2024-02-29", 0), Some(1_709_164_800));
        assert_eq!(parse_moment("2100-03-01", 0), Some(4_107_542_400));
    }

    #[test]
    fn what_is_no_moment_is_none() {
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
            "1970-01-01 00:00 +08:00",
            "2026-11-21T25:00",
            "2026-11-21T12:00:00Zx",
            "2026-11-21T12:00:00.Z",
            "2026-11-21T12:00+8:0",
            "2026-11-21T12:00+9999",
            "2026-11-21T12:00+15:00",
            "2026-11-21 12:00 +",
            "2026-11-21 12:60",
            "2026-00-01",
            "2026-01-00",
            "2026-01-+1",
            "99999999999999",
            "999999999999999999999",
            "2200-01-01",
            "1969-12-31",
        ] {
            assert_eq!(parse_moment(text, 0), None, "{text}");
        }
    }

    #[test]
    fn no_offset_is_beyond_fourteen_hours() {
        assert_eq!(parse_offset("+14:00"), Some(840));
        for text in ["+14:01", "-15", "+8:0", "+", "+08:60", "8", "+１", "+008:00", "é+8", "+é1é"]
        {
            assert_eq!(parse_offset(text), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_is_the_gregorian_one_in_both_directions() {
        let mut day = 0;
        for year in 1970..2106 {
            for (month, length) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                assert_eq!(days_before(year, month), day);
                let leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                for date in 1..=length + u32::from(leap) {
                    assert_eq!(date_of(day), (year, month, date));
                    day += 1;
                }
            }
            assert_eq!(days_before(year, 13), day);
        }
    }
}
