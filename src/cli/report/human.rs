//! For people: where, an excerpt, the rule, why, how to mend it.

use std::io::IsTerminal;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Checked, Verdict, excerpt_text};
use crate::cli::number_of;
use crate::rules::rule;
use crate::violation::{Level as ViolationLevel, Violation};

/// Violations of one file that are shown; the rest are counted.
const SHOWN: usize = 100;

/// Longest line that is excerpted, in bytes.
const EXCERPTED: usize = 4096;

pub(super) fn render(checked: &[Checked], show_values: bool) -> String {
    let renderer = if std::io::stdout().is_terminal() { Renderer::styled() } else { Renderer::plain() };
    let mut report = String::new();
    for file in checked {
        if let Verdict::Unreadable(cause) = &file.verdict {
            let at = cause.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            report += &format!("{}{at}: {}\n", file.name(), cause.message);
            continue;
        }
        let text = match &file.input.document {
            Ok(document) if !file.violations.is_empty() => excerpt_text(&file.input.text, document, show_values),
            _ => String::new(),
        };
        for violation in file.violations.iter().take(SHOWN) {
            report += &renderer.render(&[group(file, violation, &text)]);
            report += "\n\n";
        }
        if file.violations.len() > SHOWN {
            report += &format!("{} more; --format json lists all\n\n", file.violations.len() - SHOWN);
        }
        let denied = file.violations.iter().filter(|violation| violation.level == ViolationLevel::Deny).count();
        let warnings = file.violations.len() - denied;
        report += &format!(
            "{}: {} ({denied} denied, {})\n",
            file.input.name,
            file.verdict.name(),
            number_of(warnings as u64, "warning")
        );
    }
    report
}

fn group<'text>(file: &'text Checked, violation: &'text Violation, text: &'text str) -> Group<'text> {
    let level = if violation.level == ViolationLevel::Deny { Level::ERROR } else { Level::WARNING };
    let subject = if violation.pointer.is_empty() { "the request" } else { &violation.pointer };
    let (line, column) = file.line_and_column(violation);
    let range = file.input.lines.range(text, line);
    let title = level.primary_title(subject).id(violation.rule.as_ref());
    let group = if range.len() > EXCERPTED {
        let origin = Origin::path(file.name()).line(line).char_column(column);
        title.element(origin).element(Level::NOTE.message(&*violation.message))
    } else {
        let span = violation.span.start - range.start..violation.span.end.min(range.end) - range.start;
        let annotation = AnnotationKind::Primary.span(span).label(&*violation.message);
        title.element(Snippet::source(&text[range]).line_start(line).path(file.name()).annotation(annotation))
    };
    match rule(&violation.rule) {
        Some(rule) => group
            .element(Level::NOTE.message(format!("{} ({})", rule.why, rule.source)))
            .element(Level::HELP.message(rule.help)),
        None if violation.level == ViolationLevel::Deny => {
            group.element(Level::NOTE.message("the schema in openapi.yaml says so"))
        }
        None => group.element(Level::NOTE.message("the schema in openapi.yaml says so, marked as inferred")),
    }
}
