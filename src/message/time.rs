//! Time as text: UTC ISO as the application notes show it, or local time with its zone.

use super::text::add;
use crate::host::{cut, whole};

/// `n` in `width` decimal digits at least.
fn digits(out: &mut String, n: u32, width: u32) {
    let mut scale = 10u32.pow(width - 1);
    while n / scale >= 10 {
        scale *= 10;
    }
    while scale > 0 {
        out.push((b'0' + (n / scale % 10) as u8) as char);
        scale /= 10;
    }
}

/// A whole number as text.
pub fn number(n: u32) -> String {
    let mut out = String::new();
    digits(&mut out, n, 1);
    out
}

/// Year, month (1…12) and day (1…31) of a day counted from 1970-01-01
/// (Hinnant's `civil_from_days`, for days that are not negative).
fn civil(day: u32) -> (u32, u32, u32) {
    let z = day + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + (month <= 2) as u32, month, doy - (153 * mp + 2) / 5 + 1)
}

/// A moment as text: seconds since 1970 and milliseconds beyond. Without an offset: UTC ISO 8601
/// with milliseconds, as `Date.prototype.toISOString` writes it. With an offset (minutes east of
/// UTC): local time with its zone.
///
/// ```
/// use tkl_notify::message::time::stamp;
/// assert_eq!(stamp((1767225600, 123), None), "2026-01-01T00:00:00.123Z");
/// assert_eq!(stamp((1767225600, 123), Some(480)), "2026-01-01 08:00:00 UTC+08:00");
/// assert_eq!(stamp((1767225600, 123), Some(-210)), "2025-12-31 20:30:00 UTC-03:30");
/// ```
pub fn stamp((seconds, milliseconds): (u32, u32), offset: Option<i32>) -> String {
    let shift = offset.unwrap_or(0);
    let local = seconds.saturating_add_signed(shift * 60);
    let (year, month, day) = civil(local / 86_400);
    let mut out = String::new();
    // Each number with what stands before it; the first has nothing.
    let mut part = |before: char, n: u32, width: u32| {
        if before != '0' {
            out.push(before);
        }
        digits(&mut out, n, width);
    };
    part('0', year, 4);
    part('-', month, 2);
    part('-', day, 2);
    part(if offset.is_some() { ' ' } else { 'T' }, local / 3_600 % 24, 2);
    part(':', local / 60 % 60, 2);
    part(':', local % 60, 2);
    if offset.is_none() {
        part('.', milliseconds, 3);
        out.push('Z');
    } else {
        add(&mut out, if shift < 0 { " UTC-" } else { " UTC+" });
        let shift = shift.unsigned_abs();
        digits(&mut out, shift / 60, 2);
        out.push(':');
        digits(&mut out, shift % 60, 2);
    }
    out
}

/// Reads an offset as typed: `+08:00`, `+8`, `-0330`, `UTC+8`, `GMT+08:00`, `Z`, `UTC`. Minutes east of UTC.
///
/// ```
/// use tkl_notify::message::time::read_offset;
/// assert_eq!(read_offset("UTC+8"), Some(480));
/// assert_eq!(read_offset("-03:30"), Some(-210));
/// assert_eq!(read_offset("+0530"), Some(330));
/// assert_eq!(read_offset("Z"), Some(0));
/// assert_eq!(read_offset("Asia/Shanghai"), None);
/// assert_eq!(read_offset("+25:00"), None);
/// ```
pub fn read_offset(text: &str) -> Option<i32> {
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    if text.is_empty() || text == "Z" {
        return Some(0);
    }
    let (hours, minutes) = match cut(text, b':') {
        Some(parts) => parts,
        None if text.len() == 5 => (text.get(..3)?, text.get(3..)?),
        None => (text, "0"),
    };
    let minutes = whole(minutes).filter(|minutes| *minutes < 60)? as i32;
    let size = whole(hours.get(1..)?).filter(|hours| *hours <= 14)? as i32 * 60 + minutes;
    match hours.as_bytes().first() {
        Some(b'+') => Some(size),
        Some(b'-') => Some(-size),
        _ => None,
    }
}

/// Minutes as the shim writes them: a whole number with an optional minus.
pub fn read_minutes(text: &str) -> Option<i32> {
    match text.strip_prefix('-') {
        Some(size) => whole(size).map(|size| -(size as i32)),
        None => whole(text).map(|size| size as i32),
    }
    .filter(|minutes| (-900..=900).contains(minutes))
}
