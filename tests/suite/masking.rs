//! Canaries: values that must be shown nowhere, put everywhere, and every output searched for them.

use ringg_call::{ApiKey, CallRequest, CallResponse, CallerNumber, Client, check, check_json};

use crate::support::{ringg_in, stderr, stdout};

const CANARIES: [&str; 8] = [
    "Zanzibar",
    "9876501234",
    "4155507777",
    "sekret-token",
    "key-canary",
    "hidden-argument",
    "/secret-path",
    "5550009999",
];

const REQUEST: &str = r#"{
    "name": "Zanzibar", "mobile_number": "+919876501234", "agent_id": "+919876501234", "from_number": ["+14155507777", "+14155507777"],
    "number_pool_id": "+14155507777", "custom_args_values": {"a b": "hidden-argument", "mobile_number": "+15550009999", "+15550009999": 1},
    "callback_url": "http://sekret-token@10.0.0.1/secret-path", "callback_args": {"headers": {"Bad Name": "sekret-token\n"}},
    "phone_number": "+15550009999", "+15550009999": "Zanzibar", "call_category": "9876501234",
    "call_config": {"max_call_length": "+15550009999", "x": 5550009999}
}"#;

fn assert_no_canary(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{what} shows {canary}:\n{text}");
    }
}

#[test]
fn no_debug_or_display_shows_a_value() {
    let error = check_json(REQUEST.as_bytes()).unwrap_err();
    assert!(error.violations().len() > 8, "the canaries do break rules");
    assert_no_canary("the error", &format!("{error} {error:?} {error:#?}"));

    let accepted = REQUEST.replace(r#""max_call_length": "+15550009999", "#, "");
    let request: CallRequest = serde_json::from_str(&accepted).unwrap();
    assert_no_canary("the request", &format!("{request:?} {request:#?}"));
    assert_no_canary(
        "its parts",
        &format!("{:?} {:?} {:?}", request.mobile_number, request.from_number, request.callback_args),
    );
    assert_no_canary("its check", &format!("{:?}", check(&request)));
    let response: CallResponse = serde_json::from_str(
        r#"{"data": {"call_id": "id", "custom_args_values": {"callee_name": "Zanzibar"}}, "message": "Zanzibar"}"#,
    )
    .unwrap();
    assert_no_canary("the response", &format!("{response:?}"));
    let builder = CallRequest::builder().name("Zanzibar").caller_number(CallerNumber::number("+14155507777"));
    assert_no_canary("the builder", &format!("{builder:?} {:?}", CallerNumber::number("+14155507777")));
    let key = ApiKey::new("key-canary").unwrap();
    assert_no_canary(
        "the client",
        &format!("{key:?} {:?} {:?}", Client::builder(key.clone()), Client::new(key.clone())),
    );
}

/// Values that people put where an id belongs, and names where a key does.
#[test]
fn a_safe_member_shows_no_unsafe_value_and_no_key_shows_a_name() {
    for value in [
        "agent for Zanzibar +919876501234",
        "tel:+919876501234",
        "+91 98765/01234",
        "+91\u{a0}98765\u{2013}01234",
        "９８７６５０１２３４",
        "+919876501234x",
    ] {
        let request = serde_json::json!({
            "name": "J", "mobile_number": "+15005550000", "agent_id": value, "number_pool_id": value, "version_id": value, "voice_id": value,
            "custom_args_values": {"Zanzibar Key": [], "9876501234@wa": [], value: {}},
            "callback_args": {"headers": {"sekret-token\n": "x", "+91/98765/01234": "\u{1}"}},
            "call_config": {"call_time": {"timezone": value, "scheduled_at": value, "call_start_time": value}}, value: 1,
        });
        let bytes = request.to_string().into_bytes();
        let shown = match check_json(&bytes) {
            Ok(checked) => format!("{checked:?}"),
            Err(error) => format!("{error} {error:?} {}", serde_json::to_string(error.violations()).unwrap()),
        };
        let typed: CallRequest = serde_json::from_slice(&bytes).unwrap();
        let mut all = format!("{shown} {typed:?}");
        for format in ["human", "json", "github", "sarif"] {
            let output = ringg_in(&crate::support::root(), &["check", "--format", format, "-"], &bytes, &[]);
            all += &stdout(&output);
        }
        assert_no_canary(value, &all);
        for part in [value, "98765/01234", "98765\u{2013}01234", "９８７６"] {
            assert!(!all.contains(part), "{part} is shown:\n{all}");
        }
    }
}

#[test]
fn a_masked_key_is_still_pointed_at() {
    let request = "{\n\"name\": \"J\",\n\"custom_args_values\": {\n\"+919876501234\": []}}";
    let output = ringg_in(&crate::support::root(), &["check", "--format", "github", "-"], request.as_bytes(), &[]);
    let report = stdout(&output);
    assert!(
        report.contains("file=<stdin>,line=4,col=1,title=argument-not-scalar::/custom_args_values/***: "),
        "{report}"
    );
}

#[test]
fn what_is_safe_is_shown() {
    let request: CallRequest = serde_json::from_str(ringg_call::EXAMPLE_REQUEST).unwrap();
    let shown = format!("{request:?}");
    assert!(shown.contains("830f767a-397e-4b39-82ff-235cd344e2f9") && shown.contains("+91********10"), "{shown}");
}

#[test]
fn no_report_shows_a_value() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("request.json"), REQUEST).unwrap();
    let environment = [("RINGG_API_KEY", "key-canary"), ("RINGG_BASE_URL", "http://127.0.0.1:1")];
    for format in ["human", "json", "github", "sarif"] {
        let output = ringg_in(folder.path(), &["check", "--format", format, "request.json"], b"", &environment);
        assert_eq!(output.status.code(), Some(1));
        assert_no_canary(format, &format!("{}{}", stdout(&output), stderr(&output)));
    }
    let numbers = r#"{"name": 9876501234, "mobile_number": 9876501234,
        "agent_id": 4155507777, "from_number": 4155507777, "callback_args": {"headers": {"A": 5550009999}}}"#;
    let output = ringg_in(folder.path(), &["check", "-"], numbers.as_bytes(), &environment);
    assert!(stdout(&output).contains("/mobile_number"), "{}", stdout(&output));
    assert_no_canary("a number where text belongs", &stdout(&output));
    let shown = ringg_in(folder.path(), &["check", "--show-values", "request.json"], b"", &environment);
    assert!(stdout(&shown).contains("Zanzibar"), "--show-values shows them");
    // Keep what is denied out of the way, so that the call goes further.
    let warned = r#"{"name": "Zanzibar", "mobile_number": "+919876501234", "agent_id": "a", "number_pool_id": "p",
        "callback_url": "https://a.example.com/secret-path", "callback_args": {"headers": {"A": "sekret-token"}}}"#;
    for mode in ["--dry-run", "--mock", "--live"] {
        let output = ringg_in(folder.path(), &["call", mode, "-"], warned.as_bytes(), &environment);
        assert_no_canary(mode, &format!("{}{}", stdout(&output), stderr(&output)));
    }
}
