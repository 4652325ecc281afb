//! GNU message catalogues (`.mo`): the dates of the header, which is the translation of the empty string.

use std::ops::Range;

use super::super::anatomy::array;
use super::Mask;
use super::dates::blank;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "mo-dates",
    covers: "*.mo message catalogues, wherever they are",
    explanation: Explanation::Noise,
    cause: "a message catalogue records when its template and its translation were made",
    fix: "set SOURCE_DATE_EPOCH for xgettext, or keep the dates of the .po files that are in the repository",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

/// `POT-Creation-Date: 2026-11-21 17:04+0000`, and the other.
const FIELDS: &[&[u8]] = &[b"POT-Creation-Date: ", b"PO-Revision-Date: "];

fn matches(_: &ImagePath, head: &[u8]) -> bool {
    word(head, 0).is_some()
}

/// How the catalogue writes numbers.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let read: fn([u8; 4]) -> u32 = match bytes.get(..4)? {
        b"\xde\x12\x04\x95" => u32::from_le_bytes,
        b"\x95\x04\x12\xde" => u32::from_be_bytes,
        _ => return None,
    };
    usize::try_from(read(array(bytes, at)?)).ok()
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut hidden = Vec::new();
    let header = header(bytes)?;
    for line in bytes.get_mut(header)?.split_mut(|byte| *byte == b'\n') {
        for field in FIELDS {
            if !line.starts_with(field) {
                continue;
            }
            let value = line.get_mut(field.len()..)?;
            let date = visible_bytes(value);
            if hidden.len() < FIELDS.len() && blank(value, b"0000-00-00 00:00~0000") == Some(value.len()) {
                let name = field.strip_suffix(b": ").unwrap_or(field);
                hidden.push(Hidden::new(&visible_bytes(name), date));
            }
        }
    }
    (!hidden.is_empty()).then_some(hidden)
}

/// Where the translation of the empty string stands, which sorts first.
fn header(bytes: &[u8]) -> Option<Range<usize>> {
    let (originals, translations) = (word(bytes, 12)?, word(bytes, 16)?);
    if word(bytes, 8)? == 0 || word(bytes, originals)? != 0 {
        return None;
    }
    let (length, start) = (word(bytes, translations)?, word(bytes, translations.checked_add(4)?)?);
    Some(start..start.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage, unnoticed};

    /// `msgfmt -o de.mo de.po` (gettext 0.21), of a catalogue of one message: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/de.mo");

    #[test]
    fn the_digits_of_the_date_go_and_nothing_else_does() {
        let date = REAL.windows(21).position(|text| text == b"2023-11-14 22:13+0000").unwrap();
        let digits: Vec<usize> =
            (date..date + 21).filter(|at| REAL[*at].is_ascii_digit() || REAL[*at] == b'+').collect();
        let unnoticed = unnoticed("usr/share/locale/de/LC_MESSAGES/de.mo", REAL);
        assert_eq!(unnoticed.iter().filter(|at| !digits.contains(at)).count(), 0, "{unnoticed:?}");
        assert_eq!(hidden("de.mo", REAL), ["PO-Revision-Date 2023-11-14 22:13+0000"]);
        survives_damage("de.mo", REAL);
    }

    #[test]
    fn another_translation_stays_and_a_catalogue_without_dates_proves_nothing() {
        let swap = |from: &[u8], to: &[u8]| {
            let at = REAL.windows(from.len()).position(|text| text == from).unwrap();
            [&REAL[..at], to, &REAL[at + from.len()..]].concat()
        };
        let of = |mo: &[u8]| masked("de.mo", mo).map(|(_, left)| left);
        assert_eq!(of(&swap(b"2023-11-14", b"2026-01-02")), of(REAL));
        assert_ne!(of(&swap(b"ja", b"no")), of(REAL));
        assert_ne!(of(&swap(b"2023-11-14 22", b"rm -rf / --no")), of(REAL));
        assert_eq!(of(&swap(b"PO-Revision", b"XX-Revision")), None);
    }
}
