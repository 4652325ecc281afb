//! What is installed at another version than its lock file says.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::locked::{Compared, Said, findings, is_same};
use super::{Audited, Check};
use crate::model::{Finding, LockEntry, Package, Severity};

pub(super) const CHECK: Check = Check { name: "lock-version", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let locks = &audited.locks;
    let mut versions: HashMap<&str, Vec<&str>> = HashMap::new();
    for (entry, version) in locks.used().flat_map(|compared| versioned(compared)) {
        versions.entry(&entry.key).or_default().push(version);
    }
    let (mut names, mut said) = (HashSet::new(), Vec::new());
    for compared in locks.used() {
        for (entry, version) in versioned(compared) {
            let installed = compared.installed(&entry.key);
            let locked = versions.get(entry.key.as_str()).map(Vec::as_slice).unwrap_or_default();
            // One copy at a locked version is enough.
            let agrees = |package: &&Arc<Package>| locked.iter().any(|locked| is_same(locked, &package.version));
            let Some(package) = installed.first().filter(|_| !installed.iter().any(agrees)) else { continue };
            // Whoever names it first tells of it.
            if names.insert(entry.key.as_str()) {
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
