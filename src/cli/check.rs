//! `ringg check`: checks request files and places nothing.

use std::path::PathBuf;

use super::report::{self, Checked, Format, Verdict};
use super::{LevelArguments, Status, input, print, usage};
use crate::check::{CheckError, check_document};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Request files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show numbers, names and secrets in excerpts, which are masked otherwise
    #[arg(long)]
    show_values: bool,
    #[command(flatten)]
    levels: LevelArguments,
}

pub(super) fn run(arguments: &Arguments) -> Status {
    let levels = match arguments.levels.levels() {
        Ok(levels) => levels,
        Err(error) => return usage(error),
    };
    let checked: Vec<Checked> = arguments
        .files
        .iter()
        .map(|path| {
            let input = input::read(path);
            let (verdict, violations) = match &input.document {
                Err(cause) => (Verdict::Unreadable(cause.clone()), Vec::new()),
                Ok(document) => match check_document(document, &levels) {
                    Ok(request) => (Verdict::Accepted, request.warnings().to_vec()),
                    Err(CheckError::Unreadable(cause)) => (Verdict::Unreadable(cause), Vec::new()),
                    Err(CheckError::Denied(violations)) => (Verdict::Denied, violations),
                },
            };
            Checked { input, verdict, violations }
        })
        .collect();
    print(&report::render(&checked, arguments.format, arguments.show_values));
    checked.iter().map(|checked| checked.verdict.status()).max().unwrap_or(Status::Fine)
}
