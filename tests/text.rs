//! Untrusted text: whatever the field sends, nothing in it is syntax, and ordinary text stays as typed.

use proptest::prelude::*;
use tkl_notify::message::fit::{Count, Line, Shed, fit, truncate_to};
use tkl_notify::message::inert::{inert, without_mentions};

/// Pieces that are syntax somewhere, between any other text.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "<@all>",
            "<@zhang>",
            "<",
            "@",
            "](",
            "[x](http://e.vil)",
            "![](http://e.vil)",
            "<font color=\"info\">",
            "</font>",
            "<br/>",
            "`",
            "```",
            "**",
            "#",
            "\n",
            "\r\n",
            "\u{2028}",
            "> ",
            "- ",
            "\u{202e}",
            "\u{200b}",
            "\u{feff}",
            "\u{1}",
            "温度",
            "🔥",
            "\\",
            "\"",
            "]\u{200b}(",
            "<\u{200d}@",
            "\n# ",
            "\n> ",
            "\n---",
            "e\u{301}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn has_live(text: &str, block: &str) -> Option<String> {
    for live in ["<@", "](", "][", "`", "**", "</", "<!"] {
        if text.contains(live) {
            return Some(live.into());
        }
    }
    let chars: Vec<char> = text.chars().collect();
    for pair in chars.windows(2) {
        if pair[0] == '<' && pair[1].is_ascii_alphabetic() {
            return Some("a tag".into());
        }
    }
    for c in &chars {
        if *c != '\n'
            && (c.is_control()
                || ('\u{200b}'..='\u{200f}').contains(c)
                || ('\u{202a}'..='\u{202e}').contains(c))
        {
            return Some(format!("{c:?}"));
        }
    }
    for line in text.split(block).skip(1) {
        if line.trim_start_matches(' ').starts_with(['#', '>', '-', '+', '*', '=', '|', '~', '_']) {
            return Some(format!("line start {line:?}"));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_in_a_field_is_live(raw in hostile()) {
        let line = inert(&raw, None);
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(has_live(&line, "\n"), None);
        for block in ["\n> ", "  \n  "] {
            prop_assert_eq!(has_live(&inert(&raw, Some(block)), block), None);
        }
    }

    #[test]
    fn a_field_stays_inert_when_it_is_made_inert_again(raw in hostile()) {
        let once = inert(&raw, None);
        prop_assert_eq!(inert(&once, None), once);
    }

    #[test]
    fn ordinary_text_stays_as_typed(raw in "[A-Za-z0-9 ,.;:!?%/()'&+=_°℃中文温度过高Ω🔥\\[\\]-]{0,80}") {
        prop_assume!(!raw.contains("](") && !raw.contains("]["));
        prop_assert_eq!(inert(&raw, None), raw);
    }

    #[test]
    fn a_callers_text_keeps_all_but_inline_mentions(raw in hostile()) {
        let out = without_mentions(&raw);
        prop_assert!(!out.contains("<@"));
        prop_assert_eq!(out.replace("＜@", "<@"), raw.replace("＜@", "<@"));
    }

    #[test]
    fn a_cut_text_is_within_its_limit_and_a_prefix(raw in any::<String>(), limit in 3usize..60) {
        for count in [Count::Text, Count::Json] {
            let mut text = raw.clone();
            let shortened = truncate_to(&mut text, limit, count);
            prop_assert!(count.of(&text) <= limit);
            prop_assert_eq!(shortened, text != raw);
            if shortened {
                prop_assert!(raw.starts_with(text.strip_suffix('…').unwrap()));
            }
        }
    }

    #[test]
    fn json_cost_is_what_a_serializer_writes(raw in any::<String>()) {
        prop_assert_eq!(Count::Json.of(&raw), serde_json::to_string(&raw).unwrap().len() - 2);
    }

}

proptest! {
    // Long messages are slow to make; the shapes repeat.
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_fitted_message_is_within_its_limit_with_its_frame_whole(
        texts in prop::collection::vec((hostile(), 0usize..3), 1..9), scale in 1usize..60
    ) {
        let sheds = [Shed::Nothing, Shed::Late, Shed::Early];
        for (count, limit) in [(Count::Text, 2048), (Count::Text, 4096), (Count::Json, 19_000)] {
            let lines: Vec<Line> = texts.iter().map(|(raw, shed)| Line {
                before: "> **X**: <".into(),
                text: if *shed == 0 { "fixed".into() } else { inert(&raw.repeat(scale), None) },
                after: "|end".into(),
                shed: sheds[*shed],
            }).collect();
            let whole: usize = lines.iter().map(|l| count.of(&l.before) + count.of(&l.text) + count.of(&l.after)).sum::<usize>()
                + count.of("\n") * (lines.len() - 1);
            let (text, shortened) = fit(lines, "\n", limit, count);
            prop_assert!(count.of(&text) <= limit, "{} over {}", count.of(&text), limit);
            prop_assert_eq!(shortened, whole > limit);
            prop_assert_eq!(text.split('\n').count(), texts.len());
            for line in text.split('\n') {
                prop_assert!(line.starts_with("> **X**: <") && line.ends_with("|end"));
            }
        }
    }
}

#[test]
fn the_description_is_shortened_before_the_title() {
    let line = |text: &str, shed| Line {
        before: String::new(),
        text: text.into(),
        after: String::new(),
        shed,
    };
    let (text, shortened) = fit(
        vec![line(&"t".repeat(100), Shed::Late), line(&"d".repeat(100), Shed::Early)],
        "\n",
        180,
        Count::Text,
    );
    assert!(shortened);
    assert_eq!(text, format!("{}\n{}…", "t".repeat(100), "d".repeat(76)));
}

#[test]
fn a_list_loses_its_end_to_the_byte_and_says_how_much() {
    let line = |before: &str, text: &str, after: &str, shed| Line {
        before: before.into(),
        text: text.into(),
        after: after.into(),
        shed,
    };
    let list = |limit| {
        let mut lines = vec![line("", "Alarms: 12", "", Shed::Nothing)];
        lines.extend((10..22).map(|n| line("- ", &n.to_string(), "", Shed::Entry)));
        lines.push(line("+", "", " more", Shed::LeftOut));
        lines.push(line("", "12:00", "", Shed::Nothing));
        fit(lines, "\n", limit, Count::Text).0
    };
    let whole = list(1_000);
    assert!(whole.contains("- 21\n12:00"), "all of it fits: {whole}");
    assert_eq!(list(whole.len()), whole);
    for limit in 40..whole.len() {
        let text = list(limit);
        let kept = text.matches("- ").count();
        assert!(text.contains(&format!("\n+{} more\n12:00", 12 - kept)), "{text}");
        assert!(text.len() <= limit, "{} of {limit}: {text}", text.len());
        // One more would not fit, even where the count were one digit shorter.
        let with_next = text.len() + "\n- 99".len() - if 12 - kept == 10 { 1 } else { 0 };
        let all_but_one = if kept == 11 { whole.len() } else { with_next };
        assert!(all_but_one > limit, "{all_but_one} of {limit}: {text}");
    }
    assert_eq!(list(5), "Alarms: 12\n+12 more\n12:00", "the frame stays");
}
