//! The build script, run as a program of its own on specifications that are broken on purpose.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::root;

fn build(specification: &str, out: &Path) -> Output {
    let package = out.parent().unwrap();
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(package.join("openapi.yaml"), specification).unwrap();
    Command::new(env!("RINGG_BUILD_SCRIPT"))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", package)
        .env("OUT_DIR", out)
        .current_dir(package)
        .output()
        .unwrap()
}

fn specification() -> String {
    std::fs::read_to_string(root().join("openapi.yaml")).unwrap()
}

/// The one line that a broken specification gets; `line_of` is text of the line it must name.
fn error(from: &str, to: &str, line_of: &str) -> String {
    let whole = specification();
    assert!(whole.contains(from), "nothing to break: {from}");
    let broken = whole.replacen(from, to, 1);
    let folder = tempfile::tempdir().unwrap();
    let output = build(&broken, &folder.path().join("out"));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let errors: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("cargo::error=")).collect();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "no backtrace, no panic");
    assert_eq!(errors.len(), 1, "{stdout}");
    let line = broken[..broken.find(line_of).unwrap()].lines().count().max(1);
    let line = if broken[..broken.find(line_of).unwrap()].ends_with('\n') { line + 1 } else { line };
    assert!(errors[0].starts_with(&format!("openapi.yaml:{line}:")), "expected line {line}: {}", errors[0]);
    errors[0].to_owned()
}

#[test]
fn invalid_yaml_is_named_with_its_line() {
    error("  schemas:\n    CallRequest:", "  schemas:\n   - a\n    CallRequest:", "    CallRequest:\n      type");
}

#[test]
fn a_reference_to_nothing_is_named() {
    let from = "schema:\n              $ref: \"#/components/schemas/CallRequest\"";
    let error = error(
        from,
        "schema:\n              $ref: \"#/components/schemas/Nothing\"",
        "$ref: \"#/components/schemas/Nothing\"",
    );
    assert!(error.contains("names nothing"), "{error}");
}

#[test]
fn an_object_that_would_drop_unknown_members_is_named() {
    let from = "    CallTime:\n      type: object\n      description: The daily window in which the callee may be rung.\n      additionalProperties: {}";
    let to = "    CallTime:\n      type: object\n      description: The daily window in which the callee may be rung.";
    let error = error(from, to, "    CallTime:\n      type");
    assert!(error.contains("/components/schemas/CallTime: "), "{error}");
}

#[test]
fn a_newer_version_of_openapi_is_named() {
    assert!(error("openapi: 3.0.3", "openapi: 3.1.0", "openapi: 3.1.0").contains("3.0.x"));
}

#[test]
fn an_unknown_type_is_named() {
    let error =
        error("timezone:\n          type: string", "timezone:\n          type: text", "    CallTime:\n      type");
    assert!(error.contains("CallTime"), "{error}");
}

#[test]
fn a_pattern_that_is_none_is_named_with_its_schema() {
    let error = error(r"pattern: ^\+[1-9][0-9]{1,14}$", "pattern: ^(", "PhoneNumber:\n      type");
    assert!(error.contains("PhoneNumber"), "{error}");
}

#[test]
fn two_types_of_success_are_refused() {
    let from = "        \"400\":";
    let to = "        \"201\":\n          description: x\n          content:\n            application/json:\n              schema:\n                $ref: \"#/components/schemas/ErrorResponse\"\n        \"400\":";
    let error = error(from, to, "paths:");
    assert!(error.contains("/paths"), "{error}");
}

#[test]
fn a_key_that_stands_twice_is_named() {
    let from = "    PhoneNumber:\n      type: string\n";
    error(
        from,
        "    PhoneNumber:\n      type: string\n      type: integer\n",
        "      type: integer\n      description: \"Phone number in E.164",
    );
}

#[test]
fn a_missing_specification_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("RINGG_BUILD_SCRIPT"))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", folder.path())
        .env("OUT_DIR", folder.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("cargo::error=openapi.yaml: "));
}

