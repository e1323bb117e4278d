//! Workflow commands of GitHub Actions, one line a violation.

use super::{Checked, Verdict};
use crate::violation::Level;

pub(super) fn render(checked: &[Checked]) -> String {
    let mut report = String::new();
    for file in checked {
        if let Verdict::Unreadable(cause) = &file.verdict {
            report += &command("error", &file.input.name, cause.place.unwrap_or((1, 1)), "unreadable", &cause.message);
        }
        for violation in &file.violations {
            let kind = if violation.level == Level::Deny { "error" } else { "warning" };
            let subject = if violation.pointer.is_empty() { "the request" } else { &violation.pointer };
            let message = format!("{subject}: {}", violation.message);
            report += &command(kind, &file.input.name, file.line_and_column(violation), &violation.rule, &message);
        }
    }
    report
}

fn command(kind: &str, path: &str, (line, column): (usize, usize), title: &str, message: &str) -> String {
    let (path, title) = (property(path), property(title));
    format!("::{kind} file={path},line={line},col={column},title={title}::{}\n", data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
