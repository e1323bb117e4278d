//! A schema of OpenAPI 3.0 or 3.1 as members: `$ref`, `allOf`, choices, `nullable` and type arrays resolved.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Unreadable;
use super::constraints::{self, Constraints};
use crate::drift::contract::{Fact, Knowledge, Member, Uncompared};
use crate::drift::dependency::Statement;
use crate::drift::node::{Data, Node};
use crate::violation::escape;

/// Deepest chain of schemas that is followed; one that refers to itself has no end.
const MAXIMUM_DEPTH: usize = 24;

/// Members of one body at most.
const MAXIMUM_MEMBERS: usize = 20_000;

/// A schema, resolved.
#[derive(Clone, Debug, Default)]
struct Shape {
    line: usize,
    types: BTreeSet<String>,
    nullable: bool,
    values: BTreeSet<String>,
    default: Option<(Value, usize)>,
    format: Option<String>,
    example: Option<Node>,
    description: String,
    /// Name, line, schema, and the component that lists it.
    properties: Vec<(String, usize, Shape)>,
    required: BTreeSet<String>,
    items: Option<Box<Shape>>,
    is_inferred: bool,
    /// It carries `x-inferred` itself, and not only what it refers to.
    is_own_inferred: bool,
    known_values: BTreeSet<String>,
    component: Option<String>,
    constraints: Constraints,
}

/// Where members are collected.
pub(super) struct Schemas<'document> {
    root: &'document Node,
}

/// The members of a schema, and the values inside their examples.
pub(super) struct Resolved {
    pub(super) members: Vec<Member>,
    /// Examples of whole objects, outermost last, so that the nearest wins.
    pub(super) examples: Vec<(String, Node)>,
    pub(super) description: (String, usize),
    /// Of the whole body.
    pub(super) types: Fact<BTreeSet<String>>,
    /// Which members of the body go together, by its keywords.
    pub(super) statements: Vec<Statement>,
    pub(super) uncompared: Vec<Uncompared>,
}

impl Resolved {
    /// Of no schema at all.
    pub(super) fn nothing(line: usize) -> Self {
        Self {
            members: Vec::new(),
            examples: Vec::new(),
            description: (String::new(), line),
            types: Fact::stated(BTreeSet::new(), line),
            statements: Vec::new(),
            uncompared: Vec::new(),
        }
    }
}

impl<'document> Schemas<'document> {
    pub(super) fn new(root: &'document Node) -> Self {
        Self { root }
    }

