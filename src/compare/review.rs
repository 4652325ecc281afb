//! What a reviewer says of a report: the rows marked, with a note each.

use std::collections::BTreeMap;

use super::{DriftReport, FileRow, PackageRow};
use crate::model::{Kind, Marked};

/// One row of a report that can be marked, by its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// In `findings`.
    Finding(usize),
    /// In `packages`.
    Package(usize),
    /// In `files.rows`.
    File(u32),
    /// In `layers`.
    Layer(usize),
    /// In `config`.
    Config(usize),
    /// In `history`.
    History(usize),
}

/// The marked rows and the notes on them; a mark without a word has an empty note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    notes: BTreeMap<Subject, String>,
}

/// A row in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `file`, `package`, ...
    pub kind: &'static str,
    /// What the row is about: a path, `deb:openssl`, `env.PATH`.
    pub name: String,
    /// What became of it: "unexplained, content: the app's own".
    pub what: String,
}

impl Review {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    #[must_use]
    pub fn has(&self, subject: Subject) -> bool {
        self.notes.contains_key(&subject)
    }

    #[must_use]
    pub fn note(&self, subject: Subject) -> Option<&str> {
        self.notes.get(&subject).map(String::as_str)
    }

    /// Marks a row, or takes its mark and note away; whether it is marked now.
    pub fn toggle(&mut self, subject: Subject) -> bool {
        let marked = self.notes.remove(&subject).is_none();
        if marked {
            self.notes.insert(subject, String::new());
        }
        marked
    }

    /// Marks a row with a note.
    pub fn write(&mut self, subject: Subject, note: String) {
        self.notes.insert(subject, note);
    }

    /// The marked rows, findings first, then packages, files, layers and configuration.
    pub fn iter(&self) -> impl Iterator<Item = (Subject, &str)> {
        self.notes.iter().map(|(subject, note)| (*subject, note.as_str()))
    }

    /// The marked rows in words, in the same order.
    #[must_use]
    pub fn marked(&self, report: &DriftReport) -> Vec<Marked> {
        let marked = self.iter().filter_map(|(subject, note)| {
            let Description { kind, name, what } = subject.describe(report)?;
            Some(Marked { kind, name, what, note: note.to_owned() })
        });
        marked.collect()
    }
}

impl Subject {
    /// The row in words; `None` when the report has no such row. The texts come from the images as they are.
    #[must_use]
    pub fn describe(self, report: &DriftReport) -> Option<Description> {
        let described = |kind, name, what| Some(Description { kind, name, what });
        match self {
            Self::Finding(at) => {
                let finding = report.findings.get(at)?;
                described(
                    "finding",
                    finding.subject.clone(),
                    format!("{}: {}", finding.severity.as_str(), finding.message),
                )
            }
            Self::Package(at) => {
                let row = report.packages.get(at)?;
                described("package", row.either()?.label(), moved(row, report))
            }
            Self::File(at) => {
                let row = report.files.rows.get(usize::try_from(at).ok()?)?;
                let what = match &row.drift {
                    Some(drift) => format!("{}, {}: {}", drift.explanation, drift.change, drift.detail),
                    None if report.alone => held(row, report),
                    None => "the same on both sides".to_owned(),
                };
                described("file", row.path.to_string(), what)
            }
            Self::Layer(at) => {
                let row = report.layers.get(at)?;
                let (left, right) = row.sides(report);
                let layer = right.or(left)?;
                let made_by = layer.created_by.as_deref().unwrap_or("no history");
                let what =
                    if report.alone { made_by.to_owned() } else { format!("{}: {made_by}", row.relation.as_str()) };
                described("layer", format!("layer {}", layer.index), what)
            }
            Self::Config(at) => {
                let row = report.config.get(at)?;
                let value = |side: &Option<String>| side.clone().unwrap_or_else(|| "(not set)".to_owned());
                described("config", row.key.clone(), format!("{} → {}", value(&row.left), value(&row.right)))
            }
            Self::History(at) => {
                let row = report.history.get(at)?;
                let entry = row.right.as_ref().or(row.left.as_ref())?;
                let what = match (&entry.created, row.same) {
                    (created, _) if report.alone => created.clone().unwrap_or_default(),
                    (_, true) => "the same on both sides".to_owned(),
                    (_, false) => "differs".to_owned(),
                };
                described("history", entry.created_by.clone().unwrap_or_default(), what)
            }
        }
    }
}

/// What became of a package; one that stands is named with its version.
fn moved(row: &PackageRow, report: &DriftReport) -> String {
    match (row.change, row.either()) {
        (_, Some(package)) if report.alone => package.version.clone(),
        (None, Some(package)) => format!("{}, did not move", package.version),
        _ => row.movement(),
    }
}

/// What a path of one image is: its kind, its size and its package.
fn held(row: &FileRow, report: &DriftReport) -> String {
    let Some(file) = &row.right else { return String::new() };
    let mut words = file.entry.kind.as_str().to_owned();
    if file.entry.kind == Kind::File {
        words = format!("{words} of {} bytes", file.entry.size);
    }
    let mut packages = report.packages.iter().filter_map(PackageRow::either);
    let owner = packages.find(|package| package.files.binary_search_by(|owned| owned.path.cmp(&row.path)).is_ok());
    match owner {
        Some(owner) => format!("{words}, {}", owner.label()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_and_goes_and_a_note_marks() {
        let mut review = Review::default();
        assert!(review.toggle(Subject::File(3)));
        review.write(Subject::Package(1), "ask the security team".to_owned());
        let all: Vec<_> = review.iter().collect();
        assert_eq!(all, [(Subject::Package(1), "ask the security team"), (Subject::File(3), "")]);
        assert!(!review.toggle(Subject::Package(1)));
        assert_eq!((review.len(), review.note(Subject::Package(1))), (1, None));
    }
}
