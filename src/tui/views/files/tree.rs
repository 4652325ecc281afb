//! The paths of both sides as one tree, with everything that is summed up it. Built once per report; folding and
//! filtering only choose which of its nodes show.

use std::collections::HashMap;

use super::filter::Filter;
use crate::compare::{DriftReport, FileRow};
use crate::model::{Explanation, FileAt, Kind};

/// A node's position in [`Tree`]. The root is 0.
pub type NodeId = u32;

/// All paths of both sides.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The node of each row of `files.rows`.
    by_row: Vec<NodeId>,
}

/// One path.
#[derive(Debug, Clone)]
pub struct Node {
    /// Position in `files.rows`; `None` for the root and for directories that no row names.
    pub row: Option<u32>,
    pub parent: NodeId,
    first_child: NodeId,
    next_sibling: NodeId,
    pub depth: u16,
    /// Why this very path differs.
    pub own: Option<Explanation>,
    pub is_directory: bool,
    /// On one side only: such a directory folds to one row.
    pub one_sided: bool,
    pub open: bool,
    /// Differing paths at and below this one, by explanation.
    pub differs: [u32; EXPLANATIONS],
    /// Bytes at and below this one.
    pub left_size: u64,
    pub right_size: u64,
}

const EXPLANATIONS: usize = Explanation::ALARMING_FIRST.len();
/// No such node: the root is nobody's child or sibling.
const NONE: NodeId = 0;

