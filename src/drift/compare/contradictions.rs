//! What the documentation says against itself. No edit mends it; each is accepted with a reason, or the vendor mends it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::drift::contract::{Contract, Example, Member};
use crate::drift::dependency::{Dependency, Statement};
use crate::drift::difference::{Class, Difference, Side};
use crate::drift::node::Node;

pub(super) fn find(documentation: &Contract, found: &mut Vec<Difference>) {
    sentences(documentation, found);
    broken_by_example(documentation, found);
    forms(documentation, found);
    echoes(documentation, found);
    for disagreement in &documentation.disagreements {
        let ((shown, shown_line), (stated, stated_line)) = (&disagreement.shown, &disagreement.stated);
        let message = format!("its `curl` shows {shown}, and the page states {stated}");
        let sides = (Side::new(*shown_line, shown), Side::new(*stated_line, stated));
        found.push(contradiction(format!("curl-{}", disagreement.id), message, sides, &BTreeSet::new()));
    }
}

fn contradiction(id: String, message: String, sides: (Side, Side), members: &BTreeSet<String>) -> Difference {
    let edit = "nothing to edit: decide, write the decision down in the README's table, accept this with the reason";
    let mut difference =
        Difference::new(format!("contradiction:{id}"), Class::WordingOrExampleOnly, message, sides.0, sides.1, edit);
    difference.member = members.first().filter(|_| members.len() == 1).map(|name| format!("/{name}"));
    difference
}

/// "Exactly one of" beside "at least one of" the same members.
fn sentences(documentation: &Contract, found: &mut Vec<Difference>) {
    let mut told = BTreeSet::new();
    for strict in &documentation.statements {
        let Dependency::ExactlyOne(members) = &strict.dependency else { continue };
        let is_loose = |statement: &&Statement| statement.dependency == Dependency::AtLeastOne(members.clone());
        let Some(loose) = documentation.statements.iter().find(is_loose) else { continue };
        if told.insert(strict.dependency.to_string()) {
            let id = strict.dependency.to_string();
            let message = format!("it says {} in one place and {} in another", strict.dependency, loose.dependency);
            let sides = (Side::new(strict.line, &strict.text), Side::new(loose.line, &loose.text));
            found.push(contradiction(format!("sentences:{id}"), message, sides, members));
        }
    }
}

/// The documentation's own request breaks its own sentence.
fn broken_by_example(documentation: &Contract, found: &mut Vec<Difference>) {
    let mut told = BTreeSet::new();
    for example in documentation.examples.iter().filter(|example| !example.is_answer) {
        let node = &example.node;
        if !is_request(node, documentation) {
            continue;
        }
        for statement in &documentation.statements {
            let holds = statement.dependency.holds(|name| node.get(name).is_some_and(|value| !value.value().is_null()));
            if !holds && told.insert(statement.dependency.to_string()) {
                let message = format!("its own example request breaks {}", statement.dependency);
                let sides = (Side::new(node.line, "the example request"), Side::new(statement.line, &statement.text));
                found.push(contradiction(
                    format!("example:{}", statement.dependency),
                    message,
                    sides,
                    &statement.dependency.members(),
                ));
            }
        }
    }
}

/// Whether an example is a request: a block that shows one member, or an object below, is none. A required member that is
/// new may be missing.
fn is_request(node: &Node, documentation: &Contract) -> bool {
    let top = documentation.body.iter().filter(|member| member.parent().is_empty());
    let required = top.filter(|member| member.required.as_ref().is_some_and(|required| required.value));
    let (shown, missing): (Vec<_>, Vec<_>) = required.partition(|member| node.get(member.name()).is_some());
    node.members().len() > 1 && shown.len() >= missing.len()
}

/// Values that have not the form that the text, or their own words, give them.
fn forms(documentation: &Contract, found: &mut Vec<Difference>) {
    for member in documentation.body.iter().filter(|member| member.parent().is_empty()) {
        for (value, line) in shown(member, &documentation.examples) {
            let calls_itself_uuid = value.to_lowercase().contains("uuid");
            let called_uuid = member.description.contains("UUID") || calls_itself_uuid;
            if called_uuid && uuid::Uuid::try_parse(&value).is_err() {
                let message = format!("`{}` is called a UUID, and an example is none", member.pointer);
                let sides = (Side::new(line, value), Side::new(member.line, described(member)));
                found.push(contradiction(
                    format!("not-a-uuid:{}", member.pointer),
                    message,
                    sides,
                    &[member.name().to_owned()].into(),
                ));
                break;
            }
            // Of country code 1, every number has ten digits more.
            let digits = value.strip_prefix("+1").filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
            if digits.is_some_and(|digits| digits.len() != 10) {
                let message = format!(
                    "`{}` is a phone number, and its example has not the digits of its country",
                    member.pointer
                );
                let sides = (Side::new(line, value), Side::new(member.line, described(member)));
                found.push(contradiction(
                    format!("not-a-number:{}", member.pointer),
                    message,
                    sides,
                    &[member.name().to_owned()].into(),
                ));
                break;
            }
        }
    }
}

fn described(member: &Member) -> String {
    if member.description.is_empty() { member.name().to_owned() } else { member.description.clone() }
}

/// Every text that is shown as a member's value.
fn shown(member: &Member, examples: &[Example]) -> Vec<(String, usize)> {
    let own =
        member.example.iter().filter_map(|example| Some((example.value.as_ref()?.as_str()?.to_owned(), example.line)));
    let whole = examples.iter().filter(|example| !example.is_answer);
    let whole = whole.filter_map(|example| {
        let value = example.node.get(member.name())?;
        Some((value.text()?.to_owned(), value.line))
    });
    own.chain(whole).collect()
}

/// Members of the answer's `data` with the names of the request's: the answer is shown beside the request.
fn echoes(documentation: &Contract, found: &mut Vec<Difference>) {
    let requests: Vec<&Example> = documentation.examples.iter().filter(|example| !example.is_answer).collect();
    let Some(data) =
        documentation.examples.iter().find(|example| example.is_answer).and_then(|example| example.node.get("data"))
    else {
        return;
    };
    for (name, line, echoed) in data.members() {
        if let Some(sent) = requests.first().and_then(|request| request.node.get(name))
            && !contains(&echoed.value(), &sent.value())
        {
            let message = format!("the answer shown beside the request has another `{name}` than the request");
            let sides = (Side::new(*line, echoed.value().to_string()), Side::new(sent.line, sent.value().to_string()));
            found.push(contradiction(format!("not-echoed:/{name}"), message, sides, &[name.clone()].into()));
        }
        for (inner, line, echoed) in echoed.members() {
            let sent = requests
                .iter()
                .filter_map(|request| request.node.at(&[name, inner]))
                .find(|sent| is_recased(sent, echoed));
            if let Some(sent) = sent {
                let message =
                    format!("`{name}/{inner}` is written with other letters in the answer than in the request");
                let sides =
                    (Side::new(*line, echoed.value().to_string()), Side::new(sent.line, sent.value().to_string()));
                found.push(contradiction(
                    format!("letter-case:/{name}/{inner}"),
                    message,
                    sides,
                    &[name.clone()].into(),
                ));
            }
        }
    }
}

fn is_recased(left: &Node, right: &Node) -> bool {
    let (Some(left), Some(right)) = (left.text(), right.text()) else { return false };
    left != right && left.to_lowercase() == right.to_lowercase()
}

/// Whether `whole` has all of `part`; it may have more.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| contains(whole, value)))
        }
        (whole, part) => whole == part,
    }
}
