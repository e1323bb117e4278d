//! `ringg drift`: what differs between saved documentation and the specification. `report` prints it.

mod report;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Status, complain, input, is_standard_input, print, usage};
use crate::drift::accepted::{self, Accepted};
use crate::drift::{Comparison, Difference, Failure, Files, MAXIMUM_BYTES, Unreadable, clean, compare};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Saved documentation: the page as text, its markdown, or the vendor's OpenAPI file; `-` reads standard input
    #[arg(value_name = "PAGE")]
    page: PathBuf,
    /// The specification it is compared with
    #[arg(long, value_name = "FILE", default_value = "openapi.yaml")]
    spec: PathBuf,
    /// The operation, where it is not the one of the specification's path
    #[arg(long, num_args = 2, value_names = ["METHOD", "PATH"])]
    operation: Vec<String>,
    /// Accept a difference, by its id; to keep it, write it into the file of accepted differences, with the reason
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
    /// Differences accepted on purpose, with reasons; otherwise `drift-accepted.yaml` beside the specification, if it is there
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// With excerpts of both sides, for people
    #[default]
    Human,
    /// One JSON object; documented in docs/drift.md, stable
    Json,
    /// Annotations of GitHub's workflows
    Github,
    /// For an issue or a pull request
    Markdown,
}

/// A text and its name.
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn read(path: &Path) -> Result<Self, String> {
        let name = if is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() };
        let bytes = input::bytes(path, MAXIMUM_BYTES, "name the saved page in it")
            .map_err(|error| format!("{name}: {error}"))?;
        let text = clean(&bytes).map_err(|error| located(&name, &error))?;
        Ok(Self { name, text })
    }

    /// A line, from 1.
    fn line(&self, line: usize) -> &str {
        self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default()
    }
}

/// What there is to report.
struct Report {
    page: Source,
    specification: Source,
    comparison: Comparison,
    accepted: Vec<(Difference, String)>,
    /// Accepted differences that are gone: where they are accepted, and which.
    gone: Vec<(String, usize, String)>,
}

pub(super) fn run(arguments: &Arguments) -> Status {
    match report(arguments) {
        Ok(report) => {
            let status = if report.comparison.differences.is_empty() && report.gone.is_empty() {
                Status::Fine
            } else {
                Status::ContractBroken
            };
            let text = match arguments.format {
                Format::Human => report::human(&report),
                Format::Json => report::json(&report),
                Format::Github => report::github(&report),
                Format::Markdown => report::markdown(&report),
            };
            status.max(print(&text))
        }
        Err(message) => usage(super::printable(&message)),
    }
}

fn report(arguments: &Arguments) -> Result<Report, String> {
    let operation = match arguments.operation.as_slice() {
        [method, path] => Some((method.as_str(), path.as_str())),
        _ => None,
    };
    let page = Source::read(&arguments.page)?;
    let specification = Source::read(&arguments.spec)?;
    let (list, list_name) = accepted_list(arguments)?;
    let files = Files::beside(&arguments.spec);
    let mut comparison =
        compare(&page.text, &specification.text, operation, &files).map_err(|failure| match failure {
            Failure::Documentation(error) => located(&page.name, &error),
            Failure::Specification(error) => located(&specification.name, &error),
        })?;

    let (mut accepted, mut left) = (Vec::new(), Vec::new());
    for difference in std::mem::take(&mut comparison.differences) {
        let entry = list.iter().find(|entry| entry.id == difference.id).map(|entry| entry.reason.clone());
        let allowed = arguments.allow.contains(&difference.id).then(|| "--allow".to_owned());
        match entry.or(allowed) {
            Some(reason) => accepted.push((difference, reason)),
            None => left.push(difference),
        }
    }
    comparison.differences = left;
    let is_shown = |id: &String| accepted.iter().any(|(difference, _)| difference.id == *id);
    let stale = list.iter().filter(|entry| entry.shows_in(comparison.form) && !is_shown(&entry.id));
    let mut gone: Vec<(String, usize, String)> =
        stale.map(|entry| (list_name.clone(), entry.line, entry.id.clone())).collect();
    gone.extend(arguments.allow.iter().filter(|id| !is_shown(id)).map(|id| ("--allow".to_owned(), 1, id.clone())));
    if !gone.is_empty() {
        complain("ringg: an accepted difference is gone; remove it from where it is accepted");
    }
    Ok(Report { page, specification, comparison, accepted, gone })
}

fn accepted_list(arguments: &Arguments) -> Result<(Vec<Accepted>, String), String> {
    let beside = arguments.spec.parent().unwrap_or(Path::new("")).join(accepted::FILE);
    let path = match &arguments.accepted {
        Some(path) => path,
        None if beside.exists() => &beside,
        None => return Ok((Vec::new(), String::new())),
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let list = accepted::parse(&text).map_err(|(line, cause)| format!("{name}:{line}: {cause}"))?;
    Ok((list, name))
}

fn located(name: &str, error: &Unreadable) -> String {
    format!("{name}:{}: {}", error.line, error.message)
}
