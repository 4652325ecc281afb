//! PDF documents (ISO 32000): when they were made and changed, and the identifier that is a digest of that and of chance.
//!
//! What goes is digits of values that stand behind these very names; all bytes keep their places. Dates within
//! compressed objects are not reached, and stay.

use super::Mask;
use super::dates::blank;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "pdf-dates",
    covers: "PDF documents, wherever they are",
    explanation: Explanation::Noise,
    cause: "a PDF document records when it was made, and an identifier derived from that",
    fix: "set SOURCE_DATE_EPOCH while making it",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

/// Names and the shapes of what follows them (see [`blank`]).
const VALUES: &[(&[u8], &[&[u8]])] = &[
    (b"/CreationDate", DATES),
    (b"/ModDate", DATES),
    (
        b"/ID",
        &[
            b" [<################################><################################>]",
            b"[<################################><################################>]",
            b" [<################################> <################################>]",
        ],
    ),
    (b"<xmp:CreateDate>", ISO),
    (b"<xmp:ModifyDate>", ISO),
    (b"<xmp:MetadataDate>", ISO),
    (b"DocumentID='", &[b"uuid:########-####-####-####-############'"]),
    (b"DocumentID=\"", &[b"uuid:########-####-####-####-############\""]),
];
const DATES: &[&[u8]] = &[
    b"(D:00000000000000Z00'00')",
    b"(D:00000000000000Z)",
    b"(D:00000000000000~00'00')",
    b" (D:00000000000000Z00'00')",
    b" (D:00000000000000Z)",
    b" (D:00000000000000~00'00')",
];
const ISO: &[&[u8]] = &[b"0000-00-00T00:00:00Z<", b"0000-00-00T00:00:00~00:00<"];

fn matches(_: &ImagePath, head: &[u8]) -> bool {
    head.starts_with(b"%PDF-")
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut hidden: Vec<Hidden> = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..)?.iter().position(|byte| matches!(byte, b'/' | b'<' | b'D')) {
        at += next;
        let rest = bytes.get_mut(at..)?;
        if let Some((name, shapes)) = VALUES.iter().find(|(name, _)| rest.starts_with(name)) {
            let value = rest.get_mut(name.len()..)?;
            let before = visible_bytes(value.get(..80).unwrap_or(value));
            if let Some(length) = shapes.iter().find_map(|shape| blank(value, shape)) {
                let what: String =
                    name.iter().filter(|byte| byte.is_ascii_alphabetic()).map(|byte| char::from(*byte)).collect();
                let shown: String = before.chars().take(length).collect();
                if hidden.len() < Hidden::MOST && hidden.iter().all(|row| *row.what != *what) {
                    hidden.push(Hidden::new(&what, shown.trim_matches([' ', '<', '\'', '"'])));
                }
            }
        }
        at += 1;
    }
    (!hidden.is_empty()).then_some(hidden)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    /// The parts with dates of a document that Ghostscript 10.00 made.
    const REAL: &str = "%PDF-1.7\n<xmp:ModifyDate>2026-11-21T17:22:35Z</xmp:ModifyDate>\n\
        <rdf:Description xapMM:DocumentID='uuid:b1306fb1-1dec-11fd-0000-d096139665df'/>\n\
        2 0 obj\n<</Producer(GPL Ghostscript 10.00.0)\n/CreationDate(D:20261121172235Z00'00')\n\
        /ModDate(D:20261121172235Z00'00')>>endobj\n\
        trailer\n<< /Size 13 /Root 1 0 R /Info 2 0 R\n\
        /ID [<D2A7D5F2E1C0B9A88776655443322110><D2A7D5F2E1C0B9A88776655443322110>]\n>>\nstartxref\n4711\n%%EOF\n";

    fn of(text: &str) -> Option<Vec<u8>> {
        masked("srv/a.pdf", text.as_bytes()).map(|(_, left)| left)
    }

    #[test]
    fn dates_and_the_identifier_go() {
        let later =
            REAL.replace("20261121172235", "20270101000000").replace("2026-11-21T17:22:35", "2027-01-01T00:00:00");
        let later = later.replace("D2A7D5F2", "00112233").replace("b1306fb1", "c1306fb1");
        assert_eq!(of(REAL).unwrap(), of(&later).unwrap());
        assert_eq!(hidden("a.pdf", REAL.as_bytes())[2], "CreationDate (D:20261121172235Z00'00')");
        survives_damage("a.pdf", REAL.as_bytes());
    }

    #[test]
    fn everything_else_stays() {
        for (from, to) in [
            ("Ghostscript 10.00.0", "Ghostscript 10.00.1"),
            ("/Root 1 0 R", "/Root 9 0 R"),
            ("/CreationDate(D:20261121172235Z00'00')", "/CreationDate(/OpenAction<</S/JavaScript>>)"),
            ("%%EOF\n", "%%EOF\n9 0 obj\n"),
            ("/ModDate", "/OpenDate"),
        ] {
            assert_ne!(of(REAL), of(&REAL.replace(from, to)), "{to}");
        }
        assert_eq!(of("%PDF-1.7\n/Author(D:20261121172235Z00'00')\n"), None);
    }
}
