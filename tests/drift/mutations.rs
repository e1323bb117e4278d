//! Documentation that is changed in one way must be told to have changed in that way and no other, in every form that can
//! show it. The documentation is printed by `documentation`, which shares no code with the readers.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::documentation::mutation::{Change, MUTATIONS, MemberChange, Mutation, Shows, apply, paths};
use crate::documentation::print::{Version, markdown, openapi, page};
use crate::documentation::{Documentation, Field, documented, rich};
use crate::support::{json, ringg_in, root, stderr, stdout};

const FORMS: [&str; 5] = ["page", "markdown", "openapi 3.0 json", "openapi 3.0 yaml", "openapi 3.1 yaml"];

fn printed(documentation: &Documentation, form: &str) -> String {
    match form {
        "page" => page(documentation),
        "markdown" => markdown(documentation),
        "openapi 3.0 json" => openapi(documentation, Version::Three0).json(0),
        "openapi 3.0 yaml" => openapi(documentation, Version::Three0).yaml(0).trim_start().to_owned(),
        _ => openapi(documentation, Version::Three1).yaml(0).trim_start().to_owned(),
    }
}

/// A folder with a specification made of a documentation, and nothing accepted.
fn package(documentation: &Documentation) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut specification = openapi(documentation, Version::Three0);
    // One operation, as ours has.
    if let crate::documentation::print::Tree::Members(members) = &mut specification {
        for (name, value) in members {
            if let ("paths", crate::documentation::print::Tree::Members(paths)) = (name.as_str(), value) {
                paths.remove(0);
            }
        }
    }
    std::fs::write(folder.path().join("openapi.yaml"), specification.yaml(0).trim_start()).unwrap();
    folder
}

/// The ids that drift gives, and its status.
fn drift(folder: &Path, text: &str) -> (Vec<String>, i32) {
    let output = ringg_in(folder, &["drift", "--format", "json", "-"], text.as_bytes(), &[]);
    let status = output.status.code().unwrap();
    assert!(status < 2, "{}\n{text}", stderr(&output));
    let report = json(&stdout(&output));
    let ids = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| difference["id"].as_str().unwrap().to_owned());
    (ids.collect(), status)
}

fn specification() -> String {
    std::fs::read_to_string(root().join("openapi.yaml")).unwrap()
}

#[test]
fn the_documentation_of_todays_specification_shows_no_drift_in_any_form() {
    let documentation = documented(&specification());
    for form in FORMS {
        let (ids, _) = drift(&root(), &printed(&documentation, form));
        assert_eq!(ids, [""; 0], "{form}");
    }
}

#[test]
fn documentation_that_did_not_change_shows_no_drift() {
    let documentation = rich(&specification());
    let folder = package(&documentation);
    for form in FORMS {
        assert_eq!(drift(folder.path(), &printed(&documentation, form)), (Vec::new(), 0), "{form}");
    }
}

/// What a form must say to a change made at a path.
fn expected(mutation: &Mutation, form: &str, is_nested: bool, id: &str) -> Vec<String> {
    let shows = if form == "page" { mutation.page } else { Shows::Yes };
    match shows {
        Shows::No => Vec::new(),
        Shows::TopLevel if is_nested => Vec::new(),
        _ => vec![id.to_owned()],
    }
}

fn assert_told(folder: &Path, changed: &Documentation, mutation: &Mutation, is_nested: bool, id: &str) {
    // The kinds of OpenAPI file take turns.
    let turn = mutation.name.len() % 3;
    for form in [FORMS[0], FORMS[1], FORMS[2 + turn]] {
        // Without an example a collapsed member is not shown at all.
        if form == "page" && is_nested && mutation.name == "example removed" {
            continue;
        }
        let (ids, status) = drift(folder, &printed(changed, form));
        let expected = expected(mutation, form, is_nested, id);
        assert_eq!(ids, expected, "{} in {form}", mutation.name);
        assert_eq!(status, i32::from(!expected.is_empty()), "{} in {form}", mutation.name);
    }
}

#[test]
fn each_kind_of_change_to_the_operation_is_told_exactly() {
    let documentation = rich(&specification());
    let folder = package(&documentation);
    for mutation in MUTATIONS {
        let Change::Operation(change) = mutation.change else { continue };
        let mut changed = documentation.clone();
        let id = change(&mut changed);
        assert_told(folder.path(), &changed, mutation, false, &id);
    }
}

/// Makes a change somewhere: to the first member fit for it, from `start` on.
fn change_somewhere(fields: &mut Vec<Field>, change: MemberChange, start: usize, is_nested: bool) -> Option<String> {
    let paths: Vec<_> = paths(fields).into_iter().filter(|path| (path.len() > 1) == is_nested).collect();
    (0..paths.len()).find_map(|offset| {
        let mut changed = fields.clone();
        let id = apply(change, &mut changed, &paths[(start + offset) % paths.len()], "")?;
        *fields = changed;
        Some(id)
    })
}

#[test]
fn each_kind_of_change_to_a_member_is_told_exactly_at_the_top_and_below() {
    let documentation = rich(&specification());
    let folder = package(&documentation);
    for mutation in MUTATIONS {
        let Change::Member(change) = mutation.change else { continue };
        let mut tried = 0;
        for is_nested in [false, true] {
            let mut changed = documentation.clone();
            let Some(id) = change_somewhere(&mut changed.body, change, 0, is_nested) else { continue };
            tried += 1;
            assert_told(folder.path(), &changed, mutation, is_nested, &id);
        }
        assert!(tried > 0, "no member is fit for: {}", mutation.name);
    }
    assert!(MUTATIONS.len() >= 20);
}

