//! The keys in force: those of the tables, changed by the user's file.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::keys::{Action, Binding, GLOBAL, Key};
use super::views::VIEWS;

/// A row of a table with the keys that it has now.
#[derive(Debug, Clone)]
pub struct Bound {
    pub binding: &'static Binding,
    pub keys: Vec<Key>,
}

/// All keys of all views.
#[derive(Debug, Clone)]
pub struct KeyMap {
    global: Vec<Bound>,
    /// One per view, in the order of [`VIEWS`].
    views: Vec<Vec<Bound>>,
}

/// Why a key map is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyMapError {
    #[error("{0:?} is no view; the views are {views}", views = scopes().collect::<Vec<_>>().join(", "))]
    NoView(String),
    #[error("{action:?} is no action of {scope}; its actions are {known}")]
    NoAction { scope: String, action: String, known: String },
    #[error("{scope}: {key} means both {first} and {second}; give one of them another key")]
    Conflict { scope: String, key: Key, first: &'static str, second: &'static str },
    #[error("{0} has no key left; every view needs it")]
    Unreachable(&'static str),
}

/// The names that a key map file has sections for.
fn scopes() -> impl Iterator<Item = String> {
    std::iter::once("global".to_owned()).chain(VIEWS.iter().map(|view| view.title.to_lowercase()))
}

impl Default for KeyMap {
    fn default() -> Self {
        let bound = |table: &'static [Binding]| {
            table.iter().map(|binding| Bound { binding, keys: binding.keys.to_vec() }).collect()
        };
        Self { global: bound(GLOBAL), views: VIEWS.iter().map(|view| bound(view.keys)).collect() }
    }
}

impl KeyMap {
    /// What `event` means in a view: its own keys first, then those of every view.
    #[must_use]
    pub fn find(&self, view: usize, event: KeyEvent) -> Option<Action> {
        let pressed = Key::from(event);
        let mut bound = self.view(view).iter().chain(&self.global);
        bound.find(|bound| bound.keys.contains(&pressed)).map(|bound| bound.binding.action)
    }

