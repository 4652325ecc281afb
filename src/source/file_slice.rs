//! A run of bytes of a shared file, or of the program itself.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::Arc;

/// A run of bytes of a file, read in place by offset. Clones share the file but no cursor, so that several threads may
/// read at once; a clone starts where the original stands.
#[derive(Debug, Clone)]
pub struct FileSlice {
    bytes: Bytes,
    start: u64,
    len: u64,
    position: u64,
}

/// Where the bytes are.
#[derive(Debug, Clone)]
enum Bytes {
    File(Arc<File>),
    Embedded(&'static [u8]),
}

impl Bytes {
    /// Reads some bytes at `offset`; none at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, offset),
            Self::Embedded(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
                rest.unwrap_or_default().read(buffer)
            }
        }
    }
}

impl FileSlice {
    /// `len` bytes of `file` from `start`.
    #[must_use]
    pub fn new(file: Arc<File>, start: u64, len: u64) -> Self {
        Self { bytes: Bytes::File(file), start, len, position: 0 }
    }

    /// Bytes that are part of the program.
    #[must_use]
    pub fn embedded(bytes: &'static [u8]) -> Self {
        Self { bytes: Bytes::Embedded(bytes), start: 0, len: bytes.len() as u64, position: 0 }
    }

    /// All bytes that `file` has now.
    ///
    /// # Errors
    /// When the file's size cannot be had.
    pub fn whole(file: Arc<File>) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self::new(file, 0, len))
    }

    /// At most `len` bytes of this run, from its byte `start`.
    #[must_use]
    pub fn slice(&self, start: u64, len: u64) -> Self {
        let start = start.min(self.len);
        let len = len.min(self.len - start);
        Self { bytes: self.bytes.clone(), start: self.start + start, len, position: 0 }
    }

    /// Whether both are the same bytes of the same file.
    #[must_use]
    pub fn is_same_run(&self, other: &Self) -> bool {
        let same_file = match (&self.bytes, &other.bytes) {
            (Bytes::File(one), Bytes::File(two)) => match (one.metadata(), two.metadata()) {
                (Ok(one), Ok(two)) => (one.dev(), one.ino()) == (two.dev(), two.ino()),
                _ => false,
            },
            (Bytes::Embedded(one), Bytes::Embedded(two)) => std::ptr::eq(*one, *two),
            _ => false,
        };
        same_file && (self.start, self.len) == (other.start, other.len)
    }

    /// Bytes of the run.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the run has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Read for FileSlice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let read = self.bytes.read_at(buffer, self.start.saturating_add(self.position))?;
        if read == 0 {
            let what = format!("the file ends {} bytes early", self.len.saturating_sub(self.position));
            return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
        }
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for FileSlice {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(target) => Some(target),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.len.checked_add_signed(distance),
        };
        self.position = target.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "a seek before the start"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    #[test]
    fn a_slice_reads_and_seeks_within_its_bounds_and_clones_share_no_cursor() {
        let mut slice = FileSlice::new(file(b"0123456789"), 2, 5);
        let mut clone = slice.clone();
        let mut text = String::new();
        slice.read_to_string(&mut text).unwrap();
        assert_eq!(text, "23456");
        assert_eq!(clone.seek(SeekFrom::End(-2)).unwrap(), 3);
        text.clear();
        clone.read_to_string(&mut text).unwrap();
        assert_eq!(text, "56");
        assert_eq!(slice.seek(SeekFrom::Start(99)).unwrap(), 99);
        assert_eq!(slice.read(&mut [0; 4]).unwrap(), 0);
        assert!(slice.seek(SeekFrom::Current(-100)).is_err());
    }

    #[test]
    fn embedded_bytes_read_as_a_file_does() {
        let mut slice = FileSlice::embedded(b"0123456789").slice(2, 5).slice(1, 99);
        let mut text = String::new();
        slice.read_to_string(&mut text).unwrap();
        assert_eq!(text, "3456");
        assert_eq!(slice.len(), 4);
    }

    #[test]
    fn a_file_that_got_shorter_is_an_error_and_not_an_end() {
        let mut slice = FileSlice::new(file(b"0123"), 2, 5);
        let error = slice.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the file ends 3 bytes early");
    }
}
