//! The short way from bytes to a typed request, for a request of which neither the reading nor the schema pass would have
//! anything to say. It decides nothing: what it does not recognise, `check` sends the full way, which alone finds words.
//!
//! `build/reader.rs` writes an `impl Read` beside each type of the request, from the same `openapi.yaml` that the schema
//! pass reads. A keyword it does not know makes nothing plain, so a new one costs speed and never a verdict; a property test
//! in `check` compares the two ways. Imported by `check` and by the generated types.

use serde_json::{Map, Value};

use crate::document::MAXIMUM_BYTES;
use crate::generated::types::CallRequest;
use crate::violation::{Violation, unescape};

/// Deeper nesting goes the full way, which has a limit of its own.
const MAXIMUM_DEPTH: usize = 64;

/// Up to so many places are looked up one by one; for more, sorting pays.
const FEW: usize = 16;

/// A request without undocumented members, without fractions (whose digits may not survive), in which every value is as the
/// schema wants it.
pub(crate) struct Plain<'text> {
    pub(crate) request: CallRequest,
    text: &'text str,
    places: Vec<Place<'text>>,
}

/// Ordered to be looked up from the root downwards.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'text> {
    /// Where the object or array begins.
    parent: usize,
    segment: Segment<'text>,
    /// Where the value begins.
    start: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'text> {
    Index(usize),
    Name(&'text str),
}

impl<'text> Plain<'text> {
    pub(crate) fn read(bytes: &'text [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAXIMUM_BYTES)?;
        let mut reader = Reader { text, bytes, at: 0, depth: 0, places: Vec::with_capacity(64) };
        reader.peek()?;
        let request = CallRequest::read(&mut reader)?;
        // More behind the end goes the full way.
        reader.peek().is_none().then_some(Self { request, text, places: reader.places })
    }

    /// Sets where the spans begin: where the members stand, or their nearest ancestors that are there.
    pub(crate) fn place(&mut self, violations: &mut [Violation]) {
        let is_sorted = violations.len() > FEW;
        if is_sorted {
            self.places.sort_unstable();
        }
        for violation in violations {
            let start = self.start_of(&violation.pointer, is_sorted);
            violation.span = start..start;
        }
    }

    fn start_of(&self, pointer: &str, is_sorted: bool) -> usize {
        let mut start = self.text.find('{').unwrap_or_default();
        for segment in pointer.split('/').skip(1) {
            let name = unescape(segment);
            let sought = match segment.parse() {
                Ok(index) if self.text[start..].starts_with('[') => Segment::Index(index),
                _ => Segment::Name(&name),
            };
            let found = if is_sorted {
                self.places.binary_search_by(|place| (place.parent, &place.segment).cmp(&(start, &sought))).ok()
            } else {
                self.places.iter().position(|place| place.parent == start && place.segment == sought)
            };
            match found {
                Some(index) => start = self.places[index].start,
                None => break,
            }
        }
        start
    }
}

/// What can be read from plain text.
pub(crate) trait Read: Sized {
    /// Reads a value, given that its first byte comes next. None: the text is not plain.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Reads strict JSON, and of that only what is plain.
pub(crate) struct Reader<'text> {
    text: &'text str,
    bytes: &'text [u8],
    at: usize,
    depth: usize,
    places: Vec<Place<'text>>,
}

impl<'text> Reader<'text> {
    /// The byte that comes next.
    #[inline]
    pub(crate) fn first(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is no white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let mut at = self.at;
        while matches!(self.bytes.get(at)?, b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
        }
        self.at = at;
        self.bytes.get(at).copied()
    }

