//! `callback-unreachable`: `callback_url` leads to a host on the public Internet.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "callback-unreachable",
    level: Level::Warn,
    summary: "`callback_url` leads to a host on the public Internet",
    why: "Ringg's servers cannot reach addresses that are not global (loopback, private, shared, link-local, benchmarking, documentation, multicast and reserved ones, also inside an IPv6 address that stands for an IPv4 one), single-label names, or names below localhost, local, internal, test, invalid, example, onion, arpa, lan, home and corp.",
    help: "Use a public host, or a tunnel to yours.",
    source: Source::Inferred("the vendor's page on webhooks"),
    members: &["/callback_url"],
    reported_at: &["/callback_url"],
    accepted: r#"{"callback_url": "https://172.32.0.1/hook"}"#,
    rejected: r#"{"callback_url": "https://172.31.255.255/hook"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if request.callback().is_some_and(|callback| callback.is_unreachable) {
        findings
            .add("/callback_url", "leads to a loopback, private, link-local or reserved host; Ringg cannot reach it");
    }
}
