//! Credentials: a type that cannot be printed or serialized, only put into a request's URL or signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A webhook key, token or signing secret.
///
/// It has no `Debug`, `Display` or `Serialize`, so it cannot reach a log by accident.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    pub fn new(text: &'a str) -> Secret<'a> {
        Secret(text)
    }

    /// The text itself, for the one request that needs it.
    pub fn expose(self) -> &'a str {
        self.0
    }
}

/// HMAC-SHA-256 of `message` under `key`.
pub fn hmac_sha256(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length; the error arm exists for ciphers with fixed keys.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// DingTalk's signature (加签): `base64(HMAC-SHA256(key = secret, "<timestamp>\n<secret>"))`, not yet percent-encoded.
///
/// ```
/// use tkl_notify::secret::{Secret, dingtalk_sign};
/// let sign = dingtalk_sign(Secret::new("SECdemo"), "1700000000001");
/// assert_eq!(sign, "PTs+dsurGspsy8LSQV/Ud2CTvBpozdeoue2U2fgKqxI=");
/// ```
pub fn dingtalk_sign(secret: Secret, timestamp_ms: &str) -> String {
    let key = secret.expose().as_bytes();
    STANDARD.encode(hmac_sha256(key, &[timestamp_ms.as_bytes(), b"\n", key]))
}

/// Percent-encodes everything but RFC 3986 unreserved characters and the bytes in `keep`.
///
/// ```
/// assert_eq!(tkl_notify::secret::percent_encode("a+b/c=", b""), "a%2Bb%2Fc%3D");
/// ```
pub fn percent_encode(text: &str, keep: &[u8]) -> String {
    let hex = b"0123456789ABCDEF";
    let mut out = String::new();
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || keep.contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(hex.get(nibble as usize).copied().unwrap_or(b'0') as char);
            }
        }
    }
    out
}
