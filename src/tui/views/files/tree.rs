//! The paths of both sides as one tree. Built once per report. What shows of it follows from a filter, an order and
//! what is folded; it is counted, never listed, so that a key costs the same however large the images are.
//!
//! Nodes stand in the order of the whole tree unfolded by name: all that is below a node comes right after it.

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::filter::Filter;
use super::order::Order;
use crate::compare::{DriftReport, FileRow};
use crate::model::{Change, Explanation, Kind, Side};

/// A node's position in [`Tree`]. The root is 0.
pub type NodeId = u32;

/// All paths of both sides.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// What shows of each node.
    sums: Vec<Sum>,
    /// The node of each row of `files.rows`.
    by_row: Vec<NodeId>,
    filter: Filter,
    order: Order,
    /// The children that show of directories that were looked at, in an order other than by name.
    ordered: RefCell<HashMap<NodeId, Arc<[NodeId]>>>,
}

/// One path.
#[derive(Debug, Clone)]
pub struct Node {
    /// Position in `files.rows`; `None` for the root and for directories that no row names.
    pub row: Option<u32>,
    pub parent: NodeId,
    /// The first node that is not below this one.
    end: NodeId,
    pub depth: u16,
    /// How and why this very path differs.
    pub own: Option<(Change, Explanation)>,
    pub is_directory: bool,
    /// On one side only: such a directory folds to one row.
    pub one_sided: bool,
    /// The layers that this very path came from.
    layers: [Option<u16>; 2],
    left_size: u64,
    right_size: u64,
}

/// What shows of a node.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    pub open: bool,
    /// Whether it shows once the directories above it are open.
    shows: bool,
    /// The rows that its children take.
    inner: u32,
    /// Differing paths at and below it that the filter shows.
    pub differing: u32,
    /// The most alarming explanation of those.
    pub worst: Option<Explanation>,
    /// Bytes of what the filter shows at and below it.
    pub left_size: u64,
    pub right_size: u64,
}

/// Everything at and below a node, whatever the filter shows.
#[derive(Debug, Default)]
pub struct Below {
    differs: [u32; Explanation::ALARMING_FIRST.len()],
    pub left_size: u64,
    pub right_size: u64,
}

impl Tree {
    /// Hangs every path under its directory.
    #[must_use]
    pub fn new(report: &DriftReport) -> Self {
        let rows = &report.files.rows;
        let mut order: Vec<(u32, &FileRow)> = (0_u32..).zip(rows).collect();
        // Rows are in byte order, in which `a-b` stands between `a` and `a/c`.
        order.sort_by(|(_, one), (_, other)| by_component(one.path.as_bytes(), other.path.as_bytes()));
        let mut tree = Self { nodes: vec![Node::new(None, 0, 0)], by_row: vec![0; rows.len()], ..Self::default() };
        // The directories that the last path is in, and itself.
        let mut above: Vec<(NodeId, &[u8])> = vec![(0, b"")];
        for (at, row) in order {
            let path = row.path.as_bytes();
            while let Some((id, _)) = above.pop_if(|(id, directory)| *id != 0 && !is_below(path, directory)) {
                tree.close(id);
            }
            let known = above.last().map_or(0, |(_, directory)| directory.len() + usize::from(!directory.is_empty()));
            for (slash, _) in path.iter().enumerate().skip(known).filter(|(_, byte)| **byte == b'/') {
                tree.hang(None, path.get(..slash).unwrap_or_default(), &mut above);
            }
            let id = tree.hang(Some((at, row)), path, &mut above);
            if let Some(place) = tree.by_row.get_mut(at as usize) {
                *place = id;
            }
        }
        for (id, _) in above {
            tree.close(id);
        }
        tree.sums = vec![Sum::default(); tree.nodes.len()];
        tree.change(0, |sum| sum.open = true);
        tree.open_to_alarms();
        tree.sum_up();
        tree
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// What shows of a node.
    #[must_use]
    pub fn sum(&self, id: NodeId) -> Option<&Sum> {
        self.sums.get(id as usize)
    }

    /// The node of a row of `files.rows`.
    #[must_use]
    pub fn of_row(&self, row: u32) -> Option<NodeId> {
        self.by_row.get(row as usize).copied()
    }

    #[must_use]
    pub fn filter(&self) -> Filter {
        self.filter
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.sum_up();
    }

    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.ordered.get_mut().clear();
    }

