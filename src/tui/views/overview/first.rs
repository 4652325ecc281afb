//! What to look at before anything else: five things, the most urgent first, and how many more there are.

use crate::compare::{DriftReport, FileRow};
use crate::model::{Explanation, Finding, FindingDrift, Kind, PackageMove, Severity};
use crate::tui::Jump;

/// How many things; more are no longer a glance.
pub(super) const MOST: usize = 5;

/// The things by where they lead, and what is left over.
pub(super) struct First {
    pub(super) things: Vec<Jump>,
    pub(super) rest: Vec<Rest>,
}

/// What is left of one kind of thing.
pub(super) struct Rest {
    pub(super) count: usize,
    /// For one, and for several.
    pub(super) words: (&'static str, &'static str),
    /// Where all of the kind are, or the first that is left.
    pub(super) jump: Jump,
}

/// All things of one kind, the most urgent first.
struct Things {
    jumps: Vec<Jump>,
    words: (&'static str, &'static str),
    all: Option<Jump>,
}

impl First {
    /// Ranks what the report holds.
    #[must_use]
    pub(super) fn of(report: &DriftReport) -> Self {
        let (mut things, mut rest) = (Vec::with_capacity(MOST), Vec::new());
        for kind in kinds(report) {
            let room = MOST - things.len();
            things.extend(kind.jumps.iter().take(room));
            if let Some(next) = kind.jumps.get(room) {
                let count = kind.jumps.len() - room;
                rest.push(Rest { count, words: kind.words, jump: kind.all.unwrap_or(*next) });
            }
        }
        Self { things, rest }
    }
}

fn kinds(report: &DriftReport) -> [Things; 6] {
    let explained = |explanation, words| Things {
        jumps: files(report, explanation),
        words,
        all: Some(Jump::Explained(explanation)),
    };
    [
        explained(Explanation::SameVersion, ("alarm", "alarms")),
        Things {
            jumps: findings(report, Severity::Alarm),
            words: ("alarming finding", "alarming findings"),
            all: None,
        },
        explained(Explanation::Unexplained, ("unexplained", "unexplained")),
        Things { jumps: downgrades(report), words: ("downgrade", "downgrades"), all: Some(Jump::Moved) },
        Things { jumps: findings(report, Severity::Warning), words: ("warning", "warnings"), all: None },
        Things { jumps: settings(report), words: ("setting", "settings"), all: None },
    ]
}

fn files(report: &DriftReport, wanted: Explanation) -> Vec<Jump> {
    let is_wanted = |row: &FileRow| row.drift.as_ref().is_some_and(|drift| drift.explanation == wanted);
    let is_first = |at: u32| report.files.fold_of(at).is_none_or(|fold| fold.rows.first() == Some(&at));
    let rows = (0_u32..).zip(&report.files.rows).filter(|(at, row)| is_wanted(row) && is_first(*at));
    let mut ranked: Vec<(Danger, u32)> = rows.map(|(at, row)| (danger(row), at)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, at)| Jump::File(at)).collect()
}

/// What a changed file can do, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Danger {
    Privileged,
    Application,
    Executable,
    Data,
    /// What is compiled from something that is listed too.
    Compiled,
    Directory,
}

fn danger(row: &FileRow) -> Danger {
    let Some(entry) = row.either().map(|file| &file.entry) else { return Danger::Data };
    match entry.kind {
        Kind::Directory => Danger::Directory,
        _ if entry.is_privileged() => Danger::Privileged,
        _ if row.path.file_name().ends_with(b".pyc") => Danger::Compiled,
        _ if is_application(row) => Danger::Application,
        _ if entry.is_executable() => Danger::Executable,
        _ => Danger::Data,
    }
}

/// The top directories that a distribution fills (Filesystem Hierarchy Standard 3.0); what people build goes elsewhere,
/// to `/app`, `/opt` or `/srv`.
const OF_THE_DISTRIBUTION: [&[u8]; 16] = [
    b"bin", b"boot", b"dev", b"etc", b"lib", b"lib32", b"lib64", b"libx32", b"media", b"mnt", b"proc", b"run", b"sbin",
    b"sys", b"usr", b"var",
];

fn is_application(row: &FileRow) -> bool {
    row.path.components().next().is_some_and(|top| !OF_THE_DISTRIBUTION.contains(&top) && top != b"tmp")
}

fn findings(report: &DriftReport, severity: Severity) -> Vec<Jump> {
    let wanted = |finding: &Finding| finding.severity == severity && is_new(finding) && !is_told(report, finding);
    let found = report.findings.iter().enumerate().filter(|(_, finding)| wanted(finding));
    found.map(|(at, _)| Jump::Finding(at)).collect()
}

