//! Every word that `notify` says, in each language. A missing translation does not compile.

/// The words of one language.
pub struct Words {
    // Headings; the alarm's title follows.
    pub raised: &'static str,
    pub worse: &'static str,
    pub better: &'static str,
    pub reminder: &'static str,
    pub escalated: &'static str,
    pub recovered: &'static str,
    pub unstable: &'static str,
    pub stable: &'static str,
    // Labels.
    pub device: &'static str,
    pub level: &'static str,
    pub level_before: &'static str,
    pub level_worst: &'static str,
    pub description: &'static str,
    pub recovery_note: &'static str,
    pub active_for: &'static str,
    pub lasted: &'static str,
    pub messages: &'static str,
    pub changes: &'static str,
    pub now: &'static str,
    pub tags: &'static str,
    pub location: &'static str,
    pub page: &'static str,
    pub time: &'static str,
    pub note: &'static str,
    // Texts.
    pub open_page: &'static str,
    pub normal: &'static str,
    pub quiet_now: &'static str,
    // Units of a duration.
    pub day: &'static str,
    pub hour: &'static str,
    pub minute: &'static str,
    pub second: &'static str,
}

pub const EN: Words = Words {
    raised: "Alarm: ",
    worse: "Alarm worse: ",
    better: "Alarm better: ",
    reminder: "Alarm still active: ",
    escalated: "Alarm unanswered: ",
    recovered: "Recovered: ",
    unstable: "Alarm unstable: ",
    stable: "Stable again: ",
    device: "Device",
    level: "Level",
    level_before: "Level before",
    level_worst: "Worst level",
    description: "Description",
    recovery_note: "Recovery note",
    active_for: "Active for",
    lasted: "Lasted",
    messages: "Messages",
    changes: "Changes",
    now: "Now",
    tags: "Tags",
    location: "Location",
    page: "Page",
    time: "Time",
    note: "Note",
    open_page: "open",
    normal: "normal",
    quiet_now: "it changes too often; quiet until it is stable",
    day: " d",
    hour: " h",
    minute: " min",
    second: " s",
};

pub const ZH: Words = Words {
    raised: "告警：",
    worse: "告警升级：",
    better: "告警降级：",
    reminder: "告警持续：",
    escalated: "告警未处理：",
    recovered: "告警恢复：",
    unstable: "告警抖动：",
    stable: "告警已稳定：",
    device: "设备",
    level: "级别",
    level_before: "原级别",
    level_worst: "最高级别",
    description: "描述",
    recovery_note: "恢复说明",
    active_for: "已持续",
    lasted: "持续时间",
    messages: "已发消息",
    changes: "变化次数",
    now: "当前",
    tags: "标签",
    location: "位置",
    page: "页面",
    time: "时间",
    note: "备注",
    open_page: "打开",
    normal: "正常",
    quiet_now: "变化过于频繁，稳定前不再通知",
    day: " 天",
    hour: " 小时",
    minute: " 分",
    second: " 秒",
};

impl Words {
    /// Seconds in the two largest units: `2 h 5 min`, `45 s`.
    ///
    /// ```
    /// use tkl_notify::message::words::{EN, ZH};
    /// assert_eq!(EN.duration(7_500), "2 h 5 min");
    /// assert_eq!(EN.duration(0), "0 s");
    /// assert_eq!(ZH.duration(90_000), "1 天 1 小时");
    /// ```
    pub fn duration(&self, seconds: u32) -> String {
        let units = [(86_400, self.day), (3_600, self.hour), (60, self.minute), (1, self.second)];
        let mut out = String::new();
        let mut rest = seconds;
        let mut shown = 0;
        for (size, unit) in units {
            let n = rest / size;
            rest %= size;
            if shown == 2 || (n == 0 && !(size == 1 && shown == 0)) {
                continue;
            }
            if shown > 0 {
                out.push(' ');
            }
            out.push_str(&super::time::number(n as u64));
            out.push_str(unit);
            shown += 1;
        }
        out
    }
}
