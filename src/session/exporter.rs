//! Reports as the explorer writes them.

use crate::compare::DriftReport;
use crate::report::{self, FORMATS, ReportOptions};
use crate::tui::overlay::export::{ExportRequest, Rows};
use crate::tui::{ExportFormat, Exports};

/// Writes in any of the forms of [`FORMATS`].
pub(super) struct Exporter;

/// The forms and the files they are kept in.
#[must_use]
pub(super) fn formats() -> Vec<ExportFormat> {
    FORMATS.iter().map(|format| ExportFormat { name: format.name, extension: format.extension }).collect()
}

impl Exports for Exporter {
    fn write(&self, report: &DriftReport, request: &ExportRequest) -> Result<Vec<u8>, String> {
        let format = report::format(request.format).ok_or("there is no such format")?;
        let options = ReportOptions {
            all: request.rows == Rows::All,
            review: Some(&request.review),
            only_marked: request.rows == Rows::Marked,
            ..ReportOptions::default()
        };
        let mut body = Vec::new();
        (format.write)(report, &options, &mut body).map_err(|error| error.to_string())?;
        Ok(body)
    }
}
