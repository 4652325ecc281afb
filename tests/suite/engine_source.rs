//! Images straight from real engines: found by every name, exported once for both, cut off in the middle. Without an
//! engine the tests say so and pass, unless `IMGDRIFT_REQUIRE_ENGINE=1`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use imgdrift::archive::{Limits, sha256};
use imgdrift::model::Digest;
use imgdrift::source::{Host, OpenImage, OpenOptions, Reference, SourceError, open, open_both};
use serde_json::{Value, json};

use super::{servers, skip};

const SOCKET: &str = "/var/run/docker.sock";

/// Variables that say where engines are; each test sets its own.
const VARIABLES: [&str; 7] = [
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "CONTAINER_HOST",
    "XDG_RUNTIME_DIR",
];

fn docker(arguments: &[&str]) -> bool {
    Command::new("docker").args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Two small images of the test's own in the engine, gone at the end: `NAME:old` and `NAME:new`, which share all but
/// their top layers.
struct Pair {
    name: String,
    folder: tempfile::TempDir,
    layers: Vec<Vec<u8>>,
}

/// Bytes of the one file in the layer that both share.
const SHARED: usize = 4 << 20;

impl Pair {
    fn load(name: &str) -> Option<Self> {
        if !Path::new(SOCKET).exists() || !docker(&["version"]) {
            skip::for_want_of("Docker engine");
            return None;
        }
        let pair = Self::craft(name);
        assert!(docker(&["load", "-i", &pair.archive()]));
        Some(pair)
    }

    fn craft(name: &str) -> Self {
        let name = format!("imgdrift-{name}-{}", std::process::id());
        let noise: Vec<u8> = (0..SHARED).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        let layers = vec![tar(&[("srv/shared", &noise)]), tar(&[("srv/app", b"old")]), tar(&[("srv/app", b"new")])];
        let pair = Self { name, folder: tempfile::tempdir().unwrap(), layers };
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let mut manifest = Vec::new();
        for (at, layer) in pair.layers.iter().enumerate() {
            entries.push((format!("{at}/layer.tar"), layer.clone()));
        }
        for (tag, top) in [("old", 1), ("new", 2)] {
            let diff_ids = [0, top].map(|at| sha256(&pair.layers[at]).to_string());
            let config = json!({
                "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/none"], "Labels": {"test": pair.name}},
                "rootfs": {"type": "layers", "diff_ids": diff_ids},
                "history": [{"created_by": "shared"}, {"created_by": tag}],
            });
            let file = format!("{tag}.json");
            entries.push((file.clone(), serde_json::to_vec(&config).unwrap()));
            let names = [0, top].map(|at| format!("{at}/layer.tar"));
            manifest.push(json!({"Config": file, "RepoTags": [format!("{}:{tag}", pair.name)], "Layers": names}));
        }
        entries.push(("manifest.json".to_owned(), serde_json::to_vec(&manifest).unwrap()));
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        fs::write(pair.archive(), tar(&entries)).unwrap();
        pair
    }

    fn archive(&self) -> String {
        self.folder.path().join("pair.tar").display().to_string()
    }

    fn tag(&self, tag: &str) -> String {
        format!("{}:{tag}", self.name)
    }

    fn id(&self, tag: &str) -> String {
        let output = Command::new("docker").args(["inspect", "-f", "{{.Id}}", &self.tag(tag)]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        docker(&["rmi", &self.tag("old"), &self.tag("new")]);
    }
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn imgdrift(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    // Nothing is kept, unless a test names a place for it.
    command.env("IMGDRIFT_CACHE", "");
    command.args(arguments).envs(variables.iter().copied()).output().expect("the program runs")
}

/// What the program says when it fails; it must print no report then.
fn failure(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = imgdrift(arguments, variables);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: half a report");
    String::from_utf8(output.stderr).unwrap()
}

fn report(arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let output = imgdrift(&[arguments, &["--format", "json"]].concat(), variables);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything of a report that must not depend on where the images were.
fn essence(report: &Value) -> Value {
    let keys = ["content_digest", "dependencies_digest", "config_digest", "size", "platform"];
    let sides = ["left", "right"].map(|side| keys.map(|key| report[side][key].clone()));
    json!([report["packages"], report["files"], sides])
}

/// Before the engine's socket: notes the requests for exports and the bytes of the answers, and may disturb them.
struct Proxy {
    host: String,
    exports: Arc<Mutex<Vec<String>>>,
    bytes: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Deed {
    Pass,
    /// Ends the connection after so many bytes of an export.
    Cut(u64),
    /// Sends this in good order instead of an export.
    Instead(Arc<Vec<u8>>),
}

impl Proxy {
    fn start(deed: Deed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        let (exports, bytes) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
        let notes = (Arc::clone(&exports), Arc::clone(&bytes));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let ((exports, bytes), deed) = (notes.clone(), deed.clone());
                // A client that goes away is no failure.
                thread::spawn(move || drop(relay(client, &exports, &bytes, &deed)));
            }
        });
        Self { host, exports, bytes }
    }

    fn exports(&self) -> Vec<String> {
        self.exports.lock().unwrap().clone()
    }
}

