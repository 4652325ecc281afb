//! A file's bytes, read again on demand.

use std::collections::HashMap;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

use super::{LayerEntry, LayerNode};
use crate::archive::{BUFFER_BYTES, Limits, TarError, TarReader, decompress, sha256};
use crate::model::{Digest, FileEntry, ImagePath};

/// Why a file's bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Tar(#[from] TarError),
    #[error("the layer no longer holds this file")]
    Gone,
    #[error("the layer changed since it was read: {path} was {expected} and is {found}")]
    Changed { path: ImagePath, expected: Digest, found: Digest },
}

/// Something that reads and seeks: an uncompressed layer in place.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// The first `limit` bytes of one entry's content, out of its layer's blob, which may be compressed. Bytes before the
/// entry are passed over, those after it not read. A whole file is checked against the digest that the index has.
///
/// # Errors
/// When the blob cannot be read or no longer holds the entry.
pub fn read_file(blob: Box<dyn Read + Send + '_>, entry: &LayerEntry, limit: u64) -> Result<Vec<u8>, ContentError> {
    let mut content = Vec::new();
    read_files(blob, &[entry], limit, &mut |_, bytes| content = bytes)?;
    Ok(content)
}

/// As [`read_file`], for several entries of one layer in one pass. `each` gets the position in `entries` and the
/// bytes, in the order of the layer.
///
/// # Errors
/// As [`read_file`]; entries before the one that failed were given to `each`.
pub fn read_files(
    blob: Box<dyn Read + Send + '_>,
    entries: &[&LayerEntry],
    limit: u64,
    each: &mut dyn FnMut(usize, Vec<u8>),
) -> Result<(), ContentError> {
    let mut wanted: HashMap<Mark, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match (file_of(entry), entry.offset) {
            (None, _) => each(at, Vec::new()),
            (Some(_), Some(offset)) => wanted.entry(Mark::Offset(offset)).or_default().push(at),
            (Some(_), None) => wanted.entry(Mark::Sparse(entry.path.clone())).or_default().push(at),
        }
    }
    let plain = decompress(blob)?.1;
    let mut reader = TarReader::new(BufReader::with_capacity(BUFFER_BYTES, plain), &Limits::default());
    while !wanted.is_empty() {
        let Some(found) = reader.next_entry()? else { return Err(ContentError::Gone) };
        let path = ImagePath::parse(&found.path).unwrap_or_else(|_| ImagePath::root());
        let mark = if found.sparse { Mark::Sparse(path) } else { Mark::Offset(found.offset) };
        if found.size == 0 {
            continue;
        }
        let here = wanted.remove(&mark).unwrap_or_default();
        let Some(first) = here.first().and_then(|at| entries.get(*at)) else { continue };
        let bytes = read_checked(&mut reader, first, limit)?;
        for at in here {
            each(at, bytes.clone());
        }
    }
    Ok(())
}

/// By what a file is found again. Only sparse files need their name: their content has no one offset.
#[derive(PartialEq, Eq, Hash)]
enum Mark {
    Offset(u64),
    Sparse(ImagePath),
}

/// As [`read_file`], for an uncompressed layer that can seek: nothing but the file itself is read. `layer` starts with
/// the layer's first byte.
///
/// # Errors
/// As [`read_file`].
pub fn read_file_at<R: Read + Seek + Send>(
    layer: &mut R,
    entry: &LayerEntry,
    limit: u64,
) -> Result<Vec<u8>, ContentError> {
    if file_of(entry).is_none() {
        return Ok(Vec::new());
    }
    let Some(offset) = entry.offset else {
        layer.seek(SeekFrom::Start(0))?;
        return read_file(Box::new(layer), entry, limit);
    };
    layer.seek(SeekFrom::Start(offset))?;
    read_checked(layer, entry, limit)
}

/// The inode of an entry that has bytes to read.
fn file_of(entry: &LayerEntry) -> Option<&FileEntry> {
    match &entry.node {
        LayerNode::Inode(file) if file.size > 0 => Some(file),
        _ => None,
    }
}

fn read_checked(reader: &mut impl Read, entry: &LayerEntry, limit: u64) -> Result<Vec<u8>, ContentError> {
    let Some(file) = file_of(entry) else { return Ok(Vec::new()) };
    let wanted = file.size.min(limit);
    let mut bytes = Vec::new();
    match reader.take(wanted).read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error.into()),
        _ if (bytes.len() as u64) < wanted => return Err(ContentError::Gone),
        _ => {}
    }
    let expected = file.sha256().filter(|_| wanted == file.size);
    match (expected, sha256(&bytes)) {
        (Some(expected), found) if expected != found => {
            Err(ContentError::Changed { path: entry.path.clone(), expected, found })
        }
        _ => Ok(bytes),
    }
}
