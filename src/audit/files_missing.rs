//! Files that a package installed and the image no longer has.
//!
//! Slim images leave out documentation, translations and what dpkg was told to exclude, builds delete tests, and multi-stage builds copy a site
//! directory without its scripts: that is told calmly and folded. Bytecode is a cache and may go.

use std::sync::Arc;

use super::standing::{Owned, Standing};
use super::{Audited, Check};
use crate::model::{Ecosystem, Finding, ImagePath, Package, Role, Severity};
use crate::packages::Excluded;

pub(super) const CHECK: Check = Check { name: "files-missing", run };

/// What slim images leave out.
const SLIMMED: [&[u8]; 8] = [
    b"usr/share/doc/",
    b"usr/share/man/",
    b"usr/share/info/",
    b"usr/share/locale/",
    b"usr/share/lintian/",
    b"usr/share/linda/",
    b"usr/share/groff/",
    b"usr/share/help/",
];

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut slimmed, mut excluded): (Vec<&ImagePath>, Vec<&ImagePath>) = (Vec::new(), Vec::new());
    let settings = Excluded::read(audited.tree);
    for (package, files) in audited.by_package() {
        let missing =
            |owned: &&Owned<'_>| owned.standing == Standing::Missing && !owned.file.path.as_bytes().ends_with(b".pyc");
        let (documents, rest): (Vec<_>, Vec<_>) = files.iter().filter(missing).partition(|owned| is_slimmed(owned));
        slimmed.extend(documents.iter().map(|owned| &owned.file.path));
        let is_excluded = |owned: &&Owned<'_>| package.ecosystem == Ecosystem::Deb && settings.holds(&owned.file.path);
        let (unwanted, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_excluded);
        excluded.extend(unwanted.iter().map(|owned| &owned.file.path));
        let (dispensable, needed): (Vec<_>, Vec<_>) = rest.into_iter().partition(|owned| is_dispensable(owned));
        findings.extend(of_package(audited, package, Severity::Warning, &needed));
        findings.extend(of_package(audited, package, Severity::Info, &dispensable));
    }
    if !slimmed.is_empty() {
        let message = "left out to make the image smaller, changelogs with it: what a version brings cannot be read";
        let finding = Finding::new(CHECK.name, Severity::Info, "documentation and translations", message);
        findings.push(finding.at(slimmed));
    }
    if !excluded.is_empty() {
        let message = "dpkg was told to leave them out, by path-exclude in /etc/dpkg/dpkg.cfg.d";
        findings.push(Finding::new(CHECK.name, Severity::Info, "files that dpkg excludes", message).at(excluded));
    }
    findings
}

fn of_package(
    audited: &Audited<'_>,
    package: &Arc<Package>,
    severity: Severity,
    files: &[&Owned<'_>],
) -> Option<Finding> {
    if files.is_empty() {
        return None;
    }
    let message = match severity {
        Severity::Info => "tests, scripts or configuration that it installed are gone",
        _ => "files that it installed are gone: deleted by a build step, or never copied from an earlier stage",
    };
    let finding = Finding::new(CHECK.name, severity, audited.subject(package), message);
    Some(finding.of(package).at(files.iter().map(|owned| &owned.file.path)))
}

fn is_slimmed(owned: &Owned<'_>) -> bool {
    SLIMMED.iter().any(|prefix| owned.file.path.as_bytes().starts_with(prefix))
}

/// Whether a build may well go without the file: a conffile, a test, what a distribution puts outside its site directory.
fn is_dispensable(owned: &Owned<'_>) -> bool {
    let path = &owned.file.path;
    let is_outside = owned.package.location.as_ref().is_some_and(|site| !path.is_under(site));
    let is_test = |part: &[u8]| matches!(part, b"test" | b"tests" | b"testing");
    owned.file.role != Role::Plain || is_outside || path.components().any(is_test)
}
