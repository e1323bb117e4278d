//! The `ringg` program. Everything is in `ringg_call::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringg_call::cli::run()
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
