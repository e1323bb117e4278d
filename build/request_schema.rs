//! The component schemas as JSON Schema, for the schema pass, the masking and the suggestions at run time.

use serde_json::{Map, Value, json};

/// Draft 4, the draft OpenAPI 3.0 builds on. `nullable` is not carried over: null and absent are one thing, and the
/// schema pass sees an instance without its optional nulls.
pub(crate) fn json_schema(specification: &Value) -> Value {
    let schemas = specification["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let definitions: Map<String, Value> = schemas.into_iter().map(|(name, schema)| (name, translate(schema))).collect();
    json!({ "$schema": "http://json-schema.org/draft-04/schema#", "definitions": definitions })
}

fn translate(schema: Value) -> Value {
    match schema {
        Value::Object(mut members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let name = reference.rsplit('/').next().unwrap_or_default();
                return json!({ "$ref": format!("#/definitions/{name}") });
            }
            members.remove("nullable");
            let mut translated = Map::new();
            for (keyword, value) in members {
                let value = match (keyword.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        Value::Object(properties.into_iter().map(|(name, schema)| (name, translate(schema))).collect())
                    }
                    ("items" | "additionalProperties", value) => translate(value),
                    ("allOf" | "oneOf" | "anyOf", Value::Array(branches)) => {
                        branches.into_iter().map(translate).collect()
                    }
                    (_, value) => value,
                };
                translated.insert(keyword, value);
            }
            Value::Object(translated)
        }
        other => other,
    }
}
