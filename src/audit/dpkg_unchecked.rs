//! Says of how many files dpkg's record was not held against the bytes, so that silence is not taken for proof.

use super::standing::Standing;
use super::{Audited, Check};
use crate::model::{Finding, RecordedHash, Severity};

pub(super) const CHECK: Check = Check { name: "dpkg-unchecked", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let recorded = audited.owned.iter().filter(|owned| matches!(owned.file.recorded, RecordedHash::Md5(_)));
    let (unchecked, checked): (Vec<_>, Vec<_>) = recorded.partition(|owned| owned.standing == Standing::Unchecked);
    if unchecked.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "{} of {} files that dpkg records an MD5 of were not checked: for that their layers would have to be fetched again",
        unchecked.len(),
        unchecked.len() + checked.len(),
    );
    vec![Finding::new(CHECK.name, Severity::Info, "dpkg's md5sums", message)]
}
