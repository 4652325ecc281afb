//! A list and its detail: beside each other when there is room, else one above the other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint;
use super::theme::{Role, Theme, signs};

/// From this width on, the detail stands beside the list.
const SIDE_BY_SIDE: u16 = 100;

/// Which pane the keys go to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Focus {
    #[default]
    List,
    Detail,
}

/// The state of the split.
#[derive(Debug, Clone, Copy, Default)]
pub struct Panes {
    pub focus: Focus,
    /// The focused pane has all the room.
    pub zoom: bool,
}

/// Where to draw.
#[derive(Debug, Clone, Copy)]
pub struct Areas {
    pub list: Rect,
    pub detail: Rect,
    /// One row for the detail's title.
    pub title: Rect,
}

impl Panes {
    /// Splits `area` and draws the line between the panes. `share`: the list's part of the width, in percent.
    pub fn split(&self, area: Rect, share: u16, buffer: &mut Buffer, theme: &Theme) -> Areas {
        if self.zoom {
            return match self.focus {
                Focus::List => Areas { list: area, detail: Rect::ZERO, title: Rect::ZERO },
                Focus::Detail => titled(Rect::ZERO, area),
            };
        }
        if area.width >= SIDE_BY_SIDE {
            let list_width = u16::try_from(u32::from(area.width) * u32::from(share) / 100).unwrap_or(area.width / 2);
            let list = Rect { width: list_width, ..area };
            let between = Rect { x: list.right(), width: 1, ..area };
            for row in 0..area.height {
                paint::put(buffer, between, row, &Line::styled(signs::VERTICAL, theme.style(Role::Line)));
            }
            let detail =
                Rect { x: between.right() + 1, width: area.right().saturating_sub(between.right() + 1), ..area };
            return titled(list, detail);
        }
        let list_height = if self.focus == Focus::List { area.height * 11 / 20 } else { area.height * 8 / 20 };
        let list = Rect { height: list_height, ..area };
        let detail = Rect { y: area.y + list_height, height: area.height.saturating_sub(list_height), ..area };
        titled(list, detail)
    }

    /// Whether the detail has the keys.
    #[must_use]
    pub fn in_detail(&self) -> bool {
        self.focus == Focus::Detail
    }

    /// Leaves the detail or the zoom; `false` when there was nothing to leave.
    pub fn leave(&mut self) -> bool {
        let left = self.zoom || self.in_detail();
        *self = Self::default();
        left
    }
}

fn titled(list: Rect, detail: Rect) -> Areas {
    let title = Rect { height: detail.height.min(1), ..detail };
    let detail = Rect { y: detail.y + title.height, height: detail.height - title.height, ..detail };
    Areas { list, detail, title }
}
