//! The screen while the report is made: one gauge per side, with what it does, reads and saw.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint;
use super::text;
use super::theme::{Role, Theme, signs};
use crate::model::text::visible;
use crate::model::{Progress, Side, SideProgress, Stage};

/// What is being compared, and how far it is.
pub struct Screen {
    pub progress: Arc<Progress>,
    pub left: String,
    /// `None` when one image is looked at on its own.
    pub right: Option<String>,
}

impl Screen {
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let width = area.width.min(88);
        let height = 9.min(area.height);
        let area = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
        let title = if self.right.is_some() { "Comparing two images" } else { "Reading an image" };
        paint::put(buffer, area, 0, &Line::styled(title, theme.style(Role::Heading)));
        for (row, side, reference) in [(2, Side::Left, Some(&self.left)), (5, Side::Right, self.right.as_ref())] {
            let Some(reference) = reference else { continue };
            let progress = self.progress.side(side);
            let name = text::pad(if self.right.is_some() { side.as_str() } else { "image" }, 7);
            let room = usize::from(width).saturating_sub(7);
            let reference = visible(reference);
            paint::put(
                buffer,
                area,
                row,
                &Line::from(vec![
                    Span::styled(name, theme.style(Role::Muted)),
                    Span::styled(text::middle(&reference, room).into_owned(), theme.style(Role::Strong)),
                ]),
            );
            paint::put(buffer, area, row + 1, &gauge(progress, usize::from(width), theme));
        }
        paint::put(buffer, area, 8, &Line::styled("q cancels", theme.style(Role::Muted)));
    }
}

fn gauge(progress: &SideProgress, width: usize, theme: Theme) -> Line<'static> {
    let (done, total) = progress.bytes();
    let stage = progress.stage();
    let mut words = stage.as_str().to_owned();
    if stage != Stage::Opening && total > 0 {
        words = format!("{words}  {} of {}", text::bytes(done.min(total)), text::bytes(total));
    }
    if progress.entries() > 0 {
        words = format!(
            "{words}  {}",
            text::plural(usize::try_from(progress.entries()).unwrap_or(usize::MAX), "entry", "entries")
        );
    }
    let columns = width.saturating_sub(7).min(18);
    let (part, whole) = if stage == Stage::Done { (1, 1) } else { (done, total) };
    let filled = paint::bar(part, whole, columns);
    let empty = columns.saturating_sub(text::width(&filled));
    Line::from(vec![
        Span::raw(" ".repeat(7)),
        Span::styled(filled, theme.style(Role::Gauge)),
        Span::styled(signs::BLANK.repeat(empty), theme.style(Role::Line)),
        Span::styled(format!("  {words}"), theme.style(Role::Muted)),
    ])
}