    /// Reads an object, member by member: `member` is given each name and reads the value.
    #[inline]
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, &'text str) -> Option<()>) -> Option<()> {
        self.items(b'{', b'}', |reader, parent, _| {
            let name = reader.plain_text()?;
            (reader.peek()? == b':').then(|| reader.at += 1)?;
            reader.peek()?;
            reader.places.push(Place { parent, segment: Segment::Name(name), start: reader.at });
            member(reader, name)
        })
    }

    /// Reads the value of a member that is not there yet. Null and absent are one thing.
    #[inline]
    pub(crate) fn member<T: Read>(&mut self, slot: &mut Option<Option<T>>) -> Option<()> {
        self.member_if(slot, |_| true)
    }

    /// The same, if the value holds to something.
    #[inline]
    pub(crate) fn member_if<T: Read>(
        &mut self,
        slot: &mut Option<Option<T>>,
        holds: impl FnOnce(&T) -> bool,
    ) -> Option<()> {
        if slot.is_some() {
            return None;
        }
        *slot = Some(match self.first()? {
            b'n' => {
                self.word("null")?;
                None
            }
            _ => Some(T::read(self).filter(holds)?),
        });
        Some(())
    }

    /// What stands between two brackets; `item` is given where the first of them stands, and a count from 0.
    #[inline]
    fn items(&mut self, start: u8, end: u8, mut item: impl FnMut(&mut Self, usize, usize) -> Option<()>) -> Option<()> {
        if self.first()? != start || self.depth == MAXIMUM_DEPTH {
            return None;
        }
        let parent = self.at;
        self.at += 1;
        self.depth += 1;
        let mut count = 0;
        let mut next = self.peek()?;
        while next != end {
            item(self, parent, count)?;
            count += 1;
            next = self.peek()?;
            if next == b',' {
                self.at += 1;
                // Another item has to come: it is not read if this is the end.
                self.peek()?;
            } else if next != end {
                return None;
            }
        }
        self.at += 1;
        self.depth -= 1;
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// A string without escapes.
    #[inline]
    fn plain_text(&mut self) -> Option<&'text str> {
        if self.first()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let end = end_of_plain(self.bytes, start);
        if *self.bytes.get(end)? != b'"' {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    fn text(&mut self) -> Option<String> {
        let start = self.at;
        if let Some(text) = self.plain_text() {
            return Some(text.to_owned());
        }
        let mut values = serde_json::Deserializer::from_str(&self.text[start..]).into_iter();
        let text = values.next()?.ok()?;
        self.at = start + values.byte_offset();
        Some(text)
    }

    /// An integer of up to 18 digits. (`-0` is a fraction to serde_json.)
    fn integer(&mut self) -> Option<i64> {
        let is_negative = self.first()? == b'-';
        self.at += usize::from(is_negative);
        let start = self.at;
        let mut number = 0;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at) {
            if self.at - start == 18 {
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        match &self.bytes[start..self.at] {
            [] | [b'0', _, ..] => None,
            [b'0'] if is_negative => None,
            _ => Some(if is_negative { -number } else { number }),
        }
    }
}

/// Where the first byte stands, from here on, that ends a string or does not stand for itself in one. Eight at a time:
/// strings are most of a request.
#[inline]
fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    const EACH: u64 = u64::MAX / 0xff;
    // The high bit of each byte that is below `bound`, and perhaps of bytes after the first such.
    let below = |word: u64, bound: u64| word.wrapping_sub(EACH * bound) & !word & (EACH << 7);
    let (words, _) = bytes.get(at..).unwrap_or_default().as_chunks();
    for word in words {
        let word = u64::from_le_bytes(*word);
        // With the second bit turned over, a quotation mark comes just after the control characters.
        let found = below(word ^ (EACH * 2), 0x21) | below(word ^ (EACH * u64::from(b'\\')), 1);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while !matches!(bytes.get(at), None | Some(b'"' | b'\\' | 0..0x20)) {
        at += 1;
    }
    at
}

impl Read for String {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text()
    }
}

impl Read for i64 {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.integer()
    }
}

impl Read for bool {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let value = reader.first()? == b't';
        reader.word(if value { "true" } else { "false" })?;
        Some(value)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut items = Self::new();
        reader.items(b'[', b']', |reader, parent, index| {
            reader.places.push(Place { parent, segment: Segment::Index(index), start: reader.at });
            items.push(T::read(reader)?);
            Some(())
        })?;
        Some(items)
    }
}

impl Read for Map<String, Value> {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut members = Self::new();
        reader.object(|reader, name| {
            let value = Value::read(reader)?;
            // A member that stands twice is for the full way.
            members.insert(name.to_owned(), value).is_none().then_some(())
        })?;
        Some(members)
    }
}

impl Read for Value {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        match reader.first()? {
            b'"' => String::read(reader).map(Self::String),
            b'{' => Map::read(reader).map(Self::Object),
            b'[' => Vec::read(reader).map(Self::Array),
            b't' | b'f' => bool::read(reader).map(Self::Bool),
            b'n' => reader.word("null").map(|()| Self::Null),
            _ => i64::read(reader).map(Self::from),
        }
    }
}
