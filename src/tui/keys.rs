//! What a key does. One row of a table gives an action its name, its keys, its help and its place in the footer.
//! The tables hold the keys that the program comes with; a [`super::keymap::KeyMap`] holds those in force.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a user can ask for. What it does in a view is the view's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    Help,
    /// Every action by name.
    Palette,
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
    PanLeft,
    PanRight,
    Open,
    Zoom,
    Search,
    NextHit,
    PreviousHit,
    Filter,
    FilterReset,
    Sort,
    All,
    Group,
    AlarmingFirst,
    FoldAll,
    UnfoldAll,
    /// Both contents side by side, or one after the other.
    Layout,
    Copy,
    Export,
    /// The file's two versions in another program.
    Outside,
    Save,
    Mark,
    Note,
}

/// One key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
}

/// One row of a table of keys.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub action: Action,
    /// What a key map file and the palette call it.
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

/// One row of a table.
#[must_use]
pub const fn row(
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
    row(Action::PanLeft, "pan-left", &[ch('[')], "move the detail's long lines to the right", None),
    row(Action::PanRight, "pan-right", &[ch(']')], "see more of the detail's long lines", None),
    row(
        Action::Back,
        "back",
        &[key(KeyCode::Esc), key(KeyCode::Backspace)],
        "leave the detail, the search, or go back where you came from",
        None,
    ),
    row(Action::Copy, "copy", &[ch('y')], "copy the row's path, version, digest or markdown row", None),
    row(Action::Mark, "mark", &[ch('m')], "mark the row for the export, or unmark it", None),
    row(Action::Note, "note", &[ch('M')], "mark the row and write a note to it", None),
    row(Action::Export, "export", &[ch('e')], "write the report: format, path, preview", Some("export")),
    row(Action::Palette, "palette", &[ch(':'), ctrl('p')], "every action by name", None),
    row(Action::NextView, "next-view", &[key(KeyCode::Tab)], "next view", Some("view")),
    row(Action::PreviousView, "previous-view", &[key(KeyCode::BackTab)], "previous view", None),
    row(Action::View(0), "view-1", &[ch('1')], "Overview", None),
    row(Action::View(1), "view-2", &[ch('2')], "Packages", None),
    row(Action::View(2), "view-3", &[ch('3')], "Files", None),
    row(Action::View(3), "view-4", &[ch('4')], "Layers", None),
    row(Action::View(4), "view-5", &[ch('5')], "Config", None),
    row(Action::View(5), "view-6", &[ch('6')], "Findings", None),
    row(Action::Help, "help", &[ch('?'), key(KeyCode::F(1))], "all keys of this view", Some("help")),
    row(Action::Quit, "quit", &[ch('q'), ctrl('c')], "quit", Some("quit")),
];

/// Keys of the search line, for the help; they edit and are not in the map.
pub const PROMPT_HELP: &[(&str, &str)] =
    &[("Enter", "keep the matches and go on"), ("Esc", "drop the search"), ("Up Down", "move among the matches")];

/// What the mouse does, for the help.
pub const MOUSE_HELP: &[(&str, &str)] = &[
    ("Click", "select a row or a view; again: open it"),
    ("Wheel", "scroll what is under the pointer"),
    ("Drag", "move the line between list and detail"),
];

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) }
    }
}

/// Keys with a name of their own; the rest is characters and F1 to F12.
const NAMED: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(character)) => write!(f, "{character}"),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; keys are written j, G, Ctrl-p, Enter, F1, {names}", names = NAMED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))]
pub struct KeyError(String);

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (ctrl, rest) = match text.strip_prefix("Ctrl-").filter(|rest| !rest.is_empty()) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == rest) {
            return Ok(Self { code: *code, ctrl });
        }
        let mut characters = rest.chars();
        match (characters.next(), characters.as_str()) {
            (Some(character), "") if !character.is_control() && character != ' ' => {
                Ok(Self { code: KeyCode::Char(character), ctrl })
            }
            (Some('F'), number) => match number.parse() {
                Ok(number @ 1..=12) => Ok(Self { code: KeyCode::F(number), ctrl }),
                _ => Err(KeyError(text.to_owned())),
            },
            _ => Err(KeyError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::views::VIEWS;

    #[test]
    fn every_view_has_a_number_key_with_its_name() {
        for (at, view) in VIEWS.iter().enumerate() {
            let binding = GLOBAL.iter().find(|binding| binding.action == Action::View(at)).unwrap();
            assert_eq!(binding.help, view.title);
            assert_eq!(binding.keys, [ch(char::from_digit(u32::try_from(at + 1).unwrap(), 10).unwrap())]);
        }
    }

    #[test]
    fn every_key_reads_back_as_it_is_written() {
        for key in VIEWS.iter().map(|view| view.keys).chain([GLOBAL]).flatten().flat_map(|binding| binding.keys) {
            assert_eq!(key.to_string().parse(), Ok(*key), "{key}");
        }
        assert_eq!("F12".parse(), Ok(key(KeyCode::F(12))));
        assert_eq!("F".parse(), Ok(ch('F')));
        for nonsense in ["", "Ctrl-", "jj", "F0", "F13", "Hyper-x", "enter", " "] {
            assert!(nonsense.parse::<Key>().is_err(), "{nonsense:?}");
        }
    }
}
