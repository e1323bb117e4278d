//! `ringg drift` as its user meets it: what it says, with which status, and what is accepted. What it reads and refuses to
//! read is in `reading`; that it names each kind of change and nothing else, in `mutations`.

use serde_json::Value;

use crate::support::{json, ringg, ringg_in, root, stderr, stdout};

pub(crate) const FORMS: [&str; 3] = ["page.txt", "page.md", "openapi.json"];

pub(crate) fn saved(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/documentation").join(name)).unwrap()
}

/// The page with parts replaced; each part must be there.
pub(crate) fn changed(name: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(saved(name), |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from}");
        text.replacen(from, to, 1)
    })
}

/// Status, and the report as JSON.
pub(crate) fn drift(text: &str, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["drift", "--format", "json", "-"], arguments].concat();
    let output = ringg(&arguments, text.as_bytes());
    let report = if output.stdout.is_empty() { Value::Null } else { json(&stdout(&output)) };
    (output.status.code().unwrap(), report)
}

pub(crate) fn ids(report: &Value) -> Vec<String> {
    let all = report["differences"].as_array().unwrap().iter();
    all.map(|difference| difference["id"].as_str().unwrap().to_owned()).collect()
}

/// The one line for what cannot be read.
pub(crate) fn refusal(bytes: &[u8], arguments: &[&str]) -> String {
    let output = ringg(&[&["drift", "-"], arguments].concat(), bytes);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{}", String::from_utf8_lossy(bytes));
    let text = stderr(&output);
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn the_documentation_in_each_form_shows_no_drift_but_its_contradictions() {
    for (name, form) in FORMS.iter().zip(["page", "markdown", "openapi"]) {
        let output = ringg(&["drift", "--format", "json", &format!("tests/documentation/{name}")], b"");
        let report = json(&stdout(&output));
        assert_eq!(report["differences"], serde_json::json!([]), "{name}");
        assert_eq!(
            (output.status.code(), &report["form"], &report["drift"]),
            (Some(0), &form.into(), &false.into()),
            "{name}"
        );
        let accepted = report["accepted"].as_array().unwrap();
        let is_contradiction = |entry: &Value| entry["id"].as_str().unwrap().starts_with("contradiction:");
        assert!(!accepted.is_empty() && accepted.iter().all(is_contradiction), "{name}");
    }
}

/// Without what any edit of the specification or of the cases moves: line numbers and lists of files.
fn unplaced(report: &str) -> Vec<String> {
    let lists = ["  cases ", "  snapshots "];
    let line = |line: &str| match lists.iter().find(|list| line.starts_with(**list)) {
        Some(list) => (*list).to_owned(),
        None => line.split(|character: char| character.is_ascii_digit()).collect(),
    };
    report.lines().map(line).collect()
}

/// The section's command, and what it says that the command prints.
#[test]
fn the_readme_shows_a_real_run() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## `ringg drift`\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let block = |kind: &str| {
        let start = format!("```{kind}\n");
        section.split(&start).nth(1).unwrap().split("```").next().unwrap().to_owned()
    };
    let command = "sed 's/\"call_category\"/\"call_label\"/' tests/documentation/openapi.json | cargo run --features cli -- drift -\n";
    assert_eq!(block("sh"), command);
    let page = saved("openapi.json").replacen("\"call_category\"", "\"call_label\"", 1);
    let output = ringg(&["drift", "-"], page.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(unplaced(&stdout(&output)), unplaced(&block("text")));
}

/// Where something is, from 1.
fn line_of(text: &str, part: &str) -> usize {
    text[..text.find(part).unwrap_or_else(|| panic!("{part}"))].matches('\n').count() + 1
}

