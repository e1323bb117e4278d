//! The markdown export: a title, the page's prose, then a fence whose info string names the operation and that holds
//! OpenAPI. The fence says what OpenAPI says; the prose adds rules and statuses.

use std::ops::Range;

use super::{Unreadable, Wanted, examples, openapi, statuses};
use crate::drift::contract::{Answer, Contract, Example, Form};
use crate::drift::node;
use crate::drift::sentence::{Names, Reader};

/// The OpenAPI fence: the lines inside it, and the operation its info string names.
pub(super) struct Fence {
    lines: Range<usize>,
    method: Option<String>,
    path: Option<String>,
}

/// A fence that holds OpenAPI, if there is one; an error if it does not end.
pub(super) fn fence(text: &str) -> Option<Result<Fence, Unreadable>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index].trim_start();
        let ticks = line.len() - line.trim_start_matches('`').len();
        if ticks < 3 {
            index += 1;
            continue;
        }
        let closes = |line: &str| line.trim().len() >= ticks && line.trim().chars().all(|tick| tick == '`');
        let end = (index + 1..lines.len()).find(|at| closes(lines[*at]));
        let words: Vec<&str> = line[ticks..].split_whitespace().collect();
        let first = lines.get(index + 1..).unwrap_or_default().iter().find(|line| !line.trim().is_empty());
        let holds_openapi = matches!(words.first(), Some(&("yaml" | "yml" | "json")))
            && (words.len() > 2
                || first.is_some_and(|line| line.trim_start_matches(['"', '{', ' ']).starts_with("openapi")));
        if holds_openapi {
            let Some(end) = end else {
                return Some(Err(Unreadable::new(
                    index + 1,
                    "the OpenAPI fence that begins here does not end: the file is cut short; fetch it again",
                )));
            };
            let is_method =
                |word: &&str| ["GET", "PUT", "POST", "DELETE", "PATCH"].contains(&word.to_uppercase().as_str());
            let method = words.iter().copied().find(is_method).map(str::to_uppercase);
            let path =
                words.last().filter(|word| word.starts_with('/') && method.is_some()).map(|word| (*word).to_owned());
            return Some(Ok(Fence { lines: index + 1..end, method, path }));
        }
        index = end.map_or(lines.len(), |end| end + 1);
    }
    None
}

pub(super) fn read(text: &str, fence: &Fence, wanted: &Wanted) -> Result<Contract, Unreadable> {
    let lines: Vec<&str> = text.lines().collect();
    let inside = lines[fence.lines.clone()].join("\n");
    let mut root = node::parse(&inside).map_err(|error| {
        Unreadable::new(
            fence.lines.start + error.line,
            format!("the OpenAPI fence: {}; is the file whole?", error.cause),
        )
    })?;
    root.shift(fence.lines.start);
    let title = lines.iter().find_map(|line| line.strip_prefix("# ")).map(|title| title.trim().to_owned());
    let named = match (&fence.method, &fence.path) {
        // The title says which operation this is, whatever its path has become.
        (Some(method), Some(path)) if !wanted.is_explicit && title.is_some() && title == wanted.title => {
            Some(Wanted { method: method.clone(), path: path.clone(), ..wanted.clone() })
        }
        _ => None,
    };
    let mut contract = openapi::read(&root, Form::Markdown, named.as_ref().unwrap_or(wanted))
        .map_err(|error| Unreadable { line: error.line.max(fence.lines.start), ..error })?;
    contract.title = title.or(contract.title);

    let names = Names::of(&contract.body);
    let mut reader = Reader::new(&names);
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index].trim();
        if fence.lines.contains(&index) {
            index = fence.lines.end;
        } else if line.starts_with("```") {
            let end = (index + 1..lines.len()).find(|at| lines[*at].trim().starts_with("```")).unwrap_or(lines.len());
            let block = lines.get(index + 1..end).unwrap_or_default().join("\n");
            if let Ok(mut example) = node::json(&block) {
                example.shift(index + 1);
                if example.members().iter().any(|(name, ..)| names.contains(name)) {
                    examples::overlay(&mut contract.body, &example, "", false);
                    contract.examples.push(Example { is_answer: false, node: example });
                }
            }
            index = end;
        } else {
            reader.read(None, line, index + 1);
            if let Some(status) = statuses::row(line)
                && !contract.others.iter().any(|answer| answer.status.as_ref() == Some(&status))
            {
                contract.others.push(Answer { status: Some(status), line: index + 1, body: None, is_inferred: false });
            }
        }
        index += 1;
    }
    let prose = reader.finish();
    contract.statements.extend(prose.statements);
    contract.unclear.extend(prose.unclear);
    Ok(contract)
}
