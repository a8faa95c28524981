fn main() {
    let i = "fpreset\0wecom_notify\0fnow\x001767225600123\0forg\x001\0dname\0Boiler <@all>\0deui\x0024e1\0pname\0overheat\0paction\0new\0plevel\0high\0pdesc\0a\nb\0owecom_webhook_url\0https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-1";
    println!(
        "{}",
        serde_json::to_string_pretty(&tkl_notify::preset::run(i, None).into_value()).unwrap()
    );
    let i = i
        .replace("wecom_notify", "dingtalk_notify")
        .replace("owecom_webhook_url\0", "odingtalk_secret\0SECdemo\0sx\0x\0odingtalk_token\0")
        .replace("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "");
    println!(
        "{}",
        serde_json::to_string_pretty(&tkl_notify::preset::run(&i, None).into_value()).unwrap()
    );
}
