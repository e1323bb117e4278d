//! Carries the stand-in over HTTP/1.1 on loopback. All behaviour is in the parent module but HTTP's own: 404, 405, 413,
//! 415.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::{Exchange, PATH, answer};
use crate::document::MAXIMUM_BYTES;

/// Exchanges remembered, the newest.
const REMEMBERED: usize = 1000;

/// A running stand-in. Stops when dropped.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    exchanges: Arc<Mutex<VecDeque<Exchange>>>,
    task: tokio::task::JoinHandle<()>,
}

impl MockServer {
    /// Starts on a free loopback port; answers 401 to any key but this.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(api_key: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let exchanges = Arc::new(Mutex::new(VecDeque::new()));
        let task = tokio::spawn(serve(listener, api_key.into(), Arc::clone(&exchanges)));
        Ok(Self { address, exchanges, task })
    }

    /// For `RINGG_BASE_URL` or [`ClientBuilder::base_url`](crate::ClientBuilder::base_url).
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was answered so far, the newest 1000, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, api_key: Arc<str>, exchanges: Arc<Mutex<VecDeque<Exchange>>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        // A connection that fails to be accepted is the peer's loss; the next may succeed.
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let (api_key, exchanges) = (Arc::clone(&api_key), Arc::clone(&exchanges));
        let service = service_fn(move |request| {
            let (api_key, exchanges) = (Arc::clone(&api_key), Arc::clone(&exchanges));
            async move { Ok::<_, Infallible>(respond(request, &api_key, &exchanges).await) }
        });
        connections.spawn(async move {
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new());
            // An error here is the peer hanging up.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    api_key: &str,
    exchanges: &Mutex<VecDeque<Exchange>>,
) -> Response<Full<Bytes>> {
    let exchange = exchange(request, api_key).await;
    let mut response = Response::new(Full::from(exchange.body.to_string()));
    *response.status_mut() = StatusCode::from_u16(exchange.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut exchanges = exchanges.lock().unwrap_or_else(PoisonError::into_inner);
    if exchanges.len() == REMEMBERED {
        exchanges.pop_front();
    }
    exchanges.push_back(exchange);
    response
}

async fn exchange(request: Request<Incoming>, api_key: &str) -> Exchange {
    if request.uri().path() != PATH {
        return Exchange::error(404, "404 Not Found", "No operation has this path.");
    }
    if request.method() != Method::POST {
        return Exchange::error(405, "405 Method Not Allowed", "The operation is a POST.");
    }
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Exchange::error(415, "415 Unsupported Media Type", "The body is application/json.");
    }
    let sent_key = request.headers().get("x-api-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    match Limited::new(request.into_body(), MAXIMUM_BYTES).collect().await {
        Ok(body) => answer(sent_key.as_deref(), api_key, &body.to_bytes()),
        Err(_) => Exchange::error(413, "413 Content Too Large", "The body is larger than 8 MiB."),
    }
}
