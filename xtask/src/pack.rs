//! Packs bytes into fewer UTF-16 units than they are many: LZ compression, carried at 14.75 bits a unit.
//! `js-shim/unpack.wat` takes it apart; when a file is packed is `paste.rs`'s business.
//!
//! Units: the 27,648 code points U+3400..U+9FFF, ideographs and hexagrams that no editor, normal form or clipboard changes.
//! Four of them, the first lowest, are a number of 59 bits: seven bytes, the first lowest, and three bits above them. The
//! bytes of all numbers come first, then those that the three bits make: eight times three bits, the first lowest, are
//! three bytes. The last four units carry a sum over all others, so that no change goes unseen.
//!
//! Bytes: sequences of literals and a match each, in whole bytes, since a fresh context cannot wait for finer codes:
//! * token: literals (2 bits), match length less 3 (3 bits), high part of the offset (3 bits);
//! * more of the number of literals if it is 3 or more: bytes that are added up, the last is not 255; the literals;
//! * offset: its low byte, or two bytes if the high part is 7; offset 0 is the end;
//! * more of the match length if it is 10 or more.

use std::collections::HashMap;

use crate::Result;

pub const FIRST: u16 = 0x3400;
pub const DIGITS: u64 = 0x6c00;
/// The shortest match.
const SHORTEST: usize = 3;
/// Numbers that say that more follows.
const MANY: usize = 3;
const LONG: usize = SHORTEST + 7;
/// The farthest offsets with a high part, and of all.
const NEAR: usize = 0x6ff;
const FAR: usize = 0xffff;
/// The longest match that is looked for: enough, and fast.
const LONGEST: usize = 300;
/// The unpacker copies so many bytes at once.
pub const COPY: usize = 8;
/// What fits into the unpacker's memory, also if nothing comes again.
const ROOM: usize = 110_000;

/// The literal that stands for the bytes, and where the unpacker's memory takes it: just so far from 0 that what is made
/// never overtakes what is still to be read, since each page of memory that is not touched is time saved.
pub fn pack(bytes: &[u8]) -> Result<(String, usize)> {
    if bytes.len() > ROOM {
        return Err(format!("{} bytes are too many for the unpacker's memory", bytes.len()).into());
    }
    let (packed, start) = sequences(bytes);
    Ok((String::from_utf16(&units(&packed))?, start))
}

pub fn units(bytes: &[u8]) -> Vec<u16> {
    // So many numbers hold all bytes: seven each, and three in the three bits of every eight.
    let mut count = bytes.len() * 8 / 59;
    while count * 7 + count / 8 * 3 < bytes.len() {
        count += 1;
    }
    let (low, high) = bytes.split_at(bytes.len().min(count * 7));
    let mut units = Vec::new();
    let mut sum = 0u64;
    for n in 0..count {
        let number = little(low, n * 7, 7) | (little(high, n / 8 * 3, 3) >> (n % 8 * 3) & 7) << 56;
        let group = group(number);
        let raw = group.iter().rev().fold(0, |raw, &unit| raw << 16 | u64::from(unit));
        sum = (sum ^ raw).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
        units.extend(group);
    }
    units.extend(group(sum >> 5));
    units
}

