//! `calls-itself`: `mobile_number` is not one of the caller numbers.

use super::{Findings, Rule, Source, Subject, caller_numbers, digits};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "calls-itself",
    level: Level::Warn,
    summary: "`mobile_number` is not one of the caller numbers",
    why: "Numbers are the same if their digits are. A line cannot ring itself.",
    help: "Check which of the two numbers is the callee's.",
    source: Source::Inferred("no network connects a number to itself"),
    members: &["/mobile_number", "/from_number"],
    reported_at: &["/from_number", "/from_number/*"],
    accepted: r#"{"number_pool_id": null, "from_number": "+919876543211"}"#,
    rejected: r#"{"number_pool_id": null, "from_number": "+919876543210"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    for (pointer, number) in caller_numbers(request) {
        if digits(number).eq(digits(&request.mobile_number)) {
            findings.add(pointer, "is the number to be called; is one of the two mistaken?");
        }
    }
}
