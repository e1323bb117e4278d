//! Shared by the topics: reading fixtures, the verdict in short form, running the program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ringg_call::{CheckError, Level, check_json};
use serde_json::Value;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn documented(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/documented").join(name)).unwrap()
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The example request of the rules with members merged in (RFC 7396).
pub(crate) fn example_with(members: &str) -> Value {
    let mut request = json(ringg_call::EXAMPLE_REQUEST);
    merge(&mut request, &json(members));
    request
}

/// The example request with this number to call.
pub(crate) fn calling(number: &str) -> String {
    example_with(&format!(r#"{{"mobile_number": "{number}"}}"#)).to_string()
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Default::default());
    }
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name.as_str()], value);
        }
    }
}

/// Every violation as `level rule pointer`, in the order reported.
pub(crate) fn verdict(bytes: &[u8]) -> Vec<String> {
    let violations = match check_json(bytes) {
        Ok(checked) => checked.warnings().to_vec(),
        Err(CheckError::Denied(violations)) => violations,
        Err(error) => return vec![error.to_string()],
    };
    violations.iter().map(|violation| format!("{} {} {}", violation.level, violation.rule, violation.pointer)).collect()
}

pub(crate) fn is_denied(verdict: &[String]) -> bool {
    verdict.iter().any(|line| line.starts_with(&Level::Deny.to_string()))
}

/// Runs `ringg` in the package's folder, without the environment's own key and server.
pub(crate) fn ringg(arguments: &[&str], input: &[u8]) -> Output {
    ringg_in(&root(), arguments, input, &[])
}

pub(crate) fn ringg_in(folder: &Path, arguments: &[&str], input: &[u8], environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringg"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RINGG_API_KEY")
        .env_remove("RINGG_BASE_URL")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A child that ends without reading closes the pipe; that is its right.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Whether a program is here. A missing one is reported by name: its tests then prove nothing.
pub(crate) fn is_here(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_here = found.is_ok_and(|status| status.success());
    if !is_here {
        // Past the capture of the test's output: what is not tested is said.
        let _ = writeln!(std::io::stderr(), "skipped: {program} {} is not on this machine", arguments.join(" "));
    }
    is_here
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Sends a request to a stand-in with no code of the client; status and body.
pub(crate) async fn post(server: &ringg_call::mock::MockServer, key: Option<&str>, body: &str) -> (u16, Value) {
    let url = format!("{}{}", server.base_url(), ringg_call::mock::PATH);
    let mut request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body.to_owned());
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}
