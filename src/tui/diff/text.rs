//! How two texts differ: lines, and within lines that resemble each other, words.

use std::time::{Duration, Instant};

use similar::{DiffTag, TextDiff as Similar};

use crate::model::Side;
use crate::model::text::visible_multiline;

/// The most lines of a diff, those of both sides counted: a reader goes to a real tool long before.
const LINE_LIMIT: usize = 4_000;
/// A line longer than this is cut: minified scripts.
const COLUMN_LIMIT: usize = 2_000;
/// Equal lines around each change.
const CONTEXT: usize = 3;
/// How long the search for a small diff may take; after it the diff is correct but longer.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long lines that resemble each other are looked for; after it they are paired by their place.
const PAIRING: Duration = Duration::from_millis(300);
/// Lines ahead among which a line's new form is looked for.
const LOOKAHEAD: usize = 8;
/// The part of two lines, in percent, that must be equal for one to be the new form of the other.
const ALIKE: usize = 40;

/// Values of a line from its start: each up to a byte, exclusive.
pub type Runs<T> = Vec<(usize, T)>;

/// What a piece of source code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    Comment,
    String,
    /// Numbers and named constants.
    Constant,
    Keyword,
    /// Functions, types, keys, tags.
    Name,
}

/// One side's text.
#[derive(Debug, Clone, Default)]
pub struct Source<'a> {
    pub text: &'a str,
    /// By line; empty where the language is not known.
    pub colours: Vec<Runs<Option<Token>>>,
}

/// How two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDiff {
    /// The side that alone has a text; its lines are the rows then.
    pub only: Option<Side>,
    pub rows: Vec<TextRow>,
    /// Lines of the left that are gone, and of the right that are new.
    pub removed: usize,
    pub added: usize,
    /// Whether the texts are equal but for blanks.
    pub only_blanks: bool,
    /// Whether rows were left out at the end.
    pub cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextRow {
    /// Equal lines were left out; the nearest of them that reads like a heading.
    Gap { lines: usize, heading: Option<String> },
    /// An equal line and its number on both sides, from 1.
    Same { left: usize, right: usize, pieces: Vec<Piece> },
    /// A line and its new form, or either alone.
    Changed { left: Option<Line>, right: Option<Line> },
}

/// A line of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    pub pieces: Vec<Piece>,
    /// Whether the line ends with a newline.
    pub ended: bool,
}

/// Whether a piece is what differs within its line. In a line that differs as a whole nothing is picked out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    #[default]
    None,
    /// Blanks alone differ here, which nobody would see.
    Blank,
    Word,
}

/// A piece of a line, safe to show but for tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub change: Change,
    pub token: Option<Token>,
}

/// Compares two texts, or shows the one there is.
#[must_use]
pub fn compare(left: &Source<'_>, right: &Source<'_>, only: Option<Side>) -> TextDiff {
    let comparison = Comparison {
        left: left.text.split_inclusive('\n').collect(),
        right: right.text.split_inclusive('\n').collect(),
        colours: [&left.colours, &right.colours],
        deadline: Instant::now() + PATIENCE + PAIRING,
    };
    let rows = if only.is_some() { comparison.alone() } else { comparison.rows() };
    TextDiff { only, only_blanks: only.is_none() && bare(left.text).eq(bare(right.text)), ..rows }
}

/// The text without its blanks.
fn bare(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|character| !character.is_whitespace())
}

struct Comparison<'a> {
    left: Vec<&'a str>,
    right: Vec<&'a str>,
    colours: [&'a [Runs<Option<Token>>]; 2],
    deadline: Instant,
}

