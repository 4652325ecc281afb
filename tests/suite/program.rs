//! The real binary without a terminal: what it prints, writes and exits with.

use std::fs;
use std::process::{Command, Output};

fn imgdrift(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imgdrift")).args(arguments).output().expect("the program runs")
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

#[test]
fn exit_codes_tell_done_from_met_from_error() {
    assert_eq!(imgdrift(&["demo", "--fail-on", "content-equivalent"]).status.code(), Some(1));
    assert_eq!(imgdrift(&["demo", "--fail-on", "downgraded"]).status.code(), Some(1));
    let missing = imgdrift(&["/nonexistent/a.tar", "/nonexistent/b.tar"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("/nonexistent/a.tar"), "{}", text(&missing.stderr));
    let in_an_engine = imgdrift(&["app:october", "app:november"]);
    assert!(text(&in_an_engine.stderr).contains("docker save app:october"), "{}", text(&in_an_engine.stderr));
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
