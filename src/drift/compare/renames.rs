//! Members that changed their name and nothing else: one is gone, one is new, and type, example and neighbourhood agree.

use crate::drift::contract::{Member, is_below};

/// The siblings of a pointer in their order.
fn siblings<'member>(members: &'member [Member], parent: &str) -> Vec<&'member str> {
    members.iter().filter(|member| member.parent() == parent).map(Member::name).collect()
}

fn neighbours<'member>(siblings: &[&'member str], name: &str) -> (Option<&'member str>, Option<&'member str>) {
    let Some(at) = siblings.iter().position(|sibling| *sibling == name) else { return (None, None) };
    (at.checked_sub(1).map(|before| siblings[before]), siblings.get(at + 1).copied())
}

fn children<'member>(members: &'member [Member], pointer: &str) -> Vec<&'member str> {
    let mut names: Vec<&str> = members
        .iter()
        .filter(|member| is_below(&member.pointer, pointer))
        .map(|member| &member.pointer[pointer.len()..])
        .collect();
    names.sort_unstable();
    names
}

/// Whether `new` is `old` under another name.
pub(super) fn is_rename(new: &Member, old: &Member, documentation: &[Member], specification: &[Member]) -> bool {
    if new.parent() != old.parent() {
        return false;
    }
    let (mut new_children, old_children) =
        (children(documentation, &new.pointer), children(specification, &old.pointer));
    // What an example shows in a map, or below a value, is no member that could be missing on the other side.
    let has_below = |above: &str| old_children.iter().any(|child| is_below(child, above));
    new_children.retain(|child| !old_children.iter().any(|above| is_below(child, above) && !has_below(above)));
    let types = match (&new.types, &old.types) {
        (Some(new), Some(old)) => new.value.iter().all(|kind| old.value.contains(kind)),
        // A choice of types that the form does not show.
        (None, Some(old)) => old.value.len() > 1,
        _ => false,
    };
    let value = |member: &Member| member.example.as_ref().and_then(|example| example.value.clone());
    let examples = match (value(new), value(old)) {
        _ if !old_children.is_empty() => old_children == new_children,
        (Some(new), Some(old)) => new == old,
        _ => false,
    };
    let (new_before, new_after) = neighbours(&siblings(documentation, new.parent()), new.name());
    let (old_before, old_after) = neighbours(&siblings(specification, old.parent()), old.name());
    types && examples && (new_before == old_before || new_after == old_after)
}
