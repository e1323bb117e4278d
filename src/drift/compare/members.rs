//! Members of the request and of the answers: which there are, and what is said of each.

use super::pair::Pair;
use super::renames::is_rename;
use crate::drift::contract::{Form, Knowledge, Member, has_children, is_below, parent};
use crate::drift::difference::{Class, Difference, Side};
use crate::drift::edit;

/// Whose members are compared.
pub(crate) enum Place {
    Request,
    /// `response` for the success, the status otherwise.
    Answer(String),
}

impl Place {
    pub(super) fn of(&self, pointer: &str) -> String {
        match self {
            Self::Request => pointer.to_owned(),
            Self::Answer(name) => format!("{name}{pointer}"),
        }
    }

    /// The class of a change that asks more of, or gives less to, whoever writes; and of its opposite.
    pub(super) fn class(&self, narrows: bool) -> Class {
        match (self, narrows) {
            (Self::Request, true) => Class::BreaksCallers,
            // An answer that says less than before decodes; one that may say more may not.
            (Self::Answer(_), false) => Class::BreaksDecoding,
            (_, _) => Class::NewAndOptional,
        }
    }

    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Answer(_))
    }
}

/// `form` is the documentation's.
pub(super) fn compare(
    place: &Place,
    form: Form,
    documentation: &[Member],
    specification: &[Member],
    found: &mut Vec<Difference>,
) {
    let mut documentation = documentation.to_vec();
    let (mut removed, mut added) = unmatched(form, &documentation, specification);
    // A renamed object takes its members along: they are compared under the old name.
    while let Some((new, old)) = first_rename(&added, &removed, &documentation, specification) {
        found.push(renamed(place, &documentation[new], &specification[old]));
        let (new_pointer, old_pointer) = (documentation[new].pointer.clone(), specification[old].pointer.clone());
        for member in &mut documentation {
            if member.pointer == new_pointer || is_below(&member.pointer, &new_pointer) {
                member.pointer = format!("{old_pointer}{}", &member.pointer[new_pointer.len()..]);
            }
        }
        (removed, added) = unmatched(form, &documentation, specification);
    }
    for index in removed {
        found.push(gone(place, &specification[index], &documentation));
    }
    for index in added {
        found.push(new(place, &documentation[index], specification));
    }
    found.extend(documentation.iter().filter_map(|member| unreadable(place, member, specification)));
    for old in specification {
        if let Some(new) = documentation.iter().find(|member| member.pointer == old.pointer) {
            let leaf = !has_children(specification, &old.pointer);
            let mut pair = Pair { place, new, old, found: Vec::new() };
            let is_same_type = pair.facts();
            pair.listed(&documentation);
            if leaf {
                if is_same_type {
                    pair.example();
                }
            } else {
                pair.children(&documentation, specification);
            }
            found.append(&mut pair.found);
        }
    }
}

fn first_rename(
    added: &[usize],
    removed: &[usize],
    documentation: &[Member],
    specification: &[Member],
) -> Option<(usize, usize)> {
    added.iter().find_map(|new| {
        let is_same =
            |old: &&usize| is_rename(&documentation[*new], &specification[**old], documentation, specification);
        removed.iter().find(is_same).map(|old| (*new, *old))
    })
}

/// Indexes of what the documentation no longer has, and of what it has besides.
fn unmatched(form: Form, documentation: &[Member], specification: &[Member]) -> (Vec<usize>, Vec<usize>) {
    let find = |members: &[Member], pointer: &str| members.iter().any(|member| member.pointer == pointer);
    let removed = (0..specification.len()).filter(|index| {
        let old = &specification[*index];
        let above = parent(&old.pointer).trim_end_matches("/*");
        let siblings: Vec<&Member> = documentation.iter().filter(|member| member.parent() == old.parent()).collect();
        let is_listed = siblings.iter().any(|sibling| sibling.knowledge == Knowledge::Stated);
        let has_example = old.example.as_ref().is_some_and(|example| example.value.is_some());
        // An example need not show everything: only what it did show can be missing from it.
        let was_shown = is_listed
            || old.origin.is_in_example
            || has_example && !old.origin.is_own_inferred
            || has_children(specification, &old.pointer);
        !find(documentation, &old.pointer)
            && (above.is_empty() || find(documentation, above))
            && (was_shown && !siblings.is_empty() || siblings.is_empty() && is_empty_object(form, documentation, old))
            && !old.origin.is_presence_inferred()
    });
    let added = (0..documentation.len()).filter(|index| {
        let new = &documentation[*index];
        let above = parent(&new.pointer).trim_end_matches("/*");
        let holder = specification.iter().find(|member| member.pointer == above);
        let is_free = holder.is_some_and(|holder| {
            let is_map = !has_children(specification, &holder.pointer);
            is_map
                && (new.knowledge != Knowledge::Stated || holder.origin.is_inferred || holder.origin.is_list_inferred)
        });
        !find(specification, &new.pointer) && (above.is_empty() || holder.is_some()) && !is_free
    });
    (removed.collect(), added.collect())
}

