//! zip and what is built on it (jar, wheel, egg, zipapp): times, the members' order and how well they are compressed.
//!
//! Every byte is accounted for: it belongs to a record that is understood, or it is a gap (a script in front, padding)
//! and stays. What two readers could take differently (zip64, encryption, overlapping members, a name twice, an end
//! record in the comment, local headers that say something else than the directory) is not judged at all.

use std::io::Read as _;
use std::ops::Range;

use super::super::anatomy::{u16_le, u32_le};
use super::super::python;
use super::inflate::Inflate;
use super::nested::{self, Form, Nest, Sealed};
use super::{HEAD, Mask};
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "zip",
    covers: "*.zip, *.jar, *.whl, *.egg, *.pyz and whatever else starts as zip does",
    explanation: Explanation::Noise,
    cause: "a zip archive records its members' times, in whatever order they were added",
    fix: "set SOURCE_DATE_EPOCH for the tool that packs it; zip -X on sorted names with fixed times",
    // Most archives come ready made in packages.
    each_build: false,
    max_bytes: 64 << 20,
    matches,
    apply: |bytes| nested::outermost(bytes, open),
};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// The longest comment at the end.
const MAX_COMMENT: usize = 0xffff;

/// The general purpose flags that are understood: how hard deflate tried (1 and 2), sizes that follow the content (3),
/// names in UTF-8 (11).
const LEVEL: u16 = 0b110;
const STREAMED: u16 = 1 << 3;
const UTF8: u16 = 1 << 11;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Bytes of an archive up to which all of it is unpacked. Most of what a larger one holds is classes, of which only the
/// compression could be noise: to unpack them all takes longer than to index the image around them.
const MAX_WHOLE: usize = 1 << 20;

/// Members that some readers look for at the start of the archive only (JAR, EPUB and ODF).
const LEADERS: [&[u8]; 3] = [b"META-INF/", b"META-INF/MANIFEST.MF", b"mimetype"];

/// An archive with a script in front is told by its name.
fn matches(path: &ImagePath, head: &[u8]) -> bool {
    let names = [b".pyz".as_slice(), b".pex", b".jar"];
    let is_script = head.starts_with(b"#!") && names.iter().any(|name| path.as_bytes().ends_with(name));
    is_script || head.starts_with(LOCAL) || head.starts_with(END)
}

pub(super) fn open(bytes: &[u8], nest: &mut Nest) -> Option<Form> {
    let archive = Archive::parse(bytes)?;
    let mut form = Form::new("zip");
    form.field(archive.front);
    form.field(archive.comment);
    let mut members = archive.members;
    for member in members.iter().take(2) {
        form.field(if LEADERS.contains(&member.name) { member.name } else { b"" });
    }
    members.sort_unstable_by_key(|member| member.name);
    if members.iter().zip(members.iter().skip(1)).any(|(one, next)| one.name == next.name) {
        return None;
    }
    if let Some(newest) = members.iter().map(|member| member.time).max() {
        form.hide(Hidden::new("newest member", dos_time(newest)));
    }
    form.hide(Hidden::new("compressed size", bytes.len()));
    let whole = bytes.len() <= MAX_WHOLE;
    for member in &members {
        form.form(member.form(nest, whole)?);
        if let Some(standing) = compiled_standing(member, &members) {
            form.field(&standing);
        }
    }
    form.field(archive.tail);
    Some(form)
}

struct Archive<'a> {
    /// What stands in front of the first member: a script that runs the archive.
    front: &'a [u8],
    /// In the order in which they stand in the file.
    members: Vec<Member<'a>>,
    /// What stands between the last member and the directory.
    tail: &'a [u8],
    comment: &'a [u8],
}

