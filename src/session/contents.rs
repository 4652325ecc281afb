//! File contents for the explorer, read again from the layers.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use super::{Opened, Pair, bytes, changelog};
use crate::compare::{self, DriftReport, PackageRow};
use crate::model::{Anatomy, Changelog, ImagePath, Side, Watch};
use crate::nondeterminism;
use crate::tui::Contents;

/// What the explorer looks at.
pub(super) enum Images {
    Two(Box<Pair>),
    /// One image, and the report of it alone.
    One(Box<Opened>, Arc<DriftReport>),
}

impl From<Pair> for Images {
    fn from(pair: Pair) -> Self {
        Self::Two(Box::new(pair))
    }
}

impl From<Opened> for Images {
    fn from(image: Opened) -> Self {
        let report = Arc::new(compare::alone(&image.snapshot, &image.rules));
        Self::One(Box::new(image), report)
    }
}

impl Images {
    pub(super) fn report(&self) -> Arc<DriftReport> {
        match self {
            Self::Two(pair) => Arc::clone(&pair.report),
            Self::One(_, report) => Arc::clone(report),
        }
    }

    fn side(&self, side: Side) -> &Opened {
        match (self, side) {
            (Self::Two(pair), Side::Left) => &pair.left,
            (Self::Two(pair), Side::Right) => &pair.right,
            (Self::One(image, _), _) => image,
        }
    }
}

/// Reads the files of the images, once they are there.
#[derive(Default)]
pub(super) struct ImageContents(OnceLock<Images>);

impl ImageContents {
    /// From now on contents can be had.
    pub(super) fn provide(&self, images: Images) {
        // Only the first count; there are never others.
        let _ = self.0.set(images);
    }

    pub(super) fn get(&self) -> Result<&Images, String> {
        self.0.get().ok_or_else(|| "the images are still being read".to_owned())
    }
}

impl Contents for ImageContents {
    fn read(&self, side: Side, path: &ImagePath, limit: u64, watch: &Watch) -> Result<Vec<u8>, String> {
        bytes::read(self.get()?.side(side), path, limit, watch)
    }

    fn copy(&self, side: Side, path: &ImagePath, out: &mut dyn Write) -> Result<u64, String> {
        bytes::copy(self.get()?.side(side), path, out)
    }

    fn dissect(&self, content: &[u8]) -> Option<Anatomy> {
        nondeterminism::dissect(content)
    }

    fn changelog(&self, package: &PackageRow) -> Result<Option<Changelog>, String> {
        let images = self.get()?;
        changelog::between(images.side(Side::Left), images.side(Side::Right), package)
    }
}
