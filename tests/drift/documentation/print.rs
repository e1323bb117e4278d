//! Prints documentation in each form it comes in: the page as text, the markdown export, and a whole OpenAPI file of
//! either version, as JSON or YAML. Sentences are our own; the layout is that of saved pages.

use serde_json::Value;

use super::{Documentation, Field};

/// A value whose members keep their order, for OpenAPI files.
pub(crate) enum Tree {
    Leaf(Value),
    List(Vec<Tree>),
    Members(Vec<(String, Tree)>),
}

fn leaf(value: impl Into<Value>) -> Tree {
    Tree::Leaf(value.into())
}

fn members(members: Vec<(&str, Tree)>) -> Tree {
    Tree::Members(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

impl Tree {
    pub(crate) fn json(&self, indent: usize) -> String {
        let (inner, outer) = ("  ".repeat(indent + 1), "  ".repeat(indent));
        match self {
            Self::Leaf(value) => value.to_string(),
            Self::List(items) if items.is_empty() => "[]".into(),
            Self::Members(items) if items.is_empty() => "{}".into(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| format!("{inner}{}", item.json(indent + 1))).collect();
                format!("[\n{}\n{outer}]", items.join(",\n"))
            }
            Self::Members(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|(name, value)| format!("{inner}{}: {}", Value::from(name.as_str()), value.json(indent + 1)))
                    .collect();
                format!("{{\n{}\n{outer}}}", items.join(",\n"))
            }
        }
    }

    pub(crate) fn yaml(&self, indent: usize) -> String {
        let pad = "  ".repeat(indent);
        match self {
            Self::Leaf(value) => format!(" {value}\n"),
            Self::List(items) if items.is_empty() => " []\n".into(),
            Self::Members(items) if items.is_empty() => " {}\n".into(),
            Self::List(items) => {
                let items = items.iter().map(|item| format!("{pad}-{}", item.yaml(indent + 1)));
                format!("\n{}", items.collect::<String>())
            }
            Self::Members(items) => {
                let items = items.iter().map(|(name, value)| {
                    let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte));
                    let name = if plain { name.clone() } else { format!("'{name}'") };
                    format!("{pad}{name}:{}", value.yaml(indent + 1))
                });
                format!("\n{}", items.collect::<String>())
            }
        }
    }
}

/// What an example shows of a member; structured objects by their members.
fn example(field: &Field) -> Option<Tree> {
    if field.children.is_empty() {
        return field.example.clone().map(from_value);
    }
    Some(shown(&field.children))
}

fn from_value(value: Value) -> Tree {
    match value {
        Value::Object(items) => {
            Tree::Members(items.into_iter().map(|(name, value)| (name, from_value(value))).collect())
        }
        Value::Array(items) => Tree::List(items.into_iter().map(from_value).collect()),
        other => Tree::Leaf(other),
    }
}

fn shown(fields: &[Field]) -> Tree {
    Tree::Members(fields.iter().filter_map(|field| Some((field.name.clone(), example(field)?))).collect())
}

/// The whole request, with one number source, as the rules ask.
fn request(documentation: &Documentation) -> Tree {
    let others = ["from_number_id", "from_number"];
    let kept: Vec<Field> =
        documentation.body.iter().filter(|field| !others.contains(&field.name.as_str())).cloned().collect();
    shown(&kept)
}

fn words(name: &str) -> String {
    format!("Says the {} of the call.", name.replace('_', " "))
}

