//! A reference for `pack.rs`: takes a packed literal apart as the format's description says. For tests; what ships is
//! `js-shim/unpack.wat`.

use crate::pack::{COPY, DIGITS, FIRST, units};

/// What the format's description says, step by step; none if the units were changed, or if what is made overtakes
/// what is to be read.
pub fn unpack((literal, start): &(String, usize)) -> Option<Vec<u8>> {
    let all: Vec<u16> = literal.encode_utf16().collect();
    let (mut bytes, mut tail, mut bits) = (Vec::new(), Vec::<u8>::new(), 0u64);
    for (n, four) in all[..all.len().checked_sub(4)?].chunks(4).enumerate() {
        let number = four.iter().rev().try_fold(0u64, |number, unit| {
            let digit = u64::from(unit.checked_sub(FIRST)?);
            Some(number * DIGITS + Some(digit).filter(|digit| *digit < DIGITS)?)
        })?;
        bytes.extend(&number.to_le_bytes()[..7]);
        bits |= (number >> 56) << (n % 8 * 3);
        if n % 8 == 7 {
            tail.extend(&bits.to_le_bytes()[..3]);
            bits = 0;
        }
    }
    bytes.extend(tail);
    if units(&bytes) != all {
        return None;
    }
    let packed = bytes.len();
    let mut rest = bytes.into_iter().map(usize::from);
    let mut out = Vec::new();
    loop {
        let token = rest.next()?;
        for _ in 0..number(&mut rest, token >> 6, 3)? {
            out.push(rest.next()? as u8);
        }
        let offset = match token & 7 {
            7 => rest.next()? | rest.next()? << 8,
            high => high << 8 | rest.next()?,
        };
        if offset == 0 {
            return Some(out);
        }
        for _ in 0..number(&mut rest, token >> 3 & 7, 7)? + 3 {
            out.push(*out.get(out.len().checked_sub(offset)?)?);
        }
        if out.len() + COPY > start + (packed - rest.len()) {
            return None;
        }
    }
}

fn number(rest: &mut impl Iterator<Item = usize>, low: usize, most: usize) -> Option<usize> {
    let mut number = low;
    let mut more = if low == most { 255 } else { 0 };
    while more == 255 {
        more = rest.next()?;
        number += more;
    }
    Some(number)
}
