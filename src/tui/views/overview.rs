//! The answer on one screen: the verdict in words, what to look at first, both identities, what moved.

use std::cmp::Reverse;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::packages::{growth, urgency};
use super::{Context, Mouse, View, ViewEntry};
use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Explanation, Finding, FindingDrift, ImageFacts, PackageMove, Severity};
use crate::tui::Jump;
use crate::tui::document::{Document, Field, Row, table};
use crate::tui::explorer::Request;
use crate::tui::keys::{Action, Binding, ch, key};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, explanation_role, move_role, signs};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Overview",
    keys: KEYS,
    make: |report| Box::new(Overview::new(report)),
    count: |_| String::new(),
    accepts: |_| false,
};

const KEYS: &[Binding] = &[
    Binding {
        action: Action::Open,
        name: "open",
        keys: &[key(KeyCode::Enter)],
        help: "go to what the selected row names",
        hint: Some("go there"),
    },
    Binding {
        action: Action::Left,
        name: "left",
        keys: &[ch('h'), key(KeyCode::Left)],
        help: "the left column",
        hint: None,
    },
    Binding {
        action: Action::Right,
        name: "right",
        keys: &[ch('l'), key(KeyCode::Right)],
        help: "the right column",
        hint: None,
    },
];

/// From this width on there are two columns.
const TWO_COLUMNS: u16 = 100;
/// Rows per kind of thing to look at; the rest is one row that leads to them all.
const FEW: usize = 4;
const TOP_PACKAGES: usize = 8;

/// The overview. Which rows need reading is found once; the lines are laid out per width.
struct Overview {
    /// Alarms and unexplained paths, by position in `files.rows`, the first [`FEW`] of each.
    alarms: Vec<u32>,
    unexplained: Vec<u32>,
    /// Packages that moved, what deserves a look first.
    moved: Vec<usize>,
    columns: [Document; 2],
    focus: usize,
    two: bool,
}

impl Overview {
    fn new(report: &DriftReport) -> Self {
        let few = |wanted: Explanation| -> Vec<u32> {
            (0_u32..)
                .zip(&report.files.rows)
                .filter(|(_, row)| row.drift.as_ref().is_some_and(|drift| drift.explanation == wanted))
                .map(|(at, _)| at)
                .take(FEW)
                .collect()
        };
        let mut moved: Vec<usize> = (0..report.packages.len())
            .filter(|at| report.packages.get(*at).is_some_and(|row| row.change.is_some()))
            .collect();
        moved.sort_by_key(|at| report.packages.get(*at).map(|row| (urgency(row.change), Reverse(growth(row)))));
        Self {
            alarms: few(Explanation::SameVersion),
            unexplained: few(Explanation::Unexplained),
            moved,
            columns: [Document::default(), Document::default()],
            // The column with the things to look at.
            focus: 1,
            two: false,
        }
    }

    fn focused(&mut self) -> &mut Document {
        let [left, right] = &mut self.columns;
        if self.two && self.focus == 1 { right } else { left }
    }
}