#[test]
fn an_object_that_holds_a_map_is_told_as_renamed_though_its_example_fills_the_map() {
    let documentation = rich(&specification());
    let folder = package(&documentation);
    let mutation = MUTATIONS.iter().find(|mutation| mutation.name == "member renamed").unwrap();
    let mut changed = documentation.clone();
    let data = changed.answer.iter_mut().find(|field| field.name == "data").unwrap();
    assert!(data.children.iter().any(|field| field.name == "custom_args_values" && field.example.is_some()));
    data.name = "called_otherwise".into();
    assert_told(folder.path(), &changed, mutation, false, "member-renamed:response/data=>called_otherwise");
}

/// Whether the answer shows another agent than was sent.
fn shows_another_agent(documentation: &Documentation) -> bool {
    let example = |fields: &[Field]| fields.iter().find(|field| field.name == "agent_id")?.example.clone();
    let shown = documentation.answer.iter().find_map(|field| example(&field.children));
    shown.zip(example(&documentation.body)).is_some_and(|(shown, sent)| shown != sent)
}

#[test]
fn an_answer_that_shows_another_agent_than_was_sent_contradicts_the_page() {
    let documentation = rich(&specification());
    let folder = package(&documentation);
    let mut changed = documentation.clone();
    for field in changed.answer.iter_mut().flat_map(|field| &mut field.children) {
        if field.name == "agent_id" {
            field.example = Some("830f767a-397e-4b39-82ff-000000000000".into());
        }
    }
    assert!(shows_another_agent(&changed) && !shows_another_agent(&documentation));
    let (ids, status) = drift(folder.path(), &printed(&changed, "page"));
    assert!(ids.contains(&"contradiction:not-echoed:/agent_id".to_owned()), "{ids:?}");
    assert_eq!(status, 1);
}

/// `PROPTEST_CASES` tries more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(24), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    // Each case runs the program once a form.
    #![proptest_config(config())]

    #[test]
    fn a_change_to_any_member_is_told_exactly(
        kind in 0..MUTATIONS.len(), start in 0..64_usize, is_nested in any::<bool>(), in_answer in any::<bool>(),
    ) {
        let mutation = &MUTATIONS[kind];
        let Change::Member(change) = mutation.change else { return Ok(()) };
        let documentation = rich(&specification());
        let folder = package(&documentation);
        let mut changed = documentation.clone();
        let fields = if in_answer { &mut changed.answer } else { &mut changed.body };
        let Some(mut id) = change_somewhere(fields, change, start, is_nested) else { return Ok(()) };
        // That is told besides, and has a test of its own.
        if shows_another_agent(&changed) {
            return Ok(());
        }
        if in_answer {
            id = id.replacen(":/", ":response/", 1);
        }
        assert_told(folder.path(), &changed, mutation, is_nested, &id);
    }

    #[test]
    fn documentation_of_any_members_shows_no_drift_from_its_own_specification(fields in fields(2)) {
        let mut documentation = rich(&specification());
        documentation.body.extend(fields.clone());
        documentation.answer.extend(fields);
        let folder = package(&documentation);
        for form in FORMS {
            prop_assert_eq!(drift(folder.path(), &printed(&documentation, form)), (Vec::new(), 0), "{}", form);
        }
    }
}

/// Members of any shape, their names unlike the documented ones.
fn fields(depth: u32) -> BoxedStrategy<Vec<Field>> {
    let kinds = prop_oneof![
        Just(("string", Value::from("x y"))),
        Just(("string", Value::from("it's \"quoted\" \\ नमस्ते"))),
        Just(("integer", Value::from(7))),
        Just(("number", Value::from(0.5))),
        Just(("boolean", Value::from(false))),
    ];
    let leaf = (kinds, any::<[bool; 5]>()).prop_map(|((kind, example), [null, required, values, default, format])| {
        let mut field = Field::new("", kind, example.clone());
        (field.nullable, field.required) = (null, required);
        if kind == "string" && values {
            field.values = vec!["on".into(), "off".into(), "null".into()];
        }
        field.default = default.then_some(example);
        field.format = (format && field.values.is_empty()).then(|| "custom".into());
        field
    });
    let field = if depth == 0 {
        leaf.boxed()
    } else {
        let object = fields(depth - 1).prop_filter("an object has members", |children| !children.is_empty());
        let object =
            object.prop_map(|children| Field { children, example: None, ..Field::new("", "object", Value::Null) });
        prop_oneof![3 => leaf, 1 => object].boxed()
    };
    prop::collection::btree_map("zz_[a-z]{1,8}", field, 0..4)
        .prop_map(|fields| fields.into_iter().map(|(name, field)| Field { name, ..field }).collect())
        .boxed()
}

/// docs/drift.md says which form shows what; these are its rows.
#[test]
fn the_table_of_what_a_form_shows_is_documented() {
    let document = std::fs::read_to_string(root().join("docs/drift.md")).unwrap();
    for mutation in MUTATIONS {
        let row = format!("| {} | {} | yes | yes |", mutation.name, mutation.page.text());
        assert!(document.contains(&row), "docs/drift.md lacks the row\n{row}");
    }
    let rows = document.lines().filter(|line| line.ends_with("| yes | yes |")).count();
    assert_eq!(rows, MUTATIONS.len(), "a row of a kind that is not tried");
}
