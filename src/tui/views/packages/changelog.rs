//! What a package's changelog tells of its move: asked for when the selection rests on it, kept for a while.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::text::Span;

use crate::compare::{DriftReport, PackageRow};
use crate::model::changelog::cve_ids;
use crate::model::text::visible;
use crate::model::{Changelog, ChangelogEntry, Ecosystem};
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, signs};
use crate::tui::worker::{Found, Job, Task, Told};

/// How many answers are kept.
const KEPT: usize = 16;

/// The answers at hand, by position in `DriftReport::packages`.
#[derive(Default)]
pub struct Changelogs {
    told: VecDeque<(usize, Told)>,
    /// The newest question without an answer.
    asked: Option<usize>,
    /// Another one whenever an answer came.
    pub revision: u64,
}

impl Changelogs {
    /// The question to ask when the selection is on this package, unless it needs none or was asked.
    pub fn ask(&mut self, report: &Arc<DriftReport>, at: usize) -> Option<Job> {
        let is_told = self.told(at).is_some();
        if is_told || self.asked == Some(at) || !report.packages.get(at).is_some_and(has_changes) {
            return None;
        }
        self.asked = Some(at);
        // An answer names its package, so that none is too late.
        Some(Job { ticket: 0, report: Arc::clone(report), task: Task::Changelog(at), watch: Arc::default() })
    }

    /// Takes in an answer.
    pub fn answer(&mut self, found: &Found) {
        let Found::Changelog(at, told) = found else { return };
        self.asked = self.asked.filter(|asked| asked != at);
        self.told.retain(|(known, _)| known != at);
        self.told.push_front((*at, told.clone()));
        self.told.truncate(KEPT);
        self.revision += 1;
    }

    fn told(&self, at: usize) -> Option<&Told> {
        self.told.iter().find(|(known, _)| *known == at).map(|(_, told)| told)
    }

    /// One row on what the changelog tells, for the head of the detail.
    #[must_use]
    pub fn summary(&self, at: usize, theme: Theme) -> Option<Row> {
        let Some(Ok(Some(changelog))) = self.told(at) else { return None };
        if changelog.entries.is_empty() {
            return None;
        }
        let entries = text::plural(changelog.entries.len(), "changelog entry", "changelog entries");
        let (words, role) = match (changelog.cves.as_slice(), changelog.reverted) {
            ([], _) => (format!("{entries}, no CVE named"), Role::Muted),
            (cves, false) => (format!("{entries}, fixes named: {}", cves.join(" ")), Role::Notice),
            (cves, true) => (format!("{entries} taken back, fixes too: {}", cves.join(" ")), Role::Alarm),
        };
        Some(Row::styled(words, role, theme).wrapped(2))
    }

    /// The section of the detail.
    #[must_use]
    pub fn rows(&self, row: &PackageRow, at: usize, theme: Theme) -> Vec<Row> {
        let (Some(left), Some(right)) = (&row.left, &row.right) else { return Vec::new() };
        if !has_changes(row) {
            return Vec::new();
        }
        let versions = format!("{} {} {}", visible(&left.version), signs::ARROW, visible(&right.version));
        let mut rows = vec![Row::default(), Row::heading(format!("Changes {versions}"), theme)];
        let say = |words: String| Row::styled(words, Role::Muted, theme).wrapped(2);
        match self.told(at) {
            None => rows.push(say("reading ...".to_owned())),
            Some(Err(error)) => rows.push(say(visible(error).into_owned())),
            Some(Ok(None)) => {
                rows.push(say(absent(right.ecosystem).to_owned()));
                let link = right.link.as_deref().map(|link| format!("The project: {}", visible(link)));
                rows.extend(link.map(say));
            }
            Some(Ok(Some(changelog))) => {
                rows.extend(notes(changelog).into_iter().map(say));
                rows.extend(changelog.entries.iter().flat_map(|told| entry(told, theme)));
            }
        }
        rows
    }
}

/// Whether there are two versions to read about.
fn has_changes(row: &PackageRow) -> bool {
    row.change.is_some() && row.left.is_some() && row.right.is_some()
}

fn absent(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Deb => "This image has no changelog of it; slim images leave /usr/share/doc out.",
        Ecosystem::Pypi => "Python distributions carry no changelog.",
    }
}

/// What must be known before the entries are read.
fn notes(changelog: &Changelog) -> Vec<String> {
    let mut notes = Vec::new();
    if changelog.entries.is_empty() {
        notes.push("The changelog has no entry between the two.".to_owned());
    }
    if changelog.reverted {
        notes.push("The right image is older: these changes were taken back.".to_owned());
    }
    if !changelog.reaches_back {
        notes.push("The changelog does not go back to the older version; there may be more.".to_owned());
    }
    if changelog.left_out > 0 {
        let more = text::plural(changelog.left_out, "older entry is", "older entries are");
        notes.push(format!("{more} left out."));
    }
    notes.push(format!("from {}", changelog.path));
    notes
}

fn entry(entry: &ChangelogEntry, theme: Theme) -> Vec<Row> {
    let about = [entry.distribution.as_str(), entry.urgency.as_str(), entry.date.as_str()];
    let about: Vec<_> = about.into_iter().filter(|words| !words.is_empty()).map(visible).collect();
    let mut rows = vec![
        Row::default(),
        Row::new(vec![
            Span::styled(visible(&entry.version).into_owned(), theme.style(Role::Strong)),
            Span::styled(format!("  {}", about.join("  ")), theme.style(Role::Muted)),
        ])
        .wrapped(2),
    ];
    rows.extend(entry.lines.iter().map(|line| lit(line, theme)));
    if entry.left_out > 0 {
        let words = format!("  and {} more", text::plural(entry.left_out, "line", "lines"));
        rows.push(Row::styled(words, Role::Muted, theme));
    }
    rows
}

/// A line with its CVE ids lit; what follows its bullet is indented below it.
fn lit(line: &str, theme: Theme) -> Row {
    let line = visible(line);
    let bullet = line.find(|character: char| !matches!(character, ' ' | '*' | '-' | '+')).unwrap_or_default();
    let mut spans = Vec::new();
    let mut from = 0;
    for at in cve_ids(&line) {
        let (start, end) = (at.start, at.end);
        spans.push(Span::raw(line.get(from..start).unwrap_or_default().to_owned()));
        spans.push(Span::styled(line.get(at).unwrap_or_default().to_owned(), theme.style(Role::Notice)));
        from = end;
    }
    spans.push(Span::raw(line.get(from..).unwrap_or_default().to_owned()));
    let hang = u16::try_from(2 + bullet).unwrap_or(2);
    Row::new([vec![Span::raw("  ")], spans].concat()).wrapped(hang)
}
