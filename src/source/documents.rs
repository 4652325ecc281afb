//! What the formats share: documents read and checked, one image chosen of several, layers bound to their blobs.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::Candidate;
use super::reference::named;
use super::store::Store;
use super::{Choice, LayerBlob, OpenImage, SourceError};
use crate::archive::sha256;
use crate::model::text::visible;
use crate::model::{Digest, Gap, ImageConfig, Variant};
use crate::oci::{Descriptor, DocumentError, Platform};

/// A store and what is wanted of it.
pub(super) struct Request<'a> {
    pub(super) file: &'a Path,
    pub(super) store: &'a dyn Store,
    pub(super) choice: Option<&'a Choice>,
    pub(super) platform: Option<&'a Platform>,
    pub(super) verify: bool,
    /// Whether the user says how the store is laid out.
    pub(super) format_is_chosen: bool,
}

/// One image's documents.
pub(super) struct Documents {
    pub(super) manifest_digest: Option<Digest>,
    pub(super) config_digest: Digest,
    pub(super) config: ImageConfig,
    pub(super) config_json: Vec<u8>,
    pub(super) variants: Vec<Variant>,
    /// The indexes that lead to the manifest, where all are known.
    pub(super) indexes: Vec<Digest>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) attestations: Vec<Vec<u8>>,
    pub(super) layers: Vec<Layer>,
    pub(super) warnings: Vec<String>,
    pub(super) gaps: Vec<Gap>,
}

impl Documents {
    /// The image of these documents, with its blobs in `store`.
    pub(super) fn open_image(
        self,
        source: &'static str,
        layers: Vec<LayerBlob>,
        store: Box<dyn Store + '_>,
    ) -> Result<OpenImage, SourceError> {
        let mut warnings = store.warnings();
        warnings.extend(self.warnings);
        let names: Vec<String> = self.layers.into_iter().map(|layer| layer.name).collect();
        Ok(OpenImage {
            source,
            name: None,
            variants: self.variants,
            indexes: self.indexes,
            manifest_digest: self.manifest_digest,
            config_digest: self.config_digest,
            config: self.config,
            config_json: self.config_json,
            annotations: self.annotations,
            attestations: self.attestations,
            layers,
            blobs: store.into_blobs(&names)?,
            warnings,
            gaps: self.gaps,
        })
    }
}

/// A layer as a manifest names it.
pub(super) struct Layer {
    /// Its blob's name in the store.
    pub(super) name: String,
    /// What messages call it.
    pub(super) called: String,
    pub(super) digest: Option<Digest>,
    pub(super) size: Option<u64>,
    /// Where it may be had when it must not be distributed.
    pub(super) urls: Vec<String>,
}

/// Where an OCI layout keeps the blob of this digest (image spec, image-layout.md).
pub(super) fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

