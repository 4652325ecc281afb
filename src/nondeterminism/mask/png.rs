//! PNG images (ISO/IEC 15948): the time of the last change, and the dates that image tools add as text.
//!
//! Only chunks that hold a date and nothing else go. All others stay byte for byte, with their checksums, and so does
//! whatever follows the last.

use flate2::Crc;

use super::super::anatomy::u32_be;
use super::Mask;
use super::dates::is_date_like;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "png-dates",
    covers: "PNG images, wherever they are",
    explanation: Explanation::Noise,
    cause: "the image records when it was written",
    fix: "write without dates: convert -define png:exclude-chunks=date,tIME, or optipng -strip all",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Text whose value is a date.
const DATE_KEYS: &[&[u8]] = &[
    b"Creation Time",
    b"date:create",
    b"date:modify",
    b"date:timestamp",
    b"Thumb::MTime",
    b"create-date",
    b"modify-date",
];

fn matches(_: &ImagePath, head: &[u8]) -> bool {
    head.starts_with(SIGNATURE)
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(SIGNATURE);
    let mut hidden = Vec::new();
    loop {
        let length = usize::try_from(u32_be(rest, 0)?).ok()?;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        let (kind, body) = (chunk.get(4..8)?, chunk.get(8..8 + length)?);
        match date(kind, body).filter(|_| is_intact(chunk)) {
            Some(row) if hidden.len() < Hidden::MOST => hidden.push(row),
            _ => kept.extend_from_slice(chunk),
        }
        rest = after;
        if kind == b"IEND" {
            break;
        }
    }
    kept.extend_from_slice(rest);
    *bytes = kept;
    (!hidden.is_empty()).then_some(hidden)
}

/// What a chunk says, if it is a date and nothing else.
fn date(kind: &[u8], body: &[u8]) -> Option<Hidden> {
    match (kind, body) {
        (b"tIME", &[y1, y2, month @ 1..=12, day @ 1..=31, hour @ 0..=23, minute @ 0..=59, second @ 0..=60]) => {
            let year = u16::from_be_bytes([y1, y2]);
            Some(Hidden::new("tIME", format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")))
        }
        (b"tEXt", body) => {
            let end = body.iter().position(|byte| *byte == 0)?;
            let (key, value) = (body.get(..end)?, body.get(end + 1..)?);
            (DATE_KEYS.contains(&key) && is_date_like(value))
                .then(|| Hidden::new(&visible_bytes(key), visible_bytes(value)))
        }
        _ => None,
    }
}

/// Whether the chunk's checksum holds: a wrong one is a difference of its own.
fn is_intact(chunk: &[u8]) -> bool {
    let Some((covered, _)) = chunk.get(4..).and_then(|chunk| chunk.split_last_chunk::<4>()) else { return false };
    let mut crc = Crc::new();
    crc.update(covered);
    u32_be(chunk, chunk.len() - 4) == Some(crc.sum())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage, unnoticed};
    use super::*;

    /// One black pixel with a time and an author: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/pixel.png");

    fn chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut covered = kind.to_vec();
        covered.extend_from_slice(body);
        let mut crc = Crc::new();
        crc.update(&covered);
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &covered, &crc.sum().to_be_bytes()].concat()
    }

    /// `REAL` with another chunk behind its first.
    fn with(chunk: &[u8]) -> Vec<u8> {
        [&REAL[..33], chunk, &REAL[33..]].concat()
    }

    fn of(png: &[u8]) -> Option<Vec<u8>> {
        masked("srv/pixel.png", png).map(|(_, left)| left)
    }

    #[test]
    fn times_go_and_nothing_else_does() {
        assert_eq!(hidden("pixel.png", REAL), ["tIME 2023-11-14 22:13:20"]);
        // As ImageMagick 6 writes them.
        let dated = with(&chunk(*b"tEXt", b"date:create\x002026-11-21T17:04:58+00:00"));
        assert_eq!(of(&dated), of(REAL));
        let timed = REAL.iter().enumerate().skip(33).map(|(at, _)| at);
        assert!(unnoticed("pixel.png", REAL).iter().all(|at| timed.clone().take(0x13).any(|held| held == *at)));
        survives_damage("pixel.png", &dated);
    }

    #[test]
    fn words_pixels_and_what_follows_the_end_stay() {
        let mut author = REAL.to_vec();
        let at = author.windows(6).position(|word| word == b"Nobody").unwrap();
        author[at] = b'M';
        let mut checksum = REAL.to_vec();
        *checksum.last_mut().unwrap() ^= 1;
        for changed in [
            author,
            checksum,
            [REAL, b"<?php system($_GET[0]);"].concat(),
            with(&chunk(*b"tEXt", b"Creation Time\0<script>alert(2026)</script>")),
            with(&chunk(*b"tEXt", b"Software\x002026-11-21")),
            with(&chunk(*b"tIME", b"\x07\xe7\x0b\x0e\x16\x0d\x14payload")),
            with(&chunk(*b"zTXt", b"date:create\0\0abc")),
        ] {
            assert_ne!(of(&changed), of(REAL));
        }
        let mut wrong = chunk(*b"tEXt", b"date:create\x002026-11-21T17:04:58+00:00");
        *wrong.last_mut().unwrap() ^= 1;
        assert_ne!(of(&with(&wrong)), of(REAL));
    }
}
