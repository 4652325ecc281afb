//! Images straight from a real registry, with skopeo as the writer; behind a proxy that counts the bytes, cuts
//! connections and alters what passes.

use std::net::{IpAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::servers::{Deed, PASSWORD, Proxy, Registry, USER, demo, has, skopeo};
use super::skip;

/// A registry with both demo images, and the archive that they came from.
struct Stage {
    folder: TempDir,
    registry: Registry,
    archive: String,
}

impl Stage {
    fn set() -> Option<Self> {
        Self::set_with(Registry::start, &[])
    }

    fn set_with(start: impl Fn(&Path) -> Option<Registry>, more: &[&str]) -> Option<Self> {
        if !has("skopeo") {
            skip::for_want_of("skopeo");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let Some(registry) = start(folder.path()) else {
            skip::for_want_of("docker-registry");
            return None;
        };
        let archive = demo(folder.path());
        for tag in ["october", "november"] {
            let to = format!("docker://{}:{}/demo:{tag}", registry.address, registry.port);
            skopeo(&format!("docker-archive:{archive}:demo:{tag}"), &to, more);
        }
        Some(Self { folder, registry, archive })
    }

    /// Both images' references at a port, which is the registry's own or a proxy's.
    fn pair(port: u16) -> [String; 2] {
        ["october", "november"].map(|tag| format!("registry:127.0.0.1:{port}/demo:{tag}"))
    }

    fn in_archive(&self) -> [String; 2] {
        ["october", "november"].map(|tag| format!("{}:demo:{tag}", self.archive))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the program runs")
    }

    fn command(&self) -> Command {
        let nowhere = self.folder.path().join("no-config");
        let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
        command.env("DOCKER_CONFIG", nowhere).env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR");
        command
    }

    fn report(&self, pair: &[String; 2], more: &[&str]) -> Value {
        let arguments: Vec<&str> = pair
            .iter()
            .map(String::as_str)
            .chain(["--format", "json", "--all", "--no-cache"])
            .chain(more.iter().copied())
            .collect();
        let output = self.run(&arguments);
        assert!(output.status.success(), "{pair:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn failure(&self, pair: &[String; 2], more: &[&str]) -> String {
        let arguments: Vec<&str> = pair
            .iter()
            .map(String::as_str)
            .chain(["--format", "json", "--no-cache"])
            .chain(more.iter().copied())
            .collect();
        let output = self.run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{pair:?} does not fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The registry's own bytes of a manifest or index.
    fn manifest(&self, tag: &str) -> Vec<u8> {
        let reference = format!("docker://127.0.0.1:{}/demo:{tag}", self.registry.port);
        let output =
            Command::new("skopeo").args(["inspect", "--raw", "--tls-verify=false", &reference]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn digest(&self, tag: &str) -> String {
        imgdrift::archive::sha256(&self.manifest(tag)).to_string()
    }

    /// Digests and sizes of an image's layer blobs.
    fn layers(&self, tag: &str) -> Vec<(String, u64)> {
        let manifest: Value = serde_json::from_slice(&self.manifest(tag)).unwrap();
        let layers = manifest["layers"].as_array().unwrap().iter();
        layers.map(|layer| (layer["digest"].as_str().unwrap().to_owned(), layer["size"].as_u64().unwrap())).collect()
    }

    fn config_size(&self, tag: &str) -> u64 {
        let manifest: Value = serde_json::from_slice(&self.manifest(tag)).unwrap();
        manifest["config"]["size"].as_u64().unwrap()
    }

    /// The layer blob with the most bytes of the right image.
    fn largest(&self) -> (String, u64) {
        self.layers("november").into_iter().max_by_key(|(_, size)| *size).unwrap()
    }
}

/// The essence of the report on the archive, which is the same for every stage.
fn expected(stage: &Stage) -> &'static Value {
    static EXPECTED: OnceLock<Value> = OnceLock::new();
    EXPECTED.get_or_init(|| essence(&stage.report(&stage.in_archive(), &[])))
}

/// What of a report must not depend on where the images came from.
fn essence(report: &Value) -> Value {
    let sides: Vec<_> = ["left", "right"]
        .iter()
        .flat_map(|side| ["content_digest", "dependencies_digest", "file_count"].map(|key| report[side][key].clone()))
        .collect();
    json!([report["packages"], report["files"], report["verdict"], sides])
}

#[test]
fn a_pair_in_a_registry_is_reported_as_its_archive_is_by_tag_and_by_digest() {
    let Some(stage) = Stage::set() else { return };
    let port = stage.registry.port;
    let digests = ["october", "november"].map(|tag| stage.digest(tag));
    let by_digest = digests.clone().map(|digest| format!("docker://127.0.0.1:{port}/demo@{digest}"));
    // The tag before a digest is for readers: even a wrong one leads nowhere else.
    let by_both = digests.clone().map(|digest| format!("127.0.0.1:{port}/demo:october@{digest}"));
    for pair in [Stage::pair(port), by_digest, by_both.map(|name| format!("registry:{name}"))] {
        let report = stage.report(&pair, &[]);
        assert!(essence(&report) == *expected(&stage), "{pair:?} differ from the archive they came from");
        assert_eq!(
            [&report["left"]["manifest_digest"], &report["right"]["manifest_digest"]],
            [&digests[0], &digests[1]]
        );
        assert_eq!(report["left"]["source"], "registry");
    }
}

#[test]
fn only_the_layers_that_differ_are_fetched_and_each_once() {
    let Some(stage) = Stage::set() else { return };
    let proxy = Proxy::start(stage.registry.port, |_| Deed::Pass);
    let report = stage.report(&Stage::pair(proxy.port), &[]);
    assert!(essence(&report) == *expected(&stage));
    let mut blobs = stage.layers("october");
    let both = blobs.len() + stage.layers("november").len();
    blobs.extend(stage.layers("november"));
    blobs.sort();
    blobs.dedup();
    assert!(blobs.len() < both, "the demo images share no layer");
    let layers: u64 = blobs.iter().map(|(_, size)| size).sum();
    let configs = stage.config_size("october") + stage.config_size("november");
    assert_eq!(proxy.blob_bytes(), layers + configs);
    let paths: Vec<String> = proxy.passed().into_iter().map(|passed| passed.path).collect();
    assert_eq!(paths.len(), blobs.len() + 4, "two manifests, two configs and the layers: {paths:?}");
}

#[test]
fn with_what_was_kept_a_tag_costs_its_manifest_alone() {
    let Some(stage) = Stage::set() else { return };
    let cache = stage.folder.path().join("cache");
    let read = |port: u16| {
        let [left, right] = Stage::pair(port);
        let mut command = stage.command();
        command.args([&left, &right]).args(["--format", "json", "--all"]).env("IMGDRIFT_CACHE", &cache);
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    read(stage.registry.port);
    let proxy = Proxy::start(stage.registry.port, |_| Deed::Pass);
    let report = read(proxy.port);
    assert!(essence(&report) == *expected(&stage));
    assert_eq!(proxy.blob_bytes(), 0);
    let paths: Vec<String> = proxy.passed().into_iter().map(|passed| passed.path).collect();
    assert!(paths.len() == 2 && paths.iter().all(|path| path.contains("/manifests/")), "{paths:?}");
}

#[test]
fn a_cut_connection_is_taken_up_where_it_broke() {
    let Some(stage) = Stage::set() else { return };
    let (blob, size) = stage.largest();
    let half = usize::try_from(size / 2).unwrap();
    let cut = blob.clone();
    let proxy = Proxy::start(stage.registry.port, move |asked| {
        if asked.path.ends_with(&cut) && asked.before == 0 { Deed::Cut(half) } else { Deed::Pass }
    });
    let report = stage.report(&Stage::pair(proxy.port), &[]);
    assert!(essence(&report) == *expected(&stage));
    let of_blob: Vec<_> = proxy.passed().into_iter().filter(|passed| passed.path.ends_with(&blob)).collect();
    assert_eq!(of_blob.len(), 2, "{of_blob:?}");
    assert!(of_blob[1].from.is_some_and(|from| from > 0), "{of_blob:?}");
    assert_eq!(of_blob.iter().map(|passed| passed.bytes).sum::<u64>(), size, "each byte moved once");
}

#[test]
fn a_connection_that_breaks_every_time_is_an_error_with_a_way_out() {
    let Some(stage) = Stage::set() else { return };
    let (blob, _) = stage.largest();
    let cut = blob.clone();
    let proxy = Proxy::start(
        stage.registry.port,
        move |asked| if asked.path.ends_with(&cut) { Deed::Cut(10) } else { Deed::Pass },
    );
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(
        error.contains("broke the connection at byte") && !error.contains("gzip") && error.contains(&blob),
        "{error}"
    );
    assert!(error.contains("Check the network and try again."), "{error}");
}

#[test]
fn wrong_bytes_are_never_shown() {
    let Some(stage) = Stage::set() else { return };
    let (blob, size) = stage.largest();
    let altered = blob.clone();
    let middle = usize::try_from(size / 2).unwrap();
    let proxy = Proxy::start(stage.registry.port, move |asked| {
        if asked.path.ends_with(&altered) { Deed::Alter(middle) } else { Deed::Pass }
    });
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(error.contains("its digest is sha256:") && error.contains(&format!("not {blob}")), "{error}");
    let altered = format!("manifests/{}", stage.digest("november"));
    let proxy =
        Proxy::start(
            stage.registry.port,
            move |asked| {
                if asked.path.ends_with(&altered) { Deed::Alter(30) } else { Deed::Pass }
            },
        );
    let [left, _] = Stage::pair(proxy.port);
    let digest = stage.digest("november");
    let error = stage.failure(&[left, format!("registry:127.0.0.1:{}/demo@{digest}", proxy.port)], &[]);
    assert!(error.contains(&format!("should have the digest {digest}, but its bytes have sha256:")), "{error}");
}

#[test]
fn what_is_not_there_is_told_by_its_name() {
    let Some(stage) = Stage::set() else { return };
    let port = stage.registry.port;
    let [left, _] = Stage::pair(port);
    let error = |right: &str| stage.failure(&[left.clone(), format!("registry:127.0.0.1:{port}/{right}")], &[]);
    let text = error("demo:december");
    assert!(text.contains("has no tag december of demo, but: "), "{text}");
    assert!(text.contains("november") && text.contains("october"), "{text}");
    let text = error("nothing:latest");
    assert!(text.contains("has no repository nothing"), "{text}");
    let digest = format!("sha256:{}", "5".repeat(64));
    let text = error(&format!("demo@{digest}"));
    assert!(text.contains(&format!("does not hold {digest} in demo")) && text.contains("deleted"), "{text}");
    let text = error("Demo:1");
    assert!(text.contains("Demo:1\" is no image's reference"), "{text}");
}

#[test]
fn a_rate_limit_says_when_to_come_back() {
    let Some(stage) = Stage::set() else { return };
    let proxy = Proxy::start(stage.registry.port, |_| {
        let page = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]}"#;
        let head = format!("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 90\r\nContent-Length: {}", page.len());
        Deed::Answer(format!("{head}\r\nConnection: close\r\n\r\n{page}"))
    });
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(error.contains("too many requests: pull rate limit"), "{error}");
    assert!(error.contains("Try again in 90 seconds"), "{error}");
}

#[test]
fn an_endless_document_is_not_read_to_its_end() {
    let Some(stage) = Stage::set() else { return };
    let proxy = Proxy::start(stage.registry.port, |asked| {
        let endless = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned() + &"x".repeat(17 << 20);
        if asked.path.contains("manifests") { Deed::Answer(endless) } else { Deed::Pass }
    });
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(error.contains("larger than the limit of 16777216 bytes"), "{error}");
}

#[test]
fn nobody_at_the_port_is_told_so() {
    let Some(stage) = Stage::set() else { return };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = stage.failure(&Stage::pair(free), &[]);
    assert!(error.contains(&format!("127.0.0.1:{free} cannot be reached")), "{error}");
    assert!(error.to_lowercase().contains("connection refused"), "{error}");
}

#[test]
fn a_locked_registry_opens_to_those_who_logged_in() {
    let login = format!("{USER}:{PASSWORD}");
    let Some(stage) = Stage::set_with(Registry::start_locked, &["--dest-creds", &login]) else { return };
    let pair = Stage::pair(stage.registry.port);
    let host = format!("127.0.0.1:{}", stage.registry.port);
    let error = stage.failure(&pair, &[]);
    assert!(error.contains("refuses access without credentials"), "{error}");
    assert!(error.contains(&format!("docker login {host}")), "{error}");

    let config = stage.folder.path().join("no-config");
    std::fs::create_dir(&config).unwrap();
    let auth_file = config.join("config.json").display().to_string();
    let login_with = |password: &str| {
        let status = Command::new("skopeo")
            .args(["login", "--tls-verify=false", "-u", USER, "-p", password, "--authfile", &auth_file, &host])
            .output()
            .unwrap()
            .status;
        assert!(status.success(), "skopeo logs in");
    };
    login_with(PASSWORD);
    let report = stage.report(&pair, &[]);
    assert!(essence(&report) == *expected(&stage));

    // `reader:wrong` in base64.
    std::fs::write(&auth_file, json!({"auths": {host: {"auth": "cmVhZGVyOndyb25n"}}}).to_string()).unwrap();
    let error = stage.failure(&pair, &[]);
    assert!(error.contains("refuses the credentials of") && error.contains("config.json"), "{error}");
    assert!(!error.contains("wrong"), "the secret is not shown: {error}");
}

#[test]
fn a_server_that_cannot_start_in_the_middle_is_read_again_from_its_start() {
    let Some(stage) = Stage::set() else { return };
    let (blob, size) = stage.largest();
    let half = usize::try_from(size / 2).unwrap();
    let cut = blob.clone();
    let proxy = Proxy::start(stage.registry.port, move |asked| match asked.before {
        0 if asked.path.ends_with(&cut) => Deed::Cut(half),
        _ => Deed::FromStart,
    });
    let report = stage.report(&Stage::pair(proxy.port), &[]);
    assert!(essence(&report) == *expected(&stage));
    let of_blob = proxy.passed().into_iter().filter(|passed| passed.path.ends_with(&blob));
    assert_eq!(of_blob.map(|passed| passed.bytes).sum::<u64>(), size / 2 + size);
}

/// An answer without a body worth reading.
fn answer(status: &str, header: &str, body: &str) -> Deed {
    let length = body.len();
    Deed::Answer(format!("HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"))
}

#[test]
fn a_fault_that_passes_is_waited_out_and_one_that_stays_is_told() {
    let Some(stage) = Stage::set() else { return };
    let proxy = Proxy::start(stage.registry.port, |asked| {
        if asked.before == 0 { answer("503 Service Unavailable", "", "busy") } else { Deed::Pass }
    });
    let report = stage.report(&Stage::pair(proxy.port), &[]);
    assert!(essence(&report) == *expected(&stage));
    let proxy = Proxy::start(stage.registry.port, |_| answer("502 Bad Gateway", "", "<html>nginx</html>"));
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(error.contains("answers 502") && !error.contains("html"), "{error}");
    assert!(error.contains("try again later"), "{error}");
}

#[test]
fn a_token_server_is_asked_for_a_token_of_the_repository() {
    let Some(stage) = Stage::set() else { return };
    let challenge = "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:$PORT/token\",service=\"stage\"\r\n";
    let proxy = Proxy::start(stage.registry.port, move |asked| {
        if asked.path.starts_with("/token") {
            return answer("200 OK", "", r#"{"token": "let-me-in"}"#);
        }
        if asked.authorization.as_deref() == Some("Bearer let-me-in") {
            return Deed::Pass;
        }
        answer("401 Unauthorized", challenge, r#"{"errors": [{"code": "UNAUTHORIZED", "message": "who is there?"}]}"#)
    });
    let report = stage.report(&Stage::pair(proxy.port), &[]);
    assert!(essence(&report) == *expected(&stage));
    let tokens: Vec<_> = proxy.passed().into_iter().filter(|passed| passed.path.starts_with("/token")).collect();
    assert!(tokens.iter().all(|passed| passed.path.contains("scope=repository%3Ademo%3Apull")), "{tokens:?}");
    assert_eq!(tokens.len(), 2, "one for each side: {tokens:?}");
    // A proxy is for what is elsewhere: here nobody listens where it should be.
    let [left, _] = Stage::pair(proxy.port);
    let mut command = stage.command();
    let dead = "http://127.0.0.1:9";
    command.env("http_proxy", dead).env("HTTP_PROXY", dead).env_remove("no_proxy").env_remove("NO_PROXY");
    let output = command.args(["digest", &left, "--no-cache"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_snapshot_does_not_speak_for_the_registrys_bytes() {
    let Some(stage) = Stage::set() else { return };
    let [left, _] = Stage::pair(stage.registry.port);
    let file = stage.folder.path().join("october.snapshot").display().to_string();
    assert!(stage.run(&["snapshot", &left, "-o", &file, "--no-cache"]).status.success());
    let report = stage.report(&[file, left], &[]);
    assert_eq!(report["verdict"], "identical");
    assert!(report["right"]["file_count"].is_u64(), "the layers were read: {}", report["right"]);
    assert_eq!(report["left"]["content_digest"], report["right"]["content_digest"]);
}

#[test]
fn a_token_that_a_server_refuses_is_told_as_such() {
    let Some(stage) = Stage::set() else { return };
    let challenge = "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:$PORT/token\",service=\"stage\"\r\n";
    let proxy = Proxy::start(stage.registry.port, move |asked| {
        let page =
            if asked.path.starts_with("/token") { r#"{"details": "incorrect username or password"}"# } else { "" };
        answer("401 Unauthorized", challenge, page)
    });
    let error = stage.failure(&Stage::pair(proxy.port), &[]);
    assert!(error.contains("refuses access without credentials: incorrect username or password"), "{error}");
}

#[test]
fn an_index_gives_the_image_of_the_platform_asked_for() {
    let Some(stage) = Stage::set() else { return };
    let port = stage.registry.port;
    let (index, arm) = push_index(&stage);
    let pair = [format!("registry:127.0.0.1:{port}/demo:both"), format!("registry:127.0.0.1:{port}/demo@{index}")];
    for (platform, manifest) in [("linux/amd64", stage.digest("october")), ("linux/arm64", arm.clone())] {
        let report = stage.report(&pair, &["--platform", platform]);
        for side in ["left", "right"] {
            assert_eq!(report[side]["manifest_digest"], manifest, "{platform}");
        }
        assert_eq!(report["warnings"], json!([]), "{platform}");
        assert_eq!(report["verdict"], "identical");
        assert_eq!(report["left"]["content_digest"], json!(null), "no layer is fetched of what is one manifest");
    }
    let error = stage.failure(&pair, &["--platform", "linux/s390x"]);
    assert!(error.contains("holds no image for linux/s390x, only for linux/amd64, linux/arm64"), "{error}");
    // Deleted, but still listed.
    stage.registry.delete_manifest(&arm);
    let error = stage.failure(&pair, &["--platform", "linux/arm64"]);
    assert!(error.contains(&format!("names manifest {arm}, but the registry does not hold it")), "{error}");
}

/// Stores an index `both` with the older image for amd64 and the newer one for arm64; gives its digest and that of the
/// latter's manifest.
fn push_index(stage: &Stage) -> (String, String) {
    let mut manifest: Value = serde_json::from_slice(&stage.manifest("november")).unwrap();
    let reference = format!("docker://127.0.0.1:{}/demo:november", stage.registry.port);
    let config =
        Command::new("skopeo").args(["inspect", "--config", "--raw", "--tls-verify=false", &reference]).output();
    let mut config: Value = serde_json::from_slice(&config.unwrap().stdout).unwrap();
    config["architecture"] = json!("arm64");
    let config = config.to_string();
    manifest["config"]["digest"] = json!(stage.registry.push_blob(config.as_bytes()));
    manifest["config"]["size"] = json!(config.len());
    let manifest_type = manifest["mediaType"].as_str().unwrap().to_owned();
    let manifest = manifest.to_string();
    let arm = stage.registry.push_manifest("arm", &manifest_type, manifest.as_bytes());
    let row = |digest: &str, size: usize, architecture: &str| {
        let platform = json!({"os": "linux", "architecture": architecture});
        json!({"mediaType": manifest_type, "digest": digest, "size": size, "platform": platform})
    };
    let october = stage.manifest("october");
    let rows = [row(&stage.digest("october"), october.len(), "amd64"), row(&arm, manifest.len(), "arm64")];
    let list = "application/vnd.docker.distribution.manifest.list.v2+json";
    let index = json!({"schemaVersion": 2, "mediaType": list, "manifests": rows}).to_string();
    (stage.registry.push_manifest("both", list, index.as_bytes()), arm)
}

#[test]
fn a_credential_helper_that_fails_is_named() {
    let Some(stage) = Stage::set() else { return };
    let config = stage.folder.path().join("no-config");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("config.json"), r#"{"credsStore": "no-such-helper"}"#).unwrap();
    let error = stage.failure(&Stage::pair(stage.registry.port), &[]);
    assert!(
        error.contains("the credential helper docker-credential-no-such-helper failed: it cannot be run"),
        "{error}"
    );
    assert!(error.contains("config.json names it."), "{error}");
}

/// An address of this machine that is not the loopback, where TLS is expected of a registry.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only picks the address that it would send from.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn without_tls_and_a_certificate_somebody_vouches_for_only_insecure_registries_are_read() {
    let Some(address) = own_address() else { return skip::for_want_of("network") };
    if !has("openssl") {
        return skip::for_want_of("openssl");
    }
    let keys = tempfile::tempdir().unwrap();
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| keys.path().join(name).display().to_string());
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=registry", "-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let tls = format!("  tls:\n    certificate: {certificate}\n    key: {key}\n");
    for (tls, refused) in [("", "does not speak TLS"), (tls.as_str(), "no trusted connection")] {
        let start = |folder: &Path| Registry::start_at(address, folder, tls);
        let Some(stage) = Stage::set_with(start, &[]) else { return };
        let host = format!("{address}:{}", stage.registry.port);
        let pair = ["october", "november"].map(|tag| format!("registry:{host}/demo:{tag}"));
        let error = stage.failure(&pair, &[]);
        assert!(error.contains(refused) && error.contains(&format!("--insecure-registry {host}")), "{error}");
        let report = stage.report(&pair, &["--insecure-registry", &host]);
        assert!(essence(&report) == *expected(&stage), "{refused}");
    }
}
