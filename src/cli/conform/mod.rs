//! `ringg conform`: runs the conformance cases over this binding, over another language's, or over a server. `report`
//! prints what came of it.

mod report;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use url::{Host, Url};

use super::{Status, print, usage};
use crate::client::ApiKey;
use crate::conformance::{
    Case, CaseOutcome, ClientSurface, CommandLineSurface, DriverSurface, ExpectedFailures, MockSurface, Report,
    RulesSurface, SchemaSurface, ServerSurface, Surface, TypesSurface, cases, run as run_cases,
};
use crate::generated::types::PhoneNumber;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Try another binding: a command that speaks the protocol of docs/conformance.md
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["base_url", "surface"])]
    driver: Option<String>,
    /// Seconds a driver has to answer a case
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "driver", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    driver_timeout: u64,
    /// Try a server; the key is taken from RINGG_API_KEY
    #[arg(long, value_name = "URL", conflicts_with = "surface")]
    base_url: Option<String>,
    /// Permit a server that is not on this machine; cases that ring are left out
    #[arg(long, requires = "base_url")]
    live: bool,
    /// Try the cases that ring too, with this number in place of theirs. That phone rings
    #[arg(long, value_name = "NUMBER", requires = "live")]
    test_number: Option<String>,
    /// Try this binding on one surface only
    #[arg(long, value_enum)]
    surface: Vec<OwnSurface>,
    /// Try only cases whose id, or topic, is or begins with this
    #[arg(long, value_name = "PREFIX", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    only: Vec<String>,
    /// List the cases, try none; with --format json, whole
    #[arg(long)]
    list: bool,
    /// Failures that are known, as JSON: {"driver": {"case-id": {"reason": "…", "mismatches": ["…"]}}}, each mismatch as the report prints it
    #[arg(long, value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write a JUnit report too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// What failed, and counts
    #[default]
    Human,
    /// One JSON object; documented in docs/conformance.md, stable
    Json,
}

/// The surfaces of this binding, in the order they are tried.
#[derive(Clone, Copy, ValueEnum)]
enum OwnSurface {
    Schema,
    Rules,
    Types,
    Client,
    Mock,
    CommandLine,
}

impl OwnSurface {
    fn open(self) -> Result<Box<dyn Surface>, String> {
        Ok(match self {
            Self::Schema => Box::new(SchemaSurface),
            Self::Rules => Box::new(RulesSurface),
            Self::Types => Box::new(TypesSurface),
            Self::Client => Box::new(ClientSurface::new().map_err(|error| error.to_string())?),
            Self::Mock => Box::new(MockSurface::new().map_err(|error| error.to_string())?),
            Self::CommandLine => {
                Box::new(CommandLineSurface::new(std::env::current_exe().map_err(|error| error.to_string())?))
            }
        })
    }
}

pub(super) fn run(arguments: &Arguments) -> Status {
    let selected: Vec<&Case> = cases().iter().filter(|case| is_selected(case, &arguments.only)).collect();
    if selected.is_empty() {
        return usage(format!("no case or topic begins with {}; --list lists them", arguments.only.join(" or ")));
    }
    if arguments.list {
        return print(&match arguments.format {
            Format::Human => report::list(&selected),
            Format::Json => format!("{:#}\n", serde_json::json!(selected)),
        });
    }
    match conform(arguments, &selected) {
        Ok(reports) => deliver(arguments, &reports),
        Err(error) => usage(error),
    }
}

fn is_selected(case: &Case, only: &[String]) -> bool {
    let fits = |prefix: &String| case.id.starts_with(prefix.as_str()) || case.topic().starts_with(prefix.as_str());
    only.is_empty() || only.iter().any(fits)
}

fn conform(arguments: &Arguments, selected: &[&Case]) -> Result<Vec<Report>, String> {
    let expected = match &arguments.expected_failures {
        None => ExpectedFailures::own(),
        Some(path) => {
            let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
            ExpectedFailures::parse(&text).map_err(|error| named(&error))?
        }
    };
    let surfaces = surfaces(arguments)?;
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new((selected.len() * surfaces.len()) as u64)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{msg:>13} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    let reports = surfaces.into_iter().map(|mut surface| {
        bar.set_message(surface.name());
        run_cases(&mut *surface, selected.iter().copied(), &expected, |_| bar.inc(1))
    });
    let reports = reports.collect();
    bar.finish_and_clear();
    Ok(reports)
}

fn surfaces(arguments: &Arguments) -> Result<Vec<Box<dyn Surface>>, String> {
    if let Some(command) = &arguments.driver {
        let patience = Duration::from_secs(arguments.driver_timeout);
        let driver = DriverSurface::start_with(command.as_str(), patience).map_err(|error| error.to_string())?;
        return Ok(vec![Box::new(driver)]);
    }
    if let Some(base_url) = &arguments.base_url {
        let is_loopback = is_loopback(base_url)?;
        if !is_loopback && !arguments.live {
            return Err(
                "that server is not on this machine; --live permits it, and leaves out the cases that ring".into()
            );
        }
        let key = std::env::var("RINGG_API_KEY").unwrap_or_default();
        let key = ApiKey::new(&key).map(|_| key.trim().to_owned()).map_err(|error| error.to_string())?;
        if let Some(number) = &arguments.test_number {
            PhoneNumber::try_from(number.as_str())
                .map_err(|_| "--test-number: it is not in E.164 form, as +14155550123 is")?;
        }
        let rings_nobody = is_loopback && !arguments.live;
        let server = ServerSurface::new(base_url, &key, arguments.test_number.clone(), is_loopback, rings_nobody);
        return Ok(vec![Box::new(server.map_err(|error| error.to_string())?)]);
    }
    let all = OwnSurface::value_variants();
    let chosen = if arguments.surface.is_empty() { all } else { arguments.surface.as_slice() };
    chosen.iter().map(|surface| surface.open()).collect()
}

fn is_loopback(base_url: &str) -> Result<bool, String> {
    let url = Url::parse(base_url).map_err(|error| format!("--base-url: {error}"))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("--base-url: it holds a query, a fragment or credentials; remove them".into());
    }
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("--base-url: there is no host in it".into()),
    };
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback)) {
        return Err("--base-url: it is not https, and the key would be sent in clear".into());
    }
    Ok(is_loopback)
}

fn deliver(arguments: &Arguments, reports: &[Report]) -> Status {
    if let Some(path) = &arguments.junit {
        let written = report::junit(reports)
            .and_then(|text| std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display())));
        if let Err(error) = written {
            return usage(error);
        }
    }
    let text = match arguments.format {
        Format::Human => report::human(reports),
        Format::Json => report::json(reports),
    };
    let is_tried = reports.iter().any(|report| report.count(CaseOutcome::Skipped) < report.results.len());
    let is_passed = is_tried && reports.iter().all(Report::is_passed);
    let status = if is_passed { Status::Fine } else { Status::ContractBroken };
    status.max(print(&text))
}
