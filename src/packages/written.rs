//! Which layers wrote the records of packages, and with which bytes.

use std::collections::{HashMap, HashSet};

use crate::image::{Image, LayerNode, Node};
use crate::model::{Digest, ImagePath, Touched};

/// The regular files that layers wrote at the paths of records; of several entries for one path in a layer the last.
pub(super) struct Written<'a>(HashMap<(&'a ImagePath, u32), Version<'a>>);

/// A record as one layer has it.
struct Version<'a> {
    sha256: Option<Digest>,
    /// Where they were kept.
    bytes: Option<&'a [u8]>,
}

impl<'a> Written<'a> {
    /// Of all paths for which `is_record` holds.
    pub(super) fn new(image: &'a Image, is_record: impl Fn(&ImagePath) -> bool) -> Self {
        let mut written = HashMap::new();
        for (number, layer) in (0_u32..).zip(&image.layers) {
            for (at, entry) in (0_u32..).zip(&layer.entries).filter(|(_, entry)| is_record(&entry.path)) {
                if let LayerNode::Inode(file) = &entry.node {
                    let bytes = layer.captured.get(&at).map(AsRef::as_ref);
                    written.insert((&entry.path, number), Version { sha256: file.sha256(), bytes });
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
        let touched = records.iter().filter_map(|node| self.touched_one(node, layer));
        touched.min_by_key(|touched| touched.lost.is_some())
    }

    fn touched_one(&self, node: &Node, layer: u32) -> Option<Touched> {
        if node.file.layer == layer {
            return None;
        }
        let then = self.0.get(&(&node.path, layer));
        let sha256 = node.file.entry.sha256();
        let is_as_it_was = then.is_some_and(|then| sha256.is_some() && then.sha256 == sha256);
        let is_list = node.path.as_bytes().ends_with(b".list");
        let lost = || lost(then.filter(|_| is_list)?.bytes?, node.bytes.as_deref()?);
        (!is_as_it_was).then(|| Touched { path: node.path.clone(), layer: node.file.layer, lost: lost() })
    }
}

/// The lines of `before` that `now` lacks; `None` where it has one more.
fn lost(before: &[u8], now: &[u8]) -> Option<Vec<ImagePath>> {
    let before: HashSet<&[u8]> = before.split(|byte| *byte == b'\n').collect();
    let now: HashSet<&[u8]> = now.split(|byte| *byte == b'\n').collect();
    now.is_subset(&before).then(|| before.difference(&now).filter_map(|line| ImagePath::parse(line).ok()).collect())
}
