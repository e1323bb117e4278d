//! Sends a checked request, once, and says what became of it.
//!
//! [`outcome`] judges, [`retry`] decides what is sent again, [`log`] holds the tracing events.
//!
//! The generated client makes the HTTP request from `openapi.yaml`; it is taken from its hook before it is sent, because
//! the generated reading of answers loses a status whose body is not JSON and a call id beside an odd member. Sending is
//! here. Imports the check; the stand-in never imports this.

mod log;
mod outcome;
mod retry;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{HeaderName, HeaderValue, USER_AGENT};
use url::{Host, Url};

pub use outcome::{Answer, CallError, DecodeError, Event, Outcome, PlacedCall, Reconciliation};
pub use retry::RetryPolicy;

use crate::check::CheckedRequest;
use crate::generated::client as generated;

/// Base URL of the vendor's production server.
pub const PRODUCTION: &str = "https://prod-api.ringg.ai/ca/api/v0";

/// Connect time-out unless set otherwise: 10 seconds.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time-out of one attempt, from connecting to the last byte of the answer, unless set otherwise: 30 seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for a whole call, all attempts and the waits between them, unless set otherwise: 60 seconds.
pub const DEADLINE: Duration = Duration::from_secs(60);

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The key of a workspace. Shown nowhere, not by `Debug` either.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Takes a key. White space around it, such as a file's last line break, is removed; its shape is not judged.
    ///
    /// # Errors
    /// [`ConfigurationError::ApiKey`] for an empty key, or one with characters no header can carry.
    pub fn new(key: &str) -> Result<Self, ConfigurationError> {
        let key = key.trim();
        let visible = !key.is_empty() && key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        let mut value = HeaderValue::from_str(key).ok().filter(|_| visible).ok_or(ConfigurationError::ApiKey)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// Takes the key from the environment variable `RINGG_API_KEY`.
    ///
    /// # Errors
    /// [`ConfigurationError::ApiKey`] where it is not set, or holds no key.
    pub fn from_env() -> Result<Self, ConfigurationError> {
        Self::new(&std::env::var("RINGG_API_KEY").map_err(|_| ConfigurationError::ApiKey)?)
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiKey(***)")
    }
}

/// Why a client cannot be made. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// No key, or one that no header can carry.
    #[error("the API key is missing, or holds white space, control or non-ASCII characters; set RINGG_API_KEY")]
    ApiKey,
    /// A base URL the key must not be sent to.
    #[error("the base URL {0}")]
    BaseUrl(&'static str),
    /// A key of `custom_args_values` that cannot carry the client's own id.
    #[error("the reconciliation key {0}")]
    ReconciliationKey(&'static str),
    /// A root certificate that cannot be read.
    #[error("the root certificate is not PEM")]
    RootCertificate(#[source] reqwest::Error),
    /// The HTTP client cannot start, for example because there are no root certificates.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
}

/// Places calls. Cheap to clone; clones share their connections.
///
/// Redirects are not followed, cookies are not kept, and what may have reached the server is never sent again.
///
/// Dropping the future of a call in flight closes its connection and sends nothing more. If it was dropped before the
/// request was written, nothing rang; since that cannot be told from outside, take it as [`Outcome::Unknown`]. To know
/// more, do not drop it: spawn it, or set [`ClientBuilder::deadline`], which ends in an error that says.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: ApiKey,
    attempt_timeout: Duration,
    deadline: Duration,
    retry_policy: RetryPolicy,
    reconciliation_key: Option<String>,
}

/// Settings of a [`Client`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder {
    api_key: ApiKey,
    base_url: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    deadline: Duration,
    retry_policy: RetryPolicy,
    reconciliation_key: Option<String>,
    root_certificates: Vec<Vec<u8>>,
}

impl ClientBuilder {
    /// Server to call, without the operation's path. [`PRODUCTION`] unless set. Must be https, or lead to this machine.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Longest time to connect, TLS included. [`CONNECT_TIMEOUT`] unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time for one attempt, answer included. [`ATTEMPT_TIMEOUT`] unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Longest time for a whole call: all attempts and the waits between them. [`DEADLINE`] unless set. No further attempt
    /// begins when less than a quarter of it is left (or less than an attempt's time, if that is shorter).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// When to send again what was not sent. [`RetryPolicy::default`] unless set.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Puts an id of the client's own under this key of `custom_args_values`, unless the request holds the key; an
    /// unknown outcome then names it, so that the call can be matched in call history or callbacks. Not done unless set.
    pub fn reconciliation_key(mut self, key: impl Into<String>) -> Self {
        self.reconciliation_key = Some(key.into());
        self
    }

    /// Trusts a certificate authority, given as PEM, beside those of the system.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// [`ConfigurationError`] for a base URL that is not https (but for loopback), or carries credentials, a query or a
    /// fragment; and when the HTTP client cannot start.
    pub fn build(self) -> Result<Client, ConfigurationError> {
        let url =
            Url::parse(self.base_url.trim()).map_err(|_| ConfigurationError::BaseUrl("is not an absolute URL"))?;
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback)) {
            return Err(ConfigurationError::BaseUrl("is not https; plain http is for this machine only"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigurationError::BaseUrl("holds credentials; the key goes into RINGG_API_KEY"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigurationError::BaseUrl("holds a query or a fragment; remove it"));
        }
        if let Some(key) = self.reconciliation_key.as_deref() {
            if key.is_empty() || key.contains(|character: char| character.is_whitespace() || "{}@".contains(character))
            {
                return Err(ConfigurationError::ReconciliationKey("cannot stand in a prompt's reference"));
            }
            if ["callee_name", "original_callee_name", "mobile_number"].contains(&key) {
                return Err(ConfigurationError::ReconciliationKey("is one that Ringg writes itself"));
            }
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            // Another crate of the build may have switched these on: a small body could grow without bound.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        for pem in &self.root_certificates {
            let certificate = reqwest::Certificate::from_pem(pem).map_err(ConfigurationError::RootCertificate)?;
            http = http.tls_certs_merge([certificate]);
        }
        if is_loopback {
            // A proxy would be handed the key in clear.
            http = http.no_proxy();
        }
        Ok(Client {
            http: http.build().map_err(ConfigurationError::Http)?,
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            api_key: self.api_key,
            attempt_timeout: self.attempt_timeout,
            deadline: self.deadline,
            retry_policy: self.retry_policy,
            reconciliation_key: self.reconciliation_key,
        })
    }
}

