//! Two snapshots compared: what moved, what differs, and why.

mod base;
pub mod bump;
mod causes;
mod changelogs;
mod completeness;
mod config;
mod explain;
mod files;
mod findings;
mod folds;
mod headline;
mod layers;
pub mod learn;
mod locks;
mod packages;
mod requirers;
pub mod review;
pub mod variants;
mod verdict;
mod vouchers;

use std::sync::Arc;

use crate::model::{
    Change, Checklist, Explanation, FileAt, Finding, Fixes, Hashes, HistoryEntry, ImageFacts, ImagePath, LayerFacts,
    Package, PackageMove, Proof, RuleFileUse, Side, SideGap, Verdict, rule,
};
use crate::nondeterminism::{About, Rules};
use crate::snapshot::Snapshot;

#[cfg(test)]
pub(crate) use self::base::drift_of;
pub use self::base::{BaseDrift, BaseRelation, Origin, Share, Split};
pub use self::causes::Cause;
pub use self::changelogs::ChangelogPlace;
pub use self::folds::Fold;
#[cfg(test)]
pub(crate) use self::locks::rows as lock_rows;
pub use self::locks::{LockChange, LockEntryRow, LockRow};
pub use self::verdict::Unproven;
pub use crate::packages::Jump;

/// Compares two images and explains every path that differs.
#[must_use]
pub fn compare(left: &Snapshot, right: &Snapshot, rules: &Rules) -> DriftReport {
    let mut packages = packages::rows(&left.packages, &right.packages);
    let mut files = explain::explain(left, right, &mut packages, rules);
    files.folds = folds::all(&files, left, right);
    let unread = changelogs::fill(&mut packages, left, right);
    let rule_files = rules.uses(files.rows.iter().filter_map(|row| row.drift.as_ref()?.rule_file.as_deref()));
    let idle = idle_rules(rules, files.rows.iter().map(|row| &row.path));
    let (config, unchanged_config) = config::changes(&left.config, &right.config, left.secrets);
    let completeness = completeness::weigh(left, right, &files);
    completeness::forget_moves(&mut packages, [left, right]);
    let verdict = verdict::judge(left, right, &packages, &files, &config, &completeness);
    let unproven = Unproven::of(&files);
    let (mut left_facts, mut right_facts) = base::facts(&left.facts, &right.facts);
    let audits = [left.audit(&left_facts, Side::Left, rules), right.audit(&right_facts, Side::Right, rules)];
    let [(left_findings, left_checklist), (right_findings, right_checklist)] =
        audits.map(|audit| (audit.findings, audit.checklist));
    let locks = locks::rows(&left.locks, &right.locks);
    let findings = findings::all([left_findings, right_findings], &packages, &files, &locks);
    let base = base::drift([&left_facts, &right_facts], [left, right], &packages, &files);
    layers::mark_shared(&mut left_facts.layers, &mut right_facts.layers);
    DriftReport {
        verdict,
        unproven,
        layers: layers::rows(&left_facts.layers, &right_facts.layers),
        history: config::history(&left.config.history, &right.config.history, left.secrets),
        left: left_facts,
        right: right_facts,
        base,
        packages,
        files,
        locks,
        config,
        unchanged_config,
        findings,
        left_checklist,
        right_checklist,
        warnings: warnings(left, right).chain(unread).chain(idle).collect(),
        completeness,
        rule_files,
        alone: false,
    }
}

/// One image as a report in which both sides are it, for whoever shows reports: nothing differs, and what its audit
/// found stands as it is.
#[must_use]
pub fn alone(image: &Snapshot, rules: &Rules) -> DriftReport {
    let (rule_files, idle) = rules_of_one(image, rules);
    DriftReport {
        findings: image.findings(Side::Right, rules),
        warnings: image.warnings.iter().cloned().chain(idle).collect(),
        rule_files,
        alone: true,
        completeness: completeness::of_one(image),
        ..compare(image, image, rules)
    }
}

