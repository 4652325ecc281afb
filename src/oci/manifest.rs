//! Manifests and indexes, OCI's and Docker's (image spec, manifest.md and image-index.md; Docker manifest v2 schema 2).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::document::{DocumentError, parse};
use super::{Descriptor, lenient};

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
    let shape: Shape = parse(document, b'{', bytes)?;
    let kind = |found: &str| DocumentError::Kind { document: document.to_owned(), found: found.to_owned() };
    if shape.fs_layers.is_some() || shape.schema_version.as_ref().and_then(serde_json::Value::as_u64) == Some(1) {
        return Err(DocumentError::Schema1 { document: document.to_owned() });
    }
    match (shape.manifests, shape.config.is_some() || shape.layers.is_some()) {
        (true, false) => parse(document, b'{', bytes).map(ManifestOrIndex::Index),
        (false, true) => parse(document, b'{', bytes).map(Box::new).map(ManifestOrIndex::Manifest),
        // The spec forbids it: readers that disagree on what it is would see two different images.
        (true, true) => Err(kind("\"manifests\" as well as \"layers\"")),
        (false, false) => Err(kind("no \"manifests\", no \"config\" and no \"layers\"")),
    }
}

/// The fields that tell the kinds of documents apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a manifest or index object")]
struct Shape {
    schema_version: Option<serde_json::Value>,
    fs_layers: Option<IgnoredAny>,
    /// There at all: an empty list is written as null by Go programs.
    #[serde(default, deserialize_with = "present")]
    manifests: bool,
    config: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