/// One request and its answer; the connection is closed behind them.
fn relay(mut client: TcpStream, exports: &Mutex<Vec<String>>, bytes: &AtomicU64, deed: &Deed) -> std::io::Result<()> {
    let (lines, path) = servers::asked(&client)?;
    let is_export = path.starts_with("/images/get");
    if is_export {
        exports.lock().unwrap().push(path);
        if let Deed::Instead(body) = deed {
            client.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes())?;
            return client.write_all(body);
        }
    }
    let mut server = UnixStream::connect(SOCKET)?;
    servers::pass_on(lines, &mut server)?;
    let (mut buffer, mut done) = (vec![0; 64 << 10], 0);
    loop {
        let read = server.read(&mut buffer)?;
        done += read as u64;
        if is_export {
            bytes.fetch_add(read as u64, Ordering::Relaxed);
        }
        if read == 0 || matches!(deed, Deed::Cut(end) if is_export && done > *end) {
            return Ok(());
        }
        client.write_all(&buffer[..read])?;
    }
}

#[test]
fn an_image_is_found_by_name_id_and_beginning_of_id() {
    let Some(pair) = Pair::load("names") else { return };
    assert!(docker(&["tag", &pair.tag("old"), &pair.name]));
    let id = pair.id("old");
    let hex = id.trim_start_matches("sha256:");
    let named: Vec<String> =
        [&pair.tag("old"), &pair.name, &id, hex, &hex[..12]].map(|name| format!("docker:{name}")).into();
    for reference in named.iter().chain([&format!("docker-daemon:{}", pair.tag("old")), &pair.tag("old")]) {
        let report = report(&["inspect", reference], &[]);
        assert_eq!(report["image"]["image_digest"], id.as_str(), "{reference}");
        assert_eq!(report["image"]["source"], "docker", "{reference}");
    }
    docker(&["rmi", &pair.name]);
}

#[test]
fn a_name_that_is_not_there_is_answered_with_what_is() {
    let Some(pair) = Pair::load("missing") else { return };
    let said = failure(&["inspect", &format!("docker:{}", pair.tag("nope"))], &[]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains(&format!("Docker at unix://{SOCKET} has no image \"{}\"", pair.tag("nope"))), "{said}");
    assert!(lines[1].contains(&pair.name) && lines[2].contains(&pair.name), "the other tags come first: {said}");
    assert!(said.contains(&format!("docker pull {}", pair.tag("nope"))), "{said}");
    // Of a pair, the right one's slip is told too, and before anything is exported.
    let proxy = Proxy::start(Deed::Pass);
    let host = [("DOCKER_HOST", proxy.host.as_str())];
    let slip = format!("docker:{}", pair.tag("nope"));
    let said = failure(&[&format!("docker:{}", pair.tag("old")), &slip], &host);
    assert!(said.contains("has no image") && said.contains(&proxy.host), "{said}");
    assert!(proxy.exports().is_empty());
    // Without a prefix every place that was asked has a line.
    let said = failure(&["inspect", "localhost:1/imgdrift/none:1"], &[]);
    assert!(said.contains(&format!("Docker at unix://{SOCKET}: no image of this name")), "{said}");
    assert!(said.contains("\n  registry: "), "{said}");
}

