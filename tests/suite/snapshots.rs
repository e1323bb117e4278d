//! What a reviewer reads when the specification or a report changes. Named, never numbered; all lie in `snapshots/`.
//! After an intended change: `INSTA_UPDATE=always cargo test --all-features`, then read the diff.

use insta::Settings;

use crate::support::{ringg, ringg_in, root, stderr, stdout};

fn assert_snapshot(name: &str, text: &str) {
    let mut settings = Settings::new();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

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
        let text = stdout(&output).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        assert_snapshot(&format!("check-request-full-{format}"), &text);
    }
}

#[test]
fn help_and_rules() {
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help-call", vec!["call", "--help"]),
        ("help-check", vec!["check", "--help"]),
        ("help-mock", vec!["mock", "--help"]),
        ("help-verify", vec!["verify", "--help"]),
        ("mock-list-faults", vec!["mock", "--list-faults"]),
        ("help-rules", vec!["rules", "--help"]),
        ("help-explain", vec!["explain", "--help"]),
        ("help-drift", vec!["drift", "--help"]),
        ("rules", vec!["rules"]),
        ("explain-pool-with-from-number", vec!["explain", "pool-with-from-number"]),
    ] {
        assert_snapshot(name, &stdout(&ringg(&arguments, b"")));
    }
}

#[test]
fn drift_reports() {
    let mut page = std::fs::read_to_string(root().join("tests/documentation/page.txt")).unwrap();
    for (from, to) in [
        ("    \"max_call_length\": 300,\n", "    \"call_length_limit\": 300,\n    \"hold_music\": \"calm\",\n"),
        ("callback_url\nstring | null\n", "callback_url\nstring | null\nrequired\n"),
        ("from_number_id and from_number cannot both be set. At least", "voice_id requires version_id. At least"),
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
    let text = stdout(&output).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot("call-dry-run", &text);
    assert_snapshot("call-warnings", &stderr(&output));
}

#[test]
fn no_snapshot_is_an_orphan() {
    let this = include_str!("snapshots.rs");
    for entry in std::fs::read_dir(root().join("snapshots")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".snap").unwrap_or_else(|| panic!("{file} is no snapshot"));
        let name = name.strip_prefix("check-request-full-").unwrap_or(name);
        assert!(this.contains(&format!("\"{name}\"")), "{file} belongs to no test");
    }
}
