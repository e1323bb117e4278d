//! The stand-in's whole behaviour: one function from an HTTP request to a reply, over raw bytes. The transports beside it
//! deliver the reply.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Method, StatusCode};
use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::audit::Audit;
use super::fault::{FAULT_NUMBER_PREFIX, Fault, Kind, fault_of};
use super::formatter::first_name;
use super::journal::{Exchange, Journal, Judgement, REMEMBERED, Record, Summary};
use crate::check::{Verdict, verdict};
use crate::generated::types::{CallRequest, CustomArguments, SmartFormatter};
use crate::rules::Levels;
use crate::violation::{Level, Violation};

/// Path of the operation.
pub const PATH: &str = "/calling/v2/outbound/individual";

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

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

impl<'request> HttpRequest<'request> {
    pub(crate) fn new(
        method: &'request Method,
        path: &'request str,
        headers: &'request HeaderMap,
        body: Option<&'request [u8]>,
    ) -> Self {
        let text = |value: &'request HeaderValue| value.to_str().ok();
        Self {
            method: method.as_str(),
            path,
            content_type: headers.get(CONTENT_TYPE).and_then(text),
            api_key: headers.get(&API_KEY).and_then(text),
            body,
        }
    }
}

/// What to deliver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// None: drop the connection at once, or after `delay`, without an answer.
    pub(crate) status: Option<u16>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) rings: bool,
    pub(crate) fault: Option<&'static Fault>,
    /// The call's id, where the answer tells it.
    pub(crate) call_id: Option<Uuid>,
    /// Why the request was refused, in the words of the answer.
    pub(crate) message: Option<Message>,
    /// What the contract makes of the request; none where it is no request of the operation.
    pub(crate) judgement: Option<Judgement>,
    pub(crate) violations: Vec<Violation>,
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Text(Cow<'static, str>),
    Violation(Violation),
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(formatter),
            Self::Violation(violation) => violation.fmt(formatter),
        }
    }
}

impl Reply {
    /// None drops the connection.
    fn empty(status: Option<u16>) -> Self {
        Self { status, ..Self::default() }
    }

    fn json(status: u16, value: &impl Serialize) -> Self {
        // Room for most answers, so that writing one does not grow it step by step.
        let mut body = Vec::with_capacity(512);
        if serde_json::to_writer(&mut body, value).is_err() {
            body.clear();
        }
        Self { body, ..Self::empty(Some(status)) }.with_header(CONTENT_TYPE, "application/json")
    }

    fn html(status: u16, body: &str) -> Self {
        Self { body: body.into(), ..Self::empty(Some(status)) }.with_header(CONTENT_TYPE, "text/html")
    }

    /// An error in the vendor's form.
    fn error(status: u16, message: impl Into<Message>) -> Self {
        #[derive(Serialize)]
        struct Body<'reply> {
            error: Cause<'reply>,
        }
        // Both are written into the answer as they are, without a text of their own before.
        #[derive(Serialize)]
        struct Cause<'reply> {
            code: fmt::Arguments<'reply>,
            message: fmt::Arguments<'reply>,
        }
        let message = message.into();
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
        let reply = Self::json(
            status,
            &Body { error: Cause { code: format_args!("{status} {reason}"), message: format_args!("{message}") } },
        );
        Self { message: Some(message), ..reply }
    }

    fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }
}

/// The stand-in, whatever carries it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    api_key: Option<String>,
    latency: Duration,
    /// What the contract asks. What the server refuses is another thing, and no level changes it.
    levels: Levels,
    journal: Mutex<Journal>,
    audit: Option<Mutex<Audit>>,
    source: Source,
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
    /// Whether to keep an audit too, which no reset touches.
    pub(crate) is_audited: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: None,
            seed: None,
            latency: Duration::ZERO,
            remembered: REMEMBERED,
            levels: Levels::default(),
            is_audited: false,
        }
    }
}

