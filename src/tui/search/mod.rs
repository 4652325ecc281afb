//! Fuzzy search: the line being typed, and the matching of names and paths.

pub mod paths;
mod word;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

pub use self::paths::Paths;
use super::keys::Action;

/// The search of one view.
#[derive(Debug, Default)]
pub struct Search {
    input: Input,
    typing: bool,
}

/// What a key did to the search line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one now.
    Changed,
    /// The search is over or its text was kept.
    Done,
    /// A motion, for the list behind it.
    Motion(Action),
    Nothing,
}

impl Search {
    /// Opens the line, with the text that was there.
    pub fn open(&mut self) {
        self.typing = true;
    }

    /// Ends typing and keeps the text.
    pub fn close(&mut self) {
        self.typing = false;
    }

    pub fn clear(&mut self) {
        self.input.reset();
        self.typing = false;
    }

    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Whether there is a text to match.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.text().is_empty()
    }

    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor's column within the text.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }

    /// Edits the line.
    pub fn key(&mut self, event: KeyEvent) -> Typed {
        match event.code {
            KeyCode::Esc => {
                self.clear();
                return Typed::Changed;
            }
            KeyCode::Enter => {
                self.typing = false;
                return Typed::Done;
            }
            KeyCode::Down => return Typed::Motion(Action::Down),
            KeyCode::Up => return Typed::Motion(Action::Up),
            KeyCode::PageDown => return Typed::Motion(Action::PageDown),
            KeyCode::PageUp => return Typed::Motion(Action::PageUp),
            _ => {}
        }
        match edit(event).and_then(|request| self.input.handle(request)) {
            Some(changed) if changed.value => Typed::Changed,
            _ => Typed::Nothing,
        }
    }
}

/// How a key edits a line of text.
#[must_use]
pub fn edit(event: KeyEvent) -> Option<InputRequest> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if ctrl => return None,
        KeyCode::Char(character) => InputRequest::InsertChar(character),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// A compiled search text. Words apart by blanks must all match; `'word`, `^start` and `end$` match exactly.
pub struct Finder {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Finder {
    /// For paths, a match after a slash counts more.
    #[must_use]
    pub fn new(text: &str, paths: bool) -> Self {
        let config = if paths { Config::DEFAULT.match_paths() } else { Config::DEFAULT };
        Self {
            pattern: Pattern::parse(text, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(config),
            buffer: Vec::new(),
        }
    }

    /// How well `text` matches; `None` when it does not.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(text, &mut self.buffer), &mut self.matcher)
    }

    /// The positions of the characters of `text` that match, ascending.
    pub fn hits(&mut self, text: &str) -> Vec<u32> {
        let mut hits = Vec::new();
        self.pattern.indices(Utf32Str::new(text, &mut self.buffer), &mut self.matcher, &mut hits);
        hits.sort_unstable();
        hits.dedup();
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(search: &mut Search, code: KeyCode) -> Typed {
        search.key(KeyEvent::from(code))
    }

    #[test]
    fn typing_edits_enter_keeps_and_escape_drops() {
        let mut search = Search::default();
        search.open();
        assert_eq!(press(&mut search, KeyCode::Char('l')), Typed::Changed);
        press(&mut search, KeyCode::Char('x'));
        press(&mut search, KeyCode::Backspace);
        assert_eq!(press(&mut search, KeyCode::Down), Typed::Motion(Action::Down));
        assert_eq!(press(&mut search, KeyCode::Enter), Typed::Done);
        assert_eq!((search.text(), search.is_typing()), ("l", false));
        search.open();
        assert_eq!(press(&mut search, KeyCode::Esc), Typed::Changed);
        assert!(!search.is_active());
    }

    #[test]
    fn ctrl_u_empties_the_line() {
        let mut search = Search::default();
        search.open();
        press(&mut search, KeyCode::Char('a'));
        search.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!((search.text(), search.is_typing()), ("", true));
    }

    #[test]
    fn letters_match_in_order_and_say_where() {
        let mut finder = Finder::new("lssl", false);
        assert!(finder.score("libssl3").is_some());
        assert!(finder.score("zlib").is_none());
        assert_eq!(finder.hits("libssl3"), [0, 3, 4, 5]);
    }
}
