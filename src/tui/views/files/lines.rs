//! The lines of a text diff, below each other or side by side.

use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthChar;

use super::contents::Comparison;
use super::detail::Page;
use crate::model::Side;
use crate::tui::diff::TextDiff;
use crate::tui::diff::text::{Change, Line, Piece, TextRow, Token};
use crate::tui::document::{PAN, Row};
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::theme::signs::{ARROW, BLANK, ELLIPSIS, HORIZONTAL, VERTICAL};
use crate::tui::views::Request;

/// From this width on, [`Layout::Auto`] puts both sides beside each other.
const BESIDE: u16 = 110;
const TAB: usize = 4;
/// Columns between a line's number and its text: the sign and blanks.
const MARGIN: usize = 3;
/// The most rows of a changed line.
const WRAPPED: usize = 8;

/// How both sides of a text are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Side by side where there is room.
    #[default]
    Auto,
    Unified,
    SideBySide,
}

/// How the reader looks at a text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sight {
    layout: Layout,
    /// Columns of long lines that are passed over.
    pan: usize,
}

impl Sight {
    /// Carries out what changes it; `None` when `action` does not.
    pub fn act(&mut self, action: Action, comparison: &Comparison) -> Option<Vec<Request>> {
        match action {
            Action::Layout => {
                self.layout = self.layout.next();
                return Some(vec![Request::Say(self.layout.words().to_owned())]);
            }
            Action::PanLeft if comparison.text().is_some() => self.pan = self.pan.saturating_sub(PAN),
            Action::PanRight => self.pan = (self.pan + PAN).min(comparison.text().map(widest)?.saturating_sub(PAN)),
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Another text starts at its left edge.
    pub fn reset(&mut self) {
        self.pan = 0;
    }

    /// A number that is another one whenever something else is to be shown.
    #[must_use]
    pub fn revision(self) -> u64 {
        (self.pan as u64) << 2 | self.layout as u64
    }
}

impl Layout {
    /// The next one, when the reader asks for another.
    fn next(self) -> Self {
        match self {
            Self::Auto => Self::SideBySide,
            Self::SideBySide => Self::Unified,
            Self::Unified => Self::Auto,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Auto => "side by side where there is room",
            Self::SideBySide => "side by side",
            Self::Unified => "one after the other",
        }
    }

    fn is_beside(self, width: u16) -> bool {
        match self {
            Self::Auto => width >= BESIDE,
            Self::Unified => false,
            Self::SideBySide => true,
        }
    }
}

/// What a line is to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Same,
    /// The only side there is.
    Alone,
    Left,
    Right,
}

/// A line of the left and its new form, or either alone.
type Pair<'a> = (Option<&'a Line>, Option<&'a Line>);

/// How the lines are set.
#[derive(Debug, Clone, Copy)]
struct Setting {
    beside: bool,
    /// Only one side has lines.
    alone: bool,
    /// Columns of the line numbers, and of a line's text.
    digits: usize,
    text: usize,
}

impl Page<'_> {
    pub(super) fn text(&self, title: &str, diff: &TextDiff) -> Vec<Row> {
        let mut rows = self.summary(title, diff);
        let setting = self.setting(diff);
        let mut block: Vec<Pair<'_>> = Vec::new();
        for row in &diff.rows {
            if let TextRow::Changed { left, right } = row {
                block.push((left.as_ref(), right.as_ref()));
                continue;
            }
            rows.extend(self.block(&std::mem::take(&mut block), setting));
            rows.extend(match row {
                TextRow::Same { left, right, pieces } => Some(self.same(*left, *right, pieces, setting)),
                TextRow::Gap { lines, heading } => Some(self.gap(*lines, heading.as_deref())),
                TextRow::Changed { .. } => None,
            });
        }
        rows.extend(self.block(&block, setting));
        if diff.cut {
            rows.push(Row::styled("the rest is left out", Role::Muted, self.theme));
        }
        rows
    }

    fn setting(&self, diff: &TextDiff) -> Setting {
        let digits = diff.rows.iter().map(highest).max().unwrap_or_default().to_string().len().max(2);
        let alone = diff.only.is_some();
        let beside = !alone && self.sight.layout.is_beside(self.width);
        let width = usize::from(self.width);
        let width = if beside { width.saturating_sub(1) / 2 } else { width };
        Setting { beside, alone, digits, text: width.saturating_sub(digits + MARGIN) }
    }