#[test]
fn a_difference_says_where_it_is_what_it_means_what_it_touches_and_what_to_edit() {
    let page = changed(
        "page.txt",
        &[
            ("    \"max_call_length\": 300,\n", ""),
            ("callback_url\nstring | null\n", "callback_url\nstring | null\nrequired\n"),
        ],
    );
    let (status, report) = drift(&page, &[]);
    assert_eq!(status, 1);
    assert_eq!(ids(&report), ["member-removed:/call_config/max_call_length", "required-added:/callback_url"]);
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    let [removed, required] = [&report["differences"][0], &report["differences"][1]];
    assert_eq!(removed["class"], "breaks-callers");
    assert_eq!(removed["known"], "example");
    assert_eq!(removed["documentation"]["line"], Value::Null);
    assert_eq!(removed["specification"]["line"], line_of(&specification, "        max_call_length:\n"));
    assert_eq!(removed["touched"]["rules"], serde_json::json!(["idle-end-beyond-call-length"]));
    assert_eq!(removed["touched"]["types"], serde_json::json!(["CallConfig"]));
    let listed = |difference: &Value, kind: &str, file: &str| {
        difference["touched"][kind].as_array().unwrap().iter().any(|listed| listed == file)
    };
    assert!(listed(removed, "snapshots", "snapshots/generated-types.snap"));
    assert!(listed(removed, "cases", "tests/documented/request-full.json"));
    assert!(removed["edit"].as_str().unwrap().contains("`CallConfig/max_call_length`"));
    assert_eq!(required["documentation"]["line"], line_of(&page, "callback_url\nstring | null"));
    assert_eq!(required["specification"]["line"], line_of(&specification, "        callback_url:\n"));
    assert_eq!(required["known"], "stated");
    assert!(listed(required, "types", "CallRequestBuilder::callback_url"));
    assert!(listed(required, "rules", "callback-not-https"));
}

#[test]
fn each_difference_has_the_class_of_what_it_means() {
    for (from, to, id, class) in [
        (
            "callback_args\nobject\n",
            "callback_args\nobject\nrequired\n",
            "required-added:/callback_args",
            "breaks-callers",
        ),
        ("name\nstring\nrequired\n", "name\nstring\n", "required-removed:/name", "new-and-optional"),
        ("voice_id\nstring | null\n", "voice_id\nstring\n", "nullable-removed:/voice_id", "breaks-callers"),
        ("name\nstring\n", "name\nstring | null\n", "nullable-added:/name", "new-and-optional"),
        (
            "call_category\nstring | null\n",
            "call_category\ninteger | null\n",
            "type-changed:/call_category",
            "breaks-callers",
        ),
        (
            "call_category\nstring | null\n",
            "call_category\nstring | integer | null\n",
            "type-changed:/call_category",
            "new-and-optional",
        ),
        ("status\nstring\n", "status\nstring | null\n", "nullable-added:response/status", "breaks-decoding"),
        ("status\nstring\n", "status\ninteger\n", "type-changed:response/status", "breaks-decoding"),
        (
            "    \"call_direction\": \"outbound\",\n",
            "",
            "member-removed:response/data/call_direction",
            "breaks-decoding",
        ),
        (
            "    \"call_direction\":",
            "    \"cost\": 1,\n    \"call_direction\":",
            "member-added:response/data/cost",
            "new-and-optional",
        ),
        ("\"success\"\n\ndata", "\"done\"\n\ndata", "example-changed:response/status", "wording-or-example-only"),
        ("401 Unauthorized", "403 Forbidden", "status-added:403", "new-and-optional"),
        (
            "--url https://prod-api.ringg.ai/ca",
            "--url https://api.ringg.ai/ca",
            "server-changed:https://api.ringg.ai/ca/api/v0",
            "breaks-callers",
        ),
    ] {
        let (status, report) = drift(&changed("page.txt", &[(from, to)]), &[]);
        let all = report["differences"].as_array().unwrap();
        let found =
            all.iter().find(|difference| difference["id"] == id).unwrap_or_else(|| panic!("{id}: {:?}", ids(&report)));
        assert_eq!((status, found["class"].as_str().unwrap()), (1, class), "{id}");
    }
}

