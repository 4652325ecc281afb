//! What ties one side's file to a package that moved.

use super::owners::{Owner, Record};
use super::{Explainer, Row, links, places};
use crate::model::{FileEntry, ImagePath, Kind, Package, Proof, RecordedHash, Role, Side};

/// How one side's file is a package's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// The side has no such file, and no package of it lists one.
    Nothing,
    Proven(Proof),
    /// The package never recorded hashes, and the file is from the layer in which it arrived.
    Unrecorded,
    /// Nothing ties the bytes to the package.
    Loose,
    /// The package's record has another hash.
    Contradicted,
}

impl<'a> Explainer<'a> {
    /// What ties the file of one side to its owner there.
    pub(super) fn tie(&self, side: Side, row: &Row<'a>) -> Tie {
        let path = row.path();
        let (owners, others, node) = match side {
            Side::Left => (&self.left_owners, &self.right_owners, row.left),
            Side::Right => (&self.right_owners, &self.left_owners, row.right),
        };
        let owner = owners.of(path);
        let Some(node) = node else {
            return match owner {
                // It is listed, yet not there.
                Some(_) => Tie::Loose,
                None if others.of(path).is_some_and(|other| self.is_struck(other.row, side, path)) => Tie::Loose,
                None => Tie::Nothing,
            };
        };
        let entry = &node.file.entry;
        let Some(owner) = owner else {
            return if side == Side::Left { Tie::Nothing } else { Tie::Loose };
        };
        let is_from_arrival = owners.is_from_arrival(&owner, node);
        match (owners.record(&owner, entry), entry.kind) {
            (Record::Differs, _) => Tie::Contradicted,
            _ if !owner.package.vouches() && owner.file.role != Role::Record => Tie::Loose,
            _ if !places::may_own(owner.package, owner.file) || gains_privilege(row) => Tie::Loose,
            (Record::Matches, _) => Tie::Proven(Proof::Hash),
            (Record::Silent, Kind::Symlink) if is_from_arrival => links::tie(owners, &owner, node),
            (Record::Silent, Kind::File) if is_from_arrival => self.unrecorded(&owner, row),
            (Record::Silent, _) => Tie::Loose,
        }
    }

    /// A regular file of the layer in which its package arrived, for which no hash is recorded.
    fn unrecorded(&self, owner: &Owner<'a>, row: &Row<'a>) -> Tie {
        match owner.file.role {
            Role::Record | Role::InstallerNote => Tie::Proven(Proof::Arrival),
            Role::Plain | Role::Script | Role::Conffile
                if !self.ever_hashed(owner.row)
                    && places::needs_no_hash(row.path())
                    && owner.file.recorded == RecordedHash::None =>
            {
                Tie::Unrecorded
            }
            Role::Plain | Role::Script | Role::Conffile | Role::Unlisted => Tie::Loose,
        }
    }

    /// Whether the record of the package in `row` may have lost `path` on `side` after the package arrived there.
    fn is_struck(&self, row: usize, side: Side, path: &ImagePath) -> bool {
        let row = self.packages.get(row);
        let package = row.and_then(|row| if side == Side::Left { row.left.as_ref() } else { row.right.as_ref() });
        let touched = package.and_then(|package| package.touched.as_ref());
        touched.is_some_and(|touched| touched.lost.as_ref().is_none_or(|lost| lost.contains(path)))
    }

    /// Whether the package in `row` records hashes of its files on either side.
    pub(super) fn ever_hashed(&self, row: usize) -> bool {
        self.hashed.get(row).copied().unwrap_or_default()
    }
}

/// Whether the package records a hash of any of its files.
pub(super) fn has_hashes(package: &Package) -> bool {
    package.files.iter().any(|file| file.recorded != RecordedHash::None)
}

/// Whether the right side's file grants what the left side's does not, or what nothing on the left can be compared with.
fn gains_privilege(row: &Row<'_>) -> bool {
    row.privilege_gained().is_some()
        || (row.left.is_none() && row.right.is_some_and(|node| FileEntry::is_privileged(&node.file.entry)))
}
