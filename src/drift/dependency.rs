//! Which members go together: what the page's prose and descriptions in OpenAPI say (`sentence` reads them), and the
//! `x-dependencies` of a specification.

use std::collections::BTreeSet;
use std::fmt;

/// What a sentence demands of the members it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dependency {
    ExactlyOne(BTreeSet<String>),
    AtLeastOne(BTreeSet<String>),
    /// Not two of them together.
    AtMostOne(BTreeSet<String>),
    /// The first only with the second.
    Requires(String, String),
}

impl Dependency {
    pub(crate) fn members(&self) -> BTreeSet<String> {
        match self {
            Self::ExactlyOne(members) | Self::AtLeastOne(members) | Self::AtMostOne(members) => members.clone(),
            Self::Requires(first, second) => [first.clone(), second.clone()].into(),
        }
    }

    /// Whether a request that gives these members, and no other, keeps it.
    pub(crate) fn holds(&self, is_given: impl Fn(&str) -> bool) -> bool {
        let count = |members: &BTreeSet<String>| members.iter().filter(|member| is_given(member)).count();
        match self {
            Self::ExactlyOne(members) => count(members) == 1,
            Self::AtLeastOne(members) => count(members) >= 1,
            Self::AtMostOne(members) => count(members) <= 1,
            Self::Requires(first, second) => !is_given(first) || is_given(second),
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |members: &BTreeSet<String>| members.iter().cloned().collect::<Vec<_>>().join(",");
        match self {
            Self::ExactlyOne(members) => write!(formatter, "exactly-one({})", list(members)),
            Self::AtLeastOne(members) => write!(formatter, "at-least-one({})", list(members)),
            Self::AtMostOne(members) => write!(formatter, "at-most-one({})", list(members)),
            Self::Requires(first, second) => write!(formatter, "requires({first},{second})"),
        }
    }
}

/// A dependency and the line that states it.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) dependency: Dependency,
    pub(crate) line: usize,
    pub(crate) text: String,
    /// The rule that a specification names for it.
    pub(crate) rule: Option<String>,
}

/// A line of IDL4OAS: `Or(a, b);`, `ZeroOrOne(a, b);`, `OnlyOne(a, b);`, `IF a THEN b;`, `IF a THEN NOT Or(b, c);`.
pub(crate) fn from_idl4oas(text: &str) -> Vec<Dependency> {
    let text = text.trim().trim_end_matches(';');
    let list = |text: &str| -> BTreeSet<String> {
        let inner = text.split_once('(').map_or(text, |(_, rest)| rest).trim_end_matches(')');
        inner.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    if let Some((first, then)) = text.strip_prefix("IF ").and_then(|rest| rest.split_once(" THEN ")) {
        let first = first.trim().to_owned();
        return match then.trim().strip_prefix("NOT ") {
            Some(excluded) => {
                list(excluded).into_iter().map(|second| Dependency::AtMostOne([first.clone(), second].into())).collect()
            }
            None => vec![Dependency::Requires(first, then.trim().to_owned())],
        };
    }
    match text.split('(').next().map(str::trim) {
        Some("Or") => vec![Dependency::AtLeastOne(list(text))],
        Some("ZeroOrOne") => vec![Dependency::AtMostOne(list(text))],
        Some("OnlyOne") => vec![Dependency::ExactlyOne(list(text))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idl4oas_is_read() {
        let all =
            ["Or(a, b);", "ZeroOrOne(a, b);", "OnlyOne(a, b);", "IF a THEN b;", "IF a THEN NOT Or(b, c);", "Odd(a);"];
        let read: Vec<String> =
            all.iter().flat_map(|line| from_idl4oas(line)).map(|dependency| dependency.to_string()).collect();
        assert_eq!(
            read,
            [
                "at-least-one(a,b)",
                "at-most-one(a,b)",
                "exactly-one(a,b)",
                "requires(a,b)",
                "at-most-one(a,b)",
                "at-most-one(a,c)"
            ]
        );
    }
}
