//! What differs between the documentation and the specification. One file a subject: the operation here, `members` for
//! bodies, `pair` for what is said of one, `renames` for members that only changed their name, `answers` for statuses, `rules` for sentences, `contradictions` for what the
//! documentation says against itself.

mod answers;
mod contradictions;
mod members;
mod pair;
mod renames;
mod rules;

use super::contract::{Contract, Fact, Parameter, Uncompared};
use super::difference::{Class, Difference, Side};
use members::{Place, changes_code};

/// Every difference, the gravest first. What the documentation's form cannot show is no difference.
pub(crate) fn compare(documentation: &Contract, specification: &Contract) -> Vec<Difference> {
    let mut found = Vec::new();
    found.extend(method(documentation, specification));
    addresses(documentation, specification, &mut found);
    parameters(documentation, specification, &mut found);
    found.extend(content_types(documentation, specification));
    members::compare(&Place::Request, documentation.form, &documentation.body, &specification.body, &mut found);
    answers::compare(documentation, specification, &mut found);
    rules::compare(documentation, specification, &mut found);
    found.extend(uncompared(documentation, specification));
    contradictions::find(documentation, &mut found);
    found.sort_by_key(|difference| difference.class);
    found
}

fn method(documentation: &Contract, specification: &Contract) -> Option<Difference> {
    let (new, old) = (&documentation.method, &specification.method);
    (new.value != old.value).then(|| {
        let id = format!("method-changed:{}=>{}", old.value, new.value);
        let message = format!("the method is {} now, it was {}", new.value, old.value);
        let edit = format!("in `paths`, rename `{}:` to `{}:`", old.value.to_lowercase(), new.value.to_lowercase());
        changes_code(sides(id, Class::BreaksCallers, message, new, old, edit))
    })
}

fn sides(
    id: String,
    class: Class,
    message: String,
    new: &Fact<String>,
    old: &Fact<String>,
    edit: String,
) -> Difference {
    let mut difference =
        Difference::new(id, class, message, Side::new(new.line, &new.value), Side::new(old.line, &old.value), edit);
    difference.mentions = vec![old.value.clone()];
    difference
}

/// Server and path: where one took over a part of the other, the address is what it was.
fn addresses(documentation: &Contract, specification: &Contract, found: &mut Vec<Difference>) {
    let (new_path, old_path) = (&documentation.path, &specification.path);
    let servers = documentation.server.as_ref().zip(specification.server.as_ref());
    if let Some((new, old)) = servers
        && format!("{}{}", new.value, new_path.value) == format!("{}{}", old.value, old_path.value)
    {
        return;
    }
    if new_path.value != old_path.value {
        let id = format!("path-changed:{}", new_path.value);
        let message = format!("the path is {} now", new_path.value);
        let edit = format!("in `paths`, rename `{}:` to `{}:`", old_path.value, new_path.value);
        found.push(changes_code(sides(id, Class::BreaksCallers, message, new_path, old_path, edit)));
    }
    if let (None, Some(old)) = (&documentation.server, &specification.server) {
        found.push(Difference::new(
            "server-not-shown",
            Class::WordingOrExampleOnly,
            "the server is no longer shown",
            Side::nothing(),
            Side::new(old.line, &old.value),
            "look whether the page is whole",
        ));
    }
    if let Some((new, old)) = servers.filter(|(new, old)| new.value != old.value) {
        let id = format!("server-changed:{}", new.value);
        let message = format!("the server is {} now", new.value);
        let mut difference =
            sides(id, Class::BreaksCallers, message, new, old, format!("set `servers[0].url` to `{}`", new.value));
        difference.types = vec!["PRODUCTION".into()];
        found.push(difference);
    }
}

