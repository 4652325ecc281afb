//! Layers applied on top of each other, as overlay stores apply them.
//!
//! Such a store unpacks every layer into a directory of its own and lets the kernel merge them. So symlinked parents
//! resolve within their own layer only, and a directory of an upper layer hides a symlink of a lower one.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::{Image, LayerEntry, LayerIndex, LayerNode, Node, Tree};
use crate::model::{FileAt, FileEntry, ImagePath, Kind};

/// How many oddities of one image are told one by one.
const MAX_WARNINGS: usize = 100;

/// Applies `layers` from the bottom.
#[must_use]
pub fn squash(layers: Vec<Arc<LayerIndex>>) -> Image {
    let mut merged = Merged::default();
    for (number, layer) in (0..).zip(&layers) {
        let mut directory = Directory::new(number, layer);
        for (at, entry) in (0..).zip(&layer.entries) {
            directory.unpack(at, entry, &mut merged);
        }
        merged.cover_with(directory);
    }
    let Merged { nodes, warnings } = merged;
    let tree = Tree::new(nodes.into_values().collect());
    Image { tree, layers, warnings: warnings.finish() }
}

/// The layers so far, merged.
#[derive(Default)]
struct Merged {
    nodes: BTreeMap<ImagePath, Node>,
    warnings: Warnings,
}

#[derive(Default)]
struct Warnings {
    texts: Vec<String>,
    untold: usize,
}

impl Warnings {
    fn push(&mut self, layer: u32, text: impl FnOnce() -> String) {
        if self.texts.len() < MAX_WARNINGS {
            self.texts.push(format!("layer {layer}: {}", text()));
        } else {
            self.untold += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.untold > 0 {
            self.texts.push(format!("{} more oddities in how the layers fit together", self.untold));
        }
        self.texts
    }
}

/// One layer, unpacked into a directory of its own.
struct Directory<'a> {
    layer: u32,
    index: &'a LayerIndex,
    items: BTreeMap<ImagePath, Item>,
    /// Parents whose symlinks were resolved already; emptied when what they rest on may have changed.
    parents: HashMap<ImagePath, ImagePath>,
}

/// One name in a layer's directory.
struct Item {
    what: What,
    /// Hides everything of the layers below: an opaque directory, or one that replaces a whiteout.
    opaque: bool,
}

enum What {
    Inode(Node),
    /// A directory that no entry names, needed by one below it.
    Implied,
    Whiteout,
}

impl Item {
    fn is_directory(&self) -> bool {
        match &self.what {
            What::Inode(node) => node.file.entry.kind == Kind::Directory,
            What::Implied => true,
            What::Whiteout => false,
        }
    }

    fn link(&self) -> Option<&[u8]> {
        match &self.what {
            What::Inode(node) => node.file.entry.link.as_deref(),
            What::Implied | What::Whiteout => None,
        }
    }
}

impl<'a> Directory<'a> {
    fn new(layer: u32, index: &'a LayerIndex) -> Self {
        Self { layer, index, items: BTreeMap::new(), parents: HashMap::new() }
    }

    fn unpack(&mut self, at: u32, entry: &LayerEntry, lower: &mut Merged) {
        let Some(path) = self.place(&entry.path) else {
            lower
                .warnings
                .push(self.layer, || format!("{}: its parents' symlinks run in circles; left out", entry.path));
            return;
        };
        match &entry.node {
            LayerNode::Inode(file) => {
                let bytes = self.index.captured.get(&at).cloned();
                let file = FileAt { entry: Arc::clone(file), layer: self.layer };
                self.put(Node { path, file, entry: Some(at), bytes }, lower);
            }
            LayerNode::Hardlink { target } => match self.linked(target, lower) {
                Some(node) => self.put(Node { path, ..node }, lower),
                None => {
                    lower.warnings.push(self.layer, || format!("{path}: a hard link to {target}, which is not there"))
                }
            },
            LayerNode::Whiteout => self.hide(path),
            LayerNode::Opaque => {
                // The marker stands in the directory, so the directory itself is what to resolve.
                if let Some(directory) = self.enter(&entry.path)
                    && let Some(item) = self.items.get_mut(&directory)
                {
                    item.opaque = true;
                }
            }
        }
    }

    /// Where `path` stands once its parents' symlinks are followed within this layer.
    fn place(&mut self, path: &ImagePath) -> Option<ImagePath> {
        let Some(parent) = path.parent().filter(|parent| !parent.is_root()) else { return Some(path.clone()) };
        let parent = self.enter(&parent)?;
        parent.join(path.file_name()).ok()
    }

