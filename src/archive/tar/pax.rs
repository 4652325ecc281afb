//! PAX extended headers (POSIX.1-2001, `pax`, "pax Extended Header"): records of `LENGTH KEY=VALUE\n`, delimited by
//! their length alone, since a value may hold any byte, a newline too.

use crate::model::text::visible_bytes;

use super::header::{clamp, size};

/// What one extended header says of the entry after it. An empty value means the header's own field holds.
#[derive(Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) mtime: Option<i64>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: PaxSparse,
}

/// The `GNU.sparse.*` records (GNU tar manual, "Storing Sparse Files").
#[derive(Debug, Default)]
pub(super) struct PaxSparse {
    pub(super) version: (Vec<u8>, Vec<u8>),
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) real_size: Option<u64>,
    /// Format 0.1: all numbers in one value.
    map: Vec<u8>,
    /// Format 0.0: one record each, offsets and lengths in turn.
    numbers: Vec<u64>,
}

impl Pax {
    /// Reads all records; the error says what is wrong.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, String> {
        let mut pax = Self::default();
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes).ok_or_else(|| {
                let start = bytes.get(..bytes.len().min(40)).unwrap_or_default();
                format!("a PAX record that is not LENGTH KEY=VALUE: \"{}\"", visible_bytes(start))
            })?;
            pax.set(key, value)
                .ok_or_else(|| format!("a PAX {} of \"{}\"", visible_bytes(key), visible_bytes(value)))?;
            bytes = rest;
        }
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"path" => put(&mut self.path, value, name)?,
            b"linkpath" => put(&mut self.link, value, name)?,
            b"size" => put(&mut self.size, value, number)?,
            b"uid" => put(&mut self.uid, value, |value| integer(value).map(clamp))?,
            b"gid" => put(&mut self.gid, value, |value| integer(value).map(clamp))?,
            b"mtime" => put(&mut self.mtime, value, seconds)?,
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.set_xattr(name, value);
                } else if let Some(name) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(name, value)?;
                }
            }
        }
        Some(())
    }

    /// The last value of a name counts, at the place of the first.
    fn set_xattr(&mut self, name: &[u8], value: &[u8]) {
        match self.xattrs.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.to_vec(),
            None => self.xattrs.push((name.to_vec(), value.to_vec())),
        }
    }
}

impl PaxSparse {
    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.version.0 = value.to_vec(),
            b"minor" => self.version.1 = value.to_vec(),
            b"name" => put(&mut self.name, value, name)?,
            b"size" => put(&mut self.size, value, number)?,
            b"realsize" => put(&mut self.real_size, value, number)?,
            b"map" => self.map = value.to_vec(),
            b"offset" if self.numbers.len().is_multiple_of(2) => self.numbers.push(number(value)?),
            b"numbytes" if !self.numbers.len().is_multiple_of(2) => self.numbers.push(number(value)?),
            b"offset" | b"numbytes" => return None,
            _ => {}
        }
        Some(())
    }

    /// Whether the file is stored sparse, and if so whether its map stands in front of the content (format 1.0)
    /// instead of here.
    pub(super) fn map_in_content(&self) -> Option<bool> {
        match (self.version.0.as_slice(), self.version.1.as_slice()) {
            (b"1", b"0") => Some(true),
            (b"0", b"0" | b"1") => Some(false),
            (b"", b"") if !self.map.is_empty() || !self.numbers.is_empty() => Some(false),
            _ => None,
        }
    }

    /// Offsets and lengths in turn, of formats 0.0 and 0.1; `None` when they are no numbers.
    pub(super) fn numbers(&self) -> Option<Vec<u64>> {
        if !self.numbers.is_empty() || self.map.is_empty() {
            return Some(self.numbers.clone());
        }
        self.map.split(|byte| *byte == b',').map(number).collect()
    }
}

/// The first record's key and value, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(integer(bytes.get(..space)?)?).ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let record = record.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals.checked_add(1)?..)?);
    (!key.is_empty() && !key.contains(&0)).then_some((key, value, rest))
}

/// Sets what a record says; `None` when its value is not valid. An empty value takes back what was said before.
fn put<T>(slot: &mut Option<T>, value: &[u8], read: fn(&[u8]) -> Option<T>) -> Option<()> {
    *slot = if value.is_empty() { None } else { Some(read(value)?) };
    Some(())
}

fn name(value: &[u8]) -> Option<Vec<u8>> {
    (!value.contains(&0)).then(|| value.to_vec())
}

fn number(value: &[u8]) -> Option<u64> {
    size(integer(value)?).ok()
}

/// Decimal digits with an optional sign.
pub(super) fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Whole seconds, rounded down as a file system does, of a decimal number with an optional fraction.
fn seconds(value: &[u8]) -> Option<i64> {
    let point = value.iter().position(|byte| *byte == b'.').unwrap_or(value.len());
    let whole = integer(value.get(..point)?)?;
    let fraction = value.get(point..)?.strip_prefix(b".").unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanoseconds = fraction.iter().take(9);
    let below = value.starts_with(b"-") && nanoseconds.into_iter().any(|digit| *digit != b'0');
    Some(if below { whole.saturating_sub(1) } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_where_their_length_says() {
        let pax = Pax::parse(b"35 SCHILY.xattr.user.x=a\n9 path=z\n\n13 path=real\n").unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"real"[..]));
        assert_eq!(pax.xattrs, [(b"user.x".to_vec(), b"a\n9 path=z\n".to_vec())]);
    }

    #[test]
    fn an_empty_value_leaves_the_header_its_say() {
        let pax = Pax::parse(b"13 path=name\n8 path=\n").unwrap();
        assert_eq!(pax.path, None);
    }

    #[test]
    fn broken_records_are_refused() {
        for broken in [
            &b"8 path=a"[..],
            b"9 path=a\n\n",
            b"999 path=a\n",
            b"-9 path=a\n",
            b"7 path=\n",
            b"4 =\n",
            b"5 =a\n",
            b"9 size=x\n",
            b"11 size=-5\n",
            b"10 path=\0\n",
            b"13 mtime=1.x\n",
            b" ",
            b"0 ",
        ] {
            assert!(Pax::parse(broken).is_err(), "{}", visible_bytes(broken));
        }
    }

    #[test]
    fn times_round_down() {
        for (text, want) in [
            (&b"12"[..], 12),
            (b"12.9", 12),
            (b"-12.9", -13),
            (b"-12", -12),
            (b"-0.5", -1),
            (b"-1.000000000", -1),
            (b"5.", 5),
        ] {
            assert_eq!(seconds(text), Some(want), "{}", visible_bytes(text));
        }
        assert_eq!(seconds(b"x"), None);
        assert_eq!(seconds(b"."), None);
        assert_eq!(seconds(b"99999999999999999999"), None);
    }
}
