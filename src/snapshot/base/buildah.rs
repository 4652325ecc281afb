//! buildah ends the comment of the first history row that it adds with `FROM name` (containers/buildah, `image.go`).

use super::layers_below;
use super::names::digest_of;
use crate::model::{BaseEvidence, Confidence, EvidenceKind, ImageConfig};

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    // A base that buildah built has such a row too, further down.
    let rows = config.history.iter().enumerate().rev();
    let (row, name) = rows.filter_map(|(row, entry)| Some((row, from(entry.comment.as_deref()?)?))).next()?;
    let words = format!("buildah's history comment: FROM {name}");
    let said = BaseEvidence::new(EvidenceKind::Buildah, Confidence::Medium, words);
    // The image's ID in place of a name, where the build named it so.
    let is_id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = digest_of(name).map(str::to_owned);
    Some(BaseEvidence {
        name: (!is_id).then(|| name.to_owned()),
        pinned: digest.is_some().then_some(true),
        digest,
        layers: layers_below(config, row),
        ..said
    })
}

fn from(comment: &str) -> Option<&str> {
    let (before, name) = comment.rsplit_once("FROM ")?;
    let is_word = before.is_empty() || before.ends_with(char::is_whitespace);
    (is_word && !name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}
