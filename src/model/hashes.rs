//! A file's bytes held against what its package recorded of them.

use super::{Digest, FileEntry, Md5, OwnedFile, RecordedHash, Role, Side};

/// What is known of one path's bytes on each side; a side that is not spoken of is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hashes {
    pub left: Option<Bytes>,
    pub right: Option<Bytes>,
}

/// One side's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// `None` for anything but a regular file.
    pub sha256: Option<Digest>,
    /// `None` where the package recorded nothing of them.
    pub record: Option<Record>,
}

/// What a package recorded of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where: `RECORD` (PEP 376), `md5sums` (deb-md5sums(5)) or `conffiles` (dpkg's status).
    pub list: &'static str,
    pub recorded: RecordedHash,
    /// What the file has, by the same algorithm; [`RecordedHash::None`] where it is no regular file or was not hashed so.
    pub found: RecordedHash,
}

impl Hashes {
    /// About one side only.
    #[must_use]
    pub fn of(side: Side, bytes: Option<Bytes>) -> Self {
        match side {
            Side::Left => Self { left: bytes, right: None },
            Side::Right => Self { left: None, right: bytes },
        }
    }

    /// `sha256 1f… → 2e…; md5sums says 3d…: left matches, right has 4c…`, hashes cut to 12 digits unless `in_full`.
    #[must_use]
    pub fn words(&self, in_full: bool) -> String {
        let digits = if in_full { usize::MAX } else { SHORT };
        let record = self.record(in_full);
        [self.digests(digits), (!record.is_empty()).then_some(record)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// The same without the digests: `md5sums says 3d…: left matches, right has 4c…`; empty where nothing is recorded.
    #[must_use]
    pub fn record(&self, in_full: bool) -> String {
        let digits = if in_full { usize::MAX } else { SHORT };
        let told = |bytes: &Option<Bytes>| bytes.as_ref().and_then(|bytes| bytes.told(digits));
        let (Some(left), Some(right)) = (&self.left, &self.right) else {
            return told(&self.left).or_else(|| told(&self.right)).unwrap_or_default();
        };
        if let (Some(one), Some(other)) = (&left.record, &right.record)
            && one.recorded == other.recorded
        {
            let (left, right) = (left.stand(one, digits), right.stand(other, digits));
            return format!("{}: left {left}, right {right}", one.says(digits));
        }
        let sides = [("left", told(&self.left)), ("right", told(&self.right))];
        let clauses = sides.into_iter().filter_map(|(side, told)| Some(format!("{side} {}", told?)));
        clauses.collect::<Vec<_>>().join("; ")
    }

    fn digests(&self, digits: usize) -> Option<String> {
        let digest = |bytes: &Option<Bytes>| {
            let sha256 = bytes.as_ref()?.sha256?;
            Some(cut(sha256.hex(), digits))
        };
        match (digest(&self.left), digest(&self.right)) {
            (Some(left), Some(right)) if left == right => Some(format!("sha256 {left} on both sides")),
            (Some(left), Some(right)) => Some(format!("sha256 {left} → {right}")),
            (left, right) => left.or(right).map(|only| format!("sha256 {only}")),
        }
    }
}

impl Bytes {
    /// What the record says, and how the file stands to it.
    fn told(&self, digits: usize) -> Option<String> {
        let record = self.record.as_ref()?;
        Some(format!("{}, it {}", record.says(digits), self.stand(record, digits)))
    }

    fn stand(&self, record: &Record, digits: usize) -> String {
        match record.matches() {
            Some(true) => "matches".to_owned(),
            Some(false) => format!("has {}", cut(record.found.hex(), digits)),
            None if self.sha256.is_some() => "was not held against it".to_owned(),
            None => "is no file".to_owned(),
        }
    }
}

impl Record {
    /// What is recorded of `file`, of which `found` stands there, its MD5 apart; `None` where nothing is.
    #[must_use]
    pub fn of(file: &OwnedFile, found: Option<&FileEntry>, md5: Option<Md5>) -> Option<Self> {
        let content = found.and_then(|entry| entry.content.as_ref());
        let (list, found) = match file.recorded {
            RecordedHash::None => return None,
            RecordedHash::Sha256(_) => ("RECORD", content.map(|content| RecordedHash::Sha256(content.sha256))),
            RecordedHash::Md5(_) => {
                let list = if file.role == Role::Conffile { "conffiles" } else { "md5sums" };
                (list, content.and_then(|content| content.md5).or(md5).map(RecordedHash::Md5))
            }
        };
        Some(Self { list, recorded: file.recorded, found: found.unwrap_or(RecordedHash::None) })
    }

    /// Whether the file has the recorded bytes; `None` where that is not known.
    #[must_use]
    pub fn matches(&self) -> Option<bool> {
        (self.found != RecordedHash::None).then_some(self.found == self.recorded)
    }

    fn says(&self, digits: usize) -> String {
        format!("{} says {}", self.list, cut(self.recorded.hex(), digits))
    }
}

/// Digits of a hash that is shown in short: what engines print of an id.
const SHORT: usize = 12;

fn cut(mut hex: String, digits: usize) -> String {
    hex.truncate(digits);
    hex
}

#[cfg(test)]
mod tests {
    use super::super::ImagePath;
    use super::*;

    fn side(recorded: u8, found: u8) -> Bytes {
        let record = Record {
            list: "md5sums",
            recorded: RecordedHash::Md5(Md5([recorded; 16])),
            found: RecordedHash::Md5(Md5([found; 16])),
        };
        Bytes { sha256: Some(Digest([found; 32])), record: Some(record) }
    }

    #[test]
    fn both_hashes_and_the_record_are_told_and_which_side_it_speaks_for() {
        let same = Hashes { left: Some(side(1, 1)), right: Some(side(1, 2)) };
        assert_eq!(
            same.words(false),
            "sha256 010101010101 → 020202020202; md5sums says 010101010101: left matches, right has 020202020202"
        );
        let moved = Hashes { left: Some(side(1, 1)), right: Some(side(2, 2)) };
        assert_eq!(
            moved.words(false),
            "sha256 010101010101 → 020202020202; left md5sums says 010101010101, it matches; right md5sums says \
             020202020202, it matches"
        );
        assert_eq!(same.record(true).len(), "md5sums says : left matches, right has ".len() + 32 + 32);
        assert_eq!(Hashes::default().words(true), "");
        let one = Hashes::of(Side::Right, Some(side(1, 2)));
        assert_eq!(one.words(true).len(), "sha256 ; md5sums says , it has ".len() + 64 + 32 + 32);
    }

    #[test]
    fn a_link_in_place_of_a_file_has_no_hash_to_compare() {
        let path = ImagePath::parse(b"usr/bin/x").unwrap();
        let file = OwnedFile { path, recorded: RecordedHash::Md5(Md5([1; 16])), role: Role::Conffile };
        let record = Record::of(&file, None, None).unwrap();
        assert_eq!((record.list, record.matches()), ("conffiles", None));
        let silent = OwnedFile { recorded: RecordedHash::None, ..file };
        assert_eq!(Record::of(&silent, None, None), None);
    }
}
