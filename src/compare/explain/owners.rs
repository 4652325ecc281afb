//! Which package owns a path, on each side.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::PackageRow;
use crate::image::{LayerNode, Node, Tree};
use crate::model::hashes::{self, Bytes};
use crate::model::{Ecosystem, FileEntry, ImageConfig, ImagePath, Kind, OwnedFile, Package, RecordedHash, Side};
use crate::packages;
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
    /// Paths that several packages claim, with every claim.
    contested: HashMap<&'a ImagePath, Vec<Owner<'a>>>,
    /// Paths without a hash that later layers wrote again, as they are in the layer in which their package arrived.
    rewritten_alike: HashSet<&'a ImagePath>,
    snapshot: &'a Snapshot,
}

impl<'a> Owners<'a> {
    /// Collects the claims of both sides' packages, and decides between packages that claim one path.
    pub(super) fn of_both(left: &'a Snapshot, right: &'a Snapshot, rows: &'a [PackageRow]) -> (Self, Self) {
        let moved = moved(rows, [&left.config, &right.config]);
        let (mut left, mut right) =
            (Self::new(left, rows, &moved, Side::Left), Self::new(right, rows, &moved, Side::Right));
        let [of_left, of_right] = [&left, &right].map(|side| side.decided(&left));
        left.by_path.extend(of_left);
        right.by_path.extend(of_right);
        (left, right)
    }

    /// Directories are shared by many packages and owned by none; a distribution that a deb installed is the deb's.
    fn new(snapshot: &'a Snapshot, rows: &'a [PackageRow], moved: &[bool], side: Side) -> Self {
        let mut by_path: HashMap<&ImagePath, Owner<'_>> = HashMap::new();
        let mut contested: HashMap<&ImagePath, Vec<Owner<'_>>> = HashMap::new();
        let mut directories = HashMap::new();
        for (at, (row, moved)) in rows.iter().zip(moved).enumerate() {
            let package = match side {
                Side::Left => row.left.as_ref(),
                Side::Right => row.right.as_ref(),
            };
            let Some(package) = package.filter(|package| package.owner.is_none()) else { continue };
            for file in &package.files {
                let owner = Owner { package, file, row: at, moved: *moved, by_source: false };
                if is_directory(&snapshot.image.tree, &file.path) {
                    if owner.moved && package.vouches() {
                        directories.insert(&file.path, owner);
                    }
                } else if let Some(first) = by_path.get(&file.path) {
                    contested.entry(&file.path).or_insert_with(|| vec![*first]).push(owner);
                } else {
                    by_path.insert(&file.path, owner);
                }
            }
        }
        let rewritten_alike = rewritten_alike(snapshot, by_path.values().chain(contested.values().flatten()));
        Self { by_path, directories, contested, rewritten_alike, snapshot }
    }

    /// Whether what is at the owner's path has the bytes that the layer has in which its package arrived.
    pub(super) fn is_from_arrival(&self, owner: &Owner<'_>, node: &Node) -> bool {
        node.file.layer == owner.package.layer || self.rewritten_alike.contains(&node.path)
    }

    /// Who owns each path that several packages claim.
    fn decided(&self, left: &Self) -> Vec<(&'a ImagePath, Owner<'a>)> {
        let decide = |(path, claims): (&&'a ImagePath, &Vec<Owner<'a>>)| {
            Some((*path, self.decide(path, claims, left.contested.get(path).map_or(&[], Vec::as_slice))?))
        };
        self.contested.iter().filter_map(decide).collect()
    }

