//! What a person is told of a comparison, in which order and how folded, before it takes a form.

use std::collections::HashMap;

use super::figures::{count, plural};
use crate::compare::{ConfigChange, Drift, DriftReport, FileRow, PackageRow};
use crate::model::{Change, Ecosystem, Explanation, Finding, ImagePath, Kind, Package, PackageMove, Proof, Verdict};

/// Whether the two were made of the same inputs: what must be said before any talk of nondeterminism.
/// `None` for one and the same image.
pub(super) fn fairness(report: &DriftReport) -> Option<String> {
    if report.verdict == Verdict::Identical {
        return None;
    }
    if report.left.platform != report.right.platform {
        return Some(format!("not the same platform: {} and {}", report.left.platform, report.right.platform));
    }
    Some(match report.moved(None) {
        0 => format!("the same inputs: {} on both sides, none moved", plural(report.right.package_count, "package")),
        moved => format!("not the same inputs: {} moved ({})", plural(moved, "package"), moves(report)),
    })
}

/// `1 added, 3 upgraded`: how packages moved.
pub(super) fn moves(report: &DriftReport) -> String {
    listed(FLAGGED_FIRST.iter().map(|how| (report.moved(Some(*how)), how.as_str())))
}

/// `1 same-version, 5 unexplained, 3,716 bytecode`: differing paths by explanation, most alarming first.
pub(super) fn explanations(report: &DriftReport) -> String {
    let all = Explanation::ALARMING_FIRST.iter();
    listed(all.map(|explanation| (report.files.by_explanation.get(*explanation), explanation.as_str())))
}

/// How many paths differ in anything.
pub(super) fn differing(report: &DriftReport) -> usize {
    Explanation::ALARMING_FIRST.iter().map(|explanation| report.files.by_explanation.get(*explanation)).sum()
}

fn listed(counts: impl Iterator<Item = (usize, &'static str)>) -> String {
    let present = counts.filter(|(number, _)| *number > 0);
    present.map(|(number, word)| format!("{} {word}", count(number))).collect::<Vec<_>>().join(", ")
}

/// The moves in the order that a reader needs them: what looks wrong first.
const FLAGGED_FIRST: [PackageMove; 5] =
    [PackageMove::Downgraded, PackageMove::Rebuilt, PackageMove::Removed, PackageMove::Added, PackageMove::Upgraded];

/// Packages that moved in the same way, from and to the same version, because they were built of one source.
pub(super) struct PackageLine<'a> {
    pub change: PackageMove,
    pub ecosystem: Ecosystem,
    /// At least one.
    pub names: Vec<String>,
    pub left: Option<String>,
    pub right: Option<String>,
    source: Option<&'a str>,
}

/// The packages that moved, flagged ones first; with `grouped` those of one source package in one line.
pub(super) fn packages(report: &DriftReport, grouped: bool) -> Vec<PackageLine<'_>> {
    let mut lines: Vec<PackageLine<'_>> = Vec::new();
    let copies = copies(report);
    for how in FLAGGED_FIRST {
        let mut lines_of_source = HashMap::new();
        for row in report.packages.iter().filter(|row| row.change == Some(how)) {
            let Some(line) = package_line(row, how, &copies) else { continue };
            let key = (line.ecosystem, line.source, line.left.clone(), line.right.clone());
            let known = line.source.filter(|_| grouped).and_then(|_| lines_of_source.get(&key).copied());
            if let Some(known) = known.and_then(|at: usize| lines.get_mut(at)) {
                known.names.extend(line.names);
            } else {
                lines_of_source.insert(key, lines.len());
                lines.push(line);
            }
        }
    }
    lines
}

fn package_line<'a>(
    row: &'a PackageRow,
    change: PackageMove,
    copies: &HashMap<(Ecosystem, &str), usize>,
) -> Option<PackageLine<'a>> {
    let either = row.either()?;
    let versions_equal = matches!((&row.left, &row.right), (Some(left), Some(right)) if left.version == right.version);
    let version = |package: &Package| match &package.origin {
        Some(origin) if versions_equal => format!("{} ({origin})", package.version),
        _ => package.version.clone(),
    };
    let is_copy = copies.get(&(either.ecosystem, either.key.as_str())).is_some_and(|copies| *copies > 1);
    Some(PackageLine {
        change,
        ecosystem: either.ecosystem,
        names: vec![if is_copy { full_name(either) } else { either.name.clone() }],
        left: row.left.as_deref().map(version),
        right: row.right.as_deref().map(version),
        source: either.source.as_ref().map(|source| source.name.as_str()),
    })
}

