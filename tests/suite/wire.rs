//! The bytes that leave, whole, read by a bare socket that shares no code with client or stand-in.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use ringg_call::{ApiKey, CallRequest, CallerNumber, CheckedRequest, Client, check_json};
use serde_json::Value;

use crate::support::{documented, json};

/// What one HTTP request consists of.
pub(crate) struct Received {
    pub(crate) request_line: String,
    /// As they came, in order of their names; one that came twice is there twice.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Accepts one connection, reads one request, gives `answer`.
fn server(answer: &'static str) -> (String, JoinHandle<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let handle = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let end = loop {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap();
            bytes.extend_from_slice(&buffer[..count]);
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let request_line = lines.next().unwrap().to_owned();
        let mut headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        headers.sort();
        let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse::<usize>().unwrap();
        let mut body = bytes[end + 4..].to_vec();
        while body.len() < length {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap();
            body.extend_from_slice(&buffer[..count]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        Received { request_line, headers, body }
    });
    (url, handle)
}

const PLACED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"data\":{\"call_id\":\"id-1\"}}";

async fn send(body: &[u8]) -> (String, Received) {
    send_checked(&check_json(body).unwrap()).await
}

/// The server's URL, and what it received.
pub(crate) async fn send_checked(request: &CheckedRequest) -> (String, Received) {
    let (url, handle) = server(PLACED);
    let client = Client::builder(ApiKey::new("key-1").unwrap()).base_url(&url).build().unwrap();
    let call = client.initiate_individual_call(request).await.unwrap();
    assert_eq!(call.call_id(), "id-1");
    (url, handle.join().unwrap())
}

#[tokio::test]
async fn the_documented_minimal_request_leaves_whole_and_with_nothing_added() {
    let (url, received) = send(documented("request-minimal.json").as_bytes()).await;
    assert_eq!(received.request_line, "POST /calling/v2/outbound/individual HTTP/1.1");
    let expected = [
        ("accept", "application/json".to_owned()),
        ("content-length", received.body.len().to_string()),
        ("content-type", "application/json".to_owned()),
        ("host", url.trim_start_matches("http://").to_owned()),
        ("user-agent", format!("ringg-call/{}", env!("CARGO_PKG_VERSION"))),
        ("x-api-key", "key-1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    assert_eq!(received.headers, expected, "api-version, which progenitor adds, is not among them");
    let body = r#"{"agent_id":"your-agent-id","custom_args_values":{"callee_name":"John","order_id":"ORD-1042"},"mobile_number":"+919876543210","name":"John Doe","number_pool_id":"your-number-pool-id"}"#;
    assert_eq!(String::from_utf8(received.body).unwrap(), body);
    assert_eq!(json(body), json(&documented("request-minimal.json")));
}

#[tokio::test]
async fn unknown_members_leave_at_every_level_and_optional_nulls_do_not() {
    let given = r#"{
        "name": "J", "mobile_number": "+919876543210", "agent_id": "a", "from_number_id": ["x", "y"],
        "later": {"deep": [1, null, 0.1, 18446744073709551615, -9223372036854775808]},
        "voice_id": null,
        "smart_formatter": {"s": 1, "transliteration": true, "transliteration_language": {"t": 2, "source": null}},
        "call_config": {"c": 3, "call_retry_config": {"r": 4}, "call_time": {"scheduled_at": "2026-12-01T10:00:00Z", "w": 5}},
        "callback_url": "https://api.example.com/a", "callback_args": {"k": 6, "headers": {"A": "b"}, "params": {}},
        "custom_args_values": {"n": null, "नाम": "e\u0301 \u202e \ud83d\ude00 \u0000"}
    }"#;
    let (_, received) = send(given.as_bytes()).await;
    let mut expected = json(given);
    expected.as_object_mut().unwrap().remove("voice_id");
    expected["smart_formatter"]["transliteration_language"].as_object_mut().unwrap().remove("source");
    assert_eq!(serde_json::from_slice::<Value>(&received.body).unwrap(), expected);
}

#[tokio::test]
async fn the_builder_makes_the_same_request_and_its_last_number_source_wins() {
    let request = CallRequest::builder()
        .name("John Doe")
        .mobile_number("+919876543210")
        .agent_id("your-agent-id")
        .caller_number(CallerNumber::number("+14155550123"))
        .caller_number(CallerNumber::pool("your-number-pool-id"))
        .argument("callee_name", "John")
        .argument("order_id", "ORD-1042")
        .check()
        .unwrap();
    assert_eq!(serde_json::to_value(request.request()).unwrap(), json(&documented("request-minimal.json")));
}

#[test]
fn the_builder_reports_everything_at_once() {
    let error = CallRequest::builder().name(" ").mobile_number("98765").agent_id("a").check().unwrap_err();
    let rules: Vec<&str> = error.violations().iter().map(|found| found.rule.as_ref()).collect();
    assert_eq!(rules, ["caller-number-missing", "not-a-uuid", "schema/pattern", "blank-name"]);
}
