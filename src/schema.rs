//! What `openapi.yaml` itself says of a request, checked on raw JSON by the jsonschema crate.
//!
//! Ids are `schema/<keyword>`. A constraint beside `x-inferred` warns, all else denies. Rules that a schema cannot say
//! live in `rules/`. Imported by `check` and `mask`.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};

use crate::generated::SCHEMA;
use crate::violation::{Level, Violation, escape, unescape};

// build.rs wrote it with serde_json.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).expect("the embedded schema is JSON"));

// Constant input: every check would fail at once.
static REQUEST: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = DOCUMENT.clone();
    schema["allOf"] = json!([{ "$ref": "#/definitions/CallRequest" }]);
    jsonschema::draft4::new(&schema).expect("the embedded schema is a JSON Schema")
});

/// A component schema by name.
pub(crate) fn definition(name: &str) -> Option<&'static Value> {
    DOCUMENT["definitions"].get(name)
}

/// Follows `$ref`, a single `allOf`, and the branch of a `oneOf` that fits the kind of `value`.
pub(crate) fn resolve(schema: &'static Value, value: &Value) -> Option<&'static Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return resolve(definition(reference.rsplit('/').next()?)?, value);
    }
    if let Some([single]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return resolve(single, value);
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        return branches.iter().find(|branch| (branch["type"] == "array") == value.is_array());
    }
    Some(schema)
}

/// The schema of a member of an object: documented, or that of a free map; none for an unknown member.
pub(crate) fn property(schema: &'static Value, name: &str) -> Option<&'static Value> {
    let documented = schema.get("properties").and_then(|properties| properties.get(name));
    documented.or_else(|| schema.get("additionalProperties").filter(|schema| schema.get("type").is_some()))
}

/// The schema that governs the object at `pointer` of `root`, and the names it documents.
pub(crate) fn at(root: &Value, pointer: &str) -> Option<&'static Value> {
    let mut schema = resolve(definition("CallRequest")?, root)?;
    let mut instance = root;
    for segment in pointer.split('/').skip(1) {
        let name = unescape(segment);
        instance = match instance {
            Value::Array(items) => name.parse().ok().and_then(|index: usize| items.get(index)),
            _ => instance.get(&*name),
        }
        .unwrap_or(&Value::Null);
        let member = if schema["type"] == "array" { schema.get("items") } else { property(schema, &name) };
        schema = resolve(member?, instance)?;
    }
    Some(schema)
}

/// The first double that is too large for 64 bits with a sign.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Gives one form to what is one thing: an optional member that is null is absent, and `10.0` is the integer 10.
pub(crate) fn normalize(value: &mut Value, schema: &'static Value) {
    let Some(schema) = resolve(schema, value) else { return };
    if schema["type"] == "integer"
        && let Some(number) = value
            .as_f64()
            .filter(|number| value.is_f64() && number.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(number))
    {
        // Exact: whole, and within the type.
        *value = (number as i64).into();
    }
    let Value::Object(members) = value else { return };
    let Some(properties) = schema.get("properties") else { return };
    members.retain(|name, member| !member.is_null() || properties.get(name).is_none() || is_required(schema, name));
    for (name, member) in members.iter_mut() {
        if let Some(schema) = properties.get(name) {
            normalize(member, schema);
        }
    }
}

pub(crate) fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|member| member == name))
}

/// Everything the schema says against `request`. Messages name kinds and constraints, never a value.
pub(crate) fn violations(request: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in REQUEST.iter_errors(request) {
        add(&error, "", &mut found);
    }
    found
}

fn add(error: &ValidationError<'_>, parent: &str, found: &mut Vec<Violation>) {
    let pointer = format!("{parent}{}", error.instance_path().as_str());
    let keyword = error.kind().keyword();
    let (pointer, message) = match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            // The branch of the right kind says best what is wrong.
            let own = error.instance_path().as_str();
            let branch = context.iter().find(|errors| errors.iter().all(|error| error.instance_path().as_str() != own));
            if let Some(errors) = branch.filter(|errors| !errors.is_empty()) {
                errors.iter().for_each(|error| add(error, parent, found));
                return;
            }
            let message = format!("is {}, expected a string or an array of strings", kind_of(error.instance()));
            found.push(Violation::new("schema/type", Level::Deny, pointer, message));
            return;
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            (format!("{pointer}/{}", escape(name)), format!("`{name}` is required; add it"))
        }
        ValidationErrorKind::Type { .. } => {
            let expected = at_schema(error).and_then(|schema| schema["type"].as_str());
            (
                pointer,
                format!(
                    "is {}, expected {}",
                    kind_of(error.instance()),
                    with_article(expected.unwrap_or("another type"))
                ),
            )
        }
        ValidationErrorKind::Pattern { pattern } => {
            let description = at_schema(error).and_then(|schema| schema["description"].as_str()).unwrap_or_default();
            (
                pointer,
                format!("does not match `{pattern}`; expected: {}", lower_first(description.trim_end_matches('.'))),
            )
        }
        ValidationErrorKind::Minimum { limit } => (pointer, format!("is below the minimum, {limit}")),
        _ => (pointer, format!("breaks `{keyword}` of the schema")),
    };
    let inferred = at_schema(error).is_some_and(|schema| schema.get("x-inferred").is_some());
    // The types hold any value of a free map; of a documented member they hold one type.
    let is_held =
        !matches!(keyword, "type" | "required") || error.schema_path().as_str().ends_with("/additionalProperties/type");
    let level = if inferred && is_held { Level::Warn } else { Level::Deny };
    found.push(Violation::new(format!("schema/{keyword}"), level, pointer, message));
}

/// The schema object that holds the keyword an error is about.
fn at_schema(error: &ValidationError<'_>) -> Option<&'static Value> {
    let path = error.schema_path().as_str();
    let fragment = path.rsplit('#').next()?;
    DOCUMENT.pointer(fragment.rsplit_once('/')?.0)
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
