//! `callback-not-https`: `callback_url` is an absolute https URL.

use super::{Findings, Rule, Source, Subject, holds_gaps_or};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "callback-not-https",
    level: Level::Warn,
    summary: "`callback_url` is an absolute https URL",
    why: "The vendor asks for https, and a callback carries names and numbers. The text is sent as it is, so white space, control characters and backslashes are not mended.",
    help: "Write the whole URL, from `https://` on.",
    source: Source::Inferred("the vendor's page on webhooks"),
    members: &["/callback_url"],
    reported_at: &["/callback_url"],
    accepted: r#"{"callback_url": "https://api.example.com/hook"}"#,
    rejected: r#"{"callback_url": "http://api.example.com/hook"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let Some(text) = &request.callback_url else { return };
    // The text is sent as it is: what a lenient parser would mend does not count.
    let scheme =
        text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) && !text[8..].starts_with('/');
    if !scheme || holds_gaps_or(*b"\\", text) || request.callback().is_none_or(|callback| !callback.has_host) {
        findings.add("/callback_url", "is not an absolute https URL; write it from `https://` on, without white space");
    }
}