#[test]
fn the_same_specification_gives_the_same_files_and_writes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let outputs: Vec<Vec<(String, String)>> = ["first/out", "second/out"]
        .map(|out| {
            let out = folder.path().join(out);
            assert!(build(&specification(), &out).status.success());
            let mut files: Vec<_> = std::fs::read_dir(&out)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| {
                    (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
                })
                .collect();
            files.sort();
            let package = std::fs::read_dir(out.parent().unwrap()).unwrap().count();
            assert_eq!(package, 2, "openapi.yaml and the output folder");
            files
        })
        .into();
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(
        outputs[0].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["client.rs", "schema.json", "types.rs"]
    );
}

/// What the generated reader of a request does with a member of this schema: the lines from its name to the next one's.
fn reading_of(schema: &str) -> Option<String> {
    let from = "        call_category:\n          type: string\n";
    let whole = specification();
    assert!(whole.contains(from));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let lines: String = schema.lines().map(|line| format!("          {line}\n")).collect();
    assert!(build(&whole.replacen(from, &format!("        call_category:\n{lines}"), 1), &out).status.success());
    let types = std::fs::read_to_string(out.join("types.rs")).unwrap();
    let reader = types.split("impl crate::plain::Read for CallRequest {").nth(1).unwrap();
    let arm = reader.split("\"call_category\" =>").nth(1)?;
    Some(arm.split("\"call_config\" =>").next().unwrap().split_whitespace().collect())
}

#[test]
fn a_member_whose_schema_the_reader_does_not_know_is_left_to_the_full_way() {
    let plain = Some("reader.member(&mutread_call_category),".to_owned());
    assert_eq!(reading_of("type: string"), plain);
    assert_eq!(reading_of("type: string\nx-safe-to-log: true\ntitle: a"), plain);
    assert_eq!(reading_of("type: integer\nformat: int64"), plain);
    let asked = reading_of("type: string\npattern: ^a\nx-inferred: tried").unwrap();
    assert!(asked.starts_with("{reader.member_if(") && asked.contains("\"^a\""), "{asked}");
    let asked = reading_of("type: integer\nformat: int64\nminimum: 5\nx-inferred: tried").unwrap();
    assert!(asked.contains("*value>=5i64"), "{asked}");
    for unknown in [
        "type: string\nmaxLength: 3\nx-inferred: tried",
        "type: integer\nformat: int64\nmaximum: 3\nx-inferred: tried",
        "type: integer\nformat: int64\nmultipleOf: 3",
        "type: number",
        "type: string\nformat: uri",
        "type: integer\nformat: int32",
        "type: array\nitems: { type: string, maxLength: 3, x-inferred: tried }",
        "type: array\nminItems: 1\nitems: { type: string }",
    ] {
        assert_eq!(reading_of(unknown), None, "{unknown}");
    }
}

#[test]
fn a_pattern_is_written_out_where_it_means_the_same_everywhere_and_decides_by_the_whole_text() {
    let (own, folder) = ("pattern: ^\\+[1-9][0-9]{1,14}$", tempfile::tempdir().unwrap());
    assert!(specification().contains(own));
    for (index, (pattern, is_written_out)) in [
        ("^[a-c]x?(de|f)+$", true),
        ("^a{2,63}$", true),
        ("^\\.$", true),
        ("^a|b$", false),
        ("[0-9]+", false),
        ("^[0-9]+", false),
        ("^[^a]$", false),
        ("^\\d$", false),
        ("^.$", false),
        ("^\\<a$", false),
        ("^[a[b]$", false),
        ("^(?=a)a$", false),
        ("^a{2,64}$", false),
        ("a$", false),
        ("^a$|b$", false),
        ("$", false),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(format!("{index}/out"));
        let output = build(&specification().replace(own, &format!("pattern: '{pattern}'")), &out);
        assert!(output.status.success(), "{pattern}: {}", String::from_utf8_lossy(&output.stdout));
        let types = std::fs::read_to_string(out.join("types.rs")).unwrap();
        let from = types.find("impl PhoneNumber {\n    /// Whether a text can be one.").unwrap();
        let admits = types[from..].split("\n}\n").next().unwrap();
        assert_eq!(!admits.contains("regress"), is_written_out, "{pattern}: {admits}");
    }
}
