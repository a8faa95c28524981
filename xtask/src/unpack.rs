//! A reference for `pack.rs` and `squeeze.rs`: takes a packed literal apart as the description of the format says. For
//! tests; what ships is `js-shim/unpack.wat`.

use crate::pack::{DIGITS, FIRST, RESULT, units};
use crate::squeeze::{AGAIN, COPY, LONGEST_CODE, MATCH, TOKENS};

/// What the format's description says, step by step; none if the units were changed.
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
    restore(&bytes, start.checked_sub(RESULT)?)
}

/// The codes of a table with their symbols.
type Table = Vec<(usize, usize, usize)>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn bits(&mut self, count: usize) -> Option<usize> {
        let bits = (0..count).map(|n| {
            let byte = self.bytes.get((self.at + n) / 8)?;
            Some(usize::from(byte >> ((self.at + n) % 8) & 1) << n)
        });
        let number = bits.sum();
        self.at += count;
        number
    }

    fn symbol(&mut self, table: &Table) -> Option<usize> {
        let (mut code, mut length) = (0, 0);
        while length < LONGEST_CODE {
            code |= self.bits(1)? << length;
            length += 1;
            if let Some(&(_, _, symbol)) = table.iter().find(|one| (one.0, one.1) == (code, length))
            {
                return Some(symbol);
            }
        }
        None
    }

    fn number(&mut self, slot: usize) -> Option<usize> {
        if slot < 2 {
            return (slot == 0).then_some(0);
        }
        let count = slot / 2 - 1;
        Some((2 + slot % 2) << count | self.bits(count)?)
    }
}

/// What the format's description says, step by step; none if it makes no sense, or if what is made overtakes what is
/// still to be read.
pub fn restore(bytes: &[u8], lead: usize) -> Option<Vec<u8>> {
    let mut reader = Reader { bytes, at: 0 };
    let mut tables: Vec<Table> = vec![(0..32).map(|slot| (slot, 5, slot)).collect()];
    let mut groups = [None; 256];
    let count = reader.bits(4)?;
    while tables.len() < count {
        let mut table = Vec::new();
        let (mut length, mut code, mut next) = (1, 0usize, 0);
        while code < 1 << length {
            let slot = reader.symbol(&tables[usize::from(tables.len() > 1)])?;
            let Some(gap) = reader.number(slot)?.checked_sub(2) else {
                length += 1;
                code *= 2;
                next = 0;
                continue;
            };
            let symbol = next + gap;
            table.push((code.reverse_bits() >> (usize::BITS as usize - length), length, symbol));
            code += 1;
            next = symbol + 1;
            if symbol < 256 && groups[symbol].is_none() {
                groups[symbol] = Some(reader.bits(4)?);
            }
        }
        tables.push(table);
    }
    let (mut out, mut table, mut offset) = (Vec::<u8>::new(), TOKENS, 0);
    loop {
        let token = reader.symbol(tables.get(table)?)?;
        if let Ok(byte) = u8::try_from(token) {
            out.push(byte);
        } else {
            let length = match (token - MATCH) % AGAIN {
                short @ ..12 => short + 2,
                slot @ ..24 => reader.number(slot - 8)? + 10,
                _ => return Some(out),
            };
            if token < MATCH + AGAIN {
                let slot = reader.symbol(tables.get(length.min(4))?)?;
                offset = reader.number(slot)?.checked_sub(1)?;
            }
            for _ in 0..length {
                out.push(*out.get(out.len().checked_sub(offset)?)?);
            }
        }
        table = groups[usize::from(*out.last()?)]?;
        if out.len() + COPY > lead + reader.at / 8 {
            return None;
        }
    }
}
