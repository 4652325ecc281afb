//! Libraries of the base that an app's own files are linked to.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Own;
use crate::compare::{DriftReport, PackageRow};
use crate::image::{Node, Tree};
use crate::model::{ImagePath, Kind, Package};
use crate::snapshot::Snapshot;

/// The largest file whose links are read.
const MAX_BYTES: u64 = 64 << 20;
/// Files whose links are read.
const MAX_FILES: usize = 20_000;
/// Libraries that are told of.
const MAX_LIBRARIES: usize = 2_000;

/// What one of the app's own files asks the loader for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    pub path: ImagePath,
    /// Sonames, as `DT_NEEDED` writes them.
    pub needed: Vec<String>,
}

/// A library of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    pub soname: String,
    /// Where the old base has it.
    pub path: ImagePath,
    pub state: LibraryState,
    /// The package that owns it: `deb:libssl3`; and its versions in the old and in the new base.
    pub package: Option<String>,
    pub old: Option<String>,
    pub new: Option<String>,
    /// The app's files that ask for it, in order of path.
    pub users: Vec<ImagePath>,
}

/// What the bump does to a library. The most alarming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LibraryState {
    /// The new base has no library of that name.
    Gone,
    /// Another version under the same name.
    Moved,
}

impl LibraryState {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Moved => "moved",
        }
    }
}

/// The app's own files whose links are to be read: shared objects, as they stand in the image. The second list says what
/// is left out.
#[must_use]
pub fn to_read(app: &Snapshot, from: usize) -> (Vec<&Node>, Vec<String>) {
    let own = Own { app, from };
    let mut warnings = Vec::new();
    let mut nodes: Vec<&Node> = objects(&own).filter(|node| node.file.entry.size > 0).collect();
    let large = nodes.iter().filter(|node| node.file.entry.size > MAX_BYTES).count();
    if large > 0 {
        warnings.push(format!("{large} libraries of more than {} MiB were not looked into", MAX_BYTES >> 20));
    }
    nodes.retain(|node| node.file.entry.size <= MAX_BYTES);
    if nodes.len() > MAX_FILES {
        warnings.push(format!("of {} libraries {MAX_FILES} were looked into", nodes.len()));
        nodes.truncate(MAX_FILES);
    }
    (nodes, warnings)
}

fn objects<'a>(own: &Own<'a>) -> impl Iterator<Item = &'a Node> + use<'a> {
    let from = own.from;
    let nodes = own.app.image.tree.nodes().iter();
    let of_own = nodes.filter(move |node| node.file.layer as usize >= from && node.file.entry.kind == Kind::File);
    of_own.filter(|node| is_object(node.path.file_name()))
}

/// `libx.so`, `libx.so.3.1`, `x.cpython-311-x86_64-linux-gnu.so`.
fn is_object(name: &[u8]) -> bool {
    let ends = |name: &[u8]| name.ends_with(b".so");
    let versioned = name.windows(4).rposition(|part| part == b".so.").and_then(|at| name.get(at + 4..));
    ends(name) || versioned.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// The libraries that moved or are gone, by state and soname.
pub(super) fn libraries(
    own: &Own<'_>,
    linked: &[Linked],
    [old, new]: [&Snapshot; 2],
    drift: &DriftReport,
) -> Vec<Library> {
    let mut users: BTreeMap<&str, Vec<&ImagePath>> = BTreeMap::new();
    for file in linked {
        for soname in &file.needed {
            users.entry(soname).or_default().push(&file.path);
        }
    }
    let app = &own.app.image.tree;
    // Wheels bring libraries of their own, beside the files that ask for them.
    let bundled: HashSet<&[u8]> = objects(own).map(|node| node.path.file_name()).collect();
    let in_app = Directories::of(app);
    let [in_old, in_new] = [old, new].map(|base| Directories::of(&base.image.tree));
    let owners = Owners::of(drift);
    let mut found = Vec::new();
    for (soname, users) in users {
        if found.len() == MAX_LIBRARIES || soname.contains('/') || bundled.contains(soname.as_bytes()) {
            continue;
        }
        if in_app.find(soname).is_none_or(|node| own.has(node.file.layer)) {
            continue;
        }
        // An app on another base may have what the old one has not: that is no doing of the bump.
        let Some(node) = in_old.find(soname) else { continue };
        let row = owners.row(&node.path);
        let state = match in_new.find(soname) {
            None => LibraryState::Gone,
            Some(_) if row.is_some_and(|row| row.change.is_some()) => LibraryState::Moved,
            Some(there) if !there.file.entry.same_content(&node.file.entry) => LibraryState::Moved,
            Some(_) => continue,
        };
        let version = |package: Option<&Package>| package.map(|package| package.version.clone());
        found.push(Library {
            soname: soname.to_owned(),
            path: node.path.clone(),
            state,
            package: row.and_then(PackageRow::either).map(|package| package.label()),
            old: version(row.and_then(|row| row.left.as_deref())),
            new: version(row.and_then(|row| row.right.as_deref())),
            users: users.into_iter().cloned().collect(),
        });
    }
    found.sort_by_key(|library| library.state);
    found
}

/// The rows of the old base's packages, by the files they own.
struct Owners<'a>(HashMap<&'a ImagePath, &'a PackageRow>);

impl<'a> Owners<'a> {
    fn of(drift: &'a DriftReport) -> Self {
        let rows = drift.packages.iter().filter_map(|row| Some((row, row.left.as_deref()?)));
        Self(rows.flat_map(|(row, package)| package.files.iter().map(move |file| (&file.path, row))).collect())
    }

    fn row(&self, path: &ImagePath) -> Option<&'a PackageRow> {
        self.0.get(path).copied()
    }
}

/// Where the loader looks without being told (ld.so(8), and Debian's directories of each architecture).
struct Directories<'a> {
    tree: &'a Tree,
    paths: Vec<ImagePath>,
}

impl<'a> Directories<'a> {
    fn of(tree: &'a Tree) -> Self {
        const PLAIN: [&[u8]; 6] = [b"usr/local/lib", b"lib", b"usr/lib", b"lib64", b"usr/lib64", b"lib32"];
        let mut paths = Vec::new();
        for plain in PLAIN.iter().filter_map(|plain| ImagePath::parse(plain).ok()) {
            let is_triplet = |node: &&Node| {
                let name = node.path.file_name();
                name.windows(7).any(|part| part == b"-linux-") && !name.starts_with(b".")
            };
            paths.extend(tree.children(&plain).filter(is_triplet).map(|node| node.path.clone()));
            paths.push(plain);
        }
        Self { tree, paths }
    }

    fn find(&self, soname: &str) -> Option<&'a Node> {
        let places = self.paths.iter().filter_map(|path| path.join(soname.as_bytes()).ok());
        places.filter_map(|path| self.tree.resolve(&path)).find(|node| node.file.entry.kind == Kind::File)
    }
}