impl Tree {
    /// Hangs every path under its directory and sums up. Rows are in byte order of path, so that a directory comes
    /// before what is in it (though not directly: `a-b` sorts between `a` and `a/c`).
    #[must_use]
    pub fn new(report: &DriftReport) -> Self {
        let rows = &report.files.rows;
        let mut tree = Self { nodes: Vec::with_capacity(rows.len() + 1), by_row: Vec::with_capacity(rows.len()) };
        tree.nodes.push(Node::new(None, NONE, 0));
        let mut directories: HashMap<&[u8], NodeId> = HashMap::from([(&b""[..], 0)]);
        let mut last_child: Vec<NodeId> = vec![NONE];
        for (at, row) in (0_u32..).zip(rows) {
            let path = row.path.as_bytes();
            let parent = tree.directory(parent(path), &mut directories, &mut last_child);
            let id = tree.hang(Some((at, row)), parent, &mut last_child);
            tree.by_row.push(id);
            if tree.node(id).is_some_and(|node| node.is_directory) {
                directories.insert(path, id);
            }
        }
        tree.sum_up();
        tree.open_to_alarms();
        tree
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node of a row of `files.rows`.
    #[must_use]
    pub fn of_row(&self, row: u32) -> Option<NodeId> {
        self.by_row.get(row as usize).copied()
    }

    pub fn set_open(&mut self, id: NodeId, open: bool) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.open = open && node.is_directory;
        }
    }

    /// Opens or closes `id` and every directory below it.
    pub fn set_open_below(&mut self, id: NodeId, open: bool) {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            self.set_open(id, open);
            pending.extend(self.children(id).filter(|child| self.node(*child).is_some_and(|node| node.is_directory)));
        }
    }

    /// Opens every directory above `id`.
    pub fn reveal(&mut self, id: NodeId) {
        let mut at = id;
        while let Some(parent) = self.node(at).map(|node| node.parent).filter(|_| at != 0) {
            self.set_open(parent, true);
            at = parent;
        }
    }

    /// The nodes that show, in the order of the screen, the root left out.
    #[must_use]
    pub fn visible(&self, filter: Filter, alarming_first: bool) -> Vec<NodeId> {
        let mut shown = Vec::new();
        let mut pending: Vec<NodeId> = Vec::new();
        self.push_children(0, filter, alarming_first, &mut pending);
        while let Some(id) = pending.pop() {
            shown.push(id);
            if self.node(id).is_some_and(|node| node.open) {
                self.push_children(id, filter, alarming_first, &mut pending);
            }
        }
        shown
    }

    /// Puts the children that show on the stack, the first of them on top.
    fn push_children(&self, id: NodeId, filter: Filter, alarming_first: bool, stack: &mut Vec<NodeId>) {
        let bottom = stack.len();
        stack.extend(self.children(id).filter(|child| self.node(*child).is_some_and(|node| filter.shows(node))));
        let children = stack.get_mut(bottom..).unwrap_or_default();
        children.reverse();
        if alarming_first {
            // Stable, so that equals keep the order of their names; the stack is upside down.
            children.sort_by_key(|child| self.node(*child).and_then(Node::worst));
        }
    }

    fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.node(id).map(|node| node.first_child).filter(|child| *child != NONE);
        std::iter::successors(first, |child| {
            self.node(*child).map(|node| node.next_sibling).filter(|sibling| *sibling != NONE)
        })
    }

    /// The node of a directory; made when no row names it, with those above it.
    fn directory<'a>(
        &mut self,
        path: &'a [u8],
        directories: &mut HashMap<&'a [u8], NodeId>,
        last_child: &mut Vec<NodeId>,
    ) -> NodeId {
        let mut known = path;
        let mut missing = Vec::new();
        let mut id = loop {
            if let Some(id) = directories.get(known) {
                break *id;
            }
            missing.push(known);
            known = parent(known);
        };
        for path in missing.into_iter().rev() {
            id = self.hang(None, id, last_child);
            directories.insert(path, id);
        }
        id
    }

    fn hang(&mut self, row: Option<(u32, &FileRow)>, parent: NodeId, last_child: &mut Vec<NodeId>) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        let depth = self.node(parent).map_or(0, |node| node.depth.saturating_add(u16::from(parent != 0)));
        self.nodes.push(Node::new(row, parent, depth));
        last_child.push(NONE);
        match last_child.get_mut(parent as usize).map(|last| std::mem::replace(last, id)) {
            Some(NONE) | None => {
                if let Some(node) = self.nodes.get_mut(parent as usize) {
                    node.first_child = id;
                }
            }
            Some(before) => {
                if let Some(node) = self.nodes.get_mut(before as usize) {
                    node.next_sibling = id;
                }
            }
        }
        id
    }

    /// Adds every node to its directory, the last first: children come after their directory.
    fn sum_up(&mut self) {
        for at in (1..self.nodes.len()).rev() {
            let Some(node) = self.nodes.get(at).cloned() else { continue };
            if let Some(parent) = self.nodes.get_mut(node.parent as usize) {
                for (sum, part) in parent.differs.iter_mut().zip(node.differs) {
                    *sum += part;
                }
                parent.left_size += node.left_size;
                parent.right_size += node.right_size;
            }
        }
    }

    /// The first look: directories are open on the way to what must be read, as long as that fits a few screens.
    fn open_to_alarms(&mut self) {
        const MOST: usize = 200;
        self.set_open(0, true);
        let alarming: Vec<NodeId> = (1..self.nodes.len())
            .filter_map(|at| NodeId::try_from(at).ok())
            .filter(|id| {
                self.node(*id).is_some_and(|node| {
                    let beyond = self.node(node.parent).is_some_and(|parent| parent.one_sided);
                    node.own.is_some_and(|own| own >= Explanation::Unexplained) && !beyond
                })
            })
            .take(MOST)
            .collect();
        for id in alarming {
            self.reveal(id);
        }
    }
}

impl Node {
    fn new(row: Option<(u32, &FileRow)>, parent: NodeId, depth: u16) -> Self {
        let mut node = Self {
            row: row.map(|(at, _)| at),
            parent,
            first_child: NONE,
            next_sibling: NONE,
            depth,
            own: None,
            is_directory: row.is_none(),
            one_sided: false,
            open: false,
            differs: [0; EXPLANATIONS],
            left_size: 0,
            right_size: 0,
        };
        if let Some((_, row)) = row {
            let sides = [&row.left, &row.right];
            node.is_directory = sides.into_iter().flatten().any(|file| file.entry.kind == Kind::Directory);
            node.one_sided = sides.into_iter().any(Option::is_none);
            let size = |file: &Option<FileAt>| file.as_ref().map_or(0, |file| file.entry.size);
            (node.left_size, node.right_size) = (size(&row.left), size(&row.right));
            node.own = row.drift.as_ref().map(|drift| drift.explanation);
            if let Some(count) = node.own.and_then(|own| node.differs.get_mut(own as usize)) {
                *count = 1;
            }
        }
        node
    }

