//! `from-number-and-id`: `from_number_id` and `from_number` are not given together.

use super::{Findings, Rule, Source, Subject, caller_number_ids, caller_numbers, gives};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "from-number-and-id",
    level: Level::Deny,
    summary: "`from_number_id` and `from_number` are not given together",
    why: "Both name the caller number; the server refuses the pair.",
    help: "Keep one of the two.",
    source: Source::Documentation("Caller number source; Body; Common failure checks"),
    members: &["/from_number_id", "/from_number"],
    reported_at: &["/from_number"],
    accepted: r#"{"number_pool_id": null, "from_number": "+14155550123"}"#,
    rejected: r#"{"number_pool_id": null, "from_number": "+14155550123", "from_number_id": "from-number-id"}"#,
    json_schema: Some(
        r##"{"not": {
        "required": ["from_number_id", "from_number"],
        "properties": {"from_number_id": {"$ref": "#/definitions/given"}, "from_number": {"$ref": "#/definitions/given"}}
    }}"##,
    ),
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if gives(caller_number_ids(request)) && gives(caller_numbers(request)) {
        findings.add("/from_number", "given beside `from_number_id`; keep one of the two");
    }
}