#[test]
fn a_member_that_is_gone_and_another_that_is_new_elsewhere_are_no_rename() {
    let block = "voice_id\nstring | null\n\nThe voice.\n\nExample:\n\n\"voice-uuid-here\"\n\n";
    let renamed = block.replace("voice_id", "voice_name");
    let line = "  \"voice_id\": \"voice-uuid-here\",\n";
    let in_place = changed("page.txt", &[(block, &renamed), (line, &line.replace("voice_id", "voice_name"))]);
    let found = ids(&drift(&in_place, &["--allow", "contradiction:not-a-uuid:/voice_name"]).1);
    assert_eq!(found, ["member-renamed:/voice_id=>voice_name"]);
    let elsewhere = changed(
        "page.txt",
        &[
            (block, ""),
            (line, ""),
            ("What goes along with events.\n\n", &format!("What goes along with events.\n\n{renamed}")),
        ],
    );
    let found = ids(&drift(&elsewhere, &["--allow", "contradiction:not-a-uuid:/voice_name"]).1);
    assert_eq!(found, ["member-removed:/voice_id", "member-added:/voice_name"]);
}

/// What the schema that a member refers to infers is the member's value, never that it is there.
#[test]
fn a_member_whose_schema_is_inferred_in_part_is_told_when_it_goes_or_is_renamed() {
    for name in ["from_number", "from_number_id", "mobile_number", "callback_args"] {
        let mut document: Value = serde_json::from_str(&saved("openapi.json")).unwrap();
        let operation = &mut document["paths"]["/calling/v2/outbound/individual"]["post"];
        let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
        schema["properties"].as_object_mut().unwrap().remove(name).unwrap();
        schema["required"].as_array_mut().unwrap().retain(|required| required != name);
        let found = ids(&drift(&document.to_string(), &[]).1);
        assert!(found.contains(&format!("member-removed:/{name}")), "{name}: {found:?}");

        let page = saved("page.txt");
        let end = page[page.find("\nBody\n").unwrap()..].find(&format!("\n{name}\n")).unwrap();
        let start = page.find("\nBody\n").unwrap() + end + 1;
        let renamed = format!("{}called_otherwise{}", &page[..start], &page[start + name.len()..]);
        let renamed = renamed.replace(&format!("\"{name}\":"), "\"called_otherwise\":");
        let found = ids(&drift(&renamed, &[]).1);
        assert!(found.contains(&format!("member-renamed:/{name}=>called_otherwise")), "{found:?}");
    }
}

#[test]
fn sentences_are_compared_with_the_rules_by_what_they_demand() {
    // Said otherwise, the same.
    let page = changed(
        "page.txt",
        &[(
            "You need at least one of number_pool_id, from_number_id, or from_number.",
            "You must provide one or more of from_number, number_pool_id, from_number_id.",
        )],
    );
    assert_eq!(drift(&page, &[]).0, 0);
    // The pool may go with a number: the page no longer says exactly one anywhere.
    let page = saved("page.txt").replace("exactly one of", "at least one of");
    let (_, report) = drift(&page, &[]);
    assert_eq!(ids(&report), ["rule-removed:pool-with-from-number"]);
    let touched = &report["differences"][0]["touched"];
    assert_eq!(touched["rules"], serde_json::json!(["pool-with-from-number"]));
    assert!(touched["snapshots"].to_string().contains("explain-pool-with-from-number"));
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    let line = line_of(&specification, "- dependency: IF number_pool_id");
    assert_eq!(report["differences"][0]["specification"]["line"], line);
    // A member that is new joins the sources.
    let page = saved("page.txt")
        .replace("or from_number", "from_number, or caller_group")
        .replace("from_numberOne number, written out.", "from_numberOne number.\ncaller_groupNumbers that take turns.")
        .replace("voice_id\nstring | null\n", "caller_group\nstring | null\n\nNumbers that take turns.\n\nExample:\n\n\"group-7\"\n\nvoice_id\nstring | null\n");
    let (_, report) = drift(&page, &[]);
    let found = ids(&report);
    assert!(found.contains(&"member-added:/caller_group".to_owned()), "{found:?}");
    assert!(found.iter().any(|id| id.starts_with("rule-changed:caller-number-missing=>")), "{found:?}");
}

