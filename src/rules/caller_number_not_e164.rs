//! `caller-number-not-e164`: `from_number` is in E.164 form, as `mobile_number` must be.

use super::{Findings, Rule, Source, Subject, caller_numbers};
use crate::generated::types::PhoneNumber;
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "caller-number-not-e164",
    level: Level::Warn,
    summary: "`from_number` is in E.164 form, as `mobile_number` must be",
    why: "The documentation asks for a country code and shows E.164 form; it does not exclude another.",
    help: "Write `+`, country code and number, with nothing between.",
    source: Source::Inferred("the form of the documentation's example"),
    members: &["/from_number"],
    reported_at: &["/from_number", "/from_number/*"],
    accepted: r#"{"number_pool_id": null, "from_number": "+14155550123"}"#,
    rejected: r#"{"number_pool_id": null, "from_number": "14155550123"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    for (pointer, number) in caller_numbers(request) {
        if !number.trim().is_empty() && !PhoneNumber::admits(number) {
            findings.add(pointer, "is not in E.164 form; write `+`, country code and number, with nothing between");
        }
    }
}
