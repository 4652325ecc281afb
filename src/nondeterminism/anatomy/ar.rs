//! ar: static libraries and Debian packages.

use object::read::archive::{ArchiveFile, ArchiveMember};

use super::{MAX_MEMBERS, seal, shown};
use crate::model::{Anatomy, Part, Value};

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    let archive = ArchiveFile::parse(content).ok()?;
    let (mut members, mut found) = (Vec::new(), archive.members());
    let complete = loop {
        let Some(next) = found.next() else { break true };
        let part = next.ok().filter(|_| members.len() < MAX_MEMBERS).and_then(|next| member(&next, content));
        let Some(part) = part else { break false };
        members.push(part);
    };
    Some(Anatomy { format: "ar archive".to_owned(), members, noun: "members", complete, ..Anatomy::default() })
}

fn member(found: &ArchiveMember<'_>, content: &[u8]) -> Option<Part> {
    let body = found.data(content).ok()?;
    let value = Value::Member {
        size: found.size(),
        seal: format!("sha256 {}", seal(body)),
        access: format!(
            "{:04o} {}:{}",
            found.mode().unwrap_or_default() & 0o7777,
            found.uid().unwrap_or_default(),
            found.gid().unwrap_or_default()
        ),
        time: found.date().and_then(|seconds| i64::try_from(seconds).ok()),
    };
    Some(Part { name: shown(found.name()), value })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{members, survives_damage};
    use super::*;

    /// `printf hello > a.txt; touch -d @1700000000 a.txt; ar rcU lib.a a.txt` (binutils 2.40).
    const REAL: &[u8] = b"!<arch>\na.txt/          1700000000  0     0     100644  5         `\nhello\n";

    #[test]
    fn members_have_contents_and_times() {
        let anatomy = dissect(REAL).unwrap();
        assert_eq!(members(&anatomy), ["a.txt=5 B sha256 2cf24dba5fb0 0644 0:0 Some(1700000000)"]);
        assert!(anatomy.complete);
        survives_damage(REAL);
    }
}