    fn summary(&self, title: &str, diff: &TextDiff) -> Vec<Row> {
        let muted = |words: String| Span::styled(words, self.style(Role::Muted));
        let (side, lines) = match diff.only {
            Some(Side::Left) => ("left", diff.removed),
            Some(Side::Right) => ("right", diff.added),
            None => {
                let mut beside = vec![
                    Span::styled(format!("-{}", text::count(diff.removed as u64)), self.style(Role::Left)),
                    Span::styled(format!(" +{} lines", text::count(diff.added as u64)), self.style(Role::Right)),
                ];
                if diff.only_blanks {
                    beside.push(muted(", only blanks and line ends differ".to_owned()));
                }
                return self.section(title, beside);
            }
        };
        let words = match lines {
            0 => "an empty file".to_owned(),
            lines => text::plural(lines, "line", "lines"),
        };
        let only = if self.report.alone { String::new() } else { format!("only on the {side}: ") };
        self.section(title, [muted(format!("{only}{words}"))])
    }

    /// Changed lines: each beside its new form, or those of the left before those of the right.
    fn block(&self, block: &[Pair<'_>], setting: Setting) -> Vec<Row> {
        if setting.beside {
            return block.iter().flat_map(|pair| self.side_by_side(*pair, setting)).collect();
        }
        let left = block.iter().filter_map(|(left, right)| Some((Kind::Left, (*left)?, *right)));
        let right = block.iter().filter_map(|(left, right)| Some((Kind::Right, (*right)?, *left)));
        let kind = |kind: Kind| if setting.alone { Kind::Alone } else { kind };
        left.chain(right)
            .flat_map(|(side, line, other)| self.changed(kind(side), line, other, setting))
            .map(Row::new)
            .collect()
    }

    fn side_by_side(&self, (left, right): Pair<'_>, setting: Setting) -> Vec<Row> {
        let side = |kind: Kind, line: Option<&Line>, other: Option<&Line>| {
            line.map(|line| self.changed(kind, line, other, setting)).unwrap_or_default()
        };
        let (left, right) = (side(Kind::Left, left, right), side(Kind::Right, right, left));
        let rows = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        let blank = || vec![Span::raw(" ".repeat(setting.digits + MARGIN + setting.text))];
        let mut next = || (left.next().unwrap_or_else(blank), right.next().unwrap_or_else(blank));
        (0..rows).map(|_| next()).map(|(left, right)| self.joined(left, right)).collect()
    }

    fn same(&self, left: usize, right: usize, pieces: &[Piece], setting: Setting) -> Row {
        let line = |number: usize| self.line(Kind::Same, number, pieces, 1, setting).concat();
        if setting.beside { self.joined(line(left), line(right)) } else { Row::new(line(right)) }
    }

    fn joined(&self, mut left: Vec<Span<'static>>, right: Vec<Span<'static>>) -> Row {
        left.push(Span::styled(VERTICAL, self.style(Role::Line)));
        left.extend(right);
        Row::new(left)
    }

    /// The rows of a changed line: all of it, within reason, so that no change is beyond the edge.
    fn changed(&self, kind: Kind, line: &Line, other: Option<&Line>, setting: Setting) -> Vec<Vec<Span<'static>>> {
        let most = if self.sight.pan > 0 || kind == Kind::Alone { 1 } else { WRAPPED };
        let mut rows = self.line(kind, line.number, &line.pieces, most, setting);
        // A line lacks the newline that its other form has.
        if !line.ended && other.is_none_or(|other| other.ended) {
            let note = text::pad("no newline at the end", setting.text);
            let margin = format!("{} \\ ", " ".repeat(setting.digits));
            rows.push(vec![Span::styled(format!("{margin}{note}"), self.style(Role::Muted))]);
        }
        rows
    }

