//! `ringg drift` as its user meets it: what it reads, what it refuses to read, what it says and with which status. That it
//! names each kind of change and nothing else is in `mutations`.

use serde_json::Value;

use crate::support::{json, ringg, ringg_in, root, stderr, stdout};

const FORMS: [&str; 3] = ["page.txt", "page.md", "openapi.json"];

fn saved(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/documentation").join(name)).unwrap()
}

/// The page with parts replaced; each part must be there.
fn changed(name: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(saved(name), |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from}");
        text.replacen(from, to, 1)
    })
}

/// Status, and the report as JSON.
fn drift(text: &str, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["drift", "--format", "json", "-"], arguments].concat();
    let output = ringg(&arguments, text.as_bytes());
    let report = if output.stdout.is_empty() { Value::Null } else { json(&stdout(&output)) };
    (output.status.code().unwrap(), report)
}

fn ids(report: &Value) -> Vec<String> {
    let all = report["differences"].as_array().unwrap().iter();
    all.map(|difference| difference["id"].as_str().unwrap().to_owned()).collect()
}

/// The one line for what cannot be read.
fn refusal(bytes: &[u8], arguments: &[&str]) -> String {
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

#[test]
fn what_saving_and_copying_leave_behind_changes_nothing() {
    let page = saved("page.txt");
    for (what, text) in [
        ("line ends of another system", page.replace('\n', "\r\n")),
        ("line ends of an old system", page.replace('\n', "\r")),
        ("spaces that do not break", page.replace(' ', "\u{a0}")),
        ("a byte order mark", format!("\u{feff}{page}")),
        ("characters of no width before headings", page.replace("\nBody\n", "\n\u{200b}\nBody\n")),
        ("spaces at line ends", page.replace('\n', "  \n")),
        ("no opening lines", page[page.find("POST").unwrap()..].to_owned()),
        ("no title", page.replacen("Initiate Individual Call (Number Pool)\ncurl", "curl", 1)),
        ("method and path on one line", {
            let start = page.find("POST").unwrap();
            format!(
                "POST /calling/v2/outbound/individual\n{}",
                &page[page[start..].find("Initiate").unwrap() + start..]
            )
        }),
        (
            "a list of contents",
            page.replacen("Skip to content", "Skip to content\nOn this page\nHeaders\nBody\nResponse", 1),
        ),
    ] {
        let (status, report) = drift(&text, &[]);
        assert_eq!((status, ids(&report)), (0, Vec::new()), "{what}");
    }
}

#[test]
fn what_cannot_be_read_is_said_to_be_what_it_is() {
    let page = saved("page.txt");
    let start = page.find("\nBody\n").unwrap();
    let kinds = ["string", "string | null", "object", "required"];
    let is_name = |line: &str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let reader_mode: String = page[start..]
        .lines()
        .filter(|line| !kinds.contains(line) && !is_name(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let reader_mode = format!("{}{reader_mode}", &page[..start]);
    let prose_only = page[page.find("Has an agent").unwrap()..start].to_owned();
    let other = page
        .replace("\nindividual\n", "\nbulk\n")
        .replace("Initiate Individual Call (Number Pool)", "Start Many Calls")
        .replace("/outbound/individual", "/outbound/bulk");
    let open_fence = saved("page.md").trim_end().trim_end_matches('`').to_owned();
    let swagger = "swagger: '2.0'\npaths: {}\n";
    for (text, expected) in [
        ("", "is empty"),
        (" \r\n\u{a0}\n", "is empty"),
        ("<!DOCTYPE html>\n<html><body>x</body></html>", "is HTML"),
        ("\n  <div>\n</div>", "is HTML"),
        ("PNG\0\0", "is a binary file"),
        ("Dear reader,\n\nnothing here.\n", "is no documentation of an operation"),
        (&prose_only, "a reader-mode copy, or a page cut short"),
        (&reader_mode, "a reader-mode copy"),
        (
            &other,
            "documents POST /calling/v2/outbound/bulk (\"Start Many Calls\"), not POST /calling/v2/outbound/individual: another page",
        ),
        (&page[..page.find("\nResponse\n").unwrap()], "ends before the section `Response`: the page is cut short"),
        (&open_fence, "the OpenAPI fence that begins here does not end"),
        (swagger, "is Swagger 2.0"),
        ("openapi: 3.1.0\npaths: {}\n", "describes no operation"),
        ("openapi: 4.0.0\npaths: {}\n", "is OpenAPI 4.0.0"),
        ("openapi: 3.1.0\npaths: [\n", "invalid YAML"),
        ("{\"openapi\": \"3.1.0\",", "invalid JSON"),
        ("a: &a [x, x, x, x, x, x, x, x]\nopenapi: *b\n", "invalid YAML"),
    ] {
        let line = refusal(text.as_bytes(), &[]);
        assert!(line.starts_with("ringg: <stdin>:") && line.contains(expected), "expected {expected}: {line}");
    }
    assert!(refusal(b"a\n\xff", &[]).contains("<stdin>:2: invalid UTF-8"));
}

#[test]
fn a_file_that_is_none_is_named() {
    for (arguments, expected) in [
        (vec!["drift", "missing.txt"], "missing.txt: No such file"),
        (vec!["drift", "tests"], "tests: is a directory; name the saved page in it"),
        (vec!["drift", "tests/documentation/page.txt", "--spec", "missing.yaml"], "missing.yaml: No such file"),
        (vec!["drift", "tests/documentation/page.txt", "--spec", "Cargo.toml"], "Cargo.toml:"),
        (vec!["drift", "tests/documentation/page.txt", "--accepted", "missing.yaml"], "missing.yaml: No such file"),
    ] {
        let output = ringg(&arguments, b"");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_text_that_is_too_large_is_not_read() {
    assert!(refusal(&vec![b' '; 33 << 20], &[]).contains("larger than 32 MiB"));
}

#[test]
fn aliases_are_followed_and_a_bomb_of_them_is_refused() {
    let markdown = saved("page.md");
    let fence = &markdown[markdown.find("openapi: ").unwrap()..markdown.rfind("````").unwrap()];
    let plain = "call_category:\n                  type: string\n                  nullable: true\n";
    assert!(fence.contains(plain), "{fence}");
    let anchored = fence
        .replacen(plain, "call_category: &text\n                  type: string\n                  nullable: true\n", 1)
        .replacen(
            "example: \"renewal_reminder\"\n",
            "example: \"renewal_reminder\"\n                other_category: *text\n",
            1,
        );
    let (status, report) = drift(&anchored, &[]);
    assert_eq!((status, ids(&report)), (1, vec!["member-added:/other_category".to_owned()]));

    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    assert!(refusal(format!("openapi: 3.1.0\n{bomb}").as_bytes(), &[]).contains("aliases expanded"));
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let text = changed(
        "openapi.json",
        &[
            ("\"Settings\": {", "\"Loop\": {\"allOf\": [{\"$ref\": \"#/components/schemas/Loop\"}]},\n\"Settings\": {"),
            ("\"voice_id\": {", "\"voice_id\": {\"allOf\": [{\"$ref\": \"#/components/schemas/Loop\"}],"),
        ],
    );
    assert_eq!(drift(&text, &[]).0, 0);
}

#[test]
fn a_large_file_with_many_operations_is_read() {
    let mut document = json(&saved("openapi.json"));
    let filler = "x".repeat(1000);
    for number in 0..5000 {
        document["paths"][format!("/other/{number}")] =
            serde_json::json!({"post": {"description": filler, "responses": {"200": {"description": "Fine."}}}});
    }
    let text = document.to_string();
    assert!(text.len() > 5_000_000);
    assert_eq!(drift(&text, &[]).0, 0);
}

#[test]
fn the_operation_can_be_named_and_another_is_not_taken_for_it() {
    let moved = changed(
        "openapi.json",
        &[
            ("\"/calling/v2/outbound/individual\"", "\"/calling/v9/dial\""),
            ("\"summary\": \"Initiate Individual Call (Number Pool)\"", "\"summary\": \"Dial\""),
        ],
    );
    let line = refusal(moved.as_bytes(), &[]);
    assert!(line.contains("describes no POST /calling/v2/outbound/individual, but GET /agent/all, "), "{line}");
    let (status, report) = drift(&moved, &["--operation", "post", "/calling/v9/dial"]);
    assert_eq!((status, ids(&report)), (1, vec!["path-changed:/calling/v9/dial".to_owned()]));
    // The title still tells which operation it is.
    let renamed = changed("openapi.json", &[("\"/calling/v2/outbound/individual\"", "\"/calling/v9/dial\"")]);
    assert_eq!(ids(&drift(&renamed, &[]).1), ["path-changed:/calling/v9/dial"]);
    let line = refusal(saved("page.txt").as_bytes(), &["--operation", "POST", "/calling/v9/dial"]);
    assert!(line.contains("another page"), "{line}");
}

#[test]
fn a_path_that_took_over_a_part_of_the_server_is_the_same_address() {
    let text = changed(
        "openapi.json",
        &[
            ("\"/calling/v2/outbound/individual\"", "\"/ca/api/v0/calling/v2/outbound/individual\""),
            ("\"https://prod-api.ringg.ai/ca/api/v0\"", "\"https://prod-api.ringg.ai\""),
        ],
    );
    assert_eq!(drift(&text, &[]).0, 0);
}

#[test]
fn a_text_that_is_cut_short_anywhere_is_never_free_of_drift() {
    for name in FORMS {
        let text = saved(name);
        let whole = match text.find("Was this page helpful?") {
            Some(end) => text[..end].trim_end(),
            None => text.trim_end(),
        };
        let tenths = (0..10).map(|part| whole.len() * part / 10);
        let ends = (whole.len().saturating_sub(160)..whole.len()).step_by(7);
        for end in tenths.chain(ends).chain([whole.len() - 1]) {
            let (status, report) = drift(&whole[..end], &[]);
            assert!(status == 2 || status == 1 && !ids(&report).is_empty(), "{name} cut at {end} of {}", whole.len());
        }
    }
}

#[test]
fn a_page_that_lost_a_name_or_a_type_is_never_free_of_drift() {
    let page = saved("page.txt");
    let lines: Vec<&str> = page.lines().collect();
    let start = lines.iter().position(|line| *line == "Body").unwrap();
    let end = lines.iter().position(|line| line.starts_with("Was this")).unwrap();
    let mut lost = 0;
    for index in start..end {
        // A description may be any words, and a blank line is none; the type of an object follows from its example.
        let is_fact = ["string", "string | null", "required"].contains(&lines[index])
            || lines[index + 1].starts_with("string")
            || lines[index + 1] == "object";
        if !is_fact {
            continue;
        }
        lost += 1;
        let rest: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, line)| *line).collect();
        let (status, _) = drift(&rest.join("\n"), &[]);
        assert_ne!(status, 0, "line {}: {}", index + 1, lines[index]);
    }
    assert!(lost > 25, "{lost}");
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

/// Ways the page writes what it seldom does.
#[test]
fn types_defaults_and_expanded_members_are_read_as_the_page_writes_them() {
    let untyped = "from_number_id\n\nAn id";
    let children = "Settings for this call alone.\n";
    let expanded: String = ["idle_timeout_warning", "idle_timeout_end", "max_call_length"]
        .iter()
        .zip([10, 15, 300])
        .map(|(name, example)| format!("\ncall_config.{name}\ninteger\n\nSeconds.\n\nExample:\n\n{example}\n"))
        .chain(["call_retry_config", "call_time"].map(|name| format!("\ncall_config.{name}\nobject\n\nMore.\n")))
        .collect();
    for (from, to, expected) in [
        (untyped, "from_number_id\nstring | string[] | null\n\nAn id", vec![]),
        (untyped, "from_number_id\nstring[] | null\n\nAn id", vec!["type-changed:/from_number_id"]),
        (children, &format!("{children}\nHide child attributes\n{expanded}"), vec![]),
        (
            children,
            &format!("{children}{}", expanded.replacen("integer\n", "integer | null\ndefault:5\n", 1)),
            vec!["default-added:/call_config/idle_timeout_warning", "nullable-added:/call_config/idle_timeout_warning"],
        ),
        ("call_category\nstring | null\n", "call_category\nstring<uuid> | null\n", vec!["format-added:/call_category"]),
        (
            "message\nstring\n",
            "message\nenum<string>\n\nAvailable options: \nCall initiated successfully \n\n",
            vec!["enum-added:response/message"],
        ),
        ("Response\n\nThe call", "Response\n\n202 - application/json\n\nThe call", vec!["status-changed:200=>202"]),
    ] {
        let mut found = ids(&drift(&changed("page.txt", &[(from, to)]), &[]).1);
        found.sort();
        assert_eq!(found, expected, "{to}");
    }
}

#[test]
fn sentences_are_compared_with_the_rules_by_what_they_demand() {
    // Said otherwise, the same.
    let page = changed(
        "page.txt",
        &[(
            "At least one of number_pool_id, from_number_id, or from_number is required.",
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
        ("    reason: x\n  - id: required-added:/callback_args\n    reason: y\n", "stands twice"),
    ] {
        std::fs::write(&list, entry(rest)).unwrap();
        let line = refusal(page.as_bytes(), &["--accepted", list_argument]);
        assert!(line.contains(expected), "{line}");
    }
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
