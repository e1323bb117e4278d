//! Each rule at its boundary: hand-written requests and the exact report each must get. And what the registry promises.

use ringg_call::{EXAMPLE_REQUEST, Level, Levels, RULES, Source, check_json, check_json_with};

use crate::support::{example_with, root, verdict};

/// Members merged into the example request, and the whole report.
const CASES: &[(&str, &[&str])] = &[
    ("{}", &[]),
    // caller-number-missing
    (r#"{"number_pool_id": ""}"#, &["deny caller-number-missing ", "warn blank-caller-number /number_pool_id"]),
    (r#"{"number_pool_id": null, "from_number": []}"#, &["deny caller-number-missing "]),
    (r#"{"number_pool_id": null, "from_number_id": []}"#, &["deny caller-number-missing "]),
    (
        r#"{"number_pool_id": null, "from_number": ["", " "]}"#,
        &[
            "deny caller-number-missing ",
            "warn blank-caller-number /from_number/0",
            "warn blank-caller-number /from_number/1",
        ],
    ),
    (r#"{"number_pool_id": null, "from_number_id": "a"}"#, &[]),
    (r#"{"number_pool_id": null, "from_number_id": ["a"]}"#, &[]),
    // from-number-and-id, pool-with-from-number
    (r#"{"number_pool_id": null, "from_number_id": ["a"], "from_number": []}"#, &[]),
    (
        r#"{"number_pool_id": null, "from_number_id": ["a"], "from_number": ["+14155550123"]}"#,
        &["deny from-number-and-id /from_number"],
    ),
    (r#"{"from_number_id": "a"}"#, &["deny pool-with-from-number /number_pool_id"]),
    (r#"{"from_number": ["+14155550123"]}"#, &["deny pool-with-from-number /number_pool_id"]),
    (r#"{"from_number": []}"#, &[]),
    // callback-header-unsafe
    (
        r#"{"callback_url": "https://a.example.com", "callback_args": {"headers": {"": "x", "A~/:": "y", "B": "1\r\n2", "C": "tab\tis fine"}}}"#,
        &[
            "deny callback-header-unsafe /callback_args/headers/***",
            "deny callback-header-unsafe /callback_args/headers/***",
            "deny callback-header-unsafe /callback_args/headers/B",
        ],
    ),
    // not-a-uuid
    (
        r#"{"agent_id": "a", "version_id": "b", "parent_call_id": "c"}"#,
        &["warn not-a-uuid /agent_id", "warn not-a-uuid /parent_call_id", "warn not-a-uuid /version_id"],
    ),
    // blank-name
    (r#"{"name": ""}"#, &["warn blank-name /name"]),
    (r#"{"name": "नाम"}"#, &[]),
    // caller-number-not-e164
    (r#"{"number_pool_id": null, "from_number": "+1 415 555 0123"}"#, &["warn caller-number-not-e164 /from_number"]),
    (
        r#"{"number_pool_id": null, "from_number": ["+14155550123", "0123"]}"#,
        &["warn caller-number-not-e164 /from_number/1"],
    ),
    // calls-itself
    (
        r#"{"number_pool_id": null, "from_number": ["+14155550123", "+919876543210"]}"#,
        &["warn calls-itself /from_number/1"],
    ),
    // duplicate-caller-number
    (
        r#"{"number_pool_id": null, "from_number_id": ["a", "b", "a"]}"#,
        &["warn duplicate-caller-number /from_number_id/2"],
    ),
    // number-in-id-field
    (r#"{"number_pool_id": "14155550123"}"#, &["warn number-in-id-field /number_pool_id"]),
    (r#"{"number_pool_id": "123456"}"#, &[]),
    (
        r#"{"number_pool_id": null, "from_number_id": ["a", "+1 (415) 555-0123"]}"#,
        &["warn number-in-id-field /from_number_id/1"],
    ),
    // window-empty; window-crosses-midnight is allowed
    (
        r#"{"call_config": {"call_time": {"call_start_time": "00:00", "call_end_time": "00:00"}}}"#,
        &["warn window-empty /call_config/call_time/call_end_time"],
    ),
    (r#"{"call_config": {"call_time": {"call_start_time": "22:00", "call_end_time": "06:00"}}}"#, &[]),
    (r#"{"call_config": {"call_time": {"call_start_time": "23:59"}}}"#, &[]),
    (
        r#"{"call_config": {"call_time": {"call_end_time": "24:00"}}}"#,
        &["warn schema/pattern /call_config/call_time/call_end_time"],
    ),
    // unknown-timezone
    (
        r#"{"call_config": {"call_time": {"timezone": "IST+5:30"}}}"#,
        &["warn unknown-timezone /call_config/call_time/timezone"],
    ),
    (r#"{"call_config": {"call_time": {"timezone": "America/Argentina/Ushuaia"}}}"#, &[]),
    // idle time-outs
    (
        r#"{"call_config": {"idle_timeout_end": 0, "idle_timeout_warning": 1}}"#,
        &["warn idle-end-not-after-warning /call_config/idle_timeout_end"],
    ),
    (
        r#"{"call_config": {"idle_timeout_end": 301, "max_call_length": 300}}"#,
        &["warn idle-end-beyond-call-length /call_config/idle_timeout_end"],
    ),
    (r#"{"call_config": {"max_call_length": 3000}}"#, &[]),
    (r#"{"call_config": {"max_call_length": -1}}"#, &["warn schema/minimum /call_config/max_call_length"]),
    // transliteration
    (
        r#"{"smart_formatter": {"transliteration_language": {"target": "hi"}}}"#,
        &["warn transliteration-language-unused /smart_formatter/transliteration_language"],
    ),
    (
        r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "hi", "target": "hi"}}}"#,
        &["warn transliteration-same-language /smart_formatter/transliteration_language/target"],
    ),
    (
        r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "", "target": "e"}}}"#,
        &[
            "warn language-code-malformed /smart_formatter/transliteration_language/source",
            "warn language-code-malformed /smart_formatter/transliteration_language/target",
        ],
    ),
    // arguments
    (
        r#"{"custom_args_values": {"original_callee_name": "x"}, "smart_formatter": {"transliteration": true}}"#,
        &["warn reserved-argument /custom_args_values/original_callee_name"],
    ),
    (r#"{"custom_args_values": {"original_callee_name": "x"}, "smart_formatter": {"transliteration": false}}"#, &[]),
    (
        r#"{"custom_args_values": {"": 1, "a}": 2, "a-b.c": 3}}"#,
        &[
            "warn argument-not-referencable /custom_args_values/***",
            "warn argument-not-referencable /custom_args_values/***",
        ],
    ),
    (
        r#"{"custom_args_values": {"a": {}, "b": [], "c": false, "d": ""}}"#,
        &["warn argument-not-scalar /custom_args_values/a", "warn argument-not-scalar /custom_args_values/b"],
    ),
    (r#"{"custom_args_values": {"mobile_number": 919876543210}}"#, &[]),
    (
        r#"{"custom_args_values": {"mobile_number": ""}}"#,
        &["warn argument-contradicts-number /custom_args_values/mobile_number"],
    ),
    // callbacks
    (r#"{"callback_args": {}}"#, &["warn callback-args-without-url /callback_args"]),
    (r#"{"callback_url": ""}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": "api.example.com/hook"}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": "https://10.0.0.1/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://[::1]/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://[::ffff:127.0.0.1]/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://169.254.0.1/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://0x7f.1/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://printer.local/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://localhost:8080/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://9.255.255.255/"}"#, &[]),
    (r#"{"callback_url": "https://user@api.example.com/"}"#, &["warn callback-credentials-in-url /callback_url"]),
    (r#"{"callback_url": "https://a.example.com/\r\nX: y"}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": " https://a.example.com/"}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": "https:a.example.com/"}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": "https:\\\\a.example.com/"}"#, &["warn callback-not-https /callback_url"]),
    (r#"{"callback_url": "HTTPS://a.example.com/"}"#, &[]),
    (r#"{"callback_url": "https://224.0.0.1/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://198.19.0.1/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://[2001:db8::1]/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://[64:ff9b::7f00:1]/"}"#, &["warn callback-unreachable /callback_url"]),
    (r#"{"callback_url": "https://[2606:4700::1]/"}"#, &[]),
    (r#"{"callback_url": "https://223.255.255.255/"}"#, &[]),
    // unknown-member
    (r#"{"scheduledAt": "x"}"#, &["warn unknown-member /scheduledAt"]),
    (r#"{"call_config": {"call_time": {"scheduled_at": "2026-01-20T10:30:00+05:30"}}}"#, &[]),
    (
        r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"to": "hi"}}}"#,
        &["warn unknown-member /smart_formatter/transliteration_language/to"],
    ),
    // the schema
    (r#"{"mobile_number": "919876543210"}"#, &["deny schema/pattern /mobile_number"]),
    (r#"{"mobile_number": "+0123456789"}"#, &["deny schema/pattern /mobile_number"]),
    (r#"{"mobile_number": "+1234567890123456"}"#, &["deny schema/pattern /mobile_number"]),
    (r#"{"mobile_number": "+123456789012345"}"#, &[]),
    (r#"{"name": 5, "agent_id": false}"#, &["deny schema/type /agent_id", "deny schema/type /name"]),
    (r#"{"number_pool_id": 5}"#, &["deny schema/type /number_pool_id"]),
    (r#"{"from_number": {}}"#, &["deny schema/type /from_number"]),
    (r#"{"call_config": {"idle_timeout_end": 10.5}}"#, &["deny schema/type /call_config/idle_timeout_end"]),
    (r#"{"call_config": {"idle_timeout_end": 10.0, "max_call_length": 3e2}}"#, &[]),
    (r#"{"call_config": {"idle_timeout_end": "10"}}"#, &["deny schema/type /call_config/idle_timeout_end"]),
    (
        r#"{"callback_url": "https://a.example.com", "callback_args": {"headers": {"a": 5}}}"#,
        &["warn schema/type /callback_args/headers/a"],
    ),
    (r#"{"call_config": []}"#, &["deny schema/type /call_config"]),
    (
        r#"{"callback_url": "https://a.example.com", "callback_args": {"params": {"a": 1}}}"#,
        &["warn schema/type /callback_args/params/a"],
    ),
];

#[test]
fn each_case_is_reported_exactly() {
    for (members, expected) in CASES {
        assert_eq!(verdict(example_with(members).to_string().as_bytes()), *expected, "{members}");
    }
}

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
    for (wrong, right) in
        [("phone_number", "mobile_number"), ("mobileNumber", "mobile_number"), ("agentId", "agent_id")]
    {
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
    assert_eq!(files, ids.len() + 2, "src/rules/ holds one file a rule, mod.rs and url_host.rs");
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
