//! What stands at a noise path and is used all the same: a symlink from elsewhere leads there, or the image runs it.

use std::collections::HashSet;

use crate::image::Tree;
use crate::model::{ImagePath, Kind, RuntimeConfig};
use crate::nondeterminism::Rules;

/// Noise paths that a symlink leads to from where no noise rule speaks, as uv's `--link-mode symlink` links a site
/// directory to its cache; and files there that entrypoint or command name. Their bytes are code, not leftovers.
pub struct Reached(HashSet<ImagePath>);

impl Reached {
    /// What is reached in `tree`, of an image that runs as `runtime` says.
    #[must_use]
    pub fn new(tree: &Tree, runtime: &RuntimeConfig, rules: &Rules) -> Self {
        let is_noise = |path: &ImagePath| rules.noise(path).any(|rule| !rule.about.is_users());
        let links = tree.nodes().iter().filter(|node| node.file.entry.kind == Kind::Symlink && !is_noise(&node.path));
        let ends = links.filter_map(|node| tree.resolve(&node.path));
        let run = named(runtime).filter_map(|path| tree.resolve(&path));
        let run = run.filter(|node| node.file.entry.kind == Kind::File);
        Self(ends.chain(run).map(|end| &end.path).filter(|end| is_noise(end)).cloned().collect())
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

/// The words of entrypoint and command as paths, from the root or from the working directory.
fn named(runtime: &RuntimeConfig) -> impl Iterator<Item = ImagePath> {
    let arguments = runtime.entrypoint.iter().chain(&runtime.cmd);
    let words = arguments.flat_map(|argument| argument.split([' ', '\t', '\n', ';', '"', '\'']));
    words.filter(|word| !word.is_empty()).filter_map(|word| {
        let path = if word.starts_with('/') { word.to_owned() } else { format!("{}/{word}", runtime.working_dir) };
        ImagePath::parse(path.as_bytes()).ok()
    })
}