    #[must_use]
    pub fn is_open(&self, id: NodeId) -> bool {
        self.sum(id).is_some_and(|sum| sum.open)
    }

    pub fn set_open(&mut self, id: NodeId, open: bool) {
        if self.node(id).is_some_and(|node| node.is_directory) {
            self.change(id, |sum| sum.open = open);
        }
    }

    /// Opens or closes `id` and every directory below it; the root stays open.
    pub fn set_open_below(&mut self, id: NodeId, open: bool) {
        let Some(end) = self.node(id).map(|node| node.end) else { return };
        let inside = id as usize..end as usize;
        let before = self.rows(id);
        for at in inside.clone() {
            if let (Some(sum), Some(node)) = (self.sums.get_mut(at), self.nodes.get(at)) {
                sum.open = at == 0 || open && node.is_directory;
            }
        }
        self.count_rows(inside);
        let after = self.rows(id);
        self.pass_on(id, before, after);
    }

    /// Opens every directory above `id`.
    pub fn reveal(&mut self, id: NodeId) {
        let mut at = id;
        while let Some(parent) = self.node(at).map(|node| node.parent).filter(|_| at != 0) {
            self.set_open(parent, true);
            at = parent;
        }
    }

    /// How many rows show, the root left out.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sum(0).map_or(0, |root| root.inner as usize)
    }

    /// The nodes of the rows at `range`, in the order of the screen.
    #[must_use]
    pub fn window(&self, range: Range<usize>) -> Vec<NodeId> {
        let mut before = range.start;
        let mut shown = Vec::with_capacity(range.len());
        let mut pending = vec![self.children(0)];
        while let Some(children) = pending.last_mut().filter(|_| shown.len() < range.len()) {
            let Some(id) = children.next(&self.nodes) else {
                pending.pop();
                continue;
            };
            let rows = self.rows(id) as usize;
            if rows <= before {
                before -= rows;
                continue;
            }
            match before.checked_sub(1) {
                Some(left) => before = left,
                None => shown.push(id),
            }
            if self.is_open(id) {
                pending.push(self.children(id));
            }
        }
        shown
    }

    /// The node of one row.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<NodeId> {
        self.window(row..row + 1).pop()
    }

    /// The row of a node; `None` when it is hidden.
    #[must_use]
    pub fn position(&self, id: NodeId) -> Option<usize> {
        let mut position = 0;
        let mut at = id;
        while at != 0 {
            let parent = self.node(at)?.parent;
            if self.rows(at) == 0 || !self.is_open(parent) {
                return None;
            }
            let mut children = self.children(parent);
            while let Some(sibling) = children.next(&self.nodes).filter(|sibling| *sibling != at) {
                position += self.rows(sibling) as usize;
            }
            position += usize::from(parent != 0);
            at = parent;
        }
        (id != 0).then_some(position)
    }

    /// Sums up everything at and below a node.
    #[must_use]
    pub fn below(&self, id: NodeId) -> Below {
        let mut below = Below::default();
        let inside = id as usize..self.node(id).map_or(0, |node| node.end as usize);
        for node in self.nodes.get(inside).unwrap_or_default() {
            if let Some(count) = node.own.and_then(|(_, own)| below.differs.get_mut(own as usize)) {
                *count += 1;
            }
            below.left_size += node.left_size;
            below.right_size += node.right_size;
        }
        below
    }

    /// The children in the order they show in.
    fn children(&self, id: NodeId) -> Children {
        let by_name = Children::ByName { next: id + 1, end: self.node(id).map_or(0, |node| node.end) };
        if self.order == Order::Name {
            return by_name;
        }
        if let Some(children) = self.ordered.borrow().get(&id) {
            return Children::Ordered(Arc::clone(children), 0);
        }
        let mut children: Vec<(Reverse<u64>, NodeId)> = Vec::new();
        let mut all = by_name;
        while let Some(child) = all.next(&self.nodes) {
            if let Some(sum) = self.sum(child).filter(|sum| sum.shows) {
                children.push((Reverse(self.order.weight(sum)), child));
            }
        }
        // Equals keep the order of their names.
        children.sort_unstable();
        let children: Arc<[NodeId]> = children.into_iter().map(|(_, child)| child).collect();
        self.ordered.borrow_mut().insert(id, Arc::clone(&children));
        Children::Ordered(children, 0)
    }

    fn rows(&self, id: NodeId) -> u32 {
        self.sum(id).map_or(0, Sum::rows)
    }

    /// Changes a node and lets those above it know how many rows it takes now.
    fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Sum)) {
        let Some(sum) = self.sums.get_mut(id as usize) else { return };
        let before = sum.rows();
        change(sum);
        let after = sum.rows();
        self.pass_on(id, before, after);
    }

    fn pass_on(&mut self, id: NodeId, mut before: u32, mut after: u32) {
        let mut at = id;
        while let Some(parent) = self.node(at).map(|node| node.parent).filter(|_| at != 0 && before != after) {
            let Some(sum) = self.sums.get_mut(parent as usize) else { return };
            let was = sum.rows();
            sum.inner = sum.inner + after - before;
            (before, after) = (was, sum.rows());
            at = parent;
        }
    }

    /// Counts the rows of a node and of all that is below it anew, the last first: children come after their directory.
    fn count_rows(&mut self, inside: Range<usize>) {
        let first = inside.start;
        for sum in self.sums.get_mut(inside.clone()).unwrap_or_default() {
            sum.inner = 0;
        }
        for at in inside.rev().take_while(|at| *at > first) {
            let (Some(node), Some(rows)) = (self.nodes.get(at), self.sums.get(at).map(Sum::rows)) else { continue };
            if let Some(parent) = self.sums.get_mut(node.parent as usize) {
                parent.inner += rows;
            }
        }
    }

    /// Finds out anew what shows.
    fn sum_up(&mut self) {
        self.ordered.get_mut().clear();
        for (sum, node) in self.sums.iter_mut().zip(&self.nodes) {
            *sum = Sum { open: sum.open, ..Sum::default() };
            if self.filter.has(node) {
                let own = node.own.map(|(_, own)| own);
                (sum.shows, sum.worst, sum.differing) = (true, own, u32::from(own.is_some()));
                (sum.left_size, sum.right_size) = (node.left_size, node.right_size);
            }
        }
        for at in (1..self.nodes.len()).rev() {
            let (Some(node), Some(sum)) = (self.nodes.get(at), self.sums.get(at).filter(|sum| sum.shows).cloned())
            else {
                continue;
            };
            if let Some(parent) = self.sums.get_mut(node.parent as usize) {
                parent.shows = true;
                parent.inner += sum.rows();
                parent.differing += sum.differing;
                parent.worst = parent.worst.max(sum.worst);
                parent.left_size += sum.left_size;
                parent.right_size += sum.right_size;
            }
        }
    }

    fn hang<'a>(
        &mut self,
        row: Option<(u32, &FileRow)>,
        path: &'a [u8],
        above: &mut Vec<(NodeId, &'a [u8])>,
    ) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        let parent = above.last().map_or(0, |(id, _)| *id);
        let depth = u16::try_from(above.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if let Some(node) = self.nodes.get_mut(parent as usize) {
            node.is_directory = true;
        }
        self.nodes.push(Node::new(row, parent, depth));
        above.push((id, path));
        id
    }

    /// Nothing more comes below `id`.
    fn close(&mut self, id: NodeId) {
        let end = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.end = end;
        }
    }

    /// The first look: directories are open on the way to what must be read, as long as that fits a few screens.
    fn open_to_alarms(&mut self) {
        const MOST: usize = 200;
        let alarming = |node: &&Node| {
            let beyond = self.node(node.parent).is_some_and(|parent| parent.one_sided);
            node.own.is_some_and(|(_, own)| own >= Explanation::Unexplained) && !beyond
        };
        let parents: Vec<NodeId> = self.nodes.iter().filter(alarming).map(|node| node.parent).take(MOST).collect();
        for parent in parents {
            self.reveal(parent);
            self.set_open(parent, true);
        }
    }
}

