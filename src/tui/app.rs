//! What is on screen. Events come in, the state changes, effects go out; nothing here waits or does I/O.
//!
//! ```text
//! ┌ drifted  2 unexplained, 1 alarm      shop:1.3 → shop:1.4 ┐  verdict, qualifiers, what is compared
//! │ 1 Overview   2 Packages 21   3 Files 1,204   4 Layers 3  │  tabs, with how much differs
//! │                                                          │
//! │ the current view                                         │
//! │                                                          │
//! └ a all  / search  Enter detail           ? help  q quit   ┘  keys, the search line, or a message
//! ```

use std::sync::Arc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::event::Event;
use super::explorer::Explorer;
use super::keymap::is_way_out;
use super::loading::Screen;
use super::outside::Versions;
use super::paint;
use super::setup::Setup;
use super::worker::Job;
use crate::compare::DriftReport;

/// The smallest terminal that can show anything useful.
const SMALLEST: (u16, u16) = (40, 10);

/// What the state asks of the world.
pub enum Effect {
    /// Leave the explorer.
    Quit,
    /// Ask the workers to stop making the report.
    Cancel,
    /// Leave, because the report could not be made.
    Fail(String),
    Work(Job),
    /// To the clipboard.
    Copy(String),
    /// Show a file's two versions in another program.
    Outside(Arc<Versions>),
}

/// The whole interface.
pub struct App {
    setup: Setup,
    stage: Stage,
}

enum Stage {
    Loading(Screen),
    Exploring(Box<Explorer>),
}

impl App {
    /// Starts with the loading screen.
    #[must_use]
    pub fn loading(screen: Screen, setup: Setup) -> Self {
        Self { setup, stage: Stage::Loading(screen) }
    }

    /// Starts with the report at hand.
    #[must_use]
    pub fn new(report: Arc<DriftReport>, setup: Setup) -> Self {
        Self { setup, stage: Stage::Exploring(Box::new(Explorer::new(report))) }
    }

    /// Whether frames change without an event.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        match &self.stage {
            Stage::Loading(_) => true,
            Stage::Exploring(explorer) => explorer.is_waiting(),
        }
    }

    /// Takes in what happened.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Terminate => return self.quit(),
            Event::Key(key) if is_way_out(key) => return self.quit(),
            Event::Ready(Ok(explorer)) => {
                self.stage = Stage::Exploring(explorer);
                return Vec::new();
            }
            Event::Ready(Err(message)) => return vec![Effect::Fail(message)],
            _ => {}
        }
        match &mut self.stage {
            Stage::Exploring(explorer) => explorer.update(event, &self.setup),
            Stage::Loading(_) => match event {
                Event::Key(KeyEvent { code: KeyCode::Char('q') | KeyCode::Esc, .. }) => self.quit(),
                _ => Vec::new(),
            },
        }
    }

    /// Draws the frame.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if let Some(cursor) = self.render(area, frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    }

    /// Draws into `buffer`; where the text cursor is, while something is typed.
    pub fn render(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let cursor = self.paint(area, buffer);
        if self.setup.theme.is_ascii() {
            paint::to_ascii(buffer);
        }
        cursor
    }

    fn paint(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            let size = format!("{} x {}", SMALLEST.0, SMALLEST.1);
            let words = [format!("imgdrift needs {size}"), format!("needs {size}"), size];
            let fitting = words.iter().find(|words| words.len() <= usize::from(area.width));
            let words = fitting.map_or("", String::as_str);
            paint::put(buffer, area, area.height / 2, &Line::raw(words));
            return None;
        }
        match &mut self.stage {
            Stage::Loading(screen) => {
                screen.draw(area, buffer, self.setup.theme);
                None
            }
            Stage::Exploring(explorer) => explorer.draw(area, buffer, &self.setup),
        }
    }

    fn quit(&self) -> Vec<Effect> {
        match self.stage {
            Stage::Loading(_) => vec![Effect::Cancel, Effect::Quit],
            Stage::Exploring(_) => vec![Effect::Quit],
        }
    }
}