    /// Differing paths at and below this one, of one explanation.
    #[must_use]
    pub fn count(&self, explanation: Explanation) -> u32 {
        self.differs.get(explanation as usize).copied().unwrap_or_default()
    }

    /// The most alarming explanation at or below this node.
    #[must_use]
    pub fn worst(&self) -> Option<Explanation> {
        Explanation::ALARMING_FIRST.into_iter().find(|explanation| self.count(*explanation) > 0)
    }
}

/// The directory part of a path; the root's is the root.
fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
    path.get(..slash).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::FileDrift;
    use crate::model::ImagePath;
    use crate::tui::fixture;

    fn names(tree: &Tree, report: &DriftReport, filter: Filter, alarming_first: bool) -> Vec<String> {
        let name = |id: &NodeId| match tree.node(*id).unwrap().row {
            Some(row) => report.files.rows[row as usize].path.to_string(),
            None => "(implied)".to_owned(),
        };
        tree.visible(filter, alarming_first).iter().map(name).collect()
    }

    #[test]
    fn counts_and_sizes_are_summed_up_the_tree() {
        let report = fixture::report();
        let tree = Tree::new(&report);
        let root = tree.node(0).unwrap();
        for explanation in Explanation::ALARMING_FIRST {
            assert_eq!(root.count(explanation) as usize, report.files.by_explanation.get(explanation), "{explanation}");
        }
        let sizes = |side: fn(&FileRow) -> &Option<FileAt>| -> u64 {
            report.files.rows.iter().filter_map(|row| side(row).as_ref()).map(|file| file.entry.size).sum()
        };
        assert_eq!((root.left_size, root.right_size), (sizes(|row| &row.left), sizes(|row| &row.right)));
    }

    #[test]
    fn a_name_that_sorts_between_a_directory_and_its_files_does_not_part_them() {
        let report = fixture::report();
        let mut tree = Tree::new(&report);
        tree.set_open_below(0, true);
        let all = names(&tree, &report, Filter::Everything, false);
        assert_eq!(all.len(), report.files.rows.len());
        let at = |path: &str| all.iter().position(|name| name == path).unwrap();
        assert!(at("/usr/bin") < at("/usr/bin/true") && at("/usr/bin/true") < at("/usr/bin-not"));
    }

    #[test]
    fn at_first_the_way_to_what_must_be_read_is_open_and_a_new_directory_is_one_row() {
        let report = fixture::report();
        let tree = Tree::new(&report);
        let shown = names(&tree, &report, Filter::Changed, false);
        for path in ["/app/main.py", "/usr/bin/sort", "/app/static"] {
            assert!(shown.iter().any(|name| name == path), "{path} in {shown:?}");
        }
        assert!(!shown.iter().any(|name| name.starts_with("/app/static/")), "{shown:?}");
        assert!(!shown.iter().any(|name| name == "/usr/lib/x86_64-linux-gnu"), "{shown:?}");
    }

    #[test]
    fn alarming_directories_can_come_first() {
        let report = fixture::report();
        let tree = Tree::new(&report);
        let shown = names(&tree, &report, Filter::Changed, true);
        assert_eq!(shown[..3], ["/usr", "/usr/bin", "/usr/bin/sort"]);
    }

    #[test]
    fn a_directory_that_no_row_names_is_made_up() {
        let row = |path: &[u8]| FileRow { path: ImagePath::parse(path).unwrap(), left: None, right: None, drift: None };
        let rows = vec![row(b"a/b/c"), row(b"a/b/d"), row(b"e")];
        let made = DriftReport { files: FileDrift { rows, ..FileDrift::default() }, ..fixture::empty() };
        let mut tree = Tree::new(&made);
        tree.set_open_below(0, true);
        let all = names(&tree, &made, Filter::Everything, false);
        assert_eq!(all, ["(implied)", "(implied)", "/a/b/c", "/a/b/d", "/e"]);
    }
}
