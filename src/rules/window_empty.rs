//! `window-empty`: the calling window does not start and end at the same minute.

use super::{Findings, Rule, Source, Subject, minutes};
use crate::generated::types::CallRequest;
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "window-empty",
    level: Level::Warn,
    summary: "the calling window does not start and end at the same minute",
    why: "Judged only where both are given. Whether such a window means the whole day or no time at all is not documented.",
    help: "Set `call_end_time` after `call_start_time`.",
    source: Source::Inferred("no meaning is documented"),
    members: &["/call_config/call_time/call_start_time", "/call_config/call_time/call_end_time"],
    reported_at: &["/call_config/call_time/call_end_time"],
    accepted: r#"{"call_config": {"call_time": {"call_start_time": "09:00", "call_end_time": "09:01"}}}"#,
    rejected: r#"{"call_config": {"call_time": {"call_start_time": "09:00", "call_end_time": "09:00"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if let Some((start, end)) = window(request)
        && start == end
    {
        findings.add("/call_config/call_time/call_end_time", "equals `call_start_time`; the window may be empty");
    }
}

/// Start and end in minutes since midnight; none unless both are given and of the form `HH:MM`.
pub(super) fn window(request: &CallRequest) -> Option<(u32, u32)> {
    let window = request.call_config.as_ref()?.call_time.as_ref()?;
    Some((minutes(window.call_start_time.as_ref()?)?, minutes(window.call_end_time.as_ref()?)?))
}
