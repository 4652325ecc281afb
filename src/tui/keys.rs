//! What a key does. One row of a table gives an action its name, its keys, its help and its place in the footer.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a user can ask for. What it does in a view is the view's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    Help,
    NextView,
    PreviousView,
    /// A view by its position in [`super::views::VIEWS`].
    View(usize),
    Back,
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Left,
    Right,
    Open,
    Zoom,
    Search,
    NextHit,
    PreviousHit,
    Filter,
    FilterBack,
    All,
    Group,
    Sort,
    AlarmingFirst,
    FoldAll,
    UnfoldAll,
}

/// One key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
}

/// One row of the key map.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub action: Action,
    /// What a key map file calls it.
    pub name: &'static str,
    pub keys: &'static [Key],
    pub help: &'static str,
    /// The word in the footer; `None` keeps it to the help.
    pub hint: Option<&'static str>,
}

/// A key without modifiers; shift is part of the character.
#[must_use]
pub const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

/// A character key.
#[must_use]
pub const fn ch(character: char) -> Key {
    key(KeyCode::Char(character))
}

const fn ctrl(character: char) -> Key {
    Key { code: KeyCode::Char(character), ctrl: true }
}

const fn row(
    action: Action,
    name: &'static str,
    keys: &'static [Key],
    help: &'static str,
    hint: Option<&'static str>,
) -> Binding {
    Binding { action, name, keys, help, hint }
}

/// The bindings of every view; a view's own come first. In the order of the help.
pub const GLOBAL: &[Binding] = &[
    row(Action::Down, "down", &[ch('j'), key(KeyCode::Down)], "one row down", None),
    row(Action::Up, "up", &[ch('k'), key(KeyCode::Up)], "one row up", None),
    row(Action::PageDown, "page-down", &[key(KeyCode::PageDown), ctrl('d'), ch(' ')], "one page down", None),
    row(Action::PageUp, "page-up", &[key(KeyCode::PageUp), ctrl('u')], "one page up", None),
    row(Action::Top, "top", &[key(KeyCode::Home), ch('g'), ch('<')], "first row", None),
    row(Action::Bottom, "bottom", &[key(KeyCode::End), ch('G'), ch('>')], "last row", None),
    row(
        Action::Back,
        "back",
        &[key(KeyCode::Esc), key(KeyCode::Backspace)],
        "leave the detail, the search, or go back where you came from",
        None,
    ),
    row(Action::NextView, "next-view", &[key(KeyCode::Tab)], "next view", Some("view")),
    row(Action::PreviousView, "previous-view", &[key(KeyCode::BackTab)], "previous view", None),
    row(Action::View(0), "view-1", &[ch('1')], "Overview", None),
    row(Action::View(1), "view-2", &[ch('2')], "Packages", None),
    row(Action::View(2), "view-3", &[ch('3')], "Files", None),
    row(Action::View(3), "view-4", &[ch('4')], "Layers", None),
    row(Action::Help, "help", &[ch('?'), key(KeyCode::F(1))], "all keys of this view", Some("help")),
    row(Action::Quit, "quit", &[ch('q'), ctrl('c')], "quit", Some("quit")),
];

/// Keys of the search line, for the help; they edit and are not in the map.
pub const PROMPT_HELP: &[(&str, &str)] =
    &[("Enter", "keep the matches and go on"), ("Esc", "drop the search"), ("Up Down", "move among the matches")];

/// What the mouse does, for the help.
pub const MOUSE_HELP: &[(&str, &str)] =
    &[("Click", "select a row or a view; again: open it"), ("Wheel", "scroll what is under the pointer")];

/// What `event` means: the view's own table first, then [`GLOBAL`].
#[must_use]
pub fn find(own: &[Binding], event: KeyEvent) -> Option<Action> {
    let pressed = Key::from(event);
    own.iter().chain(GLOBAL).find(|binding| binding.keys.contains(&pressed)).map(|binding| binding.action)
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) }
    }
}

impl Binding {
    /// All its keys: `j Down`.
    #[must_use]
    pub fn all_keys(&self) -> String {
        self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The key that the footer names.
    #[must_use]
    pub fn first_key(&self) -> String {
        self.keys.first().map(ToString::to_string).unwrap_or_default()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::views::VIEWS;

    #[test]
    fn no_table_gives_one_key_two_meanings() {
        for table in VIEWS.iter().map(|view| view.keys).chain([GLOBAL]) {
            let keys: Vec<Key> = table.iter().flat_map(|binding| binding.keys).copied().collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{key} is bound twice");
            }
        }
    }

    #[test]
    fn every_view_has_a_number_key_with_its_name() {
        for (at, view) in VIEWS.iter().enumerate() {
            let binding = GLOBAL.iter().find(|binding| binding.action == Action::View(at)).unwrap();
            assert_eq!(binding.help, view.title);
            assert_eq!(binding.first_key(), (at + 1).to_string());
        }
    }

    #[test]
    fn quitting_and_help_work_in_every_view() {
        for view in VIEWS {
            assert_eq!(find(view.keys, KeyEvent::from(KeyCode::Char('q'))), Some(Action::Quit));
            assert_eq!(find(view.keys, KeyEvent::from(KeyCode::Char('?'))), Some(Action::Help));
        }
    }
}
