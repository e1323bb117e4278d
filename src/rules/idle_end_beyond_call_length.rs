//! `idle-end-beyond-call-length`: `idle_timeout_end` is not longer than `max_call_length`.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "idle-end-beyond-call-length",
    level: Level::Warn,
    summary: "`idle_timeout_end` is not longer than `max_call_length`",
    why: "Judged only where both are given. The call would reach its greatest length before silence could end it.",
    help: "Lower `idle_timeout_end` or raise `max_call_length`; both are seconds.",
    source: Source::Inferred("the longer limit never takes effect"),
    members: &["/call_config/idle_timeout_end", "/call_config/max_call_length"],
    reported_at: &["/call_config/idle_timeout_end"],
    accepted: r#"{"call_config": {"idle_timeout_end": 60, "max_call_length": 60}}"#,
    rejected: r#"{"call_config": {"idle_timeout_end": 61, "max_call_length": 60}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if let Some(config) = &request.call_config
        && let (Some(end), Some(length)) = (config.idle_timeout_end, config.max_call_length)
        && end > length
    {
        findings.add("/call_config/idle_timeout_end", "is greater than `max_call_length`; both are seconds");
    }
}