#[test]
fn a_pair_comes_in_one_export_with_what_both_share_in_it_once() {
    let Some(pair) = Pair::load("pair") else { return };
    let archive = pair.archive();
    let [old, new] = ["old", "new"].map(|tag| pair.tag(tag));
    let expected = report(&[&format!("{archive}:{old}"), &format!("{archive}:{new}")], &[]);
    for prefix in ["docker:", ""] {
        let proxy = Proxy::start(Deed::Pass);
        let sides = [&old, &new].map(|name| format!("{prefix}{name}"));
        let found = report(&[&sides[0], &sides[1]], &[("DOCKER_HOST", &proxy.host)]);
        assert!(essence(&found) == essence(&expected), "{prefix}: the engine's pair differs from its archive");
        assert_eq!(proxy.exports().len(), 1, "{:?}", proxy.exports());
        assert!(proxy.exports()[0].matches("names=sha256").count() == 2, "exported by ID: {:?}", proxy.exports());
        let bytes = proxy.bytes.load(Ordering::Relaxed);
        assert!((SHARED as u64..SHARED as u64 * 3 / 2).contains(&bytes), "{bytes} bytes");
    }
    // What was kept is not exported again.
    let cache = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(Deed::Pass);
    for _ in 0..2 {
        let kept = [("DOCKER_HOST", proxy.host.as_str()), ("IMGDRIFT_CACHE", cache.path().to_str().unwrap())];
        let found = report(&[&format!("docker:{old}"), &format!("docker:{new}")], &kept);
        assert!(essence(&found) == essence(&expected));
        assert_eq!(proxy.exports().len(), 1, "{:?}", proxy.exports());
    }
    // One image on both sides is asked for once.
    let proxy = Proxy::start(Deed::Pass);
    let same =
        report(&[&format!("docker:{old}"), &format!("docker:{}", pair.id("old"))], &[("DOCKER_HOST", &proxy.host)]);
    assert_eq!(same["verdict"], "identical");
    assert_eq!(proxy.exports()[0].matches("names=").count(), 1);
}

#[test]
fn the_demo_from_the_engine_is_the_demo_from_its_archive() {
    if !docker(&["version"]) {
        return skip::for_want_of("Docker engine");
    }
    let folder = tempfile::tempdir().unwrap();
    let images = servers::demo(folder.path());
    assert!(docker(&["load", "-i", &images]));
    let of = |left: &str, right: &str| essence(&report(&[left, right, "--all"], &[]));
    let expected = of(&format!("{images}:demo:october"), &format!("{images}:demo:november"));
    assert!(of("docker:demo:october", "docker:demo:november") == expected);
}

