//! What stands over a view and has the keys while it does.

pub mod export;
pub mod help;
pub mod menu;
pub mod palette;
pub mod popup;
pub mod prompt;

pub use self::export::ExportDialog;
pub use self::help::Help;
pub use self::menu::{Choice, Chosen, Menu, MenuKind, MenuList, State};
pub use self::palette::{Palette, Picked};
pub use self::prompt::{Entered, Prompt};

use crate::compare::review::Subject;
use crate::model::Side;

/// The one that is open.
#[derive(Debug)]
pub enum Overlay {
    Help(Help),
    Palette(Palette),
    Menu(MenuKind, MenuList),
    Prompt(Purpose, Prompt),
    Export(Box<ExportDialog>),
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The note on a row.
    Note(Subject),
    /// Where one side's version of the file at this position in `files.rows` goes.
    Save(u32, Side),
}
