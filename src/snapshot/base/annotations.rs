//! The annotations `org.opencontainers.image.base.*` of a manifest (image-spec, annotations.md). buildah, ko and crane
//! write them of the very image that they built upon; a manifest inherits nothing.

use std::collections::BTreeMap;

use crate::model::{BaseEvidence, Confidence, EvidenceKind};

pub(super) const NAME: &str = "org.opencontainers.image.base.name";
/// The key of the digest, in annotations and labels.
pub const DIGEST: &str = "org.opencontainers.image.base.digest";

pub(super) fn says(annotations: &BTreeMap<String, String>) -> Option<BaseEvidence> {
    let value = |key| annotations.get(key).filter(|value| !value.is_empty()).cloned();
    let (name, digest) = (value(NAME), value(DIGEST));
    let told = match (&name, &digest) {
        (Some(name), Some(digest)) => format!("{name} at {digest}"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        // buildah writes both keys, empty, for an image built from nothing.
        (None, None) if annotations.contains_key(NAME) && annotations.contains_key(DIGEST) => {
            let words = "the manifest's annotations: built from scratch";
            let scratch = BaseEvidence::new(EvidenceKind::Annotations, Confidence::High, words);
            return Some(BaseEvidence { name: Some("scratch".to_owned()), layers: Some(0), ..scratch });
        }
        (None, None) => return None,
    };
    let words = format!("the manifest's annotations org.opencontainers.image.base.*: {told}");
    Some(BaseEvidence { name, digest, ..BaseEvidence::new(EvidenceKind::Annotations, Confidence::High, words) })
}
