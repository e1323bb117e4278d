//! CONTRIBUTING, "When the documentation changes", walked on a copy of the package: the vendor's file gains an optional
//! member and a value of an enumeration, loses a member, and makes one required. What is edited here is what the steps say to
//! edit; in the end the suite is green, and nothing outside `openapi.yaml`, `tests/` and `snapshots/` had to change.
//!
//! The copy builds this crate anew and nothing else: what it depends on is linked from the build this test belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{json, ringg_in, root, stderr, stdout};

/// What the documented way may change.
const EDITED: [&str; 3] = ["openapi.yaml", "tests/", "snapshots/"];

/// Not run again: they try sockets, time-outs and drift itself, whatever the members are, and `walk` would not end.
const SKIPPED: [&str; 5] = ["walk::", "mutations::", "connections::", "fault_matrix::", "verify::"];

fn edit(package: &Path, file: &str, changes: &[(&str, &str)]) {
    let path = package.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{file} has no {from}");
        text.replacen(from, to, 1)
    });
    std::fs::write(path, changed).unwrap();
}

#[test]
fn the_documented_way_leads_from_changed_documentation_to_a_green_suite() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walk");
    let package = place.join("package");
    let _ = std::fs::remove_dir_all(&package);
    let before = contents(&root());
    write(&before, &package);

    // The documentation changes.
    edit(
        &package,
        "tests/documentation/openapi.json",
        &[
            (
                r#""max_call_length": {"#,
                "\"hold_music\": {\"type\": \"string\", \"example\": \"calm\"},\n          \"max_call_length\": {",
            ),
            (
                ",\n              \"retry_failed\": {\n                \"type\": \"integer\",\n                \"example\": 30\n              }",
                "",
            ),
            (r#""forwarded"]"#, r#""forwarded", "paused"]"#),
            (
                "\"call_retry_config\": {\n            \"type\": \"object\",",
                "\"call_retry_config\": {\n            \"type\": \"object\", \"required\": [\"retry_count\"],",
            ),
        ],
    );

    // Run drift, edit openapi.yaml as it says.
    let differences = drift(&package);
    let ids: BTreeSet<&str> = differences.iter().map(|difference| difference["id"].as_str().unwrap()).collect();
    let expected = BTreeSet::from([
        "member-added:/call_config/hold_music",
        "member-removed:/call_config/call_retry_config/retry_failed",
        "required-added:/call_config/call_retry_config/retry_count",
        "enum-value-added:response/data/call_status=paused",
    ]);
    assert_eq!(ids, expected);
    edit_specification(&package, &differences);

    // Adjust the cases and the pages of the suite where it points.
    edit_tests(&package);
    let suite = cargo(&place, &package, &["test", "--test", "suite", "--test", "drift", "--no-fail-fast", "--"]);
    assert!(suite.status.success(), "the suite is not green:\n{}\n{}", tail(&stdout(&suite)), tail(&stderr(&suite)));
    assert!(stdout(&suite).matches("test result: ok").count() == 2, "{}", stdout(&suite));

    assert_eq!(drift(&package), Vec::<Value>::new());
    let after = contents(&package);
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&String> = all.into_iter().filter(|file| before.get(*file) != after.get(*file)).collect();
    for expected in ["openapi.yaml", "snapshots/generated-types.snap"] {
        assert!(changed.iter().any(|file| *file == expected), "{expected} is as it was: {changed:?}");
    }
    let others: Vec<_> = changed.iter().filter(|file| !EDITED.iter().any(|edited| file.starts_with(edited))).collect();
    assert!(others.is_empty(), "changed besides: {others:?}");
}

fn drift(package: &Path) -> Vec<Value> {
    let output = ringg_in(package, &["drift", "tests/documentation/openapi.json", "--format", "json"], b"", &[]);
    assert!(output.status.code().unwrap() < 2, "{}", stderr(&output));
    json(&stdout(&output))["differences"].as_array().unwrap().clone()
}

/// The edits that drift asks for.
fn edit_specification(package: &Path, differences: &[Value]) {
    let find =
        |id: &str| differences.iter().find(|difference| difference["id"].as_str().unwrap().starts_with(id)).unwrap();
    let path = package.join("openapi.yaml");
    let mut lines: Vec<String> = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();

    // From below upwards, so that the lines it named stay where they are.
    let removed = find("member-removed")["specification"]["line"].as_u64().unwrap() as usize - 1;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = indent(&lines[removed]);
    let end = (removed + 1..lines.len()).find(|index| indent(&lines[*index]) <= depth).unwrap();
    let added = find("member-added")["edit"].as_str().unwrap().to_owned();
    let (place, member) = added.split_once('\n').unwrap();
    let beside: usize = place.rsplit("line ").next().unwrap().trim_end_matches(':').parse().unwrap();
    assert!(beside < removed, "edited from below upwards");
    lines.drain(removed..end);
    let member = member.replace("<in your own words>", "What is played while the agent is silent.");
    lines.splice(beside - 1..beside - 1, member.lines().map(|line| format!("      {line}")));
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();

    edit(
        package,
        "openapi.yaml",
        &[
            (
                "    CallRetryConfig:\n      type: object\n",
                "    CallRetryConfig:\n      type: object\n      required: [retry_count]\n",
            ),
            ("retry_not_picked: 30, retry_failed: 30 }", "retry_not_picked: 30 }"),
            ("cancelled, forwarded]", "cancelled, forwarded, paused]"),
        ],
    );
}

