//! The Python environments of an image.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::image::Tree;
use crate::model::{Ecosystem, ImagePath, Package};
use crate::packages;

/// Major and minor version of an interpreter; `None` where a site directory does not tell.
pub(super) type Python = Option<(u32, u32)>;

/// Distributions by key.
type Installed<'a> = HashMap<&'a str, Vec<&'a Arc<Package>>>;

/// What one interpreter finds: a virtual environment's distributions, or the system's.
#[derive(Default)]
pub(super) struct Environment<'a> {
    pub(super) python: Python,
    own: Installed<'a>,
    /// The system's distributions, where the environment lets them through.
    beneath: Option<Arc<Environment<'a>>>,
}

impl<'a> Environment<'a> {
    /// What it finds under this name; its own comes before the system's.
    pub(super) fn installed(&self, key: &str) -> &[&'a Arc<Package>] {
        match (self.own(key), &self.beneath) {
            ([], Some(system)) => system.own(key),
            (own, _) => own,
        }
    }

    /// What it has itself under this name.
    pub(super) fn own(&self, key: &str) -> &[&'a Arc<Package>] {
        self.own.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The environments of an image, the system's first; that one is there even where nothing is installed.
pub(super) fn environments<'a>(packages: &'a [Arc<Package>], tree: &Tree) -> Vec<Arc<Environment<'a>>> {
    /// Real images have one to three.
    const MOST: usize = 64;
    let mut apart: BTreeMap<&[u8], Environment<'a>> = BTreeMap::new();
    let mut system = Environment::default();
    for package in packages.iter().filter(|package| package.ecosystem == Ecosystem::Pypi) {
        let Some(location) = &package.location else { continue };
        let root = root(location);
        let environment = if is_system(root) || (apart.len() == MOST && !apart.contains_key(root)) {
            &mut system
        } else {
            apart.entry(root).or_default()
        };
        // Debian's own directory names no minor version; pip's beside it does.
        environment.python = environment.python.or_else(|| packages::interpreter(location));
        environment.own.entry(package.key.as_str()).or_default().push(package);
    }
    let system = Arc::new(system);
    let mut environments = vec![Arc::clone(&system)];
    environments.extend(apart.into_iter().map(|(root, environment)| {
        let beneath = lets_system_through(root, tree).then(|| Arc::clone(&system));
        Arc::new(Environment { beneath, ..environment })
    }));
    environments
}

/// What stands before `/lib/python3.11/site-packages`.
fn root(location: &ImagePath) -> &[u8] {
    let path = location.as_bytes();
    let before = |part: &[u8]| path.windows(part.len()).rposition(|window| window == part);
    let end = before(b"/lib/python").or_else(|| before(b"/lib64/python"));
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// Whether the system's interpreter reads it: below `/usr`, and what users install for themselves.
fn is_system(root: &[u8]) -> bool {
    root == b"usr" || root.starts_with(b"usr/") || root == b"lib" || root.ends_with(b"/.local")
}

/// Whether a virtual environment was made with `--system-site-packages`.
fn lets_system_through(root: &[u8], tree: &Tree) -> bool {
    let config = ImagePath::parse(root).ok().and_then(|root| root.join(b"pyvenv.cfg").ok());
    let text = config.and_then(|config| tree.read(&config)).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let is_set = |line: &str| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "include-system-site-packages" && value.trim().eq_ignore_ascii_case("true")
        })
    };
    text.is_some_and(|text| text.lines().any(is_set))
}
