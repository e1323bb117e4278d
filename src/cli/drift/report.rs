//! The report in its four forms.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Report, Source};
use crate::cli::report::github;
use crate::cli::{number_of, printable};
use crate::drift::{Difference, Knowledge, Side};

/// Longest excerpt, in characters.
const EXCERPTED: usize = 160;

fn summary(report: &Report) -> String {
    let mut text = match report.comparison.differences.len() {
        0 => "no drift".to_owned(),
        number => number_of(number as u64, "difference"),
    };
    if !report.accepted.is_empty() {
        text += &format!(", {} accepted", report.accepted.len());
    }
    if !report.gone.is_empty() {
        text += &format!(", {} accepted and gone", report.gone.len());
    }
    text
}

fn known(knowledge: Knowledge) -> Option<&'static str> {
    match knowledge {
        Knowledge::Stated => None,
        Knowledge::Example => Some("known from an example only; another example could show otherwise"),
        Knowledge::Wording => Some("understood from the wording"),
    }
}

fn excerpt(source: &Source, side: &Side) -> Option<(usize, String)> {
    let line = side.line?;
    let text: String = source.line(line).trim_end().chars().take(EXCERPTED).collect();
    Some((line, printable(&text)))
}

pub(super) fn human(report: &Report) -> String {
    let mut text = String::new();
    for difference in &report.comparison.differences {
        let _ = writeln!(text, "{}: {}", difference.class.name(), printable(&difference.id));
        let _ = writeln!(text, "  {}", printable(&difference.message));
        if let Some(how) = known(difference.known) {
            let _ = writeln!(text, "  ({how})");
        }
        let sides = both(report, difference);
        for (what, source, side) in sides {
            match excerpt(source, side) {
                Some((line, excerpt)) => {
                    let _ = writeln!(text, "  {what} {}:{line}: {}", source.name, printable(&side.says));
                    let _ = writeln!(text, "      | {excerpt}");
                }
                None => {
                    let _ = writeln!(text, "  {what} {}", printable(&side.says));
                }
            }
        }
        for (what, list) in touched(difference) {
            let _ = writeln!(text, "  {what:<10} {}", list.join(", "));
        }
        let _ = writeln!(text, "  edit       {}\n", printable_lines(&difference.edit).replace('\n', "\n             "));
    }
    for (difference, reason) in &report.accepted {
        let _ = writeln!(text, "accepted: {}\n  {}", printable(&difference.id), printable(reason));
    }
    if !report.accepted.is_empty() {
        text.push('\n');
    }
    for (file, line, id) in &report.gone {
        let _ = writeln!(
            text,
            "gone: {}\n  accepted at {file}:{line}, and no longer there; remove the entry\n",
            printable(id)
        );
    }
    let title =
        report.comparison.title.as_deref().map(|title| format!(" \"{}\"", printable(title))).unwrap_or_default();
    let _ = writeln!(text, "{}: {}{title}: {}", report.page.name, report.comparison.form.name(), summary(report));
    text
}

