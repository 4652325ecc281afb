//! The explorer: two images side by side in a terminal.
//!
//! | module | holds |
//! |---|---|
//! | `app` `explorer` `chrome` | what is on screen: loading, then the views and what frames them; events in, effects out |
//! | `event` `worker` `terminal` `outside` | where events come from, slow work beside the interface, the real terminal and the loop, other programs |
//! | `keys` `keymap` `theme` `preferences` `setup` | the keys and the styles, each one table, and how a user's file changes them |
//! | `views` | one file per view, each with its own state and keys |
//! | `overlay` `subject` | what stands over a view: help, palette, menus, the export; what can be copied of a row |
//! | `list` `document` `panes` `search` `paint` `text` `diff` | what the views are made of |
//! | `picture` | a frame as SVG, for screenshots |
//!
//! An event changes the state and returns [`app::Effect`]s; drawing reads the state and may change nothing but scroll.

pub mod app;
pub mod chrome;
pub mod diff;
pub mod document;
pub mod event;
pub mod explorer;
pub mod keymap;
pub mod keys;
pub mod list;
pub mod loading;
pub mod outside;
pub mod overlay;
pub mod paint;
pub mod panes;
pub mod picture;
pub mod preferences;
pub mod search;
pub mod setup;
pub mod subject;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod views;
pub mod worker;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::compare::{DriftReport, PackageRow};
use crate::model::{Anatomy, Changelog, Explanation, ImagePath, Progress, Side, Watch};

use self::overlay::export::ExportRequest;
pub use self::setup::{ExportFormat, Setup};
pub use self::terminal::{TuiError, run};

/// A report that is being made.
pub struct Loading {
    /// Gets the report, or the message of what failed, once.
    pub report: Receiver<Result<Arc<DriftReport>, String>>,
    /// Drawn while the report is made; [`Progress::cancel`] is called when the user leaves before.
    pub progress: Arc<Progress>,
    /// The references as the user typed them.
    pub left: String,
    /// `None` when one image is looked at on its own.
    pub right: Option<String>,
}

/// Reads files of the two images again, for their contents. Called on a worker thread.
pub trait Contents: Send + Sync {
    /// The first `limit` bytes of the regular file at `path`. Gives up soon after `watch` is asked to stop.
    ///
    /// # Errors
    /// A message for the reader.
    fn read(&self, side: Side, path: &ImagePath, limit: u64, watch: &Watch) -> Result<Vec<u8>, String>;

    /// Writes all of the regular file at `path` to `out` as it streams by, and says how many bytes that were.
    ///
    /// # Errors
    /// A message for the reader; what was written is not the file then.
    fn copy(&self, side: Side, path: &ImagePath, out: &mut dyn Write) -> Result<u64, String>;

    /// What a content, all of a file, is made of, when its format is known.
    fn dissect(&self, _content: &[u8]) -> Option<Anatomy> {
        None
    }

    /// What the package's own changelog tells between the versions of the two sides; `None` where the image has none.
    ///
    /// # Errors
    /// A message for the reader.
    fn changelog(&self, package: &PackageRow) -> Result<Option<Changelog>, String>;
}

/// Writes the report. Called on a worker thread.
pub trait Exports: Send + Sync {
    /// The report as a file holds it.
    ///
    /// # Errors
    /// A message for the reader.
    fn write(&self, report: &DriftReport, request: &ExportRequest) -> Result<Vec<u8>, String>;
}

/// What the explorer has others do.
#[derive(Clone)]
pub struct Services {
    pub contents: Arc<dyn Contents>,
    pub exports: Arc<dyn Exports>,
}

/// A place in some view that a row elsewhere leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// By position in `DriftReport::files.rows`.
    File(u32),
    /// The files under one explanation.
    Explained(Explanation),
    /// By position in `DriftReport::packages`.
    Package(usize),
    /// The packages that moved.
    Moved,
    /// A layer of one side, by its index.
    Layer(Side, usize),
    /// The files that a layer of one side brought.
    LayerFiles(Side, usize),
    /// By position in `DriftReport::config`.
    Config(usize),
    /// By position in `DriftReport::findings`.
    Finding(usize),
}
