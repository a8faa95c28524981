//! The packer against the reference unpacker; it stands apart from the other bodies, since both are xtask's.

use crate::{pack, unpack::unpack};

/// What is packed comes back, in units that survive everything; what is no packed text is refused or harmless.
pub fn pack(data: &[u8]) {
    let packed = pack::pack(data).expect("short enough");
    assert!(packed.0.chars().all(|unit| ('\u{3400}'..='\u{9fff}').contains(&unit)));
    // Codes are for what modules hold: noise may come out longer than it went in.
    assert!(packed.0.chars().count() <= data.len() * 6 / 10 + 500);
    assert_eq!(unpack(&packed).as_deref(), Some(data));
    // One unit changed, at a place and by an amount that the data chooses.
    let mut units: Vec<u16> = packed.0.encode_utf16().collect();
    let [place, by, ..] = data else { return };
    let at = usize::from(*place) % units.len();
    units[at] = 0x3400 + (units[at] - 0x3400 + 1 + u16::from(*by)) % 0x6c00;
    let changed = String::from_utf16(&units).expect("units of the range");
    assert_eq!(unpack(&(changed, packed.1)), None);
}
