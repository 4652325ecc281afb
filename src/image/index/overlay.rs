//! What a layer says in the private terms of an overlay: extended attributes and devices that the kernel's overlay
//! (Documentation/filesystems/overlayfs.rst) and fuse-overlayfs act upon and other stores keep as they are.

use crate::model::{FileEntry, Kind};

/// Whose attributes these are: the kernel's, its unprivileged mounts', fuse-overlayfs'.
const PREFIXES: [&[u8]; 3] = [b"trusted.overlay.", b"user.overlay.", b"user.fuseoverlayfs."];

/// Why the file means different things to different stores; `None` when it does not. Attributes that change no path and
/// no content (`origin`, `impure`, `nlink`, `uuid`, `upper`, `protattr`) are left alone.
pub(super) fn private_meaning(file: &FileEntry) -> Option<&'static str> {
    // An unnumbered device is how an overlay notes a whiteout.
    if file.kind == Kind::CharDevice && file.device == Some((0, 0)) {
        return Some("devices 0:0 are whiteouts to an overlay, and devices to other stores");
    }
    file.xattrs.iter().find_map(|(name, _)| {
        let attribute = PREFIXES.iter().find_map(|prefix| name.strip_prefix(*prefix))?;
        Some(match attribute {
            b"opaque" => "directories marked opaque by an attribute: an overlay hides what lower layers have in them",
            b"redirect" => {
                "directories redirected by an attribute: an overlay shows another directory of the lower layers"
            }
            b"metacopy" => "files marked as metadata alone: an overlay takes their content from the lower layers",
            b"whiteout" | b"whiteouts" => {
                "files marked as whiteouts by an attribute: an overlay hides them and the lower layers'"
            }
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: Kind, name: &str, device: (u32, u32)) -> FileEntry {
        let xattrs = vec![(name.as_bytes().into(), b"y".as_slice().into())].into();
        FileEntry { kind, xattrs, device: Some(device), ..FileEntry::implied_directory() }
    }

    #[test]
    fn attributes_that_hide_or_redirect_are_named() {
        for (name, want) in [
            ("trusted.overlay.opaque", "opaque"),
            ("user.overlay.opaque", "opaque"),
            ("user.fuseoverlayfs.opaque", "opaque"),
            ("trusted.overlay.redirect", "redirected"),
            ("user.overlay.metacopy", "metadata"),
            ("trusted.overlay.whiteout", "whiteouts"),
        ] {
            let why = private_meaning(&with(Kind::Directory, name, (1, 3))).unwrap();
            assert!(why.contains(want), "{name}: {why}");
        }
        assert!(private_meaning(&with(Kind::CharDevice, "user.x", (0, 0))).unwrap().contains("0:0"));
    }

    #[test]
    fn attributes_that_change_nothing_are_left_alone() {
        for name in [
            "trusted.overlay.origin",
            "trusted.overlay.impure",
            "user.overlay.nlink",
            "trusted.overlay.uuid",
            "trusted.overlay.opaquex",
            "trusted.overlay.overlay.opaque",
            "security.capability",
            "user.opaque",
        ] {
            assert_eq!(private_meaning(&with(Kind::CharDevice, name, (1, 3))), None, "{name}");
        }
        assert_eq!(private_meaning(&with(Kind::BlockDevice, "user.x", (0, 0))), None);
    }
}
