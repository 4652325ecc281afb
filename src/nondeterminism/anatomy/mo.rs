//! GNU message catalogues (`.mo`): the header, which is the translation of the empty string, and a digest of the rest.

use super::{array, payload, shown};
use crate::model::{Anatomy, Part};

/// A catalogue's header has some ten fields.
const MAX_FIELDS: usize = 64;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let read: fn([u8; 4]) -> u32 = match content.get(..4)? {
        b"\xde\x12\x04\x95" => u32::from_le_bytes,
        b"\x95\x04\x12\xde" => u32::from_be_bytes,
        _ => return None,
    };
    let word = |at: usize| usize::try_from(read(array(content, at)?)).ok();
    let (strings, originals, translations) = (word(8)?, word(12)?, word(16)?);
    let range = |table: usize| {
        let (length, start) = (word(table)?, word(table.checked_add(4)?)?);
        Some(start..start.checked_add(length)?)
    };
    let mut fields = vec![Part::text("messages", strings.to_string())];
    // The empty string sorts first, so its translation is the first one.
    let has_header = strings > 0 && range(originals)?.is_empty();
    let header = if has_header { range(translations)? } else { 0..0 };
    for line in content.get(header.clone())?.split(|byte| *byte == b'\n').take(MAX_FIELDS) {
        if let Some(at) = line.windows(2).position(|pair| pair == b": ") {
            let (name, value) = (line.get(..at)?, line.get(at + 2..)?);
            fields.push(Part::text(&shown(name), shown(value)));
        }
    }
    let rest = [content.get(..header.start)?, content.get(header.end..)?].concat();
    fields.push(payload("all but the header", &rest));
    Some(Anatomy { format: "message catalogue".to_owned(), fields, complete: true, ..Anatomy::default() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fields, survives_damage};
    use super::*;

    /// `msgfmt -o de.mo de.po` (gettext 0.21), of a catalogue of one message: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/de.mo");

    #[test]
    fn the_header_is_read_line_by_line() {
        let fields = fields(&dissect(REAL).unwrap());
        assert_eq!(fields[0], "messages=2");
        assert!(fields.contains(&"PO-Revision-Date=2023-11-14 22:13+0000".to_owned()), "{fields:?}");
        assert!(fields.last().unwrap().starts_with("all but the header="), "{fields:?}");
        survives_damage(REAL);
    }
}
