//! Anatomies: a content of a known format taken apart, so that a reader sees which field, section or member differs
//! instead of a page of bytes.

mod ar;
pub(super) mod elf;
mod gzip;
mod mo;
mod png;
mod pyc;
pub(super) mod tar;
mod zip;

use super::sha256;
use crate::model::text::visible_bytes;
use crate::model::{Anatomy, Part, Value};

/// Takes a content apart; `None` when it is not of the format.
type Dissector = fn(&[u8]) -> Option<Anatomy>;

/// All formats, told apart by their bytes; the first that recognises the content is the one.
const ANATOMIES: &[Dissector] =
    &[pyc::dissect, gzip::dissect, elf::dissect, zip::dissect, ar::dissect, png::dissect, mo::dissect, tar::dissect];

/// Members beyond which a content is not taken apart further.
pub(super) const MAX_MEMBERS: usize = 10_000;

/// The longest name or text that is kept, in bytes.
const MAX_TEXT: usize = 512;

/// What `content`, all of a file, is made of; `None` when its format is not known.
#[must_use]
pub fn dissect(content: &[u8]) -> Option<Anatomy> {
    ANATOMIES.iter().find_map(|dissect| dissect(content))
}

/// Bytes that are named but not taken apart.
fn payload(name: &str, bytes: &[u8]) -> Part {
    Part { name: name.to_owned(), value: Value::Bytes { size: bytes.len() as u64, sha256: sha256(bytes) } }
}

/// A text out of the content, safe to show and not too long.
fn shown(bytes: &[u8]) -> String {
    visible_bytes(bytes.get(..MAX_TEXT).unwrap_or(bytes))
}

/// Digits to tell contents of a member apart, where nobody needs all of them.
fn seal(bytes: &[u8]) -> String {
    sha256(bytes).short()
}

/// Reads `N` bytes at `at`.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(super) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(super) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// `bytes` up to the first NUL, or all of them.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod testing {
    use super::*;
    use crate::model::text::is_unsafe;

    /// Truncates and flips `real` at every place, within reason: no dissector may panic or take long.
    pub(super) fn survives_damage(real: &[u8]) {
        let step = (real.len() / 400).max(1);
        for at in (0..real.len()).step_by(step) {
            held(&real[..at]);
            for bit in [0, 3, 7] {
                let mut flipped = real.to_vec();
                flipped[at] ^= 1 << bit;
                held(&flipped);
            }
            let mut filled = real.to_vec();
            let end = (at + 4).min(filled.len());
            filled[at..end].fill(0xff);
            held(&filled);
        }
    }

    /// Whatever comes of a content keeps to the limits and is safe to show.
    fn held(content: &[u8]) {
        let Some(anatomy) = dissect(content) else { return };
        assert!(anatomy.members.len() <= MAX_MEMBERS);
        for part in anatomy.fields.iter().chain(&anatomy.members) {
            let text = format!("{}{}", part.name, brief(&part.value));
            assert!(!text.chars().any(is_unsafe) && text.len() < 64 * MAX_TEXT, "{text:?}");
        }
    }

    /// The texts of the fields, as `name=value`.
    pub(super) fn fields(anatomy: &Anatomy) -> Vec<String> {
        anatomy.fields.iter().map(|part| format!("{}={}", part.name, brief(&part.value))).collect()
    }

    pub(super) fn members(anatomy: &Anatomy) -> Vec<String> {
        anatomy.members.iter().map(|part| format!("{}={}", part.name, brief(&part.value))).collect()
    }

    fn brief(value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Time(seconds) => format!("@{seconds}"),
            Value::Bytes { size, sha256 } => format!("{size} B {}", sha256.short()),
            Value::Member { size, seal, access, time } => format!("{size} B {seal} {access} {time:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_contents_have_no_anatomy() {
        for content in [&b""[..], b"\n", b"#!/bin/sh\necho hello\n", &[0; 2048], &[0xff; 2048], b"PK", b"\x7fELF"] {
            assert_eq!(dissect(content), None, "{content:02x?}");
        }
    }
}