impl Endpoint {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            api_key: settings.api_key,
            latency: settings.latency,
            levels: settings.levels,
            journal: Mutex::new(Journal::new(settings.remembered)),
            audit: settings.is_audited.then(Mutex::default),
            source: Source::new(settings.seed),
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        // The lock is given back before they are read.
        let exchanges = self.journal().exchanges();
        exchanges.collect()
    }

    pub(crate) fn summary(&self) -> Summary {
        self.journal().summary()
    }

    /// Forgets exchanges and counts, and begins again with the ids and times of the seed, if there is one.
    pub(crate) fn reset(&self) {
        self.journal().reset();
        self.source.reset();
    }

    /// Counts what was no HTTP request.
    pub(crate) fn count_malformed(&self) {
        self.journal().count_malformed();
        if let Some(audit) = &self.audit {
            audit.lock().unwrap_or_else(PoisonError::into_inner).count_malformed();
        }
    }

    /// Takes the audit, if one is kept.
    #[cfg(feature = "cli")]
    pub(crate) fn take_audit(&self) -> Option<Audit> {
        let audit = self.audit.as_ref()?;
        Some(std::mem::take(&mut *audit.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replies to a request, and records it unless it is for the journal.
    pub(crate) fn reply(&self, request: HttpRequest<'_>) -> Reply {
        if let Some(what) = request.path.strip_prefix(JOURNAL) {
            return self.reply_about_journal(request.method, what);
        }
        let (time, call_id) = self.source.next();
        let mut reply = self.reply_to_call(request, time, call_id);
        reply.delay += self.latency;
        let record = Record::new(time, request, &reply);
        if let Some(audit) = &self.audit {
            audit.lock().unwrap_or_else(PoisonError::into_inner).add(&record);
        }
        self.journal().add(record);
        reply
    }

    fn reply_about_journal(&self, method: &str, what: &str) -> Reply {
        match (method, what) {
            ("GET", "calls") => Reply::json(200, &json!({ "calls": self.exchanges() })),
            ("GET", "summary") => Reply::json(200, &self.summary()),
            ("DELETE", "calls") => {
                self.reset();
                Reply::empty(Some(204))
            }
            (_, "calls" | "summary") => {
                let allowed = if what == "calls" { "GET, DELETE" } else { "GET" };
                Reply::error(405, "GET, or DELETE of calls.").with_header(ALLOW, allowed)
            }
            _ => Reply::error(404, "There are /__ringg/calls and /__ringg/summary."),
        }
    }

    fn reply_to_call(&self, request: HttpRequest<'_>, time: DateTime, call_id: Uuid) -> Reply {
        if request.path != PATH {
            return Reply::error(404, "No operation has this path.");
        }
        if request.method != "POST" {
            return Reply::error(405, "The operation is a POST.").with_header(ALLOW, "POST");
        }
        let Some(body) = request.body else {
            return Reply::error(413, "The body is larger than 8 MiB.");
        };
        let media_type = request.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Reply::error(415, "The body is application/json.");
        }
        let is_right = |key: &str| self.api_key.as_ref().map_or(!key.trim().is_empty(), |right| right == key);
        let is_authorized = request.api_key.is_some_and(is_right);
        let unauthorized = || Reply::error(401, "Missing or invalid X-API-KEY.");
        let Verdict { request, violations } = match verdict(body, &self.levels) {
            Ok(verdict) => verdict,
            Err(cause) => {
                let reply = if is_authorized { Reply::error(400, cause.to_string()) } else { unauthorized() };
                return Reply { judgement: Some(Judgement::Unreadable), ..reply };
            }
        };
        let is_denied = violations.iter().any(Violation::is_denied);
        let judgement = Some(if is_denied { Judgement::Denied } else { Judgement::Accepted });
        let reply = match (is_authorized, self.refusal(body, &violations), request) {
            (false, ..) => unauthorized(),
            (true, None, Some(request)) => accept(request, time, call_id),
            (true, refusal, _) => Reply::error(400, refusal.map_or("".into(), Message::Violation)),
        };
        Reply { judgement, violations, ..reply }
    }

    /// Why the server refuses a request, whatever the levels are.
    fn refusal(&self, body: &[u8], violations: &[Violation]) -> Option<Violation> {
        let first = |violations: &[Violation]| violations.iter().find(|one| is_refused(one)).cloned();
        if self.levels == Levels::default() {
            return first(violations);
        }
        verdict(body, &Levels::default()).ok().and_then(|verdict| first(&verdict.violations))
    }
}

fn is_refused(violation: &Violation) -> bool {
    let is_schema = violation.rule.starts_with("schema/") && violation.level == Level::Deny;
    is_schema || REFUSED.contains(&violation.rule.as_ref())
}

/// The reply of a fault, given the success it takes the place of.
fn misbehave(fault: &'static Fault, success: &Success<'_>) -> Reply {
    let reply = match fault.kind {
        Kind::Status(307) => Reply::error(307, "Elsewhere.").with_header(LOCATION, "/elsewhere"),
        Kind::Status(422) => {
            Reply::json(422, &json!({ "detail": [{ "loc": ["body"], "msg": "A fault was asked for." }] }))
        }
        Kind::Status(502) => Reply::html(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
        Kind::Status(status @ (429 | 503)) => {
            Reply::error(status, "A fault was asked for.").with_header(RETRY_AFTER, "1")
        }
        Kind::Status(status) => Reply::error(status, "A fault was asked for."),
        Kind::Drop => Reply::empty(None),
        Kind::Silence => Reply { delay: Duration::from_secs(3600), ..Reply::empty(None) },
        Kind::Slow(delay) => Reply { delay, ..Reply::json(200, success) },
        Kind::OddSuccess => {
            let mut odd = json!(success);
            odd["data"]["call_status"] = "levitating".into();
            odd["data"]["added_later"] = json!({ "a": 1 });
            odd["added_later"] = true.into();
            Reply::json(200, &odd)
        }
        Kind::NoCallId => {
            let mut success = json!(success);
            if let Some(data) = success["data"].as_object_mut() {
                data.remove("call_id");
            }
            Reply::json(200, &success)
        }
        Kind::NotJson => Reply::html(200, "<html>OK</html>"),
    };
    Reply { rings: fault.rings, fault: Some(fault), ..reply }
}

/// The documented success, written out here and not by the generated type: a member that is new in `openapi.yaml` changes
/// what is read, and what the stand-in answers only when somebody says with what.
#[derive(Serialize)]
struct Success<'call> {
    status: &'static str,
    data: SuccessData<'call>,
    message: &'static str,
}

#[derive(Serialize)]
struct SuccessData<'call> {
    call_id: &'call str,
    call_direction: &'static str,
    call_status: &'static str,
    initiated_at: &'call str,
    agent_id: &'call str,
    custom_args_values: CustomArguments,
}

