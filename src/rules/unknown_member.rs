//! `unknown-member`: every member is one the documentation names.

use serde_json::{Map, Value};

use super::{Findings, Rule, Source, Subject};
use crate::schema;
use crate::violation::{Level, escape};

pub(super) const RULE: Rule = Rule {
    id: "unknown-member",
    level: Level::Warn,
    summary: "every member is one the documentation names",
    why: "A misspelt member is ignored by the server, and the call goes out without it. It is sent all the same: the \
          endpoint may know members that this version does not.",
    help: "Correct the name, or allow the rule where the member is meant.",
    source: Source::Inferred("the documentation does not say what becomes of other members"),
    members: &[],
    reported_at: &["*"],
    accepted: r#"{"custom_args_values": {"anything": "goes"}}"#,
    rejected: r#"{"call_config": {"max_call_lenght": 300}}"#,
    json_schema: None,
    check,
};

/// Names in use elsewhere for a documented member, where spelling alone does not lead to it.
const ALIASES: [(&str, &str); 6] = [
    ("phone_number", "mobile_number"),
    ("phone", "mobile_number"),
    ("to_number", "mobile_number"),
    ("custom_args", "custom_args_values"),
    ("webhook_url", "callback_url"),
    ("retry_config", "call_retry_config"),
];

fn check(request: &Subject, findings: &mut Findings) {
    // The request as it will be sent, walked along the specification: a new object joins in by itself.
    let (Ok(value), Some(schema)) = (serde_json::to_value(&**request), schema::definition("CallRequest")) else {
        return;
    };
    walk("", &value, schema, &mut 0, findings);
}

/// Unknown members for which a documented name is sought, and the longest name for which one is: it takes time.
const SOUGHT: usize = 100;
const LONGEST: usize = 64;

fn walk(pointer: &str, value: &Value, schema: &'static Value, sought: &mut usize, findings: &mut Findings) {
    let Some(schema) = schema::resolve(schema, value) else { return };
    let (Value::Object(members), Some(Value::Object(documented))) = (value, schema.get("properties")) else { return };
    for (name, member) in members {
        let child = format!("{pointer}/{}", escape(name));
        match documented.get(name) {
            Some(schema) => walk(&child, member, schema, sought, findings),
            None => {
                *sought += 1;
                match (*sought <= SOUGHT).then(|| suggestion(documented, name)).flatten() {
                    Some(known) => findings.add(child, format!("is not documented; did you mean `{known}`?")),
                    None => findings.add(child, "is not documented; it is sent as it is"),
                }
            }
        }
    }
}

/// The documented member of the same object that the name is nearest to, where one is near.
fn suggestion<'schema>(documented: &'schema Map<String, Value>, name: &str) -> Option<&'schema str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = snake_case(name);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, known)| *known);
    if let Some(known) = alias.filter(|known| documented.contains_key(*known)) {
        return Some(known);
    }
    let nearness = |known: &'schema String| (strsim::normalized_damerau_levenshtein(known, &name), known);
    let (nearness, nearest) = documented.keys().map(nearness).max_by(|left, right| left.0.total_cmp(&right.0))?;
    (nearness >= 0.7).then_some(nearest)
}

/// `mobileNumber`, `MobileNumber` and `mobile-number` as `mobile_number`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = character.is_lowercase() || character.is_ascii_digit();
        snake.extend(if character == '-' || character == ' ' { '_' } else { character }.to_lowercase());
    }
    snake
}