impl Comparison<'_> {
    /// All lines, which only one side has.
    fn alone(&self) -> TextDiff {
        let left = (0..self.left.len()).map(|at| (Some(at), None));
        let right = (0..self.right.len()).map(|at| (None, Some(at)));
        let rows = left.chain(right).take(LINE_LIMIT).map(|(left, right)| self.changed(left, right, false)).collect();
        let (removed, added) = (self.left.len(), self.right.len());
        TextDiff { only: None, rows, removed, added, only_blanks: false, cut: removed + added > LINE_LIMIT }
    }

    fn rows(&self) -> TextDiff {
        let diff = Similar::configure().timeout(PATIENCE).diff_slices(&self.left, &self.right);
        let changes = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
        let (removed, added) =
            changes.fold((0, 0), |sum, op| (sum.0 + op.old_range().len(), sum.1 + op.new_range().len()));
        let mut rows = Vec::new();
        let mut shown = 0;
        for group in diff.grouped_ops(CONTEXT) {
            let start = group.first().map_or(shown, |op| op.new_range().start);
            let left = group.first().map_or(0, |op| op.old_range().start);
            rows.extend(self.gap(left, shown, start));
            for op in group {
                let (old, new) = (op.old_range(), op.new_range());
                shown = new.end;
                if op.tag() == DiffTag::Equal {
                    rows.extend(old.zip(new).map(|(left, right)| self.same(left, right)));
                } else {
                    // One more than can show, so that leaving out is noticed.
                    let pairs = self.pairs(old, new).into_iter().take(LINE_LIMIT + 1);
                    rows.extend(pairs.map(|(left, right, alike)| self.changed(left, right, alike)));
                }
                if cut(&mut rows) {
                    return TextDiff { only: None, rows, removed, added, only_blanks: false, cut: true };
                }
            }
        }
        rows.extend(self.gap(self.left.len(), shown, self.right.len()).map(|gap| match gap {
            // What comes after the last change is nothing's heading.
            TextRow::Gap { lines, .. } => TextRow::Gap { lines, heading: None },
            other => other,
        }));
        TextDiff { only: None, rows, removed, added, only_blanks: false, cut: false }
    }

    /// Equal lines of the right that are left out, up to a line of the left. One alone is shown: saying so takes as
    /// much room.
    fn gap(&self, left: usize, start: usize, end: usize) -> Option<TextRow> {
        let left_out = self.right.get(start..end).filter(|lines| !lines.is_empty())?;
        if left_out.len() == 1 {
            return Some(self.same(left.checked_sub(1)?, start));
        }
        let heading = left_out.iter().rev().find(|line| is_heading(line));
        let heading = heading
            .map(|line| visible_multiline(line.trim_end()).replace('\t', " ").chars().take(COLUMN_LIMIT).collect());
        Some(TextRow::Gap { lines: left_out.len(), heading })
    }

    fn same(&self, left: usize, right: usize) -> TextRow {
        let pieces = self.line(Side::Right, right, &[]).map(|line| line.pieces).unwrap_or_default();
        TextRow::Same { left: left + 1, right: right + 1, pieces }
    }

    /// A line and its new form; their words are compared when the lines are alike.
    fn changed(&self, left: Option<usize>, right: Option<usize>, alike: bool) -> TextRow {
        let words = match (left.and_then(|at| self.left.get(at)), right.and_then(|at| self.right.get(at))) {
            (Some(left), Some(right)) if alike => words(left, right, self.deadline),
            _ => Words::default(),
        };
        TextRow::Changed {
            left: left.and_then(|at| self.line(Side::Left, at, &words.left)),
            right: right.and_then(|at| self.line(Side::Right, at, &words.right)),
        }
    }

    fn line(&self, side: Side, at: usize, changes: &[(usize, Change)]) -> Option<Line> {
        let (lines, colours) = match side {
            Side::Left => (&self.left, self.colours[0]),
            Side::Right => (&self.right, self.colours[1]),
        };
        let line = lines.get(at)?;
        let pieces = pieces(line, changes, colours.get(at).map(Vec::as_slice).unwrap_or_default());
        Some(Line { number: at + 1, pieces, ended: line.ends_with('\n') })
    }

    /// The rows of a block of lines that differ, and whether the two of a row resemble each other. A line is paired
    /// with the next one on the other side that is like it; those between are put side by side as they come.
    fn pairs(
        &self,
        old: std::ops::Range<usize>,
        new: std::ops::Range<usize>,
    ) -> Vec<(Option<usize>, Option<usize>, bool)> {
        let mut rows = Vec::with_capacity(old.len().max(new.len()));
        let (mut unpaired, mut next) = (old.start, new.start);
        for left in old.clone() {
            let ahead = next..new.end.min(next + LOOKAHEAD);
            let found = ahead.into_iter().find(|right| self.is_alike(left, *right));
            if let Some(right) = found {
                beside(&mut rows, unpaired..left, next..right);
                rows.push((Some(left), Some(right), true));
                (unpaired, next) = (left + 1, right + 1);
            }
        }
        beside(&mut rows, unpaired..old.end, next..new.end);
        rows
    }

    fn is_alike(&self, left: usize, right: usize) -> bool {
        match (self.left.get(left), self.right.get(right)) {
            (Some(left), Some(right)) if Instant::now() < self.deadline => {
                words(left, right, self.deadline).alike >= ALIKE
            }
            _ => false,
        }
    }
}

