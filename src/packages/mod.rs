//! Installed packages: one cataloger per ecosystem, and the order of their versions.

mod dpkg;
pub mod locks;
mod movement;
mod pairing;
mod places;
mod python;
#[cfg(test)]
mod testing;
mod unread;
mod written;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::image::{Image, Node, Tree};
use crate::model::{Ecosystem, Gap, GapKind, ImagePath, Kind, OwnedFile, Package, Reach, text};

pub use dpkg::{Diversions, Excluded, changelog, preferences};
pub use movement::{Jump, compare_versions, jump, movement, only_seems_moved};
pub use pairing::{Pair, location_key, pair};
pub use python::bytecode::{is_place_of, source_of, source_replaced_by};
pub use python::site;
pub use python::{exact_requirements, interpreter, marker_holds, python_key, recorded_rows};

/// How one ecosystem's packages are found and ordered.
pub struct Cataloger {
    pub ecosystem: Ecosystem,
    /// Which files' bytes [`Cataloger::run`] needs. Asked for every file of an image, so it must be cheap.
    pub wants: fn(&ImagePath) -> bool,
    /// Finds the installed packages; what cannot be read becomes a warning.
    pub run: fn(&Image, &Owners<'_>, &mut Vec<String>) -> Vec<Package>,
    /// What of its records could not be read, now that these are its packages.
    pub gaps: fn(&Image, &[&Package]) -> Vec<Gap>,
    /// Orders two versions by the ecosystem's rules.
    pub compare: fn(&str, &str) -> Ordering,
    /// Splits a version into the parts that tell how far it moved.
    pub parts: fn(&str) -> VersionParts<'_>,
}

/// All ecosystems. The ones whose packages may own other ecosystems' packages come first.
pub const CATALOGERS: &[Cataloger] = &[dpkg::CATALOGER, python::CATALOGER];

/// The most packages read of one ecosystem, and the most files of all of them: far beyond any real image.
const MAX_PACKAGES: usize = 100_000;
const MAX_FILES: usize = 2_000_000;

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

/// What is not known of the packages of an image: files and records that could not be read, and databases that no cataloger
/// reads.
#[must_use]
pub fn gaps(image: &Image, packages: &[Arc<Package>]) -> Vec<Gap> {
    let mut gaps = unread::gaps(image, packages);
    for cataloger in CATALOGERS {
        let of_it = packages.iter().map(AsRef::as_ref).filter(|package| package.ecosystem == cataloger.ecosystem);
        gaps.extend((cataloger.gaps)(image, &of_it.collect::<Vec<_>>()));
    }
    gaps.extend(not_kept(&image.tree));
    let is_of_system = |gap: &Gap| gap.what == GapKind::Database && gap.reach == Reach::Everything;
    let knows_system = packages.iter().any(|package| package.ecosystem == Ecosystem::Deb);
    if !knows_system && !gaps.iter().any(is_of_system) {
        gaps.extend(no_database(&image.tree));
    }
    gaps
}

/// Files that a cataloger asks for and that were larger than what is kept.
fn not_kept(tree: &Tree) -> Option<Gap> {
    let is_file = |node: &&Node| node.bytes.is_none() && node.file.entry.kind == Kind::File;
    let files: Vec<&Node> = tree.nodes().iter().filter(is_file).filter(|node| wants(&node.path)).collect();
    let why = format!("files that packages are read from are larger than what is kept: {}", files.len());
    let gap = || Gap::new(GapKind::Content, why).at(files.iter().map(|node| node.path.to_absolute()));
    (!files.is_empty()).then(gap)
}

/// A distribution's image without any database of its packages.
fn no_database(tree: &Tree) -> Option<Gap> {
    let paths = ["etc/os-release", "usr/lib/os-release"].map(|path| ImagePath::parse(path.as_bytes()));
    let named = paths.into_iter().flatten().find(|path| tree.resolve(path).is_some())?;
    let why = format!("no database of the system's packages was found, though {named} names a distribution");
    Some(Gap::new(GapKind::Database, why).at([named.to_absolute()]))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What real files are made of, so that random contents reach deep into the parsers.
    fn scraps() -> impl Strategy<Value = Vec<u8>> {
        let scrap = prop::sample::select(vec![
            &b"Package: a"[..],
            b"Version: 1",
            b"Status: hold ok",
            b"Source: x (",
            b"Conffiles:",
            b" /etc/x ",
            b"\n",
            b"\n\n",
            b"\r\n",
            b"/",
            b"..",
            b"/usr/lib/x",
            b"d41d8cd98f00b204e9800998ecf8427e  ",
            b"\\",
            b"\"",
            b",",
            b"sha256=",
            b"zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg",
            b"Name: n",
            b"{\"url\":",
            b"[console_scripts]",
            b"=",
            b"\0",
            b"\xff",
        ]);
        prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
    }

    proptest! {
        #[test]
        fn no_contents_break_the_catalogers(contents in prop::collection::vec(scraps(), 12)) {
            let paths = [
                "var/lib/dpkg/status", "var/lib/dpkg/status.d/a", "var/lib/dpkg/status.d/a.md5sums", "var/lib/dpkg/diversions",
                "var/lib/dpkg/info/a.list", "var/lib/dpkg/info/a.md5sums", "var/lib/apt/extended_states",
                "site-packages/n.dist-info/METADATA", "site-packages/n.dist-info/RECORD",
                "site-packages/n.dist-info/direct_url.json", "site-packages/n.dist-info/entry_points.txt",
                "site-packages/n.egg-link",
            ];
            let files = paths.iter().map(|path| (*path).to_owned()).zip(contents).collect();
            let image = testing::of_bytes(&[files]);
            let packages = catalog(&image, &mut Vec::new());
            for package in &packages {
                prop_assert!(package.files.is_sorted_by(|a, b| a.path < b.path), "{:?}", package.files);
            }
            let packages: Vec<_> = packages.into_iter().map(std::sync::Arc::new).collect();
            let moved = pair(&packages, &packages).iter().filter(|(left, right)| match (left, right) {
                (Some(left), Some(right)) => movement(left, right).is_some(),
                _ => true,
            }).count();
            prop_assert_eq!(moved, 0, "an image does not differ from itself");
        }
    }
}
