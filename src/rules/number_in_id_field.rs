//! `number-in-id-field`: `from_number_id` and `number_pool_id` hold ids, not phone numbers.

use super::{Findings, Rule, Source, Subject, caller_number_ids, digits, number_pool_id};
use crate::mask::is_phone_number;
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "number-in-id-field",
    level: Level::Warn,
    summary: "`from_number_id` and `number_pool_id` hold ids, not phone numbers",
    why: "The id of a workspace number is not the number. Seven to fifteen digits with nothing but `+`, spaces, hyphens, points, slashes and parentheses between them are taken for a phone number.",
    help: "Move the phone number to `from_number`.",
    source: Source::Inferred("seen in working code, and surely wrong"),
    members: &["/number_pool_id", "/from_number_id"],
    reported_at: &["/number_pool_id", "/from_number_id", "/from_number_id/*"],
    accepted: r#"{"number_pool_id": null, "from_number_id": "from-number-id"}"#,
    rejected: r#"{"number_pool_id": null, "from_number_id": "+14155550123"}"#,
    json_schema: None,
    check,
};

/// E.164's; an id of more digits is no phone number.
const MAXIMUM_DIGITS: usize = 15;

fn check(request: &Subject, findings: &mut Findings) {
    for (pointer, id) in number_pool_id(request).chain(caller_number_ids(request)) {
        if is_phone_number(id) && digits(id).count() <= MAXIMUM_DIGITS {
            findings.add(pointer, "holds a phone number, expected an id; a number belongs in `from_number`");
        }
    }
}