    /// Number, sign and text of a line in at most `most` rows, each in exactly the columns there are.
    fn line(
        &self,
        kind: Kind,
        number: usize,
        pieces: &[Piece],
        most: usize,
        setting: Setting,
    ) -> Vec<Vec<Span<'static>>> {
        let (sign, sign_role, plain, word) = match kind {
            Kind::Same => (' ', Role::Muted, Role::Muted, Role::Muted),
            Kind::Alone => (' ', Role::Text, Role::Text, Role::Text),
            Kind::Left => ('-', Role::Left, Role::LeftLine, Role::LeftWord),
            Kind::Right => ('+', Role::Right, Role::RightLine, Role::RightWord),
        };
        let base = self.style(plain);
        // Where changed lines have no background, the colour of their text tells the side, and syntax would hide it.
        let coloured = matches!(kind, Kind::Same | Kind::Alone) || base.bg.is_some();
        let mut window = Window::new(self.sight.pan, setting.text, most);
        for piece in pieces {
            let style = match piece.token {
                _ if piece.change != Change::None => self.style(word),
                Some(token) if coloured => base.patch(self.style(token_role(token))),
                _ => base,
            };
            match shown(piece) {
                Some(text) => window.push(&text, style),
                None => window.push(&piece.text, style),
            }
        }
        let margin = |at: usize, row: Vec<Span<'static>>| {
            let number = if at == 0 { number.to_string() } else { String::new() };
            let mut spans = vec![
                Span::styled(text::pad_left(&number, setting.digits), self.style(Role::Line)),
                Span::styled(format!(" {sign} "), base.patch(self.style(sign_role))),
            ];
            spans.extend(row);
            spans
        };
        window.finish(base).into_iter().enumerate().map(|(at, row)| margin(at, row)).collect()
    }

    /// A line in place of equal ones: how many, and where in the file the next lines are.
    fn gap(&self, lines: usize, heading: Option<&str>) -> Row {
        let width = usize::from(self.width);
        let words = text::plural(lines, "equal line", "equal lines");
        let rule = |columns: usize| Span::styled(HORIZONTAL.repeat(columns), self.style(Role::Line));
        let mut spans = vec![rule(2), Span::styled(format!(" {words} "), self.style(Role::Muted))];
        let mut used = 4 + text::width(&words);
        if let Some(heading) = heading.filter(|_| used + 12 < width) {
            let heading = text::cut(heading, width - used - 6).into_owned();
            used += 4 + text::width(&heading);
            spans.extend([rule(2), Span::styled(format!(" {heading} "), self.style(Role::Heading))]);
        }
        spans.push(rule(width.saturating_sub(used)));
        Row::new(spans)
    }
}

/// Columns of the longest line.
fn widest(diff: &TextDiff) -> usize {
    let width = |pieces: &[Piece]| -> usize {
        pieces.iter().map(|piece| text::width(shown(piece).as_deref().unwrap_or(&piece.text))).sum()
    };
    let row = |row: &TextRow| match row {
        TextRow::Gap { .. } => 0,
        TextRow::Same { pieces, .. } => width(pieces),
        TextRow::Changed { left, right } => {
            [left, right].into_iter().flatten().map(|line| width(&line.pieces)).max().unwrap_or(0)
        }
    };
    diff.rows.iter().map(row).max().unwrap_or(0)
}

/// The highest line number of a row.
fn highest(row: &TextRow) -> usize {
    match row {
        TextRow::Gap { .. } => 0,
        TextRow::Same { left, right, .. } => *left.max(right),
        TextRow::Changed { left, right } => {
            [left, right].into_iter().flatten().map(|line| line.number).max().unwrap_or(0)
        }
    }
}

/// Blanks that differ, written so that they are seen; `None` when the piece is shown as it is.
fn shown(piece: &Piece) -> Option<String> {
    if piece.change == Change::Blank {
        let tab = format!("{ARROW}{}", " ".repeat(TAB - 1));
        Some(piece.text.replace(' ', BLANK).replace('\t', &tab))
    } else {
        piece.text.contains('\t').then(|| piece.text.replace('\t', &" ".repeat(TAB)))
    }
}

fn token_role(token: Token) -> Role {
    match token {
        Token::Comment => Role::Comment,
        Token::String => Role::String,
        Token::Constant => Role::Constant,
        Token::Keyword => Role::Keyword,
        Token::Name => Role::Name,
    }
}

/// The columns of a line that show: some are passed over at its start, the rest goes into so many rows, and what does
/// not fit is cut.
struct Window {
    skip: usize,
    width: usize,
    /// Rows that may still be begun.
    more: usize,
    /// Columns left in the last row.
    room: usize,
    rows: Vec<Vec<Span<'static>>>,
    row: Vec<Span<'static>>,
    full: bool,
}

