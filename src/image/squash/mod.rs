//! Layers applied on top of each other, as overlay stores apply them.
//!
//! Overlay stores unpack each layer into a directory of its own and let the kernel merge the directories, so a layer
//! is first laid out by itself ([`layout`]) and then merged upward: a directory over a directory takes its attributes
//! and keeps its children, anything else replaces what was there.

mod layout;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::gaps::Gaps;
use super::index::LayerNode;
use super::walk::{Place, walk};
use super::warnings::Warnings;
use super::{Image, LayerIndex, Node, Tree};
use crate::model::{FileAt, FileEntry, GapKind, ImagePath, Kind};
use layout::{Laid, Layout, Lower, What};

/// Why stores may hold other files than are shown.
const NO_TARGET: &str = "hardlinks that lead to no file are left out, while engines refuse the layer";
const LINK_BELOW: &str = "hardlinks to a lower layer's file are shown, while overlay stores refuse the layer";
const BELOW_LINK: &str =
    "entries below a lower layer's symlink take its place, as in overlay stores, while others follow the symlink";
const BELOW_FILE: &str =
    "files with entries below them are taken as directories, as in overlay stores, while others refuse the layer";

/// What was odd about the layers.
#[derive(Default)]
struct Odd {
    warnings: Warnings,
    gaps: Gaps,
}

/// Applies `layers` from the bottom.
#[must_use]
pub fn squash(layers: Vec<Arc<LayerIndex>>) -> Image {
    let mut merged = Merged::default();
    let mut odd = Odd::default();
    for (number, layer) in layers.iter().enumerate() {
        let Ok(number) = u32::try_from(number) else { break };
        merged.apply(number, layer, &mut odd);
    }
    let nodes = merged.nodes.into_iter().map(|(path, inode)| {
        let bytes = inode
            .entry
            .and_then(|entry| layers.get(usize::try_from(inode.layer).ok()?)?.captured.get(&entry).map(Arc::clone));
        let file = FileAt { entry: inode.file, layer: inode.layer };
        Node { path, file, entry: inode.entry, bytes }
    });
    let tree = Tree::new(nodes.collect());
    Image { tree, layers, warnings: odd.warnings.into_list(), gaps: odd.gaps.into_list() }
}

/// Removes everything below `directory`, itself left where it is.
fn remove_below<T>(nodes: &mut BTreeMap<ImagePath, T>, directory: &[u8]) {
    let prefix = [directory, b"/"].concat();
    let from = (Bound::Included(prefix.as_slice()), Bound::Unbounded);
    let below: Vec<ImagePath> = nodes
        .range::<[u8], _>(from)
        .map(|(path, _)| path)
        .take_while(|path| path.as_bytes().starts_with(&prefix))
        .cloned()
        .collect();
    for path in &below {
        nodes.remove(path);
    }
}

/// The layers applied so far.
#[derive(Default)]
struct Merged {
    nodes: BTreeMap<ImagePath, Inode>,
}

#[derive(Clone)]
struct Inode {
    file: Arc<FileEntry>,
    layer: u32,
    entry: Option<u32>,
}

