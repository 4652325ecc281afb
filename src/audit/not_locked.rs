//! What is installed although no lock file names it: told only of an environment that one of them claims to name
//! everything of.

use super::locked::{Said, findings, is_lockable};
use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "not-locked", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let locks = &audited.locks;
    let unlocked = audited.packages.iter().filter(|package| is_lockable(package) && !locks.names(&package.key));
    let said = unlocked.filter_map(|package| {
        let file = locks.used().find(|compared| compared.file.complete && compared.covers(package))?.file;
        Some(Said {
            subject: audited.subject(package),
            name: &package.name,
            message: format!(
                "installed at {}, which neither {} nor another lock file names",
                package.version, file.path
            ),
            package: Some(package),
            file,
        })
    });
    let fix = "add it to the project and lock anew: the next build may install another version";
    findings(CHECK.name, Severity::Warning, said.collect(), "distributions are installed that no lock file names", fix)
}
