//! What can be said of a path that nothing accounts for.

use std::collections::HashMap;

use super::super::Drift;
use super::{Explainer, Row};
use crate::image::{Image, LayerNode};
use crate::model::{Explanation, FileEntry, ImagePath, RecordedHash, Role};

impl<'a> Explainer<'a> {
    /// The last row of the table, with the most telling reason that the other rows did not hold.
    pub(super) fn unexplained(&self, row: &Row<'a>) -> Drift {
        let detail = row
            .privilege_gained()
            .map(str::to_owned)
            .or_else(|| self.absence(row))
            .or_else(|| self.broken_derivation(row))
            .or_else(|| self.switched(row))
            .or_else(|| compiled_code(row))
            .or_else(|| self.of_owner(row))
            .unwrap_or_else(|| {
                let executable = if row.entries().any(FileEntry::is_executable) { "; executable" } else { "" };
                let reached = self.reached(row.path()).map(|reason| format!("; {reason}")).unwrap_or_default();
                format!("no package lists it{executable}{reached}")
            });
        row.drift(Explanation::Unexplained, detail)
    }

    /// One side's compiled code is run, the other's is not.
    fn switched(&self, row: &Row<'a>) -> Option<String> {
        let words = "its header names the source that stands there on one side only: Python runs that one";
        self.is_switched(row).then(|| words.to_owned())
    }

    /// One side lacks a file that its package lists.
    fn absence(&self, row: &Row<'a>) -> Option<String> {
        let path = row.path();
        if row.right.is_none() {
            let owner = self.right_owners.of(path)?.package.label();
            let by = self.right_whiteouts.above(path);
            return Some(match by {
                Some(layer) => format!("deleted by layer {layer}, although {owner} lists it"),
                None => format!("absent, although {owner} lists it"),
            });
        }
        let owner = self.left_owners.of(path).filter(|_| row.left.is_none())?.package.label();
        Some(format!("{owner} lists it, but the left image lacks it"))
    }

    /// A package lists the file, but does not account for how it differs.
    fn of_owner(&self, row: &Row<'a>) -> Option<String> {
        let (left, right) = self.owners(row.path());
        let owner = right.or(left)?;
        let name = owner.package.label();
        Some(match (owner.moved, left.is_some() && right.is_some()) {
            _ if owner.file.role == Role::Unlisted => {
                format!("beside the metadata of {name}, whose RECORD does not name it")
            }
            _ if owner.file.recorded == RecordedHash::None && self.ever_hashed(owner.row) => {
                format!("{name} lists it without a hash")
            }
            (true, _) => format!("{name} moved, but does not account for it"),
            (false, true) => format!("{name} did not move"),
            (false, false) => format!("{name} lists it on one side only, and did not move"),
        })
    }

    /// The file is usually derived from something, but not this time.
    fn broken_derivation(&self, row: &Row<'a>) -> Option<String> {
        let derived = self.rules.generated(row.path()).find_map(|rule| match rule.proof {
            None => Some(format!("{}, but none of its inputs moved", rule.about.cause)),
            Some(prover) => self.prove(prover, row)?.err(),
        });
        derived.filter(|_| row.is_inert_file())
    }
}

/// Compiled Python that names the same source on both sides.
pub(super) fn compiled_code(row: &Row<'_>) -> Option<String> {
    let (left, right) = row.both()?;
    let header = |entry: &FileEntry| entry.content.as_ref()?.pyc;
    (header(left)? == header(right)?).then(|| "compiled code differs behind an equal header".to_owned())
}

/// What the layers of one image delete.
pub(super) struct Whiteouts<'a>(HashMap<&'a ImagePath, usize>);

impl<'a> Whiteouts<'a> {
    pub(super) fn new(image: &'a Image) -> Self {
        let layers = image.layers.iter().enumerate();
        let entries = layers.flat_map(|(at, layer)| layer.entries.iter().map(move |entry| (at, entry)));
        let deleting = entries.filter(|(_, entry)| matches!(entry.node, LayerNode::Whiteout | LayerNode::Opaque));
        Self(deleting.map(|(at, entry)| (&entry.path, at)).collect())
    }

    /// The layer that deletes `path` or a directory it is in.
    fn above(&self, path: &ImagePath) -> Option<usize> {
        let mut path = Some(path.clone());
        while let Some(here) = path {
            if let Some(layer) = self.0.get(&here) {
                return Some(*layer);
            }
            path = here.parent();
        }
        None
    }
}
