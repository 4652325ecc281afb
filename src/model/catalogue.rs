//! All rules by which a difference is called harmless, as the program tells of them.

use std::sync::Arc;

/// What varies from build to build or is derived, and what of that is not known how to tell.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// In the order in which they are asked: masks, the user's own rules, those that ship with the program.
    pub rules: Vec<KnownRule>,
    /// What is known to vary and has no rule.
    pub missing: Vec<MissingRule>,
}

/// One mask or path rule.
#[derive(Debug, Clone)]
pub struct KnownRule {
    pub name: Arc<str>,
    /// The user's file that it stands in; `None` for what ships with the program.
    pub file: Option<Arc<str>>,
    pub kind: RuleKind,
    /// The globs, or in words which files a mask reads.
    pub covers: Vec<String>,
    /// What the files are derived from: globs, and packages as `deb:NAME`.
    pub inputs: Vec<String>,
    /// Whether it says nothing of a file unless it can prove it.
    pub proven: bool,
    pub cause: Arc<str>,
    /// What the Dockerfile can do about it.
    pub fix: Option<Arc<str>>,
}

/// What a rule goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// The bytes: equal on both sides once what varies is masked.
    Mask,
    /// The path.
    Path,
    /// The path, and that something moved which the file is derived from.
    Generated,
    /// The path, since the user does not want to hear of it.
    Ignore,
}

impl RuleKind {
    pub const ALL: [Self; 4] = [Self::Mask, Self::Path, Self::Generated, Self::Ignore];

    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Path => "path",
            Self::Generated => "generated",
            Self::Ignore => "ignore",
        }
    }

    /// What rests on rules of this kind, for a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Mask => "Proven by a mask: equal on both sides once what varies is taken out",
            Self::Path => "Likely by the path: files that nobody may execute and that no package accounts for",
            Self::Generated => "Generated: explained when something moved that the file is derived from",
            Self::Ignore => "Ignored at the user's wish",
        }
    }
}

/// Something that varies and has no rule of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRule {
    /// The files and what varies in them.
    pub what: String,
    /// Why there is no rule, and what such a difference is called instead.
    pub why: String,
}
