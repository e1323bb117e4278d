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

/// What a client may take up.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections served at once; more wait to be accepted.
    connections: usize,
    /// Time a client has to send its headers, and again its body.
    patience: Duration,
}

const LIMITS: Limits = Limits { connections: 512, patience: Duration::from_secs(10) };

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
        Self::start_limited(address, settings, LIMITS).await
    }

    async fn start_limited(address: SocketAddr, settings: Settings, limits: Limits) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let endpoint = Arc::new(Endpoint::new(settings));
        let task = tokio::spawn(serve(listener, Arc::clone(&endpoint), limits));
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

async fn serve(listener: TcpListener, endpoint: Arc<Endpoint>, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.connections));
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
        let service = service_fn(move |request| respond(request, Arc::clone(&endpoint), limits));
        connections.spawn(async move {
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(limits.patience).max_buf_size(HEADER_BYTES);
            // Answers are short: one buffer costs less than two.
            connection.writev(false);
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

async fn respond(
    request: Request<Incoming>,
    endpoint: Arc<Endpoint>,
    limits: Limits,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(limits.patience, Limited::new(body, MAXIMUM_BYTES).collect()).await {
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const REQUEST: &[u8] = b"GET /__ringg/summary HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    async fn start(connections: usize, patience: Duration) -> MockServer {
        let limits = Limits { connections, patience };
        MockServer::start_limited((Ipv4Addr::LOCALHOST, 0).into(), Settings::default(), limits).await.unwrap()
    }

    /// All that comes back after these bytes, until the server closes the connection.
    async fn exchange(server: &MockServer, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is reset has ended too; one that never ends must not hold up the suite.
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the server waits for ever");
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_client_that_is_slow_is_dropped_in_its_headers_and_in_its_body() {
        let server = start(512, Duration::from_millis(50)).await;
        assert!(
            !exchange(&server, b"POST /calling/v2/outbound/individual HTTP/1.1\r\nhost: a\r\n").await.contains("200")
        );
        let body = b"POST /calling/v2/outbound/individual HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{";
        assert_eq!(exchange(&server, body).await, "");
        assert_eq!(server.summary().requests, 0);
        assert!(exchange(&server, REQUEST).await.starts_with("HTTP/1.1 200 OK"));
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_a_place() {
        let server = start(2, Duration::from_secs(3600)).await;
        let mut silent = Vec::new();
        for _ in 0..2 {
            silent.push(TcpStream::connect(server.address).await.unwrap());
        }
        let mut waiting = TcpStream::connect(server.address).await.unwrap();
        waiting.write_all(REQUEST).await.unwrap();
        let mut answer = [0; 12];
        let early = tokio::time::timeout(Duration::from_millis(200), waiting.read(&mut answer)).await;
        assert!(early.is_err(), "served beyond the limit");
        silent.pop();
        waiting.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }

    #[tokio::test]
    async fn a_body_that_ends_too_early_is_no_request() {
        let server = start(512, Duration::from_secs(3600)).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = b"POST /calling/v2/outbound/individual HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.unwrap();
        assert_eq!((answer.len(), server.summary().requests), (0, 0));
    }

    #[tokio::test]
    async fn a_server_forgets_when_reset_and_stops_when_dropped() {
        let server = start(512, Duration::from_secs(3600)).await;
        let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        assert!(exchange(&server, request).await.starts_with("HTTP/1.1 404"));
        assert_eq!(server.summary().requests, 1);
        server.reset();
        assert_eq!((server.summary().requests, server.exchanges().len()), (0, 0));

        let address = server.address;
        drop(server);
        let stopped = async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(60), stopped).await.is_ok(), "it still listens");
    }
}
