//! Carries the stand-in in a wiremock server, for suites that have one. wiremock keeps every request it matched: for a
//! server that lives long, use [`MockServer`](super::MockServer).

use std::sync::Arc;
use std::time::Duration;

use wiremock::{Request, Respond, ResponseTemplate};

use super::endpoint::{Endpoint, HttpRequest, Reply, Settings};
use super::journal::{Exchange, Summary};

/// Answers as the stand-in does.
///
/// wiremock cannot drop a connection from here: the faults `drop` and `silence` both answer after an hour.
///
/// ```
/// # #[tokio::main] async fn main() {
/// use ringg_call::mock::Responder;
/// use wiremock::{Mock, MockServer, matchers::any};
///
/// let server = MockServer::start().await;
/// let responder = Responder::new("test-key");
/// Mock::given(any()).respond_with(responder.clone()).mount(&server).await;
/// // Point the code under test at server.uri(), then:
/// assert_eq!(responder.summary().rings, 0);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Responder(Arc<Endpoint>);

impl Responder {
    /// Answers 401 to any key but this.
    #[must_use]
    pub fn new(api_key: &str) -> Self {
        Self(Arc::new(Endpoint::new(Settings { api_key: Some(api_key.into()), ..Settings::default() })))
    }

    /// What was answered so far, the newest [`REMEMBERED`](super::REMEMBERED), oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0.exchanges()
    }

    /// Counts of all that was answered so far.
    pub fn summary(&self) -> Summary {
        self.0.summary()
    }

    /// Forgets exchanges and counts.
    pub fn reset(&self) {
        self.0.reset();
    }
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request = HttpRequest::new(&request.method, request.url.path(), &request.headers, Some(&request.body));
        let reply = self.0.reply(request);
        let Reply { status, headers, body, delay, .. } = reply;
        let delay = if status.is_none() { Duration::from_secs(3600) } else { delay };
        let template = ResponseTemplate::new(status.unwrap_or(504)).set_body_bytes(body).set_delay(delay);
        headers.iter().fold(template, |template, (name, value)| template.insert_header(name, value))
    }
}
