//! The faults of the stand-in, chosen by the number that is called.

use std::time::Duration;

use ringg_call::mock::{FAULTS, MockServer, fault_of};
use serde_json::Value;

use crate::support::{calling, json, post, ringg, root, stdout};

#[test]
fn faults_are_unique_and_their_digits_are_their_status() {
    for fault in FAULTS {
        assert_eq!(FAULTS.iter().filter(|other| other.digits == fault.digits || other.name == fault.name).count(), 1);
        assert_eq!(fault_of(&fault.number()), Some(fault));
        if let Some(status) = fault.name.strip_prefix("status-") {
            assert_eq!(fault.digits, format!("0{status}"));
        }
    }
    assert_eq!(fault_of("+15005559999"), None);
    assert_eq!(fault_of("+919876543210"), None);
}

#[test]
fn the_documentation_lists_every_fault() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let listing = stdout(&ringg(&["mock", "--list-faults"], b""));
    for fault in FAULTS {
        let row = format!("| `{}` | `{}` | {} |", fault.number(), fault.name, fault.description);
        assert!(readme.contains(&row), "not in the README: {row}");
        let line = format!("{} {} {}", fault.number(), fault.name, fault.description);
        let is_listed = listing.lines().any(|listed| listed.split_whitespace().eq(line.split(' ')));
        assert!(is_listed, "not listed: {line}");
    }
    assert_eq!(listing.lines().count(), FAULTS.len());
    assert_eq!(readme.matches("| `+1500555").count(), FAULTS.len());
}

#[tokio::test]
async fn each_fault_with_a_status_answers_it() {
    let server = MockServer::start("key").await.unwrap();
    for fault in FAULTS {
        if let Some(status) = fault.name.strip_prefix("status-").and_then(|status| status.parse::<u16>().ok()) {
            if status == 307 {
                continue; // reqwest's own client, used here, follows it
            }
            assert_eq!(post(&server, Some("key"), &calling(&fault.number())).await.0, status);
            let last = server.exchanges().pop().unwrap();
            assert_eq!((last.fault, last.rings), (Some(fault.name), fault.rings));
            // The phone may have rung after 408 and 5xx, and after no other error.
            assert_eq!(fault.rings, status == 408 || status >= 500, "{}", fault.name);
        }
    }
}

#[tokio::test]
async fn a_number_among_the_faults_that_is_none_is_refused() {
    let server = MockServer::start("key").await.unwrap();
    for number in ["+15005559999", "+1500555100", "+150055510010"] {
        let (status, answer) = post(&server, Some("key"), &calling(number)).await;
        assert_eq!(status, 400, "{number}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("--list-faults"), "{answer}");
        assert!(!server.exchanges().pop().unwrap().rings);
    }
    assert_eq!(post(&server, Some("key"), &calling("+15005561001")).await.0, 200);
}

#[tokio::test]
async fn the_code_of_a_fault_is_in_the_vendors_form() {
    let server = MockServer::start("key").await.unwrap();
    for (number, code) in [
        ("+15005550401", "401 Unauthorized"),
        ("+15005550402", "402 Payment Required"),
        ("+15005550429", "429 Too Many Requests"),
        ("+15005550500", "500 Internal Server Error"),
    ] {
        assert_eq!(post(&server, Some("key"), &calling(number)).await.1["error"]["code"], code);
    }
}

#[tokio::test]
async fn faults_answer_in_the_forms_seen() {
    let server = MockServer::start("key").await.unwrap();
    for (number, content_type) in [
        ("+15005550502", "text/html"),
        ("+15005551006", "text/html"),
        ("+15005550500", "application/json"),
        ("+15005550422", "application/json"),
    ] {
        let url = format!("{}{}", server.base_url(), ringg_call::mock::PATH);
        let request = reqwest::Client::new().post(url).header("content-type", "application/json");
        let answer = request.header("x-api-key", "key").body(calling(number)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], content_type, "{number}");
        let body = answer.text().await.unwrap();
        assert_eq!(body.starts_with("<html>"), content_type == "text/html", "{number}: {body}");
        assert!(content_type == "text/html" || json(&body).get("error").or(json(&body).get("detail")).is_some());
    }
}

#[tokio::test]
async fn odd_answers_are_odd_as_named() {
    let server = MockServer::start("key").await.unwrap();
    let (status, odd) = post(&server, Some("key"), &calling("+15005551004")).await;
    assert_eq!(status, 200);
    assert!(
        odd["data"]["call_id"].is_string() && odd["added_later"] == true && odd["data"]["call_status"] != "ongoing"
    );
    let (status, without) = post(&server, Some("key"), &calling("+15005551005")).await;
    assert_eq!((status, &without["data"]["call_id"]), (200, &Value::Null));
    assert_eq!(post(&server, Some("key"), &calling("+15005551006")).await, (200, Value::Null));
}

#[tokio::test]
async fn a_dropped_or_silent_call_is_recorded_and_not_answered() {
    let server = MockServer::start("key").await.unwrap();
    for (number, is_dropped) in [("+15005551001", true), ("+15005551002", false)] {
        let client = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
        let request = client.post(format!("{}{}", server.base_url(), ringg_call::mock::PATH));
        let request =
            request.header("content-type", "application/json").header("x-api-key", "key").body(calling(number));
        let error = request.send().await.unwrap_err();
        assert_eq!(error.is_timeout(), !is_dropped, "{error:?}");
    }
    let summary = server.summary();
    assert_eq!((summary.requests, summary.rings, summary.statuses["none"]), (2, 2, 2));
}

#[tokio::test]
async fn a_slow_answer_outlasts_a_patience_of_half_a_second() {
    let server = MockServer::start("key").await.unwrap();
    let slow = FAULTS.iter().find(|fault| fault.name == "slow").unwrap();
    let sent = reqwest::Client::new()
        .post(format!("{}{}", server.base_url(), ringg_call::mock::PATH))
        .timeout(Duration::from_millis(500))
        .header("content-type", "application/json")
        .header("x-api-key", "key")
        .body(calling(&slow.number()))
        .send();
    assert!(sent.await.unwrap_err().is_timeout());
}
