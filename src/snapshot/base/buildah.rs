//! buildah's history comments (containers/buildah, `image.go`; shapes of 1.28). A build leaves `FROM name` in the comment
//! of the row of its layer; with `--layers` each step leaves one, all but the lowest with the ID of the step below.

use super::layers_below;
use super::names::digest_of;
use crate::model::{BaseEvidence, Confidence, EvidenceKind, ImageConfig};

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    let (row, name) = lowest_of_the_build(config)?;
    let layers = layers_below(config, row);
    if is_id(name) {
        let words = format!("buildah's history comment: FROM {name}, an ID and no name");
        let said = BaseEvidence::new(EvidenceKind::Buildah, Confidence::Medium, words);
        return Some(BaseEvidence { layers, ..said });
    }
    let words = format!("buildah's history comment: FROM {name}");
    let said = BaseEvidence::new(EvidenceKind::Buildah, Confidence::Medium, words);
    let digest = digest_of(name).map(str::to_owned);
    Some(BaseEvidence { name: Some(name.to_owned()), pinned: digest.is_some().then_some(true), digest, layers, ..said })
}

/// The row that the topmost build wrote first, and what it says: a base that buildah built has such rows too.
fn lowest_of_the_build(config: &ImageConfig) -> Option<(usize, &str)> {
    let mut lowest = None;
    for (row, entry) in config.history.iter().enumerate().rev() {
        match (entry.comment.as_deref().and_then(from), lowest) {
            (Some(name), _) if is_id(name) => lowest = Some((row, name)),
            (Some(name), _) => return Some((row, name)),
            (None, None) => {}
            (None, Some(_)) => break,
        }
    }
    lowest
}

fn from(comment: &str) -> Option<&str> {
    let (before, name) = comment.rsplit_once("FROM ")?;
    let is_word = before.is_empty() || before.ends_with(char::is_whitespace);
    (is_word && !name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// Whether this is an image's ID, whole or as it is shown.
fn is_id(name: &str) -> bool {
    matches!(name.len(), 12 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
