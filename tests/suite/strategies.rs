//! Strategies that walk `openapi.yaml`: what a component schema admits, and more. A new member joins in without an edit.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use crate::specification::{component, is_required, resolve};

/// Cases a property is tried on unless `PROPTEST_CASES` says otherwise; the nightly job sets a hundred times as many.
const CASES: u32 = 64;

/// How properties are run. A failure prints the seed: `PROPTEST_RNG_SEED=… cargo test …` repeats it.
pub(crate) fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(u64::from(uuid::Uuid::new_v4().as_fields().0));
    }
    if let RngSeed::Fixed(seed) = config.rng_seed {
        // Shown for a test that fails.
        println!("PROPTEST_RNG_SEED={seed}");
    }
    config
}

/// Any JSON.
pub(crate) fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinities", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(object),
        ]
    });
    tree.boxed()
}

fn object(members: BTreeMap<String, Value>) -> Value {
    Value::Object(members.into_iter().collect())
}

/// What the schema admits: required members always, optional ones often, null for them sometimes, unknown ones sometimes.
pub(crate) fn admitted(schema: &'static Value) -> BoxedStrategy<Value> {
    let schema = resolve(schema);
    if let Some(branches) = schema["oneOf"].as_array() {
        return prop::strategy::Union::new(branches.iter().map(admitted)).boxed();
    }
    match schema["type"].as_str() {
        Some("object") => admitted_object(schema),
        Some("array") => prop::collection::vec(admitted(&schema["items"]), 0..4).prop_map(Value::from).boxed(),
        Some("string") => match schema["pattern"].as_str() {
            Some(pattern) => string_regex(pattern.trim_start_matches('^').trim_end_matches('$'))
                .unwrap()
                .prop_map(Value::from)
                .boxed(),
            None => any::<String>().prop_map(Value::from).boxed(),
        },
        Some("integer") => (schema["minimum"].as_i64().unwrap_or(i64::MIN)..i64::MAX).prop_map(Value::from).boxed(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        None => any_json(),
        Some(other) => panic!("the specification has a new type, `{other}`: say here what it admits"),
    }
}

fn admitted_object(schema: &'static Value) -> BoxedStrategy<Value> {
    let additional = &schema["additionalProperties"];
    let Some(properties) = schema["properties"].as_object() else {
        let values = admitted(additional);
        // A header's name and value: the one form that a rule demands of a free map.
        let (names, values) = if std::ptr::eq(schema, component("CallbackHeaders")) {
            ("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}".boxed(), "[ -~]{0,12}".prop_map(Value::from).boxed())
        } else {
            (any::<String>().boxed(), values)
        };
        return prop::collection::btree_map(names, values, 0..4).prop_map(object).boxed();
    };
    let documented: Vec<BoxedStrategy<Option<(String, Value)>>> = properties
        .iter()
        .map(|(name, member)| {
            let (name, value) = (name.clone(), admitted(member));
            if is_required(schema, &name) {
                return value.prop_map(move |value| Some((name.clone(), value))).boxed();
            }
            let value = prop_oneof![5 => Just(None), 4 => value.prop_map(Some), 1 => Just(Some(Value::Null))];
            value.prop_map(move |value| Some((name.clone(), value?))).boxed()
        })
        .collect();
    let known = properties.clone();
    let unknown = any::<String>().prop_filter("a documented name", move |name| !known.contains_key(name));
    let unknown = prop::collection::btree_map(unknown, any_json(), 0..2);
    (documented, unknown)
        .prop_map(|(documented, unknown)| {
            Value::Object(documented.into_iter().flatten().chain(unknown).collect::<Map<String, Value>>())
        })
        .boxed()
}

/// A request that the schema admits, with one number source.
pub(crate) fn valid_request() -> BoxedStrategy<Value> {
    let sources = prop::sample::select(vec![
        ("number_pool_id", json!("pool-1")),
        ("from_number_id", json!("number-1")),
        ("from_number_id", json!(["number-1", "number-2"])),
        ("from_number", json!("+14155550123")),
        ("from_number", json!(["", "+14155550123"])),
    ]);
    (admitted(component("CallRequest")), sources)
        .prop_map(|(mut request, (name, value))| {
            let members = request.as_object_mut().unwrap();
            members.retain(|name, _| !["number_pool_id", "from_number_id", "from_number"].contains(&name.as_str()));
            members.insert(name.into(), value);
            request
        })
        .boxed()
}

/// The same JSON, its members in an order that the seed chooses.
pub(crate) fn in_another_order(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| {
                name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
            });
            let written = members
                .into_iter()
                .map(|(name, member)| format!("{}:{}", Value::from(name.as_str()), in_another_order(member, seed)));
            format!("{{{}}}", written.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let written: Vec<_> = items.iter().map(|item| in_another_order(item, seed)).collect();
            format!("[{}]", written.join(","))
        }
        other => other.to_string(),
    }
}