/// How many rows each name has: more than one for several architectures or site directories.
fn copies(report: &DriftReport) -> HashMap<(Ecosystem, &str), usize> {
    let mut copies = HashMap::new();
    for package in report.packages.iter().filter_map(PackageRow::either) {
        *copies.entry((package.ecosystem, package.key.as_str())).or_default() += 1;
    }
    copies
}

/// A name with what tells it from its copies: `libc6:i386`, `flask in /opt/venv/lib/python3.11/site-packages`.
fn full_name(package: &Package) -> String {
    match (&package.arch, &package.location) {
        (_, Some(location)) => format!("{} in {location}", package.name),
        (Some(arch), None) => format!("{}:{arch}", package.name),
        (None, None) => package.name.clone(),
    }
}

/// One path to name, or a whole directory that exists on one side only.
pub(super) struct FileLine<'a> {
    pub row: &'a FileRow,
    pub drift: &'a Drift,
    /// Paths that this line stands for.
    pub covers: usize,
    /// Whether everything below is meant too.
    pub is_whole_directory: bool,
}

/// The paths with one of these explanations, in this order; directories on one side only, of which everything has the
/// same explanation, folded to one line.
pub(super) fn files<'a>(report: &'a DriftReport, explanations: &[Explanation], folded: bool) -> Vec<FileLine<'a>> {
    let mut lines = Vec::new();
    for explanation in explanations {
        push_files(&report.files.rows, *explanation, folded, &mut lines);
    }
    lines
}

fn push_files<'a>(rows: &'a [FileRow], explanation: Explanation, folded: bool, lines: &mut Vec<FileLine<'a>>) {
    let mut covered = vec![false; if folded { rows.len() } else { 0 }];
    // Directories that are not named because what is below them is: counted with the next line.
    let mut unnamed = 0;
    for (at, row) in rows.iter().enumerate() {
        let Some(drift) = row.drift.as_ref().filter(|drift| drift.explanation == explanation) else { continue };
        if covered.get(at).copied().unwrap_or(false) {
            continue;
        }
        let mut line = FileLine { row, drift, covers: 1, is_whole_directory: false };
        if folded && is_one_sided_directory(row, drift) {
            let below = below(rows, &row.path);
            let inside = rows.get(below.clone()).unwrap_or_default();
            let explained = |row: &&FileRow| row.drift.as_ref().is_some_and(|drift| drift.explanation == explanation);
            let same = inside.iter().filter(explained).count();
            line.is_whole_directory = same > 0 && same == inside.iter().filter(|row| row.drift.is_some()).count();
            if line.is_whole_directory {
                covered.get_mut(below).unwrap_or_default().fill(true);
                line.covers += same;
            } else if same > 0 {
                unnamed += 1;
                continue;
            }
        }
        line.covers += std::mem::take(&mut unnamed);
        lines.push(line);
    }
}

fn is_one_sided_directory(row: &FileRow, drift: &Drift) -> bool {
    let side = match drift.change {
        Change::Added => row.right.as_ref(),
        Change::Removed => row.left.as_ref(),
        _ => None,
    };
    side.is_some_and(|side| side.entry.kind == Kind::Directory)
}

/// The rows below a directory. Siblings such as `usr-x` sort between `usr` and `usr/`.
fn below(rows: &[FileRow], directory: &ImagePath) -> std::ops::Range<usize> {
    let mut prefix = directory.as_bytes().to_vec();
    prefix.push(b'/');
    let start = rows.partition_point(|row| row.path.as_bytes() < prefix.as_slice());
    let length = rows.get(start..).unwrap_or_default().partition_point(|row| row.path.as_bytes().starts_with(&prefix));
    start..start + length
}

/// Paths that one rule explains.
pub(super) struct Cause<'a> {
    pub explanation: Explanation,
    pub rule: &'a str,
    pub proof: Option<Proof>,
    pub detail: &'a str,
    pub fix: Option<&'a str>,
    pub count: usize,
    /// The first of the paths.
    pub example: &'a ImagePath,
}

/// Noise, bytecode and generated files by the rule that explains them, most paths first within each.
pub(super) fn causes(report: &DriftReport) -> Vec<Cause<'_>> {
    const CAUSED: [Explanation; 3] = [Explanation::Noise, Explanation::Bytecode, Explanation::Generated];
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut known = HashMap::new();
    for row in &report.files.rows {
        let Some(drift) = row.drift.as_ref().filter(|drift| CAUSED.contains(&drift.explanation)) else { continue };
        let rule = drift.rule.as_deref().unwrap_or_default();
        let at = *known.entry((drift.explanation, rule, drift.proof)).or_insert(causes.len());
        match causes.get_mut(at) {
            Some(cause) => cause.count += 1,
            None => causes.push(Cause {
                explanation: drift.explanation,
                rule,
                proof: drift.proof,
                detail: &drift.detail,
                fix: drift.fix.as_deref(),
                count: 1,
                example: &row.path,
            }),
        }
    }
    causes.sort_by_key(|cause| {
        let place = CAUSED.iter().position(|explanation| *explanation == cause.explanation);
        (place, std::cmp::Reverse(cause.count))
    });
    causes
}