impl<'a> Archive<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let end = end_record(bytes)?;
        let record = bytes.get(end..)?;
        let count = u16_le(record, 10)?;
        let (size, offset) = (u32_le(record, 12)?, u32_le(record, 16)?);
        let one_disk = record.get(4..8)? == [0; 4] && u16_le(record, 8)? == count;
        if !one_disk || count == u16::MAX || size == u32::MAX || offset == u32::MAX {
            return None;
        }
        let directory = end.checked_sub(usize::try_from(size).ok()?)?;
        // Where something was put in front, places count from where the archive starts.
        let start = directory.checked_sub(usize::try_from(offset).ok()?)?;
        let mut rest = bytes.get(directory..end)?;
        let mut members = Vec::with_capacity(count.into());
        for _ in 0..count {
            let (member, after) = Member::parse(rest, bytes.get(..directory)?, start)?;
            members.push(member);
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
        members.sort_unstable_by_key(|member| member.extent.start);
        let mut at = members.first().map_or(0, |first| first.extent.start);
        let front = bytes.get(..at)?;
        for member in &mut members {
            // None where two overlap.
            member.gap = bytes.get(at..member.extent.start)?;
            at = member.extent.end;
        }
        Some(Self { front, members, tail: bytes.get(at..directory)?, comment: record.get(END_BYTES..)? })
    }
}

/// Where the end record is: the last one, as all readers look for it, and it ends the file. An archive that is stored in
/// this one has its own.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let first = bytes.len().saturating_sub(END_BYTES + MAX_COMMENT);
    let at = first + bytes.get(first..)?.windows(END.len()).rposition(|window| window == END)?;
    let comment = usize::from(u16_le(bytes, at + 20)?);
    (at + END_BYTES + comment == bytes.len()).then_some(at)
}

struct Member<'a> {
    name: &'a [u8],
    /// DOS date and time.
    time: u32,
    central: &'a [u8],
    central_extra: &'a [u8],
    comment: &'a [u8],
    needed: u16,
    local_extra: &'a [u8],
    packed: &'a [u8],
    /// Whether a descriptor follows the content, and whether it has a signature.
    descriptor: &'static str,
    /// From the local header to the end of the content and what belongs to it.
    extent: Range<usize>,
    /// What stands between the member before and this one.
    gap: &'a [u8],
}

impl<'a> Member<'a> {
    /// Reads an entry of the directory and the member it leads to, within `bytes`; what follows in the directory is the
    /// other half.
    fn parse(directory: &'a [u8], bytes: &'a [u8], start: usize) -> Option<(Self, &'a [u8])> {
        let (central, rest) = directory.split_at_checked(CENTRAL_BYTES)?;
        let (name, rest) = rest.split_at_checked(u16_le(central, 28)?.into())?;
        let (central_extra, rest) = rest.split_at_checked(u16_le(central, 30)?.into())?;
        let (comment, rest) = rest.split_at_checked(u16_le(central, 32)?.into())?;
        let known = central.starts_with(CENTRAL) && u16_le(central, 34)? == 0;
        let flags = u16_le(central, 8).filter(|flags| known && flags & !(LEVEL | STREAMED | UTF8) == 0)?;
        let sizes = central.get(16..28)?;
        let packed = usize::try_from(u32_le(sizes, 4).filter(|size| *size != u32::MAX)?).ok()?;

        let at = start.checked_add(usize::try_from(u32_le(central, 42)?).ok()?)?;
        let (local, content) = bytes.get(at..)?.split_at_checked(LOCAL_BYTES)?;
        let (local_name, content) = content.split_at_checked(u16_le(local, 26)?.into())?;
        let (local_extra, content) = content.split_at_checked(u16_le(local, 28)?.into())?;
        let (packed, after) = content.split_at_checked(packed)?;
        let local_sizes = local.get(14..26)?;
        let streamed = flags & STREAMED != 0;
        let agree = local.starts_with(LOCAL)
            && local_name == name
            && local.get(6..10)? == central.get(8..12)?
            && (local_sizes == sizes
                || (streamed && local_sizes == [0; 12])
                || (!streamed && is_wide(local_sizes, local_extra, sizes)));
        if !agree {
            return None;
        }
        let (descriptor, length) = if streamed { descriptor(after, sizes)? } else { ("", 0) };
        let end = bytes.len() - after.len() + length;
        let member = Self {
            name,
            time: u32_le(central, 12)?,
            central,
            central_extra,
            comment,
            needed: u16_le(local, 4)?,
            local_extra,
            packed,
            descriptor,
            extent: at..end,
            gap: &[],
        };
        Some((member, rest))
    }

