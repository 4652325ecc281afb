//! Manifests and indexes, OCI's and Docker's (image spec, manifest.md and image-index.md; Docker manifest v2 schema 2).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::document::{DocumentError, convert, parse_value};
use super::go_json::{ANY, Shape, TEXTS};
use super::{Descriptor, descriptor, lenient, media_type};

/// The fields of manifests and indexes together: which of the two a document is shows by its fields.
static SHAPE: Shape = Shape::Struct(&[
    ("schemaVersion", &ANY),
    ("mediaType", &ANY),
    ("artifactType", &ANY),
    ("config", &descriptor::SHAPE),
    ("layers", &descriptor::SHAPE),
    ("manifests", &descriptor::SHAPE),
    ("subject", &descriptor::SHAPE),
    ("annotations", &TEXTS),
    ("fsLayers", &ANY),
]);

/// An image index, or Docker's manifest list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "an index object")]
pub struct Index {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub manifests: Vec<Descriptor>,
}

/// One image: its config and its layers from the bottom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a manifest object")]
pub struct Manifest {
    pub config: Descriptor,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "lenient::text_map")]
    pub annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "lenient::shown")]
    pub artifact_type: Option<String>,
    /// The manifest that this one is about.
    #[serde(default)]
    pub subject: Option<Descriptor>,
}

impl Manifest {
    /// What the manifest holds when that is no container image: signatures, attestations, lists of contents, charts and
    /// other artifacts are stored as images are. By its own type (image spec, manifest.md, "Guidelines for Artifact
    /// Usage"), by the type of its config (moby's `distribution`, `ImageTypes`), or by those of its layers, since cosign
    /// writes an image's config above its signatures (sigstore/cosign, `specs/SIGNATURE_SPEC.md`).
    #[must_use]
    pub fn artifact_type(&self) -> Option<&str> {
        let is_config = |media_type: &str| CONFIGS.contains(&media_type);
        if let Some(own) = self.artifact_type.as_deref().filter(|own| !is_config(own)) {
            return Some(own);
        }
        if !is_config(&self.config.media_type) {
            return Some(&self.config.media_type);
        }
        let first = self.layers.first()?;
        let no_layers = !self.layers.iter().any(|layer| is_layer(&layer.media_type));
        no_layers.then_some(&first.media_type)
    }
}

/// Types of an image's config; some registries and writers of before 2017 gave these or none.
const CONFIGS: [&str; 6] = [
    "",
    media_type::OCI_CONFIG,
    media_type::DOCKER_CONFIG,
    "application/octet-stream",
    "application/json",
    "text/html",
];

/// Whether a blob of this type may be a layer of files, however it is compressed or encrypted.
fn is_layer(media_type: &str) -> bool {
    media_type.is_empty()
        || ["application/vnd.oci.image.layer.", "application/vnd.docker.", "application/octet-stream"]
            .iter()
            .any(|start| media_type.starts_with(start))
}

/// What a descriptor of an index may lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestOrIndex {
    Manifest(Box<Manifest>),
    Index(Index),
}

/// Reads an `index.json`.
///
/// # Errors
/// When `bytes` are not an index. The error calls the document `document`.
pub fn read_index(document: &str, bytes: &[u8]) -> Result<Index, DocumentError> {
    match read_manifest_or_index(document, bytes)? {
        ManifestOrIndex::Index(index) => Ok(index),
        ManifestOrIndex::Manifest(_) => {
            Err(DocumentError::Kind { document: document.to_owned(), found: "one image's manifest".to_owned() })
        }
    }
}

/// Reads a manifest or an index, told apart by what they hold.
///
/// # Errors
/// When `bytes` are neither, both, or a manifest of schema 1. The error calls the document `document`.
pub fn read_manifest_or_index(document: &str, bytes: &[u8]) -> Result<ManifestOrIndex, DocumentError> {
    let value = parse_value(document, b'{', bytes, &SHAPE)?;
    let kind = |found: &str| DocumentError::Kind { document: document.to_owned(), found: found.to_owned() };
    let holds = |field: &str| value.get(field).is_some_and(|value| !value.is_null());
    if holds("fsLayers") || value.get("schemaVersion").and_then(Value::as_u64) == Some(1) {
        return Err(DocumentError::Schema1 { document: document.to_owned() });
    }
    // An empty list of manifests is written as null by Go programs.
    match (value.get("manifests").is_some(), holds("config") || holds("layers")) {
        (true, false) => convert(document, value).map(ManifestOrIndex::Index),
        (false, true) => convert(document, value).map(Box::new).map(ManifestOrIndex::Manifest),
        // The spec forbids it: readers that disagree on what it is would see two different images.
        (true, true) => Err(kind("\"manifests\" as well as \"layers\"")),
        (false, false) => Err(kind("no \"manifests\", no \"config\" and no \"layers\"")),
    }
}