/// The configuration's changes, those first that an engine runs the image differently for.
pub(super) fn config(report: &DriftReport) -> Vec<&ConfigChange> {
    let mut changes: Vec<_> = report.config.iter().collect();
    changes.sort_by_key(|change| !change.runtime);
    changes
}

/// The findings, the worst first.
pub(super) fn findings(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, added, added_directory, changed, file_drift, path};

    fn lines(report: &DriftReport) -> Vec<(String, usize, bool)> {
        let wanted = [Explanation::SameVersion, Explanation::Unexplained];
        let lines = files(report, &wanted, true);
        lines.iter().map(|line| (line.row.path.to_string(), line.covers, line.is_whole_directory)).collect()
    }

    #[test]
    fn a_directory_of_one_side_is_one_line_even_where_a_sibling_sorts_into_it() {
        let mut report = fixture::drifted();
        report.files = file_drift([
            added_directory("opt"),
            added("opt-x", Explanation::Unexplained),
            added("opt/a", Explanation::Unexplained),
            added("opt/b", Explanation::Unexplained),
        ]);
        assert_eq!(lines(&report), [("/opt".into(), 3, true), ("/opt-x".into(), 1, false)]);
    }

    #[test]
    fn a_directory_of_explained_files_does_not_hide_the_one_that_is_not() {
        let mut report = fixture::drifted();
        report.files = file_drift([
            added_directory("opt"),
            added("opt/a", Explanation::Package),
            added("opt/b", Explanation::Unexplained),
            added_directory("srv"),
        ]);
        assert_eq!(lines(&report), [("/opt/b".into(), 2, false), ("/srv".into(), 1, false)]);
    }

    #[test]
    fn packages_of_one_source_share_a_line_and_what_looks_wrong_comes_first() {
        let report = fixture::drifted();
        let lines = packages(&report, true);
        let shown: Vec<_> = lines.iter().map(|line| (line.change.as_str(), line.names.join(" "))).collect();
        let expected = [
            ("downgraded", "libssl3"),
            ("rebuilt", "less"),
            ("removed", "wget"),
            ("added", "libexpat1"),
            ("upgraded", "libc6 libc-bin"),
            ("upgraded", "Flask"),
        ];
        assert_eq!(shown, expected.map(|(how, names)| (how, names.to_owned())));
        assert_eq!(packages(&report, false).len(), 7);
    }

    #[test]
    fn copies_of_a_package_are_told_apart_by_where_they_are() {
        let mut report = fixture::drifted();
        let mut copy = report.packages.iter().find(|row| row.either().unwrap().name == "Flask").unwrap().clone();
        std::sync::Arc::make_mut(copy.right.as_mut().unwrap()).location = Some(path("opt/venv/site-packages"));
        report.packages.push(copy);
        let names: Vec<_> = packages(&report, true).into_iter().flat_map(|line| line.names).collect();
        assert!(names.contains(&"Flask in /opt/venv/site-packages".to_owned()), "{names:?}");
    }

    #[test]
    fn the_inputs_are_judged_before_the_noise() {
        let mut report = fixture::drifted();
        assert!(
            fairness(&report).unwrap().starts_with("not the same inputs: 7 packages moved (1 downgraded, 1 rebuilt")
        );
        report.right.platform = "linux/arm64".into();
        assert!(fairness(&report).unwrap().starts_with("not the same platform: linux/amd64 and linux/arm64"));
        assert!(fairness(&fixture::rebuild()).unwrap().starts_with("the same inputs: 8 packages"));
    }

    #[test]
    fn causes_are_counted_by_rule() {
        let mut report = fixture::drifted();
        report.files.rows.push(changed("x", Change::Content, Explanation::Noise, "no rule named"));
        let causes = causes(&report);
        let shown: Vec<_> = causes.iter().map(|cause| (cause.explanation, cause.rule, cause.count)).collect();
        assert_eq!(shown.len(), 5);
        assert!(shown.contains(&(Explanation::Bytecode, "pyc-header", 2)));
        assert_eq!(shown[0].0, Explanation::Noise);
    }
}
