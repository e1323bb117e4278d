//! The command line: arguments, and the exit status each outcome gets. One file a command; `report` prints violations.
//! Results go to stdout, diagnostics to stderr.

mod call;
mod check;
mod input;
mod mock;
mod report;
mod rules;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::rules::{Levels, UnknownRule};
use crate::violation::Level;

const STATUSES: &str = "Exit status: 0 fine; 1 the contract is broken; 2 wrong usage or unreadable input; \
3 the server refused; 4 the outcome is unknown, the phone may have rung; 5 not sent, the network was at fault.";

/// Check and place individual calls of Ringg AI (an independent project, not the vendor's).
#[derive(Parser)]
#[command(name = "ringg", version, after_help = STATUSES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Place one call
    #[command(after_help = STATUSES)]
    Call(call::Arguments),
    /// Check request files, place nothing
    #[command(after_help = STATUSES)]
    Check(check::Arguments),
    /// Run a stand-in for the endpoint
    #[command(after_help = STATUSES)]
    Mock(mock::Arguments),
    /// List the rules
    Rules(rules::ListArguments),
    /// Say what a rule demands, why, and how to mend a request
    Explain(rules::ExplainArguments),
}

/// What a command ends with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Status {
    Fine = 0,
    ContractBroken = 1,
    Usage = 2,
    Refused = 3,
    Unknown = 4,
    NotSent = 5,
}

/// Levels of rules.
#[derive(Args, Clone)]
struct LevelArguments {
    /// Deny a rule, or all `warnings`
    #[arg(long, value_name = "RULE|warnings")]
    deny: Vec<String>,
    /// Warn of a rule only
    #[arg(long, value_name = "RULE|warnings")]
    warn: Vec<String>,
    /// Do not report a rule
    #[arg(long, value_name = "RULE|warnings")]
    allow: Vec<String>,
}

impl LevelArguments {
    fn levels(&self) -> Result<Levels, UnknownRule> {
        let mut levels = Levels::default();
        // The strictest wins where a rule is named twice.
        for (names, level) in [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)] {
            for name in names {
                levels.set(name, level)?;
            }
        }
        Ok(levels)
    }
}

/// Runs the program on the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    let status = match Arguments::parse().command {
        Command::Call(arguments) => call::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Mock(arguments) => mock::run(&arguments),
        Command::Rules(arguments) => rules::list(&arguments),
        Command::Explain(arguments) => rules::explain(&arguments),
    };
    ExitCode::from(status as u8)
}

/// Prints a result. A reader that has hung up, as `head` does, is no error.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Prints a diagnostic.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn usage(message: impl std::fmt::Display) -> Status {
    complain(&format!("ringg: {message}"));
    Status::Usage
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Completes on SIGINT or SIGTERM (Ctrl-C, where there are no signals).
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}

/// `-` is standard input.
fn is_standard_input(path: &std::path::Path) -> bool {
    path == "-"
}
