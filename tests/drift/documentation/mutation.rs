//! What may change in a documentation, one kind at a time, the id that drift must give it, and which form can show it. The
//! last is the table of `docs/drift.md`.

use serde_json::{Value, json};

use super::{Documentation, Field};

/// How far a form shows a kind of change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shows {
    Yes,
    /// Not for members of members, which the page keeps collapsed.
    TopLevel,
    No,
}

impl Shows {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::TopLevel => "top level",
            Self::No => "no",
        }
    }
}

/// A change to a member, by its siblings and its index; gives the kind and the end of the id, or nothing if it is not fit.
pub(crate) type MemberChange = fn(&mut Vec<Field>, usize) -> Option<(&'static str, String)>;

/// Where a change is made.
pub(crate) enum Change {
    /// To a member.
    Member(MemberChange),
    /// To the operation; gives the id.
    Operation(fn(&mut Documentation) -> String),
}

pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) change: Change,
    /// What the page shows; the two OpenAPI forms show all.
    pub(crate) page: Shows,
}

const fn member(name: &'static str, page: Shows, change: MemberChange) -> Mutation {
    Mutation { name, page, change: Change::Member(change) }
}

const fn operation(name: &'static str, page: Shows, change: fn(&mut Documentation) -> String) -> Mutation {
    Mutation { name, page, change: Change::Operation(change) }
}

fn is_leaf(field: &Field) -> bool {
    field.children.is_empty() && field.kind != "object"
}

fn is_plain(field: &Field) -> bool {
    is_leaf(field) && !field.or_array && field.values.is_empty() && field.default.is_none() && field.format.is_none()
}