    /// A package that did not move comes first, unless one that moved vouches for the bytes that are there and both listed
    /// the path before: of two packages that ship one file, the later one's bytes are there.
    fn decide(&self, path: &ImagePath, claims: &[Owner<'a>], on_left: &[Owner<'a>]) -> Option<Owner<'a>> {
        let by_rank =
            |claims: &mut dyn Iterator<Item = &Owner<'a>>| claims.min_by_key(|owner| owner.package.ecosystem).copied();
        let entry = self.snapshot.image.tree.get(path).map(|node| &node.file.entry);
        let unmoved = by_rank(&mut claims.iter().filter(|owner| !owner.moved));
        let vouches = |owner: &&Owner<'a>| owner.moved && entry.is_some_and(|entry| self.vouches(owner, entry));
        let vouching = by_rank(&mut claims.iter().filter(vouches));
        let was_listed = |owner: &Owner<'_>| on_left.iter().any(|before| before.row == owner.row);
        match (unmoved, vouching) {
            (Some(unmoved), Some(vouching)) if was_listed(&unmoved) && was_listed(&vouching) => Some(vouching),
            (Some(unmoved), _) => Some(unmoved),
            (None, vouching) => vouching.or_else(|| by_rank(&mut claims.iter())),
        }
    }

    /// A package that moved and lists the directory at `path`.
    pub(super) fn of_directory(&self, path: &ImagePath) -> Option<Owner<'a>> {
        self.directories.get(path).copied()
    }

    /// Who owns `path`.
    pub(super) fn of(&self, path: &ImagePath) -> Option<Owner<'a>> {
        self.by_path.get(path).copied()
    }

    /// The packages that claim `path`, where they are several.
    pub(super) fn claimants(&self, path: &ImagePath) -> &[Owner<'a>] {
        self.contested.get(path).map_or(&[], Vec::as_slice)
    }

    /// The packages of this side.
    pub(super) fn packages(&self) -> impl Iterator<Item = &'a Package> {
        self.snapshot.packages.iter().map(|package| &**package)
    }

    /// The squashed file system of this side.
    pub(super) fn tree(&self) -> &'a Tree {
        &self.snapshot.image.tree
    }

    /// What is known of the bytes of `entry`, which stands at `path`.
    pub(super) fn bytes(&self, path: &ImagePath, entry: &FileEntry) -> Bytes {
        let md5 = self.snapshot.md5_of(entry);
        let record = self.of(path).and_then(|owner| hashes::Record::of(owner.file, Some(entry), md5));
        Bytes { sha256: entry.sha256(), record }
    }

    /// Whether the owner's record, as it was when the package arrived, has the hash of these bytes.
    pub(super) fn vouches(&self, owner: &Owner<'_>, entry: &FileEntry) -> bool {
        owner.package.vouches() && self.record(owner, entry) == Record::Matches
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
    pub(super) fn label(&self) -> Arc<str> {
        self.package.label().into()
    }

    /// Whether dpkg may have given this package a file of `other`: it names it in `Replaces`.
    pub(super) fn takes_over(&self, other: &Owner<'_>) -> bool {
        let is_deb = [self.package, other.package].iter().all(|package| package.ecosystem == Ecosystem::Deb);
        is_deb && self.package.replaces.iter().any(|name| **name == *other.package.name)
    }
}

/// Paths that moved packages list without a hash, whose last layer is not the one in which the package arrived, although
/// that one has the same bytes or link: another layer changed their owner, mode or time.
fn rewritten_alike<'a, 'o>(
    snapshot: &'a Snapshot,
    claims: impl Iterator<Item = &'o Owner<'a>>,
) -> HashSet<&'a ImagePath>
where
    'a: 'o,
{
    let tree = &snapshot.image.tree;
    let late: HashMap<&ImagePath, u32> = claims
        .filter(|owner| owner.moved && owner.file.recorded == RecordedHash::None)
        .filter(|owner| tree.get(&owner.file.path).is_some_and(|node| node.file.layer != owner.package.layer))
        .map(|owner| (&owner.file.path, owner.package.layer))
        .collect();
    let mut alike = HashSet::new();
    for (number, layer) in (0_u32..).zip(&snapshot.image.layers).filter(|_| !late.is_empty()) {
        for entry in layer.entries.iter().filter(|entry| late.get(&entry.path) == Some(&number)) {
            let now = tree.get(&entry.path).map(|node| &node.file.entry);
            let is_alike =
                matches!(&entry.node, LayerNode::Inode(then) if now.is_some_and(|now| then.same_content(now)));
            if let Some((path, _)) = late.get_key_value(&entry.path).filter(|_| is_alike) {
                alike.insert(*path);
            }
        }
    }
    alike
}

/// For each row whether its package moved, in more than appearance.
fn moved(rows: &[PackageRow], configs: [&ImageConfig; 2]) -> Vec<bool> {
    let platforms = configs.map(|config| debian_architecture(&config.architecture));
    let only_seems = |row: &PackageRow| match (&row.left, &row.right) {
        (Some(left), Some(right)) => packages::only_seems_moved(left, right, platforms),
        _ => false,
    };
    rows.iter().map(|row| row.change.is_some() && !only_seems(row)).collect()
}

/// Debian's name of an architecture that Go names otherwise.
fn debian_architecture(go: &str) -> &str {
    match go {
        "386" => "i386",
        "arm" => "armhf",
        "ppc64le" => "ppc64el",
        same => same,
    }
}

fn is_directory(tree: &Tree, path: &ImagePath) -> bool {
    tree.get(path).is_some_and(|node| node.file.entry.kind == Kind::Directory)
}
