//! Documentation made for tests: what one says of the operation, told apart from how it is printed (`print`) and from what
//! may change in it (`mutation`). Shares no code with the readers it is read by.

pub(crate) mod mutation;
pub(crate) mod print;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// A documentation of the operation.
#[derive(Clone, Debug)]
pub(crate) struct Documentation {
    pub(crate) title: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) server: String,
    pub(crate) headers: Vec<String>,
    pub(crate) content_type: String,
    pub(crate) sentences: Vec<String>,
    pub(crate) body: Vec<Field>,
    pub(crate) success: String,
    pub(crate) answer: Vec<Field>,
    /// Empty if nothing is answered.
    pub(crate) answer_content_type: String,
    /// The answer is a list of what it was.
    pub(crate) answer_is_list: bool,
    /// Status and the members of its body.
    pub(crate) errors: Vec<(String, Vec<Field>)>,
}

/// One member.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// `string`, `integer`, `number`, `boolean` or `object`.
    pub(crate) kind: String,
    /// An array of that is right too.
    pub(crate) or_array: bool,
    pub(crate) nullable: bool,
    pub(crate) required: bool,
    pub(crate) values: Vec<String>,
    pub(crate) default: Option<Value>,
    pub(crate) format: Option<String>,
    pub(crate) example: Option<Value>,
    pub(crate) children: Vec<Field>,
}

impl Field {
    pub(crate) fn new(name: &str, kind: &str, example: Value) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            or_array: false,
            nullable: false,
            required: false,
            values: Vec::new(),
            default: None,
            format: None,
            example: Some(example),
            children: Vec::new(),
        }
    }
}

/// The sentences that the rules of this package hold, without the contradictions of the real page.
pub(crate) fn sentences() -> Vec<String> {
    [
        "You need at least one of number_pool_id, from_number_id, or from_number.",
        "from_number_id and from_number cannot be used together.",
        "number_pool_id and from_number_id cannot both be set.",
        "number_pool_id and from_number cannot both be set.",
    ]
    .map(str::to_owned)
    .into()
}

/// What the package's own specification documents, with what it infers left out, and with examples that contradict nothing.
pub(crate) fn documented(text: &str) -> Documentation {
    let root = &yaml(&Yaml::load_from_str(text).unwrap()[0]);
    let (path, item) = root["paths"].as_object().unwrap().iter().next().unwrap();
    let (method, operation) = item.as_object().unwrap().iter().find(|(name, _)| *name == "post").unwrap();
    let media = |node: &Value| node["content"]["application/json"]["schema"].clone();
    let order = |names: &[&str], fields: Vec<Field>| -> Vec<Field> {
        // serde_json sorts; the page's own order is that of the text.
        let mut fields = fields;
        fields.sort_by_key(|field| names.iter().position(|name| *name == field.name));
        fields
    };
    let names: Vec<&str> = text.lines().map(|line| line.trim().trim_end_matches(':')).collect();
    let mut errors = Vec::new();
    for (status, answer) in operation["responses"].as_object().unwrap() {
        if status != "200" && answer.get("x-inferred").is_none() {
            errors.push((status.clone(), Vec::new()));
        }
    }
    let mut documentation = Documentation {
        title: operation["summary"].as_str().unwrap().into(),
        method: method.to_uppercase(),
        path: path.clone(),
        server: root["servers"][0]["url"].as_str().unwrap().into(),
        headers: vec![root["components"]["securitySchemes"]["apiKey"]["name"].as_str().unwrap().into()],
        content_type: "application/json".into(),
        sentences: sentences(),
        body: order(&names, fields(root, &media(&operation["requestBody"]))),
        success: "200".into(),
        answer: order(&names, fields(root, &media(&operation["responses"]["200"]))),
        answer_content_type: "application/json".into(),
        answer_is_list: false,
        errors,
    };
    for field in &mut documentation.answer {
        field.required = false;
        field.children.iter_mut().for_each(|child| child.required = false);
    }
    documentation
}

fn resolve<'document>(root: &'document Value, schema: &'document Value) -> &'document Value {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match schema["allOf"][0]["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn fields(root: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolve(root, schema);
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
    let mut fields = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let target = resolve(root, property);
        // The one member that no documentation of this operation shows.
        if name == "scheduled_at" {
            continue;
        }
        let mut field = Field::new(name, target["type"].as_str().unwrap_or("string"), Value::Null);
        field.or_array = target.get("oneOf").is_some();
        field.nullable = property["nullable"] == true;
        field.required = required(name);
        field.children = fields_of(root, target);
        field.example = property.get("example").or_else(|| target.get("example")).cloned();
        fields.push(field);
    }
    fields
}

fn fields_of(root: &Value, schema: &Value) -> Vec<Field> {
    if schema["properties"].is_object() { fields(root, schema) } else { Vec::new() }
}

fn yaml(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => json!(flag),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(yaml).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| (yaml(name).as_str().unwrap().to_owned(), yaml(value));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        other => panic!("{other:?} is not used in the specification"),
    }
}

/// The package's documentation with members of the kinds that it lacks, and with examples that contradict nothing.
pub(crate) fn rich(text: &str) -> Documentation {
    let mut documentation = documented(text);
    for field in &mut documentation.body {
        match field.name.as_str() {
            "mobile_number" | "from_number" => field.example = Some(json!("+14155550123")),
            "number_pool_id" => field.example = Some(json!("pool-7")),
            "voice_id" => field.example = Some(json!("voice-7")),
            _ => {}
        }
    }
    // The answer belongs to the request.
    let sent = |name: &str| documentation.body.iter().find(|field| field.name == name).unwrap().example.clone();
    let (agent, arguments) = (sent("agent_id"), sent("custom_args_values"));
    for field in documentation.answer.iter_mut().flat_map(|field| &mut field.children) {
        match field.name.as_str() {
            "agent_id" => field.example = agent.clone(),
            "custom_args_values" => field.example = arguments.clone(),
            _ => {}
        }
    }
    let mut priority = Field::new("priority", "string", json!("normal"));
    priority.values = ["low", "normal", "high"].map(str::to_owned).into();
    let mut attempts = Field::new("attempts", "integer", json!(2));
    attempts.default = Some(json!(1));
    let mut deadline = Field::new("deadline", "string", json!("2026-01-20T10:30:00Z"));
    deadline.format = Some("date-time".into());
    documentation.body.extend([priority.clone(), attempts.clone(), deadline.clone()]);
    let config = documentation.body.iter_mut().find(|field| field.name == "call_config").unwrap();
    config.children.extend([priority, attempts, deadline]);
    for (_, members) in &mut documentation.errors {
        let mut error = Field::new("error", "object", Value::Null);
        error.example = None;
        error.children = vec![
            Field::new("code", "string", json!("401")),
            Field::new("message", "string", json!("the key is wrong")),
        ];
        *members = vec![error];
    }
    documentation.errors.push(("503".into(), documentation.errors[0].1.clone()));
    documentation
}
