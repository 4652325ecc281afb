//! One file of an image, as a layer's tar entry describes it.

use std::fmt;
use std::sync::Arc;

use super::text::visible;
use super::{Digest, Md5};

/// What a path is. Hard links are not a kind: a hard link has the kind and content of what it links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Directory,
    File,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
}

impl Kind {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
            Self::Symlink => "symlink",
            Self::CharDevice => "char-device",
            Self::BlockDevice => "block-device",
            Self::Fifo => "fifo",
        }
    }

    /// The letter `ls -l` puts first.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Directory => 'd',
            Self::File => '-',
            Self::Symlink => 'l',
            Self::CharDevice => 'c',
            Self::BlockDevice => 'b',
            Self::Fifo => 'p',
        }
    }
}

/// Name and value of one extended attribute.
pub type Xattr = (Box<[u8]>, Box<[u8]>);

/// One file, directory or other inode of an image. No path: one inode may have several names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky: `mode & 0o7777`.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Bytes of content; 0 for anything but a regular file.
    pub size: u64,
    /// Whole seconds since the epoch.
    pub mtime: i64,
    /// The target of a symlink, as written.
    pub link: Option<Box<[u8]>>,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
    /// Extended attributes sorted by name, names without the `SCHILY.xattr.` of the PAX record.
    pub xattrs: Box<[Xattr]>,
    /// Present exactly for regular files.
    pub content: Option<Content>,
}

/// What is known of a regular file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub sha256: Digest,
    /// Where a mask applies: the digest of the bytes once what varies is masked.
    pub masked: Option<Box<Masked>>,
    /// Where it was computed in passing, for dpkg's md5sums.
    pub md5: Option<Md5>,
    /// The header of compiled Python.
    pub pyc: Option<PycHeader>,
    /// Of Python: the words of a source, or those that compiled code needs its source to have, as hashes in order.
    pub words: Option<Box<[u32]>>,
    /// What the first bytes make of it.
    pub form: Form,
}

/// What a file's first bytes make of it, whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    #[default]
    Other,
    /// The kernel runs it, or a loader maps it: an ELF file, or one that starts with `#!`.
    Program,
    /// A Debian package: an ar archive whose first member is `debian-binary` (deb(5)).
    Deb,
}

impl Form {
    /// The form of a file that starts with `head`.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        if head.starts_with(b"#!") || head.starts_with(b"\x7fELF") {
            Self::Program
        } else if head.starts_with(b"!<arch>\ndebian-binary") {
            Self::Deb
        } else {
            Self::Other
        }
    }
}

/// The digest of a file's bytes with what varies from build to build masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The mask's name in `nondeterminism::MASKS`.
    pub mask: &'static str,
    pub digest: Digest,
    /// What was masked, for whoever asks what the two contents differ in; compiled Python's is in its header.
    pub hidden: Box<[Hidden]>,
}

/// One thing that a mask took out of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// A word or two: `time`, `build id`.
    pub what: Box<str>,
    /// What stood there, in words that are safe to show.
    pub value: Box<str>,
}

impl Hidden {
    /// Rows of one file.
    pub const MOST: usize = 8;
    /// Characters of one value.
    const LONGEST: usize = 120;

    /// The value is made visible and cut to what a line holds.
    #[must_use]
    pub fn new(what: &str, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        let value: String = visible(&value).chars().take(Self::LONGEST).collect();
        Self { what: what.into(), value: value.into() }
    }
}

/// What stands in front of compiled Python, after PEP 552: the magic, a flags word (since 3.7) and either the source's
/// mtime and size (flags 0) or a hash of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PycHeader {
    /// The number that names the interpreter's version.
    pub magic: u16,
    pub flags: u32,
    /// Seconds, modulo 2^32, of the source's mtime; meaningless unless `flags` is 0.
    pub mtime: u32,
    /// Bytes, modulo 2^32, of the source; meaningless unless `flags` is 0.
    pub size: u32,
}

impl PycHeader {
    /// Whether a hash names the source, in place of its time and size.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the interpreter looks at the source before it runs the code.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.flags != 1
    }
}

impl FileEntry {
    pub const SETUID: u32 = 0o4000;
    pub const SETGID: u32 = 0o2000;

    /// An implied directory: named by no tar entry, needed by one below it.
    #[must_use]
    pub fn implied_directory() -> Self {
        Self {
            kind: Kind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: 0,
            link: None,
            device: None,
            xattrs: Box::default(),
            content: None,
        }
    }

    /// The SHA-256 of a regular file's bytes.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        self.content.as_ref().map(|content| content.sha256)
    }

    /// Whether both have the same kind, bytes, link target and device.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.sha256() == other.sha256()
            && self.link == other.link
            && self.device == other.device
    }

    /// Whether both have the same mode, owner and extended attributes.
    #[must_use]
    pub fn same_metadata(&self, other: &Self) -> bool {
        self.mode == other.mode && self.uid == other.uid && self.gid == other.gid && self.xattrs == other.xattrs
    }

    /// The value of an extended attribute.
    #[must_use]
    pub fn xattr(&self, name: &[u8]) -> Option<&[u8]> {
        self.xattrs.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value.as_ref())
    }

    /// Whether running this regular file can grant more than its caller has: setuid, setgid or file capabilities.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.kind == Kind::File
            && (self.mode & (Self::SETUID | Self::SETGID) != 0 || self.xattr(b"security.capability").is_some())
    }

    /// Whether this is a regular file that someone may execute.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.kind == Kind::File && self.mode & 0o111 != 0
    }
}

/// A file as one side of a comparison has it: the inode and the index of the layer it came from.
#[derive(Debug, Clone)]
pub struct FileAt {
    pub entry: Arc<FileEntry>,
    pub layer: u32,
}