#[test]
fn a_sentence_about_members_is_never_passed_over() {
    let voice = "The voice.\n";
    for (from, to, expected) in [
        (
            "Give exactly one of these, the following:",
            "Provide one of the following:",
            "sentence-not-understood:from_number,from_number_id,number_pool_id",
        ),
        (voice, "The voice. Cannot be combined with version_id.\n", "rule-added:at-most-one(version_id,voice_id)"),
        (voice, "The voice. It can’t be used with `version_id`.\n", "rule-added:at-most-one(version_id,voice_id)"),
        (voice, "The voice. Required when callback_url is set.\n", "rule-added:requires(callback_url,voice_id)"),
        (voice, "The voice. Set it together with version_id.\n", "sentence-not-understood:version_id,voice_id"),
        (
            "Who speaks.\n",
            "Who speaks.\nUse voice_id only if version_id is there.\n",
            "sentence-not-understood:version_id,voice_id",
        ),
    ] {
        let page = changed("page.txt", &[(from, to)]);
        let (status, report) = drift(&page, &[]);
        // The full example gives every member, so it breaks what keeps two apart.
        let broken = format!("contradiction:example:{}", expected.trim_start_matches("rule-added:"));
        let found: Vec<String> = ids(&report).into_iter().filter(|id| *id != broken).collect();
        assert_eq!((status, found), (1, vec![expected.to_owned()]), "{to}");
        let allowed: Vec<String> = ids(&report).into_iter().flat_map(|id| ["--allow".to_owned(), id]).collect();
        assert_eq!(drift(&page, &allowed.iter().map(String::as_str).collect::<Vec<_>>()).0, 0, "{to}");
    }
    // Lines of a description are one paragraph, and its subject is the member.
    for text in
        ["Either voice_id or\nversion_id is\nrequired.", "Needs a voice,\nand cannot be\ncombined with voice_id."]
    {
        let mut document: Value = serde_json::from_str(&saved("openapi.json")).unwrap();
        let operation = &mut document["paths"]["/calling/v2/outbound/individual"]["post"];
        let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
        schema["properties"]["version_id"]["description"] = text.into();
        let kind = if text.starts_with("Either") { "at-least-one" } else { "at-most-one" };
        let found = ids(&drift(&document.to_string(), &[]).1);
        assert_eq!(found, [format!("rule-added:{kind}(version_id,voice_id)")], "{text}");
    }
}

#[test]
fn an_accepted_difference_is_listed_with_its_reason_and_fails_when_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("accepted.yaml");
    let list_argument = list.to_str().unwrap();
    let page = changed("page.txt", &[("callback_args\nobject\n", "callback_args\nobject\nrequired\n")]);
    let known = std::fs::read_to_string(root().join("drift-accepted.yaml")).unwrap();
    let entry = |rest: &str| format!("{known}\n  - id: required-added:/callback_args\n{rest}");
    let run = |text: &str, list: &str| {
        std::fs::write(folder.path().join("accepted.yaml"), list).unwrap();
        drift(text, &["--accepted", list_argument])
    };

    let (status, report) = run(&page, &entry("    reason: not true, they say\n"));
    assert_eq!((status, ids(&report)), (0, Vec::new()));
    let accepted = report["accepted"].as_array().unwrap();
    assert!(accepted.iter().any(|entry| entry["reason"] == "not true, they say" && entry["class"] == "breaks-callers"));

    let (status, report) = run(&saved("page.txt"), &entry("    reason: not true, they say\n"));
    assert_eq!(
        (status, &report["drift"], &report["gone"][0]["id"]),
        (1, &true.into(), &"required-added:/callback_args".into())
    );
    assert_eq!(report["gone"][0]["line"], line_of(&entry(""), "id: required-added"));
    // In a form that cannot show it, its absence says nothing.
    assert_eq!(run(&saved("page.txt"), &entry("    reason: x\n    forms: [openapi]\n")).0, 0);

    for (rest, expected) in [
        ("", "an entry without `reason`"),
        ("    reason: ''\n", "an entry without `reason`"),
        ("    reason: x\n    form: page\n", "`form` is not known"),
        ("    reason: x\n    forms: [paper]\n", "`paper` is no form"),
        ("    reason: x\n    forms: page\n", "`forms` is a list"),
        ("    reason: x\n  - id: required-added:/callback_args\n    reason: y\n", "stands twice"),
    ] {
        std::fs::write(&list, entry(rest)).unwrap();
        let line = refusal(page.as_bytes(), &["--accepted", list_argument]);
        assert!(line.contains(expected), "{line}");
    }
    std::fs::write(&list, "accepted:\n  required-added:/callback_args: not true, they say\n").unwrap();
    assert!(refusal(page.as_bytes(), &["--accepted", list_argument]).contains("expected a list under `accepted:`"));
}

