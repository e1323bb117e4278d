//! Where hand-written cases do not go. `PROPTEST_CASES` sets how many; a failure prints its seed and shrinks. What a
//! shrunk counter-example shows becomes a case in `tests/cases/`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use ringg_call::{
    ApiKey, CallRequest, CallResponse, Client, JSON_SCHEMA_DEFINITIONS, Level, Levels, RULES, Violation, check_json,
    check_json_with, rule,
};
use serde_json::{Value, json};

use crate::specification::{Member, component, members_of, without_optional_nulls};
use crate::strategies::{admitted, any_json, config, in_another_order, valid_request};
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

/// Everything that was found, warnings among it.
fn found(text: &str, levels: &Levels) -> Vec<Violation> {
    match check_json_with(text.as_bytes(), levels) {
        Ok(checked) => checked.warnings().to_vec(),
        Err(error) => error.violations().to_vec(),
    }
}

/// Rule and pointer of what is denied.
fn denied(request: &Value) -> Vec<(String, String)> {
    let found = found(&request.to_string(), &Levels::default()).into_iter().filter(Violation::is_denied);
    found.map(|violation| (violation.rule.into_owned(), violation.pointer.into_owned())).collect()
}

/// A member of the request, documented or not, with any value.
fn members() -> impl Strategy<Value = Vec<(String, Value)>> {
    let documented = component("CallRequest")["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let name = prop_oneof![prop::sample::select(documented), any::<String>()];
    prop::collection::vec((name, any_json()), 0..6)
}

/// A server that shares nothing with client or stand-in, and a client of it.
struct Wire {
    runtime: tokio::runtime::Runtime,
    server: wiremock::MockServer,
    client: Client,
}

static WIRE: LazyLock<Wire> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(async {
        let server = wiremock::MockServer::start().await;
        let placed =
            wiremock::ResponseTemplate::new(200).set_body_raw(r#"{"data": {"call_id": "1"}}"#, "application/json");
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(placed).mount(&server).await;
        server
    });
    let client = Client::builder(ApiKey::new("key").unwrap()).base_url(server.uri()).build().unwrap();
    Wire { runtime, server, client }
});

/// How a denied rule is broken, and where it then says so. A new one is asked for by the test below.
type Break = fn(&mut Value);
const BREAKS: [(&str, &str, Break); 4] = [
    ("caller-number-missing", "", |request| {
        for name in ["number_pool_id", "from_number_id", "from_number"] {
            request.as_object_mut().unwrap().remove(name);
        }
    }),
    ("from-number-and-id", "/from_number", |request| {
        request.as_object_mut().unwrap().remove("number_pool_id");
        request["from_number_id"] = json!("number-1");
        request["from_number"] = json!(["+14155550123"]);
    }),
    ("pool-with-from-number", "/number_pool_id", |request| {
        request.as_object_mut().unwrap().remove("from_number");
        request["number_pool_id"] = json!("pool-1");
        request["from_number_id"] = json!("number-1");
    }),
    ("callback-header-unsafe", "/callback_args/headers/X-Token", |request| {
        request["callback_args"] = json!({"headers": {"X-Token": "a\nb"}});
    }),
];

#[test]
fn every_denied_rule_is_broken_by_a_mutation() {
    let denied: BTreeSet<&str> = RULES.iter().filter(|rule| rule.level == Level::Deny).map(|rule| rule.id).collect();
    assert_eq!(denied, BREAKS.iter().map(|(rule, _, _)| *rule).collect());
}

/// Puts a value at a pointer, making the objects on the way.
fn put(request: &mut Value, pointer: &str, value: Value) {
    let mut at = request;
    for name in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = at.as_object_mut().unwrap().entry(name).or_insert(Value::Null);
    }
    *at = value;
}

/// A value of a type that the schema does not admit.
fn of_another_type(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("string") => json!(5),
        Some("object" | "integer" | "boolean" | "array") => json!("text"),
        _ => json!({}),
    }
}

/// What the schema pass and the types admit of a member's type, in JSON Schema's words.
fn admitted_types(schema: &Value, definitions: &Value) -> BTreeSet<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return admitted_types(&definitions[reference.rsplit('/').next().unwrap()], definitions);
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        if let Some(branches) = schema[keyword].as_array() {
            return branches.iter().flat_map(|branch| admitted_types(branch, definitions)).collect();
        }
    }
    let own = schema["type"]
        .as_str()
        .into_iter()
        .chain(schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str));
    own.map(str::to_owned).collect()
}

