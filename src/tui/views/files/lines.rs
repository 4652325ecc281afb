//! The lines of a text diff, below each other or side by side.

use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthChar;

use super::detail::Page;
use crate::model::Side;
use crate::tui::diff::TextDiff;
use crate::tui::diff::text::{Line, Piece, TextRow, Token};
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::theme::signs::{ARROW, BLANK, ELLIPSIS, HORIZONTAL, VERTICAL};

/// From this width on, [`Layout::Auto`] puts both sides beside each other.
const BESIDE: u16 = 110;
const TAB: usize = 4;

/// How both sides of a text are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Side by side where there is room.
    #[default]
    Auto,
    Unified,
    SideBySide,
}

impl Layout {
    /// The next one, when the reader asks for another.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Unified,
            Self::Unified => Self::SideBySide,
            Self::SideBySide => Self::Auto,
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
    pub(super) fn text(&self, diff: &TextDiff) -> Vec<Row> {
        let mut rows = self.summary(diff);
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
            rows.push(Row::new(vec![Span::styled("the rest is left out", self.style(Role::Muted))]));
        }
        rows
    }

    fn setting(&self, diff: &TextDiff) -> Setting {
        let digits = diff.rows.iter().map(highest).max().unwrap_or_default().to_string().len().max(2);
        let alone = diff.only.is_some();
        let beside = !alone && self.layout.is_beside(self.width);
        let width = usize::from(self.width);
        let width = if beside { width.saturating_sub(1) / 2 } else { width };
        Setting { beside, alone, digits, text: width.saturating_sub(digits + 3) }
    }

    fn summary(&self, diff: &TextDiff) -> Vec<Row> {
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
                return self.section("Contents", beside);
            }
        };
        let words = match lines {
            0 => format!("only on the {side}: an empty file"),
            lines => format!("only on the {side}: {}", text::plural(lines, "line", "lines")),
        };
        self.section("Contents", [muted(words)])
    }

    /// Changed lines: each beside its new form, or those of the left before those of the right.
    fn block(&self, block: &[Pair<'_>], setting: Setting) -> Vec<Row> {
        if setting.beside {
            return block.iter().flat_map(|pair| self.side_by_side(*pair, setting)).collect();
        }
        let left = block.iter().filter_map(|(left, right)| Some((Kind::Left, (*left)?, *right)));
        let right = block.iter().filter_map(|(left, right)| Some((Kind::Right, (*right)?, *left)));
        let mut rows = Vec::with_capacity(block.len());
        for (kind, line, other) in left.chain(right) {
            let kind = if setting.alone { Kind::Alone } else { kind };
            rows.push(Row::new(self.line(kind, line.number, &line.pieces, setting)));
            if is_unended(line, other) {
                rows.push(Row::new(self.unended(setting)));
            }
        }
        rows
    }

    fn side_by_side(&self, (left, right): Pair<'_>, setting: Setting) -> Vec<Row> {
        let side = |kind: Kind, line: Option<&Line>| match line {
            Some(line) => self.line(kind, line.number, &line.pieces, setting),
            None => blank(setting),
        };
        let mut rows = vec![self.joined(side(Kind::Left, left), side(Kind::Right, right))];
        let unended =
            [(left, right), (right, left)].map(|(line, other)| line.is_some_and(|line| is_unended(line, other)));
        if unended.contains(&true) {
            let [left, right] = unended.map(|is| if is { self.unended(setting) } else { blank(setting) });
            rows.push(self.joined(left, right));
        }
        rows
    }

    fn same(&self, left: usize, right: usize, pieces: &[Piece], setting: Setting) -> Row {
        let line = |number: usize| self.line(Kind::Same, number, pieces, setting);
        if setting.beside { self.joined(line(left), line(right)) } else { Row::new(line(right)) }
    }

    fn joined(&self, mut left: Vec<Span<'static>>, right: Vec<Span<'static>>) -> Row {
        left.push(Span::styled(VERTICAL, self.style(Role::Line)));
        left.extend(right);
        Row::new(left)
    }

    /// Number, sign and text of a line, in exactly the columns there are.
    fn line(&self, kind: Kind, number: usize, pieces: &[Piece], setting: Setting) -> Vec<Span<'static>> {
        let (sign, plain, word) = match kind {
            Kind::Same => (' ', Role::Muted, Role::Muted),
            Kind::Alone => (' ', Role::Text, Role::Text),
            Kind::Left => ('-', Role::LeftLine, Role::LeftWord),
            Kind::Right => ('+', Role::RightLine, Role::RightWord),
        };
        let sign_role = match kind {
            Kind::Left => Role::Left,
            Kind::Right => Role::Right,
            Kind::Same | Kind::Alone => Role::Muted,
        };
        let base = self.style(plain);
        // Where changed lines have no background, the colour of their text tells the side, and syntax would hide it.
        let coloured = matches!(kind, Kind::Same | Kind::Alone) || base.bg.is_some();
        let style = |piece: &Piece| match piece.token {
            _ if piece.changed => self.style(word),
            Some(token) if coloured => base.patch(self.style(token_role(token))),
            _ => base,
        };
        let mut spans = vec![
            Span::styled(text::pad_left(&number.to_string(), setting.digits), self.style(Role::Line)),
            Span::styled(format!(" {sign} "), base.patch(self.style(sign_role))),
        ];
        let mut window = Window::new(self.pan, setting.text);
        for piece in pieces {
            let style = style(piece);
            match shown(piece) {
                Some(text) => window.push(&text, style, &mut spans),
                None => window.push(&piece.text, style, &mut spans),
            }
        }
        window.fill(base, &mut spans);
        spans
    }

    fn unended(&self, setting: Setting) -> Vec<Span<'static>> {
        let words = text::pad("no newline at the end", setting.text);
        vec![
            Span::raw(" ".repeat(setting.digits)),
            Span::styled(" \\ ", self.style(Role::Muted)),
            Span::styled(words, self.style(Role::Muted)),
        ]
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

