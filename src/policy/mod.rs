//! Is a message due, and for whom: pure decisions over (alarm, settings, stored text, now).
//! No wording, no HTTP, no channel's payload, no JSON. In the order data passes through:
//!
//! - `rules`: what each policy setting means, as typed [`Rules`];
//! - `state`: what is remembered of an alarm between calls, as a short text in a device attribute;
//! - `decide`: the decision.
//!
//! Times are seconds since 1970 as `u32` (up to the year 2106).
//!
//! ```
//! use tkl_notify::alarm::Level;
//! use tkl_notify::policy::{Call, Event, Rules, Situation, State, decide, key};
//! use tkl_notify::settings::{Reader, Texts};
//!
//! let texts = Texts::from_iter([("notify_repeat", "urgent=15m; *=change")]);
//! let now = 1795219200;
//! let mut reader = Reader::new(now, 480);
//! let rules = Rules::read(&texts, &mut reader);
//! assert!(reader.faults.is_empty());
//!
//! let raise = Situation {
//!     call: Call::New,
//!     name: "overheat",
//!     level: Level::Urgent,
//!     now,
//!     active: false,
//!     title: "Overheat",
//! };
//! let first = decide(&raise, &rules, None);
//! assert_eq!(first.event, Some(Event::Raised));
//!
//! // Once the first push is on its way, this is stored in the device attribute `key("overheat")`.
//! assert_eq!(key("overheat"), "ntf_overheat");
//! let text = first.text("overheat", true).expect("a message changes the state");
//!
//! let later = Situation { now: now + 300, ..raise };
//! let second = decide(&later, &rules, State::read(&text, "overheat"));
//! assert_eq!(second.event, None);
//! assert_eq!(second.text("overheat", true), None, "nothing changed, nothing is written");
//! ```

mod decide;
mod rules;
mod state;

pub use decide::{Call, Decision, Event, Hold, Situation, decide};
pub(crate) use rules::check;
pub use rules::{
    Ack, CHANGES, Escalation, Flapping, Item, Mentioned, MuteUntil, POLICY, Quiet, Repeat, Routes,
    Rules, STEPS, addition, channel, mention,
};
pub use state::{LIMIT, PREFIX, State, key};
