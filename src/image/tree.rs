//! A squashed file system: paths in byte order, each with its inode, its layer and the bytes kept of it.

use std::sync::Arc;

use crate::model::{FileAt, ImagePath};

/// One path of the squashed file system.
#[derive(Debug, Clone)]
pub struct Node {
    pub path: ImagePath,
    pub file: FileAt,
    /// Position of the tar entry in its layer's `entries` that holds the content; `None` for implied directories.
    pub entry: Option<u32>,
    /// The bytes, where they were captured.
    pub bytes: Option<Arc<[u8]>>,
}

/// All paths of an image but the root, in byte order of path.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// How many symlinks are followed before a path counts as a loop (Linux's limit).
    pub const MAX_LINKS: usize = 40;

    /// Sorts `nodes` by path; of several with one path the last stays.
    #[must_use]
    pub fn new(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by(|a, b| a.path.cmp(&b.path));
        nodes.reverse();
        nodes.dedup_by(|a, b| a.path == b.path);
        nodes.reverse();
        Self { nodes }
    }

    /// In byte order of path.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at exactly this path; symlinks are not followed.
    #[must_use]
    pub fn get(&self, path: &ImagePath) -> Option<&Node> {
        self.nodes.binary_search_by(|node| node.path.cmp(path)).ok().and_then(|at| self.nodes.get(at))
    }

    /// The node that `path` leads to, symlinks in every component followed as a process inside the image would
    /// (absolute targets from the image's root, `..` stopping at the root). `None` when it leads nowhere or in circles.
    #[must_use]
    pub fn resolve(&self, _path: &ImagePath) -> Option<&Node> {
        unimplemented!()
    }

    /// The path of the file itself: the parents' symlinks followed, the last component's not.
    #[must_use]
    pub fn real_path(&self, _path: &ImagePath) -> Option<ImagePath> {
        unimplemented!()
    }

    /// The captured bytes of the file that `path` leads to.
    #[must_use]
    pub fn read(&self, path: &ImagePath) -> Option<&[u8]> {
        self.resolve(path)?.bytes.as_deref()
    }

    /// Everything below `directory`, itself left out, in byte order of path.
    pub fn under<'a>(&'a self, directory: &'a ImagePath) -> impl Iterator<Item = &'a Node> {
        // Siblings such as `usr-x` sort between `usr` and `usr/`, so the range starts at the slash.
        let mut start = directory.as_bytes().to_vec();
        if !directory.is_root() {
            start.push(b'/');
        }
        let from = self.nodes.partition_point(|node| node.path.as_bytes() < start.as_slice());
        self.nodes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |node| node.path.as_bytes().starts_with(&start))
    }

    /// The direct children of `directory`.
    pub fn children<'a>(&'a self, directory: &'a ImagePath) -> impl Iterator<Item = &'a Node> {
        let depth = directory.components().count() + 1;
        self.under(directory).filter(move |node| node.path.components().count() == depth)
    }
}