/// Leaves out what is beyond the limit; whether there was any.
fn cut(rows: &mut Vec<TextRow>) -> bool {
    let mut lines = 0;
    let end = rows.iter().position(|row| {
        lines += if matches!(row, TextRow::Changed { left: Some(_), right: Some(_) }) { 2 } else { 1 };
        lines > LINE_LIMIT
    });
    rows.truncate(end.unwrap_or(rows.len()));
    end.is_some()
}

/// Puts lines side by side that have nothing to do with each other.
fn beside(
    rows: &mut Vec<(Option<usize>, Option<usize>, bool)>,
    mut left: std::ops::Range<usize>,
    mut right: std::ops::Range<usize>,
) {
    loop {
        let row = (left.next(), right.next(), false);
        if row == (None, None, false) {
            return;
        }
        rows.push(row);
    }
}

/// Whether a line names what follows: a definition or a section, which start at the margin.
fn is_heading(line: &str) -> bool {
    line.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '$' | '[' | '@' | '.'))
        && line.trim_end().len() > 1
}

/// Which words of two lines differ.
#[derive(Default)]
struct Words {
    left: Runs<Change>,
    right: Runs<Change>,
    /// The part that is equal, in percent, blanks left out.
    alike: usize,
}

fn words(left: &str, right: &str, deadline: Instant) -> Words {
    let (left, right) = (split(head(left)), split(head(right)));
    let diff = Similar::configure().deadline(deadline).diff_slices(&left, &right);
    let mut words = Words::default();
    let (mut equal, mut total) = (0, 0);
    for op in diff.ops() {
        let differs = op.tag() != DiffTag::Equal;
        for (side, tokens, range) in
            [(&mut words.left, &left, op.old_range()), (&mut words.right, &right, op.new_range())]
        {
            let tokens = tokens.get(range).unwrap_or_default();
            let start = side.last().map_or(0, |(end, _)| *end);
            let is_blank = tokens.iter().all(|token| token.trim().is_empty());
            let change = match differs {
                false => Change::None,
                true if is_blank => Change::Blank,
                true => Change::Word,
            };
            side.push((start + tokens.iter().map(|token| token.len()).sum::<usize>(), change));
            let weight: usize = tokens.iter().filter(|token| !token.trim().is_empty()).map(|token| token.len()).sum();
            total += weight;
            equal += if differs { 0 } else { weight };
        }
    }
    words.alike = (equal * 100).checked_div(total).unwrap_or(100);
    words
}

