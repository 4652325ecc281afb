//! The configuration, the lock files and the history of both sides, what differs first.

mod locks;
mod value;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::review::Subject;
use crate::compare::{ConfigChange, DriftReport, HistoryRow};
use crate::model::text::visible;
use crate::tui::Jump;
use crate::tui::document::{Row, lines};
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Config",
    keys: KEYS,
    make: |report| Box::new(Config::new(report)),
    count: |report| {
        let rows = if report.alone { &report.unchanged_config } else { &report.config };
        text::count(rows.len() as u64)
    },
    accepts: |jump| matches!(jump, Jump::Config(_)),
};

const KEYS: &[Binding] = &[
    row(Action::Open, "open", &[key(KeyCode::Enter)], "open the detail", Some("detail")),
    row(Action::All, "all", &[ch('a')], "also what is the same on both sides, or only what differs", Some("all")),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the detail", None),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "leave the detail", None),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", Some("zoom")),
];

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Heading(&'static str),
    /// By position in `report.config`, `report.unchanged_config`, `report.history`.
    Changed(usize),
    Same(usize),
    History(usize),
    /// By position in `report.locks`.
    Lock(usize),
}

/// The view.
struct Config {
    entries: Vec<Entry>,
    all: bool,
    panes: Panes,
}

impl Config {
    fn new(report: &DriftReport) -> Self {
        // With nothing changed, an empty list would say less than the whole one.
        let all = report.config.is_empty()
            && report.history.iter().all(|row| row.same)
            && report.locks.iter().all(|row| row.change() == "same");
        let mut config = Self { entries: Vec::new(), all, panes: Panes::default() };
        config.arrange(report);
        config
    }

    fn arrange(&mut self, report: &DriftReport) {
        let before = self.selected();
        let history =
            (0..report.history.len()).filter(|at| self.all || report.history.get(*at).is_some_and(|row| !row.same));
        let locks = (0..report.locks.len())
            .filter(|at| self.all || report.locks.get(*at).is_some_and(|row| row.change() != "same"));
        let same = if self.all { report.unchanged_config.len() } else { 0 };
        let sections: [(&'static str, Vec<Entry>); 4] = [
            ("Configuration that differs", (0..report.config.len()).map(Entry::Changed).collect()),
            (if self.all { "Lock files" } else { "Lock files that differ" }, locks.map(Entry::Lock).collect()),
            (if self.all { "History" } else { "History that differs" }, history.map(Entry::History).collect()),
            (
                if report.alone { "Configuration" } else { "The same on both sides" },
                (0..same).map(Entry::Same).collect(),
            ),
        ];
        self.entries.clear();
        for (title, rows) in sections.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            self.entries.push(Entry::Heading(title));
            self.entries.extend(rows);
        }
        let kept = before.and_then(|before| self.entries.iter().position(|entry| *entry == before));
        self.panes.cursor.select(kept.unwrap_or(1));
    }

    fn selected(&self) -> Option<Entry> {
        self.entries.get(self.panes.cursor.selected()).copied()
    }

    fn finish(&mut self, outcome: Outcome, report: &DriftReport) -> Vec<Request> {
        match outcome {
            Outcome::Open | Outcome::Other(Action::Right) => self.panes.enter_detail(),
            // Of one image on its own nothing differs, and all shows already.
            Outcome::Other(Action::All) if !report.alone => {
                self.all = !self.all;
                self.arrange(report);
            }
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done | Outcome::Other(_) => {}
        }
        Vec::new()
    }
}

impl View for Config {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, self.entries.len());
        if let Some(Entry::Heading(_)) = self.selected() {
            // A heading is passed over in the direction of the motion.
            let up = matches!(action, Action::Up | Action::PageUp) && self.panes.cursor.selected() > 0;
            self.panes.cursor.step(if up { -1 } else { 1 }, self.entries.len());
        }
        self.finish(outcome, context.report)
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, self.entries.len());
        self.finish(outcome, context.report)
    }

    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        match self.selected()? {
            Entry::Changed(at) => Some(Subject::Config(at)),
            Entry::History(at) => Some(Subject::History(at)),
            Entry::Same(_) | Entry::Lock(_) | Entry::Heading(_) => None,
        }
    }

    fn go(&mut self, jump: Jump, _context: &Context<'_>) -> Vec<Request> {
        while self.panes.leave() {}
        if let Jump::Config(wanted) = jump
            && let Some(at) = self.entries.iter().position(|entry| *entry == Entry::Changed(wanted))
        {
            self.panes.cursor.reveal(at);
        }
        Vec::new()
    }

    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        self.panes.leave().then(Vec::new)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        self.panes.needs(self.entries.len());
        let areas = self.panes.split(area, 58, buffer, theme);
        let width = usize::from(areas.list.width);
        let shown = self.panes.rows(areas.list, self.entries.len());
        if self.entries.is_empty() {
            let words = " No configuration and no history on either side.";
            paint::put(buffer, areas.list, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        for (row, at) in (0_u16..).zip(shown) {
            let (line, subject) = match self.entries.get(at) {
                Some(Entry::Heading(title)) => {
                    (Some(Line::styled(format!(" {title}"), theme.style(Role::Heading))), None)
                }
                Some(Entry::Changed(at)) => {
                    (report.config.get(*at).map(|row| config_line(row, width, theme)), Some(Subject::Config(*at)))
                }
                Some(Entry::Same(at)) => {
                    (report.unchanged_config.get(*at).map(|row| same_line(row, width, theme)), None)
                }
                Some(Entry::History(at)) => {
                    (report.history.get(*at).map(|row| history_line(row, width, theme)), Some(Subject::History(*at)))
                }
                Some(Entry::Lock(at)) => {
                    (report.locks.get(*at).map(|row| locks::line(row, report.alone, width, theme)), None)
                }
                None => (None, None),
            };
            if let Some(line) = line {
                paint::put(buffer, areas.list, row, &line);
            }
            let marked = subject.is_some_and(|subject| context.review.has(subject));
            self.panes.mark(buffer, areas.list, row, at, marked, theme);
        }
        let selected = self.selected();
        let (title, subject) = match selected {
            Some(Entry::Changed(at)) => ("configuration", at * 5),
            Some(Entry::Same(at)) => ("configuration", at * 5 + 1),
            Some(Entry::History(at)) => ("history", at * 5 + 2),
            Some(Entry::Lock(at)) => ("lock file", at * 5 + 4),
            Some(Entry::Heading(_)) | None => ("", 3),
        };
        let alone = report.alone;
        self.panes.draw_detail(areas, buffer, theme, title, (subject, 0), |_| match selected {
            Some(Entry::Changed(at)) => report.config.get(at).map(|row| config_detail(row, theme)).unwrap_or_default(),
            Some(Entry::Same(at)) => {
                report.unchanged_config.get(at).map(|row| same_detail(row, theme)).unwrap_or_default()
            }
            Some(Entry::History(at)) => {
                report.history.get(at).map(|row| history_detail(row, alone, theme)).unwrap_or_default()
            }
            Some(Entry::Lock(at)) => {
                report.locks.get(at).map(|row| locks::detail(row, alone, theme)).unwrap_or_default()
            }
            Some(Entry::Heading(_)) | None => Vec::new(),
        });
    }
}

