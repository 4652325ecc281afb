//! The changelog of a package that moved, out of the image that has the newer version.

use std::cmp::Ordering;

use super::Opened;
use super::bytes::read;
use crate::compare::PackageRow;
use crate::image::Node;
use crate::model::{Changelog, Package, PackageMove, Watch};
use crate::packages::{changelog, compare_versions};
use crate::snapshot::Snapshot;

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
    let Some(node) = held(&opened.snapshot, package, row) else { return Ok(None) };
    let bytes = read(opened, &node.path, changelog::MAX_BYTES, &Watch::default())?;
    let found = changelog::between(node, &bytes, older, newer)?;
    Ok(Some(Changelog { reverted, ..found }))
}

/// Where the way between the versions is told: of a mere rebuild in a file of its own, that has nothing else.
fn held<'a>(snapshot: &'a Snapshot, package: &Package, row: &PackageRow) -> Option<&'a Node> {
    changelog::find(&snapshot.image.tree, package, row.change == Some(PackageMove::Rebuilt))
}

/// Changelogs are of source packages, whose versions may be other ones than their binaries'; of a mere rebuild only the
/// binaries' versions differ.
fn versions<'a>(left: &'a Package, right: &'a Package) -> (&'a str, &'a str) {
    match (&left.source, &right.source) {
        (Some(from), Some(to)) if from.version != to.version => (&from.version, &to.version),
        _ => (&left.version, &right.version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::snapshot::testing::TestImage;

    /// `less` in Debian 12 and 13 is a rebuild on amd64, with a changelog of its own for that.
    fn less(version: &str) -> Snapshot {
        let mut image = TestImage::new();
        let of_source = ("usr/share/doc/less/changelog.Debian.gz", b"source".as_slice());
        let of_rebuild = ("usr/share/doc/less/changelog.Debian.amd64.gz", b"rebuild".as_slice());
        image.deb("less", version, &[of_source, of_rebuild]);
        image.snapshot()
    }

    #[test]
    fn an_upgrade_to_a_rebuild_is_told_by_the_sources_changelog_and_a_rebuild_by_its_own() {
        let told = |left: &str, right: &str| {
            let (left, right) = (less(left), less(right));
            let row = compare(&left, &right).packages.remove(0);
            held(&right, row.right.as_deref()?, &row).map(|node| node.path.to_string())
        };
        let of_source = Some("/usr/share/doc/less/changelog.Debian.gz".to_owned());
        assert_eq!(told("590-2", "591-1+b1"), of_source);
        assert_eq!(told("590-2+b1", "591-1+b1"), of_source);
        let of_rebuild = Some("/usr/share/doc/less/changelog.Debian.amd64.gz".to_owned());
        assert_eq!(told("590-2", "590-2+b1"), of_rebuild);
    }
}
