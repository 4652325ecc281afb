//! A scrolling text of styled rows, some of which lead somewhere: what the overview and every detail pane show.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use super::Jump;
use super::keys::Action;
use super::paint;
use super::text;
use super::theme::signs::DIFFERS;
use super::theme::{Role, Theme};
use crate::model::text::{visible, visible_multiline};

/// One row before it is fitted to a width.
#[derive(Debug, Clone, Default)]
pub struct Row {
    spans: Vec<Span<'static>>,
    jump: Option<Jump>,
    /// `Some(indent)`: wrapped, the following lines indented so; `None`: cut at the edge.
    hang: Option<u16>,
}

/// A text with its scroll and the row that is selected among those that lead somewhere.
#[derive(Debug, Default)]
pub struct Document {
    shown: Option<Shown>,
    lines: Vec<Laid>,
    scroll: usize,
    cursor: Option<usize>,
    area: Rect,
    /// Columns by which the rows that are not wrapped are moved to the left.
    pan: usize,
}

/// What the lines were made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    subject: usize,
    revision: u64,
    width: u16,
}

#[derive(Debug)]
struct Laid {
    line: Line<'static>,
    jump: Option<Jump>,
    /// Whether it is cut at the edge, so that there is something to pan to.
    pans: bool,
}

/// Columns that one step pans by.
pub const PAN: usize = 16;

impl Row {
    #[must_use]
    pub fn new(spans: Vec<Span<'static>>) -> Self {
        Self { spans, ..Self::default() }
    }

    /// Words of one role.
    #[must_use]
    pub fn styled(words: impl Into<String>, role: Role, theme: Theme) -> Self {
        Self::new(vec![Span::styled(words.into(), theme.style(role))])
    }

    /// A section's title.
    #[must_use]
    pub fn heading(title: impl Into<String>, theme: Theme) -> Self {
        Self::styled(title, Role::Heading, theme)
    }

    /// Text that is wrapped, its following lines indented by `hang`.
    #[must_use]
    pub fn wrapped(mut self, hang: u16) -> Self {
        self.hang = Some(hang);
        self
    }

    /// Enter on it leads to `jump`.
    #[must_use]
    pub fn to(mut self, jump: Jump) -> Self {
        self.jump = Some(jump);
        self
    }
}

impl Document {
    /// Makes the lines for `area`, unless the same revision of the same subject was made for the same width before.
    /// Another subject starts at its top.
    pub fn show(&mut self, subject: usize, revision: u64, area: Rect, build: impl FnOnce(u16) -> Vec<Row>) {
        let shown = Shown { subject, revision, width: area.width };
        if self.shown != Some(shown) {
            if self.shown.is_none_or(|before| before.subject != subject) {
                self.scroll = 0;
                self.cursor = None;
                self.pan = 0;
            }
            self.lines = build(area.width).into_iter().flat_map(|row| lay(row, area.width)).collect();
            self.shown = Some(shown);
        }
        self.area = area;
        self.scroll = self.scroll.min(self.lines.len().saturating_sub(usize::from(area.height)));
        self.cursor = self.cursor.filter(|at| self.jump_at(*at).is_some()).or_else(|| self.link_from(0));
    }

    /// Draws what [`Document::show`] laid out.
    pub fn draw(&self, buffer: &mut Buffer, focused: bool, theme: Theme) {
        let shown = self.lines.iter().enumerate().skip(self.scroll).take(usize::from(self.area.height));
        for (row, (at, laid)) in (0_u16..).zip(shown) {
            if laid.pans && self.pan > 0 {
                paint::put(buffer, self.area, row, &text::skip(&laid.line, self.pan));
            } else {
                paint::put(buffer, self.area, row, &laid.line);
            }
            if focused && self.cursor == Some(at) {
                paint::select(buffer, self.area, row, theme.style(Role::Selected));
            }
        }
    }

