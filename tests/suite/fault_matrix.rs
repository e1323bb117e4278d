//! Every way in which a server can misbehave, what the client makes of it, and how many requests the server saw in full.
//!
//! The rows are the expectation, written by hand. `docs/outcomes.md` shows them; renew it with
//! `RINGG_WRITE_DOCS=1 cargo test --all-features outcomes_are_documented`.

use std::time::{Duration, Instant};

use ringg_call::{ApiKey, CheckedRequest, Client, Outcome, RetryPolicy, check_json};

use crate::fault_server::{Behaviour, FaultServer};
use crate::support::root;

/// Time the client of the matrix has for a whole call.
const DEADLINE: Duration = Duration::from_secs(4);

/// What happened, what follows, requests the server saw in full, and the server.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) requests: usize,
    pub(crate) behaviour: Behaviour,
}

const fn row(fault: &'static str, outcome: Outcome, requests: usize, behaviour: Behaviour) -> Row {
    Row { fault, outcome, requests, behaviour }
}

use Outcome::{Placed, Refused, Unknown};

const PLACED: &[u8] = br#"{"data": {"call_id": "id-1"}}"#;

pub(crate) const ROWS: &[Row] = &[
    row("accepts and closes before reading", Unknown, 0, |connection| connection.close()),
    row("reads the headers and closes", Unknown, 0, |connection| {
        connection.read_head();
        connection.close();
    }),
    row("reads everything and closes", Unknown, 1, |connection| {
        connection.read_request();
        connection.close();
    }),
    row("reads everything and never answers", Unknown, 1, |connection| {
        connection.read_request();
        connection.stay_silent();
    }),
    row("half a status line", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.");
        connection.close();
    }),
    row("half the headers", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-le");
        connection.close();
    }),
    row("an answer that is not HTTP", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n");
        connection.close();
    }),
    row("half the body, with a length", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n{\"data\": {\"call_id\"");
        connection.close();
    }),
    row("half the body, without a length", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n{\"data\": {\"call_id\"");
        connection.close();
    }),
    row("the whole body, then the connection breaks before its stated length", Placed, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}");
        connection.close();
    }),
    row("a chunked body that never ends", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while connection.write(b"1\r\n \r\n") {
            std::thread::sleep(Duration::from_millis(5));
        }
    }),
    row("a slow body, one byte a second", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n");
        for byte in PLACED {
            if !connection.write(&[*byte]) {
                break;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }),
    row("100 Continue, then silence", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\n");
        connection.stay_silent();
    }),
    row("100 Continue, then the answer", Placed, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}");
    }),
    row("200 with a call id", Placed, 1, |connection| connection.answer("200 OK", PLACED)),
    row("200 empty", Unknown, 1, |connection| connection.answer("200 OK", b"")),
    row("200 HTML", Unknown, 1, |connection| connection.answer("200 OK\r\ncontent-type: text/html", b"<html></html>")),
    row("200 truncated JSON", Unknown, 1, |connection| connection.answer("200 OK", b"{\"data\": {\"call_id\": \"id")),
    row("200 with invalid UTF-8", Unknown, 1, |connection| {
        connection.answer("200 OK", b"{\"data\": {\"call_id\": \"\xff\xfe\"}}")
    }),
    row("200 with a blank call id", Unknown, 1, |connection| {
        connection.answer("200 OK", b"{\"data\": {\"call_id\": \" \"}}")
    }),
    row("200 with a call id and status `error`", Placed, 1, |connection| {
        connection.answer("200 OK", b"{\"status\": \"error\", \"data\": {\"call_id\": \"id-1\"}}");
    }),
    row("200 with a body of 1 GB", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
        let block = [b' '; 65536];
        for _ in 0..1_000_000_000 / block.len() {
            if !connection.write(&block) {
                break;
            }
        }
    }),
    row("200 with a gzip body, bomb or not: it is not unpacked", Unknown, 1, |connection| {
        // The header and one stored block of a gzip stream; nothing asks for it, so nothing unpacks it.
        let head = "200 OK\r\ncontent-encoding: gzip\r\ncontent-type: application/json";
        connection.answer(head, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xff{}");
    }),
    row("201 with a call id", Placed, 1, |connection| connection.answer("201 Created", PLACED)),
    row("204", Unknown, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 204 No Content\r\n\r\n");
    }),
    row("400", Refused, 1, |connection| {
        connection.answer("400 Bad Request", b"{\"error\": {\"code\": \"x\", \"message\": \"y\"}}")
    }),
    row("401", Refused, 1, |connection| connection.answer("401 Unauthorized", b"")),
    row("402", Refused, 1, |connection| connection.answer("402 Payment Required", b"")),
    row("403", Refused, 1, |connection| connection.answer("403 Forbidden", b"")),
    row("404", Refused, 1, |connection| connection.answer("404 Not Found", b"")),
    row("408", Unknown, 1, |connection| connection.answer("408 Request Timeout", b"")),
    row("409", Refused, 1, |connection| connection.answer("409 Conflict", b"")),
    row("413", Refused, 1, |connection| connection.answer("413 Content Too Large", b"")),
    row("422", Refused, 1, |connection| {
        connection.answer("422 Unprocessable Content", b"{\"detail\": [{\"msg\": \"y\"}]}")
    }),
    row("429", Refused, 1, |connection| connection.answer("429 Too Many Requests", b"")),
    row("429 with Retry-After in seconds", Refused, 1, |connection| {
        connection.answer("429 Too Many Requests\r\nretry-after: 0", b"");
    }),
    row("429 with Retry-After as a date", Refused, 1, |connection| {
        connection.answer("429 Too Many Requests\r\nretry-after: Wed, 21 Oct 2015 07:28:00 GMT", b"");
    }),
    row("429 with a malformed Retry-After", Refused, 1, |connection| {
        connection.answer("429 Too Many Requests\r\nretry-after: soon", b"");
    }),
    row("4xx with a call id", Refused, 1, |connection| connection.answer("400 Bad Request", PLACED)),
    row("500", Unknown, 1, |connection| connection.answer("500 Internal Server Error", b"")),
    row("502 HTML", Unknown, 1, |connection| {
        connection.answer("502 Bad Gateway\r\ncontent-type: text/html", b"<html>")
    }),
    row("503 with Retry-After", Unknown, 1, |connection| {
        connection.answer("503 Service Unavailable\r\nretry-after: 0", b"")
    }),
    row("504", Unknown, 1, |connection| connection.answer("504 Gateway Timeout", b"")),
    row("two answers on one connection", Placed, 1, |connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
        connection.stay_silent();
    }),
];

