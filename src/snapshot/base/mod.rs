//! What an image was built from: every piece of evidence there is, and what they come to together.
//!
//! One kind of evidence, one file. How far each can be relied on:
//!
//! | evidence | confidence |
//! |---|---|
//! | an image that the user names and whose layers are the image's lowest | high |
//! | the user's Dockerfile | high where the image's history ends in its instructions, else low |
//! | the other image of the comparison being the lowest part of this one | high |
//! | annotations of the manifest, provenance, `buildinfo`, the buildpacks' label | high |
//! | buildah's history comment `FROM` | medium: a name without a digest |
//! | layers that both images share | says that they have an ancestor in common, and not which |
//! | where the history changes hands | low |
//! | labels, os-release | named for what they are, and never believed |

pub mod dockerfile;

mod annotations;
mod buildah;
mod buildpacks;
mod history;
mod labels;
mod names;
pub(super) mod provenance;
mod said;
mod weigh;

use std::collections::BTreeMap;

use crate::image::Tree;
use crate::model::{BaseEvidence, Confidence, EvidenceKind, ImageConfig, ImagePath};

pub use self::annotations::DIGEST as DIGEST_KEY;
pub use self::names::{digest_of, same_name};
pub use self::said::{Named, dockerfile_says, named_says};
pub use self::weigh::weigh;

/// An image's documents, as far as they say something of its base.
pub struct Documents<'a> {
    pub annotations: &'a BTreeMap<String, String>,
    pub config: &'a ImageConfig,
    /// In-toto statements as JSON.
    pub attestations: &'a [Vec<u8>],
    /// `PRETTY_NAME` of os-release.
    pub distro: Option<&'a str>,
}

/// All that the image itself says of its base.
#[must_use]
pub fn evidence(documents: &Documents<'_>) -> Vec<BaseEvidence> {
    let config = documents.config;
    let mut evidence = Vec::new();
    evidence.extend(annotations::says(documents.annotations));
    evidence.extend(provenance::says(documents.attestations, config));
    evidence.extend(provenance::build_info_says(config));
    evidence.extend(buildpacks::says(config));
    evidence.extend(buildah::says(config));
    evidence.extend(history::says(config));
    evidence.extend(labels::says(config));
    evidence.extend(documents.distro.map(|distro| {
        let words = format!("os-release: {distro}; the distribution, not the image");
        BaseEvidence::new(EvidenceKind::Distro, Confidence::Low, words)
    }));
    evidence
}

/// How many layers the first `rows` rows of the history made; `None` where the history does not count its layers.
fn layers_below(config: &ImageConfig, rows: usize) -> Option<usize> {
    let made = |rows: &[crate::model::HistoryEntry]| rows.iter().filter(|row| !row.empty_layer).count();
    (made(&config.history) == config.diff_ids.len()).then(|| made(config.history.get(..rows).unwrap_or_default()))
}

/// `PRETTY_NAME` of os-release.
pub(super) fn distro(tree: &Tree) -> Option<String> {
    let bytes = ["etc/os-release", "usr/lib/os-release"]
        .into_iter()
        .find_map(|path| tree.read(&ImagePath::parse(path.as_bytes()).ok()?))?;
    let text = std::str::from_utf8(bytes).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests;
