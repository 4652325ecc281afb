//! Requirements that allow more than one version, or a branch: the next build may install another.

use super::locked::some_of;
use super::{Audited, Check};
use crate::model::{Finding, LockEntry, LockFile, Severity};

pub(super) const CHECK: Check = Check { name: "requirement-unpinned", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    audited.locks.files.iter().filter_map(|compared| finding(compared.file)).collect()
}

fn finding(file: &LockFile) -> Option<Finding> {
    let loose: Vec<&LockEntry> = file.entries.iter().filter(|entry| !entry.is_pinned()).collect();
    if loose.is_empty() {
        return None;
    }
    let message = format!("{} in no one version: the next build may install another", some_of(file, &loose));
    let finding = Finding::new(CHECK.name, Severity::Info, file.path.to_absolute(), message);
    Some(finding.fix(file.remedy).at([&file.path]))
}
