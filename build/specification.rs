//! `openapi.yaml` as JSON, each node with its line, and the checks that progenitor answers with a panic or not at all.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

/// The parsed specification.
pub(crate) struct Specification {
    pub(crate) value: Value,
    lines: BTreeMap<String, (usize, usize)>,
}

impl Specification {
    /// `line:column: pointer: cause`, with the nearest known ancestor's place.
    pub(crate) fn error(&self, pointer: &str, cause: impl std::fmt::Display) -> String {
        let mut at = pointer;
        let (line, column) = loop {
            match (self.lines.get(at), at.rfind('/')) {
                (Some(place), _) => break *place,
                (None, Some(end)) => at = &at[..end],
                (None, None) => break (1, 1),
            }
        };
        format!("{line}:{column}: {pointer}: {}", one_line(&cause.to_string()))
    }
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn parse(text: &str) -> Result<Specification, String> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        format!("{}:{}: {}", error.marker().line(), error.marker().col() + 1, one_line(error.info()))
    })?;
    let [document] = documents.as_slice() else {
        return Err(format!("1:1: expected one YAML document, found {}", documents.len()));
    };
    let mut lines = BTreeMap::new();
    let value = convert(document, String::new(), &mut lines)?;
    let specification = Specification { value, lines };
    check(&specification)?;
    Ok(specification)
}

fn convert(node: &MarkedYaml, pointer: String, lines: &mut BTreeMap<String, (usize, usize)>) -> Result<Value, String> {
    let place = (node.span.start.line(), node.span.start.col() + 1);
    let error = |cause: &str| format!("{}:{}: {pointer}: {cause}", place.0, place.1);
    lines.entry(pointer.clone()).or_insert(place);
    Ok(match &node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        YamlData::Value(Scalar::Integer(value)) => Value::from(*value),
        YamlData::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        YamlData::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        YamlData::Sequence(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| convert(item, format!("{pointer}/{index}"), lines))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                let YamlData::Value(Scalar::String(name)) = &key.data else {
                    return Err(error("every key must be a string; put it in quotes"));
                };
                let child = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                lines.insert(child.clone(), (key.span.start.line(), key.span.start.col() + 1));
                object.insert(name.to_string(), convert(value, child, lines)?);
            }
            Value::Object(object)
        }
        _ => return Err(error("aliases, tags and bad values are not used in this file")),
    })
}

/// What progenitor would panic on, or would accept and lose data by.
fn check(specification: &Specification) -> Result<(), String> {
    let root = &specification.value;
    let version = root["openapi"].as_str().unwrap_or_default();
    if !version.starts_with("3.0.") {
        return Err(
            specification.error("/openapi", format!("the generator reads OpenAPI 3.0.x only, found `{version}`"))
        );
    }
    walk(root, String::new(), &mut |pointer, node| {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|target| root.pointer(target));
            if target.is_none() {
                return Err(specification
                    .error(&format!("{pointer}/$ref"), format!("`{reference}` names nothing in this file")));
            }
        }
        if pointer.starts_with("/components/schemas/")
            && node.get("type").and_then(Value::as_str) == Some("object")
            && node.get("additionalProperties").is_none_or(Value::is_boolean)
        {
            return Err(specification.error(
                pointer,
                "an object needs `additionalProperties: {}`, or the generated type drops members it does not know",
            ));
        }
        Ok(())
    })
}

fn walk(
    node: &Value,
    pointer: String,
    visit: &mut impl FnMut(&str, &Value) -> Result<(), String>,
) -> Result<(), String> {
    visit(&pointer, node)?;
    match node {
        Value::Object(members) => members.iter().try_for_each(|(name, child)| {
            // An example is data, whatever its members are called.
            if name == "example" {
                return Ok(());
            }
            walk(child, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), visit)
        }),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, child)| walk(child, format!("{pointer}/{index}"), visit))
        }
        _ => Ok(()),
    }
}
