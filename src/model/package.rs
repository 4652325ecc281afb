//! Installed packages and the files they own.

use std::fmt;

use serde::Serialize;

use super::{Digest, ImagePath, Md5};

/// Which package manager installed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    Deb,
    Pypi,
}

impl Ecosystem {
    /// The word used in reports, after the purl types.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Pypi => "pypi",
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The source package a binary package was built from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePackage {
    pub name: String,
    pub version: String,
}

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub ecosystem: Ecosystem,
    /// As its own metadata writes it.
    pub name: String,
    /// What two sides are matched by: the name, normalised as its ecosystem does.
    pub key: String,
    pub version: String,
    /// Debian architecture.
    pub arch: Option<String>,
    /// For Python: the site directory it is installed in.
    pub location: Option<ImagePath>,
    /// For a Python distribution that a deb owns: `deb:python3-pip`.
    pub owner: Option<String>,
    pub source: Option<SourcePackage>,
    /// Bytes of its files as they stand in the image.
    pub size: u64,
    /// For dpkg: installed as a dependency (`Some(true)`) or on request. For Python: `Some(false)` when REQUESTED exists.
    pub automatic: Option<bool>,
    /// For dpkg: the state, when it is anything but a clean `install ok installed`.
    pub state: Option<String>,
    /// For Python: who installed it (INSTALLER).
    pub installer: Option<String>,
    /// For Python: what `direct_url.json` pins it to (a URL with a commit, a hash, or `editable`).
    pub origin: Option<String>,
    /// One line of description.
    pub summary: Option<String>,
    /// Where its project tells what changed, or its home page, as its metadata has it; never followed.
    pub link: Option<String>,
    /// What it needs to be installed, without what only an extra or another platform needs.
    pub requires: Vec<Requirement>,
    /// For dpkg: further names that it answers to.
    pub provides: Vec<Box<str>>,
    /// For dpkg: packages whose files it may take over (`Replaces`), by name.
    pub replaces: Vec<Box<str>>,
    /// The files it owns, sorted by path, as they stand in the image (usr-merge and diversions applied).
    pub files: Vec<OwnedFile>,
    /// The layer in which it arrived in this version: where successive databases first have it so.
    pub layer: u32,
    /// The first of its records that is not as it was when the package arrived: such a record proves nothing.
    pub touched: Option<Touched>,
}

/// A package's record (list, md5sums, conffiles, RECORD) that was changed after the package arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub path: ImagePath,
    /// The layer whose bytes are there now.
    pub layer: u32,
    /// For a list that only lost rows, as dpkg's do for files that another package takes over: what it named. What it
    /// still names is what it named when the package arrived.
    pub lost: Option<Vec<ImagePath>>,
}

impl Package {
    /// Whether what its record says of a file was said when it arrived.
    #[must_use]
    pub fn vouches(&self) -> bool {
        self.touched.as_ref().is_none_or(|touched| touched.lost.is_some())
    }
}

/// The keys of the packages of which one is enough; mostly it is one.
pub type Requirement = Vec<Box<str>>;

/// One file that a package says it owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedFile {
    pub path: ImagePath,
    pub recorded: RecordedHash,
    pub role: Role,
}

/// What a package records of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedHash {
    None,
    Md5(Md5),
    Sha256(Digest),
}

/// What a file is to its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Shipped by the package.
    Plain,
    /// A dpkg conffile, which an administrator may edit.
    Conffile,
    /// dpkg's own record of the package: `/var/lib/dpkg/info/PKG.*`.
    Record,
    /// A Python installer's own notes: RECORD, INSTALLER, REQUESTED, `direct_url.json`.
    InstallerNote,
    /// A console script that a Python installer wrote.
    Script,
    /// Beside a distribution's metadata, though its RECORD does not name it.
    Unlisted,
}

/// How a package moved from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageMove {
    Added,
    Removed,
    Upgraded,
    Downgraded,
    /// The same version built again: a binNMU, or another commit or hash behind a direct URL.
    Rebuilt,
}

impl PackageMove {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Rebuilt => "rebuilt",
        }
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Upgraded => '^',
            Self::Downgraded => 'v',
            Self::Rebuilt => '=',
        }
    }
}

impl fmt::Display for PackageMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl RecordedHash {
    /// The digits of the hash, without its algorithm; empty without a hash.
    #[must_use]
    pub fn hex(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Md5(md5) => md5.to_string(),
            Self::Sha256(sha256) => sha256.hex(),
        }
    }

    /// `md5` or `sha256`.
    #[must_use]
    pub fn algorithm(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Md5(_) => Some("md5"),
            Self::Sha256(_) => Some("sha256"),
        }
    }
}

impl Package {
    /// `deb:libc6` or `pypi:numpy`: how other rows name this package.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}:{}", self.ecosystem, self.name)
    }
}
