//! What is known of one image as a whole: its identity, its layers, its base.

use serde::{Deserialize, Serialize};

use super::{BaseImage, Digest, GapKind};

/// One of the two images compared. `inspect` has only a left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Left,
    Right,
}

impl Side {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// One image's identity and size.
#[derive(Debug, Clone)]
pub struct ImageFacts {
    /// As the user typed it.
    pub reference: String,
    /// What it turned out to be: `docker-archive`, `oci`, `oci-archive`, ...
    pub source: &'static str,
    /// The full name it was found by, with registry and tag, where the reference leaves some of it out.
    pub name: Option<String>,
    /// Of an image that is known from a snapshot file.
    pub recording: Option<Recording>,
    /// The manifests of the index that the image was chosen from; empty when there was none.
    pub variants: Vec<Variant>,
    /// The manifest's digest where it is known, else the config's.
    pub image_digest: Digest,
    pub config_digest: Digest,
    pub manifest_digest: Option<Digest>,
    /// Whether its layers were read. Where they were not, because its manifest said enough, nothing is known of what
    /// they hold: its two other digests, size and counts are those of an empty image.
    pub is_read: bool,
    /// SHA-256 over the squashed tree, times and noise left out (see `snapshot::digests`).
    pub content_digest: Digest,
    /// SHA-256 over the installed packages (see `snapshot::digests`).
    pub dependencies_digest: Digest,
    /// What `content_digest` does not cover, each kind once; it is marked by it.
    pub content_lacks: Vec<GapKind>,
    /// What `dependencies_digest` does not cover.
    pub dependencies_lack: Vec<GapKind>,
    /// `os/arch[/variant]`.
    pub platform: String,
    /// RFC 3339, as the config has it.
    pub created: Option<String>,
    /// Bytes of all regular files of the squashed tree, hard links once.
    pub size: u64,
    /// Sum of the layer blobs as stored, where the manifest says so.
    pub download_size: Option<u64>,
    /// `PRETTY_NAME` of os-release.
    pub distro: Option<String>,
    pub base: Option<BaseImage>,
    pub layers: Vec<LayerFacts>,
    pub package_count: usize,
    /// Paths of the squashed tree, directories too, the root left out.
    pub file_count: usize,
    /// Layers whose bytes were not read because an index of them was at hand.
    pub layers_unread: usize,
}

/// When and from what a snapshot file was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// RFC 3339.
    pub at: String,
    /// What the user typed then.
    pub reference: String,
    /// Where the image was: `docker`, `registry`, `docker-archive`, ...
    pub source: String,
    /// Name and version of the program.
    pub tool: String,
}

/// One image of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// `os/arch[/variant]`.
    pub platform: String,
    /// Of its manifest.
    pub digest: Digest,
}

impl ImageFacts {
    /// The number of the rules that `content_digest` follows; another number, another digest.
    pub const CONTENT_FORMAT: u32 = 3;
    /// The number of the rules that `dependencies_digest` follows.
    pub const DEPENDENCIES_FORMAT: u32 = 2;
}

/// One layer.
#[derive(Debug, Clone)]
pub struct LayerFacts {
    /// Position from the bottom, from 0.
    pub index: usize,
    /// SHA-256 of the uncompressed tar.
    pub diff_id: Digest,
    /// SHA-256 of the blob as stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// Bytes of the uncompressed tar.
    pub size: u64,
    /// The instruction, from the config's history.
    pub created_by: Option<String>,
    /// Whether the other image has this layer too.
    pub shared: bool,
    /// Entries of the tar, whiteouts too.
    pub entries: usize,
}
