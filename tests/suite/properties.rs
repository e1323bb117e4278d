//! Where hand-written cases do not go. `PROPTEST_CASES` sets how many; a failure prints its seed and shrinks.

use proptest::prelude::*;
use ringg_call::{CallRequest, JSON_SCHEMA_DEFINITIONS, RULES, check_json};
use serde_json::{Value, json};

use crate::support::{is_denied, json, verdict};

/// A number source in each of its forms, and whether it names a number.
fn source() -> impl Strategy<Value = (Option<Value>, bool)> {
    prop_oneof![
        Just((None, false)),
        Just((Some(Value::Null), false)),
        Just((Some(json!("")), false)),
        Just((Some(json!(" \t")), false)),
        Just((Some(json!("a")), true)),
    ]
}

fn list_source() -> impl Strategy<Value = (Option<Value>, bool)> {
    prop_oneof![
        source(),
        Just((Some(json!([])), false)),
        Just((Some(json!([""])), false)),
        Just((Some(json!(["a"])), true)),
        Just((Some(json!(["", "a", "b"])), true)),
    ]
}

fn request(members: &[(&str, &Option<Value>)]) -> Value {
    let mut request = json!({"name": "J", "mobile_number": "+919876543210", "agent_id": "a"});
    for (name, value) in members {
        if let Some(value) = value {
            request[*name] = value.clone();
        }
    }
    request
}

fn names(verdict: &[String], rule: &str) -> bool {
    verdict.iter().any(|line| line.split(' ').nth(1) == Some(rule))
}

/// Any JSON.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinities", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A member of the request, documented or not, with any value.
fn members() -> impl Strategy<Value = Vec<(String, Value)>> {
    let documented = prop::sample::select(vec![
        "name",
        "mobile_number",
        "agent_id",
        "number_pool_id",
        "from_number_id",
        "from_number",
        "custom_args_values",
        "smart_formatter",
        "call_config",
        "voice_id",
        "version_id",
        "call_category",
        "parent_call_id",
        "callback_url",
        "callback_args",
    ]);
    let name = prop_oneof![documented.prop_map(str::to_owned), any::<String>()];
    prop::collection::vec((name, value()), 0..6)
}

proptest! {
    #[test]
    fn number_sources_are_judged_by_the_truth_table(
        (pool, has_pool) in source(), (ids, has_ids) in list_source(), (numbers, has_numbers) in list_source(),
    ) {
        let request = request(&[("number_pool_id", &pool), ("from_number_id", &ids), ("from_number", &numbers)]);
        let found = verdict(request.to_string().as_bytes());
        prop_assert_eq!(names(&found, "caller-number-missing"), !has_pool && !has_ids && !has_numbers);
        prop_assert_eq!(names(&found, "from-number-and-id"), has_ids && has_numbers);
        prop_assert_eq!(names(&found, "pool-with-from-number"), has_pool && (has_ids || has_numbers));
        prop_assert_eq!(is_denied(&found), [has_pool, has_ids, has_numbers].iter().filter(|has| **has).count() != 1);
    }

    #[test]
    fn a_rule_and_its_json_schema_agree(
        (pool, _) in source(), (ids, _) in list_source(), (numbers, _) in list_source(),
        url in prop_oneof![Just(None), Just(Some(Value::Null)), Just(Some(json!("https://api.example.com/")))],
        arguments in prop_oneof![Just(None), Just(Some(Value::Null)), Just(Some(json!({})))],
    ) {
        let request = request(&[
            ("number_pool_id", &pool), ("from_number_id", &ids), ("from_number", &numbers), ("callback_url", &url), ("callback_args", &arguments),
        ]);
        let found = verdict(request.to_string().as_bytes());
        for rule in RULES {
            let Some(fragment) = rule.json_schema else { continue };
            let mut schema = json(fragment);
            schema["definitions"] = json(JSON_SCHEMA_DEFINITIONS);
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            prop_assert_eq!(validator.is_valid(&request), !names(&found, rule.id), "{}: {}", rule.id, request);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = check_json(&bytes);
    }

    #[test]
    fn no_json_panics_and_what_is_accepted_survives(members in members()) {
        let mut request = json(ringg_call::EXAMPLE_REQUEST);
        for (name, value) in members {
            request[name] = value;
        }
        if let Ok(checked) = check_json(request.to_string().as_bytes()) {
            let documented_null = |name: &str| request[name].is_null() && checked.request().extra.get(name).is_none();
            let mut expected = request.clone();
            expected.as_object_mut().unwrap().retain(|name, _| !documented_null(name));
            let sent = serde_json::to_value(checked.request()).unwrap();
            for (name, value) in expected.as_object().unwrap() {
                // Nested optional nulls are dropped too; everything else is what it was.
                if !value.is_object() {
                    prop_assert_eq!(&sent[name], value, "{}", name);
                }
            }
            prop_assert_eq!(sent.as_object().unwrap().len(), expected.as_object().unwrap().len());
            let again: CallRequest = serde_json::from_value(sent.clone()).unwrap();
            prop_assert_eq!(serde_json::to_value(again).unwrap(), sent);
        }
    }

    #[test]
    fn unknown_members_are_never_denied(name in "[a-z]{1,12}", value in value()) {
        let mut request = json(ringg_call::EXAMPLE_REQUEST);
        prop_assume!(!["name"].contains(&name.as_str()));
        request[&name] = value.clone();
        let checked = check_json(request.to_string().as_bytes()).unwrap();
        prop_assert_eq!(checked.request().extra.get(&name), Some(&value));
    }
}
