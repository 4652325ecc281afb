//! The one word for a comparison, and what qualifies it.

use super::{ConfigChange, FileDrift, FileRow, PackageRow, completeness};
use crate::model::{Explanation, Kind, Proof, SideGap, Verdict};
use crate::snapshot::Snapshot;

/// Differing files whose explanation is no proof, by what it rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unproven {
    /// The path alone, by a rule that ships with the program.
    pub path: usize,
    /// The path alone, by a rule of the user's.
    pub own_rules: usize,
    /// Bytecode's header, and the names in its code.
    pub header: usize,
    /// Nothing: a package that records no hash.
    pub nothing: usize,
}

impl Unproven {
    /// Counts the rows. A directory is what the files in it are.
    #[must_use]
    pub fn of(files: &FileDrift) -> Self {
        let mut unproven = Self::default();
        for drift in files.rows.iter().filter(|row| row.is_unproven()).filter_map(|row| row.drift.as_ref()) {
            *match drift.proof {
                Some(Proof::Path) if drift.rule_file.is_some() => &mut unproven.own_rules,
                Some(Proof::Path) => &mut unproven.path,
                Some(Proof::Header) => &mut unproven.header,
                _ => &mut unproven.nothing,
            } += 1;
        }
        unproven
    }

    /// All of them.
    #[must_use]
    pub fn count(self) -> usize {
        self.path + self.own_rules + self.header + self.nothing
    }
}

impl FileRow {
    /// Whether it counts as explained, and yet nothing proves the explanation.
    #[must_use]
    pub fn is_unproven(&self) -> bool {
        let is_directory = self.sides().all(|file| file.entry.kind == Kind::Directory);
        let Some(drift) = self.drift.as_ref().filter(|_| !is_directory) else { return false };
        match (drift.explanation, drift.proof) {
            (Explanation::SameVersion | Explanation::Unexplained | Explanation::Metadata | Explanation::Mtime, _) => {
                false
            }
            (_, proof) => !proof.is_some_and(Proof::is_certain),
        }
    }
}

pub(super) fn judge(
    left: &Snapshot,
    right: &Snapshot,
    packages: &[PackageRow],
    files: &FileDrift,
    config: &[ConfigChange],
    gaps: &[SideGap],
) -> Verdict {
    if gaps.iter().any(|gap| gap.decides) {
        return Verdict::Unknown;
    }
    // Where digests were left unchecked, equal documents do not prove equal layers.
    if completeness::same_documents(left, right) && files.rows.iter().all(|row| row.drift.is_none()) {
        return Verdict::Identical;
    }
    let count = |explanation| files.by_explanation.get(explanation);
    if packages.iter().any(|row| row.change.is_some()) || files.alarms > 0 {
        return Verdict::Drifted;
    }
    let read_these = count(Explanation::Unexplained) + count(Explanation::Metadata) + count(Explanation::Package);
    if read_these > 0 || config.iter().any(|change| change.runtime) {
        return Verdict::DependencyEquivalent;
    }
    Verdict::ContentEquivalent
}
