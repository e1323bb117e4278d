//! What the stand-in remembers: the newest exchanges, and counts of all. Memory stays flat: exchanges, and what is kept of
//! each, are bounded; counts are not dropped.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::hash::BuildHasher;

use serde::Serialize;
use serde_json::Value;

use super::endpoint::Reply;
use crate::violation::Violation;

/// Exchanges remembered unless set otherwise: the newest 1000.
pub const REMEMBERED: usize = 1000;

/// Violations kept of one exchange; the counts count all.
const KEPT_VIOLATIONS: usize = 50;

/// Bytes up to which a request is kept.
const KEPT_REQUEST_BYTES: usize = 4096;

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
    /// HTTP status of the answer; none where the connection was dropped or nothing was answered.
    pub status: Option<u16>,
    /// Whether a phone would have rung, or may have (a fault that leaves it unknown).
    pub rings: bool,
    /// Name of the fault that the called number chose.
    pub fault: Option<&'static str>,
    /// What the request breaks, whether the answer refused it or not; at most 50.
    pub violations: Vec<Violation>,
    /// The request, masked; none above 4 KiB or where it is not JSON.
    pub request: Option<Value>,
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
    /// Distinct request bodies that were never answered with success.
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
    time: String,
    status: Option<u16>,
    rings: bool,
    fault: Option<&'static str>,
    violations: Vec<Violation>,
    /// Empty where it is not kept.
    body: Box<[u8]>,
    /// By which distinct requests are told apart.
    hash: u64,
}

impl Record {
    /// Takes the violations out of the reply: they are recorded and never delivered.
    pub(crate) fn new(time: String, body: &[u8], reply: &mut Reply) -> Self {
        Self {
            time,
            status: reply.status,
            rings: reply.rings,
            fault: reply.fault.map(|fault| fault.name),
            violations: std::mem::take(&mut reply.violations),
            body: if body.len() <= KEPT_REQUEST_BYTES { body.into() } else { Box::default() },
            hash: foldhash::quality::FixedState::default().hash_one(body),
        }
    }

    fn exchange(&self, number: u64) -> Exchange {
        let request = serde_json::from_slice(&self.body).ok();
        Exchange {
            number,
            time: self.time.clone(),
            status: self.status,
            rings: self.rings,
            fault: self.fault,
            violations: self.violations.clone(),
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
    /// Hash of each distinct request, and whether it was ever accepted.
    distinct: BTreeMap<u64, bool>,
}

impl Journal {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, records: VecDeque::new(), summary: Summary::default(), distinct: BTreeMap::new() }
    }

    /// Counts an exchange and keeps it; gives back what is kept no longer.
    pub(crate) fn add(&mut self, mut record: Record) -> Option<(u64, Record)> {
        let summary = &mut self.summary;
        summary.requests += 1;
        summary.rings += u64::from(record.rings);
        summary.denied += u64::from(record.violations.iter().any(Violation::is_denied));
        let status = record.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        count(&mut summary.statuses, &status);
        for violation in &record.violations {
            count(&mut summary.violations, &violation.rule);
        }
        if let Some(fault) = record.fault {
            count(&mut summary.faults, fault);
        }
        if self.distinct.len() < DISTINCT_REQUESTS || self.distinct.contains_key(&record.hash) {
            *self.distinct.entry(record.hash).or_default() |= record.status == Some(200);
        }
        record.violations.truncate(KEPT_VIOLATIONS);
        record.violations.shrink_to_fit();
        self.records.push_back((summary.requests, record));
        if self.records.len() > self.capacity { self.records.pop_front() } else { None }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.records.iter().map(|(number, record)| record.exchange(*number)).collect()
    }

    pub(crate) fn summary(&self) -> Summary {
        let never_accepted = self.distinct.values().filter(|accepted| !**accepted).count();
        Summary { never_accepted, ..self.summary.clone() }
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
        Record::new("2025-01-01T00:00:00.000000".into(), body.as_bytes(), &mut reply)
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
