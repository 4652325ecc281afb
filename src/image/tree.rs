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
        // `dedup_by` drops its first argument, the later of two neighbours; swapping keeps that one.
        nodes.dedup_by(|later, earlier| {
            let same = later.path == earlier.path;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
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
        self.get_bytes(path.as_bytes())
    }

    fn get_bytes(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.binary_search_by(|node| node.path.as_bytes().cmp(path)).ok().and_then(|at| self.nodes.get(at))
    }

    /// The node that `path` leads to, symlinks in every component followed as a process inside the image would
    /// (absolute targets from the image's root, `..` stopping at the root). `None` when it leads nowhere or in circles.
    #[must_use]
    pub fn resolve(&self, path: &ImagePath) -> Option<&Node> {
        self.get_bytes(&self.walk(path, true)?)
    }

    /// The path of the file itself: the parents' symlinks followed, the last component's not. What does not exist is
    /// taken as written; `None` when the symlinks run in circles.
    #[must_use]
    pub fn real_path(&self, path: &ImagePath) -> Option<ImagePath> {
        ImagePath::parse(&self.walk(path, false)?).ok()
    }

    /// Follows symlinks component by component; at most [`Tree::MAX_LINKS`] of them, each at most a path long.
    fn walk(&self, path: &ImagePath, follow_last: bool) -> Option<Vec<u8>> {
        let mut ahead: Vec<&[u8]> = path.components().collect();
        ahead.reverse();
        let mut here: Vec<u8> = Vec::with_capacity(path.as_bytes().len());
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            let above = here.len();
            match name {
                b"" | b"." => continue,
                b".." => {
                    here.truncate(here.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            if !here.is_empty() {
                here.push(b'/');
            }
            here.extend_from_slice(name);
            if ahead.is_empty() && !follow_last {
                break;
            }
            if let Some(target) = self.get_bytes(&here).and_then(|node| node.file.entry.link.as_deref()) {
                links += 1;
                if links > Self::MAX_LINKS {
                    return None;
                }
                here.truncate(if target.first() == Some(&b'/') { 0 } else { above });
                ahead.extend(target.split(|byte| *byte == b'/').rev());
            }
        }
        Some(here)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileEntry, Kind};

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text.as_bytes()).unwrap()
    }

    fn node(at: &str, link: Option<&str>) -> Node {
        let link = link.map(|target| target.as_bytes().into());
        let kind = if link.is_some() { Kind::Symlink } else { Kind::Directory };
        let entry = FileEntry { kind, link, ..FileEntry::implied_directory() };
        Node { path: path(at), file: FileAt { entry: Arc::new(entry), layer: 0 }, entry: None, bytes: None }
    }

    fn tree() -> Tree {
        Tree::new(vec![
            node("bin", Some("usr/bin")),
            node("usr", None),
            node("usr/bin", None),
            node("usr/bin/awk", Some("/etc/alternatives/awk")),
            node("usr/bin/mawk", None),
            node("usr-local", None),
            node("etc", None),
            node("etc/alternatives", None),
            node("etc/alternatives/awk", Some("../../../../usr/bin/mawk")),
            node("loop", Some("loop/x")),
        ])
    }

    #[test]
    fn symlinks_lead_where_a_process_in_the_image_would_get() {
        let tree = tree();
        let end = |text: &str| tree.resolve(&path(text)).map(|node| node.path.to_string());
        assert_eq!(end("/bin/awk").as_deref(), Some("/usr/bin/mawk"));
        assert_eq!(end("/bin/nothing"), None);
        assert_eq!(end("/loop"), None);
        assert_eq!(tree.real_path(&path("/bin/awk")), Some(path("/usr/bin/awk")));
        assert_eq!(tree.real_path(&path("/bin/deleted")), Some(path("/usr/bin/deleted")));
        assert_eq!(tree.real_path(&path("/loop/y")), None);
    }

    #[test]
    fn what_is_below_a_directory_leaves_its_siblings_out() {
        let tree = tree();
        let below: Vec<_> = tree.under(&path("/usr")).map(|node| node.path.to_string()).collect();
        assert_eq!(below, ["/usr/bin", "/usr/bin/awk", "/usr/bin/mawk"]);
        let children: Vec<_> = tree.children(&path("/etc")).map(|node| node.path.to_string()).collect();
        assert_eq!(children, ["/etc/alternatives"]);
        assert_eq!(tree.children(&ImagePath::root()).count(), 5);
    }
}
