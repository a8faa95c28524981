//! Squeezes a module's bytes into fewer: matches with what came before, and prefix codes that depend on the byte before.
//! `js-shim/unpack.wat` takes them apart.
//!
//! All is a stream of bits, the lowest bit of a byte first; numbers begin with their lowest bit, and so do prefix codes.
//! A code has at most 10 bits. Which codes a table has follows from their lengths: shorter ones first, among equal ones in
//! the order of their symbols, each the next number after the one before, read from the other end.
//!
//! The stream: how many tables there are (4 bits), then table 1 and all others, then tokens.
//! * Table 1 has the numbers in tables; 2, 3 and 4 have the offsets of matches of two, of three, and of more bytes; from 5 on
//!   each has tokens. Which of them has the next token is said by the byte before it; the first token's is 5.
//! * A table is a list: for each length from 1 on its symbols, ascending, each as the distance from the one before it (from
//!   -1), plus 1; then 0. It ends, without that 0, where every sequence of bits has become a code. Such numbers are written
//!   in the codes of table 1, and in table 1 itself as slots of 5 bits. Behind a symbol below 256 that appears for the
//!   first time in any table stand 4 bits: the table of a token that comes after that byte.
//! * A number is a slot and further bits: slot 0 is 0. Slot 2n, or 2n + 1, is 2 (or 3) and n - 1 bits below it.
//! * A token below 256 is that byte. From 256 on it is a match, from 288 on one with the offset of the match before it. What
//!   is left is its length less 2, or from 12 on a slot that is 8 higher, of the length less 10, and its further bits; from
//!   24 on it is the end. The slot of the offset plus 1 follows, unless it is the one before.

use std::collections::HashMap;

/// The longest code.
pub const LONGEST_CODE: usize = 10;
pub const NUMBERS: usize = 1;
pub const OFFSETS: usize = 2;
pub const TOKENS: usize = 5;
/// So many tables have tokens, at most. More save nothing: they must be described, too.
const MOST: usize = 8;

/// How many symbols tables have.
const SLOTS: usize = 40;
const SYMBOLS: usize = MATCH + 2 * AGAIN;
pub const MATCH: usize = 256;
pub const AGAIN: usize = 32;
const END: usize = MATCH + 24;

const SHORTEST_MATCH: usize = 2;
const LONGEST_MATCH: usize = 265;

/// A price is counted in halves of a bit. A match costs three more than its bits, since it takes the unpacker as
/// long as several bytes.
const BIT: u32 = 2;
const EFFORT: u32 = 3;
/// What a symbol costs that has no code yet, and what it costs in bits to describe one.
const NEW: u32 = 11 * BIT;
const DESCRIBED: u64 = 7;
/// Each time prices come from what was chosen before.
const ROUNDS: usize = 10;

#[derive(Clone, Copy)]
enum Step {
    Byte,
    Match { length: usize, offset: usize, again: bool },
}

impl Step {
    fn length(self) -> usize {
        match self {
            Step::Byte => 1,
            Step::Match { length, .. } => length,
        }
    }
}

/// A symbol and the bits that follow it: their number, and how many.
#[derive(Clone, Copy)]
struct Symbol {
    symbol: usize,
    bits: usize,
    count: usize,
}

/// How often each symbol appears: in tokens by the byte before, and in offsets by their table.
struct Counts {
    tokens: Vec<Vec<u32>>,
    offsets: Vec<Vec<u32>>,
}

/// The unpacker writes so many bytes at once.
pub const COPY: usize = 16;

/// The shortest stream that was found for the bytes, and how far behind the result's beginning it must begin, so that what
/// is made never overtakes what is still to be read.
pub fn squeeze(bytes: &[u8]) -> (Vec<u8>, usize) {
    let matches = matches(bytes);
    let logarithms = logarithms(bytes.len() + 1);
    let mut best: Option<(Vec<u8>, usize)> = None;
    let mut prices = Prices::first();
    for _ in 0..ROUNDS {
        let steps = cheapest(bytes, &matches, &prices);
        let counts = count(bytes, &steps);
        let groups = groups(&counts.tokens, &logarithms);
        let lengths = lengths(&counts, &groups);
        let stream = stream(bytes, &steps, &groups, &lengths);
        if best.as_ref().is_none_or(|best| stream.0.len() < best.0.len()) {
            best = Some(stream);
        }
        prices = Prices { groups, tables: lengths.iter().map(|table| price(table)).collect() };
    }
    best.unwrap_or_default()
}

