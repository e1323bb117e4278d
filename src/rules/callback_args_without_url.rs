//! `callback-args-without-url`: `callback_args` is given only with `callback_url`.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "callback-args-without-url",
    level: Level::Warn,
    summary: "`callback_args` is given only with `callback_url`",
    why: "There is no callback to add anything to.",
    help: "Give `callback_url`, or remove `callback_args`.",
    source: Source::Inferred("the arguments belong to the callback"),
    members: &["/callback_args", "/callback_url"],
    reported_at: &["/callback_args"],
    accepted: r#"{"callback_url": "https://api.example.com/hook", "callback_args": {"params": {"a": "b"}}}"#,
    rejected: r#"{"callback_args": {"params": {"a": "b"}}}"#,
    json_schema: Some(
        r##"{"anyOf": [
        {"not": {"required": ["callback_args"], "properties": {"callback_args": {"not": {"type": "null"}}}}},
        {"required": ["callback_url"], "properties": {"callback_url": {"not": {"type": "null"}}}}
    ]}"##,
    ),
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if request.callback_args.is_some() && request.callback_url.is_none() {
        findings.add("/callback_args", "has no effect without `callback_url`");
    }
}
