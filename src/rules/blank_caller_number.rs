//! `blank-caller-number`: a number source that is given is not blank.

use super::{Findings, Rule, Source, Subject, caller_number_ids, caller_numbers, number_pool_id};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "blank-caller-number",
    level: Level::Warn,
    summary: "a number source that is given is not blank",
    why: "Empty text mostly comes from a variable that was not set. It is taken as not given.",
    help: "Remove the member, or set the variable.",
    source: Source::Inferred("empty text names no number"),
    members: &["/number_pool_id", "/from_number_id", "/from_number"],
    reported_at: &["/number_pool_id", "/from_number_id", "/from_number", "/from_number_id/*", "/from_number/*"],
    accepted: r#"{"from_number": null}"#,
    rejected: r#"{"from_number": ""}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let sources = number_pool_id(request).chain(caller_number_ids(request)).chain(caller_numbers(request));
    for (pointer, value) in sources {
        if value.trim().is_empty() {
            findings.add(pointer, "is blank; is a variable unset?");
        }
    }
}
