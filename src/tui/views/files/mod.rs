//! Both squashed file systems as one tree: what differs, why, and by how much; and the detail of one path.

pub mod columns;
pub mod contents;
pub mod detail;
pub mod filter;
pub mod lines;
pub mod menu;
pub mod order;
pub mod tree;

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::columns::Columns;
use self::contents::Comparison;
use self::filter::Filter;
use self::lines::Sight;
use self::order::Order;
use self::tree::{Node, NodeId, Tree};
use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::review::Subject;
use crate::compare::{DriftReport, FileRow};
use crate::model::{Change, Kind, Watch};
use crate::tui::Jump;
use crate::tui::diff::ContentDiff;
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::overlay::{Menu, MenuKind};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::search::{Finder, Paths, Search};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::worker::{Answer, Found, Job, Task};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Files",
    keys: KEYS,
    make: |report| Box::new(Files::new(report)),
    count: |report| {
        if report.alone {
            return text::count(report.files.rows.len() as u64);
        }
        let summary = report.files.summary;
        text::count((summary.added + summary.removed + summary.content + summary.metadata) as u64)
    },
    accepts: |jump| matches!(jump, Jump::File(_) | Jump::Explained(_) | Jump::LayerFiles(..)),
};

const KEYS: &[Binding] = &[
    row(
        Action::Open,
        "open",
        &[key(KeyCode::Enter)],
        "open or close the directory; open the detail; in the detail: go to the package or layer",
        Some("open"),
    ),
    row(
        Action::Filter,
        "filter",
        &[ch('f')],
        "which paths show: named filters, each explanation, each kind of change, one layer",
        Some("filter"),
    ),
    row(Action::FilterReset, "filter-reset", &[ch('F')], "the filter of the start", None),
    row(Action::All, "all", &[ch('a')], "all paths, or only those that differ", Some("all")),
    row(Action::Search, "search", &[ch('/')], "search all paths of both sides", Some("search")),
    row(
        Action::AlarmingFirst,
        "unexplained-first",
        &[ch('u')],
        "alarms and unexplained paths first in every directory, or by name",
        Some("urgent first"),
    ),
    row(
        Action::Sort,
        "sort",
        &[ch('s')],
        "order in every directory: name, urgency, change of size, size, differing paths",
        Some("sort"),
    ),
    row(Action::NextHit, "next-hit", &[ch('n')], "next match", None),
    row(Action::PreviousHit, "previous-hit", &[ch('N')], "previous match", None),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the directory or the detail", None),
    row(
        Action::Left,
        "left",
        &[ch('h'), key(KeyCode::Left)],
        "close the directory, go to the one above, or leave the detail",
        None,
    ),
    row(Action::UnfoldAll, "unfold-all", &[ch('L')], "open everything below the selected directory", None),
    row(Action::FoldAll, "fold-all", &[ch('H')], "close every directory", None),
    row(Action::Layout, "layout", &[ch('v')], "both contents side by side, or one after the other", None),
    row(Action::Outside, "outside", &[ch('o')], "open both versions in the diff tool or the pager", Some("open with")),
    row(Action::Save, "save", &[ch('x')], "save one version of the file", None),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", Some("zoom")),
];

/// Comparisons kept, so that going back and forth does not read again.
const KEPT: usize = 16;

/// The view.
struct Files {
    tree: Tree,
    /// The filter that a jump took the place of.
    before: Option<Filter>,
    panes: Panes,
    search: Search,
    paths: Arc<Paths>,
    /// What the search found, best first; positions in `files.rows`.
    found: Vec<u32>,
    /// The hit that was gone to last.
    hit: usize,
    /// What was selected when the search was opened, for the way back.
    start: Option<NodeId>,
    /// Whether the matches of what was typed last are still looked for, and whether Enter waits for them.
    seeking: bool,
    entered: bool,
    /// Of the newest question; answers with another one are too late.
    search_ticket: u64,
    compare_ticket: u64,
    /// The row that the comparison is for.
    compared: Option<u32>,
    comparison: Comparison,
    sight: Sight,
    kept: VecDeque<(u32, Arc<ContentDiff>)>,
    tickets: u64,
}

