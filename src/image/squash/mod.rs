//! Layers applied on top of each other, as overlay stores apply them.
//!
//! Overlay stores unpack each layer into a directory of its own and let the kernel merge the directories, so a layer
//! is first laid out by itself ([`layout`]) and then merged upward: a directory over a directory takes its attributes
//! and keeps its children, anything else replaces what was there.

mod layout;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::index::LayerNode;
use super::walk::{Place, walk};
use super::warnings::Warnings;
use super::{Image, LayerIndex, Node, Tree};
use crate::model::{FileAt, FileEntry, ImagePath, Kind};
use layout::{Laid, Layout, What};

/// Applies `layers` from the bottom.
#[must_use]
pub fn squash(layers: Vec<Arc<LayerIndex>>) -> Image {
    let mut merged = Merged::default();
    let mut warnings = Warnings::default();
    for (number, layer) in layers.iter().enumerate() {
        let Ok(number) = u32::try_from(number) else { break };
        merged.apply(number, layer, &mut warnings);
    }
    let nodes = merged.nodes.into_iter().map(|(path, inode)| {
        let bytes = inode
            .entry
            .and_then(|entry| layers.get(usize::try_from(inode.layer).ok()?)?.captured.get(&entry).map(Arc::clone));
        let file = FileAt { entry: inode.file, layer: inode.layer };
        Node { path: path.0, file, entry: inode.entry, bytes }
    });
    Image { tree: Tree::new(nodes.collect()), layers, warnings: warnings.into_list() }
}

/// A path as a key that can be looked up by its bytes. Everything below a directory is one run of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(ImagePath);

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Removes everything below `directory`, itself left where it is.
fn remove_below<T>(nodes: &mut BTreeMap<Key, T>, directory: &[u8]) {
    let prefix = [directory, b"/"].concat();
    let from = (Bound::Included(prefix.as_slice()), Bound::Unbounded);
    let below: Vec<Key> = nodes
        .range::<[u8], _>(from)
        .map(|(path, _)| path)
        .take_while(|path| path.0.as_bytes().starts_with(&prefix))
        .cloned()
        .collect();
    for path in &below {
        nodes.remove(path);
    }
}

/// The layers applied so far.
#[derive(Default)]
struct Merged {
    nodes: BTreeMap<Key, Inode>,
}

#[derive(Clone)]
struct Inode {
    file: Arc<FileEntry>,
    layer: u32,
    entry: Option<u32>,
}

impl Merged {
    fn apply(&mut self, number: u32, layer: &LayerIndex, warnings: &mut Warnings) {
        let Layout { nodes, opaque_root } = Layout::of(number, layer, warnings);
        // Looked up before this layer hides anything.
        let borrowed: Vec<Option<Inode>> = nodes.values().map(|laid| self.borrowed(laid)).collect();
        if opaque_root {
            self.nodes.clear();
        }
        for ((path, laid), borrowed) in nodes.into_iter().zip(borrowed) {
            let bytes = path.0.as_bytes();
            match laid.what {
                What::Whiteout => self.hide(bytes),
                What::Implied => self.directory(path, laid.opaque, None, number, warnings),
                What::Entry(entry) => {
                    let Some(LayerNode::Inode(file)) = layer.entries.get(entry as usize).map(|entry| &entry.node)
                    else {
                        continue;
                    };
                    let inode = Inode { file: Arc::clone(file), layer: number, entry: Some(entry) };
                    if file.kind == Kind::Directory {
                        self.directory(path, laid.opaque, Some(inode), number, warnings);
                    } else {
                        self.hide(bytes);
                        self.nodes.insert(path, inode);
                    }
                }
                What::LinkBelow(target) => {
                    self.hide(bytes);
                    match borrowed {
                        Some(inode) => {
                            let path = &path.0;
                            warnings.add(|| {
                                format!("layer {number}: {path} is a hardlink to {target} of a lower layer; engines refuse it")
                            });
                            self.nodes.insert(Key(path.clone()), inode);
                        }
                        None => warnings.add(|| {
                            format!("layer {number}: {} is a hardlink to {target}, which is no file; left out", path.0)
                        }),
                    }
                }
            }
        }
    }

    /// The file of a lower layer that a hardlink names.
    fn borrowed(&self, laid: &Laid) -> Option<Inode> {
        let What::LinkBelow(target) = &laid.what else { return None };
        let real = walk(target, false, |path| {
            Some(match self.nodes.get(path).map(|inode| (inode.file.kind, &inode.file.link)) {
                Some((_, Some(link))) => Place::Symlink(link),
                Some((Kind::Directory, None)) => Place::Directory,
                _ => Place::Other,
            })
        })?;
        self.nodes.get(real.as_slice()).filter(|inode| inode.file.kind != Kind::Directory).cloned()
    }

    fn hide(&mut self, path: &[u8]) {
        if self.nodes.remove(path).is_some_and(|inode| inode.file.kind == Kind::Directory) {
            remove_below(&mut self.nodes, path);
        }
    }

    /// Puts a directory over what is there; without an inode, one that only has to be there.
    fn directory(&mut self, path: Key, opaque: bool, inode: Option<Inode>, layer: u32, warnings: &mut Warnings) {
        let lower = self.nodes.get(&path).map(|inode| inode.file.kind);
        if lower == Some(Kind::Symlink) {
            warnings.add(|| format!("layer {layer}: {} is a directory here and hides a lower layer's symlink", path.0));
        }
        if opaque && lower == Some(Kind::Directory) {
            remove_below(&mut self.nodes, path.0.as_bytes());
        }
        match inode {
            Some(inode) => self.nodes.insert(path, inode),
            None if lower == Some(Kind::Directory) => None,
            None => {
                let file = Arc::new(FileEntry::implied_directory());
                self.nodes.insert(path, Inode { file, layer, entry: None })
            }
        };
    }
}
