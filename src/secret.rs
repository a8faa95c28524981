//! Credentials: a type that cannot be printed or serialized, only put into a request's URL or
//! signature; signing; and sealing of what must be stored where others can read it.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else {
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

/// Bytes as lower-case hex digits. Sealed texts are short, and a second base64 alphabet with its
/// decoder costs 1.5 KB.
fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    out
}

/// The bytes that [`hex`] wrote; `None` for anything else.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// All but RFC 3986 unreserved characters: what is encoded in a query's value.
pub const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes the characters of a set, and all that are not ASCII.
///
/// ```
/// use tkl_notify::secret::{QUERY_VALUE, percent_encode};
/// assert_eq!(percent_encode("a+b/c=", QUERY_VALUE), "a%2Bb%2Fc%3D");
/// ```
pub fn percent_encode(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).collect()
}

/// Bytes of a nonce and of a tag.
const NONCE: usize = 12;
const TAG: usize = 16;

/// What a sealed text is bound to. Under another owner it does not open.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    pub secret: Secret<'a>,
    pub corp: &'a str,
    pub agent: &'a str,
}

impl Owner<'_> {
    /// One of the keys derived from the secret. The labels keep its uses apart.
    fn mac(&self, message: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(self.secret.expose().as_bytes(), message)
    }

    /// A short name for this corp and agent, the same under every secret.
    pub fn mark(&self) -> String {
        let corp = self.corp.as_bytes();
        let mark = hmac_sha256(b"tkl-notify owner 1", &[corp, b"\0", self.agent.as_bytes()]);
        hex(mark.first_chunk::<4>().unwrap_or(&[0; 4]))
    }

    /// A key stream over the data, HMAC-SHA-256 of nonce and block number (counter mode): the same hides it and shows it.
    fn cipher(&self, nonce: &[u8; NONCE], data: &mut [u8]) {
        for (number, block) in data.chunks_mut(32).enumerate() {
            let number = (number as u32).to_be_bytes();
            let stream = self.mac(&[b"tkl-notify seal stream 3", nonce, &number]);
            for (byte, key) in block.iter_mut().zip(stream) {
                *byte ^= key;
            }
        }
    }

    /// What the sealed bytes end in: HMAC-SHA-256, cut to 16 bytes, of all before them and of whom they belong to.
    fn tag(&self, sealed: &[u8]) -> [u8; TAG] {
        let (corp, agent) = (self.corp.as_bytes(), self.agent.as_bytes());
        let tag = self.mac(&[b"tkl-notify seal tag 3", corp, b"\0", agent, b"\0", sealed]);
        tag.first_chunk().copied().unwrap_or([0; TAG])
    }

    /// Seals `text` until `expires` (seconds since 1970): HMAC-SHA-256 as a stream cipher in counter mode, then as the tag
    /// over the result (encrypt-then-MAC), bound to corp, agent and expiry; labels keep its uses apart. HMAC is here anyway:
    /// ChaCha20 beside it would cost 330 units of `notify.js`, and Poly1305 7 KB of WebAssembly.
    ///
    /// No sandbox is known to have secure randomness, so the nonce is derived from the secret and
    /// from everything sealed: a nonce repeats only where the whole sealed text repeats.
    /// Only ASCII is sealed, as tokens are.
    pub fn seal(&self, expires: u32, text: &str) -> Option<String> {
        if !text.is_ascii() {
            return None;
        }
        let expires = expires.to_be_bytes();
        let (corp, agent) = (self.corp.as_bytes(), self.agent.as_bytes());
        let all: [&[u8]; 7] =
            [b"tkl-notify seal nonce 3", &expires, corp, b"\0", agent, b"\0", text.as_bytes()];
        let nonce = *self.mac(&all).first_chunk()?;
        let mut data = text.as_bytes().to_vec();
        self.cipher(&nonce, &mut data);
        let mut sealed = [&expires[..], &nonce, &data].concat();
        let tag = self.tag(&sealed);
        sealed.extend(tag);
        Some(hex(&sealed))
    }

    /// Opens what [`Owner::seal`] sealed. Anything else (tampered, another owner's, under a former
    /// secret, expired at `now` seconds, no such text at all) is no text.
    ///
    /// ```
    /// use tkl_notify::secret::{Owner, Secret};
    /// let owner = Owner { secret: Secret::new("s"), corp: "ww1", agent: "1000002" };
    /// let sealed = owner.seal(2_000, "token").unwrap();
    /// assert_eq!(owner.open(1_999, &sealed).as_deref(), Some("token"));
    /// assert_eq!(owner.open(2_000, &sealed), None);
    /// ```
    pub fn open(&self, now: u32, sealed: &str) -> Option<String> {
        let bytes = unhex(sealed)?;
        let (sealed, tag) = bytes.split_last_chunk::<TAG>()?;
        // Every byte is looked at, so that the time tells nothing of where they differ.
        let differ = self.tag(sealed).iter().zip(tag).fold(0, |all, (a, b)| all | (a ^ b));
        let (expires, rest) = sealed.split_first_chunk::<4>()?;
        let (nonce, data) = rest.split_first_chunk::<NONCE>()?;
        if differ != 0 || now >= u32::from_be_bytes(*expires) {
            return None;
        }
        let mut data = data.to_vec();
        self.cipher(nonce, &mut data);
        Some(data.into_iter().map(char::from).collect())
    }
}
