//! What a person is told of a comparison, in which order and how folded, before it takes a form.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::figures::{count, plural};
use crate::compare::review::Review;
use crate::compare::{BaseDrift, Cause, ConfigChange, Drift, DriftReport, FileRow, Fold, PackageRow, Share};
use crate::model::text::visible;
use crate::model::{
    BaseImage, Change, Checklist, ChecklistItem, Confidence, Ecosystem, Explanation, Finding, FindingDrift, Gap,
    GapKind, ImagePath, Kind, Marked, Package, PackageMove, RuleFileUse, Severity, Verdict,
};

/// Whether the two were made of the same inputs: what must be said before any talk of nondeterminism.
/// Of one and the same image, what became of the index around it.
pub(super) fn fairness(report: &DriftReport) -> Option<String> {
    if report.verdict == Verdict::Identical {
        return report.index_drift();
    }
    if report.left.platform != report.right.platform {
        return Some(format!("not the same platform: {} and {}", report.left.platform, report.right.platform));
    }
    if report.packages.is_empty() {
        return Some("no package is known on either side".to_owned());
    }
    Some(match report.moved(None) {
        0 if report.verdict == Verdict::Unknown => {
            "not known to be the same inputs: none of the packages that were read moved".to_owned()
        }
        0 => format!("the same inputs: {} on both sides, none moved", plural(report.right.package_count, "package")),
        moved => format!("not the same inputs: {} moved ({})", plural(moved, "package"), moves(report)),
    })
}

/// A digest, and what it does not cover: `sha256:... (incomplete: database)`.
pub(super) fn marked_digest(digest: String, lacks: &[GapKind]) -> String {
    let kinds: Vec<&str> = lacks.iter().map(|kind| kind.as_str()).collect();
    if kinds.is_empty() { digest } else { format!("{digest} (incomplete: {})", kinds.join(", ")) }
}

/// `12 packages and 3,000 paths (2 unexplained)`: what an origin brought.
pub(super) fn share(share: &Share) -> String {
    let read: Vec<String> = [Explanation::SameVersion, Explanation::Unexplained]
        .into_iter()
        .filter(|explanation| share.files.get(*explanation) > 0)
        .map(|explanation| format!("{} {explanation}", count(share.files.get(explanation))))
        .collect();
    let read = if read.is_empty() { String::new() } else { format!(" ({})", read.join(", ")) };
    format!("{} and {}{read}", plural(share.packages, "package"), plural(share.paths(), "path"))
}

/// How many rules a user's file holds, and how many paths they are "explaining", or of one image "naming".
pub(super) fn rule_file(used: &RuleFileUse, what: &str) -> String {
    format!("{} of your own, {what} {}", plural(used.rules, "rule"), plural(used.paths, "path"))
}

/// Whose layers brought what, in one clause.
pub(super) fn split(base: &BaseDrift) -> String {
    let Some(split) = &base.split else {
        return "not known: it is not told, on both sides, which layers are the base's".to_owned();
    };
    let likely = if split.confidence == Confidence::Low { "likely " } else { "" };
    format!("{likely}the base brought {}, the app's own layers {}", self::share(&split.base), self::share(&split.app))
}

/// What is known of one image's base but its name: layers, pin, and how sure that is.
pub(super) fn about_base(base: &BaseImage, layers: usize) -> String {
    let likely = if base.layers_confidence == Some(Confidence::Low) { "likely " } else { "" };
    let mut about = vec![match base.layers {
        Some(own) => format!("{likely}{} of {}", count(own), plural(layers, "layer")),
        None => "its layers not known".to_owned(),
    }];
    if base.is_identified() && base.name.as_deref() != Some("scratch") {
        about.push(match base.pinned {
            Some(true) => "pinned by digest".to_owned(),
            Some(false) => "not pinned".to_owned(),
            None => "pinned or not is not known".to_owned(),
        });
    }
    if base.is_identified() {
        about.push(format!("confidence {}", base.confidence.as_str()));
    }
    about.join(", ")
}

/// What was marked, in the order of the report.
pub(super) fn marked(report: &DriftReport, review: Option<&Review>) -> Vec<Marked> {
    review.map(|review| review.marked(report)).unwrap_or_default()
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

/// `the source's time ... → ...; layers 3, 7`: what the first of a cause's paths differs in, and where they come from.
pub(super) fn evidence(cause: &Cause<'_>) -> String {
    let layers: Vec<String> = cause.layers.iter().map(u32::to_string).collect();
    let word = if layers.len() == 1 { "layer" } else { "layers" };
    let layers = (!layers.is_empty()).then(|| format!("{word} {}", layers.join(", ")));
    cause.evidence.map(|words| format!("as {words}")).into_iter().chain(layers).collect::<Vec<_>>().join("; ")
}

/// Packages that moved in the same way, from and to the same version, because they were built of one source.
pub(super) struct PackageLine<'a> {
    pub change: PackageMove,
    pub ecosystem: Ecosystem,
    /// At least one.
    pub names: Vec<String>,
    pub left: Option<String>,
    pub right: Option<String>,
    pub fixes: FixesTold<'a>,
    source: Option<&'a str>,
}

