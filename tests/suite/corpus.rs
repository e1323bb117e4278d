//! A linter for the conformance cases: what each file promises, and that together they cover the contract.

use std::collections::BTreeSet;

use ringg_call::RULES;
use ringg_call::conformance::{Case, cases};
use serde_json::Value;

use crate::specification::{Member, members_of};
use crate::support::{json, root};

/// The files of the corpus, by name.
fn files() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(root().join("tests/cases")).unwrap().map(|entry| entry.unwrap().path());
    let topics = entries.filter(|path| !path.ends_with("case.schema.json"));
    let file = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().strip_suffix(".json").unwrap().to_owned();
        (name, json(&std::fs::read_to_string(&path).unwrap()))
    };
    topics.map(file).collect()
}

#[test]
fn each_file_has_the_form_that_the_schema_says() {
    let schema = std::fs::read_to_string(root().join("tests/cases/case.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&json(&schema)).unwrap();
    for (name, content) in files() {
        let errors: Vec<String> =
            validator.iter_errors(&content).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
        assert_eq!(content["topic"], *name, "a topic is named as its file");
    }
}

#[test]
fn every_file_is_in_the_program_and_nothing_is_lost_on_the_way() {
    let mut given: Vec<Value> =
        files().iter().flat_map(|(_, file)| file["cases"].as_array().unwrap().clone()).collect();
    let mut carried: Vec<Value> = cases().iter().map(|case| serde_json::to_value(case).unwrap()).collect();
    let by_id = |case: &Value| case["id"].as_str().unwrap().to_owned();
    given.sort_by_key(by_id);
    carried.sort_by_key(by_id);
    assert_eq!(given, carried, "a file is missing from `TOPICS` in src/conformance/case.rs, or a member from `Case`");
}

#[test]
fn there_are_enough_cases_and_each_says_what_is_so() {
    assert!(cases().len() >= 200);
    let ids: BTreeSet<&str> = cases().iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases().len(), "ids are unique");
    for case in cases() {
        let text = case.documentation.to_lowercase();
        for word in ["should", "must not", "ought"] {
            assert!(!text.contains(word), "{}: a case states what is so: {text}", case.id);
        }
    }
}

fn expects(case: &Case, rule: &str) -> bool {
    case.expect.violations.iter().any(|finding| finding.rule == rule)
}

#[test]
fn every_rule_has_a_case_on_either_side_of_its_boundary() {
    let known = |rule: &str| ringg_call::rule(rule).is_some();
    for rule in RULES {
        let at_boundary = || cases().iter().filter(|case| case.boundary.as_deref() == Some(rule.id));
        assert!(at_boundary().any(|case| expects(case, rule.id)), "{}: no case breaks it at its boundary", rule.id);
        assert!(at_boundary().any(|case| !expects(case, rule.id)), "{}: no case keeps it at its boundary", rule.id);
    }
    for case in cases() {
        assert!(case.boundary.as_deref().is_none_or(known), "{}: no such rule", case.id);
        for finding in &case.expect.violations {
            let is_known = known(&finding.rule) || finding.rule.starts_with("schema/");
            assert!(is_known, "{}: no rule is named {}", case.id, finding.rule);
        }
    }
}

/// Whether a pointer is of the form that a rule's `reported_at` gives.
fn is_at(place: &str, pointer: &str) -> bool {
    let (place, pointer): (Vec<&str>, Vec<&str>) = (place.split('/').collect(), pointer.split('/').collect());
    let is_same = |(place, segment): (&&str, &&str)| *place == "*" || place == segment;
    place == ["*"] || (place.len() == pointer.len() && place.iter().zip(&pointer).all(is_same))
}

#[test]
fn every_rule_reports_where_it_says_and_says_where_it_reports() {
    for rule in RULES {
        let pointers = || {
            let findings = cases().iter().flat_map(|case| &case.expect.violations);
            findings.filter(|finding| finding.rule == rule.id).map(|finding| finding.pointer.as_str())
        };
        for pointer in pointers() {
            assert!(rule.reported_at.iter().any(|place| is_at(place, pointer)), "{} at {pointer:?}", rule.id);
        }
        for place in rule.reported_at {
            assert!(pointers().any(|pointer| is_at(place, pointer)), "{}: no case reports at {place}", rule.id);
        }
    }
}

#[test]
fn every_keyword_of_the_schema_has_a_case() {
    for id in ["schema/required", "schema/type", "schema/pattern", "schema/minimum"] {
        assert!(cases().iter().any(|case| expects(case, id)), "{id}");
    }
}

#[test]
fn every_documented_member_is_in_a_case_that_is_sent_and_in_one_of_another_type() {
    let sent: Vec<Value> =
        cases().iter().filter(|case| case.expect.requests == 1).filter_map(|case| case.request.body.clone()).collect();
    let answers: Vec<Value> =
        cases().iter().filter_map(|case| serde_json::to_value(case.server.as_ref()?).ok()).collect();
    for Member { pointer, .. } in members_of("CallRequest") {
        assert!(sent.iter().any(|body| body.pointer(&pointer).is_some()), "{pointer} is sent in no case");
        let is_of_another_type = |case: &Case| {
            let found = &case.expect.violations;
            found.iter().any(|finding| finding.rule == "schema/type" && finding.pointer == pointer)
        };
        assert!(cases().iter().any(is_of_another_type), "{pointer} has no case of another type");
    }
    for Member { pointer, .. } in members_of("CallResponse") {
        let is_answered = answers.iter().any(|server| server["body"].pointer(&pointer).is_some());
        assert!(is_answered, "{pointer} is in no answer");
    }
}

#[test]
fn every_outcome_and_every_answer_of_the_specification_has_a_case() {
    let outcomes: BTreeSet<String> =
        cases().iter().filter_map(|case| Some(format!("{:?}", case.expect.outcome?))).collect();
    assert_eq!(outcomes, ["NotSent", "Placed", "Refused", "Unknown"].map(str::to_owned).into());
    for status in 300..=308 {
        let is_followed = |case: &Case| format!("{:?}", case.server).contains(&format!("status: {status},"));
        assert!([305, 306].contains(&status) || cases().iter().any(is_followed), "{status}");
    }
}
