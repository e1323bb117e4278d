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

use super::endpoint::{HttpRequest, Message, PATH, Reply, in_documented_form};
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
    pub message: Option<String>,
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
    /// What was no HTTP request, or had more headers than are read: refused without becoming an exchange.
    pub malformed: u64,
}

/// An exchange before it is kept.
pub(crate) struct Record<'exchange> {
    head: Head,
    pub(super) violations: &'exchange [Violation],
    /// Empty where it is not kept.
    body: &'exchange [u8],
    /// By which distinct requests are told apart.
    pub(super) hash: u64,
}

/// All of an exchange but its violations and its body.
#[derive(Clone)]
struct Head {
    time: DateTime,
    method: Cow<'static, str>,
    path: Cow<'static, str>,
    judgement: Option<Judgement>,
    status: Option<u16>,
    rings: bool,
    fault: Option<&'static str>,
    call_id: Option<Uuid>,
    message: Option<Message>,
}

impl<'exchange> Record<'exchange> {
    pub(crate) fn new(time: DateTime, request: HttpRequest<'exchange>, reply: &'exchange Reply) -> Self {
        let HttpRequest { method, path, body, .. } = request;
        let body = body.unwrap_or_default();
        // The usual one is not copied.
        let kept = |text: &str, usual: &'static str| -> Cow<'static, str> {
            if text == usual { usual.into() } else { text.chars().take(KEPT_CHARACTERS).collect::<String>().into() }
        };
        let head = Head {
            time,
            method: kept(method, "POST"),
            path: kept(path, PATH),
            judgement: reply.judgement,
            status: reply.status,
            rings: reply.rings,
            fault: reply.fault.map(|fault| fault.name),
            call_id: reply.call_id,
            message: reply.message.clone(),
        };
        Self {
            head,
            violations: &reply.violations,
            body: if body.len() <= KEPT_REQUEST_BYTES { body } else { &[] },
            hash: foldhash::quality::FixedState::default().hash_one((method, path, body)),
        }
    }

    pub(super) fn judgement(&self) -> Option<Judgement> {
        self.head.judgement
    }

    /// Whether the call was placed, or may have been, or the request answered with success.
    pub(super) fn is_accepted(&self) -> bool {
        self.head.rings || self.head.status == Some(200)
    }

    /// The violations that are kept.
    fn kept_violations(&self) -> impl ExactSizeIterator<Item = Violation> {
        self.violations.iter().take(KEPT_VIOLATIONS).cloned()
    }

    pub(super) fn exchange(&self, number: u64) -> Exchange {
        self.head.exchange(number, self.kept_violations().collect(), self.body)
    }
}

impl Head {
    /// The exchange as it is read. Nothing of it is parsed or masked before.
    fn exchange(&self, number: u64, violations: Vec<Violation>, body: &[u8]) -> Exchange {
        let request = serde_json::from_slice(body).ok();
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
            message: self.message.as_ref().map(Message::to_string),
            violations,
            request: request.map(|request: Value| crate::mask::request(&request)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Journal {
    newest: Newest,
    summary: Summary,
    /// Requests by status: not text yet, as in the summary.
    statuses: BTreeMap<Option<u16>, u64>,
    /// Hash of each distinct request, and whether it was ever accepted.
    distinct: BTreeMap<u64, bool>,
}

impl Journal {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            newest: Newest { capacity, ..Newest::default() },
            summary: Summary::default(),
            statuses: BTreeMap::new(),
            distinct: BTreeMap::new(),
        }
    }

    /// Counts an exchange and keeps it.
    pub(crate) fn add(&mut self, record: Record<'_>) {
        let number = self.count(&record);
        self.newest.add(number, record);
    }

    /// Counts an exchange; gives its number.
    pub(super) fn count(&mut self, record: &Record<'_>) -> u64 {
        let summary = &mut self.summary;
        summary.requests += 1;
        summary.rings += u64::from(record.head.rings);
        summary.denied += u64::from(record.violations.iter().any(Violation::is_denied));
        *self.statuses.entry(record.head.status).or_default() += 1;
        for violation in record.violations {
            count(&mut summary.violations, &violation.rule);
        }
        if let Some(fault) = record.head.fault {
            count(&mut summary.faults, fault);
        }
        if self.distinct.len() < DISTINCT_REQUESTS || self.distinct.contains_key(&record.hash) {
            *self.distinct.entry(record.hash).or_default() |= record.is_accepted();
        }
        self.summary.requests
    }

    /// Counts what was no HTTP request.
    pub(super) fn count_malformed(&mut self) {
        self.summary.malformed += 1;
    }

    /// Whether a request like this one was accepted before.
    pub(super) fn was_accepted(&self, record: &Record<'_>) -> bool {
        self.distinct.get(&record.hash) == Some(&true)
    }

    /// The newest exchanges, the oldest of them first, still to be read: that takes time, which calls need not wait for.
    pub(crate) fn exchanges(&self) -> impl Iterator<Item = Exchange> + use<> {
        self.newest
            .copies()
            .into_iter()
            .map(|(kept, violations, body)| kept.head.exchange(kept.number, violations, &body))
    }

    pub(crate) fn summary(&self) -> Summary {
        let never_accepted = self.distinct.values().filter(|accepted| !**accepted).count();
        let name = |status: &Option<u16>| status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let statuses = self.statuses.iter().map(|(status, count)| (name(status), *count)).collect();
        Summary { never_accepted, statuses, ..self.summary.clone() }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.newest.capacity);
    }
}