/// What changelogs tell of the move of one or more packages.
#[derive(Default, PartialEq, Eq)]
pub(super) struct FixesTold<'a> {
    /// Each once, in order.
    pub cves: BTreeSet<&'a str>,
    /// Whether one of them was a security upload.
    pub security: bool,
    /// Whether these fixes were taken back.
    pub reverted: bool,
}

impl<'a> FixesTold<'a> {
    fn of(row: &'a PackageRow) -> Self {
        row.fixes.as_ref().map_or_else(Self::default, |fixes| Self {
            cves: fixes.cves.iter().map(String::as_str).collect(),
            security: fixes.security,
            reverted: fixes.reverted,
        })
    }

    fn extend(&mut self, other: Self) {
        self.cves.extend(other.cves);
        self.security |= other.security;
        self.reverted |= other.reverted;
    }

    /// Security uploads first, then what names ids.
    pub(super) fn urgency(&self) -> u8 {
        match (self.security, self.cves.is_empty()) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        }
    }

    /// `security: CVE-2024-1, CVE-2024-2, 3 more`; not safe to show, and empty where there is nothing to tell.
    pub(super) fn words(&self, most: usize) -> String {
        let mut told = self.cves.iter().take(most).copied().collect::<Vec<_>>().join(", ");
        if self.cves.len() > most {
            told = format!("{told}, {} more", count(self.cves.len() - most));
        }
        let mut about = Vec::new();
        about.extend(self.security.then(|| "security".to_owned()));
        about.extend((!told.is_empty()).then_some(told));
        match (about.join(": "), self.reverted) {
            (words, true) if !words.is_empty() => format!("takes back {words}"),
            (words, _) => words,
        }
    }
}

/// The packages that moved, flagged ones first, and of those that moved the same way security uploads; with `grouped`
/// those of one source package in one line.
pub(super) fn packages(report: &DriftReport, grouped: bool) -> Vec<PackageLine<'_>> {
    let mut lines: Vec<PackageLine<'_>> = Vec::new();
    let copies = copies(report);
    for how in FLAGGED_FIRST {
        let mut lines_of_source = HashMap::new();
        let first = lines.len();
        for row in report.packages.iter().filter(|row| row.change == Some(how)) {
            let Some(line) = package_line(row, how, &copies) else { continue };
            let key = (line.ecosystem, line.source, line.left.clone(), line.right.clone());
            let known = line.source.filter(|_| grouped).and_then(|_| lines_of_source.get(&key).copied());
            if let Some(known) = known.and_then(|at: usize| lines.get_mut(at)) {
                known.names.extend(line.names);
                known.fixes.extend(line.fixes);
            } else {
                lines_of_source.insert(key, lines.len());
                lines.push(line);
            }
        }
        lines.get_mut(first..).unwrap_or_default().sort_by_key(|line| line.fixes.urgency());
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
        fixes: FixesTold::of(row),
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

/// One path to name, or many that went the same way.
pub(super) struct FileLine<'a> {
    /// Safe to show: `/a/b`, `/a/b/` for a directory with all below it, `/a/*` for files of one directory.
    pub path: String,
    pub row: &'a FileRow,
    pub drift: &'a Drift,
    /// What is said of it; not safe to show.
    pub detail: &'a str,
    /// Paths that this line stands for.
    pub covers: usize,
    /// Whether those are more than the one named and the directories above it.
    pub is_folded: bool,
}

/// The paths with one of these explanations, in this order. With `folded`, a directory on one side only is one line when
/// everything in it has the same explanation, and so are many files removed from one directory for the same reason.
pub(super) fn files<'a>(report: &'a DriftReport, explanations: &[Explanation], folded: bool) -> Vec<FileLine<'a>> {
    let rows = &report.files.rows;
    let mut lines = Vec::new();
    for explanation in explanations {
        if folded {
            lines.extend(fold_removed(fold_directories(rows, *explanation, &report.files.folds)));
            if *explanation == Explanation::Unexplained {
                lines.extend(report.files.folds.iter().filter_map(|fold| fold_line(rows, fold)));
            }
        } else {
            let drifts = rows.iter().filter_map(|row| row.drift.as_ref().map(|drift| (row, drift)));
            let wanted = drifts.filter(|(_, drift)| drift.explanation == *explanation);
            lines.extend(wanted.map(|(row, drift)| file_line(row, drift)));
        }
    }
    lines
}