    /// Carries out a motion; `false` when `action` is not one.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.height().saturating_sub(1).max(1);
        match action {
            Action::Down => self.down(),
            Action::Up => self.up(),
            Action::PanLeft => self.pan = self.pan.saturating_sub(PAN),
            Action::PanRight => self.pan = (self.pan + PAN).min(self.widest()),
            Action::PageDown => self.scroll_to(self.scroll + page),
            Action::PageUp => self.scroll_to(self.scroll.saturating_sub(page)),
            Action::Top => {
                self.scroll_to(0);
                self.cursor = self.link_from(0);
            }
            Action::Bottom => {
                self.scroll_to(usize::MAX);
                self.cursor = (0..self.lines.len()).rev().find(|at| self.jump_at(*at).is_some());
            }
            _ => return false,
        }
        true
    }

    /// Where the selected row leads.
    #[must_use]
    pub fn jump(&self) -> Option<Jump> {
        self.cursor.and_then(|at| self.jump_at(at))
    }

    /// Selects the row under `at`; where it leads when it was selected already.
    pub fn click(&mut self, at: Position) -> Option<Jump> {
        if !self.area.contains(at) {
            return None;
        }
        let row = self.scroll + usize::from(at.y - self.area.y);
        let jump = self.jump_at(row)?;
        let again = self.cursor == Some(row);
        self.cursor = Some(row);
        again.then_some(jump)
    }

    pub fn wheel(&mut self, rows: isize) {
        self.scroll_to(self.scroll.saturating_add_signed(rows));
    }

    #[must_use]
    pub fn contains(&self, at: Position) -> bool {
        self.area.contains(at)
    }

    /// `37%`, or nothing when all of it shows.
    #[must_use]
    pub fn position(&self) -> String {
        let most = self.lines.len().saturating_sub(self.height());
        (self.scroll * 100).checked_div(most).map(|part| format!("{part}%")).unwrap_or_default()
    }

    /// How far there is anything to pan to.
    fn widest(&self) -> usize {
        let widths = self.lines.iter().filter(|laid| laid.pans).map(|laid| laid.line.width());
        widths.max().unwrap_or_default().saturating_sub(usize::from(self.area.width))
    }

    fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    fn jump_at(&self, line: usize) -> Option<Jump> {
        self.lines.get(line).and_then(|laid| laid.jump)
    }

    fn link_from(&self, line: usize) -> Option<usize> {
        (line..self.lines.len()).find(|at| self.jump_at(*at).is_some())
    }

    fn down(&mut self) {
        let next = self.cursor.and_then(|at| self.link_from(at + 1));
        match next {
            Some(next) if next < self.scroll + self.height() => self.cursor = Some(next),
            _ => {
                self.scroll_to(self.scroll + 1);
                if let Some(next) = next.filter(|next| *next < self.scroll + self.height()) {
                    self.cursor = Some(next);
                }
            }
        }
    }

    fn up(&mut self) {
        let previous = self.cursor.and_then(|at| (0..at).rev().find(|at| self.jump_at(*at).is_some()));
        match previous {
            Some(previous) if previous >= self.scroll => self.cursor = Some(previous),
            _ => {
                self.scroll_to(self.scroll.saturating_sub(1));
                if let Some(previous) = previous.filter(|previous| *previous >= self.scroll) {
                    self.cursor = Some(previous);
                }
            }
        }
    }

    /// Scrolls, and moves the selection along when it would leave the view.
    fn scroll_to(&mut self, line: usize) {
        self.scroll = line.min(self.lines.len().saturating_sub(self.height()));
        let view = self.scroll..self.scroll + self.height();
        if self.cursor.is_some_and(|at| !view.contains(&at)) {
            let inside = self.link_from(view.start).filter(|at| view.contains(at));
            self.cursor = inside.or(self.cursor);
        }
    }
}

