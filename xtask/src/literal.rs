//! Bytes as the text of a JavaScript literal, one UTF-16 unit each.

/// ASCII that needs no escape stands for itself, any other byte for a character with that byte in its low bits. The
/// characters from U+4E00 on are ordinary letters: no editor, normal form or clipboard changes them.
pub fn literal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter_map(|&byte| match byte {
            b'"' | b'\\' => char::from_u32(0x4e00 + byte as u32),
            b' '..=b'~' => Some(byte as char),
            _ => char::from_u32(0x4e00 + byte as u32),
        })
        .collect()
}
