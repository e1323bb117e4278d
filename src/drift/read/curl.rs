//! The `curl` block of a page: the request, and what it says against the rest of the page.

use std::collections::BTreeSet;

use super::page::json_at;
use super::{Unreadable, essence};
use crate::drift::contract::{Disagreement, Fact, Parameter};
use crate::drift::node::Node;

/// What a `curl` block shows.
pub(super) struct Command {
    url: Option<(String, usize)>,
    method: Option<(String, usize)>,
    headers: Vec<(String, usize)>,
    pub(super) content_type: Option<(String, usize)>,
    pub(super) body: Node,
    /// Index of the line after it.
    pub(super) end: usize,
}

impl Command {
    /// The address without the path; an address that does not end with it is compared whole.
    pub(super) fn server(&self, path: &str) -> Option<Fact<String>> {
        let (url, line) = self.url.as_ref()?;
        let server = url.strip_suffix(path).unwrap_or(url).trim_end_matches('/');
        Some(Fact::stated(server.to_owned(), *line))
    }

    /// Where it shows another method, header or content type than the page states.
    pub(super) fn disagreements(
        &self,
        method: &Fact<String>,
        parameters: &[Parameter],
        content_types: Option<&Fact<BTreeSet<String>>>,
    ) -> Vec<Disagreement> {
        let mut found = Vec::new();
        let mut add = |id: String, shown: (String, usize), stated: (String, usize)| {
            found.push(Disagreement { id, shown, stated });
        };
        if let Some((shown, line)) = self.method.clone().filter(|(shown, _)| *shown != method.value) {
            add(format!("method:{shown}"), (shown, line), (method.value.clone(), method.line));
        }
        if let (Some((shown, line)), Some(stated)) = (&self.content_type, content_types)
            && !stated.value.contains(&essence(shown))
        {
            let list = stated.value.iter().cloned().collect::<Vec<_>>().join(", ");
            add(format!("content-type:{shown}"), (shown.clone(), *line), (list, stated.line));
        }
        let stated = parameters.iter().filter(|parameter| parameter.location == "header");
        let is_shown =
            |parameter: &&Parameter| self.headers.iter().any(|(shown, _)| shown.eq_ignore_ascii_case(&parameter.name));
        let is_stated = |shown: &str| {
            ["content-type", "accept"].iter().any(|ordinary| shown.eq_ignore_ascii_case(ordinary))
                || stated.clone().any(|parameter| shown.eq_ignore_ascii_case(&parameter.name))
        };
        // An optional header need not be shown; one that is shown in place of a required one is another.
        let missing = stated.clone().find(|parameter| parameter.required && !is_shown(parameter));
        for (shown, line) in self.headers.iter().filter(|(shown, _)| !is_stated(shown)) {
            let stated = missing
                .map_or(("no such header".to_owned(), *line), |parameter| (parameter.name.clone(), parameter.line));
            add(format!("header:{shown}"), (shown.clone(), *line), stated);
        }
        found
    }

    pub(super) fn read(text: &str, lines: &[&str], start: usize) -> Result<Self, Unreadable> {
        let (mut url, mut method, mut headers, mut content_type) = (None, None, Vec::new(), None);
        for index in start..lines.len() {
            let line = lines[index];
            let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect();
            for (position, word) in words.iter().enumerate() {
                if word.starts_with("https://") || word.starts_with("http://") {
                    url.get_or_insert(((*word).to_owned(), index + 1));
                }
                if ["--request", "-X"].contains(word) {
                    method = words.get(position + 1).map(|value| ((*value).to_owned(), index + 1));
                }
                let follows_flag = position > 0 && ["--header", "-H"].contains(&words[position - 1]);
                if let Some(name) = word.strip_suffix(':').filter(|_| follows_flag) {
                    headers.push((name.to_owned(), index + 1));
                }
                if word.eq_ignore_ascii_case("content-type:") {
                    content_type = words.get(position + 1).map(|value| ((*value).to_owned(), index + 1));
                }
            }
            let data = ["--data", "-d '", "-d \""].iter().any(|flag| line.starts_with(flag));
            if data {
                let brace = (index..lines.len().min(index + 3)).find(|index| lines[*index].contains('{'));
                let Some(brace) = brace else {
                    return Err(Unreadable::new(
                        index + 1,
                        "the `curl` example has no body: the page is cut short; save all of it",
                    ));
                };
                let (body, end) = json_at(text, lines, brace)?;
                return Ok(Self { url, method, headers, content_type, body, end });
            }
            if line.is_empty() || index > start && (line.starts_with('{') || line.starts_with("curl ")) {
                break;
            }
        }
        Err(Unreadable::new(
            start + 1,
            "the `curl` example has no `--data`: the page is cut short, or the operation takes no body",
        ))
    }
}