/// The page as a browser saves it, nested members collapsed.
pub(crate) fn page(documentation: &Documentation) -> String {
    let mut text = String::from("Skip to main content\n");
    text += &format!("{}\n", documentation.method);
    for token in documentation.path.trim_start_matches('/').split('/') {
        text += &format!("/\n{token}\n");
    }
    text += &format!("{}\ncurl --request {} \\\n", documentation.title, documentation.method);
    text += &format!("  --url {}{} \\\n", documentation.server, documentation.path);
    text += &format!("  --header 'Content-Type: {}' \\\n", documentation.content_type);
    for header in &documentation.headers {
        text += &format!("  --header '{header}: <{}>' \\\n", header.to_lowercase());
    }
    let quoted = request(documentation).json(0).replace('\'', r"'\''");
    text += &format!("  --data '\n{quoted}\n'\n{}\n", shown(&documentation.answer).json(0));
    text += "Places a call for you.\n\nWhich go together\n\n";
    for sentence in &documentation.sentences {
        text += &format!("{sentence}\n\n");
    }
    text += "When it fails\n\nSignReason\n";
    for (status, _) in &documentation.errors {
        text += &format!("{status} RefusedLook at what you sent.\n");
    }
    text += "\nHeaders\n\n";
    for header in &documentation.headers {
        text += &format!("{header}\nstring\nrequired\n\nKeep it to yourself.\n\n");
    }
    text += &format!("Body\n\n{}\n\n", documentation.content_type);
    text += &documentation.body.iter().map(block).collect::<String>();
    text += "Response\n\nThe call, as it was placed.\n\n";
    text += &documentation.answer.iter().map(block).collect::<String>();
    text
}

fn block(field: &Field) -> String {
    let mut text = format!("{}\n", field.name);
    let null = if field.nullable { " | null" } else { "" };
    // A choice of types has no type line.
    if !field.or_array {
        let kind = match (&field.format, field.values.is_empty()) {
            (_, false) => format!("enum<{}>", field.kind),
            (Some(format), _) => format!("{}<{format}>", field.kind),
            (None, _) => field.kind.clone(),
        };
        text += &format!("{kind}{null}\n");
    }
    if field.required {
        text += "required\n";
    }
    if let Some(default) = &field.default {
        text += &format!("default:{default}\n");
    }
    let array = if field.or_array { " One, or an array of them." } else { "" };
    text += &format!("\n{}{array}\n\n", words(&field.name));
    if !field.values.is_empty() {
        text += &format!("Available options:\n{}\n\n", field.values.join(",\n"));
    }
    if field.children.is_empty() && field.example.is_some() {
        text += &format!("Example:\n{}\n\n", example(field).unwrap().json(0));
    }
    text
}

/// Which OpenAPI is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Version {
    Three0,
    Three1,
}

/// A whole OpenAPI file: the operation among others, its schemas in place.
pub(crate) fn openapi(documentation: &Documentation, version: Version) -> Tree {
    let other = members(vec![(
        "get",
        members(vec![
            ("summary", leaf("List agents")),
            ("responses", members(vec![("200", members(vec![("description", leaf("Agents."))]))])),
        ]),
    )]);
    root(documentation, version, vec![("/agent/all".to_owned(), other)])
}

fn root(documentation: &Documentation, version: Version, others: Vec<(String, Tree)>) -> Tree {
    let number = if version == Version::Three0 { "3.0.3" } else { "3.1.0" };
    let content = Tree::Members(vec![(
        documentation.content_type.clone(),
        members(vec![("schema", schema(&documentation.body, version)), ("example", request(documentation))]),
    )]);
    let answer = |content_type: &str, schema: Option<Tree>| {
        let mut answer = vec![("description", leaf("An answer."))];
        if let Some(schema) = schema.filter(|_| !content_type.is_empty()) {
            answer.push(("content", members(vec![(content_type, members(vec![("schema", schema)]))])));
        }
        members(answer)
    };
    let mut placed = schema(&documentation.answer, version);
    if documentation.answer_is_list {
        placed = members(vec![("type", leaf("array")), ("items", placed)]);
    }
    let mut responses = vec![(documentation.success.clone(), answer(&documentation.answer_content_type, Some(placed)))];
    responses.extend(documentation.errors.iter().map(|(status, fields)| {
        let schema = (!fields.is_empty()).then(|| schema(fields, version));
        (status.clone(), answer("application/json", schema))
    }));
    let parameters = documentation.headers.iter().map(|header| {
        members(vec![
            ("name", leaf(header.as_str())),
            ("in", leaf("header")),
            ("required", leaf(true)),
            ("schema", members(vec![("type", leaf("string"))])),
        ])
    });
    let operation = members(vec![
        ("summary", leaf(documentation.title.as_str())),
        ("description", leaf(documentation.sentences.join("\n"))),
        ("parameters", Tree::List(parameters.collect())),
        ("requestBody", members(vec![("required", leaf(true)), ("content", content)])),
        ("responses", Tree::Members(responses)),
    ]);
    let item = Tree::Members(vec![(documentation.method.to_lowercase(), operation)]);
    let mut paths = others;
    paths.push((documentation.path.clone(), item));
    let server = members(vec![("url", leaf(documentation.server.as_str()))]);
    members(vec![
        ("openapi", leaf(number)),
        ("info", members(vec![("title", leaf("Calls")), ("version", leaf("1"))])),
        ("servers", Tree::List(vec![server])),
        ("paths", Tree::Members(paths)),
    ])
}