impl Request<'_> {
    /// The blob of `descriptor`, checked; `None` when the store does not hold it. Messages call it `what`.
    pub(super) fn blob(&self, what: &str, descriptor: &Descriptor) -> Result<Option<Vec<u8>>, SourceError> {
        let bytes = match &descriptor.data {
            Some(data) => data.clone(),
            None => match self.store.document(&blob_name(&descriptor.digest))? {
                Some(bytes) => bytes,
                None => return Ok(None),
            },
        };
        if self.verify {
            self.check_size(what, descriptor.size, bytes.len() as u64)?;
        }
        self.check(what, descriptor.digest, &bytes)?;
        Ok(Some(bytes))
    }

    /// Checks that `bytes` have the digest `expected`, unless checks are off.
    pub(super) fn check(&self, what: &str, expected: Digest, bytes: &[u8]) -> Result<(), SourceError> {
        if !self.verify {
            return Ok(());
        }
        self.compare(what, Some(expected), Some(sha256(bytes)))
    }

    /// Digests of which one is not known cannot differ.
    fn compare(&self, what: &str, expected: Option<Digest>, found: Option<Digest>) -> Result<(), SourceError> {
        match (expected, found) {
            (Some(expected), Some(found)) if expected != found => {
                Err(SourceError::Digest { file: self.file.to_owned(), what: what.to_owned(), expected, found })
            }
            _ => Ok(()),
        }
    }

    /// Positions of the images of `candidates` that the user's choice means, at least one. Without a choice, all.
    pub(super) fn chosen(&self, candidates: &[Candidate]) -> Result<Vec<usize>, SourceError> {
        let chosen = match self.choice {
            None => (0..candidates.len()).collect(),
            Some(Choice::Index(index)) => candidates.get(*index).map(|_| *index).into_iter().collect(),
            Some(Choice::Name(name)) => named(name, candidates),
        };
        match self.choice {
            Some(choice) if chosen.is_empty() => {
                let (file, choice) = (self.file.to_owned(), choice.clone());
                Err(SourceError::NoSuchImage { file, choice, candidates: candidates.to_vec() })
            }
            _ => Ok(chosen),
        }
    }

    /// The error that the images of `candidates` at `positions` are all meant.
    pub(super) fn several(&self, candidates: &[Candidate], positions: &[usize]) -> SourceError {
        let candidates = positions.iter().filter_map(|at| candidates.get(*at)).cloned().collect();
        SourceError::Several { file: self.file.to_owned(), candidates }
    }

    /// The error that `by` names `what`, which is not there.
    pub(super) fn absent(&self, by: &'static str, what: &str) -> SourceError {
        SourceError::Absent { file: self.file.to_owned(), by, what: visible(what).into_owned(), urls: Vec::new() }
    }

    /// The error that a document is broken.
    pub(super) fn broken(&self, error: DocumentError) -> SourceError {
        SourceError::Document { file: self.file.to_owned(), error }
    }

    /// Refuses an image whose config is not for the platform asked for.
    pub(super) fn check_platform(&self, config: &ImageConfig) -> Result<(), SourceError> {
        let have = platform_of(config);
        match self.platform {
            Some(wanted) if !have.satisfies(wanted) => Err(SourceError::NoSuchPlatform {
                file: self.file.to_owned(),
                wanted: wanted.to_string(),
                found: vec![have.to_string()],
            }),
            _ => Ok(()),
        }
    }

    /// Binds each layer to its diffID, from the bottom. All blobs must be there, with the size that the manifest says;
    /// where their bytes were read already, these are checked too.
    pub(super) fn bind(&self, documents: &Documents) -> Result<Vec<LayerBlob>, SourceError> {
        let (layers, diff_ids) = (&documents.layers, &documents.config.diff_ids);
        if layers.len() != diff_ids.len() {
            let (file, layers, diff_ids) = (self.file.to_owned(), layers.len(), diff_ids.len());
            return Err(SourceError::LayerCount { file, layers, diff_ids });
        }
        layers.iter().zip(diff_ids).map(|(layer, diff_id)| self.bind_one(layer, *diff_id)).collect()
    }

    fn bind_one(&self, layer: &Layer, diff_id: Digest) -> Result<LayerBlob, SourceError> {
        let Some(size) = self.store.size(&layer.name)? else {
            let (file, what, urls) = (self.file.to_owned(), layer.called.clone(), layer.urls.clone());
            return Err(SourceError::Absent { file, by: "manifest", what, urls });
        };
        if self.verify {
            self.check_size(&layer.called, layer.size, size)?;
            if let Some(passed) = self.store.passed(&layer.name)? {
                self.compare(&layer.called, layer.digest, passed.digest)?;
                self.compare(&format!("{}, uncompressed,", layer.called), Some(diff_id), passed.diff_id)?;
            }
        }
        Ok(LayerBlob { diff_id, digest: layer.digest, size: Some(size) })
    }

    fn check_size(&self, what: &str, expected: Option<u64>, found: u64) -> Result<(), SourceError> {
        match expected {
            Some(expected) if expected != found => {
                Err(SourceError::Size { file: self.file.to_owned(), what: what.to_owned(), expected, found })
            }
            _ => Ok(()),
        }
    }
}

/// The platform that a config names.
pub(super) fn platform_of(config: &ImageConfig) -> Platform {
    Platform { os: config.os.clone(), architecture: config.architecture.clone(), variant: config.variant.clone() }
}
