//! `duplicate-caller-number`: a caller number, or id, stands once in its list.

use std::collections::BTreeSet;

use super::{Findings, Place, Rule, Source, Subject, caller_number_ids, caller_numbers, digits};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "duplicate-caller-number",
    level: Level::Warn,
    summary: "a caller number, or id, stands once in its list",
    why: "A duplicate is mostly a copying error, and gives one number more than its share of calls. Numbers are the same if their digits are; ids if they are the same text; blanks do not count.",
    help: "Remove the duplicate.",
    source: Source::Inferred("a list of numbers to choose from"),
    members: &["/from_number_id", "/from_number"],
    reported_at: &["/from_number_id/*", "/from_number/*"],
    accepted: r#"{"number_pool_id": null, "from_number": ["+14155550123", "+14155550124"]}"#,
    rejected: r#"{"number_pool_id": null, "from_number": ["+14155550123", "+14155550123"]}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let mut numbers = BTreeSet::new();
    for (pointer, number) in caller_numbers(request).filter(is_listed) {
        if !number.trim().is_empty() && !numbers.insert(identity(number)) {
            findings.add(pointer, "stands in the list already");
        }
    }
    let mut ids = BTreeSet::new();
    for (pointer, id) in caller_number_ids(request).filter(is_listed) {
        if !id.trim().is_empty() && !ids.insert(id) {
            findings.add(pointer, "stands in the list already");
        }
    }
}

fn is_listed((place, _): &(Place, &str)) -> bool {
    place.index.is_some()
}

/// The digits, however they are written; the text itself where it holds none.
fn identity(number: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits(number).collect();
    if digits.is_empty() { number.into() } else { digits }
}
