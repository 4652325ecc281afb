//! Where a path that a package lists stands in the image.

use std::collections::HashMap;

use crate::image::Tree;
use crate::model::{ImagePath, Kind};

/// Maps listed paths to where they stand once symlinked directories are followed: dpkg lists `/bin/ls`, but on a
/// usr-merged system the file is `/usr/bin/ls`. The last component is not followed, so a symlink owns itself.
pub(super) struct Places<'a> {
    tree: &'a Tree,
    /// Packages list many files of few directories, so each directory is followed once.
    directories: HashMap<Box<[u8]>, ImagePath>,
    /// Bytes of the paths in `directories`.
    known: usize,
}

impl<'a> Places<'a> {
    /// What is followed is forgotten beyond this many bytes: a path of `PATH_MAX` bytes has hundreds of parents.
    const MOST_KNOWN: usize = 64 << 20;

    pub(super) fn new(tree: &'a Tree) -> Self {
        Self { tree, directories: HashMap::new(), known: 0 }
    }

    /// Components of a directory that is followed: a path may have thousands, and each takes a step of recursion.
    const DEEPEST: usize = 512;

    /// Where `path` stands; also an answer for paths (and directories) that the image lacks.
    pub(super) fn stand(&mut self, path: ImagePath) -> ImagePath {
        let bytes = path.as_bytes();
        let Some(slash) = bytes.iter().rposition(|byte| *byte == b'/') else { return self.shared(path) };
        let (parent, name) = (&bytes[..slash], &bytes[slash + 1..]);
        let directory = self.directory(parent);
        if directory.as_bytes() == parent {
            return self.shared(path);
        }
        let moved = directory.join(name);
        self.shared(moved.unwrap_or(path))
    }

    /// The directory that `path` leads to. Recurses with [`Places::stand`] once per component, of which
    /// there are at most [`Places::DEEPEST`].
    fn directory(&mut self, path: &[u8]) -> ImagePath {
        if let Some(known) = self.directories.get(path) {
            return known.clone();
        }
        // A part of a path is within a path's limits.
        let parsed = ImagePath::parse(path).unwrap_or_else(|_| ImagePath::root());
        if parsed.components().nth(Self::DEEPEST).is_some() {
            return parsed;
        }
        let stood = self.stand(parsed);
        let is_link = self.tree.get(&stood).is_some_and(|node| node.file.entry.kind == Kind::Symlink);
        let target = if is_link { self.tree.resolve(&stood) } else { None };
        let directory = match target {
            Some(node) if node.file.entry.kind == Kind::Directory => node.path.clone(),
            _ => stood,
        };
        if self.known > Self::MOST_KNOWN {
            self.directories.clear();
            self.known = 0;
        }
        self.known += path.len() + directory.as_bytes().len();
        self.directories.insert(path.into(), directory.clone());
        directory
    }

    /// The tree's own copy of `path`, where it has one: hundreds of thousands of owned paths then cost no memory.
    fn shared(&self, path: ImagePath) -> ImagePath {
        self.tree.get(&path).map_or(path, |node| node.path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{image, path};
    use super::*;

    #[test]
    fn files_are_found_where_usr_merge_put_them() {
        let image =
            image(&[("bin", "-> usr/bin"), ("usr/bin/ls", "elf"), ("usr/bin/sh", "-> dash"), ("usr/lib/x/y", "1")]);
        let mut places = Places::new(&image.tree);
        assert_eq!(places.stand(path("bin/ls")), path("usr/bin/ls"));
        assert_eq!(places.stand(path("bin/sh")), path("usr/bin/sh"), "the link itself is owned");
        assert_eq!(places.stand(path("bin")), path("bin"));
        assert_eq!(places.stand(path("bin/gone/deep")), path("usr/bin/gone/deep"));
        assert_eq!(places.stand(path("usr/share/man/man1/ls.1")), path("usr/share/man/man1/ls.1"));
    }

    #[test]
    fn links_that_lead_nowhere_leave_the_path_as_listed() {
        let image =
            image(&[("a", "-> b"), ("b", "-> a"), ("c", "-> nowhere"), ("f", "-> usr/file"), ("usr/file", "1")]);
        let mut places = Places::new(&image.tree);
        for listed in ["a/x", "c/x", "f/x"] {
            assert_eq!(places.stand(path(listed)), path(listed));
        }
    }
}