/// A type that cannot be read may be any: it is never taken for the one it was.
fn unreadable(place: &Place, new: &Member, specification: &[Member]) -> Option<Difference> {
    let text = new.unreadable_type.as_ref()?;
    let old = specification.iter().find(|member| member.pointer == new.pointer);
    let difference = Difference::new(
        format!("type-unreadable:{}", place.of(&new.pointer)),
        if place.is_answer() { Class::BreaksDecoding } else { Class::BreaksCallers },
        format!("the type of `{}` is written in a way that is not known", place.of(&new.pointer)),
        Side::new(text.line, text.value.clone()),
        old.map_or_else(Side::nothing, |old| Side::new(old.line, described(old))),
        "read the type on the page, and compare it yourself",
    );
    Some(about(difference, old.unwrap_or(new), Knowledge::Stated))
}

/// Whether an object is there that had this member and has none now. A page keeps members collapsed: there, none says
/// nothing.
fn is_empty_object(form: Form, documentation: &[Member], old: &Member) -> bool {
    let above = parent(&old.pointer);
    let (above, kind) = above.strip_suffix("/*").map_or((above, "object"), |above| (above, "object[]"));
    let holder = documentation.iter().find(|member| member.pointer == above);
    let is_object = |member: &Member| member.types.as_ref().is_some_and(|types| types.value.contains(kind));
    form != Form::Page && (above.is_empty() || holder.is_some_and(is_object))
}

fn described(member: &Member) -> String {
    let mut parts = vec![edit::types(member)];
    if member.required.as_ref().is_some_and(|required| required.value) {
        parts.push("required".into());
    }
    if let Some(Some(example)) = member.example.as_ref().map(|example| &example.value) {
        parts.push(format!("for example {example}"));
    }
    format!("{}: {}", member.name(), parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
}

pub(super) fn about(mut difference: Difference, member: &Member, known: Knowledge) -> Difference {
    difference.member = Some(member.pointer.clone());
    difference.types = member.origin.owner.iter().chain(&member.origin.component).cloned().collect();
    difference.mentions = vec![member.name().to_owned()];
    difference.known = known;
    difference
}

fn renamed(place: &Place, new: &Member, old: &Member) -> Difference {
    let class = if place.is_answer() { Class::BreaksDecoding } else { Class::BreaksCallers };
    let difference = Difference::new(
        format!("member-renamed:{}=>{}", place.of(&old.pointer), new.name()),
        class,
        format!("`{}` is called `{}` now", place.of(&old.pointer), new.name()),
        Side::new(new.line, described(new)),
        Side::new(old.line, described(old)),
        format!("rename it in {}, and where the compiler points", edit::owner(old)),
    );
    changes_code(about(difference, old, new.knowledge))
}

pub(super) fn changes_code(mut difference: Difference) -> Difference {
    difference.changes_code = true;
    difference
}

fn gone(place: &Place, old: &Member, documentation: &[Member]) -> Difference {
    let by_example =
        !documentation.iter().any(|member| member.parent() == old.parent() && member.knowledge == Knowledge::Stated);
    let class = if place.is_answer() { Class::BreaksDecoding } else { Class::BreaksCallers };
    let difference = Difference::new(
        format!("member-removed:{}", place.of(&old.pointer)),
        class,
        format!("`{}` is no longer documented", place.of(&old.pointer)),
        Side::nothing(),
        Side::new(old.line, described(old)),
        format!(
            "remove it from {}; or, if it still works, keep it there marked `x-inferred` and out of the examples",
            edit::owner(old)
        ),
    );
    changes_code(about(difference, old, if by_example { Knowledge::Example } else { Knowledge::Stated }))
}

fn new(place: &Place, new: &Member, specification: &[Member]) -> Difference {
    let required = new.required.as_ref().is_some_and(|required| required.value);
    let class = if required && !place.is_answer() { Class::BreaksCallers } else { Class::NewAndOptional };
    let above = parent(&new.pointer).trim_end_matches("/*");
    let holder = specification.iter().find(|member| member.pointer == above);
    let sibling = specification.iter().rfind(|member| member.parent() == new.parent());
    let owner = sibling
        .and_then(|sibling| sibling.origin.owner.clone())
        .or_else(|| holder.and_then(|holder| holder.origin.component.clone()));
    let mut difference = Difference::new(
        format!("member-added:{}", place.of(&new.pointer)),
        class,
        format!("`{}` is new{}", place.of(&new.pointer), if required { ", and required" } else { "" }),
        Side::new(new.line, described(new)),
        Side { line: holder.map(|holder| holder.line), says: "nothing".into() },
        edit::insertion(new, owner.as_deref(), sibling.map(|sibling| sibling.line)),
    );
    difference = changes_code(about(difference, new, new.knowledge));
    difference.types = owner.into_iter().collect();
    difference
}