fn schema(fields: &[Field], version: Version) -> Tree {
    let required = fields.iter().filter(|field| field.required).map(|field| leaf(field.name.as_str()));
    let properties = fields.iter().map(|field| (field.name.clone(), property(field, version)));
    members(vec![
        ("type", leaf("object")),
        ("required", Tree::List(required.collect())),
        ("properties", Tree::Members(properties.collect())),
    ])
}

fn property(field: &Field, version: Version) -> Tree {
    let mut found = Vec::new();
    let modern = version == Version::Three1;
    if field.or_array {
        let one = members(vec![("type", leaf(field.kind.as_str()))]);
        let item = members(vec![("type", leaf(field.kind.as_str()))]);
        let mut branches = vec![one, members(vec![("type", leaf("array")), ("items", item)])];
        if field.nullable && modern {
            branches.push(members(vec![("type", leaf("null"))]));
        }
        found.push(("anyOf", Tree::List(branches)));
        if field.nullable && !modern {
            found.push(("nullable", leaf(true)));
        }
    } else if field.nullable && modern {
        found.push(("type", Tree::List(vec![leaf(field.kind.as_str()), leaf("null")])));
    } else {
        found.push(("type", leaf(field.kind.as_str())));
        if field.nullable {
            found.push(("nullable", leaf(true)));
        }
    }
    if !field.children.is_empty()
        && let Tree::Members(inner) = schema(&field.children, version)
    {
        found.push(("required", Tree::List(Vec::new())));
        let properties = inner.into_iter().find(|(name, _)| name == "properties").unwrap().1;
        let names = field.children.iter().filter(|child| child.required).map(|child| leaf(child.name.as_str()));
        found.pop();
        found.push(("required", Tree::List(names.collect())));
        found.push(("properties", properties));
    }
    if !field.values.is_empty() {
        found.push(("enum", Tree::List(field.values.iter().map(|value| leaf(value.as_str())).collect())));
    }
    if let Some(default) = &field.default {
        found.push(("default", leaf(default.clone())));
    }
    if let Some(format) = &field.format {
        found.push(("format", leaf(format.as_str())));
    }
    found.push(("description", leaf(words(&field.name))));
    if field.children.is_empty()
        && let Some(value) = example(field)
    {
        if modern { found.push(("examples", Tree::List(vec![value]))) } else { found.push(("example", value)) }
    }
    members(found)
}

/// The markdown export: prose, then the operation alone in a fence of four backticks.
pub(crate) fn markdown(documentation: &Documentation) -> String {
    let mut text = format!("# {}\n\n> Places a call for you.\n\n## Which go together\n\n", documentation.title);
    for sentence in &documentation.sentences {
        text += &format!("{sentence}\n\n");
    }
    text += &format!(
        "```json\n{}\n```\n\n## When it fails\n\n| Sign | Reason |\n| --- | --- |\n",
        request(documentation).json(0)
    );
    for (status, _) in &documentation.errors {
        text += &format!("| `{status} Refused` | Look at what you sent. |\n");
    }
    let fence = root(documentation, Version::Three1, Vec::new()).yaml(0);
    text += &format!(
        "\n## OpenAPI\n\n````yaml api/openapi.json {} {}\n{}\n````\n",
        documentation.method.to_lowercase(),
        documentation.path,
        fence.trim()
    );
    text
}