/// What each symbol of each table costs, and the table of tokens after each byte.
struct Prices {
    groups: [usize; 256],
    tables: Vec<Vec<u32>>,
}

impl Prices {
    /// As if nothing were known: a byte is somewhat dearer than the length of a match.
    fn first() -> Self {
        let tokens = (0..SYMBOLS).map(|symbol| if symbol < MATCH { 13 } else { 11 }).collect();
        let mut tables = vec![vec![5 * BIT; SLOTS]; TOKENS];
        tables.push(tokens);
        Self { groups: [TOKENS; 256], tables }
    }
}

fn price(lengths: &[u8]) -> Vec<u32> {
    let price = |&length| if length == 0 { NEW } else { u32::from(length) * BIT };
    lengths.iter().map(price).collect()
}

/// A number from 2 on, or 0, as a slot and the bits below it.
fn slot(number: usize) -> Symbol {
    let Some(high) = number.checked_ilog2() else {
        return Symbol { symbol: 0, bits: 0, count: 0 };
    };
    let count = high as usize - 1;
    let bits = number & ((1 << count) - 1);
    Symbol { symbol: 2 * count + (number >> count), bits, count }
}

/// A token's symbol for the length of a match, less 256.
fn length_symbol(length: usize) -> Symbol {
    match length - SHORTEST_MATCH {
        short @ ..12 => Symbol { symbol: short, bits: 0, count: 0 },
        long => {
            let slot = slot(long - 8);
            Symbol { symbol: slot.symbol + 8, ..slot }
        }
    }
}

fn offset_table(length: usize) -> usize {
    length.min(4)
}

/// For each place the nearest match of every length: each longer and farther than the one before it.
fn matches(bytes: &[u8]) -> Vec<Vec<(usize, usize)>> {
    let mut seen: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut all = vec![Vec::new(); bytes.len()];
    for (at, found) in all.iter_mut().enumerate() {
        let Some(start) = bytes.get(at..at + SHORTEST_MATCH) else { break };
        let before = seen.entry(start).or_default();
        let mut longest = SHORTEST_MATCH - 1;
        for &start in before.iter().rev() {
            if longest == LONGEST_MATCH {
                break;
            }
            if bytes.get(start + longest) != bytes.get(at + longest) {
                continue;
            }
            let length = common(bytes, start, at);
            if length > longest {
                longest = length;
                found.push((length, at - start));
            }
        }
        before.push(at);
    }
    all
}

/// How many bytes are the same from two places on.
fn common(bytes: &[u8], one: usize, other: usize) -> usize {
    let pairs = bytes[one..].iter().zip(&bytes[other..]).take(LONGEST_MATCH);
    pairs.take_while(|(one, other)| one == other).count()
}

/// A way to a place: its price, the step that leads there, and the offset of the match that was last.
#[derive(Clone, Copy)]
struct Way {
    price: u32,
    step: Step,
    offset: usize,
}

