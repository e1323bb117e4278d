//! The blocks of a page's field lists: name, type, `required`, `default:`, a description, `Example:` and its value.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::page::json_at;
use super::{Unreadable, examples};
use crate::drift::contract::{Fact, Knowledge, Member};
use crate::drift::node::{Data, Node};

const KINDS: [&str; 9] = ["string", "integer", "number", "boolean", "object", "array", "null", "any", "file"];

/// Where an OpenAPI parameter is; the page shows it between type and `required`.
const LOCATIONS: [&str; 4] = ["header", "query", "path", "cookie"];

/// Of no consequence for what is sent.
const MARKS: [&str; 3] = ["deprecated", "read-only", "write-only"];

/// What introduces values under a field.
const LABELS: [&str; 3] = ["Example:", "Examples:", "Available options:"];

/// Lines that are looked at under a name.
const LONGEST_HEAD: usize = 8;

/// One block.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) has_type: bool,
    types: BTreeSet<String>,
    nullable: bool,
    format: Option<String>,
    types_line: usize,
    /// A type line that says none of the types that are known.
    unreadable: Option<String>,
    pub(super) required: bool,
    default: Option<(Value, usize)>,
    values: Vec<String>,
    description: String,
    pub(super) example: Option<Node>,
}

impl Field {
    fn new(name: &str, line: usize) -> Self {
        Self {
            name: name.to_owned(),
            line,
            has_type: false,
            types: BTreeSet::new(),
            nullable: false,
            format: None,
            types_line: line,
            unreadable: None,
            required: false,
            default: None,
            values: Vec::new(),
            description: String::new(),
            example: None,
        }
    }

    fn take_type(&mut self, text: &str, line: usize) {
        self.types_line = line;
        match type_line(text) {
            Some((types, nullable, format)) => {
                (self.types, self.nullable, self.format) = (types, nullable, format);
                self.has_type = true;
            }
            None => self.unreadable = Some(text.to_owned()),
        }
    }

    /// An expanded child shows as `parent.child`.
    pub(super) fn pointer(&self) -> String {
        let name = self.name.replace("[]", ".*");
        name.split('.').map(|part| format!("/{}", crate::violation::escape(part))).collect()
    }

    pub(super) fn member(&self) -> Member {
        let mut member = Member::new(self.pointer(), self.line, Knowledge::Stated);
        let example_line = self.example.as_ref().map_or(self.line, |example| example.line);
        if let Some(text) = &self.unreadable {
            member.unreadable_type = Some(Fact::stated(text.clone(), self.types_line));
        } else if self.has_type {
            member.types = Some(Fact::stated(self.types.clone(), self.types_line));
            member.nullable = Some(Fact::stated(self.nullable, self.types_line));
            member.format = Some(Fact::stated(self.format.clone(), self.types_line));
            member.values = Some(Fact::stated(self.values.iter().cloned().collect(), self.types_line));
        } else {
            // A choice of types has no type line; the description may name the array.
            let words = self.description.to_lowercase();
            let says_array =
                ["or array of", "or an array of", "or a list of"].iter().any(|phrase| words.contains(phrase));
            if says_array {
                let kind = self.example.as_ref().and_then(examples::type_of).unwrap_or_else(|| "string".into());
                let kind = kind.trim_end_matches("[]").to_owned();
                let types = BTreeSet::from([kind.clone(), format!("{kind}[]")]);
                member.types = Some(Fact { value: types, line: self.line, knowledge: Knowledge::Wording });
            }
            member.is_untyped = true;
        }
        member.required = Some(Fact::stated(self.required, self.line));
        member.default = Some(Fact::stated(
            self.default.as_ref().map(|(value, _)| value.clone()),
            self.default.as_ref().map_or(self.line, |(_, line)| *line),
        ));
        let is_object = self.types.contains("object");
        member.example = match &self.example {
            Some(example) => Some(Fact::stated(Some(example.value()), example_line)),
            // An object is often shown by the examples of its members only.
            None if is_object => None,
            None => Some(Fact::stated(None, self.line)),
        };
        member.description = self.description.clone();
        member
    }
}

/// The blocks within a range of lines.
pub(super) fn read(text: &str, lines: &[&str], range: Range<usize>) -> Result<Vec<Field>, Unreadable> {
    let mut fields: Vec<Field> = Vec::new();
    let mut at = range.start;
    let mut may_begin = true;
    // Nothing stands before a line that it could belong to: a blank line, the end of a head, of an example, of options.
    let mut stands_apart = true;
    while at < range.end {
        let line = lines[at];
        if line.is_empty() {
            at += 1;
            stands_apart = true;
            continue;
        }
        let under = lines[at + 1..range.end].iter().copied().take_while(|line| !line.is_empty());
        let under: Vec<&str> = under.take(LONGEST_HEAD).collect();
        let next = under.first().copied().unwrap_or_default();
        if begins_field(line, next, may_begin) || stands_apart && begins_unreadable(line, &under) {
            fields.push(Field::new(line, at + 1));
            at = head(lines, at + 1, &range, fields.last_mut());
            (may_begin, stands_apart) = (false, true);
            continue;
        }
        if let Some((name, types)) = line.split_once(' ').filter(|(name, types)| {
            stands_apart && is_name(name) && type_line(types).is_some() && under.iter().all(|line| is_attribute(line))
        }) {
            let mut field = Field::new(name, at + 1);
            field.take_type(types, at + 1);
            fields.push(field);
            at = head(lines, at + 1, &range, fields.last_mut());
            (may_begin, stands_apart) = (false, true);
            continue;
        }
        stands_apart = matches!(line, "Example:" | "Examples:" | "Available options:");
        let Some(field) = fields.last_mut() else {
            at += 1;
            continue;
        };
        may_begin = true;
        match line {
            "Example:" | "Examples:" => {
                let value = (at + 1..range.end).find(|index| !lines[*index].is_empty());
                let Some(value) = value else {
                    return Err(Unreadable::new(
                        at + 1,
                        format!("the example of `{}` is missing: the page is cut short; save all of it", field.name),
                    ));
                };
                let (example, end) = example(text, lines, value, &field.name)?;
                field.example = Some(example);
                at = end;
            }
            _ if line.starts_with("Available options:") => {
                let first = line.trim_start_matches("Available options:").split(',').map(unquoted);
                field.values.extend(first.filter(|value| !value.is_empty()));
                // A blank line before the first value, or after a comma, ends nothing.
                let mut goes_on = field.values.is_empty() || line.ends_with(',');
                at += 1;
                while at < range.end && (goes_on || !lines[at].is_empty()) {
                    goes_on = lines[at].is_empty() || lines[at].ends_with(',');
                    let values = lines[at].split(',').map(unquoted);
                    field.values.extend(values.filter(|value| !value.is_empty()));
                    at += 1;
                }
            }
            _ => {
                if !field.description.is_empty() {
                    field.description.push(' ');
                }
                field.description += line;
                at += 1;
            }
        }
    }
    Ok(fields)
}

