//! From what happened to what it means.
//!
//! [`Outcome::of`] is the table, and the only place that decides; the rest of this file carries evidence to it. The table
//! with the requests a server sees for each row is in `docs/outcomes.md`, made by the fault matrix in `tests/suite/`.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::generated::types::CallResponse;

/// Largest part of an answer's body that is read and kept: 1 MiB.
const MAXIMUM_ANSWER_BYTES: usize = 1024 * 1024;

/// Headers of an answer that are kept. None carries a secret; the rest are dropped.
const KEPT_HEADERS: [HeaderName; 5] = [
    reqwest::header::CONTENT_TYPE,
    reqwest::header::DATE,
    RETRY_AFTER,
    reqwest::header::SERVER,
    HeaderName::from_static("x-request-id"),
];

/// What happened to one attempt, as far as it can be seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// There was no connection: DNS, TCP, a proxy's tunnel or TLS failed. No byte of the request left.
    NoConnection,
    /// There was a connection, and no answer: a time-out, a lost connection, or an answer that is not HTTP.
    NoAnswer,
    /// There was an answer.
    Answer {
        /// Its HTTP status.
        status: u16,
        /// Whether its body holds a readable, non-blank `data.call_id`.
        has_call_id: bool,
    },
}

/// What it means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The call was placed: a phone rings, or has rung.
    Placed,
    /// Nothing was sent. Safe to send again.
    NotSent,
    /// The server refused. No phone rings.
    Refused,
    /// A phone may have rung. Not safe to send again.
    Unknown,
}

impl Outcome {
    /// The table. It is total, and its order matters: the first row that fits decides.
    #[must_use]
    pub const fn of(event: Event) -> Self {
        match event {
            Event::NoConnection => Self::NotSent,
            Event::NoAnswer => Self::Unknown,
            Event::Answer { status: 200..=299, has_call_id: true } => Self::Placed,
            Event::Answer { status: 408, .. } => Self::Unknown,
            Event::Answer { status: 400..=499, .. } => Self::Refused,
            Event::Answer { .. } => Self::Unknown,
        }
    }

    /// Whether a phone may ring or have rung. If not, sending again is safe.
    #[must_use]
    pub const fn may_have_rung(self) -> bool {
        matches!(self, Self::Placed | Self::Unknown)
    }
}

/// An HTTP answer: status, the headers that matter, and the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `Content-Type`, `Date`, `Retry-After`, `Server` and `X-Request-Id`, where given.
    pub headers: HeaderMap,
    /// The body, at most 1 MiB of it. May hold names and numbers.
    pub body: Vec<u8>,
}

impl Answer {
    /// How long to wait before sending again, from `Retry-After` in either form: seconds, or an HTTP date. A date in the
    /// past is no wait at all.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The code of an error body, where it holds one. May repeat what the request held.
    pub fn error_code(&self) -> Option<String> {
        let body = self.json()?;
        [body.pointer("/error/code"), body.pointer("/detail/code"), body.get("code")]
            .into_iter()
            .flatten()
            .find_map(text)
    }

    /// The message of an error body in any form seen, and the body's own text where it is not JSON. May repeat what the
    /// request held; this crate prints it nowhere.
    pub fn error_message(&self) -> Option<String> {
        let Some(body) = self.json() else {
            let text = String::from_utf8_lossy(&self.body).trim().to_owned();
            return (!text.is_empty()).then_some(text);
        };
        let places = [
            body.pointer("/error/message"),
            body.get("error").filter(|error| error.is_string()),
            body.get("message"),
            body.pointer("/detail/message"),
            body.pointer("/detail/msg"),
            body.pointer("/detail/0/msg"),
            body.pointer("/detail/0/message"),
            body.get("detail"),
            Some(&body).filter(|body| body.is_string()),
        ];
        places.into_iter().flatten().find_map(text)
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) | Value::Array(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Shows no body: it may hold names and numbers.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer {{ status: {}, body: {} bytes }}", self.status.as_u16(), self.body.len())
    }
}

/// An answer that is not of the documented form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer{} {message}", if pointer.is_empty() { String::new() } else { format!(" at {pointer}") })]
#[non_exhaustive]
pub struct DecodeError {
    /// JSON Pointer to the place; empty for the whole body.
    pub pointer: String,
    /// What is wrong. Holds no value of the answer.
    pub message: String,
}

