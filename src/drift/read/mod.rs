//! Reads a text into a [`Contract`], or says what it is instead. The form is told by content, never by file name. One file
//! a form; `schema` resolves the schemas of both OpenAPI forms, `examples` reads members off examples,
//! `curl` is the page's command, `constraints` is keywords that say which members go together,
//! `statuses` is how prose and tabs show statuses.

mod constraints;
mod curl;
mod examples;
mod fields;
mod markdown;
mod openapi;
mod page;
mod schema;
mod statuses;

use super::contract::{Contract, Form, Knowledge, Member};
use super::node;

/// Largest documentation that is read, in bytes: 32 MiB.
pub(crate) const MAXIMUM_BYTES: usize = 32 * 1024 * 1024;

/// Why a text is no documentation of the operation: where, what it is instead, how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Unreadable {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line: line.max(1), message: message.into() }
    }
}

/// The operation to read, where a text describes several.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) title: Option<String>,
    /// Names of the members of its body.
    pub(crate) members: Vec<String>,
    /// Content types of its request and its answers, without parameters; of several, these are read.
    pub(crate) content_types: Vec<String>,
    /// It was named on the command line: no other is read in its place.
    pub(crate) is_explicit: bool,
}

/// The text without what saving and copying leave in it: line ends of other systems, a byte order mark, spaces that do
/// not break, characters of no width. Lines stay where they are.
pub(crate) fn clean(bytes: &[u8]) -> Result<String, Unreadable> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(Unreadable::new(
            1,
            format!("larger than {} MiB; one page, or one OpenAPI file, is expected", MAXIMUM_BYTES >> 20),
        ));
    }
    if bytes.contains(&0) {
        return Err(Unreadable::new(1, "is a binary file; save the page as text, or fetch its markdown"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Unreadable::new(line, "invalid UTF-8; save the file as UTF-8")
    })?;
    let text: String = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|character| !matches!(character, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{ad}'))
        .map(|character| match character {
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            '\u{2028}' | '\u{2029}' => '\n',
            other => other,
        })
        .collect();
    if text.trim().is_empty() {
        return Err(Unreadable::new(1, "is empty; save the page again, after it has loaded"));
    }
    Ok(text)
}

/// Reads documentation in any of its forms. `text` went through [`clean`].
pub(crate) fn documentation(text: &str, wanted: &Wanted) -> Result<Contract, Unreadable> {
    if let Some(fence) = markdown::fence(text) {
        return markdown::read(text, &fence?, wanted);
    }
    let start = text.trim_start();
    if is_html(start) {
        return Err(Unreadable::new(
            1,
            "is HTML; open it in a browser, select all, save the copied text, or fetch the page's markdown (its address with `.md`)",
        ));
    }
    let is_object = start.starts_with('{');
    let has_version = text.lines().any(|line| {
        let line = line.trim_start_matches(['"', '\'']);
        line.starts_with("openapi")
            && line.trim_start_matches("openapi").trim_start_matches(['"', '\'', ' ']).starts_with(':')
            || line.starts_with("swagger:")
    });
    if is_object || has_version {
        let root = node::parse(text)
            .map_err(|error| Unreadable::new(error.line, format!("{}; is the file whole?", error.cause)))?;
        return openapi::read(&root, Form::OpenApi, wanted);
    }
    page::read(text, wanted)
}

/// Reads a specification: an OpenAPI file with the operation, or with one operation only.
pub(crate) fn specification(text: &str, operation: Option<(&str, &str)>) -> Result<Contract, Unreadable> {
    let root = node::parse(text).map_err(|error| Unreadable::new(error.line, error.cause))?;
    let wanted = openapi::only_operation(&root, operation)?;
    let mut contract = openapi::read(&root, Form::OpenApi, &wanted)?;
    // What an example shows inside a free map is no member of the specification.
    let is_listed = |member: &Member| member.knowledge == Knowledge::Stated;
    contract.body.retain(is_listed);
    for answer in contract.success.iter_mut().chain(&mut contract.others) {
        answer.body.iter_mut().for_each(|body| body.members.retain(is_listed));
    }
    Ok(contract)
}

/// A content type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_html(start: &str) -> bool {
    let start = start.get(..2000.min(start.len())).unwrap_or(start).to_lowercase();
    start.starts_with("<!doctype")
        || start.starts_with("<html")
        || start.starts_with("<?xml")
        || start.contains("<head>")
        || start.contains("<body")
        || start.contains("</div>")
        || start.contains("<meta ")
}

/// Whether a body with these members can be the wanted one: most of them are the same.
fn resembles<'pointer>(pointers: impl Iterator<Item = &'pointer str>, wanted: &Wanted) -> bool {
    let top: Vec<&str> =
        pointers.filter_map(|pointer| pointer.strip_prefix('/')).filter(|name| !name.contains('/')).collect();
    let shared = top.iter().filter(|name| wanted.members.iter().any(|member| member == *name)).count();
    // A sibling endpoint shares many members too, but not nearly all.
    !top.is_empty() && shared * 10 >= top.len().max(wanted.members.len()) * 8
}
