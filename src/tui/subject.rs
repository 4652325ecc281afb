//! What can be copied of a row.

use super::overlay::{Choice, Menu};
use super::text;
use crate::compare::DriftReport;
use crate::compare::review::Subject;
use crate::model::markdown;
use crate::model::text::{visible, visible_multiline};
use crate::model::{FileAt, Package};

/// Something to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copyable {
    pub key: char,
    pub label: &'static str,
    pub text: String,
}

/// The longest text of an image that a copied row of Markdown holds.
const LONGEST: usize = 400;
/// Columns of what would be copied that a menu shows.
const SHOWN: usize = 56;

/// All that can be copied of a row; without one, of the two images. What does not exist is left out.
#[must_use]
pub fn copyables(report: &DriftReport, subject: Option<Subject>) -> Vec<Copyable> {
    let mut all = match subject {
        None => images(report),
        Some(Subject::File(at)) => file(report, at),
        Some(Subject::Package(at)) => package(report, at),
        Some(Subject::Layer(at)) => layer(report, at),
        Some(Subject::Config(at)) => config(report, at),
        Some(Subject::History(at)) => history(report, at),
        Some(Subject::Finding(at)) => finding(report, at),
    };
    let row = subject.and_then(|subject| subject.describe(report)).map(|described| {
        let cells = [
            described.kind.to_owned(),
            markdown::code(&described.name, LONGEST),
            markdown::prose(&described.what, LONGEST),
        ];
        markdown::row(cells).trim_end().to_owned()
    });
    all.push(('m', "markdown row", row));
    if report.alone {
        all.retain(|(_, label, _)| !label.starts_with("left "));
    }
    let present = |(key, label, text): (char, &'static str, Option<String>)| {
        let label = if report.alone { label.strip_prefix("right ").unwrap_or(label) } else { label };
        text.filter(|text| !text.is_empty()).map(|text| Copyable { key, label, text: inert(label, &text) })
    };
    all.into_iter().filter_map(present).collect()
}

/// The menu over [`copyables`].
#[must_use]
pub fn menu(all: &[Copyable]) -> Menu {
    let choice =
        |one: &Copyable| Choice::plain(one.key, one.label, text::middle(&visible(&one.text), SHOWN).into_owned());
    Menu { title: "Copy", choices: all.iter().map(choice).collect() }
}

/// A text of an image as a terminal may paste it: an escape would end the bracketed paste, and the next line would be a
/// command. Only texts that are of several lines by nature keep their lines.
fn inert(label: &str, text: &str) -> String {
    let is_long = ["instruction", "value", "message", "fix"].iter().any(|long| label.ends_with(long));
    if is_long { visible_multiline(text) } else { visible(text).into_owned() }
}

