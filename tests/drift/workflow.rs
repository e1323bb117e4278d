//! The scheduled workflow: what it does with each status of `ringg drift`, its own lines run by a shell.

use std::path::Path;
use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use crate::support::root;

/// The lines of a step.
fn script(step: &str) -> String {
    let text = std::fs::read_to_string(root().join(".github/workflows/drift.yml")).unwrap();
    let workflow = &Yaml::load_from_str(&text).unwrap()[0];
    let steps = workflow["jobs"]["drift"]["steps"].as_vec().unwrap();
    let step = steps.iter().find(|found| found.as_mapping_get("name").and_then(Yaml::as_str) == Some(step)).unwrap();
    step["run"].as_str().unwrap().to_owned()
}

/// Runs the step `Compare` on a page; its status, the report and the outputs.
fn compare(page: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("page.md", page.as_bytes());
    for file in ["openapi.yaml", "drift-accepted.yaml"] {
        write(file, &std::fs::read(root().join(file)).unwrap());
    }
    std::fs::create_dir_all(folder.path().join("target/debug")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_ringg"));
    std::fs::copy(program, folder.path().join("target/debug/ringg")).unwrap();
    let status = Command::new("bash")
        .args(["-e", "-c", &script("Compare")])
        .current_dir(folder.path())
        .env("GITHUB_OUTPUT", folder.path().join("output"))
        .env("GITHUB_STEP_SUMMARY", folder.path().join("summary"))
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    (status.code().unwrap(), read("summary"), read("output"))
}

#[cfg(unix)]
#[test]
fn the_workflow_tells_drift_from_none_and_from_what_cannot_be_read() {
    let page = std::fs::read_to_string(root().join("tests/documentation/page.md")).unwrap();
    let (status, _, output) = compare(&page);
    assert_eq!((status, output.as_str()), (0, "drift=0\n"));
    let (status, summary, output) = compare(&page.replacen("call_category:", "call_label:", 1));
    assert_eq!((status, output.as_str()), (0, "drift=1\n"));
    assert!(summary.contains("### `member-renamed:/call_category=>call_label`"), "{summary}");
    assert_eq!(compare("<html>nothing</html>"), (2, String::new(), String::new()));
}
