//! Configuration files that are not as their package shipped them. That is what they are for, so it is told calmly.

use super::standing::{Owned, Standing};
use super::{Audited, Check};
use crate::model::{Finding, Role, Severity};

pub(super) const CHECK: Check = Check { name: "conffile-edited", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    // One that another package took over is that one's, though the first still lists it as obsolete.
    let edited = |owned: &&Owned<'_>| {
        owned.standing == Standing::Differs && owned.file.role == Role::Conffile && audited.other_owner(owned).is_none()
    };
    let mut findings = Vec::new();
    for (package, files) in audited.by_package() {
        let files: Vec<_> =
            files.iter().filter(edited).map(|owned| (&owned.file.path, audited.hashes(owned))).collect();
        if !files.is_empty() {
            let message = "configuration differs from what the package ships: the next upgrade keeps or asks about it";
            let finding = Finding::new(CHECK.name, Severity::Info, audited.subject(package), message);
            findings.push(finding.of(package).at_hashes(files));
        }
    }
    findings
}
