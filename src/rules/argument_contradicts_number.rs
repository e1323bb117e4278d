//! `argument-contradicts-number`: `custom_args_values.mobile_number` is the number that is called.

use std::borrow::Cow;

use super::{Findings, Rule, Source, Subject, digits};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "argument-contradicts-number",
    level: Level::Warn,
    summary: "`custom_args_values.mobile_number` is the number that is called",
    why: "Numbers are the same if their digits are. The agent would say, or store, another number than the one it rings.",
    help: "Remove the argument, or set it to `mobile_number`.",
    source: Source::Inferred("a common key of the documentation"),
    members: &["/custom_args_values/mobile_number", "/mobile_number"],
    reported_at: &["/custom_args_values/mobile_number"],
    accepted: r#"{"custom_args_values": {"mobile_number": "+91 98765 43210"}}"#,
    rejected: r#"{"custom_args_values": {"mobile_number": "+919876543211"}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let argument = request.custom_args_values.as_ref().and_then(|arguments| arguments.get("mobile_number"));
    let argument = argument.map(|value| value.as_str().map_or_else(|| value.to_string().into(), Cow::from));
    if argument.is_some_and(|number| digits(&number).ne(digits(&request.mobile_number))) {
        findings.add("/custom_args_values/mobile_number", "differs from `mobile_number`, the number that is called");
    }
}
