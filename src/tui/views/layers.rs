//! The layers of both sides, aligned; below them the configuration and the history where they differ.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Context, Mouse, View, ViewEntry};
use crate::compare::{ConfigChange, DriftReport, HistoryRow, LayerRelation, LayerRow};
use crate::model::text::{visible, visible_multiline};
use crate::model::{LayerFacts, Side};
use crate::tui::Jump;
use crate::tui::app::Request;
use crate::tui::document::{Field, Row, table};
use crate::tui::keys::{Action, Binding, ch, key};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, signs};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Layers",
    keys: KEYS,
    make: |report| Box::new(Layers { entries: entries(report), panes: Panes::default() }),
    count: |report| text::count(report.layers.iter().filter(|row| row.relation != LayerRelation::Shared).count() as u64),
    accepts: |jump| matches!(jump, Jump::Layer(..) | Jump::Config(_)),
};

const KEYS: &[Binding] = &[
    Binding {
        action: Action::Open,
        name: "open",
        keys: &[key(KeyCode::Enter)],
        help: "open the detail",
        hint: Some("detail"),
    },
    Binding {
        action: Action::Right,
        name: "right",
        keys: &[ch('l'), key(KeyCode::Right)],
        help: "open the detail",
        hint: None,
    },
    Binding {
        action: Action::Left,
        name: "left",
        keys: &[ch('h'), key(KeyCode::Left)],
        help: "leave the detail",
        hint: None,
    },
    Binding {
        action: Action::Zoom,
        name: "zoom",
        keys: &[ch('z')],
        help: "give the pane with the keys all the room",
        hint: Some("zoom"),
    },
];

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Heading(&'static str),
    /// By position in `report.layers`, `report.config`, `report.history`.
    Layer(usize),
    Config(usize),
    History(usize),
}

/// The view.
struct Layers {
    entries: Vec<Entry>,
    panes: Panes,
}

/// The columns: a sign, two indexes, the sizes and their difference; the instruction takes the rest.
const INDEX: usize = 4;
const SIZE: usize = 9;

fn entries(report: &DriftReport) -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..report.layers.len()).map(Entry::Layer).collect();
    if !report.config.is_empty() {
        entries.push(Entry::Heading("Configuration that differs"));
        entries.extend((0..report.config.len()).map(Entry::Config));
    }
    let changed = (0..report.history.len()).filter(|at| report.history.get(*at).is_some_and(|row| !row.same));
    let changed: Vec<Entry> = changed.map(Entry::History).collect();
    if !changed.is_empty() {
        entries.push(Entry::Heading("History that differs"));
        entries.extend(changed);
    }
    entries
}

impl Layers {
    fn selected(&self) -> Option<Entry> {
        self.entries.get(self.panes.cursor.selected()).copied()
    }

    /// Selects the row of an entry.
    fn reveal(&mut self, wanted: impl Fn(&Entry) -> bool) {
        if let Some(at) = self.entries.iter().position(wanted) {
            self.panes.cursor.reveal(at);
        }
    }

    fn finish(&mut self, outcome: Outcome) -> Vec<Request> {
        match outcome {
            Outcome::Open | Outcome::Other(Action::Right) => self.panes.enter_detail(),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done | Outcome::Other(_) => {}
        }
        Vec::new()
    }
}

