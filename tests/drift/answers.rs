//! An answer that is gone, or another than it was, is told: whoever decodes it depends on it.

use serde_json::{Value, json};

use crate::command::{drift, ids, saved};

/// The vendor's file with a part of the operation replaced, or removed; and what drift says of it.
pub(crate) fn replaced(pointer: &str, value: Option<Value>) -> (i32, Vec<String>, Value) {
    let mut document: Value = serde_json::from_str(&saved("openapi.json")).unwrap();
    let pointer = format!("/paths/~1calling~1v2~1outbound~1individual/post{pointer}");
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let name = &name.replace("~1", "/");
    let holder = document.pointer_mut(above).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(holder.insert(name.clone(), value)),
        None => drop(holder.remove(name.as_str()).unwrap()),
    }
    let (status, report) = drift(&document.to_string(), &[]);
    (status, ids(&report), report)
}

/// A part of the operation in the vendor's file.
pub(crate) fn operation(pointer: &str) -> Value {
    let document: Value = serde_json::from_str(&saved("openapi.json")).unwrap();
    document.pointer(&format!("/paths/~1calling~1v2~1outbound~1individual/post{pointer}")).unwrap().clone()
}

const SCHEMA: &str = "/responses/200/content/application~1json/schema";

#[test]
fn a_body_of_success_that_is_gone_or_of_another_type_breaks_decoding() {
    let old = operation(SCHEMA);
    let text = json!({"text/plain": {"schema": {"type": "string"}}});
    for (pointer, value, expected) in [
        ("/responses/200/content", None, vec!["body-removed:response"]),
        (SCHEMA, Some(json!({})), vec!["type-changed:response"]),
        (
            SCHEMA,
            Some(json!({"type": "object"})),
            vec!["member-removed:response/status", "member-removed:response/data", "member-removed:response/message"],
        ),
        (SCHEMA, Some(json!({"type": "array", "items": old})), vec!["type-changed:response"]),
        (SCHEMA, Some(json!({"anyOf": [old, {"type": "null"}]})), vec!["type-changed:response"]),
        (
            "/responses/200/content",
            Some(text),
            vec!["content-type-changed:response=text/plain", "type-changed:response"],
        ),
    ] {
        let (status, found, report) = replaced(pointer, value);
        assert_eq!((status, &found), (1, &expected.iter().map(ToString::to_string).collect()));
        let all = report["differences"].as_array().unwrap();
        assert!(all.iter().all(|difference| difference["class"] == "breaks-decoding"), "{all:?}");
    }
}

#[test]
fn an_object_that_lost_all_its_members_lost_each_of_them() {
    let (_, found, _) = replaced(&format!("{SCHEMA}/properties/data"), Some(json!({"type": "object"})));
    let names = ["call_id", "call_direction", "call_status", "initiated_at", "agent_id", "custom_args_values"];
    let gone = names.map(|name| format!("member-removed:response/data/{name}"));
    assert!(gone.iter().all(|id| found.contains(id)), "{found:?}");
    // The example that the schema has beside it still shows them.
    let example = json!({"schema": {}, "example": {"status": "success", "data": {"call_id": "x"}, "message": "y"}});
    let (_, found, _) = replaced("/responses/200/content/application~1json", Some(example));
    assert!(!found.contains(&"type-changed:response".to_owned()), "{found:?}");
    assert!(found.contains(&"member-removed:response/data/call_status".to_owned()), "{found:?}");
}
