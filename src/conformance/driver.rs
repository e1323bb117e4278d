//! Any program as a surface, by a protocol of one JSON object a line: the question on its standard input, the answer on its
//! standard output. `docs/conformance.md` documents it.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::case::{Case, ExpectedOutcome, Finding, Verdict};
use super::client::time_limit;
use super::comparison::{API_KEY, Coverage, Findings, Observation};
use super::server::ScriptedServer;
use super::{Surface, Trouble, runtime};
use crate::rules::{RULES, SCHEMA_IDS, rule};

/// Version of the protocol.
pub const PROTOCOL: u32 = 1;

/// Longest line that is read of a driver, in bytes.
const LINE: u64 = 4 * 1024 * 1024;

/// Time a driver has to answer unless set otherwise, beyond what the case makes it wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Servers that stay up after their case: what a binding sends after its answer is counted all the same.
const KEPT_SERVERS: usize = 100;

/// Time a driver has to end after the last case, and to send what it still would.
const FAREWELL: Duration = Duration::from_secs(2);

/// A program that speaks for another binding.
pub struct DriverSurface {
    command: String,
    runtime: Runtime,
    patience: Duration,
    /// The rules it implements, as it said when it was started first.
    rules: BTreeSet<String>,
    running: Option<Running>,
    servers: VecDeque<(String, ScriptedServer)>,
}

/// What a driver says of itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    protocol: u32,
    /// Ids of the rules it implements.
    rules: BTreeSet<String>,
}

/// What a driver says of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    case: String,
    /// Why it does not try the case; the rest is not looked at then.
    skipped: Option<String>,
    verdict: Option<Verdict>,
    violations: Option<Vec<Finding>>,
    outcome: Option<ExpectedOutcome>,
    call_id: Option<String>,
}

impl DriverSurface {
    /// Starts a command that the shell understands, and asks it what it is. It is started again after it broke down.
    ///
    /// # Errors
    /// [`Trouble`] when it does not say what it is.
    pub fn start(command: impl Into<String>) -> Result<Self, Trouble> {
        Self::start_with(command, PATIENCE)
    }

    /// The same with another time to answer, beyond what a case makes it wait: 10 seconds by default.
    ///
    /// # Errors
    /// [`Trouble`] when it does not say what it is.
    pub fn start_with(command: impl Into<String>, patience: Duration) -> Result<Self, Trouble> {
        let command = command.into();
        let running = Running::start(&command, patience).map_err(Trouble::Broken)?;
        let rules = running.rules.clone();
        Ok(Self { command, runtime: runtime()?, patience, rules, running: Some(running), servers: VecDeque::new() })
    }

    fn ask(&mut self, question: &Value, limit: Duration) -> Result<Answer, String> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.command, self.patience)?,
        };
        let answer: Answer = running.exchange(question, limit)?;
        if question["case"] != answer.case.as_str() {
            return Err(format!("the driver answered for the case {:?}", answer.case));
        }
        // Only a driver that kept to the protocol is asked again.
        self.running = Some(running);
        Ok(answer)
    }
}

/// A pointer as reports show it. Only what is there is masked: a member that is made up has no right pointer.
fn shown(body: &Value, pointer: &str) -> Result<String, Trouble> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(Trouble::broken(format!("the driver's pointer {pointer:?} is no JSON Pointer")));
    }
    Ok(if body.pointer(pointer).is_some() { crate::mask::pointer(body, pointer) } else { pointer.to_owned() })
}

impl Surface for DriverSurface {
    fn name(&self) -> String {
        "driver".into()
    }

    fn coverage(&self) -> Option<String> {
        let rules = self.rules.len();
        Some(format!("{rules} of {} rules implemented", RULES.len() + SCHEMA_IDS.len()))
    }

