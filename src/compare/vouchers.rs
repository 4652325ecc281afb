//! What the comparison says of the records that vouch for files: scripts that ran as root, hashes that went away, files that
//! two packages claim.

use super::{FileDrift, PackageRow};
use crate::model::{Explanation, Finding, ImagePath, OwnedFile, Package, Proof, RecordedHash, Severity};

/// Ends of the names of dpkg's files that run as root (deb-preinst(5), deb-triggers(5)).
const SCRIPTS: [&[u8]; 5] = [b".preinst", b".postinst", b".prerm", b".postrm", b".config"];

/// Whether dpkg runs the file at `path` when its package is installed, configured or removed.
pub(super) fn is_maintainer_script(path: &ImagePath) -> bool {
    let name = path.as_bytes();
    name.starts_with(b"var/lib/dpkg/info/") && SCRIPTS.iter().any(|ending| name.ends_with(ending))
}

/// All that is worth saying of records.
pub(super) fn findings(packages: &[PackageRow], files: &FileDrift) -> Vec<Finding> {
    scripts(files).into_iter().chain(claimed_twice(files)).chain(packages.iter().filter_map(hashes_lost)).collect()
}

fn scripts(files: &FileDrift) -> Option<Finding> {
    let is_explained = |explanation, proof| explanation == Explanation::Package && proof == Some(Proof::Arrival);
    let changed = files.rows.iter().filter(|row| {
        row.right.is_some()
            && row.drift.as_ref().is_some_and(|drift| is_explained(drift.explanation, drift.proof))
            && is_maintainer_script(&row.path)
    });
    let paths: Vec<&ImagePath> = changed.map(|row| &row.path).collect();
    let message = "scripts of packages that moved run as root when they are installed; no hash of them is recorded";
    (!paths.is_empty()).then(|| {
        Finding::new("maintainer-scripts", Severity::Info, format!("{} maintainer scripts", paths.len()), message)
            .at(paths)
    })
}

fn claimed_twice(files: &FileDrift) -> Vec<Finding> {
    let said = |contested: &super::Contested| {
        let path = &files.rows.get(contested.row as usize)?.path;
        let message = format!(
            "{} and {} both list it; the bytes are those that the second recorded",
            contested.unmoved, contested.moved
        );
        Some(Finding::new("claimed-twice", Severity::Info, path.to_absolute(), message).at([path]))
    };
    files.contested.iter().filter_map(said).collect()
}

/// Files whose hash the left record has and the right one has not.
fn hashes_lost(row: &PackageRow) -> Option<Finding> {
    let (left, right) = row.left.as_ref().zip(row.right.as_ref())?;
    let lost: Vec<&ImagePath> = left.files.iter().filter(|file| is_lost(file, right)).map(|file| &file.path).collect();
    let message = "its record had hashes of these files and has them no more: nothing vouches for their bytes";
    (!lost.is_empty()).then(|| {
        Finding::new("hashes-lost", Severity::Warning, right.label(), message)
            .fix("install the package again, from an archive that you trust")
            .of(right)
            .at(lost)
    })
}

fn is_lost(file: &OwnedFile, right: &Package) -> bool {
    let now = right.files.binary_search_by(|now| now.path.cmp(&file.path)).ok().and_then(|at| right.files.get(at));
    file.recorded != RecordedHash::None && now.is_some_and(|now| now.recorded == RecordedHash::None)
}
