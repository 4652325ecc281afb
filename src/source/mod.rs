//! Where images come from: references, the formats they name, and the layer blobs behind them.

mod archive;
mod detect;
mod directory;
mod docker_archive;
mod documents;
mod error;
mod file_slice;
mod layout;
mod reference;
mod store;
mod stream;
mod table;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use crate::archive::Limits;
use crate::model::{Digest, ImageConfig};
use crate::oci::Platform;

use documents::{Documents, Request};
use store::Store;

pub use error::{Candidate, SourceError};
pub use file_slice::FileSlice;

/// What a user asks to open, parsed from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As typed.
    pub text: String,
    /// The format, when a prefix names it.
    pub format: Option<Format>,
    pub location: Location,
    /// What follows the path: which image of several.
    pub choice: Option<Choice>,
}

/// Where an image's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    Path(PathBuf),
    /// An archive that is part of the program.
    Embedded(&'static [u8]),
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

impl Blob {
    /// The bytes one after another, wherever they are.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::File(slice) => Box::new(slice),
            Self::Stream(reader) => reader,
        }
    }
}

/// Takes the layers of an archive that can only be streamed, as they pass by, before the documents are known.
pub trait LayerSink {
    /// Reads one layer's blob to its end and returns its diffID; `None` when it turns out not to be a layer.
    ///
    /// # Errors
    /// When the work shall stop; a blob that is merely malformed is `Ok(None)`.
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError>;
}

/// One way an image is laid out.
struct Source {
    /// The prefix that asks for it, and what reports call it.
    name: &'static str,
    format: Format,
    /// Whether a store is laid out so.
    holds: fn(&dyn Store) -> Result<bool, SourceError>,
    read: fn(&Request<'_>) -> Result<Documents, SourceError>,
}

/// All ways, in the order they are looked for: an archive of docker 25 is both, and its `manifest.json` is the truth.
const SOURCES: &[Source] = &[
    Source {
        name: "docker-archive",
        format: Format::DockerArchive,
        holds: |store| Ok(!store.is_directory() && store.size(docker_archive::MANIFEST)?.is_some()),
        read: docker_archive::read,
    },
    Source {
        name: "oci-archive",
        format: Format::OciArchive,
        holds: |store| Ok(!store.is_directory() && store.size(layout::INDEX)?.is_some()),
        read: layout::read,
    },
    Source {
        name: "oci",
        format: Format::OciDirectory,
        holds: |store| Ok(store.is_directory() && store.size(layout::INDEX)?.is_some()),
        read: layout::read,
    },
];

/// Opens what `reference` names. An archive that can only be streamed hands its layers to `sink` on the way.
///
/// # Errors
/// When nothing is there, it is no image, several images match, or a document is broken.
pub fn open(
    reference: &Reference,
    options: &OpenOptions<'_>,
    sink: &mut dyn LayerSink,
) -> Result<OpenImage, SourceError> {
    let platform: Option<Platform> = options.platform.map(str::parse).transpose()?;
    let file = reference.file();
    let store = match reference.location {
        Location::Path(_) => detect::open_path(file, options.limits, sink)?,
        Location::Embedded(bytes) => detect::open_archive(file, FileSlice::embedded(bytes), options.limits, sink)?,
    };
    let source = source_of(reference, store.as_ref())?;
    let request = Request {
        file,
        store: store.as_ref(),
        choice: reference.choice.as_ref(),
        platform: platform.as_ref(),
        verify: options.verify,
    };
    let documents = (source.read)(&request)?;
    let layers = request.bind(&documents)?;
    let mut warnings = store.warnings();
    warnings.extend(documents.warnings);
    let names: Vec<String> = documents.layers.into_iter().map(|layer| layer.name).collect();
    Ok(OpenImage {
        source: source.name,
        manifest_digest: documents.manifest_digest,
        config_digest: documents.config_digest,
        config: documents.config,
        annotations: documents.annotations,
        layers,
        blobs: store.into_blobs(&names)?,
        warnings,
    })
}

/// How the store is laid out, or rather how the user says it is.
fn source_of(reference: &Reference, store: &dyn Store) -> Result<&'static Source, SourceError> {
    let mut found = None;
    for source in SOURCES {
        if (source.holds)(store)? {
            if reference.format.is_none_or(|format| format == source.format) {
                return Ok(source);
            }
            found = Some(source);
        }
    }
    let (found, way_out) = match found {
        Some(source) => (
            format!("it is {}, not what its prefix says", source.format.describe()),
            Some("Leave the prefix out: formats are recognised by content."),
        ),
        None => (
            "the archive holds neither a manifest.json, as `docker save` writes, nor the index.json of an OCI layout"
                .to_owned(),
            None,
        ),
    };
    Err(detect::not_image(reference.file(), &found, way_out))
}
