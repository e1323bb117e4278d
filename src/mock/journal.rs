//! What the stand-in remembers: the newest exchanges, and counts of all. Memory stays flat: exchanges, and what is kept of
//! each, are bounded; counts are not dropped.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::hash::BuildHasher;

use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::endpoint::{HttpRequest, PATH, Reply, in_documented_form};
use crate::violation::Violation;

/// Exchanges remembered unless set otherwise: the newest 1000.
pub const REMEMBERED: usize = 1000;

/// Violations kept of one exchange; the counts count all.
const KEPT_VIOLATIONS: usize = 50;

/// Bytes up to which a request is kept.
const KEPT_REQUEST_BYTES: usize = 4096;

/// Characters kept of a method and of a path.
const KEPT_CHARACTERS: usize = 200;

/// Distinct requests told apart; beyond, none is added.
const DISTINCT_REQUESTS: usize = 100_000;

/// One request and what became of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// Number of the exchange, from 1.
    pub number: u64,
    /// When, in the form of `initiated_at`.
    pub time: String,
    /// HTTP method.
    pub method: String,
    /// Path, masked where it holds more than plain names; no query.
    pub path: String,
    /// What the contract makes of the request; none where it is no request of the operation (404, 405, 413, 415).
    pub judgement: Option<Judgement>,
    /// HTTP status of the answer; none where the connection was dropped or nothing was answered.
    pub status: Option<u16>,
    /// Whether a phone would have rung, or may have (a fault that leaves it unknown).
    pub rings: bool,
    /// Name of the fault that the called number chose.
    pub fault: Option<&'static str>,
    /// Id of the call, where the answer told it.
    pub call_id: Option<String>,
    /// Why it was refused, in the words of the answer.
    pub message: Option<Cow<'static, str>>,
    /// What the request breaks, whether the answer refused it or not; at most 50.
    pub violations: Vec<Violation>,
    /// The request, masked; none above 4 KiB or where it is not JSON.
    pub request: Option<Value>,
}

/// What the contract makes of a request, whatever the answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Judgement {
    /// It breaks no denied rule.
    Accepted,
    /// It breaks a denied rule.
    Denied,
    /// It is no JSON object, or could not be sent on as it was written.
    Unreadable,
}

/// Counts of all exchanges.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Requests.
    pub requests: u64,
    /// Requests for which a phone would have rung, or may have.
    pub rings: u64,
    /// Requests that break a denied rule, whether refused or not.
    pub denied: u64,
    /// Distinct requests (by method, path and body) that were never accepted: with success, or with a fault that rings.
    pub never_accepted: usize,
    /// Requests by HTTP status; dropped and silent ones under `none`.
    pub statuses: BTreeMap<String, u64>,
    /// Violations by rule.
    pub violations: BTreeMap<String, u64>,
    /// Requests by fault.
    pub faults: BTreeMap<String, u64>,
}

/// An exchange as it is kept: nothing of it is parsed or masked before somebody reads it.
pub(crate) struct Record {
    time: DateTime,
    method: Cow<'static, str>,
    path: Cow<'static, str>,
    pub(super) judgement: Option<Judgement>,
    status: Option<u16>,
    pub(super) rings: bool,
    fault: Option<&'static str>,
    call_id: Option<Uuid>,
    message: Option<Cow<'static, str>>,
    pub(super) violations: Vec<Violation>,
    /// Empty where it is not kept.
    body: Box<[u8]>,
    /// By which distinct requests are told apart.
    pub(super) hash: u64,
}

