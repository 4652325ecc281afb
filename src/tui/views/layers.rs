//! The layers of both sides, aligned, with what each of them changed.

use std::collections::BTreeSet;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::rows::changed_files;
use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::review::Subject;
use crate::compare::{DriftReport, LayerRelation, LayerRow};
use crate::model::{Confidence, Explanation, ImageFacts, LayerFacts, Side};
use crate::tui::Jump;
use crate::tui::document::{self, Field, Row, lines, table};
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, delta_role, relation_role, signs};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Layers",
    keys: KEYS,
    make: |report| Box::new(Layers::new(report)),
    count: |report| {
        let counts = |row: &&LayerRow| report.alone || row.relation != LayerRelation::Shared;
        text::count(report.layers.iter().filter(counts).count() as u64)
    },
    accepts: |jump| matches!(jump, Jump::Layer(..)),
};

const KEYS: &[Binding] = &[
    row(
        Action::Open,
        "open",
        &[key(KeyCode::Enter)],
        "open the detail, or the layers that both sides share; in the detail: go to the file",
        Some("open"),
    ),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the detail", None),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "leave the detail", None),
    row(Action::All, "all", &[ch('a')], "open or fold the layers that both sides share", Some("shared")),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", Some("zoom")),
];

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// By position in `report.layers`.
    Layer(usize),
    /// Layers that both sides share, folded.
    Shared(Range<usize>),
}

/// The view.
struct Layers {
    entries: Vec<Entry>,
    panes: Panes,
    /// The first layers of the runs of shared ones that are open.
    open: BTreeSet<usize>,
    /// For each row of `report.layers`: the paths that differ in it, by position in `files.rows`; those where only the
    /// time differs left out.
    changed: Vec<Vec<u32>>,
}

/// The columns: a sign, two indexes, changed paths, the sizes and their difference; the instruction takes the rest.
const INDEX: usize = 4;
const SIZE: usize = 9;
const PATHS: usize = 8;
/// Fewer shared layers in a row than this stand for themselves.
const FOLDED: usize = 2;
/// The most files listed of a layer; the Files view has them all.
const MOST_FILES: usize = 300;

impl Layers {
    fn new(report: &DriftReport) -> Self {
        let mut layers =
            Self { entries: Vec::new(), panes: Panes::default(), open: BTreeSet::new(), changed: changed(report) };
        layers.arrange(report);
        layers
    }

    fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.panes.cursor.selected())
    }

    /// Folds the runs of shared layers that are not open.
    fn arrange(&mut self, report: &DriftReport) {
        self.entries.clear();
        let shared = |at: usize| {
            let row = report.layers.get(at);
            !report.alone && row.is_some_and(|row| row.relation == LayerRelation::Shared)
        };
        let mut at = 0;
        while at < report.layers.len() {
            let end = (at..report.layers.len()).find(|end| !shared(*end)).unwrap_or(report.layers.len());
            if end.saturating_sub(at) >= FOLDED {
                self.entries.push(Entry::Shared(at..end));
                if self.open.contains(&at) {
                    self.entries.extend((at..end).map(Entry::Layer));
                }
                at = end;
            } else {
                self.entries.push(Entry::Layer(at));
                at += 1;
            }
        }
    }

    fn toggle(&mut self, first: usize, report: &DriftReport) {
        if !self.open.remove(&first) {
            self.open.insert(first);
        }
        self.arrange(report);
    }

    fn toggle_all(&mut self, report: &DriftReport) {
        let all = self.entries.iter().filter_map(|entry| match entry {
            Entry::Shared(run) => Some(run.start),
            Entry::Layer(_) => None,
        });
        self.open = if self.open.is_empty() { all.collect() } else { BTreeSet::new() };
        self.arrange(report);
    }

    /// Selects the row of an entry, or of the fold that it went into.
    fn select(&mut self, wanted: Option<&Entry>) {
        let holds = |entry: &Entry| match (entry, wanted) {
            (Entry::Shared(run), Some(Entry::Layer(at))) => run.contains(at),
            (entry, wanted) => Some(entry) == wanted,
        };
        // An open fold comes before its layers: the last one that holds is the layer itself.
        self.panes.cursor.select(self.entries.iter().rposition(holds).unwrap_or_default());
    }

    /// Selects a row of `report.layers`, wherever it is folded away.
    fn reveal(&mut self, wanted: usize, report: &DriftReport) {
        let runs = self.entries.iter().filter_map(|entry| match entry {
            Entry::Shared(run) if run.contains(&wanted) => Some(run.start),
            _ => None,
        });
        self.open.extend(runs.collect::<Vec<_>>());
        self.arrange(report);
        if let Some(at) = self.entries.iter().position(|entry| *entry == Entry::Layer(wanted)) {
            self.panes.cursor.reveal(at);
        }
    }

    fn finish(&mut self, outcome: Outcome, context: &Context<'_>) -> Vec<Request> {
        match (outcome, self.selected().cloned()) {
            (Outcome::Open | Outcome::Other(Action::Right), Some(Entry::Shared(run))) => {
                self.toggle(run.start, context.report);
            }
            (Outcome::Open | Outcome::Other(Action::Right), _) => self.panes.enter_detail(),
            (Outcome::Other(Action::All), selected) => {
                self.toggle_all(context.report);
                self.select(selected.as_ref());
            }
            (Outcome::Jump(jump), _) => return vec![Request::Jump(jump)],
            (Outcome::Done | Outcome::Other(_), _) => {}
        }
        Vec::new()
    }
}

