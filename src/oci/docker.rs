//! The `manifest.json` of a docker-archive (moby `image/tarexport`, `manifestItem`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::descriptor;
use super::document::{DocumentError, parse};
use super::go_json::{ANY, Shape};
use super::lenient;

/// What `docker load` decodes: moby's `manifestItem`.
static ROWS: Shape = Shape::Struct(&[
    ("Config", &ANY),
    ("RepoTags", &ANY),
    ("Layers", &ANY),
    ("Parent", &ANY),
    ("LayerSources", &Shape::Map(&descriptor::SHAPE)),
]);

/// One image of a docker-archive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an image's row")]
pub struct DockerRow {
    /// The archive's entry that holds the config.
    pub config: String,
    /// `repo:tag`; empty for an image saved by its id.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub repo_tags: Vec<String>,
    /// The archive's entries that hold the layers, from the bottom.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub layers: Vec<String>,
    /// Layers that must not be distributed and are therefore absent, by diffID.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub layer_sources: BTreeMap<String, LayerSource>,
}

/// Where an absent layer may be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a layer's source")]
pub struct LayerSource {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub urls: Vec<String>,
}

/// Reads a docker-archive's `manifest.json`: its images in order.
///
/// # Errors
/// When `bytes` are not a list of images.
pub fn read_docker_manifest(bytes: &[u8]) -> Result<Vec<DockerRow>, DocumentError> {
    parse("manifest.json", b'[', bytes, &ROWS)
}
