//! From a request of any kind to a checked one: parse, schema pass, rules, one report.
//!
//! A typed request is written as JSON and goes the way of JSON, so both kinds get one verdict. A request of which the schema
//! has nothing to say (`plain`) is decoded straight into the types; every other one, and every one whose violations need
//! their places, goes the full way. Both ways give one verdict: a property test compares them. Imported by everything
//! above: client, mock, command line.

use std::borrow::Cow;
use std::cell::LazyCell;

use serde_json::Value;

use crate::document::{Document, Unreadable};
use crate::generated::types::CallRequest;
use crate::mask;
use crate::plain::Plain;
use crate::rules::{Findings, Levels, RULES, Rule};
use crate::schema;
use crate::violation::{Level, Violation, is_within, unescape};

/// A request that broke no denied rule: the only thing the client sends.
#[derive(Clone, Debug)]
pub struct CheckedRequest {
    request: CallRequest,
    warnings: Vec<Violation>,
}

impl CheckedRequest {
    /// The request.
    pub fn request(&self) -> &CallRequest {
        &self.request
    }

    /// The request, to change it and check it again.
    pub fn into_request(self) -> CallRequest {
        self.request
    }

    /// The same with one more argument of the prompt, unless the key is there; then the key and its value.
    #[cfg(feature = "client")]
    pub(crate) fn with_argument(&self, key: &str, value: impl FnOnce() -> String) -> (Self, String, String) {
        let mut marked = self.clone();
        let arguments = marked.request.custom_args_values.get_or_insert_default();
        let value = arguments.0.entry(key).or_insert_with(|| value().into());
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (marked, key.to_owned(), value)
    }

    /// What was noticed and not denied, in document order.
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }
}

/// Why a request was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The text is no JSON object, or could not be sent on as it was written.
    #[error("the request cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    /// At least one denied rule is broken.
    #[error("the request is denied: {}", summary(.0))]
    Denied(Vec<Violation>),
}

impl CheckError {
    /// All violations, warnings among them, in document order; none for an unreadable text.
    pub fn violations(&self) -> &[Violation] {
        match self {
            Self::Unreadable(_) => &[],
            Self::Denied(violations) => violations,
        }
    }
}

fn summary(violations: &[Violation]) -> String {
    let denied: Vec<String> =
        violations.iter().filter(|violation| violation.level == Level::Deny).map(ToString::to_string).collect();
    denied.join("; ")
}

/// Checks a typed request with the default levels.
///
/// # Errors
/// [`CheckError::Denied`] with every violation.
pub fn check(request: &CallRequest) -> Result<CheckedRequest, CheckError> {
    check_with(request, &Levels::default())
}

/// Checks a typed request with levels of your own.
///
/// # Errors
/// [`CheckError::Denied`] with every violation.
pub fn check_with(request: &CallRequest, levels: &Levels) -> Result<CheckedRequest, CheckError> {
    match serde_json::to_vec(request) {
        Ok(bytes) => check_json_with(&bytes, levels),
        Err(error) => Err(Unreadable { line: 1, column: 1, message: error.to_string() }.into()),
    }
}

/// Checks a request given as JSON, with the default levels. Members the specification does not know are kept.
///
/// ```
/// let error = ringg_call::check_json(br#"{"name": "John Doe"}"#).unwrap_err();
/// assert_eq!(error.violations()[0].rule, "caller-number-missing");
/// ```
///
/// # Errors
/// [`CheckError::Unreadable`] for what is no JSON object, [`CheckError::Denied`] with every violation.
pub fn check_json(bytes: &[u8]) -> Result<CheckedRequest, CheckError> {
    check_json_with(bytes, &Levels::default())
}

/// Checks a request given as JSON, with levels of your own.
///
/// # Errors
/// [`CheckError::Unreadable`] for what is no JSON object, [`CheckError::Denied`] with every violation.
pub fn check_json_with(bytes: &[u8], levels: &Levels) -> Result<CheckedRequest, CheckError> {
    verdict(bytes, levels)?.into_checked().map_err(CheckError::Denied)
}

/// What was found, and the request as far as its types hold it: repaired where the schema denied it.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) request: Option<CallRequest>,
    pub(crate) violations: Vec<Violation>,
}

impl Verdict {
    pub(crate) fn into_checked(self) -> Result<CheckedRequest, Vec<Violation>> {
        let is_denied = self.violations.iter().any(Violation::is_denied);
        match self.request {
            Some(request) if !is_denied => Ok(CheckedRequest { request, warnings: self.violations }),
            _ => Err(self.violations),
        }
    }
}

/// The verdict without spans, by the short way where it leads to the end.
pub(crate) fn verdict(bytes: &[u8], levels: &Levels) -> Result<Verdict, Unreadable> {
    let mut verdict = match Plain::read(bytes) {
        Some(plain) => verdict_of_plain(plain, bytes, levels),
        None => verdict_of_document(&Document::parse(bytes)?, levels),
    };
    verdict.violations.iter_mut().for_each(|violation| violation.span = 0..0);
    Ok(verdict)
}

