//! SARIF 2.1.0, as code scanning reads it.

use serde_json::{Value, json};

use super::{Checked, Verdict};
use crate::rules::RULES;
use crate::violation::Level;

pub(super) fn render(checked: &[Checked]) -> String {
    log(&checked.iter().flat_map(results).collect::<Vec<Value>>())
}

/// A log with these results, and every rule described.
pub(in crate::cli) fn log(results: &[Value]) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.summary },
                "fullDescription": { "text": rule.why },
                "help": { "text": rule.help },
                "defaultConfiguration": { "level": level(rule.level) },
            })
        })
        .collect();
    let driver = json!({
        "name": "ringg", "version": env!("CARGO_PKG_VERSION"), "rules": rules,
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{log:#}\n")
}

pub(in crate::cli) fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "none",
        Level::Warn => "warning",
        Level::Deny => "error",
    }
}

/// A relative reference (RFC 3986) to a file; standard input is `stdin`.
fn uri(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        b'\\' => "/".into(),
        b'<' | b'>' => String::new(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}

fn results(file: &Checked) -> Vec<Value> {
    let result = |rule: &str, level: &str, message: &str, (line, column): (usize, usize), pointer: Option<&str>| {
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&file.input.name) },
                "region": { "startLine": line, "startColumn": column },
            },
        });
        if let Some(pointer) = pointer {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": pointer, "kind": "member" }]);
        }
        json!({ "ruleId": rule, "level": level, "message": { "text": message }, "locations": [location] })
    };
    let unreadable = match &file.verdict {
        Verdict::Unreadable(cause) => {
            Some(result("unreadable", "error", &cause.message, cause.place.unwrap_or((1, 1)), None))
        }
        _ => None,
    };
    let violations = file.violations.iter().map(|violation| {
        let place = file.line_and_column(violation);
        result(&violation.rule, level(violation.level), &violation.message, place, Some(&violation.pointer))
    });
    unreadable.into_iter().chain(violations).collect()
}
