//! What builders say of their build: `BuildKit`'s provenance, and the `buildinfo` that it wrote before.
//!
//! Both list every image that the build took from: the base, those of other stages, the frontend. Which of them is the
//! base is told by the Dockerfile, where the provenance holds it, or because only one is left. Nothing is guessed.

use super::dockerfile::{Build, Dockerfile, Matched};
use super::names::{digest_of, same_name};
use crate::model::{BaseEvidence, BuildSource, Confidence, EvidenceKind, ImageConfig};
use crate::oci::{Provenance, read_provenance};

const ARGUMENT: &str = "build-arg:";

/// A builder's statement, and what the Dockerfile in it comes to.
pub(in crate::snapshot) struct Told {
    pub(in crate::snapshot) provenance: Provenance,
    pub(in crate::snapshot) build: Option<Build>,
}

/// The first provenance that can be read.
pub(in crate::snapshot) fn read(attestations: &[Vec<u8>]) -> Option<Told> {
    let provenance = attestations.iter().find_map(|bytes| read_provenance("provenance", bytes).ok().flatten())?;
    let arguments = provenance
        .arguments
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(ARGUMENT)?.to_owned(), value.clone())))
        .collect();
    let target = provenance.arguments.get("target").map(String::as_str);
    let dockerfile = provenance.dockerfile.as_deref().and_then(|text| Dockerfile::parse(text).ok());
    let build = dockerfile.and_then(|dockerfile| dockerfile.build(target, &arguments));
    Some(Told { provenance, build })
}

/// What the first readable provenance says.
pub(super) fn says(attestations: &[Vec<u8>], config: &ImageConfig) -> Option<BaseEvidence> {
    let Told { provenance, build } = read(attestations)?;
    let Provenance { version, sources, arguments, .. } = &provenance;
    let frontend = arguments.get("source").map(String::as_str);
    let sources: Vec<&BuildSource> =
        sources.iter().filter(|source| frontend.is_none_or(|frontend| !same_name(frontend, &source.name))).collect();
    let what = format!("BuildKit's provenance (SLSA {version})");
    let Some(build) = build else { return Some(one_of(EvidenceKind::Provenance, &what, &sources)) };
    let layers = match build.matched(config) {
        Matched::Layers(layers) => Some(layers),
        Matched::Unknown | Matched::No => None,
    };
    if build.is_scratch() {
        let words = format!("{what}, by the Dockerfile in it: built from scratch");
        let said = BaseEvidence::new(EvidenceKind::Provenance, Confidence::High, words);
        return Some(BaseEvidence { name: Some("scratch".to_owned()), layers: Some(0), ..said });
    }
    let named = build.base.as_ref().and_then(|base| {
        let digest = digest_of(base);
        let is_it = |source: &&&BuildSource| {
            same_name(base, &source.name) && (digest.is_none() || source.digest.as_deref() == digest)
        };
        sources.iter().find(is_it).copied()
    });
    let Some(source) = named else {
        return Some(BaseEvidence { layers, ..one_of(EvidenceKind::Provenance, &what, &sources) });
    };
    let words = format!("{what}, by the Dockerfile in it: {}", source.name);
    Some(BaseEvidence { layers, ..of(EvidenceKind::Provenance, words, source) })
}

/// What the config's `moby.buildkit.buildinfo.v1` says.
pub(super) fn build_info_says(config: &ImageConfig) -> Option<BaseEvidence> {
    // Frontends are images of the builder's own publisher.
    let is_frontend = |source: &&BuildSource| {
        ["docker/dockerfile", "docker/dockerfile-upstream"]
            .iter()
            .any(|frontend| source.name.trim_start_matches("docker.io/").split([':', '@']).next() == Some(*frontend))
    };
    let sources: Vec<&BuildSource> = config.build_sources.iter().filter(|source| !is_frontend(source)).collect();
    let what = "the config's moby.buildkit.buildinfo.v1";
    (!config.build_sources.is_empty()).then(|| one_of(EvidenceKind::BuildInfo, what, &sources))
}

/// The only one there is; of several none, but their names.
fn one_of(kind: EvidenceKind, what: &str, sources: &[&BuildSource]) -> BaseEvidence {
    match sources {
        [] => BaseEvidence::new(kind, Confidence::Low, format!("{what} names no base image")),
        [only] => of(kind, format!("{what}: {}", only.name), only),
        several => {
            let names: Vec<&str> = several.iter().map(|source| source.name.as_str()).collect();
            let words = format!("{what} does not tell which of these is the base: {}", names.join(", "));
            BaseEvidence::new(kind, Confidence::Low, words)
        }
    }
}

fn of(kind: EvidenceKind, words: String, source: &BuildSource) -> BaseEvidence {
    let digest = source.digest.clone().or_else(|| digest_of(&source.name).map(str::to_owned));
    let name = source.name.split('@').next().unwrap_or_default().to_owned();
    BaseEvidence { name: Some(name), digest, pinned: source.pinned, ..BaseEvidence::new(kind, Confidence::High, words) }
}
