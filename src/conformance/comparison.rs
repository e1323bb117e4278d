//! What a surface saw, and whether it is what the case expects.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Number, Value};

use super::case::{Case, EndpointVerdict, ExpectedOutcome, Finding, Verdict};
use crate::document::Document;
use crate::schema;

/// What a surface saw. None where it did not look.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Whether the request may be sent.
    pub verdict: Option<Verdict>,
    /// The rules that are broken, as far as the surface knows rules.
    pub findings: Option<Findings>,
    /// The body after a round trip through the surface.
    pub body: Option<Value>,
    /// The requests that a server received.
    pub sent: Option<Vec<SentRequest>>,
    /// What was made of the answer: none within for a request that was not sent on purpose.
    pub outcome: Option<Option<ExpectedOutcome>>,
    /// Id of the call, beside the outcome.
    pub call_id: Option<String>,
    /// What an endpoint did.
    pub endpoint: Option<EndpointVerdict>,
}

/// Rules found broken.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What was found.
    pub found: Vec<Finding>,
    /// Which rules would have been found.
    pub coverage: Coverage,
}

/// Which rules a surface knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Coverage {
    /// All.
    All,
    /// What the schema says.
    Schema,
    /// These.
    Rules(BTreeSet<String>),
}

impl Coverage {
    fn covers(&self, rule: &str) -> bool {
        match self {
            Self::All => true,
            Self::Schema => rule.starts_with("schema/"),
            Self::Rules(rules) => rules.contains(rule),
        }
    }
}

/// A request as a server received it.
#[derive(Clone)]
#[non_exhaustive]
pub struct SentRequest {
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Shows no header value and no body.
impl std::fmt::Debug for SentRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SentRequest {{ {} {}, {} bytes }}", self.method, self.path, self.body.len())
    }
}

/// Every `what` of a mismatch.
pub(super) const MISMATCHES: [&str; 11] = [
    "verdict",
    "violations",
    "body",
    "requests",
    "method",
    "path",
    "header",
    "outcome",
    "call-id",
    "endpoint",
    "surface",
];

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// What: `verdict`, `violations`, `body`, `requests`, `method`, `path`, `header`, `outcome`, `call-id`, `endpoint`, or
    /// `surface` where it could not be tried.
    pub what: &'static str,
    /// What is expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Mismatch {
    pub(crate) fn new(what: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what, expected: expected.into(), found: found.into() }
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

/// The key that the runner gives a binding.
pub(super) const API_KEY: &str = "conformance-key";

/// The path that the runner's base URL ends with, as that of the production server does.
pub(super) const BASE_PATH: &str = "/ca/api/v0";

/// Headers that are never there: the key goes into `X-API-KEY` alone, and nothing that is not documented is sent.
const ABSENT_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "api-version"];

/// Everything that is not as the case expects.
pub(super) fn compare(case: &Case, observation: &Observation) -> Vec<Mismatch> {
    let expect = &case.expect;
    let mut mismatches = Vec::new();
    if let Some(found) = observation.verdict
        && found != expect.verdict
    {
        mismatches.push(Mismatch::new("verdict", name(&expect.verdict), name(&found)));
    }
    if let Some(findings) = &observation.findings {
        let covered = expect.violations.iter().filter(|finding| findings.coverage.covers(&finding.rule));
        let reported = findings.found.iter().filter(|finding| findings.coverage.covers(&finding.rule));
        let (expected, found) = (listed(covered), listed(reported));
        if expected != found {
            mismatches.push(Mismatch::new("violations", expected, found));
        }
    }
    let expected_body = || expect.sent.as_ref().and_then(|sent| sent.body.clone()).or_else(|| case.body());
    if let (Some(found), Some(expected)) = (&observation.body, expected_body())
        && let Some(pointer) = difference(&expected, found)
    {
        mismatches.push(Mismatch::new("body", "the request's", format!("another at {pointer:?}")));
    }
    if let Some(outcome) = observation.outcome {
        let shown = |outcome: Option<ExpectedOutcome>| outcome.map_or_else(|| "none".into(), |found| name(&found));
        if outcome != expect.outcome {
            mismatches.push(Mismatch::new("outcome", shown(expect.outcome), shown(outcome)));
        }
        if observation.call_id != expect.call_id {
            let shown = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".into());
            mismatches.push(Mismatch::new("call-id", shown(&expect.call_id), shown(&observation.call_id)));
        }
    }
    if let Some(sent) = &observation.sent {
        if sent.len() != expect.requests {
            mismatches.push(Mismatch::new("requests", expect.requests.to_string(), sent.len().to_string()));
        }
        for request in sent {
            compare_request(case, request, expected_body(), &mut mismatches);
        }
    }
    if let (Some(found), Some(expected)) = (observation.endpoint, expect.endpoint)
        && found != expected
    {
        mismatches.push(Mismatch::new("endpoint", name(&expected), name(&found)));
    }
    mismatches
}

