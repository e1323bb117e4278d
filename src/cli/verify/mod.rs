//! `ringg verify -- COMMAND`: runs a test command against the stand-in and says which of its requests break the contract.
//! `report` prints it.

mod report;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitStatus;

use serde::Serialize;
use serde_json::Value;

use super::{LevelArguments, Status, complain, print, report::Format, usage};
use crate::mock::endpoint::Settings;
use crate::mock::{Exchange, FAULTS, MockServer, Summary};
use crate::violation::Violation;

/// Exchanges whose violations are reported with pointer and excerpt; the counts count all.
const REMEMBERED: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Fail if a phone would have rung more often: the guard against calling twice
    #[arg(long, value_name = "NUMBER")]
    max_calls: Option<u64>,
    /// Fail unless a phone would have rung exactly as often
    #[arg(long, value_name = "NUMBER")]
    expect_calls: Option<u64>,
    /// Fail unless the command met this fault (`ringg mock --list-faults`)
    #[arg(long, value_name = "FAULT")]
    require_fault: Vec<String>,
    /// Environment variable that tells the command the server
    #[arg(long, value_name = "NAME", default_value = "RINGG_BASE_URL")]
    base_url_variable: String,
    /// Environment variable that tells the command the key
    #[arg(long, value_name = "NAME", default_value = "RINGG_API_KEY")]
    api_key_variable: String,
    /// Form of the report; `human` goes to stderr, the rest to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the report to a file instead
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write a JUnit report too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    levels: LevelArguments,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// All that is reported.
#[derive(Serialize)]
struct Verification {
    /// Exit status of the command; none where a signal ended it.
    command_status: Option<i32>,
    summary: Summary,
    violations: Vec<Counted>,
    checks: Vec<Check>,
}

/// A violation, how often it was met, and the newest request that held it, masked.
#[derive(Serialize)]
struct Counted {
    #[serde(flatten)]
    violation: Violation,
    count: u64,
    request: Option<Value>,
}

/// One thing that was demanded.
#[derive(Serialize)]
struct Check {
    name: String,
    /// What was found instead; none where the demand was met.
    failure: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, is_met: bool, failure: impl FnOnce() -> String) -> Self {
        Self { name: name.into(), failure: (!is_met).then(failure) }
    }
}

pub(super) fn run(arguments: &Arguments) -> Status {
    if let Some(unknown) = arguments.require_fault.iter().find(|name| FAULTS.iter().all(|fault| fault.name != **name)) {
        return usage(format!("no fault is named `{unknown}`; `ringg mock --list-faults` lists them"));
    }
    let levels = match arguments.levels.levels() {
        Ok(levels) => levels,
        Err(error) => return usage(error),
    };
    let api_key = format!("verify-{}", uuid::Uuid::new_v4());
    let settings = Settings { api_key: Some(api_key.clone()), remembered: REMEMBERED, levels, ..Settings::default() };
    let verified = super::runtime().and_then(|runtime| {
        runtime.block_on(async {
            let server = MockServer::start_with((Ipv4Addr::LOCALHOST, 0).into(), settings).await?;
            let status = command(arguments, &server.base_url(), &api_key).await?;
            Ok((status, server.exchanges(), server.summary()))
        })
    });
    let (status, exchanges, summary) = match verified {
        Ok(verified) => verified,
        Err(error) => return usage(format!("{}: {error}", arguments.command[0])),
    };
    let verification = judge(arguments, status, &exchanges, summary);
    if let Err(error) = deliver(arguments, &verification) {
        return usage(error);
    }
    if !status.success() {
        return Status::Command(exit_code(status));
    }
    if verification.checks.iter().any(|check| check.failure.is_some()) { Status::ContractBroken } else { Status::Fine }
}

fn deliver(arguments: &Arguments, verification: &Verification) -> Result<(), String> {
    let write =
        |path: &PathBuf, text: &str| std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
    if let Some(path) = &arguments.junit {
        write(path, &report::junit(verification)?)?;
    }
    let text = report::render(verification, arguments.format);
    match (&arguments.output, arguments.format) {
        (Some(path), _) => write(path, &text)?,
        // The command's own output is on stdout.
        (None, Format::Human) => complain(text.trim_end()),
        (None, _) if print(&text) != Status::Fine => return Err("the report is lost".into()),
        (None, _) => {}
    }
    Ok(())
}

/// Runs the command in a process group of its own and passes signals on to the whole group.
async fn command(arguments: &Arguments, base_url: &str, api_key: &str) -> std::io::Result<ExitStatus> {
    let mut command = tokio::process::Command::new(&arguments.command[0]);
    command
        .args(&arguments.command[1..])
        .env(&arguments.base_url_variable, base_url)
        .env(&arguments.api_key_variable, api_key);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut child = command.process_group(0).spawn()?;
        let group = child.id().and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?));
        let pass_on = |signal| {
            if let Some(group) = group {
                // A group that has ended meanwhile needs no signal.
                let _ = rustix::process::kill_process_group(group, signal);
            }
        };
        loop {
            tokio::select! {
                status = child.wait() => return status,
                _ = interrupt.recv() => pass_on(rustix::process::Signal::INT),
                _ = terminate.recv() => pass_on(rustix::process::Signal::TERM),
            }
        }
    }
    #[cfg(not(unix))]
    {
        command.spawn()?.wait().await
    }
}

/// As a shell reports it: 128 and the signal's number for a command that a signal ended.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128_u8.saturating_add(u8::try_from(signal).unwrap_or(127));
    }
    status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0).unwrap_or(1)
}

fn judge(arguments: &Arguments, status: ExitStatus, exchanges: &[Exchange], summary: Summary) -> Verification {
    let violations = count(exchanges);
    let mut checks = vec![
        Check::new("the command succeeds", status.success(), || format!("it ended with {status}")),
        Check::new("no request breaks a denied rule", summary.denied == 0, || format!("{} did", summary.denied)),
    ];
    let rings = summary.rings;
    if let Some(most) = arguments.max_calls {
        checks.push(Check::new(format!("at most {most} calls ring"), rings <= most, || {
            format!("{rings} rang, or may have")
        }));
    }
    if let Some(expected) = arguments.expect_calls {
        checks.push(Check::new(format!("{expected} calls ring"), rings == expected, || {
            format!("{rings} rang, or may have")
        }));
    }
    for fault in &arguments.require_fault {
        let is_met = summary.faults.contains_key(fault);
        checks.push(Check::new(format!("the fault {fault} is met"), is_met, || "no request called its number".into()));
    }
    Verification { command_status: status.code(), summary, violations, checks }
}

/// Violations by rule, pointer and level, the strictest first.
fn count(exchanges: &[Exchange]) -> Vec<Counted> {
    let mut counted = BTreeMap::<_, Counted>::new();
    for exchange in exchanges {
        for violation in &exchange.violations {
            let key = (std::cmp::Reverse(violation.level), violation.rule.clone(), violation.pointer.clone());
            let entry =
                counted.entry(key).or_insert_with(|| Counted { violation: violation.clone(), count: 0, request: None });
            entry.count += 1;
            entry.request = exchange.request.clone();
        }
    }
    counted.into_values().collect()
}
