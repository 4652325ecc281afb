//! zip and what is built on it (jar, wheel, zipapp): the members as the central directory lists them. Nothing is
//! decompressed: the directory has a checksum of each.

use std::io::Cursor;

use zip::{DateTime, ZipArchive};

use super::{MAX_MEMBERS, shown};
use crate::model::{Anatomy, Part, Value};

/// A zipapp starts with the line that names its interpreter.
const MAX_SHEBANG: usize = 256;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let start = match content.strip_prefix(b"#!") {
        Some(line) => content.get(line.iter().take(MAX_SHEBANG).position(|byte| *byte == b'\n')? + 3..)?,
        None => content,
    };
    if !start.starts_with(b"PK\x03\x04") && !start.starts_with(b"PK\x05\x06") {
        return None;
    }
    let archive = ZipArchive::new(Cursor::new(content)).ok()?;
    let mut fields = Vec::new();
    if !archive.comment().is_empty() {
        fields.push(Part::text("comment", shown(archive.comment())));
    }
    let members: Vec<Part> = (0..archive.len().min(MAX_MEMBERS)).map_while(|at| member(&archive, at)).collect();
    let complete = members.len() == archive.len() && !archive.has_duplicate_names();
    Some(Anatomy { format: "zip archive".to_owned(), fields, members, noun: "members", complete, ..Anatomy::default() })
}

fn member(archive: &ZipArchive<Cursor<&[u8]>>, at: usize) -> Option<Part> {
    let entry = archive.by_index_data(at).ok()?;
    let value = Value::Member {
        size: entry.size(),
        seal: format!("crc {:08x}, {} packed", entry.crc32(), entry.compressed_size()),
        access: entry.unix_mode().map(|mode| format!("{:04o}", mode & 0o7777)).unwrap_or_default(),
        time: entry.last_modified().and_then(seconds),
    };
    Some(Part { name: shown(entry.name_raw()), value })
}

/// The time of a member, which has no zone, as if it were UTC.
fn seconds(time: DateTime) -> Option<i64> {
    let civil = jiff::civil::DateTime::new(
        i16::try_from(time.year()).ok()?,
        i8::try_from(time.month()).ok()?,
        i8::try_from(time.day()).ok()?,
        i8::try_from(time.hour()).ok()?,
        i8::try_from(time.minute()).ok()?,
        i8::try_from(time.second()).ok()?,
        0,
    );
    Some(civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{members, survives_damage};
    use super::*;

    /// Two members, one with a hostile name, made with Python's zipfile: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/two.zip");

    #[test]
    fn members_are_listed_with_what_tells_them_apart() {
        let anatomy = dissect(REAL).unwrap();
        assert_eq!(
            members(&anatomy),
            [
                "a/hello.txt=5 B crc 3610a686, 7 packed 0644 Some(1700000000)",
                "b\\x1b[2J.sh=10 B crc 04fb9d1d, 10 packed 0755 Some(315532800)",
            ]
        );
        assert!(anatomy.complete);
    }

    #[test]
    fn a_zipapp_is_one_too_and_damage_is_none() {
        let app = [b"#!/usr/bin/env python3\n", REAL].concat();
        assert_eq!(members(&dissect(&app).unwrap()).len(), 2);
        assert_eq!(dissect(&REAL[..REAL.len() - 30]), None);
        survives_damage(REAL);
    }
}
