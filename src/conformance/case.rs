//! The corpus: the form of a case, and all cases. `tests/cases/case.schema.json` says the same to other languages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::violation::Level;

macro_rules! topics {
    ($($topic:literal),* $(,)?) => {
        /// File name and content of every topic.
        const TOPICS: &[(&str, &str)] = &[$(
            ($topic, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/", $topic, ".json")))
        ),*];
    };
}

topics![
    "answers",
    "arguments",
    "authentication",
    "callbacks",
    "formatter",
    "identifiers",
    "members",
    "number-sources",
    "outcomes",
    "required-members",
    "text",
    "timing",
    "unknown-members",
    "unreadable",
];

/// One case: a request, what the server answers, and what a correct binding makes of both.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Case {
    /// Stable, unique, kebab-case.
    pub id: String,
    /// What a correct binding does, stated as a fact.
    pub documentation: String,
    /// Where that comes from.
    pub source: Source,
    /// The rule at whose boundary the case lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Levels other than the rules' own, by rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, Level>,
    /// What the binding is asked to send.
    pub request: Request,
    /// What the server does; the documented success unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// What is expected.
    pub expect: Expectation,
}

/// Where a case comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// A part of the documentation.
    Documentation(String),
    /// Not documented, and why it is thought so all the same.
    Inferred(String),
    /// A decision of this project, such as the table of outcomes, and why.
    Decision(String),
}

/// What the binding is asked to send: `body`, or `text` where the point is that it is no proper JSON.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Request {
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The body's text, to the byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Arguments too many or too long to write down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_arguments: Option<AdditionalArguments>,
    /// Whether the binding has a key.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub api_key: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Members `argument_1` to `argument_<count>` of `custom_args_values`, each with a value of `bytes` times the letter `x`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AdditionalArguments {
    /// How many.
    pub count: usize,
    /// Length of each value, in bytes.
    pub bytes: usize,
}

/// What the server does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Server {
    /// It misbehaves.
    Fault {
        /// How.
        fault: Fault,
    },
    /// It answers.
    Answer(Answer),
}

/// An answer: `body` as JSON, or `text` as it is, or neither for an empty one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside `Content-Type`, which is `application/json` with a `body`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// A body that is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How a server misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// Nothing listens.
    NoConnection,
    /// It reads the request and closes the connection.
    Drop,
    /// It reads the request and never answers.
    Silence,
    /// It answers 200 and breaks off in the middle of the body.
    Truncate,
    /// It answers 200 with a call id, and breaks the connection before the length it stated.
    BreakAfterBody,
    /// It answers 200 with more than 1 MiB of white space before the call id.
    Flood,
    /// It answers 200 with a little less than 1 MiB in all.
    LongAnswer,
    /// It answers 200 a byte at a time, and does not come to an end.
    Trickle,
}

/// What is expected.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Expectation {
    /// Whether the request may be sent.
    pub verdict: Verdict,
    /// Every rule that is broken, warnings among them, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Finding>,
    /// What the server sees, where it is more than the documented headers and the body as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<ExpectedRequest>,
    /// What the binding makes of the answer; none for a request that is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ExpectedOutcome>,
    /// Id of the call, where it is placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// How many requests the server sees.
    pub requests: usize,
    /// What the documentation says the endpoint does with the request, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointVerdict>,
}

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// It is sent, with warnings or without.
    Accepted,
    /// A denied rule is broken; nothing is sent.
    Denied,
    /// It is no JSON object, or could not be sent on as it was written; nothing is sent.
    Unreadable,
}

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// JSON Pointer, with `***` for a member name that is neither documented nor plain.
    pub pointer: String,
}

impl Finding {
    /// A rule broken at a pointer.
    pub fn new(rule: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { rule: rule.into(), pointer: pointer.into() }
    }
}

/// What the server sees beyond the documented headers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExpectedRequest {
    /// Headers that are there once, with these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Headers that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent_headers: Vec<String>,
    /// The body, where it is not the one given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// What an answer means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ExpectedOutcome {
    /// A phone rings.
    Placed,
    /// Nothing was sent.
    NotSent,
    /// The server refused.
    Refused,
    /// A phone may have rung.
    Unknown,
}

/// What the documentation says the endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndpointVerdict {
    /// It answers with success: a phone rings.
    Accepts,
    /// It answers with a validation error.
    Refuses,
    /// It answers 401.
    Unauthorized,
}

impl Case {
    /// The topic: the name of the file the case is in.
    #[must_use]
    pub fn topic(&self) -> &'static str {
        CORPUS.topics.get(&self.id).copied().unwrap_or_default()
    }

    /// The body to send, as JSON; none where there is only text.
    #[must_use]
    pub fn body(&self) -> Option<Value> {
        let mut body = self.request.body.clone()?;
        if let Some(AdditionalArguments { count, bytes }) = self.request.additional_arguments {
            let value = "x".repeat(bytes);
            let members = body.as_object_mut()?.entry("custom_args_values").or_insert_with(|| Map::new().into());
            for number in 1..=count {
                members[format!("argument_{number}")] = value.clone().into();
            }
        }
        Some(body)
    }

    /// The body to send, as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.body().map(|body| body.to_string()).or_else(|| self.request.text.clone()).unwrap_or_default()
    }
}

/// A file of the corpus.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    #[serde(rename = "$schema")]
    _schema: String,
    topic: String,
    cases: Vec<Case>,
}

struct Corpus {
    cases: Vec<Case>,
    topics: BTreeMap<String, &'static str>,
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let mut corpus = Corpus { cases: Vec::new(), topics: BTreeMap::new() };
    for (name, text) in TOPICS {
        // Embedded: a broken file fails every test of the suite, and never reaches a user.
        let topic: Topic =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("tests/cases/{name}.json: {error}"));
        debug_assert_eq!(topic.topic, *name, "a topic is named as its file");
        corpus.topics.extend(topic.cases.iter().map(|case| (case.id.clone(), *name)));
        corpus.cases.extend(topic.cases);
    }
    corpus
});

/// Every case, by topic.
pub fn cases() -> &'static [Case] {
    &CORPUS.cases
}