#[test]
fn a_context_leads_to_its_engine_and_a_variable_overrides_it() {
    let Some(pair) = Pair::load("context") else { return };
    let proxy = Proxy::start(Deed::Pass);
    let config = tempfile::tempdir().unwrap();
    let path = config.path().to_str().unwrap();
    fs::write(config.path().join("config.json"), r#"{"currentContext": "far"}"#).unwrap();
    for (name, host) in [("far", proxy.host.as_str()), ("near", &format!("unix://{SOCKET}"))] {
        let meta = config.path().join("contexts/meta").join(sha256(name.as_bytes()).hex());
        fs::create_dir_all(&meta).unwrap();
        let text =
            json!({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": false}}});
        fs::write(meta.join("meta.json"), text.to_string()).unwrap();
    }
    let reference = format!("docker:{}", pair.tag("old"));
    let exports = |variables: &[(&str, &str)]| {
        report(&["inspect", &reference], &[&[("DOCKER_CONFIG", path)], variables].concat());
        proxy.exports().len()
    };
    assert_eq!(exports(&[]), 1, "the current context's engine");
    assert_eq!(exports(&[("DOCKER_CONTEXT", "near")]), 1, "the named context's engine");
    assert_eq!(exports(&[("DOCKER_HOST", &format!("unix://{SOCKET}"))]), 1, "the variable's engine");
    assert_eq!(exports(&[("DOCKER_CONTEXT", "far")]), 2);
    let said = failure(&["inspect", &reference], &[("DOCKER_CONFIG", path), ("DOCKER_CONTEXT", "none")]);
    assert!(said.contains("docker context \"none\"") && said.contains("docker context ls"), "{said}");
}

#[test]
fn an_engine_that_does_not_answer_is_named_with_the_way_out() {
    let said = failure(&["inspect", "docker:app"], &[("DOCKER_HOST", "unix:///no/such.sock")]);
    assert!(said.contains("unix:///no/such.sock (DOCKER_HOST): there is no such socket"), "{said}");
    assert!(said.contains("DOCKER_HOST or a docker context"), "{said}");
    let said = failure(&["inspect", "docker:app"], &[("DOCKER_HOST", "tcp://127.0.0.1:1")]);
    assert!(said.contains("connection refused"), "{said}");
    let said = failure(&["inspect", "podman:app"], &[("CONTAINER_HOST", "unix:///no/podman.sock")]);
    assert!(said.contains("no Podman engine answers") && said.contains("podman.socket"), "{said}");
    let said = failure(&["inspect", "docker:../version"], &[]);
    assert!(said.contains("cannot be the name of an image"), "{said}");
}

#[test]
fn an_export_that_is_cut_off_is_an_error_and_no_report() {
    let Some(pair) = Pair::load("cut") else { return };
    let [old, new] = ["old", "new"].map(|tag| format!("docker:{}", pair.tag(tag)));
    let whole = fs::read(pair.archive()).unwrap();
    // Three entries, of which two are layers, and no manifest: a border between entries.
    let border = 512 + pair.layers[0].len() + 512 + pair.layers[1].len() + 512 + pair.layers[2].len();
    assert_eq!(&whole[border..border + 8], b"old.json");
    let deeds = [
        Deed::Cut(300_000),
        Deed::Instead(Arc::new(whole[..border].to_vec())),
        Deed::Instead(Arc::new(whole[..border - 100].to_vec())),
        Deed::Instead(Arc::new([&whole[..border], &[0; 1024][..]].concat())),
    ];
    for (at, deed) in deeds.into_iter().enumerate() {
        let proxy = Proxy::start(deed);
        let said = failure(&[&old, &new], &[("DOCKER_HOST", &proxy.host)]);
        assert!(said.contains("stopped sending") && said.contains("docker info"), "{at}: {said}");
        assert_eq!(proxy.exports().len(), 1, "{at}");
    }
}

#[test]
fn another_platform_is_asked_for_and_refused_by_name() {
    let Some(pair) = Pair::load("platform") else { return };
    let reference = format!("docker:{}", pair.tag("old"));
    let said = failure(&["inspect", &reference, "--platform", "linux/arm64"], &[]);
    assert!(said.contains("holds no image for linux/arm64, only for linux/amd64"), "{said}");
    let proxy = Proxy::start(Deed::Pass);
    report(&["inspect", &reference, "--platform", "linux/amd64"], &[("DOCKER_HOST", &proxy.host)]);
    let query = "platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22amd64%22%7D";
    assert!(proxy.exports()[0].contains(query), "{:?}", proxy.exports());
}

/// Counts the layers it is given and keeps the documents.
#[derive(Default)]
struct Counting {
    taken: Vec<Digest>,
    told: Vec<Digest>,
    known: HashSet<Digest>,
    kept: Mutex<HashMap<Digest, Vec<u8>>>,
    expected: AtomicUsize,
}

impl Host for Counting {
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        let mut bytes = Vec::new();
        blob.read_to_end(&mut bytes).unwrap();
        self.taken.push(sha256(&bytes));
        Ok(self.taken.last().copied())
    }

    fn taken(&mut self, diff_id: Digest) {
        self.told.push(diff_id);
    }

    fn knows(&self, diff_id: Digest) -> bool {
        self.known.contains(&diff_id)
    }

    fn recall(&self, digest: Digest) -> Option<Vec<u8>> {
        self.kept.lock().unwrap().get(&digest).cloned()
    }

    fn keep(&self, digest: Digest, document: &[u8]) {
        assert_eq!(sha256(document), digest);
        self.kept.lock().unwrap().insert(digest, document.to_vec());
    }

    fn expect(&self, bytes: u64) {
        self.expected.fetch_add(usize::try_from(bytes).unwrap(), Ordering::Relaxed);
    }
}

#[test]
fn layers_are_taken_once_known_images_not_at_all_and_contents_come_again() {
    let Some(pair) = Pair::load("host") else { return };
    let limits = Limits::default();
    let options = OpenOptions { platform: None, verify: true, limits: &limits, insecure_registries: &[] };
    let [old, new] = ["old", "new"].map(|tag| Reference::parse(&format!("docker:{}", pair.tag(tag))).unwrap());
    let ids: Vec<Digest> = pair.layers.iter().map(|layer| sha256(layer)).collect();
    let (mut left, mut right) = (Counting::default(), Counting::default());
    let [left_image, right_image] = open_both([&old, &new], &options, [&mut left, &mut right]);
    let (left_image, right_image) = (left_image.unwrap(), right_image.unwrap());
    let mut taken = left.taken.clone();
    taken.sort_unstable();
    let mut expected = ids.clone();
    expected.sort_unstable();
    assert_eq!(taken, expected, "each layer passes once, of both images");
    assert!(right.taken.is_empty());
    assert_eq!(right.told.iter().collect::<HashSet<_>>(), HashSet::from([&ids[0], &ids[2]]));
    assert!(left.expected.load(Ordering::Relaxed) > SHARED);
    let again = |image: &OpenImage, layer: usize| {
        let mut bytes = Vec::new();
        image.blobs.open(layer).unwrap().into_reader().read_to_end(&mut bytes).unwrap();
        sha256(&bytes)
    };
    assert!(right_image.blobs.is_remote());
    for (image, layers) in [(&left_image, [ids[0], ids[1]]), (&right_image, [ids[0], ids[2]])] {
        assert_eq!([again(image, 0), again(image, 1)], layers);
    }
    // All is known: nothing is exported.
    let mut knowing = Counting { known: ids.iter().copied().collect(), kept: left.kept, ..Counting::default() };
    let known = open(&old, &options, &mut knowing).unwrap();
    assert!(knowing.taken.is_empty());
    assert_eq!((known.config_digest, &known.config_json), (left_image.config_digest, &left_image.config_json));
    assert_eq!(known.name.as_deref(), Some(pair.tag("old").as_str()));
    assert_eq!([again(&known, 0), again(&known, 1)], [ids[0], ids[1]]);
    // One layer is not known any more.
    knowing.known.remove(&ids[1]);
    open(&old, &options, &mut knowing).unwrap();
    assert_eq!(knowing.taken.len(), 2);
}

/// Answers as docker 29 does with the containerd store: the image's ID is the digest of an index, the blobs of its layers
/// are compressed. Such an engine is not to be had everywhere, so this one only recites.
fn recite(inspect: String, archive: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("tcp://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = BufReader::new(client.try_clone().unwrap()).lines();
            let first = request.next().unwrap().unwrap();
            // The rest of the request says nothing more.
            let _ = request.find(|line| line.as_ref().is_ok_and(String::is_empty));
            let body = match first.split(' ').nth(1).unwrap_or_default() {
                "/version" => br#"{"ApiVersion":"1.52","Components":[{"Name":"Engine","Version":"29.0.0"}]}"#.to_vec(),
                path if path.starts_with("/images/get") => archive.clone(),
                _ => inspect.clone().into_bytes(),
            };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            client.write_all(head.as_bytes()).and_then(|()| client.write_all(&body)).unwrap();
        }
    });
    host
}

