//! Lock files: what a project wrote down of its dependencies, and how exactly.

use super::ImagePath;

/// A file of an image that names a project's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    pub path: ImagePath,
    /// The format's name: `requirements`, `poetry.lock`, `pylock.toml`.
    pub format: &'static str,
    /// In the file's order.
    pub entries: Vec<LockEntry>,
    /// Whether it claims to name everything that gets installed.
    pub complete: bool,
    /// Whether an installer refuses what has no hash in it.
    pub needs_hashes: bool,
    /// What a reader does to write it anew with hashes; empty where its format knows none.
    pub remedy: &'static str,
    /// Other files that it takes in (`-r`, `-c`), as its lines name them.
    pub includes: Vec<String>,
}

/// One dependency in a lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockEntry {
    pub manager: LockManager,
    /// As written.
    pub name: String,
    /// The name, normalised as its ecosystem does.
    pub key: String,
    /// The one version that is allowed.
    pub version: Option<String>,
    /// What else is said of the version: `>=1.2,<2`; empty when nothing is.
    pub specifier: String,
    /// Each once, sorted.
    pub hashes: Vec<LockHash>,
    /// Files that are listed without a hash.
    pub unhashed: usize,
    pub origin: LockOrigin,
    /// The environment marker (PEP 508) that it is needed under.
    pub marker: Option<String>,
    /// What it is needed for, when a plain installation leaves it out: `extra cli`, `group dev`.
    pub only_for: Option<String>,
}

/// Which kind of package an entry names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockManager {
    #[default]
    Pypi,
    Conda,
}

impl LockManager {
    /// The word used in reports, after the purl types.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pypi => "pypi",
            Self::Conda => "conda",
        }
    }
}

/// A hash of one of the files that an entry may be installed from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockHash {
    /// The file's name, where the format tells it.
    pub file: Option<String>,
    /// `sha256:hex`.
    pub hash: String,
}

impl LockHash {
    /// `sha256`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.hash.split_once(':').map_or("", |(algorithm, _)| algorithm)
    }
}

/// Where an entry's files come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LockOrigin {
    #[default]
    Index,
    /// An archive at this URL.
    Url(String),
    /// A repository: `git+https://host/path`, and the commit where one is named in full.
    Vcs { url: String, commit: Option<String> },
    /// A file or directory beside the lock file.
    Path(String),
    /// The project that the file locks.
    Project,
}

impl LockOrigin {
    /// In words; `None` for an index, which is what is usual.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Index => None,
            Self::Vcs { url, commit: Some(commit) } => Some(format!("{url}@{commit}")),
            Self::Url(place) | Self::Vcs { url: place, commit: None } | Self::Path(place) => Some(place.clone()),
            Self::Project => Some("the project itself".to_owned()),
        }
    }
}

impl LockEntry {
    /// `pypi:numpy`: how other rows name what it locks.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}:{}", self.manager.as_str(), self.name)
    }

    /// Whether one version, known bytes or one origin is all that it allows.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        match &self.origin {
            LockOrigin::Index => self.version.is_some() || !(self.hashes.is_empty() || self.lacks_hash()),
            LockOrigin::Vcs { commit, .. } => commit.is_some(),
            LockOrigin::Url(_) | LockOrigin::Path(_) | LockOrigin::Project => true,
        }
    }

    /// Whether files may be installed for it that no hash was written down of. A commit is one; a directory has none.
    #[must_use]
    pub fn lacks_hash(&self) -> bool {
        matches!(self.origin, LockOrigin::Index | LockOrigin::Url(_)) && (self.hashes.is_empty() || self.unhashed > 0)
    }

    /// The version or what is said of it, and where it comes from: `1.26.4`, `>=1.2 from https://host/x.zip`.
    #[must_use]
    pub fn wanted(&self) -> String {
        let version = self.version.as_deref().unwrap_or(&self.specifier);
        match (version, self.origin.words()) {
            ("", None) => "any version".to_owned(),
            ("", Some(origin)) => origin,
            (version, None) => version.to_owned(),
            (version, Some(origin)) => format!("{version} from {origin}"),
        }
    }

    /// When it is needed, where that is not always.
    #[must_use]
    pub fn condition(&self) -> Option<String> {
        match (&self.only_for, &self.marker) {
            (None, None) => None,
            (Some(only_for), None) => Some(only_for.clone()),
            (None, Some(marker)) => Some(marker.clone()),
            (Some(only_for), Some(marker)) => Some(format!("{only_for}; {marker}")),
        }
    }

    /// Sorts the hashes, each once.
    pub fn settle(&mut self) {
        self.hashes.sort();
        self.hashes.dedup();
    }
}