type Texts = Vec<(char, &'static str, Option<String>)>;

fn images(report: &DriftReport) -> Texts {
    let (left, right) = (&report.left, &report.right);
    vec![
        ('v', "verdict", Some(report.headline())),
        ('r', "right image digest", Some(right.image_digest.to_string())),
        ('l', "left image digest", Some(left.image_digest.to_string())),
        ('c', "right content digest", Some(right.content_digest.to_string())),
        ('d', "right dependencies digest", Some(right.dependencies_digest.to_string())),
    ]
}

fn file(report: &DriftReport, at: u32) -> Texts {
    let Some(row) = report.files.rows.get(at as usize) else { return Vec::new() };
    let sha256 =
        |side: &Option<FileAt>| side.as_ref().and_then(|file| file.entry.sha256()).map(|digest| digest.to_string());
    let owner = row.drift.as_ref().and_then(|drift| drift.owner.as_deref());
    vec![
        ('p', "path", Some(row.path.to_string())),
        ('r', "right digest", sha256(&row.right)),
        ('l', "left digest", sha256(&row.left)),
        ('o', "owning package", owner.map(str::to_owned)),
    ]
}

fn package(report: &DriftReport, at: usize) -> Texts {
    let Some(row) = report.packages.get(at) else { return Vec::new() };
    let either = row.either();
    let version = |side: &Option<std::sync::Arc<Package>>| side.as_ref().map(|package| package.version.clone());
    vec![
        ('p', "name", either.map(|package| package.name.clone())),
        ('r', "right version", version(&row.right)),
        ('l', "left version", version(&row.left)),
        ('s', "source package", either.and_then(|package| package.source.as_ref()).map(|source| source.name.clone())),
    ]
}

fn layer(report: &DriftReport, at: usize) -> Texts {
    let Some(row) = report.layers.get(at) else { return Vec::new() };
    let (left, right) = row.sides(report);
    vec![
        ('i', "instruction", right.or(left).and_then(|layer| layer.created_by.clone())),
        ('r', "right diffID", right.map(|layer| layer.diff_id.to_string())),
        ('l', "left diffID", left.map(|layer| layer.diff_id.to_string())),
        ('b', "right blob digest", right.and_then(|layer| layer.digest).map(|digest| digest.to_string())),
    ]
}

fn config(report: &DriftReport, at: usize) -> Texts {
    let Some(row) = report.config.get(at) else { return Vec::new() };
    vec![
        ('p', "key", Some(row.key.clone())),
        ('r', "right value", row.right.clone()),
        ('l', "left value", row.left.clone()),
    ]
}

fn history(report: &DriftReport, at: usize) -> Texts {
    let Some(row) = report.history.get(at) else { return Vec::new() };
    let entry = row.right.as_ref().or(row.left.as_ref());
    vec![('i', "instruction", entry.and_then(|entry| entry.created_by.clone()))]
}

fn finding(report: &DriftReport, at: usize) -> Texts {
    let Some(finding) = report.findings.get(at) else { return Vec::new() };
    vec![
        ('p', "subject", Some(finding.subject.clone())),
        ('w', "message", Some(finding.message.clone())),
        ('f', "fix", finding.fix.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tui::fixture;

    fn texts(subject: Subject) -> Vec<(char, String)> {
        copyables(&fixture::report(), Some(subject)).into_iter().map(|one| (one.key, one.text)).collect()
    }

    #[test]
    fn the_first_thing_to_copy_of_a_file_is_its_path_and_a_name_is_inert_in_markdown() {
        let report = fixture::report();
        for at in 0..u32::try_from(report.files.rows.len()).unwrap() {
            let copied = texts(Subject::File(at));
            assert_eq!(copied[0], ('p', report.files.rows[at as usize].path.to_string()));
            let row = &copied.last().unwrap().1;
            assert!(row.starts_with("| file | `") && row.ends_with(" |") && !row.contains('\u{1b}'), "{row}");
        }
    }

    #[test]
    fn versions_and_digests_of_a_side_that_is_not_there_are_not_offered() {
        let report = fixture::report();
        let added = report.packages.iter().position(|row| row.left.is_none()).unwrap();
        let keys: String = texts(Subject::Package(added)).iter().map(|(key, _)| *key).collect();
        assert!(keys.contains('r') && !keys.contains('l'), "{keys}");
        assert!(copyables(&report, None).iter().any(|one| one.text == report.headline()));
        assert!(copyables(&report, Some(Subject::File(u32::MAX))).is_empty());
    }
    #[test]
    fn what_is_copied_cannot_break_out_of_a_paste() {
        let mut report = Arc::into_inner(fixture::report()).unwrap();
        let hostile = "a\u{1b}[201~\nreboot\n";
        report.config[0].key = hostile.to_owned();
        report.config[0].right = Some(hostile.to_owned());
        report.findings[0].subject = hostile.to_owned();
        report.findings[0].message = hostile.to_owned();
        for subject in [Subject::Config(0), Subject::Finding(0)] {
            let copied = copyables(&report, Some(subject));
            assert!(copied.iter().all(|one| !one.text.contains('\u{1b}')), "{copied:?}");
            assert!(!copied[0].text.contains('\n') && copied[1].text.contains("\nreboot"), "{copied:?}");
        }
    }

    #[test]
    fn one_image_on_its_own_has_no_sides_to_copy() {
        let report = fixture::alone();
        let subjects = [None, Some(Subject::File(1)), Some(Subject::Package(0)), Some(Subject::Layer(0))];
        for subject in subjects {
            let labels: Vec<_> = copyables(&report, subject).into_iter().map(|one| one.label).collect();
            assert!(
                labels.len() > 2 && !labels.iter().any(|it| it.contains("left") || it.contains("right")),
                "{labels:?}"
            );
        }
    }
}
