//! The page as text, as a browser saves it: method and path one token a line, a `curl` block with the request, the
//! answer's JSON after it, prose and tables without borders, then the fields of headers, body and answer.

use std::collections::BTreeSet;
use std::ops::Range;

use super::curl::Command;
use super::fields::{self, Field};
use super::{Unreadable, Wanted, examples, statuses};
use crate::drift::contract::{Answer, AnswerBody, Contract, Example, Fact, Form, Member, Parameter};
use crate::drift::node::{self, Node};
use crate::drift::sentence::{Names, Prose, Reader};

const METHODS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// What follows the last section on a saved page, and is no field.
const FOOTERS: [&str; 4] = ["was this page helpful", "powered by", "suggest edits", "⌘i"];

const SECTIONS: [(&str, Section); 8] = [
    ("headers", Section::Parameters("header")),
    ("authorizations", Section::Parameters("header")),
    ("authorization", Section::Parameters("header")),
    ("query parameters", Section::Parameters("query")),
    ("path parameters", Section::Parameters("path")),
    ("cookies", Section::Parameters("cookie")),
    ("body", Section::Body),
    ("response", Section::Answer),
];

/// Blocks in the prose that begin as JSON and are none.
const MAXIMUM_OTHER_BLOCKS: usize = 100;

/// What stands around an example and is neither prose nor status.
const LABELS: [&str; 7] = ["response", "responses", "example", "copy", "json", "success", "application/json"];

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Parameters(&'static str),
    Body,
    Answer,
}

