//! A file's bytes, read again on demand.

use std::collections::HashMap;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};

use md5::Digest as _;

use super::{LayerEntry, LayerNode};
use crate::archive::{BUFFER_BYTES, HashingReader, Limits, TarError, TarReader, decompress, sha256};
use crate::model::{Digest, FileEntry, ImagePath, Md5};

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
    visit(blob, entries, &mut |positions, content| {
        let Some(entry) = positions.first().and_then(|at| entries.get(*at)) else { return Ok(()) };
        let bytes = read_checked(content, entry, limit)?;
        for at in positions {
            each(*at, bytes.clone());
        }
        Ok(())
    })
}

/// Writes one entry's content to `out` as it streams by, however large it is. The digest that the index has is checked at
/// the end: on an error, what was written is not the file.
///
/// # Errors
/// As [`read_file`], and when `out` takes no more.
pub fn copy_file(
    blob: Box<dyn Read + Send + '_>,
    entry: &LayerEntry,
    out: &mut dyn Write,
) -> Result<u64, ContentError> {
    let mut copied = 0;
    visit(blob, &[entry], &mut |_, content| {
        let Some(file) = file_of(entry) else { return Ok(()) };
        let mut content = HashingReader::new(content.take(file.size));
        copied = io::copy(&mut content, out)?;
        match (file.sha256(), content.finish()) {
            _ if copied < file.size => Err(ContentError::Gone),
            (Some(expected), found) if expected != found => {
                Err(ContentError::Changed { path: entry.path.clone(), expected, found })
            }
            _ => Ok(()),
        }
    })?;
    Ok(copied)
}

/// The MD5 of several entries' contents, in one pass over their layer and without holding them: for files whose MD5
/// was not asked for when the layer was indexed. With `check` the contents are held to their digests, too: where the
/// index was kept from before, the blob is only said to be the layer's.
///
/// # Errors
/// As [`read_files`].
pub fn md5_files(
    blob: Box<dyn Read + Send + '_>,
    entries: &[&LayerEntry],
    check: bool,
    each: &mut dyn FnMut(usize, Md5),
) -> Result<(), ContentError> {
    visit(blob, entries, &mut |positions, content| {
        let Some(entry) = positions.first().and_then(|at| entries.get(*at)) else { return Ok(()) };
        let md5 = md5_of(content, entry, check)?;
        for at in positions {
            each(*at, md5);
        }
        Ok(())
    })
}

/// As [`md5_files`], for one entry of an uncompressed layer that can seek.
///
/// # Errors
/// As [`read_file`].
pub fn md5_file_at<R: Read + Seek + Send>(layer: &mut R, entry: &LayerEntry, check: bool) -> Result<Md5, ContentError> {
    if let (Some(_), Some(offset)) = (file_of(entry), entry.offset) {
        layer.seek(SeekFrom::Start(offset))?;
        return md5_of(layer, entry, check);
    }
    layer.seek(SeekFrom::Start(0))?;
    let mut found = None;
    md5_files(Box::new(layer), &[entry], check, &mut |_, md5| found = Some(md5))?;
    found.ok_or(ContentError::Gone)
}

/// The MD5 of the entry's content, with which `content` begins.
fn md5_of(content: &mut dyn Read, entry: &LayerEntry, check: bool) -> Result<Md5, ContentError> {
    let file = file_of(entry);
    let mut content = content.take(file.map_or(0, |file| file.size));
    let Some(expected) = file.and_then(FileEntry::sha256).filter(|_| check) else {
        let md5 = md5_of_all(&mut content)?;
        return if content.limit() > 0 { Err(ContentError::Gone) } else { Ok(md5) };
    };
    let mut hashing = HashingReader::new(&mut content);
    let md5 = md5_of_all(&mut hashing)?;
    match hashing.finish() {
        _ if content.limit() > 0 => Err(ContentError::Gone),
        found if found != expected => Err(ContentError::Changed { path: entry.path.clone(), expected, found }),
        _ => Ok(md5),
    }
}