#[test]
fn an_id_that_is_an_index_leads_to_its_image() {
    let layer = tar(&[("srv/app", b"old")]);
    let blob = zstd::encode_all(&layer[..], 3).unwrap();
    let mut blobs: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |bytes: &[u8]| {
        blobs.push((format!("blobs/sha256/{}", sha256(bytes).hex()), bytes.to_vec()));
        json!({"digest": sha256(bytes).to_string(), "size": bytes.len()})
    };
    let typed = |mut descriptor: Value, kind: &str| {
        descriptor["mediaType"] = format!("application/vnd.oci.image.{kind}").into();
        descriptor
    };
    let platform = json!({"architecture": "amd64", "os": "linux"});
    let config = json!({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/none"]},
        "rootfs": {"type": "layers", "diff_ids": [sha256(&layer).to_string()]}, "history": [{"created_by": "x"}]});
    let config = typed(add(config.to_string().as_bytes()), "config.v1+json");
    let layers = [typed(add(&blob), "layer.v1.tar+zstd")];
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let mut described = typed(add(manifest.as_bytes()), "manifest.v1+json");
    described["platform"] = platform;
    let index = json!({"schemaVersion": 2, "manifests": [described]}).to_string();
    let top = typed(add(index.as_bytes()), "index.v1+json");
    let path = |descriptor: &Value| descriptor["digest"].as_str().unwrap().replace("sha256:", "blobs/sha256/");
    let row = json!([{"Config": path(&config), "RepoTags": null, "Layers": [path(&layers[0])]}]);
    blobs.push(("index.json".into(), json!({"schemaVersion": 2, "manifests": [top]}).to_string().into_bytes()));
    blobs.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
    blobs.push(("manifest.json".into(), row.to_string().into_bytes()));
    let entries: Vec<(&str, &[u8])> = blobs.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let inspect = json!({"Id": top["digest"], "RepoTags": ["app:1"], "Architecture": "amd64", "Os": "linux", "Size": 99,
        "RootFS": {"Type": "layers", "Layers": [sha256(&layer).to_string()]}});
    let host = recite(inspect.to_string(), tar(&entries));
    let image = report(&["inspect", "docker:app"], &[("DOCKER_HOST", &host)])["image"].clone();
    assert_eq!(image["config_digest"], config["digest"]);
    assert_eq!(image["manifest_digest"], sha256(manifest.as_bytes()).to_string());
    assert_eq!(image["layers"][0]["digest"], layers[0]["digest"]);
    // What was asked for is not what comes: told, when it has the same layers; refused, when it has others.
    let mut wrong = inspect;
    wrong["Id"] = sha256(b"another").to_string().into();
    let host = recite(wrong.to_string(), tar(&entries));
    let warnings = report(&["inspect", "docker:app"], &[("DOCKER_HOST", &host)])["warnings"].to_string();
    assert!(warnings.contains("but the config that it sent is"), "{warnings}");
    wrong["RootFS"]["Layers"] = json!([sha256(b"another").to_string()]);
    let host = recite(wrong.to_string(), tar(&entries));
    let said = failure(&["inspect", "docker:app"], &[("DOCKER_HOST", &host)]);
    assert!(said.contains("its archive does not hold"), "{said}");
}

