//! The selection and scroll of a list that is drawn only where it shows.

use std::ops::Range;

use ratatui::layout::{Position, Rect};

use super::keys::Action;

/// A selected row and the first row shown.
#[derive(Debug, Default, Clone)]
pub struct Cursor {
    selected: usize,
    offset: usize,
    /// Where the rows were drawn last: what a page is, and what a click hits.
    area: Rect,
}

impl Cursor {
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    pub fn select(&mut self, row: usize) {
        self.selected = row;
    }

    /// Selects `row` and scrolls so that it stands in the middle, for jumps from elsewhere.
    pub fn reveal(&mut self, row: usize) {
        self.selected = row;
        self.offset = row.saturating_sub(usize::from(self.area.height / 2));
    }

    /// Moves by `rows`, staying within `len`.
    pub fn step(&mut self, rows: isize, len: usize) {
        self.selected = self.selected.saturating_add_signed(rows).min(len.saturating_sub(1));
    }

    /// Carries out a motion; `false` when `action` is not one.
    pub fn act(&mut self, action: Action, len: usize) -> bool {
        let page = isize::from(i16::try_from(self.area.height.saturating_sub(1).max(1)).unwrap_or(i16::MAX));
        match action {
            Action::Down => self.step(1, len),
            Action::Up => self.step(-1, len),
            Action::PageDown => self.step(page, len),
            Action::PageUp => self.step(-page, len),
            Action::Top => self.selected = 0,
            Action::Bottom => self.selected = len.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// Scrolls as little as needed to show the selection in `area`; returns the rows to draw.
    pub fn fit(&mut self, area: Rect, len: usize) -> Range<usize> {
        self.area = area;
        let height = usize::from(area.height);
        self.selected = self.selected.min(len.saturating_sub(1));
        self.offset = self.offset.min(self.selected);
        if height > 0 && self.selected >= self.offset + height {
            self.offset = self.selected + 1 - height;
        }
        self.offset = self.offset.min(len.saturating_sub(height));
        self.offset..(self.offset + height).min(len)
    }

    /// The row under `at`.
    #[must_use]
    pub fn hit(&self, at: Position, len: usize) -> Option<usize> {
        let row = self.offset + usize::from(at.y.checked_sub(self.area.y)?);
        (self.area.contains(at) && row < len).then_some(row)
    }

    /// Whether `at` is where the rows are.
    #[must_use]
    pub fn contains(&self, at: Position) -> bool {
        self.area.contains(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_in_view_and_in_range() {
        let mut cursor = Cursor::default();
        let area = Rect::new(0, 2, 10, 5);
        assert_eq!(cursor.fit(area, 100), 0..5);
        cursor.act(Action::PageDown, 100);
        cursor.act(Action::PageDown, 100);
        assert_eq!((cursor.selected(), cursor.fit(area, 100)), (8, 4..9));
        cursor.act(Action::Bottom, 100);
        assert_eq!(cursor.fit(area, 100), 95..100);
        assert_eq!(cursor.fit(area, 3), 0..3);
        assert_eq!(cursor.selected(), 2);
        assert_eq!(cursor.fit(area, 0), 0..0);
        assert_eq!(cursor.fit(Rect::ZERO, 3), 0..0);
    }

    #[test]
    fn a_click_finds_its_row() {
        let mut cursor = Cursor::default();
        cursor.fit(Rect::new(0, 2, 10, 5), 3);
        assert_eq!(cursor.hit(Position::new(4, 3), 3), Some(1));
        assert_eq!(cursor.hit(Position::new(4, 5), 3), None);
        assert_eq!(cursor.hit(Position::new(4, 1), 3), None);
    }
}
