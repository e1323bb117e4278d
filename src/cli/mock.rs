//! `ringg mock`: the stand-in as a server, until a signal stops it.

use std::net::SocketAddr;
use std::time::Duration;

use super::{LevelArguments, Status, complain, number_of, print, usage};
use crate::mock::endpoint::Settings;
use crate::mock::{FAULTS, MockServer, REMEMBERED};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// The one key that is right; without it, any key is
    #[arg(long, value_name = "KEY", env = "RINGG_MOCK_API_KEY", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    api_key: Option<String>,
    /// Makes call ids and times repeatable
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Delays every answer, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency: u64,
    /// Exchanges that the journal remembers, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = REMEMBERED)]
    remember: usize,
    /// List the numbers that choose a fault, and stop
    #[arg(long)]
    list_faults: bool,
    #[command(flatten)]
    levels: LevelArguments,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, 127.0.0.1:8080 or [::1]:8080")
}

pub(super) fn run(arguments: &Arguments) -> Status {
    if arguments.list_faults {
        let lines = FAULTS.iter().map(|fault| format!("{} {:<12} {}\n", fault.number(), fault.name, fault.description));
        return print(&lines.collect::<String>());
    }
    let levels = match arguments.levels.levels() {
        Ok(levels) => levels,
        Err(error) => return usage(error),
    };
    let settings = Settings {
        api_key: arguments.api_key.clone(),
        seed: arguments.seed,
        latency: Duration::from_millis(arguments.latency),
        remembered: arguments.remember,
        levels,
        ..Settings::default()
    };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(serve(arguments.listen, settings)),
        Err(error) => usage(error),
    }
}

async fn serve(listen: SocketAddr, settings: Settings) -> Status {
    // Before the ready line: a script may send a signal as soon as it has read it.
    let stopped = match super::stop_signal() {
        Ok(stopped) => stopped,
        Err(error) => return usage(error),
    };
    match MockServer::start_with(listen, settings).await {
        Ok(server) => {
            let printed = print(&format!("ringg mock: listening on {}\n", server.base_url()));
            if printed != Status::Fine {
                return printed;
            }
            stopped.await;
            let summary = server.summary();
            let (requests, rings) = (number_of(summary.requests, "request"), number_of(summary.rings, "ring"));
            complain(&format!("ringg mock: stopped after {requests}, {rings}"));
            Status::Fine
        }
        Err(error) => usage(format!("cannot listen on {listen}: {error}")),
    }
}
