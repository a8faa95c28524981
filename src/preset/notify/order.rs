//! What the platform then does, in the order that loses and repeats least, and what is remembered of it.
//!
//! Where the script sent, the answers are known, and one action stores what they say. Where the platform sends, nobody
//! reads the answers, and an action that fails may stop those behind it. So the states go first and say "pending", and
//! each push is followed by its own "told": a push that fails leaves its message due, and with it those behind it. Who
//! was tried last goes last in the next call, so one that is dead costs the others one call at most.

use alloc::{string::String, vec::Vec};

use super::{Due, Letter, Tracked};
use crate::action::{Action, Outcome, Request};
use crate::delivery::{Delivery, Fate, Part};
use crate::policy::{Heard, Observed, Vain, key};

/// So long may the platform need for the pushes in front, in seconds: until then nobody else tells what stands behind.
const UNDER_WAY_S: u32 = 20;

/// Where nothing is remembered, the push comes first in one of four calls: with these bits of the dice all zero. A caller
/// who calls once is served by a state that is written first; a method that cannot write by a push that comes first.
const PUSH_FIRST: u32 = 3;

/// A push that the platform makes, and what it tells of.
struct Push<'h> {
    dues: Vec<Due<'h>>,
    message: Option<Request>,
    ring: Option<Request>,
}

/// Puts together what the platform does.
pub fn act<'h>(
    mut delivery: Delivery,
    mut tracked: Vec<Tracked<'h>>,
    dues: Vec<Due<'h>>,
    fates: impl Iterator<Item = (Letter, Fate)>,
    out: &mut Outcome,
) {
    let mut pushes = Vec::new();
    for (letter, fate) in fates {
        let told: Vec<Due> = letter.iter().filter_map(|at| dues.get(*at).copied()).collect();
        for due in &told {
            let Some(Tracked { now, .. }) = tracked.get_mut(due.about) else { continue };
            match &fate {
                Fate::Unasked(_) => {}
                Fate::Told { ring } if due.part == Part::Ring => rung(now, due.heard, *ring),
                Fate::Told { ring } => now.told(due.heard, *ring),
                Fate::Untold { wait_s: wait, throttled, unsure, .. } => {
                    let (wait, credential) = (*wait, due.credential);
                    let (throttled, unsure) = (*throttled, *unsure);
                    now.untold(due.heard, Vain { wait, throttled, unsure, credential });
                }
                // Pending. Whether it was in vain is known of the one under way alone.
                Fate::Handed { .. } => {
                    let (tries, next) = (due.heard.tries.max(1), now.now + UNDER_WAY_S);
                    let credential = due.credential;
                    now.state.note(Heard { tries, next, credential, ..due.heard });
                    now.write = true;
                }
            }
        }
        if let Fate::Handed { message, ring } = fate {
            pushes.push(Push { dues: told, message, ring });
        }
    }
    // A state that cannot be written must not keep messages back for ever, nor may one push keep back the others: where
    // nothing is remembered, what comes first changes with time.
    let dice = delivery.dice();
    let all = || pushes.iter().flat_map(|push| &push.dues);
    let known = all().any(|due| tracked.get(due.about).is_some_and(|alarm| alarm.stored));
    let states_first = known || pushes.is_empty() || dice & PUSH_FIRST != 0;
    let turn = if states_first && !known { 0 } else { dice >> 2 };

    let device = delivery.wire.host.device("eui");
    let mut kept = core::mem::take(&mut delivery.wire.keep);
    let mut pushes = in_turn(pushes, turn).into_iter().peekable();
    let under_way = |tracked: &mut [Tracked<'h>], next: Option<&Push<'h>>| {
        let Some(Push { dues, message, .. }) = next else { return };
        let unsure = message.is_some();
        note(tracked, dues, |now, due| {
            let (wait, credential) = (delivery.wait_s(due.heard.tries), due.credential);
            now.untold(due.heard, Vain { wait, credential, unsure, throttled: false });
        });
    };
    under_way(&mut tracked, pushes.peek());
    if states_first {
        kept.extend(tracked.iter().filter_map(state));
        if !kept.is_empty() {
            out.actions.push(Action::modify_attrs(device, &core::mem::take(&mut kept)));
        }
    }
    while let Some(Push { dues, message, ring }) = pushes.next() {
        let owed = ring.is_some();
        if let Some(message) = message {
            out.actions.push(Action::axios(0, message));
            note(&mut tracked, &dues, |now, due| now.told(due.heard, owed));
            if !owed {
                under_way(&mut tracked, pushes.peek());
            }
            store(device, &mut kept, &tracked, &dues, pushes.peek(), out);
        }
        if let Some(ring) = ring {
            out.actions.push(Action::axios(0, ring));
            note(&mut tracked, &dues, |now, due| {
                let heard = now.state.heard(due.heard.channel);
                rung(now, heard, false);
            });
            under_way(&mut tracked, pushes.peek());
            store(device, &mut kept, &tracked, &dues, pushes.peek(), out);
        }
    }
}

/// The pushes channel by channel: first those that nobody tried, then who was tried longest ago; where that says nothing,
/// they begin with another channel each `turn`.
fn in_turn<'h>(pushes: Vec<Push<'h>>, turn: u32) -> Vec<Push<'h>> {
    let mut channels: Vec<(u32, &str)> = Vec::new();
    for due in pushes.iter().flat_map(|push| &push.dues) {
        match channels.iter_mut().find(|(_, channel)| *channel == due.channel) {
            Some((next, _)) => *next = due.heard.next.max(*next),
            None => channels.push((due.heard.next, due.channel)),
        }
    }
    let begin = (turn as usize).checked_rem(channels.len()).unwrap_or(0);
    channels.rotate_left(begin);
    let mut left = pushes;
    let mut ordered = Vec::new();
    // The least of them each time: a sort of the library is larger than all of this.
    while let Some(next) = channels.iter().map(|(next, _)| *next).min() {
        let mut first = None;
        channels.retain(|(other, channel)| {
            let taken = *other == next && first.is_none();
            if taken {
                first = Some(*channel);
            }
            !taken
        });
        let (these, others) = left
            .into_iter()
            .partition(|push: &Push| push.dues.iter().any(|due| Some(due.channel) == first));
        ordered.extend::<Vec<_>>(these);
        left = others;
    }
    ordered
}

