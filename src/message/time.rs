//! Time as text: UTC ISO as the application notes show it, or local time with its zone.

/// `n` in `width` decimal digits at least.
fn digits(out: &mut String, n: u64, width: u32) {
    let mut scale = 10u64.pow(width - 1);
    while n / scale >= 10 {
        scale *= 10;
    }
    while scale > 0 {
        out.push((b'0' + (n / scale % 10) as u8) as char);
        scale /= 10;
    }
}

/// A whole number as text.
pub fn number(n: u64) -> String {
    let mut out = String::new();
    digits(&mut out, n, 1);
    out
}

/// Year, month (1…12) and day (1…31) of a day counted from 1970-01-01
/// (Hinnant's `civil_from_days`, for days that are not negative).
fn civil(day: u64) -> (u64, u64, u64) {
    let z = day + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + (month <= 2) as u64, month, doy - (153 * mp + 2) / 5 + 1)
}

/// `ms` since 1970 as text. Without an offset: UTC ISO 8601 with milliseconds, as
/// `Date.prototype.toISOString` writes it. With an offset (minutes east of UTC): local time with its zone.
///
/// ```
/// use tkl_notify::message::time::stamp;
/// assert_eq!(stamp(1767225600123, None), "2026-01-01T00:00:00.123Z");
/// assert_eq!(stamp(1767225600123, Some(480)), "2026-01-01 08:00:00 UTC+08:00");
/// assert_eq!(stamp(1767225600123, Some(-210)), "2025-12-31 20:30:00 UTC-03:30");
/// ```
pub fn stamp(ms: u64, offset: Option<i32>) -> String {
    let shift = offset.unwrap_or(0);
    // The largest time a JavaScript Date holds; it also keeps the sum in range.
    let local = (ms.min(8_640_000_000_000_000) as i64 + shift as i64 * 60_000).max(0) as u64;
    let (year, month, day) = civil(local / 86_400_000);
    let mut out = String::new();
    digits(&mut out, year, 4);
    out.push('-');
    digits(&mut out, month, 2);
    out.push('-');
    digits(&mut out, day, 2);
    out.push(if offset.is_some() { ' ' } else { 'T' });
    digits(&mut out, local / 3_600_000 % 24, 2);
    out.push(':');
    digits(&mut out, local / 60_000 % 60, 2);
    out.push(':');
    digits(&mut out, local / 1_000 % 60, 2);
    if offset.is_some() {
        out.push_str(if shift < 0 { " UTC-" } else { " UTC+" });
        let shift = shift.unsigned_abs() as u64;
        digits(&mut out, shift / 60, 2);
        out.push(':');
        digits(&mut out, shift % 60, 2);
    } else {
        out.push('.');
        digits(&mut out, local % 1_000, 3);
        out.push('Z');
    }
    out
}

/// Reads an offset as typed: `+08:00`, `+8`, `-0330`, `UTC+8`, `GMT+08:00`, `Z`, `UTC`. Minutes east of UTC.
///
/// ```
/// use tkl_notify::message::time::read_offset;
/// assert_eq!(read_offset("UTC+8"), Some(480));
/// assert_eq!(read_offset("-03:30"), Some(-210));
/// assert_eq!(read_offset("Asia/Shanghai"), None);
/// assert_eq!(read_offset("+25:00"), None);
/// ```
pub fn read_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text).trim();
    if text.is_empty() || text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return None,
    };
    let rest = text.get(1..)?;
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => (rest.get(..2)?, rest.get(2..)?),
        None => (rest, "0"),
    };
    let hours = crate::host::whole(hours)?;
    let minutes = crate::host::whole(minutes)?;
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) as i32)
}

/// Minutes as the shim writes them: a whole number with an optional minus.
pub fn read_minutes(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    crate::host::whole(digits).filter(|n| *n <= 900).map(|n| sign * n as i32)
}
