//! Packs bytes into fewer UTF-16 units than they are many: squeezed (`squeeze.rs`), and carried at 14.75 bits a unit.
//! `js-shim/unpack.wat` takes it apart; when a file is packed is `paste.rs`'s business.
//!
//! Units: the 27,648 code points U+3400..U+9FFF, ideographs and hexagrams that no editor, normal form or clipboard changes.
//! Four of them, the first lowest, are a number of 59 bits: seven bytes, the first lowest, and three bits above them. The
//! bytes of all numbers come first, then those that the three bits make: eight times three bits, the first lowest, are
//! three bytes. The last four units carry a sum over all others, so that no change goes unseen.

use crate::{Result, squeeze::squeeze};

pub const FIRST: u16 = 0x3400;
pub const DIGITS: u64 = 0x6c00;
/// Where the unpacker's memory has the result.
pub const RESULT: usize = 0x8000;
/// What fits into that memory, also if nothing comes again.
const ROOM: usize = 110_000;

/// The literal that stands for the bytes, and where the unpacker's memory takes it.
pub fn pack(bytes: &[u8]) -> Result<(String, usize)> {
    if bytes.len() > ROOM {
        return Err(format!("{} bytes are too many for the unpacker's memory", bytes.len()).into());
    }
    let (stream, lead) = squeeze(bytes);
    Ok((String::from_utf16(&units(&stream))?, RESULT + lead.next_multiple_of(8)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::unpack;

    /// The unpacker's: four pages.
    const MEMORY: usize = 0x40000;
    const _: () = assert!(RESULT + ROOM + 16 <= MEMORY);

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
        for seed in 0..24 {
            let bytes = sample(seed);
            let packed = pack(&bytes).unwrap();
            assert!(packed.0.chars().all(|unit| ('\u{3400}'..='\u{9fff}').contains(&unit)));
            assert!(packed.0.chars().count() <= bytes.len() * 6 / 10 + 500, "seed {seed}");
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
    fn bytes_of_every_kind_come_back() {
        let noise = |length: u32| -> Vec<u8> {
            (0..length).map(|n| (n.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
        };
        let far: Vec<u8> = (0..70_000u32)
            .flat_map(|n| n.wrapping_mul(0x9e37_79b1).to_be_bytes())
            .take(70_000)
            .collect();
        let far = [far.as_slice(), &far[..500], &far[30..31], &far[1..900]].concat();
        // So that some codes would be longer than ten bits.
        let skewed: Vec<u8> = (0..20u8).flat_map(|n| vec![n; 1 << (n / 2)]).rev().collect();
        let all: Vec<u8> = (0..=255).collect();
        let kinds = [noise(3), noise(5_000), far, skewed, all, vec![0; 40_000], vec![255; 12]];
        for (n, bytes) in kinds.iter().enumerate() {
            assert!(unpack(&pack(bytes).unwrap()).as_ref() == Some(bytes), "kind {n}");
        }
    }

    #[test]
    fn what_fills_the_room_stays_in_the_unpackers_memory() {
        let random = (0..ROOM as u32).scan(1u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 24) as u8)
        });
        for bytes in [random.collect(), vec![7; ROOM]] {
            let packed = pack(&bytes).unwrap();
            // The bytes of the three bits are put behind the literal.
            let length = packed.0.chars().count() * 2;
            assert!(packed.1 + length + length / 64 * 3 + 16 <= MEMORY);
            assert!(unpack(&packed) == Some(bytes));
        }
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