    /// The first bytes of the content, of a method that is known.
    fn start(&self) -> Vec<u8> {
        let mut start = Vec::new();
        let limit = HEAD as u64;
        // What cannot be unpacked is no header.
        let _ = match u16_le(self.central, 10) {
            Some(STORED) => self.packed.take(limit).read_to_end(&mut start),
            Some(DEFLATED) => Inflate::new(self.packed).take(limit).read_to_end(&mut start),
            _ => Ok(0),
        };
        start
    }

    /// Unless all of the archive is looked into, Java classes, for which there is no mask, count as they are packed.
    fn form(&self, nest: &mut Nest, whole: bool) -> Option<Form> {
        let mut form = Form::new("member");
        form.field(self.name);
        form.field(self.gap);
        form.field(self.comment);
        // The host that the attributes are meant for, but not the version of the program.
        form.field(self.central.get(5..8)?);
        form.number(self.needed);
        form.number(u16_le(self.central, 8)? & !LEVEL);
        // Internal and external attributes, which hold the mode.
        form.field(self.central.get(36..42)?);
        form.field(&timeless(self.central_extra, false)?);
        form.field(&timeless(self.local_extra, true)?);
        form.field(self.descriptor.as_bytes());
        let (crc, size) = (u32_le(self.central, 16)?, u32_le(self.central, 24)?);
        let method = u16_le(self.central, 10)?;
        form.number(method);
        let sealed = match method {
            STORED => {
                let mut check = flate2::Crc::new();
                check.update(self.packed);
                (check.sum() == crc && check.amount() == size).then(|| nest.seal(self.name, self.packed))?
            }
            DEFLATED if whole || !self.name.ends_with(b".class") => {
                let mut inflate = Inflate::new(self.packed);
                let (sealed, length) = nest.seal_stream(self.name, &mut inflate)?;
                let sound = inflate.rest().is_empty() && inflate.crc() == crc && length == u64::from(size);
                sound.then_some(sealed)?
            }
            // It counts as it is packed, and so does what the directory says of it.
            _ => {
                form.field(self.central.get(16..28)?);
                Sealed::plain(self.packed)
            }
        };
        form.content(sealed.of_member(self.name));
        Some(form)
    }
}

/// What an interpreter that imports from the archive (`zipimport`) makes of `x.pyc` in it. The mask of compiled code hides
/// what names the source, and this one the source's time; whether they go together is no noise, since it switches code.
fn compiled_standing(member: &Member<'_>, sorted: &[Member<'_>]) -> Option<Vec<u8>> {
    let stem = member.name.strip_suffix(b".pyc")?;
    let header = python::header(&member.start())?;
    let source = [stem, b".py"].concat();
    let source =
        sorted.binary_search_by_key(&source.as_slice(), |member| member.name).ok().and_then(|at| sorted.get(at));
    let Some(source) = source else { return Some(b"alone".to_vec()) };
    if header.is_hashed() {
        let named = [header.flags, header.mtime, header.size].map(u32::to_le_bytes).concat();
        return Some([b"by hash".as_slice(), &named].concat());
    }
    // It reads DOS times as local ones, and takes a second for no difference; containers have no time zone.
    let time = unix_time(source.time)?;
    let is_named = (time - i64::from(header.mtime)).abs() <= 1 && u32_le(source.central, 24)? == header.size;
    Some(if is_named { b"named".to_vec() } else { b"stale".to_vec() })
}

/// Whether a local header that leaves the sizes to a zip64 field, as numpy's do in case they grow, tells the same there.
fn is_wide(local_sizes: &[u8], local_extra: &[u8], sizes: &[u8]) -> bool {
    let [c0, c1, c2, c3, p0, p1, p2, p3, s0, s1, s2, s3] = *sizes else { return false };
    let expected = [1, 0, 16, 0, s0, s1, s2, s3, 0, 0, 0, 0, p0, p1, p2, p3, 0, 0, 0, 0];
    local_sizes == [c0, c1, c2, c3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] && local_extra == expected
}