fn parameters(documentation: &Contract, specification: &Contract, found: &mut Vec<Difference>) {
    let is_same = |left: &Parameter, right: &Parameter| {
        left.location == right.location && left.name.eq_ignore_ascii_case(&right.name)
    };
    let missing_in = |from: &'_ [Parameter], other: &[Parameter]| -> Vec<usize> {
        let indexes = 0..from.len();
        indexes.filter(|index| !other.iter().any(|parameter| is_same(parameter, &from[*index]))).collect()
    };
    let added = missing_in(&documentation.parameters, &specification.parameters);
    let removed = missing_in(&specification.parameters, &documentation.parameters);
    if let ([new], [old]) = (added.as_slice(), removed.as_slice()) {
        let (new, old) = (&documentation.parameters[*new], &specification.parameters[*old]);
        let mut difference = Difference::new(
            format!("authentication-changed:{}=>{}", old.name, new.name),
            Class::BreaksCallers,
            format!(
                "the key goes into the {} `{}` now, it was the {} `{}`",
                new.location, new.name, old.location, old.name
            ),
            Side::new(new.line, format!("{} {}", new.location, new.name)),
            Side::new(old.line, format!("{} {}", old.location, old.name)),
            format!("in `components/securitySchemes`, set `name: {}` and `in: {}`", new.name, new.location),
        );
        difference.mentions = vec![old.name.clone(), old.name.to_lowercase()];
        found.push(difference);
        return;
    }
    for index in added {
        let new = &documentation.parameters[index];
        found.push(changes_code(Difference::new(
            format!("parameter-added:{}/{}", new.location, new.name),
            if new.required { Class::BreaksCallers } else { Class::NewAndOptional },
            format!("the {} `{}` is documented now", new.location, new.name),
            Side::new(new.line, format!("{} {}", new.location, new.name)),
            Side::nothing(),
            format!("add it under `parameters` of the operation, `in: {}`", new.location),
        )));
    }
    for index in removed {
        let old = &specification.parameters[index];
        let mut difference = Difference::new(
            format!("parameter-removed:{}/{}", old.location, old.name),
            Class::BreaksCallers,
            format!("the {} `{}` is no longer documented", old.location, old.name),
            Side::nothing(),
            Side::new(old.line, format!("{} {}", old.location, old.name)),
            "remove it from the operation, or from `security`",
        );
        difference.mentions = vec![old.name.clone(), old.name.to_lowercase()];
        found.push(difference);
    }
}

/// Keywords that constrain and are not compared: new ones are told, so that none is read over.
fn uncompared(documentation: &Contract, specification: &Contract) -> Vec<Difference> {
    let mut told = std::collections::BTreeSet::new();
    let is_known = |new: &&Uncompared| {
        let old = &specification.uncompared;
        old.iter().any(|old| old.pointer == new.pointer && old.keyword == new.keyword)
    };
    let all = documentation.uncompared.iter().filter(|new| !is_known(new));
    all.filter_map(|new| {
        let place = if new.pointer.is_empty() { "/" } else { &new.pointer };
        let id = format!("keyword-not-compared:{place}={}", new.keyword);
        let difference = Difference::new(
            id.clone(),
            Class::BreaksCallers,
            format!("`{}` constrains `{place}`, and is not compared", new.keyword),
            Side::new(new.line, &new.keyword),
            Side::nothing(),
            "read what it demands, compare that with the specification and src/rules/ yourself; then accept this with the reason",
        );
        told.insert(id).then_some(difference)
    })
    .collect()
}

fn content_types(documentation: &Contract, specification: &Contract) -> Option<Difference> {
    let (new, old) = (documentation.content_types.as_ref()?, specification.content_types.as_ref()?);
    let list =
        |fact: &Fact<std::collections::BTreeSet<String>>| fact.value.iter().cloned().collect::<Vec<_>>().join(", ");
    (new.value != old.value).then(|| {
        let class = if new.value.is_superset(&old.value) { Class::NewAndOptional } else { Class::BreaksCallers };
        let mut difference = Difference::new(
            format!("content-type-changed:{}", list(new)),
            class,
            format!("the body is sent as {} now", list(new)),
            Side::new(new.line, list(new)),
            Side::new(old.line, list(old)),
            "change the key under `requestBody/content`",
        );
        difference.mentions = old.value.iter().cloned().collect();
        changes_code(difference)
    })
}
