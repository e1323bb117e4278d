//! `blank-name`: `name` holds more than white space.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "blank-name",
    level: Level::Warn,
    summary: "`name` holds more than white space",
    why: "The agent greets the callee by it. White space is that of Unicode.",
    help: "Give the name, or one that fits every callee.",
    source: Source::Inferred("the name becomes `callee_name`"),
    members: &["/name"],
    reported_at: &["/name"],
    accepted: r#"{"name": "J"}"#,
    rejected: r#"{"name": " "}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if request.name.trim().is_empty() {
        findings.add("/name", "is blank; the agent would greet nobody");
    }
}
