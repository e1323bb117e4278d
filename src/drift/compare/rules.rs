//! The documentation's sentences against the rules, by what they demand and not by their words: every combination of
//! members is tried on both. A rule takes part if it has a JSON Schema fragment, which says which members go together.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::drift::contract::{Contract, Knowledge};
use crate::drift::dependency::Statement;
use crate::drift::difference::{Class, Difference, Side};
use crate::drift::sentence::Unclear;
use crate::rules::{JSON_SCHEMA_DEFINITIONS, RULES, Rule, Source};

/// More members than this are not tried together: combinations double with each.
const TRIED: usize = 12;

struct Structural {
    rule: &'static Rule,
    members: BTreeSet<String>,
    validator: Validator,
    /// Where the specification names it.
    line: Option<usize>,
}

pub(super) fn compare(documentation: &Contract, specification: &Contract, found: &mut Vec<Difference>) {
    let rules = structural(specification);
    let statements = &documentation.statements;
    let sample = |name: &str| -> Value {
        let member = specification.body.iter().find(|member| member.pointer == format!("/{name}"));
        let example = member.and_then(|member| member.example.as_ref()?.value.clone());
        example.unwrap_or_else(|| if name.ends_with("_args") { Value::Object(Map::new()) } else { "a".into() })
    };
    let keeps = |rule: &Structural, given: &BTreeSet<String>| {
        let request: Map<String, Value> = given.iter().map(|name| (name.clone(), sample(name))).collect();
        rule.validator.is_valid(&Value::Object(request))
    };
    let states =
        |statement: &Statement, given: &BTreeSet<String>| statement.dependency.holds(|name| given.contains(name));

    let unheld: Vec<&Statement> = statements
        .iter()
        .filter(|statement| {
            let members = statement.dependency.members();
            let near: Vec<&Structural> = rules.iter().filter(|rule| !rule.members.is_disjoint(&members)).collect();
            let all = near.iter().flat_map(|rule| rule.members.clone()).chain(members).collect();
            combinations(&all).any(|given| near.iter().all(|rule| keeps(rule, &given)) && !states(statement, &given))
        })
        .collect();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for rule in rules.iter().filter(|rule| matches!(rule.rule.source, Source::Documentation(_))) {
        let near: Vec<&Statement> =
            statements.iter().filter(|statement| !statement.dependency.members().is_disjoint(&rule.members)).collect();
        let all: BTreeSet<String> =
            near.iter().flat_map(|statement| statement.dependency.members()).chain(rule.members.clone()).collect();
        let implied = combinations(&all)
            .all(|given| keeps(rule, &given) || !near.iter().all(|statement| states(statement, &given)));
        let related =
            unheld.iter().find(|statement| statement.dependency.members().intersection(&rule.members).count() > 1);
        let has_own = near.iter().any(|statement| statement.dependency.members() == rule.members);
        match related {
            _ if implied && (has_own || !is_simple(rule, &keeps)) => {}
            Some(statement) => {
                told.insert(statement.dependency.to_string());
                found.push(changed(rule, statement));
            }
            None if implied => found.push(said_no_more(rule, near.first().copied())),
            None => found.push(removed(rule)),
        }
    }
    for unclear in &documentation.unclear {
        let members = unclear.members.iter().cloned().collect::<Vec<_>>().join(",");
        if told.insert(members.clone()) {
            found.push(not_understood(unclear, &members));
        }
    }
    for statement in unheld {
        if told.insert(statement.dependency.to_string()) {
            found.push(added(statement));
        }
    }
}

fn structural(specification: &Contract) -> Vec<Structural> {
    let read = |rule: &&'static Rule| {
        let mut schema: Value = serde_json::from_str(rule.json_schema?).ok()?;
        schema["definitions"] = serde_json::from_str(JSON_SCHEMA_DEFINITIONS).ok()?;
        let members = rule.members.iter().map(|member| member.trim_start_matches('/').to_owned()).collect();
        let line = specification.statements.iter().find(|statement| statement.rule.as_deref() == Some(rule.id));
        let line = line.map(|statement| statement.line);
        Some(Structural { rule, members, validator: jsonschema::draft202012::new(&schema).ok()?, line })
    };
    RULES.iter().filter_map(read).collect()
}

