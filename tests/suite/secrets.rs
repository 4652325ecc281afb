//! Secrets in configurations: none is printed, in whatever form it stands and whatever is asked, unless it is asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use imgdrift::archive::sha256;
use serde_json::{Value, json};

use super::cache;
use super::terminal::Session;

/// What every secret of these images has in it, on the left and on the right.
const MARKS: [&str; 2] = ["HUSHLEFT", "HUSHRIGHT"];

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, bytes).unwrap();
}

/// An image whose configuration has a secret in each place and form; `mark` is a part of each.
fn archive(folder: &Path, name: &str, mark: &str) -> String {
    let mut layer = tar::Builder::new(Vec::new());
    append(&mut layer, "etc/os-release", b"PRETTY_NAME=\"Test\"\n");
    let status = b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n";
    append(&mut layer, "var/lib/dpkg/status", status);
    append(&mut layer, "var/lib/dpkg/info/a.list", b"/.\n");
    append(&mut layer, "srv/file", mark.len().to_string().as_bytes());
    let site = "usr/local/lib/python3.11/site-packages/app-1.dist-info";
    append(&mut layer, &format!("{site}/METADATA"), b"Metadata-Version: 2.1\nName: app\nVersion: 1\n");
    append(&mut layer, &format!("{site}/RECORD"), b"app-1.dist-info/RECORD,,\n");
    let origin = json!({"url": format!("https://bot:{mark}@git.example/app.git"), "vcs_info": {"vcs": "git", "commit_id": mark.len().to_string()}});
    append(&mut layer, &format!("{site}/direct_url.json"), origin.to_string().as_bytes());
    let layer = layer.into_inner().unwrap();
    let created_by = |text: &str| json!({"created_by": text.replace("S!", mark), "empty_layer": true});
    let text = |text: &str| text.replace("S!", mark);
    let config = json!({
        "architecture": "amd64", "os": "linux", "author": text("me <https://me:S!@h>"),
        "config": {
            "Env": [
                "PATH=/bin", text("AWS_SECRET_ACCESS_KEY=S!"), text("db_password=S! S!"), text("URL=https://me:S!@h/x"),
                text("JAVA_OPTS=-Dkey.password=S! -Xmx1g"), text("CONFIG={\"api_key\":\"S!\"}"), "GPG_KEY=PUBLIC1", "AWS_ACCESS_KEY_ID=PUBLIC2",
            ],
            "Entrypoint": ["/app", text("--password=S! S!"), "--token", text("S!")],
            "Cmd": ["/bin/sh", "-c", text("API_KEY=\"S! S!\" exec app")],
            "Labels": {"com.example.token": text("S!"), "note": text("see https://S!@h"), "yaml": text("password: S!")},
            "OnBuild": [text("ENV TOKEN S! S!"), text("RUN TOKEN=S! make")],
            "Healthcheck": {"Test": ["CMD", "curl", "-H", text("X-Api-Key: S!"), text("http://u:S!@localhost")]},
        },
        "rootfs": {"type": "layers", "diff_ids": [sha256(&layer).to_string()]},
        "history": [
            {"created_by": text("RUN |2 PIP_TOKEN=S! S! /bin/sh -c pip install -i https://bot:S!@pypi.example/simple app # buildkit"),
             "comment": text("see https://S!@h")},
            created_by("ENV TOKEN=S! S!"), created_by("/bin/sh -c #(nop)  ARG PASSWD=S!"), created_by("LABEL com.example.token=S! S!"),
            created_by("RUN |1 TOKEN=S! pwsh S!"), created_by("RUN curl -H 'PRIVATE-TOKEN: S!' https://h | sh"),
            created_by("RUN docker login --password \"S! S!\" h"), created_by("RUN export SECRET='S! S!' && make"),
        ],
    });
    let config = config.to_string();
    let config_name = format!("{}.json", sha256(config.as_bytes()).hex());
    let manifest = json!([{"Config": config_name, "RepoTags": ["app:1"], "Layers": ["one/layer.tar"]}]).to_string();
    let mut archive = tar::Builder::new(Vec::new());
    append(&mut archive, "one/layer.tar", &layer);
    append(&mut archive, &config_name, config.as_bytes());
    append(&mut archive, "manifest.json", manifest.as_bytes());
    let path = folder.join(name);
    fs::write(&path, archive.into_inner().unwrap()).unwrap();
    path.display().to_string()
}

fn pair(folder: &Path) -> [String; 2] {
    [archive(folder, "left.tar", MARKS[0]), archive(folder, "right.tar", MARKS[1])]
}