impl View for Layers {
    fn act(&mut self, action: Action, _context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, self.entries.len());
        if let Some(Entry::Heading(_)) = self.selected() {
            // A heading is passed over in the direction of the motion.
            let by = if matches!(action, Action::Up | Action::PageUp) { -1 } else { 1 };
            self.panes.cursor.step(by, self.entries.len());
        }
        self.finish(outcome)
    }

    fn mouse(&mut self, mouse: Mouse, _context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, self.entries.len());
        self.finish(outcome)
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        while self.panes.leave() {}
        match jump {
            Jump::Layer(side, index) => {
                let on_side = |row: &LayerRow| match side {
                    Side::Left => row.left == Some(index),
                    Side::Right => row.right == Some(index),
                };
                let row = context.report.layers.iter().position(on_side);
                self.reveal(|entry| row.is_some_and(|row| *entry == Entry::Layer(row)));
            }
            Jump::Config(at) => self.reveal(|entry| *entry == Entry::Config(at)),
            _ => {}
        }
        Vec::new()
    }

    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        self.panes.leave().then(Vec::new)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        let areas = self.panes.split(area, 58, buffer, theme);
        let width = usize::from(areas.list.width);
        paint::put(buffer, areas.list, 0, &header(width, theme));
        let body = areas.body();
        let shown = self.panes.rows(body, self.entries.len());
        for (row, at) in (0_u16..).zip(shown) {
            let line = match self.entries.get(at) {
                Some(Entry::Heading(title)) => Some(Line::styled(format!(" {title}"), theme.style(Role::Heading))),
                Some(Entry::Layer(at)) => report.layers.get(*at).map(|row| layer_line(report, row, width, theme)),
                Some(Entry::Config(at)) => report.config.get(*at).map(|row| config_line(row, width, theme)),
                Some(Entry::History(at)) => report.history.get(*at).map(|row| history_line(row, width, theme)),
                None => None,
            };
            if let Some(line) = line {
                paint::put(buffer, body, row, &line);
            }
            self.panes.mark(buffer, body, row, at, theme);
        }
        let selected = self.selected();
        let (title, subject) = match selected {
            Some(Entry::Layer(at)) => ("layer", at * 4),
            Some(Entry::Config(at)) => ("configuration", at * 4 + 1),
            Some(Entry::History(at)) => ("history", at * 4 + 2),
            Some(Entry::Heading(_)) | None => ("", 3),
        };
        self.panes.draw_detail(areas, buffer, theme, title, (subject, 0), |width| match selected {
            Some(Entry::Layer(at)) => {
                report.layers.get(at).map(|row| layer_detail(report, row, width, theme)).unwrap_or_default()
            }
            Some(Entry::Config(at)) => report.config.get(at).map(|row| config_detail(row, theme)).unwrap_or_default(),
            Some(Entry::History(at)) => {
                report.history.get(at).map(|row| history_detail(row, theme)).unwrap_or_default()
            }
            Some(Entry::Heading(_)) | None => Vec::new(),
        });
    }
}

/// A sign, the word and the role of a relation.
fn relation(relation: LayerRelation) -> (char, &'static str, Role) {
    let (sign, role) = match relation {
        LayerRelation::Shared => ('=', Role::Quiet),
        LayerRelation::Rebuilt => ('~', Role::Notice),
        LayerRelation::LeftOnly => ('-', Role::Left),
        LayerRelation::RightOnly => ('+', Role::Right),
    };
    (sign, relation.as_str(), role)
}

fn sides<'a>(report: &'a DriftReport, row: &LayerRow) -> (Option<&'a LayerFacts>, Option<&'a LayerFacts>) {
    let left = row.left.and_then(|index| report.left.layers.get(index));
    let right = row.right.and_then(|index| report.right.layers.get(index));
    (left, right)
}

/// Room for the instruction once the other columns have theirs.
fn instruction_room(width: usize) -> usize {
    let sizes = if width >= 76 { 2 * SIZE } else { 0 };
    width.saturating_sub(3 + 11 + 2 * INDEX + sizes + SIZE + 3)
}

fn header(width: usize, theme: Theme) -> Line<'static> {
    let sizes = if width >= 76 { format!("{:>9}{:>9}", "left", "right") } else { String::new() };
    let room = instruction_room(width);
    let words =
        format!("   {:<11}{:>4}{:>4}  {}{sizes}{:>9}", "layer", "L", "R", text::pad("instruction", room), "delta");
    Line::styled(words, theme.style(Role::Muted))
}

fn layer_line(report: &DriftReport, row: &LayerRow, width: usize, theme: Theme) -> Line<'static> {
    let (sign, word, role) = relation(row.relation);
    let (left, right) = sides(report, row);
    let index = |side: Option<&LayerFacts>| side.map_or_else(|| "-".to_owned(), |layer| layer.index.to_string());
    let size = |side: Option<&LayerFacts>| side.map_or(0, |layer| layer.size);
    let shown_size = |side: Option<&LayerFacts>| side.map_or_else(|| "-".to_owned(), |layer| text::bytes(layer.size));
    let muted = theme.style(Role::Muted);
    let room = instruction_room(width);
    let made_by = right.or(left).map(|layer| text::instruction(layer.created_by.as_deref())).unwrap_or_default();
    let mut spans = vec![
        Span::styled(format!(" {sign} {word:<11}"), theme.style(role)),
        Span::styled(text::pad_left(&index(left), INDEX), theme.style(Role::Left)),
        Span::styled(text::pad_left(&index(right), INDEX), theme.style(Role::Right)),
        Span::raw(format!("  {}", text::pad(&made_by, room))),
    ];
    if width >= 76 {
        spans.push(Span::styled(text::pad_left(&shown_size(left), SIZE), muted));
        spans.push(Span::styled(text::pad_left(&shown_size(right), SIZE), muted));
    }
    let style = match size(right).cmp(&size(left)) {
        std::cmp::Ordering::Greater => theme.style(Role::Right),
        std::cmp::Ordering::Less => theme.style(Role::Left),
        std::cmp::Ordering::Equal => muted,
    };
    spans.push(Span::styled(text::pad_left(&text::delta(size(left), size(right)), SIZE), style));
    Line::from(spans)
}

