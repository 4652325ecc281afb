//! Snapshot files: an image written to one, and one opened in an image's stead.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::output::{Readers, write_whole};
use super::store::Store;
use super::{Opened, SideImage, cores};
use crate::archive::sha256;
use crate::error::Failure;
use crate::image::{LayerIndex, stored};
use crate::model::{Digest, ImageConfig, LayerFacts, Recording, Side, text};
use crate::oci::{Platform, PlatformError, read_config};
use crate::settings::Settings;
use crate::snapshot::recorded::{self, Header, LayerHeader, RecordedError, RecordedGap};
use crate::source::{Blob, Blobs, Format, LayerBlob, Location, OpenImage, Reference, SourceError};

/// What reports call an image that was read from such a file.
const SOURCE: &str = "snapshot";

/// The program that writes a file which is kept, with its version.
pub(super) const TOOL: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// When it writes one.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The snapshot file that a reference names; `None` when it names an image.
pub(super) fn file(reference: &Reference) -> Option<&Path> {
    let Location::Path(path) = &reference.location else { return None };
    (reference.format == Some(Format::Snapshot) || reference.format.is_none() && recorded::is_recorded(path))
        .then_some(path)
}

/// Opens the file; its indexes go into the store as those of this side alone, since nothing but the file vouches for them.
pub(super) fn open(
    side: Side,
    reference: &Reference,
    path: &Path,
    settings: &Settings,
    store: &Store,
) -> Result<SideImage, Failure> {
    let shown = text::visible(&path.display().to_string()).into_owned();
    let failed = |error: RecordedError| {
        let failure = Failure::new(format!("{shown}: {error}"));
        match error {
            RecordedError::Io(_) | RecordedError::TooLarge(_) => failure,
            RecordedError::Magic => failure.with_hint("`imgdrift snapshot IMAGE -o FILE` writes one."),
            RecordedError::Format(_) => {
                failure.with_hint("Read it with the version of imgdrift that wrote it, or a newer one.")
            }
            _ => failure.with_hint("Take the file from where it was kept again, or record the image again."),
        }
    };
    let read = recorded::read(path).map_err(failed)?;
    let layers: Vec<usize> = (0..read.header.layers.len()).collect();
    cores::each(&layers, |at| read.layer(*at, &settings.limits).map(|index| store.set(side, *at, index)))
        .map_err(failed)?;
    let header = read.header;
    let config = read_config("its config", header.config.as_bytes())
        .map_err(|error| Failure::new(format!("{shown}: {error}")))?;
    if !config.diff_ids.iter().eq(header.layers.iter().map(|layer| &layer.diff_id)) {
        return Err(failed(RecordedError::Inconsistent("the config lists other layers than the header")));
    }
    check_platform(reference, path, &config, settings)?;
    let layer = |layer: &LayerHeader| LayerBlob { diff_id: layer.diff_id, digest: layer.digest, size: layer.size };
    let image = OpenImage {
        source: SOURCE,
        name: header.name,
        variants: header.variants,
        indexes: Vec::new(),
        manifest_digest: header.manifest_digest,
        config_digest: header.config_digest,
        config,
        config_json: header.config.into_bytes(),
        annotations: header.annotations,
        attestations: header.attestations.into_iter().map(String::into_bytes).collect(),
        layers: header.layers.iter().map(layer).collect(),
        blobs: Box::new(NoBlobs(reference.text.clone())),
        warnings: header.warnings,
        gaps: Vec::new(),
    };
    let recording = Recording { at: header.at, reference: header.reference, source: header.source, tool: header.tool };
    let gaps = header.gaps.into_iter().map(RecordedGap::into_gap).collect();
    Ok(SideImage { side, reference: reference.text.clone(), image, recording: Some(recording), gaps })
}

