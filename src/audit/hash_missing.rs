//! Files that a RECORD lists without a SHA-256, though other files of the distribution have one.
//!
//! RECORD itself, its signatures, bytecode and the installer's notes have none by design; what it does not name at all
//! `unowned-in-site` tells.

use super::standing::{Owned, Standing};
use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, Kind, RecordedHash, Role, Severity};

pub(super) const CHECK: Check = Check { name: "hash-missing", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, files) in audited.by_package().filter(|(package, _)| package.ecosystem == Ecosystem::Pypi) {
        // Without any hash there is no RECORD, or a deb's md5sums count.
        if !files.iter().any(|owned| owned.file.recorded != RecordedHash::None) {
            continue;
        }
        let bare: Vec<_> = files.iter().filter(|owned| lacks_hash(owned)).map(|owned| &owned.file.path).collect();
        if !bare.is_empty() {
            let message = "its RECORD has no SHA-256 of them: they can be changed without a trace";
            findings.push(
                Finding::new(CHECK.name, Severity::Warning, audited.subject(package), message)
                    .fix("install it from a wheel whose RECORD is complete")
                    .of(package)
                    .at(bare),
            );
        }
    }
    findings
}

fn lacks_hash(owned: &Owned<'_>) -> bool {
    let path = owned.file.path.as_bytes();
    let by_design = [b".pyc".as_slice(), b".dist-info/RECORD.jws", b".dist-info/RECORD.p7s"];
    owned.standing == Standing::Unrecorded
        && !matches!(owned.file.role, Role::InstallerNote | Role::Unlisted)
        && owned.node.is_some_and(|node| node.file.entry.kind == Kind::File)
        && !by_design.iter().any(|ending| path.ends_with(ending))
}
