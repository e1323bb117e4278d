//! Reads request files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::is_standard_input;
use crate::document::{Document, MAXIMUM_BYTES, Unreadable};

/// A request file: its name as given, its text, and the document in it, or why there is none.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) lines: Lines,
    pub(super) document: Result<Document, Failure>,
}

/// Why there is no document: no text to read, or a text that is no request, with line and column.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) place: Option<(usize, usize)>,
    pub(super) message: String,
}

/// Where each line of a text begins, found once for all its violations.
#[derive(Default)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect())
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub(super) fn line_and_column(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset).max(1);
        let start = self.0.get(line - 1).copied().unwrap_or_default();
        (line, text.get(start..offset).unwrap_or_default().chars().count() + 1)
    }

    /// The line, from 1, as a range of the text without its line break.
    pub(super) fn range(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let start = self.0.get(line - 1).copied().unwrap_or_default();
        let end = self.0.get(line).map_or(text.len(), |next| next - 1);
        start..end
    }
}

impl From<Unreadable> for Failure {
    fn from(cause: Unreadable) -> Self {
        Self { place: Some((cause.line, cause.column)), message: cause.message }
    }
}

pub(super) fn read(path: &Path) -> Input {
    let name = if is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() };
    match bytes(path, MAXIMUM_BYTES, "name the request files in it") {
        Ok(bytes) => {
            let document = Document::parse(&bytes).map_err(Failure::from);
            let text = if document.is_ok() { String::from_utf8(bytes).unwrap_or_default() } else { String::new() };
            Input { name, lines: Lines::new(&text), text, document }
        }
        Err(message) => Input {
            name,
            text: String::new(),
            lines: Lines::default(),
            document: Err(Failure { place: None, message }),
        },
    }
}

/// One byte more than is accepted, at most: a file of any size is told to be too large without being read.
pub(super) fn bytes(path: &Path, maximum: usize, directory: &str) -> Result<Vec<u8>, String> {
    let limit = maximum as u64 + 1;
    let mut bytes = Vec::new();
    let read = if is_standard_input(path) {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else if path.is_dir() {
        return Err(format!("is a directory; {directory}"));
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map(|_| bytes).map_err(|error| error.to_string())
}