impl Files {
    fn new(report: &DriftReport) -> Self {
        let mut tree = Tree::new(report);
        tree.set_filter(usual(report));
        Self {
            tree,
            before: None,
            panes: Panes::default(),
            search: Search::default(),
            paths: Arc::new(Paths::new(report)),
            found: Vec::new(),
            hit: 0,
            start: None,
            seeking: false,
            entered: false,
            search_ticket: 0,
            compare_ticket: 0,
            compared: None,
            comparison: Comparison::None,
            sight: Sight::default(),
            kept: VecDeque::new(),
            tickets: 0,
        }
    }

    /// While a search is typed, its matches stand in place of the tree.
    fn is_flat(&self) -> bool {
        self.search.is_typing() && self.search.is_active()
    }

    fn len(&self) -> usize {
        if self.is_flat() { self.found.len() } else { self.tree.count() }
    }

    fn selected_node(&self) -> Option<NodeId> {
        let at = self.panes.cursor.selected();
        if self.is_flat() { self.found.get(at).and_then(|row| self.tree.of_row(*row)) } else { self.tree.at(at) }
    }

    fn selected(&self) -> Option<&Node> {
        self.selected_node().and_then(|id| self.tree.node(id))
    }

    fn selected_row(&self) -> Option<u32> {
        self.selected().and_then(|node| node.row)
    }

    /// Changes what shows, and keeps the selected path selected, or the nearest directory above it.
    fn rearrange(&mut self, change: impl FnOnce(&mut Tree)) {
        let before = self.tree.at(self.panes.cursor.selected());
        change(&mut self.tree);
        self.select(before);
    }

    /// Selects a node, or the nearest directory above it that shows.
    fn select(&mut self, node: Option<NodeId>) {
        let mut wanted = node;
        while let Some(id) = wanted {
            if let Some(at) = self.tree.position(id) {
                self.panes.cursor.select(at);
                return;
            }
            wanted = self.tree.node(id).map(|node| node.parent).filter(|parent| *parent != 0);
        }
        self.panes.cursor.select(0);
    }

    /// Shows what the reader chose; the way back from a jump no longer brings another filter.
    fn choose_filter(&mut self, filter: Filter) {
        self.before = None;
        self.rearrange(|tree| tree.set_filter(filter));
    }

    /// Shows what a jump asks for, until the reader goes back.
    fn visit(&mut self, filter: Filter) {
        self.before.get_or_insert(self.tree.filter());
        self.tree.set_filter(filter);
        self.panes.cursor.select(0);
    }

    /// Selects a path wherever it hides.
    fn reveal(&mut self, row: u32) {
        let Some(id) = self.tree.of_row(row) else { return };
        self.tree.reveal(id);
        let filter = self.tree.node(id).map(|node| self.tree.filter().widened(node)).unwrap_or_default();
        if filter != self.tree.filter() {
            self.tree.set_filter(filter);
        }
        if let Some(at) = self.tree.position(id) {
            self.panes.cursor.reveal(at);
        }
    }

    fn open(&mut self) {
        let Some(id) = self.selected_node() else { return };
        if self.tree.node(id).is_some_and(|node| node.is_directory) {
            self.tree.set_open(id, !self.tree.is_open(id));
        } else {
            self.panes.enter_detail();
        }
    }

    fn right(&mut self) {
        if self.selected_node().is_some_and(|id| self.tree.is_open(id)) {
            self.panes.cursor.step(1, self.len());
        } else {
            self.open();
        }
    }

    fn left(&mut self) {
        let Some(id) = self.selected_node() else { return };
        if self.tree.is_open(id) {
            self.tree.set_open(id, false);
        } else if let Some(at) = self.tree.node(id).map(|node| node.parent).and_then(|up| self.tree.position(up)) {
            self.panes.cursor.select(at);
        }
    }

