//! A server that does what one case says, and keeps what it received. Shares nothing with the stand-in: that one behaves as
//! the documentation says, this one as the case says.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};

use super::case::{Answer, Case, Fault, Server};
use super::comparison::{BASE_PATH, SentRequest};

/// The documented success, in short: what the server answers unless the case says otherwise.
const SUCCESS: &str = r#"{"status": "success", "data": {"call_id": "31106b7c-9d02-4723-8b07-5bb8d90240cb", "call_direction": "outbound", "call_status": "ongoing", "initiated_at": "2025-11-24T07:33:49.629642"}, "message": "Call initiated successfully"}"#;

const MEBIBYTE: usize = 1024 * 1024;

/// How long a silent server keeps its connection: longer than any binding waits.
const SILENCE: Duration = Duration::from_secs(600);

/// A server for one case. Stops when dropped.
pub(super) struct ScriptedServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<SentRequest>>>,
    task: Option<tokio::task::JoinHandle<()>>,
    /// Holds the port at which nothing listens.
    _unheard: Option<TcpSocket>,
}

/// What is done with each request.
enum Script {
    Answer(Response<Bytes>),
    Drop,
    Silence,
    BreakOff { part: &'static str, stated: usize },
    Trickle,
}

impl ScriptedServer {
    /// Starts on a free loopback port.
    pub(super) async fn start(case: &Case) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the server of the case cannot be started: {error}");
        let socket = TcpSocket::new_v4().map_err(failed)?;
        socket.bind((std::net::Ipv4Addr::LOCALHOST, 0).into()).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let received = Arc::default();
        let script = match &case.server {
            Some(Server::Fault { fault: Fault::NoConnection }) => {
                return Ok(Self { address, received, task: None, _unheard: Some(socket) });
            }
            Some(Server::Fault { fault: Fault::Drop }) => Script::Drop,
            Some(Server::Fault { fault: Fault::Silence }) => Script::Silence,
            Some(Server::Fault { fault: Fault::Truncate }) => {
                Script::BreakOff { part: &SUCCESS[..60], stated: SUCCESS.len() }
            }
            Some(Server::Fault { fault: Fault::BreakAfterBody }) => {
                Script::BreakOff { part: SUCCESS, stated: SUCCESS.len() + 100 }
            }
            Some(Server::Fault { fault: Fault::Flood }) => Script::Answer(padded(MEBIBYTE)),
            Some(Server::Fault { fault: Fault::LongAnswer }) => Script::Answer(padded(MEBIBYTE - 1024)),
            Some(Server::Fault { fault: Fault::Trickle }) => Script::Trickle,
            Some(Server::Answer(answer)) => Script::Answer(response(answer)?),
            None => {
                // The cookie is not to be kept: a later case would see it.
                let success =
                    Response::builder().header("content-type", "application/json").header("set-cookie", "a=b; Path=/");
                Script::Answer(success.body(Bytes::from_static(SUCCESS.as_bytes())).map_err(|error| error.to_string())?)
            }
        };
        let listener = socket.listen(64).map_err(failed)?;
        let task = tokio::spawn(serve(listener, Arc::new(script), Arc::clone(&received)));
        Ok(Self { address, received, task: Some(task), _unheard: None })
    }

    /// What the binding is given as its base URL.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// The requests received so far.
    pub(super) fn received(&self) -> Vec<SentRequest> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The success after so much white space.
fn padded(white_space: usize) -> Response<Bytes> {
    Response::new(format!("{}{SUCCESS}", " ".repeat(white_space)).into())
}

fn response(answer: &Answer) -> Result<Response<Bytes>, String> {
    let mut response = Response::builder().status(answer.status);
    if answer.body.is_some() {
        response = response.header("content-type", "application/json");
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let body = answer.body.as_ref().map(ToString::to_string).or_else(|| answer.text.clone()).unwrap_or_default();
    response.body(body.into()).map_err(|error| format!("the answer of the case is not HTTP: {error}"))
}

async fn serve(listener: TcpListener, script: Arc<Script>, received: Arc<Mutex<Vec<SentRequest>>>) {
    // Dropped with this task, and all its connections with it.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (script, received) = (Arc::clone(&script), Arc::clone(&received));
        let service = service_fn(move |request| respond(request, Arc::clone(&script), Arc::clone(&received)));
        connections.spawn(async move {
            // An error is the peer hanging up, or a fault that hangs up on the peer.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error makes hyper close the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
struct Dropped;

/// Between two parts of an answer that comes in parts.
const PAUSE: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, Dropped>;

/// A body of which some arrives, and then no more.
struct BrokenOff {
    part: Option<Bytes>,
    /// What is written is sent meanwhile.
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl BrokenOff {
    fn new(part: &'static str) -> Self {
        let pause = Box::pin(tokio::time::sleep(PAUSE));
        Self { part: Some(Bytes::from_static(part.as_bytes())), pause }
    }
}

/// White space, a byte now and then, for ever.
struct Trickle(Pin<Box<tokio::time::Sleep>>);

impl hyper::body::Body for Trickle {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        self.0.as_mut().poll(context).map(|()| {
            self.0 = Box::pin(tokio::time::sleep(PAUSE));
            Some(Ok(Frame::data(Bytes::from_static(b" "))))
        })
    }
}

impl hyper::body::Body for BrokenOff {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        match self.part.take() {
            Some(part) => Poll::Ready(Some(Ok(Frame::data(part)))),
            None => self.pause.as_mut().poll(context).map(|()| Some(Err(Dropped))),
        }
    }
}

async fn respond(
    request: Request<Incoming>,
    script: Arc<Script>,
    received: Arc<Mutex<Vec<SentRequest>>>,
) -> Result<Response<Body>, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes().to_vec();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let sent =
        SentRequest { method: head.method.to_string(), path: head.uri.to_string(), headers: headers.collect(), body };
    received.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    match &*script {
        Script::Answer(answer) => Ok(answer
            .clone()
            .map(|body| Full::new(body).map_err(|infallible: Infallible| match infallible {}).boxed_unsync())),
        Script::Drop => Err(Dropped),
        Script::Silence => {
            tokio::time::sleep(SILENCE).await;
            Err(Dropped)
        }
        Script::Trickle => Ok(Response::new(Trickle(Box::pin(tokio::time::sleep(PAUSE))).boxed_unsync())),
        Script::BreakOff { part, stated } => {
            let mut response = Response::new(BrokenOff::new(part).boxed_unsync());
            response.headers_mut().insert("content-length", (*stated).into());
            Ok(response)
        }
    }
}
