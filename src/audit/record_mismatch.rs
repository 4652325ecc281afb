//! Every SHA-256 in every RECORD held against the bytes in the image: files that are not what was installed.
//!
//! Not told: the installer's own notes, which installers write after or without RECORD; files that are gone, which
//! `files-missing` tells.

use super::standing::{Owned, Standing};
use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, Role, Severity};

pub(super) const CHECK: Check = Check { name: "record-mismatch", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, files) in audited.by_package() {
        let differs = |owned: &&Owned<'_>| {
            owned.package.ecosystem == Ecosystem::Pypi
                && owned.standing == Standing::Differs
                && owned.file.role != Role::InstallerNote
        };
        let (rewritten, altered): (Vec<_>, Vec<_>) =
            files.iter().filter(differs).partition(|owned| is_rewritten(owned));
        findings.extend(audited.modified(CHECK.name, package, &altered));
        if !rewritten.is_empty() {
            let message = "scripts or bytecode that the installer wrote were written again after it recorded them";
            findings.push(
                Finding::new(CHECK.name, Severity::Info, audited.subject(package), message)
                    .fix("install in place, instead of copying or recompiling what was installed elsewhere")
                    .of(package)
                    .at_hashes(rewritten.iter().map(|owned| (&owned.file.path, audited.hashes(owned)))),
            );
        }
    }
    findings
}

/// Whether other bytes are to be expected: bytecode compiled again, and a console script that is nothing but an
/// installer's frame around a call, whose first line names another interpreter.
fn is_rewritten(owned: &Owned<'_>) -> bool {
    let content = owned.node.and_then(|node| node.file.entry.content.as_ref());
    let masked = content.and_then(|content| content.masked.as_deref()).map(|masked| masked.mask);
    owned.file.path.as_bytes().ends_with(b".pyc")
        || (owned.file.role == Role::Script && masked == Some("console-script"))
}
