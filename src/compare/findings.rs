//! What the audits of both images found, held against each other, and what the comparison itself found.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use super::{FileDrift, FileRow, LockRow, PackageRow, causes, locks, vouchers};
use crate::audit;
use crate::model::{Explanation, Finding, FindingDrift, Hashes, ImagePath, Severity, Side};

/// The findings of both sides and of the drift, the worst first, new ones before those that both images have.
pub(super) fn all(
    [left, right]: [Vec<Finding>; 2],
    packages: &[PackageRow],
    files: &FileDrift,
    locks: &[LockRow],
) -> Vec<Finding> {
    let layer = |path: &ImagePath| {
        let row = files.position(path).and_then(|at| files.rows.get(at as usize))?;
        Some(row.right.as_ref().or(row.left.as_ref())?.layer)
    };
    let drift = same_version(packages, files)
        .into_iter()
        .chain(locks::findings(locks))
        .chain(varying(&files.rows))
        .chain(stale(files))
        .chain(vouchers::findings(packages, files).into_iter().map(of_drift));
    let mut findings: Vec<Finding> = drift.map(|finding| finding.from_layers(layer)).collect();
    findings.extend(paired(left, right));
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (Reverse(finding.severity), finding.drift, audit::order(finding.check));
        rank(a).cmp(&rank(b)).then_with(|| a.subject.cmp(&b.subject))
    });
    findings
}