/// The paths that differ, by the row of the layer that brought them: the right side's, or the left's for one that is
/// gone.
fn changed(report: &DriftReport) -> Vec<Vec<u32>> {
    let mut changed = vec![Vec::new(); report.layers.len()];
    let of = |side: fn(&LayerRow) -> Option<usize>, layers: usize| -> Vec<Option<usize>> {
        (0..layers).map(|index| report.layers.iter().position(|row| side(row) == Some(index))).collect()
    };
    let left = of(|row| row.left, report.left.layers.len());
    let right = of(|row| row.right, report.right.layers.len());
    for (at, row) in (0_u32..).zip(&report.files.rows) {
        if row.drift.as_ref().is_none_or(|drift| drift.explanation == Explanation::Mtime) {
            continue;
        }
        let layer = match (&row.left, &row.right) {
            (_, Some(file)) => right.get(file.layer as usize),
            (Some(file), None) => left.get(file.layer as usize),
            (None, None) => None,
        };
        if let Some(paths) = layer.copied().flatten().and_then(|layer| changed.get_mut(layer)) {
            paths.push(at);
        }
    }
    let urgency = |at: &u32| {
        let row = report.files.rows.get(*at as usize);
        std::cmp::Reverse(row.and_then(|row| row.drift.as_ref()).map(|drift| drift.explanation))
    };
    for paths in &mut changed {
        // Stable: equals keep the order of their paths.
        paths.sort_by_key(urgency);
    }
    changed
}

impl View for Layers {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, self.entries.len());
        self.finish(outcome, context)
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, self.entries.len());
        self.finish(outcome, context)
    }

    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        match self.selected()? {
            Entry::Layer(at) => Some(Subject::Layer(*at)),
            Entry::Shared(_) => None,
        }
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        while self.panes.leave() {}
        if let Jump::Layer(side, index) = jump {
            let on_side = |row: &LayerRow| match side {
                Side::Left => row.left == Some(index),
                Side::Right => row.right == Some(index),
            };
            if let Some(row) = context.report.layers.iter().position(on_side) {
                self.reveal(row, context.report);
            }
        }
        Vec::new()
    }

    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        self.panes.leave().then(Vec::new)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        self.panes.needs(self.entries.len() + 1);
        let areas = self.panes.split(area, 58, buffer, theme);
        let width = usize::from(areas.list.width);
        let head = if report.alone { header_alone(width, theme) } else { header(width, theme) };
        paint::put(buffer, areas.list, 0, &head);
        let body = areas.body();
        let shown = self.panes.rows(body, self.entries.len());
        for (row, at) in (0_u16..).zip(shown) {
            let Some(entry) = self.entries.get(at) else { continue };
            let (line, marked) = match entry {
                Entry::Shared(run) => (Some(shared_line(report, run, self.open.contains(&run.start), theme)), false),
                Entry::Layer(at) => {
                    let paths = self.changed.get(*at).map_or(0, Vec::len);
                    let line = report.layers.get(*at).map(|row| {
                        if report.alone {
                            line_alone(report, row, width, theme)
                        } else {
                            layer_line(report, row, paths, width, theme)
                        }
                    });
                    (line, context.review.has(Subject::Layer(*at)))
                }
            };
            if let Some(line) = line {
                paint::put(buffer, body, row, &line);
            }
            self.panes.mark(buffer, body, row, at, marked, theme);
        }
        let selected = self.selected().cloned();
        let (title, subject) = match &selected {
            Some(Entry::Layer(at)) => ("layer", at * 2),
            Some(Entry::Shared(run)) => ("shared layers", run.start * 2 + 1),
            None => ("", usize::MAX),
        };
        let changed = &self.changed;
        self.panes.draw_detail(areas, buffer, theme, title, (subject, 0), |width| match &selected {
            Some(Entry::Layer(at)) => {
                let paths = changed.get(*at).map(Vec::as_slice).unwrap_or_default();
                let row = report.layers.get(*at);
                row.map(|row| layer_detail(report, row, paths, width, theme)).unwrap_or_default()
            }
            Some(Entry::Shared(run)) => shared_detail(report, run, theme),
            None => Vec::new(),
        });
    }
}