/// The paths whose explanation is no proof, in order of path.
pub(super) fn unproven(report: &DriftReport) -> Vec<FileLine<'_>> {
    let rows = report.files.rows.iter().filter(|row| row.is_unproven());
    rows.filter_map(|row| Some(file_line(row, row.drift.as_ref()?))).collect()
}

/// Where a gap is, as far as it does not say so itself: a few paths.
pub(super) fn places(gap: &Gap) -> String {
    const MOST: usize = 3;
    let places: Vec<&str> = gap.paths.iter().map(String::as_str).filter(|path| !gap.why.contains(path)).collect();
    let more = if places.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", places.iter().take(MOST).copied().collect::<Vec<_>>().join(", "))
}

fn file_line<'a>(row: &'a FileRow, drift: &'a Drift) -> FileLine<'a> {
    FileLine { path: row.path.to_string(), row, drift, detail: &drift.detail, covers: 1, is_folded: false }
}

/// A tree that moved as one thing, by its first path.
fn fold_line<'a>(rows: &'a [FileRow], fold: &Fold) -> Option<FileLine<'a>> {
    let row = rows.get(usize::try_from(*fold.rows.first()?).ok()?)?;
    let line = file_line(row, row.drift.as_ref()?);
    let path = visible(&fold.name).into_owned();
    Some(FileLine { path, detail: Fold::DETAIL, covers: fold.rows.len(), is_folded: true, ..line })
}

/// The lines of one explanation, without what belongs to `folds`.
pub(super) fn fold_directories<'a>(rows: &'a [FileRow], explanation: Explanation, folds: &[Fold]) -> Vec<FileLine<'a>> {
    let mut lines = Vec::new();
    let mut covered = vec![false; rows.len()];
    for row in folds.iter().flat_map(|fold| &fold.rows) {
        if let Some(covered) = usize::try_from(*row).ok().and_then(|at| covered.get_mut(at)) {
            *covered = true;
        }
    }
    // Directories that are not named because what is below them is: counted with the next line.
    let mut unnamed = 0;
    for (at, row) in rows.iter().enumerate() {
        let Some(drift) = row.drift.as_ref().filter(|drift| drift.explanation == explanation) else { continue };
        if covered.get(at).copied().unwrap_or(false) {
            continue;
        }
        let mut line = file_line(row, drift);
        if is_one_sided_directory(row, drift) {
            let below = below(rows, &row.path);
            let inside = rows.get(below.clone()).unwrap_or_default();
            let explained = |row: &&FileRow| row.drift.as_ref().is_some_and(|drift| drift.explanation == explanation);
            let same = inside.iter().filter(explained).count();
            line.is_folded = same > 0 && same == inside.iter().filter(|row| row.drift.is_some()).count();
            if line.is_folded {
                covered.get_mut(below).unwrap_or_default().fill(true);
                line.covers += same;
                line.path.push('/');
            } else if same > 0 {
                unnamed += 1;
                continue;
            }
        }
        line.covers += std::mem::take(&mut unnamed);
        lines.push(line);
    }
    lines
}

/// Folds files that were removed from one directory with the same owner and detail, when there are more than a few.
pub(super) fn fold_removed(lines: Vec<FileLine<'_>>) -> Vec<FileLine<'_>> {
    const FEW: usize = 3;
    let key = |line: &FileLine<'_>| {
        let is_removed = line.drift.change == Change::Removed && !line.is_folded;
        let parent = is_removed.then(|| line.row.path.parent()).flatten()?;
        Some((parent, line.drift.owner.clone(), line.drift.detail.clone()))
    };
    let mut sizes: HashMap<_, usize> = HashMap::new();
    for key in lines.iter().filter_map(key) {
        *sizes.entry(key).or_default() += 1;
    }
    sizes.retain(|_, size| *size > FEW);
    let mut folded: Vec<FileLine<'_>> = Vec::new();
    let mut places = HashMap::new();
    for mut line in lines {
        let group = key(&line).filter(|key| sizes.contains_key(key));
        let Some(group) = group else {
            folded.push(line);
            continue;
        };
        if let Some(first) = places.get(&group).and_then(|at: &usize| folded.get_mut(*at)) {
            first.covers += line.covers;
        } else {
            line.path = if group.0.is_root() { "/*".to_owned() } else { format!("{}/*", group.0) };
            line.is_folded = true;
            places.insert(group, folded.len());
            folded.push(line);
        }
    }
    folded
}

