//! What the user says of the base: an image, a Dockerfile. Both are held against the image.

use std::collections::BTreeMap;

use super::dockerfile::{Build, Dockerfile, Matched};
use super::names::digest_of;
use crate::model::{BaseEvidence, Confidence, Digest, EvidenceKind, ImageConfig};

/// An image that is said to be the base.
#[derive(Debug, Clone)]
pub struct Named {
    /// As the user typed it.
    pub reference: String,
    /// Its name, where it was found by one.
    pub name: Option<String>,
    pub manifest_digest: Option<Digest>,
    /// Those of its config and of the indexes that lead to it; `None` where these are not known.
    pub other_digests: Option<Vec<Digest>>,
    /// From the bottom.
    pub diff_ids: Vec<Digest>,
    /// The digest that its own labels name.
    pub passes_on: Option<String>,
}

/// Holds an image that is said to be the base against the image's layers.
#[must_use]
pub fn named_says(named: &Named, diff_ids: &[Digest]) -> BaseEvidence {
    let Named { reference, name, manifest_digest, other_digests, diff_ids: base, passes_on } = named;
    let evidence = |words: String| BaseEvidence::new(EvidenceKind::Named, Confidence::High, words);
    if base.is_empty() || base.len() > diff_ids.len() || !diff_ids.starts_with(base) {
        let shared = base.iter().zip(diff_ids).take_while(|(base, layer)| base == layer).count();
        let layers = if base.len() == 1 {
            "its layer is".to_owned()
        } else {
            format!("{shared} of its {} layers are", base.len())
        };
        let not = if base.len() == 1 { " not" } else { "" };
        let against = format!("{reference} is not the base: {layers}{not} at the bottom of this image");
        return BaseEvidence { against: Some(against.clone()), ..evidence(format!("--base: {against}")) };
    }
    let count = base.len();
    let layers = if count == 1 {
        "its layer is the image's lowest".to_owned()
    } else {
        format!("its {count} layers are the image's lowest")
    };
    BaseEvidence {
        name: Some(name.clone().unwrap_or_else(|| reference.clone())),
        digest: manifest_digest.map(|digest| digest.to_string()),
        layers: Some(count),
        digests: other_digests.iter().flatten().chain(manifest_digest).map(Digest::to_string).collect(),
        passes_on: passes_on.clone(),
        ..evidence(format!("--base {reference}: {layers}"))
    }
}

/// What a Dockerfile says of the image that was built with it.
#[must_use]
pub fn dockerfile_says(path: &str, dockerfile: &Dockerfile, config: &ImageConfig) -> BaseEvidence {
    let evidence = |confidence, words: String| BaseEvidence::new(EvidenceKind::Dockerfile, confidence, words);
    let Some(build) = dockerfile.build(None, &BTreeMap::new()) else {
        return evidence(Confidence::Low, format!("{path} has no FROM"));
    };
    let matched = build.matched(config);
    let (confidence, layers, against) = match matched {
        Matched::Layers(layers) => (Confidence::High, Some(layers), None),
        Matched::Unknown => (Confidence::Low, None, None),
        Matched::No => {
            (Confidence::Low, None, Some(format!("{path}: the image's history does not end in its instructions")))
        }
    };
    let fit = match matched {
        Matched::Layers(_) => "the image's history ends in its instructions",
        Matched::Unknown => "the image's history does not tell whether it was built with it",
        Matched::No => "but the image's history does not end in its instructions",
    };
    let Build { base, from, .. } = &build;
    let Some(base) = base else {
        let words = format!("{path}: FROM {from}, a variable that only the build knew; {fit}");
        return BaseEvidence { layers, against, ..evidence(confidence, words) };
    };
    // A Dockerfile that made another image says nothing of this one.
    if against.is_some() {
        return BaseEvidence { against, ..evidence(confidence, format!("{path}: FROM {from}; {fit}")) };
    }
    let digest = digest_of(base).map(str::to_owned);
    let is_scratch = build.is_scratch();
    BaseEvidence {
        name: Some(base.split('@').next().unwrap_or_default().to_owned()),
        pinned: (!is_scratch).then_some(digest.is_some()),
        digest,
        layers: if is_scratch { layers.map(|_| 0) } else { layers },
        ..evidence(confidence, format!("{path}: FROM {from}; {fit}"))
    }
}
