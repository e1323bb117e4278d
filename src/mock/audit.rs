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
    pub(super) fn add(&mut self, record: &Record) {
        let number = self.counts.count(record);
        self.unreadable += u64::from(matches!(record.judgement, None | Some(Judgement::Unreadable)));
        for violation in &record.violations {
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
