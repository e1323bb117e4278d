//! What the fault matrix needs more than one server or connection for: redirects, reuse, TLS, proxies, sending again,
//! cancelling, the canary.

use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringg_call::{ApiKey, CallError, Client, Event, Outcome, RetryPolicy};
use tokio::net::TcpListener as AsyncListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::fault_matrix::{self, eager_client, outcome, request};
use crate::fault_server::{Behaviour, Connection, FaultServer};
use crate::support::{ringg_in, root, stderr};

/// Rows of the second table of `docs/outcomes.md`. They are prose: the tests below hold them, the page does not.
pub(crate) const ROWS: [(&str, &str, &str); 10] = [
    ("the port is closed", "not sent", "0"),
    ("the name does not resolve", "not sent", "0"),
    (
        "keep-alive closed by the server between two calls",
        "placed; unknown if the closing crosses the request",
        "at most 1 a call",
    ),
    ("keep-alive: the server closes after reading a second request", "unknown", "1 a call"),
    ("a certificate for another name", "not sent", "0"),
    ("an expired certificate", "not sent", "0"),
    ("a self-signed certificate", "not sent", "0"),
    ("a certificate of a trusted authority", "placed", "1"),
    ("a proxy in the environment, for a server on this machine", "placed; the proxy sees nothing", "1"),
    ("a proxy in the environment that refuses the tunnel", "not sent; the proxy sees no key", "0"),
];

/// Redirects; `Location` is added by the test.
pub(crate) const REDIRECTS: [(u16, Behaviour); 5] = [
    (301, |connection| redirect(connection, 301)),
    (302, |connection| redirect(connection, 302)),
    (303, |connection| redirect(connection, 303)),
    (307, |connection| redirect(connection, 307)),
    (308, |connection| redirect(connection, 308)),
];

static OTHER_HOST: std::sync::OnceLock<FaultServer> = std::sync::OnceLock::new();

fn other_host() -> &'static FaultServer {
    OTHER_HOST.get_or_init(|| FaultServer::start(placed_and_kept_alive))
}

fn redirect(connection: &mut Connection, status: u16) {
    connection.answer(&format!("{status} Elsewhere\r\nlocation: {}/", other_host().url), b"");
}

fn placed_and_kept_alive(connection: &mut Connection) {
    while connection.read_request() {
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}");
    }
}

fn placed_and_closed(connection: &mut Connection) {
    // Says nothing of closing: the client keeps the connection and finds it dead.
    connection.read_request();
    connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}");
    connection.close();
}

fn placed_once_then_closed_after_reading(connection: &mut Connection) {
    connection.read_request();
    connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}");
    connection.read_request();
    connection.close();
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_other_host_sees_nothing() {
    for (status, behaviour) in REDIRECTS {
        let server = FaultServer::start(behaviour);
        assert_eq!(outcome(&eager_client(&server.url)).await, Outcome::Unknown, "{status}");
        assert_eq!((server.requests(), other_host().connections()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn a_closed_port_is_not_sent_and_the_deadline_ends_the_attempts() {
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    assert_eq!(outcome(&eager_client(&closed)).await, Outcome::NotSent);

    let endless = RetryPolicy::default().attempts(u32::MAX).first_delay(Duration::from_millis(20));
    let client = Client::builder(ApiKey::new("k").unwrap()).base_url(&closed).retry_policy(endless);
    let client = client.deadline(Duration::from_millis(300)).build().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), outcome(&client)).await;
    assert_eq!(ended, Ok(Outcome::NotSent));
}

#[tokio::test]
async fn a_server_that_comes_up_between_attempts_sees_one_request() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let policy = RetryPolicy::default()
        .attempts(50)
        .first_delay(Duration::from_millis(20))
        .greatest_delay(Duration::from_millis(20));
    let client = Client::builder(ApiKey::new("k").unwrap())
        .base_url(format!("http://{address}"))
        .retry_policy(policy)
        .build()
        .unwrap();
    let server = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        let listener = TcpListener::bind(address).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 65536]);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}").unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert!(listener.accept().is_err(), "a second connection came");
    });
    assert_eq!(outcome(&client).await, Outcome::Placed);
    server.join().unwrap();
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_not_sent() {
    // A label of more than 63 characters fails in the resolver itself: nothing is asked of any network.
    let name = format!("https://{}.invalid", "x".repeat(70));
    let client = Client::builder(ApiKey::new("k").unwrap()).base_url(name);
    let client = client.retry_policy(RetryPolicy::never()).build().unwrap();
    assert_eq!(outcome(&client).await, Outcome::NotSent);
}