/// A name with its type under it; or, after a whole block, a name with nothing under it.
fn begins_field(line: &str, next: &str, may_begin: bool) -> bool {
    let is_member =
        line.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.[]".contains(&byte));
    is_name(line)
        && (type_line(next).is_some()
            || next == "required"
            || next.starts_with("default:")
            || next.is_empty() && is_member && (may_begin || line.contains('_')))
}

/// Whether a line can only be the type of the name above it.
pub(super) fn is_type(line: &str) -> bool {
    type_line(line).is_some()
}

fn is_name(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
        && !line.ends_with(['.', '-'])
}

/// A name, alone, with a line under it that can only be its type, though it is not known. A name with an underscore is
/// always one; any other has nothing but attributes under its type.
fn begins_unreadable(line: &str, under: &[&str]) -> bool {
    let is_title = line.bytes().all(|byte| byte.is_ascii_alphabetic())
        && line.starts_with(|first: char| first.is_ascii_uppercase());
    let Some((first, rest)) = under.split_first() else { return false };
    let is_prose = first.ends_with(':') || LABELS.contains(first) || is_title && first.contains(' ');
    is_name(line) && !is_prose && (line.contains('_') || rest.iter().all(|line| is_attribute(line)))
}

/// What stands under a type.
fn is_attribute(line: &str) -> bool {
    line == "required"
        || line.starts_with("default:")
        || LOCATIONS.contains(&line)
        || MARKS.contains(&line)
        || LABELS.contains(&line)
}

/// Type, `required` and default under a name; the index after them.
fn head(lines: &[&str], start: usize, range: &Range<usize>, field: Option<&mut Field>) -> usize {
    let Some(field) = field else { return start };
    let mut at = start;
    while at < range.end && !lines[at].is_empty() && !LABELS.contains(&lines[at]) {
        let line = lines[at];
        if line == "required" {
            field.required = true;
        } else if let Some(default) = line.strip_prefix("default:") {
            field.default = Some((scalar(default.trim()), at + 1));
        } else if LOCATIONS.contains(&line) || MARKS.contains(&line) {
            // Said elsewhere, or of no consequence.
        } else if type_line(line).is_some() || at == start {
            field.take_type(line, at + 1);
        } else {
            break;
        }
        at += 1;
    }
    at
}

/// `string | null`, `string[] | null`, `string<date-time>`, `enum<string>`, `Name · object`.
fn type_line(line: &str) -> Option<(BTreeSet<String>, bool, Option<String>)> {
    let (mut types, mut nullable, mut format) = (BTreeSet::new(), false, None);
    let mut parts = line.split('·').map(str::trim).filter(|part| !MARKS.contains(part));
    let line = parts.next_back()?;
    for part in line.split('|').flat_map(|part| part.split(" or ")).map(str::trim) {
        let (part, is_array) = part.strip_suffix("[]").map_or((part, false), |part| (part, true));
        let (kind, inner) = match part.split_once('<') {
            Some((kind, inner)) => (kind, inner.strip_suffix('>')),
            None => (part, None),
        };
        let kind = match (kind, inner) {
            ("enum", Some(inner)) => inner,
            (kind, Some(inner)) => {
                format = Some(inner.to_owned());
                kind
            }
            (kind, None) => kind,
        };
        if !KINDS.contains(&kind) {
            return None;
        }
        match kind {
            "null" => nullable = true,
            "any" => {}
            "array" => drop(types.insert("[]".to_owned())),
            _ if is_array => drop(types.insert(format!("{kind}[]"))),
            _ => drop(types.insert(kind.to_owned())),
        }
    }
    Some((types, nullable, format))
}

fn unquoted(value: &str) -> String {
    value.trim().trim_matches(['"', '`', '\'']).to_owned()
}

fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.trim_matches(['"', '`'])))
}

/// The value under `Example:`, and the index of the line after it.
fn example(text: &str, lines: &[&str], index: usize, name: &str) -> Result<(Node, usize), Unreadable> {
    let line = lines[index];
    if line.starts_with(['{', '[']) {
        return json_at(text, lines, index);
    }
    if line.starts_with('"') {
        let value: Value = serde_json::from_str(line).map_err(|_| {
            Unreadable::new(
                index + 1,
                format!("the example of `{name}` does not end: the page is cut short; save all of it"),
            )
        })?;
        return Ok((Node { line: index + 1, data: Data::Scalar(value) }, index + 1));
    }
    Ok((Node { line: index + 1, data: Data::Scalar(scalar(line)) }, index + 1))
}
