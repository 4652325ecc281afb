//! What a lock file names and its environment lacks. Entries that a marker, an extra or a group may leave out are not told.

use std::collections::HashSet;

use super::locked::{Compared, Said, findings};
use super::{Audited, Check};
use crate::model::{Finding, LockEntry, LockManager, Severity};

pub(super) const CHECK: Check = Check { name: "lock-not-installed", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let locks = &audited.locks;
    let (mut names, mut said) = (HashSet::new(), Vec::new());
    for compared in locks.used() {
        let is_missing =
            |entry: &&&LockEntry| compared.installed(&entry.key).is_empty() && !locks.is_optional(&entry.key);
        // Whoever names it first tells of it.
        let missing = compared.needed.iter().filter(is_missing).filter(|entry| names.insert(entry.key.as_str()));
        said.extend(missing.map(|entry| Said {
            subject: entry.label(),
            name: &entry.name,
            message: format!("locked at {} in {}, and not installed", entry.wanted(), compared.file.path),
            package: None,
            file: compared.file,
        }));
    }
    let fix = "install from the lock file alone, and delete nothing of it afterwards";
    let told = findings(CHECK.name, Severity::Warning, said, "locked entries are not installed", fix);
    told.into_iter().chain(locks.files.iter().flat_map(not_compared)).collect()
}

/// Why a file's entries are not held against what is installed.
fn not_compared(compared: &Compared<'_>) -> Vec<Finding> {
    let file = compared.file;
    let finding =
        |message: String| Finding::new(CHECK.name, Severity::Info, file.path.to_absolute(), message).at([&file.path]);
    let mut findings = Vec::new();
    if !compared.is_used && !compared.needed.is_empty() {
        findings.push(finding(format!(
            "{} of its {} entries installed: the image was not made from it, so it is not compared",
            compared.present,
            compared.needed.len()
        )));
    }
    let of_conda = file.entries.iter().filter(|entry| entry.manager == LockManager::Conda).count();
    if of_conda > 0 {
        findings.push(finding(format!(
            "{of_conda} of conda's packages: what conda installed is not read, so they are not compared"
        )));
    }
    findings
}
