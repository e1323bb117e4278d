//! A stand-in for the endpoint: answers as the documentation says the endpoint does, and notes what the contract asks.
//!
//! `endpoint` is the whole behaviour, one function from request to reply; `fault` lists the ways to misbehave, chosen by the
//! number that is called; `journal` remembers, `audit` counts for `ringg verify` what no reset hides. Two transports carry
//! it: [`MockServer`], a server of its own on hyper, which `ringg mock` and `ringg verify` use too, and [`Responder`], for
//! test suites that use wiremock already. It uses the rules and never the client. How the server behaves and what the
//! contract asks are two things: a request the documentation calls wrong but does not say is refused is answered, and its
//! violations are recorded.
//!
//! ```
//! # #[cfg(not(feature = "client"))] fn main() {}
//! # #[cfg(feature = "client")] #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringg_call::{ApiKey, Client, check_json, mock::MockServer};
//!
//! let server = MockServer::start("test-key").await?;
//! let client = Client::builder(ApiKey::new("test-key")?).base_url(server.base_url()).build()?;
//! let request = check_json(ringg_call::EXAMPLE_REQUEST.as_bytes())?;
//! client.initiate_individual_call(&request).await?;
//! assert_eq!(server.summary().rings, 1);
//! assert!(server.exchanges()[0].violations.is_empty());
//! # Ok(()) }
//! ```

mod audit;
pub(crate) mod endpoint;
mod fault;
mod formatter;
mod journal;
pub(crate) mod server;
mod wiremock;

#[cfg(feature = "cli")]
pub(crate) use audit::{Audit, Counted};
pub use endpoint::PATH;
pub use fault::{FAULT_NUMBER_PREFIX, FAULTS, Fault, fault_of};
pub use journal::{Exchange, Judgement, REMEMBERED, Summary};
pub use server::MockServer;
pub use wiremock::Responder;
