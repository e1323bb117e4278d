//! The program as a user meets it: statuses, streams, and input of every bad kind.

use crate::support::{ringg, ringg_in, root, stderr, stdout};

const MINIMAL: &str = "tests/documented/request-minimal.json";
const FULL: &str = "tests/documented/request-full.json";

#[test]
fn a_call_on_the_stand_in_prints_a_call_id_alone_on_stdout() {
    let output = ringg(&["call", "--mock", MINIMAL], b"");
    assert_eq!(output.status.code(), Some(0));
    let call_id = stdout(&output);
    assert!(uuid::Uuid::try_parse(call_id.trim()).is_ok(), "{call_id}");
}

#[test]
fn a_denied_request_is_not_sent() {
    for mode in ["--mock", "--dry-run", "--live"] {
        let output = ringg(&["call", mode, FULL], b"");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{mode}");
    }
}

#[test]
fn a_mode_must_be_chosen_and_only_one() {
    for arguments in [
        vec!["call", MINIMAL],
        vec!["call", "--mock", "--live", MINIMAL],
        vec!["call", "--mock", "--base-url", "http://127.0.0.1", MINIMAL],
    ] {
        assert_eq!(ringg(&arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_live_call_needs_a_key_and_a_safe_server() {
    let output = ringg(&["call", "--live", MINIMAL], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("RINGG_API_KEY"));
    let output = ringg_in(
        &root(),
        &["call", "--live", "--base-url", "http://192.0.2.1", MINIMAL],
        b"",
        &[("RINGG_API_KEY", "k")],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_live_call_reports_refused_unknown_and_not_sent_apart() {
    use std::io::{Read, Write};
    // A bare server, so that nothing of ours judges itself.
    let serve = |answer: &'static [u8]| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 65536]);
            let _ = stream.write_all(answer);
        });
        url
    };
    let closed = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    for (url, status) in [
        (serve(b"HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"data\":{\"call_id\":\"id-1\"}}"), 0),
        (serve(b"HTTP/1.1 402 Payment Required\r\ncontent-length: 0\r\n\r\n"), 3),
        (serve(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"), 4),
        (serve(b""), 4),
        (closed, 5),
    ] {
        let output =
            ringg_in(&root(), &["call", "--live", MINIMAL], b"", &[("RINGG_API_KEY", "k"), ("RINGG_BASE_URL", &url)]);
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        assert!(stderr(&output).contains("calling +91********10"));
        assert_eq!(stdout(&output), if status == 0 { "id-1\n" } else { "" });
    }
}

#[test]
fn the_key_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let file = file.to_str().unwrap();
    let output = ringg(&["call", "--dry-run", "--api-key-file", file, MINIMAL], b"");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("x-api-key: ***"));
    let output = ringg(&["call", "--dry-run", "--api-key-file", "missing", MINIMAL], b"");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn unreadable_input_gets_one_line_and_the_other_files_are_still_checked() {
    let folder = tempfile::tempdir().unwrap();
    let big = vec![b' '; 100 * 1024 * 1024];
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
    let long = format!("{{\"custom_args_values\":{{\"a\":\"{}\"}}}}", "x".repeat(1024 * 1024)).into_bytes();
    let files: [(&str, &[u8], &str); 13] = [
        ("utf8.json", b"{\"a\": \"\xff\"}", "utf8.json:1:8: invalid UTF-8"),
        ("syntax.json", b"{\n  \"a\": 1,\n}", "syntax.json:3:1: invalid JSON"),
        ("open.json", b"{\"a\": \"", "open.json:1:7: invalid JSON"),
        ("empty.json", b"", "empty.json:1:1: empty"),
        ("blank.json", b" \n\n", "blank.json:1:1: empty"),
        ("big.json", &big, "big.json:1:1: larger than 8 MiB"),
        ("array.json", b"[{}]", "array.json:1:1: expected a JSON object"),
        (
            "duplicate.json",
            b"{\"name\": \"a\",\n \"name\": \"b\"}",
            "duplicate.json:2:2: a member of this name stands twice",
        ),
        ("deep.json", &deep, "deep.json:1:"),
        ("digits.json", b"{\"a\": 12345678901234567890123}", "digits.json:1:7: a number with more digits"),
        ("infinite.json", b"{\"a\": 1e400}", "infinite.json:1:"),
        ("bom.json", b"\xef\xbb\xbf{}", "bom.json:1:1: begins with a byte order mark"),
        ("two.json", b"{} {}", "two.json:1:4: invalid JSON"),
    ];
    let mut arguments = vec!["check", "missing.json", "."];
    for (name, content, _) in &files {
        std::fs::write(folder.path().join(name), content).unwrap();
        arguments.push(name);
    }
    std::fs::write(folder.path().join("good.json"), ringg_call::EXAMPLE_REQUEST).unwrap();
    std::fs::write(folder.path().join("long.json"), long).unwrap();
    arguments.extend(["good.json", "long.json"]);
    let output = ringg_in(folder.path(), &arguments, b"", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "");
    let report = stdout(&output);
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[0].starts_with("missing.json: No such file"), "{}", lines[0]);
    assert!(lines[1].starts_with(".: is a directory"), "{}", lines[1]);
    for ((name, _, expected), line) in files.iter().zip(&lines[2..]) {
        assert!(line.starts_with(expected), "{name}: {line}");
    }
    assert!(report.contains("good.json: accepted (0 denied, 0 warnings)"));
    assert!(report.contains("long.json: denied"));
}

#[test]
fn standard_input_is_read_and_named() {
    let output = ringg(&["check", "-"], b"{");
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).starts_with("<stdin>:1:"), "{}", stdout(&output));
}

#[test]
fn the_json_report_of_an_unreadable_file_says_so() {
    let output = ringg(&["check", "--format", "json", "-"], b"[]");
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["files"][0]["verdict"], "unreadable");
    assert_eq!(report["files"][0]["violations"], serde_json::json!([]));
}

#[test]
fn levels_decide_the_status() {
    for (arguments, status) in [
        (vec!["check", MINIMAL], 0),
        (vec!["check", "--deny", "warnings", MINIMAL], 1),
        (vec!["check", "--deny", "warnings", "--allow", "not-a-uuid", MINIMAL], 0),
        (vec!["check", "--deny", "not-a-uuid", MINIMAL], 1),
        (vec!["check", "--warn", "from-number-and-id", "--allow", "pool-with-from-number", FULL], 0),
        (vec!["check", "--deny", "no-such-rule", MINIMAL], 2),
    ] {
        assert_eq!(ringg(&arguments, b"").status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn every_rule_is_listed_and_explained() {
    let list = stdout(&ringg(&["rules"], b""));
    for rule in ringg_call::RULES {
        assert!(list.contains(rule.id));
        let output = ringg(&["explain", rule.id], b"");
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains(rule.why), "{}", rule.id);
    }
    let output = ringg(&["explain", "calls-itsel"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("calls-itself"));
}
