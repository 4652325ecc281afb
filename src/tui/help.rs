//! The help of the current view, made from the key map.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::document::{Document, Row};
use super::keys::{Action, Binding, GLOBAL, Key, MOUSE_HELP, PROMPT_HELP};
use super::text;
use super::theme::{Role, Theme};
use super::views::ViewEntry;

/// The help, while it is open.
#[derive(Debug, Default)]
pub struct Help {
    document: Document,
}

impl Help {
    /// Carries out a key; `false` closes the help.
    pub fn act(&mut self, action: Option<Action>) -> bool {
        action.is_some_and(|action| self.document.act(action))
    }

    pub fn wheel(&mut self, rows: isize) {
        self.document.wheel(rows);
    }

    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, view: &ViewEntry, theme: Theme) {
        let width = area.width.min(76);
        let wanted = u16::try_from(rows(view, theme).len() + 2).unwrap_or(u16::MAX);
        let height = area.height.min(wanted);
        let popup =
            Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
        Clear.render(popup, buffer);
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.style(Role::Line))
            .title(Line::styled(format!(" Keys in {} ", view.title), theme.style(Role::Heading)))
            .title_bottom(Line::styled(" j k scroll   Esc closes ", theme.style(Role::Muted)).right_aligned());
        let inner = block.inner(popup);
        block.render(popup, buffer);
        let inner = Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner };
        self.document.show(0, 0, inner, |_| rows(view, theme));
        self.document.draw(buffer, false, theme);
    }
}

fn rows(view: &ViewEntry, theme: Theme) -> Vec<Row> {
    let mut rows: Vec<Row> =
        view.keys.iter().map(|binding| key_row(&binding.all_keys(), binding.help, theme)).collect();
    rows.push(Row::default());
    rows.extend(GLOBAL.iter().filter_map(|binding| {
        let keys = free_keys(binding, view.keys);
        (!keys.is_empty()).then(|| key_row(&keys, binding.help, theme))
    }));
    for (title, table) in [("While searching", PROMPT_HELP), ("Mouse", MOUSE_HELP)] {
        rows.push(Row::default());
        rows.push(Row::heading(title, theme));
        rows.extend(table.iter().map(|(keys, help)| key_row(keys, help, theme)));
    }
    rows
}

/// The keys of a global binding that the view does not use for something else.
fn free_keys(binding: &Binding, own: &[Binding]) -> String {
    let taken = |key: &Key| own.iter().any(|binding| binding.keys.contains(key));
    binding.keys.iter().filter(|key| !taken(key)).map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn key_row(keys: &str, help: &str, theme: Theme) -> Row {
    Row::new(vec![
        Span::styled(text::pad(keys, 18), theme.style(Role::Key)),
        Span::styled(help.to_owned(), theme.style(Role::Text)),
    ])
    .wrapped(18)
}