/// A snapshot is of one platform, and is no answer to a question about another.
fn check_platform(
    reference: &Reference,
    path: &Path,
    config: &ImageConfig,
    settings: &Settings,
) -> Result<(), Failure> {
    let failed = |error: SourceError| Failure::opening(&reference.text, &error);
    let Some(wanted) = settings.platform.as_deref() else { return Ok(()) };
    let wanted: Platform = wanted.parse().map_err(|error: PlatformError| failed(error.into()))?;
    let have =
        Platform { os: config.os.clone(), architecture: config.architecture.clone(), variant: config.variant.clone() };
    if have.satisfies(&wanted) {
        return Ok(());
    }
    let (file, wanted, found) = (path.to_owned(), wanted.to_string(), vec![have.to_string()]);
    Err(failed(SourceError::NoSuchPlatform { file, wanted, found }))
}

/// Records an image. Returns the SHA-256 of the file and its length in bytes.
pub(super) fn write(opened: &Opened, path: &Path) -> Result<(Digest, u64), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {error}", path.display()));
    let layers: Vec<(usize, &Arc<LayerIndex>)> = opened.snapshot.image.layers.iter().enumerate().collect();
    let mut stored =
        cores::each(&layers, |(at, layer)| stored::store(layer, &opened.snapshot.md5).map(|bytes| (*at, bytes)))
            .map_err(|error| failed(&error))?;
    stored.sort_unstable_by_key(|(at, _)| *at);
    let stored: Vec<Vec<u8>> = stored.into_iter().map(|(_, bytes)| bytes).collect();
    let header = header(opened, &stored)?;
    // It keeps the values of the configuration.
    write_whole(path, Readers::Owner, |out| {
        let (digest, length) = recorded::write(&header, &stored, out)?;
        if length > recorded::MAX_BYTES {
            return Err(io::Error::other(RecordedError::TooLarge(length)));
        }
        Ok((digest, length))
    })
    .map_err(|error| failed(&error))
}

fn header(opened: &Opened, stored: &[Vec<u8>]) -> Result<Header, Failure> {
    let Opened { snapshot, documents, .. } = opened;
    let facts = &snapshot.facts;
    let diff_ids = facts.layers.iter().map(|layer| &layer.diff_id);
    if sha256(&documents.config) != facts.config_digest || !snapshot.config.diff_ids.iter().eq(diff_ids) {
        let message = format!("{}: its bytes are not those that its digests promise", text::visible(&facts.reference));
        return Err(
            Failure::new(message).with_hint("It can be read with --no-verify, but a record of it would be refused.")
        );
    }
    let text = |bytes: &[u8], what: &str| {
        let failure = || Failure::new(format!("{}: the {what} is not UTF-8 text", facts.reference));
        String::from_utf8(bytes.to_vec()).map_err(|_| failure())
    };
    let layer = |((facts, stored), size): ((&LayerFacts, &Vec<u8>), &Option<u64>)| LayerHeader {
        diff_id: facts.diff_id,
        digest: facts.digest,
        size: *size,
        length: stored.len() as u64,
    };
    // Recorded again from a snapshot, it is still what was seen then.
    let now = || Recording {
        at: now(),
        reference: facts.reference.clone(),
        source: facts.source.to_owned(),
        tool: TOOL.to_owned(),
    };
    let Recording { at, reference, source, tool } = facts.recording.clone().unwrap_or_else(now);
    Ok(Header {
        tool,
        at,
        reference,
        source,
        name: facts.name.clone(),
        manifest_digest: facts.manifest_digest,
        config_digest: facts.config_digest,
        config: text(&documents.config, "config")?,
        annotations: documents.annotations.clone(),
        attestations: documents
            .attestations
            .iter()
            .map(|bytes| text(bytes, "attestation"))
            .collect::<Result<_, _>>()?,
        variants: facts.variants.clone(),
        warnings: documents.warnings.clone(),
        gaps: documents.gaps.iter().map(RecordedGap::new).collect(),
        index_format: stored::FORMAT,
        layers: facts.layers.iter().zip(stored).zip(&documents.sizes).map(layer).collect(),
    })
}

/// The blobs of an image that is known from a snapshot alone.
struct NoBlobs(String);

impl Blobs for NoBlobs {
    fn open(&self, _layer: usize) -> Result<Blob, SourceError> {
        Err(SourceError::Recorded { text: self.0.clone() })
    }

    fn is_remote(&self) -> bool {
        true
    }
}
