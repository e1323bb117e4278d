//! `argument-not-referencable`: the keys of `custom_args_values` can stand in `@{{key}}`.

use super::{Findings, Rule, Source, Subject, holds_gaps_or};
use crate::violation::{Level, escape};

pub(super) const RULE: Rule = Rule {
    id: "argument-not-referencable",
    level: Level::Warn,
    summary: "the keys of `custom_args_values` can stand in `@{{key}}`",
    why: "A key that is empty, or holds white space, a control character, `@`, `{` or `}`, cannot be written as a reference, so the agent never says its value.",
    help: "Use letters of any script, digits, `_`, `-` and `.`.",
    source: Source::Inferred("the reference syntax @{{key}}"),
    members: &["/custom_args_values"],
    reported_at: &["/custom_args_values/*"],
    accepted: r#"{"custom_args_values": {"नाम": "a", "order_id": "b"}}"#,
    rejected: r#"{"custom_args_values": {"order id": "a"}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    for key in request.custom_args_values.iter().flat_map(|arguments| arguments.keys()) {
        if key.is_empty() || holds_gaps_or(*b"{}@", key) {
            let pointer = format!("/custom_args_values/{}", escape(key));
            findings.add(pointer, "the key cannot stand in a reference of the prompt; use letters, digits and `_`");
        }
    }
}
