//! Files that the bump changes and an app's own layers wrote over or deleted: there the bump does not arrive.

use std::collections::{BTreeMap, HashSet};

use super::Own;
use crate::compare::{DriftReport, FileRow};
use crate::image::LayerNode;
use crate::model::{Change, Explanation, ImagePath, Kind};

/// Rows that are kept; the rest is beyond what anybody reads.
const MAX_ROWS: usize = 20_000;

/// One path that an app touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub path: ImagePath,
    pub action: Action,
    /// Files below it that the bump changes, itself included.
    pub covers: usize,
    /// What the bump does to it, or to the first of those.
    pub change: Change,
    /// The package that owns it in the base: `deb:libc6`.
    pub owner: Option<String>,
    /// Position of the app's layer, and what made it.
    pub layer: usize,
    pub instruction: Option<String>,
}

/// What an app's layer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Overwrote,
    Deleted,
}

impl Action {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overwrote => "overwrote",
            Self::Deleted => "deleted",
        }
    }
}

/// What the app's own layers last did to each path that the bump changes. Files of packages that those layers brought are
/// left out: the package is told instead.
pub(super) fn files(own: &Own<'_>, drift: &DriftReport) -> Vec<Touched> {
    let brought: HashSet<&ImagePath> =
        own.packages().flat_map(|package| &package.files).map(|file| &file.path).collect();
    let rows = &drift.files.rows;
    let mut touched: BTreeMap<ImagePath, Touched> = BTreeMap::new();
    for (layer, index) in own.layers() {
        let mut note = |path: &ImagePath, action, rows: &[FileRow]| {
            let mut told = rows.iter().filter(|row| matters(row) && !brought.contains(&row.path)).peekable();
            let Some(first) = told.peek().and_then(|row| row.drift.as_ref()) else { return };
            let (change, owner) = (first.change, first.owner.as_deref().map(str::to_owned));
            if touched.len() < MAX_ROWS || touched.contains_key(path) {
                let (covers, instruction) = (told.count(), own.instruction(layer));
                let row = Touched { path: path.clone(), action, covers, change, owner, layer, instruction };
                touched.insert(path.clone(), row);
            }
        };
        let hidden = index.entries.iter().filter(|entry| matches!(entry.node, LayerNode::Whiteout | LayerNode::Opaque));
        let hidden: HashSet<&ImagePath> = hidden.map(|entry| &entry.path).collect();
        for path in &hidden {
            // What lies in a hidden directory is counted with it, once.
            let is_inside =
                std::iter::successors(path.parent(), ImagePath::parent).any(|above| hidden.contains(&above));
            if !is_inside {
                note(path, Action::Deleted, at_and_below(rows, path));
            }
        }
        for entry in &index.entries {
            let is_file = match &entry.node {
                LayerNode::Inode(inode) => inode.kind != Kind::Directory,
                LayerNode::Hardlink { .. } => true,
                LayerNode::Whiteout | LayerNode::Opaque => false,
            };
            let row = drift.files.position(&entry.path).filter(|_| is_file).and_then(|at| rows.get(at as usize));
            if let Some(row) = row {
                note(&entry.path, Action::Overwrote, std::slice::from_ref(row));
            }
        }
    }
    touched.into_values().collect()
}

/// Whether it matters that the app has its own say about a path: not for directories, which every layer names on the way
/// to a file, nor for what each build writes anew.
fn matters(row: &FileRow) -> bool {
    const STATE: [&[u8]; 4] = [b"var/lib/dpkg/", b"var/lib/apt/", b"var/cache/", b"var/log/"];
    let explained = row.drift.as_ref().map(|drift| drift.explanation);
    let is_told = matches!(
        explained,
        Some(Explanation::Unexplained | Explanation::SameVersion | Explanation::Package | Explanation::Metadata)
    );
    is_told
        && row.sides().all(|side| side.entry.kind != Kind::Directory)
        && !STATE.iter().any(|state| row.path.as_bytes().starts_with(state))
}

/// The row of a path and those below it. Siblings such as `usr-x` sort between `usr` and `usr/`, so these are two places;
/// one slice is returned: of a directory what is below, of anything else itself.
fn at_and_below<'a>(rows: &'a [FileRow], path: &ImagePath) -> &'a [FileRow] {
    let mut prefix = path.as_bytes().to_vec();
    if !path.is_root() {
        prefix.push(b'/');
    }
    let start = rows.partition_point(|row| row.path.as_bytes() < prefix.as_slice());
    let rest = rows.get(start..).unwrap_or_default();
    let below = rest.get(..rest.partition_point(|row| row.path.as_bytes().starts_with(&prefix))).unwrap_or_default();
    if !below.is_empty() {
        return below;
    }
    match rows.binary_search_by(|row| row.path.cmp(path)) {
        Ok(at) => rows.get(at..=at).unwrap_or_default(),
        Err(_) => &[],
    }
}