/// The user's files of rules with how many paths of one image they name, and a warning for each rule that names none.
#[must_use]
pub fn rules_of_one(image: &Snapshot, rules: &Rules) -> (Vec<RuleFileUse>, Vec<String>) {
    let paths = || image.image.tree.nodes().iter().map(|node| &node.path);
    let uses = rules.uses(paths().filter_map(|path| rules.noise(path).next()?.about.file.as_deref()));
    (uses, idle_rules(rules, paths()))
}

/// What is said of the user's rules that name no path any more.
fn idle_rules<'a>(rules: &Rules, paths: impl Iterator<Item = &'a ImagePath>) -> Vec<String> {
    let told = |rule: &About| {
        let file = rule.file.as_deref().unwrap_or_default();
        format!("{file}:{}: the rule {:?} names no path any more: correct it or take it out", rule.line, rule.name)
    };
    rules.idle(paths).into_iter().map(told).collect()
}

fn warnings(left: &Snapshot, right: &Snapshot) -> impl Iterator<Item = String> {
    let left = left.warnings.iter().map(|warning| format!("left: {warning}"));
    let right = right.warnings.iter().map(|warning| format!("right: {warning}"));
    left.chain(right)
}

/// Everything two images differ in, explained.
pub struct DriftReport {
    pub verdict: Verdict,
    /// Differing files whose explanation is no proof.
    pub unproven: Unproven,
    pub left: ImageFacts,
    pub right: ImageFacts,
    pub base: BaseDrift,
    /// All packages of both sides, moved or not: by ecosystem, then name, then architecture, then location.
    pub packages: Vec<PackageRow>,
    pub files: FileDrift,
    /// The lock files of both sides, changed or not, by path.
    pub locks: Vec<LockRow>,
    pub layers: Vec<LayerRow>,
    pub config: Vec<ConfigChange>,
    /// The keys of the configuration that are the same on both sides.
    pub unchanged_config: Vec<ConfigChange>,
    pub history: Vec<HistoryRow>,
    /// What the audits of both images found, each once, and what the comparison itself found; the worst first, new ones
    /// before those that both images have.
    pub findings: Vec<Finding>,
    /// What the checklists for reproducible builds ask, and what each image answers.
    pub left_checklist: Checklist,
    pub right_checklist: Checklist,
    /// What could not be read or was odd, each prefixed by its side.
    pub warnings: Vec<String>,
    /// What is not known of either image; what could change the verdict first, and of it the left one's.
    pub completeness: Vec<SideGap>,
    /// The user's own files of rules, and how many paths they alone explain.
    pub rule_files: Vec<RuleFileUse>,
    /// Whether there is but one image, which is both sides.
    pub alone: bool,
}

/// One package on both sides.
#[derive(Debug, Clone)]
pub struct PackageRow {
    pub left: Option<Arc<Package>>,
    pub right: Option<Arc<Package>>,
    /// `None` when it did not move.
    pub change: Option<PackageMove>,
    /// Changed files that this package owns on either side, by position in [`FileDrift::rows`].
    pub files: Vec<u32>,
    /// What its changelog tells of the move; `None` where there is none to look into, or no way between two versions.
    pub fixes: Option<Fixes>,
}

/// The squashed file systems side by side.
#[derive(Default)]
pub struct FileDrift {
    /// All paths of both sides, changed or not, in byte order of path, the root left out.
    pub rows: Vec<FileRow>,
    pub summary: FileSummary,
    /// Differing paths by explanation, indexed by [`Explanation`] through [`ByExplanation::get`].
    pub by_explanation: ByExplanation,
    /// Differing paths that are `same-version`, or that carry [`Drift::alarm`].
    pub alarms: usize,
    /// Compiled files that Python took on the left and takes no more, since their sources have another time.
    pub stale_bytecode: Vec<ImagePath>,
    /// Paths that a package which did not move and one that did both list, where the second vouches for the bytes.
    pub contested: Vec<Contested>,
    /// Trees that moved as one thing, whose unexplained paths are shown as one.
    pub folds: Vec<Fold>,
}

/// A path that two packages list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contested {
    /// Position in [`FileDrift::rows`].
    pub row: u32,
    pub unmoved: Arc<str>,
    pub moved: Arc<str>,
}

/// One path on both sides.
pub struct FileRow {
    pub path: ImagePath,
    pub left: Option<FileAt>,
    pub right: Option<FileAt>,
    /// `None` when it does not differ.
    pub drift: Option<Drift>,
}

