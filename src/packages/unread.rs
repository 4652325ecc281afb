//! Package databases that no cataloger reads: where they are, so that an image which has one is not taken for one without
//! packages. A row goes when its ecosystem is read.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::image::{Image, LayerNode, Node, Tree};
use crate::model::{Gap, GapKind, ImagePath, Kind, Package, Reach};

/// One ecosystem's database.
struct Database {
    /// As a sentence starts that tells of it.
    what: &'static str,
    /// Files that are it, or hold one package each: components, of which one may start or end with `*`.
    files: &'static [&'static str],
    place: Place,
}

/// Where a database may be, and which files its packages may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// One for the whole system, at exactly these paths.
    System,
    /// In any directory: its packages are beside the first component, as a conda prefix's are.
    Beside,
    /// In any directory: its packages are in the first component, as npm's are.
    Within,
}

/// Paths as the package managers have them compiled in: apk `database.c`, rpm `macros.in` and the distributions' moves of it
/// (`/usr/lib/sysimage`, `/usr/share`), Azure Linux's manifest of images without a database, chisel `slicer.go`, libalpm,
/// opkg, Portage, XBPS; conda `PrefixData`, npm's `node_modules`, the Nix store.
const DATABASES: &[Database] = &[
    Database {
        what: "apk's database",
        files: &["lib/apk/db/installed", "usr/lib/apk/db/installed"],
        place: Place::System,
    },
    Database {
        what: "rpm's database",
        files: &[
            "var/lib/rpm/Packages",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/Packages",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            "usr/share/rpm/Packages",
            "usr/share/rpm/Packages.db",
            "usr/share/rpm/rpmdb.sqlite",
            "var/lib/rpmmanifest/container-manifest-2",
        ],
        place: Place::System,
    },
    Database { what: "chisel's manifest", files: &["var/lib/chisel/manifest.wall"], place: Place::System },
    Database { what: "pacman's database", files: &["var/lib/pacman/local/*/desc"], place: Place::System },
    Database { what: "opkg's database", files: &["usr/lib/opkg/status", "var/lib/opkg/status"], place: Place::System },
    Database { what: "Portage's database", files: &["var/db/pkg/*/*/CONTENTS"], place: Place::System },
    Database { what: "XBPS' database", files: &["var/db/xbps/pkgdb-*"], place: Place::System },
    Database { what: "Nix's store", files: &["nix/store/*"], place: Place::System },
    Database { what: "conda's database", files: &["conda-meta/*.json"], place: Place::Beside },
    Database {
        what: "npm's database",
        files: &["node_modules/.package-lock.json", "node_modules/*/package.json", "node_modules/@*/*/package.json"],
        place: Place::Within,
    },
];

/// What was found of one database in one directory.
struct Found {
    first: ImagePath,
    /// Files that hold one package each.
    packages: usize,
}

/// The databases of `image` that were not read, and those that an upper layer deleted.
pub(super) fn gaps(image: &Image, packages: &[Arc<Package>]) -> Vec<Gap> {
    let mut gaps = deleted(image);
    for (database, roots) in DATABASES.iter().zip(find(&image.tree, packages)) {
        gaps.extend(roots.iter().map(|(root, found)| unread(database, root, found)));
    }
    gaps
}

fn unread(database: &Database, root: &ImagePath, Found { first, packages }: &Found) -> Gap {
    let what = database.what;
    let (why, at) = match packages {
        0 | 1 => (format!("{what} {first} is not read"), first),
        more => (format!("{what} in {root} is not read: {more} packages"), root),
    };
    let reach = match database.place {
        Place::System => Reach::Everything,
        Place::Beside => root.parent().map_or(Reach::Everything, Reach::Below),
        Place::Within => Reach::Below(root.clone()),
    };
    Gap::new(GapKind::Database, why).at([at.to_absolute()]).reaching(reach)
}

