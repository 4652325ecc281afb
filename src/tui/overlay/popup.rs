//! The frame of everything that stands over a view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use crate::tui::theme::{Role, Theme};

/// Draws a titled frame in the middle of `area` around room for `(columns, rows)`, as far as there is room; returns
/// the room within.
pub fn frame(area: Rect, buffer: &mut Buffer, title: &str, keys: &str, size: (u16, u16), theme: Theme) -> Rect {
    let width = area.width.min(size.0.saturating_add(4));
    let height = area.height.min(size.1.saturating_add(2));
    let popup = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let popup = popup.intersection(buffer.area);
    Clear.render(popup, buffer);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.style(Role::Line))
        .title(Line::styled(format!(" {title} "), theme.style(Role::Heading)))
        .title_bottom(Line::styled(format!(" {keys} "), theme.style(Role::Muted)).right_aligned());
    let inner = block.inner(popup);
    block.render(popup, buffer);
    Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner }
}