impl View for Overview {
    fn act(&mut self, action: Action, _context: &Context<'_>) -> Vec<Request> {
        match action {
            Action::Open => return self.focused().jump().map(Request::Jump).into_iter().collect(),
            Action::Left => self.focus = 0,
            Action::Right => self.focus = 1,
            motion => {
                self.focused().act(motion);
            }
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, _context: &Context<'_>) -> Vec<Request> {
        let (Mouse::Click(at) | Mouse::Wheel(at, _) | Mouse::Drag(at)) = mouse;
        let Some(column) = self.columns.iter().position(|column| column.contains(at)) else { return Vec::new() };
        let Some(document) = self.columns.get_mut(column) else { return Vec::new() };
        match mouse {
            Mouse::Wheel(_, rows) => document.wheel(rows),
            Mouse::Drag(_) => {}
            Mouse::Click(_) => {
                self.focus = column;
                return document.click(at).map(Request::Jump).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        let page = Page { report, theme, view: (&self.alarms, &self.unexplained, &self.moved) };
        self.two = area.width >= TWO_COLUMNS;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let [first, second] = &mut self.columns;
        if self.two {
            let width = (inner.width - 3) * 11 / 20;
            let left = Rect { width, ..inner };
            let right = Rect { x: left.right() + 3, width: inner.width - width - 3, ..inner };
            let between = Rect { x: left.right() + 1, width: 1, ..inner };
            for row in 0..area.height {
                paint::put(buffer, between, row, &Line::styled(signs::VERTICAL, theme.style(Role::Line)));
            }
            first.show(0, 1, left, |width| {
                join([page.verdict(), page.explanations(width), page.identity(width), page.warnings()])
            });
            second.show(0, 1, right, |width| join([page.first(width), page.packages(width), page.config(width)]));
        } else {
            first.show(0, 0, inner, |width| {
                join([
                    page.verdict(),
                    page.first(width),
                    page.explanations(width),
                    page.packages(width),
                    page.identity(width),
                    page.config(width),
                    page.warnings(),
                ])
            });
            second.show(0, 0, Rect::ZERO, |_| Vec::new());
        }
        let focus = if self.two { self.focus } else { 0 };
        first.draw(buffer, focus == 0, theme);
        second.draw(buffer, focus == 1, theme);
    }
}

/// What the right image has and the left had not. Changed files behind unmoved packages stand above in full.
fn is_new_alarm(finding: &Finding) -> bool {
    finding.severity == Severity::Alarm && finding.drift == Some(FindingDrift::New)
}

/// Sections one after the other, a blank row between those that say something.
fn join<const N: usize>(sections: [Vec<Row>; N]) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        if !rows.is_empty() {
            rows.push(Row::default());
        }
        rows.extend(section);
    }
    rows
}

/// What the sections are made from.
struct Page<'a> {
    report: &'a DriftReport,
    theme: Theme,
    view: (&'a [u32], &'a [u32], &'a [usize]),
}

impl Page<'_> {
    /// The verdict's meaning, and the figures in one sentence.
    fn verdict(&self) -> Vec<Row> {
        let report = self.report;
        let mut rows = vec![
            Row::new(vec![
                Span::styled(format!("{}: ", report.verdict.as_str()), self.theme.style(Role::Strong)),
                Span::raw(report.meaning()),
            ])
            .wrapped(2),
        ];
        let summary = report.files.summary;
        let differ = summary.added + summary.removed + summary.content + summary.metadata + summary.mtime_only;
        let moved = report.moved(None);
        let fair = if moved > 0 { "Not the same inputs: " } else { "The same packages: " };
        let (left, right) = (report.left.size, report.right.size);
        let size = match text::delta(left, right) {
            same if same == "=" => "the size is the same".to_owned(),
            delta => format!("{delta} in size"),
        };
        let sentence = format!(
            "{fair}{} moved; {} differ; {size}.",
            text::plural(moved, "package", "packages"),
            text::plural(differ, "path", "paths"),
        );
        rows.push(Row::new(vec![Span::styled(sentence, self.theme.style(Role::Muted))]).wrapped(2));
        rows
    }

    /// What a person should look at before anything else.
    fn first(&self, width: u16) -> Vec<Row> {
        let (alarms, unexplained, moved) = self.view;
        let mut rows = vec![Row::heading("Look at these first", self.theme)];
        self.files(&mut rows, alarms, Explanation::SameVersion, width);
        self.files(&mut rows, unexplained, Explanation::Unexplained, width);
        let downgraded =
            |at: &&usize| self.report.packages.get(**at).is_some_and(|row| row.change == Some(PackageMove::Downgraded));
        rows.extend(moved.iter().filter(downgraded).take(FEW).filter_map(|at| self.package(*at, width)));
        for finding in self.report.findings.iter().filter(|finding| is_new_alarm(finding)).take(FEW) {
            let words = format!("{}: {}", finding.subject, finding.message);
            rows.push(
                Row::new(vec![
                    Span::styled("! ", self.theme.style(Role::Alarm)),
                    Span::raw(visible(&words).into_owned()),
                ])
                .wrapped(2),
            );
        }
        if rows.len() == 1 {
            rows.push(Row::new(vec![Span::styled(
                "Nothing: every difference is accounted for.",
                self.theme.style(Role::Explained),
            )]));
        }
        rows
    }

    fn files(&self, rows: &mut Vec<Row>, files: &[u32], explanation: Explanation, width: u16) {
        let role = explanation_role(explanation);
        for at in files {
            let Some(row) = self.report.files.rows.get(*at as usize) else { continue };
            let Some(drift) = &row.drift else { continue };
            let path = row.path.to_string();
            let room = usize::from(width).saturating_sub(2);
            let detail = visible(&drift.detail);
            let path_room = room.saturating_sub(text::width(&detail) + 2).max(room * 3 / 5);
            let path = text::cut_path(&path, path_room).into_owned();
            let rest = room.saturating_sub(text::width(&path) + 2);
            rows.push(
                Row::new(vec![
                    Span::styled(format!("{} ", letter(explanation)), self.theme.style(role)),
                    Span::raw(path),
                    Span::raw("  "),
                    Span::styled(text::cut(&detail, rest).into_owned(), self.theme.style(Role::Muted)),
                ])
                .to(Jump::File(*at)),
            );
        }
        let all = self.report.files.by_explanation.get(explanation);
        if all > files.len() {
            let words = format!("{} more {}", text::count((all - files.len()) as u64), explanation.as_str());
            rows.push(
                Row::new(vec![Span::raw("  "), Span::styled(words, self.theme.style(role))])
                    .to(Jump::Explained(explanation)),
            );
        }
    }

