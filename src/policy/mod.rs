//! Is a message due, and for whom: pure decisions over (alarm, settings, stored text, now).
//! No wording, no HTTP, no channel's payload, no JSON. In the order data passes through:
//!
//! - `grammar`: the one grammar of structured settings and its faults;
//! - `settings`: what each setting means, as typed [`Rules`];
//! - `state`: what is remembered of an alarm between calls, as a short text in a device attribute;
//! - `decide`: the decision.
//!
//! Times are seconds since 1970 as `u32`, taken from the host's milliseconds by [`seconds`].

mod decide;
mod grammar;
mod settings;
mod state;

pub use decide::{Call, Decision, Event, Hold, Situation, decide};
pub(crate) use grammar::cut;
pub use grammar::{Fault, Kind, Pieces, SENTENCES, ascii, pieces};
pub use settings::{Ack, Escalation, Item, NAMES, Rules, STEPS, addition, channel, mention};
pub use state::{LIMIT, Rank, State, key, level, rank};

/// The host's milliseconds since 1970 as the whole seconds in which policy counts (up to the year 2106).
pub fn seconds(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds / 1000).unwrap_or(u32::MAX)
}
