//! The edit to make in `openapi.yaml`, in words or as lines to insert.

use std::collections::BTreeSet;

use serde_json::Value;

use super::contract::{Knowledge, Member, name};

/// Where a member's own keywords stand.
pub(super) fn owner(member: &Member) -> String {
    match &member.origin.owner {
        Some(owner) => format!("`{owner}/{}`, line {}", member.name(), member.line),
        None => format!("`{}`, line {}", member.pointer, member.line),
    }
}

/// Where the list of required members stands.
pub(super) fn list(member: &Member) -> String {
    match &member.origin.owner {
        Some(owner) => format!("`{owner}`"),
        None => format!("the object around `{}`", member.pointer),
    }
}

/// Types as the page writes them.
pub(super) fn kinds(types: &BTreeSet<String>) -> String {
    if types.is_empty() { "any type".into() } else { types.iter().cloned().collect::<Vec<_>>().join(" or ") }
}

/// Type, format and `null` of a member.
pub(super) fn types(member: &Member) -> String {
    let mut text = member.types.as_ref().map(|types| kinds(&types.value)).unwrap_or_default();
    if let Some(Some(format)) = member.format.as_ref().map(|format| &format.value) {
        text += &format!("<{format}>");
    }
    if member.nullable.as_ref().is_some_and(|nullable| nullable.value) {
        text += " or null";
    }
    text
}

/// The schema of an array's items; of more than one type, or of none that is known, they are anything.
fn items(kind: &str) -> String {
    match kind.strip_suffix("[]").unwrap_or(kind) {
        item if item.is_empty() || item.contains(['|', '[']) => "{}".to_owned(),
        item => format!("{{ type: {item} }}"),
    }
}

/// The lines that add a member.
pub(super) fn insertion(member: &Member, owner: Option<&str>, after: Option<usize>) -> String {
    let place = owner.map_or("the schema around it".to_owned(), |owner| format!("`{owner}`"));
    let near = after.map(|line| format!(", beside line {line}")).unwrap_or_default();
    let mut lines = vec![format!("add to `properties` of {place}{near}:"), format!("  {}:", name(&member.pointer))];
    let kinds: Vec<&String> = member.types.iter().flat_map(|types| &types.value).collect();
    let mut add = |text: String| lines.push(format!("    {text}"));
    match kinds.as_slice() {
        [] => {}
        [kind] if kind.ends_with("[]") => {
            add("type: array".into());
            add(format!("items: {}", items(kind)));
        }
        [kind] => {
            add(format!("type: {kind}"));
            if kind.as_str() == "object" {
                add("additionalProperties: {}".into());
            }
        }
        many => {
            add("oneOf:".into());
            for kind in many {
                match kind.strip_suffix("[]") {
                    Some(_) => add(format!("  - {{ title: Many, type: array, items: {} }}", items(kind))),
                    None => add(format!("  - {{ title: One, type: {kind} }}")),
                }
            }
        }
    }
    if let Some(Some(format)) = member.format.as_ref().map(|format| &format.value) {
        add(format!("format: {format}"));
    }
    if member.nullable.as_ref().is_some_and(|nullable| nullable.value) {
        add("nullable: true".into());
    }
    if let Some(values) = member.values.as_ref().filter(|values| !values.value.is_empty()) {
        add(format!("enum: {}", Value::from(values.value.iter().cloned().collect::<Vec<_>>())));
    }
    if let Some(Some(default)) = member.default.as_ref().map(|default| &default.value) {
        add(format!("default: {default}"));
    }
    if member.knowledge == Knowledge::Example {
        add("x-inferred: the type, from the example".into());
    }
    add("description: <in your own words>".into());
    if let Some(Some(example)) = member.example.as_ref().map(|example| &example.value) {
        add(format!("example: {example}"));
    }
    if member.required.as_ref().is_some_and(|required| required.value) {
        lines.push(format!("and to `required` of {place}"));
    }
    lines.join("\n")
}