    /// Counts by explanation, the alarming first; the two that matter also when they are nought.
    fn explanations(&self, width: u16) -> Vec<Row> {
        let counts = &self.report.files.by_explanation;
        let most = Explanation::ALARMING_FIRST.iter().map(|one| counts.get(*one)).max().unwrap_or_default();
        let mut rows = vec![Row::heading("Why paths differ", self.theme)];
        for explanation in Explanation::ALARMING_FIRST {
            let count = counts.get(explanation);
            if count == 0 && !matches!(explanation, Explanation::SameVersion | Explanation::Unexplained) {
                continue;
            }
            let role = if count == 0 { Role::Quiet } else { explanation_role(explanation) };
            let columns = if width >= 72 { 12 } else { 6 };
            let bar = text::pad(&paint::bar(count as u64, most as u64, columns), columns);
            let before = 2 + 13 + 8 + 1 + columns + 1;
            let meaning = text::cut(explanation.meaning(), usize::from(width).saturating_sub(before)).into_owned();
            let row = Row::new(vec![
                Span::styled(format!("{} {:<13}", letter(explanation), explanation.as_str()), self.theme.style(role)),
                Span::styled(text::pad_left(&text::count(count as u64), 8), self.theme.style(role)),
                Span::raw(" "),
                Span::styled(bar, self.theme.style(role)),
                Span::raw(" "),
                Span::styled(meaning, self.theme.style(Role::Muted)),
            ]);
            rows.push(if count == 0 { row } else { row.to(Jump::Explained(explanation)) });
        }
        rows
    }

    /// Packages moved by kind, and those that deserve a look.
    fn packages(&self, width: u16) -> Vec<Row> {
        let moved = self.report.moved(None);
        let mut rows = vec![Row::heading("Packages that moved", self.theme)];
        let mut counts = Vec::new();
        let kinds = [
            PackageMove::Downgraded,
            PackageMove::Removed,
            PackageMove::Added,
            PackageMove::Upgraded,
            PackageMove::Rebuilt,
        ];
        for kind in kinds {
            let count = self.report.moved(Some(kind));
            if count > 0 {
                let words = format!("{}\u{a0}{}\u{a0}{}", kind.sign(), text::count(count as u64), kind.as_str());
                counts.push(Span::styled(words, self.theme.style(move_role(kind))));
                counts.push(Span::raw("   "));
            }
        }
        if !counts.is_empty() {
            rows.push(Row::new(counts).wrapped(0));
        }
        if moved == 0 {
            let words = format!("None of {}.", text::plural(self.report.packages.len(), "package", "packages"));
            rows.push(Row::new(vec![Span::styled(words, self.theme.style(Role::Muted))]));
        }
        let (_, _, order) = self.view;
        rows.extend(order.iter().take(TOP_PACKAGES).filter_map(|at| self.package(*at, width)));
        if moved > TOP_PACKAGES {
            let words = format!("  {} more", text::count((moved - TOP_PACKAGES) as u64));
            rows.push(Row::new(vec![Span::styled(words, self.theme.style(Role::Muted))]).to(Jump::Moved));
        }
        rows
    }

    fn package(&self, at: usize, width: u16) -> Option<Row> {
        let row = self.report.packages.get(at)?;
        let change = row.change?;
        let style = self.theme.style(move_role(change));
        let version = |package: &Option<Arc<crate::model::Package>>| {
            package.as_ref().map(|package| visible(&package.version).into_owned())
        };
        let package = row.either()?;
        let room = usize::from(width).saturating_sub(2 + 6);
        let name = text::pad(&text::middle(&visible(&package.name), room * 2 / 5), (room * 2 / 5).min(26));
        let rest = room.saturating_sub(text::width(&name) + 1);
        let mut spans = vec![
            Span::styled(format!("{} ", change.sign()), style),
            Span::raw(name),
            Span::raw(" "),
            Span::styled(text::pad(package.ecosystem.as_str(), 5), self.theme.style(Role::Muted)),
            Span::raw(" "),
        ];
        match (version(&row.left), version(&row.right)) {
            (Some(left), Some(right)) => spans.extend(moved_spans(&left, &right, rest, style, self.theme)),
            (one, other) => {
                let words = format!("{} {}", change.as_str(), one.or(other).unwrap_or_default());
                spans.push(Span::styled(text::middle(&words, rest).into_owned(), style));
            }
        }
        Some(Row::new(spans).to(Jump::Package(at)))
    }

