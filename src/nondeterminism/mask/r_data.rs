//! What R keeps of an installed package in `Meta/*.rds`: serialised data (R Internals, "Serialization Formats"),
//! compressed, in which the time of the build stands as text. The time goes, the rest stays.

use super::dates::blank;
use super::{Mask, gzip};
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "r-built-data",
    covers: "Meta/*.rds of an R package",
    explanation: Explanation::Noise,
    cause: "R records when a package was packed and built",
    fix: "R CMD INSTALL --built-timestamp=..., or set SOURCE_DATE_EPOCH",
    each_build: false,
    max_bytes: 4 << 20,
    matches: |path, head| is_of_package(path) && head.starts_with(gzip::MAGIC),
    apply,
};

/// `2026-11-21 17:04:58 UTC`.
const TIME: &[u8] = b"0000-00-00 00:00:00 UTC";

/// What serialised data starts with: XDR, version 2 or 3.
const STARTS: [&[u8]; 2] = [b"X\n\0\0\0\x02", b"X\n\0\0\0\x03"];

/// Unpacked bytes that are looked at.
const MOST: u64 = 16 << 20;

fn is_of_package(path: &ImagePath) -> bool {
    let name = path.file_name();
    let directory = path.as_bytes().strip_suffix(name).unwrap_or_default();
    name.ends_with(b".rds") && directory.ends_with(b"/Meta/")
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut data = gzip::unpacked(bytes, MOST).filter(|data| STARTS.iter().any(|start| data.starts_with(start)))?;
    let mut hidden = vec![Hidden::new("compressed size", bytes.len())];
    let mut at = 0;
    while let Some(rest) = data.get_mut(at..).filter(|rest| !rest.is_empty()) {
        let before = rest.get(..TIME.len()).map(visible_bytes);
        let length = blank(rest, TIME).unwrap_or_default();
        if length > 0 && hidden.len() == 1 {
            hidden.extend(before.map(|time| Hidden::new("first time", time)));
        }
        at += length.max(1);
    }
    *bytes = data;
    Some(hidden)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::testing::{masked, survives_damage};

    /// A character string as R 4.2 serialises it, compressed at this time.
    fn rds(text: &str, time: u32) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        let start = b"X\n\0\0\0\x03\0\x04\x02\x02\0\x03\x05\0\0\0\0\x05UTF-8\0\0\0\x10\0\0\0\x01\0\x04\0\t";
        let data = [start.as_slice(), &length, text.as_bytes()].concat();
        let mut encoder = flate2::GzBuilder::new().mtime(time).write(Vec::new(), flate2::Compression::default());
        encoder.write_all(&data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_time_of_the_build_goes_and_the_rest_stays() {
        let path = "usr/local/lib/R/site-library/demo/Meta/package.rds";
        let of = |text: &str, time: u32| masked(path, &rds(text, time)).unwrap();
        let built = "R 4.2.2; ; 2026-11-21 17:04:58 UTC; unix";
        assert_eq!(of(built, 1), of(&built.replace("21 17:04:58", "22 07:14:00"), 2));
        assert_ne!(of(built, 1), of(&built.replace("4.2.2", "4.2.3"), 1));
        assert_ne!(of(built, 1), of(&built.replace("unix", "evil"), 1));
        assert_ne!(masked("opt/code.rds", &rds(built, 1)).unwrap().0, "r-built-data");
        survives_damage(path, &rds(built, 1));
    }
}