fn md5_of_all(content: &mut dyn Read) -> Result<Md5, ContentError> {
    let mut hasher = md5::Md5::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(Md5(hasher.finalize().into())),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What is done with a file's content: the positions in the list of entries that it belongs to, and its bytes.
type Visitor<'a> = dyn FnMut(&[usize], &mut dyn Read) -> Result<(), ContentError> + 'a;

/// Hands the contents of `entries` to `visit`, in the order of the layer and then no further.
fn visit(
    blob: Box<dyn Read + Send + '_>,
    entries: &[&LayerEntry],
    visit: &mut Visitor<'_>,
) -> Result<(), ContentError> {
    let mut wanted: HashMap<Mark, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match (file_of(entry), entry.offset) {
            (None, _) => visit(&[at], &mut io::empty())?,
            (Some(_), Some(offset)) => wanted.entry(Mark::Offset(offset)).or_default().push(at),
            (Some(_), None) => wanted.entry(Mark::Sparse(entry.path.clone())).or_default().push(at),
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let plain = decompress(blob)?.1;
    let mut reader = TarReader::new(BufReader::with_capacity(BUFFER_BYTES, plain), &Limits::default());
    while !wanted.is_empty() {
        let Some(found) = reader.next_entry()? else { return Err(ContentError::Gone) };
        if found.size == 0 {
            continue;
        }
        let mark = if found.sparse {
            Mark::Sparse(ImagePath::parse(&found.path).unwrap_or_else(|_| ImagePath::root()))
        } else {
            Mark::Offset(found.offset)
        };
        if let Some(positions) = wanted.remove(&mark) {
            visit(&positions, &mut reader)?;
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

fn read_checked(reader: &mut dyn Read, entry: &LayerEntry, limit: u64) -> Result<Vec<u8>, ContentError> {
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

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;
    use crate::image::{IndexOptions, LayerIndex, index_layer};
    use crate::model::{Progress, Side};

    fn layer() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut append = |path: &str, content: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content).unwrap();
        };
        append("a", b"first");
        append("empty", b"");
        append("b", WANT[2]);
        append("a", b"second");
        builder.append_pax_extensions([("GNU.sparse.map", &b"3,2"[..]), ("GNU.sparse.size", b"8")]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("sparse").unwrap();
        header.set_size(2);
        header.set_cksum();
        builder.append(&header, &b"xy"[..]).unwrap();
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn index(tar: &[u8]) -> LayerIndex {
        let (limits, progress) = (Limits::default(), Progress::default());
        let options = IndexOptions::new(&limits, &progress, &[Side::Left]);
        index_layer(Box::new(tar), &options).unwrap()
    }

    const WANT: [&[u8]; 5] = [b"first", b"", &[b'b'; 200_000], b"second", b"\0\0\0xy\0\0\0"];

    #[test]
    fn each_file_reads_as_itself_plain_packed_and_in_place() {
        let tar = layer();
        let index = index(&tar);
        for (entry, want) in index.entries.iter().zip(WANT) {
            for blob in [tar.clone(), gzip(&tar)] {
                assert_eq!(read_file(Box::new(&blob[..]), entry, u64::MAX).unwrap(), want, "{}", entry.path);
            }
            assert_eq!(read_file_at(&mut Cursor::new(&tar), entry, u64::MAX).unwrap(), want, "{}", entry.path);
            let mut copy = Vec::new();
            assert_eq!(copy_file(Box::new(&tar[..]), entry, &mut copy).unwrap(), want.len() as u64);
            assert_eq!(copy, want, "{}", entry.path);
            let start = want.get(..3).unwrap_or(want);
            assert_eq!(read_file_at(&mut Cursor::new(&tar), entry, 3).unwrap(), start);
            assert_eq!(read_file(Box::new(&tar[..]), entry, 3).unwrap(), start);
        }
    }

    #[test]
    fn many_files_take_one_pass_and_keep_their_positions() {
        let tar = layer();
        let index = index(&tar);
        let order = [4, 3, 0, 1, 2, 0];
        let entries: Vec<&LayerEntry> = order.iter().map(|at| &index.entries[*at]).collect();
        let mut got = vec![None; order.len()];
        read_files(Box::new(&gzip(&tar)[..]), &entries, u64::MAX, &mut |at, bytes| got[at] = Some(bytes)).unwrap();
        for (at, bytes) in order.into_iter().zip(got) {
            assert_eq!(bytes.unwrap(), WANT[at]);
        }
    }

    #[test]
    fn md5_needs_no_bytes_in_memory_and_is_the_same_in_place() {
        let tar = layer();
        let index = index(&tar);
        let entries: Vec<&LayerEntry> = index.entries.iter().collect();
        let mut got = vec![None; entries.len()];
        md5_files(Box::new(&gzip(&tar)[..]), &entries, true, &mut |at, md5| got[at] = Some(md5)).unwrap();
        for ((entry, want), got) in entries.iter().zip(WANT).zip(got) {
            let want = Md5(md5::Md5::digest(want).into());
            assert_eq!(got, Some(want), "{}", entry.path);
            for check in [false, true] {
                assert_eq!(md5_file_at(&mut Cursor::new(&tar), entry, check).unwrap(), want, "{}", entry.path);
            }
        }
    }

    #[test]
    fn a_layer_that_changed_since_is_noticed() {
        let tar = layer();
        let index = index(&tar);
        let entry = &index.entries[3];
        let mut other = tar.clone();
        other[usize::try_from(entry.offset.unwrap()).unwrap()] = b'S';
        let error = read_file(Box::new(&other[..]), entry, 1000).unwrap_err();
        assert!(matches!(&error, ContentError::Changed { path, .. } if path.as_bytes() == b"a"), "{error}");
        let error = read_file_at(&mut Cursor::new(&tar[..1000]), entry, 1000).unwrap_err();
        assert!(matches!(error, ContentError::Gone), "{error}");
        let md5 = |tar: &[u8]| md5_file_at(&mut Cursor::new(tar), entry, true);
        assert!(matches!(md5(&other), Err(ContentError::Changed { .. })), "no sum of other bytes is kept for these");
        assert!(matches!(md5(&tar[..1000]), Err(ContentError::Gone)));
        let empty = vec![0; 1024];
        assert!(matches!(read_file(Box::new(&empty[..]), entry, 1000), Err(ContentError::Gone)));
    }
}
