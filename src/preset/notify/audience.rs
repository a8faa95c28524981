//! Who hears of an alarm: its channels by level and escalation, those who stand in, and who is rung.

use alloc::{string::String, vec::Vec};

use super::Due;
use crate::action::{Outcome, Stop};
use crate::alarm::Level;
use crate::channel::{CHANNELS, find};
use crate::delivery::{Fallback, Part};
use crate::host::Host;
use crate::message::Mentions;
use crate::policy::{Item, Observed, Rules, STEPS};
use crate::text::{fill_template, items, join};

/// The channels and people of one call.
pub struct Audience<'h, 'a> {
    host: &'h Host<'a>,
    rules: &'h Rules<'h>,
    fallback: Fallback<'h>,
    /// Every channel that the organization set up: the route of a level that has none.
    in_use: Vec<&'h str>,
    /// Every channel that any setting names, by which those are found who heard of an alarm.
    known: Vec<&'h str>,
}

impl<'h, 'a> Audience<'h, 'a> {
    pub fn new(host: &'h Host<'a>, rules: &'h Rules<'h>, fallback: Fallback<'h>) -> Self {
        let set_up = CHANNELS.iter().filter(|channel| channel.is_set_up(host));
        let in_use: Vec<&str> = set_up.map(|channel| channel.name).collect();
        let mut known = in_use.clone();
        for channel in rules.routes.all().chain(fallback.channels()) {
            push_new(&mut known, channel);
        }
        for item in rules.escalation.items(0..STEPS as u32) {
            if let Item::Channel(channel) = item {
                push_new(&mut known, channel);
            }
        }
        Audience { host, rules, fallback, in_use, known }
    }

    /// The channels of a level, and those that escalation steps brought in.
    pub fn listed(&self, level: Level, steps: u32) -> Vec<&'h str> {
        let mut listed: Vec<&str> = match self.rules.routes.channels(level) {
            Some(channels) => channels.collect(),
            None => self.in_use.clone(),
        };
        for item in self.rules.escalation.items(0..steps) {
            if let Item::Channel(channel) = item {
                push_new(&mut listed, channel);
            }
        }
        listed
    }

    /// Of these the ones that the caller asks for, if there are any.
    pub fn narrowed(&self, listed: Vec<&'h str>, out: &mut Outcome) -> Vec<&'h str> {
        let Some(narrow) = self.host.param("channels") else { return listed };
        let kept: Vec<&str> =
            listed.iter().copied().filter(|c| items(narrow).any(|n| n == *c)).collect();
        if kept.is_empty() && !listed.is_empty() {
            out.warn(
                "params.channels names no channel of this level's route: the whole route is used."
                    .into(),
            );
            return listed;
        }
        kept
    }

    /// The listed channels, and after them all others that may have heard of the alarm.
    pub fn everyone(&self, listed: &[&'h str]) -> Vec<&'h str> {
        let mut everyone = listed.to_vec();
        for channel in &self.known {
            push_new(&mut everyone, channel);
        }
        everyone
    }

    /// Those who stand in for one that fails, in their order.
    pub fn fallback(&self) -> impl Iterator<Item = &'h str> {
        self.fallback.channels()
    }

    /// The mark of a channel's credential.
    pub fn credential(&self, channel: &str) -> u32 {
        find(CHANNELS, channel).map_or(0, |(row, robot)| row.credential(self.host, robot))
    }

    /// Whether no channel is set up, or named by any setting.
    pub fn is_nobody(&self) -> bool {
        self.known.is_empty()
    }

    /// What to say then.
    pub fn nobody(&self) -> Stop {
        let mut settings = String::new();
        for key in CHANNELS.iter().filter_map(|channel| channel.in_use.first()) {
            join(&mut settings, ", ", key.name);
        }
        let sentence = "no channel is set up. Set up at least one, by {a}{where}";
        Stop::Fault(fill_template(sentence, &settings, ""))
    }

    /// Who is rung: by the level, and by the steps that the message is the first to tell of. Good news rings nobody, nor
    /// does what somebody has seen.
    pub fn rung(&self, due: &Due, now: &Observed) -> Mentions<'h> {
        let mut mentions = Mentions::default();
        let Some(level) = now.state.level.filter(|_| due.event.rings() && !now.acknowledged())
        else {
            return mentions;
        };
        let told = match due.part {
            // The message told of the last step, but nobody was rung.
            Part::Ring => now.state.steps.saturating_sub(1),
            _ => due.heard.steps,
        };
        let mut rung: Vec<Item> = self.rules.mentions.items(level).collect();
        rung.extend(self.rules.escalation.items(told..now.state.steps));
        for item in rung {
            match item {
                Item::User(id) => push_new(&mut mentions.users, id),
                Item::Mobile(number) => push_new(&mut mentions.mobiles, number),
                Item::All => mentions.all = true,
                Item::Channel(_) => {}
            }
        }
        mentions
    }
}

fn push_new<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    if !list.contains(&item) {
        list.push(item);
    }
}
