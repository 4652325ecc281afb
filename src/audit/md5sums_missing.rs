//! Debian packages without a list of hashes: nothing in the image can tell whether their files are intact.

use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, Kind, RecordedHash, Role, Severity};

pub(super) const CHECK: Check = Check { name: "md5sums-missing", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, files) in audited.by_package().filter(|(package, _)| package.ecosystem == Ecosystem::Deb) {
        let has_sums = files.iter().any(|owned| {
            let is_list = owned.file.role == Role::Record && owned.file.path.as_bytes().ends_with(b".md5sums");
            is_list || (owned.file.role == Role::Plain && owned.file.recorded != RecordedHash::None)
        });
        let is_file = |owned: &&super::Owned<'_>| {
            owned.file.role == Role::Plain && owned.node.is_some_and(|node| node.file.entry.kind == Kind::File)
        };
        if !has_sums && files.iter().any(|owned| is_file(&owned)) {
            let message = "it has no md5sums: nothing in the image tells whether its files are intact";
            findings.push(
                Finding::new(CHECK.name, Severity::Warning, audited.subject(package), message)
                    .fix("keep /var/lib/dpkg/info/*.md5sums")
                    .of(package)
                    .at(files.iter().filter(is_file).map(|owned| &owned.file.path)),
            );
        }
    }
    findings
}
