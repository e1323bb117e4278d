//! `not-a-uuid`: `agent_id`, `version_id` and `parent_call_id` are UUIDs.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "not-a-uuid",
    level: Level::Warn,
    summary: "`agent_id`, `version_id` and `parent_call_id` are UUIDs",
    why: "The documentation says UUID of the agent, and its examples of the other two are UUIDs. Its own minimal example sends `your-agent-id`, so this never denies by default.",
    help: "Copy the id from the vendor's console or API.",
    source: Source::Inferred("the text says UUID, an example disagrees"),
    members: &["/agent_id", "/version_id", "/parent_call_id"],
    reported_at: &["/agent_id", "/version_id", "/parent_call_id"],
    accepted: r#"{"version_id": "387bd8f1-5748-4006-b7fe-6a6455e9d45d"}"#,
    rejected: r#"{"agent_id": "your-agent-id"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let ids = [
        ("/agent_id", Some(&request.agent_id)),
        ("/version_id", request.version_id.as_ref()),
        ("/parent_call_id", request.parent_call_id.as_ref()),
    ];
    for (pointer, id) in ids {
        if id.is_some_and(|id| !is_uuid(id)) {
            findings.add(pointer, "is not a UUID; is it a placeholder?");
        }
    }
}

/// In the documentation's own form, with hyphens; of any version.
fn is_uuid(id: &str) -> bool {
    id.len() == 36 && uuid::Uuid::try_parse(id).is_ok()
}