    fn finish(&mut self) -> Vec<(String, usize)> {
        if let Some(running) = self.running.take() {
            running.end_with_input(FAREWELL);
        }
        self.servers.drain(..).map(|(case, server)| (case, server.received().len())).collect()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let time_limit = time_limit(case);
        let limit = self.patience + time_limit;
        let server = self.runtime.block_on(ScriptedServer::start(case)).map_err(Trouble::Broken)?;
        let question = json!({
            "protocol": PROTOCOL,
            "case": case.id,
            "body": case.text(),
            "levels": case.levels,
            "api_key": case.request.api_key.then_some(API_KEY),
            "base_url": server.base_url(),
            "timeout_milliseconds": u64::try_from(time_limit.as_millis()).unwrap_or(u64::MAX),
        });
        let asked = self.ask(&question, limit);
        let sent = server.received();
        self.servers.push_back((case.id.clone(), server));
        if self.servers.len() > KEPT_SERVERS {
            self.servers.pop_front();
        }
        let answer = asked.map_err(Trouble::Broken)?;
        if let Some(reason) = answer.skipped {
            return Err(Trouble::Skipped(reason));
        }
        let verdict = answer.verdict.ok_or_else(|| Trouble::broken("the driver gave no verdict"))?;
        let body = case.body().unwrap_or_default();
        let masked = |finding: Finding| Ok(Finding::new(finding.rule, shown(&body, &finding.pointer)?));
        let found = answer.violations.unwrap_or_default().into_iter().map(masked).collect::<Result<_, _>>()?;
        Ok(Observation {
            verdict: Some(verdict),
            findings: Some(Findings { found, coverage: Coverage::Rules(self.rules.clone()) }),
            outcome: Some(answer.outcome),
            call_id: answer.call_id,
            sent: Some(sent),
            ..Observation::default()
        })
    }
}

/// A driver's process. Killed when dropped, with all that it started.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Result<String, String>>,
    rules: BTreeSet<String>,
}

impl Running {
    fn start(command: &str, patience: Duration) -> Result<Self, String> {
        let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
        shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]).stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let mut child = shell.spawn().map_err(|error| format!("the driver cannot be started: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        // Holds one line: a driver that says more than it is asked waits, and no memory fills.
        let (sender, lines) = sync_channel(1);
        std::thread::spawn(move || {
            let Some(mut output) = output.map(BufReader::new) else { return };
            loop {
                let next = line(&mut output);
                let is_last = next.is_err();
                if sender.send(next).is_err() || is_last {
                    return;
                }
            }
        });
        let mut running = Self { child, input, lines, rules: BTreeSet::new() };
        let description: Description =
            running.exchange(&json!({ "protocol": PROTOCOL, "describe": true }), patience)?;
        if description.protocol != PROTOCOL {
            return Err(format!("the driver speaks protocol {}, this is {PROTOCOL}", description.protocol));
        }
        let unknown = description.rules.iter().find(|id| rule(id).is_none() && !SCHEMA_IDS.contains(&id.as_str()));
        if let Some(unknown) = unknown {
            return Err(format!("the driver names a rule that is unknown, {unknown:?}; `ringg rules` lists them"));
        }
        running.rules = description.rules;
        Ok(running)
    }

    fn exchange<Reply: serde::de::DeserializeOwned>(
        &mut self,
        question: &Value,
        limit: Duration,
    ) -> Result<Reply, String> {
        if self.lines.try_recv().is_ok() {
            return Err(format!("the driver said something before it was asked{}", self.end()));
        }
        // From a thread of its own: a driver that reads nothing must not stop the run.
        let mut input = self.input.take().ok_or("the driver takes no more questions")?;
        let question = format!("{question}\n");
        let writer = std::thread::spawn(move || {
            input.write_all(question.as_bytes()).and_then(|()| input.flush()).map(|()| input)
        });
        let line = match self.lines.recv_timeout(limit) {
            Ok(line) => line.map_err(|cause| format!("the driver {cause}{}", self.end()))?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("the driver gave no answer in {} seconds", limit.as_secs()));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(format!("the driver ended{}", self.end())),
        };
        self.input = writer.join().ok().and_then(Result::ok);
        serde_json::from_str(&line).map_err(|error| format!("the driver's answer is not of the protocol: {error}"))
    }

    /// Closes its input and waits for its end, for so long.
    fn end_with_input(mut self, limit: Duration) {
        self.input = None;
        let begin = Instant::now();
        while begin.elapsed() < limit && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// How the process ended, where it did.
    fn end(&mut self) -> String {
        // It may take a moment to be seen.
        for _ in 0..20 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!(" ({status})");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        String::new()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // A group that has ended meanwhile needs no signal.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next line, bounded.
fn line(output: &mut impl BufRead) -> Result<String, String> {
    let mut bytes = Vec::new();
    let count = output.take(LINE).read_until(b'\n', &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if count == 0 {
        return Err("ended".into());
    }
    if bytes.last() != Some(&b'\n') {
        let what = if bytes.len() as u64 == LINE {
            "floods: a line of more than 4 MiB"
        } else {
            "ended in the middle of a line"
        };
        return Err(what.into());
    }
    String::from_utf8(bytes).map_err(|_| "answers with invalid UTF-8".into())
}
