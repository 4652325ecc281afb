//! What was not read of an image, or could be read in more than one way, and could change an answer about it.

use super::{ImagePath, Side};

/// One thing that is not known of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    pub what: GapKind,
    /// One clause for a reader: what was found, and why it was not read.
    pub why: String,
    /// Where, absolute, in byte order, at most [`Gap::MOST_PATHS`]; empty where no path can be named.
    pub paths: Vec<String>,
    pub reach: Reach,
}

/// Which differences a gap may hide the meaning of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    Everything,
    /// What is in this directory.
    Below(ImagePath),
    /// None: only what explanations rest on is weaker.
    Proof,
}

/// A gap, and the image that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideGap {
    pub side: Side,
    pub gap: Gap,
    /// Whether the verdict could be another one without it; else it is worth no more than a note.
    pub decides: bool,
}

/// What kind of thing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// The archive holds more than one image for what was asked for.
    Archive,
    /// Entries of a layer were left out, or layers were not read.
    Entries,
    /// Attributes that stores apply differently: overlay's opaque, redirect and metacopy.
    Overlay,
    /// A file that a catalog needs is larger than what is kept.
    Content,
    /// A package database that is there was not read, or one that a lower layer had is gone.
    Database,
    /// Records of a database could not be parsed.
    Record,
    /// It is not known in which layer packages arrived.
    Arrival,
    /// Layers were taken on the word of others, without verifying them.
    Unverified,
}

impl Gap {
    /// Paths that one gap names.
    pub const MOST_PATHS: usize = 20;

    /// A gap without paths, that reaches as far as one of its kind can.
    #[must_use]
    pub fn new(what: GapKind, why: impl Into<String>) -> Self {
        let reach = if what == GapKind::Arrival { Reach::Proof } else { Reach::Everything };
        Self { what, why: why.into(), paths: Vec::new(), reach }
    }

    /// The same, naming where.
    #[must_use]
    pub fn at(self, paths: impl IntoIterator<Item = String>) -> Self {
        let mut paths: Vec<String> = paths.into_iter().collect();
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(Self::MOST_PATHS);
        Self { paths, ..self }
    }

    /// The same, reaching no further than this.
    #[must_use]
    pub fn reaching(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Whether files may differ that seem not to.
    #[must_use]
    pub fn covers_content(&self) -> bool {
        self.reach != Reach::Proof && self.what.covers_content()
    }

    /// Whether packages may differ that seem not to.
    #[must_use]
    pub fn covers_dependencies(&self) -> bool {
        self.reach != Reach::Proof && self.what.covers_dependencies()
    }
}

impl GapKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Archive,
        Self::Entries,
        Self::Overlay,
        Self::Content,
        Self::Database,
        Self::Record,
        Self::Arrival,
        Self::Unverified,
    ];

    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Entries => "entries",
            Self::Overlay => "overlay",
            Self::Content => "content",
            Self::Database => "database",
            Self::Record => "record",
            Self::Arrival => "arrival",
            Self::Unverified => "unverified",
        }
    }

    /// Whether files may differ that seem not to.
    #[must_use]
    pub fn covers_content(self) -> bool {
        matches!(self, Self::Archive | Self::Entries | Self::Overlay | Self::Unverified)
    }

    /// Whether packages may differ that seem not to.
    #[must_use]
    pub fn covers_dependencies(self) -> bool {
        self.covers_content() || matches!(self, Self::Content | Self::Database | Self::Record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_weakens_proof_leaves_both_digests_whole() {
        let arrival = Gap::new(GapKind::Arrival, "x");
        assert!(!arrival.covers_content() && !arrival.covers_dependencies());
        let record = Gap::new(GapKind::Record, "x");
        assert!(!record.covers_content() && record.covers_dependencies());
        assert!(!record.reaching(Reach::Proof).covers_dependencies());
        let entries = Gap::new(GapKind::Entries, "x");
        assert!(entries.covers_content() && entries.covers_dependencies());
    }

    #[test]
    fn paths_are_few_in_order_and_each_is_there_once() {
        let gap = Gap::new(GapKind::Entries, "x").at((0..50).rev().map(|at| format!("/{:02}", at / 2)));
        assert_eq!((gap.paths.len(), gap.paths[0].as_str(), gap.paths[19].as_str()), (Gap::MOST_PATHS, "/00", "/19"));
    }
}