    fn urgent_first(&mut self) {
        let order = if self.tree.order() == Order::Urgent { Order::Name } else { Order::Urgent };
        self.rearrange(|tree| tree.set_order(order));
        if order == Order::Urgent {
            // Whoever asks for the urgent paths first wants to see them, not where the selection went.
            self.panes.cursor.select(0);
        }
    }

    fn go_to_hit(&mut self, by: isize) {
        if self.found.is_empty() {
            return;
        }
        let len = self.found.len();
        self.hit = (self.hit + len).wrapping_add_signed(by) % len;
        if let Some(row) = self.found.get(self.hit).copied() {
            self.reveal(row);
        }
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Asks for the comparison of the selected file, unless it is at hand.
    fn compare(&mut self, report: &Arc<DriftReport>) -> Vec<Request> {
        let selected = self.selected_row();
        if selected == self.compared {
            return Vec::new();
        }
        self.compared = selected;
        if let Comparison::Waiting(watch) = &self.comparison {
            watch.stop();
        }
        // Whatever comes of it, the answer to the question before is no longer this row's.
        self.compare_ticket = self.ticket();
        self.comparison = Comparison::None;
        self.sight.reset();
        let shown = |row: &FileRow| has_contents(row, report.alone);
        let Some(row) = selected.filter(|row| report.files.rows.get(*row as usize).is_some_and(shown)) else {
            return Vec::new();
        };
        if let Some((_, diff)) = self.kept.iter().find(|(kept, _)| *kept == row) {
            self.comparison = Comparison::Done(Arc::clone(diff));
            return Vec::new();
        }
        let watch = Arc::new(Watch::default());
        self.comparison = Comparison::Waiting(Arc::clone(&watch));
        let report = Arc::clone(report);
        vec![Request::Work(Job { ticket: self.compare_ticket, report, task: Task::Compare(row), watch })]
    }
}

/// What shows at the start: what differs, or of one image on its own everything.
fn usual(report: &DriftReport) -> Filter {
    if report.alone { Filter::EVERYTHING } else { Filter::default() }
}

/// Whether there are contents to show: regular files whose bytes differ or exist on one side only, or those of one image
/// on its own.
fn has_contents(row: &FileRow, alone: bool) -> bool {
    let differs = row
        .drift
        .as_ref()
        .is_some_and(|drift| matches!(drift.change, Change::Added | Change::Removed | Change::Content));
    (differs || alone) && row.sides().any(|file| file.entry.kind == Kind::File)
}

impl View for Files {
    fn is_waiting(&self) -> bool {
        matches!(self.comparison, Comparison::Waiting(_))
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        if let Some(requests) = self.sight.act(action, &self.comparison) {
            return requests;
        }
        let mut requests = Vec::new();
        match self.panes.act(action, self.len()) {
            Outcome::Open => self.open(),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done => {}
            Outcome::Other(action) => match action {
                Action::FilterReset => self.choose_filter(usual(context.report)),
                // One image alone has nothing but all paths.
                Action::All if context.report.alone => {}
                Action::All => self.choose_filter(self.tree.filter().all_or_changed()),
                Action::AlarmingFirst => self.urgent_first(),
                Action::Right => self.right(),
                Action::Left => self.left(),
                Action::NextHit => self.go_to_hit(1),
                Action::PreviousHit => self.go_to_hit(-1),
                Action::UnfoldAll => {
                    let below = self.selected_node().unwrap_or_default();
                    self.rearrange(|tree| tree.set_open_below(below, true));
                }
                Action::FoldAll => self.rearrange(|tree| tree.set_open_below(0, false)),
                _ => return Vec::new(),
            },
        }
        if matches!(action, Action::NextHit | Action::PreviousHit) && self.search.is_active() {
            let words = format!("match {} of {}", (self.hit + 1).min(self.found.len()), self.found.len());
            requests.push(Request::Say(words));
        }
        requests.extend(self.compare(context.report));
        requests
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        match self.panes.mouse(mouse, self.len()) {
            Outcome::Open if self.is_flat() => return self.search_done(context),
            Outcome::Open => self.open(),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done | Outcome::Other(_) => {}
        }
        self.compare(context.report)
    }

    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        self.selected_row().map(Subject::File)
    }