pub(crate) fn request() -> CheckedRequest {
    check_json(crate::support::documented("request-minimal.json").as_bytes()).unwrap()
}

/// A client that would send again whatever its policy lets it.
pub(crate) fn eager_client(base_url: &str) -> Client {
    let policy = RetryPolicy::default().attempts(3).first_delay(Duration::from_millis(10));
    Client::builder(ApiKey::new("key-1").unwrap())
        .base_url(base_url)
        .deadline(DEADLINE)
        .retry_policy(policy)
        .build()
        .unwrap()
}

/// The outcome of one call.
pub(crate) async fn outcome(client: &Client) -> Outcome {
    match client.initiate_individual_call(&request()).await {
        Ok(call) => {
            assert_eq!(call.call_id(), "id-1");
            Outcome::Placed
        }
        Err(error) => error.outcome(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_has_its_outcome_and_nothing_is_sent_twice() {
    let mut running = tokio::task::JoinSet::new();
    for row in ROWS {
        running.spawn(async move {
            let server = FaultServer::start(row.behaviour);
            let client = eager_client(&server.url);
            let started = Instant::now();
            let outcome = outcome(&client).await;
            let elapsed = started.elapsed();
            // What came late would have been counted.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!((outcome, server.requests()), (row.outcome, row.requests), "{}", row.fault);
            assert_eq!(server.connections(), 1, "{}", row.fault);
            assert!(elapsed < DEADLINE + Duration::from_secs(3), "{}: {elapsed:?}", row.fault);
            row.fault
        });
    }
    let finished = running.join_all().await;
    assert_eq!(finished.len(), ROWS.len());
}

#[test]
fn outcomes_are_documented() {
    let mut page = String::from(
        "# What happened, and what it means\n\nEach row is run by `tests/suite/fault_matrix.rs`, or by `tests/suite/connections.rs` for the rows \
         of the second table, on real sockets,\nwith a client that may send three times. This page is made from those tables.\n\n\
         | the server | outcome | requests seen in full |\n| --- | --- | --- |\n",
    );
    let mut add = |fault: &str, outcome: Outcome, requests: usize| {
        page += &format!("| {fault} | {} | {requests} |\n", format!("{outcome:?}").to_lowercase());
    };
    ROWS.iter().for_each(|row| add(row.fault, row.outcome, row.requests));
    for (status, _) in crate::connections::REDIRECTS {
        add(&format!("{status} to another host, which sees nothing"), Unknown, 1);
    }
    page += "\n| the connection | outcome | requests seen in full |\n| --- | --- | --- |\n";
    for (fault, outcome, requests) in crate::connections::ROWS {
        page += &format!("| {fault} | {outcome} | {requests} |\n");
    }
    let path = root().join("docs/outcomes.md");
    if std::env::var_os("RINGG_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let hint = "renew it: RINGG_WRITE_DOCS=1 cargo test --all-features outcomes_are_documented";
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/outcomes.md is stale; {hint}");
}
