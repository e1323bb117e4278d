//! Sentences about which members go together, reduced to what they demand. The page's prose, descriptions in OpenAPI and
//! the `x-dependencies` of a specification all end here. A new way to say it is a line in [`demands`].

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

/// What makes a dependency of the members that a sentence names.
type Make = fn(BTreeSet<String>) -> Dependency;

/// A dependency and the line that states it.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) dependency: Dependency,
    pub(crate) line: usize,
    pub(crate) text: String,
    /// The rule that a specification names for it.
    pub(crate) rule: Option<String>,
}

/// Reads prose line by line. `names` are the members a sentence may name.
pub(crate) struct Reader<'names> {
    names: &'names BTreeSet<String>,
    /// The members of the last list that a sentence introduced ("exactly one of the following").
    listed: BTreeSet<String>,
    /// A sentence whose members follow, one a line, with its line and text.
    awaiting: Option<(Make, usize, String)>,
    statements: Vec<Statement>,
}

impl<'names> Reader<'names> {
    pub(crate) fn new(names: &'names BTreeSet<String>) -> Self {
        Self { names, listed: BTreeSet::new(), awaiting: None, statements: Vec::new() }
    }

    pub(crate) fn finish(mut self) -> Vec<Statement> {
        self.close();
        self.statements
    }

    /// One line, or one paragraph, of prose.
    pub(crate) fn read(&mut self, text: &str, line: usize) {
        if self.awaiting.is_some() {
            if let Some(name) = self.first_cell(text) {
                self.listed.insert(name);
                return;
            }
            // Blank lines and the head of the table come before the first row.
            if self.listed.is_empty() && (text.trim().is_empty() || !text.contains(". ") && !text.ends_with(['.', ':']))
            {
                return;
            }
            self.close();
        }
        for sentence in sentences(text) {
            self.sentence(sentence, line);
        }
    }

    fn close(&mut self) {
        if let Some((make, line, text)) = self.awaiting.take()
            && self.listed.len() > 1
        {
            self.statements.push(Statement { dependency: make(self.listed.clone()), line, text, rule: None });
        }
    }

    /// The member a table row or list item begins with; the page glues the cells of a row together.
    fn first_cell(&self, text: &str) -> Option<String> {
        let inner = text.trim_start_matches(['|', '-', '*', '•', ' ', '`']);
        let has_border = inner.len() < text.len();
        let fits = self.names.iter().filter(|name| inner.starts_with(name.as_str()));
        let name = fits.max_by_key(|name| name.len())?;
        let is_cell = match inner[name.len()..].chars().next() {
            None => true,
            // A sentence that begins with the member's name is no row.
            Some(' ') => has_border,
            // A longer word of the same beginning is another word.
            Some(next) => !next.is_ascii_lowercase() && !next.is_ascii_digit() && next != '_',
        };
        is_cell.then(|| name.clone())
    }

    fn sentence(&mut self, sentence: &str, line: usize) {
        let words: Vec<&str> =
            sentence.split(|character: char| character.is_whitespace() || ",;()`|".contains(character)).collect();
        let mut mentioned: Vec<String> = Vec::new();
        for word in &words {
            let word = word.trim_matches(['.', ':', '*', '"', '\'', '_']);
            if self.names.contains(word) && !mentioned.iter().any(|name| name == word) {
                mentioned.push(word.to_owned());
            }
        }
        let plain = words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ").to_lowercase();
        let text = sentence.trim().to_owned();
        for (make, introduces) in demands(&plain) {
            let members: BTreeSet<String> = mentioned.iter().cloned().collect();
            if members.len() > 1 {
                self.statements.push(Statement { dependency: make(members), line, text: text.clone(), rule: None });
            } else if introduces && plain.contains("following") {
                self.listed.clear();
                self.awaiting = Some((make, line, text.clone()));
            } else if introduces
                && members.is_empty()
                && self.listed.len() > 1
                && ["required", "needed", "must"].iter().any(|word| plain.contains(word))
            {
                // "At least one number source": those of the list above.
                self.statements.push(Statement {
                    dependency: make(self.listed.clone()),
                    line,
                    text: text.clone(),
                    rule: None,
                });
            }
        }
        if let [first, second] = mentioned.as_slice() {
            let requires = |first: &String, second: &String| Dependency::Requires(first.clone(), second.clone());
            let dependency = if plain.contains("is required when") || plain.contains("is required if") {
                Some(requires(second, first))
            } else if plain.contains(" requires ") || plain.contains("can only be set with") {
                Some(requires(first, second))
            } else {
                None
            };
            self.statements.extend(dependency.map(|dependency| Statement { dependency, line, text, rule: None }));
        }
    }
}

