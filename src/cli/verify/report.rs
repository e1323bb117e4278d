//! The report of `ringg verify`, in each form. Values are masked in all.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::{Check, Verification};
use crate::cli::report::{Format, github, sarif};
use crate::cli::{number_of, printable};
use crate::mock::{Counted, Exchange};

/// Requests that were never accepted, of which a report for people tells.
const SHOWN: usize = 20;

pub(super) fn render(verification: &Verification, format: Format) -> String {
    match format {
        Format::Human => human(verification),
        Format::Json => format!("{:#}\n", json!(verification)),
        Format::Github => github(verification),
        Format::Sarif => sarif(verification),
    }
}

fn human(verification: &Verification) -> String {
    let summary = &verification.summary;
    let mut text = format!(
        "ringg verify: {}, {} would have rung, {} never accepted\n",
        number_of(summary.requests, "request"),
        number_of(summary.rings, "call"),
        number_of(summary.never_accepted as u64, "distinct request"),
    );
    if summary.malformed > 0 {
        let refused = number_of(summary.malformed, "connection");
        text += &format!("  {refused} refused: no HTTP (https perhaps), or more headers than are read\n");
    } else if summary.requests == 0 {
        text += "  no request came: does the code under test take its server from the environment, and go there without a proxy?\n";
    }
    for violation in &verification.violations {
        text += &format!("  {}\n", describe_violation(violation));
        if let Some(request) = &violation.request {
            text += &format!("    {request}\n");
        }
    }
    for exchange in verification.never_accepted.iter().take(SHOWN) {
        text += &format!("  never accepted: {}\n", describe_exchange(exchange));
    }
    let more = verification.never_accepted.len().saturating_sub(SHOWN);
    if more > 0 {
        text += &format!("  {more} more were never accepted; `--format json` has up to 1000\n");
    }
    for (fault, count) in &summary.faults {
        text += &format!("  fault {fault}: met {}\n", number_of(*count, "time"));
    }
    for Check { name, failure, .. } in &verification.checks {
        match failure {
            None => text += &format!("  ok: {name}\n"),
            Some(failure) => text += &format!("  FAILED: {name}: {failure}\n"),
        }
    }
    text
}

/// A violation and how often it was met.
pub(super) fn describe_violation(counted: &Counted) -> String {
    format!("{}, {}", counted.violation, number_of(counted.count, "time"))
}

/// A request that was never accepted, and why.
pub(super) fn describe_exchange(exchange: &Exchange) -> String {
    let status = exchange.status.map_or_else(|| "no answer".into(), |status| status.to_string());
    let message = exchange.message.as_deref().unwrap_or("no success");
    format!("{} {}: {status}, {message}", printable(&exchange.method), printable(&exchange.path))
}

fn failures(verification: &Verification) -> impl Iterator<Item = String> {
    let failed = verification.checks.iter().filter_map(|check| Some((&check.name, check.failure.as_ref()?)));
    failed.map(|(name, failure)| format!("{name}: {failure}"))
}

fn github(verification: &Verification) -> String {
    let violations = verification.violations.iter().map(|one| {
        let kind = if one.violation.is_denied() { "error" } else { "warning" };
        github::command(kind, None, &one.violation.rule, &describe_violation(one))
    });
    let never_accepted = verification.never_accepted.iter().take(SHOWN);
    let never_accepted =
        never_accepted.map(|exchange| github::command("warning", None, "never accepted", &describe_exchange(exchange)));
    violations
        .chain(never_accepted)
        .chain(failures(verification).map(|failure| github::command("error", None, "ringg verify", &failure)))
        .collect()
}

fn sarif(verification: &Verification) -> String {
    let violations = verification.violations.iter().map(|counted| {
        let violation = &counted.violation;
        json!({
            "ruleId": violation.rule,
            "level": sarif::level(violation.level),
            "message": { "text": format!("{}, {}", violation.message, number_of(counted.count, "time")) },
            "locations": [location(Some(&violation.pointer))],
        })
    });
    let result = |id: &str, level: &str, text: String| json!({ "ruleId": id, "level": level, "message": { "text": text }, "locations": [location(None)] });
    let never_accepted = verification.never_accepted.iter().take(SHOWN);
    let never_accepted =
        never_accepted.map(|exchange| result("never-accepted", "warning", describe_exchange(exchange)));
    let failures = failures(verification).map(|text| result("verify", "error", text));
    sarif::log(&violations.chain(never_accepted).chain(failures).collect::<Vec<Value>>())
}

/// Requests are in no file; a tool that reads SARIF wants one all the same.
fn location(pointer: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": { "artifactLocation": { "uri": "requests" }, "region": { "startLine": 1 } }
    });
    if let Some(pointer) = pointer {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": pointer, "kind": "member" }]);
    }
    location
}

/// One case a check.
pub(super) fn junit(verification: &Verification) -> Result<String, String> {
    let mut suite = TestSuite::new("ringg verify");
    for Check { name, failure, details } in &verification.checks {
        let status = match failure {
            None => TestCaseStatus::success(),
            Some(failure) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(failure.as_str());
                if !details.is_empty() {
                    status.set_description(details.iter().map(|line| format!("{line}\n")).collect::<String>());
                }
                status
            }
        };
        let mut case = TestCase::new(name.as_str(), status);
        case.set_classname("ringg verify");
        suite.add_test_case(case);
    }
    let mut report = Report::new("ringg verify");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}
