//! A short list of choices over the view: filters, sort orders, what to copy.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::popup;
use crate::tui::keys::{Action, Key, ch};
use crate::tui::list::Cursor;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::views::Mouse;

/// What a menu is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuKind {
    Filter,
    Sort,
    Copy,
    Save,
}

/// The choices as they stand.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    pub title: &'static str,
    pub choices: Vec<Choice>,
}

/// One choice. Its texts are safe to show.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Takes it at once; a blank for one that no key is left for.
    pub key: char,
    pub label: String,
    /// In grey beside the label: a count, what would be copied.
    pub detail: String,
    pub state: State,
}

/// What a choice is and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Does something once; the menu closes.
    Plain,
    /// One of several of which one is picked; the menu closes.
    Picked(bool),
    /// A switch; the menu stays.
    Switch(bool),
}

/// What a key or click in a menu came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    Nothing,
    Close,
    /// The choice at this position, and whether the menu closes with it.
    Choice(usize, bool),
}

/// An open menu: its selection. The choices are asked for anew for each frame.
#[derive(Debug, Default)]
pub struct MenuList {
    cursor: Cursor,
}

impl Choice {
    /// Something to do.
    #[must_use]
    pub fn plain(key: char, label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { key, label: label.into(), detail: detail.into(), state: State::Plain }
    }

    /// One of several.
    #[must_use]
    pub fn pick(key: char, label: impl Into<String>, detail: impl Into<String>, picked: bool) -> Self {
        Self { key, label: label.into(), detail: detail.into(), state: State::Picked(picked) }
    }

    /// On or off.
    #[must_use]
    pub fn switch(key: char, label: impl Into<String>, detail: impl Into<String>, on: bool) -> Self {
        Self { key, label: label.into(), detail: detail.into(), state: State::Switch(on) }
    }

    /// A sign for how it stands: `(*)` picked, `[x]` on.
    fn sign(&self) -> &'static str {
        match self.state {
            State::Plain => "",
            State::Picked(true) => "(*) ",
            State::Picked(false) => "( ) ",
            State::Switch(true) => "[x] ",
            State::Switch(false) => "[ ] ",
        }
    }
}

impl Menu {
    /// Where the selection starts: on what is picked.
    #[must_use]
    pub fn first(&self) -> usize {
        self.choices.iter().position(|choice| choice.state == State::Picked(true)).unwrap_or_default()
    }

    fn take(&self, at: usize) -> Chosen {
        match self.choices.get(at) {
            Some(choice) => Chosen::Choice(at, !matches!(choice.state, State::Switch(_))),
            None => Chosen::Nothing,
        }
    }
}

impl MenuList {
    /// Opens with this row selected.
    #[must_use]
    pub fn new(selected: usize) -> Self {
        let mut cursor = Cursor::default();
        cursor.select(selected);
        Self { cursor }
    }

    /// A choice's own key takes it; Enter and Space take the selected one. `again`: the key that opened the menu, which
    /// takes the selected one too unless a choice has it.
    pub fn key(&mut self, event: KeyEvent, action: Option<Action>, again: Action, menu: &Menu) -> Chosen {
        let pressed = Key::from(event);
        if let Some(at) = menu.choices.iter().position(|choice| choice.key != ' ' && pressed == ch(choice.key)) {
            self.cursor.select(at);
            return menu.take(at);
        }
        match (event.code, action) {
            (KeyCode::Enter | KeyCode::Char(' '), _) => menu.take(self.cursor.selected()),
            (KeyCode::Esc, _) | (_, Some(Action::Back | Action::Quit)) => Chosen::Close,
            (_, Some(action)) if action == again => menu.take(self.cursor.selected()),
            (_, Some(action)) => {
                self.cursor.act(action, menu.choices.len());
                Chosen::Nothing
            }
            (_, None) => Chosen::Nothing,
        }
    }

    /// A click takes a choice; one outside closes.
    pub fn mouse(&mut self, mouse: Mouse, menu: &Menu) -> Chosen {
        match mouse {
            Mouse::Wheel(_, rows) => self.cursor.step(rows, menu.choices.len()),
            Mouse::Click(at) => {
                return match self.hit(at, menu) {
                    Some(row) => {
                        self.cursor.select(row);
                        menu.take(row)
                    }
                    None => Chosen::Close,
                };
            }
            Mouse::Drag(_) => {}
        }
        Chosen::Nothing
    }

    fn hit(&self, at: Position, menu: &Menu) -> Option<usize> {
        self.cursor.hit(at, menu.choices.len())
    }

    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, menu: &Menu, theme: Theme) {
        let label = |choice: &Choice| format!("{}{}", choice.sign(), choice.label);
        let widest = menu.choices.iter().map(|choice| text::width(&label(choice))).max().unwrap_or_default();
        let detail = menu.choices.iter().map(|choice| text::width(&choice.detail)).max().unwrap_or_default();
        let wanted = (4 + widest + 2 + detail).max(text::width(menu.title) + 4).max(30);
        let size =
            (u16::try_from(wanted + 4).unwrap_or(u16::MAX), u16::try_from(menu.choices.len()).unwrap_or(u16::MAX));
        let inner = popup::frame(area, buffer, menu.title, "Enter takes   Esc closes", size, theme);
        let shown = self.cursor.fit(inner, menu.choices.len());
        for (row, at) in (0_u16..).zip(shown) {
            let Some(choice) = menu.choices.get(at) else { continue };
            let line = Line::from(vec![
                Span::styled(format!("{}   ", choice.key), theme.style(Role::Key)),
                Span::styled(text::pad(&label(choice), widest), theme.style(Role::Text)),
                Span::styled(format!("  {}", choice.detail), theme.style(Role::Muted)),
            ]);
            paint::put(buffer, inner, row, &line);
            if at == self.cursor.selected() {
                paint::select(buffer, inner, row, theme.style(Role::Selected));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_takes_the_selected_choice_even_where_some_have_no_key() {
        let choices = vec![Choice::switch('a', "one", "", true), Choice::plain(' ', "without a key", "")];
        let menu = Menu { title: "", choices };
        let chosen = |key| MenuList::new(0).key(KeyEvent::from(key), None, Action::Filter, &menu);
        assert_eq!(chosen(KeyCode::Char(' ')), Chosen::Choice(0, false));
        assert_eq!(chosen(KeyCode::Enter), Chosen::Choice(0, false));
        assert_eq!(chosen(KeyCode::Char('x')), Chosen::Nothing);
    }
}