/// How and why one path differs.
#[derive(Debug, Clone)]
pub struct Drift {
    pub change: Change,
    pub explanation: Explanation,
    /// For a reader: "setuid gained", "edited conffile", "modified after install: dpkg records md5 ...".
    pub detail: Box<str>,
    /// The package that owns it: `deb:libc6`.
    pub owner: Option<Arc<str>>,
    /// The rule or mask that explains it.
    pub rule: Option<Arc<str>>,
    /// The user's file that the rule stands in; `None` for what ships with the program.
    pub rule_file: Option<Arc<str>>,
    pub proof: Option<Proof>,
    /// Besides the explanation, whatever it is: what became weaker or dangerous, as `world-writable`.
    pub alarm: Option<Box<str>>,
    /// What the two sides differ in, where a mask proves that they differ in nothing else:
    /// `time 2026-11-20 07:41:00 → 2026-11-21 07:43:12`.
    pub evidence: Option<Box<str>>,
    /// What the Dockerfile can do about it.
    pub fix: Option<Arc<str>>,
    /// For alarms, and where a package's record contradicts a file: both hashes and what is recorded.
    pub hashes: Option<Box<Hashes>>,
}

/// Differing paths by kind of change; each path once, directories too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSummary {
    pub added: usize,
    pub removed: usize,
    pub content: usize,
    pub metadata: usize,
    pub mtime_only: usize,
}

impl FileSummary {
    /// Counts one more path.
    pub(crate) fn count(&mut self, change: Change) {
        let counter = match change {
            Change::Added => &mut self.added,
            Change::Removed => &mut self.removed,
            Change::Content => &mut self.content,
            Change::Metadata => &mut self.metadata,
            Change::Mtime => &mut self.mtime_only,
        };
        *counter += 1;
    }
}

/// Differing paths by explanation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByExplanation([usize; Explanation::ALARMING_FIRST.len()]);

impl ByExplanation {
    /// How many paths have this explanation.
    #[must_use]
    pub fn get(&self, explanation: Explanation) -> usize {
        self.0.get(explanation as usize).copied().unwrap_or_default()
    }

    /// Counts one more path.
    pub fn count(&mut self, explanation: Explanation) {
        if let Some(count) = self.0.get_mut(explanation as usize) {
            *count += 1;
        }
    }
}

/// One layer on both sides, aligned by sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// Position in `DriftReport::left.layers`.
    pub left: Option<usize>,
    pub right: Option<usize>,
    pub relation: LayerRelation,
}

/// How two aligned layers relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerRelation {
    /// The same diffID.
    Shared,
    /// The same instruction, other bytes.
    Rebuilt,
    LeftOnly,
    RightOnly,
}

impl LayerRelation {
    /// The words used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Rebuilt => "rebuilt",
            Self::LeftOnly => "left only",
            Self::RightOnly => "right only",
        }
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Shared => '=',
            Self::Rebuilt => '~',
            Self::LeftOnly => '-',
            Self::RightOnly => '+',
        }
    }
}

/// One key of the config on both sides: `env.PATH`, `cmd`, `labels.maintainer`, `created`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    pub key: String,
    pub left: Option<String>,
    pub right: Option<String>,
    /// Whether an engine runs the image differently for it.
    pub runtime: bool,
    /// Where a secret is left out of `left` or `right`, as a whole or in part: whether the secrets differ.
    pub hidden: Option<bool>,
}

/// One row of both histories, aligned by instruction.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub left: Option<HistoryEntry>,
    pub right: Option<HistoryEntry>,
    pub same: bool,
}

impl DriftReport {
    /// Paths that nothing explains; those of a [`Fold`] are one.
    #[must_use]
    pub fn unexplained(&self) -> usize {
        self.files.by_explanation.get(Explanation::Unexplained) - self.files.folded()
    }

    /// Paths that differ behind an unmoved package, or that carry an alarm of their own.
    #[must_use]
    pub fn alarms(&self) -> usize {
        self.files.alarms
    }

