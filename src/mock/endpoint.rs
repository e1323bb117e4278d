//! The stand-in's whole behaviour: one function from an HTTP request to a reply, over raw bytes, with no HTTP library.
//! The transports beside it deliver the reply.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::fault::{Fault, Kind, fault_of};
use super::formatter::first_name;
use super::journal::{Exchange, Journal, REMEMBERED, Summary};
use crate::check::{CheckError, check_json_with};
use crate::rules::Levels;
use crate::violation::{Level, Violation};

/// Path of the operation.
pub const PATH: &str = "/calling/v2/outbound/individual";

/// Path under which the journal is read and reset.
const JOURNAL: &str = "/__ringg/";

/// Rules whose breach the documentation says the server refuses; the schema's denials are refused too.
const REFUSED: [&str; 2] = ["caller-number-missing", "from-number-and-id"];

/// An HTTP request, as far as the endpoint looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpRequest<'request> {
    pub(crate) method: &'request str,
    pub(crate) path: &'request str,
    pub(crate) content_type: Option<&'request str>,
    pub(crate) api_key: Option<&'request str>,
    /// None where the body was larger than is read.
    pub(crate) body: Option<&'request [u8]>,
}

/// What to deliver.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// None: drop the connection at once, or after `delay`, without an answer.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) rings: bool,
    pub(crate) fault: Option<&'static Fault>,
    pub(crate) violations: Vec<Violation>,
}

impl Reply {
    fn json(status: u16, body: &impl serde::Serialize) -> Self {
        Self {
            status: Some(status),
            headers: vec![("content-type", "application/json")],
            body: serde_json::to_vec(body).unwrap_or_default(),
            delay: Duration::ZERO,
            rings: false,
            fault: None,
            violations: Vec::new(),
        }
    }

    fn error(status: u16, reason: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "code": format!("{status} {reason}"), "message": message } }))
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The stand-in, whatever carries it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    api_key: Option<String>,
    latency: Duration,
    levels: Levels,
    journal: Mutex<Journal>,
    source: Mutex<Source>,
}

/// Settings of the stand-in.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The right key; any key at all where none.
    pub(crate) api_key: Option<String>,
    /// Makes ids and times repeatable.
    pub(crate) seed: Option<u64>,
    /// Delay of every answer.
    pub(crate) latency: Duration,
    pub(crate) remembered: usize,
    pub(crate) levels: Levels,
}

impl Default for Settings {
    fn default() -> Self {
        Self { api_key: None, seed: None, latency: Duration::ZERO, remembered: REMEMBERED, levels: Levels::default() }
    }
}

impl Endpoint {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            api_key: settings.api_key,
            latency: settings.latency,
            levels: settings.levels,
            journal: Mutex::new(Journal::new(settings.remembered)),
            source: Mutex::new(Source { seed: settings.seed, count: 0 }),
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.journal().exchanges()
    }

    pub(crate) fn summary(&self) -> Summary {
        self.journal().summary()
    }

    pub(crate) fn reset(&self) {
        self.journal().reset();
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replies to a request, and records it unless it is for the journal.
    pub(crate) fn reply(&self, request: HttpRequest<'_>) -> Reply {
        if let Some(what) = request.path.strip_prefix(JOURNAL) {
            return self.reply_about_journal(request.method, what);
        }
        let (time, call_id) = self.source.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut reply = self.reply_to_call(request, &time, &call_id);
        reply.delay += self.latency;
        self.journal().record(time, request.body.unwrap_or_default(), &reply);
        reply
    }

    fn reply_about_journal(&self, method: &str, what: &str) -> Reply {
        match (method, what) {
            ("GET", "calls") => Reply::json(200, &json!({ "calls": self.exchanges() })),
            ("GET", "summary") => Reply::json(200, &self.summary()),
            ("DELETE", "calls") => {
                self.reset();
                Reply { status: Some(204), headers: Vec::new(), body: Vec::new(), ..Reply::json(204, &()) }
            }
            (_, "calls" | "summary") => {
                Reply::error(405, "Method Not Allowed", "GET, or DELETE of calls.").with_header("allow", "GET, DELETE")
            }
            _ => Reply::error(404, "Not Found", "There are /__ringg/calls and /__ringg/summary."),
        }
    }

    fn reply_to_call(&self, request: HttpRequest<'_>, time: &str, call_id: &str) -> Reply {
        if request.path != PATH {
            return Reply::error(404, "Not Found", "No operation has this path.");
        }
        if request.method != "POST" {
            return Reply::error(405, "Method Not Allowed", "The operation is a POST.").with_header("allow", "POST");
        }
        let Some(body) = request.body else {
            return Reply::error(413, "Content Too Large", "The body is larger than 8 MiB.");
        };
        let media_type = request.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Reply::error(415, "Unsupported Media Type", "The body is application/json.");
        }
        let checked = check_json_with(body, &self.levels);
        let violations = match &checked {
            Ok(checked) => checked.warnings().to_vec(),
            Err(error) => error.violations().to_vec(),
        };
        let is_right = |key: &str| self.api_key.as_ref().map_or(!key.trim().is_empty(), |right| right == key);
        let mut reply = if !request.api_key.is_some_and(is_right) {
            Reply::error(401, "Unauthorized", "Missing or invalid X-API-KEY.")
        } else if let Err(CheckError::Unreadable(cause)) = &checked {
            Reply::error(400, "Bad Request", &cause.to_string())
        } else if let Some(violation) = violations.iter().find(|violation| is_refused(violation)) {
            Reply::error(400, "Bad Request", &violation.to_string())
        } else {
            let request: Value = serde_json::from_slice(body).unwrap_or_default();
            let success = success(&request, time, call_id);
            match request["mobile_number"].as_str().and_then(fault_of) {
                Some(fault) => misbehave(fault, success),
                None => Reply { rings: true, ..Reply::json(200, &success) },
            }
        };
        reply.violations = violations;
        reply
    }
}

