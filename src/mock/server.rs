//! Carries the stand-in over HTTP/1.1, on hyper. Only what a transport decides is here: limits, time-outs, delivery.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::endpoint::{Endpoint, HttpRequest, Settings};
use super::journal::{Exchange, Summary};
use crate::document::MAXIMUM_BYTES;

/// What a client may take up.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections served at once; more wait.
    connections: usize,
    /// Time a client has to send its body, and to take an answer and send the headers of what comes next.
    patience: Duration,
    /// Bytes of large bodies that are held at once, over all connections.
    large_bodies: usize,
}

const LIMITS: Limits = Limits { connections: 512, patience: Duration::from_secs(10), large_bodies: 32 * MAXIMUM_BYTES };

/// A body of up to so many bytes is read at once; larger ones wait for room.
const SMALL_BODY: u64 = 64 * 1024;

/// Bytes of headers read of one request.
const HEADER_BYTES: usize = 64 * 1024;

/// A running stand-in. Stops when dropped.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    service: Arc<Service>,
    task: tokio::task::JoinHandle<()>,
}

/// What all connections share.
#[derive(Debug)]
struct Service {
    endpoint: Endpoint,
    limits: Limits,
    places: Arc<Semaphore>,
    large_bodies: Semaphore,
    /// Told when a connection waits for a place: a silent one gives up its own.
    crowded: Notify,
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
        let service = Arc::new(Service {
            endpoint: Endpoint::new(settings),
            limits,
            places: Arc::new(Semaphore::new(limits.connections)),
            large_bodies: Semaphore::new(limits.large_bodies),
            crowded: Notify::new(),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&service)));
        Ok(Self { address, service, task })
    }

    /// Completes when what was sent until now is recorded, or some time after: a client may have ended in between.
    #[cfg(feature = "cli")]
    pub(crate) async fn settle(&self) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let settled = async {
            // Connections are accepted in the order they came: when this one is answered, all before it were.
            let mut stream = tokio::net::TcpStream::connect(self.address).await?;
            stream.write_all(b"GET /__ringg/summary HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
            stream.read_to_end(&mut Vec::new()).await?;
            while self.service.places.available_permits() != self.service.limits.connections {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            std::io::Result::Ok(())
        };
        // A connection that is kept open is none that has something to say.
        let _ = tokio::time::timeout(Duration::from_millis(500), settled).await;
    }

    /// Takes the audit, if one is kept.
    #[cfg(feature = "cli")]
    pub(crate) fn take_audit(&self) -> Option<super::Audit> {
        self.service.endpoint.take_audit()
    }

    /// For `RINGG_BASE_URL`, or the client's `base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was answered so far, the newest [`REMEMBERED`](super::REMEMBERED), oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.service.endpoint.exchanges()
    }

    /// Counts of all that was answered so far.
    pub fn summary(&self) -> Summary {
        self.service.endpoint.summary()
    }

    /// Forgets exchanges and counts.
    pub fn reset(&self) {
        self.service.endpoint.reset();
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, service: Arc<Service>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, or a peer that left: the next may do better.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let place = match Arc::clone(&service.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                service.crowded.notify_one();
                let Ok(place) = Arc::clone(&service.places).acquire_owned().await else { return };
                place
            }
        };
        while connections.try_join_next().is_some() {}
        let _ = stream.set_nodelay(true);
        let mut http = hyper::server::conn::http1::Builder::new();
        // Answers are short: one buffer costs less than two. A request whose sender has left is a request all the same.
        http.max_buf_size(HEADER_BYTES).writev(false).half_close(true);
        let connection = Connection { service: Arc::clone(&service), waiting: Mutex::default() };
        connections.spawn(async move {
            connection.wait_for_client();
            let respond = service_fn(|request| respond(request, &connection));
            tokio::select! {
                biased;
                served = http.serve_connection(TokioIo::new(stream), respond) => {
                    // Other errors are the peer hanging up, or a fault that hangs up on the peer.
                    if served.is_err_and(|error| error.is_parse()) {
                        connection.service.endpoint.count_malformed();
                    }
                }
                () = connection.abandoned() => {}
            }
            drop(place);
        });
    }
}

