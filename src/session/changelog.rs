//! The changelog of a package that moved, out of the image that has the newer version.

use super::Opened;
use super::bytes::read;
use crate::compare::{ChangelogPlace, PackageRow};
use crate::model::{Changelog, Side, Watch};
use crate::packages::changelog;

/// What changed between the two versions; `None` where the image has no changelog of the package. Only a file too large to
/// have been kept is read again.
pub(super) fn between(left: &Opened, right: &Opened, row: &PackageRow) -> Result<Option<Changelog>, String> {
    let Some(place) = ChangelogPlace::of(&left.snapshot, &right.snapshot, row) else { return Ok(None) };
    let opened = if place.side == Side::Left { left } else { right };
    let bytes = read(opened, &place.node.path, changelog::MAX_BYTES, &Watch::default())?;
    place.read(&bytes, &mut { changelog::MAX_TEXT }).map(Some)
}
