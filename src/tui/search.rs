//! Fuzzy search: the line being typed, and the matching of names and paths.

use std::cmp::Reverse;
use std::num::NonZero;
use std::thread;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::keys::Action;
use crate::compare::{DriftReport, FileRow};
use crate::model::text::visible_bytes;

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
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let request = match event.code {
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
            KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
            KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
            KeyCode::Char(_) if ctrl => return Typed::Nothing,
            KeyCode::Char(character) => InputRequest::InsertChar(character),
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return Typed::Nothing,
        };
        match self.input.handle(request) {
            Some(changed) if changed.value => Typed::Changed,
            _ => Typed::Nothing,
        }
    }
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

/// The most hits kept: more than anyone steps through.
const MOST_HITS: usize = 5_000;

/// What makes one hit better than another: the score, then that it differs, then a shorter path, then byte order.
type Rank = (Reverse<u32>, bool, usize, u32);

/// Searches all paths of both sides, on all cores; positions in `report.files.rows`, best first.
#[must_use]
pub fn paths(report: &DriftReport, text: &str) -> Vec<u32> {
    let rows = &report.files.rows;
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = rows.len().div_ceil(cores).max(1);
    let mut ranked: Vec<Rank> = thread::scope(|scope| {
        let search = |(part, rows): (usize, _)| scope.spawn(move || rank(rows, part * share, text));
        let searches: Vec<_> = rows.chunks(share).enumerate().map(search).collect();
        searches.into_iter().filter_map(|search| search.join().ok()).flatten().collect()
    });
    if ranked.len() > MOST_HITS {
        ranked.select_nth_unstable(MOST_HITS);
        ranked.truncate(MOST_HITS);
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(.., at)| at).collect()
}

/// The hits among `rows`, the first of which stands at `first`.
fn rank(rows: &[FileRow], first: usize, text: &str) -> Vec<Rank> {
    let mut finder = Finder::new(text, true);
    let mut ranked = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let score = match row.path.as_str() {
            Some(path) => finder.score(path),
            None => finder.score(&visible_bytes(row.path.as_bytes())),
        };
        if let (Some(score), Ok(at)) = (score, u32::try_from(first + at)) {
            ranked.push((Reverse(score), row.drift.is_none(), row.path.as_bytes().len(), at));
        }
    }
    ranked
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
    fn among_equal_matches_what_differs_comes_first() {
        let report = crate::tui::fixture::report();
        let found: Vec<String> =
            paths(&report, "usr/bin/").iter().map(|at| report.files.rows[*at as usize].path.to_string()).collect();
        assert_eq!(found[..3], ["/usr/bin/sort", "/usr/bin/openssl", "/usr/bin/true"]);
        assert!(paths(&report, "no such path").is_empty());
    }

    #[test]
    fn letters_match_in_order_and_say_where() {
        let mut finder = Finder::new("lssl", false);
        assert!(finder.score("libssl3").is_some());
        assert!(finder.score("zlib").is_none());
        assert_eq!(finder.hits("libssl3"), [0, 3, 4, 5]);
    }
}