fn same_detail(row: &ConfigChange, theme: Theme) -> Vec<Row> {
    let mut rows = vec![Row::styled(visible(&row.key).into_owned(), Role::Strong, theme)];
    rows.push(Row::default());
    rows.extend(lines(row.right.as_deref().unwrap_or_default()));
    rows
}

/// A key with the value of both sides.
fn same_line(row: &ConfigChange, width: usize, theme: Theme) -> Line<'static> {
    let key_room = (width / 3).min(40);
    let key = text::pad(&text::middle(&visible(&row.key), key_room), key_room);
    let value = text::config(&row.key, row.right.as_deref());
    let room = width.saturating_sub(key_room + 5);
    Line::styled(format!(" = {key} {}", text::cut(&value, room)), theme.style(Role::Muted))
}

fn config_line(row: &ConfigChange, width: usize, theme: Theme) -> Line<'static> {
    let key_room = (width / 3).min(40);
    let key = text::pad(&text::middle(&visible(&row.key), key_room), key_room);
    let (sign, role) = if row.runtime { ('!', Role::Notice) } else { (' ', Role::Text) };
    let (left, right) = (text::config(&row.key, row.left.as_deref()), text::config(&row.key, row.right.as_deref()));
    let mut spans = vec![Span::styled(format!(" {sign} {key} "), theme.style(role))];
    spans.extend(paint::moved(
        &left,
        &right,
        width.saturating_sub(key_room + 5),
        (theme.style(Role::Left), theme.style(Role::Right)),
        theme,
    ));
    Line::from(spans)
}

fn history_line(row: &HistoryRow, width: usize, theme: Theme) -> Line<'static> {
    let instruction = |side: &Option<crate::model::HistoryEntry>| {
        side.as_ref().map(|entry| text::instruction(entry.created_by.as_deref()))
    };
    let room = width.saturating_sub(5);
    match (instruction(&row.left), instruction(&row.right)) {
        (_, Some(right)) if row.same => {
            Line::styled(format!(" = {}", text::cut(&right, room)), theme.style(Role::Muted))
        }
        (Some(left), Some(right)) => {
            let mut spans = vec![Span::styled(" ~ ", theme.style(Role::Notice))];
            spans.extend(paint::moved(&left, &right, room, (theme.style(Role::Left), theme.style(Role::Right)), theme));
            Line::from(spans)
        }
        (Some(left), None) => Line::styled(format!(" - {}", text::cut(&left, room)), theme.style(Role::Left)),
        (None, right) => {
            let right = right.unwrap_or_default();
            Line::styled(format!(" + {}", text::cut(&right, room)), theme.style(Role::Right))
        }
    }
}

fn config_detail(row: &ConfigChange, theme: Theme) -> Vec<Row> {
    let effect = if row.runtime { "changes how the image runs" } else { "does not change how the image runs" };
    let mut rows = vec![
        Row::new(vec![
            Span::styled(visible(&row.key).into_owned(), theme.style(Role::Strong)),
            Span::styled(format!("  {effect}"), theme.style(Role::Muted)),
        ])
        .wrapped(2),
    ];
    rows.extend(value::rows(row, theme));
    rows
}

fn history_detail(row: &HistoryRow, alone: bool, theme: Theme) -> Vec<Row> {
    let mut rows = Vec::new();
    let sides = [("left", &row.left, Role::Left), ("right", &row.right, Role::Right)];
    for (name, entry, role) in sides.into_iter().skip(usize::from(alone)) {
        let name = if alone { "created" } else { name };
        let Some(entry) = entry else { continue };
        if !rows.is_empty() {
            rows.push(Row::default());
        }
        let created = entry.created.as_deref().map(text::created).unwrap_or_default();
        rows.push(Row::new(vec![
            Span::styled(name, theme.style(role)),
            Span::styled(format!("  {created}"), theme.style(Role::Muted)),
        ]));
        rows.extend(lines(entry.created_by.as_deref().unwrap_or("(nothing written)")));
        rows.extend(entry.comment.as_deref().into_iter().flat_map(lines));
    }
    rows
}
