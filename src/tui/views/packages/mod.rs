//! Both sides' packages in one aligned table over all ecosystems, and the detail of one.

pub mod arrange;
pub mod changelog;
pub mod columns;
pub mod detail;
pub mod filter;
pub mod version;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::arrange::{Arrangement, Entry};
pub use self::arrange::{growth, urgency};
use self::changelog::Changelogs;
use self::columns::Columns;
use self::filter::Filter;
use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::PackageRow;
use crate::compare::review::Subject;
use crate::model::text::visible;
use crate::tui::Jump;
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::overlay::{Menu, MenuKind};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::search::Search;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::worker::Answer;

pub const VIEW: ViewEntry = ViewEntry {
    title: "Packages",
    keys: KEYS,
    make: |report| {
        let mut view = Packages::default();
        view.arrangement.filter = Filter::usual(report);
        view.arrangement.update(report, "");
        Box::new(view)
    },
    count: |report| {
        let count = if report.alone { report.packages.len() } else { report.moved(None) };
        text::count(count as u64)
    },
    accepts: |jump| matches!(jump, Jump::Package(_) | Jump::Moved),
};

const KEYS: &[Binding] = &[
    row(
        Action::Open,
        "open",
        &[key(KeyCode::Enter)],
        "open the detail or the group; in the detail: go to the file or layer",
        Some("detail"),
    ),
    row(Action::All, "all", &[ch('a')], "only packages that moved, or all", Some("all/moved")),
    row(
        Action::Filter,
        "filter",
        &[ch('f')],
        "which packages show: by move, ecosystem, layer, on request or as a dependency",
        Some("filter"),
    ),
    row(Action::FilterReset, "filter-reset", &[ch('F')], "the filter of the start", None),
    row(Action::Search, "search", &[ch('/')], "search names and source packages", Some("search")),
    row(Action::Group, "group", &[ch('g')], "group by source package", Some("group")),
    row(Action::Sort, "sort", &[ch('s')], "sort by a column; by the same one again: the other way round", Some("sort")),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the group or the detail", None),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "close the group or the detail", None),
    row(Action::NextHit, "next-hit", &[ch('n')], "next match", None),
    row(Action::PreviousHit, "previous-hit", &[ch('N')], "previous match", None),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", None),
];

/// The view.
#[derive(Default)]
struct Packages {
    arrangement: Arrangement,
    panes: Panes,
    search: Search,
    changelogs: Changelogs,
    /// As they were drawn last, for clicks on their heads.
    columns: Columns,
}

impl Packages {
    fn len(&self) -> usize {
        self.arrangement.entries.len()
    }

    fn selected(&self) -> Option<Entry> {
        self.arrangement.entries.get(self.panes.cursor.selected()).copied()
    }

    /// Arranges anew and keeps the selected package or group selected where it still shows.
    fn rearrange(&mut self, context: &Context<'_>) {
        let before = self.selected();
        let source = before.and_then(|before| self.arrangement.source(before));
        self.arrangement.update(context.report, self.search.text());
        let kept = match &source {
            Some(source) => self.arrangement.position_of_source(source),
            None => before.and_then(|before| self.arrangement.position(before)),
        };
        self.panes.cursor.select(kept.unwrap_or_default());
    }

    fn open(&mut self, context: &Context<'_>) {
        match self.selected() {
            Some(Entry::Group(group)) => {
                self.arrangement.toggle(group);
                self.rearrange(context);
            }
            Some(Entry::Package { .. }) => self.panes.enter_detail(),
            None => {}
        }
    }

    /// Asks for the changelog of the selected package, unless it is at hand.
    fn ask(&mut self, context: &Context<'_>) -> Vec<Request> {
        let Some(Entry::Package { at, .. }) = self.selected() else { return Vec::new() };
        self.changelogs.ask(context.report, at).map(Request::Work).into_iter().collect()
    }

    fn finish(&mut self, outcome: Outcome, context: &Context<'_>) -> Vec<Request> {
        match outcome {
            Outcome::Open => self.open(context),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done | Outcome::Other(_) => {}
        }
        self.ask(context)
    }
}

