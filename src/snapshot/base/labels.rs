//! Labels that name a base. An image inherits the labels of its base, so that they may well name the base's own base:
//! they are shown and not believed; against a
//! base that is shown by its layers they count when it has no such labels itself.

use super::annotations;
use crate::model::{BaseEvidence, Confidence, EvidenceKind, ImageConfig};

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    let value = |key| config.labels.get(key).filter(|value: &&String| !value.is_empty()).cloned();
    let (name, digest) = (value(annotations::NAME), value(annotations::DIGEST));
    let told: Vec<&str> = [&name, &digest].into_iter().flatten().map(String::as_str).collect();
    if told.is_empty() {
        return None;
    }
    let words = format!(
        "labels org.opencontainers.image.base.*: {}; labels are inherited, it may be the base's own base",
        told.join(" at ")
    );
    Some(BaseEvidence { name, digest, ..BaseEvidence::new(EvidenceKind::Labels, Confidence::Low, words) })
}
