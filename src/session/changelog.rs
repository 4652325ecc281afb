//! The changelog of a package that moved, out of the image that has the newer version.

use std::cmp::Ordering;

use super::Opened;
use super::bytes::read;
use crate::compare::PackageRow;
use crate::model::{Changelog, Package, Watch};
use crate::packages::{changelog, compare_versions};

/// What changed between the two versions; `None` where the image has no changelog of the package.
pub(super) fn between(
    left_image: &Opened,
    right_image: &Opened,
    row: &PackageRow,
) -> Result<Option<Changelog>, String> {
    let (Some(left), Some(right)) = (row.left.as_deref(), row.right.as_deref()) else { return Ok(None) };
    let (from, to) = versions(left, right);
    let reverted = compare_versions(right.ecosystem, to, from) == Ordering::Less;
    let (opened, package) = if reverted { (left_image, left) } else { (right_image, right) };
    let (older, newer) = if reverted { (to, from) } else { (from, to) };
    let Some(node) = changelog::find(&opened.snapshot.image.tree, package) else { return Ok(None) };
    let bytes = read(opened, &node.path, changelog::MAX_BYTES, &Watch::default())?;
    let found = changelog::between(node, &bytes, older, newer)?;
    Ok(Some(Changelog { reverted, ..found }))
}

/// Changelogs are of source packages, whose versions may be other ones than their binaries'; of a mere rebuild only the
/// binaries' versions differ.
fn versions<'a>(left: &'a Package, right: &'a Package) -> (&'a str, &'a str) {
    match (&left.source, &right.source) {
        (Some(from), Some(to)) if from.version != to.version => (&from.version, &to.version),
        _ => (&left.version, &right.version),
    }
}
