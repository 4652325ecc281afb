//! What an image was built from, and what says so.

use serde::Serialize;

/// The image that another was built from, as far as the evidence tells. What is not known is `None`, never a guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseImage {
    /// `scratch` where it was built from nothing.
    pub name: Option<String>,
    /// `sha256:HEX`, of the base's manifest or of the index that it was chosen from.
    pub digest: Option<String>,
    /// How many of the image's layers belong to the base, where that is known.
    pub layers: Option<usize>,
    /// How sure `layers` is; `None` where it is not known.
    pub layers_confidence: Option<Confidence>,
    /// Whether the base was pinned by digest; `None` when nothing tells.
    pub pinned: Option<bool>,
    /// All that says something of the base, strongest first.
    pub evidence: Vec<BaseEvidence>,
    /// How sure the name and the digest are; where neither is known, the boundary.
    pub confidence: Confidence,
    /// What of the evidence cannot all be true.
    pub contradictions: Vec<String>,
}

/// One thing that says something of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseEvidence {
    pub kind: EvidenceKind,
    pub confidence: Confidence,
    /// What it says, for a reader.
    pub words: String,
    pub name: Option<String>,
    pub digest: Option<String>,
    pub layers: Option<usize>,
    pub pinned: Option<bool>,
    /// What the image itself holds against it.
    pub against: Option<String>,
    /// Of an image that is shown to be the base by its layers: every digest it goes by, its manifest's and those of the
    /// indexes that lead there; empty where not all are known.
    pub digests: Vec<String>,
    /// The digest that it names in labels of its own, which the image inherits.
    pub passes_on: Option<String>,
}

/// The kinds of evidence, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// An image that the user names, held against the image's layers.
    Named,
    /// A Dockerfile that the user names.
    Dockerfile,
    /// The image that this one is compared with is the lowest part of it.
    OtherImage,
    /// Annotations of the manifest.
    Annotations,
    /// A builder's provenance.
    Provenance,
    /// What `BuildKit` wrote into configs before it wrote provenance.
    BuildInfo,
    /// The label of the buildpacks' lifecycle.
    Buildpacks,
    /// A history comment of buildah.
    Buildah,
    /// Layers that both images of a comparison have.
    SharedLayers,
    /// Where the history seems to change hands.
    History,
    /// Labels, which an image inherits.
    Labels,
    /// os-release.
    Distro,
}

/// How far evidence can be relied on, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A rule of thumb: right for most images.
    Low,
    /// Written by a builder or a person, and not tied to the image's bytes.
    Medium,
    /// Tied to the image by digests, or written by the builder for this very purpose.
    High,
}

impl Confidence {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl BaseEvidence {
    /// Evidence that says nothing but its words, until more is said.
    #[must_use]
    pub fn new(kind: EvidenceKind, confidence: Confidence, words: impl Into<String>) -> Self {
        Self {
            kind,
            confidence,
            words: words.into(),
            name: None,
            digest: None,
            layers: None,
            pinned: None,
            against: None,
            digests: Vec::new(),
            passes_on: None,
        }
    }
}

impl BaseImage {
    /// Whether it is known which image it is.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        self.name.is_some() || self.digest.is_some()
    }

    /// `NAME@DIGEST`, as much of it as is known; a name that holds the digest already stands alone.
    #[must_use]
    pub fn reference(&self) -> Option<String> {
        match (&self.name, &self.digest) {
            (Some(name), Some(digest)) if !name.contains('@') => Some(format!("{name}@{digest}")),
            (Some(name), _) => Some(name.clone()),
            (None, Some(digest)) => Some(digest.clone()),
            (None, None) => None,
        }
    }

    /// What each piece of evidence says.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.evidence.iter().map(|evidence| evidence.words.as_str())
    }
}
