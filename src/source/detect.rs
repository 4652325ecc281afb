//! What a path holds, told by its content and never by its name.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::sync::Arc;

use super::archive::Archive;
use super::directory::Directory;
use super::store::Store;
use super::stream::StreamedFile;
use super::table::Table;
use super::{FileSlice, Host, SourceError};
use crate::archive::{Compression, Limits, decompress};

/// Bytes of a file that tell what it is: a tar header.
const HEAD: u64 = 512;

const SAVE: &str = "Write the image itself to a file: docker save NAME -o image.tar";

/// Opens the store at `path`; a compressed archive is read to its end and its layers handed to `host`.
pub(super) fn open_path(path: &Path, limits: &Limits, host: &mut dyn Host) -> Result<Box<dyn Store>, SourceError> {
    let read_error = |error| SourceError::Read { file: path.to_owned(), error };
    let metadata = std::fs::metadata(path).map_err(read_error)?;
    if metadata.is_dir() {
        return open_directory(path, limits);
    }
    if !metadata.is_file() {
        let way_out = Some("Write the image to a file first: it is read more than once, and not from the beginning.");
        return Err(not_image(path, "it is neither a regular file nor a directory", way_out));
    }
    let whole = FileSlice::whole(Arc::new(File::open(path).map_err(read_error)?)).map_err(read_error)?;
    open_archive(path, whole, limits, host)
}

/// Opens an archive, which messages call `path`.
pub(super) fn open_archive(
    path: &Path,
    mut whole: FileSlice,
    limits: &Limits,
    host: &mut dyn Host,
) -> Result<Box<dyn Store>, SourceError> {
    let read_error = |error| SourceError::Read { file: path.to_owned(), error };
    let mut head = Vec::new();
    whole.by_ref().take(HEAD).read_to_end(&mut head).map_err(read_error)?;
    whole.rewind().map_err(read_error)?;
    let compression = Compression::sniff(&head);
    if compression == Compression::None {
        if !is_archive(&head) {
            return Err(not_image(path, &format!("it is {}", describe(&head)), Some(way_out(&head))));
        }
        let archive = Archive::scan(path, whole, limits)?;
        check_table(path, archive.table())?;
        return Ok(Box::new(archive));
    }
    let head =
        plain_head(whole.clone()).map_err(|error| SourceError::Tar { file: path.to_owned(), error: error.into() })?;
    if !is_archive(&head) {
        let found = format!("it is {} compressed with {}", describe(&head), compression.as_str());
        return Err(not_image(path, &found, Some(way_out(&head))));
    }
    let streamed = StreamedFile::read(path, whole, limits, host)?;
    check_table(path, streamed.table())?;
    Ok(Box::new(streamed))
}

fn open_directory(path: &Path, limits: &Limits) -> Result<Box<dyn Store>, SourceError> {
    let holds = |name: &str| path.join(name).exists();
    if holds("index.json") {
        return Ok(Box::new(Directory::new(path, limits)));
    }
    let (found, way_out) = if holds("oci-layout") {
        ("its OCI layout lacks the index.json", None)
    } else if holds("manifest.json") && holds("version") {
        let skopeo = "Copy it into a layout: skopeo copy dir:DIRECTORY oci:LAYOUT";
        ("it is a directory as skopeo's \"dir:\" writes it", Some(skopeo))
    } else if holds("manifest.json") {
        ("it is an unpacked docker-archive", Some("Pack it again: tar -C DIRECTORY -cf image.tar ."))
    } else if holds("etc") && holds("usr") {
        ("it is a root file system without the image around it", Some(SAVE))
    } else {
        ("the directory holds no index.json, as an OCI layout does", None)
    };
    Err(not_image(path, found, way_out))
}

fn check_table(path: &Path, table: &Table<impl Sized>) -> Result<(), SourceError> {
    if table.is_root_filesystem() {
        let found = "it holds a root file system alone, as `docker export` writes it, without config and layers";
        return Err(not_image(path, found, Some(SAVE)));
    }
    if table.is_hopeless() {
        let found = format!("it has more than {} entries", super::table::MAX_ENTRIES);
        return Err(not_image(path, &found, None));
    }
    if table.is_empty() {
        return Err(not_image(path, "the archive is empty", None));
    }
    Ok(())
}

