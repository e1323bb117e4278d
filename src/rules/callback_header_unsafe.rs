//! `callback-header-unsafe`: `callback_args.headers` holds HTTP header names and values.

use super::{Findings, Rule, Source, Subject};
use crate::violation::{Level, escape};

pub(super) const RULE: Rule = Rule {
    id: "callback-header-unsafe",
    level: Level::Deny,
    summary: "`callback_args.headers` holds HTTP header names and values",
    why: "A name that is no token, or a value with a line break, can smuggle headers into the callback. A tab is the one control character (of Unicode) that a value may hold.",
    help: "Use letters, digits and `-` in names; remove control characters from values.",
    source: Source::Safety("RFC 9110, sections 5.1 and 5.5"),
    members: &["/callback_args/headers"],
    reported_at: &["/callback_args/headers/*"],
    accepted: r#"{"callback_url": "https://api.example.com/hook", "callback_args": {"headers": {"X-Token": "abc"}}}"#,
    rejected: r#"{"callback_url": "https://api.example.com/hook", "callback_args": {"headers": {"X Token": "abc"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let headers = request.callback_args.as_ref().and_then(|callback| callback.headers.as_ref());
    for (name, value) in headers.into_iter().flat_map(|headers| headers.iter()) {
        let pointer = format!("/callback_args/headers/{}", escape(name));
        if name.is_empty() || !name.chars().all(is_token_character) {
            findings.add(pointer.clone(), "the header name is not an HTTP token; use letters, digits and `-`");
        }
        if value.as_str().unwrap_or_default().chars().any(|character| character.is_control() && character != '\t') {
            findings.add(pointer, "the header value holds a control character; remove it");
        }
    }
}

fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
