//! A list and the detail of its selected row: beside each other when there is room, else one above the other.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::Jump;
use super::document::{Document, Row};
use super::keys::Action;
use super::list::Cursor;
use super::paint;
use super::theme::{Role, Theme, signs};
use super::views::Mouse;

/// From this width on, the detail stands beside the list.
const SIDE_BY_SIDE: u16 = 100;

/// The list, its detail, and which of them has the keys.
#[derive(Debug, Default)]
pub struct Panes {
    pub cursor: Cursor,
    detail: Document,
    in_detail: bool,
    /// The pane with the keys has all the room.
    zoom: bool,
    divider: Divider,
    /// Rows that the list needs, its header too; more it does not take from the detail below it.
    needs: Option<u16>,
}

/// The line between the panes, which the mouse can move.
#[derive(Debug, Default)]
struct Divider {
    /// Where it was drawn last.
    line: Rect,
    /// The room that both panes share.
    room: Rect,
    held: bool,
    /// The list's part in percent, once it was moved: beside the detail, and above it.
    beside: Option<u16>,
    above: Option<u16>,
}

/// No pane gets less than this part of the room, in percent.
const LEAST: u16 = 15;

impl Divider {
    /// Takes hold of the line; `false` when it is elsewhere.
    fn hold(&mut self, at: Position) -> bool {
        self.held = self.line.contains(at);
        self.held
    }

    /// Moves the line, when it is held, to where the pointer is.
    fn drag(&mut self, at: Position) {
        let part = |at: u16, start: u16, length: u16| {
            let part = u32::from(at.saturating_sub(start)) * 100 / u32::from(length.max(1));
            u16::try_from(part).unwrap_or(100).clamp(LEAST, 100 - LEAST)
        };
        if self.held && self.line.width == 1 {
            self.beside = Some(part(at.x, self.room.x, self.room.width));
        } else if self.held {
            self.above = Some(part(at.y, self.room.y, self.room.height));
        }
    }
}

/// What an action came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A motion, or nothing: the selection may be another one.
    Done,
    /// The selected row of the list is to be opened.
    Open,
    /// The selected row of the detail leads there.
    Jump(Jump),
    /// Not for the panes.
    Other(Action),
}

/// Where to draw.
#[derive(Debug, Clone, Copy)]
pub struct Areas {
    pub list: Rect,
    pub detail: Rect,
    /// One row for the detail's title.
    title: Rect,
}

impl Areas {
    /// The list below its header row.
    #[must_use]
    pub fn body(&self) -> Rect {
        let header = self.list.height.min(1);
        Rect { y: self.list.y + header, height: self.list.height - header, ..self.list }
    }
}

impl Panes {
    /// Carries out what is the same in every view of this kind; `len`: rows of the list.
    pub fn act(&mut self, action: Action, len: usize) -> Outcome {
        match action {
            Action::Open if self.in_detail => self.detail.jump().map_or(Outcome::Done, Outcome::Jump),
            Action::Open => Outcome::Open,
            Action::Left if self.in_detail => {
                self.in_detail = false;
                Outcome::Done
            }
            Action::Right if self.in_detail => Outcome::Done,
            // Wherever the keys are, only the detail has long lines.
            Action::PanLeft | Action::PanRight => {
                self.detail.act(action);
                Outcome::Done
            }
            Action::Zoom => {
                self.zoom = !self.zoom;
                Outcome::Done
            }
            motion if self.in_detail && self.detail.act(motion) => Outcome::Done,
            motion if !self.in_detail && self.cursor.act(motion, len) => Outcome::Done,
            other => Outcome::Other(other),
        }
    }

    /// As [`Panes::act`], for the mouse: a second click opens.
    pub fn mouse(&mut self, mouse: Mouse, len: usize) -> Outcome {
        match mouse {
            Mouse::Drag(at) => self.divider.drag(at),
            Mouse::Click(at) if self.divider.hold(at) => {}
            Mouse::Wheel(at, rows) if self.detail.contains(at) => self.detail.wheel(rows),
            Mouse::Wheel(at, rows) if self.cursor.contains(at) => self.cursor.step(rows, len),
            Mouse::Wheel(..) => {}
            Mouse::Click(at) => {
                if let Some(row) = self.cursor.hit(at, len) {
                    let again = !self.in_detail && self.cursor.selected() == row;
                    self.in_detail = false;
                    self.cursor.select(row);
                    return if again { Outcome::Open } else { Outcome::Done };
                }
                if self.detail.contains(at) {
                    self.in_detail = true;
                    return self.detail.click(at).map_or(Outcome::Done, Outcome::Jump);
                }
            }
        }
        Outcome::Done
    }

    pub fn enter_detail(&mut self) {
        self.in_detail = true;
    }

    /// Leaves the zoom, then the detail; `false` when there was nothing to leave.
    pub fn leave(&mut self) -> bool {
        let left = self.zoom || self.in_detail;
        self.in_detail &= self.zoom;
        self.zoom = false;
        left
    }

    /// The list needs no more than so many rows.
    pub fn needs(&mut self, rows: usize) {
        self.needs = Some(u16::try_from(rows).unwrap_or(u16::MAX));
    }

