//! `idle-end-not-after-warning`: `idle_timeout_end` is not before `idle_timeout_warning`.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "idle-end-not-after-warning",
    level: Level::Warn,
    summary: "`idle_timeout_end` is `idle_timeout_warning` or more",
    why: "Judged only where both are given. The call would end before the callee is asked. Equal values are in use.",
    help: "Raise `idle_timeout_end` (seconds) or lower `idle_timeout_warning`.",
    source: Source::Inferred("the warning is meant to come first"),
    members: &["/call_config/idle_timeout_warning", "/call_config/idle_timeout_end"],
    reported_at: &["/call_config/idle_timeout_end"],
    accepted: r#"{"call_config": {"idle_timeout_warning": 10, "idle_timeout_end": 10}}"#,
    rejected: r#"{"call_config": {"idle_timeout_warning": 10, "idle_timeout_end": 9}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if let Some(config) = &request.call_config
        && let (Some(warning), Some(end)) = (config.idle_timeout_warning, config.idle_timeout_end)
        && end < warning
    {
        findings.add(
            "/call_config/idle_timeout_end",
            "is less than `idle_timeout_warning`; the call ends before the warning",
        );
    }
}