    /// The keys of one view alone.
    #[must_use]
    pub fn view(&self, view: usize) -> &[Bound] {
        self.views.get(view).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys of every view that a view does not use for something else; rows without a key are left out.
    #[must_use]
    pub fn global(&self, view: usize) -> Vec<Bound> {
        let taken = |key: &Key| self.view(view).iter().any(|bound| bound.keys.contains(key));
        let free = self.global.iter().map(|bound| Bound {
            binding: bound.binding,
            keys: bound.keys.iter().copied().filter(|key| !taken(key)).collect(),
        });
        free.filter(|bound| !bound.keys.is_empty()).collect()
    }

    /// Gives an action other keys; none takes it off the keyboard.
    ///
    /// # Errors
    /// When there is no such view or action.
    pub fn rebind(&mut self, scope: &str, action: &str, keys: Vec<Key>) -> Result<(), KeyMapError> {
        let table = match scopes().position(|known| known == scope) {
            Some(0) => &mut self.global,
            Some(view) => self.views.get_mut(view - 1).ok_or_else(|| KeyMapError::NoView(scope.to_owned()))?,
            None => return Err(KeyMapError::NoView(scope.to_owned())),
        };
        if let Some(bound) = table.iter_mut().find(|bound| bound.binding.name == action) {
            bound.keys = keys;
            return Ok(());
        }
        let known = table.iter().map(|bound| bound.binding.name).collect::<Vec<_>>().join(", ");
        Err(KeyMapError::NoAction { scope: scope.to_owned(), action: action.to_owned(), known })
    }

    /// Looks for a key with two meanings in one view, and for a way out that is gone.
    ///
    /// # Errors
    /// The first of them. A view's own key may hide one of every view: the tables do that too.
    pub fn check(&self) -> Result<(), KeyMapError> {
        for (scope, table) in scopes().zip(std::iter::once(&self.global).chain(&self.views)) {
            let mut seen: Vec<(Key, &'static str)> = Vec::new();
            for (key, name) in table.iter().flat_map(|bound| bound.keys.iter().map(|key| (*key, bound.binding.name))) {
                if let Some((key, first)) = seen.iter().find(|(known, _)| *known == key).copied() {
                    return Err(KeyMapError::Conflict { scope, key, first, second: name });
                }
                seen.push((key, name));
            }
        }
        for (action, name) in [(Action::Quit, "quit"), (Action::Help, "help")] {
            let reached = |view| self.global(view).iter().any(|bound| bound.binding.action == action);
            if !(0..self.views.len()).all(reached) {
                return Err(KeyMapError::Unreachable(name));
            }
        }
        Ok(())
    }

    /// The bindings in force with their scopes, in the order of the tables.
    pub fn all(&self) -> impl Iterator<Item = (String, &[Bound])> {
        scopes().zip(std::iter::once(&self.global).chain(&self.views).map(Vec::as_slice))
    }
}

impl Bound {
    /// All its keys: `j Down`.
    #[must_use]
    pub fn all_keys(&self) -> String {
        self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Bound {
    /// The key that the footer names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys.first().map_or(Ok(()), |key| key.fmt(f))
    }
}

/// Ctrl-C leaves whatever the key map says: it is the way out when the map is wrong.
#[must_use]
pub fn is_way_out(event: KeyEvent) -> bool {
    let key = Key::from(event);
    key.ctrl && key.code == KeyCode::Char('c')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::ch;

    fn press(map: &KeyMap, view: usize, character: char) -> Option<Action> {
        map.find(view, KeyEvent::from(KeyCode::Char(character)))
    }

    #[test]
    fn the_keys_that_come_with_the_program_have_no_conflict() {
        let map = KeyMap::default();
        assert_eq!(map.check(), Ok(()));
        for view in 0..VIEWS.len() {
            assert_eq!(press(&map, view, 'q'), Some(Action::Quit));
            assert_eq!(press(&map, view, '?'), Some(Action::Help));
        }
    }

    #[test]
    fn an_action_takes_the_keys_it_is_given_and_leaves_those_it_had() {
        let mut map = KeyMap::default();
        map.rebind("files", "search", vec![ch('i')]).unwrap();
        map.rebind("global", "quit", vec![ch('Q')]).unwrap();
        assert_eq!(map.check(), Ok(()));
        assert_eq!((press(&map, 2, 'i'), press(&map, 2, '/')), (Some(Action::Search), None));
        assert_eq!((press(&map, 2, 'Q'), press(&map, 2, 'q')), (Some(Action::Quit), None));
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let mut map = KeyMap::default();
        let error = map.rebind("file", "search", Vec::new()).unwrap_err().to_string();
        assert!(error.contains("\"file\" is no view") && error.contains("files, layers"), "{error}");
        let error = map.rebind("global", "kwit", Vec::new()).unwrap_err().to_string();
        assert!(error.contains("\"kwit\" is no action of global") && error.contains("quit"), "{error}");
        map.rebind("files", "search", vec![ch('f')]).unwrap();
        assert_eq!(
            map.check().unwrap_err().to_string(),
            "files: f means both filter and search; give one of them another key"
        );
    }

    #[test]
    fn nobody_is_locked_in() {
        let mut map = KeyMap::default();
        map.rebind("global", "quit", Vec::new()).unwrap();
        assert_eq!(map.check(), Err(KeyMapError::Unreachable("quit")));
        let mut map = KeyMap::default();
        map.rebind("global", "help", vec![ch('/')]).unwrap();
        assert_eq!(map.check(), Err(KeyMapError::Unreachable("help")), "hidden by the search of some views");
        assert!(is_way_out(KeyEvent::new(KeyCode::Char('c'), ratatui::crossterm::event::KeyModifiers::CONTROL)));
    }
}
