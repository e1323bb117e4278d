//! `ringg verify`: with commands written for the purpose, and with clients as people write them in other languages.

use std::io::Read;
use std::process::{Command, Output, Stdio};

use ringg_call::mock::FAULTS;

use crate::support::{is_here, json, ringg, root, stderr, stdout};

/// A POST with curl of these members merged into the example request.
fn curl(members: &str) -> String {
    let body = crate::support::example_with(members).to_string();
    format!(
        "curl --silent \"$RINGG_BASE_URL/calling/v2/outbound/individual\" --header 'Content-Type: application/json' \
         --header \"X-API-KEY: $RINGG_API_KEY\" --data '{body}' >/dev/null"
    )
}

fn verify(arguments: &[&str], script: &str) -> Output {
    ringg(&[&["verify"], arguments, &["--", "sh", "-c", script]].concat(), b"")
}

/// Python with the packages that the clients need: that of the environment the README sets up, or the machine's own.
fn python() -> Option<String> {
    let own = root().join("target/clients/bin/python");
    let candidates = [own.to_str().unwrap().to_owned(), "python3".into()];
    candidates.into_iter().find(|python| is_here(python, &["-c", "import requests"]))
}

#[test]
fn a_command_without_violations_passes_and_its_output_is_untouched() {
    let script = format!("{}; echo to-stdout; echo to-stderr >&2", curl("{}"));
    let output = verify(&["--max-calls", "1", "--expect-calls", "1"], &script);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "to-stdout\n");
    assert!(
        stderr(&output).starts_with("to-stderr\nringg verify: 1 request, 1 call would have rung"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_denied_violation_fails_although_the_server_answers_it() {
    let output = verify(&["--format", "json"], &curl(r#"{"from_number": "+14155550123"}"#));
    assert_eq!(output.status.code(), Some(1));
    let report = json(&stdout(&output));
    assert_eq!((&report["summary"]["rings"], &report["summary"]["denied"]), (&1.into(), &1.into()));
    assert_eq!(report["violations"][0]["rule"], "pool-with-from-number");
    assert_eq!(report["violations"][0]["pointer"], "/number_pool_id");
    assert_eq!(report["violations"][0]["request"]["mobile_number"], "+91********10");
    assert!(!stdout(&output).contains("4155550123"));
}

#[test]
fn levels_decide() {
    let warned = curl(r#"{"agent_id": "a"}"#);
    for (arguments, status) in
        [(vec![], 0), (vec!["--deny", "warnings"], 1), (vec!["--deny", "warnings", "--allow", "not-a-uuid"], 0)]
    {
        assert_eq!(verify(&arguments, &warned).status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn the_commands_own_failure_is_the_status() {
    assert_eq!(verify(&[], "exit 7").status.code(), Some(7));
    assert_eq!(verify(&["--expect-calls", "3"], "exit 7").status.code(), Some(7));
    assert_eq!(verify(&[], "kill -KILL $$").status.code(), Some(137));
    let missing = ringg(&["verify", "--", "no-such-command-here"], b"");
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("no-such-command-here"));
}

#[test]
fn call_limits_and_required_faults_fail_the_run() {
    let twice = format!("{0}; {0}", curl("{}"));
    assert_eq!(verify(&["--max-calls", "2"], &twice).status.code(), Some(0));
    assert_eq!(verify(&["--max-calls", "1"], &twice).status.code(), Some(1));
    assert_eq!(verify(&["--expect-calls", "3"], &twice).status.code(), Some(1));
    assert_eq!(verify(&["--require-fault", "drop"], &twice).status.code(), Some(1));
    let dropped = curl(r#"{"mobile_number": "+15005551001"}"#) + "; true";
    assert_eq!(verify(&["--require-fault", "drop"], &dropped).status.code(), Some(0));
    assert_eq!(verify(&["--require-fault", "no-such"], &dropped).status.code(), Some(2));
}

#[test]
fn each_fault_is_met_by_its_number_and_required_by_its_name() {
    let all: Vec<&str> = FAULTS.iter().flat_map(|fault| ["--require-fault", fault.name]).collect();
    for fault in FAULTS {
        // The silent one never answers.
        let patience = if fault.name == "silence" { "--max-time 0.5" } else { "" };
        let written = format!("--silent {patience} --write-out '%{{http_code}}' --output /dev/null");
        let call = curl(&format!(r#"{{"mobile_number": "{}"}}"#, fault.number()));
        let script = call.replace("--silent", &written).replace(">/dev/null", "; true");
        let status = match fault.name {
            "drop" | "silence" => "000",
            name => name.strip_prefix("status-").unwrap_or("200"),
        };
        let rings = if fault.rings { "1" } else { "0" };
        let met = verify(&["--require-fault", fault.name, "--expect-calls", rings], &script);
        assert_eq!((met.status.code(), stdout(&met).as_str()), (Some(0), status), "{}: {}", fault.name, stderr(&met));
        if fault.name == "slow" {
            continue;
        }
        let others = verify(&all, &script);
        assert_eq!(others.status.code(), Some(1), "{}", fault.name);
        let missed = stderr(&others).lines().filter(|line| line.contains("FAILED: the fault ")).count();
        assert_eq!(missed, FAULTS.len() - 1, "{}: {}", fault.name, stderr(&others));
        assert!(stderr(&others).contains(&format!("fault {}: met 1 time", fault.name)));
    }
}

#[test]
fn a_request_that_is_never_accepted_is_told_with_a_masked_excerpt() {
    let refused = curl(r#"{"number_pool_id": null, "name": "Zanzibar"}"#);
    let output = verify(&[], &format!("{refused}; {refused}; {}", curl("{}")));
    assert_eq!(output.status.code(), Some(1));
    let report = stderr(&output);
    assert!(report.contains("3 requests, 1 call would have rung, 1 distinct request never accepted"), "{report}");
    assert!(report.contains("[caller-number-missing], 2 times"), "{report}");
    assert!(
        report.contains("+91********10") && !report.contains("Zanzibar") && !report.contains("9876543210"),
        "{report}"
    );
    // The same request with another key first: it is accepted in the end.
    let again = curl("{}");
    let unauthorized = again.replace("$RINGG_API_KEY", "other");
    assert!(stderr(&verify(&[], &format!("{unauthorized}; {again}"))).contains("0 distinct requests never accepted"));
}

#[test]
fn a_request_that_is_none_of_the_operation_fails_the_run_and_is_shown() {
    let base = "curl --silent --output /dev/null --header \"X-API-KEY: $RINGG_API_KEY\" \"$RINGG_BASE_URL";
    let json = "--header 'Content-Type: application/json'";
    let operation = ringg_call::mock::PATH;
    for (script, line) in [
        (format!("{base}/calling/v1/call\" {json} --data '{{}}'"), "POST /calling/v1/call: 404, "),
        (format!("{base}/calls/+919876543210\" {json} --data '{{}}'"), "POST /calls/***: 404, "),
        (
            format!("{base}{operation}\" --request PUT {json} --data '{{}}'"),
            "PUT /calling/v2/outbound/individual: 405, ",
        ),
        (format!("{base}{operation}\" --data '{{}}'"), "415, The body is application/json."),
        (format!("{base}{operation}\" {json} --data 'nonsense'"), "400, line 1, column 2: invalid JSON"),
    ] {
        let output = verify(&[], &script);
        assert_eq!(output.status.code(), Some(1), "{script}");
        let report = stderr(&output);
        assert!(
            report.contains("FAILED: every request is one of this operation and can be read: 1 of 1 not"),
            "{report}"
        );
        assert!(report.contains("  never accepted: ") && report.contains(line), "{report}");
    }
    // The wrong key may be a test of the code under test; it is shown.
    let unauthorized = verify(&[], &curl("{}").replace("$RINGG_API_KEY", "other"));
    assert_eq!(unauthorized.status.code(), Some(0));
    assert!(stderr(&unauthorized).contains("individual: 401, Missing or invalid X-API-KEY."));
}

#[test]
fn a_call_that_is_sent_just_before_the_command_ends_counts() {
    if !is_here("python3", &["--version"]) {
        return;
    }
    let body = crate::support::example_with("{}").to_string();
    // Sends a whole request, reads nothing, and ends.
    let script = format!(
        "import os, socket, urllib.parse\n\
         server = urllib.parse.urlparse(os.environ['RINGG_BASE_URL'])\n\
         body = {body:?}\n\
         head = 'POST /calling/v2/outbound/individual HTTP/1.1\\r\\nhost: a\\r\\ncontent-type: application/json\\r\\n'\n\
         head += 'x-api-key: %s\\r\\ncontent-length: %d\\r\\n\\r\\n' % (os.environ['RINGG_API_KEY'], len(body))\n\
         connection = socket.create_connection((server.hostname, server.port))\n\
         connection.sendall((head + body).encode())\n\
         os._exit(0)"
    );
    for _ in 0..5 {
        let output = ringg(&["verify", "--max-calls", "0", "--", "python3", "-S", "-c", &script], b"");
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("FAILED: at most 0 calls may ring: 1 rang"), "{}", stderr(&output));
    }
}

#[test]
fn a_reset_of_the_journal_hides_nothing() {
    let reset = "curl --silent --request DELETE \"$RINGG_BASE_URL/__ringg/calls\"";
    let twice = format!("{}; {reset}; {}; {reset}", curl("{}"), curl(r#"{"from_number": "+14155550123"}"#));
    let output = verify(&["--max-calls", "1"], &twice);
    assert_eq!(output.status.code(), Some(1));
    let report = stderr(&output);
    assert!(report.contains("2 requests, 2 calls would have rung"), "{report}");
    assert!(report.contains("[pool-with-from-number], 1 time"), "{report}");
    assert!(report.contains("FAILED: at most 1 call may ring: 2 rang"), "{report}");
}

#[test]
fn a_report_that_cannot_be_written_hides_neither_the_commands_status_nor_the_other_report() {
    for lost in [["--junit", "no-such-folder/junit.xml"], ["--output", "no-such-folder/report"]] {
        let output = verify(&lost, "exit 7");
        assert_eq!(output.status.code(), Some(7), "{lost:?}");
        assert!(stderr(&output).contains("no-such-folder"), "{}", stderr(&output));
        assert_eq!(verify(&lost, "true").status.code(), Some(2), "{lost:?}");
    }
    assert!(stderr(&verify(&["--junit", "no-such-folder/junit.xml"], "true")).contains("ok: the command succeeds"));
}

#[test]
fn each_failure_of_junit_says_its_own_cause_and_annotations_begin_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    let script = format!("{}; printf 'no end of line'", curl(r#"{"from_number": "+14155550123"}"#));
    let arguments = ["--format", "github", "--expect-calls", "5", "--junit", junit.to_str().unwrap()];
    let output = verify(&arguments, &script);
    assert!(stdout(&output).starts_with("no end of line\n::error "), "{}", stdout(&output));
    let junit = std::fs::read_to_string(&junit).unwrap();
    assert_eq!(junit.matches("classname=\"ringg verify\"").count(), 4, "{junit}");
    let calls = junit.split("5 calls must ring").nth(1).unwrap();
    assert!(!calls.contains("pool-with-from-number") && junit.contains("pool-with-from-number"), "{junit}");
}

#[test]
fn a_command_that_calls_nobody_is_told() {
    let output = verify(&[], "true");
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("no request came"));
}

#[test]
fn the_variables_can_be_renamed() {
    let script = r#"test -n "$CALLS_URL" && test -n "$CALLS_KEY" && test -z "$RINGG_BASE_URL""#;
    let output = verify(&["--base-url-variable", "CALLS_URL", "--api-key-variable", "CALLS_KEY"], script);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn variables_that_cannot_be_set_are_refused() {
    for (arguments, cause) in [
        (["--base-url-variable", "", "--api-key-variable", "K"], "not the name of an environment variable"),
        (["--base-url-variable", "A=B", "--api-key-variable", "K"], "not the name of an environment variable"),
        (["--base-url-variable", "K", "--api-key-variable", "K"], "both"),
    ] {
        let output = verify(&arguments, "true");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(cause), "{}", stderr(&output));
    }
}

#[test]
fn every_form_of_report_says_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let script = curl(r#"{"from_number": "+14155550123"}"#);
    for format in ["human", "json", "github", "sarif"] {
        let output = verify(&["--format", format, "--output", &file(format), "--junit", &file("junit.xml")], &script);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{format}");
        let report = std::fs::read_to_string(file(format)).unwrap();
        assert!(report.contains("pool-with-from-number"), "{format}: {report}");
    }
    let sarif = json(&std::fs::read_to_string(file("sarif")).unwrap());
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2, "a violation and a failed check");
    for result in results {
        assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string(), "{result}");
    }
    let junit = std::fs::read_to_string(file("junit.xml")).unwrap();
    assert!(
        junit.contains(r#"tests="3""#) && junit.contains(r#"failures="1""#) && junit.contains("pool-with-from-number"),
        "{junit}"
    );
    assert_eq!(verify(&["--output", "no-such-folder/report"], "true").status.code(), Some(2));
}

#[test]
fn every_form_of_report_names_a_request_that_was_never_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let script = "curl --silent --output /dev/null \"$RINGG_BASE_URL/wrong/path\"";
    for format in ["human", "json", "github", "sarif"] {
        let output = verify(&["--format", format, "--output", &file(format), "--junit", &file("junit.xml")], script);
        assert_eq!(output.status.code(), Some(1), "{format}");
        for report in [format, "junit.xml"] {
            let report = std::fs::read_to_string(file(report)).unwrap();
            assert!(report.contains("/wrong/path") && report.contains("404"), "{format}: {report}");
        }
    }
}

#[test]
fn what_is_no_http_fails_the_run_and_is_told() {
    let output = verify(&[], "curl --silent --insecure \"https${RINGG_BASE_URL#http}\" || true");
    assert_eq!(output.status.code(), Some(1));
    let report = stderr(&output);
    assert!(
        report.contains("  1 connection refused: no HTTP (https perhaps), or more headers than are read\n"),
        "{report}"
    );
    assert!(report.contains("FAILED: every request is one of this operation and can be read: 1 of 1 not"), "{report}");
    assert!(!report.contains("no request came"), "{report}");
}

#[test]
fn two_reports_cannot_share_a_file_and_a_fault_is_demanded_once() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").to_str().unwrap().to_owned();
    let output = verify(&["--output", &report, "--junit", &report], "true");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("name one file"), "{}", stderr(&output));
    let twice = stderr(&verify(&["--require-fault", "drop", "--require-fault", "drop"], "true"));
    assert_eq!(twice.matches("the fault drop is met").count(), 1, "{twice}");
}

#[test]
fn a_signal_reaches_the_command_and_its_children() {
    // The child ends by itself after some seconds, should no signal come.
    let child = "trap 'echo child; exit' INT TERM HUP; echo ready; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done";
    let script = format!("trap 'echo command; exit 42' INT TERM HUP; sh -c \"{child}\"; sleep 5");
    for signal in ["TERM", "INT", "HUP"] {
        let mut verify = Command::new(env!("CARGO_BIN_EXE_ringg"))
            .args(["verify", "--", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        verify.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        let sent = Command::new("kill").args([&format!("-{signal}"), &verify.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = verify.wait_with_output().unwrap();
        assert_eq!(stdout(&output), "child\ncommand\n", "{signal}");
        assert_eq!(output.status.code(), Some(42), "{signal}");
    }
}

#[test]
fn a_command_at_a_terminal_reads_from_it_and_gets_its_signals_once() {
    if !is_here("python3", &["--version"]) {
        return;
    }
    // A terminal of its own, in which text is typed once the command is ready; what was shown, and the exit status. A
    // command that is stopped because it reads would hold up the suite for ever.
    let terminal = "import os, pty, signal, sys\n\
        process, terminal = pty.fork()\n\
        if process == 0:\n\
        \x20   os.execv(sys.argv[1], [sys.argv[1], 'verify', '--', 'sh', '-c', sys.argv[2]])\n\
        signal.alarm(60)\n\
        shown = b''\n\
        typed = False\n\
        while True:\n\
        \x20   try:\n\
        \x20       some = os.read(terminal, 4096)\n\
        \x20   except OSError:\n\
        \x20       break\n\
        \x20   if not some:\n\
        \x20       break\n\
        \x20   shown += some\n\
        \x20   if b'ready' in shown and not typed:\n\
        \x20       typed = True\n\
        \x20       os.write(terminal, sys.argv[3].encode())\n\
        print(shown.decode())\n\
        print('status', os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))";
    let run = |script: &str, typed: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", terminal, env!("CARGO_BIN_EXE_ringg"), script, typed]);
        stdout(&command.output().unwrap())
    };
    let read = run("echo ready; read line; echo got $line", "hello\n");
    assert!(read.contains("got hello") && read.contains("status 0"), "{read}");
    let trap = "trap 'count=$((count+1))' INT; echo ready; sleep 1; sleep 1; echo $count signals; exit 42";
    let interrupted = run(trap, "\u{3}");
    assert!(interrupted.contains("1 signals") && interrupted.contains("status 42"), "{interrupted}");
}

/// Places one call, then meets a refusal, as each client must.
fn assert_places_and_refuses(command: &[&str]) {
    let run = |number: &str| ringg(&[&["verify", "--max-calls", "1", "--"], command, &[number]].concat(), b"");
    let output = run("+919876543210");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 request, 1 call would have rung"));
    assert!(uuid::Uuid::try_parse(stdout(&output).trim()).is_ok(), "prints the call id: {}", stdout(&output));
    let refused = run("+15005550402");
    assert_ne!(refused.status.code(), Some(0), "a refusal");
    assert!(stderr(&refused).contains("1 request, 0 calls would have rung"), "{}", stderr(&refused));
}

#[test]
fn a_python_client_is_verified() {
    if let Some(python) = python() {
        assert_places_and_refuses(&[&python, "tests/clients/place_call.py"]);
    }
}

#[test]
fn a_node_client_is_verified() {
    if is_here("node", &["--version"]) {
        assert_places_and_refuses(&["node", "tests/clients/place_call.mjs"]);
    }
}

#[test]
fn a_curl_script_is_verified() {
    if is_here("curl", &["--version"]) {
        assert_places_and_refuses(&["sh", "tests/clients/place_call.sh"]);
    }
}

#[test]
fn a_client_that_dials_again_after_a_lost_answer_is_caught() {
    let Some(python) = python() else { return };
    assert_places_and_refuses(&[&python, "tests/clients/place_call_with_retry.py"]);
    let run = |arguments: &[&str]| {
        let command = ["--", &python, "tests/clients/place_call_with_retry.py", "+15005551001"];
        ringg(&[&["verify"], arguments, &command].concat(), b"")
    };
    let caught = run(&["--max-calls", "1"]);
    assert_eq!(caught.status.code(), Some(1));
    assert!(stderr(&caught).contains("FAILED: at most 1 call may ring: 3 rang"), "{}", stderr(&caught));
    assert_eq!(run(&[]).status.code(), Some(0), "nothing else is wrong with it");
}
