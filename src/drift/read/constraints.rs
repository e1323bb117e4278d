//! Keywords of a schema that say which members go together: as statements where that is easy, and otherwise by name, so that
//! none is read over.

use std::collections::BTreeSet;

use crate::drift::dependency::{Dependency, Statement};
use crate::drift::node::{Data, Node};

/// What the keywords of one schema constrain.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    pub(super) statements: Vec<Statement>,
    /// Keywords that are not compared, and their lines.
    pub(super) uncompared: Vec<(String, usize)>,
}

/// Keywords that constrain an object and are never compared.
const UNCOMPARED: [&str; 10] = [
    "if",
    "then",
    "else",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "minProperties",
    "maxProperties",
    "additionalProperties",
];

impl Constraints {
    pub(super) fn extend(&mut self, other: Self) {
        self.statements.extend(other.statements);
        self.uncompared.extend(other.uncompared);
    }
}

/// The constraints beside each other in one schema; `resolve` follows `$ref`.
pub(super) fn read<'node>(schema: &'node Node, resolve: impl Fn(&'node Node) -> &'node Node) -> Constraints {
    let mut found = Constraints::default();
    for (keyword, line, node) in schema.members() {
        let mut state = |dependency: Dependency, text: String| {
            found.statements.push(Statement { dependency, line: *line, text, rule: None });
        };
        match keyword.as_str() {
            "oneOf" | "anyOf" => {
                let branches: Vec<&Node> = node.items().iter().map(&resolve).collect();
                let required: Vec<BTreeSet<String>> = branches.iter().map(|branch| required(branch)).collect();
                let is_simple = branches.iter().all(|branch| is_only_required(branch))
                    && required.iter().all(|names| names.len() == 1);
                if is_simple && branches.len() > 1 {
                    let members: BTreeSet<String> = required.into_iter().flatten().collect();
                    let dependency = if keyword == "oneOf" {
                        Dependency::ExactlyOne(members)
                    } else {
                        Dependency::AtLeastOne(members)
                    };
                    state(dependency, format!("`{keyword}` of required members"));
                } else if required.windows(2).any(|pair| pair[0] != pair[1]) {
                    found.uncompared.push((keyword.clone(), *line));
                }
            }
            "not" => {
                let names = required(node);
                if is_only_required(node) && names.len() == 2 {
                    state(Dependency::AtMostOne(names), "`not` of required members".to_owned());
                } else {
                    found.uncompared.push((keyword.clone(), *line));
                }
            }
            "dependentRequired" => {
                for (first, _, others) in node.members() {
                    for second in others.items().iter().filter_map(Node::text) {
                        state(Dependency::Requires(first.clone(), second.to_owned()), format!("`{keyword}`"));
                    }
                }
            }
            // A schema for what is not listed lets it in.
            "additionalProperties" | "unevaluatedProperties" if !is_false(node) => {}
            _ if UNCOMPARED.contains(&keyword.as_str()) => found.uncompared.push((keyword.clone(), *line)),
            _ => {}
        }
    }
    found
}

fn required(schema: &Node) -> BTreeSet<String> {
    let names = schema.get("required").map(Node::items).unwrap_or_default();
    names.iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn is_only_required(schema: &Node) -> bool {
    schema.members().iter().all(|(name, ..)| ["required", "title", "description", "type"].contains(&name.as_str()))
}

fn is_false(node: &Node) -> bool {
    matches!(node.data, Data::Scalar(serde_json::Value::Bool(false)))
}
