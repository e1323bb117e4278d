//! `ringg check`: checks request files and places nothing.

use std::path::PathBuf;

use super::report::{self, Checked, Format};
use super::{LevelArguments, Status, input, print, usage};

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
    let checked: Vec<Checked> = arguments.files.iter().map(|path| Checked::new(input::read(path), &levels).1).collect();
    let printed = print(&report::render(&checked, arguments.format, arguments.show_values));
    checked.iter().map(|checked| checked.verdict.status()).max().unwrap_or(Status::Fine).max(printed)
}
