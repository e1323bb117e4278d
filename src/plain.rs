//! The short way from bytes to a typed request, for a request of which neither the reading nor the schema pass would have
//! anything to say. It decides nothing: what it does not recognise, `check` sends the full way, which alone finds words.
//!
//! The shape is made of the same schema that the schema pass reads. A keyword it does not know makes nothing plain, so a
//! new one in `openapi.yaml` costs speed and never a verdict; a property test in `check` compares the two ways. Imported by
//! `check`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json_borrow::Value;

use crate::document::MAXIMUM_BYTES;
use crate::generated::types::CallRequest;
use crate::schema;
use crate::violation::escape;

static REQUEST: LazyLock<Option<Shape>> = LazyLock::new(|| Shape::of(schema::definition("CallRequest")?));

/// A request without duplicate or undocumented members, without fractions (whose digits may not survive), in which every
/// value is as the schema wants it.
pub(crate) struct Plain<'text> {
    pub(crate) request: CallRequest,
    tree: Value<'text>,
}

impl<'text> Plain<'text> {
    pub(crate) fn read(bytes: &'text [u8]) -> Option<Self> {
        let shape = REQUEST.as_ref().filter(|_| bytes.len() <= MAXIMUM_BYTES)?;
        let tree: Value<'text> = serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
        shape.fits(&tree).then_some(())?;
        Some(Self { request: CallRequest::deserialize(&tree).ok()?, tree })
    }

    /// For each pointer, the position in the text of the member, or of its nearest ancestor that is there.
    pub(crate) fn positions<'pointer>(&self, pointers: impl Iterator<Item = &'pointer str>) -> Positions<'pointer> {
        let mut positions = BTreeMap::new();
        for pointer in pointers {
            positions.extend(ancestors(pointer).map(|pointer| (pointer, None)));
        }
        let mut positions = Positions(positions);
        positions.walk(&self.tree, &mut String::new(), &mut 0);
        positions
    }
}

fn ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |pointer| pointer.rfind('/').map(|end| &pointer[..end]))
}

/// Where members stand among all others, counted in the order of the text.
pub(crate) struct Positions<'pointer>(BTreeMap<&'pointer str, Option<usize>>);

impl Positions<'_> {
    pub(crate) fn of(&self, pointer: &str) -> usize {
        ancestors(pointer).find_map(|pointer| self.0.get(pointer).copied().flatten()).unwrap_or_default()
    }

    fn walk(&mut self, value: &Value<'_>, pointer: &mut String, next: &mut usize) {
        // What lies below a member nobody asked for was not asked for either.
        let Some(position) = self.0.get_mut(pointer.as_str()) else { return };
        *position = Some(*next);
        let length = pointer.len();
        let mut child = |name: &str, value: &Value<'_>| {
            *next += 1;
            pointer.push('/');
            pointer.push_str(name);
            self.walk(value, pointer, next);
            pointer.truncate(length);
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| child(&escape(name), value)),
            Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| child(&index.to_string(), value)),
            _ => {}
        }
    }
}

/// What a value must look like; a schema, read once.
enum Shape {
    Any,
    Text(Option<regress::Regex>),
    Integer {
        minimum: Option<i64>,
    },
    Boolean,
    List(Box<Shape>),
    /// Text, or a list.
    Either(Box<Shape>, Box<Shape>),
    Members(Vec<Member>),
    /// Members of any name, each of one shape.
    Map(Box<Shape>),
}

struct Member {
    name: String,
    shape: Shape,
    is_required: bool,
}

/// Keywords that demand nothing, or (`format: int64`) what the types hold.
const SILENT: [&str; 5] = ["description", "title", "example", "format", "required"];

impl Shape {
    /// None for a schema with a keyword that is not known here.
    fn of(schema: &'static serde_json::Value) -> Option<Self> {
        let demands = schema.as_object()?.iter().map(|(keyword, value)| (keyword.as_str(), value));
        let demands = demands.filter(|(keyword, _)| !SILENT.contains(keyword) && !keyword.starts_with("x-"));
        let shape = match demands.collect::<Vec<_>>()[..] {
            [] => Self::Any,
            [("$ref", reference)] => Self::of(schema::definition(reference.as_str()?.rsplit('/').next()?)?)?,
            [("allOf", single)] => match single.as_array()?.as_slice() {
                [single] => Self::of(single)?,
                _ => return None,
            },
            [("oneOf", branches)] => match branches.as_array()?.as_slice() {
                [text, list] => match (Self::of(text)?, Self::of(list)?) {
                    (text @ Self::Text(_), list @ Self::List(_)) => Self::Either(Box::new(text), Box::new(list)),
                    _ => return None,
                },
                _ => return None,
            },
            [("pattern", pattern), ("type", kind)] if kind == "string" => {
                Self::Text(Some(regress::Regex::new(pattern.as_str()?).ok()?))
            }
            [("type", kind)] if kind == "string" => Self::Text(None),
            [("type", kind)] if kind == "boolean" => Self::Boolean,
            [("type", kind)] if kind == "integer" => Self::Integer { minimum: None },
            [("minimum", minimum), ("type", kind)] if kind == "integer" => {
                Self::Integer { minimum: Some(minimum.as_i64()?) }
            }
            [("items", items), ("type", kind)] if kind == "array" => Self::List(Box::new(Self::of(items)?)),
            [("additionalProperties", values), ("type", kind)] if kind == "object" => {
                Self::Map(Box::new(Self::of(values)?))
            }
            [("additionalProperties", _), ("properties", properties), ("type", kind)] if kind == "object" => {
                let member = |(name, property): (&String, &'static serde_json::Value)| {
                    let is_required = schema::is_required(schema, name);
                    Some(Member { name: name.clone(), shape: Self::of(property)?, is_required })
                };
                Self::Members(properties.as_object()?.iter().map(member).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(shape)
    }

    fn fits(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Any, Value::Number(number)) => !number.is_f64(),
            (Self::Any, Value::Array(items)) => items.iter().all(|item| self.fits(item)),
            (Self::Any, Value::Object(members)) => {
                is_without_duplicates(members.iter().map(|(name, _)| name))
                    && members.iter().all(|(_, value)| self.fits(value))
            }
            (Self::Any, _) => true,
            (Self::Text(pattern), Value::Str(text)) => {
                pattern.as_ref().is_none_or(|pattern| pattern.find(text).is_some())
            }
            (Self::Integer { minimum }, Value::Number(number)) => {
                number.as_i64().is_some_and(|number| minimum.is_none_or(|minimum| number >= minimum))
            }
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::List(shape), Value::Array(items)) => items.iter().all(|item| shape.fits(item)),
            (Self::Either(text, list), value) => text.fits(value) || list.fits(value),
            (Self::Map(shape), Value::Object(members)) => {
                is_without_duplicates(members.iter().map(|(name, _)| name))
                    && members.iter().all(|(_, value)| shape.fits(value))
            }
            (Self::Members(documented), Value::Object(members)) => {
                let mut met = vec![false; documented.len()];
                let all_fit = members.iter().all(|(name, value)| {
                    documented.iter().position(|member| member.name == name).is_some_and(|index| {
                        let member = &documented[index];
                        let is_first = !std::mem::replace(&mut met[index], true);
                        // Null and absent are one thing for an optional member.
                        is_first && (member.shape.fits(value) || (!member.is_required && *value == Value::Null))
                    })
                });
                all_fit && documented.iter().zip(met).all(|(member, is_met)| is_met || !member.is_required)
            }
            _ => false,
        }
    }
}

fn is_without_duplicates<'name>(names: impl Iterator<Item = &'name str>) -> bool {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}