/// Each finding once. Two are the same when the same check says it of the same subject and not of other paths only, as
/// often as both say it.
fn paired(left: Vec<Finding>, right: Vec<Finding>) -> Vec<Finding> {
    let mut lefts: HashMap<(&'static str, Severity, String), VecDeque<Finding>> = HashMap::new();
    for finding in left {
        lefts.entry(key(&finding)).or_default().push_back(finding);
    }
    let mut findings = Vec::new();
    for mut finding in right {
        let before = lefts.get_mut(&key(&finding)).and_then(|befores| {
            let same = befores.iter().position(|before| !all_new(before, &finding))?;
            befores.remove(same)
        });
        finding.drift = Some(if before.is_some() { FindingDrift::Same } else { FindingDrift::New });
        if let Some(before) = before {
            finding.message.push_str(&grown(&before, &finding));
            add_left(&mut finding, before);
        }
        findings.push(finding);
    }
    let gone = lefts.into_values().flatten();
    findings.extend(gone.map(|finding| Finding { drift: Some(FindingDrift::Gone), ..finding }));
    findings
}

/// What is known of the bytes of a finding's files on the left.
fn add_left(finding: &mut Finding, before: Finding) {
    let mut lefts: HashMap<ImagePath, Hashes> = before.paths.into_iter().zip(before.hashes).collect();
    for (path, hashes) in finding.paths.iter().zip(&mut finding.hashes) {
        hashes.left = lefts.remove(path).and_then(|before| before.left);
    }
}

/// Whether the same is said of other paths only: another edited file of a package is another finding.
fn all_new(before: &Finding, now: &Finding) -> bool {
    !before.paths.is_empty() && !now.paths.is_empty() && new_paths(before, now) == Some(now.count)
}

/// Paths that `now` has and `before` has not; `None` where a finding does not name all of its paths.
fn new_paths(before: &Finding, now: &Finding) -> Option<usize> {
    let is_whole = |finding: &Finding| finding.paths.len() >= finding.count;
    (is_whole(before) && is_whole(now)).then(|| {
        let known: HashSet<&ImagePath> = before.paths.iter().collect();
        now.paths.iter().filter(|path| !known.contains(path)).count()
    })
}

/// " (2 of them new, 1 on the left)": how a finding differs from the left one.
fn grown(before: &Finding, now: &Finding) -> String {
    let mut words = Vec::new();
    let new = new_paths(before, now).filter(|new| *new > 0);
    words.extend(new.map(|new| format!("{new} of them new")));
    words.extend((before.count != now.count).then(|| format!("{} on the left", before.count)));
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

fn key(finding: &Finding) -> (&'static str, Severity, String) {
    (finding.check, finding.severity, finding.subject.clone())
}

/// One alarm for each package whose files differ although it did not move.
fn same_version(packages: &[PackageRow], files: &FileDrift) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in packages {
        let Some(package) = row.either() else { continue };
        let differing = row.files.iter().filter_map(|at| files.rows.get(*at as usize));
        let files: Vec<(&ImagePath, Hashes)> =
            differing.filter_map(|file| Some((&file.path, same_version_hashes(file)?))).collect();
        if !files.is_empty() {
            let message = "its version did not move, yet its files differ: one of the two is not what was released";
            findings.push(of_drift(
                Finding::new("same-version", Severity::Alarm, package.label(), message)
                    .fix("find the build step that writes them; if there is none, treat the image as tampered with")
                    .of(package)
                    .at_hashes(files),
            ));
        }
    }
    findings
}

/// The hashes behind an alarm.
fn same_version_hashes(row: &FileRow) -> Option<Hashes> {
    let drift = row.drift.as_ref().filter(|drift| drift.explanation == Explanation::SameVersion)?;
    Some(drift.hashes.as_deref().cloned().unwrap_or_default())
}

/// What varies from build to build or is derived, one finding for each rule.
fn varying(rows: &[FileRow]) -> impl Iterator<Item = Finding> {
    causes::of_rows(rows).into_iter().map(|cause| {
        let check = match cause.explanation {
            Explanation::Generated => "generated",
            _ => "nondeterministic",
        };
        let mut finding = Finding::new(check, Severity::Info, cause.label(), cause.detail).at(cause.paths);
        finding.fix = cause.fix.map(str::to_owned);
        of_drift(finding)
    })
}

/// Compiled files that are only in the way now.
fn stale(files: &FileDrift) -> Option<Finding> {
    let count = files.stale_bytecode.len();
    let message =
        "their sources have another time, so that Python compiles them anew, at each start where it may not write";
    let finding = Finding::new("stale-bytecode", Severity::Info, format!("{count} compiled files stale"), message).fix(
        "compile after the last change of times, or by hash: python -m compileall --invalidation-mode checked-hash",
    );
    (count > 0).then(|| of_drift(finding.at(&files.stale_bytecode)))
}

/// Told of the right image, since it is the one that drifted.
fn of_drift(finding: Finding) -> Finding {
    Finding { side: Side::Right, ..finding }
}

#[cfg(test)]
mod tests {
    use super::super::{DriftReport, compare};
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    fn told(report: &DriftReport, check: &str) -> Vec<(Option<FindingDrift>, String, usize)> {
        let findings = report.findings.iter().filter(|finding| finding.check == check);
        findings.map(|finding| (finding.drift, finding.subject.clone(), finding.count)).collect()
    }

    #[test]
    fn findings_of_both_sides_are_told_once_with_how_they_drift() {
        let mut left = TestImage::new();
        left.deb("foo", "1", &[("usr/lib/foo", b"foo"), ("usr/lib/bar", b"bar"), ("usr/lib/baz", b"baz")]);
        let mut right = left.clone();
        left.write("usr/lib/foo", b"x").write("usr/lib/bar", b"x");
        right.write("usr/lib/bar", b"x").write("usr/lib/baz", b"x");
        let report = compare(&left.snapshot(), &right.snapshot(), Rules::built_in());
        let expected = [
            (FindingDrift::New, "/usr/lib/baz"),
            (FindingDrift::Same, "/usr/lib/bar"),
            (FindingDrift::Gone, "/usr/lib/foo"),
        ];
        let expected = expected.map(|(drift, subject)| (Some(drift), subject.to_owned(), 1));
        assert_eq!(told(&report, "dpkg-mismatch"), expected);
        let sides: Vec<Side> = report
            .findings
            .iter()
            .filter(|finding| finding.check == "dpkg-mismatch")
            .map(|finding| finding.side)
            .collect();
        assert_eq!(sides, [Side::Right, Side::Right, Side::Left]);
        assert_eq!(told(&report, "same-version"), [(None, "deb:foo".to_owned(), 2)]);
        assert!(report.findings.is_sorted_by_key(|finding| Reverse(finding.severity)));
    }

    #[test]
    fn a_finding_that_grew_says_from_what() {
        let mut left = TestImage::new();
        left.write("var/backups/dpkg.status.0", b"1");
        let mut right = left.clone();
        right.write("var/backups/dpkg.status.1", b"2");
        let report = compare(&left.snapshot(), &right.snapshot(), Rules::built_in());
        let finding = report.findings.iter().find(|finding| finding.check == "varies-each-build").unwrap();
        assert_eq!((finding.drift, finding.count), (Some(FindingDrift::Same), 2));
        assert!(finding.message.ends_with("(1 of them new, 1 on the left)"), "{}", finding.message);
        assert_eq!(told(&report, "nondeterministic"), [(None, "backup-of-former-state".to_owned(), 1)]);
    }

    #[test]
    fn what_is_said_of_other_files_of_a_package_is_new() {
        let edited = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|path| ImagePath::parse(path.as_bytes()).unwrap()).collect();
            Finding::new("conffile-edited", Severity::Info, "deb:foo", "edited").at(&paths)
        };
        let told = |left: &[&str], right: &[&str]| {
            let findings = paired(vec![edited(left)], vec![edited(right)]);
            findings.into_iter().map(|finding| (finding.drift.unwrap(), finding.message)).collect::<Vec<_>>()
        };
        let words = |drift, message: &str| (drift, message.to_owned());
        let (new, same, gone) = (FindingDrift::New, FindingDrift::Same, FindingDrift::Gone);
        assert_eq!(told(&["etc/a"], &["etc/a"]), [words(same, "edited")]);
        assert_eq!(told(&["etc/a"], &["etc/b"]), [words(new, "edited"), words(gone, "edited")]);
        assert_eq!(told(&["etc/a", "etc/b"], &["etc/b", "etc/c"]), [words(same, "edited (1 of them new)")]);
        assert_eq!(told(&["etc/a", "etc/b"], &["etc/b"]), [words(same, "edited (2 on the left)")]);
    }
}
