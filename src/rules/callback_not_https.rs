//! `callback-not-https`: `callback_url` is an absolute https URL.

use super::url_host::callback_url;
use super::{Findings, Rule, Source};
use crate::generated::types::CallRequest;
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "callback-not-https",
    level: Level::Warn,
    summary: "`callback_url` is an absolute https URL",
    why: "The vendor asks for https, and a callback carries names and numbers.",
    help: "Write the whole URL, from `https://` on.",
    source: Source::Inferred("the vendor's page on webhooks"),
    members: &["/callback_url"],
    accepted: r#"{"callback_url": "https://api.example.com/hook"}"#,
    rejected: r#"{"callback_url": "http://api.example.com/hook"}"#,
    json_schema: None,
    check,
};

fn check(request: &CallRequest, findings: &mut Findings) {
    if request.callback_url.is_some() && callback_url(request).is_none_or(|url| url.scheme() != "https" || !url.has_host()) {
        findings.add("/callback_url", "is not an absolute https URL; write it from `https://` on");
    }
}