#[test]
fn a_difference_can_be_allowed_for_once_and_must_be_there() {
    let page = changed("page.txt", &[("callback_args\nobject\n", "callback_args\nobject\nrequired\n")]);
    assert_eq!(drift(&page, &["--allow", "required-added:/callback_args"]).0, 0);
    let (status, report) = drift(&saved("page.txt"), &["--allow", "required-added:/callback_args"]);
    assert_eq!((status, report["gone"][0]["id"].as_str()), (1, Some("required-added:/callback_args")));
}

#[test]
fn what_is_inferred_is_no_drift_and_what_contradicts_it_is() {
    // `scheduled_at` is inferred, and on no page.
    let (status, report) = drift(&saved("page.txt"), &[]);
    assert_eq!((status, report.to_string().contains("scheduled_at")), (0, false));
    // A type that is inferred is contradicted by the example.
    let page = changed("page.txt", &[("\"max_call_length\": 300", "\"max_call_length\": \"300s\"")]);
    assert_eq!(ids(&drift(&page, &[]).1), ["type-changed:/call_config/max_call_length"]);
    // A specification that infers a member which is documented nowhere.
    let folder = tempfile::tempdir().unwrap();
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    let line = "        call_category:\n";
    let with = |inferred: &str| {
        let member =
            format!("        guess:\n          type: string\n{inferred}          description: A guess.\n{line}");
        std::fs::write(folder.path().join("openapi.yaml"), specification.replacen(line, &member, 1)).unwrap();
        std::fs::copy(root().join("drift-accepted.yaml"), folder.path().join("drift-accepted.yaml")).unwrap();
        let output = ringg_in(folder.path(), &["drift", "--format", "json", "-"], saved("page.txt").as_bytes(), &[]);
        ids(&json(&stdout(&output)))
    };
    assert_eq!(with("          x-inferred: a guess\n"), [""; 0]);
    assert_eq!(with(""), ["member-removed:/guess"]);
}

#[test]
fn text_of_a_page_steers_no_terminal_and_is_no_markup() {
    let page =
        changed("page.txt", &[("\"renewal_reminder\"\n\nparent", "\"\u{1b}[31m<img src=x> @team #1 `x`\"\n\nparent")]);
    let run = |format: &str| stdout(&ringg(&["drift", "--format", format, "-"], page.as_bytes()));
    assert!(!run("human").contains('\u{1b}'));
    let markdown = run("markdown");
    assert!(!markdown.contains("<img") || markdown.contains("```text"), "{markdown}");
    assert!(!markdown.lines().any(|line| line.contains("@team") && line.starts_with('-')), "{markdown}");
}

