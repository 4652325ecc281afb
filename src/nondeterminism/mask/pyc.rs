//! Compiled Python (PEP 3147, PEP 552): the source's mtime in the header, and idle reference flags in the code.
//!
//! Two masks, since one kind of header varies with each build and the other does not. A source path in the code
//! (`co_filename`) is what tracebacks show: one that names a temporary directory is a real difference.

use super::super::anatomy::{u16_le, u32_le};
use super::Mask;
use super::marshal::{CodeLayout, drop_idle_flags};
use crate::model::{Explanation, Hidden, ImagePath};

/// Flags word 0: bytes 8 to 11 hold the source's mtime.
pub(super) const TIMED: Mask = Mask {
    name: "pyc-mtime",
    covers: "*.pyc that names the time of its source",
    explanation: Explanation::Bytecode,
    cause: "compiled Python records the modification time of its source",
    fix: "set SOURCE_DATE_EPOCH while installing, or PYTHONDONTWRITEBYTECODE=1",
    each_build: true,
    max_bytes: 16 << 20,
    matches: |path, head| is_pyc(path) && flags(head) == Some(0),
    apply: timed,
};

/// Flags words 1 and 3: bytes 8 to 15 hold a hash of the source, and stay.
pub(super) const HASHED: Mask = Mask {
    name: "pyc-references",
    covers: "*.pyc that names the hash of its source (PEP 552)",
    explanation: Explanation::Bytecode,
    cause: "compiled Python marks the objects that the compiling process happened to share",
    fix: "compile all of it in one way: python -m compileall -f --invalidation-mode checked-hash",
    each_build: false,
    max_bytes: 16 << 20,
    matches: |path, head| is_pyc(path) && matches!(flags(head), Some(1 | 3)),
    apply: idle_flags,
};

const HEADER: usize = 16;

fn is_pyc(path: &ImagePath) -> bool {
    path.as_bytes().ends_with(b".pyc")
}

fn flags(head: &[u8]) -> Option<u32> {
    u32_le(head, 4).filter(|_| head.len() >= HEADER)
}

/// Code of a version that is not known keeps its flags; the header is masked all the same.
fn timed(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    // The index keeps the header itself, so that the time needs no row.
    let hidden = idle_flags(bytes).unwrap_or_default();
    bytes.get_mut(8..12)?.fill(0);
    Some(hidden)
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn idle_flags(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let magic = u16_le(bytes, 0).filter(|_| bytes.get(2..4) == Some(b"\r\n"))?;
    let dropped = drop_idle_flags(bytes.get_mut(HEADER..)?, CodeLayout::of_magic(magic)?)?;
    let row = (dropped > 0).then(|| Hidden::new("idle reference flags", dropped));
    Some(row.into_iter().collect())
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
    fn another_source_time_is_masked_and_nothing_else_of_the_header() {
        assert_eq!(of(&edited(8, b"\x01\x02\x03\x04")), of(REAL));
        assert_eq!(of(REAL).unwrap().0, "pyc-mtime");
        assert_ne!(of(&edited(12, b"\x0c")), of(REAL));
        assert_ne!(of(&edited(0, b"\xa6")), of(REAL));
    }

    #[test]
    fn idle_reference_flags_are_masked_and_numbers_follow() {
        // The flag of "a" goes, so that all numbers after it are one less.
        let mut other = REAL.to_vec();
        for (old, new) in [(&b"\xda\x01a"[..], &b"Z\x01a"[..]), (b"r\x08", b"r\x07"), (b"r\x06", b"r\x05")] {
            other = with(&other, old, new);
        }
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
    fn a_source_hash_stays() {
        let hashed = edited(0, HASHED_HEADER);
        assert_eq!(of(&hashed).unwrap().0, "pyc-references");
        let mut other = hashed.clone();
        other[8] ^= 1;
        assert_ne!(of(&other), of(&hashed));
        let mut unchecked = hashed.clone();
        unchecked[4] = 1;
        assert_ne!(of(&unchecked), of(&hashed));
        assert_eq!(of(&edited(4, b"\x02")), None);
    }

    #[test]
    fn code_of_an_unknown_version_keeps_its_flags() {
        let future = edited(0, &5000_u16.to_le_bytes());
        let mut expected = future.clone();
        expected[8..12].fill(0);
        assert_eq!(of(&future).unwrap().1, expected);
        assert_eq!(of(&[&5000_u16.to_le_bytes()[..], &HASHED_HEADER[2..], &REAL[16..]].concat()), None);
    }

    #[test]
    fn damage_is_survived() {
        survives_damage("usr/lib/m.pyc", REAL);
    }
}