/// What is indented by lines keeps them.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// Both sides of a difference; both of a contradiction are the page's.
fn both<'report>(
    report: &'report Report,
    difference: &'report Difference,
) -> [(&'static str, &'report Source, &'report Side); 2] {
    if is_contradiction(difference) {
        return [
            ("one side  ", &report.page, &difference.documentation),
            ("the other ", &report.page, &difference.specification),
        ];
    }
    [
        ("now       ", &report.page, &difference.documentation),
        ("before    ", &report.specification, &difference.specification),
    ]
}

fn is_contradiction(difference: &Difference) -> bool {
    difference.id.starts_with("contradiction:")
}

fn touched(difference: &Difference) -> Vec<(&'static str, &[String])> {
    let touched = &difference.touched;
    [("rules", &touched.rules), ("types", &touched.types), ("cases", &touched.cases), ("snapshots", &touched.snapshots)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(what, list)| (what, list.as_slice()))
        .collect()
}

pub(super) fn json(report: &Report) -> String {
    let describe = |difference: &Difference| {
        let mut value = json!(difference);
        if is_contradiction(difference) {
            value["contradicts"] = value["specification"].take();
            value["specification"] = Value::Null;
        }
        value
    };
    let accepted: Vec<Value> = report
        .accepted
        .iter()
        .map(|(difference, reason)| {
            let mut value = describe(difference);
            value["reason"] = reason.as_str().into();
            value
        })
        .collect();
    let gone: Vec<Value> =
        report.gone.iter().map(|(file, line, id)| json!({ "id": id, "accepted_in": file, "line": line })).collect();
    let report = json!({
        "page": report.page.name,
        "form": report.comparison.form,
        "specification": report.specification.name,
        "drift": !report.comparison.differences.is_empty() || !report.gone.is_empty(),
        "differences": report.comparison.differences.iter().map(describe).collect::<Vec<_>>(),
        "accepted": accepted,
        "gone": gone,
    });
    format!("{report:#}\n")
}

pub(super) fn github(report: &Report) -> String {
    let mut text = String::new();
    for difference in &report.comparison.differences {
        let [page, specification] = both(report, difference);
        // The specification is in the repository, the page seldom is.
        let (_, source, side) = if specification.2.line.is_some() { specification } else { page };
        let kind = if difference.class.name().starts_with("breaks") { "error" } else { "warning" };
        let message = format!("{}: {}\n{}", difference.class.name(), difference.message, difference.edit);
        text += &github::command(kind, Some((&source.name, (side.line.unwrap_or(1), 1))), &difference.id, &message);
    }
    for (file, line, id) in &report.gone {
        text += &github::command(
            "error",
            Some((file, (*line, 1))),
            id,
            "this accepted difference is gone; remove the entry",
        );
    }
    text
}

pub(super) fn markdown(report: &Report) -> String {
    let mut text = format!("## Documentation drift: {}\n", summary(report));
    for difference in &report.comparison.differences {
        let _ = writeln!(text, "\n### `{}`\n", code(&difference.id));
        let _ = writeln!(text, "**{}.** {}", difference.class.name(), plain(&difference.message));
        if let Some(how) = known(difference.known) {
            let _ = writeln!(text, "_{how}_");
        }
        let _ = writeln!(text);
        for (what, source, side) in both(report, difference) {
            let place = side.line.map(|line| format!(" (`{}:{line}`)", code(&source.name))).unwrap_or_default();
            let _ = writeln!(text, "- {}: {}{place}", what.trim(), plain(&side.says));
        }
        for (what, list) in touched(difference) {
            let list: Vec<String> = list.iter().map(|item| format!("`{}`", code(item))).collect();
            let _ = writeln!(text, "- {what}: {}", list.join(", "));
        }
        let fence = fence(&difference.edit);
        let _ = writeln!(text, "\n{fence}text\n{}\n{fence}", difference.edit);
    }
    if !report.accepted.is_empty() {
        let _ = writeln!(text, "\n<details><summary>{} accepted</summary>\n", report.accepted.len());
        for (difference, reason) in &report.accepted {
            let _ = writeln!(text, "- `{}`: {}", code(&difference.id), plain(reason));
        }
        let _ = writeln!(text, "\n</details>");
    }
    for (file, line, id) in &report.gone {
        let _ = writeln!(text, "\nGone, remove it from `{}:{line}`: `{}`", code(file), code(id));
    }
    text
}

/// Text from a page, which must not become markup or mention anyone. Within backticks nothing does, and an escape would show.
fn plain(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = one_line.split('`');
    let mut plain = escaped(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        match parts.next() {
            Some(after) if !part.is_empty() => plain += &format!("`{part}`{}", escaped(after)),
            Some(after) => plain += &format!("\\`\\`{}", escaped(after)),
            // A backtick without its second opens nothing.
            None => plain += &format!("\\`{}", escaped(part)),
        }
    }
    plain
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '<' => escaped += "&lt;",
            '&' => escaped += "&amp;",
            '@' => escaped += "&#64;",
            '#' => escaped += "&#35;",
            '*' | '_' | '[' | ']' | '|' | '!' | '~' | '\\' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Within backticks.
fn code(text: &str) -> String {
    text.replace('`', "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fence(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}
