use serde_json::{Value, json};

use super::FORMAT;
use crate::compare::DriftReport;
use crate::model::{ImagePath, RuleFileUse};
use crate::report::{ReportOptions, fixture};

const ALL: ReportOptions<'_> =
    ReportOptions { all: true, color: false, width: 0, review: None, only_marked: false, strict: false };

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../../assets/schema.json")).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn printed(report: &DriftReport, options: ReportOptions<'_>) -> String {
    let mut out = Vec::new();
    (FORMAT.write)(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn report(report: &DriftReport, options: ReportOptions<'_>) -> Value {
    serde_json::from_str(&printed(report, options)).unwrap()
}

fn assert_valid(value: &Value) {
    let problems: Vec<_> =
        validator().iter_errors(value).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_output_follows_the_published_schema() {
    for drift in [fixture::drifted(), fixture::rebuild(), fixture::hostile("\u{1b}]0;x\u{7}\n</details>")] {
        assert_valid(&report(&drift, ReportOptions::default()));
        assert_valid(&report(&drift, ALL));
    }
    for text in ["", "\u{1b}]0;x\u{7}\n</details>"] {
        let value: Value =
            serde_json::from_str(&fixture::printed_bump(&FORMAT, &fixture::drifted(), text, &ALL)).unwrap();
        assert_valid(&value);
        assert_eq!((value["answer"].as_str(), value["app"]["stands_on"].as_str()), (Some("no"), Some("old")));
    }
    for files in [false, true] {
        let mut out = Vec::new();
        (FORMAT.inspection)(&fixture::inspection(files), &ALL, &mut out).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_valid(&value);
        assert_eq!(value.get("files").is_some(), files);
    }
    let mut out = Vec::new();
    (FORMAT.search)(&fixture::search(), &ALL, &mut out).unwrap();
    assert_valid(&serde_json::from_slice(&out).unwrap());
    let mut out = Vec::new();
    (FORMAT.digests)(&fixture::drifted().left, &[], &mut out).unwrap();
    assert_valid(&serde_json::from_slice(&out).unwrap());
    let mut out = Vec::new();
    (FORMAT.catalogue)(&fixture::catalogue(), &mut out).unwrap();
    assert_valid(&serde_json::from_slice(&out).unwrap());
}

#[test]
fn the_schema_refuses_what_breaks_the_contract() {
    let mut drifted = fixture::drifted();
    drifted.rule_files = vec![RuleFileUse::new("imgdrift.toml".into(), 3)];
    let good = report(&drifted, ALL);
    let validator = validator();
    for (pointer, wrong) in [
        ("/schema", json!(2)),
        ("/verdict", json!("broken")),
        ("/counts/alarms", json!(-1)),
        ("/left/content_digest", json!("5f70bf18a086")),
        ("/left/layers/0/shared", json!("yes")),
        ("/packages/0/change", json!("moved")),
        ("/packages/0/cves", json!("CVE-2024-2961")),
        ("/files/by_explanation/same-version", Value::Null),
        ("/files/changes/0/left/mode", json!("755")),
        ("/files/changes/0/left/sha256", json!("sha256:00")),
        ("/files/changes/0/path", json!("relative")),
        ("/files/changes/0/proof", json!("guess")),
        ("/files/changes/0/rule_file", json!(7)),
        ("/rule_files/0/paths", json!(-1)),
        ("/findings/0/severity", json!("bad")),
    ] {
        let mut bad = good.clone();
        let place = bad.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        *place = wrong;
        assert!(!validator.is_valid(&bad), "{pointer} may be anything");
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut bad = good.clone();
        bad.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        assert!(!validator.is_valid(&bad), "{pointer} may be absent");
    }
}

#[test]
fn the_contract_holds_for_an_ordinary_month() {
    let value = report(&fixture::drifted(), ReportOptions::default());
    assert_eq!(
        value["counts"]["packages"],
        json!({"added": 1, "removed": 1, "upgraded": 3, "downgraded": 1, "rebuilt": 1})
    );
    assert_eq!(value["counts"]["unexplained"], 5);
    assert_eq!(value["counts"]["alarms"], 1);
    let packages = value["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 7, "packages that did not move are left out");
    assert_eq!(packages[0]["left"]["source"], json!({"name": "glibc", "version": "2.36-9+deb12u4"}));
    let change = &value["files"]["changes"][0];
    assert_eq!(change["path"], "/app/requirements.txt");
    assert_eq!(change["left"]["mode"], "0644");
    assert_eq!(change["left"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn mtime_rows_are_counted_but_listed_only_on_request() {
    let report_of = |options| report(&fixture::drifted(), options);
    let explained = |value: &Value| {
        value["files"]["changes"].as_array().unwrap().iter().filter(|row| row["explanation"] == "mtime").count()
    };
    let (short, all) = (report_of(ReportOptions::default()), report_of(ALL));
    assert_eq!((explained(&short), explained(&all)), (0, 1));
    assert_eq!(short["files"]["by_explanation"]["mtime"], 1);
}

#[test]
fn names_reach_a_program_as_they_are_and_a_terminal_never() {
    let evil = "a\u{9b}31m\u{202e}\u{e0041}\"\n漢";
    let mut drift = fixture::hostile(evil);
    drift.files.rows[0].path = ImagePath::parse(b"caf\xe9").unwrap();
    let text = printed(&drift, ALL);
    assert!(text.chars().all(|character| character == '\n' || !crate::model::text::is_unsafe(character)));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["warnings"][0], evil);
    assert_eq!(value["files"]["changes"][0]["path"], "/caf\\xe9");
}
