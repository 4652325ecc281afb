//! The documents of an image: descriptors, indexes, manifests, configs, docker's `manifest.json`.
//!
//! Shapes from the OCI image spec 1.1 (descriptor.md, image-index.md, manifest.md, config.md), the Docker image manifest
//! v2 schema 2, and moby's `image/tarexport`. Read leniently: unknown fields are passed over, null and absent are the same,
//! and keys match as they do in Go ([`go_json`]).

mod base64;
mod config;
pub mod created_by;
mod descriptor;
mod docker;
mod document;
mod go_json;
mod lenient;
mod manifest;
mod platform;
mod provenance;

pub use config::read_config;
pub use descriptor::{Descriptor, media_type};
pub use docker::{DockerRow, LayerSource, read_docker_manifest};
pub use document::DocumentError;
pub use manifest::{Index, Manifest, ManifestOrIndex, read_index, read_manifest_or_index};
pub use platform::{Platform, PlatformError};
pub use provenance::{Provenance, read_provenance};

#[cfg(test)]
mod tests;
