//! PNG (ISO/IEC 15948): its chunks, those with a time or words written out.

use super::{MAX_MEMBERS, payload, shown, u16_le, u32_be, until_nul};
use crate::model::{Anatomy, Part, Value};

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let mut rest = content.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let mut members = Vec::new();
    let complete = loop {
        if rest.is_empty() {
            break true;
        }
        let Some((kind, body, after)) = chunk(rest).filter(|_| members.len() < MAX_MEMBERS) else { break false };
        members.push(part(kind, body));
        rest = after;
    };
    Some(Anatomy { format: "PNG image".to_owned(), members, noun: "chunks", complete, ..Anatomy::default() })
}

/// The first chunk's kind and body, and what follows its checksum.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = usize::try_from(u32_be(bytes, 0)?).ok()?;
    let end = length.checked_add(8)?;
    Some((bytes.get(4..8)?, bytes.get(8..end)?, bytes.get(end.checked_add(4)?..)?))
}

fn part(kind: &[u8], body: &[u8]) -> Part {
    let name = shown(kind);
    let text = match kind {
        b"IHDR" => size(body),
        b"tIME" => return Part { name, value: time(body).map_or_else(|| Value::Text(shown(body)), Value::Time) },
        b"tEXt" => {
            let keyword = until_nul(body);
            Some(format!("{}: {}", shown(keyword), shown(body.get(keyword.len() + 1..).unwrap_or_default())))
        }
        _ => None,
    };
    match text {
        Some(text) => Part::text(&name, text),
        None => payload(&name, body),
    }
}

fn size(header: &[u8]) -> Option<String> {
    let [depth, colour, _, _, _] = super::array(header, 8)?;
    Some(format!("{} x {}, {depth} bits, colour type {colour}", u32_be(header, 0)?, u32_be(header, 4)?))
}

fn time(body: &[u8]) -> Option<i64> {
    let [month, day, hour, minute, second] = super::array(body, 2)?.map(|byte: u8| i8::try_from(byte).unwrap_or(-1));
    let year = i16::try_from(u16_le(body, 0)?.swap_bytes()).ok()?;
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{members, survives_damage};
    use super::*;

    /// One black pixel with a time and an author: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/pixel.png");

    #[test]
    fn times_and_words_are_written_out() {
        let anatomy = dissect(REAL).unwrap();
        let members = members(&anatomy);
        assert_eq!(
            members[..3],
            ["IHDR=1 x 1, 8 bits, colour type 0", "tIME=@1700000000", "tEXt=Author: Nobody"],
            "{members:?}"
        );
        assert!(members[3].starts_with("IDAT=10 B") && anatomy.complete);
        survives_damage(REAL);
    }
}