/// Where one is among the children of a directory.
enum Children {
    ByName { next: NodeId, end: NodeId },
    Ordered(Arc<[NodeId]>, usize),
}

impl Children {
    fn next(&mut self, nodes: &[Node]) -> Option<NodeId> {
        match self {
            Self::ByName { next, end } => {
                let id = (*next < *end).then_some(*next)?;
                *next = nodes.get(id as usize)?.end;
                Some(id)
            }
            Self::Ordered(children, at) => {
                *at += 1;
                children.get(*at - 1).copied()
            }
        }
    }
}

impl Sum {
    /// The rows it takes with all that shows below it.
    fn rows(&self) -> u32 {
        match (self.shows, self.open) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 1 + self.inner,
        }
    }
}

impl Below {
    /// Differing paths of one explanation.
    #[must_use]
    pub fn count(&self, explanation: Explanation) -> u32 {
        self.differs.get(explanation as usize).copied().unwrap_or_default()
    }

    /// All differing paths.
    #[must_use]
    pub fn differing(&self) -> u32 {
        self.differs.iter().sum()
    }
}

impl Node {
    fn new(row: Option<(u32, &FileRow)>, parent: NodeId, depth: u16) -> Self {
        let mut node = Self {
            row: row.map(|(at, _)| at),
            parent,
            end: 0,
            depth,
            own: None,
            is_directory: row.is_none(),
            one_sided: false,
            layers: [None; 2],
            left_size: 0,
            right_size: 0,
        };
        if let Some((_, row)) = row {
            let sides = [&row.left, &row.right];
            node.is_directory = row.sides().any(|file| file.entry.kind == Kind::Directory);
            node.one_sided = sides.into_iter().any(Option::is_none);
            node.layers = sides.map(|file| file.as_ref().and_then(|file| u16::try_from(file.layer).ok()));
            (node.left_size, node.right_size) = row.sizes();
            node.own = row.drift.as_ref().map(|drift| (drift.change, drift.explanation));
        }
        node
    }

