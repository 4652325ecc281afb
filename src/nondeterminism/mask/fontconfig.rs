//! Caches of fontconfig (fcint.h, `FcCache`): the time of the directory whose fonts they list.

use super::super::anatomy::{array, u32_le};
use super::{Mask, utc};
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "fontconfig-cache-time",
    covers: "*.cache-N of fontconfig",
    explanation: Explanation::Noise,
    cause: "fontconfig's cache records when its directory was changed",
    fix: "set SOURCE_DATE_EPOCH while installing fonts, or rm -rf /var/cache/fontconfig/*",
    each_build: true,
    max_bytes: 8 << 20,
    matches,
    apply,
};

/// Of a cache that is mapped into memory, in a little-endian machine's order.
const MAGIC: &[u8] = b"\x04\xfc\x02\xfc";

/// Seconds and, eight bytes on, nanoseconds, where pointers have 64 bits.
const SECONDS: usize = 48;
const NANOSECONDS: usize = 56;

fn matches(path: &ImagePath, head: &[u8]) -> bool {
    head.starts_with(MAGIC) && path.file_name().windows(7).any(|part| part == b".cache-")
}

/// Versions 8 (fontconfig 2.14) to 12 have the same header. `None` for any other, and unless the header's size is the
/// file's.
#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let is_known = matches!(u32_le(bytes, 4)?, 8..=12);
    if !is_known || u64::from_le_bytes(array(bytes, 8)?) != bytes.len() as u64 {
        return None;
    }
    let (seconds, nanoseconds) = (u32_le(bytes, SECONDS)?, i64::from_le_bytes(array(bytes, NANOSECONDS)?));
    if !(0..1_000_000_000).contains(&nanoseconds) {
        return None;
    }
    bytes.get_mut(SECONDS..SECONDS + 4)?.fill(0);
    bytes.get_mut(NANOSECONDS..NANOSECONDS + 8)?.fill(0);
    Some(vec![Hidden::new("directory's time", format!("{}.{nanoseconds:09}", utc(i64::from(seconds))))])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage, unnoticed};

    /// `fc-cache` of fontconfig 2.14.1 over a directory with another in it, twice: see the folder's README.
    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.cache-8");
    const ANOTHER: &[u8] = include_bytes!("../../../tests/data/masks/another.cache-8");
    const PATH: &str = "var/cache/fontconfig/bd8a72935b699d86aa0423ed78d17a4d-le64.cache-8";

    #[test]
    fn the_time_goes_and_nothing_else_does() {
        assert_ne!(ONE, ANOTHER);
        assert_eq!(masked(PATH, ONE).unwrap(), masked(PATH, ANOTHER).unwrap());
        let unnoticed = unnoticed(PATH, ONE);
        assert!(unnoticed.iter().all(|at| (48..52).contains(at) || (56..64).contains(at)), "{unnoticed:?}");
        assert!(hidden(PATH, ONE)[0].starts_with("directory's time 2026-11-21 17:36:"));
    }

    #[test]
    fn other_files_are_not_caches() {
        assert_eq!(masked("opt/app/fonts", ONE), None);
        assert_eq!(masked(PATH, &[ONE, b"payload"].concat()), None);
        let mut version = ONE.to_vec();
        version[4] = 7;
        assert_eq!(masked(PATH, &version), None);
        survives_damage(PATH, ONE);
    }
}
