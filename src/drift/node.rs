//! YAML or JSON as a tree whose every node knows its line, members in the order written. The readers of OpenAPI and of
//! the page's examples use it. JSON goes to jsonc-parser, YAML to saphyr-parser; aliases are expanded, up to a bound.

use std::collections::HashMap;

use jsonc_parser::ast;
use saphyr::{Scalar, Tag};
use saphyr_parser::{Event, Parser, Span};
use serde_json::{Map, Value};

/// Nodes of one document at most, aliases expanded: a megabyte of aliases could name more than a memory holds.
const MAXIMUM_NODES: usize = 2_000_000;

/// Deepest nesting that is read.
const MAXIMUM_DEPTH: usize = 200;

/// A value and its line, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Scalar(Value),
    Array(Vec<Node>),
    /// Name, the line of the name, value.
    Object(Vec<(String, usize, Node)>),
}

impl Node {
    pub(crate) fn members(&self) -> &[(String, usize, Node)] {
        match &self.data {
            Data::Object(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.data {
            Data::Array(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.data, Data::Object(_))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, ..)| member == name).map(|(.., value)| value)
    }

    /// By member names, from here down.
    pub(crate) fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name).map(|node| &node.data), Some(Data::Scalar(Value::Bool(true))))
    }

    pub(crate) fn value(&self) -> Value {
        match &self.data {
            Data::Scalar(value) => value.clone(),
            Data::Array(items) => items.iter().map(Self::value).collect(),
            Data::Object(members) => Value::Object(
                members.iter().map(|(name, _, value)| (name.clone(), value.value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The same tree, `lines` further down.
    pub(crate) fn shift(&mut self, lines: usize) {
        self.line += lines;
        match &mut self.data {
            Data::Scalar(_) => {}
            Data::Array(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Data::Object(members) => members.iter_mut().for_each(|(_, line, value)| {
                *line += lines;
                value.shift(lines);
            }),
        }
    }
}

/// Why a text is neither: line and cause.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) cause: String,
}

/// Reads JSON if the text begins as JSON does, YAML otherwise.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    if text.trim_start().starts_with(['{', '[']) { json(text) } else { yaml(text) }
}

pub(crate) fn json(text: &str) -> Result<Node, Malformed> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).max(1);
    let malformed = |offset: usize, cause: String| Malformed { line: line_of(offset), cause };
    // Bounded nesting and strictness are serde_json's; jsonc-parser says where things are.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| {
        let cause = error.to_string();
        Malformed {
            line: error.line().max(1),
            cause: format!("invalid JSON: {}", cause.split(" at line ").next().unwrap_or_default()),
        }
    })?;
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default())
        .map_err(|error| malformed(error.range().start, format!("invalid JSON: {}", error.kind())))?;
    match &parsed.value {
        Some(value) => Ok(from_json(value, &line_of)),
        None => Err(malformed(0, "empty".into())),
    }
}

fn from_json(value: &ast::Value<'_>, line_of: &impl Fn(usize) -> usize) -> Node {
    use jsonc_parser::common::Ranged;
    let data = match value {
        ast::Value::Object(object) => Data::Object(
            object
                .properties
                .iter()
                .map(|property| {
                    let line = line_of(property.name.range().start);
                    (property.name.as_str().to_owned(), line, from_json(&property.value, line_of))
                })
                .collect(),
        ),
        ast::Value::Array(array) => Data::Array(array.elements.iter().map(|item| from_json(item, line_of)).collect()),
        ast::Value::StringLit(text) => Data::Scalar(Value::from(text.value.as_ref())),
        ast::Value::NumberLit(number) => Data::Scalar(serde_json::from_str(number.value).unwrap_or_default()),
        ast::Value::BooleanLit(flag) => Data::Scalar(Value::from(flag.value)),
        ast::Value::NullKeyword(_) => Data::Scalar(Value::Null),
    };
    Node { line: line_of(value.range().start), data }
}