/// How many columns of sizes there is room for beside the instruction.
fn size_columns(width: usize) -> usize {
    match width {
        0..66 => 0,
        66..100 => 1,
        _ => 2,
    }
}

/// Room for the instruction once the other columns have theirs.
fn instruction_room(width: usize) -> usize {
    width.saturating_sub(3 + 11 + 2 * INDEX + PATHS + size_columns(width) * SIZE + SIZE + 3)
}

fn header(width: usize, theme: Theme) -> Line<'static> {
    let sizes = match size_columns(width) {
        0 => String::new(),
        1 => format!("{:>9}", "size"),
        _ => format!("{:>9}{:>9}", "left", "right"),
    };
    let room = instruction_room(width);
    let words = format!(
        "   {:<11}{:>4}{:>4}{:>8}  {}{sizes}{:>9}",
        "layer",
        "L",
        "R",
        "paths",
        text::pad("instruction", room),
        "delta"
    );
    Line::styled(words, theme.style(Role::Muted))
}

fn layer_line(report: &DriftReport, row: &LayerRow, paths: usize, width: usize, theme: Theme) -> Line<'static> {
    let (sign, word, role) = (row.relation.sign(), row.relation.as_str(), relation_role(row.relation));
    let (left, right) = row.sides(report);
    let index = |side: Option<&LayerFacts>| side.map_or_else(|| "-".to_owned(), |layer| layer.index.to_string());
    let size = |side: Option<&LayerFacts>| side.map_or(0, |layer| layer.size);
    let shown_size = |side: Option<&LayerFacts>| side.map_or_else(|| "-".to_owned(), |layer| text::bytes(layer.size));
    let muted = theme.style(Role::Muted);
    let room = instruction_room(width);
    let made_by = right.or(left).map(|layer| text::instruction(layer.created_by.as_deref())).unwrap_or_default();
    let made_by = format!("{}{made_by}", base_mark(report, row));
    let mut spans = vec![
        Span::styled(format!(" {sign} {word:<11}"), theme.style(role)),
        Span::styled(text::pad_left(&index(left), INDEX), theme.style(Role::Left)),
        Span::styled(text::pad_left(&index(right), INDEX), theme.style(Role::Right)),
        Span::styled(
            text::pad_left(&if paths == 0 { String::new() } else { text::count(paths as u64) }, PATHS),
            theme.style(Role::Text),
        ),
        Span::raw(format!("  {}", text::pad(&made_by, room))),
    ];
    let sizes = match size_columns(width) {
        0 => Vec::new(),
        1 => vec![shown_size(right.or(left))],
        _ => vec![shown_size(left), shown_size(right)],
    };
    spans.extend(sizes.iter().map(|size| Span::styled(text::pad_left(size, SIZE), muted)));
    let (left, right) = (size(left), size(right));
    let delta = text::pad_left(&text::delta(left, right), SIZE);
    spans.push(Span::styled(delta, theme.style(delta_role(left, right))));
    Line::from(spans)
}

