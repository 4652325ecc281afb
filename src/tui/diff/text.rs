//! How two contents differ: lines and words for text, bytes around the first difference for anything else.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::model::text::visible;

/// The most bytes of one content that are asked for.
pub const READ_LIMIT: u64 = 16 * 1024 * 1024;
/// The longest content shown as text.
const TEXT_LIMIT: usize = 1024 * 1024;
/// The most lines of a diff: a reader goes to a real tool long before.
const LINE_LIMIT: usize = 4_000;
/// A line longer than this is cut: minified scripts.
const COLUMN_LIMIT: usize = 2_000;
const CONTEXT: usize = 3;
const HEX_ROW: usize = 8;
const HEX_ROWS: usize = 24;
/// How long the search for a small diff may take; after it the diff is correct but longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// How two contents differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentDiff {
    /// Byte for byte the same, as far as was read.
    Same {
        whole: bool,
    },
    Text {
        lines: Vec<DiffLine>,
        cut: bool,
    },
    Binary {
        first: usize,
        rows: Vec<HexRow>,
    },
}

/// One line of a text diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub kind: LineKind,
    /// Line numbers from 1.
    pub left: Option<usize>,
    pub right: Option<usize>,
    /// Pieces, safe to show; whether the piece itself differs.
    pub pieces: Vec<(bool, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Lines were left out before this.
    Gap,
    Same,
    Left,
    Right,
}

/// [`HEX_ROW`] bytes of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexRow {
    pub offset: usize,
    pub left: Vec<u8>,
    pub right: Vec<u8>,
}

/// Compares what was read of both sides; an absent side is empty. `whole`: whether all of both was read.
#[must_use]
pub fn contents(left: &[u8], right: &[u8], whole: bool) -> ContentDiff {
    if left == right {
        return ContentDiff::Same { whole };
    }
    match (as_text(left), as_text(right)) {
        (Some(left), Some(right)) => text(left, right),
        _ => binary(left, right),
    }
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    if bytes.len() > TEXT_LIMIT || bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

fn text(left: &str, right: &str) -> ContentDiff {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(left, right);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if at > 0 {
            lines.push(DiffLine { kind: LineKind::Gap, left: None, right: None, pieces: Vec::new() });
        }
        for operation in group {
            for change in diff.iter_inline_changes(operation) {
                if lines.len() >= LINE_LIMIT {
                    return ContentDiff::Text { lines, cut: true };
                }
                lines.push(DiffLine {
                    kind: match change.tag() {
                        ChangeTag::Equal => LineKind::Same,
                        ChangeTag::Delete => LineKind::Left,
                        ChangeTag::Insert => LineKind::Right,
                    },
                    left: change.old_index().map(|index| index + 1),
                    right: change.new_index().map(|index| index + 1),
                    pieces: pieces(change.values()),
                });
            }
        }
    }
    ContentDiff::Text { lines, cut: false }
}

fn pieces(values: &[(bool, &str)]) -> Vec<(bool, String)> {
    let mut room = COLUMN_LIMIT;
    let mut pieces = Vec::new();
    for (differs, value) in values {
        let bare = value.strip_suffix('\n').unwrap_or(value);
        // A carriage return at the end of a line is a difference that must be seen: `visible` writes it out.
        let shown = visible(&bare.replace('\t', "    ")).into_owned();
        let kept: String = shown.chars().take(room).collect();
        room -= kept.chars().count();
        if !kept.is_empty() {
            pieces.push((*differs, kept));
        }
    }
    pieces
}

fn binary(left: &[u8], right: &[u8]) -> ContentDiff {
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let start = (common / HEX_ROW).saturating_sub(2) * HEX_ROW;
    let row = |offset: usize| HexRow { offset, left: window(left, offset), right: window(right, offset) };
    let rows = (0..HEX_ROWS)
        .map(|at| row(start + at * HEX_ROW))
        .take_while(|row| !row.left.is_empty() || !row.right.is_empty())
        .collect();
    ContentDiff::Binary { first: common, rows }
}

fn window(bytes: &[u8], offset: usize) -> Vec<u8> {
    bytes.iter().skip(offset).take(HEX_ROW).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_changed_words_of_a_line_are_marked() {
        let ContentDiff::Text { lines, cut: false } = contents(b"a\nport = 80 ok\n", b"a\nport = 8080 ok\n", true)
        else {
            panic!("not a text diff");
        };
        let kinds: Vec<LineKind> = lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [LineKind::Same, LineKind::Left, LineKind::Right]);
        let marked = |line: &DiffLine| -> String {
            line.pieces.iter().filter(|piece| piece.0).map(|piece| piece.1.as_str()).collect()
        };
        assert_eq!((marked(&lines[1]), marked(&lines[2])), ("80".to_owned(), "8080".to_owned()));
        assert_eq!((lines[2].left, lines[2].right), (None, Some(2)));
    }

    #[test]
    fn escape_sequences_and_line_ends_are_written_out() {
        let ContentDiff::Text { lines, .. } = contents(b"a\n", b"a\r\n\x1b[2J\n", true) else {
            panic!("not a text diff");
        };
        let all: Vec<String> =
            lines.iter().map(|line| line.pieces.iter().map(|piece| piece.1.as_str()).collect()).collect();
        assert_eq!(all, ["a", "a\\r", "\\x1b[2J"]);
    }

    #[test]
    fn bytes_are_shown_around_their_first_difference() {
        let left = [0_u8; 100];
        let mut right = left;
        right[50] = 7;
        let ContentDiff::Binary { first, rows } = contents(&left, &right, true) else {
            panic!("not a binary diff");
        };
        assert_eq!((first, rows[0].offset), (50, 32));
        assert!(rows.iter().any(|row| row.offset == 48 && row.right[2] == 7 && row.left[2] == 0));
        assert_eq!(rows.last().map(|row| (row.offset, row.left.len())), Some((96, 4)));
    }

    #[test]
    fn a_huge_diff_stops_and_says_so() {
        let left = "a line\n".repeat(9_000);
        assert!(matches!(contents(left.as_bytes(), b"", true), ContentDiff::Text { cut: true, .. }));
        assert_eq!(contents(b"x", b"x", false), ContentDiff::Same { whole: false });
    }
}
