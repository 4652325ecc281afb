//! What is at a noise path and is used all the same, or is not what tools leave there. Its bytes are no leftovers.

mod looks;
mod references;
mod words;

use std::collections::{HashMap, HashSet};
use std::fmt;

use self::references::References;
use crate::image::{Node, Tree};
use crate::model::text::visible;
use crate::model::{Digest, FileEntry, Form, ImagePath, Kind, Package, RecordedHash, RuntimeConfig};
use crate::nondeterminism::Rules;
use std::sync::Arc;

/// The noise paths of one image that are no noise, each with the reason.
#[derive(Default)]
pub struct Reached(HashMap<ImagePath, Reason>);

/// Why a noise path is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A symlink leads there from where no noise rule speaks, as uv's `--link-mode symlink` links a site directory to its
    /// cache.
    Linked { from: ImagePath },
    /// A command, a variable or a file that some program reads names it.
    Named { by: Box<str> },
    /// It is a program or code, by its bytes or its name.
    Code,
    /// It does not look like what tools leave there.
    Odd,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linked { from } => write!(f, "a symlink from elsewhere leads there: {from}"),
            Self::Named { by } => write!(f, "{} names it", visible(by)),
            Self::Code => f.write_str("code, where only leftovers are noise"),
            Self::Odd => f.write_str("not what tools leave there"),
        }
    }
}

/// What is asked of a whole image.
struct Known<'a> {
    tree: &'a Tree,
    packages: &'a [Arc<Package>],
    rules: &'a Rules,
}

impl Reached {
    /// What is reached in `tree`, of an image that runs as `runtime` says and has these packages.
    #[must_use]
    pub fn new(tree: &Tree, runtime: &RuntimeConfig, packages: &[Arc<Package>], rules: &Rules) -> Self {
        let known = Known { tree, packages, rules };
        let is_noise = |path: &ImagePath| rules.noise(path).any(|rule| !rule.about.is_users());
        let mut found = HashMap::new();
        let (noise, others): (Vec<&Node>, Vec<&Node>) = tree.nodes().iter().partition(|node| is_noise(&node.path));
        for link in others.iter().filter(|node| node.file.entry.kind == Kind::Symlink) {
            if let Some(end) = tree.resolve(&link.path).filter(|end| is_noise(&end.path)) {
                found.entry(end.path.clone()).or_insert_with(|| Reason::Linked { from: link.path.clone() });
            }
        }
        if !noise.is_empty() {
            References::new(tree, runtime, &is_noise, &mut found).follow();
        }
        let installed = Installed::of(packages, &noise);
        for node in noise {
            if let Some(reason) = known.reason(node, &installed) {
                found.entry(node.path.clone()).or_insert(reason);
            }
        }
        Self(found)
    }

    /// Why the path, or a directory above it, is no noise.
    #[must_use]
    pub fn reason(&self, path: &ImagePath) -> Option<&Reason> {
        let mut at = (!self.0.is_empty()).then(|| path.clone());
        while let Some(path) = at {
            if let Some(reason) = self.0.get(&path) {
                return Some(reason);
            }
            at = path.parent();
        }
        None
    }

    /// Whether the path is no noise.
    #[must_use]
    pub fn holds(&self, path: &ImagePath) -> bool {
        self.reason(path).is_some()
    }
}

impl Known<'_> {
    /// What is wrong with calling the node noise, by itself.
    fn reason(&self, node: &Node, installed: &Installed) -> Option<Reason> {
        let entry = &node.file.entry;
        let mut rules = self.rules.noise(&node.path).filter(|rule| !rule.about.is_users());
        match entry.kind {
            Kind::File if is_code(&node.path, entry) && !installed.has(entry) => Some(Reason::Code),
            Kind::File => {
                (!rules.any(|rule| rule.looks.is_none_or(|looks| self.has(looks, node)))).then_some(Reason::Odd)
            }
            Kind::Symlink => (!rules.any(|rule| rule.looks.is_none())).then_some(Reason::Odd),
            Kind::Directory | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => None,
        }
    }
}

/// The contents that installed distributions record, where some file at a noise path may be a copy of one.
struct Installed(HashSet<Digest>);

impl Installed {
    fn of(packages: &[Arc<Package>], noise: &[&Node]) -> Self {
        let is_needed = noise.iter().any(|node| is_code(&node.path, &node.file.entry));
        let files = packages.iter().filter(|_| is_needed).flat_map(|package| &package.files);
        Self(
            files
                .filter_map(|file| if let RecordedHash::Sha256(sha256) = file.recorded { Some(sha256) } else { None })
                .collect(),
        )
    }

    fn has(&self, entry: &FileEntry) -> bool {
        entry.sha256().is_some_and(|sha256| self.0.contains(&sha256))
    }
}

/// Whether something runs, loads or installs such a file: by its first bytes, or by its name.
fn is_code(path: &ImagePath, entry: &FileEntry) -> bool {
    const NAMES: [&[u8]; 30] = [
        b"py", b"pyc", b"pyo", b"pyd", b"pyw", b"pth", b"egg", b"whl", b"so", b"ko", b"dll", b"sh", b"bash", b"zsh",
        b"csh", b"js", b"mjs", b"cjs", b"node", b"wasm", b"rb", b"pl", b"pm", b"php", b"lua", b"jar", b"war", b"class",
        b"service", b"socket",
    ];
    let name = path.file_name();
    let ending = name.rsplit(|byte| *byte == b'.').next().filter(|ending| ending.len() < name.len());
    entry.content.as_ref().is_some_and(|content| content.form == Form::Program)
        || ending.is_some_and(|ending| NAMES.contains(&ending))
        || name.windows(4).any(|part| part == b".so.")
}

#[cfg(test)]
mod tests;
