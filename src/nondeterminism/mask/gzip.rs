//! gzip (RFC 1952): when, under which name and with which settings a content was compressed. What it is stays.

use std::io::{Error, ErrorKind, Read, Result};

use super::super::anatomy::{u16_le, u32_le};
use super::inflate::Inflate;
use super::nested::{self, Form, Nest};
use super::{Mask, utc};
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "gzip",
    covers: "*.gz and whatever else starts as gzip does, but for manuals and documentation of packages",
    explanation: Explanation::Noise,
    cause: "gzip records when and under which name it compressed a file, and may compress better or worse",
    fix: "gzip -n, or set SOURCE_DATE_EPOCH for the tool that compresses",
    // Most compressed files come ready made in packages.
    each_build: false,
    max_bytes: 16 << 20,
    matches: |path, head| head.starts_with(MAGIC) && !is_documentation(path),
    apply: |bytes| nested::outermost(bytes, open),
};

pub(super) const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Manuals and changelogs come compressed in packages, where a difference is no noise; they are most gzip files of an image,
/// and inflating them would be most of what masks cost.
fn is_documentation(path: &ImagePath) -> bool {
    let path = path.as_bytes();
    [b"usr/share/man/".as_slice(), b"usr/share/doc/", b"usr/share/info/"].iter().any(|place| path.starts_with(place))
}

/// The flags for a name, and for what stays: a hint at text, extra fields, a comment. A checksum of the header (2) would
/// cover the time; nobody writes it.
const TEXT: u8 = 1;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Members beyond which a file is not read; a block compressor writes one for each 64 KB.
const MAX_MEMBERS: usize = 10_000;
/// The longest name or comment.
const MAX_TEXT: usize = 4096;

/// Some write one member for each block of a file. How many there are stays, and each one's extra fields and comment.
pub(super) fn open(bytes: &[u8], nest: &mut Nest) -> Option<Form> {
    let mut members = Members::new(bytes)?;
    let (sealed, _) = nest.seal_stream(b"", &mut members)?;
    let mut form = Form::new("gzip");
    for header in &members.headers {
        form.number(header.flags & !NAME);
        form.field(header.extra);
        form.field(header.comment);
    }
    if let Some(first) = members.headers.first() {
        if first.time != 0 {
            form.hide(Hidden::new("time", utc(first.time.into())));
        }
        if !first.name.is_empty() {
            form.hide(Hidden::new("name", visible_bytes(first.name)));
        }
    }
    form.hide(Hidden::new("compressed size", bytes.len()));
    form.content(sealed);
    Some(form)
}

/// The content of a file of one member that has neither extra fields nor a comment; `None` when it is longer than `most`.
pub(super) fn unpacked(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut members = Members::new(bytes)?;
    let mut content = Vec::new();
    members.by_ref().take(most + 1).read_to_end(&mut content).ok()?;
    let is_plain = matches!(members.headers.as_slice(), [only] if only.extra.is_empty() && only.comment.is_empty());
    (is_plain && content.len() as u64 <= most).then_some(content)
}

struct Header<'a> {
    flags: u8,
    time: u32,
    extra: &'a [u8],
    name: &'a [u8],
    comment: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads a header; what follows it is the other half.
    fn parse(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let flags = *bytes.get(3).filter(|_| bytes.starts_with(MAGIC))?;
        if flags & !(TEXT | EXTRA | NAME | COMMENT) != 0 {
            return None;
        }
        let time = u32_le(bytes, 4)?;
        let mut rest = bytes.get(10..)?;
        let mut extra = &[][..];
        if flags & EXTRA != 0 {
            let length = usize::from(u16_le(rest, 0)?);
            (extra, rest) = rest.get(2..)?.split_at_checked(length)?;
        }
        let mut text = |flag: u8| {
            if flags & flag == 0 {
                return Some(&[][..]);
            }
            let end = rest.iter().take(MAX_TEXT).position(|byte| *byte == 0)?;
            let (text, after) = rest.split_at_checked(end)?;
            rest = after.get(1..)?;
            Some(text)
        };
        let (name, comment) = (text(NAME)?, text(COMMENT)?);
        Some((Self { flags, time, extra, name, comment }, rest))
    }
}

/// Reads the contents of all members as one; anything that is no member is an error.
struct Members<'a> {
    headers: Vec<Header<'a>>,
    inflate: Inflate<'a>,
}