impl Window {
    fn new(skip: usize, width: usize, rows: usize) -> Self {
        let more = rows.saturating_sub(1);
        Self { skip, width, more, room: width, rows: Vec::new(), row: Vec::new(), full: width == 0 }
    }

    fn push(&mut self, text: &str, style: Style) {
        let mut piece = String::with_capacity(text.len());
        for character in text.chars() {
            let columns = UnicodeWidthChar::width(character).unwrap_or_default();
            if self.full {
                break;
            }
            if self.skip > 0 {
                // Half of a wide character shows as a blank.
                let half = columns.saturating_sub(self.skip).min(self.room);
                self.skip = self.skip.saturating_sub(columns);
                piece.push_str(&" ".repeat(half));
                self.room -= half;
                continue;
            }
            if columns > self.room && self.more > 0 && columns <= self.width {
                self.row.push(Span::styled(std::mem::take(&mut piece), style));
                self.end_row(style);
                self.more -= 1;
            }
            if columns <= self.room {
                piece.push(character);
                self.room -= columns;
            } else {
                self.full = true;
                self.cut(&mut piece);
            }
        }
        if !piece.is_empty() {
            self.row.push(Span::styled(piece, style));
        }
    }

    /// Puts the ellipsis into the last column, where need be in place of what stands there.
    fn cut(&mut self, piece: &mut String) {
        while self.room == 0 {
            let before = self.row.last_mut().map(|span| span.content.to_mut());
            let last = piece.pop().or_else(|| before.and_then(String::pop));
            let Some(columns) = last.map(UnicodeWidthChar::width) else { return };
            self.room += columns.unwrap_or_default();
        }
        piece.push_str(ELLIPSIS);
        self.room -= 1;
    }

    fn end_row(&mut self, style: Style) {
        if self.room > 0 {
            self.row.push(Span::styled(" ".repeat(self.room), style));
        }
        self.rows.push(std::mem::take(&mut self.row));
        self.room = self.width;
    }

    /// The rows; `style` fills what is left of them.
    fn finish(mut self, style: Style) -> Vec<Vec<Span<'static>>> {
        self.end_row(style);
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(text: &[&str], skip: usize, width: usize, rows: usize) -> Vec<String> {
        let mut window = Window::new(skip, width, rows);
        for piece in text {
            window.push(piece, Style::new());
        }
        window.finish(Style::new()).iter().map(|row| row.iter().map(|span| span.content.as_ref()).collect()).collect()
    }

    #[test]
    fn a_line_fills_its_columns_exactly() {
        assert_eq!(windows(&["abc", "def"], 0, 8, 1), ["abcdef  "]);
        assert_eq!(windows(&["abc", "def"], 0, 6, 1), ["abcdef"]);
        assert_eq!(windows(&["abc", "def"], 0, 5, 1), ["abcd…"]);
        assert_eq!(windows(&["abc", "def"], 0, 3, 1), ["ab…"]);
        assert_eq!(windows(&["abc", "def"], 2, 3, 1), ["cd…"]);
        assert_eq!(windows(&["漢字漢字"], 1, 4, 1), [" 字…"]);
        for width in 0..12 {
            for skip in 0..12 {
                for row in windows(&["a漢b", "字", "e\u{301}字"], skip, width, 3) {
                    assert_eq!(text::width(&row), width, "{skip} {width}");
                }
            }
        }
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_row_and_loses_nothing() {
        assert_eq!(windows(&["abc", "defg"], 0, 3, 9), ["abc", "def", "g  "]);
        assert_eq!(windows(&["abc", "defg"], 0, 3, 2), ["abc", "de…"]);
        assert_eq!(windows(&["a漢字b"], 0, 2, 9), ["a ", "漢", "字", "b "]);
    }

    #[test]
    fn blanks_that_differ_are_seen() {
        let piece = |text: &str, change| Piece { text: text.to_owned(), change, token: None };
        assert_eq!(shown(&piece(" \t", Change::Blank)).as_deref(), Some("·→   "));
        assert_eq!(shown(&piece(" \t", Change::None)).as_deref(), Some("     "));
        assert_eq!(shown(&piece("a b", Change::Word)), None);
    }
}
