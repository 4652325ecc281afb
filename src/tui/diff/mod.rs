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
    /// What both unpack to is text, which is worth more than the packed bytes.
    Unpacked(TextDiff),
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
        if let Some(diff) = self.text(self.path, left, right) {
            return ContentDiff { decoded: Decoding::None, body: Body::Text(diff) };
        }
        if !self.whole {
            return ContentDiff { decoded: Decoding::TooLong, body: self.bytes(left, right) };
        }
        let anatomies = [self.left, self.right].map(|content| content.and_then(&dissect));
        let [left_anatomy, right_anatomy] = anatomies.each_ref().map(Option::as_ref);
        let decoded = decoded::compare(left_anatomy, right_anatomy);
        let body = self.unpacked(left_anatomy, right_anatomy).unwrap_or_else(|| self.bytes(left, right));
        ContentDiff { decoded, body }
    }

    fn text(&self, path: &str, left: &[u8], right: &[u8]) -> Option<TextDiff> {
        let source = |text| text::Source { text, colours: syntax::colour(path, text) };
        Some(text::compare(&source(as_text(left)?), &source(as_text(right)?), self.only()))
    }

    fn bytes(&self, left: &[u8], right: &[u8]) -> Body {
        Body::Bytes(hex::compare(left, right, self.only()))
    }

    /// The texts that both contents unpack to, where they differ.
    fn unpacked(&self, left: Option<&Anatomy>, right: Option<&Anatomy>) -> Option<Body> {
        let bytes = |side: Option<&[u8]>, anatomy: Option<&'_ Anatomy>| match side {
            Some(_) => anatomy?.unpacked.clone(),
            None => Some(Vec::new()),
        };
        let (left, right) = (bytes(self.left, left)?, bytes(self.right, right)?);
        let path = self.path.rsplit_once('.').map_or(self.path, |(path, _)| path);
        if left == right { None } else { self.text(path, &left, &right).map(Body::Unpacked) }
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
    fn packed_texts_are_compared_as_texts() {
        let dissect = |bytes: &[u8]| Some(Anatomy { unpacked: Some(bytes.to_ascii_uppercase()), ..Anatomy::default() });
        let pair = Pair { path: "a.gz", left: Some(b"\xffa"), right: Some(b"\xffb"), whole: true };
        assert!(matches!(pair.compare(dissect).body, Body::Bytes(_)), "what is no text stays bytes");
        let text = |bytes: &[u8]| dissect(bytes.get(1..)?);
        assert!(matches!(pair.compare(text).body, Body::Unpacked(diff) if diff.removed == 1 && diff.added == 1));
        let same = Pair { right: Some(b"\xfea"), ..pair };
        assert!(matches!(same.compare(text).body, Body::Bytes(_)), "equal texts say nothing");
        let added = Pair { left: None, ..pair };
        assert!(matches!(added.compare(text).body, Body::Unpacked(diff) if diff.only == Some(Side::Right)));
    }

    #[test]
    fn only_whole_contents_are_taken_apart() {
        let dissect = |bytes: &[u8]| {
            let fields = vec![crate::model::Part::text("size", bytes.len().to_string())];
            Some(Anatomy { format: "f".to_owned(), fields, complete: true, ..Anatomy::default() })
        };
        let pair = Pair { path: "", left: Some(b"\0"), right: Some(b"\0\0"), whole: true };
        assert!(matches!(pair.compare(dissect).decoded, Decoding::Done(_)));
        assert_eq!(Pair { whole: false, ..pair }.compare(dissect).decoded, Decoding::TooLong);
    }
}