/// So many bytes from a place on as a number, the first lowest; 0 beyond the end.
fn little(bytes: &[u8], at: usize, length: usize) -> u64 {
    let bytes = bytes.iter().skip(at).take(length);
    bytes.rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// 59 bits as four units.
fn group(mut number: u64) -> [u16; 4] {
    [(); 4].map(|()| {
        let digit = number % DIGITS;
        number /= DIGITS;
        FIRST + digit as u16
    })
}

/// The shortest sequences for the bytes, and where to put them.
fn sequences(bytes: &[u8]) -> (Vec<u8>, usize) {
    let (mut out, mut start) = (Vec::new(), COPY);
    let (mut at, mut literals) = (0, 0);
    for step in cheapest(bytes) {
        match step {
            None => {
                at += 1;
                literals += 1;
            }
            Some((length, offset)) => {
                sequence(&mut out, &bytes[at - literals..at], length, offset);
                at += length;
                literals = 0;
                start = start.max((at + COPY).saturating_sub(out.len()));
            }
        }
    }
    sequence(&mut out, &bytes[at - literals..], SHORTEST, 0);
    (out, start.next_multiple_of(COPY))
}

fn sequence(out: &mut Vec<u8>, literals: &[u8], length: usize, offset: usize) {
    let high = if offset > NEAR { 7 } else { offset >> 8 };
    let token = literals.len().min(MANY) << 6 | (length.min(LONG) - SHORTEST) << 3 | high;
    out.push(token as u8);
    more(out, literals.len(), MANY);
    out.extend(literals);
    out.push(offset as u8);
    if high == 7 {
        out.push((offset >> 8) as u8);
    }
    more(out, length, LONG);
}

fn more(out: &mut Vec<u8>, number: usize, most: usize) {
    if number >= most {
        out.extend(std::iter::repeat_n(255, (number - most) / 255));
        out.push(((number - most) % 255) as u8);
    }
}

/// A byte's price, and what a match costs beside its bytes: a match takes the unpacker as long as many literals, so that
/// one that saves next to nothing is left out. At 5 a fifth of the matches goes, for a thirtieth of the size.
const BYTE: usize = 4;
const MATCH: usize = 5;

/// A way to a position: its price, and the step that leads there.
#[derive(Clone, Copy)]
struct Way {
    price: usize,
    /// Literals since the last match.
    literals: usize,
    /// The last step's match; none: a literal.
    step: Option<(usize, usize)>,
    /// Whether the way before that step ends in a literal.
    after_literal: bool,
}

/// The cheapest steps, a literal or a match each: the cheapest way to every position, ending in a match
/// and ending in literals, since a literal's price depends on how many there are before it.
fn cheapest(bytes: &[u8]) -> Vec<Option<(usize, usize)>> {
    let unknown = Way { price: usize::MAX, literals: 0, step: None, after_literal: false };
    let mut ways = vec![[unknown; 2]; bytes.len() + 1];
    ways[0][0].price = 0;
    let mut seen: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for at in 0..bytes.len() {
        for (after_literal, way) in [false, true].into_iter().zip(ways[at]) {
            if way.price == usize::MAX {
                continue;
            }
            let literals = way.literals + 1;
            let more = literals >= MANY && (literals - MANY).is_multiple_of(255);
            let price = way.price + BYTE * (1 + usize::from(more));
            if price < ways[at + 1][1].price {
                ways[at + 1][1] = Way { price, literals, step: None, after_literal };
            }
        }
        let after_literal = ways[at][1].price < ways[at][0].price;
        let price = ways[at][usize::from(after_literal)].price;
        let Some(start) = bytes.get(at..at + SHORTEST) else { continue };
        let before = seen.entry(start).or_default();
        for (length, offset) in matches(bytes, at, before) {
            for length in SHORTEST..=length {
                let more = if length < LONG { 0 } else { 1 + (length - LONG) / 255 };
                let price = price + MATCH + BYTE * (2 + usize::from(offset > NEAR) + more);
                if price < ways[at + length][0].price {
                    let step = Some((length, offset));
                    ways[at + length][0] = Way { price, literals: 0, step, after_literal };
                }
            }
        }
        before.push(at);
    }
    let mut steps = Vec::new();
    let mut at = bytes.len();
    let mut literal = ways[at][1].price < ways[at][0].price;
    while at > 0 {
        let Way { step, after_literal, .. } = ways[at][usize::from(literal)];
        steps.push(step);
        at -= step.map_or(1, |(length, _)| length);
        literal = after_literal;
    }
    steps.reverse();
    steps
}

/// The longest match near, and the longest of all: what is shorter is the beginning of one of them.
fn matches(bytes: &[u8], at: usize, before: &[usize]) -> [(usize, usize); 2] {
    let mut near = (0, 0);
    let mut best = (0, 0);
    for (start, offset) in before.iter().rev().map(|&start| (start, at - start)) {
        if offset > FAR || best.0 == LONGEST {
            break;
        }
        if bytes.get(start + best.0) != bytes.get(at + best.0) {
            continue;
        }
        let same = bytes[start..].iter().zip(&bytes[at..]).take(LONGEST);
        let length = same.take_while(|(one, other)| one == other).count();
        if length > best.0 {
            best = (length, offset);
            if offset <= NEAR {
                near = best;
            }
        }
    }
    [near, best]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::unpack;

    /// Bytes in which many things come again: near, far, overlapping, long, and not at all.
    fn sample(seed: u64) -> Vec<u8> {
        let mut state = seed;
        let mut random = |below: usize| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) as usize % below
        };
        let mut out = Vec::new();
        let wanted = [0, 1, 7, 300, 900, 5_000][random(6)];
        while out.len() < wanted {
            let length = [2, 9, 30, 600][random(4)];
            if random(3) == 0 || out.is_empty() {
                out.extend((0..length).map(|_| random(256) as u8));
            } else {
                let back = [8, 2_000, 4_000][random(3)].min(out.len());
                let start = out.len() - 1 - random(back);
                (start..start + length).for_each(|from| out.push(out[from]));
            }
        }
        out
    }

    #[test]
    fn packed_bytes_come_back() {
        for seed in 0..60 {
            let bytes = sample(seed);
            let packed = pack(&bytes).unwrap();
            assert!(packed.0.chars().all(|unit| ('\u{3400}'..='\u{9fff}').contains(&unit)));
            assert!(packed.0.chars().count() <= bytes.len() * 31 / 56 + 20, "seed {seed}");
            assert!(unpack(&packed).as_ref() == Some(&bytes), "seed {seed}");
        }
    }

    #[test]
    fn every_seed_of_the_fuzz_target_comes_back() {
        let folder = crate::core::root().join("fuzz/seeds/pack");
        for seed in std::fs::read_dir(folder).unwrap() {
            crate::packing::pack(&std::fs::read(seed.unwrap().path()).unwrap());
        }
    }

    #[test]
    fn a_match_at_either_side_of_the_limits_comes_back() {
        let mut bytes: Vec<u8> = (0..70_000u32)
            .flat_map(|n| n.wrapping_mul(0x9e37_79b1).to_be_bytes())
            .take(70_000)
            .collect();
        for offset in [NEAR, NEAR + 1, FAR, FAR + 1] {
            let from = bytes.len() - offset;
            bytes.extend_from_within(from..from + 20);
        }
        assert!(unpack(&pack(&bytes).unwrap()).unwrap() == bytes);
    }

    #[test]
    fn what_comes_again_is_packed_well() {
        let text = "A token that stands here comes again, and a token that comes again is short. ";
        let bytes: Vec<u8> = (0..50).flat_map(|n| format!("{n} {text}").into_bytes()).collect();
        assert!(pack(&bytes).unwrap().0.chars().count() < 250);
    }

    #[test]
    fn any_changed_or_missing_unit_is_seen() {
        let bytes: Vec<u8> =
            (0..50u32).flat_map(|n| n.wrapping_mul(0x9e37_79b1).to_be_bytes()).collect();
        let (literal, start) = pack(&bytes).unwrap();
        let units: Vec<u16> = literal.encode_utf16().collect();
        let unpack = |units: &[u16]| unpack(&(String::from_utf16(units).unwrap(), start));
        assert!(units.len() > 100 && unpack(&units) == Some(bytes));
        for at in 0..units.len() {
            for by in [1, 2, 0x100, 0x1234] {
                let mut changed = units.clone();
                changed[at] = FIRST + (changed[at] - FIRST + by) % DIGITS as u16;
                assert_eq!(unpack(&changed), None);
            }
            let mut missing = units.clone();
            missing.remove(at);
            assert_eq!(unpack(&missing), None);
            assert_eq!(unpack(&units[..at]), None);
        }
    }

    #[test]
    fn more_than_fits_is_refused() {
        assert!(pack(&vec![0; ROOM + 1]).is_err());
    }
}
