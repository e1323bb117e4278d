//! What a reviewer reads when the specification or a report changes. Named, never numbered; all lie in `snapshots/`.
//! After an intended change: `INSTA_UPDATE=always cargo test --all-features`, then read the diff.

use std::collections::BTreeSet;

use insta::Settings;
use ringg_call::{CallResponse, CheckedRequest, Level, Levels, RULES, check_json_with};
use serde_json::Value;

use crate::support::{documented, example_with, json, ringg, ringg_in, root, stderr, stdout};
use crate::wire::send_checked;

fn assert_snapshot(name: &str, text: &str) {
    let mut settings = Settings::new();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Nothing that changes from version to version.
fn without_version(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

const COMMANDS: &[(&str, &[&str])] = &[
    ("help", &["--help"]),
    ("help-call", &["call", "--help"]),
    ("help-check", &["check", "--help"]),
    ("help-conform", &["conform", "--help"]),
    ("help-drift", &["drift", "--help"]),
    ("help-explain", &["explain", "--help"]),
    ("help-mock", &["mock", "--help"]),
    ("help-rules", &["rules", "--help"]),
    ("help-verify", &["verify", "--help"]),
    ("mock-list-faults", &["mock", "--list-faults"]),
    ("rules", &["rules"]),
    ("explain-pool-with-from-number", &["explain", "pool-with-from-number"]),
];

const OTHERS: [&str; 13] = [
    "drift-human",
    "drift-json",
    "drift-github",
    "drift-markdown",
    "generated-types",
    "generated-client",
    "check-request-full-human",
    "check-request-full-json",
    "check-request-full-github",
    "check-request-full-sarif",
    "call-dry-run",
    "call-warnings",
    "conform-failure",
];

const DOCUMENTED: [&str; 4] =
    ["wire-request-minimal", "wire-request-full", "wire-smart-formatter", "decoded-response-success"];

#[test]
fn generated_code() {
    assert_snapshot("generated-types", include_str!(concat!(env!("OUT_DIR"), "/types.rs")));
    assert_snapshot("generated-client", include_str!(concat!(env!("OUT_DIR"), "/client.rs")));
}

#[test]
fn reports() {
    let file = "tests/documented/request-full.json";
    for format in ["human", "json", "github", "sarif"] {
        let output = ringg(&["check", "--format", format, file], b"");
        assert_snapshot(&format!("check-request-full-{format}"), &without_version(&stdout(&output)));
    }
}

#[test]
fn every_rule_in_every_form_of_report() {
    for rule in RULES {
        let request = format!("{:#}\n", example_with(rule.rejected));
        // A rule that is allowed by default speaks when asked.
        let level = if rule.level == Level::Allow { vec!["--warn", rule.id] } else { Vec::new() };
        let report = |format: &str| {
            let arguments = [&["check", "--format", format], level.as_slice(), &["-"]].concat();
            stdout(&ringg(&arguments, request.as_bytes()))
        };
        // The log's other parts are the same for all rules: they are in check-request-full-sarif.
        let sarif = json(&report("sarif"));
        let text = format!(
            "{}\n{}\n{}\n{:#}\n",
            report("human"),
            report("json"),
            report("github"),
            sarif["runs"][0]["results"]
        );
        assert_snapshot(&format!("rule-{}", rule.id), &text);
    }
}

#[test]
fn commands() {
    for (name, arguments) in COMMANDS {
        assert_snapshot(name, &stdout(&ringg(arguments, b"")));
    }
}

#[test]
fn drift_reports() {
    let mut page = std::fs::read_to_string(root().join("tests/documentation/page.txt")).unwrap();
    for (from, to) in [
        ("    \"max_call_length\": 300,\n", "    \"call_length_limit\": 300,\n    \"hold_music\": \"calm\",\n"),
        ("callback_url\nstring | null\n", "callback_url\nstring | null\nrequired\n"),
        ("from_number_id and from_number cannot be used together. At least", "voice_id requires version_id. At least"),
        ("    \"call_direction\": \"outbound\",\n", ""),
    ] {
        assert!(page.contains(from), "{from}");
        page = page.replacen(from, to, 1);
    }
    // The package as it is, without what cases and other reports add to it.
    let package = tempfile::tempdir().unwrap();
    for file in
        ["openapi.yaml", "drift-accepted.yaml", "snapshots/generated-types.snap", "tests/documented/request-full.json"]
    {
        let copy = package.path().join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(root().join(file), copy).unwrap();
    }
    for (name, format) in
        [("drift-human", "human"), ("drift-json", "json"), ("drift-github", "github"), ("drift-markdown", "markdown")]
    {
        let output = ringg_in(package.path(), &["drift", "--format", format, "-"], page.as_bytes(), &[]);
        assert_snapshot(name, &stdout(&output));
    }
}

#[test]
fn dry_run() {
    let output = ringg(&["call", "--dry-run", "tests/documented/request-minimal.json"], b"");
    assert_snapshot("call-dry-run", &without_version(&stdout(&output)));
    assert_snapshot("call-warnings", &stderr(&output));
}

#[test]
fn a_binding_that_fails() {
    let driver = r#"read line; echo '{"protocol": 1, "rules": ["caller-number-missing"]}'
        read line; echo '{"case": "key-refused", "skipped": "its key is never refused"}'
        read line; echo '{"case": "no-source", "verdict": "accepted", "outcome": "unknown"}'; read line"#;
    let output = ringg(&["conform", "--driver", driver, "--only", "no-source", "--only", "key-refused"], b"");
    assert_snapshot("conform-failure", &stdout(&output));
}

/// A request as it left: what changes from run to run is left out.
async fn wire(request: &CheckedRequest) -> String {
    let (_, received) = send_checked(request).await;
    let mut text = format!("{}\n", received.request_line);
    for (name, value) in received.headers {
        let value = if name == "host" { "HOST" } else { &value };
        text += &format!("{name}: {}\n", without_version(value));
    }
    format!("{text}\n{:#}\n", serde_json::from_slice::<Value>(&received.body).unwrap())
}

#[tokio::test]
async fn documented_examples() {
    let mut levels = Levels::default();
    for rule in ["pool-with-from-number", "from-number-and-id"] {
        levels.set(rule, Level::Warn).unwrap();
    }
    let formatter = example_with(&documented("smart-formatter.json")).to_string();
    for (name, body) in [
        ("wire-request-minimal", documented("request-minimal.json")),
        ("wire-request-full", documented("request-full.json")),
        ("wire-smart-formatter", formatter),
    ] {
        assert_snapshot(name, &wire(&check_json_with(body.as_bytes(), &levels).unwrap()).await);
    }
    let answer: CallResponse = serde_json::from_str(&documented("response-success.json")).unwrap();
    assert_snapshot(
        "decoded-response-success",
        &format!("{answer:?}\n\n{:#}\n", serde_json::to_value(&answer).unwrap()),
    );
}

#[test]
fn no_snapshot_is_an_orphan_and_none_tells_of_a_machine() {
    let rules = RULES.iter().map(|rule| format!("rule-{}", rule.id));
    let commands = COMMANDS.iter().map(|(name, _)| (*name).to_owned());
    let named = OTHERS.iter().chain(&DOCUMENTED).map(|name| (*name).to_owned());
    let expected: BTreeSet<String> = rules.chain(commands).chain(named).collect();
    let entries = std::fs::read_dir(root().join("snapshots")).unwrap().map(|entry| entry.unwrap().path());
    let found: BTreeSet<String> = entries
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains(root().to_str().unwrap()), "{} holds a path of this machine", path.display());
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            file.strip_suffix(".snap").unwrap_or_else(|| panic!("{file} is no snapshot")).to_owned()
        })
        .collect();
    assert_eq!(found, expected, "left: in snapshots/, right: asserted here");
}
