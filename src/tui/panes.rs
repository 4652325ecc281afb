//! A list and the detail of its selected row: beside each other when there is room, else one above the other.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
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

    /// Splits `area` and draws the line between the panes. `share`: the list's part of the width, in percent.
    pub fn split(&self, area: Rect, share: u16, buffer: &mut Buffer, theme: Theme) -> Areas {
        if self.zoom {
            return if self.in_detail { titled(Rect::ZERO, area) } else { titled(area, Rect::ZERO) };
        }
        if area.width >= SIDE_BY_SIDE {
            let width = u16::try_from(u32::from(area.width) * u32::from(share) / 100).unwrap_or(area.width / 2);
            let list = Rect { width, ..area };
            let between = Rect { x: list.right(), width: 1, ..area };
            for row in 0..area.height {
                paint::put(buffer, between, row, &Line::styled(signs::VERTICAL, theme.style(Role::Line)));
            }
            let x = between.right() + 1;
            return titled(list, Rect { x, width: area.right().saturating_sub(x + 1), ..area });
        }
        // Below each other the pane with the keys is the taller one.
        let height = if self.in_detail { area.height * 7 / 20 } else { area.height * 12 / 20 };
        let list = Rect { height, ..area };
        let below = Rect { y: area.y + height, height: area.height - height, ..area };
        titled(list, below)
    }

    /// The rows of the list to draw in `area`.
    pub fn rows(&mut self, area: Rect, len: usize) -> Range<usize> {
        self.cursor.fit(area, len)
    }

    /// Marks row `row` of `area` when it is the selected one.
    pub fn mark(&self, buffer: &mut Buffer, area: Rect, row: u16, at: usize, theme: Theme) {
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

fn titled(list: Rect, detail: Rect) -> Areas {
    let title = Rect { height: detail.height.min(1), ..detail };
    let detail = Rect { y: detail.y + title.height, height: detail.height - title.height, ..detail };
    Areas { list, detail, title }
}
