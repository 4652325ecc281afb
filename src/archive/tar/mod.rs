//! A tar reader that reads as the engines do: PAX records by their length field, GNU long names, sparse files.
//!
//! The rules are those of Go's `archive/tar`, which Docker, containerd, podman and buildah read layers with, so that
//! no archive shows other files here than in an engine. Where engines refuse an archive, this reader either refuses it
//! too or reads what it plainly means (unknown type flags).
//!
//! Invariants that hold for any input, and that the tests and fuzz targets check:
//! - no panic, and memory bounded by the limits whatever the sizes in headers say;
//! - every call consumes input, ends the archive or fails, so reading an input of N bytes takes at most N / 512 + 1
//!   calls of [`TarReader::next_entry`];
//! - an entry's content yields exactly `size` bytes or an error;
//! - the result does not depend on how the input is cut into reads.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::string_slice))]

mod header;
mod pax;
mod sparse;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};

use super::Limits;
use header::{BLOCK, Block, Header};
use pax::Pax;
use sparse::{Next, Sparse};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarEntry {
    pub path: Vec<u8>,
    pub kind: TarKind,
    /// The type flag as written. Flags that no standard knows are read as files, as POSIX asks.
    pub flag: u8,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Bytes of content as a reader of the file sees them (holes of a sparse file included); 0 for what has none.
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

/// A header that is no entry here, and that engines take for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    pub flag: u8,
    /// The name that Go's reader gives it: of a global PAX header its own record's, else the header's.
    pub path: Vec<u8>,
}

/// Headers passed over that are kept between two entries: enough to name them, whatever an archive holds.
const MOST_PASSED_OVER: usize = 20;

/// What is wrong with a tar stream.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("at byte {offset}: {what}")]
    Malformed { offset: u64, what: String },
    #[error("at byte {offset}: {what} of {found}; the limit is {limit}")]
    Limit { offset: u64, what: &'static str, found: u64, limit: u64 },
}

/// Reads entries one after another; the content of the current entry is read through [`BufRead`] or [`Read`].
pub struct TarReader<R> {
    inner: R,
    /// Passes over bytes of `inner`; returns fewer only at its end.
    pass: fn(&mut R, u64) -> io::Result<u64>,
    /// Bytes of a seekable `inner`, which would seek beyond its end without a word.
    length: Option<u64>,
    limits: Limits,
    /// Bytes of `inner` consumed.
    position: u64,
    block: Block,
    body: Body,
    entries: u64,
    passed_over: Vec<PassedOver>,
    end: End,
}

/// The content of the current entry.
#[derive(Debug, Default)]
struct Body {
    /// Bytes in the stream not yet read.
    stored: u64,
    /// Bytes from there to the next block.
    padding: u64,
    sparse: Option<Sparse>,
}

/// How far the archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// The stream ended where an entry or the end-of-archive blocks should be.
    Missing,
    /// At least one zero block.
    Marked,
}

/// What the extension headers in front of an entry say.
#[derive(Debug, Default)]
struct Extensions {
    pax: Pax,
    long_name: Vec<u8>,
    long_link: Vec<u8>,
}

impl<R: BufRead> TarReader<R> {
    /// Reads a tar stream from its first byte. Give it a buffer of [`BUFFER_BYTES`](super::BUFFER_BYTES).
    pub fn new(inner: R, limits: &Limits) -> Self {
        Self::with(inner, limits, read_past, None)
    }

    fn with(inner: R, limits: &Limits, pass: fn(&mut R, u64) -> io::Result<u64>, length: Option<u64>) -> Self {
        Self {
            inner,
            pass,
            length,
            limits: limits.clone(),
            position: 0,
            block: [0; BLOCK],
            body: Body::default(),
            entries: 0,
            passed_over: Vec::new(),
            end: End::NotYet,
        }
    }

