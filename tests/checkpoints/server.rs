//! A hub that lives in the test: repositories in memory, and faults on request.

use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the hub does wrong, each time until it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// Every request gets this status.
    Status(u16),
    /// Weights break off after this many bytes of each answer.
    BreakOff(usize),
    /// The first answer with weights has a changed byte.
    DamageOnce,
    /// Nothing is ever answered.
    Silence,
}

pub struct Hub {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    commit: String,
    fault: Fault,
    token: Option<String>,
    requests: Vec<String>,
}

pub const REPOSITORY: &str = "tester/tiny";

impl Hub {
    pub fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let commit = "1".repeat(40);
        let state = Arc::new(Mutex::new(State { files, commit, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { endpoint, state }
    }

    pub fn set_fault(&self, fault: Fault) {
        self.state.lock().unwrap().fault = fault;
    }

    pub fn require_token(&self, token: &str) {
        self.state.lock().unwrap().token = Some(token.to_string());
    }

    pub fn publish(&self, commit: &str, name: &str, content: &[u8]) {
        let mut state = self.state.lock().unwrap();
        state.commit = commit.repeat(40);
        state.files.insert(name.to_string(), content.to_vec());
    }

    /// Requests so far, as `PATH RANGE`, and forgets them.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(first)) = lines.next() {
        let mut headers = BTreeMap::new();
        for line in lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()) {
            if let Some((name, value)) = line.split_once(':') {
                headers.insert(name.to_lowercase(), value.trim().to_string());
            }
        }
        let path = first.split(' ').nth(1).unwrap_or("").to_string();
        if !answer(&mut stream, &path, &headers, state) {
            return;
        }
    }
}

/// Whether the connection may go on.
fn answer(
    stream: &mut TcpStream,
    path: &str,
    headers: &BTreeMap<String, String>,
    state: &Mutex<State>,
) -> bool {
    let mut state = state.lock().unwrap();
    let range = headers.get("range").cloned().unwrap_or_default();
    state.requests.push(format!("{path} {range}").trim().to_string());
    let wanted = state.token.as_ref().map(|token| format!("Bearer {token}"));
    if wanted.is_some() && headers.get("authorization") != wanted.as_ref() {
        return status(stream, 401);
    }
    match state.fault {
        Fault::Status(code) => return status(stream, code),
        Fault::Silence => {
            drop(state);
            std::thread::sleep(Duration::from_secs(20));
            return false;
        }
        _ => {}
    }
    if path == format!("/api/models/{REPOSITORY}/revision/main") {
        let siblings: Vec<_> =
            state.files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({ "sha": state.commit, "siblings": siblings }).to_string();
        return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .is_ok();
    }
    let file = path.strip_prefix(&format!("/{REPOSITORY}/resolve/main/"));
    let Some(content) = file.and_then(|name| state.files.get(name)).cloned() else {
        return status(stream, 404);
    };
    let start: usize = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split('-').next()?.parse().ok())
        .unwrap_or(0);
    let end = if range == "bytes=0-0" { 1 } else { content.len() };
    if start >= content.len() {
        return status(stream, 416);
    }
    let mut body = content[start..end].to_vec();
    let declared = body.len();
    if file.is_some_and(|name| name.ends_with(".safetensors")) && end > 1 {
        match state.fault {
            Fault::BreakOff(count) => body.truncate(count),
            Fault::DamageOnce => {
                let middle = body.len() / 2;
                body[middle] ^= 1;
                state.fault = Fault::None;
            }
            _ => {}
        }
    }
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {declared}\r\nContent-Range: bytes {start}-{}/{}\r\n\
         ETag: \"{}\"\r\nX-Repo-Commit: {}\r\n\r\n",
        end - 1,
        content.len(),
        etag(&content),
        state.commit,
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).is_ok()
        && body.len() == declared
}

fn status(stream: &mut TcpStream, code: u16) -> bool {
    write!(stream, "HTTP/1.1 {code} Told\r\nContent-Length: 0\r\n\r\n").is_ok()
}

/// Small files have git's hash, large ones SHA-256; the line is drawn at 4 KiB here.
fn etag(content: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if content.len() > 4096 {
        return hex(&sha2::Sha256::digest(content));
    }
    let blob = Sha1::new_with_prefix(format!("blob {}\0", content.len())).chain_update(content);
    hex(&blob.finalize())
}