impl<'a> Members<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = Header::parse(bytes)?;
        Some(Self { headers: vec![header], inflate: Inflate::new(rest) })
    }

    /// Checks the end of the member at hand and starts with the next; `Some(false)` after the last.
    fn advance(&mut self) -> Option<bool> {
        let rest = self.inflate.rest();
        let sound = u32_le(rest, 0)? == self.inflate.crc() && u32_le(rest, 4)? == self.inflate.amount();
        let rest = rest.get(8..).filter(|_| sound)?;
        if rest.is_empty() {
            return Some(false);
        }
        let (header, rest) = Header::parse(rest).filter(|_| self.headers.len() < MAX_MEMBERS)?;
        self.headers.push(header);
        self.inflate.restart(rest);
        Some(true)
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let read = self.inflate.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if !self.advance().ok_or_else(|| Error::from(ErrorKind::InvalidData))? {
                // The next read finds the same end again.
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};
    use super::*;

    /// `printf hello > a.txt; touch -d @1700000000 a.txt; gzip -9 -k a.txt` (gzip 1.12).
    const HELLO: &[u8] = b"\x1f\x8b\x08\x08\x00\xf1\x53\x65\x02\x03a.txt\0\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\
        \x05\0\0\0";
    /// `printf hello | pigz -0 -n` (pigz 2.6).
    const STORED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x04\x03\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0";

    fn of(bytes: &[u8]) -> Option<Vec<u8>> {
        masked("opt/app/a.1.gz", bytes).map(|(_, form)| form)
    }

    #[test]
    fn time_name_and_level_are_masked() {
        assert_eq!(of(HELLO), of(STORED));
        assert_eq!(hidden("a.gz", HELLO), ["time 2023-11-14 22:13:20", "name a.txt", "compressed size 31"]);
        assert_eq!(hidden("a.gz", STORED), ["compressed size 28"]);
    }

    #[test]
    fn another_content_a_comment_extra_fields_and_members_never_hide() {
        let with = |flag: u8, field: &[u8]| {
            let mut bytes = STORED.to_vec();
            bytes[3] |= flag;
            bytes.splice(10..10, field.iter().copied());
            bytes
        };
        let plain = of(STORED);
        assert!(plain.is_some());
        for other in [
            with(COMMENT, b"a comment\0"),
            with(EXTRA, b"\x02\0ab"),
            with(TEXT, b""),
            [STORED, STORED].concat(),
            // An empty member at the end, as in a block gzip file.
            [STORED, b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"].concat(),
        ] {
            assert!(of(&other).is_some_and(|form| Some(form) != plain), "{other:02x?}");
        }
        assert_ne!(of(&with(COMMENT, b"a comment\0")), of(&with(COMMENT, b"a Comment\0")));
        assert_ne!(of(&with(EXTRA, b"\x02\0ab")), of(&with(EXTRA, b"\x02\0ac")));
    }

    #[test]
    fn what_cannot_be_accounted_for_is_none() {
        let damaged = |at: usize| {
            let mut bytes = STORED.to_vec();
            bytes[at] ^= 1;
            bytes
        };
        for other in [
            [STORED, b"payload"].concat(),
            [STORED, b"\0"].concat(),
            // A reserved flag and a header checksum, a content that is not the checksum's, a wrong length.
            [&STORED[..3], b"\x20", &STORED[4..]].concat(),
            [&STORED[..3], b"\x02", &STORED[4..10], b"\0\0", &STORED[10..]].concat(),
            damaged(15),
            damaged(24),
            STORED[..STORED.len() - 8].to_vec(),
        ] {
            assert_eq!(of(&other), None, "{other:02x?}");
        }
    }

    #[test]
    fn what_packages_bring_compressed_is_not_inflated() {
        assert_eq!(masked("usr/share/man/man1/a.1.gz", STORED), None);
        assert!(masked("usr/share/a.gz", STORED).is_some());
    }

    #[test]
    fn an_expansion_beyond_all_measure_is_none() {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut bomb, &vec![0; 8 << 20]).unwrap();
        assert_eq!(of(&bomb.finish().unwrap()), None);
    }

    #[test]
    fn a_tar_inside_gets_its_own_mask() {
        let one = include_bytes!("../../../tests/data/masks/one.tar.gz");
        let two = include_bytes!("../../../tests/data/masks/two.tar.gz");
        assert!(of(one).is_some());
        assert_eq!(of(one), of(two));
        assert!(hidden("a.tar.gz", one).contains(&"newest member 2023-11-14 22:13:20".to_owned()));
        survives_damage("a.tar.gz", one);
    }

    #[test]
    fn damage_is_survived() {
        survives_damage("a.gz", HELLO);
        survives_damage("a.gz", STORED);
    }
}
