//! Bytes around the first difference.

use crate::model::Side;

/// Bytes of one row.
pub const HEX_ROW: usize = 8;
const HEX_ROWS: usize = 24;

/// Where two contents begin to differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexDiff {
    /// The side that alone has contents.
    pub only: Option<Side>,
    /// Bytes that are equal from the start.
    pub first: usize,
    /// Bytes that differ in place, when both sides are of one length.
    pub differing: Option<usize>,
    pub rows: Vec<HexRow>,
    /// Whether there is more after the rows.
    pub cut: bool,
}

/// [`HEX_ROW`] bytes of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexRow {
    pub offset: usize,
    pub left: Vec<u8>,
    pub right: Vec<u8>,
}

/// Compares two contents, or shows the start of the one there is.
#[must_use]
pub fn compare(left: &[u8], right: &[u8], only: Option<Side>) -> HexDiff {
    let pairs = || left.iter().zip(right);
    let first = pairs().take_while(|(left, right)| left == right).count();
    let start = (first / HEX_ROW).saturating_sub(2) * HEX_ROW;
    let end = start + HEX_ROWS * HEX_ROW;
    let length = left.len().max(right.len());
    let row = |offset: usize| HexRow { offset, left: window(left, offset), right: window(right, offset) };
    HexDiff {
        only,
        first,
        differing: (left.len() == right.len()).then(|| pairs().filter(|(left, right)| left != right).count()),
        rows: (start..end.min(length)).step_by(HEX_ROW).map(row).collect(),
        cut: length > end,
    }
}

fn window(bytes: &[u8], offset: usize) -> Vec<u8> {
    bytes.iter().skip(offset).take(HEX_ROW).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_around_their_first_difference() {
        let left = [0_u8; 100];
        let mut right = left;
        right[50] = 7;
        right[60] = 7;
        let diff = compare(&left, &right, None);
        assert_eq!((diff.first, diff.differing, diff.rows[0].offset, diff.cut), (50, Some(2), 32, false));
        assert!(diff.rows.iter().any(|row| row.offset == 48 && row.right[2] == 7 && row.left[2] == 0));
        assert_eq!(diff.rows.last().map(|row| (row.offset, row.left.len())), Some((96, 4)));
    }

    #[test]
    fn one_side_alone_shows_its_start() {
        let diff = compare(&[], &[9; 1000], Some(Side::Right));
        assert_eq!((diff.first, diff.rows.len(), diff.cut), (0, HEX_ROWS, true));
        assert_eq!(compare(&[], &[], Some(Side::Right)).rows, []);
    }
}
