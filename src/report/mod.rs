//! What was found, on paper: for a log, for a program, for a pull request.

use std::io;

use crate::compare::DriftReport;
use crate::compare::bump::BumpReport;
use crate::compare::review::{Review, Subject};
use crate::model::{Catalogue, Gap, ImageFacts, Inspection, SearchResult};

mod bump;
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
    /// Of the files it is kept in, without the dot.
    pub extension: &'static str,
    /// Two images compared.
    pub write: fn(&DriftReport, &ReportOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// Two digests of a base image, for whoever is to merge the newer one.
    pub bump: fn(&BumpReport<'_>, &ReportOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// One image.
    pub inspection: fn(&Inspection, &ReportOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// What a search in one image found.
    pub search: fn(&SearchResult, &ReportOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// All masks and path rules.
    pub catalogue: fn(&Catalogue, &mut dyn io::Write) -> io::Result<()>,
    /// The three digests of one image.
    pub digests: fn(&ImageFacts, &[Gap], &mut dyn io::Write) -> io::Result<()>,
}

/// All exports.
pub const FORMATS: &[Format] = &[text::FORMAT, json::FORMAT, markdown::FORMAT];

/// How to write a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReportOptions<'a> {
    /// Everything: `mtime` rows too, and no list cut short.
    pub all: bool,
    /// Whether text may hold colour escapes: only when it goes to a terminal that wants them.
    pub color: bool,
    /// Columns that rows of text are cut to; 0 where nothing limits them, and then only absurdly long ones are cut.
    pub width: usize,
    /// What a reviewer marked, told before anything else.
    pub review: Option<&'a Review>,
    /// The verdict, the images and what was marked; nothing else.
    pub only_marked: bool,
    /// Whether explanations that are no proof are to be read too.
    pub strict: bool,
}

impl ReportOptions<'_> {
    /// Whether a row is to be told of.
    fn tells(&self, subject: Subject) -> bool {
        !self.only_marked || self.review.is_some_and(|review| review.has(subject))
    }
}

/// The export of this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
