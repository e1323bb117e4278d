//! A stand-in for the endpoint: answers as the documentation says the endpoint does, and notes what the contract asks.
//!
//! [`answer`] is the whole behaviour, from raw bytes to an answer; [`MockServer`] carries it over HTTP on a loopback
//! port. It uses the rules and never the client. How the server behaves and what the contract asks are two things: a
//! request the documentation calls wrong but does not say is refused is answered, and its violations are recorded.
//!
//! ```
//! # #[cfg(not(feature = "client"))] fn main() {}
//! # #[cfg(feature = "client")] #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringg_call::{ApiKey, Client, check_json, mock::MockServer};
//!
//! let server = MockServer::start("test-key").await?;
//! let client = Client::builder(ApiKey::new("test-key")?).base_url(server.base_url()).build()?;
//! let request = check_json(ringg_call::EXAMPLE_REQUEST.as_bytes())?;
//! client.initiate_individual_call(&request).await?;
//! assert_eq!(server.exchanges().len(), 1);
//! # Ok(()) }
//! ```

mod formatter;
mod server;

use serde_json::{Map, Value, json};

use crate::check::{CheckError, check_json};
use crate::violation::{Level, Violation};

pub use server::MockServer;

/// Path of the operation.
pub const PATH: &str = "/calling/v2/outbound/individual";

/// Rules whose breach the documentation says the server refuses; the schema's denials are refused too.
const REFUSED: [&str; 2] = ["caller-number-missing", "from-number-and-id"];

/// What the stand-in answers, and what it noticed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
    /// What the request breaks, whether the answer refuses it or not.
    pub violations: Vec<Violation>,
    /// Whether the endpoint would have rung a phone.
    pub rings: bool,
}

impl Exchange {
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({ "error": { "code": code, "message": message } });
        Self { status, body, violations: Vec::new(), rings: false }
    }
}

/// The answer to a request body, given the key that was sent and the key that is right.
pub fn answer(sent_key: Option<&str>, right_key: &str, body: &[u8]) -> Exchange {
    let checked = check_json(body);
    let violations = match &checked {
        Ok(checked) => checked.warnings().to_vec(),
        Err(error) => error.violations().to_vec(),
    };
    let mut exchange = if sent_key != Some(right_key) {
        Exchange::error(401, "401 Unauthorized", "Missing or invalid X-API-KEY.")
    } else if let Err(CheckError::Unreadable(cause)) = &checked {
        Exchange::error(400, "400 Bad Request", &cause.to_string())
    } else if let Some(violation) = violations.iter().find(|violation| is_refused(violation)) {
        Exchange::error(400, "400 Bad Request", &violation.to_string())
    } else {
        let body = serde_json::from_slice(body).unwrap_or_default();
        Exchange { status: 200, body: success(&body), violations: Vec::new(), rings: true }
    };
    exchange.violations = violations;
    exchange
}

fn is_refused(violation: &Violation) -> bool {
    let is_schema = violation.rule.starts_with("schema/") && violation.level == Level::Deny;
    is_schema || REFUSED.contains(&violation.rule.as_ref())
}

/// The documented success: a fresh call id, the agent and the arguments with their documented additions.
fn success(request: &Value) -> Value {
    json!({
        "status": "success",
        "data": {
            "call_id": uuid::Uuid::new_v4().to_string(),
            "call_direction": "outbound",
            "call_status": "ongoing",
            "initiated_at": now(),
            "agent_id": request["agent_id"],
            "custom_args_values": arguments(request),
        },
        "message": "Call initiated successfully",
    })
}

/// The documented form: UTC by our choice, microseconds, no offset.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

fn arguments(request: &Value) -> Map<String, Value> {
    let mut arguments = request["custom_args_values"].as_object().cloned().unwrap_or_default();
    arguments.entry("callee_name").or_insert_with(|| request["name"].clone());
    let settings = &request["smart_formatter"];
    // Transliteration extracts the first name too; the stand-in does not transliterate.
    if settings["extract_first_name"] == true || settings["transliteration"] == true {
        let name = arguments["callee_name"].as_str().map(str::to_owned).unwrap_or_default();
        arguments.insert("callee_name".into(), formatter::first_name(&name).into());
        arguments.insert("original_callee_name".into(), name.into());
    }
    arguments
}