impl DecodeError {
    fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// A call that was placed. The phone rings, or has rung.
#[derive(Clone, Debug)]
pub struct PlacedCall {
    call_id: String,
    notes: Vec<&'static str>,
    answer: Answer,
}

impl PlacedCall {
    /// Id of the call, to find it in call history and callbacks. Store it.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// What is odd about the answer, though it holds a call id: mostly nothing.
    pub fn notes(&self) -> &[&'static str] {
        &self.notes
    }

    /// The answer as the documentation describes it, undocumented members included.
    ///
    /// # Errors
    /// [`DecodeError`] where it is odder than that. The call is placed all the same.
    pub fn response(&self) -> Result<CallResponse, DecodeError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.answer.body);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let pointer = error.path().iter().map(|segment| format!("/{segment}")).collect::<String>();
            DecodeError::new(pointer, "is not of the documented type")
        })
    }

    /// The answer as it came.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// What a lost call can be found by: this value stands under this key of `custom_args_values`, in call history and in
/// callbacks.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciliation {
    /// The key.
    pub key: String,
    /// The value: the client's own id, or the caller's where the request held one.
    pub value: String,
}

impl Reconciliation {
    pub(super) fn new(key: &str, value: &str) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Shows no value: it may be the caller's own.
impl fmt::Debug for Reconciliation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Reconciliation {{ key: {:?}, .. }}", self.key)
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A call that is not known to be placed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No byte of the request left this machine. Safe to send again.
    #[error("the call was not sent")]
    NotSent {
        /// The cause.
        source: BoxError,
    },
    /// The server refused (4xx but 408). No phone rings.
    #[error("the server refused the call with status {}", .0.status.as_u16())]
    Refused(Box<Answer>),
    /// The phone may have rung. Do not send again before looking the call up.
    #[error("whether the call was placed is unknown{}; {}", status(.answer), advice(.reconciliation))]
    Unknown {
        /// What was answered, where anything was.
        answer: Option<Box<Answer>>,
        /// What to look the call up by, where the client was asked to add it.
        reconciliation: Option<Reconciliation>,
        /// The cause, where there was one.
        source: Option<BoxError>,
    },
}

fn status(answer: &Option<Box<Answer>>) -> String {
    answer.as_ref().map(|answer| format!(" (status {})", answer.status.as_u16())).unwrap_or_default()
}

fn advice(reconciliation: &Option<Reconciliation>) -> String {
    match reconciliation {
        // The key only: the value may be the caller's own.
        Some(Reconciliation { key, .. }) => {
            format!("look for the argument `{key}` in call history before sending again")
        }
        None => "look it up in call history before sending again".into(),
    }
}

impl CallError {
    /// The outcome this error stands for.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NotSent { .. } => Outcome::NotSent,
            Self::Refused(_) => Outcome::Refused,
            Self::Unknown { .. } => Outcome::Unknown,
        }
    }

    /// Whether a phone may have rung. If not, sending again is safe.
    pub fn may_have_rung(&self) -> bool {
        self.outcome().may_have_rung()
    }

    pub(super) fn with_reconciliation(mut self, found_by: Option<Reconciliation>) -> Self {
        if let Self::Unknown { reconciliation, .. } = &mut self {
            *reconciliation = found_by;
        }
        self
    }

    /// The answer, where there was one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::NotSent { .. } => None,
            Self::Refused(answer) => Some(answer),
            Self::Unknown { answer, .. } => answer.as_deref(),
        }
    }
}

/// Reads an answer up to the bound, and no further.
pub(super) async fn read(mut response: Response) -> Result<PlacedCall, CallError> {
    let status = response.status();
    let kept =
        KEPT_HEADERS.into_iter().filter_map(|name| response.headers().get(&name).map(|value| (name, value.clone())));
    let headers: HeaderMap<HeaderValue> = kept.collect();
    let mut body = Vec::new();
    let broken_off: Option<BoxError> = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAXIMUM_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break Some("the answer is larger than 1 MiB".into());
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error.without_url().into()),
        }
    };
    judge(Answer { status, headers, body }, broken_off)
}

