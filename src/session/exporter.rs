//! Reports as the explorer writes them.

use std::sync::Arc;

use super::contents::{ImageContents, Images};
use super::find;
use crate::compare::DriftReport;
use crate::report::{self, FORMATS, ReportOptions};
use crate::tui::overlay::export::{ExportRequest, Rows};
use crate::tui::{ExportFormat, Exports};

/// Writes in any of the forms of [`FORMATS`].
pub(super) struct Exporter {
    images: Arc<ImageContents>,
}

/// The forms and the files they are kept in.
#[must_use]
pub(super) fn formats() -> Vec<ExportFormat> {
    FORMATS.iter().map(|format| ExportFormat { name: format.name, extension: format.extension }).collect()
}

impl Exporter {
    pub(super) fn new(images: Arc<ImageContents>) -> Self {
        Self { images }
    }
}

impl Exports for Exporter {
    fn write(&self, report: &DriftReport, request: &ExportRequest) -> Result<Vec<u8>, String> {
        let format = report::format(request.format).ok_or("there is no such format")?;
        let options = ReportOptions {
            // What a reviewer marked is not cut: it is what the export is for.
            all: request.rows != Rows::Readable,
            review: Some(&request.review).filter(|review| !review.is_empty()),
            only_marked: request.rows == Rows::Marked,
            ..ReportOptions::default()
        };
        let mut body = Vec::new();
        let written = match self.images.get()? {
            // What was marked is told by the report, whichever images it is about.
            Images::One(image, _) if !options.only_marked => {
                let inspection = find::inspect(&image.snapshot, options.all);
                (format.inspection)(&inspection, &options, &mut body)
            }
            Images::One(..) | Images::Two(_) => (format.write)(report, &options, &mut body),
        };
        written.map_err(|error| error.to_string())?;
        Ok(body)
    }
}
