//! Names that begin like a setting's and are none: slips of the pen, and settings where they do not count.

use alloc::{string::String, vec::Vec};

use super::fault::is_credential;
use crate::host::{Host, Source};

/// So many slips may lie between a name and the setting that was meant.
const SLIPS: usize = 4;

/// A sentence for each stray name that the host handed in.
pub fn sentences(host: &Host) -> Vec<String> {
    let known = host.get(Source::Fact, "names").unwrap_or("");
    let mut sentences: Vec<String> = Vec::new();
    for stray in host.all(Source::Stray).filter(|stray| !is_credential(stray.name)) {
        let mut nearest = (SLIPS + 1, "");
        // One that ends in `_` is the beginning of robots' settings.
        for name in known.split(' ').filter(|name| !name.ends_with('_')) {
            let slips = distance(stray.name, name);
            if slips < nearest.0 {
                nearest = (slips, name);
            }
        }
        let sentence = match nearest {
            (0, _) => {
                cat!(stray.name, " does not count where it stands: see which place it is for.")
            }
            (_, "") => cat!(stray.name, " is no setting of this script."),
            (_, name) => cat!(stray.name, " is no setting: did you mean ", name, "?"),
        };
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// How many letters have to be put in, left out or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.bytes().enumerate() {
        let mut corner = at;
        let mut left = at + 1;
        let mut slots = row.iter_mut();
        if let Some(first) = slots.next() {
            *first = left;
        }
        for (slot, other) in slots.zip(to.bytes()) {
            let changed = corner + usize::from(letter != other);
            corner = *slot;
            *slot = changed.min(corner + 1).min(left + 1);
            left = *slot;
        }
    }
    row.pop().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_names() {
        for (from, to, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("notify_route", "notify_routes", 1),
            ("wecom_webhok_url", "wecom_webhook_url", 1),
            ("kitten", "sitting", 3),
            ("notify_mute_untill", "notify_mute_until", 1),
        ] {
            assert_eq!(distance(from, to), slips, "{from} {to}");
            assert_eq!(distance(to, from), slips, "{to} {from}");
        }
    }

    #[test]
    fn a_stray_name_is_said_with_the_one_that_was_meant() {
        let host = Host::read(
            "fnames\0notify_routes wecom_webhook_url wecom_webhook_\0xnotify_route\0\0xwecom_webhook_url\0\0xnotify_route\0\0xwecom_colour_of_the_sky\0\0xwecom_0123456789abcdef0123\0",
        );
        assert_eq!(
            sentences(&host),
            [
                "notify_route is no setting: did you mean notify_routes?",
                "wecom_webhook_url does not count where it stands: see which place it is for.",
                "wecom_colour_of_the_sky is no setting of this script.",
            ]
        );
    }
}
