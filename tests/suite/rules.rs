//! What the registry of rules promises, and what its reports say beside the findings. The rules at their boundaries are
//! cases: `tests/cases/`.

use ringg_call::{EXAMPLE_REQUEST, Level, Levels, RULES, Source, check_json, check_json_with};

use crate::support::{example_with, root, verdict};

#[test]
fn a_missing_member_is_reported_beside_everything_else() {
    let found = verdict(br#"{"phone_number": "+919876543210", "agentId": "a", "number_pool_id": null}"#);
    let expected = [
        "deny caller-number-missing ",
        "deny schema/required /name",
        "deny schema/required /mobile_number",
        "deny schema/required /agent_id",
        "warn unknown-member /phone_number",
        "warn unknown-member /agentId",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_likely_member_is_suggested() {
    for (wrong, right) in [
        ("phone_number", "mobile_number"),
        ("phoneNumber", "mobile_number"),
        ("phone-number", "mobile_number"),
        ("webhook url", "callback_url"),
        ("mobileNumber", "mobile_number"),
        ("agentId", "agent_id"),
    ] {
        let mut request = example_with("{}");
        request[wrong] = "x".into();
        let checked = check_json(request.to_string().as_bytes()).unwrap();
        let message = &checked.warnings()[0].message;
        assert!(message.contains(&format!("`{right}`")), "{wrong}: {message}");
    }
    let checked = check_json(example_with(r#"{"zzz": 1}"#).to_string().as_bytes()).unwrap();
    assert!(!checked.warnings()[0].message.contains("did you mean"));
}

#[test]
fn the_example_request_breaks_no_rule_at_any_level() {
    let mut levels = Levels::default();
    RULES.iter().for_each(|rule| levels.set(rule.id, Level::Deny).unwrap());
    check_json_with(EXAMPLE_REQUEST.as_bytes(), &levels).unwrap();
}

#[test]
fn each_rule_accepts_its_accepted_example_and_reports_only_itself_for_the_rejected_one() {
    for rule in RULES {
        let mut levels = Levels::default();
        levels.set(rule.id, rule.level.max(Level::Warn)).unwrap();
        let rules = |members: &str| -> Vec<String> {
            match check_json_with(example_with(members).to_string().as_bytes(), &levels) {
                Ok(checked) => checked.warnings().iter().map(|found| found.rule.to_string()).collect(),
                Err(error) => error.violations().iter().map(|found| found.rule.to_string()).collect(),
            }
        };
        assert_eq!(rules(rule.accepted), [""; 0], "{}", rule.id);

        assert_eq!(rules(rule.rejected), [rule.id], "{}", rule.id);
    }
}

#[test]
fn the_registry_is_in_order() {
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    for rule in RULES {
        assert!(
            rule.id
                .chars()
                .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-')
        );
        let file = root().join(format!("src/rules/{}.rs", rule.id.replace('-', "_")));
        assert!(file.is_file(), "{} has no file of its name", rule.id);
        let is_inferred = matches!(rule.source, Source::Inferred(_));
        assert_eq!(
            is_inferred,
            rule.level != Level::Deny,
            "{}: what is inferred never denies, what denies is never inferred",
            rule.id
        );
        assert!(!rule.summary.ends_with('.') && rule.why.ends_with('.') && rule.help.ends_with('.'), "{}", rule.id);
    }
    let files = std::fs::read_dir(root().join("src/rules")).unwrap().count();
    assert_eq!(files, ids.len() + 2, "src/rules/ holds one file a rule, mod.rs and destination.rs");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len(), "ids are unique");
}

#[test]
fn every_member_a_rule_reads_is_in_the_specification() {
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    for rule in RULES {
        for member in rule.members {
            let name = member.rsplit('/').next().unwrap();
            let is_argument = member.starts_with("/custom_args_values/");
            assert!(is_argument || specification.contains(&format!("        {name}:")), "{}: {member}", rule.id);
        }
    }
}

#[test]
fn the_specification_names_each_structural_rule_as_a_dependency() {
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    for rule in RULES {
        let is_named = specification.contains(&format!("          rule: {}\n", rule.id));
        assert_eq!(is_named, rule.json_schema.is_some(), "{}", rule.id);
    }
}

#[test]
fn levels_can_be_set_for_a_rule_and_for_the_group() {
    let minimal = example_with(r#"{"agent_id": "a", "name": " "}"#).to_string();
    let rules = |levels: &Levels| match check_json_with(minimal.as_bytes(), levels) {
        Ok(checked) => (true, checked.warnings().len()),
        Err(error) => (false, error.violations().len()),
    };
    let mut levels = Levels::default();
    assert_eq!(rules(&levels), (true, 2));
    levels.set("warnings", Level::Deny).unwrap();
    assert_eq!(rules(&levels), (false, 2));
    levels.set("not-a-uuid", Level::Allow).unwrap();
    assert_eq!(rules(&levels), (false, 1));
    levels.set("blank-name", Level::Warn).unwrap();
    assert_eq!(rules(&levels), (true, 1));
    let error = levels.set("blank-nam", Level::Warn).unwrap_err();
    assert_eq!(error.suggestion, Some("blank-name"));
}

#[test]
fn window_crosses_midnight_speaks_when_asked() {
    let night =
        example_with(r#"{"call_config": {"call_time": {"call_start_time": "22:00", "call_end_time": "21:59"}}}"#);
    let mut levels = Levels::default();
    levels.set("window-crosses-midnight", Level::Deny).unwrap();
    let error = check_json_with(night.to_string().as_bytes(), &levels).unwrap_err();
    assert_eq!(error.violations()[0].pointer, "/call_config/call_time/call_end_time");
}

#[test]
fn a_documented_name_is_sought_for_some_unknown_members_and_all_are_reported() {
    let violations = |extra: serde_json::Value| {
        let mut request = crate::support::example_with("{}");
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ringg_call::check_json(request.to_string().as_bytes()).unwrap().warnings().to_vec()
    };
    let many: serde_json::Map<_, _> = (100..250).map(|index| (format!("voice_id{index}"), 1.into())).collect();
    let found = violations(many.into());
    let unknown: Vec<_> = found.iter().filter(|violation| violation.rule == "unknown-member").collect();
    assert_eq!(unknown.len(), 150, "all are reported");
    let suggested = unknown.iter().filter(|violation| violation.message.contains("did you mean")).count();
    assert_eq!(suggested, 100);
}
