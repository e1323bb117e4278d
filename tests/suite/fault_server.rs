//! A server that misbehaves on purpose, over bare sockets. It counts the requests it has read in full, and shares no code
//! with client or stand-in.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a server does with each connection.
pub(crate) type Behaviour = fn(&mut Connection);

pub(crate) struct FaultServer {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl FaultServer {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, accepted) = (Arc::clone(&requests), Arc::clone(&connections));
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accepted.fetch_add(1, Ordering::SeqCst);
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || behaviour(&mut Connection { stream, requests: seen }));
            }
        });
        Self { url, requests, connections }
    }

    /// Requests read in full, body included.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Connection {
    /// Reads up to the empty line; gives the body's length and what was read of it.
    pub(crate) fn read_head(&mut self) -> Option<(usize, usize)> {
        let mut bytes = Vec::new();
        loop {
            let mut buffer = [0; 1024];
            let count = self.stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
            bytes.extend_from_slice(&buffer[..count]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
            return Some((length, bytes.len() - end - 4));
        }
    }

    /// Reads one request in full and counts it. False when the peer has hung up.
    pub(crate) fn read_request(&mut self) -> bool {
        let Some((length, mut have)) = self.read_head() else { return false };
        while have < length {
            let Some(count) = self.stream.read(&mut [0; 4096]).ok().filter(|count| *count > 0) else { return false };
            have += count;
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// A client that has gone is no concern of the server.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Reads a request in full, answers it, and closes.
    pub(crate) fn answer(&mut self, head: &str, body: &[u8]) {
        if self.read_request() {
            self.write(
                format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes(),
            );
            self.write(body);
        }
    }

    /// Closes with a reset rather than an orderly end, where the system does that.
    pub(crate) fn close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Longer than any client of the matrix waits.
    pub(crate) fn stay_silent(&mut self) {
        std::thread::sleep(Duration::from_secs(10));
    }
}