/// Room for the instruction of one image's layers.
fn room_alone(width: usize) -> usize {
    width.saturating_sub(3 + INDEX + SIZE + PATHS + 2)
}

fn header_alone(width: usize, theme: Theme) -> Line<'static> {
    let room = room_alone(width);
    let words = format!("   {:<4}{}{:>9}{:>8}", "#", text::pad("instruction", room), "size", "entries");
    Line::styled(words, theme.style(Role::Muted))
}

/// One layer of one image.
fn line_alone(report: &DriftReport, row: &LayerRow, width: usize, theme: Theme) -> Line<'static> {
    let Some(layer) = row.sides(report).1 else { return Line::default() };
    let made_by = format!("{}{}", base_mark(report, row), text::instruction(layer.created_by.as_deref()));
    Line::from(vec![
        Span::styled(format!("   {:<4}", layer.index), theme.style(Role::Muted)),
        Span::raw(text::pad(&made_by, room_alone(width))),
        Span::styled(text::pad_left(&text::bytes(layer.size), SIZE), theme.style(Role::Muted)),
        Span::styled(text::pad_left(&text::count(layer.entries as u64), PATHS), theme.style(Role::Muted)),
    ])
}

/// A run of shared layers in one row.
fn shared_line(report: &DriftReport, run: &Range<usize>, open: bool, theme: Theme) -> Line<'static> {
    let size: u64 = shared(report, run).map(|layer| layer.size).sum();
    let fold = if open { signs::OPEN } else { signs::CLOSED };
    let words = format!(" {fold} {} on both sides, {}", text::plural(run.len(), "layer", "layers"), text::bytes(size));
    Line::styled(words, theme.style(Role::Quiet))
}

fn shared<'a>(report: &'a DriftReport, run: &Range<usize>) -> impl Iterator<Item = &'a LayerFacts> {
    let rows = report.layers.get(run.clone()).unwrap_or_default();
    rows.iter().filter_map(|row| row.sides(report).1)
}

fn shared_detail(report: &DriftReport, run: &Range<usize>, theme: Theme) -> Vec<Row> {
    let mut rows = vec![Row::styled("the same bytes on both sides", Role::Muted, theme)];
    for layer in shared(report, run) {
        let made_by = text::instruction(layer.created_by.as_deref());
        rows.push(
            Row::new(vec![
                Span::styled(text::pad_left(&format!("#{}", layer.index), INDEX), theme.style(Role::Muted)),
                Span::styled(text::pad_left(&text::bytes(layer.size), SIZE), theme.style(Role::Muted)),
                Span::raw(format!("  {made_by}")),
            ])
            .wrapped(15),
        );
    }
    rows
}

fn layer_detail(report: &DriftReport, row: &LayerRow, paths: &[u32], width: u16, theme: Theme) -> Vec<Row> {
    if report.alone {
        return detail_alone(report, row, theme);
    }
    let (sign, word, role) = (row.relation.sign(), row.relation.as_str(), relation_role(row.relation));
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
    ];
    rows.extend(cause(report, row, theme));
    let (left, right) = row.sides(report);
    rows.extend(instructions(left, right, theme));
    rows.push(Row::default());
    rows.extend(files(report, row, paths, width, theme));
    rows.push(Row::default());
    rows.extend(table(&FIELDS, left, right, width, theme).into_iter().map(|(_, row)| row));
    for (name, layer, role) in [("left", left, Role::Left), ("right", right, Role::Right)] {
        let Some(layer) = layer else { continue };
        rows.push(
            Row::new(vec![
                Span::styled(text::pad(name, 6), theme.style(role)),
                Span::styled(layer.diff_id.to_string(), theme.style(Role::Muted)),
            ])
            .wrapped(6),
        );
    }
    rows
}

