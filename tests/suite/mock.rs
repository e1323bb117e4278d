//! The stand-in: answers, journal, limits, and the program that carries it. Its faults are in `faults`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ringg_call::mock::{MockServer, Responder};
use serde_json::Value;

use crate::support::{calling, documented, example_with, is_here, json, post, ringg, root, stderr, stdout};

async fn get(server: &MockServer, path: &str) -> Value {
    let response = reqwest::get(format!("{}{path}", server.base_url())).await.unwrap();
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_rest_of_http_is_answered_and_rings_nothing() {
    let server = MockServer::start("key").await.unwrap();
    let client = reqwest::Client::new();
    let url = format!("{}{}", server.base_url(), ringg_call::mock::PATH);
    let status = |request: reqwest::RequestBuilder| async { request.send().await.unwrap().status().as_u16() };
    assert_eq!(status(client.post(format!("{}/other", server.base_url()))).await, 404);
    assert_eq!(status(client.get(&url)).await, 405);
    assert_eq!(client.delete(&url).send().await.unwrap().headers()["allow"], "POST");
    assert_eq!(status(client.post(&url).body("{}")).await, 415);
    let json = |body: Vec<u8>| {
        client
            .post(&url)
            .header("content-type", "application/json; charset=utf-8")
            .header("x-api-key", "key")
            .body(body)
    };
    assert_eq!(status(json(b"{".to_vec())).await, 400);
    assert_eq!(status(json(Vec::new())).await, 400);
    assert_eq!(status(json(vec![b' '; 9 * 1024 * 1024])).await, 413);
    assert_eq!(server.summary().rings, 0);
}

#[tokio::test]
async fn the_journal_is_read_and_reset_over_http_and_shows_no_value() {
    let server = MockServer::start("key").await.unwrap();
    post(&server, Some("key"), &documented("request-minimal.json")).await;
    post(&server, Some("key"), r#"{"name": "Zanzibar"}"#).await;
    let calls = get(&server, "/__ringg/calls").await;
    assert_eq!(calls["calls"][0]["rings"], true);
    assert_eq!(calls["calls"][0]["request"]["mobile_number"], "+91********10");
    assert_eq!(calls["calls"][1]["status"], 400);
    assert!(!calls.to_string().contains("Zanzibar") && !calls.to_string().contains("9876543210"));
    let summary = get(&server, "/__ringg/summary").await;
    assert_eq!(
        (&summary["requests"], &summary["rings"], &summary["denied"], &summary["never_accepted"]),
        (&2.into(), &1.into(), &1.into(), &1.into())
    );
    assert_eq!(summary["violations"]["not-a-uuid"], 1);
    let reset = reqwest::Client::new().delete(format!("{}/__ringg/calls", server.base_url())).send().await.unwrap();
    assert_eq!((reset.status().as_u16(), reset.headers().get("content-type")), (204, None));
    assert_eq!(reset.bytes().await.unwrap().len(), 0);
    let put = reqwest::Client::new().put(format!("{}/__ringg/summary", server.base_url())).send().await.unwrap();
    assert_eq!((put.status().as_u16(), put.headers()["allow"].to_str().unwrap()), (405, "GET"));
    let put = reqwest::Client::new().put(format!("{}/__ringg/calls", server.base_url())).send().await.unwrap();
    assert_eq!((put.status().as_u16(), put.headers()["allow"].to_str().unwrap()), (405, "GET, DELETE"));
    let other = reqwest::get(format!("{}/__ringg/other", server.base_url())).await.unwrap();
    assert_eq!(other.status().as_u16(), 404);
    assert_eq!(get(&server, "/__ringg/summary").await["requests"], 0);
}

#[tokio::test]
async fn the_journal_tells_what_came_what_the_contract_makes_of_it_and_what_was_answered() {
    let server = MockServer::start("key").await.unwrap();
    let (_, placed) = post(&server, Some("key"), &documented("request-minimal.json")).await;
    let denied = example_with(r#"{"from_number": "+14155550123"}"#).to_string();
    let (_, answered) = post(&server, Some("key"), &denied).await;
    post(&server, Some("other"), &denied).await;
    post(&server, Some("key"), "[").await;
    post(&server, None, "[").await;
    post(&server, Some("key"), &calling("+15005551004")).await;
    post(&server, Some("key"), &calling("+15005551005")).await;
    reqwest::get(format!("{}/calls/+919876543210?key=1", server.base_url())).await.unwrap();
    let calls = get(&server, "/__ringg/calls").await;
    let seen = |index: usize| {
        let call = &calls["calls"][index];
        (
            call["status"].as_u64().unwrap(),
            call["judgement"].as_str().unwrap_or("none").to_owned(),
            call["rings"] == true,
        )
    };
    let expected = [
        (200, "accepted", true),
        (200, "denied", true),
        (401, "denied", false),
        (400, "unreadable", false),
        (401, "unreadable", false),
        (200, "accepted", true),
        (200, "accepted", true),
        (404, "none", false),
    ];
    for (index, (status, judgement, rings)) in expected.into_iter().enumerate() {
        assert_eq!(seen(index), (status, judgement.to_owned(), rings), "{index}");
        assert_eq!(calls["calls"][index]["number"], index + 1);
    }
    assert_eq!(calls["calls"][0]["call_id"], placed["data"]["call_id"]);
    assert_eq!(calls["calls"][1]["call_id"], answered["data"]["call_id"]);
    assert!(calls["calls"][5]["call_id"].is_string(), "an odd success tells its id");
    assert_eq!((&calls["calls"][2]["call_id"], &calls["calls"][6]["call_id"]), (&Value::Null, &Value::Null));
    assert_eq!(calls["calls"][2]["message"], "Missing or invalid X-API-KEY.");
    assert_eq!(calls["calls"][0]["message"], Value::Null);
    assert_eq!((&calls["calls"][0]["method"], &calls["calls"][7]["method"]), (&"POST".into(), &"GET".into()));
    assert_eq!(calls["calls"][0]["path"], ringg_call::mock::PATH);
    assert_eq!(calls["calls"][7]["path"], "/calls/***");
}

#[tokio::test]
async fn a_call_that_rang_was_accepted_though_its_answer_was_lost() {
    let server = MockServer::start("key").await.unwrap();
    let url = format!("{}{}", server.base_url(), ringg_call::mock::PATH);
    let request =
        reqwest::Client::new().post(&url).header("content-type", "application/json").header("x-api-key", "key");
    request.body(calling("+15005551001")).send().await.unwrap_err();
    assert_eq!(server.summary().never_accepted, 0);
    // One body by another method, or to another path, is another request.
    reqwest::Client::new().put(&url).send().await.unwrap();
    reqwest::get(&url).await.unwrap();
    reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(server.summary().never_accepted, 3);
}

#[test]
fn no_level_changes_what_the_server_answers() {
    let no_source = example_with(r#"{"number_pool_id": null}"#).to_string();
    let warned = example_with(r#"{"agent_id": "a"}"#).to_string();
    for arguments in [
        &[][..],
        &["--allow", "caller-number-missing"],
        &["--warn", "caller-number-missing"],
        &["--deny", "warnings"],
        &["--allow", "schema/minimum", "--warn", "not-a-uuid"],
    ] {
        let (_program, address) = program(arguments);
        let refused = exchange(&address, &request(&no_source));
        assert!(
            refused.starts_with("HTTP/1.1 400 ") && refused.contains("deny: (request): "),
            "{arguments:?}: {refused}"
        );
        assert!(exchange(&address, &request(&warned)).starts_with("HTTP/1.1 200 "), "{arguments:?}");
    }
}

#[test]
fn an_empty_key_is_refused_and_locks_nobody_out() {
    let output = Command::new(env!("CARGO_BIN_EXE_ringg"))
        .args(["mock", "--listen", "127.0.0.1:0"])
        .env("RINGG_MOCK_API_KEY", "")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("--api-key"), "{}", stderr(&output));
}

#[tokio::test]
async fn the_journal_keeps_the_newest_and_counts_all() {
    let server = MockServer::start("key").await.unwrap();
    let client = reqwest::Client::new();
    for _ in 0..1005 {
        client.post(format!("{}{}", server.base_url(), ringg_call::mock::PATH)).body("{}").send().await.unwrap();
    }
    let exchanges = server.exchanges();
    assert_eq!((exchanges.len(), exchanges[0].number, server.summary().requests), (1000, 6, 1005));
}

#[tokio::test]
async fn the_same_behaviour_is_carried_by_wiremock() {
    let server = wiremock::MockServer::start().await;
    let responder = Responder::new("key");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(responder.clone()).mount(&server).await;
    let url = format!("{}{}", server.uri(), ringg_call::mock::PATH);
    let send = |body: String| {
        reqwest::Client::new()
            .post(&url)
            .header("content-type", "application/json")
            .header("x-api-key", "key")
            .body(body)
            .send()
    };
    assert_eq!(send(documented("request-minimal.json")).await.unwrap().status().as_u16(), 200);
    assert_eq!(send(documented("request-full.json")).await.unwrap().status().as_u16(), 400);
    assert_eq!(send(calling("+15005550429")).await.unwrap().headers()["retry-after"], "1");
    assert_eq!((responder.summary().requests, responder.summary().rings, responder.exchanges().len()), (3, 1, 3));
    // The journal is wiremock's to ask for too.
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    responder.reset();
    assert_eq!((responder.summary().requests, responder.exchanges().len()), (0, 0));
}

#[tokio::test]
async fn answers_validate_against_the_specification() {
    // The schema as build.rs made it of openapi.yaml, and jsonschema on raw JSON: none of the types takes part.
    let mut schema = json(include_str!(concat!(env!("OUT_DIR"), "/schema.json")));
    let server = MockServer::start("key").await.unwrap();
    for (definition, body) in [
        ("CallResponse", documented("request-minimal.json")),
        ("ErrorResponse", "{}".into()),
        ("CallResponse", calling("+15005551004")),
    ] {
        schema["allOf"] = serde_json::json!([{"$ref": format!("#/definitions/{definition}")}]);
        let (_, answer) = post(&server, Some("key"), &body).await;
        assert!(jsonschema::draft4::new(&schema).unwrap().is_valid(&answer), "{definition}: {answer}");
    }
}

#[test]
fn schemathesis_finds_nothing() {
    let own = root().join("target/schemathesis/bin/schemathesis");
    let candidates = [own.to_str().unwrap(), "schemathesis"];
    let Some(program) = candidates.into_iter().find(|program| is_here(program, &["--version"])) else { return };
    let run = Command::new(root().join("tests/schemathesis/run"))
        .args([env!("CARGO_BIN_EXE_ringg"), program, "--max-examples", "25", "--seed", "1"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}{}", stdout(&run), stderr(&run));
    // The stand-in says how often it would have rung: requests reached it, and some were accepted.
    assert!(!stderr(&run).contains(" 0 rings"), "{}", stderr(&run));
}

/// A process that ends with its test, whatever the test ends with.
struct Program(Option<Child>);

impl Program {
    fn signal(&self, signal: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `ringg mock` as a process, and the address of its ready line.
fn program(arguments: &[&str]) -> (Program, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringg"))
        .args(["mock", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("ringg mock: listening on http://").unwrap().to_owned();
    (Program(Some(child)), address)
}

fn exchange(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn minimal_request() -> Vec<u8> {
    request(&documented("request-minimal.json"))
}

fn request(body: &str) -> Vec<u8> {
    format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\nx-api-key: k\r\ncontent-length: {}\r\n\r\n{body}",
        ringg_call::mock::PATH,
        body.len()
    )
    .into_bytes()
}

#[test]
fn a_signal_stops_the_program_cleanly() {
    for signal in ["INT", "TERM"] {
        let (program, address) = program(&[]);
        assert!(exchange(&address, &minimal_request()).starts_with("HTTP/1.1 200 OK"));
        program.signal(signal);
        let output = program.output();
        assert_eq!(output.status.code(), Some(0), "{signal}");
        assert_eq!(stderr(&output), "ringg mock: stopped after 1 request, 1 ring\n");
    }
}

#[test]
fn a_seed_repeats_ids_and_times() {
    let answer = |seed: &str| {
        let (_program, address) = program(&["--seed", seed]);
        [0; 2].map(|_| exchange(&address, &minimal_request()).split("\r\n\r\n").nth(1).unwrap().to_owned())
    };
    let (first, again, other) = (answer("1"), answer("1"), answer("2"));
    assert_eq!(first, again);
    assert_ne!(first[0], first[1]);
    assert_ne!(first[0], other[0]);
    // Nor do neighbouring seeds give the same ids one after the other.
    let id = |answer: &str| json(answer)["data"]["call_id"].clone();
    assert_ne!(id(&first[1]), id(&other[0]));
    assert!(first[0].contains("2025-01-01T00:00:01.000000"), "{}", first[0]);
}

#[test]
fn a_reset_begins_again_with_a_seed_and_never_repeats_an_id_without_one() {
    for (arguments, repeats) in [(&["--seed", "1"][..], true), (&[], false)] {
        let (_program, address) = program(arguments);
        let data = || {
            let answer = exchange(&address, &minimal_request());
            json(answer.split("\r\n\r\n").nth(1).unwrap())["data"].clone()
        };
        let first = data();
        data();
        exchange(&address, b"DELETE /__ringg/calls HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let again = data();
        assert_eq!(again["call_id"] == first["call_id"], repeats, "{arguments:?}");
        assert_eq!(again["initiated_at"] == first["initiated_at"], repeats, "{arguments:?}");
    }
}

#[test]
fn latency_delays_every_answer() {
    let (_program, address) = program(&["--latency", "400", "--api-key", "other"]);
    let begin = Instant::now();
    assert!(exchange(&address, &minimal_request()).starts_with("HTTP/1.1 401 Unauthorized"));
    assert!(begin.elapsed() >= Duration::from_millis(400));
}

#[test]
fn the_journal_remembers_as_many_as_asked_for() {
    for (remember, numbers) in [("0", vec![]), ("2", vec![2, 3])] {
        let (_program, address) = program(&["--remember", remember]);
        for _ in 0..3 {
            exchange(&address, &minimal_request());
        }
        let read = |what: &str| {
            let request = format!("GET /__ringg/{what} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            json(exchange(&address, request.as_bytes()).split("\r\n\r\n").nth(1).unwrap())
        };
        let calls =
            read("calls")["calls"].as_array().unwrap().iter().map(|call| call["number"].clone()).collect::<Vec<_>>();
        assert_eq!(calls, numbers);
        assert_eq!(read("summary")["requests"], 3);
    }
}

#[test]
fn a_taken_port_is_said_in_one_line() {
    let (_program, address) = program(&[]);
    let output = ringg(&["mock", "--listen", &address], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains(&address));
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_hostile_client_is_answered_or_dropped_and_others_are_served() {
    let (_program, address) = program(&["--api-key", "k"]);
    let endless = [b"GET / HTTP/1.1\r\na: ".as_slice(), &vec![b'x'; 1024 * 1024]].concat();
    for request in [b"\r\n\r\n\0\0\0".as_slice(), b"GET / HTTP/9.9\r\n\r\n", &endless] {
        let mut stream = TcpStream::connect(&address).unwrap();
        let _ = stream.write_all(request);
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let _ = stream.read(&mut [0; 1024]);
    }
    // Connections that say nothing do not keep others out.
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert!(exchange(&address, &minimal_request()).starts_with("HTTP/1.1 200 OK"));
    drop(silent);
}