/// The newest exchanges. Their violations and their bodies lie end to end, each in one queue, so that keeping one allocates
/// nothing and touches little memory.
#[derive(Default)]
struct Newest {
    capacity: usize,
    exchanges: VecDeque<Kept>,
    violations: VecDeque<Violation>,
    bodies: VecDeque<u8>,
}

#[derive(Clone)]
struct Kept {
    number: u64,
    head: Head,
    /// How many of the violations are its own.
    violation_count: usize,
    /// How many bytes of the bodies are its own.
    body_length: usize,
}

impl Newest {
    fn add(&mut self, number: u64, record: Record<'_>) {
        if self.capacity == 0 {
            return;
        }
        if self.exchanges.len() == self.capacity
            && let Some(oldest) = self.exchanges.pop_front()
        {
            self.violations.drain(..oldest.violation_count);
            self.bodies.drain(..oldest.body_length);
        }
        let violations = record.kept_violations();
        let (violation_count, body_length) = (violations.len(), record.body.len());
        self.violations.extend(violations);
        self.bodies.extend(record.body);
        self.exchanges.push_back(Kept { number, head: record.head, violation_count, body_length });
    }

    /// The oldest first, each with its violations and its body.
    fn copies(&self) -> Vec<(Kept, Vec<Violation>, Vec<u8>)> {
        let (mut violation, mut byte) = (0, 0);
        let copy = |kept: &Kept| {
            let violations = self.violations.range(violation..violation + kept.violation_count).cloned().collect();
            let body = self.bodies.range(byte..byte + kept.body_length).copied().collect();
            (violation, byte) = (violation + kept.violation_count, byte + kept.body_length);
            (kept.clone(), violations, body)
        };
        self.exchanges.iter().map(copy).collect()
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

/// Without values: the bodies are not masked yet.
impl fmt::Debug for Newest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Newest").field("exchanges", &self.exchanges.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::violation::Level;

    fn add(journal: &mut Journal, body: &str, reply: &Reply) {
        let request =
            HttpRequest { method: "POST", path: PATH, content_type: None, api_key: None, body: Some(body.as_bytes()) };
        journal.add(Record::new(DateTime::default(), request, reply));
    }

    fn add_status(journal: &mut Journal, body: &str, status: u16) {
        add(journal, body, &Reply { status: Some(status), ..Reply::default() });
    }

    #[test]
    fn a_request_is_never_accepted_if_none_like_it_was() {
        let mut journal = Journal::new(10);
        for (body, status) in [("a", 400), ("b", 200), ("c", 400), ("c", 200), ("d", 200), ("d", 400), ("a", 500)] {
            add_status(&mut journal, body, status);
        }
        assert_eq!(journal.summary().never_accepted, 1);
    }

    #[test]
    fn distinct_requests_are_told_apart_up_to_a_bound() {
        let mut journal = Journal::new(0);
        for index in 0..=DISTINCT_REQUESTS {
            add_status(&mut journal, &index.to_string(), 400);
        }
        assert_eq!(journal.summary().never_accepted, DISTINCT_REQUESTS);
        // One of those that are told apart is still known.
        add_status(&mut journal, "0", 200);
        assert_eq!(journal.summary().never_accepted, DISTINCT_REQUESTS - 1);
        assert_eq!(journal.summary().requests, DISTINCT_REQUESTS as u64 + 2);
    }

    #[test]
    fn the_newest_keep_their_own_violations_and_bodies_when_older_ones_are_forgotten() {
        // Bodies of many lengths, that of 7 too long to be kept, and up to two violations, of 8 one more than are kept.
        let body = |number: usize| {
            let padding = if number == 7 { KEPT_REQUEST_BYTES } else { number * 100 };
            json!({ "call_config": { "max_call_length": number }, "name": "a".repeat(padding) }).to_string()
        };
        let broken = |number: usize| if number == 8 { KEPT_VIOLATIONS + 1 } else { number % 3 };
        let pointer = |number: usize, index: usize| format!("/from_number/{number}/{index}");
        let mut journal = Journal::new(3);
        for number in 1..=9_usize {
            let violation = |index| Violation::new("a-rule", Level::Warn, pointer(number, index), "text");
            let violations = (0..broken(number)).map(violation).collect();
            add(&mut journal, &body(number), &Reply { violations, ..Reply::default() });

            let kept: Vec<usize> = (number.saturating_sub(2).max(1)..=number).collect();
            let exchanges: Vec<Exchange> = journal.exchanges().collect();
            assert_eq!(exchanges.len(), kept.len());
            for (exchange, number) in exchanges.iter().zip(kept) {
                assert_eq!(exchange.number, number as u64);
                let request = json!({ "call_config": { "max_call_length": number }, "name": "***" });
                assert_eq!(exchange.request, (number != 7).then_some(request), "exchange {number}");
                let pointers: Vec<_> = exchange.violations.iter().map(|violation| &*violation.pointer).collect();
                let own: Vec<_> =
                    (0..broken(number).min(KEPT_VIOLATIONS)).map(|index| pointer(number, index)).collect();
                assert_eq!(pointers, own, "exchange {number}");
            }
        }
        // What is forgotten is counted all the same.
        assert_eq!(journal.summary().violations["a-rule"], 7 + KEPT_VIOLATIONS as u64 + 1);
    }

    #[test]
    fn debug_shows_nothing_of_a_request() {
        let mut journal = Journal::new(1);
        add_status(&mut journal, "{\"mobile_number\": \"+14155550123\"}", 401);
        let shown = format!("{journal:?}");
        assert!(shown.contains("Newest { exchanges: 1, .. }") && !shown.contains("14155550123"), "{shown}");
    }
}