impl Merged {
    fn apply(&mut self, number: u32, layer: &LayerIndex, odd: &mut Odd) {
        let Layout { nodes, opaque_root } = Layout::of(number, layer, odd);
        // Looked up before this layer hides anything.
        let borrowed: Vec<Option<Inode>> = nodes.values().map(|laid| self.borrowed(laid)).collect();
        if opaque_root {
            self.nodes.clear();
        }
        for ((path, laid), borrowed) in nodes.into_iter().zip(borrowed) {
            let bytes = path.as_bytes();
            match laid.what {
                What::Whiteout => self.hide(bytes),
                What::Implied => self.directory(path, laid.lower, None, number, odd),
                What::Entry(entry) => {
                    let Some(LayerNode::Inode(file)) = layer.entries.get(entry as usize).map(|entry| &entry.node)
                    else {
                        continue;
                    };
                    let inode = Inode { file: Arc::clone(file), layer: number, entry: Some(entry) };
                    if file.kind == Kind::Directory {
                        self.directory(path, laid.lower, Some(inode), number, odd);
                    } else {
                        self.hide(bytes);
                        self.nodes.insert(path, inode);
                    }
                }
                What::LinkBelow(target) => {
                    self.hide(bytes);
                    let what =
                        if borrowed.is_some() { "a lower layer's, which engines refuse" } else { "no file; left out" };
                    odd.warnings.add(|| format!("layer {number}: {path} is a hardlink to {target}: {what}"));
                    match borrowed {
                        Some(inode) => {
                            odd.gaps.add(GapKind::Entries, LINK_BELOW, &path);
                            self.nodes.insert(path, inode);
                        }
                        None => odd.gaps.add(GapKind::Entries, NO_TARGET, &path),
                    }
                }
            }
        }
    }

    /// The file of a lower layer that a hardlink names.
    fn borrowed(&self, laid: &Laid) -> Option<Inode> {
        let What::LinkBelow(target) = &laid.what else { return None };
        let real = self.follow(target, false)?;
        self.nodes.get(real.as_slice()).filter(|inode| inode.file.kind != Kind::Directory).cloned()
    }

    /// Where a path leads among the layers applied so far.
    fn follow(&self, path: &ImagePath, follow_last: bool) -> Option<Vec<u8>> {
        walk(path, follow_last, |path| {
            Some(match self.nodes.get(path).map(|inode| (inode.file.kind, &inode.file.link)) {
                Some((_, Some(link))) => Place::Symlink(link),
                Some((Kind::Directory, None)) => Place::Directory,
                _ => Place::Other,
            })
        })
    }

    fn hide(&mut self, path: &[u8]) {
        if self.nodes.remove(path).is_some_and(|inode| inode.file.kind == Kind::Directory) {
            remove_below(&mut self.nodes, path);
        }
    }

    /// Names what stores disagree upon where a layer has entries below `path`, and a lower one has no directory there. As
    /// measured: overlay stores make a directory, vfs stores and umoci write and delete where a symlink leads.
    fn doubt_implied(&self, path: &ImagePath, known: Option<Kind>, odd: &mut Odd) {
        match known {
            None | Some(Kind::Directory) => {}
            Some(Kind::Symlink) => {
                odd.gaps.add(GapKind::Entries, BELOW_LINK, path);
                odd.gaps.add_named(GapKind::Entries, BELOW_LINK, || {
                    let real = self.follow(path, true).and_then(|real| ImagePath::parse(&real).ok());
                    real.as_ref().unwrap_or(path).to_absolute()
                });
            }
            Some(_) => odd.gaps.add(GapKind::Entries, BELOW_FILE, path),
        }
    }

    /// Puts a directory over what is there; without an inode, one that only has to be there.
    fn directory(&mut self, path: ImagePath, lower: Lower, inode: Option<Inode>, layer: u32, odd: &mut Odd) {
        let known = self.nodes.get(&path).map(|inode| inode.file.kind);
        if known == Some(Kind::Symlink) && lower == Lower::Merges {
            odd.warnings.add(|| format!("layer {layer}: {path} is a directory here and hides a lower layer's symlink"));
        }
        // A directory of the layer's own takes the place of what is there in every store.
        if inode.is_none() && lower != Lower::Gone {
            self.doubt_implied(&path, known, odd);
        }
        if known == Some(Kind::Directory) && lower != Lower::Merges {
            remove_below(&mut self.nodes, path.as_bytes());
        }
        let keeps_attributes = known == Some(Kind::Directory) && lower != Lower::Gone;
        let implied = || Inode { file: Arc::new(FileEntry::implied_directory()), layer, entry: None };
        if let Some(inode) = inode.or_else(|| (!keeps_attributes).then(implied)) {
            self.nodes.insert(path, inode);
        }
    }
}
