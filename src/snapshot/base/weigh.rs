//! What all pieces of evidence come to together.

use super::names::{digest_of, same_name};
use crate::model::{BaseEvidence, BaseImage, Confidence, EvidenceKind};

/// The base by the strongest evidence for each of its parts; `None` without any evidence. Evidence that speaks of
/// another image than the one it is taken to be adds nothing but a contradiction.
#[must_use]
pub fn weigh(mut evidence: Vec<BaseEvidence>) -> Option<BaseImage> {
    evidence.sort_by_key(|evidence| evidence.kind);
    let contradictions = contradictions(&evidence);
    let believed = || evidence.iter().filter(|evidence| evidence.kind != EvidenceKind::Labels);
    let first = believed().find(|evidence| evidence.name.is_some());
    // What the build called it says more than the file that it was shown by.
    let named = first.map(|first| believed().find(|other| is_one_by_bytes(first, other)).unwrap_or(first));
    let name = named.and_then(|named| named.name.clone());
    let of_it = |evidence: &&BaseEvidence| match (&name, &evidence.name) {
        (Some(name), Some(other)) => {
            same_name(name, other) || first.is_some_and(|first| is_one_by_bytes(first, evidence))
        }
        _ => true,
    };
    let identity = believed().find(|evidence| evidence.name.is_some() || evidence.digest.is_some());
    let boundary = evidence.iter().find(|evidence| evidence.layers.is_some());
    let strongest = identity.or(boundary).or(evidence.first())?;
    Some(BaseImage {
        digest: believed().filter(of_it).find_map(|evidence| evidence.digest.clone()),
        layers: boundary.and_then(|evidence| evidence.layers),
        layers_confidence: boundary.map(|evidence| evidence.confidence),
        pinned: believed().filter(of_it).find_map(|evidence| evidence.pinned),
        confidence: if identity.is_some() || boundary.is_some() { strongest.confidence } else { Confidence::Low },
        contradictions,
        name,
        evidence,
    })
}

/// Whether `named`, which a builder names, is by its digest or its boundary the image that `shown` proves by its layers.
fn is_one_by_bytes(shown: &BaseEvidence, named: &BaseEvidence) -> bool {
    let digests = shown.digest.is_some() && shown.digest == named.digest;
    let boundaries = shown.layers.is_some() && shown.layers == named.layers && is_exact(named);
    is_by_layers(shown) && !is_by_layers(named) && named.name.is_some() && (digests || boundaries)
}

/// An image named by its layers may have other names too.
fn is_by_layers(evidence: &BaseEvidence) -> bool {
    matches!(evidence.kind, EvidenceKind::Named | EvidenceKind::OtherImage)
}

/// What cannot all be true: evidence that the image itself stands against, two names or two digests for one base, a digest
/// that is none of the image's that is shown to be the base, and two exact boundaries.
fn contradictions(evidence: &[BaseEvidence]) -> Vec<String> {
    let mut found: Vec<String> = evidence.iter().filter_map(|evidence| evidence.against.clone()).collect();
    for (at, one) in evidence.iter().enumerate() {
        found.extend(evidence.iter().skip(at + 1).filter_map(|other| contradiction(one, other)));
    }
    found
}

fn contradiction(one: &BaseEvidence, other: &BaseEvidence) -> Option<String> {
    let (words, others) = (source(one.kind), source(other.kind));
    let differ = |what: &str, one: &str, other: &str| Some(format!("{words} {what} {one}, {others} {other}"));
    if let (Some(left), Some(right)) = (one.layers, other.layers)
        && left != right
        && is_exact(one)
        && is_exact(other)
    {
        return Some(format!("{words} ends the base after {left} layers, {others} after {right}"));
    }
    if is_by_layers(one) || is_by_layers(other) {
        return against_proof(one, other).or_else(|| against_proof(other, one));
    }
    if one.kind == EvidenceKind::Labels || other.kind == EvidenceKind::Labels {
        return None;
    }
    match (&one.name, &other.name) {
        (Some(left), Some(right)) if !same_name(left, right) => return differ("names", left, right),
        _ => {}
    }
    match (&one.digest, &other.digest) {
        // Annotations may name the platform's manifest, where the others name the index.
        (Some(left), Some(right)) if left != right && is_as_resolved(one) && is_as_resolved(other) => {
            differ("has the digest", left, right)
        }
        _ => None,
    }
}

/// What `said` has against the image that its layers show to be the base: a digest that is none of that image's. Its name
/// may be another one, and labels may be those that the base passes on.
fn against_proof(shown: &BaseEvidence, said: &BaseEvidence) -> Option<String> {
    let digest = said.digest.as_deref().or_else(|| said.name.as_deref().and_then(digest_of))?;
    let is_inherited = said.kind == EvidenceKind::Labels && shown.passes_on.as_deref() == Some(digest);
    if !is_by_layers(shown) || is_by_layers(said) || is_inherited {
        return None;
    }
    let known = shown.digest.as_deref().filter(|_| !shown.digests.iter().any(|known| known == digest))?;
    // Where an index is not known, the digest may be its.
    let name = said.name.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
    (!shown.digests.is_empty()).then(|| {
        format!(
            "{}: the digest {digest}{name} is none of the base's that {} shows by its layers, which has {known}",
            source(said.kind),
            source(shown.kind)
        )
    })
}

/// Whether the boundary is one that can be told for sure.
fn is_exact(evidence: &BaseEvidence) -> bool {
    evidence.confidence > Confidence::Low || evidence.kind == EvidenceKind::Buildah
}

/// Whether the digest is the one that the name stood for when the image was built.
fn is_as_resolved(evidence: &BaseEvidence) -> bool {
    use EvidenceKind::{BuildInfo, Buildah, Dockerfile, Provenance};
    matches!(evidence.kind, Dockerfile | Provenance | BuildInfo | Buildah)
}

/// What contradictions call the evidence.
fn source(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Named => "--base",
        EvidenceKind::Dockerfile => "the Dockerfile",
        EvidenceKind::OtherImage => "the other image",
        EvidenceKind::Annotations => "the manifest's annotation",
        EvidenceKind::Provenance => "the provenance",
        EvidenceKind::BuildInfo => "the config's build info",
        EvidenceKind::Buildpacks => "the buildpacks' label",
        EvidenceKind::Buildah => "buildah's history comment",
        EvidenceKind::SharedLayers => "the shared layers",
        EvidenceKind::History => "the history",
        EvidenceKind::Labels => "the labels",
        EvidenceKind::Distro => "os-release",
    }
}
