//! What `ringg verify` reports: everything since the start, folded as it comes, so that no reset of the journal and no number
//! of exchanges hides a request that breaks the contract.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

#[cfg(feature = "cli")]
use super::journal::Summary;
use super::journal::{Exchange, Journal, Judgement, Record};
use crate::violation::{Level, Violation};

/// Distinct violations, and distinct requests that were never accepted, of which an example is kept.
const EXAMPLES: usize = 1000;

/// A violation, how often it was met, and the first request that held it, masked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counted {
    #[serde(flatten)]
    pub(crate) violation: Violation,
    pub(crate) count: u64,
    pub(crate) request: Option<serde_json::Value>,
}

#[derive(Debug)]
pub(crate) struct Audit {
    /// Remembers no exchange, only counts.
    counts: Journal,
    /// The strictest first.
    violations: BTreeMap<(Reverse<Level>, String, String), Counted>,
    /// By hash of the request.
    unaccepted: BTreeMap<u64, Exchange>,
    /// Requests that are none of the operation, or cannot be read.
    unreadable: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { counts: Journal::new(0), violations: BTreeMap::new(), unaccepted: BTreeMap::new(), unreadable: 0 }
    }
}

impl Audit {
    /// Counts what was no HTTP request.
    pub(super) fn count_malformed(&mut self) {
        self.counts.count_malformed();
    }

    pub(super) fn add(&mut self, record: &Record<'_>) {
        let number = self.counts.count(record);
        self.unreadable += u64::from(matches!(record.judgement(), None | Some(Judgement::Unreadable)));
        for violation in record.violations {
            let key = (Reverse(violation.level), violation.rule.to_string(), violation.pointer.to_string());
            if let Some(counted) = self.violations.get_mut(&key) {
                counted.count += 1;
            } else if self.violations.len() < EXAMPLES {
                let request = record.exchange(number).request;
                self.violations.insert(key, Counted { violation: violation.clone(), count: 1, request });
            }
        }
        if record.is_accepted() {
            self.unaccepted.remove(&record.hash);
        } else if self.unaccepted.len() < EXAMPLES && !self.counts.was_accepted(record) {
            self.unaccepted.entry(record.hash).or_insert_with(|| record.exchange(number));
        }
    }
}

/// What it tells `ringg verify`.
#[cfg(feature = "cli")]
impl Audit {
    pub(crate) fn summary(&self) -> Summary {
        self.counts.summary()
    }

    pub(crate) fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// What was broken, the strictest first.
    pub(crate) fn violations(&self) -> Vec<Counted> {
        self.violations.values().cloned().collect()
    }

    /// An example of each request that was never accepted, in the order they came.
    pub(crate) fn unaccepted(&self) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> = self.unaccepted.values().cloned().collect();
        exchanges.sort_by_key(|exchange| exchange.number);
        exchanges
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::PATH;
    use super::super::endpoint::{HttpRequest, Reply};
    use super::*;

    fn add(audit: &mut Audit, body: &str, reply: &Reply) {
        let request =
            HttpRequest { method: "POST", path: PATH, content_type: None, api_key: None, body: Some(body.as_bytes()) };
        audit.add(&Record::new(jiff::civil::DateTime::default(), request, reply));
    }

    fn reply(status: u16, judgement: Option<Judgement>, rules: &[(&'static str, Level)]) -> Reply {
        let violations = rules.iter().map(|(rule, level)| Violation::new(*rule, *level, "/name", "text")).collect();
        Reply { status: Some(status), judgement, violations, ..Reply::default() }
    }

    #[test]
    fn violations_are_counted_with_the_first_request_that_held_each_and_the_strictest_first() {
        let mut audit = Audit::default();
        let warned = [("a-rule", Level::Warn)];
        let body = "{\"mobile_number\": \"+919876543210\"}";
        add(&mut audit, body, &reply(200, Some(Judgement::Accepted), &warned));
        add(&mut audit, "{}", &reply(200, Some(Judgement::Accepted), &warned));
        add(&mut audit, "{}", &reply(200, Some(Judgement::Denied), &[("b-rule", Level::Deny), warned[0]]));
        let violations = audit.violations();
        let counts: Vec<_> = violations.iter().map(|counted| (&*counted.violation.rule, counted.count)).collect();
        assert_eq!(counts, [("b-rule", 1), ("a-rule", 3)]);
        assert_eq!(violations[1].request, Some(serde_json::json!({ "mobile_number": "+91********10" })));
        assert_eq!((audit.summary().requests, audit.summary().denied), (3, 1));
    }

    #[test]
    fn what_is_none_of_the_operation_or_unreadable_is_counted() {
        let mut audit = Audit::default();
        let judgements = [None, Some(Judgement::Unreadable), Some(Judgement::Denied), Some(Judgement::Accepted), None];
        for judgement in judgements {
            add(&mut audit, "", &reply(400, judgement, &[]));
        }
        assert_eq!(audit.unreadable(), 3);
    }

    #[test]
    fn a_request_is_an_example_of_what_was_never_accepted_until_one_like_it_is() {
        let mut audit = Audit::default();
        for (body, status) in [("a", 400), ("b", 401), ("c", 200), ("a", 404), ("b", 200), ("c", 400)] {
            add(&mut audit, body, &reply(status, None, &[]));
        }
        let unaccepted: Vec<_> = audit.unaccepted().iter().map(|exchange| (exchange.number, exchange.status)).collect();
        assert_eq!(unaccepted, [(1, Some(400))]);
    }

    #[test]
    fn examples_are_bounded_and_counts_are_not() {
        let mut audit = Audit::default();
        for index in 0..=EXAMPLES {
            let mut reply = reply(400, None, &[("a-rule", Level::Deny)]);
            reply.violations[0].pointer = format!("/from_number/{index}").into();
            add(&mut audit, &index.to_string(), &reply);
        }
        assert_eq!((audit.violations().len(), audit.unaccepted().len()), (EXAMPLES, EXAMPLES));
        assert_eq!((audit.summary().denied, audit.summary().never_accepted), (EXAMPLES as u64 + 1, EXAMPLES + 1));
    }
}