#[test]
fn the_schema_pass_and_the_types_own_schema_agree_on_every_member() {
    let typed = [schemars::schema_for!(CallRequest), schemars::schema_for!(CallResponse)].map(Value::from);
    let mut compared = 0;
    for (component_name, own) in ["CallRequest", "CallResponse"].into_iter().zip(&typed) {
        let generated = &own["$defs"];
        let objects = crate::specification::SCHEMAS["definitions"].as_object().unwrap();
        let reached = objects.iter().filter(|(name, schema)| {
            let is_reached = *name == component_name || generated.get(name.as_str()).is_some();
            is_reached && schema["properties"].is_object()
        });
        for (name, schema) in reached {
            let of_type = if name == component_name { own } else { &generated[name.as_str()] };
            let listed =
                |value: &Value| value.as_array().into_iter().flatten().map(Value::to_string).collect::<BTreeSet<_>>();
            assert_eq!(listed(&schema["required"]), listed(&of_type["required"]), "{name}: required");
            for (member, documented) in schema["properties"].as_object().unwrap() {
                let mut expected = admitted_types(documented, &crate::specification::SCHEMAS["definitions"]);
                if !listed(&schema["required"]).contains(&json!(member).to_string()) && !expected.is_empty() {
                    expected.insert("null".into());
                }
                let found = admitted_types(&of_type["properties"][member], generated);
                assert_eq!(found, expected, "{name}.{member}");
                compared += 1;
            }
        }
    }
    assert!(compared >= members_of("CallRequest").len() + members_of("CallResponse").len());
}

#[test]
fn a_member_is_nullable_exactly_where_it_is_optional() {
    for Member { pointer, is_required, .. } in members_of("CallRequest") {
        let mut request = json(ringg_call::EXAMPLE_REQUEST);
        if pointer.starts_with("/number_pool_id") {
            request["from_number"] = json!("+14155550123");
        }
        put(&mut request, &pointer, Value::Null);
        let is_denied = denied(&request).iter().any(|(rule, at)| rule.starts_with("schema/") && *at == pointer);
        assert_eq!(is_denied, is_required, "{pointer}");
    }
}

