//! Lock files held against what is installed.
//!
//! An image may have several, of several projects and environments: their entries count together, and so do the Python
//! distributions of all environments. A file of which less than half is installed is not what the image was made from.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Ecosystem, Finding, LockEntry, LockFile, LockManager, LockOrigin, Package, Severity};
use crate::packages;

/// What installs the others, and what comes with an environment: no lock file names them.
const INSTALLERS: [&str; 8] = ["pip", "setuptools", "wheel", "distribute", "uv", "poetry", "pdm", "pipenv"];

/// Major and minor version of an interpreter; `None` where a site directory does not tell.
type Python = Option<(u32, u32)>;

/// The lock files and the Python distributions of an image.
pub(super) struct Locked<'a> {
    pub(super) files: Vec<Compared<'a>>,
    installed: HashMap<&'a str, Vec<&'a Arc<Package>>>,
    /// The keys of all Python entries, those of the projects themselves among them.
    named: HashSet<&'a str>,
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
}

impl<'a> Locked<'a> {
    pub(super) fn new(locks: &'a [Arc<LockFile>], packages: &'a [Arc<Package>]) -> Self {
        let mut installed: HashMap<&str, Vec<&Arc<Package>>> = HashMap::new();
        if locks.is_empty() {
            return Self { files: Vec::new(), installed, named: HashSet::new() };
        }
        let distributions = || packages.iter().filter(|package| package.ecosystem == Ecosystem::Pypi);
        for package in distributions() {
            installed.entry(package.key.as_str()).or_default().push(package);
        }
        let pythons = pythons(distributions().filter(|package| package.owner.is_none()));
        let files = locks.iter().map(|file| compared(file, &installed, &pythons)).collect();
        let entries = locks.iter().flat_map(|file| &file.entries);
        let named =
            entries.filter(|entry| entry.manager == LockManager::Pypi).map(|entry| entry.key.as_str()).collect();
        Self { files, installed, named }
    }

    /// What is installed of this name.
    pub(super) fn installed(&self, key: &str) -> &[&'a Arc<Package>] {
        self.installed.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The files that the image was made from.
    pub(super) fn used(&self) -> impl Iterator<Item = &Compared<'a>> {
        self.files.iter().filter(|file| file.is_used)
    }

    /// Whether any file names it.
    pub(super) fn names(&self, key: &str) -> bool {
        self.named.contains(key)
    }
}

/// The interpreters that the distributions are for, each once.
fn pythons<'a>(distributions: impl Iterator<Item = &'a Arc<Package>>) -> Vec<Python> {
    /// An image has one or two; the rest would not change the answer.
    const MOST: usize = 8;
    let locations = distributions.filter_map(|package| package.location.as_ref());
    let pythons: BTreeSet<Python> = locations.map(packages::interpreter).collect();
    pythons.into_iter().take(MOST).collect()
}

fn compared<'a>(file: &'a LockFile, installed: &HashMap<&str, Vec<&Arc<Package>>>, pythons: &[Python]) -> Compared<'a> {
    let mut compared = Compared { file, possible: Vec::new(), needed: Vec::new(), present: 0, is_used: false };
    for entry in &file.entries {
        if entry.manager != LockManager::Pypi || entry.origin == LockOrigin::Project {
            continue;
        }
        let asked = asked(entry, pythons);
        if asked != Some(false) {
            compared.possible.push(entry);
        }
        if asked == Some(true) && entry.only_for.is_none() && entry.is_pinned() {
            compared.needed.push(entry);
        }
    }
    let present =
        |entries: &[&LockEntry]| entries.iter().filter(|entry| installed.contains_key(entry.key.as_str())).count();
    compared.present = present(&compared.needed);
    // Of a file that does not tell what is needed, all counts that may be.
    let (found, all) = match compared.needed.len() {
        0 => (present(&compared.possible), compared.possible.len()),
        needed => (compared.present, needed),
    };
    compared.is_used = found > 0 && found * 2 >= all;
    compared
}

/// Whether the entry's marker holds for all interpreters or for none; `None` when it depends.
fn asked(entry: &LockEntry, pythons: &[Python]) -> Option<bool> {
    let Some(marker) = &entry.marker else { return Some(true) };
    let unknown = [None];
    let pythons = if pythons.is_empty() { &unknown } else { pythons };
    let mut answers = pythons.iter().map(|python| packages::marker_holds(marker, *python));
    let first = answers.next().flatten()?;
    answers.all(|answer| answer == Some(first)).then_some(first)
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
