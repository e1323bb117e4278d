//! The command line: arguments, and the exit status each outcome gets. One file a command; `report` prints violations.
//! Results go to stdout, diagnostics to stderr.

mod call;
mod check;
mod conform;
mod drift;
mod input;
mod mock;
mod report;
mod rules;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::rules::{Levels, UnknownRule};
use crate::violation::Level;

const STATUSES: &str = "Exit status: 0 fine; 1 the contract is broken; 2 wrong usage or unreadable input; \
3 the server refused; 4 the outcome is unknown, the phone may have rung; 5 not sent, the network was at fault.";

const VERIFY_STATUSES: &str = "Exit status: the command's own if it failed; 1 a denied rule was broken or a check failed; \
2 wrong usage, or the command cannot be started; 0 otherwise.";

const MOCK_STATUSES: &str = "Exit status: 0 stopped by a signal; 2 wrong usage, or it cannot listen.";

const CONFORM_STATUSES: &str =
    "Exit status: 0 every case passed or was skipped; 1 a case failed; 2 wrong usage or unreadable input.";
const DRIFT_STATUSES: &str = "Exit status: 0 no drift; 1 drift, or an accepted difference that is gone; 2 wrong usage, or what was given \
cannot be read: it is then never called free of drift.";

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
    #[command(after_help = MOCK_STATUSES)]
    Mock(mock::Arguments),
    /// Run a test command against the stand-in and report its contract violations
    #[command(after_help = VERIFY_STATUSES)]
    Verify(verify::Arguments),
    /// Run the conformance cases over this binding, another one, or a server
    #[command(after_help = CONFORM_STATUSES)]
    Conform(conform::Arguments),
    /// Compare saved documentation with the specification
    #[command(after_help = DRIFT_STATUSES)]
    Drift(drift::Arguments),
    /// List the rules
    Rules(rules::ListArguments),
    /// Say what a rule demands, why, and how to mend a request
    Explain(rules::ExplainArguments),
}

/// What a command ends with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Fine,
    ContractBroken,
    Usage,
    Refused,
    Unknown,
    NotSent,
    /// That of the command that was run.
    Command(u8),
}

impl Status {
    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::ContractBroken => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unknown => 4,
            Self::NotSent => 5,
            Self::Command(code) => code,
        }
    }
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
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Conform(arguments) => conform::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Rules(arguments) => rules::list(&arguments),
        Command::Explain(arguments) => rules::explain(&arguments),
    };
    ExitCode::from(status.code())
}

/// Prints a result. A reader that has hung up, as `head` does, is no error; a full disk is.
#[must_use]
fn print(text: &str) -> Status {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Status::Fine,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Status::Fine,
        Err(error) => usage(format!("cannot write the result: {error}")),
    }
}

/// Text from elsewhere, with what could steer a terminal escaped.
fn printable(text: &str) -> String {
    let steers = |character: char| {
        character.is_control()
            || ('\u{200e}'..='\u{202e}').contains(&character)
            || ('\u{2066}'..='\u{2069}').contains(&character)
    };
    text.chars()
        .flat_map(
            |character| {
                if steers(character) { character.escape_default().collect::<Vec<_>>() } else { vec![character] }
            },
        )
        .collect()
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

/// `1 call`, `2 calls`.
fn number_of(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `-` is standard input.
fn is_standard_input(path: &std::path::Path) -> bool {
    path == "-"
}