/// The documented success, or the fault that the called number chooses.
fn accept(mut request: CallRequest, time: DateTime, call_id: Uuid) -> Reply {
    let arguments = arguments(&mut request);
    let mut text = Uuid::encode_buffer();
    let success = Success {
        status: "success",
        data: SuccessData {
            call_id: call_id.hyphenated().encode_lower(&mut text),
            call_direction: "outbound",
            call_status: "ongoing",
            initiated_at: &in_documented_form(time),
            agent_id: &request.agent_id,
            custom_args_values: arguments,
        },
        message: "Call initiated successfully",
    };
    match fault_of(&request.mobile_number) {
        Some(fault) => {
            let reply = misbehave(fault, &success);
            let tells_id = matches!(fault.kind, Kind::Slow(_) | Kind::OddSuccess);
            Reply { call_id: tells_id.then_some(call_id), ..reply }
        }
        // A mistyped number must not let a test pass that never met its fault.
        None if request.mobile_number.starts_with(FAULT_NUMBER_PREFIX) => {
            Reply::error(400, "No fault has this number; `ringg mock --list-faults` lists those that are.")
        }
        None => Reply { rings: true, call_id: Some(call_id), ..Reply::json(200, &success) },
    }
}

/// The arguments, taken out of the request, with their documented additions.
fn arguments(request: &mut CallRequest) -> CustomArguments {
    let mut arguments = request.custom_args_values.take().unwrap_or_default();
    // Null and absent are one thing.
    arguments.0.retain(|key, value| key != "callee_name" || !value.is_null());
    let name = arguments.0.entry("callee_name").or_insert_with(|| request.name.as_str().into());
    let asks = |settings: &SmartFormatter| {
        // Transliteration extracts the first name too; the stand-in does not transliterate.
        settings.extract_first_name == Some(true) || settings.transliteration == Some(true)
    };
    if request.smart_formatter.as_ref().is_some_and(asks)
        && let Some(original) = name.as_str().map(str::to_owned)
    {
        *name = first_name(&original).into();
        arguments.0.insert("original_callee_name".into(), original.into());
    }
    arguments
}

/// Times and ids: of the clock and from a random seed, or counted from a seed given.
#[derive(Debug)]
struct Source {
    is_repeatable: bool,
    seed: u64,
    count: AtomicU64,
}

impl Source {
    fn new(seed: Option<u64>) -> Self {
        // Seeds that are near each other lead to ids that are not.
        let spread = |seed| fastrand::Rng::with_seed(seed).u64(..);
        let is_repeatable = seed.is_some();
        Self { is_repeatable, seed: seed.map_or_else(|| fastrand::u64(..), spread), count: AtomicU64::new(0) }
    }

    /// Begins again, if it is repeatable: other ids would not be fresh.
    fn reset(&self) {
        if self.is_repeatable {
            self.count.store(0, Ordering::Relaxed);
        }
    }

    /// The time (UTC by our choice) and a fresh id.
    fn next(&self) -> (DateTime, Uuid) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let time = if self.is_repeatable {
            // 2025-01-01T00:00:00Z, a second an exchange.
            jiff::Timestamp::from_second(1_735_689_600 + i64::try_from(count).unwrap_or_default()).unwrap_or_default()
        } else {
            jiff::Timestamp::now()
        };
        let time = jiff::tz::TimeZone::UTC.to_datetime(time);
        let random = fastrand::Rng::with_seed(self.seed.wrapping_add(count)).u128(..);
        (time, uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid())
    }
}

/// A time in the documented form: microseconds, no offset.
pub(super) fn in_documented_form(time: DateTime) -> String {
    format!("{time:.6}")
}