fn verdict_of_plain(mut plain: Plain<'_>, bytes: &[u8], levels: &Levels) -> Verdict {
    // A rule that reads no member is about undocumented ones, and a plain request has none.
    let rules = RULES.iter().copied().filter(|rule| !rule.members.is_empty());
    let mut violations = broken_rules(rules, &plain.request, levels);
    if violations.len() > 1 {
        plain.place(&mut violations);
        put_in_order(&mut violations);
    }
    // Read only for a pointer that may hold more than plain names. One that a rule has written out holds documented ones.
    let root = LazyCell::new(|| serde_json::from_slice::<Value>(bytes).unwrap_or_default());
    let is_plain = |pointer: &Cow<'_, str>| matches!(pointer, Cow::Borrowed(_)) || mask::is_plain_pointer(pointer);
    for violation in violations.iter_mut().filter(|violation| !is_plain(&violation.pointer)) {
        violation.pointer = mask::pointer(&root, &violation.pointer).into();
    }
    Verdict { request: Some(plain.request), violations }
}

/// The full way: every violation in the order of the text, each with its span.
pub(crate) fn verdict_of_document(document: &Document, levels: &Levels) -> Verdict {
    let mut value = document.value.clone();
    if let Some(definition) = schema::definition("CallRequest") {
        schema::normalize(&mut value, definition);
    }
    let mut violations = schema::violations(&value);
    let mut broken: Vec<String> = violations
        .iter()
        .filter(|violation| violation.level == Level::Deny)
        .map(|violation| violation.pointer.to_string())
        .collect();
    broken.iter().for_each(|pointer| repair(&mut value, pointer));

    let request = decode(value, &mut violations, &mut broken);
    for violation in &mut violations {
        violation.level = levels.of_schema(&violation.rule, violation.level);
    }
    if let Some(request) = &request {
        let rules = RULES.iter().copied().filter(|rule| !reads_any(rule, &broken));
        violations.extend(broken_rules(rules, request, levels));
    }
    violations.retain(|violation| violation.level > Level::Allow);
    for violation in &mut violations {
        violation.span = document.place_of(&violation.pointer).map_or(0..0, |place| place.value.clone());
    }
    put_in_order(&mut violations);
    for violation in &mut violations {
        violation.span = document.span_of(&violation.pointer, violation.rule == "unknown-member");
        violation.pointer = mask::pointer(&document.value, &violation.pointer).into();
    }
    Verdict { request, violations }
}

/// In the order of the text, given in the spans where each begins. A missing member stands where the object begins that it
/// belongs to, after what is said of that object itself.
fn put_in_order(violations: &mut [Violation]) {
    violations.sort_by_key(|violation| (violation.span.start, !violation.pointer.is_empty()));
}

fn broken_rules(rules: impl Iterator<Item = &'static Rule>, request: &CallRequest, levels: &Levels) -> Vec<Violation> {
    Findings::of(rules.map(|rule| (rule, levels.of(rule))).filter(|(_, level)| *level > Level::Allow), request)
}

/// The typed request. What the schema admits and the type cannot hold (an integer beyond 64 bits) is reported and
/// repaired like what the schema does not admit.
fn decode(mut value: Value, violations: &mut Vec<Violation>, broken: &mut Vec<String>) -> Option<CallRequest> {
    loop {
        let error = match serde_path_to_error::deserialize::<_, CallRequest>(&value) {
            Ok(request) => return Some(request),
            Err(error) => error,
        };
        let pointer: String =
            error.path().iter().map(|segment| format!("/{}", crate::violation::escape(&segment.to_string()))).collect();
        if !broken.contains(&pointer) {
            let message = "is not of a form this binding can carry; write it as the specification's example".to_owned();
            violations.push(Violation::new("schema/type", Level::Deny, pointer.clone(), message));
            let before = value.clone();
            repair(&mut value, &pointer);
            broken.push(pointer);
            if before != value {
                continue;
            }
        }
        return None;
    }
}

/// Takes out what broke the schema, or puts the specification's example where a member is required, so that the rules
/// can say the rest. Rules that read what was repaired are not asked.
fn repair(value: &mut Value, pointer: &str) {
    let Some((parent, segment)) = pointer.rsplit_once('/') else { return };
    let name = unescape(segment);
    let schema = schema::at(value, parent);
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            let example = schema
                .filter(|schema| schema::is_required(schema, &name))
                .and_then(|schema| schema.get("properties")?.get(&*name)?.get("example"));
            match example {
                Some(example) => members.insert(name.into_owned(), example.clone()),
                None => members.remove(&*name),
            };
        }
        Some(Value::Array(_)) => repair(value, parent),
        _ => {}
    }
}

fn reads_any(rule: &Rule, broken: &[String]) -> bool {
    rule.members
        .iter()
        .any(|member| broken.iter().any(|pointer| is_within(pointer, member) || is_within(member, pointer)))
}

#[cfg(test)]
mod tests;