/// The error that `path`, although readable, is no image.
pub(super) fn not_image(path: &Path, found: &str, way_out: Option<&'static str>) -> SourceError {
    SourceError::NotImage { file: path.to_owned(), found: found.to_owned(), way_out }
}

/// The first bytes within a compressed file.
fn plain_head(whole: FileSlice) -> std::io::Result<Vec<u8>> {
    let (_, plain) = decompress(Box::new(whole))?;
    let mut head = Vec::new();
    plain.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether `head` starts a tar archive, an empty one included.
fn is_archive(head: &[u8]) -> bool {
    is_tar_header(head) || (head.len() as u64 == HEAD && head.iter().all(|byte| *byte == 0))
}

/// Whether `head` is a tar header: by the magic of ustar and its descendants, or by its checksum.
pub(super) fn is_tar_header(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar") || has_tar_checksum(head)
}

/// The checksum alone tells archives of before ustar (v7).
fn has_tar_checksum(head: &[u8]) -> bool {
    let (Some(block), Some(field)) = (head.get(..512), head.get(148..156)) else { return false };
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let expected = sum(block) - sum(field) + 8 * u32::from(b' ');
    let text: String = field.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
    u32::from_str_radix(&text, 8) == Ok(expected)
}

/// Whether `head` starts a JSON object or list. An empty document counts, to be told empty later.
pub(super) fn looks_like_json(head: &[u8]) -> bool {
    matches!(head.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

/// What a file that is no archive is, for a message.
fn describe(head: &[u8]) -> &'static str {
    match head {
        [] => "empty",
        [b'P', b'K', 3 | 5, ..] => "a zip archive",
        [0x7f, b'E', b'L', b'F', ..] => "an executable",
        [b'B', b'Z', b'h', ..] => "a file compressed with bzip2",
        [b'h', b's', b'q', b's', ..] => "a squashfs file system",
        [b'!', b'<', b'a', b'r', ..] => "a Unix ar archive, as Debian packages are",
        _ if is_dockerfile(head) => "a Dockerfile",
        _ if head.contains(&0) || std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) => {
            "no tar archive"
        }
        _ if !head.trim_ascii().is_empty() && looks_like_json(head) => "a JSON document",
        _ => "text",
    }
}

fn way_out(head: &[u8]) -> &'static str {
    match describe(head) {
        "a Dockerfile" => "Build it and save the image: docker build -t NAME . && docker save NAME -o image.tar",
        "a file compressed with bzip2" => "Decompress it first; archives may be plain, gzip, zstd or xz.",
        _ => SAVE,
    }
}

fn is_dockerfile(head: &[u8]) -> bool {
    let first = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && (!line.starts_with(b"#") || line.starts_with(b"# syntax=")));
    first.is_some_and(|line| {
        [&b"FROM "[..], b"ARG ", b"# syntax="].iter().any(|word| line.get(..word.len()) == Some(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tar_headers_are_told_by_magic_or_checksum() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_old();
        header.set_size(0);
        header.set_cksum();
        builder.append_data(&mut header, "etc/passwd", &[][..]).unwrap();
        let v7 = builder.into_inner().unwrap();
        assert_ne!(&v7[257..262], b"ustar");
        assert!(is_tar_header(&v7[..512]));
        assert!(!is_tar_header(&v7[1..513]));
        assert!(!is_tar_header(&[0; 512]));
        assert!(is_archive(&[0; 512]));
        assert!(!is_archive(&[0; 511]));
    }

    #[test]
    fn what_is_no_archive_is_described() {
        for (head, said) in [
            (&b""[..], "empty"),
            (b"PK\x03\x04", "a zip archive"),
            (b"\x7fELF\x02", "an executable"),
            (b"# syntax=docker/dockerfile:1\nFROM debian:12\n", "a Dockerfile"),
            (b"# the app\n\nFROM debian:12\n", "a Dockerfile"),
            (b"  {\"schemaVersion\": 2}", "a JSON document"),
            (b"hello\n", "text"),
            (b"caf\xc3", "text"),
            (b"\x00\x01\x02", "no tar archive"),
        ] {
            assert_eq!(describe(head), said);
        }
    }
}
