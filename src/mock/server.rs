//! Carries the stand-in over HTTP/1.1, on hyper. Only what a transport decides is here: limits, time-outs, delivery.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::endpoint::{Endpoint, HttpRequest, Settings};
use super::journal::{Exchange, Summary};
use crate::document::MAXIMUM_BYTES;

/// Connections served at once; more wait to be accepted.
const CONNECTIONS: usize = 512;

/// Time a client has to send its headers, and again its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of headers read of one request.
const HEADER_BYTES: usize = 64 * 1024;

/// A running stand-in. Stops when dropped.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    endpoint: Arc<Endpoint>,
    task: tokio::task::JoinHandle<()>,
}

impl MockServer {
    /// Starts on a free loopback port; answers 401 to any key but this.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(api_key: &str) -> std::io::Result<Self> {
        let settings = Settings { api_key: Some(api_key.into()), ..Settings::default() };
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), settings).await
    }

    pub(crate) async fn start_with(address: SocketAddr, settings: Settings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let endpoint = Arc::new(Endpoint::new(settings));
        let task = tokio::spawn(serve(listener, Arc::clone(&endpoint)));
        Ok(Self { address, endpoint, task })
    }

    /// For `RINGG_BASE_URL`, or the client's `base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was answered so far, the newest [`REMEMBERED`](super::REMEMBERED), oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.endpoint.exchanges()
    }

    /// Counts of all that was answered so far.
    pub fn summary(&self) -> Summary {
        self.endpoint.summary()
    }

    /// Forgets exchanges and counts.
    pub fn reset(&self) {
        self.endpoint.reset();
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, endpoint: Arc<Endpoint>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, or a peer that left: the next may do better.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let _ = stream.set_nodelay(true);
        let endpoint = Arc::clone(&endpoint);
        let service = service_fn(move |request| respond(request, Arc::clone(&endpoint)));
        connections.spawn(async move {
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEADER_BYTES);
            // An error here is the peer hanging up, or a fault that hangs up on the peer.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

/// An error makes hyper close the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
struct Dropped;

async fn respond(request: Request<Incoming>, endpoint: Arc<Endpoint>) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(PATIENCE, Limited::new(body, MAXIMUM_BYTES).collect()).await {
        Ok(Ok(body)) => Some(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => None,
        Ok(Err(_)) | Err(_) => return Err(Dropped),
    };
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let reply = endpoint.reply(HttpRequest {
        method: head.method.as_str(),
        path: head.uri.path(),
        content_type: header("content-type"),
        api_key: header("x-api-key"),
        body: body.as_deref(),
    });
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    let status = reply.status.ok_or(Dropped)?;
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}