#[tokio::test]
async fn a_connection_closed_between_calls_costs_no_call_and_doubles_none() {
    let server = FaultServer::start(placed_and_closed);
    let client = eager_client(&server.url);
    for calls in 1..=20 {
        // With and without time for the client to notice.
        if calls % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(outcome(&client).await, Outcome::Placed);
        } else {
            // Written into a dying connection it may be unknown; seen twice it must never be.
            assert_ne!(outcome(&client).await, Outcome::Refused);
        }
        assert!(server.requests() <= calls, "{} requests for {calls} calls", server.requests());
    }
}

#[tokio::test]
async fn a_reused_connection_that_dies_after_the_request_is_unknown_and_not_sent_again() {
    let server = FaultServer::start(placed_once_then_closed_after_reading);
    let client = eager_client(&server.url);
    assert_eq!(outcome(&client).await, Outcome::Placed);
    assert_eq!(outcome(&client).await, Outcome::Unknown);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((server.requests(), server.connections()), (2, 1), "the second call used the first's connection");
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_not_read_to_its_end() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let server = FaultServer::start(|connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
        while WRITTEN.load(Ordering::SeqCst) < 1_000_000_000 && connection.write(&[b' '; 65536]) {
            WRITTEN.fetch_add(65536, Ordering::SeqCst);
        }
    });
    let client = Client::builder(ApiKey::new("k").unwrap()).base_url(&server.url).build().unwrap();
    assert_eq!(outcome(&client).await, Outcome::Unknown);
    tokio::time::sleep(Duration::from_millis(100)).await;
    // One MiB is read; the rest of what was written lies in buffers.
    let written = WRITTEN.load(Ordering::SeqCst);
    assert!(written < 64 * 1024 * 1024, "{written} bytes were taken");
}