/// The steps that cost least.
fn cheapest(bytes: &[u8], matches: &[Vec<(usize, usize)>], prices: &Prices) -> Vec<Step> {
    let mut ways = vec![Way { price: u32::MAX, step: Step::Byte, offset: 0 }; bytes.len() + 1];
    ways[0].price = 0;
    for (at, found) in matches.iter().enumerate() {
        let tokens = &prices.tables[prices.groups[before(bytes, at)]];
        let Way { price, offset: last, .. } = ways[at];
        let mut offer = |length: usize, price: u32, step: Step, offset: usize| {
            if price < ways[at + length].price {
                ways[at + length] = Way { price, step, offset };
            }
        };
        let bits = |count: usize| count as u32 * BIT;
        offer(1, price + tokens[usize::from(bytes[at])], Step::Byte, last);
        if last != 0 {
            for length in SHORTEST_MATCH..=common(bytes, at - last, at) {
                let token = length_symbol(length);
                let price =
                    price + tokens[MATCH + AGAIN + token.symbol] + bits(token.count) + EFFORT;
                offer(length, price, Step::Match { length, offset: last, again: true }, last);
            }
        }
        let mut shortest = SHORTEST_MATCH;
        for &(longest, offset) in found {
            let slot = slot(offset + 1);
            for length in shortest..=longest {
                let token = length_symbol(length);
                let price = price
                    + tokens[MATCH + token.symbol]
                    + prices.tables[offset_table(length)][slot.symbol]
                    + bits(token.count + slot.count)
                    + EFFORT;
                offer(length, price, Step::Match { length, offset, again: false }, offset);
            }
            shortest = longest + 1;
        }
    }
    let mut steps = Vec::new();
    let mut at = bytes.len();
    while at > 0 {
        let step = ways[at].step;
        steps.push(step);
        at -= step.length();
    }
    steps.reverse();
    steps
}

fn before(bytes: &[u8], at: usize) -> usize {
    at.checked_sub(1).map_or(0, |at| usize::from(bytes[at]))
}

/// Hands on what is written: the byte before, the token, and the slot of the offset.
fn each(
    bytes: &[u8],
    steps: &[Step],
    mut write: impl FnMut(usize, Symbol, Option<(usize, Symbol)>),
) {
    let mut at = 0;
    for step in steps {
        let before = before(bytes, at);
        match *step {
            Step::Byte => {
                let symbol = usize::from(bytes[at]);
                write(before, Symbol { symbol, bits: 0, count: 0 }, None);
                at += 1;
            }
            Step::Match { length, offset, again } => {
                let token = length_symbol(length);
                let symbol = token.symbol + MATCH + if again { AGAIN } else { 0 };
                let offset = (!again).then(|| (offset_table(length), slot(offset + 1)));
                write(before, Symbol { symbol, ..token }, offset);
                at += length;
            }
        }
    }
    write(before(bytes, at), Symbol { symbol: END, bits: 0, count: 0 }, None);
}

fn count(bytes: &[u8], steps: &[Step]) -> Counts {
    let mut counts =
        Counts { tokens: vec![vec![0; SYMBOLS]; 256], offsets: vec![vec![0; SLOTS]; TOKENS] };
    each(bytes, steps, |before, token, offset| {
        counts.tokens[before][token.symbol] += 1;
        if let Some((table, slot)) = offset {
            counts.offsets[table][slot.symbol] += 1;
        }
    });
    counts
}

/// Logarithms to the base 2 in 1024ths: whole numbers, so that each machine writes the same stream.
fn logarithms(most: usize) -> Vec<u64> {
    let logarithm = |number: usize| {
        let high = number.checked_ilog2().unwrap_or(0);
        let mut rest = (number as u64) << (31 - high);
        (0..10).fold(u64::from(high), |logarithm, _| {
            rest = (rest * rest) >> 31;
            let bit = rest >> 32;
            rest >>= bit;
            logarithm << 1 | bit
        })
    };
    (0..=most).map(logarithm).collect()
}

/// Bytes after which tokens have the same table.
struct Group {
    members: Vec<usize>,
    counts: Vec<u32>,
    price: u64,
}

impl Group {
    fn of(members: Vec<usize>, counts: Vec<u32>, logarithms: &[u64]) -> Self {
        let total: u32 = counts.iter().sum();
        let all = u64::from(total) * logarithms[total as usize];
        let used = counts.iter().filter(|count| **count > 0);
        let price = used.fold(all, |price, &count| {
            price + (DESCRIBED << 10) - u64::from(count) * logarithms[count as usize]
        });
        Self { members, counts, price }
    }