    /// The next entry, or `None` at the end of the archive. Unread content of the last entry is skipped.
    ///
    /// What follows the end of the archive is not read; a caller that needs the whole stream reads on from
    /// [`TarReader::into_inner`].
    ///
    /// # Errors
    /// When the stream ends early, a header is malformed or a limit is exceeded.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, TarError> {
        let mut extensions = Extensions::default();
        let mut extended = false;
        loop {
            self.skip_body()?;
            let start = self.position;
            let Some(header) = self.next_header()? else {
                if extended {
                    return Err(malformed(start, "the archive ends after an extension header"));
                }
                return Ok(None);
            };
            self.body = Body::of(header.size);
            extended = true;
            match header.flag {
                b'x' | b'X' => {
                    let records = self.special("a PAX header")?;
                    extensions.pax = Pax::parse(&records).map_err(|what| malformed(start, what))?;
                    if header.flag == b'X' {
                        self.pass_over(header, None);
                    }
                }
                b'L' => extensions.long_name = header::text(&self.special("a GNU long name")?).to_vec(),
                b'K' => extensions.long_link = header::text(&self.special("a GNU long link")?).to_vec(),
                // Its records apply to nothing in Go, but it is an entry there, with a name.
                b'g' => {
                    let records = self.special("a global PAX header")?;
                    let path = Pax::parse(&records).map_err(|what| malformed(start, what))?.path;
                    self.pass_over(header, path);
                    extensions = Extensions::default();
                    extended = false;
                }
                // Volume labels, continued files and old long names.
                b'V' | b'M' | b'N' => {
                    self.pass_over(header, None);
                    extensions = Extensions::default();
                    extended = false;
                }
                _ => return self.entry(header, extensions, start).map(Some),
            }
        }
    }

    /// Whether the archive ended with a zero block, as it should; a stream cut between two entries does not.
    pub fn is_terminated(&self) -> bool {
        self.end == End::Marked
    }

    /// The first headers passed over since the last call.
    pub fn take_passed_over(&mut self) -> Vec<PassedOver> {
        std::mem::take(&mut self.passed_over)
    }

    fn pass_over(&mut self, header: Header, path: Option<Vec<u8>>) {
        if self.passed_over.len() < MOST_PASSED_OVER {
            self.passed_over.push(PassedOver { flag: header.flag, path: path.unwrap_or(header.path) });
        }
    }

    /// Bytes of the tar stream consumed so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What follows what was read.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// The next header that is not zeros; `None` at the end of the archive.
    fn next_header(&mut self) -> Result<Option<Header>, TarError> {
        let start = self.position;
        if self.end != End::NotYet {
            return Ok(None);
        }
        if !self.read_block()? {
            self.end = End::Missing;
            return Ok(None);
        }
        if self.block.iter().all(|byte| *byte == 0) {
            // One zero block at the very end is enough.
            if self.read_block()? && self.block.iter().any(|byte| *byte != 0) {
                return Err(malformed(start, "a zero block within the archive"));
            }
            self.end = End::Marked;
            return Ok(None);
        }
        self.check("a layer", self.position, self.limits.layer_bytes)?;
        Header::parse(&self.block).map(Some).map_err(|what| malformed(start, what))
    }

    /// Applies the extensions to the header.
    fn entry(&mut self, mut header: Header, extensions: Extensions, start: u64) -> Result<TarEntry, TarError> {
        self.entries = self.entries.saturating_add(1);
        self.check("an entry count", self.entries, self.limits.entries)?;
        let Extensions { pax, long_name, long_link } = extensions;
        header.size = pax.size.unwrap_or(header.size);
        let path = longest_word(long_name, pax.path, std::mem::take(&mut header.path));
        let kind = kind(header.flag, &path);
        // The engines' reader takes no content after links, devices, directories and fifos, whatever size they claim.
        self.body = Body::of(if kind == TarKind::File || header.flag == DUMP_DIRECTORY { header.size } else { 0 });
        self.check("a layer", self.position.saturating_add(self.body.stored), self.limits.layer_bytes)?;
        if header.flag == DUMP_DIRECTORY {
            self.skip_body()?;
        }
        let mut entry = TarEntry {
            path,
            kind,
            flag: header.flag,
            mode: header.mode,
            uid: pax.uid.unwrap_or(header.uid),
            gid: pax.gid.unwrap_or(header.gid),
            size: self.body.stored,
            mtime: pax.mtime.unwrap_or(header.mtime),
            link: longest_word(long_link, pax.link, std::mem::take(&mut header.link)),
            device: header.device,
            xattrs: pax.xattrs.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            offset: self.position,
            sparse: false,
        };
        if kind == TarKind::File
            && let Some(size) = self.read_sparse_map(&header, &pax.sparse, start)?
        {
            entry.path = pax.sparse.name.unwrap_or(entry.path);
            entry.size = size;
            entry.offset = self.position;
            entry.sparse = true;
        }
        Ok(entry)
    }

    /// The content of an extension header, whole.
    fn special(&mut self, what: &'static str) -> Result<Vec<u8>, TarError> {
        let size = self.body.stored;
        self.check(what, size, self.limits.header_bytes)?;
        let mut content = Vec::new();
        self.inner.by_ref().take(size).read_to_end(&mut content)?;
        self.position = self.position.saturating_add(content.len() as u64);
        self.body.stored = size.saturating_sub(content.len() as u64);
        if self.body.stored > 0 {
            return Err(self.truncated(what));
        }
        Ok(content)
    }

    /// Fills the block; `false` when the stream ends right here.
    fn read_block(&mut self) -> Result<bool, TarError> {
        let mut filled = 0_usize;
        while let Some(rest) = self.block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.position = self.position.saturating_add(filled as u64);
        match filled {
            0 => Ok(false),
            BLOCK => Ok(true),
            _ => Err(self.truncated("a header")),
        }
    }

    fn skip_body(&mut self) -> Result<(), TarError> {
        let Body { stored, padding, .. } = std::mem::take(&mut self.body);
        let bytes = stored.saturating_add(padding);
        if bytes == 0 {
            return Ok(());
        }
        let left = self.length.map_or(u64::MAX, |length| length.saturating_sub(self.position));
        let passed = (self.pass)(&mut self.inner, bytes.min(left))?;
        self.position = self.position.saturating_add(passed);
        // A last entry whose padding is missing is whole nevertheless.
        if passed < stored {
            return Err(self.truncated("the content of an entry"));
        }
        Ok(())
    }

    fn check(&self, what: &'static str, found: u64, limit: u64) -> Result<(), TarError> {
        if found > limit {
            return Err(TarError::Limit { offset: self.position, what, found, limit });
        }
        Ok(())
    }

    fn truncated(&self, within: &str) -> TarError {
        malformed(self.position, format!("the archive ends within {within}"))
    }
}

