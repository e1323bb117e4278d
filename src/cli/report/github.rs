//! Workflow commands of GitHub Actions, one line a violation.

use super::{Checked, Verdict};
use crate::violation::Level;

pub(super) fn render(checked: &[Checked]) -> String {
    let mut report = String::new();
    for file in checked {
        if let Verdict::Unreadable(cause) = &file.verdict {
            report += &command(
                "error",
                Some((&file.input.name, cause.place.unwrap_or((1, 1)))),
                "unreadable",
                &cause.message,
            );
        }
        for violation in &file.violations {
            let kind = if violation.level == Level::Deny { "error" } else { "warning" };
            let subject = if violation.pointer.is_empty() { "the request" } else { &violation.pointer };
            let message = format!("{subject}: {}", violation.message);
            report +=
                &command(kind, Some((&file.input.name, file.line_and_column(violation))), &violation.rule, &message);
        }
    }
    report
}

/// One workflow command, with the place in a file where there is one.
pub(in crate::cli) fn command(kind: &str, place: Option<(&str, (usize, usize))>, title: &str, message: &str) -> String {
    let title = property(title);
    let place = place.map(|(path, (line, column))| format!("file={},line={line},col={column},", property(path)));
    format!("::{kind} {}title={title}::{}\n", place.unwrap_or_default(), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