    fn with(&self, other: &Self, logarithms: &[u64]) -> Self {
        let counts = self.counts.iter().zip(&other.counts).map(|(one, other)| one + other);
        let members = [self.members.as_slice(), &other.members].concat();
        Self::of(members, counts.collect(), logarithms)
    }
}

/// The table of tokens after each byte: two groups become one as long as that saves most, or while there are too many.
fn groups(counts: &[Vec<u32>], logarithms: &[u64]) -> [usize; 256] {
    let used = counts.iter().enumerate().filter(|(_, counts)| counts.iter().any(|&n| n > 0));
    let mut groups: Vec<Group> =
        used.map(|(byte, counts)| Group::of(vec![byte], counts.clone(), logarithms)).collect();
    // What each pair costs more as one; the second is a later one.
    let loss = |one: &Group, other: &Group| {
        one.with(other, logarithms).price as i64 - (one.price + other.price) as i64
    };
    let mut losses: Vec<Vec<i64>> = (0..groups.len())
        .map(|other| groups[..other].iter().map(|one| loss(one, &groups[other])).collect())
        .collect();
    loop {
        let pairs = losses.iter().enumerate().flat_map(|(other, losses)| {
            losses.iter().enumerate().map(move |(one, &loss)| (loss, one, other))
        });
        let Some((least, one, other)) = pairs.min() else { break };
        if least >= 0 && groups.len() <= MOST {
            break;
        }
        let joined = groups[one].with(&groups[other], logarithms);
        groups.remove(other);
        losses.remove(other);
        for losses in &mut losses[other..] {
            losses.remove(other);
        }
        groups[one] = joined;
        for at in 0..groups.len() {
            if at != one {
                losses[at.max(one)][at.min(one)] = loss(&groups[at], &groups[one]);
            }
        }
    }
    // The first group has the byte 0, which is taken to stand before the first token.
    let mut tables = [TOKENS; 256];
    for (n, group) in groups.iter().enumerate() {
        group.members.iter().for_each(|&byte| tables[byte] = TOKENS + n);
    }
    tables
}

/// The lengths of all tables' codes.
fn lengths(counts: &Counts, groups: &[usize; 256]) -> Vec<Vec<u8>> {
    let last = groups.iter().max().copied().unwrap_or(TOKENS);
    let mut tables = counts.offsets.clone();
    tables.resize(last + 1, vec![0; SYMBOLS]);
    for (&table, counts) in groups.iter().zip(&counts.tokens) {
        tables[table].iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    let mut lengths: Vec<Vec<u8>> = tables.iter().map(|counts| code_lengths(counts)).collect();
    let mut numbers = vec![0; SLOTS];
    for (number, _) in lengths[OFFSETS..].iter().flat_map(|lengths| listed(lengths)) {
        numbers[slot(number).symbol] += 1;
    }
    lengths[NUMBERS] = code_lengths(&numbers);
    lengths
}

/// The best lengths of at most ten bits, by package-merge; there are two codes at least.
fn code_lengths(counts: &[u32]) -> Vec<u8> {
    let mut coins: Vec<(u64, Vec<usize>)> = Vec::new();
    for (symbol, &count) in counts.iter().enumerate() {
        if count > 0 {
            coins.push((u64::from(count), vec![symbol]));
        }
    }
    for symbol in (0..counts.len()).filter(|&symbol| counts[symbol] == 0) {
        if coins.len() < 2 {
            coins.push((1, vec![symbol]));
        }
    }
    coins.sort();
    let mut all = coins.clone();
    for _ in 1..LONGEST_CODE {
        let pairs = all
            .chunks_exact(2)
            .map(|pair| (pair[0].0 + pair[1].0, [pair[0].1.as_slice(), &pair[1].1].concat()));
        let mut next: Vec<_> = pairs.chain(coins.iter().cloned()).collect();
        next.sort();
        all = next;
    }
    let mut lengths = vec![0; counts.len()];
    for symbol in all[..2 * coins.len() - 2].iter().flat_map(|(_, symbols)| symbols) {
        lengths[*symbol] += 1;
    }
    lengths
}

/// A table as the numbers that describe it, and the symbol that each of them leads to.
fn listed(lengths: &[u8]) -> Vec<(usize, Option<usize>)> {
    let mut numbers = Vec::new();
    let mut left = 1 << LONGEST_CODE;
    for length in 1..=LONGEST_CODE {
        let mut next = 0;
        for (symbol, _) in
            lengths.iter().enumerate().filter(|(_, one)| usize::from(**one) == length)
        {
            numbers.push((symbol - next + 2, Some(symbol)));
            next = symbol + 1;
            left -= 1 << (LONGEST_CODE - length);
        }
        if left == 0 {
            break;
        }
        numbers.push((0, None));
    }
    numbers
}

/// Each symbol's code and its length.
fn codes(lengths: &[u8]) -> Vec<(usize, usize)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let (mut code, mut before) = (0usize, 0);
    for length in 1..=LONGEST_CODE {
        for (symbol, _) in
            lengths.iter().enumerate().filter(|(_, one)| usize::from(**one) == length)
        {
            code <<= length - before;
            before = length;
            codes[symbol] = (code.reverse_bits() >> (usize::BITS as usize - length), length);
            code += 1;
        }
    }
    codes
}

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    bits: usize,
}