/// What kind of descriptor follows a streamed content, and its length.
fn descriptor(bytes: &[u8], sizes: &[u8]) -> Option<(&'static str, usize)> {
    match bytes.strip_prefix(DESCRIPTOR) {
        Some(rest) if rest.starts_with(sizes) => Some(("signed", 16)),
        _ => bytes.starts_with(sizes).then_some(("unsigned", 12)),
    }
}

/// Extra fields without the times in them: the extended timestamp (0x5455) and Info-ZIP's old Unix field (0x5855),
/// whose owner stays. All others stay as they are, owners (0x7875) too: who unpacks as root gets them.
fn timeless(extra: &[u8], is_local: bool) -> Option<Vec<u8>> {
    let mut kept = extra.to_vec();
    let mut at = 0;
    while at < extra.len() {
        let (id, length) = (u16_le(extra, at)?, usize::from(u16_le(extra, at + 2)?));
        let data = kept.get_mut(at + 4..at + 4 + length)?;
        match (id, data) {
            (0x5455, [flags, times @ ..]) => {
                let told = (*flags & 7).count_ones();
                // The directory tells the mtime alone, whatever the flags say.
                let told = if is_local { told } else { u32::from(*flags & 1) };
                (times.len() == usize::try_from(told).ok()? * 4).then(|| times.fill(0))?;
            }
            (0x5855, data) => data.get_mut(..8)?.fill(0),
            _ => {}
        }
        at += 4 + length;
    }
    Some(kept)
}

