//! The help of the current view, made from the keys in force.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::popup;
use crate::model::{Change, Explanation};
use crate::tui::document::{Document, Row};
use crate::tui::keymap::KeyMap;
use crate::tui::keys::{Action, MOUSE_HELP, PROMPT_HELP};
use crate::tui::setup::Setup;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::views::VIEWS;

/// The help, while it is open.
#[derive(Debug, Default)]
pub struct Help {
    document: Document,
}

/// The columns of the help, its frame left out.
const WIDTH: u16 = 72;

impl Help {
    /// Carries out a key; `false` closes the help.
    pub fn act(&mut self, action: Option<Action>) -> bool {
        action.is_some_and(|action| self.document.act(action))
    }

    pub fn wheel(&mut self, rows: isize) {
        self.document.wheel(rows);
    }

    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, view: usize, setup: &Setup) {
        let title = VIEWS.get(view).map_or_else(String::new, |view| format!("Keys in {}", view.title));
        let rows = || rows(view, &setup.keys, setup.theme);
        let height = u16::try_from(rows().len()).unwrap_or(u16::MAX);
        let inner = popup::frame(area, buffer, &title, "j k scroll   Esc closes", (WIDTH, height), setup.theme);
        self.document.show(view, 0, inner, |_| rows());
        self.document.draw(buffer, false, setup.theme);
    }
}

fn rows(view: usize, keys: &KeyMap, theme: Theme) -> Vec<Row> {
    let key_row = |keys: &str, help: &str| {
        Row::new(vec![
            Span::styled(text::pad(keys, 18), theme.style(Role::Key)),
            Span::styled(help.to_owned(), theme.style(Role::Text)),
        ])
        .wrapped(18)
    };
    let mut rows: Vec<Row> =
        keys.view(view).iter().map(|bound| key_row(&bound.all_keys(), bound.binding.help)).collect();
    rows.push(Row::default());
    rows.extend(keys.global(view).iter().map(|bound| key_row(&bound.all_keys(), bound.binding.help)));
    for (title, table) in [("While searching", PROMPT_HELP), ("Mouse", MOUSE_HELP)] {
        rows.push(Row::default());
        rows.push(Row::heading(title, theme));
        rows.extend(table.iter().map(|(keys, help)| key_row(keys, help)));
    }
    rows.push(Row::default());
    rows.push(Row::heading("Signs of a path: what changed, and why", theme));
    let changes = [Change::Added, Change::Removed, Change::Content, Change::Metadata, Change::Mtime];
    rows.extend(changes.map(|change| key_row(&format!("{} {change}", change.sign()), change.meaning())));
    rows.extend(Explanation::ALARMING_FIRST.map(|one| key_row(&format!("{} {one}", one.sign()), one.meaning())));
    rows
}