#[tokio::test]
async fn too_many_requests_is_sent_again_only_when_asked_for_and_within_the_cap() {
    let ask = |wait: fn(&mut Connection), policy: RetryPolicy| async move {
        let server = FaultServer::start(wait);
        let client =
            Client::builder(ApiKey::new("k").unwrap()).base_url(&server.url).retry_policy(policy).build().unwrap();
        let error = client.initiate_individual_call(&request()).await.unwrap_err();
        (server.requests(), error.answer().unwrap().retry_after())
    };
    let zero: fn(&mut Connection) = |connection| connection.answer("429 Slow\r\nretry-after: 0", b"");
    let long: fn(&mut Connection) = |connection| connection.answer("429 Slow\r\nretry-after: 7", b"");
    let opted_in = RetryPolicy::default().attempts(3).too_many_requests(Duration::from_secs(1));
    assert_eq!(ask(zero, RetryPolicy::default()).await, (1, Some(Duration::ZERO)));
    assert_eq!(ask(zero, opted_in.clone()).await, (3, Some(Duration::ZERO)));
    assert_eq!(ask(long, opted_in).await, (1, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn retry_after_is_read_in_both_forms() {
    for (value, expected) in [
        ("120", 115..=120),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0..=0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 1_000_000_000..=u64::MAX),
    ] {
        let server = wiremock::MockServer::start().await;
        let template = wiremock::ResponseTemplate::new(429).insert_header("retry-after", value);
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(template).mount(&server).await;
        let error = eager_client(&server.uri()).initiate_individual_call(&request()).await.unwrap_err();
        let seconds = error.answer().unwrap().retry_after().unwrap().as_secs();
        assert!(expected.contains(&seconds), "{value}: {seconds}");
    }
}

#[tokio::test]
async fn an_unknown_call_can_be_found_by_the_clients_own_id() {
    let server = FaultServer::start(|connection| {
        connection.read_request();
        connection.close();
    });
    let client =
        |key: &str| Client::builder(ApiKey::new("k").unwrap()).base_url(&server.url).reconciliation_key(key).build();
    let lost = |client: Client| async move {
        let error = client.initiate_individual_call(&request()).await.unwrap_err();
        let text = format!("{error}");
        let CallError::Unknown { reconciliation: Some(found_by), .. } = error else { panic!("{error:?}") };
        (found_by.key, found_by.value, text)
    };
    let (key, value, text) = lost(client("client_call_id").unwrap()).await;
    assert_eq!(key, "client_call_id");
    assert!(uuid::Uuid::try_parse(&value).is_ok());
    assert!(text.contains("client_call_id") && !text.contains(&value));
    // `order_id` is in the request: it is kept, and named.
    let (_, value, _) = lost(client("order_id").unwrap()).await;
    assert_eq!(value, "ORD-1042");
    for key in ["", "a b", "a}", "callee_name"] {
        assert!(client(key).is_err(), "{key:?}");
    }
}

#[tokio::test]
async fn the_clients_own_id_is_on_the_wire() {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(500))
        .mount(&server)
        .await;
    let client =
        Client::builder(ApiKey::new("k").unwrap()).base_url(server.uri()).reconciliation_key("lost").build().unwrap();
    let error = client.initiate_individual_call(&request()).await.unwrap_err();
    let CallError::Unknown { reconciliation: Some(found_by), .. } = error else { panic!("{error:?}") };
    let received = server.received_requests().await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(body["custom_args_values"]["lost"], found_by.value);
    assert_eq!(body["custom_args_values"]["order_id"], "ORD-1042");
}

#[tokio::test]
async fn a_dropped_call_sends_nothing_more() {
    let server = FaultServer::start(|connection| {
        connection.read_request();
        connection.stay_silent();
    });
    let client = eager_client(&server.url);
    let request = request();
    let call = client.initiate_individual_call(&request);
    assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((server.requests(), server.connections()), (1, 1));
}

/// A TLS server for `name` that answers every request with a placed call; its authority's certificate, and its address.
async fn tls_server(name: &str, expired: bool) -> (String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let certificate = parameters.signed_by(&key, &issuer).unwrap();
    (serve_tls(certificate.der().clone(), &key).await, pem)
}

/// A TLS server for this machine whose certificate vouches for itself.
async fn self_signed_server() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    serve_tls(parameters.self_signed(&key).unwrap().der().clone(), &key).await
}

/// Answers every request with a placed call, over TLS; its address.
async fn serve_tls(certificate: CertificateDer<'static>, key: &rcgen::KeyPair) -> String {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = AsyncListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 65536]).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\nconnection: close\r\n\r\n{\"data\": {\"call_id\": \"id-1\"}}";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    url
}

