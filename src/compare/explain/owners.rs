//! Which package owns a path, on each side.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::PackageRow;
use crate::image::Tree;
use crate::model::hashes::{self, Bytes};
use crate::model::{Ecosystem, FileEntry, ImagePath, Kind, OwnedFile, Package, RecordedHash, Role, Side};
use crate::snapshot::Snapshot;

/// A package's claim on a path.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) package: &'a Package,
    pub(super) file: &'a OwnedFile,
    /// Position of the package in the table of both sides.
    pub(super) row: usize,
    /// Whether the package moved between the sides.
    pub(super) moved: bool,
    /// Whether the claim is on the source of a compiled file that no list names, so that no record speaks of it.
    pub(super) by_source: bool,
}

/// What a package's record says of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// No hash is recorded, or it cannot be compared.
    Silent,
    Matches,
    Differs,
}

/// All claims of one side.
pub(super) struct Owners<'a> {
    by_path: HashMap<&'a ImagePath, Owner<'a>>,
    /// Directories that a package which moved lists.
    directories: HashMap<&'a ImagePath, Owner<'a>>,
    snapshot: &'a Snapshot,
}

impl<'a> Owners<'a> {
    /// Collects the claims of one side's packages. Directories are shared by many packages and owned by none.
    pub(super) fn new(snapshot: &'a Snapshot, rows: &'a [PackageRow], side: Side) -> Self {
        let mut by_path: HashMap<&ImagePath, Owner<'_>> = HashMap::new();
        let mut directories = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            let package = match side {
                Side::Left => row.left.as_ref(),
                Side::Right => row.right.as_ref(),
            };
            let Some(package) = package else { continue };
            for file in &package.files {
                let owner = Owner { package, file, row: at, moved: row.change.is_some(), by_source: false };
                if is_directory(&snapshot.image.tree, &file.path) {
                    if owner.moved {
                        directories.insert(&file.path, owner);
                    }
                    continue;
                }
                by_path
                    .entry(&file.path)
                    .and_modify(|held| {
                        if owner.precedes(held) {
                            *held = owner;
                        }
                    })
                    .or_insert(owner);
            }
        }
        Self { by_path, directories, snapshot }
    }

    /// A package that moved and lists the directory at `path`.
    pub(super) fn of_directory(&self, path: &ImagePath) -> Option<Owner<'a>> {
        self.directories.get(path).copied()
    }

    /// Who owns `path`.
    pub(super) fn of(&self, path: &ImagePath) -> Option<Owner<'a>> {
        self.by_path.get(path).copied()
    }

    /// What is known of the bytes of `entry`, which stands at `path`.
    pub(super) fn bytes(&self, path: &ImagePath, entry: &FileEntry) -> Bytes {
        let md5 = self.snapshot.md5_of(entry);
        let record = self.of(path).and_then(|owner| hashes::Record::of(owner.file, Some(entry), md5));
        Bytes { sha256: entry.sha256(), record }
    }

    /// What the owner's record says of `entry`.
    pub(super) fn record(&self, owner: &Owner<'_>, entry: &FileEntry) -> Record {
        if owner.by_source {
            return Record::Silent;
        }
        let agree = |same: bool| if same { Record::Matches } else { Record::Differs };
        let Some(sha256) = entry.sha256() else {
            // A package that records a hash ships a regular file.
            return if matches!(owner.file.recorded, RecordedHash::None) { Record::Silent } else { Record::Differs };
        };
        match owner.file.recorded {
            RecordedHash::None => Record::Silent,
            RecordedHash::Sha256(recorded) => agree(recorded == sha256),
            RecordedHash::Md5(recorded) => {
                self.snapshot.md5_of(entry).map_or(Record::Silent, |found| agree(found == recorded))
            }
        }
    }
}

impl Owner<'_> {
    /// Of several claims on one path, dpkg's comes first (it installs distributions too), then one that moved.
    fn precedes(&self, other: &Self) -> bool {
        let rank = |owner: &Self| (owner.package.ecosystem, !owner.moved);
        rank(self) < rank(other)
    }

    /// Whether the package hashes its files but not this one, and this one is none of the installer's notes: then
    /// nothing ties the bytes to the package. Compiled Python is such a file; its source must vouch for it.
    pub(super) fn omits_hash(&self) -> bool {
        let hashes = |file: &OwnedFile| matches!(file.recorded, RecordedHash::Sha256(_));
        self.file.recorded == RecordedHash::None
            && self.file.role != Role::InstallerNote
            && self.package.ecosystem == Ecosystem::Pypi
            && self.package.files.iter().any(hashes)
    }

    pub(super) fn label(&self) -> Arc<str> {
        self.package.label().into()
    }
}

fn is_directory(tree: &Tree, path: &ImagePath) -> bool {
    tree.get(path).is_some_and(|node| node.file.entry.kind == Kind::Directory)
}
