//! A run over the corpus, and what came of it. Expected failures cut both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::comparison::{MISMATCHES, Mismatch, compare};
use super::{Surface, Trouble};

/// Names of the surfaces.
const SURFACES: [&str; 8] = ["schema", "rules", "types", "client", "mock", "command-line", "driver", "server"];

/// What came of one case on one surface.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CaseResult {
    /// Id of the case.
    pub case: String,
    /// What it came to.
    pub result: CaseOutcome,
    /// What was not as expected.
    pub mismatches: Vec<Mismatch>,
    /// How long it took; of a case that was not tried, nothing.
    #[serde(skip)]
    pub time: Duration,
    /// Why it was skipped, why its failure is expected, or what is wrong with that expectation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a case came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CaseOutcome {
    /// All as expected.
    Passed,
    /// It does not concern the surface.
    Skipped,
    /// It failed in the way that the list of expected failures says.
    ExpectedFailure,
    /// It failed, or it passed or failed otherwise than the list of expected failures says.
    Failed,
}

/// The results of one surface.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Name of the surface.
    pub surface: String,
    /// How much of the contract it covers, where that is not all.
    pub coverage: Option<String>,
    /// A result for each case that was tried, and for each expected failure of a case that does not exist.
    pub results: Vec<CaseResult>,
}

impl Report {
    /// Whether nothing failed.
    pub fn is_passed(&self) -> bool {
        self.count(CaseOutcome::Failed) == 0
    }

    /// How many cases came to this.
    pub fn count(&self, outcome: CaseOutcome) -> usize {
        self.results.iter().filter(|result| result.result == outcome).count()
    }

    /// What failed.
    pub fn failures(&self) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().filter(|result| result.result == CaseOutcome::Failed)
    }
}

/// Failures that are known, by surface and case, each with its reason. A case in the list that passes, that fails
/// otherwise, or that does not exist fails the run: the list never says less or more than the truth.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ExpectedFailures(BTreeMap<String, BTreeMap<String, ExpectedFailure>>);

/// One known failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExpectedFailure {
    /// Why it fails.
    pub reason: String,
    /// What is not as expected: every mismatch, as the report prints it (`verdict: expected accepted, found denied`).
    pub mismatches: Vec<String>,
}

impl ExpectedFailures {
    /// Those of this binding's own surfaces, `tests/expected-failures.json`.
    #[must_use]
    pub fn own() -> Self {
        // Embedded: were it broken, no failure would be expected, and the suite fails.
        Self::parse(include_str!("../../tests/expected-failures.json")).unwrap_or_default()
    }

    /// Reads a list: a JSON object of surfaces, each an object of cases.
    ///
    /// # Errors
    /// When it is not of that form, or names what does not exist: that would expect nothing.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let list: Self = serde_json::from_str(text)?;
        for (surface, cases) in &list.0 {
            if !SURFACES.contains(&surface.as_str()) {
                return Err(serde::de::Error::custom(format!("no surface is named {surface:?}, only {SURFACES:?}")));
            }
            for (case, ExpectedFailure { reason, mismatches }) in cases {
                let is_known = |mismatch: &str| {
                    mismatch.split_once(": expected ").is_some_and(|(what, _)| MISMATCHES.contains(&what))
                };
                if let Some(unknown) = mismatches.iter().find(|mismatch| !is_known(mismatch)) {
                    let message = format!(
                        "{case}: {unknown:?} is no mismatch as the report prints it, \
                         \"verdict: expected accepted, found denied\" is one; it begins with one of {MISMATCHES:?}"
                    );
                    return Err(serde::de::Error::custom(message));
                }
                if reason.trim().is_empty() || mismatches.is_empty() {
                    return Err(serde::de::Error::custom(format!("{case}: a reason and mismatches are needed")));
                }
            }
        }
        Ok(list)
    }
}

/// Tries cases on a surface; `progress` is told each result.
pub fn run<'case>(
    surface: &mut dyn Surface,
    cases: impl IntoIterator<Item = &'case Case>,
    expected: &ExpectedFailures,
    mut progress: impl FnMut(&CaseResult),
) -> Report {
    let mut report = Report { surface: surface.name(), coverage: None, results: Vec::new() };
    let none = BTreeMap::new();
    let expected = expected.0.get(&report.surface).unwrap_or(&none);
    for case in cases {
        let begin = Instant::now();
        let observed = surface.observe(case);
        let result = CaseResult { time: begin.elapsed(), ..judge(case, observed, expected.get(&case.id)) };
        progress(&result);
        report.results.push(result);
    }
    for id in expected.keys().filter(|id| super::cases().iter().all(|case| case.id != **id)) {
        let reason = Some("an expected failure of a case that does not exist; remove it from the list".into());
        let (case, time) = (id.clone(), Duration::ZERO);
        let result = CaseResult { case, result: CaseOutcome::Failed, mismatches: Vec::new(), time, reason };
        progress(&result);
        report.results.push(result);
    }
    for (id, requests) in surface.finish() {
        let case = super::cases().iter().find(|case| case.id == id);
        let result = report.results.iter_mut().find(|result| result.case == id);
        if let (Some(case), Some(result)) = (case, result)
            && requests > case.expect.requests
            && result.mismatches.iter().all(|mismatch| mismatch.what != "requests")
        {
            let found = format!("{requests}, some after the answer");
            result.mismatches.push(Mismatch::new("requests", case.expect.requests.to_string(), found));
            result.result = CaseOutcome::Failed;
        }
    }
    report.coverage = surface.coverage();
    report
}

fn judge(case: &Case, observed: Result<super::Observation, Trouble>, expected: Option<&ExpectedFailure>) -> CaseResult {
    let result = |result, mismatches, reason| {
        let (case, time) = (case.id.clone(), Duration::ZERO);
        CaseResult { case, result, mismatches, time, reason }
    };
    let mismatches = match observed {
        Ok(observation) => compare(case, &observation),
        Err(Trouble::Skipped(reason)) if expected.is_none() => {
            return result(CaseOutcome::Skipped, Vec::new(), Some(reason));
        }
        Err(Trouble::Skipped(_)) => Vec::new(),
        Err(Trouble::Broken(cause)) => vec![Mismatch::new("surface", "an observation", cause)],
    };
    let Some(expected) = expected else {
        let outcome = if mismatches.is_empty() { CaseOutcome::Passed } else { CaseOutcome::Failed };
        return result(outcome, mismatches, None);
    };
    if mismatches.is_empty() {
        let reason = "it did not fail, though it is in the list of expected failures; remove it from the list";
        return result(CaseOutcome::Failed, mismatches, Some(reason.into()));
    }
    let found: BTreeSet<String> = mismatches.iter().map(ToString::to_string).collect();
    let listed: BTreeSet<String> = expected.mismatches.iter().cloned().collect();
    if found != listed {
        let listed = expected.mismatches.join("; ");
        let reason = format!("it fails otherwise than the list of expected failures says ({listed})");
        return result(CaseOutcome::Failed, mismatches, Some(reason));
    }
    result(CaseOutcome::ExpectedFailure, mismatches, Some(expected.reason.clone()))
}