/// The paths that need no reading. Without `all`, those of one directory are one line where the same instruction gave them
/// the same other mode or owner, as `chown -R` and another umask do.
pub(super) fn calm<'a>(report: &'a DriftReport, explanations: &[Explanation], all: bool) -> Vec<FileLine<'a>> {
    let (folded, plain): (Vec<_>, Vec<_>) = files(report, explanations, false)
        .into_iter()
        .partition(|line| !all && line.drift.explanation == Explanation::Metadata && !line.drift.is_alarm());
    fold_metadata(folded).into_iter().chain(plain).collect()
}

/// Folds lines below one directory that differ in the same, made by the same layer; the lines are in order of path.
fn fold_metadata(lines: Vec<FileLine<'_>>) -> Vec<FileLine<'_>> {
    // The topmost directory that differs so too; a file below none is with those beside it.
    let mut top: Option<&ImagePath> = None;
    let mut groups: Vec<(ImagePath, Vec<FileLine<'_>>)> = Vec::new();
    let mut places: HashMap<(ImagePath, &str, Option<u32>), usize> = HashMap::new();
    for line in lines {
        let path = &line.row.path;
        let is_below = |top: &&ImagePath| {
            path == *top || path.as_bytes().strip_prefix(top.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
        };
        top = top.filter(is_below);
        let is_directory = line.row.either().is_some_and(|file| file.entry.kind == Kind::Directory);
        if top.is_none() && is_directory {
            top = Some(path);
        }
        let place = top.cloned().or_else(|| path.parent()).unwrap_or_else(ImagePath::root);
        let layer = line.row.right.as_ref().map(|file| file.layer);
        let at = *places.entry((place.clone(), line.detail, layer)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, group)) => group.push(line),
            None => groups.push((place, vec![line])),
        }
    }
    groups.into_iter().flat_map(|(place, group)| one_of_many(&place, group)).collect()
}

/// One line for those of a place, when there are more than a few.
fn one_of_many<'a>(place: &ImagePath, mut group: Vec<FileLine<'a>>) -> Vec<FileLine<'a>> {
    const FEW: usize = 3;
    let covers = group.len();
    if covers > FEW {
        group.truncate(1);
        if let Some(first) = group.first_mut() {
            first.path = if place.is_root() { "/**".to_owned() } else { format!("{place}/**") };
            (first.covers, first.is_folded) = (covers, true);
        }
    }
    group
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

/// The items of a checklist, those first that ask for a reader.
pub(super) fn checklist(checklist: &Checklist) -> Vec<&ChecklistItem> {
    let mut items: Vec<_> = checklist.items.iter().collect();
    items.sort_by_key(|item| item.answer);
    items
}

/// Why an item is answered so, and by what; not safe to show.
pub(super) fn shown_by(item: &ChecklistItem) -> String {
    let Some(first) = item.evidence.first() else { return item.words.clone() };
    let more = match item.evidence.len() {
        1 => String::new(),
        all => format!(", and {} more", count(all - 1)),
    };
    let layer = first.layer.map_or_else(String::new, |layer| format!("layer {layer}: "));
    format!("{} ({layer}{}{more})", item.words, first.text)
}

/// The configuration's changes, those first that an engine runs the image differently for.
pub(super) fn config(report: &DriftReport) -> Vec<&ConfigChange> {
    let mut changes: Vec<_> = report.config.iter().collect();
    changes.sort_by_key(|change| !change.runtime);
    changes
}

/// Findings that one line tells.
pub(super) struct FindingLine<'a> {
    pub finding: &'a Finding,
    /// What it is about; of several the first.
    pub subject: String,
    /// Findings that this line stands for.
    pub covers: usize,
}

/// The findings of a comparison that no other section tells, in their order. With `folded` those of one check are one
/// line where they are many, and what needs no reading is left out: what both images have without harm, and what is gone.
pub(super) fn drift_findings(findings: &[Finding], folded: bool) -> Vec<FindingLine<'_>> {
    let told = findings.iter().filter(|finding| match finding.drift {
        None => false,
        Some(FindingDrift::New) => true,
        Some(FindingDrift::Same) => !folded || finding.severity > Severity::Info,
        Some(FindingDrift::Gone) => !folded,
    });
    fold(told, folded)
}

/// The findings of one image.
pub(super) fn findings(findings: &[Finding], folded: bool) -> Vec<FindingLine<'_>> {
    fold(findings.iter(), folded)
}

