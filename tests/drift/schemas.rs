//! Schemas put together from others, in several content types, and with keywords that say which members go together.

use serde_json::{Value, json};

use crate::answers::{operation, replaced};

const REQUEST: &str = "/requestBody/content";
const ANSWER: &str = "/responses/200/content";

fn content(place: &str) -> Value {
    operation(&format!("{place}/application~1json"))
}

#[test]
fn of_several_content_types_the_one_of_the_specification_is_compared() {
    let other = json!({"schema": {"type": "object", "properties": {"x": {"type": "string"}}}});
    for (place, name) in [(REQUEST, "content-type-changed:"), (ANSWER, "content-type-changed:response=")] {
        let json = content(place);
        let (_, found, _) = replaced(place, Some(json!({"application/a+json": other, "application/json": json})));
        assert_eq!(found, [format!("{name}application/a+json, application/json")]);
        let (status, found, _) = replaced(place, Some(json!({"application/json; charset=utf-8": json})));
        assert_eq!((status, found), (0, Vec::new()), "{place}");
    }
}

/// The schema of the request with one member said in two branches.
fn branches(keyword: &str, one: Value, other: Value) -> Vec<String> {
    let mut media = content(REQUEST);
    let schema = media["schema"].as_object_mut().unwrap();
    schema["properties"].as_object_mut().unwrap().remove("voice_id").unwrap();
    let branch = |voice: Value| json!({"type": "object", "properties": {"voice_id": voice}});
    schema.insert(keyword.to_owned(), json!([branch(one), branch(other)]));
    replaced(&format!("{REQUEST}/application~1json"), Some(media)).1
}

#[test]
fn a_member_in_two_branches_is_what_both_say() {
    let known = json!({"type": ["string", "null"], "example": "voice-uuid-here"});
    for keyword in ["oneOf", "anyOf"] {
        assert_eq!(branches(keyword, known.clone(), known.clone()), [""; 0], "{keyword}");
        let found = branches(keyword, known.clone(), json!({"type": "integer"}));
        assert_eq!(found, ["type-changed:/voice_id"], "{keyword}");
        let nested = json!({"type": "object", "properties": {"pitch": {"type": "integer"}}});
        let found = branches(keyword, known.clone(), nested);
        assert_eq!(found, ["member-added:/voice_id/pitch", "type-changed:/voice_id"], "{keyword}");
    }
    let found = branches("allOf", json!({"description": "The voice."}), known.clone());
    assert_eq!(found, [""; 0]);
    let found = branches("allOf", json!({"type": ["string", "integer", "null"]}), known.clone());
    assert_eq!(found, [""; 0]);
    let found = branches("allOf", known.clone(), json!({"type": "integer"}));
    assert_eq!(found, ["type-changed:/voice_id"]);
    let found = branches("allOf", known.clone(), json!({"enum": ["a", "b"]}));
    assert_eq!(found, ["enum-added:/voice_id"]);
    // What a branch says of members is a sentence like others.
    let mut spoken = known.clone();
    spoken["description"] = "voice_id requires version_id.".into();
    assert_eq!(branches("oneOf", known, spoken), ["rule-added:requires(voice_id,version_id)"]);
}

#[test]
fn keywords_that_say_which_members_go_together_are_compared_or_told() {
    let with = |keyword: &str, value: Value| {
        let mut schema = content(REQUEST)["schema"].clone();
        schema[keyword] = value;
        replaced(&format!("{REQUEST}/application~1json/schema"), Some(schema)).1
    };
    let required = |names: &[&str]| json!({"required": names});
    for (keyword, value, expected) in [
        (
            "anyOf",
            json!([required(&["number_pool_id"]), required(&["from_number_id"]), required(&["from_number"])]),
            vec![],
        ),
        ("not", required(&["from_number_id", "from_number"]), vec![]),
        ("not", required(&["voice_id", "version_id"]), vec!["rule-added:at-most-one(version_id,voice_id)"]),
        (
            "oneOf",
            json!([required(&["voice_id"]), required(&["version_id"])]),
            vec!["rule-added:exactly-one(version_id,voice_id)"],
        ),
        ("dependentRequired", json!({"voice_id": ["version_id"]}), vec!["rule-added:requires(voice_id,version_id)"]),
        (
            "anyOf",
            json!([required(&["voice_id", "version_id"]), required(&["call_category"])]),
            vec!["keyword-not-compared:/=anyOf"],
        ),
        ("additionalProperties", json!(false), vec!["keyword-not-compared:/=additionalProperties"]),
        ("additionalProperties", json!(true), vec![]),
        ("if", required(&["voice_id"]), vec!["keyword-not-compared:/=if"]),
        ("required", json!(["name", "mobile_number", "agent_id", "zed"]), vec!["member-added:/zed"]),
    ] {
        assert_eq!(with(keyword, value.clone()), expected, "{keyword} {value}");
    }
    // Required still, and not said what it is.
    let place = format!("{REQUEST}/application~1json/schema/properties/mobile_number");
    assert_eq!(replaced(&place, None).1, ["type-changed:/mobile_number"]);
    // Below the body, too.
    let nested = json!({"type": "object", "properties": {"headers": {"type": "object"}, "params": {"type": "object"}},
        "not": {"required": ["headers", "params"]}});
    let place = format!("{REQUEST}/application~1json/schema/properties/callback_args");
    let (_, found, _) = replaced(&place, Some(nested));
    assert!(found.contains(&"keyword-not-compared:/callback_args=at-most-one(headers,params)".to_owned()), "{found:?}");
}
