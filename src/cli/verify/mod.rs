//! `ringg verify -- COMMAND`: runs a test command against the stand-in and says which of its requests break the contract.
//! `report` prints it.

mod report;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitStatus;

use clap::builder::TypedValueParser;
use serde::Serialize;

use super::{LevelArguments, Status, complain, number_of, print, report::Format, usage};
use crate::mock::endpoint::Settings;
use crate::mock::{Audit, Counted, Exchange, FAULTS, Judgement, MockServer, Summary};

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
    #[arg(long, value_name = "NAME", default_value = "RINGG_BASE_URL", value_parser = variable_name())]
    base_url_variable: String,
    /// Environment variable that tells the command the key
    #[arg(long, value_name = "NAME", default_value = "RINGG_API_KEY", value_parser = variable_name())]
    api_key_variable: String,
    /// Form of the report; `human` goes to stderr, the rest to stdout, after the command's own output
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

/// The name of an environment variable.
fn variable_name() -> impl TypedValueParser<Value = String> {
    clap::builder::StringValueParser::new().try_map(|name| {
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        is_name.then_some(name).ok_or("it is not the name of an environment variable")
    })
}

/// All that is reported.
#[derive(Serialize)]
struct Verification {
    /// Exit status of the command; none where a signal ended it.
    command_status: Option<i32>,
    summary: Summary,
    violations: Vec<Counted>,
    /// An example of each request that was never accepted.
    never_accepted: Vec<Exchange>,
    checks: Vec<Check>,
}

/// One thing that was demanded.
#[derive(Serialize)]
struct Check {
    name: String,
    /// What was found instead; none where the demand was met.
    failure: Option<String>,
    /// What says more of the failure, a line each.
    #[serde(skip)]
    details: Vec<String>,
}

impl Check {
    fn new(name: impl Into<String>, is_met: bool, failure: impl FnOnce() -> String) -> Self {
        Self { name: name.into(), failure: (!is_met).then(failure), details: Vec::new() }
    }

    fn with_details(self, details: impl Iterator<Item = String>) -> Self {
        Self { details: details.collect(), ..self }
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
    if arguments.base_url_variable == arguments.api_key_variable {
        return usage(format!("`{}` cannot hold both the server and the key", arguments.api_key_variable));
    }
    if arguments.output.is_some() && arguments.output == arguments.junit {
        return usage("`--output` and `--junit` name one file; give each its own");
    }
    let api_key = format!("verify-{}", uuid::Uuid::new_v4());
    let settings = Settings { api_key: Some(api_key.clone()), levels, is_audited: true, ..Settings::default() };
    let verified = super::runtime().and_then(|runtime| {
        runtime.block_on(async {
            let server = MockServer::start_with((Ipv4Addr::LOCALHOST, 0).into(), settings).await?;
            let status = command(arguments, &server.base_url(), &api_key).await?;
            server.settle().await;
            Ok((status, server.take_audit().unwrap_or_default()))
        })
    });
    let (status, audit) = match verified {
        Ok(verified) => verified,
        Err(error) => return usage(format!("{}: {error}", arguments.command[0])),
    };
    let verification = judge(arguments, status, &audit);
    let delivered = deliver(arguments, &verification);
    if !status.success() {
        return Status::Command(exit_code(status));
    }
    if delivered != Status::Fine {
        return delivered;
    }
    if verification.checks.iter().any(|check| check.failure.is_some()) { Status::ContractBroken } else { Status::Fine }
}

/// Delivers every form of report that was asked for, whatever becomes of another.
fn deliver(arguments: &Arguments, verification: &Verification) -> Status {
    let write = |path: &PathBuf, text: &str| match std::fs::write(path, text) {
        Ok(()) => Status::Fine,
        Err(error) => usage(format!("{}: {error}", path.display())),
    };
    let text = report::render(verification, arguments.format);
    let printed = match (&arguments.output, arguments.format) {
        (Some(path), _) => write(path, &text),
        // The command's own output is on stdout.
        (None, Format::Human) => {
            complain(text.trim_end());
            Status::Fine
        }
        // An annotation must begin a line, wherever the command's output ended.
        (None, Format::Github) => print(&format!("\n{text}")),
        (None, _) => print(&text),
    };
    let Some(path) = &arguments.junit else { return printed };
    let written = match report::junit(verification) {
        Ok(text) => write(path, &text),
        Err(error) => usage(error),
    };
    printed.max(written)
}

/// Runs the command and passes signals on to it and its children, which are a process group of their own. At a terminal
/// they are not: they may read from it, and get its signals (Ctrl-C) from it.
async fn command(arguments: &Arguments, base_url: &str, api_key: &str) -> std::io::Result<ExitStatus> {
    let mut command = tokio::process::Command::new(&arguments.command[0]);
    command
        .args(&arguments.command[1..])
        .env(&arguments.base_url_variable, base_url)
        .env(&arguments.api_key_variable, api_key);
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let at_terminal = std::io::stdin().is_terminal();
        if !at_terminal {
            command.process_group(0);
        }
        let mut child = command.spawn()?;
        let process = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        loop {
            let signal = tokio::select! {
                status = child.wait() => return status,
                _ = hangup.recv() => Signal::HUP,
                _ = interrupt.recv() => Signal::INT,
                _ = quit.recv() => Signal::QUIT,
                _ = terminate.recv() => Signal::TERM,
            };
            let Some(process) = process else { continue };
            // One that has ended meanwhile needs no signal.
            let _ = match signal {
                _ if !at_terminal => kill_process_group(process, signal),
                Signal::TERM => kill_process(process, signal),
                // The terminal has sent it to all.
                _ => Ok(()),
            };
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

fn judge(arguments: &Arguments, status: ExitStatus, audit: &Audit) -> Verification {
    let summary = audit.summary();
    let (unreadable, all) = (audit.unreadable() + summary.malformed, summary.requests + summary.malformed);
    let (violations, never_accepted) = (audit.violations(), audit.unaccepted());
    let is_unreadable = |exchange: &&Exchange| matches!(exchange.judgement, None | Some(Judgement::Unreadable));
    let mut checks = vec![
        Check::new("the command succeeds", status.success(), || format!("it ended with {status}")),
        Check::new("every request is one of this operation and can be read", unreadable == 0, || {
            format!("{unreadable} of {all} not")
        })
        .with_details(never_accepted.iter().filter(is_unreadable).map(report::describe_exchange)),
        Check::new("no request breaks a denied rule", summary.denied == 0, || {
            format!("{} of {} did", summary.denied, summary.requests)
        })
        .with_details(
            violations.iter().filter(|counted| counted.violation.is_denied()).map(report::describe_violation),
        ),
    ];
    let rings = summary.rings;
    if let Some(most) = arguments.max_calls {
        checks.push(Check::new(format!("at most {} may ring", number_of(most, "call")), rings <= most, || {
            format!("{rings} rang, or may have")
        }));
    }
    if let Some(expected) = arguments.expect_calls {
        checks.push(Check::new(format!("{} must ring", number_of(expected, "call")), rings == expected, || {
            format!("{rings} rang, or may have")
        }));
    }
    for fault in BTreeSet::from_iter(&arguments.require_fault) {
        let is_met = summary.faults.contains_key(fault);
        checks.push(Check::new(format!("the fault {fault} is met"), is_met, || "no request called its number".into()));
    }
    Verification { command_status: status.code(), summary, violations, never_accepted, checks }
}
