//! `argument-not-scalar`: the values of `custom_args_values` are strings, numbers or booleans.

use super::{Findings, Rule, Source, Subject};
use crate::violation::{Level, escape};

pub(super) const RULE: Rule = Rule {
    id: "argument-not-scalar",
    level: Level::Warn,
    summary: "the values of `custom_args_values` are strings, numbers or booleans",
    why: "A prompt is text; how an object, a list or null is written into it is not documented.",
    help: "Give the text that the agent is to say.",
    source: Source::Inferred("values stand in a prompt"),
    members: &["/custom_args_values"],
    reported_at: &["/custom_args_values/*"],
    accepted: r#"{"custom_args_values": {"count": 3, "note": ""}}"#,
    rejected: r#"{"custom_args_values": {"items": ["a", "b"]}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    for (key, value) in request.custom_args_values.iter().flat_map(|arguments| arguments.iter()) {
        if value.is_array() || value.is_object() || value.is_null() {
            let pointer = format!("/custom_args_values/{}", escape(key));
            findings.add(pointer, "is not a string, number or boolean; give the text the agent is to say");
        }
    }
}
