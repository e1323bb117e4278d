//! Differences accepted on purpose, each with its reason, in a file beside the specification. An entry whose difference is
//! gone is reported: the file says what is, never what was.

use serde_json::Value;

use super::contract::Form;
use super::node::{self, Data, Node};

/// Name of the file, beside the specification.
pub(crate) const FILE: &str = "drift-accepted.yaml";

/// One accepted difference.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) line: usize,
    /// The forms in which the difference shows; in others its absence says nothing.
    forms: Vec<String>,
}

impl Accepted {
    /// Whether documentation of this form must show the difference.
    pub(crate) fn shows_in(&self, form: Form) -> bool {
        self.forms.is_empty() || self.forms.iter().any(|name| name == form.name())
    }
}

/// Reads `accepted: [{ id, reason, forms }]`; an error names line and cause.
pub(crate) fn parse(text: &str) -> Result<Vec<Accepted>, (usize, String)> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let root = node::yaml(text).map_err(|error| (error.line, error.cause))?;
    let list = root.get("accepted").ok_or((root.line, "expected a list under `accepted:`".to_owned()))?;
    let is_list = |node: &Node| matches!(node.data, Data::Array(_));
    if !is_list(list) && !matches!(list.data, Data::Scalar(Value::Null)) {
        return Err((list.line, "expected a list under `accepted:`".to_owned()));
    }
    let mut accepted: Vec<Accepted> = Vec::new();
    for item in list.items() {
        let text = |name: &str| {
            let text = item.get(name).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or((item.line, format!("an entry without `{name}`")))
        };
        if let Some((name, line, _)) =
            item.members().iter().find(|(name, ..)| !["id", "reason", "forms"].contains(&name.as_str()))
        {
            return Err((*line, format!("`{name}` is not known; an entry has `id`, `reason` and perhaps `forms`")));
        }
        if let Some(forms) = item.get("forms").filter(|forms| !is_list(forms)) {
            return Err((forms.line, "`forms` is a list, as in `forms: [page]`".to_owned()));
        }
        let forms: Vec<String> = item
            .get("forms")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect();
        if let Some(form) = forms
            .iter()
            .find(|form| ![Form::Page, Form::Markdown, Form::OpenApi].iter().any(|known| known.name() == form.as_str()))
        {
            return Err((item.line, format!("`{form}` is no form; there are page, markdown and openapi")));
        }
        let entry = Accepted { id: text("id")?, reason: text("reason")?, line: item.line, forms };
        if accepted.iter().any(|known| known.id == entry.id) {
            return Err((item.line, format!("`{}` stands twice", entry.id)));
        }
        accepted.push(entry);
    }
    Ok(accepted)
}
