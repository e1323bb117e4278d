//! Both ways to a verdict lead to the same one.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::{verdict, verdict_of_document};
use crate::document::Document;
use crate::generated::types::{ClockTime, PhoneNumber};
use crate::plain::Plain;
use crate::rules::Levels;
use crate::schema;
use crate::violation::Level;

/// Texts that are sometimes a value of a member and mostly not.
const ODD: [&str; 22] = [
    "null",
    "true",
    "\"\"",
    "\" \"",
    "\"a\"",
    "\"\\u0061\"",
    "\"+14155550123\"",
    "\"9876543210\"",
    "\"24:00\"",
    "\"http://localhost/\"",
    "\"a\\nb\"",
    "0",
    "-1",
    "-0",
    "10.0",
    "1.5",
    "1e400",
    "9223372036854775808",
    "18446744073709551616",
    "[]",
    "[\"a\", \"a\", \"\"]",
    "{\"a\": 1, \"a\": 2}",
];

/// Members that no object documents, some of them with names that are masked.
const EXTRA: [&str; 7] = [
    "\"phone_number\": 1",
    "\"callbackUrl\": {\"a\": [1]}",
    "\"+14155550123\": 1",
    "\"a/b~c\": []",
    "\"\": 0.5",
    "\"\\u006eame\": \"J\"",
    "\"name\": \"J\"",
];

/// JSON text of a value that the schema wants, or nearly so.
fn text(schema: &'static Value) -> BoxedStrategy<String> {
    prop_oneof![40 => valid(schema), 1 => prop::sample::select(&ODD).prop_map(str::to_owned)].boxed()
}

fn valid(schema: &'static Value) -> BoxedStrategy<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return valid(schema::definition(reference.rsplit('/').next().unwrap()).unwrap());
    }
    if let Some(branches) = schema["allOf"].as_array().or(schema["oneOf"].as_array()) {
        return proptest::strategy::Union::new(branches.iter().map(valid)).boxed();
    }
    let strings = |texts: &'static [&str]| prop::sample::select(texts).prop_map(|text| format!("\"{text}\""));
    match schema["type"].as_str() {
        Some("object") => object(schema),
        Some("array") => prop::collection::vec(text(&schema["items"]), 0..4)
            .prop_map(|items| format!("[{}]", items.join(", ")))
            .boxed(),
        Some("integer") => (-1..50_i64).prop_map(|number| number.to_string()).boxed(),
        Some("boolean") => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        Some("string") if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains(':')) => {
            strings(&["00:00", "09:30", "23:59"]).boxed()
        }
        Some("string") if schema.get("pattern").is_some() => strings(&["+14155550123", "+919876543210"]).boxed(),
        Some("string") => {
            let example = schema["example"].as_str().unwrap_or("a").to_owned();
            prop_oneof![
                3 => Just(format!("\"{example}\"")),
                1 => strings(&["", "x", "+14155550123", "नाम", "a\\tb", "https://10.0.0.1/a b"]),
            ]
            .boxed()
        }
        _ => prop::sample::select(vec![
            "1",
            "\"a\"",
            "null",
            "[{\"a\": [2]}]",
            "{\"a\": {\"b\": null}}",
            "0.5",
            "0.10000000000000000555",
        ])
        .prop_map(str::to_owned)
        .boxed(),
    }
}

fn object(schema: &'static Value) -> BoxedStrategy<String> {
    let mut members: Vec<BoxedStrategy<Option<String>>> = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let probability = if schema::is_required(schema, name) { 0.98 } else { 0.5 };
        let member = text(property).prop_map(move |text| format!("\"{name}\": {text}"));
        members.push(prop::option::weighted(probability, member).boxed());
    }
    if members.is_empty() {
        let names = prop::sample::select(vec!["a", "mobile_number", "callee_name", "order id", "b/c", "9876543210"]);
        let member =
            (names, text(&schema["additionalProperties"])).prop_map(|(name, text)| format!("\"{name}\": {text}"));
        members.extend([(); 3].map(|()| prop::option::of(member.clone()).boxed()));
    }
    let extra = prop::sample::select(&EXTRA).prop_map(str::to_owned);
    members.push(prop::option::weighted(0.03, extra).boxed());
    let join = |members: Vec<Option<String>>| {
        format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(",\n "))
    };
    members.prop_shuffle().prop_map(join).boxed()
}

/// The text, sometimes with a byte more, less or other, so that it is seldom JSON.
fn damaged(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    const BYTES: &[u8] = b"\"\\{}[]:,0-.e tn\n\x00\x1f\xc3";
    let damage = prop::option::weighted(0.2, (any::<prop::sample::Index>(), prop::sample::select(BYTES), 0..3));
    (text, damage).prop_map(|(text, damage)| {
        let mut bytes = text.into_bytes();
        if let Some((index, byte, kind)) = damage {
            let index = index.index(bytes.len());
            match kind {
                0 => bytes[index] = byte,
                1 => bytes.insert(index, byte),
                _ => drop(bytes.remove(index)),
            }
        }
        bytes
    })
}

