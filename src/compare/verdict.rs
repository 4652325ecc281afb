//! The one word for a comparison.

use super::{ConfigChange, FileDrift, PackageRow};
use crate::model::{Explanation, Proof, Verdict};
use crate::snapshot::Snapshot;

/// The verdict, and whether no noise rests on a path alone.
pub(super) fn judge(
    left: &Snapshot,
    right: &Snapshot,
    packages: &[PackageRow],
    files: &FileDrift,
    config: &[ConfigChange],
) -> (Verdict, bool) {
    let by_path = |file: &super::FileRow| file.drift.as_ref().is_some_and(|drift| drift.proof == Some(Proof::Path));
    (word(left, right, packages, files, config), !files.rows.iter().any(by_path))
}

fn word(
    left: &Snapshot,
    right: &Snapshot,
    packages: &[PackageRow],
    files: &FileDrift,
    config: &[ConfigChange],
) -> Verdict {
    let manifests = (left.facts.manifest_digest, right.facts.manifest_digest);
    let same_manifest = manifests.0.is_some() && manifests.0 == manifests.1;
    let same_documents = same_manifest || left.facts.config_digest == right.facts.config_digest;
    // Where digests were left unchecked, equal documents do not prove equal layers.
    if same_documents && files.rows.iter().all(|row| row.drift.is_none()) {
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
