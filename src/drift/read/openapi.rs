//! OpenAPI, 3.0 and 3.1, JSON and YAML: finds the operation and reads what is said of it. The vendor's file, the fence of
//! the markdown export and our own `openapi.yaml` go through here alike.

use std::collections::BTreeSet;

use super::schema::{Resolved, Schemas};
use super::{Unreadable, Wanted, examples};
use crate::drift::contract::{
    Answer, AnswerBody, Contract, Example, Fact, Form, Member, Parameter, Uncompared, has_children,
};
use crate::drift::dependency::{Statement, from_idl4oas};
use crate::drift::node::Node;
use crate::drift::sentence::{Names, Prose, Reader};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

struct Operation<'document> {
    path: &'document str,
    path_line: usize,
    method: &'document str,
    method_line: usize,
    item: &'document Node,
    node: &'document Node,
}

fn operations(root: &Node) -> Vec<Operation<'_>> {
    let paths = root.get("paths").map(Node::members).unwrap_or_default();
    paths
        .iter()
        .flat_map(|(path, path_line, item)| {
            let methods = item.members().iter().filter(|(name, ..)| METHODS.contains(&name.as_str()));
            methods.map(move |(method, method_line, node)| Operation {
                path,
                path_line: *path_line,
                method,
                method_line: *method_line,
                item,
                node,
            })
        })
        .collect()
}

/// What a specification describes: the operation named, or its only one.
pub(super) fn only_operation(root: &Node, named: Option<(&str, &str)>) -> Result<Wanted, Unreadable> {
    version(root)?;
    let all = operations(root);
    let wanted = |operation: &Operation<'_>| Wanted {
        method: operation.method.to_uppercase(),
        path: operation.path.to_owned(),
        title: operation.node.get("summary").and_then(Node::text).map(str::to_owned),
        members: Vec::new(),
        content_types: Vec::new(),
        is_explicit: true,
    };
    match (named, all.as_slice()) {
        (_, []) => Err(Unreadable::new(1, "describes no operation: `paths` is missing or empty")),
        (_, [only]) => Ok(wanted(only)),
        (Some((method, path)), many) => many
            .iter()
            .find(|operation| operation.path == path && operation.method.eq_ignore_ascii_case(method))
            .map(wanted)
            .ok_or_else(|| Unreadable::new(1, format!("has no operation {method} {path}"))),
        (None, many) => Err(Unreadable::new(
            1,
            format!("describes {} operations; name one with --operation METHOD PATH", many.len()),
        )),
    }
}

fn version(root: &Node) -> Result<(), Unreadable> {
    let version = root.get("openapi").map(|node| node.value());
    let version = version.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match version {
        Some(version) if version.starts_with("3.") => Ok(()),
        Some(version) => Err(Unreadable::new(1, format!("is OpenAPI {version}; 3.0 and 3.1 are read"))),
        None if root.get("swagger").is_some() => {
            Err(Unreadable::new(1, "is Swagger 2.0; convert it to OpenAPI 3.0 first"))
        }
        None => Err(Unreadable::new(1, "is no OpenAPI file: `openapi: 3...` is missing")),
    }
}

fn choose<'document>(root: &'document Node, wanted: &Wanted) -> Result<Operation<'document>, Unreadable> {
    let all = operations(root);
    let number = all.len();
    let is_method = |operation: &Operation<'_>| operation.method.eq_ignore_ascii_case(&wanted.method);
    let has_title = |operation: &Operation<'_>| {
        let summary = operation.node.get("summary").and_then(Node::text);
        summary.is_some() && summary == wanted.title.as_deref()
    };
    let summaries: Vec<String> =
        all.iter().take(5).map(|operation| format!("{} {}", operation.method.to_uppercase(), operation.path)).collect();
    let mut all = all;
    let position = all.iter().position(|operation| operation.path == wanted.path && is_method(operation));
    let position = if wanted.is_explicit {
        position
    } else {
        let is_longer = |operation: &Operation<'_>| operation.path.ends_with(&wanted.path);
        // Its path or its method may be what changed.
        position
            .or_else(|| all.iter().position(|operation| is_longer(operation) && is_method(operation)))
            .or_else(|| {
                all.iter().position(|operation| {
                    operation.path.ends_with(&wanted.path) && operation.node.get("requestBody").is_some()
                })
            })
            .or_else(|| all.iter().position(has_title))
            .or_else(|| (number == 1 && is_like(root, &all[0], wanted)).then_some(0))
    };
    match position {
        Some(position) => Ok(all.swap_remove(position)),
        None if number == 0 => Err(Unreadable::new(1, "describes no operation: `paths` is missing or empty")),
        None => {
            let more = if number > summaries.len() { ", ..." } else { "" };
            Err(Unreadable::new(
                1,
                format!(
                    "describes no {} {}, but {}{more}: documentation of another operation. If the operation moved there, name it with --operation METHOD PATH",
                    wanted.method,
                    wanted.path,
                    summaries.join(", ")
                ),
            ))
        }
    }
}