/// Whether the left image had it not.
#[must_use]
pub(super) fn is_new(finding: &Finding) -> bool {
    !matches!(finding.drift, Some(FindingDrift::Same | FindingDrift::Gone))
}

/// Whether all its files stand among the alarms already.
fn is_told(report: &DriftReport, finding: &Finding) -> bool {
    let is_alarm = |path| {
        let row = report.files.position(path).and_then(|at| report.files.rows.get(at as usize));
        row.and_then(|row| row.drift.as_ref()).is_some_and(|drift| drift.explanation == Explanation::SameVersion)
    };
    !finding.paths.is_empty() && finding.paths.iter().all(is_alarm)
}

fn downgrades(report: &DriftReport) -> Vec<Jump> {
    let rows = report.packages.iter().enumerate().filter(|(_, row)| row.change == Some(PackageMove::Downgraded));
    rows.map(|(at, _)| Jump::Package(at)).collect()
}

/// The configuration that an engine acts on.
fn settings(report: &DriftReport) -> Vec<Jump> {
    let rows = report.config.iter().enumerate().filter(|(_, change)| change.runtime);
    rows.map(|(at, _)| Jump::Config(at)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{FileAt, FileEntry, ImagePath};
    use crate::tui::fixture;

    fn paths(report: &DriftReport, first: &First) -> Vec<String> {
        let name = |jump: &Jump| match jump {
            Jump::File(at) => report.files.rows[*at as usize].path.to_string(),
            Jump::Package(at) => report.packages[*at].either().unwrap().name.clone(),
            Jump::Finding(at) => report.findings[*at].subject.clone(),
            Jump::Config(at) => report.config[*at].key.clone(),
            other => format!("{other:?}"),
        };
        first.things.iter().map(name).collect()
    }

    fn rest(first: &First) -> Vec<(usize, &'static str)> {
        first.rest.iter().map(|rest| (rest.count, rest.words.0)).collect()
    }

    #[test]
    fn the_alarm_comes_first_then_what_people_wrote_and_directories_last() {
        let report = fixture::report();
        let first = First::of(&report);
        let shown = paths(&report, &first);
        assert_eq!(shown[0], "/usr/bin/sort");
        assert!(shown[1..].iter().all(|path| path.starts_with("/app/") && path != "/app/static"), "{shown:?}");
        assert_eq!(shown.len(), MOST);
        let left_over: Vec<&str> = rest(&first).into_iter().map(|(_, words)| words).collect();
        assert!(left_over.starts_with(&["unexplained", "downgrade"]), "{left_over:?}");
    }

    #[test]
    fn what_runs_with_privilege_comes_before_what_people_wrote() {
        let report = fixture::report();
        let mut rows: Vec<&FileRow> = report.files.rows.iter().filter(|row| row.drift.is_some()).collect();
        rows.sort_by_key(|row| danger(row));
        assert!(is_application(rows[0]));
        let entry = FileEntry { kind: Kind::File, mode: 0o4755, ..FileEntry::implied_directory() };
        let path = ImagePath::parse(b"usr/bin/su").unwrap();
        let right = Some(FileAt { entry: Arc::new(entry), layer: 0 });
        let su = FileRow { path, left: None, right, drift: None };
        assert!(danger(&su) < danger(rows[0]));
    }

    #[test]
    fn a_finding_that_is_not_new_or_told_by_its_file_is_left_out() {
        let mut report = fixture::empty();
        let finding = |subject: &str, severity, drift| Finding {
            drift,
            ..Finding::new("some-check", severity, subject, "something is the matter")
        };
        report.findings = vec![
            finding("new", Severity::Alarm, Some(FindingDrift::New)),
            finding("old", Severity::Alarm, Some(FindingDrift::Same)),
            finding("gone", Severity::Warning, Some(FindingDrift::Gone)),
            finding("warning", Severity::Warning, Some(FindingDrift::New)),
            finding("calm", Severity::Info, Some(FindingDrift::New)),
        ];
        assert_eq!(paths(&report, &First::of(&report)), ["new", "warning"]);

        let full = fixture::report();
        let sort = ImagePath::parse(b"usr/bin/sort").unwrap();
        let shadow = ImagePath::parse(b"etc/shadow").unwrap();
        let of =
            |paths: &[&ImagePath]| Finding::new("dpkg-mismatch", Severity::Alarm, "x", "y").at(paths.iter().copied());
        assert!(is_told(&full, &of(&[&sort])));
        assert!(!is_told(&full, &of(&[&sort, &shadow])));
        assert!(!is_told(&full, &of(&[])));
    }
}
