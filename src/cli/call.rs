//! `ringg call`: places one call, on the stand-in, on the real server, or not at all.

use std::error::Error;
use std::path::PathBuf;

use reqwest::Request;

use super::report::{self, Checked};
use super::{LevelArguments, Status, complain, input, print, printable, usage};
use crate::check::CheckedRequest;
use crate::client::{ApiKey, CallError, Client, PRODUCTION};
use crate::document::Document;
use crate::mask;
use crate::mock::MockServer;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The request; `-` reads standard input
    #[arg(value_name = "REQUEST.json")]
    request: PathBuf,
    #[command(flatten)]
    mode: Mode,
    /// Server to call instead of RINGG_BASE_URL or production, with --live or --dry-run
    #[arg(long, value_name = "URL", conflicts_with = "mock")]
    base_url: Option<String>,
    /// File that holds the key, instead of RINGG_API_KEY
    #[arg(long, value_name = "FILE", conflicts_with = "mock")]
    api_key_file: Option<PathBuf>,
    /// Show numbers, names and secrets, which are masked otherwise
    #[arg(long)]
    show_values: bool,
    #[command(flatten)]
    levels: LevelArguments,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Mode {
    /// Place it on an embedded stand-in: no key, no phone
    #[arg(long)]
    mock: bool,
    /// Print what would be sent, send nothing
    #[arg(long)]
    dry_run: bool,
    /// Place it. A phone rings. Needs RINGG_API_KEY or --api-key-file
    #[arg(long)]
    live: bool,
}

pub(super) fn run(arguments: &Arguments) -> Status {
    let levels = match arguments.levels.levels() {
        Ok(levels) => levels,
        Err(error) => return usage(error),
    };
    let input = input::read(&arguments.request);
    let (request, checked) = Checked::new(input, &levels);
    let status = checked.verdict.status();
    if request.is_none() || !checked.violations.is_empty() {
        complain(report::human(checked, arguments.show_values).trim_end());
    }
    let Some(request) = request else { return status };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(place(arguments, &request)).unwrap_or_else(|error| usage(chain(&*error))),
        Err(error) => usage(error),
    }
}

async fn place(arguments: &Arguments, request: &CheckedRequest) -> Result<Status, Box<dyn Error>> {
    if arguments.mode.mock {
        let server = MockServer::start("mock-key").await?;
        let client = Client::builder(ApiKey::new("mock-key")?).base_url(server.base_url()).build()?;
        let status = send(&client, request).await;
        let refused_by = server.exchanges().pop().filter(|_| status == Status::Refused);
        for violation in
            refused_by.iter().flat_map(|exchange| &exchange.violations).filter(|violation| violation.is_denied())
        {
            complain(&format!("mock: {violation}"));
        }
        complain("mock: no phone rang");
        return Ok(status);
    }
    let base_url =
        arguments.base_url.clone().or_else(|| std::env::var("RINGG_BASE_URL").ok().filter(|url| !url.is_empty()));
    let base_url = base_url.unwrap_or_else(|| PRODUCTION.into());
    let key = match (&arguments.api_key_file, arguments.mode.dry_run) {
        (Some(path), _) => {
            let key = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            ApiKey::new(&key)?
        }
        // Nothing is sent and the key is not shown: any will do.
        (None, true) => ApiKey::new("dry-run")?,
        (None, false) => ApiKey::from_env()?,
    };
    let client = Client::builder(key).base_url(base_url).build()?;
    if arguments.mode.dry_run {
        return Ok(print(&describe(&client.prepare(request).await?, arguments.show_values)));
    }
    complain(&format!("calling {}", mask::phone_number(&request.request().mobile_number)));
    Ok(send(&client, request).await)
}

async fn send(client: &Client, request: &CheckedRequest) -> Status {
    match client.initiate_individual_call(request).await {
        Ok(call) => {
            let call_id = printable(call.call_id());
            let printed = print(&format!("{call_id}\n"));
            if printed != Status::Fine {
                // The phone rings: the id must not be lost.
                complain(&format!("the call was placed, its id is {call_id}"));
            }
            printed
        }
        Err(error) => {
            complain(&format!("ringg: {}", chain(&error)));
            match error {
                CallError::NotSent { .. } => Status::NotSent,
                CallError::Refused(_) => Status::Refused,
                CallError::Unknown { .. } => Status::Unknown,
            }
        }
    }
}

/// The request as it would be sent, the key masked, the body too unless its values are asked for.
fn describe(request: &Request, show_values: bool) -> String {
    let mut text = format!("{} {}\n", request.method(), request.url());
    for (name, value) in request.headers() {
        let value = if value.is_sensitive() { "***" } else { value.to_str().unwrap_or("***") };
        text += &format!("{name}: {value}\n");
    }
    let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
    // Its own output: always readable.
    let body = Document::parse(body).map(|document| document.value).unwrap_or_default();
    let body = if show_values { body } else { mask::request(&body) };
    format!("{text}\n{body:#}\n")
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text += &format!(": {cause_text}");
        }
        source = cause.source();
    }
    text
}
