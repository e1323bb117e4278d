//! Members read off an example: all that is known of what a page keeps collapsed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::drift::contract::{Fact, Knowledge, Member, has_children};
use crate::drift::node::{Data, Node};
use crate::violation::escape;

/// Adds to `members` what an example shows and nothing stated. With `is_main`, its values are the documented examples
/// of the members that have none; otherwise it tells of their presence only.
pub(crate) fn overlay(members: &mut Vec<Member>, example: &Node, pointer: &str, is_main: bool) {
    for (name, line, value) in example.members() {
        let pointer = format!("{pointer}/{}", escape(name));
        let position = members.iter().position(|member| member.pointer == pointer).unwrap_or_else(|| {
            let mut member = Member::new(pointer.clone(), *line, Knowledge::Example);
            member.types = type_of(value).map(|kind| by_example(BTreeSet::from([kind]), value.line));
            members.push(member);
            members.len() - 1
        });
        let member = &mut members[position];
        if is_main && member.example.as_ref().is_none_or(|example| example.value.is_none()) && !is_own(member) {
            member.example = Some(by_example(Some(value.value()), value.line));
        }
        match &value.data {
            Data::Object(_) => overlay(members, value, &pointer, is_main),
            Data::Array(items) => {
                items
                    .iter()
                    .filter(|item| item.is_object())
                    .for_each(|item| overlay(members, item, &format!("{pointer}/*"), is_main));
            }
            Data::Scalar(_) => {}
        }
    }
}

/// A page's field list shows each field's own example; where a field there has none, none is documented.
fn is_own(member: &Member) -> bool {
    member.example.as_ref().is_some_and(|example| example.knowledge == Knowledge::Stated && example.value.is_none())
}

/// Values inside the members' own examples, for the members below them.
pub(crate) fn spread(members: &mut Vec<Member>, nodes: &[(String, Node)]) {
    for (pointer, node) in nodes {
        if !has_children(members, pointer) || node.is_object() {
            overlay(members, node, pointer, true);
        }
    }
}

fn by_example<T>(value: T, line: usize) -> Fact<T> {
    Fact { value, line, knowledge: Knowledge::Example }
}

/// The type an example shows; null shows none.
pub(crate) fn type_of(node: &Node) -> Option<String> {
    let kind = match &node.data {
        Data::Object(_) => "object",
        Data::Array(items) => return Some(format!("{}[]", items.first().and_then(type_of).unwrap_or_default())),
        Data::Scalar(Value::Null) => return None,
        Data::Scalar(Value::Bool(_)) => "boolean",
        Data::Scalar(Value::Number(number)) if number.is_f64() => "number",
        Data::Scalar(Value::Number(_)) => "integer",
        Data::Scalar(_) => "string",
    };
    Some(kind.to_owned())
}
