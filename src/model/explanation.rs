//! The words of the comparison: kinds of change, explanations, proofs, verdicts.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How one path differs between the two squashed file systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Added,
    Removed,
    /// Kind, bytes, link target or device.
    Content,
    /// Equal content, other mode, owner or extended attributes.
    Metadata,
    /// Nothing but the modification time, in whole seconds.
    Mtime,
}

impl Change {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Content => "content",
            Self::Metadata => "metadata",
            Self::Mtime => "mtime",
        }
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Content => '~',
            Self::Metadata => 'm',
            Self::Mtime => 't',
        }
    }

    /// What the word means, in one line for a reader who meets it first.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Added => "only on the right side",
            Self::Removed => "only on the left side",
            Self::Content => "other kind, bytes, link target or device",
            Self::Metadata => "other mode, owner or extended attributes",
            Self::Mtime => "nothing but another time",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a path differs. Every differing path has exactly one. Ordered from the calmest to the one a person must read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Explanation {
    /// Only the time differs.
    Mtime,
    /// Compiled Python of an equal source: its code is equal, however it was written, or only one side has it.
    Bytecode,
    /// Nondeterminism, proven by a mask or likely by its path.
    Noise,
    /// Derived from inputs that moved.
    Generated,
    /// Owned by a package that moved, and matching that package's own record.
    Package,
    /// Mode, owner or extended attributes, no privilege gained.
    Metadata,
    /// Nothing accounts for it.
    Unexplained,
    /// Owned by a package that did not move, yet different: the loudest alarm.
    SameVersion,
}

impl Explanation {
    /// All, from the one a person must read first to the calmest.
    pub const ALARMING_FIRST: [Self; 8] = [
        Self::SameVersion,
        Self::Unexplained,
        Self::Metadata,
        Self::Package,
        Self::Generated,
        Self::Noise,
        Self::Bytecode,
        Self::Mtime,
    ];

    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mtime => "mtime",
            Self::Bytecode => "bytecode",
            Self::Noise => "noise",
            Self::Generated => "generated",
            Self::Package => "package",
            Self::Metadata => "metadata",
            Self::Unexplained => "unexplained",
            Self::SameVersion => "same-version",
        }
    }

    /// One ASCII sign, for rows too narrow for the word.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::SameVersion => '!',
            Self::Unexplained => '?',
            Self::Metadata => 'm',
            Self::Package => 'p',
            Self::Generated => 'g',
            Self::Noise => 'n',
            Self::Bytecode => 'b',
            Self::Mtime => 't',
        }
    }

    /// What the word means, in one line for a reader who meets it first.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Mtime => "only the modification time differs",
            Self::Bytecode => "compiled Python of an equal source; its code is equal, or only one side has it",
            Self::Noise => "varies from build to build",
            Self::Generated => "derived from inputs that changed",
            Self::Package => "belongs to a package that moved, and matches its record",
            Self::Metadata => "mode, owner or extended attributes differ; content equal, no privilege gained",
            Self::Unexplained => "no package, rule or mask accounts for it: read these",
            Self::SameVersion => "its package did not move, yet its bytes or privileges differ: an alarm",
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an explanation rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The bytes match a hash that a package's record holds, and that record is as it was when the package arrived.
    Hash,
    /// A mask makes both contents equal.
    Mask,
    /// A file for which no hash is recorded, from the very layer in which its package arrived.
    Arrival,
    /// Recomputed from inputs that are equal or explained themselves.
    Derived,
    /// Bytecode whose header names its source and whose names stand in it.
    Header,
    /// Only the path is known: "likely".
    Path,
}

impl Proof {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Mask => "mask",
            Self::Arrival => "arrival",
            Self::Derived => "derived",
            Self::Header => "header",
            Self::Path => "path",
        }
    }

    /// Whether it shows the bytes to be what the explanation says, rather than makes it likely.
    #[must_use]
    pub fn is_certain(self) -> bool {
        matches!(self, Self::Hash | Self::Mask | Self::Arrival | Self::Derived)
    }
}

/// The one word for a comparison, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Same manifest digest or same config digest.
    Identical,
    /// Same packages, same runtime config, and every differing file is time, bytecode, noise or generated.
    ContentEquivalent,
    /// Same packages at the same versions, no alarm; other files or the runtime config differ.
    DependencyEquivalent,
    /// A package moved, a file differs behind an unmoved package, or rights were loosened.
    Drifted,
    /// Something that was not read could change the answer.
    Unknown,
}

impl Verdict {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::ContentEquivalent => "content-equivalent",
            Self::DependencyEquivalent => "dependency-equivalent",
            Self::Drifted => "drifted",
            Self::Unknown => "unknown",
        }
    }

    /// What the word means, for a manager.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Identical => "the same image",
            Self::ContentEquivalent => "a faithful rebuild: only what each build makes anew differs",
            Self::DependencyEquivalent => "the same packages; other files or the configuration differ",
            Self::Drifted => "packages moved, or files changed behind an unmoved package",
            Self::Unknown => "something that was not read could change the answer",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Identical, Self::ContentEquivalent, Self::DependencyEquivalent, Self::Drifted, Self::Unknown]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a verdict"))
    }
}
