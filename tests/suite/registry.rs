//! The same image through a real registry and a real client: pushed and pulled by skopeo, saved by the engine, in every
//! container format that comes out. Without them the tests say so and pass, unless `IMGDRIFT_REQUIRE_ENGINE=1`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::skip;

const PATIENCE: Duration = Duration::from_mins(1);

/// Debian's docker-registry on a free port of this machine, with its data in `folder`.
struct Registry {
    process: Child,
    port: u16,
}

impl Registry {
    fn start(folder: &Path) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let config = folder.join("registry.yml");
        let data = folder.join("data");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            data.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        let process = command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let registry = Self { process, port };
        let start = Instant::now();
        while !registry.answers() {
            assert!(start.elapsed() < PATIENCE, "the registry does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut answer = [0; 12];
        stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n").and_then(|()| stream.read_exact(&mut answer)).is_ok()
            && answer.ends_with(b"200")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn skopeo(from: &str, to: &str, more: &[&str]) {
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"]);
    let output = command.args(more).args([from, to]).output().expect("skopeo runs");
    assert!(output.status.success(), "{from} {to}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Everything of a report on one pair that must not depend on the container.
fn report(left: &str, right: &str) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
    let output = command.args([left, right, "--format", "json", "--all"]).output().expect("the program runs");
    assert!(output.status.success(), "{left} {right}: {}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let digests: Vec<_> = ["left", "right"]
        .iter()
        .flat_map(|side| ["content_digest", "dependencies_digest"].map(|key| report[side][key].clone()))
        .collect();
    serde_json::json!([report["packages"], report["files"], digests])
}

/// The demo images as one plain docker-archive.
fn demo(folder: &Path) -> String {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/images.tar.zst");
    let plain = folder.join("images.tar");
    let mut decoder = zstd::Decoder::new(fs::File::open(images).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    std::io::copy(&mut decoder, &mut fs::File::create(&plain).unwrap()).unwrap();
    plain.display().to_string()
}

#[test]
fn a_pair_that_went_through_a_registry_gives_the_same_report_in_every_form() {
    if !has("skopeo") {
        return skip::for_want_of("skopeo");
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(folder.path()) else {
        return skip::for_want_of("docker-registry");
    };
    let images = demo(folder.path());
    let expected = report(&format!("{images}:demo:october"), &format!("{images}:demo:november"));
    let in_folder = |name: &str| folder.path().join(name).display().to_string();
    for tag in ["october", "november"] {
        let pushed = format!("docker://127.0.0.1:{}/demo:{tag}", registry.port);
        skopeo(&format!("docker-archive:{images}:demo:{tag}"), &pushed, &[]);
        skopeo(&pushed, &format!("oci:{}:{tag}", in_folder("layout")), &[]);
        skopeo(&pushed, &format!("docker-archive:{}", in_folder(&format!("{tag}.tar"))), &[]);
        let zstd = ["--dest-compress-format", "zstd", "--format", "oci"];
        skopeo(&pushed, &format!("oci-archive:{}", in_folder(&format!("{tag}.oci.tar"))), &zstd);
    }
    let layout = in_folder("layout");
    for (left, right) in [
        (format!("oci:{layout}:october"), format!("oci:{layout}:november")),
        (in_folder("october.tar"), in_folder("november.tar")),
        (in_folder("october.oci.tar"), in_folder("november.oci.tar")),
    ] {
        assert!(report(&left, &right) == expected, "{left} and {right} differ from the archive they came from");
    }
}

#[test]
fn what_the_engine_saves_is_what_it_loaded() {
    let docker =
        |arguments: &[&str]| Command::new("docker").args(arguments).output().is_ok_and(|out| out.status.success());
    if !docker(&["version"]) {
        return skip::for_want_of("Docker engine");
    }
    let folder = tempfile::tempdir().unwrap();
    let images = demo(folder.path());
    let saved = folder.path().join("saved.tar").display().to_string();
    assert!(docker(&["load", "-i", &images]));
    assert!(docker(&["save", "demo:october", "demo:november", "-o", &saved]));
    let of = |archive: &str| report(&format!("{archive}:demo:october"), &format!("{archive}:demo:november"));
    assert!(of(&images) == of(&saved), "the engine's archive is reported otherwise than the one it loaded");
}
