//! Compiled Python (PEP 3147, PEP 552): a magic that names the version, a flags word, then either the source's time and
//! size or a hash of the source, then marshalled code.

use super::super::python;
use super::{array, payload};
use crate::model::{Anatomy, Part};

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let header = python::header(content)?;
    let minor = python::minor_of_magic(header.magic).filter(|_| header.flags <= 3)?;
    let code = content.get(python::header_bytes(header.magic)..)?;
    let version = format!("3.{minor}");
    let magic = header.magic;
    let mut fields = vec![Part::text("magic", format!("{magic} (Python {version})"))];
    if header.is_hashed() {
        let checked = if header.is_checked() { "the source keeps its hash" } else { "always: it is not checked" };
        fields.push(Part::text("valid while", checked));
        fields.push(Part::text("source hash", format!("{:016x}", u64::from_be_bytes(array(content, 8)?))));
    } else {
        fields.push(Part::text("valid while", "the source keeps its time and size"));
        fields.push(Part::time("source mtime", header.mtime.into()));
        fields.push(Part::text("source size", format!("{} bytes", header.size)));
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
