//! What a name means by the rules for whiteouts (OCI image spec, layer.md, and the AUFS names they come from).

use crate::model::{ImagePath, PathError};

/// What the name of an entry means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A path of the layer.
    Plain,
    /// `.wh.NAME`: this path is hidden.
    Hides(ImagePath),
    /// `.wh..wh..opq`: this directory hides what is below.
    Opaque(ImagePath),
    /// Bookkeeping of the AUFS driver, which engines skip.
    Aufs,
    /// `.wh.` without a name that a file could have.
    Nameless,
}

/// Where AUFS keeps files that have several names: not part of the tree, but hardlinks may lead here.
pub(in crate::image) const AUFS_LINKS: &[u8] = b".wh..wh.plnk";

const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..opq";

impl Meaning {
    pub(super) fn of(path: &ImagePath) -> Result<Self, PathError> {
        let Some(hidden) = path.file_name().strip_prefix(PREFIX) else {
            let top = path.components().next().unwrap_or_default();
            let is_aufs = top != AUFS_LINKS && top.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(PREFIX));
            return Ok(if is_aufs { Self::Aufs } else { Self::Plain });
        };
        let directory = path.parent().unwrap_or_else(ImagePath::root);
        Ok(match hidden {
            b"" | b"." | b".." => Self::Nameless,
            OPAQUE => Self::Opaque(directory),
            _ if hidden.starts_with(PREFIX) => Self::Aufs,
            _ => Self::Hides(directory.join(hidden)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_the_specification_says() {
        let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
        let meaning = |text: &str| Meaning::of(&path(text)).unwrap();
        assert_eq!(meaning("a/.wh.b"), Meaning::Hides(path("a/b")));
        assert_eq!(meaning(".wh.b"), Meaning::Hides(path("b")));
        assert_eq!(meaning("a/.wh..b"), Meaning::Hides(path("a/.b")));
        assert_eq!(meaning("a/.wh..wh..opq"), Meaning::Opaque(path("a")));
        assert_eq!(meaning(".wh..wh..opq"), Meaning::Opaque(ImagePath::root()));
        assert_eq!(meaning("a/.wh.b/c"), Meaning::Plain);
        assert_eq!(meaning("a/b.wh.c"), Meaning::Plain);
        assert_eq!(meaning(".wh..wh.plnk/12.34"), Meaning::Plain);
        for skipped in [".wh..wh.aufs", ".wh..wh.orph/x", ".wh..wh.plnk", "a/.wh..wh.x"] {
            assert_eq!(meaning(skipped), Meaning::Aufs, "{skipped}");
        }
        for nameless in [".wh.", "a/.wh.", "a/.wh..", "a/.wh..."] {
            assert_eq!(meaning(nameless), Meaning::Nameless, "{nameless}");
        }
    }
}
