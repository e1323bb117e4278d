//! The documentation's own payloads, as data: what each surface says of them, written by hand from the documentation.

use ringg_call::mock::MockServer;
use ringg_call::{CallResponse, check, check_json};

use crate::support::{documented, example_with, json, post, ringg, stdout, verdict};

const FULL: [&str; 2] = ["deny pool-with-from-number /number_pool_id", "deny from-number-and-id /from_number"];
const MINIMAL: [&str; 1] = ["warn not-a-uuid /agent_id"];

#[test]
fn the_full_request_is_denied_for_its_number_sources_and_nothing_else() {
    assert_eq!(verdict(documented("request-full.json").as_bytes()), FULL);
}

#[test]
fn the_minimal_request_is_accepted_with_one_warning() {
    let checked = check_json(documented("request-minimal.json").as_bytes()).unwrap();
    let warnings: Vec<_> = checked
        .warnings()
        .iter()
        .map(|warning| format!("{} {} {}", warning.level, warning.rule, warning.pointer))
        .collect();
    assert_eq!(warnings, MINIMAL);
}

#[test]
fn the_typed_check_gives_the_same_verdicts() {
    let typed = |name: &str| serde_json::from_str(&documented(name)).unwrap();
    let error = check(&typed("request-full.json")).unwrap_err();
    let mut found: Vec<_> =
        error.violations().iter().map(|found| format!("{} {} {}", found.level, found.rule, found.pointer)).collect();
    found.sort();
    let mut expected = FULL;
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(check(&typed("request-minimal.json")).unwrap().warnings().len(), 1);
}

#[test]
fn the_command_line_gives_the_same_verdicts() {
    let output = ringg(
        &["check", "--format", "json", "tests/documented/request-full.json", "tests/documented/request-minimal.json"],
        b"",
    );
    assert_eq!(output.status.code(), Some(1));
    let report = json(&stdout(&output));
    let lines = |file: usize| -> Vec<String> {
        let violations = report["files"][file]["violations"].as_array().unwrap();
        let text = |found: &serde_json::Value, name: &str| found[name].as_str().unwrap().to_owned();
        violations
            .iter()
            .map(|found| format!("{} {} {}", text(found, "level"), text(found, "rule"), text(found, "pointer")))
            .collect()
    };
    assert_eq!(report["files"][0]["verdict"], "denied");
    assert_eq!(lines(0), FULL);
    assert_eq!(report["files"][1]["verdict"], "accepted");
    assert_eq!(lines(1), MINIMAL);
}

#[tokio::test]
async fn the_stand_in_refuses_the_full_request_and_rings_for_the_minimal_one() {
    let server = MockServer::start("key").await.unwrap();
    assert_eq!(post(&server, Some("key"), &documented("request-full.json")).await.0, 400);
    assert_eq!(post(&server, Some("key"), &documented("request-minimal.json")).await.0, 200);
    let exchanges = server.exchanges();
    let rules =
        |index: usize| exchanges[index].violations.iter().map(|found| found.rule.to_string()).collect::<Vec<_>>();
    assert_eq!(rules(0), ["pool-with-from-number", "from-number-and-id"]);
    assert_eq!(rules(1), ["not-a-uuid"]);
    assert_eq!([exchanges[0].rings, exchanges[1].rings], [false, true]);
}

#[tokio::test]
async fn the_stand_in_answers_a_wrong_key_with_401_and_a_pool_beside_a_number_with_200() {
    let server = MockServer::start("key").await.unwrap();
    for key in [None, Some("other"), Some("")] {
        let (status, body) = post(&server, key, &documented("request-minimal.json")).await;
        assert_eq!(status, 401);
        assert_eq!(body["error"]["code"], "401 Unauthorized");
    }
    let pool_and_number = example_with(r#"{"from_number": "+14155550123"}"#).to_string();
    assert_eq!(post(&server, Some("key"), &pool_and_number).await.0, 200);
    let last = server.exchanges().pop().unwrap();
    assert!(last.rings);
    assert_eq!(last.violations[0].rule, "pool-with-from-number");
}

#[tokio::test]
async fn the_stand_in_answers_in_the_documented_form() {
    let server = MockServer::start("key").await.unwrap();
    let expected = json(&documented("response-success.json"));
    let (_, given) = post(&server, Some("key"), &documented("request-minimal.json")).await;
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&given), names(&expected));
    assert_eq!(names(&given["data"]), names(&expected["data"]));
    for member in ["status", "message"] {
        assert_eq!(given[member], expected[member]);
    }
    assert_eq!(given["data"]["agent_id"], "your-agent-id");
    // 2025-11-24T07:33:49.629642: 26 characters, no offset.
    let time = given["data"]["initiated_at"].as_str().unwrap();
    assert_eq!(time.len(), 26, "{time}");
    assert_eq!(given["data"]["custom_args_values"], json(r#"{"callee_name": "John", "order_id": "ORD-1042"}"#));
}

#[tokio::test]
async fn the_stand_in_formats_names_as_documented() {
    let server = MockServer::start("key").await.unwrap();
    for (members, expected) in [
        (r#"{"name": "Mr Rajesh Kumar"}"#, r#"{"callee_name": "Mr Rajesh Kumar"}"#),
        (
            r#"{"name": "Mr Rajesh Kumar", "smart_formatter": {"extract_first_name": true}}"#,
            r#"{"callee_name": "Rajesh", "original_callee_name": "Mr Rajesh Kumar"}"#,
        ),
        (
            r#"{"name": "x", "custom_args_values": {"callee_name": "Dr. Asha Rao"}, "smart_formatter": {"transliteration": true}}"#,
            r#"{"callee_name": "Asha", "original_callee_name": "Dr. Asha Rao"}"#,
        ),
    ] {
        let (_, given) = post(&server, Some("key"), &example_with(members).to_string()).await;
        assert_eq!(given["data"]["custom_args_values"], json(expected), "{members}");
    }
    // Null and absent are one thing; what is no text is left as it is.
    for (arguments, expected) in [
        (r#"{"callee_name": null}"#, r#"{"callee_name": "John", "original_callee_name": "John Doe"}"#),
        (r#"{"callee_name": 42}"#, r#"{"callee_name": 42}"#),
        (r#"{"callee_name": "", "note": null}"#, r#"{"callee_name": "", "note": null, "original_callee_name": ""}"#),
    ] {
        let mut request = example_with(r#"{"smart_formatter": {"extract_first_name": true}}"#);
        request["custom_args_values"] = json(arguments);
        let (_, given) = post(&server, Some("key"), &request.to_string()).await;
        assert_eq!(given["data"]["custom_args_values"], json(expected), "{arguments}");
    }
}

#[test]
fn the_documented_answer_decodes_and_loses_nothing() {
    let mut answer = json(&documented("response-success.json"));
    answer["data"]["added_later"] = true.into();
    let decoded: CallResponse = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(decoded.data.call_id, "31106b7c-9d02-4723-8b07-5bb8d90240cb");
    assert_eq!(decoded.data.extra["added_later"], true);
    assert_eq!(serde_json::to_value(decoded).unwrap(), answer);
}

#[test]
fn the_documented_formatter_breaks_no_rule() {
    let request = example_with(&documented("smart-formatter.json"));
    assert!(verdict(request.to_string().as_bytes()).is_empty());
}
