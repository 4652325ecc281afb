//! Where images come from: references, the formats they name, and the layer blobs behind them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use crate::archive::Limits;
use crate::model::{Digest, ImageConfig};

/// What a user asks to open, parsed from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As typed.
    pub text: String,
    /// The format, when a prefix names it.
    pub format: Option<Format>,
    pub path: PathBuf,
    /// What follows the path: which image of several.
    pub choice: Option<Choice>,
}

/// The formats that a prefix can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    DockerArchive,
    OciArchive,
    OciDirectory,
}

/// Which image of several in one archive or layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// `PATH:REPO:TAG`, or a layout's `PATH:TAG`.
    Name(String),
    /// `PATH@INDEX`, from 0.
    Index(usize),
}

/// How to open an image.
pub struct OpenOptions<'a> {
    /// `os/arch[/variant]`, to pick from an index.
    pub platform: Option<&'a str>,
    /// Whether documents' digests are checked (layers' digests are the caller's, see [`LayerBlob`]).
    pub verify: bool,
    pub limits: &'a Limits,
}

/// An image whose documents were read and whose layers can be.
pub struct OpenImage {
    /// `docker-archive`, `oci`, `oci-archive`.
    pub source: &'static str,
    pub manifest_digest: Option<Digest>,
    pub config_digest: Digest,
    pub config: ImageConfig,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// From the bottom.
    pub layers: Vec<LayerBlob>,
    pub blobs: Box<dyn Blobs>,
    pub warnings: Vec<String>,
}

/// What the documents say of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerBlob {
    /// SHA-256 of the uncompressed tar, from the config: what an index of this layer must come to.
    pub diff_id: Digest,
    /// SHA-256 of the blob as stored, where a manifest names it: what the blob's bytes must come to.
    pub digest: Option<Digest>,
    /// Bytes of the blob as stored.
    pub size: Option<u64>,
}

/// The layer blobs of an open image, by position from the bottom. May be opened again at any time, from any thread.
pub trait Blobs: Send + Sync {
    /// The blob's bytes as stored, from the first one.
    ///
    /// # Errors
    /// When the blob is absent or cannot be read.
    fn open(&self, layer: usize) -> Result<Blob, SourceError>;
}

/// A layer blob's bytes as stored.
pub enum Blob {
    /// In place, in a file.
    File(FileSlice),
    /// One after another.
    Stream(Box<dyn Read + Send>),
}

/// A run of bytes of a file, read in place.
pub struct FileSlice;

/// Takes the layers of an archive that can only be streamed, as they pass by, before the documents are known.
pub trait LayerSink {
    /// Reads one layer's blob to its end and returns its diffID; `None` when it turns out not to be a layer.
    ///
    /// # Errors
    /// When the work shall stop; a blob that is merely malformed is `Ok(None)`.
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError>;
}

/// Why an image cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Opens what `reference` names. An archive that can only be streamed hands its layers to `sink` on the way.
///
/// # Errors
/// When nothing is there, it is no image, several images match, or a document is broken.
pub fn open(
    _reference: &Reference,
    _options: &OpenOptions<'_>,
    _sink: &mut dyn LayerSink,
) -> Result<OpenImage, SourceError> {
    unimplemented!()
}
