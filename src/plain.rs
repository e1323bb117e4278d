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

/// A request without undocumented members, without fractions (whose digits may not survive), in which every value is as the
/// schema wants it. What the types themselves hold (required members, none twice) is left to their decoding.
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

    /// Where the members stand that these pointers name.
    pub(crate) fn positions<'pointer>(&self, pointers: impl Iterator<Item = &'pointer str>) -> Positions {
        let mut positions = Positions::default();
        for pointer in pointers {
            pointer.split('/').skip(1).fold(&mut positions, |at, segment| at.below.entry(segment.into()).or_default());
        }
        positions.find(&self.tree, &mut 0);
        positions
    }
}

/// Positions of some members among all, counted in the order of the text, and of those below them by pointer segment.
#[derive(Default)]
pub(crate) struct Positions {
    own: usize,
    below: BTreeMap<String, Self>,
}

impl Positions {
    /// The position of a member, or of its nearest ancestor that is there.
    pub(crate) fn of(&self, pointer: &str) -> usize {
        pointer
            .split('/')
            .skip(1)
            .try_fold(self, |at, segment| at.below.get(segment))
            .map_or(self.own, |found| found.own)
    }

    fn find(&mut self, value: &Value<'_>, next: &mut usize) {
        self.own = *next;
        if self.below.is_empty() {
            return;
        }
        // One that is not there stands where its parent begins.
        self.below.values_mut().for_each(|below| below.stand_at(*next));
        let mut child = |segment: &str, value: &Value<'_>| {
            *next += 1;
            if let Some(below) = self.below.get_mut(segment) {
                below.find(value, next);
            }
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| child(&escape(name), value)),
            Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| child(&index.to_string(), value)),
            _ => {}
        }
    }

    fn stand_at(&mut self, position: usize) {
        self.own = position;
        self.below.values_mut().for_each(|below| below.stand_at(position));
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
    /// Documented members, in order of their names.
    Members(Vec<(String, Self)>),
    /// Members of any name, each of one shape.
    Map(Box<Shape>),
}

/// Keywords that demand nothing, or what the types hold.
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
            // The types hold a pattern, unless it is inferred.
            [("pattern", _), ("type", kind)] if kind == "string" && schema.get("x-inferred").is_none() => {
                Self::Text(None)
            }
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
                let member = |(name, schema): (&String, _)| Some((name.clone(), Self::of(schema)?));
                let mut members = properties.as_object()?.iter().map(member).collect::<Option<Vec<_>>>()?;
                members.sort_unstable_by(|left, right| left.0.cmp(&right.0));
                Self::Members(members)
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
            (Self::Members(documented), Value::Object(members)) => members.iter().all(|(name, value)| {
                let found = documented.binary_search_by(|(documented, _)| documented.as_str().cmp(name));
                // Null and absent are one thing; where a member is required, the types know.
                found.is_ok_and(|index| *value == Value::Null || documented[index].1.fits(value))
            }),
            _ => false,
        }
    }
}

fn is_without_duplicates<'name>(names: impl Iterator<Item = &'name str>) -> bool {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}