#[derive(Debug)]
struct Connection {
    service: Arc<Service>,
    /// Since when the client keeps us waiting; none while it waits for us.
    waiting: Mutex<Option<Instant>>,
}

impl Connection {
    fn wait_for_client(&self) {
        self.set_waiting(Some(Instant::now()));
    }

    fn set_waiting(&self, since: Option<Instant>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Completes when the client has kept us waiting too long. One timer a connection, looked at again when it has run
    /// down, instead of one a request.
    async fn abandoned(&self) {
        loop {
            let now = Instant::now();
            let since = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(now);
            let end = since + self.service.limits.patience;
            if end <= now {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// An error makes hyper close the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
struct Dropped;

async fn respond(request: Request<Incoming>, connection: &Connection) -> Result<Response<Full<Bytes>>, Dropped> {
    let service = &connection.service;
    let (head, body) = request.into_parts();
    connection.wait_for_client();
    let length = body.size_hint().upper().unwrap_or(u64::MAX).min(MAXIMUM_BYTES as u64);
    let held = match u32::try_from(length) {
        Ok(length) if u64::from(length) > SMALL_BODY => service.large_bodies.acquire_many(length).await.ok(),
        _ => None,
    };
    let body = match Limited::new(body, MAXIMUM_BYTES).collect().await {
        Ok(body) => Some(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => None,
        Err(_) => return Err(Dropped),
    };
    drop(held);
    connection.set_waiting(None);
    let request = HttpRequest::new(&head.method, head.uri.path(), &head.headers, body.as_deref());
    let reply = service.endpoint.reply(request);
    // Not held while nothing is answered.
    drop(body);
    let Some(status) = reply.status else {
        let crowded = async {
            service.crowded.notified().await;
            // One that was told while nobody was silent is of the past.
            while service.places.available_permits() > 0 {
                service.crowded.notified().await;
            }
        };
        let _ = tokio::time::timeout(reply.delay, crowded).await;
        return Err(Dropped);
    };
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    connection.wait_for_client();
    Ok(response)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::super::REMEMBERED;
    use super::*;

    const REQUEST: &[u8] = b"GET /__ringg/summary HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    async fn start(connections: usize, patience: Duration) -> MockServer {
        let limits = Limits { connections, patience, ..LIMITS };
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
    async fn a_client_that_has_to_wait_is_not_slow() {
        let limits = Limits { patience: Duration::from_millis(200), ..LIMITS };
        let settings = Settings { latency: Duration::from_secs(1), ..Settings::default() };
        let server = MockServer::start_limited((Ipv4Addr::LOCALHOST, 0).into(), settings, limits).await.unwrap();
        let twice =
            b"GET /first HTTP/1.1\r\nhost: a\r\n\r\nGET /second HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        assert_eq!(exchange(&server, twice).await.matches("HTTP/1.1 404").count(), 2);
    }

    #[tokio::test]
    async fn the_time_for_a_body_begins_when_its_headers_are_there() {
        let patience = Duration::from_millis(500);
        let server = start(512, patience).await;
        // Again, where the machine stretched a pause: only a client that kept within both times has a claim.
        for _ in 0..50 {
            let begin = Instant::now();
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            let head = b"POST /other HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n";
            stream.write_all(head).await.unwrap();
            tokio::time::sleep(patience * 3 / 5).await;
            let middle = Instant::now();
            let _ = stream.write_all(b"\r\n{").await;
            let for_headers = begin.elapsed();
            tokio::time::sleep(patience * 3 / 5).await;
            let _ = stream.write_all(b"}").await;
            if for_headers.max(middle.elapsed()) < patience {
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await.unwrap();
                assert!(answer.starts_with(b"HTTP/1.1 404"), "dropped within its time");
                return;
            }
        }
        panic!("no pause was shorter than {patience:?}");
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
        let summary = server.summary();
        assert_eq!((answer.len(), summary.requests, summary.malformed), (0, 0, 0));
    }

    #[tokio::test]
    async fn what_is_no_http_and_too_many_headers_are_counted_and_are_no_exchange() {
        let server = start(512, Duration::from_secs(3600)).await;
        let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "a: b\r\n".repeat(200));
        for (count, bytes) in
            [b"nonsense\r\n\r\n", many.as_bytes(), b"\x16\x03\x01\x02\x00\x01"].into_iter().enumerate()
        {
            exchange(&server, bytes).await;
            let summary = server.summary();
            assert_eq!((summary.malformed, summary.requests), (count as u64 + 1, 0));
        }
        // One that says nothing, and one that is no operation, are HTTP.
        drop(TcpStream::connect(server.address).await.unwrap());
        exchange(&server, b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert_eq!((server.summary().malformed, server.summary().requests), (3, 1));
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

    #[tokio::test]
    async fn large_bodies_wait_for_room_and_small_ones_do_not() {
        let length = 80 * 1024;
        let limits = Limits { large_bodies: length, patience: Duration::from_secs(3600), ..LIMITS };
        let server =
            MockServer::start_limited((Ipv4Addr::LOCALHOST, 0).into(), Settings::default(), limits).await.unwrap();
        let post = |length: usize| {
            format!("POST /other HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
        };
        let mut holding = TcpStream::connect(server.address).await.unwrap();
        holding.write_all(post(length).as_bytes()).await.unwrap();
        while server.service.large_bodies.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let mut waiting = TcpStream::connect(server.address).await.unwrap();
        waiting.write_all(format!("{}{}", post(length), " ".repeat(length)).as_bytes()).await.unwrap();
        let small = format!("{}{}", post(64 * 1024), " ".repeat(64 * 1024));
        assert!(exchange(&server, small.as_bytes()).await.starts_with("HTTP/1.1 404"));
        let mut answer = [0; 12];
        let early = tokio::time::timeout(Duration::from_millis(200), waiting.read(&mut answer)).await;
        assert!(early.is_err(), "read beyond the limit");
        holding.write_all(&vec![b' '; length]).await.unwrap();
        waiting.read_exact(&mut answer).await.unwrap();
        assert_eq!((&answer, server.service.large_bodies.available_permits()), (b"HTTP/1.1 404", length));
    }

    #[cfg(feature = "cli")]
    #[tokio::test]
    async fn settled_is_what_is_recorded_though_it_was_sent_late() {
        let server = start(512, Duration::from_secs(3600)).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = b"POST /other HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let late = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.write_all(b"{}").await.unwrap();
        });
        server.settle().await;
        assert_eq!(server.summary().requests, 1);
        late.await.unwrap();
    }

    fn silent_call() -> Vec<u8> {
        let body = crate::rules::EXAMPLE_REQUEST.replace("+919876543210", "+15005551002");
        let head = "POST /calling/v2/outbound/individual HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        format!("{head}x-api-key: k\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[tokio::test]
    async fn a_silent_call_gives_up_its_place_to_one_that_waits() {
        let server = start(2, Duration::from_secs(3600)).await;
        let mut silent = Vec::new();
        for count in 1..=2 {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(&silent_call()).await.unwrap();
            while server.summary().requests < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            silent.push(stream);
        }
        assert!(exchange(&server, REQUEST).await.starts_with("HTTP/1.1 200 OK"));
        assert_eq!(server.summary().rings, 2);
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_dropped() {
        let server = start(2, Duration::from_millis(200)).await;
        // A journal that no buffer between two sockets holds.
        let members: Vec<String> = (0..420).map(|index| format!("\"a{index:x}\":1")).collect();
        let body = format!("{{{}}}", members.join(","));
        let head = format!("POST /other HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}", body.len());
        for _ in 0..REMEMBERED {
            exchange(&server, format!("{head}\r\n\r\n{body}").as_bytes()).await;
        }
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(server.address).await.unwrap();
        stream.write_all(b"GET /__ringg/calls HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), stream.peek(&mut [0])).await.unwrap().unwrap();
        let let_go = async {
            while server.service.places.available_permits() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(60), let_go).await.is_ok(), "it is held for ever");
    }
}
