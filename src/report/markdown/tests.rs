use insta::assert_snapshot;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::FORMAT;
use super::page::LIMIT;
use crate::compare::DriftReport;
use crate::compare::review::{Review, Subject};
use crate::model::markdown::HOSTILE;
use crate::model::{Change, Explanation};
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
fn one_image() {
    let mut out = Vec::new();
    (FORMAT.inspection)(&fixture::inspection(true), &ReportOptions::default(), &mut out).unwrap();
    (FORMAT.search)(&fixture::search(), &ReportOptions::default(), &mut out).unwrap();
    (FORMAT.digests)(&fixture::drifted().left, &[], &mut out).unwrap();
    assert_snapshot!(String::from_utf8(out).unwrap());
}

/// The markup that a reader sees, without any text.
fn shape(markdown: &str) -> Vec<String> {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    parser
        .filter_map(|event| match event {
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. })) => Some(format!("forbidden {tag:?}")),
            Event::Start(tag) => Some(format!("{tag:?}")),
            Event::Html(html) | Event::InlineHtml(html) => Some(html.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn nothing_that_an_image_says_changes_the_page() {
    let expected = shape(&short(&fixture::hostile("harmless_name")));
    assert!(expected.iter().any(|tag| tag.contains("<details>")));
    for hostile in HOSTILE.iter().filter(|hostile| !hostile.trim().is_empty()) {
        let markdown = short(&fixture::hostile(hostile));
        assert_eq!(shape(&markdown), expected, "{hostile:?}");
        for event in Parser::new_ext(&markdown, Options::ENABLE_TABLES) {
            if let Event::Text(text) = event {
                assert!(!text.contains(['@', '#', '<', '[', '`']) && !text.contains("www."), "{text:?} of {hostile:?}");
            }
        }
    }
}

#[test]
fn a_comment_on_github_holds_it_however_large_the_drift() {
    for scale in [0, 10, 100, 3000] {
        let markdown = short(&fixture::huge(scale));
        assert!(markdown.len() <= LIMIT, "{} bytes at scale {scale}", markdown.len());
        assert!(markdown.contains("\n</details>\n"), "the tail is closed at scale {scale}");
    }
    let markdown = short(&fixture::huge(3000));
    assert!(markdown.len() > LIMIT * 9 / 10, "the room is used: {}", markdown.len());
    let counted: Vec<u32> =
        markdown.split("*... and ").filter_map(|rest| rest.split(' ').next()?.replace(',', "").parse().ok()).collect();
    assert!(counted.iter().any(|number| *number > 10_000), "what is left out is counted: {counted:?}");
    let wide = short(&fixture::hostile(&"漢".repeat(1300)));
    assert!(wide.len() <= LIMIT && wide.contains("\n</details>\n"));
    let all = printed(&fixture::huge(300), ALL);
    assert!(all.len() > LIMIT && !all.contains("left out here"));
}

#[test]
fn what_one_instruction_did_to_the_modes_of_a_directory_is_one_line() {
    let mut report = fixture::drifted();
    let row = |name: &str| fixture::changed(name, Change::Metadata, Explanation::Metadata, "mode 0664 → 0644");
    let mut rows: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| row(&format!("app/{name}"))).collect();
    let mut alarming = row("app/e");
    alarming.drift.as_mut().unwrap().alarm = Some("world-writable".into());
    rows.push(alarming);
    rows.push(row("srv/f"));
    report.files = fixture::file_drift(rows);
    let markdown = short(&report);
    let explained = markdown.split("#### Explained: 6 paths").nth(1).unwrap();
    assert!(explained.contains("`/app/**`") && explained.contains("4 paths"), "{explained}");
    assert!(explained.contains("`/app/e`") && explained.contains("`/srv/f`"), "{explained}");
    assert!(!explained.contains("`/app/a`"), "{explained}");
    let all = printed(&report, ALL);
    assert!(all.contains("`/app/a`") && all.contains("`/app/d`"), "each path on request");
}

#[test]
fn a_downgrade_stands_out() {
    let markdown = short(&fixture::drifted());
    let row = markdown.lines().find(|line| line.contains("libssl3")).unwrap();
    assert!(row.contains("**v downgraded**") && row.contains("**`3.0.13-1~deb12u1` → `3.0.11-1~deb12u2`**"), "{row}");
}

#[test]
fn what_a_reviewer_marked_is_told_to_the_last_word() {
    let report = fixture::huge(500);
    let mut review = Review::default();
    let note = |at: usize| format!("{}, says row {at}", "a long word of the reviewer ".repeat(20));
    for at in 0..60 {
        review.write(Subject::Package(at), note(at));
    }
    for only_marked in [false, true] {
        let text = printed(&report, ReportOptions { review: Some(&review), only_marked, ..ReportOptions::default() });
        let missing: Vec<_> = (0..60).filter(|at| !text.contains(&note(*at))).collect();
        assert_eq!(missing, [0; 0]);
    }
}

#[test]
fn a_bump() {
    assert_snapshot!(fixture::printed_bump(&FORMAT, &fixture::drifted(), "", &ReportOptions::default()));
}

#[test]
fn a_huge_bump_fits_a_comment_and_nothing_that_an_app_says_changes_the_page() {
    let bump = |drift: &DriftReport, text: &str| fixture::printed_bump(&FORMAT, drift, text, &ReportOptions::default());
    let page = bump(&fixture::huge(3_000), "");
    assert!(page.len() <= LIMIT && page.starts_with("## May I merge this? No: "), "{} bytes", page.len());
    let expected = shape(&bump(&fixture::hostile("harmless_name"), "harmless_name"));
    for hostile in HOSTILE.iter().filter(|hostile| !hostile.trim().is_empty()) {
        let page = bump(&fixture::hostile(hostile), hostile);
        assert_eq!(shape(&page), expected, "{hostile:?}: {page}");
    }
}