impl<R: BufRead + Seek> TarReader<R> {
    /// As [`TarReader::new`], but contents that are not read are seeked over, so that a listing touches headers only.
    /// Offsets count from where `inner` stands. A small buffer is best: each seek beyond it refills it.
    ///
    /// # Errors
    /// When `inner` cannot seek.
    pub fn new_seek(mut inner: R, limits: &Limits) -> io::Result<Self> {
        let start = inner.stream_position()?;
        let end = inner.seek(SeekFrom::End(0))?;
        inner.seek(SeekFrom::Start(start))?;
        Ok(Self::with(inner, limits, seek_past, Some(end.saturating_sub(start))))
    }
}

/// The flag of a directory in a GNU incremental dump, whose content is a list of names.
const DUMP_DIRECTORY: u8 = b'D';

/// Zeros to read holes from.
static ZEROS: [u8; 16 << 10] = [0; 16 << 10];

impl<R: BufRead> BufRead for TarReader<R> {
    /// Content of the current entry without a copy; empty at its end. An early end of the stream is an error.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let wanted = match &self.body.sparse {
            None => self.body.stored,
            Some(sparse) => match sparse.next() {
                Next::End => 0,
                Next::Hole(bytes) => return Ok(at_most(&ZEROS, bytes)),
                Next::Stored(bytes) if self.body.stored > 0 => bytes.min(self.body.stored),
                Next::Stored(_) => return Err(early_end(self.position)),
            },
        };
        if wanted == 0 {
            return Ok(&[]);
        }
        let position = self.position;
        let filled = self.inner.fill_buf()?;
        if filled.is_empty() {
            return Err(early_end(position));
        }
        Ok(at_most(filled, wanted))
    }

    fn consume(&mut self, bytes: usize) {
        let stored = match &mut self.body.sparse {
            None => bytes as u64,
            Some(sparse) => sparse.advance(bytes as u64),
        };
        if stored > 0 {
            self.inner.consume(bytes);
            self.position = self.position.saturating_add(stored);
            self.body.stored = self.body.stored.saturating_sub(stored);
        }
    }
}

impl<R: BufRead> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl Body {
    fn of(stored: u64) -> Self {
        let beyond = stored.checked_rem(BLOCK as u64).unwrap_or_default();
        let padding = if beyond == 0 { 0 } else { (BLOCK as u64).saturating_sub(beyond) };
        Self { stored, padding, sparse: None }
    }
}

fn kind(flag: u8, path: &[u8]) -> TarKind {
    match flag {
        b'1' => TarKind::Hardlink,
        b'2' => TarKind::Symlink,
        b'3' => TarKind::CharDevice,
        b'4' => TarKind::BlockDevice,
        b'5' | DUMP_DIRECTORY => TarKind::Directory,
        b'6' => TarKind::Fifo,
        // Archives older than ustar know a directory by its name alone.
        0 if path.ends_with(b"/") => TarKind::Directory,
        _ => TarKind::File,
    }
}

/// GNU's long name goes before the PAX one, and that before the header's.
fn longest_word(gnu: Vec<u8>, pax: Option<Vec<u8>>, header: Vec<u8>) -> Vec<u8> {
    if gnu.is_empty() { pax.unwrap_or(header) } else { gnu }
}

fn malformed(offset: u64, what: impl Into<String>) -> TarError {
    TarError::Malformed { offset, what: what.into() }
}

fn early_end(position: u64) -> io::Error {
    let what = format!("at byte {position}: the content of an entry ends early");
    io::Error::new(ErrorKind::UnexpectedEof, what)
}

fn at_most(bytes: &[u8], limit: u64) -> &[u8] {
    usize::try_from(limit).ok().and_then(|limit| bytes.get(..limit)).unwrap_or(bytes)
}

fn read_past<R: BufRead>(reader: &mut R, bytes: u64) -> io::Result<u64> {
    let mut left = bytes;
    while left > 0 {
        let step = match reader.fill_buf() {
            Ok([]) => break,
            Ok(filled) => at_most(filled, left).len(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        reader.consume(step);
        left = left.saturating_sub(step as u64);
    }
    Ok(bytes.saturating_sub(left))
}

fn seek_past<R: Seek>(reader: &mut R, bytes: u64) -> io::Result<u64> {
    let distance = i64::try_from(bytes).map_err(|_| ErrorKind::InvalidInput)?;
    reader.seek_relative(distance)?;
    Ok(bytes)
}
