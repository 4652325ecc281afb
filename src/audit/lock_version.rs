//! What is installed at another version than its lock file says.

use std::collections::HashMap;

use super::locked::{Compared, Said, findings};
use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, LockEntry, Severity};
use crate::packages;

pub(super) const CHECK: Check = Check { name: "lock-version", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let locks = &audited.locks;
    let mut versions: HashMap<&str, Vec<&str>> = HashMap::new();
    for (entry, version) in locks.used().flat_map(|compared| versioned(compared)) {
        versions.entry(&entry.key).or_default().push(version);
    }
    let mut said = Vec::new();
    for compared in locks.used() {
        for (entry, version) in versioned(compared) {
            // Whoever names it first tells of it; one copy at a locked version is enough.
            let Some(locked) = versions.remove(entry.key.as_str()) else { continue };
            let installed = locks.installed(&entry.key);
            let agrees = |found: &str| locked.iter().any(|locked| is_same(locked, found));
            if let Some(package) =
                installed.first().filter(|_| !installed.iter().any(|package| agrees(&package.version)))
            {
                said.push(Said {
                    subject: package.label(),
                    name: &entry.name,
                    message: format!("installed at {}, locked at {version} in {}", package.version, compared.file.path),
                    package: Some(package),
                    file: compared.file,
                });
            }
        }
    }
    let fix = "install from the lock file last, or lock anew";
    findings(CHECK.name, Severity::Warning, said, "entries are installed at another version than locked", fix)
}

/// The entries that may be asked for here, with the one version that each allows.
fn versioned<'a>(compared: &Compared<'a>) -> impl Iterator<Item = (&'a LockEntry, &'a str)> {
    compared.possible.iter().filter_map(|entry| Some((*entry, entry.version.as_deref()?)))
}

/// Whether `found` is the version that `locked` names: a local version (`+cpu`) counts only where that has one, too.
fn is_same(locked: &str, found: &str) -> bool {
    let public = found.split_once('+').map_or(found, |(public, _)| public);
    let found = if locked.contains('+') { found } else { public };
    packages::compare_versions(Ecosystem::Pypi, locked, found).is_eq()
}