    /// Splits `area` and draws the line between the panes. `share`: the list's part of the width, in percent, until
    /// the line is moved.
    pub fn split(&mut self, area: Rect, share: u16, buffer: &mut Buffer, theme: Theme) -> Areas {
        self.divider.room = area;
        self.divider.line = Rect::ZERO;
        if self.zoom {
            return if self.in_detail { titled(Rect::ZERO, area) } else { titled(area, Rect::ZERO) };
        }
        if area.width >= SIDE_BY_SIDE {
            let list = Rect { width: percent(area.width, self.divider.beside.unwrap_or(share)), ..area };
            let between = Rect { x: list.right(), width: 1, ..area };
            self.divider.line = between;
            for row in 0..area.height {
                paint::put(buffer, between, row, &Line::styled(signs::VERTICAL, theme.style(Role::Line)));
            }
            let x = between.right() + 1;
            return titled(list, Rect { x, width: area.right().saturating_sub(x + 1), ..area });
        }
        // Below each other the pane with the keys is the taller one.
        let height = match self.divider.above {
            Some(share) => percent(area.height, share),
            None => percent(area.height, if self.in_detail { 35 } else { 60 }).min(self.needs.unwrap_or(u16::MAX)),
        };
        let list = Rect { height, ..area };
        let below = Rect { y: area.y + height, height: area.height - height, ..area };
        self.divider.line = Rect { height: below.height.min(1), ..below };
        titled(list, below)
    }

    /// The rows of the list to draw in `area`.
    pub fn rows(&mut self, area: Rect, len: usize) -> Range<usize> {
        self.cursor.fit(area, len)
    }

    /// Shows whether row `row` of `area` was marked by the reviewer, and whether it is the selected one.
    pub fn mark(&self, buffer: &mut Buffer, area: Rect, row: u16, at: usize, marked: bool, theme: Theme) {
        if marked {
            paint::put(
                buffer,
                Rect { width: area.width.min(1), ..area },
                row,
                &Line::styled("*", theme.style(Role::Mark)),
            );
        }
        if at == self.cursor.selected() {
            let role = if self.in_detail { Role::SelectedElsewhere } else { Role::Selected };
            paint::select(buffer, area, row, theme.style(role));
        }
    }

    /// Draws the detail under its title; `build` makes its rows when subject, revision or width are others.
    pub fn draw_detail(
        &mut self,
        areas: Areas,
        buffer: &mut Buffer,
        theme: Theme,
        title: &str,
        (subject, revision): (usize, u64),
        build: impl FnOnce(u16) -> Vec<Row>,
    ) {
        let inner = Rect { x: areas.detail.x + 1, width: areas.detail.width.saturating_sub(2), ..areas.detail };
        self.detail.show(subject, revision, inner, build);
        paint::rule(buffer, areas.title, title, &self.detail.position(), self.in_detail, theme);
        self.detail.draw(buffer, self.in_detail, theme);
    }
}

fn percent(whole: u16, share: u16) -> u16 {
    u16::try_from(u32::from(whole) * u32::from(share) / 100).unwrap_or(whole)
}

fn titled(list: Rect, detail: Rect) -> Areas {
    let title = Rect { height: detail.height.min(1), ..detail };
    let detail = Rect { y: detail.y + title.height, height: detail.height - title.height, ..detail };
    Areas { list, detail, title }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Colours;

    /// The list's size after a click on the line between the panes and a drag from there.
    fn dragged(area: Rect, to: Position) -> (u16, u16) {
        let theme = Theme::new(Colours::Indexed);
        let mut buffer = Buffer::empty(area);
        let mut panes = Panes::default();
        panes.split(area, 50, &mut buffer, theme);
        let line = panes.divider.line;
        panes.mouse(Mouse::Click(Position::new(line.x, line.y)), 9);
        panes.mouse(Mouse::Drag(to), 9);
        let list = panes.split(area, 50, &mut buffer, theme).list;
        (list.width, list.height)
    }

    #[test]
    fn the_line_between_the_panes_follows_the_mouse() {
        assert_eq!(dragged(Rect::new(0, 2, 200, 40), Position::new(60, 9)).0, 60);
        assert_eq!(dragged(Rect::new(0, 2, 80, 40), Position::new(9, 12)).1, 10);
    }

    #[test]
    fn a_short_list_leaves_its_room_to_the_detail_below_it() {
        let (area, theme) = (Rect::new(0, 0, 80, 40), Theme::new(Colours::Indexed));
        let mut buffer = Buffer::empty(area);
        let mut panes = Panes::default();
        let mut height = |needs| {
            panes.needs(needs);
            panes.split(area, 50, &mut buffer, theme).list.height
        };
        assert_eq!((height(5), height(24), height(1_000_000)), (5, 24, 24));
    }

    #[test]
    fn no_pane_is_dragged_shut_and_only_the_line_can_be_held() {
        assert_eq!(dragged(Rect::new(0, 0, 200, 40), Position::new(0, 0)).0, 30);
        assert_eq!(dragged(Rect::new(0, 0, 200, 40), Position::new(u16::MAX, 0)).0, 170);
        let mut divider = Divider { line: Rect::new(5, 0, 1, 9), room: Rect::new(0, 0, 100, 9), ..Divider::default() };
        assert!(!divider.hold(Position::new(6, 0)));
        divider.drag(Position::new(50, 0));
        assert_eq!(divider.beside, None);
    }
}
