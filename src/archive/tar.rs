//! A tar reader that reads as the engines do: PAX records by their length field, GNU long names, sparse files.

use std::io::Read;

use super::Limits;

/// What a tar entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TarKind {
    File,
    Hardlink,
    Symlink,
    CharDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// One entry's header, PAX and GNU extensions applied. Names are raw bytes, as written.
#[derive(Debug, Clone)]
pub struct TarEntry {
    pub path: Vec<u8>,
    pub kind: TarKind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Bytes of content as a reader of the file sees them (holes of a sparse file included).
    pub size: u64,
    /// Whole seconds.
    pub mtime: i64,
    /// Target of a hardlink or symlink.
    pub link: Vec<u8>,
    /// Major and minor.
    pub device: (u32, u32),
    /// `SCHILY.xattr.*`, prefix cut off, in the order written.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the content starts in the (uncompressed) tar stream; meaningful when not sparse.
    pub offset: u64,
    /// Whether the content is stored sparse, so that `offset` alone does not find it.
    pub sparse: bool,
}

/// What is wrong with a tar stream.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("at byte {offset}: {what}")]
    Malformed { offset: u64, what: String },
    #[error("at byte {offset}: {what} of {found}; the limit is {limit}")]
    Limit { offset: u64, what: &'static str, found: u64, limit: u64 },
}

/// Reads entries one after another; the content of the current entry is read through [`Read`].
pub struct TarReader<R> {
    _inner: R,
}

impl<R: Read> TarReader<R> {
    /// Reads a tar stream from its first byte.
    pub fn new(_inner: R, _limits: &Limits) -> Self {
        unimplemented!()
    }

    /// The next entry, or `None` at the end of the archive. Unread content of the last entry is skipped.
    ///
    /// # Errors
    /// When the stream ends early, a header is malformed or a limit is exceeded.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, TarError> {
        unimplemented!()
    }
}

impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, _buffer: &mut [u8]) -> std::io::Result<usize> {
        unimplemented!()
    }
}
