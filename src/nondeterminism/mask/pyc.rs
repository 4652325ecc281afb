//! Compiled Python with a timestamp header (PEP 552, flags word 0): bytes 8 to 11 hold the source's mtime.

use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "pyc-mtime",
    explanation: Explanation::Bytecode,
    cause: "compiled Python records the modification time of its source",
    fix: "set SOURCE_DATE_EPOCH while installing, or PYTHONDONTWRITEBYTECODE=1",
    each_build: true,
    max_bytes: 16 << 20,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    path.as_bytes().ends_with(b".pyc")
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    if bytes.get(4..8) != Some(&[0; 4]) || bytes.len() < 16 {
        return None;
    }
    bytes.get_mut(8..12)?.fill(0);
    // The index keeps the header itself.
    Some(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `python3.11 -m compileall` of an empty module: magic 3495, flags 0, mtime, size 0, then marshalled code.
    const EMPTY_MODULE: &[u8] = b"\xa7\x0d\x0d\x0a\0\0\0\0\x11\x22\x33\x44\0\0\0\0\xe3\0\0\0";

    #[test]
    fn only_the_time_is_masked() {
        let mut bytes = EMPTY_MODULE.to_vec();
        assert!(apply(&mut bytes).is_some());
        assert_eq!(bytes[8..12], [0; 4]);
        assert_eq!(bytes[..8], EMPTY_MODULE[..8]);
        assert_eq!(bytes[12..], EMPTY_MODULE[12..]);
    }

    #[test]
    fn a_hash_based_header_has_nothing_to_mask() {
        for flags in [1, 3] {
            let mut bytes = EMPTY_MODULE.to_vec();
            bytes[4] = flags;
            assert!(apply(&mut bytes).is_none());
        }
        assert!(apply(&mut b"\xa7\x0d\x0d\x0a\0\0\0\0".to_vec()).is_none());
    }
}