    /// Packages that moved, in this way or (`None`) in any.
    #[must_use]
    pub fn moved(&self, how: Option<PackageMove>) -> usize {
        self.packages.iter().filter(|row| row.change.is_some() && (how.is_none() || row.change == how)).count()
    }

    /// Paths that nothing but the user's own rules explains.
    #[must_use]
    pub fn by_user_rules(&self) -> usize {
        self.rule_files.iter().map(|file| file.paths).sum()
    }

    /// What became of the index that the images were chosen from, as one clause.
    #[must_use]
    pub fn index_drift(&self) -> Option<String> {
        variants::sentence(self)
    }
}

impl Drift {
    /// Whether a person must look at it first.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        self.alarm.is_some() || self.explanation == Explanation::SameVersion
    }

    /// The rule, and the user's file that it stands in: `app-cache of imgdrift.toml`.
    #[must_use]
    pub fn rule_label(&self) -> Option<String> {
        Some(rule::label(self.rule.as_deref()?, self.rule_file.as_deref()))
    }
}

impl FileDrift {
    /// Counts one more differing path.
    pub(crate) fn count(&mut self, drift: &Drift) {
        self.summary.count(drift.change);
        self.by_explanation.count(drift.explanation);
        self.alarms += usize::from(drift.is_alarm());
    }

    /// Where in [`FileDrift::rows`] a path is.
    #[must_use]
    pub fn position(&self, path: &ImagePath) -> Option<u32> {
        let at = self.rows.binary_search_by(|row| row.path.cmp(path)).ok()?;
        u32::try_from(at).ok()
    }
}

impl FileRow {
    /// The sides that have the path.
    pub fn sides(&self) -> impl Iterator<Item = &FileAt> {
        [&self.left, &self.right].into_iter().flatten()
    }

    /// The side that exists, the right one first.
    #[must_use]
    pub fn either(&self) -> Option<&FileAt> {
        self.right.as_ref().or(self.left.as_ref())
    }

    /// Bytes on the left and on the right.
    #[must_use]
    pub fn sizes(&self) -> (u64, u64) {
        let size = |file: &Option<FileAt>| file.as_ref().map_or(0, |file| file.entry.size);
        (size(&self.left), size(&self.right))
    }
}

impl LayerRow {
    /// The layers of both sides.
    #[must_use]
    pub fn sides<'a>(&self, report: &'a DriftReport) -> (Option<&'a LayerFacts>, Option<&'a LayerFacts>) {
        let layer = |facts: &'a ImageFacts, index: Option<usize>| index.and_then(|index| facts.layers.get(index));
        (layer(&report.left, self.left), layer(&report.right, self.right))
    }
}

impl PackageRow {
    /// "upgraded 1.0 → 1.1", "added 1.1", "removed 1.0".
    #[must_use]
    pub fn movement(&self) -> String {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => {
                let how = self.change.map_or("unmoved", PackageMove::as_str);
                format!("{how} {} → {}", left.version, right.version)
            }
            (None, Some(right)) if self.change.is_none() => format!("{}, on the left not known", right.version),
            (None, Some(right)) => format!("added {}", right.version),
            (Some(left), None) if self.change.is_none() => format!("{}, on the right not known", left.version),
            (Some(left), None) => format!("removed {}", left.version),
            (None, None) => String::new(),
        }
    }

    /// The side that exists, the right one first.
    #[must_use]
    pub fn either(&self) -> Option<&Arc<Package>> {
        self.right.as_ref().or(self.left.as_ref())
    }

    /// How far it moved; `None` for one that is on one side only or did not move.
    #[must_use]
    pub fn jump(&self) -> Option<Jump> {
        let (change, left, right) = (self.change?, self.left.as_ref()?, self.right.as_ref()?);
        match change {
            PackageMove::Rebuilt => Some(Jump::Rebuild),
            _ => crate::packages::jump(right.ecosystem, &left.version, &right.version),
        }
    }

    /// Installed bytes on the left and on the right.
    #[must_use]
    pub fn sizes(&self) -> (u64, u64) {
        let size = |package: &Option<Arc<Package>>| package.as_ref().map_or(0, |package| package.size);
        (size(&self.left), size(&self.right))
    }
}
