//! Descriptors: how one document names another blob (image spec, descriptor.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::go_json::{ANY, Shape, TEXTS};
use super::{Platform, base64, lenient, platform};
use crate::model::Digest;

/// Media types that decide what a blob is taken for. What compresses a layer is never read from them.
pub mod media_type {
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
}

pub(super) static SHAPE: Shape = Shape::Struct(&[
    ("mediaType", &ANY),
    ("digest", &ANY),
    ("size", &ANY),
    ("urls", &ANY),
    ("annotations", &TEXTS),
    ("data", &ANY),
    ("platform", &platform::SHAPE),
    ("artifactType", &ANY),
]);

/// A blob's type, digest and size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a descriptor object")]
pub struct Descriptor {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub media_type: String,
    pub digest: Digest,
    /// Bytes.
    #[serde(default)]
    pub size: Option<u64>,
    #[serde(default)]
    pub platform: Option<Platform>,
    #[serde(default, deserialize_with = "lenient::text_map")]
    pub annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "lenient::shown")]
    pub artifact_type: Option<String>,
    /// Where else the content may be had: set for layers that must not be distributed.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub urls: Vec<String>,
    /// The content itself, embedded.
    #[serde(default, deserialize_with = "embedded")]
    pub data: Option<Vec<u8>>,
}

impl Descriptor {
    /// Whether this names an image or an index of images, rather than an attestation, a signature or what else an
    /// index may list.
    #[must_use]
    pub fn is_image(&self) -> bool {
        let known = matches!(
            self.media_type.as_str(),
            "" | media_type::OCI_INDEX
                | media_type::OCI_MANIFEST
                | media_type::DOCKER_LIST
                | media_type::DOCKER_MANIFEST
        ) || self.media_type.starts_with("application/vnd.docker.distribution.manifest.v1");
        let artifact = match self.artifact_type.as_deref() {
            None | Some(media_type::OCI_CONFIG | media_type::DOCKER_CONFIG) => false,
            Some(_) => true,
        };
        known
            && !artifact
            && !self.platform.as_ref().is_some_and(Platform::is_unknown)
            && !self.annotations.contains_key("vnd.docker.reference.type")
    }

    /// Whether this may name an index, for all that its media type says.
    #[must_use]
    pub fn may_be_index(&self) -> bool {
        matches!(self.media_type.as_str(), "" | media_type::OCI_INDEX | media_type::DOCKER_LIST)
    }

    /// The names given to the image, fullest first: containerd and docker write the whole reference beside the tag.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
            .into_iter()
            .filter_map(|key| self.annotations.get(key).map(String::as_str))
    }
}

fn embedded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| base64::decode(&text).ok_or_else(|| serde::de::Error::custom("the embedded data is not base64")))
        .transpose()
}
