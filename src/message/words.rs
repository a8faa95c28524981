//! What `notify` says, in each language: English, Chinese. The type asks for both.

use alloc::string::String;

use super::lang::{Lang, Phrase};

// Headings; the alarm's title follows.
pub const RAISED: Phrase = ("Alarm: ", "告警：");
pub const WORSE: Phrase = ("Alarm worse: ", "告警升级：");
pub const BETTER: Phrase = ("Alarm better: ", "告警降级：");
pub const REMINDER: Phrase = ("Alarm still active: ", "告警持续：");
pub const ESCALATED: Phrase = ("Alarm unanswered: ", "告警未处理：");
pub const RECOVERED: Phrase = ("Recovered: ", "告警恢复：");
pub const UNSTABLE: Phrase = ("Alarm unstable: ", "告警抖动：");
pub const STABLE: Phrase = ("Stable again: ", "告警已稳定：");

pub const DIGEST: Phrase = ("Alarms: ", "告警汇总：");

// Labels.
pub const DEVICE: Phrase = ("Device", "设备");
pub const LEVEL: Phrase = ("Level", "级别");
pub const LEVEL_BEFORE: Phrase = ("Level before", "原级别");
pub const LEVEL_WORST: Phrase = ("Worst level", "最高级别");
pub const DESCRIPTION: Phrase = ("Description", "描述");
pub const RECOVERY_NOTE: Phrase = ("Recovery note", "恢复说明");
pub const ACTIVE_FOR: Phrase = ("Active for", "已持续");
pub const LASTED: Phrase = ("Lasted", "持续时间");
pub const LATE: Phrase = ("Told late by", "延迟送达");
pub const MESSAGES: Phrase = ("Messages", "已发消息");
pub const CHANGES: Phrase = ("Changes", "变化次数");
pub const NOW: Phrase = ("Now", "当前");
pub const TAGS: Phrase = ("Tags", "标签");
pub const LOCATION: Phrase = ("Location", "位置");
pub const PAGE: Phrase = ("Page", "页面");
pub const TIME: Phrase = ("Time", "时间");
pub const NOTE: Phrase = ("Note", "备注");

// Texts.
pub const OPEN_PAGE: Phrase = ("open", "打开");
pub const NORMAL: Phrase = ("normal", "正常");
pub const QUIET_NOW: Phrase =
    ("it changes too often: quiet until it is stable", "变化过于频繁：稳定之前不再通知");

pub const CLOSED: Phrase = ("somebody closed it on the platform", "已在平台上被手动关闭");
pub const ASTRAY: Phrase = (
    "notify_routes names no channel that can be used: sent to every channel",
    "notify_routes 指定的通道均不可用：已发往所有通道",
);

pub const MORE: Phrase = (" more", " 条");
pub const NO_DATA: Phrase = ("No data", "无数据");
pub const NEVER: Phrase = ("no data since it was set up", "从未上报数据");
pub const NO_DATA_FOR: Phrase = ("no data for ", "无数据已 ");
pub const LAST_AT: Phrase = (", last at ", "，最后一次 ");
pub const DATA_AGAIN: Phrase = ("data again", "数据已恢复");
pub const NOT_WATCHED: Phrase = ("notify_silent is not set any more", "notify_silent 已取消");

/// The levels, in rising order.
pub const LEVELS: [Phrase; 4] = [("LOW", "低"), ("MID", "中"), ("HIGH", "高"), ("URGENT", "紧急")];

/// Seconds in the two largest units that count: `2 h 5 min`, `45 s`.
///
/// ```
/// use tkl_notify::message::lang::Lang;
/// use tkl_notify::message::words::duration;
/// assert_eq!(duration(Lang::En, 7_500), "2 h 5 min");
/// assert_eq!(duration(Lang::En, 0), "0 s");
/// assert_eq!(duration(Lang::Zh, 90_000), "1 天 1 小时");
/// ```
pub fn duration(lang: Lang, seconds: u32) -> String {
    let units: [(u32, Phrase); 4] = [
        (86_400, (" d", " 天")),
        (3_600, (" h", " 小时")),
        (60, (" min", " 分")),
        (1, (" s", " 秒")),
    ];
    let mut out = String::new();
    let mut rest = seconds;
    let mut shown = 0;
    for (size, unit) in units {
        let n = rest.checked_div(size).unwrap_or(0);
        rest -= n * size;
        if shown == 2 || (n == 0 && (size > 1 || shown > 0)) {
            continue;
        }
        if shown > 0 {
            out.push(' ');
        }
        out.push_str(&crate::text::decimal(n));
        out.push_str(lang.say(unit));
        shown += 1;
    }
    out
}
