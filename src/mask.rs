//! What may be shown of a request or an answer. `Debug`, reports, dry runs and the journal all pass through here.
//!
//! By allow-list: a string is shown only where `openapi.yaml` says `x-safe-to-log: true`, a number or a boolean only where
//! the specification wants one. A new member is masked until its specification says otherwise.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::schema;
use crate::violation::unescape;

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
    if characters.len() < 11 || !number.is_ascii() {
        return MASKED.into();
    }
    let shown = |index: usize| index < 3 || index >= characters.len() - 2;
    characters.iter().enumerate().map(|(index, character)| if shown(index) { *character } else { '*' }).collect()
}

/// A path of a URL, every segment masked that is no plain name.
#[cfg(feature = "mock")]
pub(crate) fn path(path: &str) -> String {
    let shown = |segment| if str::is_empty(segment) || is_plain_name(segment) { segment } else { MASKED };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

/// Whether all of a pointer can be shown, whatever it points into.
pub(crate) fn is_plain_pointer(pointer: &str) -> bool {
    pointer.split('/').skip(1).all(is_plain_name)
}

/// A pointer with every member name masked that the specification does not know and that is no plain name: people use
/// numbers and names as keys, and paste a header and its value together.
pub(crate) fn pointer(root: &Value, pointer: &str) -> String {
    let mut shown = String::new();
    let mut parent = String::new();
    for segment in pointer.split('/').skip(1) {
        let name = unescape(segment);
        let is_index = root.pointer(&parent).is_some_and(Value::is_array);
        let is_documented = schema::at(root, &parent).is_some_and(|schema| is_documented(schema, &name));
        shown.push('/');
        shown += if is_index || is_documented || is_plain_name(&name) { segment } else { MASKED };
        parent = format!("{parent}/{segment}");
    }
    shown
}

fn is_documented(schema: &Value, name: &str) -> bool {
    schema.get("properties").is_some_and(|properties| properties.get(name).is_some())
}

/// A name as programs have them; it can be shown.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.len() <= 40
        && name.chars().all(fits)
        && !holds_phone_number(name)
}

fn value(value: &Value, schema: Option<&'static Value>) -> Value {
    let schema = schema.and_then(|schema| schema::resolve(schema, value));
    let is_of =
        |types: &[&str]| schema.and_then(|schema| schema["type"].as_str()).is_some_and(|own| types.contains(&own));
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) if is_of(&["boolean"]) => value.clone(),
        Value::Number(number) if is_of(&["integer", "number"]) && !holds_phone_number(&number.to_string()) => {
            value.clone()
        }
        Value::Bool(_) | Value::Number(_) => MASKED.into(),
        Value::String(text) => {
            let safe = schema.is_some_and(|schema| schema["x-safe-to-log"] == true) && is_identifier(text);
            if safe || text.is_empty() {
                value.clone()
            } else if is_phone_number(text) {
                phone_number(text).into()
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
                let is_shown = schema.is_some_and(|schema| is_documented(schema, name)) || is_plain_name(name);
                let documented = schema.and_then(|schema| schema::property(schema, name));
                (if is_shown { name.clone() } else { MASKED.into() }, self::value(member, documented))
            })
            .collect(),
    }
}

/// Whether a string that is safe by its member is safe by its form too: a UUID, a date and time, or an identifier that
/// holds no phone number. People put numbers and names in id members.
fn is_identifier(text: &str) -> bool {
    if uuid::Uuid::try_parse(text).is_ok() || is_date_time(text) {
        return true;
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || "._:/+-".contains(character);
    text.len() <= 64 && text.chars().all(fits) && !holds_phone_number(text)
}

/// `2025-11-24T07:33:49.629642`, with or without an offset.
fn is_date_time(text: &str) -> bool {
    let form: String = text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    form.strip_prefix("0000-00-00T00:00:00")
        .is_some_and(|rest| rest.len() <= 16 && rest.chars().all(|character| "0.Z+-:".contains(character)))
}

/// Nothing but seven digits or more and the usual separators.
pub(crate) fn is_phone_number(text: &str) -> bool {
    let separators = |character: char| character.is_ascii_digit() || "+-(). /".contains(character);
    text.chars().all(separators) && holds_phone_number(text)
}

/// Seven digits or more, of any script, with nothing between them that is a letter.
fn holds_phone_number(text: &str) -> bool {
    let mut digits = 0;
    for character in text.chars() {
        if character.is_numeric() {
            digits += 1;
        } else if character.is_alphabetic() {
            digits = 0;
        }
        if digits >= 7 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn numbers_and_booleans_are_shown_only_where_they_belong() {
        let body = json!({
            "name": 919876501234_u64, "mobile_number": 919876501234_u64, "from_number": [14155507777_u64], "agent_id": true,
            "callback_args": { "headers": { "X-Pin": 12345, "X-On": true } },
            "call_config": { "max_call_length": 30, "idle_timeout_end": 9876501234_u64, "call_retry_config": { "retry_count": true } },
            "smart_formatter": { "transliteration": false, "extract_first_name": 1 },
            "custom_args_values": { "pin": 12345 },
        });
        let masked = json!({
            "name": "***", "mobile_number": "***", "from_number": ["***"], "agent_id": "***",
            "callback_args": { "headers": { "X-Pin": "***", "X-On": "***" } },
            "call_config": { "max_call_length": 30, "idle_timeout_end": "***", "call_retry_config": { "retry_count": "***" } },
            "smart_formatter": { "transliteration": false, "extract_first_name": "***" },
            "custom_args_values": { "pin": "***" },
        });
        assert_eq!(super::request(&body), masked);
        assert_eq!(super::request(&json!(919876501234_u64)), json!("***"));
    }
}
