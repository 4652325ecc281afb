//! Both sides' packages in one aligned table over all ecosystems, and the detail of one.

pub mod arrange;
pub mod changelog;
pub mod detail;
pub mod version;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use self::arrange::{Arrangement, Entry, Sort};
pub use self::arrange::{growth, urgency};
use self::changelog::Changelogs;
use super::{Context, Mouse, View, ViewEntry};
use crate::compare::PackageRow;
use crate::compare::review::Subject;
use crate::model::Package;
use crate::model::text::visible;
use crate::tui::Jump;
use crate::tui::explorer::Request;
use crate::tui::keys::{Action, Binding, ch, key};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::search::Search;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, move_role, signs};
use crate::tui::worker::Answer;

pub const VIEW: ViewEntry = ViewEntry {
    title: "Packages",
    keys: KEYS,
    make: |report| {
        let mut view = Packages::default();
        // With nothing moved, an empty table would say less than the whole one.
        view.arrangement.all = report.moved(None) == 0;
        view.arrangement.update(report, "");
        Box::new(view)
    },
    count: |report| text::count(report.moved(None) as u64),
    accepts: |jump| matches!(jump, Jump::Package(_) | Jump::Moved),
};

const KEYS: &[Binding] = &[
    Binding {
        action: Action::Open,
        name: "open",
        keys: &[key(KeyCode::Enter)],
        help: "open the detail or the group; in the detail: go to the file or layer",
        hint: Some("detail"),
    },
    Binding {
        action: Action::All,
        name: "all",
        keys: &[ch('a'), ch('f')],
        help: "only packages that moved, or all",
        hint: Some("all/moved"),
    },
    Binding {
        action: Action::Search,
        name: "search",
        keys: &[ch('/')],
        help: "search names and source packages",
        hint: Some("search"),
    },
    Binding {
        action: Action::Group,
        name: "group",
        keys: &[ch('g')],
        help: "group by source package",
        hint: Some("group"),
    },
    Binding {
        action: Action::Sort,
        name: "sort",
        keys: &[ch('s')],
        help: "sort by name, by kind of move, by growth",
        hint: Some("sort"),
    },
    Binding {
        action: Action::Right,
        name: "right",
        keys: &[ch('l'), key(KeyCode::Right)],
        help: "open the group or the detail",
        hint: None,
    },
    Binding {
        action: Action::Left,
        name: "left",
        keys: &[ch('h'), key(KeyCode::Left)],
        help: "close the group or the detail",
        hint: None,
    },
    Binding { action: Action::NextHit, name: "next-hit", keys: &[ch('n')], help: "next match", hint: None },
    Binding { action: Action::PreviousHit, name: "previous-hit", keys: &[ch('N')], help: "previous match", hint: None },
    Binding {
        action: Action::Zoom,
        name: "zoom",
        keys: &[ch('z')],
        help: "give the pane with the keys all the room",
        hint: None,
    },
];

/// The view.
#[derive(Default)]
struct Packages {
    arrangement: Arrangement,
    panes: Panes,
    search: Search,
    changelogs: Changelogs,
}

impl Packages {
    fn len(&self) -> usize {
        self.arrangement.entries.len()
    }

    fn selected(&self) -> Option<Entry> {
        self.arrangement.entries.get(self.panes.cursor.selected()).copied()
    }

