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
    /// `.wh.` without a name that a file could have.
    Nameless,
}

const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..opq";

impl Meaning {
    pub(super) fn of(path: &ImagePath) -> Result<Self, PathError> {
        let Some(hidden) = path.file_name().strip_prefix(PREFIX) else { return Ok(Self::Plain) };
        let directory = path.parent().unwrap_or_else(ImagePath::root);
        Ok(match hidden {
            b"" | b"." | b".." => Self::Nameless,
            OPAQUE => Self::Opaque(directory),
            _ if hidden.starts_with(PREFIX) => Self::Plain,
            _ => Self::Hides(directory.join(hidden)?),
        })
    }
}

/// Whether stores disagree about an entry because its name, or that of a directory above it, has the prefix of
/// whiteouts and is none: AUFS kept files of its own under such names (`.wh..wh.plnk`, `.wh..wh.orph`, `.wh..wh.aufs`).
/// As measured, containerd, Podman's overlay and umoci unpack what is below such a directory, Docker's and Podman's vfs
/// leave it out at the root of a layer, fuse-overlayfs hides it and what it seems to be a whiteout of; and a file of such
/// a name is left out, or hides another.
pub(super) fn is_ambiguous(path: &ImagePath) -> bool {
    let mut above = path.components();
    let name = above.next_back().unwrap_or_default();
    let is_aufs = name.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(PREFIX) && rest != OPAQUE);
    is_aufs || above.any(|directory| directory.starts_with(PREFIX))
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
        for plain in [".wh..wh.aufs", ".wh..wh.orph/x", ".wh..wh.plnk", ".wh..wh.plnk/12.34", "a/.wh..wh.x"] {
            assert_eq!(meaning(plain), Meaning::Plain, "{plain}");
        }
        for nameless in [".wh.", "a/.wh.", "a/.wh..", "a/.wh..."] {
            assert_eq!(meaning(nameless), Meaning::Nameless, "{nameless}");
        }
    }

    #[test]
    fn names_with_the_prefix_of_whiteouts_that_are_none_are_ambiguous() {
        let ambiguous = |text: &str| is_ambiguous(&ImagePath::parse(text.as_bytes()).unwrap());
        for name in
            [".wh..wh.aufs", "a/.wh..wh.x", ".wh..wh.orph/x", ".wh..wh.plnk/d/.wh.x", "a/.wh.b/c", ".wh..wh..opq/x"]
        {
            assert!(ambiguous(name), "{name}");
        }
        for name in ["", "a", "a/.wh.b", ".wh..wh..opq", "a/.wh..wh..opq", "a.wh./b", "wh.a/b", ".wha/b"] {
            assert!(!ambiguous(name), "{name}");
        }
    }
}