impl Client {
    /// A client of the production server.
    ///
    /// # Errors
    /// [`ConfigurationError::Http`] when the HTTP client cannot start.
    pub fn new(api_key: ApiKey) -> Result<Self, ConfigurationError> {
        Self::builder(api_key).build()
    }

    /// A client from the environment: the key from `RINGG_API_KEY`, the server from `RINGG_BASE_URL`, which need not be
    /// set and is [`PRODUCTION`] then. What `ringg verify` runs finds its server this way.
    ///
    /// # Errors
    /// [`ConfigurationError`] for a missing key or a base URL the key must not be sent to.
    pub fn from_env() -> Result<Self, ConfigurationError> {
        let builder = Self::builder(ApiKey::from_env()?);
        match std::env::var("RINGG_BASE_URL") {
            Ok(base_url) if !base_url.is_empty() => builder.base_url(base_url).build(),
            _ => builder.build(),
        }
    }

    /// A client with settings of your own.
    pub fn builder(api_key: ApiKey) -> ClientBuilder {
        ClientBuilder {
            api_key,
            base_url: PRODUCTION.into(),
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            deadline: DEADLINE,
            retry_policy: RetryPolicy::default(),
            reconciliation_key: None,
            root_certificates: Vec::new(),
        }
    }

    /// The same client for another server on this machine: its TLS set-up, the slow part of making one, is shared.
    #[cfg(feature = "conformance")]
    pub(crate) fn for_server(&self, base_url: String, attempt_timeout: Duration) -> Self {
        Self { base_url, attempt_timeout, ..self.clone() }
    }

    /// The HTTP request that [`Self::initiate_individual_call`] would send. Sends nothing. The key's header is marked
    /// sensitive, so `Debug` does not show it; the body holds names and numbers in clear.
    ///
    /// # Errors
    /// [`CallError::NotSent`] when the request cannot be made.
    pub async fn prepare(&self, request: &CheckedRequest) -> Result<reqwest::Request, CallError> {
        let capture = Capture::default();
        let client = generated::Client::new_with_client(&self.base_url, self.http.clone(), capture.clone());
        let stopped = client.initiate_individual_call(request.request()).await;
        let captured = capture.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut prepared = captured.ok_or_else(|| CallError::NotSent {
            source: format!("the generated client made no request ({})", stopped.is_ok()).into(),
        })?;
        let headers = prepared.headers_mut();
        headers.remove("api-version"); // progenitor's own, documented nowhere
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("ringg-call/", env!("CARGO_PKG_VERSION"))));
        headers.insert(API_KEY, self.api_key.0.clone());
        Ok(prepared)
    }

    /// Starts one outbound call. **This rings a phone.**
    ///
    /// # Errors
    /// [`CallError`] says whether the call was not sent, was refused, or whether that cannot be known;
    /// [`CallError::may_have_rung`] answers the question that matters.
    pub async fn initiate_individual_call(&self, request: &CheckedRequest) -> Result<PlacedCall, CallError> {
        let marked = self.reconciliation_key.as_deref().map(|key| request.with_argument(key, new_id));
        let (request, reconciliation) = match &marked {
            Some((request, key, value)) => (request, Some(Reconciliation::new(key, value))),
            None => (request, None),
        };
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            let result = self.attempt(request, attempt, self.deadline.saturating_sub(started.elapsed())).await;
            let error = match result {
                Ok(call) => return Ok(call),
                Err(error) => error,
            };
            let left = self.deadline.saturating_sub(started.elapsed());
            // An attempt with no time to be answered would turn a call that was not sent into one that is unknown.
            let enough = self.attempt_timeout.min(self.deadline / 4);
            match self.retry_policy.delay(attempt, &error).filter(|delay| delay.saturating_add(enough) <= left) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.with_reconciliation(reconciliation)),
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &CheckedRequest, attempt: u32, left: Duration) -> Result<PlacedCall, CallError> {
        log::attempt(request, attempt);
        let mut prepared = self.prepare(request).await?;
        *prepared.timeout_mut() = Some(self.attempt_timeout.min(left));
        let result = match self.http.execute(prepared).await {
            Ok(response) => outcome::read(response).await,
            Err(error) => Err(outcome::without_answer(error)),
        };
        log::outcome(attempt, &result);
        result
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Takes the request that the generated client made, instead of letting it be sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture(Arc<Mutex<Option<reqwest::Request>>>);

impl ClientHooks<Capture> for generated::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let taken = std::mem::replace(request, reqwest::Request::new(request.method().clone(), request.url().clone()));
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
        Err(progenitor_client::Error::Custom("taken before sending".into()))
    }
}
