//! Who hears of an alarm: its channels by level and escalation, those who stand in, and who is rung.

use alloc::{string::String, vec::Vec};

use super::Due;
use crate::action::{Outcome, Stop};
use crate::alarm::Level;
use crate::channel::{Address, CHANNELS, find};
use crate::delivery::{Fallback, Part};
use crate::host::{Host, Source};
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
    /// Every channel that any setting names, by which those are found who heard of an alarm; and where its messages go,
    /// or why they cannot.
    known: Vec<(&'h str, Result<Address, String>)>,
}

/// The channels of a level.
pub struct Route<'h> {
    pub channels: Vec<&'h str>,
    /// None of those that the settings name can be used: these are all that can.
    pub astray: bool,
}

/// Every robot that has settings of its own, as a route names it.
pub fn robots(host: &Host) -> Vec<String> {
    let mut robots = Vec::new();
    for channel in CHANNELS.iter().filter(|channel| channel.robots) {
        for entry in host.all(Source::Org) {
            let name = |setting: &&str| entry.name.strip_prefix(setting)?.strip_prefix('_');
            if let Some(name) = channel.credentials.iter().find_map(name)
                && !channel.credentials.contains(&entry.name)
            {
                let robot = cat!(channel.name, ":", name);
                if !robots.contains(&robot) {
                    robots.push(robot);
                }
            }
        }
    }
    robots
}

impl<'h, 'a> Audience<'h, 'a> {
    /// `robots`: what [`robots`] found.
    pub fn new(
        host: &'h Host<'a>,
        rules: &'h Rules<'h>,
        fallback: Fallback<'h>,
        robots: &'h [String],
    ) -> Self {
        let set_up = CHANNELS.iter().filter(|channel| channel.is_set_up(host));
        let mut in_use: Vec<&str> = set_up.map(|channel| channel.name).collect();
        if in_use.is_empty() {
            in_use.extend(robots.iter().map(String::as_str));
        }
        let mut names = in_use.clone();
        for channel in rules.routes.all().chain(fallback.channels()) {
            push_new(&mut names, channel);
        }
        for item in rules.escalation.items(0..STEPS as u32) {
            if let Item::Channel(channel) = item {
                push_new(&mut names, channel);
            }
        }
        names.retain(|name| !name.eq_ignore_ascii_case("none"));
        let place = |name: &'h str| match find(CHANNELS, name) {
            Some((channel, robots)) => (name, channel.place(host, robots)),
            None => (name, Err(NO_CHANNEL.into())),
        };
        let known = names.into_iter().map(place).collect();
        Audience { host, rules, fallback, in_use, known }
    }

    fn place(&self, name: &str) -> Option<&Result<Address, String>> {
        self.known.iter().find(|(other, _)| *other == name).map(|(_, place)| place)
    }

    /// Whether messages can be sent through a channel.
    pub fn is_usable(&self, name: &str) -> bool {
        matches!(self.place(name), Some(Ok(_)))
    }

    /// Whether there is a channel that can be used.
    pub fn is_able(&self) -> bool {
        self.known.iter().any(|(_, place)| place.is_ok())
    }

    /// What is wrong with channels that any setting names, or without routes every channel that is set up.
    pub fn faults(&self, out: &mut Outcome) {
        let is_named = |name: &str| {
            let mut routed = self.rules.routes.all().peekable();
            let steps = self.rules.escalation.items(0..STEPS as u32);
            routed.peek().is_none()
                || routed.chain(self.fallback()).any(|other| other == name)
                || steps.contains(&Item::Channel(name))
        };
        for (name, place) in self.known.iter().filter(|(name, _)| is_named(name)) {
            match place {
                Err(fault) => out.warn(cat!(name, ": ", fault)),
                Ok(address) => address.warnings.iter().for_each(|text| out.warn(text.clone())),
            }
        }
    }

    /// The channels of a level, and those that escalation steps brought in. The same robot is told once.
    pub fn route(&self, level: Level, steps: u32) -> Route<'h> {
        let mut listed: Vec<&str> = match self.rules.routes.channels(level) {
            Some(channels) => channels.collect(),
            None => self.in_use.clone(),
        };
        for item in self.rules.escalation.items(0..steps) {
            if let Item::Channel(channel) = item {
                push_new(&mut listed, channel);
            }
        }
        let none = !listed.iter().any(|channel| self.is_usable(channel));
        let astray = none && !listed.is_empty() && self.is_able();
        if astray {
            listed = self.in_use.clone();
            for channel in self.fallback() {
                push_new(&mut listed, channel);
            }
            listed.retain(|channel| self.is_usable(channel));
        }
        let mut channels: Vec<&str> = Vec::new();
        for name in listed {
            let same = |other: &&str| match (self.place(name), self.place(other)) {
                (Some(Ok(place)), Some(Ok(other))) => place.is(other),
                _ => name == *other,
            };
            if !channels.iter().any(same) {
                channels.push(name);
            }
        }
        Route { channels, astray }
    }

    /// Of these the ones that the caller asks for, if there are any that can be used.
    pub fn narrowed(&self, route: &mut Route<'h>, out: &mut Outcome) {
        let Some(narrow) = self.host.param("channels").filter(|_| !route.channels.is_empty())
        else {
            return;
        };
        let is_asked = |channel: &str| items(narrow).any(|name| name == channel);
        let kept: Vec<&str> = route.channels.iter().copied().filter(|c| is_asked(c)).collect();
        let able = kept.iter().any(|channel| self.is_usable(channel));
        if !able || kept.len() < items(narrow).count() {
            out.warn("params.channels names what is no usable channel of this level's route: the others are used, or the whole route.".into());
        }
        if able {
            route.channels = kept;
        }
    }

    /// The listed channels, and after them all others that may have heard of the alarm.
    pub fn everyone(&self, listed: &[&'h str]) -> Vec<&'h str> {
        let mut everyone = listed.to_vec();
        for (channel, _) in &self.known {
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

    /// Whether no channel is set up, nor named by any setting; and nobody asked for that.
    pub fn is_nobody(&self, level: Level) -> bool {
        self.known.is_empty() && self.rules.routes.channels(level).is_none()
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
                // Whoever hears it only since a setting is wrong is not called on its account.
                Item::All => mentions.all = !due.astray,
                Item::Channel(_) => {}
            }
        }
        mentions
    }
}

/// No channel of this script has that name.
const NO_CHANNEL: &str = "there is no such channel in this script.";

fn push_new<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    if !list.contains(&item) {
        list.push(item);
    }
}