impl Record {
    /// Takes out of the reply what is recorded and never delivered.
    pub(crate) fn new(time: DateTime, request: HttpRequest<'_>, reply: &mut Reply) -> Self {
        let HttpRequest { method, path, body, .. } = request;
        let body = body.unwrap_or_default();
        let known = |text: &str, known: &'static str| match text {
            text if text == known => known.into(),
            text => text.chars().take(KEPT_CHARACTERS).collect::<String>().into(),
        };
        Self {
            time,
            method: known(method, "POST"),
            path: known(path, PATH),
            judgement: reply.judgement,
            status: reply.status,
            rings: reply.rings,
            fault: reply.fault.map(|fault| fault.name),
            call_id: reply.call_id,
            message: reply.message.take(),
            violations: std::mem::take(&mut reply.violations),
            body: if body.len() <= KEPT_REQUEST_BYTES { body.into() } else { Box::default() },
            hash: foldhash::quality::FixedState::default().hash_one((method, path, body)),
        }
    }

    /// Whether the call was placed, or may have been, or the request answered with success.
    pub(super) fn is_accepted(&self) -> bool {
        self.rings || self.status == Some(200)
    }

    pub(super) fn exchange(&self, number: u64) -> Exchange {
        let request = serde_json::from_slice(&self.body).ok();
        Exchange {
            number,
            time: in_documented_form(self.time),
            method: self.method.clone().into_owned(),
            path: crate::mask::path(&self.path),
            judgement: self.judgement,
            status: self.status,
            rings: self.rings,
            fault: self.fault,
            call_id: self.call_id.map(|id| id.to_string()),
            message: self.message.clone(),
            violations: self.violations.iter().take(KEPT_VIOLATIONS).cloned().collect(),
            request: request.map(|request: Value| crate::mask::request(&request)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    /// The newest, each with its number.
    records: VecDeque<(u64, Record)>,
    summary: Summary,
    /// Requests by status: not text yet, as in the summary.
    statuses: BTreeMap<Option<u16>, u64>,
    /// Hash of each distinct request, and whether it was ever accepted.
    distinct: BTreeMap<u64, bool>,
}

impl Journal {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            records: VecDeque::new(),
            summary: Summary::default(),
            statuses: BTreeMap::new(),
            distinct: BTreeMap::new(),
        }
    }

    /// Counts an exchange and keeps it; gives back what is kept no longer.
    pub(crate) fn add(&mut self, mut record: Record) -> Option<(u64, Record)> {
        let number = self.count(&record);
        record.violations.truncate(KEPT_VIOLATIONS);
        record.violations.shrink_to_fit();
        self.records.push_back((number, record));
        if self.records.len() > self.capacity { self.records.pop_front() } else { None }
    }

    /// Counts an exchange; gives its number.
    pub(super) fn count(&mut self, record: &Record) -> u64 {
        let summary = &mut self.summary;
        summary.requests += 1;
        summary.rings += u64::from(record.rings);
        summary.denied += u64::from(record.violations.iter().any(Violation::is_denied));
        *self.statuses.entry(record.status).or_default() += 1;
        for violation in &record.violations {
            count(&mut summary.violations, &violation.rule);
        }
        if let Some(fault) = record.fault {
            count(&mut summary.faults, fault);
        }
        if self.distinct.len() < DISTINCT_REQUESTS || self.distinct.contains_key(&record.hash) {
            *self.distinct.entry(record.hash).or_default() |= record.is_accepted();
        }
        self.summary.requests
    }

    /// Whether a request like this one was accepted before.
    pub(super) fn was_accepted(&self, record: &Record) -> bool {
        self.distinct.get(&record.hash) == Some(&true)
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.records.iter().map(|(number, record)| record.exchange(*number)).collect()
    }

    pub(crate) fn summary(&self) -> Summary {
        let never_accepted = self.distinct.values().filter(|accepted| !**accepted).count();
        let name = |status: &Option<u16>| status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let statuses = self.statuses.iter().map(|(status, count)| (name(status), *count)).collect();
        Summary { never_accepted, statuses, ..self.summary.clone() }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.capacity);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

/// Without values: the body is not masked yet.
impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Record")
            .field("status", &self.status)
            .field("violations", &self.violations)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(body: &str, status: u16) -> Record {
        let mut reply = Reply { status: Some(status), ..Reply::default() };
        let request =
            HttpRequest { method: "POST", path: PATH, content_type: None, api_key: None, body: Some(body.as_bytes()) };
        Record::new(DateTime::default(), request, &mut reply)
    }

    #[test]
    fn a_request_is_never_accepted_if_none_like_it_was() {
        let mut journal = Journal::new(10);
        for (body, status) in [("a", 400), ("b", 200), ("c", 400), ("c", 200), ("d", 200), ("d", 400), ("a", 500)] {
            journal.add(record(body, status));
        }
        assert_eq!(journal.summary().never_accepted, 1);
    }

    #[test]
    fn distinct_requests_are_told_apart_up_to_a_bound() {
        let mut journal = Journal::new(0);
        for index in 0..=DISTINCT_REQUESTS {
            journal.add(record(&index.to_string(), 400));
        }
        assert_eq!(journal.summary().never_accepted, DISTINCT_REQUESTS);
        // One of those that are told apart is still known.
        journal.add(record("0", 200));
        assert_eq!(journal.summary().never_accepted, DISTINCT_REQUESTS - 1);
        assert_eq!(journal.summary().requests, DISTINCT_REQUESTS as u64 + 2);
    }

    #[test]
    fn debug_shows_status_and_violations_and_nothing_of_the_request() {
        let shown = format!("{:?}", record("{\"mobile_number\": \"+14155550123\"}", 401));
        assert_eq!(shown, "Record { status: Some(401), violations: [], .. }");
    }
}