fn lay(row: Row, width: u16) -> Vec<Laid> {
    let lines = match row.hang {
        Some(hang) => wrap(&row.spans, usize::from(width), usize::from(hang)),
        None => vec![Line::from(row.spans)],
    };
    // Only the first line of a wrapped row is selectable, so that one row is one step.
    let pans = row.hang.is_none();
    lines.into_iter().enumerate().map(|(at, line)| Laid { line, jump: row.jump.filter(|_| at == 0), pans }).collect()
}

/// Breaks styled text into lines of at most `width` columns, between words where it can.
fn wrap(spans: &[Span<'static>], width: usize, hang: usize) -> Vec<Line<'static>> {
    let hang = hang.min(width / 2);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut line: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for span in spans {
        for word in span.content.split_inclusive(' ') {
            let bare = text::width(word.trim_end_matches(' '));
            if used + bare > width && used > hang {
                lines.push(Line::from(std::mem::take(&mut line)));
                line.push(Span::raw(" ".repeat(hang)));
                used = hang;
            }
            for piece in pieces(word, width.saturating_sub(used), width.saturating_sub(hang)) {
                if used > hang && used + text::width(piece.trim_end_matches(' ')) > width {
                    lines.push(Line::from(std::mem::take(&mut line)));
                    line.push(Span::raw(" ".repeat(hang)));
                    used = hang;
                }
                used += text::width(piece);
                line.push(Span::styled(piece.to_owned(), span.style));
            }
        }
    }
    lines.push(Line::from(line));
    lines
}

/// A word too long for a line, in pieces: the first in at most `first` columns, the rest in at most `rest`.
fn pieces(word: &str, first: usize, rest: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut used, mut room) = (0, 0, first);
    for (at, character) in word.char_indices() {
        let columns = UnicodeWidthChar::width(character).unwrap_or_default();
        if character != ' ' && used + columns > room && at > start {
            pieces.extend(word.get(start..at));
            (start, used, room) = (at, 0, rest.max(1));
        }
        used += columns;
    }
    pieces.extend(word.get(start..));
    pieces
}

/// A text of several lines as rows, each wrapped; what would drive a terminal becomes visible.
#[must_use]
pub fn lines(text: &str) -> Vec<Row> {
    let shown = visible_multiline(text).replace('\t', "    ");
    shown.lines().map(|line| Row::new(vec![Span::raw(line.to_owned())]).wrapped(2)).collect()
}

/// One row of a table of both sides: its label, and how a side's value reads.
pub type Field<T> = (&'static str, fn(&T) -> String);

/// A table of both sides; each row with whether the sides differ. Rows that say nothing on either side are left out.
#[must_use]
pub fn table<T>(
    fields: &[Field<T>],
    left: Option<&T>,
    right: Option<&T>,
    width: u16,
    theme: Theme,
) -> Vec<(bool, Row)> {
    let mut rows = Vec::with_capacity(fields.len());
    for (label, value) in fields {
        let values = [left, right].map(|side| side.map(value));
        if values.iter().flatten().all(String::is_empty) {
            continue;
        }
        let [left, right] = values.map(|value| value.unwrap_or_else(|| "-".to_owned()));
        rows.push((left != right, two_sides(label, &left, &right, width, theme)));
    }
    rows
}

/// The same fields of one thing on its own.
#[must_use]
pub fn list<T>(fields: &[Field<T>], one: &T, theme: Theme) -> Vec<Row> {
    let rows = fields.iter().map(|(label, value)| (label, value(one))).filter(|(_, value)| !value.is_empty());
    rows.map(|(label, value)| field(label, &value, theme)).collect()
}

/// A label and its value.
#[must_use]
pub fn field(label: &str, value: &str, theme: Theme) -> Row {
    let label = Span::styled(text::pad(label, 13), theme.style(Role::Muted));
    Row::new(vec![label, Span::raw(visible(value).into_owned())]).wrapped(13)
}

/// Columns of a field's label.
const LABEL: usize = 11;

/// A row of a table of both sides: a label, a sign where they differ, left and right.
#[must_use]
pub fn two_sides(label: &str, left: &str, right: &str, width: u16, theme: Theme) -> Row {
    signed(label, if left == right { " " } else { DIFFERS }, left, right, width, theme)
}

/// As [`two_sides`], with a sign of its own.
#[must_use]
pub fn signed(label: &str, sign: &'static str, left: &str, right: &str, width: u16, theme: Theme) -> Row {
    let side = usize::from(width).saturating_sub(LABEL + 3) / 2;
    let (left_style, right_style) =
        if left == right { (Style::new(), Style::new()) } else { (theme.style(Role::Left), theme.style(Role::Right)) };
    let (left, right) = (visible(left), visible(right));
    Row::new(vec![
        Span::styled(text::pad(label, LABEL), theme.style(Role::Muted)),
        Span::styled(format!("{sign} "), theme.style(Role::Strong)),
        Span::styled(text::pad(&text::middle(&left, side.saturating_sub(1)), side), left_style),
        Span::raw(" "),
        Span::styled(text::middle(&right, side).into_owned(), right_style),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn text_wraps_between_words_and_hangs() {
        let spans = [Span::raw("the quick brown "), Span::raw("fox jumps")];
        assert_eq!(texts(&wrap(&spans, 11, 2)), ["the quick ", "  brown fox ", "  jumps"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_and_nothing_is_lost() {
        let word = "sha256:0123456789abcdef漢字漢字漢字";
        for width in 0..40 {
            let lines = wrap(&[Span::raw("a "), Span::raw(word)], width, 2);
            let all: String = texts(&lines).concat().replace(' ', "");
            assert_eq!(all, format!("a{word}"), "{width}");
            if width >= 8 {
                assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            }
        }
    }

    fn document(height: u16) -> Document {
        let mut document = Document::default();
        document.show(1, 0, Rect::new(0, 0, 20, height), |_| {
            (0..20)
                .map(|at| {
                    let row = Row::new(vec![Span::raw(format!("row {at}"))]);
                    if at % 7 == 3 { row.to(Jump::Package(at)) } else { row }
                })
                .collect()
        });
        document
    }

    #[test]
    fn down_goes_from_link_to_link_and_scrolls_between() {
        let mut document = document(5);
        assert_eq!(document.jump(), Some(Jump::Package(3)));
        for _ in 0..6 {
            document.act(Action::Down);
        }
        assert_eq!(document.jump(), Some(Jump::Package(10)));
        document.act(Action::Bottom);
        assert_eq!(document.jump(), Some(Jump::Package(17)));
        document.act(Action::Top);
        assert_eq!(document.jump(), Some(Jump::Package(3)));
    }

    #[test]
    fn long_lines_are_panned_to_their_end_and_back_and_wrapped_ones_stay() {
        let area = Rect::new(0, 0, 10, 2);
        let mut document = Document::default();
        let rows = [Row::new(vec![Span::raw("0123456789abcdef")]), Row::new(vec![Span::raw("wrapped")]).wrapped(0)];
        document.show(1, 0, area, |_| rows.to_vec());
        let first = |document: &Document| {
            let mut buffer = Buffer::empty(area);
            document.draw(&mut buffer, false, Theme::new(crate::tui::theme::Colours::None));
            assert_eq!(buffer[(0, 1)].symbol(), "w");
            buffer[(0, 0)].symbol().to_owned()
        };
        for (action, shows) in [(Action::PanRight, "6"), (Action::PanRight, "6"), (Action::PanLeft, "0")] {
            document.act(action);
            assert_eq!(first(&document), shows, "{action:?}");
        }
    }

    #[test]
    fn a_second_click_follows_the_link() {
        let mut document = document(20);
        assert_eq!(document.click(Position::new(0, 10)), None);
        assert_eq!(document.click(Position::new(0, 10)), Some(Jump::Package(10)));
        assert_eq!(document.click(Position::new(0, 11)), None);
        assert_eq!(document.click(Position::new(0, 30)), None);
    }
}
