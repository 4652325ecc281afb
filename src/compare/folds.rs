//! Trees that moved as one thing, although no record vouches for any file of theirs: an interpreter that was built from
//! source, a database cluster. Their paths stay unexplained, each of them; a reader is shown one line.
//!
//! A fold is no proof, and says so. It holds only what such a tree has in every build of it: a file more, a path with an
//! alarm, a start-up file or a setting stays a line of its own.

mod postgresql;
mod python;

use super::{Drift, FileDrift, FileRow};
use crate::model::{Explanation, FileEntry, ImagePath, Kind};
use crate::snapshot::Snapshot;

/// Fewer paths are read faster than a summary of them.
const FEW: usize = 20;

/// Trees of one kind that are looked at; an image has one or two.
const MOST: usize = 8;

/// Unexplained paths that are shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// `Python 3.11.7 → 3.12.1 under /usr/local, built from source`. Not safe to show.
    pub name: String,
    /// Positions in [`FileDrift::rows`], ascending.
    pub rows: Vec<u32>,
}

impl Fold {
    /// What is not known of its paths.
    pub const DETAIL: &'static str = "no record vouches for them";
}

/// One tree that moved: what it is called, where it lies, and which paths below belong to every build of it.
struct Candidate {
    name: String,
    root: ImagePath,
    /// By the path's components below `root`.
    holds: Holds,
}

type Holds = Box<dyn Fn(&[&str], &FileRow) -> bool>;

/// The folds of a comparison, in order of where they lie.
pub(super) fn all(files: &FileDrift, left: &Snapshot, right: &Snapshot) -> Vec<Fold> {
    let mut candidates = python::candidates(files, left, right);
    candidates.truncate(MOST);
    candidates.extend(postgresql::candidates(left, right).into_iter().take(MOST));
    candidates.into_iter().filter_map(|candidate| fold(files, &candidate)).collect()
}

fn fold(files: &FileDrift, Candidate { name, root, holds }: &Candidate) -> Option<Fold> {
    let belongs = |row: &FileRow| {
        let below = row.path.as_bytes().strip_prefix(root.as_bytes()).and_then(|rest| std::str::from_utf8(rest).ok());
        let below = below.filter(|rest| root.is_root() || rest.starts_with('/'));
        below.is_some_and(|rest| holds(&rest.split('/').filter(|name| !name.is_empty()).collect::<Vec<_>>(), row))
    };
    let rows: Vec<u32> = files
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.drift.as_ref().is_some_and(is_foldable) && row.sides().all(|side| is_plain(&side.entry)))
        .filter(|(_, row)| belongs(row))
        .filter_map(|(at, _)| u32::try_from(at).ok())
        .collect();
    (rows.len() > FEW).then(|| Fold { name: name.clone(), rows })
}

fn is_foldable(drift: &Drift) -> bool {
    drift.explanation == Explanation::Unexplained && !drift.is_alarm() && drift.owner.is_none()
}

/// A file or directory that grants nothing, or a symlink that stays where it is.
fn is_plain(entry: &FileEntry) -> bool {
    match entry.kind {
        Kind::File | Kind::Directory => !entry.is_privileged(),
        Kind::Symlink => entry.link.as_deref().is_some_and(|link| !link.starts_with(b"/") && !link.starts_with(b"..")),
        _ => false,
    }
}

impl FileDrift {
    /// The fold that a row belongs to.
    #[must_use]
    pub fn fold_of(&self, row: u32) -> Option<&Fold> {
        self.folds.iter().find(|fold| fold.rows.binary_search(&row).is_ok())
    }

    /// How many paths less there are to read than differ, because folds stand for several.
    #[must_use]
    pub fn folded(&self) -> usize {
        self.folds.iter().map(|fold| fold.rows.len() - 1).sum()
    }
}

#[cfg(test)]
mod tests;
