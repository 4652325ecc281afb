//! `RECORD` (PEP 376, PEP 427): the files of an installed wheel, a CSV of path, hash and size.

use crate::model::{Digest, ImagePath, PathError, RecordedHash};

/// One row: the path as written, the hash, where it is one that can be checked, and the size, where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) path: Vec<u8>,
    pub(super) recorded: RecordedHash,
    pub(super) size: Option<u64>,
}

/// The rows of a RECORD with line ends of either kind.
pub(super) fn rows(text: &[u8]) -> impl Iterator<Item = Row> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let [path, hash, size] = row(&mut rest);
            if !path.is_empty() {
                let size = std::str::from_utf8(&size).ok().and_then(|size| size.parse().ok());
                return Some(Row { path, recorded: recorded(&hash), size });
            }
        }
        None
    })
}

/// Takes one row off `rest`: its first three fields.
fn row(rest: &mut &[u8]) -> [Vec<u8>; 3] {
    let mut kept = [Vec::new(), Vec::new(), Vec::new()];
    for position in 0.. {
        let (value, is_last) = field(rest);
        if let Some(slot) = kept.get_mut(position) {
            *slot = value;
        }
        if is_last {
            break;
        }
    }
    kept
}

/// Takes one field off `rest`; the second value tells whether it was the last of its row.
fn field(rest: &mut &[u8]) -> (Vec<u8>, bool) {
    let mut value = Vec::new();
    let mut quoted = false;
    while let Some((byte, after)) = rest.split_first() {
        *rest = after;
        match byte {
            b'"' if quoted && after.first() == Some(&b'"') => {
                value.push(b'"');
                *rest = &after[1..];
            }
            b'"' => quoted = !quoted,
            b',' if !quoted => return (value, false),
            b'\r' if !quoted && after.first() == Some(&b'\n') => {}
            b'\n' if !quoted => return (value, true),
            plain => value.push(*plain),
        }
    }
    (value, true)
}

/// `sha256=<base64, URL-safe, without padding>`; other algorithms are not checked.
fn recorded(hash: &[u8]) -> RecordedHash {
    let digest = hash.strip_prefix(b"sha256=").and_then(base64);
    digest.map_or(RecordedHash::None, |bytes| RecordedHash::Sha256(Digest(bytes)))
}

/// 32 bytes out of 43 digits.
fn base64(digits: &[u8]) -> Option<[u8; 32]> {
    let digits = digits.strip_suffix(b"=").unwrap_or(digits);
    if digits.len() != 43 {
        return None;
    }
    let mut bytes = [0; 32];
    let (mut bits, mut pending, mut at) = (0_u32, 0_u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        pending += 6;
        if pending >= 8 {
            pending -= 8;
            *bytes.get_mut(at)? = (bits >> pending & 0xff) as u8;
            at += 1;
        }
    }
    Some(bytes)
}

/// `written` as a path of the image: relative to `base` unless absolute, its `..` taken back one by one.
///
/// # Errors
/// When it climbs out of the image's root or is no path.
pub(super) fn relative_to(base: &ImagePath, written: &[u8]) -> Result<ImagePath, PathError> {
    let base = if written.starts_with(b"/") { &b""[..] } else { base.as_bytes() };
    let mut parts: Vec<&[u8]> = base.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
    for part in written.split(|byte| *byte == b'/') {
        match part {
            b".." if parts.is_empty() => return ImagePath::parse(written),
            b".." => parts.truncate(parts.len() - 1),
            b"" | b"." => {}
            name => parts.push(name),
        }
    }
    ImagePath::parse(&parts.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::path;
    use super::*;

    #[test]
    fn rows_are_read_with_either_line_end_and_with_quotes() {
        // From Flask 3.1.3's RECORD as pip 23.2.1 wrote it; the last two rows are made up after PEP 376.
        let text = b"../../../bin/flask,sha256=IKATYhd4a-rR_5UlQI1uNO2lb_EBIMpeEYIlfgx_44c,231\r\nflask-3.1.3.dist-info/RECORD,,\r\n\r\n\"a,\"\"b\"\"\n c\",md5=xx,1\nlast";
        let read: Vec<Row> = rows(text).collect();
        let RecordedHash::Sha256(digest) = read[0].recorded else { panic!("{read:?}") };
        assert_eq!(digest.hex(), "20a0136217786bead1ff9525408d6e34eda56ff10120ca5e1182257e0c7fe387");
        let paths: Vec<_> = read.iter().map(|row| String::from_utf8_lossy(&row.path).into_owned()).collect();
        assert_eq!(paths, ["../../../bin/flask", "flask-3.1.3.dist-info/RECORD", "a,\"b\"\n c", "last"]);
        assert!(read[1..].iter().all(|row| row.recorded == RecordedHash::None));
    }

    #[test]
    fn hashes_that_are_none_are_not_taken_for_one() {
        for hash in ["sha256=short", "sha256=IKATYhd4a-rR_5UlQI1uNO2lb_EBIMpeEYIlfgx_44!", "sha512=x", "\""] {
            assert_eq!(recorded(hash.as_bytes()), RecordedHash::None);
        }
    }

    #[test]
    fn paths_are_relative_to_the_site_directory_and_stay_in_the_image() {
        let site = path("usr/lib/python3.11/site-packages");
        let at = |written: &str| relative_to(&site, written.as_bytes());
        assert_eq!(at("../../../bin/x").unwrap(), path("usr/bin/x"));
        assert_eq!(at("/opt//x").unwrap(), path("opt/x"));
        assert_eq!(at("x/./y").unwrap(), path("usr/lib/python3.11/site-packages/x/y"));
        assert_eq!(at("../../../../etc/x").unwrap(), path("etc/x"));
        assert!(matches!(at("../../../../../etc/x"), Err(PathError::Climbs(_))));
        assert!(at("x\0").is_err());
    }
}