/// The instruction of both sides, once where both have the same.
fn instructions(left: Option<&LayerFacts>, right: Option<&LayerFacts>, theme: Theme) -> Vec<Row> {
    let made_by = |layer: &LayerFacts| layer.created_by.clone().unwrap_or_else(|| "(no history)".to_owned());
    let (left, right) = (left.map(made_by), right.map(made_by));
    let told = if left == right {
        [("instruction", left, Role::Heading), ("", None, Role::Right)]
    } else {
        [("left instruction", left, Role::Left), ("right instruction", right, Role::Right)]
    };
    let mut rows = Vec::new();
    for (title, instruction, role) in told {
        let Some(instruction) = instruction else { continue };
        rows.push(Row::default());
        rows.push(Row::styled(title, role, theme));
        rows.extend(lines(&instruction));
    }
    rows
}

const FIELDS: [Field<LayerFacts>; 5] = [
    ("index", |layer| layer.index.to_string()),
    ("size", |layer| text::bytes(layer.size)),
    ("entries", |layer| text::count(layer.entries as u64)),
    ("diff id", |layer| layer.diff_id.short()),
    ("blob", |layer| layer.digest.map(|digest| digest.short()).unwrap_or_default()),
];

/// A layer of one image on its own.
fn detail_alone(report: &DriftReport, row: &LayerRow, theme: Theme) -> Vec<Row> {
    let Some(layer) = row.sides(report).1 else { return Vec::new() };
    let mut rows = document::list(&FIELDS, layer, theme);
    rows.push(Row::styled(layer.diff_id.to_string(), Role::Muted, theme).wrapped(0));
    rows.push(Row::default());
    rows.extend(lines(layer.created_by.as_deref().unwrap_or("(no history)")));
    rows.push(Row::default());
    let words = format!("{} all its paths", signs::POINTER);
    rows.push(Row::styled(words, Role::Key, theme).to(Jump::LayerFiles(Side::Right, layer.index)));
    rows
}

/// What stands before the instruction of a layer that is the base's.
fn base_mark(report: &DriftReport, row: &LayerRow) -> &'static str {
    match of_base(report, row) {
        Some(Confidence::Low) => "(base?) ",
        Some(_) => "(base) ",
        None => "",
    }
}

/// How sure it is that the layer belongs to its image's base; `None` where nothing says so.
fn of_base(report: &DriftReport, row: &LayerRow) -> Option<Confidence> {
    let sure = |facts: &ImageFacts, index: Option<usize>| {
        let base = facts.base.as_ref()?;
        index.zip(base.layers).filter(|(index, layers)| index < layers).and(base.layers_confidence)
    };
    sure(&report.right, row.right).or_else(|| sure(&report.left, row.left))
}

/// What the layer is to its image's base, and whether it was rebuilt only because something below it was.
fn cause(report: &DriftReport, row: &LayerRow, theme: Theme) -> Vec<Row> {
    let muted = |words: String| vec![Row::styled(words, Role::Muted, theme).wrapped(2)];
    if let Some(confidence) = of_base(report, row) {
        let likely = if confidence == Confidence::Low { "likely " } else { "" };
        return muted(format!("it {likely}belongs to the base image"));
    }
    if row.relation != LayerRelation::Rebuilt {
        return Vec::new();
    }
    let below = report.layers.iter().take_while(|other| *other != row);
    let moved =
        below.filter(|other| other.relation != LayerRelation::Shared).find_map(|other| other.right.or(other.left));
    match moved {
        Some(0) => {
            muted("the lowest layer below it is another one: a moved base rebuilds everything above it".to_owned())
        }
        Some(index) => muted(format!("layer {index} below it is another one: a builder rebuilds everything above it")),
        None => muted("nothing below it moved: its own instruction gave other bytes".to_owned()),
    }
}

/// What differs in the files that the layer brought, what must be read first.
fn files(report: &DriftReport, row: &LayerRow, paths: &[u32], width: u16, theme: Theme) -> Vec<Row> {
    let mut rows = vec![Row::heading(text::plural(paths.len(), "changed path", "changed paths"), theme)];
    for (name, side, index) in [("right", Side::Right, row.right), ("left", Side::Left, row.left)] {
        if let Some(index) = index {
            let words = format!("{} all paths of {name} #{index}", signs::POINTER);
            rows.push(Row::styled(words, Role::Key, theme).to(Jump::LayerFiles(side, index)));
        }
    }
    rows.extend(changed_files(report, paths, MOST_FILES, width, theme));
    rows
}
