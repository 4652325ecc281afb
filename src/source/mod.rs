//! Where images come from: references, the formats they name, and the layer blobs behind them.

mod archive;
mod attestations;
mod beside;
mod bridge;
mod detect;
mod directory;
mod docker_archive;
mod documents;
mod engine;
mod error;
mod file_slice;
mod layout;
mod lookup;
mod reference;
mod registry;
mod store;
mod stream;
mod table;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::Limits;
use crate::model::{Digest, Gap, ImageConfig, Progress, Variant};
use crate::oci::Platform;

use documents::{Documents, Request};
use engine::Engines;
use store::Store;

pub use engine::{Attempt, EngineAt, EngineError, Obstacle};
pub use error::{Candidate, SourceError};
pub use file_slice::FileSlice;
pub use registry::{Login, RegistryError};

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
    /// An image that an engine has: its name, ID or digest.
    Engine(Engine, String),
    /// An image in a registry: `[HOST/]PATH[:TAG][@DIGEST]`.
    Registry(String),
    /// A name that says neither: of the local engine's image, else of a registry's.
    Name(String),
}

/// The engines that hold images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Docker,
    Podman,
}

/// The formats that a prefix can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    DockerArchive,
    OciArchive,
    OciDirectory,
    /// A file that `imgdrift snapshot` wrote: no image, so [`open`] refuses it.
    Snapshot,
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
    /// Hosts (`HOST[:PORT]`) that may be spoken to without TLS or with a certificate that nobody vouches for.
    pub insecure_registries: &'a [String],
}

/// An image whose documents were read and whose layers can be.
pub struct OpenImage {
    /// `docker-archive`, `oci`, `oci-archive`, `docker`, `podman`, `registry`.
    pub source: &'static str,
    /// Where it was found, when the reference does not say it all: the full name with registry and tag.
    pub name: Option<String>,
    /// The manifests of the index that the image was chosen from; empty when there was none.
    pub variants: Vec<Variant>,
    /// The indexes that lead to its manifest; empty where that is not known.
    pub indexes: Vec<Digest>,
    pub manifest_digest: Option<Digest>,
    pub config_digest: Digest,
    pub config: ImageConfig,
    /// The bytes of the config that `config` was read from.
    pub config_json: Vec<u8>,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// What was attested of the image and stored beside it: in-toto statements as JSON.
    pub attestations: Vec<Vec<u8>>,
    /// From the bottom.
    pub layers: Vec<LayerBlob>,
    pub blobs: Box<dyn Blobs>,
    pub warnings: Vec<String>,
    /// What else the image could be.
    pub gaps: Vec<Gap>,
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

    /// Whether each reading moves the bytes over a network or makes an engine write them anew, so that equal digests
    /// shall do instead of reading equal bytes twice.
    fn is_remote(&self) -> bool {
        false
    }
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

/// What a source asks of its caller while it opens an image.
pub trait Host: Send {
    /// Reads one layer's blob to its end and returns its diffID; `None` when it turns out not to be a layer. An archive
    /// that can only be streamed hands its layers over as they pass by, before its documents are known.
    ///
    /// # Errors
    /// When the work shall stop; a blob that is merely malformed is `Ok(None)`.
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError>;

    /// This layer of the image was taken by the other image's host, out of a stream that served both.
    fn taken(&mut self, _diff_id: Digest) {}

    /// Whether what the layer with this diffID holds is known already, so that its bytes need not be had.
    fn knows(&self, _diff_id: Digest) -> bool {
        false
    }

    /// The document with this digest, if it was seen before.
    fn recall(&self, _digest: Digest) -> Option<Vec<u8>> {
        None
    }

    /// Keeps a document for [`Host::recall`]; its digest was checked.
    fn keep(&self, _digest: Digest, _document: &[u8]) {}

    /// Whether anything is kept for the next time.
    fn keeps(&self) -> bool {
        false
    }

    /// What was noted of the archive with this digest.
    fn noted(&self, _archive: Digest) -> Option<Vec<u8>> {
        None
    }

    /// Notes what was found in an archive, for [`Host::noted`].
    fn note(&self, _archive: Digest, _found: &[u8]) {}

    /// Says how many bytes will pass.
    fn expect(&self, _bytes: u64) {}

    /// Where to look for the wish to stop.
    fn progress(&self) -> Arc<Progress> {
        Arc::default()
    }
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

/// Opens what `reference` names.
///
/// # Errors
/// When nothing is there, it is no image, several images match, a document is broken, or a server does not answer.
pub fn open(reference: &Reference, options: &OpenOptions<'_>, host: &mut dyn Host) -> Result<OpenImage, SourceError> {
    let file = reference.file();
    let store = match &reference.location {
        Location::Path(_) => detect::open_path(file, options.limits, host)?,
        Location::Embedded(bytes) => detect::open_archive(file, FileSlice::embedded(bytes), options.limits, host)?,
        Location::Registry(name) => return registry::open(file, name, options, host),
        Location::Engine(..) | Location::Name(_) => {
            let place = lookup::find(reference, &mut Engines::default(), options, &host.progress())?;
            return lookup::read(&place, options, host);
        }
    };
    let platform: Option<Platform> = options.platform.map(str::parse).transpose()?;
    let source = source_of(reference, store.as_ref())?;
    let request = Request {
        file,
        store: store.as_ref(),
        choice: reference.choice.as_ref(),
        platform: platform.as_ref(),
        verify: options.verify,
        format_is_chosen: reference.format.is_some(),
    };
    let documents = (source.read)(&request)?;
    let layers = request.bind(&documents)?;
    documents.open_image(source.name, layers, store)
}

/// Opens two images at once. Where both come out of one engine they come in one stream, so that what they share is
/// written and read once.
pub fn open_both(
    references: [&Reference; 2],
    options: &OpenOptions<'_>,
    hosts: [&mut dyn Host; 2],
) -> [Result<OpenImage, SourceError>; 2] {
    lookup::open_both(references, options, hosts)
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
