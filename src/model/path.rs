//! A path inside an image: bytes, relative to the root, normalised, never climbing out.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;

/// A path inside an image: bytes without a leading or trailing slash, without empty, `.` or `..` components.
/// The root is the empty path. Ordered by bytes. Displayed absolute, with what a terminal must not see escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(Arc<[u8]>);

/// Why bytes are not a path inside an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A `..` component where none belongs.
    #[error("the name {0:?} climbs with \"..\"")]
    Climbs(String),
    /// A NUL byte, which no file system accepts.
    #[error("the name {0:?} holds a NUL byte")]
    Nul(String),
    /// Longer than [`ImagePath::MAX_LEN`].
    #[error("a name of {0} bytes; the limit is {max}", max = ImagePath::MAX_LEN)]
    TooLong(usize),
}

impl ImagePath {
    /// The longest path accepted, in bytes: Linux's `PATH_MAX`, which no engine can go beyond either.
    pub const MAX_LEN: usize = 4096;

    /// The root directory.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from([].as_slice()))
    }

    /// Normalises `raw` (`./a//b/`, `/a/b`) to a path relative to the image's root.
    ///
    /// # Errors
    /// When `raw` climbs with `..`, holds a NUL or is beyond the limit.
    pub fn parse(raw: &[u8]) -> Result<Self, PathError> {
        Self::normalise(raw, |_| Err(PathError::Climbs(text::visible_bytes(raw))))
    }

    /// The path that engines take the name of a tar entry for: `..` takes back the component before it, whatever that
    /// is (Go's `filepath.Clean`), and what would leave the root stays there. Says too whether it would have left.
    ///
    /// # Errors
    /// When `raw` holds a NUL or the path is beyond the limit.
    pub fn clean(raw: &[u8]) -> Result<(Self, bool), PathError> {
        let mut leaves = false;
        let path = Self::normalise(raw, |clean| {
            leaves |= clean.is_empty();
            clean.truncate(clean.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
            Ok(())
        })?;
        Ok((path, leaves))
    }

    /// The path that a process in the directory `self` means by `written`, by its words alone: no link is followed.
    ///
    /// # Errors
    /// As [`ImagePath::clean`].
    pub fn lead(&self, written: &[u8]) -> Result<Self, PathError> {
        let base: &[u8] = if written.starts_with(b"/") { b"" } else { self.as_bytes() };
        Self::clean(&[base, b"/", written].concat()).map(|(path, _)| path)
    }

    /// The components of `raw` one after another; `climb` is what a `..` does to those before it.
    fn normalise(raw: &[u8], mut climb: impl FnMut(&mut Vec<u8>) -> Result<(), PathError>) -> Result<Self, PathError> {
        if raw.contains(&0) {
            return Err(PathError::Nul(text::visible_bytes(raw)));
        }
        let mut clean: Vec<u8> = Vec::with_capacity(raw.len());
        for part in raw.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => climb(&mut clean)?,
                name => {
                    if !clean.is_empty() {
                        clean.push(b'/');
                    }
                    clean.extend_from_slice(name);
                }
            }
        }
        if clean.len() > Self::MAX_LEN {
            return Err(PathError::TooLong(clean.len()));
        }
        Ok(Self(clean.into()))
    }

    /// The bytes, without a leading slash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text without a leading slash, when it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether this is the root directory.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => Self(self.0[..slash].into()),
            None => Self::root(),
        })
    }

    /// The last component; empty for the root.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The components from the root down.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// This path with one more component, which must be a plain name.
    ///
    /// # Errors
    /// As [`ImagePath::parse`].
    pub fn join(&self, name: &[u8]) -> Result<Self, PathError> {
        let mut raw = self.0.to_vec();
        raw.push(b'/');
        raw.extend_from_slice(name);
        Self::parse(&raw)
    }

    /// Whether this path is `directory` or lies below it.
    #[must_use]
    pub fn is_under(&self, directory: &Self) -> bool {
        directory.is_root()
            || self.0.strip_prefix(directory.as_bytes()).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }

    /// Absolute, byte for byte where it is UTF-8, else with the other bytes as `\xNN`. For data (JSON), not for a terminal.
    #[must_use]
    pub fn to_absolute(&self) -> String {
        match std::str::from_utf8(&self.0) {
            Ok(text) => format!("/{text}"),
            Err(_) => format!("/{}", text::visible_bytes(&self.0)),
        }
    }
}

impl Borrow<[u8]> for ImagePath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", text::visible_bytes(&self.0))
    }
}

impl fmt::Debug for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As its bytes.
impl Serialize for ImagePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ImagePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes: Vec<u8> = Vec::deserialize(deserializer)?;
        Self::parse(&bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_and_climbing_ones_refused() {
        assert_eq!(ImagePath::parse(b"./usr//bin/x/").unwrap().as_bytes(), b"usr/bin/x");
        assert_eq!(ImagePath::parse(b"/").unwrap(), ImagePath::root());
        assert!(matches!(ImagePath::parse(b"a/../b"), Err(PathError::Climbs(_))));
        assert!(matches!(ImagePath::parse(b"a\0b"), Err(PathError::Nul(_))));
        assert!(matches!(ImagePath::parse(&[b'a'; 5000]), Err(PathError::TooLong(5000))));
    }

    #[test]
    fn a_name_is_cleaned_as_go_cleans_it_and_stays_within_the_root() {
        for (raw, want, leaves) in [
            ("a/../b", "b", false),
            ("usr/lib/../bin/app", "usr/bin/app", false),
            ("./a//./b/../c/", "a/c", false),
            ("a/..", "", false),
            ("a/b/../../c", "c", false),
            (".../..x/x..", ".../..x/x..", false),
            ("../b", "b", true),
            ("a/../../b", "b", true),
            ("/../../b", "b", true),
            ("..", "", true),
        ] {
            let (path, left) = ImagePath::clean(raw.as_bytes()).unwrap();
            assert_eq!((path.as_bytes(), left), (want.as_bytes(), leaves), "{raw}");
        }
        // What counts is the path, not the way it is written, and as deep as a path can be.
        let long = [&b"x/../".repeat(3000)[..], b"a"].concat();
        assert_eq!(ImagePath::clean(&long).unwrap().0.as_bytes(), b"a");
        assert_eq!(ImagePath::clean(&b"d/".repeat(2048)).unwrap().0.components().count(), 2048);
        assert!(matches!(ImagePath::clean(&[b'a'; 4097]), Err(PathError::TooLong(4097))));
        assert!(matches!(ImagePath::clean(b"a\0b"), Err(PathError::Nul(_))));
    }

    #[test]
    fn families_are_told_by_components_not_by_letters() {
        let path = ImagePath::parse(b"usr/lib64/x").unwrap();
        assert!(!path.is_under(&ImagePath::parse(b"usr/lib").unwrap()));
        assert!(path.is_under(&ImagePath::parse(b"usr/lib64").unwrap()));
        assert!(path.is_under(&ImagePath::root()));
        assert_eq!(path.parent().unwrap().as_bytes(), b"usr/lib64");
        assert_eq!(path.file_name(), b"x");
    }

    #[test]
    fn a_name_that_would_drive_a_terminal_is_shown_escaped() {
        let path = ImagePath::parse(b"tmp/\x1b[2J\n\xff").unwrap();
        assert_eq!(path.to_string(), "/tmp/\\x1b[2J\\n\\xff");
    }
}