/// What a level can be set for.
fn settable() -> impl Strategy<Value = &'static str> {
    let groups = ["warnings", "schema/required", "schema/type", "schema/pattern", "schema/minimum"];
    prop::sample::select(RULES.iter().map(|rule| rule.id).chain(groups).collect::<Vec<_>>())
}

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::Allow, Level::Warn, Level::Deny])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_valid_request_is_accepted_survives_and_is_what_the_server_receives(request in valid_request()) {
        let checked = check_json(request.to_string().as_bytes());
        prop_assert!(checked.is_ok(), "{:?}", checked.err());
        let checked = checked.unwrap();
        let expected = without_optional_nulls(&request, component("CallRequest"));
        let sent = serde_json::to_value(checked.request()).unwrap();
        prop_assert_eq!(&sent, &expected);
        let again: CallRequest = serde_json::from_str(&sent.to_string()).unwrap();
        prop_assert_eq!(serde_json::to_value(again).unwrap(), sent);

        let Wire { runtime, server, client } = &*WIRE;
        let received = runtime.block_on(async {
            client.initiate_individual_call(&checked).await.unwrap();
            server.received_requests().await.unwrap().pop().unwrap()
        });
        prop_assert_eq!(serde_json::from_slice::<Value>(&received.body).unwrap(), expected);
    }

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
    fn a_mutation_breaks_its_denied_rule_alone(request in valid_request()) {
        for (rule, pointer, mutate) in BREAKS {
            let mut broken = request.clone();
            mutate(&mut broken);
            prop_assert_eq!(denied(&broken), [(rule.to_owned(), pointer.to_owned())], "{}", broken);
        }
    }

    #[test]
    fn a_required_member_that_is_missing_is_all_that_is_denied(request in valid_request()) {
        for member in members_of("CallRequest").into_iter().filter(|member| member.is_required) {
            let mut broken = request.clone();
            let (parent, name) = member.pointer.rsplit_once('/').unwrap();
            // Nothing is missing from an object that is not there.
            let Some(Value::Object(parent)) = broken.pointer_mut(parent) else { continue };
            parent.remove(name);
            prop_assert_eq!(denied(&broken), [("schema/required".to_owned(), member.pointer)]);
        }
    }

    #[test]
    fn a_member_of_another_type_is_all_that_is_denied(request in valid_request(), member in prop::sample::select(members_of("CallRequest"))) {
        let mut broken = request;
        put(&mut broken, &member.pointer, of_another_type(member.schema));
        // An object made on the way to the member has what it needs.
        for needed in members_of("CallRequest").into_iter().filter(|needed| needed.is_required) {
            let (parent, _) = needed.pointer.rsplit_once('/').unwrap();
            if broken.pointer(parent).is_some_and(Value::is_object) && broken.pointer(&needed.pointer).is_none() {
                put(&mut broken, &needed.pointer, needed.schema["example"].clone());
            }
        }
        prop_assert_eq!(denied(&broken), [("schema/type".to_owned(), member.pointer)], "{}", broken);
    }

    #[test]
    fn a_number_of_another_form_is_all_that_is_denied(request in valid_request(), number in "\\+?0[0-9]{0,14}|[1-9][0-9]{1,14}|\\+[1-9][0-9]{15,20}") {
        let mut broken = request;
        broken["mobile_number"] = number.into();
        prop_assert_eq!(denied(&broken), [("schema/pattern".to_owned(), "/mobile_number".to_owned())]);
    }

    #[test]
    fn the_verdict_is_the_same_each_time_and_in_any_order_of_members(members in members(), request in valid_request(), seed: u64) {
        let mut request = request;
        for (name, value) in members {
            request[name] = value;
        }
        let sorted = |text: &str| {
            let mut found = verdict(text.as_bytes());
            found.sort();
            found
        };
        let text = request.to_string();
        prop_assert_eq!(verdict(text.as_bytes()), verdict(text.as_bytes()));
        prop_assert_eq!(sorted(&text), sorted(&in_another_order(&request, seed)));
    }

    #[test]
    fn raising_a_level_never_removes_a_violation(
        members in members(),
        request in valid_request(),
        set in prop::collection::btree_map(settable(), level(), 0..6),
        raised in settable(),
        to in level(),
    ) {
        let mut request = request;
        for (name, value) in members {
            request[name] = value;
        }
        let levels_of = |set: &BTreeMap<&str, Level>| {
            let mut levels = Levels::default();
            set.iter().for_each(|(name, level)| levels.set(name, *level).unwrap());
            levels
        };
        let own = rule(raised).map_or(Level::Warn, |rule| rule.level);
        let group = set.get("warnings").copied().filter(|_| own == Level::Warn);
        let present = set.get(raised).copied().or(group).unwrap_or(own);
        let mut higher = set.clone();
        higher.insert(raised, present.max(to));

        let before = found(&request.to_string(), &levels_of(&set));
        let after = found(&request.to_string(), &levels_of(&higher));
        for violation in &before {
            let is_kept = |other: &&Violation| {
                (&other.rule, &other.pointer, &other.message) == (&violation.rule, &violation.pointer, &violation.message)
            };
            let kept = after.iter().find(is_kept);
            prop_assert!(kept.is_some_and(|kept| kept.level >= violation.level), "{} is gone", violation);
        }
        if raised != "warnings" {
            let is_other = |violation: &&Violation| violation.rule != raised;
            prop_assert_eq!(before.iter().filter(is_other).count(), after.iter().filter(is_other).count());
        }
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
    fn no_text_near_json_panics(request in valid_request(), at: prop::sample::Index, byte: u8) {
        let mut bytes = request.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = check_json(&bytes);
        let _ = check_json(&bytes[..at]);
    }

    #[test]
    fn no_json_panics_and_what_is_accepted_survives(members in members()) {
        let mut request = json(ringg_call::EXAMPLE_REQUEST);
        for (name, value) in members {
            request[name] = value;
        }
        if let Ok(checked) = check_json(request.to_string().as_bytes()) {
            let sent = serde_json::to_value(checked.request()).unwrap();
            prop_assert_eq!(sent, without_optional_nulls(&request, component("CallRequest")));
        }
    }

    #[test]
    fn unknown_members_are_never_denied(name in "[a-z]{1,12}", value in any_json()) {
        prop_assume!(component("CallRequest")["properties"].get(&name).is_none());
        let mut request = json(ringg_call::EXAMPLE_REQUEST);
        request[&name] = value.clone();
        let checked = check_json(request.to_string().as_bytes()).unwrap();
        prop_assert_eq!(checked.request().extra.get(&name), Some(&value));
    }

    #[test]
    fn an_answer_that_the_schema_admits_decodes_and_loses_nothing(answer in admitted(component("CallResponse"))) {
        let decoded: CallResponse = serde_json::from_str(&answer.to_string()).unwrap();
        let expected = without_optional_nulls(&answer, component("CallResponse"));
        prop_assert_eq!(serde_json::to_value(decoded).unwrap(), expected);
    }
}
