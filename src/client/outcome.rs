//! From what happened to what it means. The table is [`judge`] for answers and [`without_answer`] for the rest; there is
//! no other place that decides.
//!
//! | what happened | outcome |
//! | --- | --- |
//! | 2xx with a readable `data.call_id` | placed |
//! | no connection (DNS, refused, TLS) | not sent |
//! | 4xx but 408 | refused |
//! | anything else: time-out, connection lost, 1xx, 2xx without a call id, 3xx, 408, 5xx | unknown |

use std::fmt;

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::generated::types::CallResponse;

/// Largest part of an answer's body that is read and kept, in bytes: 1 MiB.
pub(crate) const MAXIMUM_ANSWER_BYTES: usize = 1024 * 1024;

/// A call that was placed. The phone rings, or has rung.
#[derive(Clone)]
pub struct PlacedCall {
    call_id: String,
    answer: Answer,
}

impl PlacedCall {
    /// Id of the call, to find it in call history and callbacks. Store it.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The answer as the documentation describes it, undocumented members included; none where it is odder than that.
    pub fn response(&self) -> Option<CallResponse> {
        serde_json::from_slice(&self.answer.body).ok()
    }

    /// The answer as it came.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl fmt::Debug for PlacedCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PlacedCall").field("call_id", &self.call_id).field("answer", &self.answer).finish()
    }
}

/// An HTTP answer: status and body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, at most 1 MiB of it. May hold names and numbers.
    pub body: Vec<u8>,
}

impl Answer {
    /// Code and message of an error body, in any of the forms seen.
    fn explanation(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let error = body.get("error").or_else(|| body.get("detail")).unwrap_or(&body);
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        match (error.as_str(), text("code"), text("message")) {
            (Some(text), _, _) => Some(text.to_owned()),
            (None, Some(code), Some(message)) => Some(format!("{code}: {message}")),
            (None, code, message) => code.or(message).map(str::to_owned),
        }
    }

    /// The code and message of the error body, where it holds them. They may repeat what the request held; this crate
    /// prints them nowhere.
    pub fn error_text(&self) -> Option<String> {
        self.explanation()
    }
}

/// Shows no body: it may hold names and numbers.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer {{ status: {}, body: {} bytes }}", self.status, self.body.len())
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A call that is not known to be placed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No byte of the request left this machine: DNS, connection or TLS failed. Safe to send again.
    #[error("the call was not sent")]
    NotSent {
        /// The cause.
        source: BoxError,
    },
    /// The server refused (4xx but 408). No phone rings.
    #[error("the server refused the call with status {}", .0.status)]
    Refused(Answer),
    /// The phone may have rung. Do not send again before looking the call up in call history.
    #[error("whether the call was placed is unknown{}; look it up in call history before sending again", status(.answer))]
    Unknown {
        /// What was answered, where anything was.
        answer: Option<Answer>,
        /// The cause, where there was one.
        source: Option<BoxError>,
    },
}

fn status(answer: &Option<Answer>) -> String {
    answer.as_ref().map(|answer| format!(" (status {})", answer.status)).unwrap_or_default()
}

impl CallError {
    /// Whether a phone may have rung. If not, sending again is safe.
    pub fn may_have_rung(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

pub(super) async fn read(mut response: Response) -> Result<PlacedCall, CallError> {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAXIMUM_ANSWER_BYTES => {
                body.extend_from_slice(&chunk[..MAXIMUM_ANSWER_BYTES - body.len()]);
                return judge(Answer { status, body }, Some("the answer is larger than 1 MiB".into()));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return judge(Answer { status, body }, None),
            Err(error) => return judge(Answer { status, body }, Some(error.without_url().into())),
        }
    }
}

/// The table, for answers.
fn judge(answer: Answer, broken_off: Option<BoxError>) -> Result<PlacedCall, CallError> {
    let status = answer.status;
    if status.is_success() {
        let body = serde_json::from_slice::<Value>(&answer.body);
        let call_id = body.as_ref().ok().and_then(|body| body.pointer("/data/call_id")?.as_str()).map(str::to_owned);
        return match call_id.filter(|id| !id.trim().is_empty()) {
            Some(call_id) => Ok(PlacedCall { call_id, answer }),
            None => {
                let cause = broken_off.or_else(|| body.err().map(Into::into));
                Err(CallError::Unknown { answer: Some(answer), source: cause })
            }
        };
    }
    if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
        return Err(CallError::Refused(answer));
    }
    Err(CallError::Unknown { answer: Some(answer), source: broken_off })
}

/// The table, where there is no answer.
pub(super) fn without_answer(error: reqwest::Error) -> CallError {
    let source: BoxError = error.without_url().into();
    let failed_before_sending =
        source.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_connect() || error.is_builder());
    if failed_before_sending {
        CallError::NotSent { source }
    } else {
        CallError::Unknown { answer: None, source: Some(source) }
    }
}
