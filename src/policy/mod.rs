//! Is a message due, and for whom: pure decisions over (alarm, settings, stored text, now).
//! No wording, no HTTP, no channel's payload, no JSON. In the order data passes through:
//!
//! - `grammar`: the one grammar of structured settings and its faults;
//! - `settings`: what each setting means, as typed [`Rules`];
//! - `state`: what is remembered of an alarm between calls, as a short text in a device attribute;
//! - `decide`: the decision.
//!
//! Times are seconds since 1970 as `u32` (up to the year 2106).
//!
//! ```
//! use tkl_notify::alarm::Level;
//! use tkl_notify::policy::{Call, Event, Rules, Situation, State, decide, key};
//!
//! let settings = |name| if name == "notify_repeat" { "urgent=15m; *=change" } else { "" };
//! let now = 1795219200;
//! let mut faults = Vec::new();
//! let rules = Rules::read(&settings, "overheat", now, 480, &mut faults);
//! assert!(faults.is_empty());
//!
//! let raise = Situation { call: Call::New, level: Level::Urgent, now, active: false, title: "Overheat" };
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
mod grammar;
mod settings;
mod state;

pub use decide::{Call, Decision, Event, Hold, Situation, decide};
pub use grammar::{Fault, Kind, SENTENCES, ascii};
pub use settings::{Ack, Escalation, Item, NAMES, Rules, STEPS, addition, channel, mention};
pub use state::{LIMIT, Rank, State, key, level, rank};
