//! Which base an image stands on, asked of images whose base is known: made by `BuildKit` with provenance, by buildah, by
//! the classic builder, and by hand without any history.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{cache, skip};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/base/");
/// Of `example/base:1`, as the README beside the images has it.
const DIGEST: &str = "sha256:7cc9e4c269994e7f9df490bccd20e112897a8cdc05894cf77c92d0cae29f3716";

fn imgdrift(arguments: &[&str]) -> Output {
    cache::run(Path::new(""), arguments)
}

fn json(arguments: &[&str]) -> Value {
    let output = imgdrift(&[arguments, &["--format", "json"]].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {errors}"))
}

fn data(name: &str) -> String {
    format!("{DATA}{name}")
}

fn inspected(name: &str) -> Value {
    json(&["inspect", &data(name)])["image"]["base"].clone()
}

fn findings<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check).collect()
}

fn evidence(base: &Value) -> String {
    base["evidence"].as_array().unwrap().iter().map(|words| words.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn provenance_with_the_dockerfile_tells_the_base_from_the_other_stages() {
    let base = inspected("max.tar");
    assert_eq!(base["name"], "example/base:1", "{base}");
    assert_eq!(base["digest"], DIGEST);
    assert_eq!((&base["layers"], &base["pinned"]), (&Value::from(1), &Value::from(true)));
    assert_eq!((&base["confidence"], &base["layers_confidence"]), (&Value::from("high"), &Value::from("high")));
    assert_eq!(base["contradictions"], Value::Array(vec![]));
    // The same beside a manifest.json, with a base that was not pinned.
    let base = inspected("saved.tar");
    assert_eq!((&base["name"], &base["pinned"]), (&Value::from("example/base:1"), &Value::from(false)));
    assert_eq!(base["digest"], DIGEST);
}

#[test]
fn provenance_without_it_lists_the_candidates_and_does_not_guess() {
    let base = inspected("min.tar");
    assert_eq!((&base["name"], &base["digest"], &base["pinned"]), (&Value::Null, &Value::Null, &Value::Null));
    let told = evidence(&base);
    assert!(told.contains("example/base:1") && told.contains("example/tools:2"), "{told}");
    assert_eq!(base["confidence"], "low");
}

#[test]
fn a_named_base_is_proven_by_its_layers_or_refuted() {
    let report = json(&["inspect", &data("min.tar"), "--base", &data("base.tar")]);
    let base = &report["image"]["base"];
    assert_eq!((&base["layers"], &base["layers_confidence"]), (&Value::from(1), &Value::from("high")), "{base}");
    assert_eq!(base["digest"], DIGEST);
    assert!(findings(&report, "base-contradiction").is_empty(), "{report}");

    // What the build called it, and how, is known of the image that was shown.
    let base = &json(&["inspect", &data("max.tar"), "--base", &data("base.tar")])["image"]["base"];
    assert_eq!((&base["name"], &base["pinned"]), (&Value::from("example/base:1"), &Value::from(true)), "{base}");

    let report = json(&["inspect", &data("max.tar"), "--base", &data("buildah.tar")]);
    let found = findings(&report, "base-contradiction");
    assert_eq!(found.len(), 1, "{report}");
    assert!(found[0]["message"].as_str().unwrap().contains("is not the base"), "{found:?}");
    // What the image itself tells still stands.
    assert_eq!(report["image"]["base"]["name"], "example/base:1");
}

#[test]
fn a_dockerfile_is_held_against_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let dockerfile = folder.path().join("Dockerfile");
    let path = dockerfile.to_str().unwrap();
    let inspect = |text: &str| {
        fs::write(&dockerfile, text).unwrap();
        json(&["inspect", &data("min.tar"), "--dockerfile", path])
    };
    let right = "ARG BASE=example/base:1\nFROM example/tools:2 AS build\nRUN x\nFROM --platform=linux/amd64 ${BASE} AS app\n\
                 COPY --from=build /tool \\\n# a comment\n  /tool\nFROM app\nCOPY app /app\nENV X=1\nCMD [\"/app\"]\n";
    let report = inspect(right);
    let base = &report["image"]["base"];
    assert_eq!((&base["name"], &base["layers"]), (&Value::from("example/base:1"), &Value::from(1)), "{base}");
    assert_eq!((&base["pinned"], &base["confidence"]), (&Value::from(false), &Value::from("high")));
    let report = inspect("FROM debian:12\nRUN apt-get update\nCMD [\"/app\"]\n");
    assert_eq!(report["image"]["base"]["name"], Value::Null, "{report}");
    assert_eq!(findings(&report, "base-contradiction").len(), 1, "{report}");
    fs::write(&dockerfile, "RUN x\n").unwrap();
    let output = imgdrift(&["inspect", &data("min.tar"), "--dockerfile", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no FROM line"));
}

#[test]
fn the_other_image_of_the_pair_is_the_base_when_it_is_the_lowest_part() {
    let report = json(&[&data("base.tar"), &data("min.tar")]);
    assert_eq!(report["base_drift"]["relation"], "left-is-base", "{}", report["base_drift"]);
    assert_eq!(report["right"]["base"]["layers"], 1);
    let split = &report["base_drift"]["split"];
    assert_eq!((&split["base"]["paths"], &split["app"]["paths"]), (&Value::from(0), &Value::from(2)), "{split}");
    let changes = report["files"]["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["brought_by"] == "app"), "{changes:?}");
    let text = imgdrift(&[&data("base.tar"), &data("min.tar")]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("the right image stands on the left one"), "{text}");
    assert!(text.contains("the app's own layers 0 packages and 2 paths"), "{text}");
}

#[test]
fn buildah_names_its_base_in_annotations_and_history() {
    let base = inspected("buildah.tar");
    assert_eq!(base["name"], "localhost/imgdrift-base-test:1", "{base}");
    assert_eq!((&base["layers"], &base["layers_confidence"]), (&Value::from(1), &Value::from("medium")));
    assert!(base["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!((&base["confidence"], &base["pinned"]), (&Value::from("high"), &Value::Null));
    assert!(evidence(&base).contains("annotations") && evidence(&base).contains("buildah"), "{base}");
}

/// A layer put upon an image without a word in its history, as tools that only append do.
#[test]
fn without_a_history_the_base_is_unknown_until_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("appended.tar");
    append(&data("base.tar"), &image);
    let image = image.to_str().unwrap();
    let report = json(&["inspect", image]);
    let base = &report["image"]["base"];
    assert_eq!(report["image"]["layers"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&base["name"], &base["digest"], &base["layers"], &base["pinned"]),
        (&Value::Null, &Value::Null, &Value::Null, &Value::Null),
        "{base}"
    );
    let text = imgdrift(&["inspect", image]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("an unknown image"));
    let named = json(&["inspect", image, "--base", &data("base.tar")]);
    assert_eq!(named["image"]["base"]["layers"], 1);
    assert_eq!(json(&[&data("base.tar"), image])["base_drift"]["relation"], "left-is-base");
}

/// Writes the docker-archive `from` once more, with one layer upon it and no row of history for that.
fn append(from: &str, to: &Path) {
    let bytes = |path: &str| {
        let mut archive = tar::Archive::new(fs::File::open(from).unwrap());
        let mut entry = archive
            .entries()
            .unwrap()
            .map(Result::unwrap)
            .find(|entry| entry.path().unwrap() == Path::new(path))
            .unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        bytes
    };
    let mut manifest: Value = serde_json::from_slice(&bytes("manifest.json")).unwrap();
    let row = &mut manifest[0];
    let (config, layer) = (row["Config"].as_str().unwrap().to_owned(), row["Layers"][0].as_str().unwrap().to_owned());
    let mut document: Value = serde_json::from_slice(&bytes(&config)).unwrap();
    let mut above = tar::Builder::new(Vec::new());
    put(&mut above, "app", b"app");
    let above = above.into_inner().unwrap();
    let diff_id = imgdrift::archive::sha256(&above).to_string();
    document["rootfs"]["diff_ids"].as_array_mut().unwrap().push(diff_id.into());
    row["Config"] = "config.json".into();
    row["Layers"].as_array_mut().unwrap().push("above.tar".into());
    let mut archive = tar::Builder::new(fs::File::create(to).unwrap());
    put(&mut archive, &layer, &bytes(&layer));
    put(&mut archive, "above.tar", &above);
    put(&mut archive, "config.json", document.to_string().as_bytes());
    put(&mut archive, "manifest.json", manifest.to_string().as_bytes());
    archive.finish().unwrap();
}

fn put<W: std::io::Write>(archive: &mut tar::Builder<W>, path: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, path, bytes).unwrap();
}

/// Images of a running engine, removed at the end.
struct Images(Vec<String>);

impl Images {
    /// Builds with the classic builder; `None` without an engine.
    fn build(&mut self, folder: &Path, name: &str, dockerfile: &str) -> Option<String> {
        fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
        let mut docker = Command::new("docker");
        let build = docker.args(["build", "-q", "-t", name]).arg(folder).env("DOCKER_BUILDKIT", "0");
        let done = build.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        self.0.push(name.to_owned());
        let archive = folder.join(format!("{}.tar", name.replace([':', '/'], "-")));
        let saved = Command::new("docker").args(["save", name, "-o"]).arg(&archive).status();
        (done && saved.is_ok_and(|status| status.success())).then(|| archive.to_str().unwrap().to_owned())
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        let _ = Command::new("docker").arg("rmi").args(&self.0).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn has_engine() -> bool {
    let mut docker = Command::new("docker");
    docker.arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The classic builder writes FROM nowhere: its base is what its layers prove.
#[test]
fn an_image_of_the_classic_builder_stands_on_what_its_layers_prove() {
    if !has_engine() {
        return skip::for_want_of("engine to build with");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("f"), "f").unwrap();
    fs::write(folder.path().join("g"), "g").unwrap();
    let name = |role: &str| format!("imgdrift-test-base-{}:{role}", std::process::id());
    let mut images = Images(Vec::new());
    let mut build =
        |role: &str, text: &str| images.build(folder.path(), &name(role), text).expect("the image is built and saved");
    let base = build("base", "FROM scratch\nCOPY f /base\nCMD [\"/base\"]\n");
    let other = build("other", "FROM scratch\nCOPY g /base\nCMD [\"/base\"]\n");
    let on = |role: &str| format!("FROM {}\nCOPY f /app\nENV A=1\nCMD [\"/app\"]\n", name(role));
    let app = build("app", &on("base"));
    let moved = build("moved", &on("other"));

    let alone = json(&["inspect", &app]);
    let told = &alone["image"]["base"];
    assert_eq!((&told["name"], &told["pinned"]), (&Value::Null, &Value::Null), "{told}");
    assert_eq!((&told["layers"], &told["layers_confidence"]), (&Value::from(1), &Value::from("low")), "{told}");

    let named = json(&["inspect", &app, "--base", &base]);
    let told = &named["image"]["base"];
    assert_eq!((&told["layers"], &told["layers_confidence"]), (&Value::from(1), &Value::from("high")), "{told}");
    let wrong = json(&["inspect", &app, "--base", &other]);
    assert_eq!(findings(&wrong, "base-contradiction").len(), 1, "{wrong}");

    assert_eq!(json(&[&base, &app])["base_drift"]["relation"], "left-is-base");
    assert_eq!(json(&[&app, &base])["base_drift"]["relation"], "right-is-base");

    let drift = json(&[&app, &moved]);
    assert_eq!(drift["base_drift"]["relation"], "moved", "{}", drift["base_drift"]);
    let brought: Vec<_> = drift["files"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["path"].as_str().unwrap(), change["brought_by"].as_str().unwrap()))
        .collect();
    assert_eq!(brought, [("/base", "base")]);
}
