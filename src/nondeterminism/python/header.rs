//! What stands in front of compiled code (PEP 3147, PEP 552).

use super::super::anatomy::{u16_le, u32_le};
use super::minor_of_magic;
use crate::model::PycHeader;

/// The first magic number with a flags word (3.7.0a4, PEP 552). Before, time and size follow the magic number.
const WITH_FLAGS: u16 = 3392;

/// The header that `start`, a file's first bytes, holds, if a known version of Python 3 wrote it.
#[must_use]
pub fn header(start: &[u8]) -> Option<PycHeader> {
    let magic = u16_le(start, 0).filter(|_| start.get(2..4) == Some(b"\r\n"))?;
    minor_of_magic(magic)?;
    let fields = header_bytes(magic) - 8;
    let flags = if magic < WITH_FLAGS { 0 } else { u32_le(start, 4)? };
    Some(PycHeader { magic, flags, mtime: u32_le(start, fields)?, size: u32_le(start, fields + 4)? })
}

/// How many bytes a header has.
pub(in super::super) fn header_bytes(magic: u16) -> usize {
    if magic < WITH_FLAGS { 12 } else { 16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flags_word_exists_since_3_7() {
        let old = header(b"\x33\r\r\n\x00\xf1\x53\x65\x07\0\0\0\xe3").unwrap();
        assert_eq!((old.magic, old.flags, old.mtime, old.size), (3379, 0, 1_700_000_000, 7));
        let new = header(b"\xa7\r\r\n\x01\0\0\0\x00\xf1\x53\x65\x07\0\0\0\xe3").unwrap();
        assert_eq!((new.magic, new.flags, new.mtime, new.size), (3495, 1, 1_700_000_000, 7));
        // Python 2.7's, and one cut short.
        assert_eq!(header(b"\x03\xf3\r\n\x00\xf1\x53\x65c\0\0\0\0\0\0\0"), None);
        assert_eq!(header(b"\xa7\r\r\n\x01\0\0\0\x00\xf1\x53\x65\x07\0\0"), None);
    }
}