fn config_line(row: &ConfigChange, width: usize, theme: Theme) -> Line<'static> {
    let key_room = (width / 3).min(40);
    let key = text::pad(&text::middle(&visible(&row.key), key_room), key_room);
    let (sign, role) = if row.runtime { ('!', Role::Notice) } else { (' ', Role::Text) };
    let (left, right) = (text::config(&row.key, row.left.as_deref()), text::config(&row.key, row.right.as_deref()));
    let mut spans = vec![Span::styled(format!(" {sign} {key} "), theme.style(role))];
    spans.extend(moved(&left, &right, width.saturating_sub(key_room + 5), theme));
    Line::from(spans)
}

/// `left → right` in at most `room` columns, both of them to be seen.
fn moved(left: &str, right: &str, room: usize, theme: Theme) -> Vec<Span<'static>> {
    let (left, right) = text::share(left, right, room.saturating_sub(3));
    vec![
        Span::styled(left, theme.style(Role::Left)),
        Span::styled(format!(" {} ", signs::ARROW), theme.style(Role::Muted)),
        Span::styled(right, theme.style(Role::Right)),
    ]
}

fn history_line(row: &HistoryRow, width: usize, theme: Theme) -> Line<'static> {
    let instruction = |side: &Option<crate::model::HistoryEntry>| {
        side.as_ref().map(|entry| text::instruction(entry.created_by.as_deref()))
    };
    let room = width.saturating_sub(5);
    match (instruction(&row.left), instruction(&row.right)) {
        (Some(left), Some(right)) => {
            let mut spans = vec![Span::styled(" ~ ", theme.style(Role::Notice))];
            spans.extend(moved(&left, &right, room, theme));
            Line::from(spans)
        }
        (Some(left), None) => Line::styled(format!(" - {}", text::cut(&left, room)), theme.style(Role::Left)),
        (None, right) => {
            let right = right.unwrap_or_default();
            Line::styled(format!(" + {}", text::cut(&right, room)), theme.style(Role::Right))
        }
    }
}

fn layer_detail(report: &DriftReport, row: &LayerRow, width: u16, theme: Theme) -> Vec<Row> {
    let (sign, word, role) = relation(row.relation);
    let meaning = match row.relation {
        LayerRelation::Shared => "the same bytes on both sides",
        LayerRelation::Rebuilt => "the same instruction, other bytes",
        LayerRelation::LeftOnly => "no layer of the right image corresponds",
        LayerRelation::RightOnly => "no layer of the left image corresponds",
    };
    let mut rows = vec![
        Row::new(vec![
            Span::styled(format!("{sign} {word}"), theme.style(role)),
            Span::styled(format!("  {meaning}"), theme.style(Role::Muted)),
        ])
        .wrapped(2),
        Row::default(),
    ];
    let (left, right) = sides(report, row);
    let fields: [Field<LayerFacts>; 5] = [
        ("index", |layer| layer.index.to_string()),
        ("diff id", |layer| layer.diff_id.short()),
        ("blob", |layer| layer.digest.map(|digest| digest.short()).unwrap_or_default()),
        ("size", |layer| text::bytes(layer.size)),
        ("entries", |layer| text::count(layer.entries as u64)),
    ];
    rows.extend(table(&fields, left, right, width, theme).into_iter().map(|(_, row)| row));
    for (name, side, role) in [("left", left, Role::Left), ("right", right, Role::Right)] {
        let Some(layer) = side else { continue };
        rows.push(Row::default());
        rows.push(Row::new(vec![Span::styled(format!("{name} instruction"), theme.style(role))]));
        rows.extend(lines(layer.created_by.as_deref().unwrap_or("(no history)")));
        rows.push(Row::new(vec![Span::styled(layer.diff_id.to_string(), theme.style(Role::Muted))]).wrapped(0));
    }
    rows
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
    for (name, value, role) in [("left", &row.left, Role::Left), ("right", &row.right, Role::Right)] {
        rows.push(Row::default());
        rows.push(Row::new(vec![Span::styled(name, theme.style(role))]));
        rows.extend(lines(value.as_deref().unwrap_or("(not set)")));
    }
    rows
}

fn history_detail(row: &HistoryRow, theme: Theme) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, entry, role) in [("left", &row.left, Role::Left), ("right", &row.right, Role::Right)] {
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

/// A text of several lines, each wrapped.
fn lines(text: &str) -> Vec<Row> {
    let shown = visible_multiline(text).replace('\t', "    ");
    shown.lines().map(|line| Row::new(vec![Span::raw(line.to_owned())]).wrapped(2)).collect()
}
