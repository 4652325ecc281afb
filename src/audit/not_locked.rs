//! What is installed although no lock file names it: told only where one claims to name everything.

use super::locked::{Said, findings, is_lockable};
use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "not-locked", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let locks = &audited.locks;
    let Some(complete) = locks.used().find(|compared| compared.file.complete) else { return Vec::new() };
    let file = complete.file;
    let unlocked = audited.packages.iter().filter(|package| is_lockable(package) && !locks.names(&package.key));
    let said = unlocked.map(|package| Said {
        subject: audited.subject(package),
        name: &package.name,
        message: format!("installed at {}, which neither {} nor another lock file names", package.version, file.path),
        package: Some(package),
        file,
    });
    let fix = "add it to the project and lock anew: the next build may install another version";
    findings(CHECK.name, Severity::Warning, said.collect(), "distributions are installed that no lock file names", fix)
}