fn is_refused(violation: &Violation) -> bool {
    let is_schema = violation.rule.starts_with("schema/") && violation.level == Level::Deny;
    is_schema || REFUSED.contains(&violation.rule.as_ref())
}

/// The reply of a fault, given the success it takes the place of.
fn misbehave(fault: &'static Fault, mut success: Value) -> Reply {
    let silent = |delay| Reply { status: None, headers: Vec::new(), body: Vec::new(), delay, ..Reply::json(0, &()) };
    let reply = match fault.kind {
        Kind::Status(307) => {
            Reply::error(307, "Temporary Redirect", "Elsewhere.").with_header("location", "/elsewhere")
        }
        Kind::Status(422) => {
            Reply::json(422, &json!({ "detail": [{ "loc": ["body"], "msg": "A fault was asked for." }] }))
        }
        Kind::Status(502) => Reply {
            headers: vec![("content-type", "text/html")],
            body: b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec(),
            ..Reply::json(502, &())
        },
        Kind::Status(status @ (429 | 503)) => {
            Reply::error(status, "Later", "A fault was asked for.").with_header("retry-after", "1")
        }
        Kind::Status(status) => Reply::error(status, "Fault", "A fault was asked for."),
        Kind::Drop => silent(Duration::ZERO),
        Kind::Silence => silent(Duration::from_secs(3600)),
        Kind::Slow(delay) => Reply { delay, ..Reply::json(200, &success) },
        Kind::OddSuccess => {
            success["data"]["call_status"] = "levitating".into();
            success["data"]["added_later"] = json!({ "a": 1 });
            success["added_later"] = true.into();
            Reply::json(200, &success)
        }
        Kind::NoCallId => {
            if let Some(data) = success["data"].as_object_mut() {
                data.remove("call_id");
            }
            Reply::json(200, &success)
        }
        Kind::NotJson => Reply {
            headers: vec![("content-type", "text/html")],
            body: b"<html>OK</html>".to_vec(),
            ..Reply::json(200, &())
        },
    };
    Reply { rings: fault.rings, fault: Some(fault), ..reply }
}

/// The documented success, with the agent and the arguments of the request and their documented additions.
fn success(request: &Value, time: &str, call_id: &str) -> Value {
    json!({
        "status": "success",
        "data": {
            "call_id": call_id,
            "call_direction": "outbound",
            "call_status": "ongoing",
            "initiated_at": time,
            "agent_id": request["agent_id"],
            "custom_args_values": arguments(request),
        },
        "message": "Call initiated successfully",
    })
}

fn arguments(request: &Value) -> Map<String, Value> {
    let mut arguments = request["custom_args_values"].as_object().cloned().unwrap_or_default();
    arguments.entry("callee_name").or_insert_with(|| request["name"].clone());
    let settings = &request["smart_formatter"];
    // Transliteration extracts the first name too; the stand-in does not transliterate.
    if settings["extract_first_name"] == true || settings["transliteration"] == true {
        let name = arguments["callee_name"].as_str().map(str::to_owned).unwrap_or_default();
        arguments.insert("callee_name".into(), first_name(&name).into());
        arguments.insert("original_callee_name".into(), name.into());
    }
    arguments
}

/// Times and ids: of the clock and at random, or counted from a seed.
#[derive(Debug)]
struct Source {
    seed: Option<u64>,
    count: u64,
}

impl Source {
    /// The time in the documented form (UTC by our choice, microseconds, no offset) and a fresh id.
    fn next(&mut self) -> (String, String) {
        self.count += 1;
        let (time, id) = match self.seed {
            None => (jiff::Timestamp::now(), uuid::Uuid::new_v4()),
            Some(seed) => {
                // 2025-01-01T00:00:00Z, a second an exchange.
                let time = jiff::Timestamp::from_second(1_735_689_600 + i64::try_from(self.count).unwrap_or_default());
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&scramble(seed ^ scramble(self.count)).to_be_bytes());
                bytes[8..].copy_from_slice(&scramble(seed.wrapping_add(self.count)).to_be_bytes());
                (time.unwrap_or_default(), uuid::Builder::from_random_bytes(bytes).into_uuid())
            }
        };
        (time.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string(), id.to_string())
    }
}

/// The finaliser of SplitMix64: distinct inputs give distinct outputs.
fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
