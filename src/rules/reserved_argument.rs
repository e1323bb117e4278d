//! `reserved-argument`: `original_callee_name` is not given while the formatter is on.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "reserved-argument",
    level: Level::Warn,
    summary: "`original_callee_name` is not given while the formatter is on",
    why: "The formatter keeps the name as given under this key, and would overwrite yours or lose its own.",
    help: "Use another key.",
    source: Source::Inferred("the formatter writes the key itself"),
    members: &["/custom_args_values", "/smart_formatter"],
    reported_at: &["/custom_args_values/original_callee_name"],
    accepted: r#"{"custom_args_values": {"original_callee_name": "Rajesh"}}"#,
    rejected: r#"{"custom_args_values": {"original_callee_name": "Rajesh"}, "smart_formatter": {"extract_first_name": true}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let is_on = request
        .smart_formatter
        .as_ref()
        .is_some_and(|formatter| formatter.extract_first_name == Some(true) || formatter.transliteration == Some(true));
    let is_given =
        request.custom_args_values.as_ref().is_some_and(|arguments| arguments.contains_key("original_callee_name"));
    if is_on && is_given {
        findings.add("/custom_args_values/original_callee_name", "is written by the formatter; use another key");
    }
}
