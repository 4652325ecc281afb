//! One streaming pass over one layer, and what it keeps.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use crate::archive::{Limits, TarError};
use crate::model::{Digest, FileEntry, ImagePath, Progress, Side};

/// What one pass over a layer keeps. Depends on nothing but the layer's bytes and the options.
#[derive(Debug, Clone)]
pub struct LayerIndex {
    /// SHA-256 of the uncompressed tar, all bytes to the end of the stream.
    pub diff_id: Digest,
    /// SHA-256 of the blob as stored, when it was asked for.
    pub blob_digest: Option<Digest>,
    /// Bytes of the uncompressed tar.
    pub size: u64,
    /// In the order of the tar.
    pub entries: Vec<LayerEntry>,
    /// Bytes of the files that `IndexOptions::capture` asked for, by position in `entries`.
    pub captured: HashMap<u32, Arc<[u8]>>,
    /// What was odd but readable.
    pub warnings: Vec<String>,
}

/// One tar entry.
#[derive(Debug, Clone)]
pub struct LayerEntry {
    /// For a whiteout the path it hides; for an opaque marker the directory.
    pub path: ImagePath,
    pub node: LayerNode,
    /// Where the content starts in the uncompressed tar; `None` for a sparse file or one without content.
    pub offset: Option<u64>,
}

/// What a tar entry does to the tree.
#[derive(Debug, Clone)]
pub enum LayerNode {
    Inode(Arc<FileEntry>),
    /// Another name of `target`.
    Hardlink {
        target: ImagePath,
    },
    /// `.wh.NAME`: hides the path in the layers below.
    Whiteout,
    /// `.wh..wh..opq`: hides everything of the layers below in this directory.
    Opaque,
}

/// What a pass over a layer shall look at.
pub struct IndexOptions<'a> {
    pub limits: &'a Limits,
    /// Which files' bytes to keep, by path and size.
    pub capture: &'a (dyn Fn(&ImagePath, u64) -> bool + Sync),
    /// Which files' MD5 to compute in passing.
    pub md5: &'a (dyn Fn(&ImagePath) -> bool + Sync),
    /// Whether to hash the blob as stored, too.
    pub hash_blob: bool,
    /// Where to count bytes and entries, and to look for the wish to stop.
    pub progress: &'a Progress,
    pub sides: &'a [Side],
}

/// Why a layer cannot be indexed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error(transparent)]
    Tar(#[from] TarError),
    #[error("stopped on request")]
    Cancelled,
}

/// Reads one layer's blob (compressed or not, told by its magic bytes) to its end and keeps its index.
///
/// # Errors
/// When the stream cannot be read as a tar within the limits.
pub fn index_layer(_blob: Box<dyn Read + Send + '_>, _options: &IndexOptions<'_>) -> Result<LayerIndex, IndexError> {
    unimplemented!()
}