fn fold<'a>(findings: impl Iterator<Item = &'a Finding>, folded: bool) -> Vec<FindingLine<'a>> {
    const FEW: usize = 3;
    let findings: Vec<&Finding> = findings.collect();
    let key = |finding: &Finding| (finding.check, finding.severity, finding.drift);
    let mut sizes: HashMap<_, usize> = HashMap::new();
    for finding in &findings {
        *sizes.entry(key(finding)).or_default() += 1;
    }
    let mut lines: Vec<FindingLine<'_>> = Vec::new();
    let mut told = HashSet::new();
    for finding in findings {
        let size = sizes.get(&key(finding)).copied().unwrap_or(1);
        let covers = if folded && size > FEW { size } else { 1 };
        if covers == 1 {
            lines.push(FindingLine { finding, subject: finding.subject.clone(), covers });
        } else if told.insert(key(finding)) {
            let subject = format!("{} and {} more", finding.subject, count(covers - 1));
            lines.push(FindingLine { finding, subject, covers });
        }
    }
    lines
}

/// What is told of the bytes of each line's file: of all with `all`, else where there are few that tell something. Not
/// safe to show.
pub(super) fn hashes_of_files(lines: &[FileLine<'_>], all: bool) -> Vec<Option<String>> {
    const FEW: usize = 6;
    let told = |line: &FileLine<'_>| {
        let words = line.drift.hashes.as_deref().filter(|_| !line.is_folded)?.words(all);
        (!words.is_empty()).then_some(words)
    };
    let words: Vec<Option<String>> = lines.iter().map(told).collect();
    if all || words.iter().flatten().count() <= FEW { words } else { vec![None; lines.len()] }
}

/// What a line tells of its files' bytes, file by file: of the one file of a finding that must be read, and with `all`
/// of every file. Not safe to show.
pub(super) fn hashes(line: &FindingLine<'_>, all: bool) -> Vec<(String, String)> {
    let finding = line.finding;
    if line.covers > 1 || !(all || (finding.severity > Severity::Info && finding.count == 1)) {
        return Vec::new();
    }
    let files = finding.paths.iter().zip(&finding.hashes);
    let told = files.map(|(path, hashes)| (path.to_string(), hashes.words(all)));
    told.filter(|(_, words)| !words.is_empty()).collect()
}

/// How many findings are new, in both images, and gone.
pub(super) fn finding_counts(findings: &[Finding]) -> String {
    let drifts = [FindingDrift::New, FindingDrift::Same, FindingDrift::Gone];
    let of = |drift| findings.iter().filter(|finding| finding.drift == Some(drift)).count();
    listed(drifts.into_iter().map(|drift| (of(drift), drift.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, added, added_directory, changed, file_drift, path};

    fn lines(report: &DriftReport) -> Vec<(String, usize, bool)> {
        let wanted = [Explanation::SameVersion, Explanation::Unexplained];
        let lines = files(report, &wanted, true);
        lines.iter().map(|line| (line.path.clone(), line.covers, line.is_folded)).collect()
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
        assert_eq!(lines(&report), [("/opt/".into(), 3, true), ("/opt-x".into(), 1, false)]);
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
    fn many_files_removed_from_one_directory_for_one_reason_are_one_line() {
        let removed = |name: &str, detail| changed(name, Change::Removed, Explanation::Unexplained, detail);
        let mut report = fixture::drifted();
        let mut rows: Vec<_> = (0..4).map(|at| removed(&format!("usr/man/{at}"), "deleted by layer 9")).collect();
        rows.extend((0..3).map(|at| removed(&format!("srv/{at}"), "deleted by layer 9")));
        rows.push(removed("usr/man/z", "for another reason"));
        rows.push(added("usr/man/new", Explanation::Unexplained));
        report.files = file_drift(rows);
        let lines = lines(&report);
        let shown: Vec<_> = lines.iter().map(|(path, covers, folded)| (path.as_str(), *covers, *folded)).collect();
        let expected = [
            ("/srv/0", 1, false),
            ("/srv/1", 1, false),
            ("/srv/2", 1, false),
            ("/usr/man/*", 4, true),
            ("/usr/man/new", 1, false),
            ("/usr/man/z", 1, false),
        ];
        assert_eq!(shown, expected);
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
        let causes = report.causes();
        let shown: Vec<_> = causes.iter().map(|cause| (cause.explanation, cause.rule, cause.paths.len())).collect();
        assert_eq!(shown.len(), 5);
        assert!(shown.contains(&(Explanation::Bytecode, "pyc-header", 2)));
        assert_eq!(shown[0].0, Explanation::Noise);
    }
}