    /// Both images, row by row, differing rows marked.
    fn identity(&self, width: u16) -> Vec<Row> {
        let (left, right) = (&self.report.left, &self.report.right);
        let mut rows = vec![Row::new(vec![
            Span::styled(text::pad("Images", 13), self.theme.style(Role::Heading)),
            Span::styled(
                text::pad("left", usize::from(width).saturating_sub(14) / 2 + 1),
                self.theme.style(Role::Muted),
            ),
            Span::styled("right", self.theme.style(Role::Muted)),
        ])];
        let fields: [Field<ImageFacts>; 13] = [
            ("reference", |facts| visible(&facts.reference).into_owned()),
            ("source", |facts| facts.source.to_owned()),
            ("image", |facts| facts.image_digest.short()),
            ("content", |facts| facts.content_digest.short()),
            ("packages", |facts| facts.dependencies_digest.short()),
            ("created", |facts| facts.created.as_deref().map(text::created).unwrap_or_default()),
            ("platform", |facts| visible(&facts.platform).into_owned()),
            ("distro", |facts| facts.distro.as_deref().map(visible).unwrap_or_default().into_owned()),
            ("base", base),
            ("size", |facts| text::bytes(facts.size)),
            ("installed", |facts| text::plural(facts.package_count, "package", "packages")),
            ("paths", |facts| text::count(facts.file_count as u64)),
            ("layers", |facts| text::count(facts.layers.len() as u64)),
        ];
        rows.extend(table(&fields, Some(left), Some(right), width, self.theme).into_iter().map(|(_, row)| row));
        rows
    }

    /// The configuration, what an engine acts on first.
    fn config(&self, width: u16) -> Vec<Row> {
        if self.report.config.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![Row::heading("Configuration differs", self.theme)];
        let mut order: Vec<usize> = (0..self.report.config.len()).collect();
        order.sort_by_key(|at| self.report.config.get(*at).is_none_or(|change| !change.runtime));
        for at in order {
            let Some(change) = self.report.config.get(at) else { continue };
            let left = text::config(&change.key, change.left.as_deref());
            let right = text::config(&change.key, change.right.as_deref());
            let key = text::pad(&text::middle(&visible(&change.key), 20), 20);
            let style = if change.runtime { self.theme.style(Role::Notice) } else { Style::new() };
            let room = usize::from(width).saturating_sub(23);
            let mut spans = vec![
                Span::styled(if change.runtime { "! " } else { "  " }, style),
                Span::styled(key, style),
                Span::raw(" "),
            ];
            spans.extend(moved_spans(&left, &right, room, Style::new(), self.theme));
            rows.push(Row::new(spans).to(Jump::Config(at)));
        }
        rows
    }

    fn warnings(&self) -> Vec<Row> {
        if self.report.warnings.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![Row::heading("Warnings", self.theme)];
        rows.extend(self.report.warnings.iter().map(|warning| {
            Row::new(vec![
                Span::styled("! ", self.theme.style(Role::Warning)),
                Span::raw(visible(warning).into_owned()),
            ])
            .wrapped(2)
        }));
        rows
    }
}

/// `left → right` in at most `room` columns, both of them to be seen.
fn moved_spans(left: &str, right: &str, room: usize, style: Style, theme: Theme) -> Vec<Span<'static>> {
    let (left, right) = text::share(left, right, room.saturating_sub(3));
    let muted = theme.style(Role::Muted);
    vec![Span::styled(left, muted), Span::styled(format!(" {} ", signs::ARROW), muted), Span::styled(right, style)]
}

fn base(facts: &ImageFacts) -> String {
    let Some(base) = &facts.base else { return String::new() };
    let name = base.name.as_deref().or(base.digest.as_deref()).unwrap_or("unnamed");
    visible(name).into_owned()
}

/// One letter per explanation, for rows too narrow for the word.
#[must_use]
pub fn letter(explanation: Explanation) -> char {
    match explanation {
        Explanation::SameVersion => '!',
        Explanation::Unexplained => '?',
        Explanation::Metadata => 'm',
        Explanation::Package => 'p',
        Explanation::Generated => 'g',
        Explanation::Noise => 'n',
        Explanation::Bytecode => 'b',
        Explanation::Mtime => 't',
    }
}
