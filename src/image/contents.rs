//! A file's bytes, read again on demand.

use std::io::{Read, Seek};

use super::LayerEntry;

/// Why a file's bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Tar(#[from] crate::archive::TarError),
    #[error("the layer no longer holds this file")]
    Gone,
}

/// Something that reads and seeks: an uncompressed layer in place.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// The first `limit` bytes of one entry's content, out of its layer's blob.
///
/// # Errors
/// When the blob cannot be read or no longer holds the entry.
pub fn read_file(_blob: Box<dyn Read + Send + '_>, _entry: &LayerEntry, _limit: u64) -> Result<Vec<u8>, ContentError> {
    unimplemented!()
}
