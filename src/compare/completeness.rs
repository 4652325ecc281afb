//! What is not known of either image, and whether the verdict could be another one if it were.

use super::{Drift, FileDrift, FileRow, PackageRow};
use crate::model::{Change, Ecosystem, GapKind, Reach, Side, SideGap};
use crate::snapshot::Snapshot;

/// The gaps of both images, those that decide first.
pub(super) fn weigh(left: &Snapshot, right: &Snapshot, files: &FileDrift) -> Vec<SideGap> {
    let same = same_documents(left, right) && files.rows.iter().all(|row| row.drift.is_none());
    let mut gaps = Vec::new();
    for (side, snapshot) in [(Side::Left, left), (Side::Right, right)] {
        gaps.extend(snapshot.gaps.iter().cloned().map(|gap| {
            let decides = match gap.what {
                // One document may stand for another image, or for none.
                GapKind::Archive | GapKind::Unverified => true,
                _ if same => false,
                _ if gap.covers_content() => true,
                _ => files.rows.iter().any(|row| is_open(row) && reaches(&gap.reach, row)),
            };
            SideGap { side, gap, decides }
        }));
    }
    gaps.sort_by_key(|gap| !gap.decides);
    gaps
}

/// The gaps of one image: it is not compared, so that they decide nothing.
pub(super) fn of_one(image: &Snapshot) -> Vec<SideGap> {
    image.gaps.iter().cloned().map(|gap| SideGap { side: Side::Right, gap, decides: false }).collect()
}

/// Whether both images have one manifest or one config.
pub(super) fn same_documents(left: &Snapshot, right: &Snapshot) -> bool {
    let (left, right) = (&left.facts, &right.facts);
    let same_manifest = left.manifest_digest.is_some() && left.manifest_digest == right.manifest_digest;
    same_manifest || left.config_digest == right.config_digest
}

/// Whether a row may be one that a package accounts for: it differs in more than its time, and nothing proves why.
fn is_open(row: &FileRow) -> bool {
    let is_settled =
        |drift: &Drift| drift.change == Change::Mtime || drift.proof.is_some_and(|proof| proof.is_certain());
    row.drift.as_ref().is_some_and(|drift| !is_settled(drift))
}

fn reaches(reach: &Reach, row: &FileRow) -> bool {
    match reach {
        Reach::Everything => true,
        Reach::Below(directory) => row.path.is_under(directory),
        Reach::Proof => false,
    }
}

/// Takes back that the system's packages of one side were added or removed, where the other side's database is not known:
/// without it nothing tells that they went.
pub(super) fn forget_moves(packages: &mut [PackageRow], [left, right]: [&Snapshot; 2]) {
    let [no_left, no_right] = [left, right].map(lost_system);
    for row in packages.iter_mut() {
        let is_deb = row.either().is_some_and(|package| package.ecosystem == Ecosystem::Deb);
        if is_deb && (row.left.is_none() && no_left || row.right.is_none() && no_right) {
            row.change = None;
        }
    }
}

/// Whether the image has a system whose packages are not known at all.
fn lost_system(snapshot: &Snapshot) -> bool {
    let mut gaps = snapshot.gaps.iter();
    let is_lost = gaps.any(|gap| gap.what == GapKind::Database && gap.reach == Reach::Everything);
    is_lost && !snapshot.packages.iter().any(|package| package.ecosystem == Ecosystem::Deb)
}
