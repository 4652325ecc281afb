//! What was found, on paper: for a log, for a program, for a pull request.

use std::io;

use crate::compare::DriftReport;
use crate::model::{ImageFacts, Inspection, SearchResult};

mod escape;
mod figures;
#[cfg(test)]
pub(crate) mod fixture;
mod json;
mod markdown;
mod outline;
mod text;

/// One form of export. Each writes everything the program can say.
#[derive(Debug)]
pub struct Format {
    /// As `--format` takes it.
    pub name: &'static str,
    /// Two images compared.
    pub write: fn(&DriftReport, &ReportOptions, &mut dyn io::Write) -> io::Result<()>,
    /// One image.
    pub inspection: fn(&Inspection, &ReportOptions, &mut dyn io::Write) -> io::Result<()>,
    /// What a search in one image found.
    pub search: fn(&SearchResult, &ReportOptions, &mut dyn io::Write) -> io::Result<()>,
    /// The three digests of one image.
    pub digests: fn(&ImageFacts, &mut dyn io::Write) -> io::Result<()>,
}

/// All exports.
pub const FORMATS: &[Format] = &[text::FORMAT, json::FORMAT, markdown::FORMAT];

/// How to write a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// Everything: `mtime` rows too, and no list cut short.
    pub all: bool,
    /// Whether text may hold colour escapes: only when it goes to a terminal that wants them.
    pub color: bool,
    /// Columns that rows of text are cut to; 0 where nothing limits them, and then only absurdly long ones are cut.
    pub width: usize,
}

/// The export of this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
