//! gzip (RFC 1952): a header with a time, a name and hints at the compressor, then the compressed content.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::{shown, u32_le, until_nul};
use crate::model::{Anatomy, Digest, Part, Value};

/// Decompressed bytes beyond which nothing more is read.
const MAX_CONTENT: u64 = 256 << 20;
/// Decompressed bytes up to which they are kept.
const MAX_KEPT: u64 = 1 << 20;

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let &[0x1f, 0x8b, 8, flags, _, _, _, _, level, system, ..] = content else { return None };
    let mut fields = vec![
        match u32_le(content, 4)? {
            0 => Part::text("mtime", "none"),
            seconds => Part::time("mtime", seconds.into()),
        },
        Part::text("compression", level_words(level)),
        Part::text("made on", system_words(system)),
    ];
    let mut rest = content.get(10..)?;
    if flags & EXTRA != 0 {
        let length = usize::from(super::u16_le(rest, 0)?);
        fields.push(Part::text("extra", shown(rest.get(2..2 + length)?)));
        rest = rest.get(2 + length..)?;
    }
    for (flag, name) in [(NAME, "name"), (COMMENT, "comment")] {
        if flags & flag != 0 {
            let text = until_nul(rest);
            fields.push(Part::text(name, shown(text)));
            rest = rest.get(text.len() + 1..)?;
        }
    }
    let Unpacked { value, complete, bytes } = unpack(content);
    fields.push(Part { name: "decompressed".to_owned(), value });
    Some(Anatomy { format: "gzip".to_owned(), fields, complete, unpacked: bytes, ..Anatomy::default() })
}

/// What a content decompresses to.
struct Unpacked {
    value: Value,
    /// Whether that is all of it.
    complete: bool,
    /// All bytes, unless they are many.
    bytes: Option<Vec<u8>>,
}

fn unpack(content: &[u8]) -> Unpacked {
    let mut reader = MultiGzDecoder::new(content).take(MAX_CONTENT);
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    let mut bytes = Vec::new();
    let complete = loop {
        match reader.read(&mut buffer) {
            Ok(0) => break size < MAX_CONTENT,
            Ok(read) => {
                let block = buffer.get(..read).unwrap_or_default();
                hasher.update(block);
                size += read as u64;
                if size <= MAX_KEPT {
                    bytes.extend_from_slice(block);
                }
            }
            Err(_) => break false,
        }
    };
    let value = Value::Bytes { size, sha256: Digest(hasher.finalize().into()) };
    Unpacked { value, complete, bytes: (complete && size <= MAX_KEPT).then_some(bytes) }
}

/// The compressor's own word on its level (RFC 1952, XFL).
fn level_words(level: u8) -> String {
    match level {
        0 => "usual".to_owned(),
        2 => "best".to_owned(),
        4 => "fastest".to_owned(),
        other => format!("level flag {other}"),
    }
}

fn system_words(system: u8) -> String {
    match system {
        0 => "FAT".to_owned(),
        3 => "Unix".to_owned(),
        7 => "Macintosh".to_owned(),
        10 | 11 => "Windows".to_owned(),
        255 => "unknown".to_owned(),
        other => format!("system {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fields, survives_damage};
    use super::*;

    /// `printf hello > a.txt; touch -d @1700000000 a.txt; gzip -9 -k a.txt` (gzip 1.12).
    const HELLO: &[u8] = b"\x1f\x8b\x08\x08\x00\xf1\x53\x65\x02\x03a.txt\0\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\
        \x05\0\0\0";

    #[test]
    fn the_header_and_the_decompressed_content_are_named() {
        let anatomy = dissect(HELLO).unwrap();
        assert_eq!(
            fields(&anatomy),
            ["mtime=@1700000000", "compression=best", "made on=Unix", "name=a.txt", "decompressed=5 B 2cf24dba5fb0"]
        );
        assert!(anatomy.complete);
        assert_eq!(anatomy.unpacked.as_deref(), Some(&b"hello"[..]));
    }

    #[test]
    fn a_cut_stream_says_so() {
        let cut = dissect(&HELLO[..24]).unwrap();
        assert_eq!((cut.complete, cut.unpacked), (false, None));
        survives_damage(HELLO);
    }
}
