//! Which layers wrote the records of packages, and with which bytes.

use std::collections::HashMap;

use crate::image::{Image, LayerNode, Node};
use crate::model::{Digest, ImagePath, Touched};

/// The regular files that layers wrote at the paths of records; of several entries for one path in a layer the last.
pub(super) struct Written<'a>(HashMap<(&'a ImagePath, u32), Option<Digest>>);

impl<'a> Written<'a> {
    /// Of all paths for which `is_record` holds.
    pub(super) fn new(image: &'a Image, is_record: impl Fn(&ImagePath) -> bool) -> Self {
        let mut written = HashMap::new();
        for (number, layer) in (0_u32..).zip(&image.layers) {
            for entry in layer.entries.iter().filter(|entry| is_record(&entry.path)) {
                if let LayerNode::Inode(file) = &entry.node {
                    written.insert((&entry.path, number), file.sha256());
                }
            }
        }
        Self(written)
    }

    /// The first of `records` that does not have the bytes which `layer`, in which its package arrived, wrote.
    ///
    /// dpkg writes a package's list whenever it unpacks it, and pip its RECORD: a layer in which a package arrives by the
    /// word of the database alone is no layer that installed it.
    pub(super) fn touched(&self, records: &[&Node], layer: u32) -> Option<Touched> {
        let is_as_it_was = |node: &Node| {
            node.file.layer == layer
                || self
                    .0
                    .get(&(&node.path, layer))
                    .is_some_and(|then| then.is_some() && *then == node.file.entry.sha256())
        };
        let touched = records.iter().find(|node| !is_as_it_was(node))?;
        Some(Touched { path: touched.path.clone(), layer: touched.file.layer })
    }
}