/// An accepted contradiction stays where it is when something else becomes required.
#[test]
fn a_member_that_becomes_required_changes_nothing_about_contradictions() {
    let nested = ["idle_timeout_warning", "idle_timeout_end", "max_call_length", "call_retry_config.retry_count"]
        .map(|name| format!("call_config.{name}\ninteger\nrequired\n\nA number.\n\n"));
    let nested = format!("{}voice_id\nstring | null\n", nested.concat());
    for (from, to, expected) in [
        (
            "voice_id\nstring | null\n",
            "zed_x\nstring\nrequired\n\nNew.\n\nvoice_id\nstring | null\n",
            "member-added:/zed_x",
        ),
        ("callback_args\nobject\n", "callback_args\nobject\nrequired\n", "required-added:/callback_args"),
        ("voice_id\nstring | null\n", &nested, "required-added:/call_config/max_call_length"),
    ] {
        let (_, report) = drift(&changed("page.txt", &[(from, to)]), &[]);
        assert_eq!(
            (&report["gone"], ids(&report).contains(&expected.to_owned())),
            (&serde_json::json!([]), true),
            "{to}"
        );
    }
}

#[test]
fn markdown_escapes_what_is_no_code_and_nothing_else() {
    let page = changed("page.txt", &[("call_category\nstring | null\n", "call_category\nstring\n")])
        .replace("\"renewal_reminder\"", "\"a_b @team `x_y` `odd_one\"");
    let markdown = stdout(&ringg(&["drift", "--format", "markdown", "-"], page.as_bytes()));
    let prose = markdown.lines().filter(|line| line.starts_with(['-', '*'])).collect::<Vec<_>>().join("\n");
    assert!(prose.contains("`/call_category`"), "{prose}");
    assert!(prose.contains(r"a\_b &#64;team `x_y` \`odd\_one"), "{prose}");
}

#[test]
fn edits_are_such_as_can_be_made() {
    let edit = |from: &str, to: &str, id: &str| {
        let (_, report) = drift(&changed("page.txt", &[(from, to)]), &[]);
        let all = report["differences"].as_array().unwrap();
        let found = all.iter().find(|difference| difference["id"] == id);
        found.unwrap_or_else(|| panic!("{id}: {:?}", ids(&report)))["edit"].as_str().unwrap().to_owned()
    };
    let before = "callback_args\nobject\n";
    let added = edit(before, &format!("tags\narray\n\nTags.\n\n{before}"), "member-added:/tags");
    assert!(added.contains("items: {}"), "{added}");
    let added = edit(before, &format!("tags\nstring[]\n\nTags.\n\n{before}"), "member-added:/tags");
    assert!(added.contains("items: { type: string }"), "{added}");

    let folder = tempfile::tempdir().unwrap();
    let specification = std::fs::read_to_string(root().join("openapi.yaml")).unwrap();
    let category = "        call_category:\n          type: string\n";
    let specification =
        specification.replacen(category, &format!("{category}          default: x\n          format: y\n"), 1);
    std::fs::write(folder.path().join("openapi.yaml"), specification).unwrap();
    let output = ringg_in(folder.path(), &["drift", "--format", "json", "-"], saved("page.txt").as_bytes(), &[]);
    let report = json(&stdout(&output));
    for (id, expected) in [
        ("default-removed:/call_category", "remove the default in `CallRequest/call_category`"),
        ("format-removed:/call_category", "remove the format in `CallRequest/call_category`"),
    ] {
        let all = report["differences"].as_array().unwrap();
        let found = all.iter().find(|difference| difference["id"] == id).unwrap();
        assert!(found["edit"].as_str().unwrap().starts_with(expected), "{found}");
    }
}

#[test]
fn a_header_that_is_optional_breaks_no_caller() {
    let before = "\nBody\n";
    for (required, class) in [("required\n", "breaks-callers"), ("", "new-and-optional")] {
        let header = format!("X-Trace\nstring\n{required}\nA trace.\n{before}");
        let (_, report) = drift(&changed("page.txt", &[(before, &header)]), &[]);
        assert_eq!(ids(&report), ["parameter-added:header/X-Trace"]);
        assert_eq!(report["differences"][0]["class"], class);
    }
}
