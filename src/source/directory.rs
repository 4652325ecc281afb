//! An OCI layout unpacked in a directory.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SourceError;
use super::store::Store;
use super::{Blob, Blobs, FileSlice};
use crate::archive::Limits;
use crate::model::ImagePath;

/// A directory of an OCI layout.
pub(super) struct Directory {
    root: PathBuf,
    limits: Limits,
}

impl Directory {
    pub(super) fn new(root: &Path, limits: &Limits) -> Self {
        Self { root: root.to_owned(), limits: limits.clone() }
    }

    /// The path of a name that stays below the root. Symlinks are followed, since build tools link blobs into
    /// layouts; only digests become names here, so an image cannot choose what is read.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let name = ImagePath::parse(name.as_bytes()).ok()?;
        Some(self.root.join(name.as_str()?))
    }

    /// Opens a regular file. Anything else, a pipe above all, could block for ever.
    fn open(&self, name: &str) -> Result<Option<(File, u64)>, SourceError> {
        let Some(path) = self.path(name) else { return Ok(None) };
        match regular_file(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SourceError::Read { file: path, error }),
        }
    }
}

impl Store for Directory {
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Some((file, size)) = self.open(name)? else { return Ok(None) };
        let limit = self.limits.document_bytes;
        if size > limit {
            let document = name.to_owned();
            return Err(SourceError::DocumentSize { file: self.root.clone(), document, found: size, limit });
        }
        let mut bytes = Vec::new();
        let read = file.take(limit).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::Read { file: self.root.join(name), error })?;
        Ok(Some(bytes))
    }

    fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        Ok(self.open(name)?.map(|(_, size)| size))
    }

    fn is_directory(&self) -> bool {
        true
    }

    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
        Ok(Box::new(Files(layers.iter().filter_map(|name| self.path(name)).collect())))
    }
}

/// The layers' files, opened when they are asked for: an image may have more layers than a process may open files.
struct Files(Vec<PathBuf>);

impl Blobs for Files {
    fn open(&self, layer: usize) -> Result<Blob, SourceError> {
        let path = self.0.get(layer).cloned().unwrap_or_default();
        match regular_file(&path) {
            Ok((file, size)) => Ok(Blob::File(FileSlice::new(Arc::new(file), 0, size))),
            Err(error) => Err(SourceError::Read { file: path, error }),
        }
    }
}

fn regular_file(path: &Path) -> io::Result<(File, u64)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok((File::open(path)?, metadata.len()))
}
