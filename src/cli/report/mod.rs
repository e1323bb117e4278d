//! Violations of request files, in each form: `human` for people, the rest for programs. Values are masked in all.

pub(super) mod github;
mod human;
mod json;
pub(super) mod sarif;

use clap::ValueEnum;

use super::Status;
use super::input::{Failure, Input};
use crate::check::{CheckedRequest, verdict_of_document};
use crate::document::Document;
use crate::rules::Levels;
use crate::violation::Violation;

#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// With excerpts, for people
    #[default]
    Human,
    /// One JSON object; documented in the README, stable
    Json,
    /// Annotations of GitHub's workflows
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(super) enum Verdict {
    Accepted,
    Denied,
    Unreadable(Failure),
}

impl Verdict {
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Accepted => Status::Fine,
            Self::Denied => Status::ContractBroken,
            Self::Unreadable(_) => Status::Usage,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// One file and what was found in it.
pub(super) struct Checked {
    pub(super) input: Input,
    pub(super) verdict: Verdict,
    pub(super) violations: Vec<Violation>,
}

impl Checked {
    /// Checks a file; the request is there when it is accepted.
    pub(super) fn new(input: Input, levels: &Levels) -> (Option<CheckedRequest>, Self) {
        let checked = match &input.document {
            Ok(document) => verdict_of_document(document, levels).into_checked(),
            Err(failure) => {
                let verdict = Verdict::Unreadable(failure.clone());
                return (None, Self { input, verdict, violations: Vec::new() });
            }
        };
        let (request, verdict, violations) = match checked {
            Ok(request) => {
                let warnings = request.warnings().to_vec();
                (Some(request), Verdict::Accepted, warnings)
            }
            Err(violations) => (None, Verdict::Denied, violations),
        };
        (request, Self { input, verdict, violations })
    }

    /// The file's name, safe on a terminal.
    fn name(&self) -> String {
        super::printable(&self.input.name)
    }

    /// Line and column of where a violation points.
    fn line_and_column(&self, violation: &Violation) -> (usize, usize) {
        self.input.lines.line_and_column(&self.input.text, violation.span.start)
    }
}

pub(super) fn render(checked: &[Checked], format: Format, show_values: bool) -> String {
    match format {
        Format::Human => human::render(checked, show_values),
        Format::Json => json::render(checked),
        Format::Github => github::render(checked),
        Format::Sarif => sarif::render(checked),
    }
}

/// The human form of what was found in one file, for `call`.
pub(super) fn human(checked: Checked, show_values: bool) -> String {
    human::render(&[checked], show_values)
}

/// The text with every value masked that may not be shown, every byte offset as it was.
fn excerpt_text(text: &str, document: &Document, show_values: bool) -> String {
    if show_values {
        return text.to_owned();
    }
    let mut masked = text.as_bytes().to_vec();
    for range in document.masked_ranges() {
        let hidden = text.get(range.clone()).unwrap_or_default();
        let shown =
            if crate::mask::is_phone_number(hidden) { crate::mask::phone_number(hidden) } else { String::new() };
        if shown.len() == range.len() {
            masked[range].copy_from_slice(shown.as_bytes());
        } else {
            masked[range].fill(b'*');
        }
    }
    String::from_utf8(masked).unwrap_or_default()
}
