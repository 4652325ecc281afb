//! One image looked at on its own, and what a search in it finds.

use std::sync::Arc;

use super::{Checklist, FileAt, Finding, Gap, ImageFacts, ImagePath, LockFile, Package, RuleFileUse};

/// What `inspect` shows of one image.
#[derive(Debug, Clone)]
pub struct Inspection {
    pub facts: ImageFacts,
    /// By ecosystem, then name, then architecture, then location.
    pub packages: Vec<Arc<Package>>,
    /// Every path in byte order, when the files were asked for.
    pub files: Option<Vec<FileOf>>,
    /// In byte order of path.
    pub locks: Vec<Arc<LockFile>>,
    pub findings: Vec<Finding>,
    pub checklist: Checklist,
    pub warnings: Vec<String>,
    /// What is not known of it.
    pub gaps: Vec<Gap>,
    /// The user's own files of rules, and how many paths they name.
    pub rule_files: Vec<RuleFileUse>,
    /// What a reviewer marked; only in the explorer's exports.
    pub marked: Vec<Marked>,
}

/// A row that a reviewer marked, in words. The texts come from the images as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// `file`, `package`, ...
    pub kind: &'static str,
    /// What the row is about: a path, `deb:openssl`.
    pub name: String,
    /// What is to be said of it.
    pub what: String,
    /// Empty for a mark without a word.
    pub note: String,
}

/// One path of an image.
#[derive(Debug, Clone)]
pub struct FileOf {
    pub path: ImagePath,
    pub file: FileAt,
    /// The package that owns it: `deb:libc6`.
    pub owner: Option<Arc<str>>,
}

/// What a search in one image found.
#[derive(Debug, Clone)]
pub struct SearchResult {
    /// As the user typed it: a path, `sha256:HEX` or a package.
    pub query: String,
    /// The packages of that name, or those that own a file found.
    pub packages: Vec<Arc<Package>>,
    /// In byte order of path.
    pub files: Vec<Found>,
}

/// One file found.
#[derive(Debug, Clone)]
pub struct Found {
    pub path: ImagePath,
    pub file: FileAt,
    /// The package that owns it: `deb:libc6`.
    pub owner: Option<Arc<str>>,
    /// The instruction that made the file's layer, from the config's history.
    pub instruction: Option<String>,
}
