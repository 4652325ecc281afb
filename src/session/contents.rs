//! File contents for the explorer, read again from the layers.

use std::sync::OnceLock;

use super::{Opened, Pair, changelog};
use crate::compare::PackageRow;
use crate::image;
use crate::model::{Changelog, ImagePath, Side};
use crate::tui::Contents;

/// Reads the files of a pair, once it is compared.
#[derive(Default)]
pub struct PairContents(OnceLock<Pair>);

impl PairContents {
    /// From now on contents can be had.
    pub fn provide(&self, pair: Pair) {
        // Only the first pair counts; there is never a second one.
        let _ = self.0.set(pair);
    }

    fn pair(&self) -> Result<&Pair, String> {
        self.0.get().ok_or_else(|| "the images are still being read".to_owned())
    }
}

impl Contents for PairContents {
    fn read(&self, side: Side, path: &ImagePath, limit: u64) -> Result<Vec<u8>, String> {
        let pair = self.pair()?;
        let opened = match side {
            Side::Left => &pair.left,
            Side::Right => &pair.right,
        };
        read(opened, path, limit)
    }

    fn changelog(&self, package: &PackageRow) -> Result<Option<Changelog>, String> {
        changelog::between(self.pair()?, package)
    }
}

pub(super) fn read(opened: &Opened, path: &ImagePath, limit: u64) -> Result<Vec<u8>, String> {
    let image = &opened.snapshot.image;
    let node = image.tree.get(path).ok_or_else(|| format!("{path} is not in this image"))?;
    if let Some(bytes) = &node.bytes {
        let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        return Ok(bytes.get(..end).unwrap_or_default().to_vec());
    }
    let layer = node.file.layer as usize;
    let entry = node
        .entry
        .and_then(|entry| image.layers.get(layer)?.entries.get(entry as usize))
        .ok_or_else(|| format!("{path} has no content of its own"))?;
    let blob = opened.blobs.open(layer).map_err(|error| error.to_string())?;
    image::read_file(blob.into_reader(), entry, limit).map_err(|error| format!("{path}: {error}"))
}