    /// The real path of a directory, which is made where it is missing. `None` when symlinks run in circles.
    fn enter(&mut self, directory: &ImagePath) -> Option<ImagePath> {
        if let Some(known) = self.parents.get(directory) {
            return Some(known.clone());
        }
        let mut ahead: Vec<Vec<u8>> = directory.components().map(<[u8]>::to_vec).collect();
        ahead.reverse();
        let mut here = ImagePath::root();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            match name.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    here = here.parent().unwrap_or_else(ImagePath::root);
                    continue;
                }
                _ => {}
            }
            let next = here.join(&name).ok()?;
            if let Some(target) = self.items.get(&next).and_then(Item::link) {
                links += 1;
                if links > Tree::MAX_LINKS {
                    return None;
                }
                ahead.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
                if target.first() == Some(&b'/') {
                    here = ImagePath::root();
                }
            } else {
                self.imply(&next);
                here = next;
            }
        }
        self.parents.insert(directory.clone(), here.clone());
        Some(here)
    }

    /// Makes a directory where there is none. Over a whiteout it hides what the whiteout hid.
    fn imply(&mut self, path: &ImagePath) {
        match self.items.get_mut(path) {
            Some(item) if item.is_directory() => {}
            Some(item) => *item = Item { what: What::Implied, opaque: true },
            None => {
                self.items.insert(path.clone(), Item { what: What::Implied, opaque: false });
            }
        }
    }

    /// Puts an inode at its path; of several at one path the last counts.
    fn put(&mut self, node: Node, lower: &mut Merged) {
        let is_directory = node.file.entry.kind == Kind::Directory;
        let path = node.path.clone();
        let mut opaque = false;
        if let Some(there) = self.items.get(&path) {
            if matches!(there.what, What::Inode(_)) && !(is_directory && there.is_directory()) {
                lower.warnings.push(self.layer, || format!("{path} stands there twice; the last one counts"));
            }
            opaque = is_directory && (there.opaque || matches!(there.what, What::Whiteout));
            if there.is_directory() != is_directory || there.link().is_some() {
                remove_below(&mut self.items, &path);
                self.parents.clear();
            }
        }
        self.items.insert(path, Item { what: What::Inode(node), opaque });
    }

    /// A whiteout hides what lower layers have; what this layer has at the same path stays.
    fn hide(&mut self, path: ImagePath) {
        match self.items.get_mut(&path) {
            Some(item) => item.opaque = item.is_directory(),
            None => {
                self.items.insert(path, Item { what: What::Whiteout, opaque: false });
            }
        }
    }

    /// The inode that a hard link names: in this layer, else (which overlay stores refuse) in a lower one.
    fn linked(&mut self, target: &ImagePath, lower: &mut Merged) -> Option<Node> {
        let real = self.place(target)?;
        if let Some(Item { what: What::Inode(node), .. }) = self.items.get(&real) {
            return (node.file.entry.kind != Kind::Directory).then(|| node.clone());
        }
        let node = lower.nodes.get(&real).filter(|node| node.file.entry.kind != Kind::Directory).cloned()?;
        lower.warnings.push(self.layer, || format!("a hard link to {target} of a lower layer, which engines refuse"));
        Some(node)
    }
}

impl Merged {
    /// Lays a layer's directory over what is there, parents before children.
    fn cover_with(&mut self, upper: Directory<'_>) {
        let layer = upper.layer;
        for (path, item) in upper.items {
            let lower = self.nodes.get(&path).map(|node| node.file.entry.kind);
            let merges = item.is_directory() && lower == Some(Kind::Directory) && !item.opaque;
            if lower.is_some() && !merges {
                remove_below(&mut self.nodes, &path);
            }
            if item.is_directory() && lower == Some(Kind::Symlink) {
                self.warnings.push(layer, || format!("{path} is a directory that hides a symlink of a lower layer"));
            }
            match item.what {
                What::Inode(node) => {
                    self.nodes.insert(path, node);
                }
                What::Implied if lower == Some(Kind::Directory) => {}
                What::Implied => {
                    let file = FileAt { entry: Arc::new(FileEntry::implied_directory()), layer };
                    let node = Node { path: path.clone(), file, entry: None, bytes: None };
                    self.nodes.insert(path, node);
                }
                What::Whiteout => {
                    self.nodes.remove(&path);
                }
            }
        }
        self.nodes.remove(&ImagePath::root());
    }
}

