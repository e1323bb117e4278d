//! The results of `ringg conform`, in each form.

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::cli::printable;
use crate::conformance::{Case, CaseOutcome, CaseResult, Report, cases};

/// Topic, id and what the case says.
pub(super) fn list(cases: &[&Case]) -> String {
    cases.iter().map(|case| format!("{:<17} {:<45} {}\n", case.topic(), case.id, case.documentation)).collect()
}

pub(super) fn human(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        for failure in report.failures() {
            text += &format!("FAILED {} {}\n", report.surface, failure.case);
            if let Some(case) = cases().iter().find(|case| case.id == failure.case) {
                text += &format!("  {}\n", case.documentation);
            }
            for line in lines(failure) {
                text += &format!("  {}\n", printable(&line));
            }
        }
        text += &format!("{}\n", counts(report));
        if let Some(coverage) = &report.coverage {
            text += &format!("  {coverage}\n");
        }
        for (reason, count) in skipped(report) {
            text += &format!("  {count} skipped: {}\n", printable(reason));
        }
    }
    text
}

fn counts(report: &Report) -> String {
    let mut text = format!(
        "{}: {} passed, {} failed",
        report.surface,
        report.count(CaseOutcome::Passed),
        report.count(CaseOutcome::Failed),
    );
    for (outcome, name) in [(CaseOutcome::Skipped, "skipped"), (CaseOutcome::ExpectedFailure, "failed as expected")] {
        if report.count(outcome) > 0 {
            text += &format!(", {} {name}", report.count(outcome));
        }
    }
    text
}

/// The reasons for which cases were skipped, and how many each.
fn skipped(report: &Report) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for result in report.results.iter().filter(|result| result.result == CaseOutcome::Skipped) {
        let reason = result.reason.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|counted| counted.0 == reason) {
            Some(counted) => counted.1 += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons
}

fn lines(result: &CaseResult) -> Vec<String> {
    result.reason.iter().cloned().chain(result.mismatches.iter().map(ToString::to_string)).collect()
}

/// Stable: members may be added, none is removed or renamed.
pub(super) fn json(reports: &[Report]) -> String {
    let surfaces: Vec<Value> = reports
        .iter()
        .map(|report| {
            json!({
                "surface": report.surface,
                "coverage": report.coverage,
                "passed": report.count(CaseOutcome::Passed),
                "failed": report.count(CaseOutcome::Failed),
                "skipped": report.count(CaseOutcome::Skipped),
                "expected_failures": report.count(CaseOutcome::ExpectedFailure),
                "results": report.results,
            })
        })
        .collect();
    format!("{:#}\n", json!({ "surfaces": surfaces }))
}

/// One suite a surface, one test case a case.
pub(super) fn junit(reports: &[Report]) -> Result<String, String> {
    let mut junit = JunitReport::new("ringg conform");
    for report in reports {
        let mut suite = TestSuite::new(report.surface.as_str());
        for result in &report.results {
            let status = match result.result {
                CaseOutcome::Passed | CaseOutcome::ExpectedFailure => TestCaseStatus::success(),
                CaseOutcome::Skipped => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(result.reason.clone().unwrap_or_default());
                    status
                }
                CaseOutcome::Failed => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(lines(result).join("; "));
                    status
                }
            };
            let mut case = TestCase::new(result.case.as_str(), status);
            case.set_classname(report.surface.as_str());
            case.set_time(result.time);
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(|error| error.to_string())
}
