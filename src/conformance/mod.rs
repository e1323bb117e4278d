//! The conformance suite: what a correct binding of this endpoint does, as cases that any language can run.
//!
//! - [`case`](Case): the corpus, `tests/cases/<topic>.json`, embedded. Expectations in it are written by hand.
//! - [`Surface`]: something that a case can be tried on. It only says what it saw ([`Observation`]).
//! - `comparison`: whether that is what the case expects. One place, whatever the surface.
//! - `report`: the results of a run, with expected failures that cut both ways.
//! - The surfaces: `schema`, `rules`, `types` and `command-line` ([`surfaces`]), `client`, `driver` (any program, by
//!   the protocol of `docs/conformance.md`), and `mock` and `server` ([`endpoint`]).
//!
//! To add a case, add an object to a file in `tests/cases/`; for a new topic, also a line to `TOPICS` in `case`. Uses client and
//! mock; only the command line imports it.
//!
//! ```
//! use ringg_call::conformance::{ExpectedFailures, RulesSurface, cases, run};
//!
//! let report = run(&mut RulesSurface, cases(), &ExpectedFailures::own(), |_| {});
//! assert!(report.is_passed());
//! ```

mod case;
mod client;
mod comparison;
mod driver;
pub mod endpoint;
mod report;
mod server;
pub mod surfaces;

pub use case::{
    AdditionalArguments, Answer, Case, EndpointVerdict, Expectation, ExpectedOutcome, ExpectedRequest, Fault, Finding,
    Request, Server, Source, Verdict, cases,
};
pub use client::ClientSurface;
pub use comparison::{Coverage, Findings, Mismatch, Observation, SentRequest};
pub use driver::{DriverSurface, PROTOCOL};
pub use endpoint::{MockSurface, ServerSurface};
pub use report::{CaseOutcome, CaseResult, ExpectedFailure, ExpectedFailures, Report, run};
pub use surfaces::{CommandLineSurface, RulesSurface, SchemaSurface, TypesSurface};

/// Something that cases can be tried on.
pub trait Surface {
    /// Name in reports.
    fn name(&self) -> String;

    /// Ends the run: by case, how many requests a server has seen by now, where that can still have grown.
    fn finish(&mut self) -> Vec<(String, usize)> {
        Vec::new()
    }

    /// How much of the contract it covers, where that is not all; asked after the run.
    fn coverage(&self) -> Option<String> {
        None
    }

    /// Tries one case and says what was seen. What was not looked at is none in the observation and not compared.
    ///
    /// # Errors
    /// [`Trouble`] when the case could not be tried.
    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble>;
}

/// Why there is no observation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The case does not concern this surface, and why; it counts as skipped.
    #[error("skipped: {0}")]
    Skipped(String),
    /// The surface itself broke down; it counts as failed.
    #[error("{0}")]
    Broken(String),
}

impl Trouble {
    fn broken(cause: impl std::fmt::Display) -> Self {
        Self::Broken(cause.to_string())
    }
}

/// What carries the servers of the cases.
fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(Trouble::broken)
}