/// Notes what became of some messages.
fn note<'h>(
    tracked: &mut [Tracked<'h>],
    dues: &[Due<'h>],
    note: impl Fn(&mut Observed<'h>, &Due<'h>),
) {
    for due in dues {
        if let Some(alarm) = tracked.get_mut(due.about) {
            note(&mut alarm.now, due);
        }
    }
}

/// Stores the states of the alarms that were told of, and of those that come next; and what else is to be kept.
fn store(
    device: &str,
    kept: &mut Vec<(String, String)>,
    tracked: &[Tracked],
    dues: &[Due],
    next: Option<&Push>,
    out: &mut Outcome,
) {
    let next = next.map_or(&[][..], |next| &next.dues);
    let mut attrs = core::mem::take(kept);
    for due in dues.iter().chain(next) {
        let state = tracked.get(due.about).and_then(state);
        attrs.extend(state.filter(|(name, _)| attrs.iter().all(|(other, _)| other != name)));
    }
    out.actions.push(Action::modify_attrs(device, &attrs));
}

/// Only the short text that rings was owed.
fn rung(now: &mut Observed, heard: Heard, ring: bool) {
    now.state.note(Heard { ring, ..heard });
    now.write = true;
}

/// The attribute that remembers an alarm, if there is something to store.
fn state(alarm: &Tracked) -> Option<(String, String)> {
    let name = alarm.alarm.name;
    Some((key(name), alarm.now.text(name)?))
}
