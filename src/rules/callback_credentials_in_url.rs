//! `callback-credentials-in-url`: `callback_url` holds no user name or password.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "callback-credentials-in-url",
    level: Level::Warn,
    summary: "`callback_url` holds no user name or password",
    why: "Credentials in a URL end in logs.",
    help: "Send them in `callback_args.headers`.",
    source: Source::Inferred("RFC 3986, section 3.2.1"),
    members: &["/callback_url"],
    reported_at: &["/callback_url"],
    accepted: r#"{"callback_url": "https://api.example.com/a@b"}"#,
    rejected: r#"{"callback_url": "https://user:secret@api.example.com/hook"}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if request.callback().is_some_and(|callback| callback.holds_credentials) {
        findings.add("/callback_url", "holds credentials; send them in `callback_args.headers`");
    }
}
