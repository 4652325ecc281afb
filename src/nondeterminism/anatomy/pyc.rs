//! Compiled Python (PEP 3147, PEP 552): a magic that names the version, a flags word, then either the source's time and
//! size or a hash of the source, then marshalled code.

use super::{array, payload, u16_le, u32_le};
use crate::model::{Anatomy, Part};

/// The first magic number of each version, after the list in `pycore_magic_number.h` of the interpreter.
/// Before 3.7 the header is shorter.
const VERSIONS: [(u16, &str); 9] = [
    (3390, "3.7"),
    (3400, "3.8"),
    (3420, "3.9"),
    (3430, "3.10"),
    (3450, "3.11"),
    (3500, "3.12"),
    (3550, "3.13"),
    (3600, "3.14"),
    (3650, "3.15"),
];
const END: u16 = 3700;

const HEADER_BYTES: usize = 16;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let magic = u16_le(content, 0).filter(|magic| *magic < END && content.get(2..4) == Some(b"\r\n"))?;
    let (_, version) = VERSIONS.iter().rev().find(|(first, _)| *first <= magic)?;
    let flags = u32_le(content, 4).filter(|flags| *flags <= 3)?;
    let code = content.get(HEADER_BYTES..)?;
    let mut fields = vec![Part::text("magic", format!("{magic} (Python {version})"))];
    if flags & 1 == 0 {
        fields.push(Part::text("valid while", "the source keeps its time and size"));
        fields.push(Part::time("source mtime", u32_le(content, 8)?.into()));
        fields.push(Part::text("source size", format!("{} bytes", u32_le(content, 12)?)));
    } else {
        let checked = if flags & 2 == 0 { "always: it is not checked" } else { "the source keeps its hash" };
        fields.push(Part::text("valid while", checked));
        fields.push(Part::text("source hash", format!("{:016x}", u64::from_be_bytes(array(content, 8)?))));
    }
    fields.push(payload("code", code));
    Some(Anatomy { format: format!("compiled Python {version}"), fields, complete: true, ..Anatomy::default() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fields, survives_damage};
    use super::*;

    /// The start of what `printf 'x = 1\n' > m.py; touch -d @1700000000 m.py; python3.11 -m compileall m.py` makes.
    const TIMED: &[u8] = b"\xa7\r\r\n\0\0\0\0\x00\xf1\x53\x65\x06\0\0\0\xe3\0\0\0\0\0\0\0";
    /// The same with `--invalidation-mode checked-hash`.
    const HASHED: &[u8] = b"\xa7\r\r\n\x03\0\0\0\x4c\x03\x72\xaa\x93\xf7\x52\x52\xe3\0\0\0\0\0\0\0";

    #[test]
    fn a_timed_header_shows_the_source_time() {
        let anatomy = dissect(TIMED).unwrap();
        assert_eq!(anatomy.format, "compiled Python 3.11");
        assert_eq!(
            fields(&anatomy)[..4],
            [
                "magic=3495 (Python 3.11)",
                "valid while=the source keeps its time and size",
                "source mtime=@1700000000",
                "source size=6 bytes",
            ]
        );
        assert!(fields(&anatomy)[4].starts_with("code=8 B "));
    }

    #[test]
    fn a_hashed_header_shows_the_source_hash() {
        let fields = fields(&dissect(HASHED).unwrap());
        assert_eq!(fields[1..3], ["valid while=the source keeps its hash", "source hash=4c0372aa93f75252"]);
    }

    #[test]
    fn damage_is_no_anatomy() {
        assert_eq!(dissect(&TIMED[..15]), None);
        survives_damage(TIMED);
        survives_damage(HASHED);
    }
}
