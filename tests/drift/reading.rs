//! What `ringg drift` reads, in each form and as it was saved, and what it refuses: never free of drift is what was not read.

use crate::command::{FORMS, changed, drift, ids, refusal, saved};
use crate::support::{json, ringg, stderr, stdout};

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
    // Exactly what is named: not a path that ends like it.
    for path in ["/calling/v9/dial", "/v2/outbound/individual"] {
        let line = refusal(saved("page.txt").as_bytes(), &["--operation", "POST", path]);
        assert!(line.contains("another page"), "{line}");
        let line = refusal(saved("openapi.json").as_bytes(), &["--operation", "POST", path]);
        assert!(line.contains("describes no POST"), "{line}");
    }
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

/// Ways the page writes what it seldom does.
#[test]
fn types_defaults_and_expanded_members_are_read_as_the_page_writes_them() {
    let untyped = "from_number_id\n\nAn id";
    let children = "\"transliteration_language\": { \"source\": \"en\", \"target\": \"hi\" }\n}\n";
    let expanded: String = ["extract_first_name", "transliteration"]
        .map(|name| format!("\nsmart_formatter.{name}\nboolean\n\nA switch.\n\nExample:\n\ntrue\n"))
        .into_iter()
        .chain(["\nsmart_formatter.transliteration_language\nobject\n\nMore.\n\n".to_owned()])
        .collect();
    for (from, to, expected) in [
        (untyped, "from_number_id\nstring | string[] | null\n\nAn id", vec![]),
        (untyped, "from_number_id\nstring[] | null\n\nAn id", vec!["type-changed:/from_number_id"]),
        (children, &format!("{children}\nHide child attributes\n{expanded}"), vec![]),
        (
            children,
            &format!("{children}{}", expanded.replacen("boolean\n", "boolean | null\ndefault:false\n", 1)),
            vec![
                "default-added:/smart_formatter/extract_first_name",
                "nullable-added:/smart_formatter/extract_first_name",
            ],
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

/// However its type is written, a member that is new is told, and one that is known is not taken for what it was.
#[test]
fn a_type_that_is_not_known_hides_no_member() {
    let before = "callback_args\nobject\n";
    for kind in [
        "map<string, string>",
        "record<string,any>",
        "(string | null)[]",
        "string[][]",
        "String",
        "string, nullable",
        "\"a\" | \"b\"",
        "Settings",
        "string (uuid)",
    ] {
        for (rest, after) in [("", "\nWhat is new.\n\n"), ("\nrequired", "\n"), ("\nExample:\n\n\"x\"", "\n")] {
            let field = format!("zed_x\n{kind}{rest}\n{after}{before}");
            let found = ids(&drift(&changed("page.txt", &[(before, &field)]), &[]).1);
            let expected = ["type-unreadable:/zed_x", "member-added:/zed_x"].map(str::to_owned);
            assert!(expected.iter().all(|id| found.contains(id)) && found.len() == 2, "{field}: {found:?}");
        }
        let field = format!("zed_x\n{kind}\nWhat is new, with no line between.\n\n{before}");
        let found = ids(&drift(&changed("page.txt", &[(before, &field)]), &[]).1);
        assert_eq!(found, ["type-unreadable:/zed_x", "member-added:/zed_x"], "{kind}");
        let known = format!("callback_url\n{kind}\n");
        let found = ids(&drift(&changed("page.txt", &[("callback_url\nstring | null\n", &known)]), &[]).1);
        assert_eq!(found, ["type-unreadable:/callback_url"], "{kind}");
        let answer = format!("message\n{kind}\n");
        let found = ids(&drift(&changed("page.txt", &[("message\nstring\n", &answer)]), &[]).1);
        assert_eq!(found, ["type-unreadable:response/message"], "{kind}");
    }
    for line in [
        "zed_x\nboolean · deprecated\n",
        "zed_x\nSettings · object\n",
        "zed_x string\n",
        "zed_x string | null\nrequired\n",
    ] {
        let field = format!("{line}\nWhat is new.\n\n{before}");
        let found = ids(&drift(&changed("page.txt", &[(before, &field)]), &[]).1);
        assert_eq!(found, ["member-added:/zed_x"], "{line}");
    }
}

#[test]
fn a_status_is_told_however_its_row_is_written() {
    let row = "| `401 Unauthorized` | There is no key, or a wrong one. |\n";
    for added in ["| 429 | x |", "| `429` | x |", "| **429** Too many | x |", "| HTTP 429 | x |"] {
        let page = changed("page.md", &[(row, &format!("{row}{added}\n"))]);
        assert_eq!(ids(&drift(&page, &[]).1), ["status-added:429"], "{added}");
    }
    let row = "401 UnauthorizedThere is no key, or a wrong one.\n";
    for added in ["429Too many", "429 rate limitedWait a while.", "HTTP 429Wait a while.", "429"] {
        let page = changed("page.txt", &[(row, &format!("{row}{added}\n"))]);
        assert_eq!(ids(&drift(&page, &[]).1), ["status-added:429"], "{added}");
    }
    for tabs in ["200\n401\n422\n500\n", "200 / 401 / 422 / 500\n", "200\n\n401\n\n422\n\n500\n\napplication/json\n"] {
        let page = changed("page.txt", &[("Response\n\n", &format!("Response\n\n{tabs}\n"))]);
        assert_eq!(ids(&drift(&page, &[]).1), ["status-added:422", "status-added:500"], "{tabs}");
    }
    // A number in an example is no status.
    let page =
        changed("page.txt", &[("message\nstring\nExample:\n\n\"Call", "message\nstring\nExample:\n\n500\n\n\"Call")]);
    assert!(!ids(&drift(&page, &[]).1).iter().any(|id| id.starts_with("status")));
}

#[test]
fn a_header_with_the_name_of_a_section_is_a_header() {
    for name in ["Authorization", "authorization"] {
        let page =
            saved("page.txt").replace("\nX-API-KEY\n", &format!("\n{name}\n")).replace("X-API-KEY:", "Authorization:");
        assert_eq!(ids(&drift(&page, &[]).1), [format!("authentication-changed:X-API-KEY=>{name}")]);
    }
    let before = "callback_args\nobject\n";
    for name in ["body", "response", "headers"] {
        let page = changed("page.txt", &[(before, &format!("{name}\nstring\n\nNew.\n\n{before}"))]);
        assert_eq!(ids(&drift(&page, &[]).1), [format!("member-added:/{name}")]);
    }
}

#[test]
fn what_stands_between_request_and_answer_hides_neither() {
    let answer = "'\n{\n  \"status\": \"success\",";
    for between in ["200\n401\n", "Response\nCopy\n", "200\n\nCopy\n\n", "200 401\n", "200 - application/json\n"] {
        let page = changed("page.txt", &[(answer, &answer.replacen('\n', &format!("\n{between}"), 1))]);
        assert_eq!(drift(&page, &[]).0, 0, "{between}");
        let page = page.replacen("    \"call_direction\": \"outbound\",\n", "", 1);
        assert_eq!(ids(&drift(&page, &[]).1), ["member-removed:response/data/call_direction"], "{between}");
    }
}

#[test]
fn options_are_read_however_they_are_set() {
    let before = "callback_args\nobject\n";
    for options in ["a, b", "\na,\nb", "\n\na,\n\nb", "\na,\n\nb"] {
        let field = format!("call_mode\nenum<string>\n\nHow.\n\nAvailable options:{options}\n\n{before}");
        let (_, report) = drift(&changed("page.txt", &[(before, &field)]), &[]);
        assert_eq!(ids(&report), ["member-added:/call_mode"], "{options:?}");
        assert!(report["differences"][0]["edit"].as_str().unwrap().contains("enum: [\"a\",\"b\"]"), "{options:?}");
    }
}

#[test]
fn a_description_that_speaks_of_no_array_any_more_is_told() {
    let page = changed("page.txt", &[("An id of a number, or array of ids. ", "An id of a number. ")]);
    assert_eq!(ids(&drift(&page, &[]).1), ["type-changed:/from_number_id"]);
}

#[test]
fn a_page_of_blocks_that_do_not_end_is_refused_at_once() {
    let page =
        changed("page.txt", &[("Has an agent ring", &format!("{}\nHas an agent ring", "prose {\n{\n".repeat(20_000)))]);
    let start = std::time::Instant::now();
    assert!(refusal(page.as_bytes(), &[]).contains("begin as JSON and are none"));
    // One by one, each up to the end of the text, it would be minutes.
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn a_command_that_shows_another_request_than_the_page_states_is_a_contradiction() {
    for (from, to, expected) in [
        ("curl --request POST", "curl --request PUT", "contradiction:curl-method:PUT"),
        ("--header 'X-API-KEY:", "--header 'Authorization:", "contradiction:curl-header:Authorization"),
        (
            "--header 'Content-Type: application/json'",
            "--header 'Content-Type: multipart/form-data'",
            "contradiction:curl-content-type:multipart/form-data",
        ),
    ] {
        let (status, report) = drift(&changed("page.txt", &[(from, to)]), &[]);
        assert_eq!((status, ids(&report)), (1, vec![expected.to_owned()]));
    }
    let page = changed("page.txt", &[("curl --request POST", "curl -X POST"), ("--header 'X-API", "-H 'x-api")]);
    assert_eq!(drift(&page.replace("x-api-KEY:", "x-api-key:"), &[]).0, 0);
}
