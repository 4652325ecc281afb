//! What a file of a known format is made of, so that two of them can be compared part by part.

use super::Digest;

/// A content taken apart. All texts are safe to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anatomy {
    /// As a reader calls it: `compiled Python 3.11`.
    pub format: String,
    /// What is said once: the fields of a header.
    pub fields: Vec<Part>,
    /// What there are many of, in the order of the file.
    pub members: Vec<Part>,
    /// What the members are called, in the plural: `sections`.
    pub noun: &'static str,
    /// Whether all of the content was taken apart; `false` where a limit was met or the rest is damaged.
    pub complete: bool,
    /// What a compressed content unpacks to, unless that is long.
    pub unpacked: Option<Vec<u8>>,
}

/// One named part. Names need not be unique: an archive may hold two members of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub value: Value,
}

/// What a part says or holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// Seconds since the epoch.
    Time(i64),
    /// Bytes that are not taken apart further.
    Bytes {
        size: u64,
        sha256: Digest,
    },
    /// A file in an archive.
    Member {
        size: u64,
        /// What its bytes are told apart by: a checksum, or whatever else the archive has.
        seal: String,
        /// Mode and owner, where the archive has them.
        access: String,
        /// Seconds since the epoch; archives without a time zone are read as UTC.
        time: Option<i64>,
    },
}

impl Part {
    /// A part that is a text.
    #[must_use]
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Value::Text(text.into()) }
    }

    /// A part that is a time.
    #[must_use]
    pub fn time(name: &str, seconds: i64) -> Self {
        Self { name: name.to_owned(), value: Value::Time(seconds) }
    }
}