    /// The layer of one side that this very path came from.
    #[must_use]
    pub fn layer(&self, side: Side) -> Option<u16> {
        match side {
            Side::Left => self.layers[0],
            Side::Right => self.layers[1],
        }
    }
}

/// The order in which what is in a directory comes right after it.
fn by_component(one: &[u8], other: &[u8]) -> Ordering {
    match one.iter().zip(other).find(|(one, other)| one != other) {
        None => one.len().cmp(&other.len()),
        Some((b'/', _)) => Ordering::Less,
        Some((_, b'/')) => Ordering::Greater,
        Some((one, other)) => one.cmp(other),
    }
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.first() == Some(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::FileDrift;
    use crate::model::{FileAt, ImagePath};
    use crate::tui::fixture;

    fn names(tree: &mut Tree, report: &DriftReport) -> Vec<String> {
        let all = tree.window(0..tree.count());
        assert_eq!(all.len(), tree.count());
        for (at, id) in all.iter().enumerate() {
            assert_eq!((tree.position(*id), tree.at(at)), (Some(at), Some(*id)));
        }
        let name = |id: &NodeId| match tree.node(*id).unwrap().row {
            Some(row) => report.files.rows[row as usize].path.to_string(),
            None => "(implied)".to_owned(),
        };
        all.iter().map(name).collect()
    }

    fn all(report: &DriftReport) -> Tree {
        let mut tree = Tree::new(report);
        tree.set_filter(Filter::EVERYTHING);
        tree.set_open_below(0, true);
        tree
    }

    #[test]
    fn counts_and_sizes_are_summed_up_the_tree() {
        let report = fixture::report();
        let tree = all(&report);
        let below = tree.below(0);
        for explanation in Explanation::ALARMING_FIRST {
            let expected = report.files.by_explanation.get(explanation);
            assert_eq!(below.count(explanation) as usize, expected, "{explanation}");
        }
        let sizes = |side: fn(&FileRow) -> &Option<FileAt>| -> u64 {
            report.files.rows.iter().filter_map(|row| side(row).as_ref()).map(|file| file.entry.size).sum()
        };
        let expected = (sizes(|row| &row.left), sizes(|row| &row.right));
        assert_eq!((below.left_size, below.right_size), expected);
        let root = tree.sum(0).unwrap();
        assert_eq!((root.left_size, root.right_size, root.differing), (expected.0, expected.1, below.differing()));
    }

    #[test]
    fn a_directory_sums_up_what_the_filter_shows() {
        let report = fixture::report();
        let mut tree = all(&report);
        let row = report.files.rows.iter().position(|row| row.path.as_bytes() == b"usr/bin").unwrap();
        let bin = tree.of_row(u32::try_from(row).unwrap()).unwrap();
        assert_eq!(tree.sum(bin).unwrap().differing, 2);
        tree.set_filter(Filter::SUSPICIOUS);
        let sum = tree.sum(bin).unwrap();
        assert_eq!((sum.differing, sum.worst), (1, Some(Explanation::SameVersion)));
        assert_eq!((sum.left_size, sum.right_size), (20 * 4_321, 33 * 4_321));
        tree.set_filter(Filter::only(Explanation::Noise));
        assert_eq!(tree.position(bin), None);
    }

    #[test]
    fn a_name_that_sorts_between_a_directory_and_its_files_does_not_part_them() {
        let report = fixture::report();
        let all = names(&mut all(&report), &report);
        assert_eq!(all.len(), report.files.rows.len());
        let at = |path: &str| all.iter().position(|name| name == path).unwrap();
        assert!(at("/usr/bin") < at("/usr/bin/true") && at("/usr/bin/true") < at("/usr/bin-not"));
    }

    #[test]
    fn at_first_the_way_to_what_must_be_read_is_open_and_a_new_directory_is_one_row() {
        let report = fixture::report();
        let shown = names(&mut Tree::new(&report), &report);
        for path in ["/app/main.py", "/usr/bin/sort", "/app/static"] {
            assert!(shown.iter().any(|name| name == path), "{path} in {shown:?}");
        }
        assert!(!shown.iter().any(|name| name.starts_with("/app/static/")), "{shown:?}");
        assert!(!shown.iter().any(|name| name == "/usr/lib/x86_64-linux-gnu"), "{shown:?}");
    }

    #[test]
    fn each_order_puts_first_what_it_is_for() {
        let report = fixture::report();
        let mut tree = Tree::new(&report);
        tree.set_order(Order::Urgent);
        assert_eq!(names(&mut tree, &report)[..3], ["/usr", "/usr/bin", "/usr/bin/sort"]);
        let first = |tree: &mut Tree, order| {
            tree.set_order(order);
            names(tree, &report)[0].clone()
        };
        tree.set_open_below(0, false);
        let weigh = |of: fn(&Sum) -> u64, tree: &Tree| {
            let top = (1..).zip(&tree.nodes[1..]).filter(|(_, node)| node.depth == 0);
            let best = top.max_by_key(|(id, _)| of(tree.sum(*id).unwrap())).unwrap().1;
            report.files.rows[best.row.unwrap() as usize].path.to_string()
        };
        assert_eq!(first(&mut tree, Order::Differing), weigh(|sum| sum.differing.into(), &tree));
        assert_eq!(first(&mut tree, Order::Size), weigh(|sum| sum.left_size.max(sum.right_size), &tree));
        assert_eq!(first(&mut tree, Order::Delta), weigh(|sum| sum.left_size.abs_diff(sum.right_size), &tree));
        assert_eq!(first(&mut tree, Order::Name), "/app");
    }

    /// What is counted must be what a walk finds, whatever was folded, filtered and ordered before.
    #[test]
    fn rows_stay_counted_right() {
        let report = fixture::report();
        let mut tree = all(&report);
        let nodes = NodeId::try_from(tree.nodes.len()).unwrap();
        let filters = [Filter::EVERYTHING, Filter::CHANGED, Filter::SUSPICIOUS, Filter::only(Explanation::Package)];
        for step in 0..400_u32 {
            let id = step.wrapping_mul(2_654_435_761) % nodes;
            match step % 7 {
                0 => tree.set_filter(filters[(step / 7) as usize % filters.len()]),
                1 => tree.set_order(Order::ALL[(step / 7) as usize % Order::ALL.len()]),
                2 => tree.set_open_below(id, step % 2 == 0),
                3 => tree.reveal(id),
                _ => tree.set_open(id.max(1), !tree.is_open(id.max(1))),
            }
            let mut walked = 0;
            for at in 1..nodes {
                let (mut id, mut visible) = (at, tree.sums[at as usize].shows);
                while id != 0 {
                    id = tree.nodes[id as usize].parent;
                    visible &= tree.is_open(id);
                }
                walked += usize::from(visible);
            }
            assert_eq!(tree.count(), walked, "step {step}");
            names(&mut tree, &report);
        }
    }

    #[test]
    fn a_directory_that_no_row_names_is_made_up() {
        let row = |path: &[u8]| FileRow { path: ImagePath::parse(path).unwrap(), left: None, right: None, drift: None };
        let rows = vec![row(b"a/b/c"), row(b"a/b/d"), row(b"e")];
        let made = DriftReport { files: FileDrift { rows, ..FileDrift::default() }, ..fixture::empty() };
        assert_eq!(names(&mut all(&made), &made), ["(implied)", "(implied)", "/a/b/c", "/a/b/d", "/e"]);
    }
}