/// What there is of each database, by the directory that holds it. Files of a package that is known are no package of their
/// own.
fn find(tree: &Tree, packages: &[Arc<Package>]) -> Vec<BTreeMap<ImagePath, Found>> {
    let mut owned: Option<HashSet<&ImagePath>> = None;
    let files = || packages.iter().flat_map(|package| &package.files).map(|file| &file.path).collect();
    let mut found: Vec<BTreeMap<ImagePath, Found>> = DATABASES.iter().map(Database::behind_links(tree)).collect();
    for node in tree.nodes().iter().filter(|node| holds_something(node)) {
        for (database, found) in DATABASES.iter().zip(&mut found) {
            let Some((file, root)) = database.holds(node) else { continue };
            if owned.get_or_insert_with(files).contains(&node.path) {
                continue;
            }
            let found = found.entry(root).or_insert_with(|| Found { first: node.path.clone(), packages: 0 });
            found.packages += usize::from(file.contains('*'));
        }
    }
    found
}

fn holds_something(node: &Node) -> bool {
    node.file.entry.kind != Kind::File || node.file.entry.size > 0
}

impl Database {
    /// The files of the whole system's database that stand where a symlink leads, by the directory that they stand in.
    fn behind_links(tree: &Tree) -> impl Fn(&Self) -> BTreeMap<ImagePath, Found> {
        |database| {
            let end = |file: &&str| tree.resolve(&ImagePath::parse(file.as_bytes()).ok()?);
            let ends = database.exact().filter_map(|file| end(&file));
            let ends = ends.filter(|node| node.file.entry.kind == Kind::File && holds_something(node));
            ends.filter_map(|node| Some((node.path.parent()?, Found { first: node.path.clone(), packages: 0 })))
                .collect()
        }
    }

    /// The paths of the whole system's database that are files by themselves.
    fn exact(&self) -> impl Iterator<Item = &'static str> {
        let files = if self.place == Place::System { self.files } else { &[] };
        files.iter().copied().filter(|file| !file.contains('*'))
    }

    /// By which of its files, and in which directory, what stands at a path belongs to this database.
    fn holds(&self, node: &Node) -> Option<(&'static str, ImagePath)> {
        let path = &node.path;
        // Most paths are none: the last component tells soonest.
        let name = path.file_name();
        let may_be = |file: &&str| file.rsplit('/').next().is_some_and(|last| fits_name(last.as_bytes(), name));
        let is_kind = |file: &&str| node.file.entry.kind == Kind::File || file.ends_with("/*");
        let fits = |file: &&str| {
            let skipped = match self.place {
                Place::System => Some(0),
                Place::Beside | Place::Within => path.components().count().checked_sub(file.split('/').count()),
            };
            skipped.is_some_and(|skipped| fits(file, path.components().skip(skipped)))
        };
        let file = self.files.iter().copied().filter(may_be).filter(is_kind).find(fits)?;
        let root = if self.place == Place::System { path.parent() } else { outermost(path, file.split('/').next()?) };
        Some((file, root?))
    }
}

/// The path up to the first component of this name.
fn outermost(path: &ImagePath, name: &str) -> Option<ImagePath> {
    let above = path.components().position(|part| part == name.as_bytes())?;
    let parts: Vec<&[u8]> = path.components().take(above + 1).collect();
    ImagePath::parse(&parts.join(&b'/')).ok()
}

fn fits<'a>(pattern: &str, mut path: impl Iterator<Item = &'a [u8]>) -> bool {
    pattern.split('/').all(|part| path.next().is_some_and(|name| fits_name(part.as_bytes(), name)))
        && path.next().is_none()
}

fn fits_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.strip_prefix(b"*"), pattern.strip_suffix(b"*")) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