/// Every kind of change.
pub(crate) const MUTATIONS: &[Mutation] = &[
    member("member dropped", Shows::Yes, |siblings, index| {
        // The last member of an object leaves an object of which nothing is shown; rules name their members.
        let fit =
            siblings.len() > 1 && !siblings[index].name.contains("number_id") && !siblings[index].name.contains("pool");
        (fit && siblings[index].name != "from_number")
            .then(|| ("member-removed", format!("/{}", siblings.remove(index).name)))
    }),
    member("optional member added", Shows::Yes, |siblings, index| {
        siblings.insert(index, Field::new("added_later", "string", json!("x")));
        Some(("member-added", "/added_later".into()))
    }),
    member("required member added", Shows::Yes, |siblings, index| {
        let mut field = Field::new("added_later", "integer", json!(3));
        field.required = true;
        siblings.insert(index, field);
        Some(("member-added", "/added_later".into()))
    }),
    member("object added", Shows::Yes, |siblings, index| {
        let mut field = Field::new("added_later", "object", Value::Null);
        field.children = vec![Field::new("inner", "string", json!("x"))];
        siblings.insert(index, field);
        Some(("member-added", "/added_later".into()))
    }),
    member("member renamed", Shows::Yes, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !field.name.contains("number") && (field.example.is_some() || !field.children.is_empty());
        let old = std::mem::replace(&mut field.name, "called_otherwise".into());
        fit.then(|| ("member-renamed", format!("/{old}=>called_otherwise")))
    }),
    member("member retyped", Shows::Yes, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_plain(field);
        (field.kind, field.example) = if field.kind == "string" {
            ("integer".into(), Some(json!(7)))
        } else {
            ("string".into(), Some(json!("x")))
        };
        fit.then(|| ("type-changed", format!("/{}", field.name)))
    }),
    member("array allowed beside the value", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_plain(field) && !field.nullable;
        field.or_array = true;
        fit.then(|| ("type-changed", format!("/{}", field.name)))
    }),
    member("array no longer allowed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = std::mem::replace(&mut field.or_array, false) && !field.nullable;
        fit.then(|| ("type-changed", format!("/{}", field.name)))
    }),
    member("made required", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !std::mem::replace(&mut field.required, true);
        fit.then(|| ("required-added", format!("/{}", field.name)))
    }),
    member("made optional", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        std::mem::replace(&mut field.required, false).then(|| ("required-removed", format!("/{}", field.name)))
    }),
    member("made nullable", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !field.or_array && !std::mem::replace(&mut field.nullable, true);
        fit.then(|| ("nullable-added", format!("/{}", field.name)))
    }),
    member("made not nullable", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !field.or_array && std::mem::replace(&mut field.nullable, false);
        fit.then(|| ("nullable-removed", format!("/{}", field.name)))
    }),
    member("enum introduced", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_plain(field) && field.kind == "string";
        field.values = vec!["one".into(), "two".into()];
        fit.then(|| ("enum-added", format!("/{}", field.name)))
    }),
    member("enum value added", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !field.values.is_empty();
        field.values.push("urgent".into());
        fit.then(|| ("enum-value-added", format!("/{}=urgent", field.name)))
    }),
    member("enum value removed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        (field.values.len() > 1).then(|| ("enum-value-removed", format!("/{}={}", field.name, field.values.remove(0))))
    }),
    member("enum lifted", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = !std::mem::take(&mut field.values).is_empty();
        fit.then(|| ("enum-removed", format!("/{}", field.name)))
    }),
    member("default introduced", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_plain(field) && field.kind == "integer";
        field.default = Some(json!(5));
        fit.then(|| ("default-added", format!("/{}", field.name)))
    }),
    member("default changed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        field.default.replace(json!(99)).map(|_| ("default-changed", format!("/{}", field.name)))
    }),
    member("default removed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        field.default.take().map(|_| ("default-removed", format!("/{}", field.name)))
    }),
    member("format introduced", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_plain(field) && field.kind == "string";
        field.format = Some("uuid".into());
        fit.then(|| ("format-added", format!("/{}", field.name)))
    }),
    member("format changed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        field.format.replace("date".into()).map(|_| ("format-changed", format!("/{}", field.name)))
    }),
    member("format removed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        field.format.take().map(|_| ("format-removed", format!("/{}", field.name)))
    }),
    member("example changed", Shows::Yes, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_leaf(field) && field.kind == "string" && field.example.is_some() && field.name != "agent_id";
        field.example = Some(json!("changed"));
        fit.then(|| ("example-changed", format!("/{}", field.name)))
    }),
    member("example removed", Shows::TopLevel, |siblings, index| {
        let field = &mut siblings[index];
        let fit = is_leaf(field) && !field.name.contains("number") && field.example.take().is_some();
        fit.then(|| ("example-removed", format!("/{}", field.name)))
    }),
    operation("path", Shows::Yes, |documentation| {
        documentation.path = "/calling/v3/outbound/individual".into();
        "path-changed:/calling/v3/outbound/individual".into()
    }),
    operation("method", Shows::Yes, |documentation| {
        documentation.method = "PUT".into();
        "method-changed:POST=>PUT".into()
    }),
    operation("server", Shows::Yes, |documentation| {
        documentation.server = "https://api.example.com/v1".into();
        "server-changed:https://api.example.com/v1".into()
    }),
    operation("authentication header", Shows::Yes, |documentation| {
        documentation.headers = vec!["X-Workspace-Key".into()];
        "authentication-changed:X-API-KEY=>X-Workspace-Key".into()
    }),
    operation("header added", Shows::Yes, |documentation| {
        documentation.headers.push("X-Workspace".into());
        "parameter-added:header/X-Workspace".into()
    }),
    operation("header removed", Shows::Yes, |documentation| {
        documentation.headers.clear();
        "parameter-removed:header/X-API-KEY".into()
    }),
    operation("content type", Shows::Yes, |documentation| {
        documentation.content_type = "application/cloudevents+json".into();
        "content-type-changed:application/cloudevents+json".into()
    }),
    operation("status of success", Shows::No, |documentation| {
        documentation.success = "201".into();
        "status-changed:200=>201".into()
    }),
    operation("body of the answer removed", Shows::No, |documentation| {
        documentation.answer_content_type.clear();
        "body-removed:response".into()
    }),
    operation("content type of the answer", Shows::No, |documentation| {
        documentation.answer_content_type = "application/cloudevents+json".into();
        "content-type-changed:response=application/cloudevents+json".into()
    }),
    operation("type of the answer", Shows::No, |documentation| {
        documentation.answer_is_list = true;
        "type-changed:response".into()
    }),
    operation("error status added", Shows::Yes, |documentation| {
        documentation.errors.push(("429".into(), documentation.errors[0].1.clone()));
        "status-added:429".into()
    }),
    operation("error status removed", Shows::Yes, |documentation| {
        documentation.errors.retain(|(status, _)| status != "503");
        "status-removed:503".into()
    }),
    operation("member of an error added", Shows::No, |documentation| {
        let error = documentation.errors.iter_mut().find(|(status, _)| status == "401").unwrap();
        error.1.push(Field::new("request_id", "string", json!("x")));
        "member-added:401/request_id".into()
    }),
    operation("member of an error dropped", Shows::No, |documentation| {
        let error = documentation.errors.iter_mut().find(|(status, _)| status == "401").unwrap();
        error.1[0].children.remove(0);
        "member-removed:401/error/code".into()
    }),
    operation("rule sentence dropped", Shows::Yes, |documentation| {
        documentation.sentences.remove(0);
        "rule-removed:caller-number-missing".into()
    }),
    operation("rule sentence added", Shows::Yes, |documentation| {
        documentation.sentences.push("voice_id requires version_id.".into());
        "rule-added:requires(voice_id,version_id)".into()
    }),
    operation("rule sentence changed", Shows::Yes, |documentation| {
        documentation.sentences[0] = "At least one of number_pool_id or from_number_id is required.".into();
        "rule-changed:caller-number-missing=>at-least-one(from_number_id,number_pool_id)".into()
    }),
];

/// Makes a change to the member at a path of names; the id it must get, if the member is fit for it.
pub(crate) fn apply(change: MemberChange, fields: &mut Vec<Field>, path: &[usize], above: &str) -> Option<String> {
    match path {
        [] => None,
        [index] => change(fields, *index).map(|(kind, rest)| format!("{kind}:{above}{rest}")),
        [index, rest @ ..] => {
            let above = format!("{above}/{}", fields[*index].name);
            apply(change, &mut fields[*index].children, rest, &above)
        }
    }
}

/// The paths of all members.
pub(crate) fn paths(fields: &[Field]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        found.push(vec![index]);
        found.extend(paths(&field.children).into_iter().map(|path| [vec![index], path].concat()));
    }
    found
}
