//! What the platform then does, in the order that loses and repeats least, and what is remembered of it.
//!
//! Where the script sent, the answers are known, and one action stores what they say. Where the platform sends, nobody
//! reads the answers, and an action that fails may stop those behind it. So the states go first and say "pending", and
//! each push is followed by its own "told": a push that fails leaves its message due, and with it those behind it. The
//! channel to begin with moves on with each attempt, so one that is dead costs the others one call at most.

use alloc::{string::String, vec::Vec};

use super::{Due, Tracked};
use crate::action::{Action, Outcome, Request};
use crate::delivery::{Delivery, Fate, Part};
use crate::policy::{self, Heard};

/// A push that the platform makes.
struct Push<'h> {
    due: Due<'h>,
    message: Option<Request>,
    ring: Option<Request>,
}

/// Puts together what the platform does.
pub fn act<'h>(
    delivery: Delivery,
    mut tracked: Vec<Tracked<'h>>,
    dues: Vec<Due<'h>>,
    fates: Vec<Fate>,
    out: &mut Outcome,
) {
    let mut pushes = Vec::new();
    for (due, fate) in dues.into_iter().zip(fates) {
        let Some(Tracked { now, .. }) = tracked.get_mut(due.about) else { continue };
        let heard = due.heard;
        match fate {
            Fate::Unasked(_) => {}
            Fate::Told { ring } if due.part == Part::Ring => rung(now, heard, ring),
            Fate::Told { ring } => now.told(heard, ring),
            Fate::Untold { wait_s, throttled, .. } => {
                now.untold(heard, wait_s, throttled, due.credential);
            }
            Fate::Handed { message, ring } => {
                now.untold(heard, delivery.wait_s(heard.tries), false, due.credential);
                pushes.push(Push { due, message, ring });
            }
        }
    }
    // A state that cannot be written must not keep messages back for ever, nor may one push keep back the others: where
    // nothing is remembered, what comes first changes with time.
    let dice = delivery.dice();
    let known = pushes.iter().any(|push| is_stored(&tracked, push));
    let states_first = known || pushes.is_empty() || dice & 1 == 0;
    let tries = pushes.iter().map(|push| push.due.heard.tries).max().unwrap_or(0);
    let turn = if known { tries } else { dice >> 1 };

    let device = delivery.wire.host.device("eui");
    let mut attrs = delivery.wire.keep;
    if states_first {
        attrs.extend(tracked.iter().filter_map(state));
    }
    if !attrs.is_empty() {
        out.actions.push(Action::modify_attrs(device, &attrs));
    }
    for Push { due, message, ring } in in_turn(pushes, turn) {
        let Some(alarm) = tracked.get_mut(due.about) else { continue };
        if let Some(message) = message {
            out.actions.push(Action::axios(0, message));
            alarm.now.told(due.heard, ring.is_some());
            out.actions.extend(state(alarm).map(|state| Action::modify_attrs(device, &[state])));
        }
        if let Some(ring) = ring {
            out.actions.push(Action::axios(0, ring));
            let heard = alarm.now.state.heard(due.heard.channel);
            rung(&mut alarm.now, heard, false);
            out.actions.extend(state(alarm).map(|state| Action::modify_attrs(device, &[state])));
        }
    }
    out.fail_if_idle();
}

/// The pushes channel by channel, beginning with another channel each time.
fn in_turn<'h>(pushes: Vec<Push<'h>>, turn: u32) -> Vec<Push<'h>> {
    let mut channels: Vec<&str> = Vec::new();
    for push in &pushes {
        if !channels.contains(&push.due.channel) {
            channels.push(push.due.channel);
        }
    }
    let begin = (turn as usize).checked_rem(channels.len()).unwrap_or(0);
    channels.rotate_left(begin);
    let mut left = pushes;
    let mut ordered = Vec::new();
    for channel in channels {
        let (these, others) = left.into_iter().partition(|push: &Push| push.due.channel == channel);
        ordered.extend::<Vec<_>>(these);
        left = others;
    }
    ordered
}

fn is_stored(tracked: &[Tracked], push: &Push) -> bool {
    tracked.get(push.due.about).is_some_and(|alarm| alarm.stored)
}

/// Only the short text that rings was owed.
fn rung(now: &mut policy::Observed, heard: Heard, ring: bool) {
    now.state.note(Heard { ring, ..heard });
    now.write = true;
}

/// The attribute that remembers an alarm, if there is something to store.
fn state(alarm: &Tracked) -> Option<(String, String)> {
    let name = alarm.alarm.name;
    Some((policy::key(name), alarm.now.text(name)?))
}
