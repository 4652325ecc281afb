//! One streaming pass over one layer, and what it keeps.
//!
//! Invariants, for any blob: no panic; memory grows with the number of entries and the limits, never with bytes;
//! the result depends on the blob's uncompressed bytes and the options alone, not on how it is compressed or cut into
//! reads, nor on threads.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::string_slice))]

mod collect;
mod overlay;
mod stream;
#[cfg(test)]
mod tests;
mod whiteout;

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use crate::archive::{BUFFER_BYTES, Limits, TarError};
use crate::model::{Digest, FileEntry, Gap, ImagePath, Progress, Side};

use collect::{Collected, collect};
use stream::{Ahead, Stream};

/// What one pass over a layer keeps. Depends on nothing but the layer's bytes and the options.
#[derive(Debug, Clone)]
pub struct LayerIndex {
    /// SHA-256 of the uncompressed tar, all bytes to the end of the stream.
    pub diff_id: Digest,
    /// SHA-256 of the blob as stored, when [`IndexOptions::hash_blob`] asked for it.
    pub blob_digest: Option<Digest>,
    /// Bytes of the uncompressed tar.
    pub size: u64,
    /// In the order of the tar.
    pub entries: Vec<LayerEntry>,
    /// Bytes of the files that `IndexOptions::capture` asked for, by position in `entries`.
    pub captured: HashMap<u32, Arc<[u8]>>,
    /// What was odd but readable.
    pub warnings: Vec<String>,
    /// What of the layer is not in `entries`, or means different things to different stores.
    pub gaps: Vec<Gap>,
}

impl LayerIndex {
    /// Of a layer whose bytes nobody needed: nothing is known of it but its diffID.
    #[must_use]
    pub fn unread(diff_id: Digest) -> Arc<Self> {
        Arc::new(Self {
            diff_id,
            blob_digest: None,
            size: 0,
            entries: Vec::new(),
            captured: HashMap::new(),
            warnings: Vec::new(),
            gaps: Vec::new(),
        })
    }
}

/// One tar entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerEntry {
    /// For a whiteout the path it hides; for an opaque marker the directory.
    pub path: ImagePath,
    pub node: LayerNode,
    /// Where the content starts in the uncompressed tar; `None` for a sparse file or one without content.
    pub offset: Option<u64>,
}

/// What a tar entry does to the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether captured bytes are worth keeping, now that they can be looked at.
    pub keep: &'a (dyn Fn(&ImagePath, &[u8]) -> bool + Sync),
    /// Which files' MD5 to compute in passing.
    pub md5: &'a (dyn Fn(&ImagePath) -> bool + Sync),
    /// Whether to hash the blob as stored too.
    pub hash_blob: bool,
    /// Where to count bytes and entries, and to look for the wish to stop.
    pub progress: &'a Progress,
    pub sides: &'a [Side],
}

impl<'a> IndexOptions<'a> {
    /// Keeps no bytes, and hashes nothing beyond the diffID and the files.
    #[must_use]
    pub fn new(limits: &'a Limits, progress: &'a Progress, sides: &'a [Side]) -> Self {
        Self { limits, capture: &|_, _| false, keep: &|_, _| true, md5: &|_| false, hash_blob: false, progress, sides }
    }
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
pub fn index_layer(blob: Box<dyn Read + Send + '_>, options: &IndexOptions<'_>) -> Result<LayerIndex, IndexError> {
    let outcome = Stream::open(blob, options).map_err(TarError::from).and_then(|stream| read_through(stream, options));
    match outcome {
        Ok(index) => Ok(index),
        // Workers that are told to stop fail in whatever they were doing.
        Err(_) if options.progress.is_cancelled() => Err(IndexError::Cancelled),
        Err(error) => Err(error.into()),
    }
}

/// The diffID of a layer's blob, and the blob's own digest when it was asked for; nothing of it is kept.
///
/// # Errors
/// When the blob cannot be read or decompressed within the limits.
pub fn digest_layer(
    blob: Box<dyn Read + Send + '_>,
    options: &IndexOptions<'_>,
) -> Result<(Digest, Option<Digest>), IndexError> {
    let outcome = Stream::open(blob, options).and_then(|stream| {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, stream);
        io::copy(&mut reader, &mut io::sink())?;
        let (diff_id, _, blob_digest) = reader.into_inner().finish();
        Ok((diff_id, blob_digest))
    });
    match outcome {
        Err(_) if options.progress.is_cancelled() => Err(IndexError::Cancelled),
        outcome => outcome.map_err(|error| TarError::from(error).into()),
    }
}

/// Reading, decompressing and hashing the whole stream goes to a thread of its own, which this one follows by a few
/// buffers: two hashes of each byte take the time of one where there is a core for it, and no more time in sum where
/// there is none.
fn read_through(stream: Stream<'_>, options: &IndexOptions<'_>) -> Result<LayerIndex, TarError> {
    let budget = stream.budget();
    std::thread::scope(|scope| {
        let (mut ahead, worker) = Ahead::start(stream);
        let worker = scope.spawn(worker);
        let collected = collect(&mut ahead, &budget, options);
        // Without a reader the worker stops, so that joining it cannot hang.
        drop(ahead);
        let stream = worker.join().map_err(|_| io::Error::other("the reading thread died"))?;
        let Collected { entries, captured, warnings, gaps } = collected?;
        let (diff_id, size, blob_digest) = stream.finish();
        Ok(LayerIndex {
            diff_id,
            blob_digest,
            size,
            entries,
            captured,
            warnings: warnings.into_list(),
            gaps: gaps.into_list(),
        })
    })
}

/// Reads what is left, so that it is hashed.
fn drain(reader: &mut impl BufRead) -> Result<(), TarError> {
    io::copy(reader, &mut io::sink())?;
    Ok(())
}
