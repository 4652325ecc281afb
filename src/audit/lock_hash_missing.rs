//! Entries of lock files without a hash: whatever the index serves under that version is installed.

use super::locked::some_of;
use super::{Audited, Check};
use crate::model::{Finding, LockEntry, LockFile, Severity};

pub(super) const CHECK: Check = Check { name: "lock-hash-missing", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    audited.locks.files.iter().filter_map(|compared| finding(compared.file)).collect()
}

fn finding(file: &LockFile) -> Option<Finding> {
    // Of what is not pinned either, another check says so.
    let bare: Vec<&LockEntry> = file.entries.iter().filter(|entry| entry.is_pinned() && entry.lacks_hash()).collect();
    if bare.is_empty() {
        return None;
    }
    let (severity, why) = if file.needs_hashes {
        (Severity::Warning, "although installers refuse such a file as a whole")
    } else if file.complete {
        (Severity::Warning, "although the format has them: other bytes under the same version would not be noticed")
    } else {
        (Severity::Info, "the version is pinned, but other bytes under the same version would not be noticed")
    };
    let message = format!("{} without a hash: {why}", some_of(file, &bare));
    Some(Finding::new(CHECK.name, severity, file.path.to_absolute(), message).fix(file.remedy).at([&file.path]))
}
