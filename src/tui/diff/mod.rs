//! How two contents differ, as data that is made on a worker thread and drawn as often as needed.
//!
//! | module | holds |
//! |---|---|
//! | `text` `syntax` | lines and words; what a piece of source code is |
//! | `hex` | bytes around the first difference |
//! | `decoded` | the parts of a known format |

pub mod decoded;
pub mod hex;
pub mod syntax;
pub mod text;

pub use decoded::{Decoded, Decoding};
pub use hex::HexDiff;
pub use text::TextDiff;

use crate::model::{Anatomy, Side};

/// The most bytes of one content that are asked for.
pub const READ_LIMIT: u64 = 16 * 1024 * 1024;
/// The longest content shown as text.
const TEXT_LIMIT: usize = 1024 * 1024;

/// Two contents to be compared, as far as they were read.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// By which a language is known.
    pub path: &'a str,
    /// `None` where there is no regular file.
    pub left: Option<&'a [u8]>,
    pub right: Option<&'a [u8]>,
    /// Whether all of both was read.
    pub whole: bool,
}

/// How two contents differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDiff {
    pub decoded: Decoding,
    pub body: Body,
}

/// The contents themselves, side against side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Byte for byte the same, as far as was read.
    Same {
        whole: bool,
    },
    Text(TextDiff),
    Bytes(HexDiff),
}

impl Pair<'_> {
    /// Compares the contents; `dissect` takes one apart when its format is known.
    #[must_use]
    pub fn compare(self, dissect: impl Fn(&[u8]) -> Option<Anatomy>) -> ContentDiff {
        let (left, right) = (self.left.unwrap_or_default(), self.right.unwrap_or_default());
        if self.only().is_none() && left == right {
            return ContentDiff { decoded: Decoding::None, body: Body::Same { whole: self.whole } };
        }
        if let (Some(left), Some(right)) = (as_text(left), as_text(right)) {
            let source = |text| text::Source { text, colours: syntax::colour(self.path, text) };
            let body = Body::Text(text::compare(&source(left), &source(right), self.only()));
            return ContentDiff { decoded: Decoding::None, body };
        }
        let decoded = if self.whole {
            let (left, right) = (self.left.and_then(&dissect), self.right.and_then(&dissect));
            decoded::compare(left.as_ref(), right.as_ref())
        } else {
            Decoding::TooLong
        };
        ContentDiff { decoded, body: Body::Bytes(hex::compare(left, right, self.only())) }
    }

    /// The side that alone has contents.
    fn only(&self) -> Option<Side> {
        match (self.left, self.right) {
            (Some(_), None) => Some(Side::Left),
            (None, Some(_)) => Some(Side::Right),
            _ => None,
        }
    }
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    if bytes.len() > TEXT_LIMIT || bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_contents_say_whether_all_was_read() {
        for whole in [true, false] {
            let diff = Pair { path: "", left: Some(b"x"), right: Some(b"x"), whole }.compare(|_| None);
            assert_eq!(diff.body, Body::Same { whole });
        }
        let added = Pair { path: "", left: None, right: Some(b""), whole: true }.compare(|_| None);
        assert!(matches!(added.body, Body::Text(_)), "an empty file that was added is not the same as none");
    }

    #[test]
    fn only_whole_contents_are_taken_apart() {
        let dissect = |bytes: &[u8]| {
            let fields = vec![crate::model::Part::text("size", bytes.len().to_string())];
            Some(Anatomy { format: "f".to_owned(), fields, members: Vec::new(), noun: "members", complete: true })
        };
        let pair = Pair { path: "", left: Some(b"\0"), right: Some(b"\0\0"), whole: true };
        assert!(matches!(pair.compare(dissect).decoded, Decoding::Done(_)));
        assert_eq!(Pair { whole: false, ..pair }.compare(dissect).decoded, Decoding::TooLong);
    }
}
