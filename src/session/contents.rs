//! File contents for the explorer, read again from the layers.

use std::io::{self, Read};
use std::sync::OnceLock;

use super::{Opened, Pair, changelog};
use crate::compare::PackageRow;
use crate::image;
use crate::model::{Anatomy, Changelog, ImagePath, Side, Watch};
use crate::nondeterminism;
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
    fn read(&self, side: Side, path: &ImagePath, limit: u64, watch: &Watch) -> Result<Vec<u8>, String> {
        let pair = self.pair()?;
        let opened = match side {
            Side::Left => &pair.left,
            Side::Right => &pair.right,
        };
        read(opened, path, limit, watch)
    }

    fn dissect(&self, content: &[u8]) -> Option<Anatomy> {
        nondeterminism::dissect(content)
    }

    fn changelog(&self, package: &PackageRow) -> Result<Option<Changelog>, String> {
        changelog::between(self.pair()?, package)
    }
}

pub(super) fn read(opened: &Opened, path: &ImagePath, limit: u64, watch: &Watch) -> Result<Vec<u8>, String> {
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
    let blob = Watched { blob: blob.into_reader(), watch };
    image::read_file(Box::new(blob), entry, limit).map_err(|error| format!("{path}: {error}"))
}

/// A blob whose bytes are counted, and that fails once nobody waits for them any more.
struct Watched<'a> {
    blob: Box<dyn Read + Send>,
    watch: &'a Watch,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.is_stopped() {
            // Not `Interrupted`, which readers take as the wish to be asked again.
            return Err(io::Error::other("it is no longer asked for"));
        }
        let read = self.blob.read(buffer)?;
        self.watch.advance(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_blob_fails_at_its_next_block() {
        let watch = Watch::default();
        let mut blob = Watched { blob: Box::new(&[7; 100][..]), watch: &watch };
        assert_eq!(blob.read(&mut [0; 60]).unwrap(), 60);
        watch.stop();
        assert!(blob.read(&mut [0; 60]).is_err());
        assert!(blob.read_to_end(&mut Vec::new()).is_err(), "it does not start again");
        assert_eq!(watch.bytes(), 60);
    }
}