/// In place of a line that only the other side has.
fn blank(setting: Setting) -> Vec<Span<'static>> {
    vec![Span::raw(" ".repeat(setting.digits + 3 + setting.text))]
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

/// Whether a line lacks the newline that its other form has.
fn is_unended(line: &Line, other: Option<&Line>) -> bool {
    !line.ended && other.is_none_or(|other| other.ended)
}

/// Blanks that differ, written so that they are seen; `None` when the piece is shown as it is.
fn shown(piece: &Piece) -> Option<String> {
    let is_blank = piece.changed && piece.text.chars().all(|character| matches!(character, ' ' | '\t'));
    if is_blank {
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

/// The columns of a line that show: some are passed over at its start, and what does not fit is cut.
struct Window {
    skip: usize,
    room: usize,
    /// Nothing more fits.
    full: bool,
}

impl Window {
    fn new(skip: usize, room: usize) -> Self {
        Self { skip, room, full: room == 0 }
    }

    fn push(&mut self, text: &str, style: Style, spans: &mut Vec<Span<'static>>) {
        let mut piece = String::with_capacity(text.len());
        for character in text.chars() {
            let columns = UnicodeWidthChar::width(character).unwrap_or_default();
            if self.full {
                break;
            }
            if self.skip > 0 {
                // Half of a wide character shows as a blank.
                let half = columns.saturating_sub(self.skip);
                self.skip = self.skip.saturating_sub(columns);
                piece.push_str(&" ".repeat(half.min(self.room)));
                self.room -= half.min(self.room);
            } else if columns <= self.room {
                piece.push(character);
                self.room -= columns;
            } else {
                self.full = true;
                self.end(&mut piece, spans);
            }
        }
        if !piece.is_empty() {
            spans.push(Span::styled(piece, style));
        }
    }

    /// Puts the ellipsis into the last column, where need be in place of what stands there.
    fn end(&mut self, piece: &mut String, spans: &mut [Span<'static>]) {
        while self.room == 0 {
            let before = spans.last_mut().map(|span| span.content.to_mut());
            let last = piece.pop().or_else(|| before.and_then(String::pop));
            let Some(columns) = last.map(UnicodeWidthChar::width) else { return };
            self.room += columns.unwrap_or_default();
        }
        piece.push_str(ELLIPSIS);
        self.room -= 1;
    }

    fn fill(self, style: Style, spans: &mut Vec<Span<'static>>) {
        if self.room > 0 {
            spans.push(Span::styled(" ".repeat(self.room), style));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &[&str], skip: usize, room: usize) -> String {
        let (mut spans, mut window) = (Vec::new(), Window::new(skip, room));
        for piece in text {
            window.push(piece, Style::new(), &mut spans);
        }
        window.fill(Style::new(), &mut spans);
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_line_fills_its_columns_exactly() {
        assert_eq!(window(&["abc", "def"], 0, 8), "abcdef  ");
        assert_eq!(window(&["abc", "def"], 0, 6), "abcdef");
        assert_eq!(window(&["abc", "def"], 0, 5), "abcd…");
        assert_eq!(window(&["abc", "def"], 0, 3), "ab…");
        assert_eq!(window(&["abc", "def"], 2, 3), "cd…");
        assert_eq!(window(&["漢字漢字"], 1, 4), " 字…");
        for room in 0..12 {
            for skip in 0..12 {
                assert_eq!(text::width(&window(&["a漢b", "字", "e\u{301}字"], skip, room)), room, "{skip} {room}");
            }
        }
    }

    #[test]
    fn blanks_that_differ_are_seen() {
        let piece = |text: &str, changed| Piece { text: text.to_owned(), changed, token: None };
        assert_eq!(shown(&piece(" \t", true)).as_deref(), Some("·→   "));
        assert_eq!(shown(&piece(" \t", false)).as_deref(), Some("     "));
        assert_eq!(shown(&piece("a b", true)), None);
    }
}