/// `podman system service` with storage of its own.
struct Podman {
    process: Child,
    folder: tempfile::TempDir,
}

impl Podman {
    fn start() -> Option<Self> {
        if !servers::has("podman") {
            skip::for_want_of("podman");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("podman.sock");
        let mut command = Self::command(folder.path());
        command.args(["system", "service", "--time", "0"]).arg(format!("unix://{}", socket.display()));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let podman = Self { process, folder };
        let start = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(start.elapsed() < Duration::from_mins(1), "podman does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Some(podman)
    }

    fn command(folder: &Path) -> Command {
        let mut command = Command::new("podman");
        command.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
        command.args(["--storage-driver", "vfs"]);
        command
    }

    fn load(&self, archive: &str) {
        let output = Self::command(self.folder.path()).args(["load", "-q", "-i", archive]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("podman.sock")
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn podman_gives_the_same_report_and_the_same_answers() {
    let Some(podman) = Podman::start() else { return };
    let pair = Pair::craft("podman");
    podman.load(&pair.archive());
    let host = format!("unix://{}", podman.socket().display());
    let variables = [("CONTAINER_HOST", host.as_str())];
    let archive = pair.archive();
    let [old, new] = ["old", "new"].map(|tag| pair.tag(tag));
    let expected = report(&[&format!("{archive}:{old}"), &format!("{archive}:{new}")], &[]);
    let found = report(&[&format!("podman:{old}"), &format!("containers-storage:{new}")], &variables);
    assert!(essence(&found) == essence(&expected));
    assert_eq!(found["left"]["source"], "podman");
    let said = failure(&["inspect", &format!("podman:{}", pair.tag("nope"))], &variables);
    assert!(said.contains(&format!("Podman at {host} has no image")) && said.contains(&old), "{said}");
    // Without a prefix Podman is asked where docker is not.
    let variables = [variables[0], ("DOCKER_HOST", "unix:///no/such.sock")];
    assert_eq!(report(&["inspect", &old], &variables)["image"]["source"], "podman");
}
