//! What the explorer reacts to, and the world it lives in.

use std::time::Duration;

use ratatui::crossterm::event::{Event as Terminal, KeyEvent, KeyEventKind, MouseEvent};

use super::explorer::Explorer;
use super::outside::Versions;
use super::worker::{Answer, Job};

/// Something that happened.
pub enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    /// The terminal has another size; the next frame asks for it.
    Resize,
    /// Time passed: the gauges move.
    Tick,
    /// The report is there and the views are made, or the work failed with this message.
    Ready(Result<Box<Explorer>, String>),
    Answer(Answer),
    /// Something for the reader to know.
    Said(String),
    /// The system asks the program to end.
    Terminate,
}

/// Where events come from and effects go to: a terminal with worker threads, or a script.
pub trait World {
    /// Waits for the next event; `None` when nothing happened in time.
    ///
    /// # Errors
    /// When nothing will ever happen again.
    fn next(&mut self, timeout: Duration) -> Result<Option<Event>, Closed>;

    /// Hands over slow work; its answer comes as an event.
    fn work(&mut self, job: Job);

    /// Hands a text to the clipboard.
    fn copy(&mut self, text: &str);

    /// Shows a file's two versions in another program, and waits for its end.
    ///
    /// # Errors
    /// A message for the reader.
    fn outside(&mut self, versions: &Versions) -> Result<(), String>;

    /// Asks the makers of the report to stop.
    fn cancel(&mut self);
}

/// No more events will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl Event {
    /// What a terminal event means here; key releases and focus changes mean nothing.
    #[must_use]
    pub fn from_terminal(event: &Terminal) -> Option<Self> {
        match event {
            Terminal::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(*key)),
            Terminal::Mouse(mouse) => Some(Self::Mouse(*mouse)),
            Terminal::Resize(..) => Some(Self::Resize),
            _ => None,
        }
    }
}