    fn menu(&self, kind: MenuKind, context: &Context<'_>) -> Option<Menu> {
        match kind {
            MenuKind::Filter => Some(menu::filter(self.tree.filter(), self.selected(), context.report)),
            MenuKind::Sort => Some(menu::order(self.tree.order())),
            _ => None,
        }
    }

    fn choose(&mut self, kind: MenuKind, choice: usize, context: &Context<'_>) -> Vec<Request> {
        match kind {
            MenuKind::Filter => {
                self.choose_filter(menu::filtered(self.tree.filter(), self.selected(), choice));
            }
            MenuKind::Sort => {
                let order = Order::ALL.get(choice).copied().unwrap_or_default();
                self.rearrange(|tree| tree.set_order(order));
                // What comes first is what was asked for.
                self.panes.cursor.select(0);
            }
            _ => {}
        }
        self.compare(context.report)
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        self.search.clear();
        self.found.clear();
        while self.panes.leave() {}
        match jump {
            Jump::File(row) => self.reveal(row),
            Jump::LayerFiles(side, index) => self.visit(Filter::of_layer(side, index)),
            Jump::Explained(explanation) => self.visit(Filter::only(explanation)),
            _ => {}
        }
        self.compare(context.report)
    }

    fn shown(&mut self, context: &Context<'_>) -> Vec<Request> {
        self.compare(context.report)
    }

    fn leave(&mut self, context: &Context<'_>) -> Option<Vec<Request>> {
        if self.panes.leave() {
            return Some(Vec::new());
        }
        if self.search.is_active() {
            self.search.clear();
            self.found.clear();
            return Some(self.compare(context.report));
        }
        let filter = self.tree.filter();
        if let Some(before) = self.before.take() {
            // The filter came with a jump: the way back leads there, and the usual filter is there again.
            self.rearrange(|tree| tree.set_filter(before));
        } else if filter.layer.is_some() {
            self.rearrange(|tree| tree.set_filter(filter.in_layer(None)));
            return Some(self.compare(context.report));
        }
        None
    }

    fn answer(&mut self, answer: &Answer, context: &Context<'_>) -> Vec<Request> {
        match &answer.found {
            Found::Paths(rows) if answer.ticket == self.search_ticket && self.search.is_active() => {
                self.found.clone_from(rows);
                self.hit = 0;
                self.seeking = false;
                if std::mem::take(&mut self.entered) {
                    self.go_to_hit(0);
                }
                if self.is_flat() {
                    self.panes.cursor.select(0);
                }
                return self.compare(context.report);
            }
            Found::Diff(diff) if answer.ticket == self.compare_ticket => match (diff, self.compared) {
                (Ok(diff), Some(row)) => {
                    self.kept.truncate(KEPT - 1);
                    self.kept.push_front((row, Arc::clone(diff)));
                    self.comparison = Comparison::Done(Arc::clone(diff));
                }
                (Err(message), _) => self.comparison = Comparison::Failed(message.clone()),
                (Ok(_), None) => {}
            },
            _ => {}
        }
        Vec::new()
    }

    fn search(&mut self) -> Option<&mut Search> {
        Some(&mut self.search)
    }

    fn search_opened(&mut self) {
        while self.panes.leave() {}
        self.start = self.tree.at(self.panes.cursor.selected());
        if self.is_flat() {
            self.panes.cursor.select(self.hit);
        }
    }

