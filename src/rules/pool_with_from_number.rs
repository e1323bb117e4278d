//! `pool-with-from-number`: `number_pool_id` is not given together with `from_number_id` or `from_number`.

use super::{Findings, Rule, Source, Subject, caller_number_ids, caller_numbers, gives, number_pool_id};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "pool-with-from-number",
    level: Level::Deny,
    summary: "`number_pool_id` is not given together with `from_number_id` or `from_number`",
    why: "The documentation asks for exactly one source. It does not say that the pair is refused, nor which one wins, so the number the callee sees is not known.",
    help: "Keep `number_pool_id`, or keep the explicit number, not both.",
    source: Source::Documentation("Caller number source; field number_pool_id"),
    members: &["/number_pool_id", "/from_number_id", "/from_number"],
    reported_at: &["/number_pool_id"],
    accepted: r#"{}"#,
    rejected: r#"{"from_number": "+14155550123"}"#,
    json_schema: Some(
        r##"{"not": {
        "required": ["number_pool_id"],
        "properties": {"number_pool_id": {"type": "string", "pattern": "\\S"}},
        "anyOf": [
            {"required": ["from_number_id"], "properties": {"from_number_id": {"$ref": "#/definitions/given"}}},
            {"required": ["from_number"], "properties": {"from_number": {"$ref": "#/definitions/given"}}}
        ]
    }}"##,
    ),
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if gives(number_pool_id(request)) && (gives(caller_number_ids(request)) || gives(caller_numbers(request))) {
        findings.add("/number_pool_id", "given beside an explicit caller number; exactly one source is asked for");
    }
}
