//! What may be shown of a request or an answer. `Debug`, reports, dry runs and the journal all pass through here.
//!
//! By allow-list: a string is shown only where `openapi.yaml` says `x-safe-to-log: true`, a number or a boolean only in
//! a documented member. A new member is masked until its specification says otherwise.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::schema;

const MASKED: &str = "***";

/// The `Debug` of every generated type.
pub(crate) fn debug(definition: &str, value: &impl Serialize, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match serde_json::to_value(value) {
        Ok(value) => write!(formatter, "{definition} {}", self::value(&value, schema::definition(definition))),
        Err(_) => write!(formatter, "{definition} {MASKED}"),
    }
}

/// A request body of any shape, masked.
pub(crate) fn request(body: &Value) -> Value {
    value(body, schema::definition("CallRequest"))
}

/// `+919876543210` as `+91********10`: enough to recognise one's own test number, not enough to dial it.
pub(crate) fn phone_number(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    if characters.len() < 8 {
        return MASKED.into();
    }
    let shown = |index: usize| index < 3 || index >= characters.len() - 2;
    characters.iter().enumerate().map(|(index, character)| if shown(index) { *character } else { '*' }).collect()
}

/// A pointer with the member names masked that look like phone numbers: people use numbers as keys.
pub(crate) fn pointer(pointer: &str) -> String {
    let shown = |segment| if looks_like_phone_number(segment) { phone_number(segment) } else { segment.to_owned() };
    pointer.split('/').map(shown).collect::<Vec<_>>().join("/")
}

fn value(value: &Value, schema: Option<&'static Value>) -> Value {
    let schema = schema.and_then(|schema| schema::resolve(schema, value));
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) | Value::Number(_) if schema.is_some_and(|schema| schema.get("type").is_some()) => value.clone(),
        Value::Bool(_) | Value::Number(_) => MASKED.into(),
        Value::String(text) => {
            let safe = schema.is_some_and(|schema| schema["x-safe-to-log"] == true);
            if looks_like_phone_number(text) {
                phone_number(text).into()
            } else if safe || text.is_empty() {
                value.clone()
            } else {
                MASKED.into()
            }
        }
        Value::Array(items) => {
            items.iter().map(|item| self::value(item, schema.and_then(|schema| schema.get("items")))).collect()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| {
                let documented = schema.and_then(|schema| schema::property(schema, name));
                let shown = if looks_like_phone_number(name) { phone_number(name) } else { name.clone() };
                (shown, self::value(member, documented))
            })
            .collect(),
    }
}

/// Seven digits or more with nothing but the usual separators: masked wherever it stands, for people put numbers in id
/// members.
pub(crate) fn looks_like_phone_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 7 && text.chars().all(|character| character.is_ascii_digit() || "+-(). ".contains(character))
}