/// Whether the only operation of a file has the members of the wanted one, so that its path is what changed.
fn is_like(root: &Node, operation: &Operation<'_>, wanted: &Wanted) -> bool {
    let schemas = Schemas::new(root);
    let content = operation.node.at(&["requestBody", "content"]);
    let schema = content.and_then(|content| chosen(content, wanted)?.get("schema"));
    let Some(Ok(resolved)) = schema.map(|schema| schemas.members(schema)) else { return false };
    super::resembles(resolved.members.iter().map(|member| member.pointer.as_str()), wanted)
}

/// A content type without its parameters.
fn essence((name, ..): &(String, usize, Node)) -> String {
    super::essence(name)
}

/// Of several content types, the one of the specification; otherwise JSON, or the first.
fn chosen<'document>(content: &'document Node, wanted: &Wanted) -> Option<&'document Node> {
    let find = |fits: &dyn Fn(&str) -> bool| content.members().iter().find(|entry| fits(&essence(entry)));
    let is_wanted = |name: &str| wanted.content_types.iter().any(|wanted| wanted == name);
    let found = find(&is_wanted).or_else(|| find(&|name| name.contains("json")));
    found.or_else(|| content.members().first()).map(|(.., media)| media)
}

/// What one body is, its own examples included.
#[derive(Default)]
struct Body {
    types: Option<Fact<BTreeSet<String>>>,
    members: Vec<Member>,
    description: (String, usize),
    examples: Vec<Node>,
    statements: Vec<Statement>,
    uncompared: Vec<Uncompared>,
}

fn media<'document>(schemas: &Schemas<'document>, media: &'document Node) -> Result<Body, Unreadable> {
    let resolved = media.get("schema").map(|schema| schemas.members(schema)).transpose()?;
    let Resolved { mut members, examples: nested, description, types, statements, uncompared } =
        resolved.unwrap_or_else(|| Resolved::nothing(media.line));
    let mut whole: Vec<&Node> = media.get("example").into_iter().collect();
    for (.., named) in media.get("examples").map(Node::members).unwrap_or_default() {
        whole.extend(named.get("value"));
    }
    mark_examples(&mut members, &nested, &whole);
    examples::spread(&mut members, &nested);
    let mut shown: Vec<Node> = whole.iter().map(|node| (*node).clone()).collect();
    for (index, example) in whole.iter().enumerate() {
        examples::overlay(&mut members, example, "", index == 0);
    }
    shown.extend(nested.iter().filter(|(pointer, _)| pointer.is_empty()).map(|(_, node)| node.clone()));
    // All there is to see was seen.
    for index in 0..members.len() {
        if members[index].example.is_none()
            && members[index].types.is_some()
            && !has_children(&members, &members[index].pointer.clone())
        {
            members[index].example = Some(Fact::stated(None, members[index].line));
        }
    }
    Ok(Body { types: Some(types), members, description, examples: shown, statements, uncompared })
}

/// Which members an example of an enclosing object shows.
fn mark_examples(members: &mut [Member], nested: &[(String, Node)], whole: &[&Node]) {
    let all = nested.iter().map(|(pointer, node)| (pointer.as_str(), node)).chain(whole.iter().map(|node| ("", *node)));
    for (ancestor, example) in all {
        for member in members.iter_mut() {
            let below = member.pointer.strip_prefix(ancestor).filter(|rest| rest.starts_with('/'));
            let parts: Option<Vec<String>> = below
                .map(|rest| rest.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect());
            let shows =
                parts.is_some_and(|parts| example.at(&parts.iter().map(String::as_str).collect::<Vec<_>>()).is_some());
            member.origin.is_in_example |= shows;
        }
    }
}

pub(super) fn read(root: &Node, form: Form, wanted: &Wanted) -> Result<Contract, Unreadable> {
    version(root)?;
    let operation = choose(root, wanted)?;
    let schemas = Schemas::new(root);
    let node = operation.node;

    let request = node.get("requestBody").map(|request| schemas.resolve(request)).transpose()?;
    let content = request.and_then(|request| request.get("content"));
    let Some((content, first)) = content.and_then(|content| Some((content, chosen(content, wanted)?))) else {
        let at = operation.method_line;
        return Err(Unreadable::new(at, "the operation has no request body with a content type; is the file whole?"));
    };
    let body = media(&schemas, first)?;
    if body.members.is_empty() {
        return Err(Unreadable::new(first.line, "the request body has no members; is the file whole?"));
    }

    let mut shown: Vec<Example> =
        body.examples.iter().map(|node| Example { is_answer: false, node: node.clone() }).collect();
    let (mut success, mut others) = (None, Vec::new());
    for (status, line, answer) in node.get("responses").map(Node::members).unwrap_or_default() {
        let described = schemas.resolve(answer)?;
        let content = described.get("content");
        let chosen = content.and_then(|content| chosen(content, wanted));
        let read = chosen.map(|content| media(&schemas, content)).transpose()?.unwrap_or_default();
        let is_success = status.starts_with('2') && success.is_none();
        if is_success {
            shown.extend(read.examples.iter().map(|node| Example { is_answer: true, node: node.clone() }));
        }
        let body = AnswerBody {
            content_types: Some(content.map(Node::members).unwrap_or_default().iter().map(essence).collect()),
            types: read.types,
            members: read.members,
        };
        let is_inferred = answer.get("x-inferred").is_some();
        let answer = Answer { status: Some(status.clone()), line: *line, body: Some(body), is_inferred };
        if is_success { success = Some(answer) } else { others.push(answer) }
    }

    let prose = statements(node, request, &body);
    Ok(Contract {
        form,
        title: node.get("summary").and_then(Node::text).map(str::to_owned),
        method: Fact::stated(operation.method.to_uppercase(), operation.method_line),
        path: Fact::stated(operation.path.to_owned(), operation.path_line),
        server: server(root, &operation),
        parameters: parameters(root, &schemas, &operation)?,
        content_types: Some(Fact::stated(content.members().iter().map(essence).collect(), content.line)),
        body: body.members,
        uncompared: body.uncompared,
        success,
        others,
        statements: prose.statements,
        unclear: prose.unclear,
        examples: shown,
        disagreements: Vec::new(),
    })
}

