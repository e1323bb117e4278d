//! The client, over a real socket.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::case::{Case, ExpectedOutcome, Fault, Server};
use super::comparison::{API_KEY, Observation};
use super::server::ScriptedServer;
use super::surfaces::{levels, observation};
use super::{Surface, Trouble, runtime};
use crate::check::{CheckedRequest, check_json_with};
use crate::client::{ApiKey, Client, Outcome, RetryPolicy};

/// How long a binding waits for an answer: briefly where none will come.
pub(super) fn time_limit(case: &Case) -> Duration {
    match case.server {
        Some(Server::Fault { fault: Fault::Silence | Fault::Trickle }) => Duration::from_secs(1),
        _ => Duration::from_secs(5),
    }
}

/// This crate's client.
#[derive(Debug)]
pub struct ClientSurface {
    client: Client,
    runtime: Runtime,
}

impl ClientSurface {
    /// Makes a client that is willing to try again, so that a second sending would be seen.
    ///
    /// # Errors
    /// [`Trouble`] when no client can be made, or no runtime.
    pub fn new() -> Result<Self, Trouble> {
        let policy = RetryPolicy::default().first_delay(Duration::from_millis(1));
        let key = ApiKey::new(API_KEY).map_err(Trouble::broken)?;
        let client = Client::builder(key).base_url("http://127.0.0.1").retry_policy(policy).build();
        Ok(Self { client: client.map_err(Trouble::broken)?, runtime: runtime()? })
    }
}

impl Surface for ClientSurface {
    fn name(&self) -> String {
        "client".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let checked = check_json_with(case.text().as_bytes(), &levels(case)?);
        let judged = observation(&checked);
        self.runtime.block_on(async {
            let server = ScriptedServer::start(case).await.map_err(Trouble::Broken)?;
            let (outcome, call_id) = match &checked {
                // Without a key there is no client, so nothing can be sent.
                Ok(_) if !case.request.api_key && ApiKey::new("").is_err() => (Some(ExpectedOutcome::NotSent), None),
                Ok(request) => call(&self.client.for_server(server.base_url(), time_limit(case)), request).await,
                Err(_) => (None, None),
            };
            Ok(Observation { outcome: Some(outcome), call_id, sent: Some(server.received()), ..judged })
        })
    }
}

async fn call(client: &Client, request: &CheckedRequest) -> (Option<ExpectedOutcome>, Option<String>) {
    match client.initiate_individual_call(request).await {
        Ok(call) => (Some(ExpectedOutcome::Placed), Some(call.call_id().to_owned())),
        Err(error) => (Some(error.outcome().into()), None),
    }
}

impl From<Outcome> for ExpectedOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Placed => Self::Placed,
            Outcome::NotSent => Self::NotSent,
            Outcome::Refused => Self::Refused,
            Outcome::Unknown => Self::Unknown,
        }
    }
}
