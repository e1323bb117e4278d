//! `openapi.yaml` as the build script read it, for tests that walk it: a new member joins in without an edit here.

use std::sync::LazyLock;

use serde_json::Value;

/// The component schemas, as JSON Schema.
pub(crate) static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| crate::support::json(include_str!(concat!(env!("OUT_DIR"), "/schema.json"))));

/// A documented member of a component schema, at any depth.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// JSON Pointer in an instance.
    pub(crate) pointer: String,
    /// Its schema, references followed.
    pub(crate) schema: &'static Value,
    pub(crate) is_required: bool,
}

/// A component schema.
pub(crate) fn component(name: &str) -> &'static Value {
    &SCHEMAS["definitions"][name]
}

/// Follows `$ref` and a single `allOf`.
pub(crate) fn resolve(schema: &'static Value) -> &'static Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(component(reference.rsplit('/').next().unwrap()));
    }
    match schema["allOf"].as_array().map(Vec::as_slice) {
        Some([single]) => resolve(single),
        _ => schema,
    }
}

pub(crate) fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|member| member == name))
}

/// Every documented member, parents first.
pub(crate) fn members_of(name: &str) -> Vec<Member> {
    let mut members = Vec::new();
    walk("", resolve(component(name)), &mut members);
    members
}

fn walk(parent: &str, schema: &'static Value, members: &mut Vec<Member>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{parent}/{name}");
        let resolved = resolve(member);
        members.push(Member { pointer: pointer.clone(), schema: resolved, is_required: is_required(schema, name) });
        walk(&pointer, resolved, members);
    }
}

/// The instance without its optional nulls: null and absent are one thing.
pub(crate) fn without_optional_nulls(value: &Value, schema: &'static Value) -> Value {
    let schema = resolve(schema);
    let Value::Object(members) = value else { return value.clone() };
    let kept = members.iter().filter_map(|(name, member)| match schema["properties"].get(name) {
        Some(_) if member.is_null() && !is_required(schema, name) => None,
        Some(documented) => Some((name.clone(), without_optional_nulls(member, documented))),
        None => Some((name.clone(), member.clone())),
    });
    Value::Object(kept.collect())
}
