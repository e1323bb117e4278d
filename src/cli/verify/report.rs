//! The report of `ringg verify`, in each form. Values are masked in all.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::{Check, Counted, Verification};
use crate::cli::report::{Format, github, sarif};

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
        "ringg verify: {} requests, {} calls would have rung, {} distinct requests never accepted\n",
        summary.requests, summary.rings, summary.never_accepted,
    );
    if summary.requests == 0 {
        text += "  no request came: does the code under test take its server from the environment?\n";
    }
    for counted in &verification.violations {
        let Counted { violation, count, request } = counted;
        text += &format!("  {violation}, {count} times\n");
        if let Some(request) = request {
            text += &format!("    {request}\n");
        }
    }
    for (fault, count) in &summary.faults {
        text += &format!("  fault {fault}: met {count} times\n");
    }
    for Check { name, failure } in &verification.checks {
        match failure {
            None => text += &format!("  ok: {name}\n"),
            Some(failure) => text += &format!("  FAILED: {name}: {failure}\n"),
        }
    }
    text
}

fn failures(verification: &Verification) -> impl Iterator<Item = String> {
    let failed = verification.checks.iter().filter_map(|check| Some((&check.name, check.failure.as_ref()?)));
    failed.map(|(name, failure)| format!("{name}: {failure}"))
}

fn github(verification: &Verification) -> String {
    let violations = verification.violations.iter().map(|counted| {
        let kind = if counted.violation.is_denied() { "error" } else { "warning" };
        github::command(kind, None, &counted.violation.rule, &format!("{}, {} times", counted.violation, counted.count))
    });
    violations
        .chain(failures(verification).map(|failure| github::command("error", None, "ringg verify", &failure)))
        .collect()
}

fn sarif(verification: &Verification) -> String {
    let violations = verification.violations.iter().map(|counted| {
        let violation = &counted.violation;
        json!({
            "ruleId": violation.rule,
            "level": sarif::level(violation.level),
            "message": { "text": format!("{}, {} times", violation.message, counted.count) },
            "locations": [{ "logicalLocations": [{ "fullyQualifiedName": violation.pointer, "kind": "member" }] }],
        })
    });
    let failures =
        failures(verification).map(|text| json!({ "ruleId": "verify", "level": "error", "message": { "text": text } }));
    sarif::log(&violations.chain(failures).collect::<Vec<Value>>())
}

/// One case a check; the violations stand in that of the denied rules.
pub(super) fn junit(verification: &Verification) -> Result<String, String> {
    let mut suite = TestSuite::new("ringg verify");
    for Check { name, failure } in &verification.checks {
        let status = match failure {
            None => TestCaseStatus::success(),
            Some(failure) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(failure.as_str());
                let denied = verification.violations.iter().filter(|counted| counted.violation.is_denied());
                status.set_description(denied.map(|counted| format!("{}\n", counted.violation)).collect::<String>());
                status
            }
        };
        suite.add_test_case(TestCase::new(name.as_str(), status));
    }
    let mut report = Report::new("ringg verify");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}