    /// Follows `$ref` in places that are no schemas.
    pub(super) fn resolve(&self, node: &'document Node) -> Result<&'document Node, Unreadable> {
        let mut node = node;
        for _ in 0..MAXIMUM_DEPTH {
            match node.get("$ref").and_then(Node::text) {
                Some(reference) => node = self.target(reference, node.line)?,
                None => return Ok(node),
            }
        }
        Err(Unreadable::new(node.line, "a `$ref` that refers to itself"))
    }

    fn target(&self, reference: &str, line: usize) -> Result<&'document Node, Unreadable> {
        let missing =
            || Unreadable::new(line, format!("`{reference}` names nothing in this file; is it whole, and one file?"));
        let path = reference.strip_prefix("#/").ok_or_else(missing)?;
        path.split('/').try_fold(self.root, |node, part| {
            let name = part.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}");
            node.get(&name).ok_or_else(missing)
        })
    }

    /// The members of a body's schema.
    pub(super) fn members(&self, schema: &'document Node) -> Result<Resolved, Unreadable> {
        let shape = self.shape(schema, 0)?;
        let mut types = shape.types.clone();
        types.extend(shape.nullable.then(|| "null".to_owned()));
        let mut resolved = Resolved {
            members: Vec::new(),
            examples: Vec::new(),
            description: (shape.description.clone(), shape.line),
            types: Fact::stated(types, shape.line),
            statements: shape.constraints.statements.clone(),
            uncompared: Vec::new(),
        };
        flatten(&shape, "", &mut resolved)?;
        if let Some(example) = &shape.example {
            resolved.examples.push((String::new(), example.clone()));
        }
        Ok(resolved)
    }

    fn shape(&self, schema: &'document Node, depth: usize) -> Result<Shape, Unreadable> {
        // What refers to itself is cut there: nothing is compared below.
        if depth > MAXIMUM_DEPTH {
            return Ok(Shape { line: schema.line, ..Shape::default() });
        }
        let mut shape = Shape { line: schema.line, ..Shape::default() };
        if let Some(reference) = schema.get("$ref").and_then(Node::text) {
            shape = self.shape(self.target(reference, schema.line)?, depth + 1)?;
            shape.line = schema.line;
            shape.component = reference.strip_prefix("#/components/schemas/").map(str::to_owned);
        }
        for part in schema.get("allOf").map(Node::items).unwrap_or_default() {
            merge(&mut shape, self.shape(part, depth + 1)?);
        }
        for keyword in ["oneOf", "anyOf"] {
            let branches = schema.get(keyword).map(Node::items).unwrap_or_default();
            let branches =
                branches.iter().map(|branch| self.shape(branch, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            if !branches.is_empty() {
                merge(&mut shape, choice(branches));
            }
        }
        self.own(schema, &mut shape, depth)?;
        Ok(shape)
    }

    /// The keywords beside `$ref` and `allOf`; they win.
    fn own(&self, schema: &'document Node, shape: &mut Shape, depth: usize) -> Result<(), Unreadable> {
        let stated = match schema.get("type") {
            Some(Node { data: Data::Array(kinds), .. }) => kinds.iter().filter_map(Node::text).collect(),
            Some(node) => node.text().into_iter().collect(),
            None => Vec::new(),
        };
        shape.nullable |= schema.flag("nullable") || stated.contains(&"null");
        let mut types: BTreeSet<String> =
            stated.iter().filter(|kind| **kind != "null").map(|kind| (*kind).to_owned()).collect();
        if let Some(items) = schema.get("items") {
            shape.items = Some(Box::new(self.shape(items, depth + 1)?));
        }
        if types.remove("array") || (types.is_empty() && schema.get("items").is_some()) {
            types.insert(array_of(shape.items.as_deref()));
        }
        if !types.is_empty() {
            shape.types = types;
        } else if shape.types.is_empty() && schema.get("properties").is_some() {
            shape.types.insert("object".into());
        }
        for keyword in ["enum", "const"] {
            if let Some(node) = schema.get(keyword) {
                let all: Vec<Value> =
                    if keyword == "enum" { node.items().iter().map(Node::value).collect() } else { vec![node.value()] };
                shape.nullable |= all.contains(&Value::Null);
                shape.values = all.iter().filter(|value| !value.is_null()).map(plain).collect();
            }
        }
        if let Some(node) = schema.get("default") {
            shape.default = Some((node.value(), node.line)).filter(|(value, _)| !value.is_null());
        }
        if let Some(format) = schema.get("format").and_then(Node::text) {
            shape.format = Some(format.to_owned());
        }
        if let Some(example) = schema.get("example").or_else(|| schema.get("examples")?.items().first()) {
            shape.example = Some(example.clone());
        }
        if let Some(description) = schema.get("description").and_then(Node::text) {
            shape.description = description.to_owned();
        }
        for (name, line, property) in schema.get("properties").map(Node::members).unwrap_or_default() {
            let property = self.shape(property, depth + 1)?;
            shape.properties.retain(|(known, ..)| known != name);
            shape.properties.push((name.clone(), *line, property));
        }
        shape.constraints.extend(constraints::read(schema, |branch| self.resolve(branch).unwrap_or(branch)));
        let required = schema.get("required").map(Node::items).unwrap_or_default();
        shape.required.extend(required.iter().filter_map(Node::text).map(str::to_owned));
        shape.is_own_inferred = schema.get("x-inferred").is_some();
        shape.is_inferred |= shape.is_own_inferred;
        let known = schema.get("x-known-values").map(Node::items).unwrap_or_default();
        shape.known_values.extend(known.iter().map(|value| plain(&value.value())));
        Ok(())
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn array_of(items: Option<&Shape>) -> String {
    let kinds = items.map(|items| items.types.iter().cloned().collect::<Vec<_>>().join("|"));
    format!("{}[]", kinds.unwrap_or_default())
}

/// What is in both; where one says nothing, what the other says. Where they share nothing, no value is right: both are kept,
/// so that the difference shows.
fn narrow(known: &mut BTreeSet<String>, other: BTreeSet<String>) {
    if known.is_empty() {
        *known = other;
    } else if known.is_disjoint(&other) {
        known.extend(other);
    } else if !other.is_empty() {
        known.retain(|one| other.contains(one));
    }
}

/// `allOf`: all that both say.
fn merge(shape: &mut Shape, part: Shape) {
    let single = shape.types.is_empty() && shape.properties.is_empty() && shape.component.is_none();
    narrow(&mut shape.types, part.types);
    shape.nullable |= part.nullable;
    narrow(&mut shape.values, part.values);
    shape.default = shape.default.take().or(part.default);
    shape.format = shape.format.take().or(part.format);
    shape.example = shape.example.take().or(part.example);
    if shape.description.is_empty() {
        shape.description = part.description;
    }
    for (name, line, property) in part.properties {
        match shape.properties.iter_mut().find(|(known, ..)| *known == name) {
            Some((.., known)) => merge(known, property),
            None => shape.properties.push((name, line, property)),
        }
    }
    shape.required.extend(part.required);
    shape.items = shape.items.take().or(part.items);
    shape.is_inferred |= part.is_inferred;
    shape.known_values.extend(part.known_values);
    shape.constraints.extend(part.constraints);
    // Of several, none is the type of the member.
    shape.component = if single { part.component } else { None };
}

/// `oneOf` and `anyOf`: any of what they say; what all branches share is what holds.
fn choice(branches: Vec<Shape>) -> Shape {
    let is_null = |branch: &Shape| branch.nullable && branch.types.is_empty() && branch.properties.is_empty();
    let nullable = branches.iter().any(|branch| branch.nullable);
    let mut others: Vec<Shape> = branches.into_iter().filter(|branch| !is_null(branch)).collect();
    if others.len() == 1 {
        let mut only = others.remove(0);
        only.nullable = nullable;
        return only;
    }
    let mut shape = Shape { nullable, ..Shape::default() };
    let all_have_values = others.iter().all(|branch| !branch.values.is_empty());
    let any_type = others.iter().any(|branch| branch.types.is_empty());
    let format = others.first().and_then(|first| first.format.clone());
    shape.format = format.filter(|format| others.iter().all(|branch| branch.format.as_ref() == Some(format)));
    let required: Vec<BTreeSet<String>> = others.iter().map(|branch| branch.required.clone()).collect();
    for branch in others {
        shape.types.extend(branch.types);
        if all_have_values {
            shape.values.extend(branch.values);
        }
        for (name, line, property) in branch.properties {
            match shape.properties.iter_mut().find(|(known, ..)| *known == name) {
                Some((.., known)) => *known = choice(vec![std::mem::take(known), property]),
                None => shape.properties.push((name, line, property)),
            }
        }
        shape.items = match (shape.items.take(), branch.items) {
            (Some(one), Some(other)) => Some(Box::new(choice(vec![*one, *other]))),
            (one, other) => one.or(other),
        };
        shape.default = shape.default.take().or(branch.default);
        shape.example = shape.example.take().or(branch.example);
        if !branch.description.is_empty() && !shape.description.contains(&branch.description) {
            shape.description += &format!("\n\n{}", branch.description);
        }
        shape.line = shape.line.max(branch.line);
        shape.is_inferred |= branch.is_inferred;
        shape.known_values.extend(branch.known_values);
        shape.constraints.uncompared.extend(branch.constraints.uncompared);
    }
    if any_type {
        shape.types.clear();
    }
    shape.required =
        required.into_iter().reduce(|left, right| left.intersection(&right).cloned().collect()).unwrap_or_default();
    shape
}

fn flatten(shape: &Shape, pointer: &str, resolved: &mut Resolved) -> Result<(), Unreadable> {
    let uncompared = shape.constraints.uncompared.iter().cloned();
    // Statements are about the members of the body itself.
    let below = shape.constraints.statements.iter().filter(|_| !pointer.is_empty());
    let below = below.map(|statement| (statement.dependency.to_string(), statement.line));
    let at = |(keyword, line)| Uncompared { pointer: pointer.to_owned(), keyword, line };
    resolved.uncompared.extend(uncompared.chain(below).map(at));
    for name in &shape.required {
        // Required, and not said what it is.
        if !shape.properties.iter().any(|(known, ..)| known == name) {
            let mut member = Member::new(format!("{pointer}/{}", escape(name)), shape.line, Knowledge::Stated);
            member.types = Some(Fact::stated(BTreeSet::new(), shape.line));
            member.required = Some(Fact::stated(true, shape.line));
            member.origin.owner = shape.component.clone();
            resolved.members.push(member);
        }
    }
    for (name, line, property) in &shape.properties {
        if resolved.members.len() > MAXIMUM_MEMBERS {
            return Err(Unreadable::new(*line, format!("more than {MAXIMUM_MEMBERS} members in one body")));
        }
        let pointer = format!("{pointer}/{}", escape(name));
        let mut member = Member::new(pointer.clone(), *line, Knowledge::Stated);
        member.types = Some(Fact::stated(property.types.clone(), property.line.max(*line)));
        member.nullable = Some(Fact::stated(property.nullable, *line));
        member.required = Some(Fact::stated(shape.required.contains(name), *line));
        member.values = Some(Fact::stated(property.values.clone(), *line));
        let default_line = property.default.as_ref().map_or(*line, |(_, line)| *line);
        member.default = Some(Fact::stated(property.default.as_ref().map(|(value, _)| value.clone()), default_line));
        member.format = Some(Fact::stated(property.format.clone(), *line));
        member.example = property.example.as_ref().map(|example| Fact::stated(Some(example.value()), example.line));
        member.description = property.description.clone();
        member.origin.is_inferred = property.is_inferred;
        member.origin.is_own_inferred = property.is_own_inferred;
        member.origin.is_list_inferred = shape.is_inferred;
        member.origin.known_values = property.known_values.clone();
        member.origin.owner = shape.component.clone();
        member.origin.component = property.component.clone();
        resolved.members.push(member);
        flatten(property, &pointer, resolved)?;
        if let Some(items) = &property.items {
            flatten(items, &format!("{pointer}/*"), resolved)?;
        }
        if let Some(example) = &property.example {
            resolved.examples.push((pointer, example.clone()));
        }
    }
    Ok(())
}