fn tls_client(url: &str) -> ringg_call::ClientBuilder {
    Client::builder(ApiKey::new("k").unwrap()).base_url(url).retry_policy(RetryPolicy::never())
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_gets_no_request() {
    let (url, authority) = tls_server("localhost", false).await;
    assert_eq!(outcome(&tls_client(&url).build().unwrap()).await, Outcome::NotSent, "an authority nobody trusts");
    assert_eq!(outcome(&tls_client(&url).root_certificate(authority).build().unwrap()).await, Outcome::Placed);

    let (url, authority) = tls_server("other.example", false).await;
    assert_eq!(
        outcome(&tls_client(&url).root_certificate(authority).build().unwrap()).await,
        Outcome::NotSent,
        "another name"
    );

    let (url, authority) = tls_server("localhost", true).await;
    assert_eq!(
        outcome(&tls_client(&url).root_certificate(authority).build().unwrap()).await,
        Outcome::NotSent,
        "expired"
    );

    let url = self_signed_server().await;
    assert_eq!(outcome(&tls_client(&url).build().unwrap()).await, Outcome::NotSent, "self-signed");

    assert!(
        tls_client(&url)
            .root_certificate("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
            .build()
            .is_err()
    );
}

#[test]
fn a_proxy_in_the_environment_never_sees_the_key() {
    let proxy = FaultServer::start(|connection| connection.answer("403 Forbidden", b""));
    let server = FaultServer::start(placed_and_kept_alive);
    let environment = |base_url| {
        [
            ("RINGG_API_KEY", "k"),
            ("RINGG_BASE_URL", base_url),
            ("HTTP_PROXY", proxy.url.as_str()),
            ("http_proxy", &proxy.url),
            ("HTTPS_PROXY", &proxy.url),
            ("ALL_PROXY", &proxy.url),
            ("NO_PROXY", ""),
        ]
    };
    let call = ["call", "--live", "tests/documented/request-minimal.json"];
    let output = ringg_in(&root(), &call, b"", &environment(&server.url));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!((server.requests(), proxy.connections()), (1, 0));
    // A tunnel is asked for, and refused; a CONNECT has no body and is not counted as a request in full.
    let output = ringg_in(&root(), &call, b"", &environment("https://ringg-call.invalid"));
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(proxy.connections() >= 1);
    assert_eq!(proxy.requests(), 0);
}

#[test]
fn the_table_is_total_and_says_what_the_design_says() {
    assert_eq!(Outcome::of(Event::NoConnection), Outcome::NotSent);
    assert_eq!(Outcome::of(Event::NoAnswer), Outcome::Unknown);
    for status in 0..=u16::MAX {
        for has_call_id in [false, true] {
            let expected = if (200..300).contains(&status) && has_call_id {
                Outcome::Placed
            } else if (400..500).contains(&status) && status != 408 {
                Outcome::Refused
            } else {
                Outcome::Unknown
            };
            assert_eq!(Outcome::of(Event::Answer { status, has_call_id }), expected, "{status} {has_call_id}");
        }
    }
    assert!(Outcome::Placed.may_have_rung() && Outcome::Unknown.may_have_rung());
    assert!(!Outcome::NotSent.may_have_rung() && !Outcome::Refused.may_have_rung());
}

/// All that is logged, at the most verbose, by this crate and those below it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_path_of_the_matrix_shows_a_canary() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let digits = u64::from_le_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().unwrap()) % 1_000_000_000;
    let (number, secret) = (format!("+919{digits:09}"), uuid::Uuid::new_v4().to_string());
    let request = ringg_call::CallRequest::builder()
        .name(&secret)
        .mobile_number(&number)
        .agent_id("a")
        .caller_number(ringg_call::CallerNumber::pool("p"))
        .argument("note", secret.clone())
        .check()
        .unwrap();
    let mut running = tokio::task::JoinSet::new();
    for row in fault_matrix::ROWS {
        let (request, secret) = (request.clone(), secret.clone());
        running.spawn(async move {
            let server = FaultServer::start(row.behaviour);
            let client = Client::builder(ApiKey::new(&secret).unwrap())
                .base_url(&server.url)
                .deadline(Duration::from_secs(1))
                .reconciliation_key("note")
                .build()
                .unwrap();
            match client.initiate_individual_call(&request).await {
                Ok(call) => format!("{call:?} {:?}", call.response()),
                Err(error) => {
                    let mut text = format!("{error} {error:?} {error:#?}");
                    let mut source = std::error::Error::source(&error);
                    while let Some(cause) = source {
                        text += &format!(" {cause} {cause:?}");
                        source = cause.source();
                    }
                    text
                }
            }
        });
    }
    let shown = running.join_all().await.join("\n");
    let logged = String::from_utf8_lossy(&captured.0.lock().unwrap()).into_owned();
    assert!(logged.contains("outcome") && logged.contains("attempt"), "the events are there");
    assert!(logged.contains(&ringg_call_masked(&number)), "the callee is there, masked");
    for canary in [&secret, &number, &number[1..]] {
        assert!(!shown.contains(canary), "an error shows a canary");
        assert!(!logged.contains(canary), "a log line shows a canary");
    }
}

fn ringg_call_masked(number: &str) -> String {
    format!("{}********{}", &number[..3], &number[11..])
}
