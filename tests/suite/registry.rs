//! The same image through a real registry and a real client: pushed and pulled by skopeo, saved by the engine, in every
//! container format that comes out. Without them the tests say so and pass, unless `IMGDRIFT_REQUIRE_ENGINE=1`.

use std::process::Command;

use super::servers::{Registry, demo, has, skopeo};
use super::{cache, skip};

/// Everything of a report on one pair that must not depend on the container.
fn report(left: &str, right: &str) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
    command.args([left, right, "--format", "json", "--all"]).env("IMGDRIFT_CACHE", cache::folder());
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{left} {right}: {}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let digests: Vec<_> = ["left", "right"]
        .iter()
        .flat_map(|side| ["content_digest", "dependencies_digest"].map(|key| report[side][key].clone()))
        .collect();
    serde_json::json!([report["packages"], report["files"], digests])
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
