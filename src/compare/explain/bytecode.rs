//! Compiled Python and its source.

use super::super::Drift;
use super::owners::{Owner, Owners};
use super::{Explainer, Row};
use crate::image::{Node, Tree};
use crate::model::{Explanation, ImagePath, Proof};
use crate::packages::source_of;

impl<'a> Explainer<'a> {
    /// Whether both sides have the source of the compiled file at `path`, with the same bytes.
    pub(super) fn same_source(&self, path: &ImagePath) -> bool {
        let Some(source) = source_of(path) else { return false };
        let sources = (self.left.image.tree.resolve(&source), self.right.image.tree.resolve(&source));
        matches!(sources, (Some(left), Some(right)) if left.file.entry.same_content(&right.file.entry))
    }

    /// `package` for a compiled file whose source is a package's and whose header names that source.
    pub(super) fn compiled_from_package(&self, row: &Row<'a>) -> Option<Drift> {
        let source = source_of(row.path())?;
        let left = row.left.map(|node| compiled_owner(node, &self.left_owners, &self.left.image.tree, &source));
        let right = row.right.map(|node| compiled_owner(node, &self.right_owners, &self.right.image.tree, &source));
        // On every side that has the file, the source must vouch for it.
        let owner = match (left, right) {
            (None, Some(owner)) | (Some(owner), None) => owner?,
            (Some(left), Some(right)) => left.and(right)?,
            (None, None) => return None,
        };
        let mut drift = row.drift(Explanation::Package, self.movement(&owner));
        drift.owner = Some(owner.label());
        drift.proof = Some(Proof::Hash);
        Some(drift)
    }
}

impl<'a> Explainer<'a> {
    /// Whether only one side's compiled file names its source as that stands there: Python runs that one and ignores the
    /// other, so that a time in a header switches code on. Layers hold whole seconds, and some engines round a time up that
    /// Python cut: a second is no difference.
    pub(super) fn is_switched(&self, row: &Row<'a>) -> bool {
        let runs = |node: &Node, tree: &Tree| {
            let header = node.file.entry.content.as_ref()?.pyc.filter(|header| header.flags == 0)?;
            let source = &tree.resolve(&source_of(&node.path)?)?.file.entry;
            Some(header.size == low_word(source.size) && low_word(source.mtime).wrapping_sub(header.mtime) <= 1)
        };
        let Some((left, right)) = row.left.zip(row.right) else { return false };
        runs(left, &self.left.image.tree) != runs(right, &self.right.image.tree)
    }
}

/// The package of the source, when it moved, its record vouches for the source, and the header names the source's time
/// and size.
fn compiled_owner<'a>(compiled: &Node, owners: &Owners<'a>, tree: &Tree, source: &ImagePath) -> Option<Owner<'a>> {
    let header = compiled.file.entry.content.as_ref()?.pyc?;
    let source = tree.resolve(source)?;
    let entry = &source.file.entry;
    let names_source =
        header.flags == 0 && header.mtime == low_word(entry.mtime) && header.size == low_word(entry.size);
    let owner = owners.of(&source.path).filter(|owner| owner.moved)?;
    let vouched = owners.vouches(&owner, entry) && !compiled.file.entry.is_privileged();
    (names_source && vouched).then_some(owner)
}

/// What fits into the header's 32 bits, as Python cuts it.
fn low_word(number: impl TryInto<i128>) -> u32 {
    number.try_into().ok().and_then(|number: i128| u32::try_from(number & 0xffff_ffff).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_the_headers_32_bits() {
        assert_eq!(low_word(-1_i64), u32::MAX);
        assert_eq!(low_word(0x1_0000_0002_u64), 2);
    }
}