/// Removes everything below `path`, itself left in.
fn remove_below<T>(map: &mut BTreeMap<ImagePath, T>, path: &ImagePath) {
    let mut prefix = path.as_bytes().to_vec();
    if !path.is_root() {
        prefix.push(b'/');
    }
    let below: Vec<ImagePath> = map
        .range::<[u8], _>((Bound::Excluded(prefix.as_slice()), Bound::Unbounded))
        .take_while(|(other, _)| other.as_bytes().starts_with(&prefix))
        .map(|(other, _)| other.clone())
        .collect();
    for other in below {
        map.remove(&other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    /// `name/` a directory, `name -> target`, `name = other` a hard link, `.wh.` names as in a layer, else a file.
    fn layer(entries: &[&str]) -> Arc<LayerIndex> {
        let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
        let inode = |kind: Kind, link: Option<&str>| {
            let link = link.map(|target| target.as_bytes().into());
            LayerNode::Inode(Arc::new(FileEntry { kind, link, ..FileEntry::implied_directory() }))
        };
        let entry = |text: &&str| {
            let (name, node) = if let Some((name, target)) = text.split_once(" -> ") {
                (name.to_owned(), inode(Kind::Symlink, Some(target)))
            } else if let Some((name, target)) = text.split_once(" = ") {
                (name.to_owned(), LayerNode::Hardlink { target: path(target) })
            } else if let Some(directory) = text.strip_suffix(".wh..wh..opq") {
                (directory.to_owned(), LayerNode::Opaque)
            } else if text.contains(".wh.") {
                (text.replace(".wh.", ""), LayerNode::Whiteout)
            } else if text.ends_with('/') {
                ((*text).to_owned(), inode(Kind::Directory, None))
            } else {
                ((*text).to_owned(), inode(Kind::File, None))
            };
            LayerEntry { path: path(&name), node, offset: None }
        };
        Arc::new(LayerIndex {
            diff_id: Digest([0; 32]),
            blob_digest: None,
            size: 0,
            entries: entries.iter().map(entry).collect(),
            captured: HashMap::new(),
            warnings: Vec::new(),
        })
    }

    /// The squashed paths, with the layer each came from.
    fn squashed(layers: &[&[&str]]) -> (String, Vec<String>) {
        let image = squash(layers.iter().map(|entries| layer(entries)).collect());
        let show = |node: &Node| {
            let entry = &node.file.entry;
            let mark = if entry.kind == Kind::Directory { "/" } else { "" };
            let link = entry.link.as_deref().map(|link| format!("->{}", String::from_utf8_lossy(link)));
            format!("{}{mark}{}:{}", &node.path.to_string()[1..], link.unwrap_or_default(), node.file.layer)
        };
        (image.tree.nodes().iter().map(show).collect::<Vec<_>>().join(" "), image.warnings)
    }

    fn paths(layers: &[&[&str]]) -> String {
        squashed(layers).0
    }

    #[test]
    fn whiteouts_hide_lower_layers_only() {
        assert_eq!(paths(&[&["a/", "a/x", "a/y"], &["a/.wh.x"]]), "a/:0 a/y:0");
        assert_eq!(paths(&[&["a/", "a/x"], &[".wh.a", "a/", "a/z"]]), "a/:1 a/z:1");
        assert_eq!(paths(&[&["a/", "a/x"], &["a/", "a/z", ".wh.a"]]), "a/:1 a/z:1");
        assert_eq!(paths(&[&[".rc", "b"], &[".wh..rc"]]), "b:0");
        assert_eq!(paths(&[&["b"], &[".wh.nothing"]]), "b:0");
    }

    #[test]
    fn an_opaque_directory_hides_whatever_its_position() {
        for upper in [["d/.wh..wh..opq", "d/new"], ["d/new", "d/.wh..wh..opq"]] {
            assert_eq!(paths(&[&["d/", "d/old", "d/sub/", "d/sub/x"], &upper]), "d/:0 d/new:1");
        }
    }

    #[test]
    fn directories_merge_and_everything_else_replaces() {
        assert_eq!(paths(&[&["d/", "d/x"], &["d/", "d/y"]]), "d/:1 d/x:0 d/y:1");
        assert_eq!(paths(&[&["d/", "d/x"], &["d"]]), "d:1");
        assert_eq!(paths(&[&["d"], &["d/x"]]), "d/:1 d/x:1");
        assert_eq!(paths(&[&["d/", "d-x", "d/x"], &["d/y"]]), "d/:0 d-x:0 d/x:0 d/y:1");
    }

    #[test]
    fn symlinked_parents_resolve_within_their_own_layer_only() {
        assert_eq!(
            paths(&[&["usr/bin/", "bin -> usr/bin", "bin/foo"]]),
            "bin->usr/bin:0 usr/:0 usr/bin/:0 usr/bin/foo:0"
        );
        let (tree, warnings) = squashed(&[&["usr/bin/", "bin -> usr/bin"], &["bin/foo"]]);
        assert_eq!(tree, "bin/:1 bin/foo:1 usr/:0 usr/bin/:0");
        assert!(warnings[0].contains("/bin is a directory that hides a symlink"), "{warnings:?}");
        assert_eq!(paths(&[&["a -> b", "b -> a", "a/x", "c"]]), "a->b:0 b->a:0 c:0");
    }

    #[test]
    fn hard_links_share_their_targets_inode() {
        let (tree, warnings) = squashed(&[&["a", "b = a"], &["c = a", "e = gone"]]);
        assert_eq!(tree, "a:0 b:0 c:0");
        assert!(warnings[0].contains("lower layer"), "{warnings:?}");
        assert!(warnings[1].contains("/gone, which is not there"), "{warnings:?}");
        let image = squash(vec![layer(&["a", "b = a"])]);
        let nodes = image.tree.nodes();
        assert!(Arc::ptr_eq(&nodes[0].file.entry, &nodes[1].file.entry));
    }

    #[test]
    fn of_duplicates_the_last_counts_and_is_told() {
        let (tree, warnings) = squashed(&[&["a/", "a/x", "a"]]);
        assert_eq!(tree, "a:0");
        assert!(warnings[0].contains("/a stands there twice"), "{warnings:?}");
        assert_eq!(squashed(&[&["a/", "a/x", "a/"]]).1, Vec::<String>::new());
    }
}
