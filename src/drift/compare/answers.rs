//! Statuses, and what is answered with each.

use std::collections::BTreeSet;

use super::members::{self, Place, changes_code};
use crate::drift::contract::{Answer, Contract, Form};
use crate::drift::difference::{Class, Difference, Side};
use crate::drift::edit;

pub(super) fn compare(documentation: &Contract, specification: &Contract, found: &mut Vec<Difference>) {
    if let Some(old) = &specification.success {
        match &documentation.success {
            Some(new) => {
                if let (Some(new_status), Some(old_status)) = (&new.status, &old.status)
                    && new_status != old_status
                {
                    found.push(changes_code(Difference::new(
                        format!("status-changed:{old_status}=>{new_status}"),
                        Class::BreaksDecoding,
                        format!("success is answered with {new_status} now, it was {old_status}"),
                        Side::new(new.line, new_status),
                        Side::new(old.line, old_status),
                        format!("in `responses`, rename \"{old_status}\" to \"{new_status}\""),
                    )));
                }
                body("response", documentation.form, (new, old), found);
            }
            None => found.push(removed(old, Class::BreaksDecoding)),
        }
    }
    for new in &documentation.others {
        let status = new.status.as_deref().unwrap_or_default();
        match specification.others.iter().find(|old| old.status.as_deref() == Some(status)) {
            Some(old) => body(status, documentation.form, (new, old), found),
            None => found.push(added(new, status, specification)),
        }
    }
    let is_documented = |old: &&Answer| documentation.others.iter().any(|new| new.status == old.status);
    let gone = specification.others.iter().filter(|old| !old.is_inferred && !is_documented(old));
    found.extend(gone.map(|old| removed(old, Class::WordingOrExampleOnly)));
}

/// What is answered: whether anything, in which content type, of which type, with which members.
fn body(name: &str, form: Form, (new, old): (&Answer, &Answer), found: &mut Vec<Difference>) {
    let (Some(new_body), Some(old_body)) = (&new.body, &old.body) else { return };
    let schema = "the schema of the answer, and whatever reads it";
    let mut add = |id: String, message: String, says: (usize, String), said: String, edit: String| {
        let sides = (Side::new(says.0, says.1), Side::new(old.line, said));
        let class = Class::BreaksDecoding;
        found.push(changes_code(Difference::new(id, class, message, sides.0, sides.1, edit)));
    };
    if new_body.content_types.as_ref().is_some_and(BTreeSet::is_empty) {
        if old_body.members.iter().any(|member| !member.origin.is_presence_inferred()) {
            let message = format!("no body is documented for the answer `{name}` any more");
            let edit = format!("remove `content` there, or {schema}");
            add(format!("body-removed:{name}"), message, (new.line, "no body".into()), "a body".into(), edit);
        }
        return;
    }
    let list = |types: &BTreeSet<String>| types.iter().cloned().collect::<Vec<_>>().join(", ");
    if let (Some(new_types), Some(old_types)) = (&new_body.content_types, &old_body.content_types)
        && !old_types.is_empty()
        && new_types != old_types
    {
        let message = format!("the answer `{name}` comes as {} now", list(new_types));
        let edit = format!("change the key under `content` there, and {schema}");
        let id = format!("content-type-changed:{name}={}", list(new_types));
        add(id, message, (new.line, list(new_types)), list(old_types), edit);
    }
    if let (Some(new_types), Some(old_types)) = (&new_body.types, &old_body.types) {
        // Without a type, members that an example shows still make it an object.
        let is_shown = new_types.value.is_empty() && !new_body.members.is_empty();
        if !is_shown && !old_types.value.is_empty() && new_types.value != old_types.value {
            let (is, was) = (edit::kinds(&new_types.value), edit::kinds(&old_types.value));
            let message = format!("the answer `{name}` is {is} now, it was {was}");
            add(format!("type-changed:{name}"), message, (new_types.line, is), was, format!("change {schema}"));
            return;
        }
    }
    members::compare(&Place::Answer(name.to_owned()), form, &new_body.members, &old_body.members, found);
}

fn added(new: &Answer, status: &str, specification: &Contract) -> Difference {
    let range = format!("{}XX", status.get(..1).unwrap_or_default());
    let covering = specification.others.iter().find(|old| old.status.as_deref() == Some(range.as_str()));
    let (class, side, edit) = match covering {
        _ if status.starts_with('2') => (
            Class::BreaksDecoding,
            Side::nothing(),
            format!(
                "add \"{status}\" to `responses` with the schema of the success; the generator reads one success type"
            ),
        ),
        Some(old) => (
            Class::NewAndOptional,
            Side::new(old.line, range),
            format!("add \"{status}\" to `responses`; the range covers it until then"),
        ),
        None => (Class::NewAndOptional, Side::nothing(), format!("add \"{status}\" to `responses`")),
    };
    let message = format!("the status {status} is documented now");
    changes_code(Difference::new(
        format!("status-added:{status}"),
        class,
        message,
        Side::new(new.line, status),
        side,
        edit,
    ))
}

fn removed(old: &Answer, class: Class) -> Difference {
    let status = old.status.as_deref().unwrap_or_default();
    changes_code(Difference::new(
        format!("status-removed:{status}"),
        class,
        format!("the status {status} is no longer documented"),
        Side::nothing(),
        Side::new(old.line, status),
        format!("remove \"{status}\" from `responses`, or mark it `x-inferred` if it still comes"),
    ))
}
