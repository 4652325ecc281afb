//! The docker-archive: `manifest.json` names each image's config and layers among the archive's entries.
//!
//! Written by `docker save` (with an OCI layout beside it from 25 on), podman and skopeo, crane, kaniko, ko and Bazel,
//! all with names of their own (moby `image/tarexport`, containers/image `docker/archive`, go-containerregistry
//! `pkg/v1/tarball`).

use super::documents::{Documents, Layer, Request};
use super::error::Candidate;
use super::{SourceError, beside};
use crate::archive::sha256;
use crate::model::text::visible;
use crate::model::{Digest, ImageConfig};
use crate::oci::{DockerRow, read_config, read_docker_manifest};

pub(super) const MANIFEST: &str = "manifest.json";

/// Reads the documents of the image that `request` chooses.
pub(super) fn read(request: &Request<'_>) -> Result<Documents, SourceError> {
    let bytes = request.store.document(MANIFEST)?.ok_or_else(|| request.absent("format", MANIFEST))?;
    let rows = read_docker_manifest(&bytes).map_err(|error| request.broken(error))?;
    let row = choose(request, &rows)?;
    let config_name = format!("config {}", visible(&row.config));
    let bytes = request.store.document(&row.config)?.ok_or_else(|| request.absent(MANIFEST, &config_name))?;
    if let Some(expected) = config_digest(&row.config) {
        request.check(&config_name, expected, &bytes)?;
    }
    let config = read_config(&config_name, &bytes).map_err(|error| request.broken(error))?;
    request.check_platform(&config)?;
    let mut documents = Documents {
        manifest_digest: None,
        config_digest: sha256(&bytes),
        layers: layers(row, &config),
        config,
        config_json: bytes,
        variants: Vec::new(),
        indexes: Vec::new(),
        annotations: std::collections::BTreeMap::new(),
        attestations: Vec::new(),
        warnings: Vec::new(),
        gaps: Vec::new(),
    };
    beside::layout(request, row, rows.len() == 1, &mut documents)?;
    Ok(documents)
}

fn choose<'a>(request: &Request<'_>, rows: &'a [DockerRow]) -> Result<&'a DockerRow, SourceError> {
    let candidates: Vec<Candidate> = rows.iter().enumerate().map(|(index, row)| candidate(index, row)).collect();
    let chosen = request.chosen(&candidates)?;
    let mut meant = chosen.iter().filter_map(|at| rows.get(*at));
    let Some(first) = meant.next() else {
        return Err(super::detect::not_image(request.file, "its manifest.json lists no image", None));
    };
    // An image saved by several names may stand in several rows.
    if meant.any(|row| (&row.config, &row.layers) != (&first.config, &first.layers)) {
        return Err(request.several(&candidates, &chosen));
    }
    Ok(first)
}

fn candidate(index: usize, row: &DockerRow) -> Candidate {
    let id = match config_digest(&row.config) {
        Some(digest) => digest.short(),
        None => visible(&row.config).into_owned(),
    };
    Candidate { index, names: row.repo_tags.clone(), id, platform: None }
}

/// The config's digest as its name tells it: `<hex>.json` (docker, skopeo), `sha256:<hex>` (crane, kaniko, ko),
/// `blobs/sha256/<hex>` (docker 25).
pub(super) fn config_digest(name: &str) -> Option<Digest> {
    let hex = name.rsplit('/').next()?;
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    Digest::from_hex(hex.strip_suffix(".json").unwrap_or(hex)).ok()
}

fn layers(row: &DockerRow, config: &ImageConfig) -> Vec<Layer> {
    let source = |at: usize| row.layer_sources.get(&config.diff_ids.get(at)?.to_string());
    row.layers
        .iter()
        .enumerate()
        .map(|(at, name)| Layer {
            name: name.clone(),
            called: format!("layer {}", visible(name)),
            digest: layer_digest(name),
            size: None,
            urls: source(at).map(|source| source.urls.clone()).unwrap_or_default(),
        })
        .collect()
}

/// The blob's digest as its name tells it: `<hex>.tar.gz` (go-containerregistry, Jib), `blobs/sha256/<hex>` (docker 25).
/// The `<id>/layer.tar` of docker names nothing, and the `<hex>.tar` of skopeo the diffID, which is checked anyway.
fn layer_digest(name: &str) -> Option<Digest> {
    let hex = match name.strip_suffix(".tar.gz") {
        Some(stem) => stem.rsplit('/').next()?,
        None => name.trim_start_matches("./").strip_prefix("blobs/sha256/")?,
    };
    Digest::from_hex(hex).ok()
}
