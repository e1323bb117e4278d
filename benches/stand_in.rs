//! How fast the stand-in answers, beside a bare hyper server and beside Prism, driven by one load generator in one run.
//!
//! ```sh
//! cargo bench --all-features --bench stand_in
//! ```
//!
//! Prism is found through `RINGG_PRISM`, in `target/prism` (`npm install --prefix target/prism @stoplight/prism-cli`) or
//! in `PATH`, and skipped by name where it is missing. `RINGG_BENCH_REQUESTS` shortens the run for memory (a million).
//! Servers take turns, round by round, and medians of the rounds are compared: the machine may do other work too. Exit
//! status 1 when a bound is missed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 32;
/// Many and short: connections fall into a rhythm with the machine's scheduler that lasts for their round.
const ROUNDS: usize = 36;
const ROUND: Duration = Duration::from_millis(250);
const STARTS: usize = 21;

/// The argument with which this program is the bare server.
const BARE: &str = "--bare-server";

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if std::env::args().any(|argument| argument == BARE) {
        runtime.block_on(bare::serve());
    }
    let mut bounds = Bounds { missed: false };
    runtime.block_on(compare(&mut bounds));
    runtime.block_on(memory(&mut bounds));
    ready(&mut bounds);
    if bounds.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

struct Bounds {
    missed: bool,
}

impl Bounds {
    fn report(&mut self, what: &str, found: String, is_met: bool) {
        self.missed |= !is_met;
        println!("{} {what}: {found}", if is_met { "met   " } else { "MISSED" });
    }
}

async fn compare(bounds: &mut Bounds) {
    let full = std::fs::read_to_string(root().join("tests/documented/request-full.json")).expect("the full request");
    let mut accepted: serde_json::Value = serde_json::from_str(&full).expect("JSON");
    let members = accepted.as_object_mut().expect("an object");
    members.remove("from_number");
    members.remove("from_number_id");
    // As long as the full one, so that only what is done with it differs.
    let accepted = format!("{accepted:#}");

    let mut servers = vec![Server::bare(), Server::stand_in()];
    servers.extend(Server::prism());
    for (name, body) in [("full documented request", &full), ("the same with one number source", &accepted)] {
        println!("\n{name}, {} bytes, {CONNECTIONS} connections, {ROUNDS} rounds in turn:", body.len());
        let mut rates = vec![Vec::new(); servers.len()];
        let mut answers = vec![String::new(); servers.len()];
        // Processor time of the server alone: what another program takes away changes it little.
        let mut costs = vec![Vec::new(); servers.len()];
        for round in 0..=ROUNDS {
            for (index, server) in servers.iter().enumerate() {
                let request = server.request(body);
                answers[index] = first_line(server.address, &request).await;
                let (before, begin) = (server.processor_time(), Instant::now());
                let rate = drive(server.address, &request, Until::Passed(ROUND)).await;
                let answered = rate * begin.elapsed().as_secs_f64();
                // The first round warms up.
                if round > 0 {
                    rates[index].push(rate);
                    let spent = server.processor_time().zip(before).map(|(after, before)| (after - before) / answered);
                    costs[index].extend(spent.map(|seconds| seconds * 1e6));
                }
            }
        }
        for (index, server) in servers.iter().enumerate() {
            let rate = median(&rates[index]);
            print!("  {:<12} {rate:>8.0} requests a second", server.name);
            if !costs[index].is_empty() {
                print!(", {:>6.1} µs of processor time each", median(&costs[index]));
            }
            println!(", answers {}", answers[index]);
        }
        let ratio = |other: usize| {
            median(&rates[1].iter().zip(&rates[other]).map(|(own, other)| own / other).collect::<Vec<_>>())
        };
        bounds.report("at least 0.6 of bare hyper", format!("{:.2}", ratio(0)), ratio(0) >= 0.6);
        if servers.len() > 2 {
            bounds.report("at least 20 times Prism", format!("{:.1}", ratio(2)), ratio(2) >= 20.0);
        }
    }
}

async fn memory(bounds: &mut Bounds) {
    let server = Server::stand_in();
    let Some(_) = server.resident() else {
        println!("\nskipped: memory is read from /proc, which is not here");
        return;
    };
    let many = std::env::var("RINGG_BENCH_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let full = std::fs::read_to_string(root().join("tests/documented/request-full.json")).expect("the full request");
    let request = server.request(&full);
    drive(server.address, &request, Until::Answered(10_000)).await;
    let early = server.resident().unwrap_or_default();
    drive(server.address, &request, Until::Answered(many - 10_000)).await;
    let late = server.resident().unwrap_or_default();
    println!("\nmemory, full documented request: {early} KiB after 10000, {late} KiB after {many}");
    let growth = late as f64 / early as f64 - 1.0;
    bounds.report("memory grows by at most 10 %", format!("{:+.1} %", growth * 100.0), growth <= 0.1);
}

fn ready(bounds: &mut Bounds) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (start, times) in [Server::bare as fn() -> Server, Server::stand_in].iter().zip(&mut times) {
            let begin = Instant::now();
            let server = start();
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
            drop(server);
        }
    }
    let [bare, own] = times.map(|times| median(&times));
    println!("\nready line after starting the process: bare hyper {bare:.1} ms, ringg mock {own:.1} ms");
    bounds.report("ready in under 50 ms", format!("{own:.1} ms"), own < 50.0);
}