impl Stream {
    fn put(&mut self, number: usize, count: usize) {
        for n in 0..count {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            self.bytes[self.bits / 8] |= ((number >> n & 1) as u8) << (self.bits % 8);
            self.bits += 1;
        }
    }

    fn symbol(&mut self, codes: &[(usize, usize)], Symbol { symbol, bits, count }: Symbol) {
        self.put(codes[symbol].0, codes[symbol].1);
        self.put(bits, count);
    }
}

fn stream(
    bytes: &[u8],
    steps: &[Step],
    groups: &[usize; 256],
    lengths: &[Vec<u8>],
) -> (Vec<u8>, usize) {
    let codes: Vec<_> = lengths.iter().map(|lengths| codes(lengths)).collect();
    let mut out = Stream::default();
    let mut told = [false; 256];
    out.put(lengths.len(), 4);
    for (table, lengths) in lengths.iter().enumerate().skip(NUMBERS) {
        for (number, symbol) in listed(lengths) {
            let slot = slot(number);
            if table == NUMBERS {
                out.put(slot.symbol, 5);
                out.put(slot.bits, slot.count);
            } else {
                out.symbol(&codes[NUMBERS], slot);
            }
            if let Some(byte @ ..256) = symbol
                && !std::mem::replace(&mut told[byte], true)
            {
                out.put(groups[byte], 4);
            }
        }
    }
    let (mut made, mut lead) = (0, 0);
    let mut steps_made = steps.iter().map(|step| step.length());
    each(bytes, steps, |before, token, offset| {
        out.symbol(&codes[groups[before]], token);
        if let Some((table, slot)) = offset {
            out.symbol(&codes[table], slot);
        }
        made += steps_made.next().unwrap_or(0);
        lead = lead.max((made + COPY).saturating_sub(out.bits / 8));
    });
    (out.bytes, lead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_ten_bits_at_most_and_leave_no_room() {
        let fibonacci = std::iter::successors(Some((1, 1)), |&(a, b)| Some((b, a + b)));
        let steep: Vec<u32> = fibonacci.take(30).map(|(count, _)| count).collect();
        for counts in [vec![0; 40], vec![0, 0, 9, 0], vec![1; 320], steep] {
            let lengths = code_lengths(&counts);
            let used = lengths.iter().filter(|length| **length > 0);
            assert_eq!(used.map(|length| 1 << (10 - length)).sum::<u32>(), 1 << 10);
            assert!(counts.iter().zip(&lengths).all(|(count, length)| *count == 0 || *length > 0));
        }
    }

    #[test]
    fn logarithms_are_those_of_the_numbers() {
        for (number, logarithm) in logarithms(5_000).into_iter().enumerate().skip(1) {
            assert!(((number as f64).log2() * 1024.0 - logarithm as f64).abs() < 2.0);
        }
    }
}
