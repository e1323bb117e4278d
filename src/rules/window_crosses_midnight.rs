//! `window-crosses-midnight`: the calling window ends on the day it starts.

use super::window_empty::window;
use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "window-crosses-midnight",
    level: Level::Allow,
    summary: "the calling window ends on the day it starts",
    why: "Judged only where both are given. Windows that cross midnight are in use. Ask for this rule where calls at night are never meant.",
    help: "Set `call_end_time` after `call_start_time`.",
    source: Source::Inferred("night calls are seldom meant"),
    members: &["/call_config/call_time/call_start_time", "/call_config/call_time/call_end_time"],
    reported_at: &["/call_config/call_time/call_end_time"],
    accepted: r#"{"call_config": {"call_time": {"call_start_time": "09:00", "call_end_time": "21:00"}}}"#,
    rejected: r#"{"call_config": {"call_time": {"call_start_time": "21:00", "call_end_time": "09:00"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if let Some((start, end)) = window(request)
        && end < start
    {
        findings
            .add("/call_config/call_time/call_end_time", "is before `call_start_time`; the window crosses midnight");
    }
}
