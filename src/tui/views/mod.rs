//! The views, one file each. A new view is a new file and one line in [`VIEWS`].

pub mod config;
pub mod files;
pub mod findings;
pub mod layers;
pub mod overview;
pub mod packages;
pub mod rows;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Jump;
use super::keys::{Action, Binding};
use super::overlay::{Menu, MenuKind};
use super::search::Search;
use super::setup::Setup;
use super::theme::Theme;
use super::worker::{Answer, Job};
use crate::compare::DriftReport;
use crate::compare::review::{Review, Subject};

/// One line of [`VIEWS`].
pub struct ViewEntry {
    pub title: &'static str,
    /// The view's own keys, which go before the global ones.
    pub keys: &'static [Binding],
    pub make: fn(&Arc<DriftReport>) -> Box<dyn View>,
    /// What stands beside the title in its tab.
    pub count: fn(&DriftReport) -> String,
    /// Whether the view is where a jump leads.
    pub accepts: fn(Jump) -> bool,
}

/// All views, in the order of their number keys.
pub const VIEWS: &[ViewEntry] =
    &[overview::VIEW, packages::VIEW, files::VIEW, layers::VIEW, config::VIEW, findings::VIEW];

/// What a view may look at.
pub struct Context<'a> {
    pub report: &'a Arc<DriftReport>,
    pub theme: Theme,
    /// What the reviewer marked.
    pub review: &'a Review,
}

impl<'a> Context<'a> {
    #[must_use]
    pub fn new(report: &'a Arc<DriftReport>, review: &'a Review, setup: &Setup) -> Self {
        Self { report, theme: setup.theme, review }
    }
}

/// What a view asks of the explorer.
pub enum Request {
    Jump(Jump),
    /// A line for the reader until the next key.
    Say(String),
    Work(Job),
}

/// What the mouse did.
#[derive(Debug, Clone, Copy)]
pub enum Mouse {
    Click(Position),
    /// Moved with the button down, since the last click.
    Drag(Position),
    /// Rows down, at a place.
    Wheel(Position, isize),
}

/// One view with its own selection, scroll, filter and folds. Drawing may change its scroll, nothing else.
pub trait View: Send {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request>;

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request>;

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>);

    /// Whether the view shows how far slow work is, and so changes without an event.
    fn is_waiting(&self) -> bool {
        false
    }

    /// The row that copying, marking, saving and opening elsewhere are about.
    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        None
    }

    /// The view's choices of one kind, as they stand.
    fn menu(&self, _kind: MenuKind, _context: &Context<'_>) -> Option<Menu> {
        None
    }

    /// Takes the choice at this position of the menu.
    fn choose(&mut self, _kind: MenuKind, _choice: usize, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }

    /// Shows what a jump leads to.
    fn go(&mut self, _jump: Jump, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }

    /// Steps out of a detail, a zoom or a search; `None` when there is nothing to leave.
    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        None
    }

    /// The view comes to the front.
    fn shown(&mut self, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }

    /// Takes the answer to slow work, when it is for this view.
    fn answer(&mut self, _answer: &Answer, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }

    /// The view's search line, when it has one.
    fn search(&mut self) -> Option<&mut Search> {
        None
    }

    /// The search line was opened.
    fn search_opened(&mut self) {}

    /// The text of the search is another one.
    fn searched(&mut self, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }

    /// The search line was left with Enter.
    fn search_done(&mut self, _context: &Context<'_>) -> Vec<Request> {
        Vec::new()
    }
}
