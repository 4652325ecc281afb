//! What stays the same while the explorer runs: keys, styles, and what it can write.

use super::keymap::KeyMap;
use super::theme::{Colours, Theme};

/// Keys, styles and exports.
#[derive(Debug, Clone)]
pub struct Setup {
    pub theme: Theme,
    pub keys: KeyMap,
    /// What the report can be written as; the first is offered first.
    pub formats: Vec<ExportFormat>,
}

/// One form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportFormat {
    pub name: &'static str,
    /// Of a file's name, without the dot.
    pub extension: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self::from(Theme::new(Colours::Indexed))
    }
}

impl From<Theme> for Setup {
    fn from(theme: Theme) -> Self {
        Self { theme, keys: KeyMap::default(), formats: Vec::new() }
    }
}
