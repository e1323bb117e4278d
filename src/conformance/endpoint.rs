//! The server side: the stand-in, and anybody's server. Requests are posted as they stand, by no code of the client.

use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::case::{Case, EndpointVerdict};
use super::comparison::{API_KEY, Observation};
use super::surfaces::{findings, levels};
use super::{Surface, Trouble, runtime};
use crate::mock::endpoint::Settings;
use crate::mock::{MockServer, PATH};

/// Longest wait for a server's answer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Posts a request; the status of the answer.
struct Poster {
    http: reqwest::Client,
    runtime: Runtime,
}

impl Poster {
    /// On this machine no proxy is asked: it would be handed the key in clear.
    fn new(is_loopback: bool) -> Result<Self, Trouble> {
        let http = reqwest::Client::builder();
        let http = if is_loopback { http.no_proxy() } else { http };
        let http = http.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).timeout(TIME_LIMIT);
        Ok(Self { http: http.build().map_err(Trouble::broken)?, runtime: runtime()? })
    }

    async fn post(&self, base_url: &str, key: Option<&str>, body: String) -> Result<EndpointVerdict, Trouble> {
        let mut request =
            self.http.post(format!("{base_url}{PATH}")).header("content-type", "application/json").body(body);
        if let Some(key) = key {
            let mut key = reqwest::header::HeaderValue::from_str(key).map_err(Trouble::broken)?;
            key.set_sensitive(true);
            request = request.header("x-api-key", key);
        }
        let response = request.send().await.map_err(|error| Trouble::broken(chain(&error.without_url())))?;
        match response.status().as_u16() {
            200..=299 => Ok(EndpointVerdict::Accepts),
            401 => Ok(EndpointVerdict::Unauthorized),
            400 | 413 | 422 => Ok(EndpointVerdict::Refuses),
            status => Err(Trouble::broken(format!("status {status}, which is neither success nor a refusal"))),
        }
    }
}

/// An error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The stand-in, over HTTP.
pub struct MockSurface(Poster);

impl MockSurface {
    /// Starts a runtime.
    ///
    /// # Errors
    /// [`Trouble`] when that fails.
    pub fn new() -> Result<Self, Trouble> {
        Poster::new(true).map(Self)
    }
}

impl Surface for MockSurface {
    fn name(&self) -> String {
        "mock".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let settings = Settings { api_key: Some(API_KEY.into()), levels: levels(case)?, ..Settings::default() };
        self.0.runtime.block_on(async {
            let server = MockServer::start_with((std::net::Ipv4Addr::LOCALHOST, 0).into(), settings).await;
            let server = server.map_err(Trouble::broken)?;
            let key = case.request.api_key.then_some(API_KEY);
            let endpoint = self.0.post(&server.base_url(), key, case.text()).await?;
            let [exchange] = server.exchanges().try_into().map_err(|_| Trouble::broken("not one exchange"))?;
            if exchange.rings != (endpoint == EndpointVerdict::Accepts) {
                return Err(Trouble::broken("it rings without success, or the other way round"));
            }
            let findings = Some(findings(&exchange.violations));
            Ok(Observation { endpoint: Some(endpoint), findings, ..Observation::default() })
        })
    }
}

/// Somebody's server.
pub struct ServerSurface {
    poster: Poster,
    base_url: String,
    api_key: String,
    test_number: Option<String>,
    rings_nobody: bool,
}

impl ServerSurface {
    /// Cases that the server accepts make a phone ring: they are tried only where `rings_nobody` (a stand-in), or with
    /// `test_number` in the place of the called one.
    ///
    /// # Errors
    /// [`Trouble`] when no HTTP client can be made.
    pub fn new(
        base_url: &str,
        api_key: &str,
        test_number: Option<String>,
        is_loopback: bool,
        rings_nobody: bool,
    ) -> Result<Self, Trouble> {
        let (base_url, api_key) = (base_url.trim_end_matches('/').to_owned(), api_key.to_owned());
        Ok(Self { poster: Poster::new(is_loopback)?, base_url, api_key, test_number, rings_nobody })
    }
}

impl Surface for ServerSurface {
    fn name(&self) -> String {
        "server".into()
    }

    fn observe(&mut self, case: &Case) -> Result<Observation, Trouble> {
        let Some(expected) = case.expect.endpoint else {
            return Err(Trouble::Skipped("the documentation does not say what the endpoint does".into()));
        };
        let mut text = case.text();
        match (&self.test_number, case.body()) {
            // What ought to be refused might be accepted after all, so the test number stands in every body that has one.
            (Some(number), Some(mut body)) if body.get("mobile_number").is_some_and(Value::is_string) => {
                body["mobile_number"] = number.as_str().into();
                text = body.to_string();
            }
            _ if expected == EndpointVerdict::Accepts && !self.rings_nobody => {
                return Err(Trouble::Skipped("a phone would ring; name a --test-number to try it".into()));
            }
            _ => {}
        }
        let key = case.request.api_key.then_some(self.api_key.as_str());
        let endpoint = self.poster.runtime.block_on(self.poster.post(&self.base_url, key, text))?;
        Ok(Observation { endpoint: Some(endpoint), ..Observation::default() })
    }
}
