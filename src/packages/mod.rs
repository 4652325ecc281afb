//! Installed packages: one cataloger per ecosystem, and the order of their versions.

mod dpkg;
mod movement;
mod pairing;
mod places;
mod python;
#[cfg(test)]
mod testing;

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::image::{Image, Tree};
use crate::model::{Ecosystem, ImagePath, Kind, OwnedFile, Package, text};

pub use movement::{Jump, compare_versions, jump, movement};
pub use pairing::{Pair, location_key, pair};

/// How one ecosystem's packages are found and ordered.
pub struct Cataloger {
    pub ecosystem: Ecosystem,
    /// Which files' bytes [`Cataloger::run`] needs. Asked for every file of an image, so it must be cheap.
    pub wants: fn(&ImagePath) -> bool,
    /// Finds the installed packages; what cannot be read becomes a warning.
    pub run: fn(&Image, &Owners<'_>, &mut Vec<String>) -> Vec<Package>,
    /// Orders two versions by the ecosystem's rules.
    pub compare: fn(&str, &str) -> Ordering,
    /// Splits a version into the parts that tell how far it moved.
    pub parts: fn(&str) -> VersionParts<'_>,
}

/// All ecosystems. The ones whose packages may own other ecosystems' packages come first.
pub const CATALOGERS: &[Cataloger] = &[dpkg::CATALOGER, python::CATALOGER];

/// The most packages read of one ecosystem, and the most files of one package: far beyond any real image.
const MAX_PACKAGES: usize = 100_000;
const MAX_FILES: usize = 1_000_000;

/// A version's parts, from the one whose change means most to the one whose change means least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionParts<'a> {
    /// Empty when not written, which means 0.
    pub epoch: &'a str,
    /// The dotted numbers that upstream chose: major, minor and so on.
    pub release: &'a str,
    /// What distributors, pre-releases and post-releases add.
    pub revision: &'a str,
    /// Counts builds of one and the same source.
    pub rebuild: &'a str,
}

/// Which package owns a path, among those found by the catalogers that ran before.
pub struct Owners<'a>(HashMap<&'a ImagePath, &'a Package>);

impl<'a> Owners<'a> {
    fn of(packages: &'a [Package]) -> Self {
        Self(packages.iter().flat_map(|package| package.files.iter().map(move |file| (&file.path, package))).collect())
    }

    /// The label (`deb:python3-pip`) of the package that owns `path`.
    #[must_use]
    pub fn label(&self, path: &ImagePath) -> Option<String> {
        self.0.get(path).map(|package| package.label())
    }
}

/// Whether any cataloger needs the bytes of the file at `path`.
#[must_use]
pub fn wants(path: &ImagePath) -> bool {
    CATALOGERS.iter().any(|cataloger| (cataloger.wants)(path))
}

/// All installed packages of an image; what could not be read is added to `warnings`.
pub fn catalog(image: &Image, warnings: &mut Vec<String>) -> Vec<Package> {
    let mut packages = Vec::new();
    for cataloger in CATALOGERS {
        let found = (cataloger.run)(image, &Owners::of(&packages), warnings);
        packages.extend(found);
    }
    packages
}

/// Bytes of the regular files among `files`, as they stand in the image.
fn size_of(tree: &Tree, files: &[OwnedFile]) -> u64 {
    let entries = files.iter().filter_map(|file| tree.get(&file.path)).map(|node| &node.file.entry);
    entries.filter(|entry| entry.kind == Kind::File).fold(0, |sum, entry| sum.saturating_add(entry.size))
}

/// Text out of a package's metadata: as it is where it is UTF-8, else with the other bytes as `\xNN`.
fn to_text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| text::visible_bytes(bytes), str::to_owned)
}