pub(super) fn read(text: &str, wanted: &Wanted) -> Result<Contract, Unreadable> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let (method, path, mut at) = head(&lines).ok_or_else(|| nothing(&lines, wanted))?;
    let title = lines[at..].iter().find(|line| !line.is_empty()).map(|line| (*line).to_owned());

    let curl = lines[at..].iter().position(|line| line.starts_with("curl ")).map(|offset| at + offset);
    let Some(curl) = curl else {
        return Err(Unreadable::new(
            at,
            "no `curl` example follows the path; the page is cut short, or was saved before it had loaded",
        ));
    };
    let command = Command::read(text, &lines, curl)?;
    at = command.end;
    let mut shown = vec![(false, command.body.clone())];
    let mut answers: Vec<(Option<String>, Node)> = Vec::new();
    while let Some(next) = (at..lines.len()).find(|index| !lines[*index].is_empty() && lines[*index] != "'") {
        // Tabs and buttons may stand between; of several statuses, the first is the one that is shown.
        let is_label = |line: &&str| line.is_empty() || LABELS.iter().any(|label| line.eq_ignore_ascii_case(label));
        let between = lines[next..].iter().take_while(|line| is_label(line) || !statuses::tabs(line).is_empty());
        let start = next + between.clone().count();
        let status = between.flat_map(|line| statuses::tabs(line)).next();
        if start == lines.len() {
            break;
        }
        if !lines[start].starts_with('{') {
            break;
        }
        let (node, end) = json_at(text, &lines, start)?;
        shown.push((true, node.clone()));
        answers.push((status, node));
        at = end;
    }

    let sections = sections(&lines, at);
    let body_section = sections.iter().find(|(section, _)| *section == Section::Body);
    let answer_section = sections.iter().find(|(section, _)| *section == Section::Answer);
    let Some((_, body_range)) = body_section else {
        return Err(no_fields(&lines, at));
    };
    let body_fields = fields::read(text, &lines, body_range.clone())?;
    if body_fields.iter().filter(|field| field.has_type).count() == 0 {
        return Err(no_fields(&lines, body_range.start));
    }
    let Some((_, answer_range)) = answer_section else {
        return Err(Unreadable::new(
            lines.len(),
            "ends before the section `Response`: the page is cut short; save all of it",
        ));
    };
    let answer_fields = fields::read(text, &lines, answer_range.clone())?;
    if answer_fields.is_empty() {
        return Err(Unreadable::new(
            answer_range.start,
            "the section `Response` lists no field: the page is cut short; save all of it",
        ));
    }
    let first_answer =
        answers.iter().find(|(status, _)| status.as_deref().is_none_or(|status| status.starts_with('2')));

    let mut body = members(&body_fields, Some(&command.body));
    let prose: Vec<usize> = (at..sections.first().map_or(lines.len(), |(_, range)| range.start)).collect();
    for block in json_blocks(text, &lines, &prose)? {
        let known = block.members().iter().any(|(name, ..)| body.iter().any(|member| member.name() == name));
        if known {
            examples::overlay(&mut body, &block, "", false);
            shown.push((false, block));
        }
    }
    identify(&method, &path, title.as_deref(), &body, wanted)?;

    let mut parameters = Vec::new();
    for (section, range) in &sections {
        if let Section::Parameters(location) = section {
            for field in fields::read(text, &lines, range.clone())? {
                parameters.push(Parameter {
                    location: (*location).to_owned(),
                    name: field.name,
                    line: field.line,
                    required: field.required,
                });
            }
        }
    }
    let content_types = content_type(&lines, body_range.clone())
        .or_else(|| command.content_type.clone())
        .map(|(name, line)| Fact::stated(BTreeSet::from([super::essence(&name)]), line));

    // The statuses of its tabs, one a line or all on one, stand before its fields.
    let tabs: Vec<(String, usize)> = (answer_range.start..answer_fields[0].line - 1)
        .flat_map(|index| statuses::tabs(lines[index]).into_iter().map(move |status| (status, index + 1)))
        .collect();
    let answer_status = tabs.iter().find(|(status, _)| status.starts_with('2')).cloned();
    let success = Answer {
        status: answer_status.as_ref().map(|(status, _)| status.clone()).or_else(|| first_answer?.0.clone()),
        line: answer_status.map_or(answer_range.start, |(_, line)| line),
        body: Some(AnswerBody::of(members(&answer_fields, first_answer.map(|(_, node)| node)))),
        is_inferred: false,
    };
    let mut others: Vec<Answer> = prose
        .iter()
        .filter_map(|index| Some((*index, statuses::row(lines[*index])?)))
        .map(|(index, status)| Answer { status: Some(status), line: index + 1, body: None, is_inferred: false })
        .collect();
    for (status, line) in tabs.into_iter().filter(|(status, _)| !status.starts_with('2')) {
        if !others.iter().any(|answer| answer.status.as_ref() == Some(&status)) {
            others.push(Answer { status: Some(status), line, body: None, is_inferred: false });
        }
    }
    for (status, node) in &answers {
        let Some(status) = status.clone().filter(|status| !status.starts_with('2')) else { continue };
        let mut shape = Vec::new();
        examples::overlay(&mut shape, node, "", true);
        others.retain(|answer| answer.status.as_ref() != Some(&status));
        let body = Some(AnswerBody::of(shape));
        others.push(Answer { status: Some(status), line: node.line, body, is_inferred: false });
    }

    let disagreements = command.disagreements(&method, &parameters, content_types.as_ref());
    let prose = statements(&lines, at, &body, (body_range, &body_fields));
    let examples = shown.into_iter().map(|(is_answer, node)| Example { is_answer, node });
    Ok(Contract {
        form: Form::Page,
        title,
        server: command.server(&path.value),
        examples: examples.collect(),
        disagreements,
        statements: prose.statements,
        unclear: prose.unclear,
        method,
        path,
        parameters,
        content_types,
        body,
        uncompared: Vec::new(),
        success: Some(success),
        others,
    })
}

