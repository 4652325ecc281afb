//! What a reviewer of a bump is told, before it takes a form.

use std::collections::{BTreeSet, HashSet};

use super::figures::{count, plural};
use super::outline::{self, FileLine, PackageLine, fold_directories, fold_removed};
use crate::compare::bump::{BumpReport, Held, Library, Touched};
use crate::compare::{DriftReport, PackageRow};
use crate::model::{Change, Ecosystem, Explanation, ImagePath, PackageMove, Verdict};

/// The answer in one line.
pub(super) fn answer(bump: &BumpReport<'_>) -> String {
    format!("{}: {}", bump.answer.reply.words(), bump.answer.reasons.join("; "))
}

/// `12 packages moved (12 upgraded): 7 by security uploads; 46 CVE ids named`.
pub(super) fn summary(drift: &DriftReport) -> String {
    let moved = drift.moved(None);
    if drift.packages.is_empty() {
        return "no package is known on either side".to_owned();
    }
    if moved == 0 {
        let known = if drift.verdict == Verdict::Unknown {
            "none of the packages that were read moved"
        } else {
            "no package moved"
        };
        return known.to_owned();
    }
    let security = drift.packages.iter().filter(|row| row.fixes.as_ref().is_some_and(|fixes| fixes.security)).count();
    let mut told = vec![
        format!("{} moved ({})", plural(moved, "package"), outline::moves(drift)),
        format!("{} by security uploads", count(security)),
        format!("{} named", plural(cves(drift).len(), "CVE id")),
    ];
    let without = without_changelog(drift).len();
    if without > 0 {
        told.push(format!("{} without a changelog to look in", count(without)));
    }
    told.join("; ")
}

/// The CVE ids that the bump's changelogs name as fixed, each once, in order; those that are taken back are left out.
pub(super) fn cves(drift: &DriftReport) -> BTreeSet<&str> {
    let fixes = drift.packages.iter().filter_map(|row| row.fixes.as_ref());
    fixes.filter(|fixes| !fixes.reverted).flat_map(|fixes| &fixes.cves).map(String::as_str).collect()
}

/// The debs that moved and whose changelog the image does not have.
pub(super) fn without_changelog(drift: &DriftReport) -> Vec<String> {
    let is_blind =
        |row: &&PackageRow| row.change.is_some() && row.left.is_some() && row.right.is_some() && row.fixes.is_none();
    let debs = drift.packages.iter().filter(is_blind).filter_map(PackageRow::either);
    let names = debs.filter(|package| package.ecosystem == Ecosystem::Deb).map(|package| package.label());
    names.collect()
}

/// The packages that moved: security uploads, then what names ids, then the rest.
pub(super) fn packages(drift: &DriftReport, grouped: bool) -> Vec<PackageLine<'_>> {
    let mut lines = outline::packages(drift, grouped);
    lines.sort_by_key(|line| line.fixes.urgency());
    lines
}

/// Files that are gone.
pub(super) struct GoneLine<'a> {
    pub line: FileLine<'a>,
    pub why: Gone,
}

/// Why files are gone; what a reviewer must look at comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gone {
    Unexplained,
    PackageStays,
    PackageRemoved,
    Derived,
}

impl Gone {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::PackageStays => "package-stays",
            Self::PackageRemoved => "package-removed",
            Self::Derived => "derived",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Unexplained => "no removed package explains it",
            Self::PackageStays => "its package no longer has it",
            Self::PackageRemoved => "its package was removed",
            Self::Derived => "derived, or noise",
        }
    }
}

/// The paths that the old base has and the new one has not; first those that no removed package explains.
pub(super) fn gone(drift: &DriftReport, folded: bool) -> Vec<GoneLine<'_>> {
    let removed = drift.packages.iter().filter(|row| row.change == Some(PackageMove::Removed));
    let removed: HashSet<String> = removed.filter_map(|row| row.either()).map(|package| package.label()).collect();
    let why = |line: &FileLine<'_>| match (line.drift.explanation, line.drift.owner.as_deref()) {
        (Explanation::Package, Some(owner)) if removed.contains(owner) => Gone::PackageRemoved,
        (Explanation::Package, _) => Gone::PackageStays,
        (Explanation::Generated | Explanation::Noise | Explanation::Bytecode | Explanation::Mtime, _) => Gone::Derived,
        _ => Gone::Unexplained,
    };
    let mut gone = Vec::new();
    for explanation in Explanation::ALARMING_FIRST {
        let lines = if folded {
            fold_removed(fold_directories(&drift.files.rows, explanation, &[]))
        } else {
            outline::files(drift, &[explanation], false)
        };
        let lines = lines.into_iter().filter(|line| line.drift.change == Change::Removed);
        gone.extend(lines.map(|line| GoneLine { why: why(&line), line }));
    }
    gone.sort_by_key(|gone| gone.why);
    gone
}

/// How many paths are gone.
pub(super) fn gone_paths(lines: &[GoneLine<'_>]) -> usize {
    lines.iter().map(|gone| gone.line.covers).sum()
}

/// `pinned by an instruction: 3.0.11, by layer 2`; not safe to show.
pub(super) fn held_words(held: &Held) -> String {
    let mut words = held.how.words().to_owned();
    if let Some(wanted) = &held.wanted {
        words = format!("{words}: {wanted}");
    }
    held.by.as_ref().map_or(words.clone(), |by| format!("{words}, says {by}"))
}

/// `3.0.11 -> 3.0.13` of the base.
pub(super) fn versions(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (None, None) => String::new(),
        (old, new) => format!("{} -> {}", old.unwrap_or("none"), new.unwrap_or("none")),
    }
}

/// `layer 3: RUN pip install ...`; not safe to show.
pub(super) fn layer(layer: Option<usize>, instruction: Option<&str>) -> String {
    match (layer, instruction) {
        (Some(layer), Some(instruction)) => format!("layer {layer}: {}", instruction.trim()),
        (Some(layer), None) => format!("layer {layer}"),
        (None, _) => String::new(),
    }
}

/// What an app's layer did to a path, and what the bump does to it; not safe to show.
pub(super) fn touched_words(touched: &Touched) -> String {
    let owner = touched.owner.as_ref().map_or_else(String::new, |owner| format!(" ({owner})"));
    let does = match touched.change {
        Change::Added => "adds",
        Change::Removed => "removes",
        Change::Content | Change::Metadata | Change::Mtime => "changes",
    };
    match touched.covers {
        0 | 1 => format!("{}; the bump {does} it{owner}", touched.action.as_str()),
        covers => format!("{}; the bump changes {} there", touched.action.as_str(), plural(covers, "path")),
    }
}

/// The comparison's warnings, its sides called by what they are here.
pub(super) fn warnings(drift: &DriftReport) -> Vec<String> {
    let named = |warning: &String| match warning.split_once(": ") {
        Some(("left", rest)) => format!("old: {rest}"),
        Some(("right", rest)) => format!("new: {rest}"),
        _ => warning.clone(),
    };
    drift.warnings.iter().map(named).collect()
}

/// `/app/a.so and 12 more`.
pub(super) fn users(library: &Library) -> String {
    let first = library.users.first().map(ImagePath::to_string).unwrap_or_default();
    match library.users.len() {
        0 | 1 => first,
        users => format!("{first} and {} more", count(users - 1)),
    }
}