pub(crate) fn yaml(text: &str) -> Result<Node, Malformed> {
    let mut loader = Loader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Malformed {
            line: error.marker().line(),
            cause: format!("invalid YAML: {}", error.info()),
        })?;
        loader.accept(event, span)?;
    }
    match loader.documents.len() {
        1 => Ok(loader.documents.remove(0)),
        0 => Err(Malformed { line: 1, cause: "empty".into() }),
        number => Err(Malformed {
            line: loader.documents[1].line,
            cause: format!("holds {number} YAML documents, one is expected"),
        }),
    }
}

/// A mapping or sequence whose end has not come.
struct Open {
    node: Node,
    anchor: usize,
    /// Name of the member whose value comes next, and its line.
    name: Option<(String, usize)>,
    /// Where each name stands among the members.
    places: HashMap<String, usize>,
}

#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    documents: Vec<Node>,
    nodes: usize,
}

impl Loader {
    fn accept(&mut self, event: Event<'_>, span: Span) -> Result<(), Malformed> {
        let line = span.start.line();
        let begin = |data, anchor| Open { node: Node { line, data }, anchor, name: None, places: HashMap::new() };
        match event {
            Event::Alias(anchor) => {
                let unknown = || Malformed { line, cause: "an alias of something that is not complete".into() };
                let (node, size) = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.count(size, line)?;
                return self.add(node, 0);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, line)?;
                let tag: Option<std::borrow::Cow<'_, Tag>> = tag;
                let data = match Scalar::parse_from_cow_and_metadata(text.clone(), style, tag.as_ref()) {
                    Some(Scalar::Null) => Value::Null,
                    Some(Scalar::Boolean(flag)) => flag.into(),
                    Some(Scalar::Integer(number)) => number.into(),
                    Some(Scalar::FloatingPoint(number)) => number.into_inner().into(),
                    Some(Scalar::String(text)) => text.as_ref().into(),
                    None => text.as_ref().into(),
                };
                return self.add(Node { line, data: Data::Scalar(data) }, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open.push(begin(Data::Array(Vec::new()), anchor)),
            Event::MappingStart(anchor, _) => self.open.push(begin(Data::Object(Vec::new()), anchor)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { node, anchor, .. }) = self.open.pop() {
                    return self.add(node, anchor);
                }
            }
            _ => return Ok(()),
        }
        if self.open.len() > MAXIMUM_DEPTH {
            return Err(Malformed { line, cause: format!("nested more than {MAXIMUM_DEPTH} deep") });
        }
        self.count(1, line)
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Malformed> {
        self.nodes += nodes;
        if self.nodes > MAXIMUM_NODES {
            return Err(Malformed { line, cause: format!("more than {MAXIMUM_NODES} values, aliases expanded") });
        }
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Malformed> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size(&node)));
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match &mut parent.node.data {
            Data::Array(items) => items.push(node),
            Data::Object(members) => match parent.name.take() {
                // A merge key stands for the members it names; those written out win.
                Some((name, _)) if name == "<<" => {
                    for (name, line, value) in node.members() {
                        if !parent.places.contains_key(name) {
                            parent.places.insert(name.clone(), members.len());
                            members.push((name.clone(), *line, value.clone()));
                        }
                    }
                }
                Some((name, line)) => match parent.places.get(&name) {
                    Some(place) => members[*place] = (name, line, node),
                    None => {
                        parent.places.insert(name.clone(), members.len());
                        members.push((name, line, node));
                    }
                },
                None => {
                    let Data::Scalar(value) = &node.data else {
                        return Err(Malformed { line: node.line, cause: "a key that is no text".into() });
                    };
                    let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    parent.name = Some((name, node.line));
                }
            },
            Data::Scalar(_) => {}
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    match &node.data {
        Data::Scalar(_) => 1,
        Data::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Data::Object(members) => 1 + members.iter().map(|(.., value)| size(value)).sum::<usize>(),
    }
}
