use insta::assert_snapshot;

use super::{FORMAT, LINES};
use crate::compare::DriftReport;
use crate::compare::review::{Review, Subject};
use crate::model::{Verdict, text};
use crate::report::{ReportOptions, fixture};

const ALL: ReportOptions<'_> =
    ReportOptions { all: true, color: false, width: 0, review: None, only_marked: false, strict: false };

fn printed(report: &DriftReport, options: ReportOptions<'_>) -> String {
    let mut out = Vec::new();
    (FORMAT.write)(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn short(report: &DriftReport) -> String {
    printed(report, ReportOptions::default())
}

#[test]
fn an_ordinary_month() {
    assert_snapshot!(short(&fixture::drifted()));
}

#[test]
fn a_rebuild() {
    assert_snapshot!(short(&fixture::rebuild()));
}

#[test]
fn everything() {
    assert_snapshot!(printed(&fixture::drifted(), ALL));
}

#[test]
fn a_huge_drift() {
    assert_snapshot!(printed(&fixture::huge(500), ReportOptions { width: 140, ..ReportOptions::default() }));
}

#[test]
fn one_image() {
    let mut out = Vec::new();
    (FORMAT.inspection)(&fixture::inspection(true), &ReportOptions::default(), &mut out).unwrap();
    (FORMAT.search)(&fixture::search(), &ReportOptions::default(), &mut out).unwrap();
    (FORMAT.digests)(&fixture::drifted().left, &[], &mut out).unwrap();
    assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn the_same_image_is_a_short_story() {
    let mut report = fixture::rebuild();
    report.verdict = Verdict::Identical;
    report.right = report.left.clone();
    report.files = fixture::file_drift([]);
    report.config.clear();
    let text = short(&report);
    assert!(text.starts_with("identical: the same image\n\nleft"), "{text}");
    assert!(text.lines().count() < 12, "{text}");
}

#[test]
fn no_drift_is_too_large_for_a_log() {
    for scale in [0, 1, 5, 10, 100, 3000] {
        let lines = short(&fixture::huge(scale)).lines().count();
        assert!(lines <= LINES, "{lines} lines at scale {scale}");
    }
    assert_eq!(short(&fixture::huge(3000)).lines().count(), LINES, "no line is wasted");
    let all = printed(&fixture::huge(100), ALL);
    assert!(all.lines().count() > 1000 && !all.contains(" more:"));
}

#[test]
fn nothing_of_an_image_drives_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31m\n\r\u{202e}x";
    for options in [ReportOptions::default(), ALL] {
        let text = printed(&fixture::hostile(evil), options);
        assert!(text.chars().all(|character| character == '\n' || !text::is_unsafe(character)), "{text:?}");
        assert!(!text.contains("\n31m") && text.contains("\\x1b]0;owned"));
    }
}

#[test]
fn colour_comes_only_when_asked_for_and_never_instead_of_words() {
    let plain = short(&fixture::drifted());
    let colored = printed(&fixture::drifted(), ReportOptions { color: true, ..ReportOptions::default() });
    assert!(!plain.contains('\u{1b}') && colored.contains("\u{1b}[1;31m"));
    let mut stripped = colored;
    for code in ["1;31", "1", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn what_a_reviewer_marked_is_told_to_the_last_word_however_short_the_rest_is() {
    let report = fixture::huge(500);
    let mut review = Review::default();
    let note = |at: usize| format!("{}, says row {at}.", "a long word of the reviewer ".repeat(20));
    for at in 0..60 {
        review.write(Subject::Package(at), note(at));
    }
    for only_marked in [false, true] {
        let text = printed(&report, ReportOptions { review: Some(&review), only_marked, ..ReportOptions::default() });
        let missing: Vec<_> = (0..60).filter(|at| !text.contains(&note(*at))).collect();
        assert_eq!(missing, [0; 0]);
        assert!(text.contains("\n\nmarked by the reviewer: 60 rows\n"));
        assert!(text.lines().count() <= LINES + 62);
    }
}

#[test]
fn a_bump() {
    assert_snapshot!(fixture::printed_bump(&FORMAT, &fixture::drifted(), "", &ReportOptions::default()));
}

#[test]
fn nothing_of_an_app_drives_the_terminal() {
    let drift = fixture::hostile("\u{1b}]0;owned\u{7}\u{202e}");
    let text = fixture::printed_bump(&FORMAT, &drift, "\u{1b}]0;owned\u{7}\u{202e}", &ALL);
    assert!(text.chars().all(|character| character == '\n' || !text::is_unsafe(character)), "{text}");
}