fn compare_request(case: &Case, sent: &SentRequest, expected_body: Option<Value>, mismatches: &mut Vec<Mismatch>) {
    let mut differs = |what, expected: &str, found: &str| {
        if expected != found {
            mismatches.push(Mismatch::new(what, expected, found));
        }
    };
    differs("method", "POST", &sent.method);
    differs("path", &format!("{BASE_PATH}{}", crate::mock::PATH), &sent.path);
    let values = |name: &str| {
        let values = sent.headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name));
        values.map(|header| header.1.as_str()).collect::<Vec<_>>().join(", then ")
    };
    let content_type = values("content-type");
    let is_json = content_type.split(';').next().is_some_and(|value| value.trim() == "application/json");
    differs(
        "header",
        "content-type: application/json",
        if is_json { "content-type: application/json" } else { &content_type },
    );
    if values("x-api-key") != API_KEY {
        differs("header", "x-api-key: the key, once", "another value, none, or several");
    }
    let elsewhere = sent.headers.iter().find(|header| header.0 != "x-api-key" && header.1.contains(API_KEY));
    if let Some((name, _)) = elsewhere {
        differs("header", "the key in x-api-key alone", &format!("it in {name} too"));
    }
    let expected = case.expect.sent.clone().unwrap_or_default();
    for (name, value) in &expected.headers {
        differs("header", &format!("{name}: {value}"), &format!("{name}: {}", values(name)));
    }
    for name in ABSENT_HEADERS.into_iter().chain(expected.absent_headers.iter().map(String::as_str)) {
        let is_there = sent.headers.iter().any(|header| header.0.eq_ignore_ascii_case(name));
        differs("header", &format!("no {name}"), &format!("{} {name}", if is_there { "a" } else { "no" }));
    }
    // Strictly: a member that is sent twice is no request of this contract.
    let body = Document::parse(&sent.body).ok().map(|document| document.value);
    match (expected_body, body) {
        (Some(expected), Some(found)) => {
            if let Some(pointer) = difference(&expected, &found) {
                differs("body", "the request's", &format!("another at {pointer:?}"));
            }
        }
        (Some(_), None) => differs("body", "the request's", "what is no JSON object, or has a member twice"),
        (None, _) => {}
    }
}

fn listed<'finding>(findings: impl Iterator<Item = &'finding Finding>) -> String {
    let mut lines: Vec<String> = findings.map(|found| format!("{} at {:?}", found.rule, found.pointer)).collect();
    lines.sort();
    if lines.is_empty() { "none".into() } else { lines.join(", ") }
}

/// The name of a value in the case's own words.
fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Where two bodies differ as JSON, or none. An optional member that is null is absent, and numbers are compared by their
/// value: `10.0` is 10.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    let normal = |value: &Value| {
        let mut value = value.clone();
        if let Some(definition) = schema::definition("CallRequest") {
            schema::normalize(&mut value, definition);
        }
        value
    };
    difference_at(String::new(), &normal(expected), &normal(found))
}

fn difference_at(pointer: String, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| {
                let child = format!("{pointer}/{}", crate::violation::escape(name));
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => difference_at(child, left, right),
                    _ => Some(child),
                }
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| difference_at(format!("{pointer}/{index}"), left, right))
        }
        (Value::Number(left), Value::Number(right)) => (!is_same_number(left, right)).then_some(pointer),
        _ => (expected != found).then_some(pointer),
    }
}

/// Whether two numbers have one value: an integer is compared to its last digit, however it is written.
fn is_same_number(left: &Number, right: &Number) -> bool {
    let whole = |number: &Number| match number.as_f64() {
        // Exact: every double of this size is an integer that 128 bits hold.
        Some(double) if number.is_f64() => (double.fract() == 0.0 && double.abs() < 1e30).then_some(double as i128),
        _ => number.as_i128(),
    };
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left == right,
        (None, None) => left.as_f64() == right.as_f64(),
        _ => false,
    }
}
