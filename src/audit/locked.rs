//! Lock files held against what is installed.
//!
//! An image may have several lock files and several environments. A file is held against the environment that agrees with
//! it best; one of which not even half is installed is not what the image was made from. What any file names is locked.

mod environments;

use std::collections::HashSet;
use std::sync::Arc;

use self::environments::{Environment, Python, environments};
use crate::image::Tree;
use crate::model::{Ecosystem, Finding, LockEntry, LockFile, LockManager, LockOrigin, Package, Severity};
use crate::packages;

/// What installs the others, and what comes with an environment: no lock file names them.
const INSTALLERS: [&str; 8] = ["pip", "setuptools", "wheel", "distribute", "uv", "poetry", "pdm", "pipenv"];

/// The lock files of an image, each held against what is installed.
pub(super) struct Locked<'a> {
    pub(super) files: Vec<Compared<'a>>,
    /// The keys of all Python entries, those of the projects themselves among them.
    named: HashSet<&'a str>,
    /// The keys of those that some file calls an extra's or a group's.
    optional: HashSet<&'a str>,
}

/// One lock file.
pub(super) struct Compared<'a> {
    pub(super) file: &'a LockFile,
    /// Python's entries that may be asked for here.
    pub(super) possible: Vec<&'a LockEntry>,
    /// Those of them that a plain installation cannot leave out.
    pub(super) needed: Vec<&'a LockEntry>,
    /// How many of `needed` are installed, in whichever version.
    pub(super) present: usize,
    /// Whether the image was made from it, by what is installed.
    pub(super) is_used: bool,
    /// The environment that agrees with it best, or all that agree with it as well.
    homes: Vec<Arc<Environment<'a>>>,
}

impl<'a> Locked<'a> {
    pub(super) fn new(locks: &'a [Arc<LockFile>], packages: &'a [Arc<Package>], tree: &Tree) -> Self {
        if locks.is_empty() {
            return Self { files: Vec::new(), named: HashSet::new(), optional: HashSet::new() };
        }
        let environments = environments(packages, tree);
        let entries = || {
            let entries = locks.iter().flat_map(|file| &file.entries);
            entries.filter(|entry| entry.manager == LockManager::Pypi)
        };
        Self {
            files: locks.iter().map(|file| compared(file, &environments)).collect(),
            named: entries().map(|entry| entry.key.as_str()).collect(),
            optional: entries().filter(|entry| entry.only_for.is_some()).map(|entry| entry.key.as_str()).collect(),
        }
    }

    /// The files that the image was made from.
    pub(super) fn used(&self) -> impl Iterator<Item = &Compared<'a>> {
        self.files.iter().filter(|file| file.is_used)
    }

    /// Whether any file names it.
    pub(super) fn names(&self, key: &str) -> bool {
        self.named.contains(key)
    }

    /// Whether a file says that it may be left out: what is exported from it says so no more.
    pub(super) fn is_optional(&self, key: &str) -> bool {
        self.optional.contains(key)
    }
}

impl<'a> Compared<'a> {
    /// What is installed of this name where the file was used.
    pub(super) fn installed(&self, key: &str) -> Vec<&'a Arc<Package>> {
        self.homes.iter().flat_map(|home| home.installed(key)).copied().collect()
    }

    /// Whether the package stands where the file was used.
    pub(super) fn covers(&self, package: &Package) -> bool {
        self.homes.iter().any(|home| home.own(&package.key).iter().any(|own| std::ptr::eq(own.as_ref(), package)))
    }
}

fn compared<'a>(file: &'a LockFile, environments: &[Arc<Environment<'a>>]) -> Compared<'a> {
    let mut best = Fit::default();
    let mut compared =
        Compared { file, possible: Vec::new(), needed: Vec::new(), present: 0, is_used: false, homes: Vec::new() };
    for environment in environments {
        let (possible, needed) = asked_of(file, environment.python);
        let fit = Fit::of(&needed, &possible, environment);
        // An image without any distribution has an environment, too, so that something is asked of it.
        if compared.homes.is_empty() || fit > best {
            let (present, is_used) = (if needed.is_empty() { 0 } else { fit.present }, fit.is_enough());
            compared =
                Compared { possible, needed, present, is_used, homes: vec![Arc::clone(environment)], ..compared };
            best = fit;
        } else if fit == best {
            compared.homes.push(Arc::clone(environment));
        }
    }
    compared
}

/// How well an environment agrees with a lock file, the more telling first.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Entries that are installed at the version that they name.
    agreeing: usize,
    /// Entries that are installed.
    present: usize,
    /// Of how many.
    all: usize,
}

