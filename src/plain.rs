//! The short way from bytes to a typed request, for a request of which neither the reading nor the schema pass would have
//! anything to say. It decides nothing: what it does not recognise, `check` sends the full way, which alone finds words.
//!
//! The shape is made of the same schema that the schema pass reads. A keyword it does not know makes nothing plain, so a
//! new one in `openapi.yaml` costs speed and never a verdict; a property test in `check` compares the two ways. Imported by
//! `check`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::document::MAXIMUM_BYTES;
use crate::generated::types::CallRequest;
use crate::schema;
use crate::violation::escape;

static REQUEST: LazyLock<Option<Shape>> = LazyLock::new(|| Shape::of(schema::definition("CallRequest")?));

/// A request without undocumented members, without fractions (whose digits may not survive), in which every value is as the
/// schema wants it. What the types themselves hold (required members, none twice) is left to their decoding.
pub(crate) struct Plain<'text> {
    pub(crate) request: CallRequest,
    text: &'text str,
}

impl<'text> Plain<'text> {
    pub(crate) fn read(bytes: &'text [u8]) -> Option<Self> {
        let shape = REQUEST.as_ref().filter(|_| bytes.len() <= MAXIMUM_BYTES)?;
        let text = std::str::from_utf8(bytes).ok()?;
        walk(text, Fit(shape)).then_some(())?;
        Some(Self { request: serde_json::from_str(text).ok()?, text })
    }

    /// Where the members stand that these pointers name.
    pub(crate) fn positions<'pointer>(&self, pointers: impl Iterator<Item = &'pointer str>) -> Positions {
        let mut positions = Positions::default();
        for pointer in pointers {
            pointer.split('/').skip(1).fold(&mut positions, |at, segment| at.below.entry(segment.into()).or_default());
        }
        walk(self.text, Find { at: &mut positions, next: &mut 0 });
        positions
    }
}

/// Whether the whole text was walked to its end.
fn walk<'text>(text: &'text str, seed: impl DeserializeSeed<'text>) -> bool {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut deserializer).is_ok() && deserializer.end().is_ok()
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

    fn stand_at(&mut self, position: usize) {
        self.own = position;
        self.below.values_mut().for_each(|below| below.stand_at(position));
    }
}

/// Finds positions in a text.
struct Find<'walk> {
    at: &'walk mut Positions,
    next: &'walk mut usize,
}

impl<'text> DeserializeSeed<'text> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        self.at.own = *self.next;
        // One that is not there stands where its parent begins.
        self.at.below.values_mut().for_each(|below| below.stand_at(*self.next));
        deserializer.deserialize_any(self)
    }
}

impl<'text> Visitor<'text> for Find<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'text>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key_seed(Name)? {
            *self.next += 1;
            match self.at.below.get_mut(escape(&name).as_ref()) {
                Some(at) => members.next_value_seed(Find { at, next: self.next })?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut items: A) -> Result<(), A::Error> {
        let mut unasked = Positions::default();
        for index in 0.. {
            *self.next += 1;
            let at = self.at.below.get_mut(&index.to_string()).unwrap_or(&mut unasked);
            if items.next_element_seed(Find { at, next: self.next })?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A member's name, borrowed where it is written without escapes.
struct Name;

impl<'text> DeserializeSeed<'text> for Name {
    type Value = Cow<'text, str>;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'text> Visitor<'text> for Name {
    type Value = Cow<'text, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'text str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
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
}

/// Walks a text along a shape; an error where it does not fit.
struct Fit<'shape>(&'shape Shape);

/// The same for a documented member. Null and absent are one thing; where a member is required, the types know.
struct FitOrNull<'shape>(&'shape Shape);

fn unfit<E: Error>() -> E {
    E::custom("not plain")
}

impl<'text> DeserializeSeed<'text> for Fit<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'text> DeserializeSeed<'text> for FitOrNull<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'text> Visitor<'text> for FitOrNull<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("null or what fits")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        Fit(self.0).deserialize(deserializer)
    }
}

impl<'text> Visitor<'text> for Fit<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("what fits")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if matches!(self.0, Shape::Any) { Ok(()) } else { Err(unfit()) }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        if matches!(self.0, Shape::Any | Shape::Boolean) { Ok(()) } else { Err(unfit()) }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        match self.0 {
            Shape::Any => Ok(()),
            Shape::Integer { minimum } if minimum.is_none_or(|minimum| number >= minimum) => Ok(()),
            _ => Err(unfit()),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match (self.0, i64::try_from(number)) {
            (Shape::Any, _) => Ok(()),
            (_, Ok(number)) => self.visit_i64(number),
            _ => Err(unfit()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.0 {
            Shape::Any => Ok(()),
            Shape::Text(pattern) if pattern.as_ref().is_none_or(|pattern| pattern.find(text).is_some()) => Ok(()),
            Shape::Either(shape, _) => Fit(shape).visit_str(text),
            _ => Err(unfit()),
        }
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut items: A) -> Result<(), A::Error> {
        let shape = match self.0 {
            Shape::Any => self.0,
            Shape::List(shape) => shape,
            Shape::Either(_, list) => return Fit(list).visit_seq(items),
            _ => return Err(unfit()),
        };
        while items.next_element_seed(Fit(shape))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'text>>(self, mut members: A) -> Result<(), A::Error> {
        let shape = match self.0 {
            Shape::Any => self.0,
            Shape::Map(shape) => shape,
            Shape::Members(documented) => {
                while let Some(name) = members.next_key_seed(Name)? {
                    let found = documented.binary_search_by(|(documented, _)| documented.as_str().cmp(&name));
                    let (_, shape) = found.ok().and_then(|index| documented.get(index)).ok_or_else(unfit)?;
                    members.next_value_seed(FitOrNull(shape))?;
                }
                return Ok(());
            }
            _ => return Err(unfit()),
        };
        let mut names = Vec::new();
        while let Some(name) = members.next_key_seed(Name)? {
            names.push(name);
            members.next_value_seed(Fit(shape))?;
        }
        names.sort_unstable();
        if names.windows(2).all(|pair| pair[0] != pair[1]) { Ok(()) } else { Err(unfit()) }
    }
}