fn edit_tests(package: &Path) {
    edit(
        package,
        "tests/documentation/page.txt",
        &[
            ("    \"max_call_length\": 300,\n", "    \"hold_music\": \"calm\",\n    \"max_call_length\": 300,\n"),
            ("      \"retry_not_picked\": 30,\n      \"retry_failed\": 30\n", "      \"retry_not_picked\": 30\n"),
        ],
    );
    edit(
        package,
        "tests/documentation/page.md",
        &[
            (
                "        max_call_length:\n",
                "        hold_music:\n          type: string\n          example: calm\n        max_call_length:\n",
            ),
            (
                "          type: object\n          properties:\n            retry_count:",
                "          type: object\n          required: [retry_count]\n          properties:\n            retry_count:",
            ),
            ("            retry_failed:\n              type: integer\n              example: 30\n", ""),
        ],
    );
    edit(package, "tests/documented/request-full.json", &[(",\n      \"retry_failed\": 30", "")]);
    edit(
        package,
        "tests/drivers/drive.py",
        &[
            (", retry_failed=AMOUNT", ""),
            ("        max_call_length=AMOUNT,", "        max_call_length=AMOUNT,\n        hold_music=TEXT,"),
        ],
    );
    edit(
        package,
        "tests/drivers/drive.mjs",
        &[
            (", retry_failed: amount", ""),
            ("    max_call_length: amount,", "    max_call_length: amount,\n    hold_music: string,"),
        ],
    );
    edit(
        package,
        "tests/suite/wire.rs",
        &[(r#""call_retry_config": {"r": 4}"#, r#""call_retry_config": {"r": 4, "retry_count": 3}"#)],
    );
    for entry in std::fs::read_dir(package.join("tests/cases")).unwrap() {
        let path = entry.unwrap().path();
        let mut file = json(&std::fs::read_to_string(&path).unwrap());
        let before = file.clone();
        if let Some(cases) = file["cases"].as_array_mut() {
            // What was said of the member that is gone, and of an object without what it needs now.
            cases.retain(|case| !case["expect"].to_string().contains("/retry_failed"));
            cases.iter_mut().for_each(edit_case);
            if path.ends_with("members.json") {
                cases.extend(new_cases(&cases[0].clone()));
            }
        }
        if file != before {
            std::fs::write(&path, format!("{file:#}\n")).unwrap();
        }
    }
}

fn edit_case(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(retries) = members.get_mut("call_retry_config").and_then(Value::as_object_mut) {
                retries.remove("retry_failed");
                let count = retries.entry("retry_count").or_insert(Value::Null);
                if count.is_null() {
                    *count = json!(3);
                }
            }
            members.values_mut().for_each(edit_case);
        }
        Value::Array(items) => items.iter_mut().for_each(edit_case),
        _ => {}
    }
}

/// The two cases that the linter asks for of a new member.
fn new_cases(model: &Value) -> [Value; 2] {
    let case = |id: &str, value: Value, expect: Value| {
        let mut case = model.clone();
        case["id"] = id.into();
        case["documentation"] = "It is a text.".into();
        case["request"]["body"]["call_config"]["hold_music"] = value;
        case["expect"] = expect;
        case
    };
    let violation = json!({ "rule": "schema/type", "pointer": "/call_config/hold_music" });
    [
        case("hold-music", "calm".into(), model["expect"].clone()),
        case("hold-music-number", 7.into(), json!({ "verdict": "denied", "violations": [violation], "requests": 0 })),
    ]
}

/// Runs cargo on the copy, with the features of this build and snapshots renewed.
fn cargo(place: &Path, package: &Path, arguments: &[&str]) -> Output {
    let built = Path::new(env!("CARGO_BIN_EXE_ringg")).parent().unwrap();
    let profile = built.file_name().unwrap().to_str().unwrap();
    let target = place.join("target");
    for folder in ["deps", "build", ".fingerprint"] {
        link(&built.join(folder), &target.join(profile).join(folder));
    }
    let profile = if profile == "debug" { "dev" } else { profile };
    let skipped = SKIPPED.iter().flat_map(|skipped| ["--skip", skipped]);
    Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args([arguments[0], "--offline", "--locked", "--all-features", "--profile", profile])
        .args(&arguments[1..])
        .args(skipped)
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("INSTA_UPDATE", "always")
        .env("RUST_BACKTRACE", "0")
        // The suite around this test tries more.
        .env("PROPTEST_CASES", "8")
        .output()
        .unwrap()
}

/// Links a folder of a build, without what was built of this package.
fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let own = ["ringg", "libringg", "suite-", "drift-"].iter().any(|own| name.starts_with(own));
        let target = to.join(&name);
        if own {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            link(&entry.path(), &target);
        } else if !target.exists() && std::fs::hard_link(entry.path(), &target).is_err() {
            // Another build may have removed it since; cargo makes it again.
            let _ = std::fs::copy(entry.path(), &target);
        }
    }
}

type Contents = BTreeMap<String, Vec<u8>>;

/// The files of the package: what lies in it but builds and history.
fn contents(package: &Path) -> Contents {
    fn read(folder: &Path, prefix: &str, found: &mut Contents) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if prefix.is_empty() && ["target", ".git"].contains(&name.as_str()) || name == "__pycache__" {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.file_type().unwrap().is_dir() {
                read(&entry.path(), &format!("{path}/"), found);
            } else {
                found.insert(path, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = Contents::new();
    read(package, "", &mut found);
    found
}

fn write(contents: &Contents, package: &Path) {
    for (file, bytes) in contents {
        let path = package.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The end of an output, where the failure is.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.ends_with("... ok")).collect();
    lines[lines.len().saturating_sub(80)..].join("\n")
}
