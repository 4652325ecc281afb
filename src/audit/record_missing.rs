//! Python distributions without a RECORD: nothing tells which files they brought, nor with which bytes.

use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, Package, Severity};

pub(super) const CHECK: Check = Check { name: "record-missing", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let distributions = audited.packages.iter().filter(|package| {
        // A deb's own md5sums cover what it ships; of an editable install `origin-unpinned` says what matters.
        package.ecosystem == Ecosystem::Pypi && package.owner.is_none() && package.origin.as_deref() != Some("editable")
    });
    distributions
        .filter(|package| !has_record(package))
        .map(|package| {
            let message = if is_wheel(package) {
                "its RECORD is gone: nothing tells which files it brought, nor with which bytes"
            } else {
                "installed as an egg, which records no hashes: nothing tells whether its files are intact"
            };
            Finding::new(CHECK.name, Severity::Warning, audited.subject(package), message)
                .fix("install it as a wheel with pip or uv, and keep its .dist-info/RECORD")
                .of(package)
        })
        .collect()
}

fn has_record(package: &Package) -> bool {
    package.files.iter().any(|file| file.path.as_bytes().ends_with(b".dist-info/RECORD"))
}

fn is_wheel(package: &Package) -> bool {
    package.files.iter().any(|file| file.path.as_bytes().ends_with(b".dist-info/METADATA"))
}