    /// Arranges anew and keeps the selected package selected where it still shows.
    fn rearrange(&mut self, context: &Context<'_>) {
        let before = self.selected();
        self.arrangement.update(context.report, self.search.text());
        let kept = before.and_then(|before| self.arrangement.position(before));
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
            Action::All => self.arrangement.all = !self.arrangement.all,
            Action::Group => self.arrangement.grouped = !self.arrangement.grouped,
            Action::Sort => self.arrangement.sort = self.arrangement.sort.next(),
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
        let mut requests = self.ask(context);
        if action == Action::Sort {
            requests.push(Request::Say(format!("sorted {}", self.arrangement.sort.words())));
        }
        requests
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, self.len());
        self.finish(outcome, context)
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        self.search.clear();
        while self.panes.leave() {}
        if let Jump::Package(at) = jump {
            self.arrangement.grouped = false;
            self.arrangement.all |= context.report.packages.get(at).is_some_and(|row| row.change.is_none());
            self.rearrange(context);
            self.panes.cursor.reveal(self.arrangement.position(Entry::of(at)).unwrap_or_default());
        } else {
            self.arrangement.all = false;
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
        let columns = Columns::new(areas.list.width);
        paint::put(buffer, areas.list, 0, &columns.header(&self.arrangement, theme));
        let body = areas.body();
        let shown = self.panes.rows(body, self.len());
        if shown.is_empty() {
            let words = if self.search.is_active() { " Nothing matches." } else { " No package moved; a shows all." };
            paint::put(buffer, body, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        for (row, at) in (0_u16..).zip(shown) {
            let Some(entry) = self.arrangement.entries.get(at) else { continue };
            if let Some(line) = self.line(*entry, &columns, context) {
                paint::put(buffer, body, row, &line);
            }
            let marked = match entry {
                Entry::Package { at, .. } => context.review.has(Subject::Package(*at)),
                Entry::Group(_) => false,
            };
            self.panes.mark(buffer, body, row, at, marked, theme);
        }
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
        let revision = changelogs.revision;
        self.panes.draw_detail(areas, buffer, theme, &title, (subject, revision), |width| match selected {
            Some(Entry::Package { at, .. }) => detail::package(report, at, changelogs, width, theme),
            Some(Entry::Group(group)) => {
                arrangement.groups.get(group).map(|group| detail::group(report, group, theme)).unwrap_or_default()
            }
            None => Vec::new(),
        });
    }
}

impl Packages {
    fn line(&self, entry: Entry, columns: &Columns, context: &Context<'_>) -> Option<Line<'static>> {
        let theme = context.theme;
        match entry {
            Entry::Package { at, indent } => {
                let row = context.report.packages.get(at)?;
                let hits = self.arrangement.hits.get(&at).map(Vec::as_slice).unwrap_or_default();
                Some(columns.package(row, indent, hits, theme))
            }
            Entry::Group(at) => {
                let group = self.arrangement.groups.get(at)?;
                let fold = if self.arrangement.is_open(at) { signs::OPEN } else { signs::CLOSED };
                let versions = (group.left.as_deref(), group.right.as_deref());
                let name = format!("{fold} {} ({})", visible(&group.name), group.members.len());
                let style = theme.style(group.change.map_or(Role::Muted, move_role));
                let sign = group.change.map_or(' ', crate::model::PackageMove::sign);
                let mut spans = vec![
                    Span::styled(format!(" {sign} "), style),
                    Span::styled(
                        text::pad(&text::middle(&name, columns.name), columns.name),
                        theme.style(Role::Strong),
                    ),
                    Span::styled(
                        text::pad(&format!(" {}", group.ecosystem), columns.ecosystem),
                        theme.style(Role::Muted),
                    ),
                ];
                spans.extend(columns.versions(versions, theme));
                spans.push(columns.delta(group.left_size, group.right_size, theme));
                Some(Line::from(spans))
            }
        }
    }
}

/// How wide each column is.
struct Columns {
    name: usize,
    ecosystem: usize,
    version: usize,
    delta: usize,
    layer: usize,
}

impl Columns {
    fn new(width: u16) -> Self {
        let width = usize::from(width);
        let delta = 10;
        let layer = if width >= 84 { 5 } else { 0 };
        let ecosystem = if width >= 56 { 6 } else { 0 };
        let rest = width.saturating_sub(3 + delta + layer + ecosystem + 1);
        let version = (rest * 3 / 10).clamp(6, 28);
        let name = rest.saturating_sub(2 * (version + 1));
        Self { name, ecosystem, version, delta, layer }
    }

    fn header(&self, arrangement: &Arrangement, theme: Theme) -> Line<'static> {
        let shown = if arrangement.all { "all packages" } else { "packages that moved" };
        let sorted =
            if arrangement.sort == Sort::Name { String::new() } else { format!(", {}", arrangement.sort.words()) };
        let layer = if self.layer > 0 { text::pad_left("layer", self.layer + 1) } else { String::new() };
        let words = format!(
            "   {}{} {} {}{}{layer}",
            text::pad(&format!("{shown}{sorted}"), self.name),
            text::pad("", self.ecosystem),
            text::pad("left", self.version),
            text::pad("right", self.version),
            text::pad_left("delta", self.delta),
        );
        Line::styled(words, theme.style(Role::Muted))
    }

    fn package(&self, row: &PackageRow, indent: bool, hits: &[u32], theme: Theme) -> Line<'static> {
        let Some(package) = row.either() else { return Line::default() };
        let style = theme.style(row.change.map_or(Role::Muted, move_role));
        let sign = row.change.map_or(' ', crate::model::PackageMove::sign);
        let lead = if indent { "  " } else { "" };
        let shown = visible(&package.name);
        let room = self.name.saturating_sub(lead.len());
        let name = text::middle(&shown, room);
        // In a cut name the positions no longer hold.
        let hits = if name == shown { hits } else { &[] };
        let blank = room.saturating_sub(text::width(&name));
        let mut spans = vec![Span::styled(format!(" {sign} {lead}"), style)];
        spans.extend(paint::lit(&name, hits, theme.style(Role::Text), theme));
        spans.push(Span::raw(" ".repeat(blank)));
        let ecosystem = text::pad(&format!(" {}", package.ecosystem), self.ecosystem);
        spans.push(Span::styled(ecosystem, theme.style(Role::Muted)));
        let version = |package: &Option<Arc<Package>>| package.as_ref().map(|package| package.version.clone());
        spans.extend(self.versions((version(&row.left).as_deref(), version(&row.right).as_deref()), theme));
        let size = |package: &Option<Arc<Package>>| package.as_ref().map_or(0, |package| package.size);
        spans.push(self.delta(size(&row.left), size(&row.right), theme));
        if self.layer > 0 {
            let layer = text::pad_left(&format!("#{}", package.layer), self.layer + 1);
            spans.push(Span::styled(layer, theme.style(Role::Muted)));
        }
        Line::from(spans)
    }

    /// Both versions, what they start with in grey and what differs in the side's colour.
    fn versions(&self, (left, right): (Option<&str>, Option<&str>), theme: Theme) -> Vec<Span<'static>> {
        let shown = |version: Option<&str>| version.map(|version| visible(version).into_owned());
        let (left, right) = (shown(left), shown(right));
        let same = left == right;
        let start = match (&left, &right) {
            (Some(left), Some(right)) => version::common_start(left, right),
            _ => 0,
        };
        let mut spans = Vec::new();
        for (version, role) in [(left, Role::Left), (right, Role::Right)] {
            let version = version.unwrap_or_else(|| "-".to_owned());
            spans.push(Span::raw(" "));
            let shown = text::middle(&version, self.version).into_owned();
            let blank = " ".repeat(self.version.saturating_sub(text::width(&shown)));
            let muted = theme.style(Role::Muted);
            if same || version == "-" {
                spans.push(Span::styled(shown, muted));
            } else if let (true, Some((before, after))) = (shown == version, shown.split_at_checked(start)) {
                spans.push(Span::styled(before.to_owned(), muted));
                spans.push(Span::styled(after.to_owned(), theme.style(role)));
            } else {
                spans.push(Span::styled(shown, theme.style(role)));
            }
            spans.push(Span::raw(blank));
        }
        spans
    }

    fn delta(&self, left: u64, right: u64, theme: Theme) -> Span<'static> {
        let role = match right.cmp(&left) {
            std::cmp::Ordering::Greater => Role::Right,
            std::cmp::Ordering::Less => Role::Left,
            std::cmp::Ordering::Equal => Role::Muted,
        };
        Span::styled(text::pad_left(&text::delta(left, right), self.delta), theme.style(role))
    }
}
