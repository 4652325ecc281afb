//! tar (ustar, GNU, PAX) inside an image: the members' headers and a digest of each content. Layers themselves are read
//! elsewhere and with more care; here an odd archive is simply not taken apart further.

use super::{MAX_MEMBERS, array, seal, shown, until_nul};
use crate::model::{Anatomy, Part, Value};

pub(in super::super) const BLOCK: usize = 512;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    header(content.get(..BLOCK)?)?;
    let (mut members, mut rest, mut long_name) = (Vec::new(), content, None);
    let complete = loop {
        let Some(block) = rest.get(..BLOCK) else { break false };
        if block.iter().all(|byte| *byte == 0) {
            break true;
        }
        let Some(header) = header(block).filter(|_| members.len() < MAX_MEMBERS) else { break false };
        let Some(body) = rest.get(BLOCK..).and_then(|rest| rest.get(..header.size)) else { break false };
        match header.kind {
            b'L' => long_name = Some(until_nul(body).to_vec()),
            b'x' => long_name = pax_path(body).or(long_name),
            b'g' | b'K' => {}
            _ => members.push(member(&header, long_name.take(), body)),
        }
        let blocks = header.size.div_ceil(BLOCK) + 1;
        rest = rest.get(blocks * BLOCK..).unwrap_or_default();
    };
    Some(Anatomy { format: "tar archive".to_owned(), members, noun: "members", complete, ..Anatomy::default() })
}

/// One header block, whose checksum is right.
pub(in super::super) struct Header<'a> {
    pub(in super::super) block: &'a [u8],
    pub(in super::super) size: usize,
    pub(in super::super) kind: u8,
}

pub(in super::super) fn header(block: &[u8]) -> Option<Header<'_>> {
    if block.get(257..262) != Some(b"ustar") {
        return None;
    }
    let sum: u32 =
        block.iter().enumerate().map(|(at, byte)| u32::from(if (148..156).contains(&at) { b' ' } else { *byte })).sum();
    (octal(block, 148, 8)? == u64::from(sum)).then_some(())?;
    let [kind] = array(block, 156)?;
    Some(Header { block, size: usize::try_from(octal(block, 124, 12)?).ok()?, kind })
}

fn octal(block: &[u8], at: usize, length: usize) -> Option<u64> {
    let text = std::str::from_utf8(until_nul(block.get(at..at + length)?)).ok()?.trim_matches(' ');
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

fn member(header: &Header<'_>, long_name: Option<Vec<u8>>, body: &[u8]) -> Part {
    let field = |at: usize, length: usize| until_nul(header.block.get(at..at + length).unwrap_or_default());
    let number = |at: usize, length: usize| octal(header.block, at, length).unwrap_or_default();
    let name = long_name.unwrap_or_else(|| match (field(345, 155), field(0, 100)) {
        (b"", name) => name.to_vec(),
        (prefix, name) => [prefix, name].join(&b'/'),
    });
    let seal = match header.kind {
        b'1' | b'2' => format!("link to {}", shown(field(157, 100))),
        b'5' => "directory".to_owned(),
        _ => format!("sha256 {}", seal(body)),
    };
    let value = Value::Member {
        size: body.len() as u64,
        seal,
        access: format!("{:04o} {}:{}", number(100, 8), number(108, 8), number(116, 8)),
        time: octal(header.block, 136, 12).and_then(|seconds| i64::try_from(seconds).ok()),
    };
    Part { name: shown(&name), value }
}

/// The `path` of a PAX header: records of `length key=value\n`.
fn pax_path(mut records: &[u8]) -> Option<Vec<u8>> {
    loop {
        let space = records.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(records.get(..space)?).ok()?.parse().ok()?;
        let record = records.get(space + 1..length)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(path.strip_suffix(b"\n").unwrap_or(path).to_vec());
        }
        records = records.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{members, survives_damage};
    use super::*;

    fn archive() -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        let mut append = |path: &str, content: &[u8]| {
            let mut header = ::tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o640);
            header.set_uid(7);
            header.set_gid(8);
            header.set_mtime(1_700_000_000);
            builder.append_data(&mut header, path, content).unwrap();
        };
        append("a.txt", b"hello");
        append(&format!("{}/end", "long".repeat(60)), &[1; 700]);
        builder.into_inner().unwrap()
    }

    #[test]
    fn members_have_names_contents_and_times() {
        let anatomy = dissect(&archive()).unwrap();
        let members = members(&anatomy);
        assert_eq!(members[0], "a.txt=5 B sha256 2cf24dba5fb0 0640 7:8 Some(1700000000)");
        assert!(members[1].starts_with("longlong") && members[1].contains("/end=700 B"), "{members:?}");
        assert!(anatomy.complete && members.len() == 2);
    }

    #[test]
    fn a_cut_archive_says_so_and_a_wrong_checksum_is_none() {
        let mut tar = archive();
        assert!(!dissect(&tar[..1024 + 600]).unwrap().complete);
        survives_damage(&tar);
        tar[0] = b'b';
        assert_eq!(dissect(&tar), None);
    }
}
