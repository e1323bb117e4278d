//! `caller-number-missing`: one of `number_pool_id`, `from_number_id` and `from_number` is given.

use super::{Findings, Rule, Source, Subject, caller_number_ids, caller_numbers, gives, number_pool_id};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "caller-number-missing",
    level: Level::Deny,
    summary: "one of `number_pool_id`, `from_number_id` and `from_number` is given",
    why: "Without a source for the caller number the server refuses the request.",
    help: "Give `number_pool_id`, the recommended source. Null, an empty array and empty text count as not given.",
    source: Source::Documentation("Caller number source; Common failure checks"),
    members: &["/number_pool_id", "/from_number_id", "/from_number"],
    reported_at: &[""],
    accepted: r#"{}"#,
    rejected: r#"{"number_pool_id": null}"#,
    json_schema: Some(
        r##"{"anyOf": [
        {"required": ["number_pool_id"], "properties": {"number_pool_id": {"type": "string", "pattern": "\\S"}}},
        {"required": ["from_number_id"], "properties": {"from_number_id": {"$ref": "#/definitions/given"}}},
        {"required": ["from_number"], "properties": {"from_number": {"$ref": "#/definitions/given"}}}
    ]}"##,
    ),
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if !gives(number_pool_id(request)) && !gives(caller_number_ids(request)) && !gives(caller_numbers(request)) {
        findings.add("", "no caller number source; give `number_pool_id`, `from_number_id` or `from_number`");
    }
}
