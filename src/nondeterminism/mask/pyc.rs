//! Compiled Python (PEP 3147, PEP 552): what names the source in the header, and how the code's objects are written.
//!
//! Whether an interpreter takes the code at all follows from the header and from the source that stands beside it; whoever
//! calls two compiled files equal has to look at both. A source path in the code (`co_filename`) is what tracebacks show: one
//! that names a temporary directory is a real difference.

use super::super::python::{code_digest, header};
use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "pyc-code",
    covers: "*.pyc of Python 3.6 and later",
    explanation: Explanation::Bytecode,
    cause: "compiled Python records the time or a hash of its source, and which objects the compiling process shared",
    fix: "set SOURCE_DATE_EPOCH while installing, or PYTHONDONTWRITEBYTECODE=1",
    each_build: true,
    max_bytes: 16 << 20,
    matches: |path, head| is_pyc(path) && header(head).is_some_and(|header| matches!(header.flags, 0 | 1 | 3)),
    apply,
};

fn is_pyc(path: &ImagePath) -> bool {
    path.as_bytes().ends_with(b".pyc")
}

/// The magic number and what the code comes to. Of code that cannot be read only the source's time is masked, and of such
/// with a hash of its source nothing.
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    if let Some(digest) = code_digest(bytes) {
        bytes.truncate(4);
        bytes.extend(digest);
    } else {
        let is_timed = header(bytes)?.flags == 0 && bytes.get(4..8)? == [0; 4];
        bytes.get_mut(8..12).filter(|_| is_timed)?.fill(0);
    }
    // The index keeps the header itself, so that it needs no row.
    Some(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{masked, survives_damage};

    /// `x = ("a", 1)` in a file `m.py` of mtime 1700000000, compiled by Python 3.11's `py_compile`.
    const REAL: &[u8] = b"\xa7\r\r\n\0\0\0\0\0\xf1Se\r\0\0\0\
        \xe3\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\
        \xf3\n\0\0\0\x97\0d\0Z\0d\x01S\0)\x02)\x02\xda\x01a\xe9\x01\0\0\0N)\x01\xda\x01x\
        \xa9\0\xf3\0\0\0\0\xfa\x04m.py\xfa\x08<module>r\x08\0\0\0\x01\0\0\0\
        s\x0e\0\0\0\xf0\x03\x01\x01\x01\xd8\x04\x0c\x80\x01\x80\x01\x80\x01r\x06\0\0\0";
    /// What the header is with `PycInvalidationMode.CHECKED_HASH`.
    const HASHED_HEADER: &[u8] = b"\xa7\r\r\n\x03\0\0\0\x7f\x18\xc9\xe2<\x8a'j";

    fn of(pyc: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        masked("usr/lib/m.pyc", pyc)
    }

    fn edited(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut pyc = REAL.to_vec();
        pyc[at..at + bytes.len()].copy_from_slice(bytes);
        pyc
    }

    /// Other bytes where `old` first stands.
    fn with(pyc: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        let at = pyc.windows(old.len()).position(|window| window == old).unwrap();
        [&pyc[..at], new, &pyc[at + old.len()..]].concat()
    }

    #[test]
    fn another_source_time_or_a_hash_of_it_is_masked_and_the_version_is_not() {
        assert_eq!(of(&edited(8, b"\x01\x02\x03\x04")), of(REAL));
        assert_eq!(of(REAL).unwrap().0, "pyc-code");
        assert_eq!(of(&edited(12, b"\x0c")), of(REAL));
        assert_eq!(of(&edited(0, HASHED_HEADER)), of(REAL));
        assert_ne!(of(&edited(0, b"\xa6")), of(REAL));
        assert_eq!(of(&edited(4, b"\x02")), None);
    }

    #[test]
    fn how_objects_are_written_is_masked() {
        // The flag of "a" goes, so that all numbers after it are one less; and "x" is not interned.
        let mut other = REAL.to_vec();
        for (old, new) in [
            (&b"\xda\x01a"[..], &b"Z\x01a"[..]),
            (b"r\x08", b"r\x07"),
            (b"r\x06", b"r\x05"),
            (b"\xda\x01x", b"\xfa\x01x"),
        ] {
            other = with(&other, old, new);
        }
        assert_ne!(other, REAL);
        assert_eq!(of(&other), of(REAL));
        // One that something refers to cannot go.
        assert_ne!(of(&with(REAL, b"\xfa\x08<module>", b"z\x08<module>")), of(REAL));
    }

    #[test]
    fn an_opcode_a_constant_a_path_or_a_line_never_hides() {
        for (old, new) in [
            (&b"\x97\0d\0Z\0"[..], &b"\x97\0e\0Z\0"[..]),
            (b"\xda\x01a", b"\xda\x01b"),
            (b"\xe9\x01\0", b"\xe9\x02\0"),
            (b"\xfa\x04m.py", b"\xfa\x0a/tmp/xm.py"),
            (b"r\x08\0\0\0\x01", b"r\x08\0\0\0\x02"),
            (b"r\x08\0", b"r\x07\0"),
        ] {
            let other = of(&with(REAL, old, new));
            assert!(other.is_some() && other != of(REAL), "{new:02x?}");
        }
        assert_ne!(of(&[REAL, b"\0"].concat()), of(REAL));
    }

    #[test]
    fn code_of_an_unknown_version_counts_byte_for_byte() {
        let future = edited(0, &3660_u16.to_le_bytes());
        let mut expected = future.clone();
        expected[8..12].fill(0);
        assert_eq!(of(&future).unwrap().1, expected);
        assert_eq!(of(&[&3660_u16.to_le_bytes()[..], &HASHED_HEADER[2..], &REAL[16..]].concat()), None);
        assert_eq!(of(&edited(0, &5000_u16.to_le_bytes())), None);
    }

    #[test]
    fn damage_is_survived() {
        survives_damage("usr/lib/m.pyc", REAL);
    }
}
