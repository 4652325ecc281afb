//! Servers that tests bring up on this machine: a real registry, and a proxy before it that counts and disturbs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const PATIENCE: Duration = Duration::from_mins(1);

pub(super) const USER: &str = "reader";
pub(super) const PASSWORD: &str = "hunter2";

/// The line that `htpasswd -nbB` writes for them.
const HTPASSWD: &str = "reader:$2y$05$idAZWlv17wXc5UMLTqW4i.l1HXfw.SvllqBQuZYyLRmeACXIDzOje\n";

/// Debian's docker-registry on a free port of this machine, with its data in `folder`.
pub(super) struct Registry {
    process: Child,
    pub(super) address: IpAddr,
    pub(super) port: u16,
}

impl Registry {
    /// `None` when there is no such program.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        Self::start_with(LOOPBACK, folder, "")
    }

    /// A registry that lets in [`USER`] with [`PASSWORD`] alone.
    pub(super) fn start_locked(folder: &Path) -> Option<Self> {
        let users = folder.join("htpasswd");
        fs::write(&users, HTPASSWD).unwrap();
        Self::start_with(
            LOOPBACK,
            folder,
            &format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", users.display()),
        )
    }

    /// A registry at another address, with more lines of its `http` configuration.
    pub(super) fn start_at(address: IpAddr, folder: &Path, http: &str) -> Option<Self> {
        Self::start_with(address, folder, http)
    }

    fn start_with(address: IpAddr, folder: &Path, more: &str) -> Option<Self> {
        let port = TcpListener::bind((address, 0)).ok()?.local_addr().ok()?.port();
        let config = folder.join("registry.yml");
        let data = folder.join("data");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {address}:{port}\n{more}",
            data.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        let process = command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let registry = Self { process, address, port };
        let start = Instant::now();
        while !registry.answers() {
            assert!(start.elapsed() < PATIENCE, "the registry does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect((self.address, self.port)) else { return false };
        let mut answer = [0; 12];
        stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n").and_then(|()| stream.read_exact(&mut answer)).is_ok()
            // The last is what a registry with TLS says.
            && [b"200", b"401", b"400"].iter().any(|status| answer.ends_with(*status))
    }
}

impl Registry {
    /// Stores a blob in the repository `demo`.
    pub(super) fn push_blob(&self, bytes: &[u8]) -> String {
        let digest = imgdrift::archive::sha256(bytes).to_string();
        let answer = self.send("POST", "/v2/demo/blobs/uploads/", "", &[]);
        let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).expect("a place to upload to");
        let path = location.split_once("127.0.0.1").map_or(location, |(_, rest)| &rest[rest.find('/').unwrap()..]);
        let answer = self.send("PUT", &format!("{path}&digest={digest}"), "application/octet-stream", bytes);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        digest
    }

    /// Stores a manifest or index in the repository `demo`.
    pub(super) fn push_manifest(&self, reference: &str, media_type: &str, bytes: &[u8]) -> String {
        let answer = self.send("PUT", &format!("/v2/demo/manifests/{reference}"), media_type, bytes);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        imgdrift::archive::sha256(bytes).to_string()
    }

    /// Deletes a manifest from the repository `demo`.
    pub(super) fn delete_manifest(&self, digest: &str) {
        let answer = self.send("DELETE", &format!("/v2/demo/manifests/{digest}"), "", &[]);
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }

    fn send(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (port, length) = (self.port, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

pub(super) fn skopeo(from: &str, to: &str, more: &[&str]) {
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"]);
    let output = command.args(more).args([from, to]).output().expect("skopeo runs");
    assert!(output.status.success(), "{from} {to}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What a proxy does with an answer.
#[derive(Clone)]
pub(super) enum Deed {
    Pass,
    /// Cuts the connection after so many bytes of the body.
    Cut(usize),
    /// Turns the bits of the body's byte at this place.
    Alter(usize),
    /// Answers itself, with a whole HTTP answer; `$PORT` in it is the proxy's.
    Answer(String),
    /// Passes without the `Range` of the request, as servers do that know none.
    FromStart,
}

/// An answer that went through a proxy.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) path: String,
    /// `Range: bytes=FROM-` of the request.
    pub(super) from: Option<u64>,
    /// Bytes of the body that were let through.
    pub(super) bytes: u64,
}

/// Before a registry: notes what passes, and does as it is told.
pub(super) struct Proxy {
    pub(super) port: u16,
    passed: Arc<Mutex<Vec<Passed>>>,
}

/// A request that comes to a proxy.
pub(super) struct Asked {
    pub(super) path: String,
    /// The header of this name.
    pub(super) authorization: Option<String>,
    /// How often this path was asked for before.
    pub(super) before: usize,
}

type Decide = dyn Fn(&Asked) -> Deed + Send + Sync;

impl Proxy {
    pub(super) fn start(upstream: u16, decide: impl Fn(&Asked) -> Deed + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(Mutex::new(Vec::new()));
        let (notes, decide): (_, Arc<Decide>) = (Arc::clone(&passed), Arc::new(decide));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (notes, decide) = (Arc::clone(&notes), Arc::clone(&decide));
                // A client that goes away is no failure.
                thread::spawn(move || drop(relay(client, upstream, &notes, decide.as_ref())));
            }
        });
        Self { port, passed }
    }

    /// What passed so far.
    pub(super) fn passed(&self) -> Vec<Passed> {
        self.passed.lock().unwrap().clone()
    }

    /// Bytes of blobs that passed so far.
    pub(super) fn blob_bytes(&self) -> u64 {
        self.passed().iter().filter(|passed| passed.path.contains("/blobs/")).map(|passed| passed.bytes).sum()
    }
}

/// The lines of a request's head, and the path that it asks for.
pub(super) fn asked(client: &TcpStream) -> std::io::Result<(Vec<String>, String)> {
    let mut lines = Vec::new();
    for line in BufReader::new(client.try_clone()?).lines() {
        match line? {
            line if line.is_empty() => break,
            line => lines.push(line),
        }
    }
    let path = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    Ok((lines, path))
}

/// Sends a request's head on, such that the connection ends with its answer.
pub(super) fn pass_on(mut lines: Vec<String>, server: &mut dyn Write) -> std::io::Result<()> {
    lines.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    server.write_all(format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n")).as_bytes())
}

/// One request and its answer; the connection is closed behind them.
fn relay(mut client: TcpStream, upstream: u16, notes: &Mutex<Vec<Passed>>, decide: &Decide) -> std::io::Result<()> {
    let (mut lines, path) = asked(&client)?;
    let header = |name: &str| {
        let (_, value) =
            lines.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.to_owned())
    };
    let from = header("range").and_then(|range| range.strip_prefix("bytes=")?.trim_end_matches('-').parse().ok());
    let note = |bytes| notes.lock().unwrap().push(Passed { path: path.clone(), from, bytes });
    let before = notes.lock().unwrap().iter().filter(|passed| passed.path == path).count();
    let deed = decide(&Asked { path: path.clone(), authorization: header("authorization"), before });
    if let Deed::Answer(answer) = deed {
        note(0);
        let port = client.local_addr()?.port().to_string();
        return client.write_all(answer.replace("$PORT", &port).as_bytes());
    }
    if matches!(deed, Deed::FromStart) {
        lines.retain(|line| !line.to_ascii_lowercase().starts_with("range:"));
    }
    let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
    pass_on(lines, &mut server)?;
    let mut answer = BufReader::new(server);
    let mut line = String::new();
    while answer.read_line(&mut line)? > 2 {
        client.write_all(line.as_bytes())?;
        line.clear();
    }
    client.write_all(b"\r\n")?;
    let (mut buffer, mut done) = (vec![0; 64 << 10], 0);
    let end = if let Deed::Cut(at) = deed { at } else { usize::MAX };
    loop {
        let read = answer.read(&mut buffer)?.min(end - done);
        let chunk = &mut buffer[..read];
        if let Deed::Alter(at) = deed
            && (done..done + read).contains(&at)
        {
            chunk[at - done] ^= 0xff;
        }
        // Noted before it is sent: who received it may look at once.
        done += read;
        if read == 0 || done == end {
            note(done as u64);
        }
        client.write_all(chunk)?;
        if read == 0 || done == end {
            return Ok(());
        }
    }
}

/// The demo images as one plain docker-archive.
pub(super) fn demo(folder: &Path) -> String {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/images.tar.zst");
    let plain = folder.join("images.tar");
    let mut decoder = zstd::Decoder::new(fs::File::open(images).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    std::io::copy(&mut decoder, &mut fs::File::create(&plain).unwrap()).unwrap();
    plain.display().to_string()
}