/// Databases of the whole system that a lower layer has and the image has not, or has empty.
fn deleted(image: &Image) -> Vec<Gap> {
    let exact: Vec<(&Database, &str)> =
        DATABASES.iter().flat_map(|database| database.exact().map(move |file| (database, file))).collect();
    let mut had = vec![false; exact.len()];
    for entry in image.layers.iter().flat_map(|layer| &layer.entries) {
        let LayerNode::Inode(inode) = &entry.node else { continue };
        for ((_, file), had) in exact.iter().zip(&mut had) {
            *had |= inode.size > 0 && inode.kind == Kind::File && entry.path.as_bytes() == file.as_bytes();
        }
    }
    let is_there = |file: &str| {
        let path = ImagePath::parse(file.as_bytes()).ok();
        path.and_then(|path| image.tree.resolve(&path)).is_some_and(|node| node.file.entry.size > 0)
    };
    let lost = exact.into_iter().zip(had).filter(|((_, file), had)| *had && !is_there(file));
    lost.map(|((database, file), _)| {
        let why = format!("{} /{file} was deleted by an upper layer", database.what);
        Gap::new(GapKind::Database, why).at([format!("/{file}")])
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{image, layered};
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, Reach)> {
        let image = image(files);
        gaps(&image, &[]).into_iter().map(|gap| (gap.why, gap.reach)).collect()
    }

    fn whys(files: &[(&str, &str)]) -> Vec<String> {
        found(files).into_iter().map(|(why, _)| why).collect()
    }

    #[test]
    fn every_row_is_found_where_its_manager_keeps_it() {
        for database in DATABASES {
            for file in database.files {
                let path = file.replace("@*", "@scope").replace('*', "x");
                let path = if database.place == Place::System { path } else { format!("srv/app/{path}") };
                let whys = whys(&[(&path, "{}")]);
                assert_eq!(whys.len(), 1, "{path}: {whys:?}");
                assert!(whys[0].starts_with(database.what) && whys[0].contains(&format!("/{path}")), "{whys:?}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let lookalikes = [
            ("srv/lib/apk/db/installed", "P:x"),
            ("lib/apk/db/installed.old", "P:x"),
            ("lib/apk/db/triggers", "x"),
            ("var/lib/rpm/rpmdb.sqlite-shm", "x"),
            ("opt/conda/conda-meta/history", "x"),
            ("app/package.json", "{}"),
            ("app/node_modules/.bin/tsc", "x"),
            ("app/node_modules/a/lib/package.json", "{}"),
            ("var/lib/rpm/Packages", ""),
        ];
        assert_eq!(whys(&lookalikes), [] as [&str; 0]);
    }

    #[test]
    fn packages_of_one_tree_are_one_gap_with_their_number() {
        let node = [
            ("app/node_modules/.package-lock.json", "{}"),
            ("app/node_modules/a/package.json", "{}"),
            ("app/node_modules/a/node_modules/@b/c/package.json", "{}"),
            ("opt/x/node_modules/d/package.json", "{}"),
        ];
        let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
        assert_eq!(
            found(&node),
            [
                (
                    "npm's database in /app/node_modules is not read: 2 packages".to_owned(),
                    Reach::Below(path("app/node_modules"))
                ),
                (
                    "npm's database /opt/x/node_modules/d/package.json is not read".to_owned(),
                    Reach::Below(path("opt/x/node_modules"))
                ),
            ]
        );
        let conda = [("opt/conda/conda-meta/a-1-0.json", "{}"), ("opt/conda/conda-meta/b-1-0.json", "{}")];
        let expected = "conda's database in /opt/conda/conda-meta is not read: 2 packages".to_owned();
        assert_eq!(found(&conda), [(expected, Reach::Below(path("opt/conda")))]);
    }

    #[test]
    fn a_database_that_was_deleted_or_stands_behind_a_link_is_missed() {
        let emptied = layered(&[&[("lib/apk/db/installed", "P:x")], &[("lib/apk/db/installed", "")]]);
        let whys: Vec<_> = gaps(&emptied, &[]).into_iter().map(|gap| gap.why).collect();
        assert_eq!(whys, ["apk's database /lib/apk/db/installed was deleted by an upper layer"]);
        let linked = image(&[("lib/apk", "-> ../opt/apk"), ("opt/apk/db/installed", "P:x")]);
        assert_eq!(gaps(&linked, &[])[0].why, "apk's database /opt/apk/db/installed is not read");
    }
}
