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
            Images::One(image, _) => {
                let mut inspection = find::inspect(&image.snapshot, &image.rules, request.rows == Rows::All);
                inspection.marked = request.review.marked(report);
                (format.inspection)(&inspection, &options, &mut body)
            }
            Images::Two(_) => (format.write)(report, &options, &mut body),
        };
        written.map_err(|error| error.to_string())?;
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::review::{Review, Subject};
    use crate::session::Opened;
    use crate::snapshot::testing::TestImage;
    use crate::source::{Blob, Blobs, SourceError};

    struct Unread;

    impl Blobs for Unread {
        fn open(&self, _: usize) -> Result<Blob, SourceError> {
            unreachable!("an export reads no contents")
        }
    }

    #[test]
    fn marks_and_notes_on_one_image_are_in_every_form_and_nothing_is_said_of_two() {
        let mut image = TestImage::new();
        image.deb("foo", "1.5-2", &[("usr/lib/foo", b"content")]).write("srv/unmarked", b"x").mtime("srv/unmarked", 0);
        let images = Arc::new(ImageContents::default());
        images.provide(Images::from(Opened {
            snapshot: image.snapshot(),
            blobs: Box::new(Unread),
            rules: Arc::default(),
            documents: crate::session::Documents::default(),
        }));
        let report = images.get().unwrap().report();
        let file = report.files.rows.iter().position(|row| row.path.to_string() == "/usr/lib/foo").unwrap();
        let long = "who put this here? ".repeat(30);
        let mut review = Review::default();
        review.write(Subject::Package(0), "too old".to_owned());
        review.write(Subject::File(u32::try_from(file).unwrap()), format!("{long}Ask."));
        let exporter = Exporter::new(images);
        for format in FORMATS.iter().map(|format| format.name) {
            for rows in [Rows::Readable, Rows::All, Rows::Marked] {
                let request = ExportRequest { format, rows, review: review.clone() };
                let text = String::from_utf8(exporter.write(&report, &request).unwrap()).unwrap();
                for told in ["deb:foo", "too old", "/usr/lib/foo", &format!("{long}Ask.")] {
                    assert!(text.contains(told), "{told} of {rows:?} in {format}: {text}");
                }
                if format != "json" {
                    assert!(text.contains("file of 7 bytes, deb:foo") && text.contains("1.5-2"), "{text}");
                }
                assert_eq!(text.contains("/srv/unmarked"), rows == Rows::All, "{rows:?} in {format}: {text}");
                for of_two in ["both sides", "did not move", "identical", "no drift"] {
                    assert!(!text.contains(of_two), "{of_two} of {rows:?} in {format}: {text}");
                }
            }
        }
    }
}