impl Fit {
    /// Of a file that does not tell what is needed, all counts that may be.
    fn of(needed: &[&LockEntry], possible: &[&LockEntry], environment: &Environment<'_>) -> Self {
        let counted = if needed.is_empty() { possible } else { needed };
        let mut fit = Self { all: counted.len(), ..Self::default() };
        for entry in counted {
            let installed = environment.installed(&entry.key);
            fit.present += usize::from(!installed.is_empty());
            let agrees = |version: &str| installed.iter().any(|package| is_same(version, &package.version));
            fit.agreeing += usize::from(entry.version.as_deref().is_some_and(agrees));
        }
        fit
    }

    fn is_enough(&self) -> bool {
        self.present > 0 && self.present * 2 >= self.all
    }
}

/// The entries that may be asked for by an interpreter, and those of them that a plain installation cannot leave out.
fn asked_of(file: &LockFile, python: Python) -> (Vec<&LockEntry>, Vec<&LockEntry>) {
    let (mut possible, mut needed) = (Vec::new(), Vec::new());
    for entry in &file.entries {
        if entry.manager != LockManager::Pypi || entry.origin == LockOrigin::Project {
            continue;
        }
        let asked = entry.marker.as_ref().map_or(Some(true), |marker| packages::marker_holds(marker, python));
        if asked != Some(false) {
            possible.push(entry);
        }
        if asked == Some(true) && entry.only_for.is_none() && entry.is_pinned() {
            needed.push(entry);
        }
    }
    (possible, needed)
}

/// Whether `found` is the version that `locked` names: a local version (`+cpu`) counts only where that has one, too.
pub(super) fn is_same(locked: &str, found: &str) -> bool {
    let public = found.split_once('+').map_or(found, |(public, _)| public);
    let found = if locked.contains('+') { found } else { public };
    packages::compare_versions(Ecosystem::Pypi, locked, found).is_eq()
}

/// Whether a lock file may be asked about it: not what an environment comes with, what another package manager brought,
/// or the project itself.
pub(super) fn is_lockable(package: &Package) -> bool {
    let is_project =
        package.origin.as_deref().is_some_and(|origin| origin == "editable" || origin.starts_with("file:"));
    package.ecosystem == Ecosystem::Pypi
        && package.owner.is_none()
        && !is_project
        && package.installer.as_deref() != Some("conda")
        && !INSTALLERS.contains(&package.key.as_str())
}

/// The first names of a list, and how many more there are.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let all = names.len();
    let shown: Vec<&str> = names.take(SHOWN).collect();
    match all - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Something said of one distribution.
pub(super) struct Said<'a> {
    /// `pypi:numpy`.
    pub(super) subject: String,
    pub(super) name: &'a str,
    pub(super) message: String,
    pub(super) package: Option<&'a Arc<Package>>,
    /// The file that says otherwise; of several the first.
    pub(super) file: &'a LockFile,
}

/// One finding for each, or, where they are many, one for each file.
pub(super) fn findings(
    check: &'static str,
    severity: Severity,
    said: Vec<Said<'_>>,
    many: &str,
    fix: &str,
) -> Vec<Finding> {
    const FEW: usize = 8;
    if said.len() > FEW {
        return said
            .chunk_by(|a, b| std::ptr::eq(a.file, b.file))
            .map(|said| {
                let file = said.first().map(|said| &said.file.path);
                let subject = file.map(crate::model::ImagePath::to_absolute).unwrap_or_default();
                let message = format!("{} {many}: {}", said.len(), listed(said.iter().map(|said| said.name)));
                Finding::new(check, severity, subject, message).fix(fix).at(file)
            })
            .collect();
    }
    let finding = |said: Said<'_>| {
        let finding = Finding::new(check, severity, said.subject, said.message).fix(fix).at([&said.file.path]);
        match said.package {
            Some(package) => finding.of(package),
            None => finding,
        }
    };
    said.into_iter().map(finding).collect()
}

/// How many of a file's entries, and which: `3 of 20 entries (a, b, c)`, `all 20 entries`.
pub(super) fn some_of(file: &LockFile, entries: &[&LockEntry]) -> String {
    let (some, all) = (entries.len(), file.entries.len());
    if some == all && all > 1 {
        return format!("all {all} entries");
    }
    let names = listed(entries.iter().map(|entry| entry.name.as_str()));
    format!("{some} of {all} {} ({names})", if all == 1 { "entry" } else { "entries" })
}
