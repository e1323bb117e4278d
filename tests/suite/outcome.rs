//! What the client makes of an answer, and which servers it refuses to talk to.

use std::net::TcpListener;
use std::time::Duration;

use ringg_call::types::ErrorResponse;
use ringg_call::{ApiKey, CallError, CheckedRequest, Client, PlacedCall, check_json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::documented;

fn request() -> CheckedRequest {
    check_json(documented("request-minimal.json").as_bytes()).unwrap()
}

fn client(base_url: &str) -> Client {
    let builder = Client::builder(ApiKey::new("key").unwrap()).base_url(base_url);
    builder.attempt_timeout(Duration::from_millis(500)).build().unwrap()
}

/// One answer; the server has seen exactly one request.
async fn answered(template: ResponseTemplate) -> Result<PlacedCall, CallError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/calling/v2/outbound/individual"))
        .and(header("x-api-key", "key"))
        .respond_with(template)
        .expect(1)
        .mount(&server)
        .await;
    client(&server.uri()).initiate_individual_call(&request()).await
}

fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn a_call_id_is_all_that_a_placed_call_needs() {
    for body in [
        r#"{"data": {"call_id": "id-1"}}"#,
        r#"{"data": {"call_id": "id-1", "call_status": "new", "initiated_at": 5, "custom_args_values": null}, "status": 7}"#,
        r#"{"data": {"call_id": "id-1", "later": {}}, "status": "error"}"#,
    ] {
        assert_eq!(answered(json(200, body)).await.unwrap().call_id(), "id-1", "{body}");
    }
    assert_eq!(answered(json(201, r#"{"data": {"call_id": "id-1"}}"#)).await.unwrap().call_id(), "id-1");
}

#[tokio::test]
async fn a_documented_answer_is_typed_and_keeps_what_is_new_in_it() {
    let call = answered(json(200, &documented("response-success.json"))).await.unwrap();
    let response = call.response().unwrap();
    assert_eq!(response.data.call_status.as_deref(), Some("ongoing"));
    assert_eq!(response.data.initiated_at.as_deref(), Some("2025-11-24T07:33:49.629642"));
}

#[tokio::test]
async fn success_without_a_readable_call_id_is_unknown_and_keeps_the_bytes() {
    for body in [
        "",
        "<html>",
        r#"{"data": {"call_id": ""}}"#,
        r#"{"data": {"call_id": 5}}"#,
        r#"{"Unique Call ID": "x"}"#,
        r#"{"data"#,
    ] {
        let error = answered(json(200, body)).await.unwrap_err();
        let CallError::Unknown { answer: Some(answer), .. } = &error else { panic!("{body}: {error:?}") };
        assert_eq!(answer.body, body.as_bytes());
        assert!(error.may_have_rung());
    }
}

#[tokio::test]
async fn a_refusal_is_refused_and_says_why() {
    for status in [400, 401, 402, 403, 404, 409, 422, 429] {
        let error = answered(json(status, r#"{"error": {"code": "c", "message": "m"}}"#)).await.unwrap_err();
        let CallError::Refused(answer) = &error else { panic!("{status}: {error:?}") };
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!((answer.error_code().as_deref(), answer.error_message().as_deref()), (Some("c"), Some("m")));
        assert!(!error.may_have_rung());
    }
    for (body, text) in [
        (r#"{"error": "text"}"#, Some("text")),
        (r#"{"message": "text"}"#, Some("text")),
        (r#"{"detail": "text"}"#, Some("text")),
        (r#"{"detail": {"message": "text"}}"#, Some("text")),
        ("<html>", Some("<html>")),
        ("", None),
        (r#"{"detail": [{"msg": "text"}]}"#, Some("text")),
    ] {
        let CallError::Refused(answer) = answered(json(400, body)).await.unwrap_err() else { panic!("{body}") };
        assert_eq!(answer.error_message().as_deref(), text, "{body}");
    }
}

#[test]
fn every_known_shape_of_error_is_held_by_its_member_and_loses_nothing() {
    type Member = fn(&ErrorResponse) -> &Option<serde_json::Value>;
    let shapes: [(&str, Member); 7] = [
        (r#"{"error": {"code": "401 Unauthorized", "message": "m"}}"#, |error| &error.error),
        (r#"{"error": "m"}"#, |error| &error.error),
        (r#"{"message": "m"}"#, |error| &error.message),
        (r#"{"message": ["m"], "later": 1}"#, |error| &error.message),
        (r#"{"detail": "m"}"#, |error| &error.detail),
        (r#"{"detail": {"message": "m"}}"#, |error| &error.detail),
        (r#"{"detail": [{"loc": ["body"], "msg": "m"}]}"#, |error| &error.detail),
    ];
    for (text, member) in shapes {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let decoded: ErrorResponse = serde_json::from_value(value.clone()).unwrap();
        let (_, first) = value.as_object().unwrap().iter().find(|(name, _)| *name != "later").unwrap();
        assert_eq!(member(&decoded).as_ref(), Some(first), "{text}");
        assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    }
}

#[tokio::test]
async fn a_failing_server_and_a_redirect_leave_it_unknown() {
    for status in [301, 302, 307, 308, 408, 500, 502, 503, 504] {
        let template =
            ResponseTemplate::new(status).insert_header("location", "http://127.0.0.1:1/").set_body_string("<html>");
        let error = answered(template).await.unwrap_err();
        let CallError::Unknown { answer: Some(answer), .. } = &error else { panic!("{status}: {error:?}") };
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn silence_is_unknown_and_a_closed_port_is_not_sent() {
    let error = answered(json(200, "{}").set_delay(Duration::from_secs(5))).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { answer: None, .. }), "{error:?}");

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(&format!("http://{closed}")).initiate_individual_call(&request()).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
    assert!(!error.may_have_rung());
}

#[tokio::test]
async fn an_answer_without_end_is_read_up_to_a_bound() {
    let error = answered(json(200, &" ".repeat(3 * 1024 * 1024))).await.unwrap_err();
    let CallError::Unknown { answer: Some(answer), .. } = &error else { panic!("{error:?}") };
    assert_eq!(answer.body.len(), 1024 * 1024);

    for (length, cause) in [(1024 * 1024, None), (1024 * 1024 + 1, Some("the answer is larger than 1 MiB"))] {
        let error = answered(json(500, &" ".repeat(length))).await.unwrap_err();
        let CallError::Unknown { source, .. } = &error else { panic!("{length}: {error:?}") };
        assert_eq!(source.as_ref().map(ToString::to_string).as_deref(), cause, "{length}");
    }
}

#[test]
fn a_server_the_key_must_not_be_sent_to_is_refused() {
    let build = |url: &str| Client::builder(ApiKey::new("key").unwrap()).base_url(url).build();
    for url in [
        "http://api.example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pw@example.com",
        "https://example.com/?a=b",
        "https://example.com/#a",
        "example.com",
        "",
        "http://localhost.example.com",
    ] {
        assert!(build(url).is_err(), "{url}");
    }
    for url in ["https://api.example.com/v0/", "http://localhost:8080", "http://127.0.0.2", "http://[::1]:1"] {
        assert!(build(url).is_ok(), "{url}");
    }
}

#[test]
fn a_key_that_no_header_can_carry_is_refused() {
    for key in ["", " ", "a b", "a\nb", "a\u{0}", "ключ"] {
        assert!(ApiKey::new(key).is_err(), "{key:?}");
    }
    assert!(ApiKey::new("7251cb4b-3373\n").is_ok(), "a file ends with a line break");
}

#[test]
fn a_client_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Client>();
}

#[tokio::test]
async fn what_is_odd_about_a_placed_call_is_noted() {
    for (body, notes) in [
        (r#"{"status": "success", "data": {"call_id": "id-1"}}"#, [""; 0].as_slice()),
        (r#"{"status": "error", "data": {"call_id": "id-1"}}"#, &["`status` is not `success`"]),
        (r#"{"data": {"call_id": "id-1"}}"#, &["`status` is missing"]),
    ] {
        assert_eq!(answered(json(200, body)).await.unwrap().notes(), notes, "{body}");
    }
}

#[tokio::test]
async fn an_error_is_read_whatever_the_type_of_its_parts() {
    for (body, code, message) in [
        (r#"{"error": {"code": 42, "message": "m"}}"#, Some("42"), Some("m")),
        (r#"{"error": {"code": " ", "message": ""}, "message": "below"}"#, None, Some("below")),
        (r#"{"detail": {"reason": "r"}}"#, None, Some(r#"{"reason":"r"}"#)),
        (r#"{"detail": ["a"]}"#, None, Some(r#"["a"]"#)),
        (r#"{"error": null}"#, None, None),
    ] {
        let error = answered(json(400, body)).await.unwrap_err();
        let answer = error.answer().unwrap();
        assert_eq!((answer.error_code().as_deref(), answer.error_message().as_deref()), (code, message), "{body}");
        assert_eq!(format!("{answer:?}"), format!("Answer {{ status: 400, body: {} bytes }}", body.len()));
    }
}