/// A DOS date and time in seconds since the epoch; `None` when there is no such day.
fn unix_time(time: u32) -> Option<i64> {
    let part = |shift, bits| i8::try_from(dos_part(time, shift, bits)).ok();
    let year = i16::try_from(1980 + dos_part(time, 25, 7)).ok()?;
    let second = part(0, 5)?.checked_mul(2)?;
    let date =
        jiff::civil::DateTime::new(year, part(21, 4)?, part(16, 5)?, part(11, 5)?, part(5, 6)?, second, 0).ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

fn dos_part(time: u32, shift: u32, bits: u32) -> u32 {
    (time >> shift) & ((1 << bits) - 1)
}

/// A DOS date (high half) and time, as it stands.
fn dos_time(time: u32) -> String {
    let part = |shift, bits| dos_part(time, shift, bits);
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02}",
        1980 + part(25, 7),
        part(21, 4),
        part(16, 5),
        part(11, 5),
        part(5, 6),
        part(0, 5) * 2
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use ::zip::write::SimpleFileOptions;
    use ::zip::{CompressionMethod, ZipWriter};

    use super::super::testing::{hidden, masked, survives_damage};
    use super::*;

    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.zip");
    const TWO: &[u8] = include_bytes!("../../../tests/data/masks/two.zip");
    const ONE_JAR: &[u8] = include_bytes!("../../../tests/data/masks/one.jar");
    const TWO_JAR: &[u8] = include_bytes!("../../../tests/data/masks/two.jar");

    fn of(bytes: &[u8]) -> Option<Vec<u8>> {
        masked("opt/a.jar", bytes).map(|(_, form)| form)
    }

    /// Other bytes at the `nth` place where `old` stands.
    fn with(archive: &[u8], nth: usize, old: &[u8], new: &[u8]) -> Vec<u8> {
        let mut places = archive.windows(old.len()).enumerate().filter(|(_, window)| *window == old);
        let (at, _) = places.nth(nth).unwrap();
        let mut bytes = archive.to_vec();
        bytes.splice(at..at + old.len(), new.iter().copied());
        bytes
    }

    /// An archive of stored members: name, content, mode.
    fn archive(members: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content, mode) in members {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            writer.start_file(*name, options.unix_permissions(*mode)).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn times_order_and_level_are_masked() {
        assert!(of(ONE).is_some());
        assert_eq!(of(ONE), of(TWO));
        assert_eq!(hidden("a.zip", ONE)[..2], ["newest member 2023-11-14 22:13:20", "compressed size 739"]);
    }

    #[test]
    fn a_jars_manifest_and_bytecode_get_their_own_masks() {
        assert!(of(ONE_JAR).is_some());
        assert_eq!(of(ONE_JAR), of(TWO_JAR));
        let hidden = hidden("a.jar", TWO_JAR);
        assert!(hidden.contains(&"MANIFEST.MF: Built-By buildd".to_owned()), "{hidden:?}");
    }

    #[test]
    fn a_time_that_switches_compiled_code_never_hides() {
        const NOW: u32 = 1_700_000_000;
        let pyc = |flags: u32, time: u32, size: u32| {
            [b"\xa7\r\r\n".as_slice(), &[flags, time, size].map(u32::to_le_bytes).concat(), b"code"].concat()
        };
        // A source packed at 2023-11-14 22:13:`second`, and code that names it.
        let packed = |second: u8, method: CompressionMethod, pyc: &[u8]| {
            let time = ::zip::DateTime::from_date_and_time(2023, 11, 14, 22, 13, second).unwrap();
            let options = SimpleFileOptions::default().compression_method(method).last_modified_time(time);
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            for (name, content) in [("lib/m.py", b"x = 1\n".as_slice()), ("lib/m.pyc", pyc)] {
                writer.start_file(name, options).unwrap();
                writer.write_all(content).unwrap();
            }
            of(&writer.finish().unwrap().into_inner()).unwrap()
        };
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let packed = |second, pyc: &[u8]| packed(second, method, pyc);
            let named = packed(20, &pyc(0, NOW, 6));
            assert_eq!(packed(22, &pyc(0, NOW + 2, 6)), named, "both times moved");
            assert_eq!(packed(20, &pyc(0, NOW + 1, 6)), named, "a second is no difference");
            let stale = packed(22, &pyc(0, NOW, 6));
            assert_ne!(stale, named, "the source's time");
            assert_eq!(packed(20, &pyc(0, NOW - 9, 6)), stale, "the code's time");
            assert_ne!(packed(20, &pyc(0, NOW, 7)), named, "the source's size");
            assert_ne!(packed(20, &pyc(1, 7, 7)), stale);
            assert_ne!(packed(20, &pyc(1, 7, 7)), packed(20, &pyc(3, 7, 7)), "whether a hash is looked at");
            assert_ne!(packed(20, &pyc(3, 7, 7)), packed(20, &pyc(3, 7, 8)));
        }
    }

    #[test]
    fn a_member_that_is_changed_added_or_renamed_never_hides() {
        let real = archive(&[("a.txt", b"hello", 0o644), ("b.sh", b"run", 0o755)]);
        assert_eq!(of(&real), of(&archive(&[("b.sh", b"run", 0o755), ("a.txt", b"hello", 0o644)])));
        for other in [
            archive(&[("a.txt", b"hullo", 0o644), ("b.sh", b"run", 0o755)]),
            archive(&[("a.txt", b"hello", 0o755), ("b.sh", b"run", 0o755)]),
            // Setuid, in the high half of the external attributes.
            with(&real, 0, b"\xed\x81", b"\xed\x89"),
            archive(&[("a.txt", b"hello", 0o644), ("c.sh", b"run", 0o755)]),
            archive(&[("a.txt", b"hello", 0o644), ("b.sh", b"run", 0o755), ("c", b"", 0o644)]),
            archive(&[("a.txt", b"hello", 0o644)]),
        ] {
            assert!(of(&other).is_some_and(|form| Some(form) != of(&real)));
        }
    }

    #[test]
    fn what_belongs_to_no_member_never_hides() {
        let end = ONE.len() - END_BYTES;
        let mut commented = [ONE, b"evil"].concat();
        commented[end + 20] = 4;
        let directory = ONE.windows(4).position(|window| window == CENTRAL).unwrap();
        let mut padded = ONE.to_vec();
        padded.splice(directory..directory, *b"evil");
        padded[end + 4 + 16] += 4;
        for other in [commented, padded, [b"#!/bin/sh\nrun\n", ONE].concat()] {
            assert!(of(&other).is_some_and(|form| Some(form) != of(ONE)));
        }
        assert_ne!(of(&[b"#!/bin/sh\nrun\n", ONE].concat()), of(&[b"#!/bin/sh\nnur\n", ONE].concat()));
        assert_eq!(of(&[ONE, b"evil"].concat()), None);
    }

    #[test]
    fn owners_and_unknown_extra_fields_stay() {
        // Info-ZIP's new Unix field: uid 0 and gid 0, in the local header and in the directory.
        let owner = b"ux\x0b\0\x01\x04\0\0\0\0";
        for nth in [0, 5] {
            let other = with(ONE, nth, owner, b"ux\x0b\0\x01\x04\x07\0\0\0");
            assert!(of(&other).is_some_and(|form| Some(form) != of(ONE)));
        }
        let other = with(ONE_JAR, 0, b"\xfe\xca\0\0", b"\xff\xca\0\0");
        assert!(of(&other).is_some_and(|form| Some(form) != of(ONE_JAR)));
        // A timestamp field with more in it than its flags tell.
        assert_eq!(of(&with(ONE, 0, b"UT\x09\0\x03", b"UT\x09\0\x01")), None);
    }

    #[test]
    fn where_two_readers_could_disagree_nothing_is_said() {
        let hidden_end = [&ONE[..ONE.len() - 2], &[22, 0], &ONE[ONE.len() - END_BYTES..]].concat();
        let twice = archive(&[("a.txt", b"1", 0o644), ("b.txt", b"2", 0o644)]);
        let twice = with(&with(&twice, 0, b"b.txt", b"a.txt"), 0, b"b.txt", b"a.txt");
        let sizes = b"\x0c\0\0\0\x2c\x01\0\0";
        for (what, other) in [
            ("an end record in the comment", hidden_end),
            ("a name twice", twice),
            ("another name in front of the content", with(ONE, 0, b"lib/a.txt", b"lib/b.txt")),
            ("another method in front of the content", with(ONE, 0, b"\x02\0\x08\0", b"\x02\0\0\0")),
            ("another size in front of the content", with(ONE, 0, sizes, b"\x0b\0\0\0\x2c\x01\0\0")),
            (
                "a size that is not the content's",
                with(&with(ONE, 1, sizes, b"\x0c\0\0\0\x2b\x01\0\0"), 0, sizes, b"\x0c\0\0\0\x2b\x01\0\0"),
            ),
            ("another number of members", with(ONE, 0, b"\x04\0\x04\0", b"\x03\0\x03\0")),
            ("another checksum", with(ONE_JAR, 1, b"PK\x07\x08", b"PK\x07\x09")),
        ] {
            assert_eq!(of(&other), None, "{what}");
        }
        // All members are the first one: they overlap.
        let stored = archive(&[("a", b"1", 0o644), ("b", b"2", 0o644)]);
        let second = stored.windows(4).rposition(|window| window == CENTRAL).unwrap();
        let mut overlapping = with(&with(&stored, 1, b"b", b"a"), 0, b"b", b"a");
        overlapping[second + 42..second + 46].fill(0);
        assert_eq!(of(&overlapping), None);
    }

    #[test]
    fn sizes_in_a_zip64_field_count_when_they_are_the_same() {
        // As Python's `ZipFile.open("a", "w", force_zip64=True)` writes it.
        let real = archive(&[("a", b"hello", 0o644)]);
        let sizes = b"\x05\0\0\0\x05\0\0\0\x01\0\0\0a";
        let wide = |size: u8| {
            let header = b"\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\x14\0a\x01\0\x10\0";
            let field = [size, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0];
            let mut bytes = with(&real, 0, sizes, &[header.as_slice(), &field].concat());
            let end = bytes.len() - END_BYTES;
            bytes[end + 16] += 20;
            bytes
        };
        assert!(of(&wide(5)).is_some());
        assert_eq!(of(&wide(6)), None);
    }

    #[test]
    fn a_manifest_that_is_no_longer_first_never_hides() {
        let members: [(&str, &[u8], u32); 2] = [("META-INF/MANIFEST.MF", b"M", 0o644), ("a", b"", 0o644)];
        assert_ne!(of(&archive(&members)), of(&archive(&[members[1], members[0]])));
    }

    #[test]
    fn an_empty_archive_is_one_too_and_damage_is_survived() {
        assert!(of(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").is_some());
        survives_damage("a.zip", ONE);
        survives_damage("a.jar", ONE_JAR);
    }
}