/// Every set of members that a request can give.
fn combinations(members: &BTreeSet<String>) -> impl Iterator<Item = BTreeSet<String>> {
    let members: Vec<String> = members.iter().take(TRIED).cloned().collect();
    (0..1_u32 << members.len()).map(move |bits| {
        members.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1).map(|(_, name)| name.clone()).collect()
    })
}

/// Whether one sentence over the rule's members says what it says.
fn is_simple(rule: &Structural, keeps: &impl Fn(&Structural, &BTreeSet<String>) -> bool) -> bool {
    let verdicts: Vec<(usize, bool)> =
        combinations(&rule.members).map(|given| (given.len(), keeps(rule, &given))).collect();
    let says = |holds: fn(usize) -> bool| verdicts.iter().all(|(count, verdict)| *verdict == holds(*count));
    says(|count| count >= 1) || says(|count| count <= 1) || says(|count| count == 1)
}

fn specification(rule: &Structural) -> Side {
    Side { line: rule.line, says: format!("rule `{}`: {}", rule.rule.id, rule.rule.summary) }
}

fn file(rule: &Structural) -> String {
    format!("src/rules/{}.rs", rule.rule.id.replace('-', "_"))
}

fn about(mut difference: Difference, members: &BTreeSet<String>, rule: Option<&Structural>) -> Difference {
    difference.rules = rule.map(|rule| rule.rule.id.to_owned()).into_iter().collect();
    difference.mentions = rule.map(|rule| rule.rule.id.to_owned()).into_iter().collect();
    if rule.is_none() {
        difference.mentions = members.iter().cloned().collect();
    }
    difference
}

fn said_no_more(rule: &Structural, other: Option<&Statement>) -> Difference {
    let side = other.map_or_else(Side::nothing, |statement| Side::new(statement.line, &statement.text));
    let difference = Difference::new(
        format!("rule-sentence-removed:{}", rule.rule.id),
        Class::WordingOrExampleOnly,
        format!("no sentence says `{}` by itself any more; what others say still implies it", rule.rule.id),
        side,
        specification(rule),
        format!("correct `source` in {}", file(rule)),
    );
    about(difference, &rule.members, Some(rule))
}

fn removed(rule: &Structural) -> Difference {
    let difference = Difference::new(
        format!("rule-removed:{}", rule.rule.id),
        Class::RuleChanged,
        format!("the documentation no longer says what `{}` demands: {}", rule.rule.id, rule.rule.summary),
        Side::nothing(),
        specification(rule),
        format!(
            "remove {}, its line in `registry!` and its `x-dependencies` line; or, if the server still refuses it, make it `Inferred` and `Warn`",
            file(rule)
        ),
    );
    about(difference, &rule.members, Some(rule))
}

fn changed(rule: &Structural, statement: &Statement) -> Difference {
    let difference = Difference::new(
        format!("rule-changed:{}=>{}", rule.rule.id, statement.dependency),
        Class::RuleChanged,
        format!(
            "the documentation says {} now, where `{}` demands: {}",
            statement.dependency, rule.rule.id, rule.rule.summary
        ),
        Side::new(statement.line, &statement.text),
        specification(rule),
        format!("change the check, `json_schema` and texts of {}, and its `x-dependencies` line", file(rule)),
    );
    about(difference, &statement.dependency.members(), Some(rule))
}

fn not_understood(unclear: &Unclear, members: &str) -> Difference {
    let mut difference = Difference::new(
        format!("sentence-not-understood:{members}"),
        Class::RuleChanged,
        format!("a sentence speaks of {members} together, and is not understood"),
        Side::new(unclear.line, &unclear.text),
        Side::nothing(),
        "read it: if it states a rule, compare that with src/rules/ yourself; then accept this with the reason",
    );
    difference.known = Knowledge::Wording;
    about(difference, &unclear.members, None)
}

fn added(statement: &Statement) -> Difference {
    let difference = Difference::new(
        format!("rule-added:{}", statement.dependency),
        Class::RuleChanged,
        format!("no rule demands {}", statement.dependency),
        Side::new(statement.line, &statement.text),
        Side::nothing(),
        "add a file in src/rules/, its line in `registry!`, and a line under `x-dependencies`",
    );
    about(difference, &statement.dependency.members(), None)
}
