//! The bytes of one file, read again from the layer that brought it.

use std::io::{self, Read, Write};

use super::Opened;
use crate::image::{self, LayerEntry};
use crate::model::{ImagePath, Watch};

/// The first `limit` bytes; gives up soon after `watch` is asked to stop.
pub(super) fn read(opened: &Opened, path: &ImagePath, limit: u64, watch: &Watch) -> Result<Vec<u8>, String> {
    match held(opened, path)? {
        Held::Captured(bytes) => {
            let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
            Ok(bytes.get(..end).unwrap_or_default().to_vec())
        }
        Held::InLayer(entry, blob) => {
            let blob = Watched { blob, watch };
            image::read_file(Box::new(blob), entry, limit).map_err(|error| format!("{path}: {error}"))
        }
    }
}

/// Writes all of them to `out` as they stream by, and says how many those were.
pub(super) fn copy(opened: &Opened, path: &ImagePath, out: &mut dyn Write) -> Result<u64, String> {
    match held(opened, path)? {
        Held::Captured(bytes) => out.write_all(bytes).map(|()| bytes.len() as u64).map_err(|error| error.to_string()),
        Held::InLayer(entry, blob) => image::copy_file(blob, entry, out).map_err(|error| format!("{path}: {error}")),
    }
}

/// Where the bytes of a file are.
enum Held<'a> {
    /// They were kept when the image was read.
    Captured(&'a [u8]),
    /// In this entry of a layer's blob, which starts here.
    InLayer(&'a LayerEntry, Box<dyn Read + Send>),
}

fn held<'a>(opened: &'a Opened, path: &ImagePath) -> Result<Held<'a>, String> {
    let image = &opened.snapshot.image;
    let node = image.tree.get(path).ok_or_else(|| format!("{path} is not in this image"))?;
    if let Some(bytes) = &node.bytes {
        return Ok(Held::Captured(bytes));
    }
    let layer = node.file.layer as usize;
    let entry = node
        .entry
        .and_then(|entry| image.layers.get(layer)?.entries.get(entry as usize))
        .ok_or_else(|| format!("{path} has no content of its own"))?;
    let blob = opened.blobs.open(layer).map_err(|error| error.to_string())?;
    Ok(Held::InLayer(entry, blob.into_reader()))
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
