//! In which layer each distribution arrived: the metadata that successive layers hold, compared.

use std::collections::{HashMap, HashSet};

use crate::image::{Image, LayerNode};
use crate::model::{Digest, ImagePath};

/// What the layers did to the files that say which distributions are installed.
pub(super) struct Arrivals<'a> {
    /// Of each such file the layers that wrote it, from the bottom, and the bytes; `None` for what is no regular file.
    written: HashMap<&'a ImagePath, Vec<(u32, Option<Digest>)>>,
    /// What each layer that deletes anything deletes, from the bottom.
    deleted: Vec<(u32, HashSet<&'a ImagePath>)>,
}

impl<'a> Arrivals<'a> {
    /// `is_marker` holds for the files that say that a distribution is installed.
    pub(super) fn new(image: &'a Image, is_marker: impl Fn(&ImagePath) -> bool) -> Self {
        let mut written: HashMap<&ImagePath, Vec<_>> = HashMap::new();
        let mut deleted = Vec::new();
        for (number, layer) in (0_u32..).zip(&image.layers) {
            let mut gone = HashSet::new();
            for entry in &layer.entries {
                match &entry.node {
                    LayerNode::Inode(file) if is_marker(&entry.path) => {
                        written.entry(&entry.path).or_default().push((number, file.sha256()));
                    }
                    LayerNode::Whiteout | LayerNode::Opaque => {
                        gone.insert(&entry.path);
                    }
                    LayerNode::Inode(_) | LayerNode::Hardlink { .. } => {}
                }
            }
            if !gone.is_empty() {
                deleted.push((number, gone));
            }
        }
        Self { written, deleted }
    }

    /// The layer in which the file at `marker` got the bytes that it has in the end: a later layer that wrote the same
    /// bytes again brought nothing, unless one between them deleted it.
    pub(super) fn of(&self, marker: &ImagePath) -> Option<u32> {
        let written = self.written.get(marker)?;
        let mut arrival: Option<(u32, Option<Digest>)> = None;
        for (layer, bytes) in written {
            let is_known =
                arrival.is_some_and(|(since, known)| known == *bytes && !self.is_deleted(marker, since, *layer));
            if !is_known {
                arrival = Some((*layer, *bytes));
            }
        }
        arrival.map(|(layer, _)| layer)
    }

    /// Whether a layer above `since`, up to `until`, deletes `path` or a directory that it is in.
    fn is_deleted(&self, path: &ImagePath, since: u32, until: u32) -> bool {
        let between = self.deleted.iter().filter(|(layer, _)| (since + 1..=until).contains(layer));
        between.flat_map(|(_, gone)| ancestors(path).map(move |path| gone.contains(&path))).any(|is_gone| is_gone)
    }
}

/// The path, and every directory that it is in.
fn ancestors(path: &ImagePath) -> impl Iterator<Item = ImagePath> {
    std::iter::successors(Some(path.clone()), ImagePath::parent)
}
