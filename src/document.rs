//! A request as JSON text: its value, and where each member stands. Imported by `check` and the command line.
//!
//! serde_json decides what is JSON; jsonc-parser, in its strict mode, says where things are. What could not be sent on
//! as it was written (a member given twice, a number with more digits than a double holds) is unreadable.

use std::collections::BTreeMap;
use std::ops::Range;

use jsonc_parser::ast;
use serde_json::Value;

use crate::violation::escape;

/// Largest request that is read, in bytes: 8 MiB.
pub(crate) const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

/// Why a text is no request. Nothing of the text is repeated in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
#[non_exhaustive]
pub struct Unreadable {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// Where a member stands, in byte offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: Option<Range<usize>>,
    pub(crate) value: Range<usize>,
}

#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    places: BTreeMap<String, Place>,
}

impl Document {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > MAXIMUM_BYTES {
            let limit = MAXIMUM_BYTES / (1024 * 1024);
            return Err(Unreadable {
                line: 1,
                column: 1,
                message: format!("larger than {limit} MiB; one request is expected"),
            });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            unreadable(&valid, valid.len(), "invalid UTF-8; save the file as UTF-8")
        })?;
        if text.starts_with('\u{feff}') {
            return Err(unreadable(text, 0, "begins with a byte order mark; save the file as UTF-8 without one"));
        }
        if text.trim().is_empty() {
            return Err(unreadable(text, 0, "empty; expected a JSON object"));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let cause = error.to_string();
            let cause = cause.split(" at line ").next().unwrap_or_default();
            // serde_json counts bytes from the line's start; 0 stands for the line's end before it.
            let start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            unreadable(text, start + error.column().saturating_sub(1), &format!("invalid JSON: {cause}"))
        })?;
        let options = jsonc_parser::ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &options)
            .map_err(|error| unreadable(text, error.range().start, &format!("invalid JSON: {}", error.kind())))?;
        let mut document = Self { value, places: BTreeMap::new() };
        if let Some(root) = &parsed.value {
            document.place(text, root, None, String::new())?;
        }
        if !document.value.is_object() {
            return Err(unreadable(
                text,
                0,
                "expected a JSON object, the request; found another type at the top level",
            ));
        }
        Ok(document)
    }

    fn place(
        &mut self,
        text: &str,
        node: &ast::Value<'_>,
        key: Option<Range<usize>>,
        pointer: String,
    ) -> Result<(), Unreadable> {
        use jsonc_parser::common::Ranged;
        let range = node.range();
        match node {
            ast::Value::Object(object) => {
                for property in &object.properties {
                    let child = format!("{pointer}/{}", escape(property.name.as_str()));
                    let key = property.name.range();
                    if self.places.contains_key(&child) {
                        return Err(unreadable(
                            text,
                            key.start,
                            "a member of this name stands twice in the object; keep one",
                        ));
                    }
                    self.place(text, &property.value, Some(key.start..key.end), child)?;
                }
            }
            ast::Value::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    self.place(text, element, None, format!("{pointer}/{index}"))?;
                }
            }
            ast::Value::NumberLit(number) if !is_exact(number.value) => {
                return Err(unreadable(
                    text,
                    range.start,
                    "a number with more digits than can be kept; give it as a string",
                ));
            }
            _ => {}
        }
        self.places.insert(pointer, Place { key, value: range.start..range.end });
        Ok(())
    }

    /// Ranges of the text, quotes left out, that may not be shown: the values that masking changes, and keys that look
    /// like a phone number.
    #[cfg(feature = "cli")]
    pub(crate) fn masked_ranges(&self) -> Vec<Range<usize>> {
        let masked = crate::mask::request(&self.value);
        let mut ranges = Vec::new();
        for (pointer, place) in &self.places {
            if let Some(key) =
                place.key.as_ref().filter(|_| crate::mask::pointer(&self.value, pointer).ends_with("/***"))
            {
                ranges.push(key.start + 1..key.end - 1);
            }
            match self.value.pointer(pointer) {
                Some(Value::Object(_) | Value::Array(_)) | None => {}
                Some(value) if masked.pointer(pointer) == Some(value) => {}
                Some(Value::String(_)) => ranges.push(place.value.start + 1..place.value.end - 1),
                Some(_) => ranges.push(place.value.clone()),
            }
        }
        ranges
    }

    /// What to point at: a member's value, or its key where the name is what is wrong or the value takes many lines.
    pub(crate) fn span_of(&self, pointer: &str, name_is_wrong: bool) -> Range<usize> {
        let Some(place) = self.place_of(pointer) else { return 0..0 };
        let is_block = self.value.pointer(pointer).is_none_or(|value| value.is_object() || value.is_array());
        match &place.key {
            Some(key) if name_is_wrong || is_block => key.clone(),
            _ if is_block => place.value.start..place.value.start + 1,
            _ => place.value.clone(),
        }
    }

    /// The place of a member, or of its nearest ancestor that is there.
    pub(crate) fn place_of(&self, pointer: &str) -> Option<&Place> {
        let mut at = pointer;
        loop {
            match self.places.get(at) {
                Some(place) => return Some(place),
                None => at = &at[..at.rfind('/')?],
            }
        }
    }
}

fn unreadable(text: &str, offset: usize, message: &str) -> Unreadable {
    let (line, column) = line_and_column(text, offset);
    Unreadable { line, column, message: message.into() }
}

/// Line and column, both from 1, the column in characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// Whether serde_json writes the number as it was read, digit for digit.
fn is_exact(literal: &str) -> bool {
    let is_integer = !literal.contains(['.', 'e', 'E']);
    if is_integer {
        return literal.parse::<i64>().is_ok() || literal.parse::<u64>().is_ok();
    }
    let Ok(parsed) = literal.parse::<f64>() else { return false };
    digits(literal) == digits(&Value::from(parsed).to_string())
}

/// The significant digits of a number literal and the power of ten of the last one.
fn digits(literal: &str) -> (String, i64) {
    let literal = literal.trim_start_matches('-');
    let (significand, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let joined = format!("{whole}{fraction}");
    let kept = joined.trim_end_matches('0');
    let dropped = (joined.len() - kept.len()) as i64;
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return (String::new(), 0);
    }
    (kept.to_owned(), exponent.parse::<i64>().unwrap_or(0) - fraction.len() as i64 + dropped)
}
