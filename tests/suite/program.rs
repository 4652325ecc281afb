//! The real binary without a terminal: what it prints, writes and exits with.

use std::fs;
use std::process::Output;

use super::cache;

fn imgdrift(arguments: &[&str]) -> Output {
    cache::run(cache::folder(), arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_demo_is_explained_on_forty_lines_in_silence() {
    let output = imgdrift(&["demo"]);
    let report = text(&output.stdout);
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
    assert!(report.lines().count() <= 40, "{report}");
    assert!(report.starts_with("drifted"), "{report}");
    assert!(!report.contains('\x1b'), "{report}");
}

/// What the demo's README promises: every kind of drift that a reader shall meet.
#[test]
fn the_demo_holds_one_of_each() {
    let output = imgdrift(&["demo", "--format", "json", "--all"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = &report["counts"]["packages"];
    for change in ["added", "removed", "upgraded", "downgraded", "rebuilt"] {
        assert!(packages[change].as_u64() > Some(0), "no package {change}: {packages}");
    }
    let explained = &report["files"]["by_explanation"];
    for explanation in ["mtime", "bytecode", "noise", "same-version", "package", "generated", "unexplained"] {
        assert!(explained[explanation].as_u64() > Some(0), "no path {explanation}: {explained}");
    }
    assert_eq!(report["counts"]["unexplained"], explained["unexplained"]);
}

/// The demo's right image has one tampered file; an audit of that image alone finds it, and no other, however it is stored.
#[test]
fn an_audit_of_one_image_finds_the_file_that_was_changed() {
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/images.tar.zst");
    let directory = tempfile::tempdir().expect("a directory");
    let plain = directory.path().join("images.tar");
    let mut packed = zstd::Decoder::new(fs::File::open(archive).expect("the demo")).expect("zstd");
    std::io::copy(&mut packed, &mut fs::File::create(&plain).expect("a file")).expect("unpacked");
    for path in [archive, plain.to_str().expect("UTF-8")] {
        let output = imgdrift(&["inspect", &format!("{path}:demo:november"), "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("a list");
        let of = |check: &str| findings.iter().filter(|finding| finding["check"] == check).collect::<Vec<_>>();
        let subjects: Vec<_> = of("dpkg-mismatch").iter().map(|finding| finding["subject"].clone()).collect();
        assert_eq!(subjects, ["/usr/bin/gunzip"], "{path}");
        assert!(of("dpkg-unchecked").is_empty() && of("record-mismatch").is_empty(), "{path}");
    }
}

#[test]
fn exit_codes_tell_done_from_met_from_error() {
    assert_eq!(imgdrift(&["demo", "--fail-on", "content-equivalent"]).status.code(), Some(1));
    assert_eq!(imgdrift(&["demo", "--fail-on", "downgraded"]).status.code(), Some(1));
    assert_eq!(imgdrift(&["demo", "--fail-on", "dpkg-mismatch"]).status.code(), Some(1));
    assert_eq!(imgdrift(&["demo", "--fail-on", "record-mismatch"]).status.code(), Some(0));
    let missing = imgdrift(&["/nonexistent/a.tar", "/nonexistent/b.tar"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("/nonexistent/a.tar"), "{}", text(&missing.stderr));
    assert_eq!(imgdrift(&["one.tar"]).status.code(), Some(2));
}

#[test]
fn a_report_goes_to_the_file_asked_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("drift.md");
    let output = imgdrift(&["demo", "--format", "markdown", "-o", file.to_str().expect("UTF-8")]);
    assert!(output.status.success() && output.stdout.is_empty());
    let report = fs::read_to_string(&file).expect("the report");
    assert!(report.contains("unexplained") && report.contains("<details>"), "{report}");
    let nowhere = imgdrift(&["demo", "-o", "/nonexistent/drift.md"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(text(&nowhere.stderr).contains("/nonexistent/drift.md"));
}

/// The demo's images as two digests of one base, and the older one as an app that stands on it.
#[test]
fn a_bump_is_judged_in_every_form_and_exits_as_a_comparison_does() {
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/images.tar.zst");
    let image = |tag: &str| format!("{archive}:demo:{tag}");
    let (old, new) = (image("october"), image("november"));
    let output = imgdrift(&["bump", &old, &new, "--app", &old, "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["answer"], &report["schema"]), (&"no".into(), &1.into()), "a file differs behind no package");
    assert_eq!(report["app"]["stands_on"], "old");
    assert_eq!(report["app"]["base_layers"].as_u64(), report["old"]["layers"].as_array().map(|list| list.len() as u64));
    let compared = imgdrift(&[&old, &new, "--format", "json"]);
    let compared: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("JSON");
    for same in ["packages", "counts", "verdict", "config", "findings"] {
        assert_eq!(report[same], compared[same], "{same}");
    }
    let gone = report["removed"].as_array().expect("a list").len() as u64;
    assert_eq!(compared["files"]["summary"]["removed"].as_u64(), Some(gone));
    let plain = imgdrift(&["bump", &old, &new]);
    assert!(text(&plain.stdout).starts_with("May I merge this? No: "), "{}", text(&plain.stdout));
    let markdown = imgdrift(&["bump", &old, &new, "--format", "markdown", "--fail-on", "alarm"]);
    assert!(text(&markdown.stdout).starts_with("## May I merge this? No: "));
    assert_eq!(markdown.status.code(), Some(1));
    assert_eq!(imgdrift(&["bump", &old, &old, "--fail-on", "content-equivalent"]).status.code(), Some(0));
    assert!(text(&imgdrift(&["bump", &old, &old]).stdout).starts_with("May I merge this? Yes: it is the same image"));
    assert_eq!(imgdrift(&["bump", &old]).status.code(), Some(2));
}