impl View for Packages {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, self.len());
        let Outcome::Other(action) = outcome else { return self.finish(outcome, context) };
        match action {
            // One image alone has nothing but all packages.
            Action::All if context.report.alone => {}
            Action::All => self.arrangement.filter.unmoved = !self.arrangement.filter.unmoved,
            Action::FilterReset => self.arrangement.filter = Filter::usual(context.report),
            Action::Group => self.arrangement.grouped = !self.arrangement.grouped,
            Action::NextHit => self.panes.cursor.step(1, self.len()),
            Action::PreviousHit => self.panes.cursor.step(-1, self.len()),
            Action::Right => match self.selected() {
                Some(Entry::Group(group)) if self.arrangement.is_open(group) => self.panes.cursor.step(1, self.len()),
                _ => self.open(context),
            },
            Action::Left => {
                if let Some(group) = self.selected().and_then(|entry| self.arrangement.group_of(entry)) {
                    if self.arrangement.is_open(group) {
                        self.arrangement.toggle(group);
                    }
                    self.panes.cursor.select(self.arrangement.position(Entry::Group(group)).unwrap_or_default());
                }
            }
            _ => return Vec::new(),
        }
        self.rearrange(context);
        self.ask(context)
    }

    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        match self.selected()? {
            Entry::Package { at, .. } => Some(Subject::Package(at)),
            Entry::Group(_) => None,
        }
    }

    fn menu(&self, kind: MenuKind, context: &Context<'_>) -> Option<Menu> {
        match kind {
            MenuKind::Filter => Some(self.arrangement.filter.menu(context.report)),
            MenuKind::Sort => Some(self.arrangement.sort.menu(context.report.alone)),
            MenuKind::Copy | MenuKind::Save => None,
        }
    }

    fn choose(&mut self, kind: MenuKind, choice: usize, context: &Context<'_>) -> Vec<Request> {
        match kind {
            MenuKind::Filter => self.arrangement.filter.choose(choice, context.report),
            MenuKind::Sort => self.arrangement.sort = self.arrangement.sort.choose(choice, context.report.alone),
            MenuKind::Copy | MenuKind::Save => {}
        }
        self.rearrange(context);
        self.ask(context)
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        if let Mouse::Click(at) = mouse
            && let Some(column) = self.columns.hit(at)
        {
            self.arrangement.sort = self.arrangement.sort.by(column);
            self.rearrange(context);
            return self.ask(context);
        }
        let outcome = self.panes.mouse(mouse, self.len());
        self.finish(outcome, context)
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        self.search.clear();
        while self.panes.leave() {}
        if let Jump::Package(at) = jump {
            self.arrangement.grouped = false;
            if let Some(row) = context.report.packages.get(at) {
                self.arrangement.filter.widen(row);
            }
            self.rearrange(context);
            self.panes.cursor.reveal(self.arrangement.position(Entry::of(at)).unwrap_or_default());
        } else {
            self.arrangement.filter = Filter::default();
            self.rearrange(context);
        }
        self.ask(context)
    }

    fn shown(&mut self, context: &Context<'_>) -> Vec<Request> {
        self.ask(context)
    }

    fn answer(&mut self, answer: &Answer, _context: &Context<'_>) -> Vec<Request> {
        self.changelogs.answer(&answer.found);
        Vec::new()
    }

    fn leave(&mut self, context: &Context<'_>) -> Option<Vec<Request>> {
        if self.panes.leave() {
            return Some(Vec::new());
        }
        self.search.is_active().then(|| {
            self.search.clear();
            self.rearrange(context);
            self.ask(context)
        })
    }

    fn search(&mut self) -> Option<&mut Search> {
        Some(&mut self.search)
    }

    fn search_opened(&mut self) {
        while self.panes.leave() {}
    }

    fn searched(&mut self, context: &Context<'_>) -> Vec<Request> {
        self.rearrange(context);
        if self.search.is_active() {
            self.panes.cursor.select(0);
        }
        self.ask(context)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let theme = context.theme;
        let areas = self.panes.split(area, 58, buffer, theme);
        let columns = Columns::new(areas.list, context.report.alone);
        paint::put(buffer, areas.list, 0, &columns.header(&self.arrangement, theme));
        let body = areas.body();
        let shown = self.panes.rows(body, self.len());
        if shown.is_empty() {
            let words =
                if self.search.is_active() { " Nothing matches." } else { " No package shows; a and f show others." };
            paint::put(buffer, body, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        for (row, at) in (0_u16..).zip(shown) {
            let Some(entry) = self.arrangement.entries.get(at) else { continue };
            if let Some(line) = columns.entry(*entry, &self.arrangement, context.report, theme) {
                paint::put(buffer, body, row, &line);
            }
            let marked = match entry {
                Entry::Package { at, .. } => context.review.has(Subject::Package(*at)),
                Entry::Group(_) => false,
            };
            self.panes.mark(buffer, body, row, at, marked, theme);
        }
        self.columns = columns;
        let report = context.report;
        let selected = self.selected();
        let subject = selected.map_or(usize::MAX, Entry::subject);
        let title = match selected {
            Some(Entry::Group(group)) => self.arrangement.groups.get(group).map(|group| group.name.clone()),
            Some(Entry::Package { at, .. }) => {
                report.packages.get(at).and_then(PackageRow::either).map(|package| package.label())
            }
            None => None,
        };
        let title = visible(title.as_deref().unwrap_or("no package")).into_owned();
        let (arrangement, changelogs) = (&self.arrangement, &self.changelogs);
        // Both only grow, so that their sum is another one whenever one of them is.
        let revision = arrangement.revision + changelogs.revision;
        self.panes.draw_detail(areas, buffer, theme, &title, (subject, revision), |width| match selected {
            Some(Entry::Package { at, .. }) => detail::package(report, at, changelogs, width, theme),
            Some(Entry::Group(group)) => {
                arrangement.groups.get(group).map(|group| detail::group(report, group, theme)).unwrap_or_default()
            }
            None => Vec::new(),
        });
    }
}