/// A server as a process of its own; ends when dropped.
struct Server {
    name: &'static str,
    /// What its paths begin with.
    address: SocketAddr,
    child: Child,
}

impl Server {
    fn bare() -> Self {
        let program = std::env::current_exe().expect("this program's path");
        Self::start("bare hyper", Command::new(program).arg(BARE))
    }

    fn stand_in() -> Self {
        let program = env!("CARGO_BIN_EXE_ringg");
        Self::start("ringg mock", Command::new(program).args(["mock", "--listen", "127.0.0.1:0", "--api-key", "key"]))
    }

    fn prism() -> Option<Self> {
        let installed = root().join("target/prism/node_modules/.bin/prism");
        let candidates = [std::env::var_os("RINGG_PRISM").map(PathBuf::from), Some(installed), Some("prism".into())];
        let is_here = |program: &PathBuf| {
            let version = Command::new(program).arg("--version").stdout(Stdio::piped()).stderr(Stdio::null()).output();
            version.is_ok_and(|output| {
                println!("Prism {}", String::from_utf8_lossy(&output.stdout).trim());
                output.status.success()
            })
        };
        let Some(program) = candidates.into_iter().flatten().find(is_here) else {
            println!("skipped: Prism is not here");
            return None;
        };
        // Prism takes no port 0. Another program may take the port meanwhile: then this one does not start, and says so.
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port().to_string();
        let specification = root().join("openapi.yaml");
        Some(Self::start(
            "Prism",
            Command::new(program)
                .args(["mock", "--host", "127.0.0.1", "--port", &port])
                .arg(specification)
                .env("NO_COLOR", "1"),
        ))
    }

    /// Waits for the line with the address.
    fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split("listening on http://")
                .nth(1)
                .and_then(|address| address.split_whitespace().next()?.parse().ok())
        });
        // What it prints later is read and dropped: it must not wait for its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { name, address: address.unwrap_or_else(|| panic!("{name} does not say where it listens")), child }
    }

    fn request(&self, body: &str) -> Vec<u8> {
        format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nx-api-key: key\r\ncontent-length: {}\r\n\r\n{body}",
            ringg_call::mock::PATH,
            self.address,
            body.len()
        )
        .into_bytes()
    }

    /// Seconds of processor time used so far, on Linux, which counts a hundredth of a second as one.
    fn processor_time(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // User and system time are the twelfth and thirteenth after the program's name.
        let times = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
        times.map(|ticks| ticks.parse::<f64>().ok()).sum::<Option<f64>>().map(|ticks| ticks / 100.0)
    }

    /// Resident memory in KiB, on Linux.
    fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy)]
enum Until {
    Passed(Duration),
    Answered(i64),
}

/// Sends the request again and again over every connection; answers a second.
async fn drive(address: SocketAddr, request: &[u8], until: Until) -> f64 {
    let left = Arc::new(AtomicI64::new(if let Until::Answered(count) = until { count } else { i64::MAX }));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(address).await);
    }
    let begin = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (request, left) = (request.to_vec(), Arc::clone(&left));
            tokio::spawn(async move {
                let mut answered = 0_u64;
                loop {
                    let is_over = match until {
                        Until::Passed(time) => begin.elapsed() >= time,
                        Until::Answered(_) => left.fetch_sub(1, Ordering::Relaxed) <= 0,
                    };
                    if is_over {
                        return answered;
                    }
                    connection.exchange(&request).await;
                    answered += 1;
                }
            })
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += task.await.expect("a connection that works");
    }
    answered as f64 / begin.elapsed().as_secs_f64()
}

async fn first_line(address: SocketAddr, request: &[u8]) -> String {
    let mut connection = Connection::open(address).await;
    connection.exchange(request).await;
    let line = connection.received.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).trim_start_matches("HTTP/1.1 ").to_owned()
}

/// A connection that is kept open, with no HTTP library: the generator shares the processors with the servers.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP connection");
        Self { stream, received: Vec::with_capacity(16 * 1024) }
    }

    /// Sends and reads one answer, which states its length.
    async fn exchange(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.expect("the server reads");
        self.received.clear();
        let mut length = None;
        while length.is_none_or(|length| self.received.len() < length) {
            let read = self.stream.read_buf(&mut self.received).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            length = length.or_else(|| answer_length(&self.received));
        }
    }
}

fn answer_length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head]).expect("a head in ASCII");
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + length.expect("an answer that states its length"))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What any server on hyper does at least: reads the body, answers a constant.
mod bare {
    use std::convert::Infallible;

    use http_body_util::{BodyExt, Full};
    use hyper::body::{Bytes, Incoming};
    use hyper::{Request, Response};

    /// As long as the documented answer.
    const ANSWER: &str = include_str!("../tests/documented/response-success.json");

    pub(super) async fn serve() -> ! {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("bare hyper: listening on http://{}", listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP connection");
            tokio::spawn(async move {
                let service = hyper::service::service_fn(answer);
                let stream = hyper_util::rt::TokioIo::new(stream);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
            });
        }
    }

    async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let _ = request.into_body().collect().await;
        let mut response = Response::new(Full::from(ANSWER));
        response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
        Ok(response)
    }
}