/// Carries an answer to the table.
fn judge(answer: Answer, broken_off: Option<BoxError>) -> Result<PlacedCall, CallError> {
    let call_id = call_id(&answer.body);
    let event = Event::Answer { status: answer.status.as_u16(), has_call_id: call_id.is_ok() };
    match (Outcome::of(event), call_id) {
        (Outcome::Placed, Ok((call_id, notes))) => Ok(PlacedCall { call_id, notes, answer }),
        (Outcome::Refused, _) => Err(CallError::Refused(answer.into())),
        (_, call_id) => {
            let decoding = call_id.err().filter(|_| answer.status.is_success()).map(Into::into);
            Err(CallError::Unknown {
                answer: Some(answer.into()),
                reconciliation: None,
                source: broken_off.or(decoding),
            })
        }
    }
}

/// The call id of a body, and what else is odd about it.
fn call_id(body: &[u8]) -> Result<(String, Vec<&'static str>), DecodeError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| DecodeError::new("", format!("is not JSON ({:?})", error.classify())))?;
    let call_id = value.pointer("/data/call_id").ok_or_else(|| DecodeError::new("/data/call_id", "is missing"))?;
    let call_id = call_id.as_str().ok_or_else(|| DecodeError::new("/data/call_id", "is not a string"))?;
    if call_id.trim().is_empty() {
        return Err(DecodeError::new("/data/call_id", "is blank"));
    }
    let mut notes = Vec::new();
    match value.get("status").and_then(Value::as_str) {
        Some("success") => {}
        Some(_) => notes.push("`status` is not `success`"),
        None => notes.push("`status` is missing"),
    }
    Ok((call_id.to_owned(), notes))
}

/// Carries the want of an answer to the table.
pub(super) fn without_answer(error: reqwest::Error) -> CallError {
    let no_connection = error.is_connect() || error.is_builder();
    let event = if no_connection { Event::NoConnection } else { Event::NoAnswer };
    let source: BoxError = error.without_url().into();
    match Outcome::of(event) {
        Outcome::NotSent => CallError::NotSent { source },
        _ => CallError::Unknown { answer: None, reconciliation: None, source: Some(source) },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            any::<String>().prop_map(|id| serde_json::json!({"data": {"call_id": id}}).to_string().into_bytes()),
            any::<i32>().prop_map(|id| serde_json::json!({"data": {"call_id": id}}).to_string().into_bytes()),
            "[ -~]{0,20}".prop_map(|cut| format!("{{\"data\": {{\"call_id\": \"{cut}").into_bytes()),
        ]
    }

    proptest! {
        #[test]
        fn any_answer_gets_the_outcome_of_the_table(
            status in 100_u16..=999, body in body(), retry_after in prop::collection::vec(any::<u8>(), 0..30), broken_off: bool,
        ) {
            // Found by another road than the code's own.
            let text = String::from_utf8(body.clone()).ok();
            let parsed: Option<CallResponse> = text.and_then(|text| serde_json::from_str(&text).ok());
            let has_call_id = parsed.is_some_and(|response| response.data.call_id.chars().any(|letter| !letter.is_whitespace()));

            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&retry_after) {
                headers.insert(RETRY_AFTER, value);
            }
            let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body };
            let _ = (answer.retry_after(), answer.error_code(), answer.error_message(), format!("{answer:?}"));
            let kept = answer.body.clone();
            let result = judge(answer, broken_off.then(|| "broken off".into()));
            let outcome = match &result {
                Ok(call) => { let _ = call.response(); Outcome::Placed }
                Err(error) => error.outcome(),
            };
            prop_assert_eq!(outcome, Outcome::of(Event::Answer { status, has_call_id }));
            let answer = result.as_ref().map_or_else(CallError::answer, |call| Some(call.answer()));
            prop_assert_eq!(&answer.unwrap().body, &kept, "the bytes are kept");
        }
    }
    #[test]
    fn an_unknown_call_tells_the_status_and_what_to_look_for() {
        let answer = |status| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        let unknown = |answer: Option<Answer>, reconciliation| CallError::Unknown {
            answer: answer.map(Box::new),
            reconciliation,
            source: None,
        };
        assert_eq!(
            unknown(Some(answer(504)), None).to_string(),
            "whether the call was placed is unknown (status 504); look it up in call history before sending again"
        );
        let found_by = Reconciliation::new("order_id", "4711");
        assert_eq!(format!("{found_by:?}"), "Reconciliation { key: \"order_id\", .. }");
        assert_eq!(
            unknown(None, Some(found_by)).to_string(),
            "whether the call was placed is unknown; look for the argument `order_id` in call history before sending again"
        );
    }
}
