//! Every action of the current view by name, found as one types.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::popup;
use crate::tui::keymap::Bound;
use crate::tui::keys::{Action, Binding};
use crate::tui::list::Cursor;
use crate::tui::paint;
use crate::tui::search::{Finder, Search, Typed};
use crate::tui::setup::Setup;
use crate::tui::text;
use crate::tui::theme::{Role, signs};
use crate::tui::views::{Mouse, VIEWS};

/// The palette, while it is open.
#[derive(Debug)]
pub struct Palette {
    search: Search,
    cursor: Cursor,
    items: Vec<Item>,
    /// Positions in `items` that match, best first, with the letters that do.
    found: Vec<(usize, Vec<u32>)>,
}

#[derive(Debug)]
struct Item {
    action: Action,
    name: &'static str,
    /// `filter: which paths show`.
    words: String,
    keys: String,
}

/// What a key in the palette came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    Nothing,
    Close,
    Action(Action),
}

const SIZE: (u16, u16) = (72, 20);

impl Palette {
    /// All that can be done in a view; the view's own actions first, motions left out.
    #[must_use]
    pub fn new(view: usize, setup: &Setup) -> Self {
        let item = |bound: &Bound| {
            let help = match bound.binding.action {
                Action::View(at) => format!("show {}", VIEWS.get(at).map(|view| view.title).unwrap_or_default()),
                _ => bound.binding.help.to_owned(),
            };
            let Binding { action, name, .. } = *bound.binding;
            Item { action, name, words: format!("{name}: {help}"), keys: bound.all_keys() }
        };
        let global = setup.keys.global(view);
        let items = setup.keys.view(view).iter().chain(&global).filter(|bound| !is_motion(bound.binding.action));
        let mut search = Search::default();
        search.open();
        let mut palette =
            Self { search, cursor: Cursor::default(), items: items.map(item).collect(), found: Vec::new() };
        palette.find();
        palette
    }

    /// Edits the text, moves, or picks.
    pub fn key(&mut self, event: KeyEvent) -> Picked {
        if event.code == KeyCode::Esc {
            return Picked::Close;
        }
        match self.search.key(event) {
            Typed::Changed => self.find(),
            Typed::Motion(action) => {
                self.cursor.act(action, self.found.len());
            }
            Typed::Done => return self.pick(self.cursor.selected()),
            Typed::Nothing => {}
        }
        Picked::Nothing
    }

    /// A click picks; one outside closes.
    pub fn mouse(&mut self, mouse: Mouse) -> Picked {
        match mouse {
            Mouse::Wheel(_, rows) => self.cursor.step(rows, self.found.len()),
            Mouse::Click(at) => return self.cursor.hit(at, self.found.len()).map_or(Picked::Close, |at| self.pick(at)),
            Mouse::Drag(_) => {}
        }
        Picked::Nothing
    }

    fn pick(&self, at: usize) -> Picked {
        let item = self.found.get(at).and_then(|(item, _)| self.items.get(*item));
        item.map_or(Picked::Close, |item| Picked::Action(item.action))
    }

    fn find(&mut self) {
        let mut finder = Finder::new(self.search.text(), false);
        let mut found = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            if let Some(score) = finder.score(&item.words) {
                // What is called so comes before what speaks of it.
                let named = finder.score(item.name).is_some() && !self.search.text().is_empty();
                found.push((named, score, at, finder.hits(&item.words)));
            }
        }
        // Stable: equals keep the order of the tables.
        found.sort_by_key(|(named, score, ..)| std::cmp::Reverse((*named, *score)));
        self.found = found.into_iter().map(|(.., at, hits)| (at, hits)).collect();
        self.cursor.select(0);
    }

    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, setup: &Setup) {
        let theme = setup.theme;
        let inner = popup::frame(area, buffer, "Actions", "Enter does it   Esc closes", SIZE, theme);
        let typed = Line::from(vec![
            Span::styled(format!("{} ", signs::POINTER), theme.style(Role::Key)),
            Span::raw(self.search.text().to_owned()),
            Span::styled("▏", theme.style(Role::Key)),
        ]);
        paint::put(buffer, inner, 0, &typed);
        let body = Rect { y: inner.y + 1.min(inner.height), height: inner.height.saturating_sub(1), ..inner };
        let shown = self.cursor.fit(body, self.found.len());
        for (row, at) in (0_u16..).zip(shown) {
            let Some((item, hits)) = self.found.get(at) else { continue };
            let Some(item) = self.items.get(*item) else { continue };
            let room = usize::from(body.width).saturating_sub(text::width(&item.keys) + 2);
            let words = text::cut(&item.words, room);
            let hits: &[u32] = if words == item.words { hits } else { &[] };
            paint::put(buffer, body, row, &Line::from(paint::lit(&words, hits, theme.style(Role::Text), theme)));
            paint::put_right(buffer, body, row, &Line::styled(item.keys.clone(), theme.style(Role::Key)));
            if at == self.cursor.selected() {
                paint::select(buffer, body, row, theme.style(Role::Selected));
            }
        }
    }
}

/// What nobody looks for by name.
fn is_motion(action: Action) -> bool {
    matches!(
        action,
        Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::Top
            | Action::Bottom
            | Action::Left
            | Action::Right
            | Action::Palette
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Palette {
        let mut palette = Palette::new(2, &Setup::default());
        for character in text.chars() {
            palette.key(KeyEvent::from(KeyCode::Char(character)));
        }
        palette
    }

    #[test]
    fn an_action_is_found_by_what_it_does_and_enter_does_it() {
        for (text, action) in [("export", Action::Export), ("quit", Action::Quit), ("findings", Action::View(5))] {
            assert_eq!(typed(text).key(KeyEvent::from(KeyCode::Enter)), Picked::Action(action), "{text}");
        }
        assert_eq!(typed("no such action").key(KeyEvent::from(KeyCode::Enter)), Picked::Close);
        assert_eq!(typed("").key(KeyEvent::from(KeyCode::Esc)), Picked::Close);
    }

    #[test]
    fn every_action_of_the_view_is_there_but_motions() {
        let setup = Setup::default();
        let palette = Palette::new(2, &setup);
        for bound in setup.keys.view(2).iter().chain(&setup.keys.global(2)) {
            let action = bound.binding.action;
            assert_eq!(palette.items.iter().any(|item| item.action == action), !is_motion(action), "{action:?}");
        }
    }
}
