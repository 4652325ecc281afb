//! The MD5 sums that dpkg records held against the bytes in the image, as debsums does it, where the file's MD5 is known.

use super::standing::{Owned, Standing};
use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, Role};

pub(super) const CHECK: Check = Check { name: "dpkg-mismatch", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let differs = |owned: &&Owned<'_>| {
        owned.package.ecosystem == Ecosystem::Deb
            && owned.standing == Standing::Differs
            && owned.file.role != Role::Conffile
    };
    let altered = |files: &'_ [Owned<'_>]| files.iter().any(|owned| differs(&owned));
    audited
        .by_package()
        .filter(|(_, files)| altered(files))
        .flat_map(|(package, files)| {
            audited.modified(CHECK.name, package, &files.iter().filter(differs).collect::<Vec<_>>())
        })
        .collect()
}