fn levels() -> impl Strategy<Value = Levels> {
    let setting =
        (prop::sample::select(vec!["warnings", "not-a-uuid", "schema/minimum", "pool-with-from-number"]), 0..3_usize);
    prop::collection::vec(setting, 0..3).prop_map(|settings| {
        let mut levels = Levels::default();
        for (name, level) in settings {
            levels.set(name, [Level::Allow, Level::Warn, Level::Deny][level]).unwrap();
        }
        levels
    })
}

#[test]
fn the_short_way_and_the_full_way_lead_to_one_verdict() {
    let request = schema::definition("CallRequest").unwrap();
    let [plain, other] = [Cell::new(0), Cell::new(0)];
    let cases = ProptestConfig::default().cases.max(512);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() });
    let compared = runner.run(&(damaged(object(request)), levels()), |(text, levels)| {
        let way = if Plain::read(&text).is_some() { &plain } else { &other };
        way.set(way.get() + 1);
        let full = Document::parse(&text).map(|document| verdict_of_document(&document, &levels));
        match (verdict(&text, &levels), full) {
            (Err(short), Err(full)) => prop_assert_eq!(short, full),
            (Ok(short), Ok(mut full)) => {
                full.violations.iter_mut().for_each(|violation| violation.span = 0..0);
                prop_assert_eq!(short.violations, full.violations);
                prop_assert_eq!(
                    serde_json::to_value(short.request).unwrap(),
                    serde_json::to_value(full.request).unwrap()
                );
            }
            (short, full) => prop_assert!(false, "{:?} and {:?}", short.is_ok(), full.is_ok()),
        }
        Ok(())
    });
    compared.unwrap();
    // Neither way is compared with itself only.
    assert!(plain.get() > cases / 4 && other.get() > cases / 8, "{} plain, {} not", plain.get(), other.get());
}

#[test]
fn what_the_documentation_shows_is_plain() {
    let documented = [
        include_str!("../../tests/documented/request-full.json"),
        include_str!("../../tests/documented/request-minimal.json"),
        crate::rules::EXAMPLE_REQUEST,
    ];
    for text in documented {
        assert!(Plain::read(text.as_bytes()).is_some(), "{text}");
    }
}

#[test]
fn many_violations_are_reported_in_the_order_of_the_text_too() {
    // More than are looked up one by one; the members in an order that is not theirs by name.
    let keys: Vec<String> = (0..30).map(|index| format!("key_{}", index * 7 % 30)).collect();
    let arguments: Vec<String> = keys.iter().map(|key| format!("\"{key}\": [[1]]")).collect();
    let numbers: Vec<String> = (0..12).map(|index| format!("\"{index}\"")).collect();
    let text = format!(
        r#"{{"custom_args_values": {{{}}}, "name": "J", "mobile_number": "+14155550123", "agent_id": "x",
            "from_number": [{}]}}"#,
        arguments.join(", "),
        numbers.join(", "),
    );
    assert!(Plain::read(text.as_bytes()).is_some());
    let violations = verdict(text.as_bytes(), &Levels::default()).unwrap().violations;
    let pointers: Vec<&str> = violations.iter().map(|violation| &*violation.pointer).collect();
    let expected = keys.iter().map(|key| format!("/custom_args_values/{key}")).chain(["/agent_id".to_owned()]);
    let expected = expected.chain((0..12).map(|index| format!("/from_number/{index}")));
    assert_eq!(pointers, expected.collect::<Vec<_>>());
}

/// `jsonschema` reads the pattern from the specification; `admits` was written from it by the build script.
fn admits_what_the_schema_admits(definition: &str, admits: fn(&str) -> bool) {
    let validator = jsonschema::validator_for(schema::definition(definition).unwrap()).unwrap();
    let admitted = Cell::new(0);
    let texts = prop_oneof![
        4 => r"\+?[0-9]{1,17}",
        4 => "[0-2]?[0-9]:[0-6][0-9]",
        1 => "[0-9:+]{0,8}",
        1 => r"(\+1|2)[0-9:٣\n -]{0,6}\n?",
    ];
    TestRunner::default()
        .run(&texts, |text| {
            let expected = validator.is_valid(&Value::from(&*text));
            admitted.set(admitted.get() + u32::from(expected));
            prop_assert_eq!(admits(&text), expected, "{:?}", text);
            Ok(())
        })
        .unwrap();
    assert!(admitted.get() > 0, "no text was a {definition}");
}

#[test]
fn a_pattern_written_out_admits_what_the_schema_admits() {
    admits_what_the_schema_admits("PhoneNumber", PhoneNumber::admits);
    admits_what_the_schema_admits("ClockTime", ClockTime::admits);
}