fn run(arguments: &[&str]) -> Output {
    cache::run(Path::new(""), arguments)
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn has_secret(text: &str) -> bool {
    text.contains("HUSH")
}

#[test]
fn no_report_prints_one_and_every_report_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let [left, right] = pair(folder.path());
    for format in ["text", "markdown", "json"] {
        for arguments in [
            vec![&*left, &*right, "--all"],
            vec![&*left, &*right],
            vec!["bump", &*left, &*right],
            vec!["bump", &*left, &*left, "--app", &*right],
            vec!["inspect", &*right],
            vec!["inspect", &*right, "--files"],
            vec!["inspect", &*right, "--find", "/srv/file"],
            vec!["inspect", &*right, "--find", "app"],
            vec!["digest", &*right],
        ] {
            let all = printed(&[&arguments[..], &["--format", format]].concat());
            assert!(!has_secret(&all), "{arguments:?} {format}: {all}");
        }
        let compared = printed(&[&left, &right, "--all", "--format", format]);
        for shown in ["secret-in-config", "AWS_SECRET_ACCESS_KEY", "(hidden, differs)", "PIP_TOKEN"] {
            assert!(compared.contains(shown), "{format}: {shown} in {compared}");
        }
        let asked = printed(&[&left, &right, "--all", "--format", format, "--show-secrets"]);
        assert!(MARKS.iter().all(|mark| asked.contains(mark)), "{format}: {asked}");
    }
}

#[test]
fn json_tells_what_is_hidden_and_whether_it_differs() {
    let folder = tempfile::tempdir().unwrap();
    let [left, right] = pair(folder.path());
    let report: Value = serde_json::from_str(&printed(&[&left, &right, "--format", "json"])).unwrap();
    let row = |key: &str| report["config"].as_array().unwrap().iter().find(|row| row["key"] == key).cloned();
    let secret = row("env.AWS_SECRET_ACCESS_KEY").unwrap();
    assert_eq!(secret["secret"], json!({"hidden": true, "differs": true}));
    assert_eq!((&secret["left"], &secret["right"]), (&json!("(hidden)"), &json!("(hidden, differs)")));
    assert_eq!(row("env.URL").unwrap()["right"], "https://…@h/x (hidden, differs)");
    assert_eq!(row("entrypoint").unwrap()["left"], r#"["/app","--password=…","--token",…]"#);
    assert!(row("env.GPG_KEY").is_none() && row("env.PATH").is_none(), "what is the same is the same");
    assert_eq!(report["verdict"], "drifted", "a package rebuilt from another commit: {report}");
    let named: Vec<_> =
        report["findings"].as_array().unwrap().iter().filter(|row| row["check"] == "secret-in-config").collect();
    assert!(named.iter().any(|row| row["subject"] == "db_password"), "{named:?}");
    assert!(!named.iter().any(|row| row["subject"] == "GPG_KEY" || row["subject"] == "AWS_ACCESS_KEY_ID"), "{named:?}");
    assert!(named.iter().all(|row| row["severity"] == "warning"), "no alarm: {named:?}");
}

#[test]
fn the_explorer_shows_none() {
    let folder = tempfile::tempdir().unwrap();
    let [left, right] = pair(folder.path());
    let mut session = Session::start(env!("CARGO_BIN_EXE_imgdrift"), &[&left, &right], 200, 60);
    session.wait_for("drifted");
    for (key, shows) in
        [("4", "instruction"), ("5", "(hidden, differs)"), ("6", "secret-in-config"), ("1", "Why paths differ")]
    {
        session.keys(key);
        session.wait_for(shows);
        for _ in 0..8 {
            assert!(!has_secret(&session.contents()), "{}", session.contents());
            session.keys("j");
        }
    }
    session.keys("q");
    session.end();
}

#[test]
fn errors_quote_none() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.tar");
    let config = r#"{"architecture":"amd64","os":"linux","config":{"Env":"TOKEN=HUSHLEFT"},"rootfs":{"diff_ids":[]}}"#;
    let name = format!("{}.json", sha256(config.as_bytes()).hex());
    let mut archive = tar::Builder::new(Vec::new());
    append(&mut archive, &name, config.as_bytes());
    append(
        &mut archive,
        "manifest.json",
        json!([{"Config": name, "RepoTags": [], "Layers": []}]).to_string().as_bytes(),
    );
    fs::write(&broken, archive.into_inner().unwrap()).unwrap();
    for reference in [broken.to_str().unwrap(), "registry:https://me:HUSHLEFT@127.0.0.1:9/x", "https://me:HUSHLEFT@h/x"]
    {
        let output = run(&["inspect", reference]);
        assert_eq!(output.status.code(), Some(2), "{reference}");
        let all = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!has_secret(&all), "{all}");
    }
}

#[test]
fn a_snapshot_keeps_them_for_its_owner_alone_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let [left, right] = pair(folder.path());
    let file = folder.path().join("left.snapshot");
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    let record = || run(&["snapshot", &left, "-o", file.to_str().unwrap()]);
    // Whoever could read what was there cannot read what takes its place.
    fs::write(&file, "older").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let output = record();
    assert!(output.status.success());
    assert_eq!(mode(), 0o600);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("0600") && told.contains("secrets"), "{told}");
    assert!(!has_secret(&told));
    fs::remove_file(&file).unwrap();
    record();
    assert_eq!(mode(), 0o600);
    assert!(String::from_utf8_lossy(&fs::read(&file).unwrap()).contains(MARKS[0]), "it keeps the values");
    // In the image's stead it gives the same report.
    let path = file.to_str().unwrap();
    let of = |left: &str| -> Value { serde_json::from_str(&printed(&[left, &right, "--format", "json"])).unwrap() };
    assert_eq!(of(path)["config"], of(&left)["config"]);
    assert!(!has_secret(&printed(&[path, &right, "--all"])));
}
