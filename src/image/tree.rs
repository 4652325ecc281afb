//! A squashed file system: paths in byte order, each with its inode, its layer and the bytes kept of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::walk::{Place, walk};
use crate::model::{FileAt, ImagePath, Kind};

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
    /// Where in `nodes` a path is: packages ask for each of their files several times.
    places: HashMap<ImagePath, u32>,
}

impl Tree {
    /// How many symlinks are followed before a path counts as a loop (Linux's limit).
    pub const MAX_LINKS: usize = super::walk::MAX_LINKS;

    /// Sorts `nodes` by path; of several with one path the last stays.
    #[must_use]
    pub fn new(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by(|a, b| a.path.cmp(&b.path));
        nodes.reverse();
        nodes.dedup_by(|a, b| a.path == b.path);
        nodes.reverse();
        let places = (0..).zip(&nodes).map(|(at, node)| (node.path.clone(), at)).collect();
        Self { nodes, places }
    }

    /// In byte order of path.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at exactly this path; symlinks are not followed.
    #[must_use]
    pub fn get(&self, path: &ImagePath) -> Option<&Node> {
        self.find(path.as_bytes())
    }

    fn find(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(*self.places.get(path)? as usize)
    }

    /// The node that `path` leads to, symlinks in every component followed as a process inside the image would
    /// (absolute targets from the image's root, `..` stopping at the root). `None` when it leads nowhere or in circles.
    #[must_use]
    pub fn resolve(&self, path: &ImagePath) -> Option<&Node> {
        match self.get(path) {
            // What stands at its own path has no symlink above it.
            Some(node) if node.file.entry.link.is_none() => Some(node),
            _ => self.find(&walk(path, true, |real| Some(self.place(real)))?),
        }
    }

    fn place(&self, path: &[u8]) -> Place<'_> {
        let Some(node) = self.find(path) else { return Place::Other };
        match (&node.file.entry.link, node.file.entry.kind) {
            (Some(target), _) => Place::Symlink(target),
            (None, Kind::Directory) => Place::Directory,
            _ => Place::Other,
        }
    }

    /// The captured bytes of the file that `path` leads to.
    #[must_use]
    pub fn read(&self, path: &ImagePath) -> Option<&[u8]> {
        self.resolve(path)?.bytes.as_deref()
    }

    /// Everything below `directory`, itself left out, in byte order of path.
    pub fn under<'a>(&'a self, directory: &ImagePath) -> impl Iterator<Item = &'a Node> + use<'a> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileEntry;

    /// `(path, target)`; a target of `d` is a directory, of `f` a file.
    fn tree(rows: &[(&str, &str)]) -> Tree {
        let nodes = rows.iter().map(|(path, target)| {
            let (kind, link) = match *target {
                "d" => (Kind::Directory, None),
                "f" => (Kind::File, None),
                target => (Kind::Symlink, Some(target.as_bytes().into())),
            };
            let entry = Arc::new(FileEntry { kind, link, ..FileEntry::implied_directory() });
            Node { path: path_of(path), file: FileAt { entry, layer: 0 }, entry: None, bytes: None }
        });
        Tree::new(nodes.collect())
    }

    fn path_of(path: &str) -> ImagePath {
        ImagePath::parse(path.as_bytes()).unwrap()
    }

    fn resolved(tree: &Tree, path: &str) -> Option<String> {
        tree.resolve(&path_of(path)).map(|node| node.path.to_string())
    }

    fn usr_merged() -> Tree {
        tree(&[
            ("bin", "usr/bin"),
            ("usr", "d"),
            ("usr/bin", "d"),
            ("usr/bin/sh", "dash"),
            ("usr/bin/dash", "f"),
            ("usr/bin/vi", "/etc/alternatives/vi"),
            ("etc", "d"),
            ("etc/alternatives", "d"),
            ("etc/alternatives/vi", "../../../../bin/./dash"),
            ("loop", "loop"),
            ("round", "about/x"),
            ("about", "round/y"),
            ("through", "usr/bin/dash/../sh"),
            ("dangling", "nowhere/../usr"),
        ])
    }

    #[test]
    fn symlinks_lead_where_a_process_inside_would_get() {
        let tree = usr_merged();
        assert_eq!(resolved(&tree, "bin/sh").as_deref(), Some("/usr/bin/dash"));
        assert_eq!(resolved(&tree, "bin/vi").as_deref(), Some("/usr/bin/dash"));
        assert_eq!(resolved(&tree, "bin").as_deref(), Some("/usr/bin"));
        assert_eq!(resolved(&tree, "bin/nothing"), None);
        for nowhere in ["loop", "loop/x", "round", "through", "dangling", "usr/bin/dash/x"] {
            assert_eq!(resolved(&tree, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn forty_links_are_followed_and_no_more() {
        let chain = |length: usize| {
            let names: Vec<(String, String)> =
                (0..length).map(|at| (format!("l{at}"), format!("l{}", at + 1))).collect();
            let mut rows: Vec<(&str, &str)> = names.iter().map(|(name, to)| (name.as_str(), to.as_str())).collect();
            let last = format!("l{length}");
            rows.push((&last, "f"));
            resolved(&tree(&rows), "l0")
        };
        assert_eq!(chain(40).as_deref(), Some("/l40"));
        assert_eq!(chain(41), None);
    }

    #[test]
    fn what_is_below_a_directory_is_told_from_what_only_starts_alike() {
        let tree = tree(&[("usr", "d"), ("usr-x", "d"), ("usr-x/y", "f"), ("usr/a", "d"), ("usr/a/b", "f")]);
        let names = |nodes: Vec<&Node>| nodes.iter().map(|node| node.path.to_string()).collect::<Vec<_>>();
        assert_eq!(names(tree.under(&path_of("usr")).collect()), ["/usr/a", "/usr/a/b"]);
        assert_eq!(names(tree.children(&path_of("usr")).collect()), ["/usr/a"]);
        assert_eq!(names(tree.children(&ImagePath::root()).collect()), ["/usr", "/usr-x"]);
    }
}
