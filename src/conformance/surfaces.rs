//! The surfaces that judge a request and send nothing: the schema alone, the rules, the generated types, the program.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::case::{Case, Finding, Verdict};
use super::comparison::{Coverage, Findings, Observation};
use super::{Surface, Trouble};
use crate::check::{CheckError, CheckedRequest, check_json_with, check_with};
use crate::generated::types::CallRequest;
use crate::rules::Levels;
use crate::schema;
use crate::violation::{Level, Violation};

/// The levels of a case.
pub(super) fn levels(case: &Case) -> Result<Levels, Trouble> {
    let mut levels = Levels::default();
    for (rule, level) in &case.levels {
        levels.set(rule, *level).map_err(Trouble::broken)?;
    }
    Ok(levels)
}

pub(super) fn findings(violations: &[Violation]) -> Findings {
    let found = violations.iter().map(|found| Finding::new(found.rule.clone(), found.pointer.clone()));
    Findings { found: found.collect(), coverage: Coverage::All }
}

/// Verdict and findings of a check.
pub(super) fn observation(checked: &Result<CheckedRequest, CheckError>) -> Observation {
    let (verdict, violations) = match checked {
        Ok(checked) => (Verdict::Accepted, checked.warnings()),
        Err(error @ CheckError::Denied(_)) => (Verdict::Denied, error.violations()),
        Err(error) => (Verdict::Unreadable, error.violations()),
    };
    Observation { verdict: Some(verdict), findings: Some(findings(violations)), ..Observation::default() }
}

/// What `openapi.yaml` itself says, by the jsonschema crate on raw JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct SchemaSurface;

impl Surface for SchemaSurface {
    fn name(&self) -> String {
        "schema".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let Some(mut body) = case.body() else { return Err(Trouble::Skipped("the case is text".into())) };
        if let Some(definition) = schema::definition("CallRequest") {
            schema::normalize(&mut body, definition);
        }
        let levels = levels(case)?;
        let mut violations = schema::violations(&body);
        violations.retain(|violation| levels.of_schema(&violation.rule, violation.level) > Level::Allow);
        let mut findings = findings(&violations);
        for finding in &mut findings.found {
            finding.pointer = crate::mask::pointer(&body, &finding.pointer);
        }
        findings.coverage = Coverage::Schema;
        Ok(Observation { findings: Some(findings), ..Observation::default() })
    }
}

/// `check_json_with`: schema and rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct RulesSurface;

impl Surface for RulesSurface {
    fn name(&self) -> String {
        "rules".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        Ok(observation(&check_json_with(case.text().as_bytes(), &levels(case)?)))
    }
}

/// The generated types: what they cannot hold is denied, what they hold survives and gets the same verdict.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypesSurface;

impl Surface for TypesSurface {
    fn name(&self) -> String {
        "types".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let Some(body) = case.body() else { return Err(Trouble::Skipped("the case is text".into())) };
        let Ok(request) = serde_json::from_value::<CallRequest>(body) else {
            return Ok(Observation { verdict: Some(Verdict::Denied), ..Observation::default() });
        };
        let body = serde_json::to_value(&request).map_err(Trouble::broken)?;
        Ok(Observation { body: Some(body), ..observation(&check_with(&request, &levels(case)?)) })
    }
}

/// `ringg check` as a process.
#[derive(Clone, Debug)]
pub struct CommandLineSurface {
    program: PathBuf,
}

impl CommandLineSurface {
    /// With the program at this path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }
}

/// What is read of the program's JSON.
#[derive(Deserialize)]
struct CheckReport {
    files: Vec<FileReport>,
}

#[derive(Deserialize)]
struct FileReport {
    verdict: Verdict,
    violations: Vec<Violation>,
}

impl Surface for CommandLineSurface {
    fn name(&self) -> String {
        "command-line".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let flags: BTreeMap<Level, &str> =
            [(Level::Allow, "--allow"), (Level::Warn, "--warn"), (Level::Deny, "--deny")].into();
        let mut command = Command::new(&self.program);
        command.args(["check", "--format", "json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        for (rule, level) in &case.levels {
            command.args([flags[level], rule.as_str()]);
        }
        let mut child = command.spawn().map_err(|error| Trouble::broken(format!("ringg: {error}")))?;
        let text = case.text();
        let input = child.stdin.take();
        let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        let output = child.wait_with_output().map_err(Trouble::broken)?;
        let _ = writer.join();
        let report: CheckReport = serde_json::from_slice(&output.stdout).map_err(Trouble::broken)?;
        let [file] = report.files.as_slice() else {
            return Err(Trouble::broken(format!("{} files in the report of one", report.files.len())));
        };
        let status = match file.verdict {
            Verdict::Accepted => 0,
            Verdict::Denied => 1,
            Verdict::Unreadable => 2,
        };
        if output.status.code() != Some(status) {
            return Err(Trouble::broken(format!("{} with the verdict {:?}", output.status, file.verdict)));
        }
        Ok(Observation {
            verdict: Some(file.verdict),
            findings: Some(findings(&file.violations)),
            ..Observation::default()
        })
    }
}
