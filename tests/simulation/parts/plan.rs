//! What a world is: its channels, settings, devices and platform, and the steps that happen in it.
//! Plain data, so that the shrinker can leave things out. Who acts on it is in `sim`.

/// A level as its rank: 0 low, 1 mid, 2 high, 3 urgent.
pub type Level = usize;
pub const LEVELS: [&str; 4] = ["low", "mid", "high", "urgent"];

/// A moment in seconds since the world began.
pub type At = u32;

/// When every world begins, in milliseconds since 1970: a Friday, 08:00 UTC.
pub const START_MS: u64 = 1_800_000_000_000;

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub channels: Vec<Channel>,
    pub settings: Settings,
    pub devices: Vec<Device>,
    pub platform: Platform,
    /// In the order of time.
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bot,
    Robot,
    App,
}

/// A channel of the organization, which is also the group of people that reads it.
#[derive(Clone, Debug)]
pub struct Channel {
    /// As routes name it: `wecom`, `wecom:ops`, …
    pub name: &'static str,
    pub kind: Kind,
}

/// The settings that a world has; `None`: not set, so that the default holds.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Channels by level; an empty list is written as `none`.
    pub routes: Option<[Vec<usize>; 4]>,
    pub repeat: Option<[Repeat; 4]>,
    /// Changes, window, calm; or `off`.
    pub flapping: Option<Option<(u32, u32, u32)>>,
    pub quiet: Option<Quiet>,
    /// No message before this moment.
    pub mute: Option<At>,
    /// Seconds of age, and what is added: a mention or a channel.
    pub escalate: Option<Vec<(u32, Added)>>,
    pub fallback: Option<Vec<usize>>,
    pub mentions: Option<&'static str>,
    /// `notify_delivery`: whether the platform sends.
    pub action: Option<bool>,
    pub wait: Option<u32>,
    pub token_cache: Option<bool>,
    /// Where all these stand.
    pub place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Org,
    Attributes,
    Params,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Always,
    Change,
    Seconds(u32),
}

/// Each day from `from` for `length` minutes, for the levels whose bit is set.
#[derive(Clone, Copy, Debug)]
pub struct Quiet {
    pub from: u32,
    pub length: u32,
    pub levels: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum Added {
    Channel(usize),
    Mention(&'static str),
}

#[derive(Clone, Debug)]
pub struct Device {
    pub alarms: usize,
    /// Callers call only when the condition changes (and then by ticks), not on each uplink.
    pub on_change: bool,
}

/// How this platform goes about calls and actions.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Scripts have axios.
    pub axios: bool,
    /// A failing action stops those behind it.
    pub stops: bool,
    /// The calls of one uplink start one after the other, not at once.
    pub in_turn: bool,
    /// When the platform's own record of an alarm is updated; `None`: scripts see no records.
    pub record: Option<Record>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    Before,
    After,
    /// Now before, now after.
    Beside,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub at: At,
    pub act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The condition of an alarm holds at a level from now on, or is over.
    Truth {
        device: usize,
        alarm: usize,
        level: Option<Level>,
    },
    /// The device reports, and its callers call; `twice`: the uplink comes twice at once.
    Uplink {
        device: usize,
        twice: bool,
    },
    Tick {
        device: usize,
    },
    /// What goes wrong with a channel's service from now on.
    Trouble {
        channel: usize,
        trouble: Option<Trouble>,
    },
    /// The tokens that the service of an app lent are void.
    Revoke {
        channel: usize,
    },
    /// Others fill what the service takes of this minute.
    Crowd {
        channel: usize,
    },
    /// Writes of attributes fail from now on, or no longer.
    WritesFail(bool),
    /// The next write says that it succeeded, and does not last.
    LoseWrite,
    /// Attribute changes of the last seconds are lost, and every action that still waits.
    Restart,
    /// The server's clock jumps by so many seconds.
    Clock(i32),
    /// Somebody acknowledges on the device, or takes it back.
    Ack {
        device: usize,
        on: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The connection is refused.
    Refused,
    /// No answer before the request's own time limit; nothing is taken.
    Hangs,
    /// The same, but the message was taken.
    HangsAfterTaking,
    /// HTTP 200 with a page.
    Html,
    /// HTTP 502.
    Failing,
    /// The robot was removed, or the key is wrong.
    Removed,
    /// It says that it took the message, and nobody reads it. No service does so: a proof for the observer.
    Swallows,
    /// It says that it is busy, and its readers read the message. A proof, too.
    Denies,
}

impl Plan {
    /// Whether scripts send themselves and read the answers, by what is set.
    pub fn reads_answers(&self) -> bool {
        self.platform.axios && self.settings.action != Some(true)
    }

    /// The channels that a level's messages go to.
    pub fn route(&self, level: Level) -> Vec<usize> {
        match &self.settings.routes {
            Some(routes) => routes[level].clone(),
            // Every default robot that is set up.
            None => {
                (0..self.channels.len()).filter(|c| !self.channels[*c].name.contains(':')).collect()
            }
        }
    }

    pub fn fallback(&self) -> &[usize] {
        self.settings.fallback.as_deref().unwrap_or(&[])
    }

    /// Defaults as the documentation has them.
    pub fn repeat(&self, level: Level) -> Repeat {
        let hours = |h: u32| Repeat::Seconds(h * 3_600);
        self.settings
            .repeat
            .map_or([hours(4), hours(4), hours(1), Repeat::Seconds(900)][level], |repeat| {
                repeat[level]
            })
    }

    /// Changes, window and calm of an unstable alarm.
    pub fn flapping(&self) -> Option<(u32, u32, u32)> {
        self.settings.flapping.unwrap_or(Some((5, 5_400, 2_700)))
    }

    /// Whether some setting rings somebody who does not exist.
    pub fn rings_nobody(&self) -> bool {
        let added = self.settings.escalate.iter().flatten();
        self.settings.mentions.is_some_and(|m| m.contains(GHOST))
            || added.into_iter().any(|(_, a)| matches!(a, Added::Mention(m) if m.contains(GHOST)))
    }
}

/// A user id that does not exist: a bot refuses a message that rings it.
pub const GHOST: &str = "ghost";

/// The name of an alarm, unique in its world; its title ends with it.
pub fn alarm_name(device: usize, alarm: usize) -> String {
    format!("d{}a{}", device + 1, alarm + 1)
}

pub fn eui(device: usize) -> String {
    format!("24e124000000000{}", device + 1)
}
