//! One line to type over the view: a note, a file's name.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use tui_input::Input;

use super::popup;
use crate::model::text::visible;
use crate::tui::paint;
use crate::tui::search::edit;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// The line, while it is open.
#[derive(Debug)]
pub struct Prompt {
    title: String,
    input: Input,
}

/// What a key did to the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    Nothing,
    Close,
    Text(String),
}

const WIDTH: u16 = 68;

impl Prompt {
    /// Asks for a text; `title` is safe to show.
    #[must_use]
    pub fn new(title: String, text: String) -> Self {
        Self { title, input: Input::new(text) }
    }

    pub fn key(&mut self, event: KeyEvent) -> Entered {
        match event.code {
            KeyCode::Esc => Entered::Close,
            KeyCode::Enter => Entered::Text(self.input.value().to_owned()),
            _ => {
                if let Some(request) = edit(event) {
                    self.input.handle(request);
                }
                Entered::Nothing
            }
        }
    }

    /// Draws the line; where the text cursor is.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Position {
        let title = text::cut(&self.title, usize::from(WIDTH));
        let inner = popup::frame(area, buffer, &title, "Enter keeps   Esc drops", (WIDTH, 1), theme);
        line(&self.input, inner, buffer, theme)
    }
}

/// Draws a line that is being typed, scrolled so that its cursor shows; where that is.
pub fn line(input: &Input, area: Rect, buffer: &mut Buffer, theme: Theme) -> Position {
    let width = usize::from(area.width.max(1));
    let scroll = input.visual_scroll(width.saturating_sub(1));
    let shown = text::skip(&Line::raw(visible(input.value()).into_owned()), scroll);
    paint::put(buffer, area, 0, &shown.style(theme.style(Role::Text)));
    let column = input.visual_cursor().saturating_sub(scroll).min(width.saturating_sub(1));
    Position::new(area.x.saturating_add(u16::try_from(column).unwrap_or(u16::MAX)), area.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_scrolls_with_its_cursor() {
        let area = Rect::new(2, 0, 10, 1);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let theme = Theme::new(crate::tui::theme::Colours::None);
        let cursor = line(&Input::new("0123456789abcdef".to_owned()), area, &mut buffer, theme);
        assert!(area.contains(cursor), "{cursor}");
        assert_eq!(buffer[(cursor.x - 1, 0)].symbol(), "f");
        line(&Input::default(), Rect::ZERO, &mut buffer, theme);
    }
}
