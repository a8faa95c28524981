//! Is a message due, to which channel, and why not: pure questions over (alarm, settings, stored text, now).
//! No wording, no HTTP, no channel's payload, no JSON. In the order data passes through:
//!
//! - `rules`: what each policy setting means, as typed [`Rules`];
//! - `state`: what is remembered of an alarm between calls, as a short text in a device attribute: what is true of it,
//!   and what each channel heard;
//! - `observe`: what holds and what changed, and what becomes of the memory;
//! - `due`: what a channel is due, and whether it must wait.
//!
//! Times are seconds since 1970 as `u32` (up to the year 2106).
//!
//! ```
//! use tkl_notify::alarm::Level;
//! use tkl_notify::policy::{Call, Event, Rules, Situation, State, channel_mark, due, key, observe};
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
//!     listed: None,
//!     title: "Overheat",
//! };
//! let wecom = channel_mark("wecom");
//! let mut first = observe(&raise, &rules, None);
//! let heard = first.state.heard(wecom);
//! assert_eq!(due(&heard, &first, true, &rules), Some(Event::Raised));
//!
//! // Once the service took it, this is stored in the device attribute `key("overheat")`.
//! first.told(heard, false);
//! assert_eq!(key("overheat"), "ntf_overheat");
//! let text = first.text("overheat").expect("a message changes the state");
//!
//! let later = Situation { now: now + 300, ..raise };
//! let second = observe(&later, &rules, State::read(&text, "overheat"));
//! assert_eq!(due(&second.state.heard(wecom), &second, true, &rules), None);
//! assert_eq!(second.text("overheat"), None, "nothing changed, nothing is written");
//!
//! // A channel that is down the while stays due.
//! let dingtalk = second.state.heard(channel_mark("dingtalk"));
//! assert_eq!(due(&dingtalk, &second, true, &rules), Some(Event::Raised));
//! ```

mod due;
mod observe;
mod rules;
mod state;

pub use due::{Event, Hold, UNSTABLE_REPEAT, due, wait};
pub use observe::{Call, Observed, Situation, Vain, observe};
pub(crate) use rules::check;
pub use rules::{
    Ack, CHANGES, Escalation, Flapping, Item, Mentioned, MuteUntil, POLICY, Quiet, Repeat, Routes,
    Rules, STEPS, Silent, addition, channel, mention,
};
pub use state::{
    ACK, CHANNELS_MAX, Heard, LIMIT, NO_DATA, PREFIX, State, WAIT_MAX, channel_mark,
    credential_mark, key,
};