/// A line in words, runs of blanks, and single other characters.
fn split(line: &str) -> Vec<&str> {
    let class = |character: char| match character {
        character if character.is_alphanumeric() || character == '_' => 1,
        character if character.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let (mut start, mut before) = (0, 0);
    for (at, character) in line.char_indices() {
        let now = class(character);
        if at > start && (now != before || now == 0) {
            tokens.extend(line.get(start..at));
            start = at;
        }
        before = now;
    }
    tokens.extend(line.get(start..).filter(|rest| !rest.is_empty()));
    tokens
}

/// What is shown of a line: without its newline, and not all of a very long one. A carriage return stays: it is a
/// difference that must be seen.
fn head(line: &str) -> &str {
    let bare = line.strip_suffix('\n').unwrap_or(line);
    let end = bare.char_indices().nth(COLUMN_LIMIT).map_or(bare.len(), |(at, _)| at);
    bare.get(..end).unwrap_or(bare)
}

fn pieces(line: &str, changes: &[(usize, Change)], colours: &[(usize, Option<Token>)]) -> Vec<Piece> {
    let line = head(line);
    let (mut changes, mut colours) = (changes.iter().peekable(), colours.iter().peekable());
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    while start < line.len() {
        while changes.next_if(|(end, _)| *end <= start).is_some() {}
        while colours.next_if(|(end, _)| *end <= start).is_some() {}
        let (change_end, change) = changes.peek().copied().copied().unwrap_or((line.len(), Change::None));
        let (token_end, token) = colours.peek().copied().copied().unwrap_or((line.len(), None));
        let end = change_end.min(token_end).min(line.len());
        let text = visible_multiline(line.get(start..end).unwrap_or_default());
        match pieces.last_mut().filter(|last| (last.change, last.token) == (change, token)) {
            Some(last) => last.text.push_str(&text),
            None => pieces.push(Piece { text, change, token }),
        }
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(left: &str, right: &str) -> TextDiff {
        let source = |text| Source { text, colours: Vec::new() };
        compare(&source(left), &source(right), None)
    }

    /// Each row in short: ` text`, `-text`, `+text`, `~left|right` with what differs in `<>`, `@lines heading`.
    fn brief(diff: &TextDiff) -> Vec<String> {
        let text = |pieces: &[Piece]| -> String {
            pieces
                .iter()
                .map(
                    |piece| if piece.change == Change::None { piece.text.clone() } else { format!("<{}>", piece.text) },
                )
                .collect()
        };
        let row = |row: &TextRow| match row {
            TextRow::Gap { lines, heading } => format!("@{lines} {}", heading.as_deref().unwrap_or_default()),
            TextRow::Same { pieces, .. } => format!(" {}", text(pieces)),
            TextRow::Changed { left: Some(left), right: Some(right) } => {
                format!("~{}|{}", text(&left.pieces), text(&right.pieces))
            }
            TextRow::Changed { left: Some(left), right: None } => format!("-{}", text(&left.pieces)),
            TextRow::Changed { left: None, right } => {
                format!("+{}", right.as_ref().map(|line| text(&line.pieces)).unwrap_or_default())
            }
        };
        diff.rows.iter().map(row).collect()
    }

    #[test]
    fn only_the_changed_words_of_a_line_are_marked() {
        let found = diff("a\nport=80 ok\n", "a\nport=8080 ok\n");
        assert_eq!(brief(&found), [" a", "~port=<80> ok|port=<8080> ok"]);
        assert_eq!((found.removed, found.added, found.only_blanks), (1, 1, false));
    }

    #[test]
    fn a_line_meets_its_new_form_and_not_its_neighbour() {
        let left = "alpha = compute(one, two)\nbeta = 1\n";
        let right = "# quite another thing\nalpha = compute(one, three)\ngamma: text\n";
        assert_eq!(
            brief(&diff(left, right)),
            [
                "+# quite another thing",
                "~alpha = compute(one, <two>)|alpha = compute(one, <three>)",
                "~beta = 1|gamma: text"
            ]
        );
    }

    #[test]
    fn what_is_left_out_is_counted_and_named() {
        let body = (0..20).map(|at| format!("    line {at}\n")).collect::<Vec<_>>().concat();
        let left = format!("def main():\n{body}    old\n{body}");
        let right = format!("def main():\n{body}    new\n{body}");
        let rows = brief(&diff(&left, &right));
        assert_eq!(rows.first().unwrap(), "@18 def main():");
        assert_eq!(rows.last().unwrap(), "@17 ");
        assert_eq!(rows.len(), 9);
    }

    #[test]
    fn blanks_and_a_missing_newline_are_told() {
        let found = diff("if x:\n  y\n", "if x:\n\ty\n");
        assert_eq!((brief(&found).pop().unwrap().as_str(), found.only_blanks), ("~<  >y|<\t>y", true));
        let found = diff("a\nb\n", "a\nb");
        let Some(TextRow::Changed { left: Some(left), right: Some(right) }) = found.rows.last() else {
            panic!("{found:?}");
        };
        assert_eq!((left.ended, right.ended, found.only_blanks), (true, false, true));
    }

    #[test]
    fn escape_sequences_and_line_ends_are_written_out() {
        let found = diff("a\n", "a\r\n\x1b[2J\n");
        assert_eq!(brief(&found), ["~a|a<\\r>", "+\\x1b[2J"]);
    }

    #[test]
    fn one_side_alone_is_its_lines() {
        let source = Source { text: "a\nb", colours: vec![vec![(1, Some(Token::Name))]] };
        let found = compare(&Source::default(), &source, Some(Side::Right));
        assert_eq!(
            (brief(&found), found.added, found.only),
            (vec!["+a".to_owned(), "+b".to_owned()], 2, Some(Side::Right))
        );
        let TextRow::Changed { right: Some(line), .. } = &found.rows[0] else { panic!("{found:?}") };
        assert_eq!(line.pieces[0].token, Some(Token::Name));
    }

    #[test]
    fn a_huge_diff_stops_and_says_so() {
        let found = diff(&"a line\n".repeat(9_000), "");
        assert!(found.cut && found.rows.len() == LINE_LIMIT && found.removed == 9_000);
        let found = diff(&"a line\n".repeat(9_000), &"b line\n".repeat(9_000));
        assert!(found.cut && found.rows.len() == LINE_LIMIT / 2 && found.added == 9_000);
        let long = diff(&"x ".repeat(9_000), &"y ".repeat(9_000));
        assert!(long.rows.len() <= 2);
    }

    #[test]
    fn no_text_is_lost_or_made_up() {
        for (left, right) in
            [("", "x"), ("\n", "\n\n"), ("漢字 a\n", "漢 字 a\n"), ("a\n\nb\n", "b\n\na\n"), ("\u{85}", "\u{2028}")]
        {
            let found = diff(left, right);
            let side = |pick: fn(&TextRow) -> Option<&[Piece]>| -> String {
                found
                    .rows
                    .iter()
                    .filter_map(pick)
                    .map(|line| line.iter().map(|piece| piece.text.as_str()).collect::<String>() + "\n")
                    .collect()
            };
            let old = side(|row| match row {
                TextRow::Same { pieces, .. } => Some(pieces),
                TextRow::Changed { left, .. } => left.as_ref().map(|line| line.pieces.as_slice()),
                TextRow::Gap { .. } => None,
            });
            let new = side(|row| match row {
                TextRow::Same { pieces, .. } => Some(pieces),
                TextRow::Changed { right, .. } => right.as_ref().map(|line| line.pieces.as_slice()),
                TextRow::Gap { .. } => None,
            });
            assert_eq!(old.trim_end(), visible_multiline(left).trim_end(), "{left:?}");
            assert_eq!(new.trim_end(), visible_multiline(right).trim_end(), "{right:?}");
        }
    }
}
