//! The corpus over every surface, and the runner itself: what it reports of a binding that is wrong, or that breaks down.

use std::process::Output;

use ringg_call::conformance::{
    Case, CaseOutcome, ClientSurface, CommandLineSurface, EndpointVerdict, ExpectedFailures, ExpectedOutcome, Finding,
    MockSurface, Observation, Report, RulesSurface, SchemaSurface, Surface, Trouble, TypesSurface, Verdict, cases, run,
};
use ringg_call::mock::MockServer;
use serde_json::Value;

use crate::support::{is_here, json, ringg, ringg_in, root, stderr, stdout};

fn assert_passes(surface: &mut dyn Surface) -> Report {
    let report = run(surface, cases(), &ExpectedFailures::own(), |_| {});
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{}: {failures:#?}", report.surface);
    report
}

#[test]
fn the_schema_passes() {
    assert_passes(&mut SchemaSurface);
}

#[test]
fn the_rules_pass() {
    assert_eq!(assert_passes(&mut RulesSurface).count(CaseOutcome::Passed), cases().len());
}

#[test]
fn the_types_pass() {
    assert_passes(&mut TypesSurface);
}

#[test]
fn the_client_passes() {
    assert_eq!(assert_passes(&mut ClientSurface::new().unwrap()).count(CaseOutcome::Passed), cases().len());
}

#[test]
fn the_stand_in_passes() {
    assert_eq!(assert_passes(&mut MockSurface::new().unwrap()).count(CaseOutcome::Passed), cases().len());
}

#[test]
fn the_program_passes() {
    let mut surface = CommandLineSurface::new(env!("CARGO_BIN_EXE_ringg"));
    assert_eq!(assert_passes(&mut surface).count(CaseOutcome::Passed), cases().len());
}

/// Runs a driver over the cases that `only` names.
fn conform(driver: &str, only: &[&str], more: &[&str]) -> Output {
    let only: Vec<&str> = only.iter().flat_map(|prefix| ["--only", prefix]).collect();
    ringg(&[&["conform", "--driver", driver, "--format", "json"], only.as_slice(), more].concat(), b"")
}

fn assert_driver_passes(command: &str) {
    let output = conform(command, &[], &[]);
    let report = &json(&stdout(&output))["surfaces"][0];
    let results = report["results"].as_array().unwrap().iter();
    let failed: Vec<&Value> = results.filter(|result| result["result"] != "passed").collect();
    assert!(failed.is_empty(), "{command}: {failed:#?}");
    assert_eq!(report["passed"], cases().len());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_python_driver_passes() {
    if is_here("python3", &["--version"]) {
        assert_driver_passes("python3 tests/drivers/drive.py");
    }
}

#[test]
fn the_node_driver_passes() {
    if is_here("node", &["--version"]) {
        assert_driver_passes("node tests/drivers/drive.mjs");
    }
}

const DESCRIBED: &str = r#"read line; echo '{"protocol": 1, "rules": []}'"#;

/// What is reported of a driver that goes wrong with its second question, the first case.
fn broken(script: &str) -> String {
    let driver = format!("{DESCRIBED}; {script}");
    let output = conform(&driver, &["minimal-request", "full-request"], &["--driver-timeout", "1"]);
    assert_eq!(output.status.code(), Some(1), "{script}: {}", stderr(&output));
    let results = json(&stdout(&output))["surfaces"][0]["results"].clone();
    assert_eq!(results.as_array().unwrap().len(), 2, "the run goes on: {results}");
    for result in results.as_array().unwrap() {
        assert_eq!((&result["result"], &result["mismatches"][0]["what"]), (&"failed".into(), &"surface".into()));
    }
    results[1]["mismatches"][0]["found"].as_str().unwrap().to_owned()
}

#[test]
fn a_driver_that_breaks_down_is_reported_against_its_case_and_the_run_goes_on() {
    assert!(broken("read line; exit 3").contains("exit status: 3"));
    assert!(broken("read line; kill -KILL $$").contains("signal: 9"));
    assert!(broken("read line; sleep 60").contains("no answer in"));
    assert!(broken("exec sleep 60 <&-").contains("no answer in"));
    assert!(broken("read line; echo garbage; sleep 60").contains("not of the protocol"));
    assert!(broken("read line; echo '{\"case\": \"other\", \"verdict\": \"denied\"}'; sleep 60").contains("\"other\""));
    assert!(broken("read line; echo '{\"case\": \"full-request\"}'; sleep 60").contains("no verdict"));
    assert!(
        broken("read line; echo '{\"case\": \"full-request\", \"verdict\": \"maybe\"}'; sleep 60").contains("maybe")
    );
    assert!(broken("read line; printf '\\377\\n'; sleep 60").contains("UTF-8"));
    assert!(broken("read line; printf 'half'").contains("middle of a line"));
    assert!(broken("read line; yes | tr -d '\\n'").contains("floods"));
    assert!(broken("yes '{\"case\": \"early\", \"verdict\": \"denied\"}'").contains("early"));
}

#[test]
fn a_driver_that_does_not_say_what_it_is_is_refused_at_once() {
    for (driver, cause) in [
        ("no-such-program-here", "ended"),
        (r#"read line; echo '{"protocol": 2, "rules": []}'"#, "speaks protocol 2"),
        (r#"read line; echo '{"protocol": 1, "rules": ["not-a-uid"]}'"#, "not-a-uid"),
        ("read line; echo hello", "not of the protocol"),
    ] {
        let output = conform(driver, &[], &[]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{driver}");
        assert!(stderr(&output).contains(cause), "{driver}: {}", stderr(&output));
    }
    assert_eq!(conform("true", &[], &["--driver-timeout", "0"]).status.code(), Some(2));
}

#[test]
fn what_is_sent_after_the_answer_is_counted_too() {
    let python = "python3";
    if !is_here(python, &["--version"]) {
        return;
    }
    // Denies every request, and sends it all the same a little later.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("late.py");
    std::fs::write(
        &program,
        r#"
import json, sys, threading, time, urllib.request
def send(question):
    time.sleep(0.2)
    request = urllib.request.Request(question["base_url"] + "/calling/v2/outbound/individual", question["body"].encode(),
        {"Content-Type": "application/json", "X-API-KEY": question["api_key"]})
    urllib.request.urlopen(request).read()
for line in sys.stdin:
    question = json.loads(line)
    if "describe" in question:
        answer = {"protocol": 1, "rules": []}
    else:
        answer = {"case": question["case"], "verdict": "denied", "violations": None}
        threading.Thread(target=send, args=(question,)).start()
    print(json.dumps(answer), flush=True)
"#,
    )
    .unwrap();
    let output = conform(&format!("{python} {}", program.display()), &["pool-and-number", "full-request"], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let results = json(&stdout(&output))["surfaces"][0]["results"].clone();
    for result in results.as_array().unwrap() {
        assert_eq!(result["mismatches"][0]["what"], "requests", "{results}");
    }
}

#[test]
fn a_pointer_that_is_made_up_is_not_the_one_expected() {
    let finding = |case: &str, rule: &str, pointer: &str| {
        let described = format!(r#"read line; echo '{{"protocol": 1, "rules": ["{rule}"]}}'"#);
        let answer = format!(
            r#"{{"case": "{case}", "verdict": "VERDICT", "violations": [{{"rule": "{rule}", "pointer": "{pointer}"}}]}}"#
        );
        let answer = answer.replace("VERDICT", if rule == "caller-number-missing" { "denied" } else { "accepted" });
        let output = conform(&format!("{described}; read line; echo '{answer}'; read line"), &[case], &[]);
        let report = json(&stdout(&output));
        let results = report["surfaces"][0]["results"].as_array().unwrap().clone();
        let mismatches = results.into_iter().find(|result| result["case"] == case).unwrap()["mismatches"].clone();
        let words = mismatches.as_array().unwrap().iter().map(|mismatch| mismatch["what"].as_str().unwrap().to_owned());
        words.filter(|what| ["violations", "surface"].contains(&what.as_str())).collect::<Vec<_>>()
    };
    let missing = |pointer: &str| finding("no-source", "caller-number-missing", pointer);
    assert_eq!(missing(""), [""; 0]);
    assert_eq!(missing("number_pool_id, please"), ["surface"]);
    assert_eq!(missing("/number_pool_id"), ["violations"]);
    let key = |pointer: &str| finding("argument-key-with-space", "argument-not-referencable", pointer);
    assert_eq!(key("/custom_args_values/order id"), [""; 0], "the true name");
    assert_eq!(key("/custom_args_values/***"), [""; 0], "and the masked one");
    assert_eq!(key("/custom_args_values/no such key"), ["violations"]);
}

#[test]
fn a_driver_may_skip_a_case_with_a_reason_and_is_asked_for_its_own_rules_only() {
    let skips = format!(
        "{DESCRIBED}; read line; echo '{{\"case\": \"minimal-request\", \"skipped\": \"no time\"}}'; read line"
    );
    let output = conform(&skips, &["minimal-request"], &[]);
    assert_eq!(output.status.code(), Some(1), "nothing was tried");
    assert_eq!(json(&stdout(&output))["surfaces"][0]["results"][0]["reason"], "no time");

    // It knows no rules, so its empty list is right; its verdict is not asked any less.
    let denies = |verdict: &str| {
        let answer = format!(r#"{{"case": "full-request", "verdict": "{verdict}"}}"#);
        conform(&format!("{DESCRIBED}; read line; echo '{answer}'; read line"), &["full-request"], &[])
    };
    assert_eq!(denies("denied").status.code(), Some(0));
    assert!(stdout(&denies("accepted")).contains(r#""what": "verdict""#));
}

/// The rules' surface, with what it saw changed.
struct Tampered<Change: FnMut(&Case, &mut Observation)>(ClientSurface, Change);

impl<Change: FnMut(&Case, &mut Observation)> Surface for Tampered<Change> {
    fn name(&self) -> String {
        "tampered".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let mut observation = self.0.observe(case)?;
        self.1(case, &mut observation);
        Ok(observation)
    }
}

/// What is reported of one case when its observation is changed.
fn tampered(id: &str, change: impl FnMut(&Case, &mut Observation)) -> Vec<&'static str> {
    let selected = cases().iter().filter(|case| case.id == id);
    let report =
        run(&mut Tampered(ClientSurface::new().unwrap(), change), selected, &ExpectedFailures::default(), |_| {});
    assert_eq!(report.results.len(), 1, "{id}");
    report.results[0].mismatches.iter().map(|mismatch| mismatch.what).collect()
}

#[test]
fn everything_that_a_binding_can_get_wrong_is_seen() {
    let id = "minimal-request";
    assert_eq!(tampered(id, |_, _| {}), [""; 0]);
    assert_eq!(tampered(id, |_, seen| seen.verdict = Some(Verdict::Denied)), ["verdict"]);
    assert_eq!(tampered(id, |_, seen| seen.findings.as_mut().unwrap().found.clear()), ["violations"]);
    let another = Finding::new("not-a-uuid", "/version_id");
    assert_eq!(tampered(id, |_, seen| seen.findings.as_mut().unwrap().found[0] = another.clone()), ["violations"]);
    assert_eq!(tampered(id, |_, seen| seen.outcome = Some(Some(ExpectedOutcome::Unknown))), ["outcome"]);
    assert_eq!(tampered(id, |_, seen| seen.outcome = Some(None)), ["outcome"]);
    assert_eq!(tampered(id, |_, seen| seen.call_id = Some("another".into())), ["call-id"]);
    assert_eq!(tampered(id, |_, seen| seen.call_id = None), ["call-id"]);
    assert_eq!(tampered(id, |_, seen| seen.endpoint = Some(EndpointVerdict::Refuses)), ["endpoint"]);
    assert_eq!(tampered(id, |_, seen| seen.body = Some(json("{}"))), ["body"]);
    assert_eq!(tampered(id, |_, seen| seen.sent.as_mut().unwrap().clear()), ["requests"]);
    let twice = |_: &Case, seen: &mut Observation| {
        let sent = seen.sent.as_mut().unwrap();
        sent.push(sent[0].clone());
    };
    assert_eq!(tampered(id, twice), ["requests"]);
    let with_body = |body: &'static [u8]| {
        move |_: &Case, seen: &mut Observation| seen.sent.as_mut().unwrap()[0].body = body.to_vec()
    };
    assert_eq!(tampered(id, with_body(b"{}")), ["body"]);
    assert_eq!(tampered(id, with_body(b"name=John")), ["body"]);
    assert_eq!(tampered(id, |_, seen| seen.sent.as_mut().unwrap()[0].method = "PUT".into()), ["method"]);
    assert_eq!(tampered(id, |_, seen| seen.sent.as_mut().unwrap()[0].path += "?key=1"), ["path"]);
    let header = |name: &'static str, value: Option<&'static str>| {
        move |_: &Case, seen: &mut Observation| {
            let headers = &mut seen.sent.as_mut().unwrap()[0].headers;
            headers.retain(|header| header.0 != name);
            headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
    };
    for (name, value) in [
        ("content-type", None),
        ("content-type", Some("text/plain")),
        ("x-api-key", None),
        ("x-api-key", Some("another")),
        ("authorization", Some("Bearer another-key")),
        ("api-version", Some("2.0")),
        ("cookie", Some("a=b")),
        ("x-trace", Some("key=conformance-key")),
    ] {
        assert_eq!(tampered(id, header(name, value)), ["header"], "{name} {value:?}");
    }
    let charset = header("content-type", Some("application/json; charset=utf-8"));
    assert_eq!(tampered(id, charset), [""; 0], "parameters may follow, unless the case says which");
    let charset = header("content-type", Some("application/json; charset=utf-8"));
    assert_eq!(tampered("headers-on-the-wire", charset), ["header"]);
    assert_eq!(tampered("headers-on-the-wire", header("referer", Some("a"))), ["header"]);
}

#[test]
fn a_body_is_compared_by_what_it_means() {
    let sent = |id: &str, from: &'static str, to: &'static str| {
        tampered(id, move |_, seen| {
            let body = &mut seen.sent.as_mut().unwrap()[0].body;
            let text = String::from_utf8(body.clone()).unwrap();
            assert!(text.contains(from), "{text}");
            *body = text.replacen(from, to, 1).into_bytes();
        })
    };
    assert_eq!(sent("required-members-only", "{", r#"{"voice_id": null, "#), [""; 0], "an optional null is absent");
    assert_eq!(sent("required-members-only", "{", r#"{"later": null, "#), ["body"], "another null is not");
    assert_eq!(sent("required-members-only", "{", r#"{"name": "Eve", "#), ["body"], "a member that is sent twice");
    assert_eq!(sent("idle-end-alone", r#""idle_timeout_end":1"#, r#""idle_timeout_end":1.0"#), [""; 0]);
    assert_eq!(sent("idle-end-alone", r#""idle_timeout_end":1"#, r#""idle_timeout_end":"1""#), ["body"]);
    assert_eq!(sent("argument-integer-of-64-bits", "18446744073709551615", "18446744073709551614"), ["body"]);
    assert_eq!(sent("argument-number", "99.5", "99.50"), [""; 0]);
    assert_eq!(sent("argument-number", "99.5", "99.4"), ["body"]);
    assert_eq!(sent("argument-null", r#""note":null"#, r#""other":null"#), ["body"]);
    assert_eq!(sent("id-list-of-many", r#""number-1","number-2""#, r#""number-2","number-1""#), ["body"]);
}

/// The results of the cases that begin with `status-40`, with expected failures.
fn with_expected_failures(text: &str) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("expected.json");
    std::fs::write(&file, text).unwrap();
    let driver =
        format!("{DESCRIBED}; read line; echo '{{\"case\": \"status-400\", \"verdict\": \"denied\"}}'; read line");
    let output = conform(&driver, &["status-400"], &["--expected-failures", file.to_str().unwrap()]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

#[test]
fn expected_failures_cut_both_ways() {
    let result = |report: &Value| report["surfaces"][0]["results"].clone();
    let (status, report) = with_expected_failures("{}");
    assert_eq!((status, &result(&report)[0]["result"]), (Some(1), &"failed".into()));

    let listed = |mismatches: &str| {
        format!(r#"{{"driver": {{"status-400": {{"reason": "not yet", "mismatches": {mismatches}}}}}}}"#)
    };
    let mismatches: Vec<String> = result(&report)[0]["mismatches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mismatch| {
            let part = |name: &str| mismatch[name].as_str().unwrap();
            format!("{}: expected {}, found {}", part("what"), part("expected"), part("found"))
        })
        .collect();
    assert_eq!(mismatches[0], "verdict: expected accepted, found denied");
    let (status, report) = with_expected_failures(&listed(&serde_json::json!(mismatches).to_string()));
    assert_eq!((status, &result(&report)[0]["result"]), (Some(0), &"expected-failure".into()), "{report}");
    assert_eq!(result(&report)[0]["reason"], "not yet");

    // The same in kind, and found to be another.
    let mut others = mismatches.clone();
    others[0] = "verdict: expected denied, found accepted".into();
    for listed_otherwise in [&mismatches[..1], &others[..]] {
        let (status, report) = with_expected_failures(&listed(&serde_json::json!(listed_otherwise).to_string()));
        assert_eq!(status, Some(1));
        assert!(result(&report)[0]["reason"].as_str().unwrap().contains("fails otherwise"), "{report}");
    }

    let (status, report) = with_expected_failures(
        r#"{"driver": {"no-such-case": {"reason": "gone", "mismatches": ["verdict: expected accepted, found denied"]}}}"#,
    );
    assert_eq!((status, &result(&report)[1]["case"]), (Some(1), &"no-such-case".into()), "{report}");

    assert_eq!(with_expected_failures("[]").0, Some(2));
    assert_eq!(with_expected_failures(r#"{"driver": {"status-400": {"reason": "x"}}}"#).0, Some(2));

    // A case of the list that passes.
    let passes = ExpectedFailures::parse(
        r#"{"rules": {"minimal-request": {"reason": "x", "mismatches": ["verdict: expected accepted, found denied"]}}}"#,
    );
    let minimal = cases().iter().filter(|case| case.id == "minimal-request");
    let report = run(&mut RulesSurface, minimal, &passes.unwrap(), |_| {});
    assert!(report.failures().next().unwrap().reason.as_ref().unwrap().contains("did not fail"));
}

/// `ringg conform --base-url` on a server.
fn conform_server(base_url: &str, more: &[&str]) -> Output {
    ringg_in(&root(), &[&["conform", "--base-url", base_url], more].concat(), b"", &[("RINGG_API_KEY", "key")])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_half_passes_on_the_stand_in_and_with_live_rings_nobody() {
    let server = MockServer::start("key").await.unwrap();
    let output = conform_server(&server.base_url(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report = &json(&stdout(&output))["surfaces"][0];
    let stated = cases().iter().filter(|case| case.expect.endpoint.is_some()).count();
    assert_eq!((&report["passed"], &report["failed"]), (&stated.into(), &0.into()));
    assert!(server.summary().rings > 0);

    server.reset();
    let output = conform_server(&server.base_url(), &["--live"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let summary = server.summary();
    assert!(summary.rings == 0 && summary.requests > 10, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_test_number_or_a_key_is_refused() {
    let server = MockServer::start("key").await.unwrap();
    for number in ["hello", "", "4155550199"] {
        let output = conform_server(&server.base_url(), &["--live", "--test-number", number]);
        assert_eq!(output.status.code(), Some(2), "{number}");
    }
    let arguments = ["conform", "--base-url", &server.base_url()];
    for key in ["", " ", "a\nb"] {
        assert_eq!(ringg_in(&root(), &arguments, b"", &[("RINGG_API_KEY", key)]).status.code(), Some(2));
    }
    assert_eq!(server.summary().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_number_takes_the_place_of_every_other_and_is_printed_nowhere() {
    let server = wiremock::MockServer::start().await;
    let created =
        wiremock::ResponseTemplate::new(200).set_body_raw(r#"{"data": {"call_id": "1"}}"#, "application/json");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(created).mount(&server).await;
    let output =
        conform_server(&server.uri(), &["--live", "--test-number", "+14155550199", "--only", "required-members"]);
    assert_eq!(output.status.code(), Some(1), "this server accepts everything");
    let mut called = 0;
    for request in server.received_requests().await.unwrap() {
        if let Some(number) = json(std::str::from_utf8(&request.body).unwrap()).get("mobile_number") {
            assert_eq!(number, "+14155550199");
            called += 1;
        }
    }
    assert!(called > 5);
    assert!(!stdout(&output).contains("4155550199") && !stderr(&output).contains("4155550199"));
}

#[test]
fn a_server_that_is_elsewhere_is_not_called_unless_it_is_permitted() {
    for (arguments, cause) in [
        (vec!["--base-url", "https://api.example.com"], "--live permits it"),
        (vec!["--base-url", "http://api.example.com", "--live"], "not https"),
        (vec!["--base-url", "api.example.com"], "--base-url"),
        (vec!["--base-url", "https://api.example.com", "--test-number", "+14155550199"], "--live"),
        (vec!["--base-url", "http://127.0.0.1:1"], "RINGG_API_KEY"),
        (vec!["--base-url", "http://127.0.0.1:1/?key=1"], "a query"),
        (vec!["--base-url", "http://user@127.0.0.1:1"], "credentials"),
        (vec!["--only", "no-such-case"], "no case or topic begins with no-such-case"),
        (vec!["--only", ""], "--only"),
        (vec!["--expected-failures", "no-such-file"], "no-such-file"),
    ] {
        let output = ringg(&[&["conform"], arguments.as_slice()].concat(), b"");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(cause), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn cases_are_listed_and_reported_in_every_form() {
    let listed = stdout(&ringg(&["conform", "--list", "--only", "authentication"], b""));
    let topic = cases().iter().filter(|case| case.topic() == "authentication");
    assert_eq!(listed.lines().count(), topic.count());
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    let arguments = ["conform", "--surface", "rules", "--surface", "schema", "--junit", junit.to_str().unwrap()];
    let output = ringg(&[arguments.as_slice(), &["--only", "no-key", "--only", "key-refused"]].concat(), b"");
    assert_eq!(stdout(&output), "rules: 3 passed, 0 failed\nschema: 3 passed, 0 failed\n");
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains(r#"time=""#), "{junit}");
    assert!(junit.contains(r#"tests="6""#) && junit.contains(r#"classname="schema""#), "{junit}");
}