/// Method and path, and the index of the line after them.
fn head(lines: &[&str]) -> Option<(Fact<String>, Fact<String>, usize)> {
    for (index, line) in lines.iter().enumerate() {
        let (method, rest) = line.split_once(' ').unwrap_or((line, ""));
        if !METHODS.contains(&method) {
            continue;
        }
        if rest.starts_with('/') && !rest.contains(' ') {
            return Some((Fact::stated(method.into(), index + 1), Fact::stated(rest.into(), index + 1), index + 1));
        }
        if !rest.is_empty() {
            continue;
        }
        let (mut path, mut next, mut first) = (String::new(), index + 1, None);
        while let Some(token) = lines.get(next) {
            let continues =
                token.starts_with('/') && !token.contains(' ') || path.ends_with('/') && !token.contains(' ');
            if !token.is_empty() && !continues {
                break;
            }
            if !token.is_empty() {
                first.get_or_insert(next + 1);
            }
            path += token;
            next += 1;
        }
        if path.len() > 1 {
            return Some((
                Fact::stated((*line).into(), index + 1),
                Fact::stated(path, first.unwrap_or(index + 1)),
                next,
            ));
        }
    }
    None
}

fn nothing(lines: &[&str], wanted: &Wanted) -> Unreadable {
    let hits = wanted.members.iter().filter(|name| lines.iter().any(|line| line.contains(name.as_str()))).count();
    if hits > 2 || lines.iter().any(|line| line.starts_with("curl ")) {
        Unreadable::new(
            1,
            "has no method with a path (`POST`, then `/calling/...`): a reader-mode copy, or a page cut short; select all of the page itself and save that, or fetch its markdown",
        )
    } else {
        Unreadable::new(
            1,
            "is no documentation of an operation: neither a page with a method and a path, nor markdown with an OpenAPI fence, nor an OpenAPI file",
        )
    }
}

fn no_fields(lines: &[&str], line: usize) -> Unreadable {
    let has_answer = lines.iter().any(|line| line.eq_ignore_ascii_case("response"));
    let has_prose = lines.iter().skip(line).filter(|line| !line.is_empty()).count() > 5;
    Unreadable::new(
        line + 1,
        if has_answer || has_prose && lines.iter().any(|line| line.eq_ignore_ascii_case("body")) {
            "lists no body fields with their types: a reader-mode copy, which drops them, or a page cut short; select all of the page itself and save that, or fetch its markdown"
        } else {
            "has no list of body fields: the page is cut short, or is a reader-mode copy; select all of the page itself and save that, or fetch its markdown"
        },
    )
}

/// Whether this is the operation asked for: its path or its title may have changed, not both at once.
fn identify(
    method: &Fact<String>,
    path: &Fact<String>,
    title: Option<&str>,
    body: &[Member],
    wanted: &Wanted,
) -> Result<(), Unreadable> {
    let is_path = path.value == wanted.path || path.value.ends_with(&wanted.path);
    let is_same = if wanted.is_explicit {
        path.value == wanted.path && method.value.eq_ignore_ascii_case(&wanted.method)
    } else {
        let pointers = body.iter().map(|member| member.pointer.as_str());
        is_path
            || title.is_some() && title == wanted.title.as_deref()
            || title.is_none_or(|title| title.starts_with("curl ")) && super::resembles(pointers, wanted)
    };
    if is_same {
        return Ok(());
    }
    Err(Unreadable::new(
        path.line,
        format!(
            "documents {} {}{}, not {} {}: another page. If the operation moved there, name it with --operation METHOD PATH",
            method.value,
            path.value,
            title.map(|title| format!(" (\"{title}\")")).unwrap_or_default(),
            wanted.method,
            wanted.path
        ),
    ))
}

/// The JSON object that begins on a line, cut by balanced brackets, and the index of the line after it.
pub(super) fn json_at(text: &str, lines: &[&str], index: usize) -> Result<(Node, usize), Unreadable> {
    let offset: usize = text.split_inclusive('\n').take(index).map(str::len).sum();
    let rest = &text[offset..];
    let start = rest.find(['{', '[']).unwrap_or_default();
    let Some(length) = balanced(&rest[start..]) else {
        return Err(Unreadable::new(
            index + 1,
            "a JSON example that begins here does not end: the page is cut short; save all of it",
        ));
    };
    let object = &rest[start..start + length];
    // What a shell needs for an apostrophe within apostrophes.
    let plain = object.replace(r"'\''", "'");
    let mut node = node::json(&plain).map_err(|error| {
        Unreadable::new(index + error.line, format!("an example that is no JSON ({})", error.cause))
    })?;
    node.shift(index);
    let end = index + object.matches('\n').count() + 1;
    Ok((node, end.min(lines.len())))
}

fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Examples within the prose; what is no JSON is prose too.
fn json_blocks(text: &str, lines: &[&str], prose: &[usize]) -> Result<Vec<Node>, Unreadable> {
    let (mut found, mut past, mut others) = (Vec::new(), 0, 0);
    for index in prose.iter().filter(|index| lines[**index].starts_with('{')) {
        if *index < past {
            continue;
        }
        match json_at(text, lines, *index) {
            Ok((node, end)) => {
                found.push(node);
                past = end;
            }
            Err(_) => others += 1,
        }
        // Each is looked at up to the end of the text.
        if others > MAXIMUM_OTHER_BLOCKS {
            return Err(Unreadable::new(
                index + 1,
                format!(
                    "more than {MAXIMUM_OTHER_BLOCKS} blocks that begin as JSON and are none; no page of this kind"
                ),
            ));
        }
    }
    Ok(found)
}

/// Sections of fields after the examples, each with the range of its lines.
fn sections(lines: &[&str], after: usize) -> Vec<(Section, Range<usize>)> {
    let end = (after..lines.len())
        .find(|index| FOOTERS.iter().any(|footer| lines[*index].to_lowercase().starts_with(footer)))
        .unwrap_or(lines.len());
    // A field may have the name of a section: its type stands right under it.
    let is_field = |index: usize| lines.get(index + 1).is_some_and(|line| fields::is_type(line));
    let section = |index: usize| {
        let named = SECTIONS.iter().find(|(name, _)| lines[index].eq_ignore_ascii_case(name));
        named.filter(|_| !is_field(index)).map(|(_, section)| *section)
    };
    // A heading stands alone; the list of contents, where headings follow each other, is none.
    let starts: Vec<(Section, usize)> = (after..end)
        .filter_map(|index| Some((section(index)?, index)))
        .filter(|(_, index)| {
            let next = (*index + 1..end).find(|next| !lines[*next].is_empty());
            *index + 1 == end
                || next.is_none_or(|next| {
                    section(next).is_none() && next > *index + 1
                        || lines[next].contains('/')
                        || !statuses::tabs(lines[next]).is_empty()
                })
        })
        .collect();
    let ends = starts.iter().skip(1).map(|(_, start)| *start).chain([end]);
    starts.iter().zip(ends).map(|((section, start), end)| (*section, *start + 1..end)).collect()
}

fn content_type(lines: &[&str], range: Range<usize>) -> Option<(String, usize)> {
    let first = range.clone().find(|index| !lines[*index].is_empty())?;
    let line = lines[first].split(';').next().unwrap_or_default().trim();
    (line.contains('/') && !line.contains(' ')).then(|| (line.to_owned(), first + 1))
}

/// Fields and what an example shows below them.
fn members(fields: &[Field], example: Option<&Node>) -> Vec<Member> {
    let mut members: Vec<Member> = fields.iter().map(Field::member).collect();
    let own: Vec<(String, Node)> =
        fields.iter().filter_map(|field| Some((field.pointer(), field.example.clone()?))).collect();
    examples::spread(&mut members, &own);
    if let Some(example) = example {
        examples::overlay(&mut members, example, "", true);
    }
    members
}

/// The rules stated anywhere after the examples.
fn statements(lines: &[&str], after: usize, body: &[Member], blocks: (&Range<usize>, &[Field])) -> Prose {
    let names = Names::of(body);
    let mut reader = Reader::new(&names);
    let mut fields = blocks.1.iter().peekable();
    let mut subject = None;
    for (index, line) in lines.iter().enumerate().skip(after) {
        if let Some(field) = fields.next_if(|field| field.line == index + 1) {
            subject = Some(field.name.as_str()).filter(|name| !name.contains(['.', '[']));
        }
        reader.read(subject.filter(|_| blocks.0.contains(&index)), line, index + 1);
    }
    reader.finish()
}
