//! One member as both sides have it: what is said of it, fact by fact.

use serde_json::Value;

use super::members::{Place, about, changes_code};
use crate::drift::contract::{Fact, Knowledge, Member, has_children, is_below};
use crate::drift::difference::{Class, Difference, Side};
use crate::drift::edit;

/// One member, as both sides have it.
pub(super) struct Pair<'member> {
    pub(super) place: &'member Place,
    pub(super) new: &'member Member,
    pub(super) old: &'member Member,
    pub(super) found: Vec<Difference>,
}

impl Pair<'_> {
    fn add(&mut self, kind: &str, class: Class, says: (usize, String), said: String, known: Knowledge, edit: String) {
        let at = self.place.of(&self.old.pointer);
        let message = format!("`{at}`: {}", difference_text(&said, &says.1));
        let specification = Side::new(self.old.line, said);
        let difference =
            Difference::new(format!("{kind}:{at}"), class, message, Side::new(says.0, says.1), specification, edit);
        let difference = about(difference, self.old, known);
        let is_wording = class == Class::WordingOrExampleOnly;
        self.found.push(if is_wording { difference } else { changes_code(difference) });
    }

    /// Whether the type is the same; of another type, format and example are others too.
    pub(super) fn facts(&mut self) -> bool {
        let is_same_type = self.types();
        self.nullable();
        self.required();
        self.values();
        self.default();
        if is_same_type {
            self.format();
        }
        is_same_type
    }

    /// An example still shows it, and the list in which its siblings stand does not.
    pub(super) fn listed(&mut self, documentation: &[Member]) {
        let new = self.new;
        let is_sibling = |member: &&Member| member.parent() == new.parent() && member.knowledge == Knowledge::Stated;
        if new.knowledge == Knowledge::Stated || !documentation.iter().any(|member| is_sibling(&member)) {
            return;
        }
        let class = if self.place.is_answer() { Class::BreaksDecoding } else { Class::BreaksCallers };
        let edit = "look whether it is still documented, or whether the page is cut short".to_owned();
        self.add(
            "member-unlisted",
            class,
            (new.line, "in an example only".to_owned()),
            "listed".into(),
            new.knowledge,
            edit,
        );
    }

    fn types(&mut self) -> bool {
        let Some(old) = &self.old.types else { return true };
        let Some(new) = &self.new.types else {
            // No type line, as for a choice of types, and no word of the array.
            let has_array = old.value.len() > 1 && old.value.iter().any(|kind| kind.ends_with("[]"));
            if self.new.is_untyped && has_array && !self.old.origin.is_own_inferred {
                let edit = "look at the page: its description speaks of no array any more".to_owned();
                let says = (self.new.line, "no type, and no array in its description".to_owned());
                self.add("type-changed", Class::BreaksCallers, says, edit::kinds(&old.value), Knowledge::Wording, edit);
            }
            if self.new.is_untyped && old.value.len() == 1 && !self.old.origin.is_inferred {
                let edit = "look at the page: a choice of types is shown without a type line".to_owned();
                let says = (self.new.line, "no type, as for a choice of types".to_owned());
                self.add("type-changed", Class::BreaksCallers, says, edit::kinds(&old.value), Knowledge::Wording, edit);
            }
            return true;
        };
        if fits(new, old) {
            return true;
        }
        // A type left open on purpose takes any.
        if old.value.is_empty() && (self.place.is_answer() || self.old.origin.is_inferred) {
            return true;
        }
        let is_wider =
            old.value.iter().all(|kind| new.value.contains(kind) || kind == "integer" && new.value.contains("number"))
                && !old.value.is_empty()
                || new.value.is_empty();
        let is_narrower = !new.value.is_empty() && new.value.is_subset(&old.value);
        let class = match self.place {
            Place::Request if is_wider => Class::NewAndOptional,
            Place::Request => Class::BreaksCallers,
            Place::Answer(_) if is_narrower => Class::NewAndOptional,
            Place::Answer(_) => Class::BreaksDecoding,
        };
        let edit = format!("in {}, make it {}", edit::owner(self.old), edit::kinds(&new.value));
        self.add(
            "type-changed",
            class,
            (new.line, edit::kinds(&new.value)),
            edit::kinds(&old.value),
            new.knowledge,
            edit,
        );
        false
    }

    fn nullable(&mut self) {
        let (Some(new), Some(old)) = (&self.new.nullable, &self.old.nullable) else { return };
        let text = |nullable: bool| if nullable { "nullable" } else { "not nullable" }.to_owned();
        let says = (new.line, text(new.value));
        match (new.value, old.value) {
            (true, false) => {
                let edit = format!("add `nullable: true` in {}", edit::owner(self.old));
                self.add("nullable-added", self.place.class(false), says, text(old.value), new.knowledge, edit);
            }
            (false, true) if !self.old.origin.is_inferred => {
                let edit = format!("remove `nullable: true` in {}", edit::owner(self.old));
                self.add("nullable-removed", self.place.class(true), says, text(old.value), new.knowledge, edit);
            }
            _ => {}
        }
    }

    fn required(&mut self) {
        let (Some(new), Some(old)) = (&self.new.required, &self.old.required) else { return };
        let text = |required: bool| if required { "required" } else { "optional" }.to_owned();
        let says = (new.line, text(new.value));
        match (new.value, old.value) {
            (true, false) => {
                let edit = format!("add it to `required` of {}", edit::list(self.old));
                self.add("required-added", self.place.class(true), says, text(old.value), new.knowledge, edit);
            }
            (false, true) if !self.old.origin.is_list_inferred => {
                let edit = format!("remove it from `required` of {}", edit::list(self.old));
                self.add("required-removed", self.place.class(false), says, text(old.value), new.knowledge, edit);
            }
            _ => {}
        }
    }

    fn values(&mut self) {
        let (Some(new), Some(old)) = (&self.new.values, &self.old.values) else { return };
        let list = |values: &std::collections::BTreeSet<String>| {
            if values.is_empty() {
                "any value".to_owned()
            } else {
                values.iter().cloned().collect::<Vec<_>>().join(", ")
            }
        };
        let is_open = old.value.is_empty();
        let known = if is_open { &self.old.origin.known_values } else { &old.value };
        let says = (new.line, list(&new.value));
        let keyword = if is_open { "x-known-values" } else { "enum" };
        let inferred = self.old.origin.is_inferred;
        if known.is_empty() != new.value.is_empty() && !(known.is_empty() && new.value.is_empty()) {
            if known.is_empty() {
                let class = if self.place.is_answer() { Class::NewAndOptional } else { Class::BreaksCallers };
                let keyword = if self.place.is_answer() { "x-known-values" } else { "enum" };
                let edit = format!("add `{keyword}: [{}]` in {}", list(&new.value), edit::owner(self.old));
                self.add("enum-added", class, says, list(known), new.knowledge, edit);
            } else if !inferred {
                let class = if is_open { Class::WordingOrExampleOnly } else { self.place.class(false) };
                let edit = format!("remove `{keyword}` in {}", edit::owner(self.old));
                self.add("enum-removed", class, says, list(known), new.knowledge, edit);
            }
            return;
        }
        for value in new.value.difference(known) {
            let class = if is_open { Class::NewAndOptional } else { self.place.class(false) };
            let edit = format!("add `{value}` to `{keyword}` in {}", edit::owner(self.old));
            self.add("enum-value-added", class, says.clone(), list(known), new.knowledge, edit);
            self.name_value(value);
        }
        for value in known.difference(&new.value).filter(|_| !inferred) {
            let class = if self.place.is_answer() { Class::WordingOrExampleOnly } else { Class::BreaksCallers };
            let edit = format!("remove `{value}` from `{keyword}` in {}", edit::owner(self.old));
            self.add("enum-value-removed", class, says.clone(), list(known), new.knowledge, edit);
            self.name_value(value);
        }
    }

    fn name_value(&mut self, value: &str) {
        if let Some(last) = self.found.last_mut() {
            last.id = format!("{}={value}", last.id);
            last.changes_code = true;
        }
    }

    fn default(&mut self) {
        let (Some(new), Some(old)) = (&self.new.default, &self.old.default) else { return };
        let text =
            |value: &Option<Value>| value.as_ref().map_or("no default".to_owned(), |value| format!("default {value}"));
        let says = (new.line, text(&new.value));
        // Whoever leaves the member out gets something else than before.
        let changed = if self.place.is_answer() { Class::WordingOrExampleOnly } else { Class::BreaksCallers };
        let (kind, class) = match (&new.value, &old.value) {
            (Some(new), Some(old)) if new != old => ("default-changed", changed),
            (Some(_), None) => ("default-added", Class::WordingOrExampleOnly),
            (None, Some(_)) if !self.old.origin.is_inferred => ("default-removed", changed),
            _ => return,
        };
        let edit = match &new.value {
            Some(value) => format!("set `default: {value}` in {}", edit::owner(self.old)),
            None => format!("remove the default in {}", edit::owner(self.old)),
        };
        self.add(kind, class, says, text(&old.value), new.knowledge, edit);
    }

    fn format(&mut self) {
        let (Some(new), Some(old)) = (&self.new.format, &self.old.format) else { return };
        let text =
            |value: &Option<String>| value.as_ref().map_or("no format".to_owned(), |value| format!("format {value}"));
        let (kind, narrows) = match (&new.value, &old.value) {
            (Some(new), Some(old)) if new != old => ("format-changed", true),
            (Some(_), None) => ("format-added", true),
            (None, Some(_)) if !self.old.origin.is_inferred => ("format-removed", false),
            _ => return,
        };
        let class = match self.place {
            Place::Request if narrows => Class::BreaksCallers,
            // A generated decoder demands the format, and the answer need not have it.
            Place::Answer(_) if narrows => Class::BreaksDecoding,
            _ => Class::NewAndOptional,
        };
        let edit = match &new.value {
            Some(value) => format!(
                "set `format: {value}` in {}; in an answer, keep the text as it comes if examples disagree",
                edit::owner(self.old)
            ),
            None => format!("remove the format in {}", edit::owner(self.old)),
        };
        self.add(kind, class, (new.line, text(&new.value)), text(&old.value), new.knowledge, edit);
    }

    pub(super) fn example(&mut self) {
        let Some(new) = &self.new.example else { return };
        let old = self.old.example.as_ref().and_then(|example| example.value.clone());
        let text = |value: &Option<Value>| {
            value.as_ref().map_or("no example".to_owned(), |value| format!("for example {value}"))
        };
        let kind = match (&new.value, &old) {
            (Some(new), Some(old)) if !is_same_value(new, old) => "example-changed",
            (Some(_), None) => "example-added",
            (None, Some(_)) if !self.old.origin.is_inferred => "example-removed",
            _ => return,
        };
        let edit = match &new.value {
            Some(value) => format!("set `example: {value}` in {}", edit::owner(self.old)),
            None => format!("remove the example in {}", edit::owner(self.old)),
        };
        self.add(kind, Class::WordingOrExampleOnly, (new.line, text(&new.value)), text(&old), new.knowledge, edit);
    }

    /// An object whose members were shown by examples, and are shown no more.
    pub(super) fn children(&mut self, documentation: &[Member], specification: &[Member]) {
        let pointer = &self.old.pointer;
        let was_shown = specification.iter().any(|member| {
            is_below(&member.pointer, pointer) && (member.origin.is_in_example || !member.origin.is_own_inferred)
        });
        let was_stated =
            self.new.types.as_ref().is_none_or(|types| types.value.iter().all(|kind| kind.starts_with("object")));
        if was_shown && was_stated && !has_children(documentation, pointer) {
            let says = (self.new.line, "an object, its members not shown".to_owned());
            let edit = "look whether they still are documented; nothing else tells".to_owned();
            let known = self.new.knowledge;
            self.add(
                "members-not-shown",
                Class::WordingOrExampleOnly,
                says,
                "an object with members".into(),
                known,
                edit,
            );
        }
    }
}

fn difference_text(was: &str, is: &str) -> String {
    format!("{is} now, it was {was}")
}

fn is_same_value(left: &Value, right: &Value) -> bool {
    left == right || left.as_f64().is_some_and(|number| right.as_f64() == Some(number))
}

/// Whether the types are the same, as far as they are known.
pub(super) fn fits(
    new: &Fact<std::collections::BTreeSet<String>>,
    old: &Fact<std::collections::BTreeSet<String>>,
) -> bool {
    let one = |kind: &String| {
        old.value.contains(kind)
            || kind == "[]" && old.value.iter().any(|old| old.ends_with("[]"))
            || new.knowledge == Knowledge::Example
                && (kind == "integer" && old.value.contains("number") || old.value.is_empty())
    };
    let is_whole = new.knowledge == Knowledge::Example || new.value.len() == old.value.len();
    new.value.iter().all(one) && is_whole
}
