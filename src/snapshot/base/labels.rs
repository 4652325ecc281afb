//! Labels that name a base. An image inherits the labels of its base, so that they may well name the base's own base:
//! they are shown and not believed.

use super::annotations;
use crate::model::{BaseEvidence, Confidence, EvidenceKind, ImageConfig};

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    let told: Vec<&str> = [annotations::NAME, annotations::DIGEST]
        .into_iter()
        .filter_map(|key| config.labels.get(key).map(String::as_str).filter(|value| !value.is_empty()))
        .collect();
    if told.is_empty() {
        return None;
    }
    let words = format!(
        "labels org.opencontainers.image.base.*: {}; labels are inherited, it may be the base's own base",
        told.join(" at ")
    );
    Some(BaseEvidence::new(EvidenceKind::Labels, Confidence::Low, words))
}
