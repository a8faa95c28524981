//! Builds the shim's input text and reads the core's outcome as JSON.
#![allow(dead_code)]

use serde_json::Value;

/// Entries of one run, later ones replacing earlier ones of the same key.
#[derive(Clone, Debug)]
pub struct Input(Vec<(String, String)>);

/// A run of `preset` on a host with HTTP actions: a device, a fixed time, no settings.
pub fn input(preset: &str) -> Input {
    Input(Vec::new())
        .set("fmethod", preset)
        .set("fnow", "1700000000001")
        .set("forg", "1")
        .set("dname", "Boiler")
        .set("deui", "24e1")
}

impl Input {
    pub fn set(&self, key: &str, value: &str) -> Input {
        let mut entries = self.0.clone();
        entries.retain(|(k, _)| k != key);
        entries.push((key.into(), value.into()));
        Input(entries)
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|(k, v)| format!("{k}\0{v}")).collect::<Vec<_>>().join("\0")
    }

    pub fn run(&self) -> Run {
        run(&self.text())
    }
}

/// One outcome.
#[derive(Debug)]
pub struct Run {
    pub value: Value,
}

pub fn run(text: &str) -> Run {
    let outcome = tkl_notify::preset::run(text).into_json();
    Run { value: serde_json::from_str(&outcome).expect("an outcome is JSON") }
}

impl Run {
    #[track_caller]
    pub fn url(&self) -> &str {
        self.value["actions"][0]["dnMsg"]["url"]
            .as_str()
            .unwrap_or_else(|| panic!("no push: {:?}", self.value))
    }

    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.value["actions"][0].is_object(), "no push: {:?}", self.value);
        &self.value["actions"][0]["dnMsg"]["data"]
    }

    #[track_caller]
    pub fn error(&self) -> &str {
        self.value["error"].as_str().unwrap_or_else(|| panic!("no error: {:?}", self.value))
    }

    pub fn logs(&self) -> String {
        self.value["logs"].to_string()
    }
}