fn server(root: &Node, operation: &Operation<'_>) -> Option<Fact<String>> {
    let servers = [operation.node, operation.item, root].into_iter().find_map(|node| node.get("servers"))?;
    let first = servers.items().first()?;
    let mut url = first.get("url").and_then(Node::text)?.to_owned();
    for (name, _, variable) in first.get("variables").map(Node::members).unwrap_or_default() {
        let default = variable.get("default").and_then(Node::text).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    Some(Fact::stated(url.trim_end_matches('/').to_owned(), first.get("url").map_or(first.line, |node| node.line)))
}

/// Parameters, and the headers that the security schemes in force ask for.
fn parameters(root: &Node, schemas: &Schemas<'_>, operation: &Operation<'_>) -> Result<Vec<Parameter>, Unreadable> {
    let mut found: Vec<Parameter> = Vec::new();
    let mut add = |location: &str, name: &str, line: usize, required: bool| {
        let is_same = |known: &Parameter| known.location == location && known.name.eq_ignore_ascii_case(name);
        // The body's own header is compared as the content type.
        if !found.iter().any(is_same) && !name.eq_ignore_ascii_case("content-type") {
            found.push(Parameter { location: location.to_owned(), name: name.to_owned(), line, required });
        }
    };
    for holder in [operation.item, operation.node] {
        for parameter in holder.get("parameters").map(Node::items).unwrap_or_default() {
            let parameter = schemas.resolve(parameter)?;
            if let (Some(location), Some(name)) =
                (parameter.get("in").and_then(Node::text), parameter.get("name").and_then(Node::text))
            {
                add(location, name, parameter.line, parameter.flag("required"));
            }
        }
    }
    let required = operation.node.get("security").or_else(|| root.get("security"));
    for (name, line, _) in required.map(Node::items).unwrap_or_default().iter().flat_map(Node::members) {
        let Some(scheme) = root.at(&["components", "securitySchemes", name]) else {
            return Err(Unreadable::new(
                *line,
                format!("the security scheme `{name}` is not described; is the file whole?"),
            ));
        };
        match (scheme.get("type").and_then(Node::text), scheme.get("in").and_then(Node::text)) {
            (Some("apiKey"), Some(location)) => {
                let name = scheme.get("name");
                add(
                    location,
                    name.and_then(Node::text).unwrap_or_default(),
                    name.map_or(scheme.line, |node| node.line),
                    true,
                );
            }
            _ => add("header", "Authorization", scheme.line, true),
        }
    }
    Ok(found)
}

/// Rules in `x-dependencies` and in descriptions.
fn statements(operation: &Node, request: Option<&Node>, body: &Body) -> Prose {
    let mut found = body.statements.clone();
    for entry in operation.get("x-dependencies").map(Node::items).unwrap_or_default() {
        let Some(text) = entry.get("dependency").or(Some(entry)).and_then(Node::text) else { continue };
        let rule = entry.get("rule").and_then(Node::text);
        let statement = |dependency| Statement {
            dependency,
            line: entry.line,
            text: text.to_owned(),
            rule: rule.map(str::to_owned),
        };
        found.extend(from_idl4oas(text).into_iter().map(statement));
    }
    let names = Names::of(&body.members);
    let mut reader = Reader::new(&names);
    let described = [Some(operation), request].into_iter().flatten().filter_map(|node| node.get("description"));
    for node in described {
        reader.describe(None, node.text().unwrap_or_default(), node.line);
    }
    reader.describe(None, &body.description.0, body.description.1);
    for member in &body.members {
        let subject = Some(member.name()).filter(|_| member.parent().is_empty());
        reader.describe(subject, &member.description, member.line);
    }
    let prose = reader.finish();
    found.extend(prose.statements);
    Prose { statements: found, unclear: prose.unclear }
}