    fn searched(&mut self, context: &Context<'_>) -> Vec<Request> {
        if !self.search.is_active() {
            self.found.clear();
            self.select(self.start);
            return self.compare(context.report);
        }
        self.search_ticket = self.ticket();
        (self.seeking, self.entered) = (true, false);
        vec![Request::Work(Job {
            ticket: self.search_ticket,
            report: Arc::clone(context.report),
            task: Task::Search(Arc::clone(&self.paths), self.search.text().to_owned()),
            watch: Arc::default(),
        })]
    }

    fn search_done(&mut self, context: &Context<'_>) -> Vec<Request> {
        // The flat list ends here: the chosen match is shown in its place in the tree.
        let chosen = self.panes.cursor.selected().min(self.found.len().saturating_sub(1));
        self.search.close();
        if self.seeking && self.search.is_active() {
            // Who types faster than matches are found goes to the best one all the same.
            self.entered = true;
            return Vec::new();
        }
        match self.found.get(chosen).copied() {
            Some(row) => {
                self.hit = chosen;
                self.reveal(row);
            }
            None => self.select(self.start),
        }
        self.compare(context.report)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        let areas = self.panes.split(area, 55, buffer, theme);
        let columns = Columns::new(areas.list.width, report.alone);
        let title = if self.is_flat() {
            text::plural(self.found.len(), "match", "matches")
        } else if self.tree.order() == Order::Name {
            self.tree.filter().words(report.alone)
        } else {
            format!("{}, {}", self.tree.filter().words(report.alone), self.tree.order().words())
        };
        paint::put(buffer, areas.list, 0, &columns.header(&title, theme));
        let body = areas.body();
        let shown = self.panes.rows(body, self.len());
        if shown.is_empty() {
            let words = if self.is_flat() { " Nothing matches." } else { " No path differs so; f shows others." };
            paint::put(buffer, body, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        let mut finder = self.search.is_active().then(|| Finder::new(self.search.text(), true));
        let nodes = if self.is_flat() { Vec::new() } else { self.tree.window(shown.clone()) };
        for (row, at) in (0_u16..).zip(shown) {
            let line = if self.is_flat() {
                let file = self.found.get(at).and_then(|row| report.files.rows.get(*row as usize));
                file.zip(finder.as_mut()).map(|(file, finder)| columns.hit(file, finder, theme))
            } else {
                let id = nodes.get(usize::from(row));
                id.and_then(|id| columns.node(&self.tree, *id, report, finder.as_mut(), theme))
            };
            if let Some(line) = line {
                paint::put(buffer, body, row, &line);
            }
            let shown = if self.is_flat() {
                self.found.get(at).copied()
            } else {
                nodes.get(usize::from(row)).and_then(|id| self.tree.node(*id)).and_then(|node| node.row)
            };
            let marked = shown.is_some_and(|row| context.review.has(Subject::File(row)));
            self.panes.mark(buffer, body, row, at, marked, theme);
        }
        let selected = self.selected_node();
        let node = selected.and_then(|id| self.tree.node(id));
        let file = node.and_then(|node| node.row).and_then(|row| report.files.rows.get(row as usize));
        let title = file.map_or_else(|| "no path".to_owned(), |file| file.path.to_string());
        let room = usize::from(areas.detail.width).saturating_sub(12);
        let title = text::cut_path(&title, room).into_owned();
        let revision = self.comparison.revision() << 32 | self.sight.revision();
        let subject = (selected.unwrap_or_default() as usize, revision);
        let (tree, comparison, sight) = (&self.tree, &self.comparison, self.sight);
        self.panes.draw_detail(areas, buffer, theme, &title, subject, |width| {
            let page = detail::Page { report, width, theme, sight };
            match (node, file) {
                (Some(node), file) if node.is_directory => {
                    page.directory(file, &tree.below(selected.unwrap_or_default()))
                }
                (_, Some(file)) => page.file(file, comparison),
                (_, None) => Vec::new(),
            }
        });
    }
}