/// What a sentence, in lower case and without punctuation, demands; and whether its members may stand in a list.
fn demands(plain: &str) -> Vec<(Make, bool)> {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| plain.contains(phrase));
    let mut demands: Vec<(Make, bool)> = Vec::new();
    if says(&["exactly one", "precisely one", "one and only one"]) {
        demands.push((Dependency::ExactlyOne, true));
    }
    if says(&["at least one", "one or more of"]) && !says(&["exactly one"]) {
        demands.push((Dependency::AtLeastOne, true));
    }
    if says(&[
        "cannot both be",
        "can't both be",
        "must not both be",
        "may not both be",
        "not both",
        "cannot be used together",
        "cannot be set together",
        "cannot be combined",
        "mutually exclusive",
        "at most one",
        "only one of",
    ]) && !says(&["and only one of"])
    {
        demands.push((Dependency::AtMostOne, says(&["at most one", "only one of"])));
    }
    demands
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(". ").flat_map(|part| part.split(['\n', '•'])).filter(|part| !part.trim().is_empty())
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

    fn read(lines: &[&str]) -> Vec<String> {
        let names: BTreeSet<String> = ["pool", "number_id", "number", "reply_to"].map(str::to_owned).into();
        let mut reader = Reader::new(&names);
        for (index, line) in lines.iter().enumerate() {
            reader.read(line, index + 1);
        }
        reader.finish().iter().map(|statement| format!("{} {}", statement.line, statement.dependency)).collect()
    }

    #[test]
    fn sentences_are_reduced_to_what_they_demand() {
        for (text, expected) in [
            ("Exactly one of `pool`, `number_id`, or `number` has to be there.", "exactly-one(number,number_id,pool)"),
            ("At least one of pool or number is required.", "at-least-one(number,pool)"),
            ("number_id and number cannot both be set.", "at-most-one(number,number_id)"),
            ("Give either number or number_id, not both.", "at-most-one(number,number_id)"),
            ("reply_to requires number.", "requires(reply_to,number)"),
            ("number is required when reply_to is set.", "requires(reply_to,number)"),
        ] {
            assert_eq!(read(&[text]), [format!("1 {expected}")], "{text}");
        }
    }

    #[test]
    fn members_may_follow_in_a_table_and_be_meant_again_later() {
        let glued =
            ["Give exactly one of the following:", "FieldUse", "poolThe best.", "number_idBy id.", "numberBy number."];
        let bordered = [
            "Give exactly one of the following:",
            "",
            "| Field | Use |",
            "| --- | --- |",
            "| `pool` | a |",
            "| `number_id` | b |",
            "| `number` | c |",
        ];
        for table in [&glued[..], &bordered[..]] {
            let after = ["number_id and number cannot both be set.", "At least one source is needed."];
            let lines: Vec<&str> = table.iter().copied().chain(after).collect();
            let last = lines.len();
            assert_eq!(
                read(&lines),
                [
                    "1 exactly-one(number,number_id,pool)".to_owned(),
                    format!("{} at-most-one(number,number_id)", last - 1),
                    format!("{last} at-least-one(number,number_id,pool)")
                ]
            );
        }
    }

    #[test]
    fn what_states_no_rule_is_left_alone() {
        for text in [
            "Both number_id and number were set.",
            "Keep at least one agent.",
            "Use pool with number.",
            "One of pool, number.",
        ] {
            assert_eq!(read(&[text]), [""; 0], "{text}");
        }
    }

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
