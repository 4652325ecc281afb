//! An uncompressed archive, read in place: one pass over its headers finds every entry's bytes.

use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::store::Store;
use super::stream::nth_entry;
use super::table::Table;
use super::{Blob, Blobs, FileSlice, SourceError};
use crate::archive::{Limits, TarKind, TarReader};

/// Bytes buffered while headers are read; contents are seeked over.
const HEADER_BUFFER: usize = 2048;

/// An archive whose entries are read by offset.
pub(super) struct Archive {
    path: PathBuf,
    whole: FileSlice,
    limits: Limits,
    table: Table<Stored>,
    terminated: bool,
}

/// Where an entry's bytes are.
#[derive(Clone, Copy)]
struct Stored {
    /// Position among the archive's entries.
    ordinal: u64,
    offset: u64,
    size: u64,
    sparse: bool,
}

impl Archive {
    /// Reads all headers of the archive at `path`.
    pub(super) fn scan(path: &Path, whole: FileSlice, limits: &Limits) -> Result<Self, SourceError> {
        let tar_error = |error| SourceError::Tar { file: path.to_owned(), error };
        let reader = BufReader::with_capacity(HEADER_BUFFER, whole.clone());
        let mut reader = TarReader::new_seek(reader, limits).map_err(|error| tar_error(error.into()))?;
        let mut table = Table::new();
        let mut ordinal = 0;
        while let Some(entry) = reader.next_entry().map_err(tar_error)? {
            let stored = Stored { ordinal, offset: entry.offset, size: entry.size, sparse: entry.sparse };
            table.insert(&entry, (entry.kind == TarKind::File).then_some(stored));
            ordinal += 1;
            if table.is_hopeless() {
                break;
            }
        }
        let terminated = reader.is_terminated() || table.is_hopeless();
        Ok(Self { path: path.to_owned(), whole, limits: limits.clone(), table, terminated })
    }

    pub(super) fn table(&self) -> &Table<impl Sized> {
        &self.table
    }

    fn slice(&self, stored: Stored) -> FileSlice {
        self.whole.slice(stored.offset, stored.size)
    }
}

impl Store for Archive {
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(stored) = self.table.document(&self.path, name)?.copied() else { return Ok(None) };
        let limit = self.limits.document_bytes;
        if stored.size > limit {
            let (file, document) = (self.path.clone(), name.to_owned());
            return Err(SourceError::DocumentSize { file, document, found: stored.size, limit });
        }
        let mut bytes = Vec::new();
        let read = self.slice(stored).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::Read { file: self.path.clone(), error })?;
        Ok(Some(bytes))
    }

    fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        Ok(self.table.resolve(&self.path, name)?.map(|stored| stored.size))
    }

    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
        let mut stored = Vec::with_capacity(layers.len());
        for name in layers {
            stored.extend(self.table.resolve(&self.path, name)?.copied());
        }
        Ok(Box::new(Slices { path: self.path, whole: self.whole, limits: self.limits, stored }))
    }

    fn warnings(&self) -> Vec<String> {
        if self.terminated { Vec::new() } else { vec!["the archive has no end mark; it may be incomplete".to_owned()] }
    }
}

/// The layers' bytes within the archive.
struct Slices {
    path: PathBuf,
    whole: FileSlice,
    limits: Limits,
    stored: Vec<Stored>,
}

impl Blobs for Slices {
    fn open(&self, layer: usize) -> Result<Blob, SourceError> {
        let Some(stored) = self.stored.get(layer) else {
            let (file, what) = (self.path.clone(), format!("layer {layer}"));
            return Err(SourceError::Absent { file, by: "manifest", what, urls: Vec::new() });
        };
        if stored.sparse {
            return nth_entry(&self.path, self.whole.clone(), stored.ordinal, &self.limits);
        }
        Ok(Blob::File(self.whole.slice(stored.offset, stored.size)))
    }
}
