//! What stands at a noise path and is used all the same: a symlink from elsewhere leads there.

use std::collections::HashSet;

use crate::image::Tree;
use crate::model::{ImagePath, Kind};

/// Noise paths that a symlink leads to from where no noise rule speaks, as uv's `--link-mode symlink` links a site
/// directory to its cache. Their bytes are code, not leftovers.
pub struct Reached(HashSet<ImagePath>);

impl Reached {
    #[must_use]
    pub fn new(tree: &Tree, is_noise: impl Fn(&ImagePath) -> bool) -> Self {
        let links = tree.nodes().iter().filter(|node| node.file.entry.kind == Kind::Symlink && !is_noise(&node.path));
        let ends = links.filter_map(|node| tree.resolve(&node.path)).map(|end| &end.path);
        Self(ends.filter(|end| is_noise(end)).cloned().collect())
    }

    /// Whether a symlink leads to the path or to a directory above it.
    #[must_use]
    pub fn holds(&self, path: &ImagePath) -> bool {
        let mut at = (!self.0.is_empty()).then(|| path.clone());
        while let Some(path) = at {
            if self.0.contains(&path) {
                return true;
            }
            at = path.parent();
        }
        false
    }
}
