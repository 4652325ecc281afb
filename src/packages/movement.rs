//! Which way a package moved, and how far.

use std::cmp::Ordering;

use crate::model::{Ecosystem, Package, PackageMove};

use super::{CATALOGERS, Cataloger, VersionParts};

/// The most significant part of a version that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Jump {
    /// Another build of the same source, or the same version spelled differently.
    Rebuild,
    /// The distributor's revision, a pre-release, a post-release.
    Revision,
    /// The third or a later number.
    Patch,
    /// The second number, or the first where it is a date.
    Minor,
    /// The first number.
    Major,
    /// The epoch: the maintainers restarted their numbering.
    Epoch,
}

/// How a package that both sides have moved; `None` when it did not.
///
/// Versions decide first. Between equal ones another spelling (`1.0` and `1.0-0`), architecture, origin (another
/// commit or hash behind a direct URL) or site directory (another Python) means that it was built or installed again.
#[must_use]
pub fn movement(left: &Package, right: &Package) -> Option<PackageMove> {
    if is_rebuild(right.ecosystem, &left.version, &right.version) {
        return Some(PackageMove::Rebuilt);
    }
    match compare_versions(right.ecosystem, &left.version, &right.version) {
        Ordering::Less => Some(PackageMove::Upgraded),
        Ordering::Greater => Some(PackageMove::Downgraded),
        Ordering::Equal => {
            let same = left.version == right.version
                && left.arch == right.arch
                && left.origin == right.origin
                && left.location == right.location
                && !is_rebuilt_from_directory(left, right);
            (!same).then_some(PackageMove::Rebuilt)
        }
    }
}

/// What makes a package that is at an equal version look moved, although nothing that was released says so: another
/// architecture, another spelling of the version, or an origin elsewhere or on one side only. Code that changes behind it changes
/// behind an unmoved package. `platforms` are the architectures of the two images, as Debian names them: between images of
/// two of them every package has another.
#[must_use]
pub fn only_seems_moved(left: &Package, right: &Package, platforms: [&str; 2]) -> bool {
    let is_of_images = || [&left.arch, &right.arch].map(|arch| arch.as_deref()) == platforms.map(Some);
    compare_versions(right.ecosystem, &left.version, &right.version).is_eq()
        && !is_rebuild(right.ecosystem, &left.version, &right.version)
        && (left.version != right.version
            || left.origin.as_deref().map(place) != right.origin.as_deref().map(place)
            || (left.arch != right.arch && !is_of_images()))
}

/// Where an origin (PEP 610) lies, without the commit or the hash that it is pinned to.
fn place(origin: &str) -> &str {
    let place = origin.split('#').next().unwrap_or_default();
    place
        .split_once('+')
        .filter(|(vcs, _)| !vcs.contains('/'))
        .and_then(|_| place.rsplit_once('@'))
        .map_or(place, |(url, _)| url)
}

/// Whether both were installed from one directory on the machine of the build, and record other files.
fn is_rebuilt_from_directory(left: &Package, right: &Package) -> bool {
    let recorded =
        |package: &Package| package.files.iter().map(|file| (file.path.clone(), file.recorded)).collect::<Vec<_>>();
    let is_local = left.origin == right.origin && left.origin.as_deref().is_some_and(is_directory);
    is_local && left.files.len() + right.files.len() > 0 && recorded(left) != recorded(right)
}

/// Whether an origin (PEP 610) is a directory of the machine that built the image.
fn is_directory(origin: &str) -> bool {
    const ARCHIVES: [&str; 5] = [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz"];
    let path = origin.strip_prefix("file://").map(|rest| rest.split('#').next().unwrap_or_default());
    path.is_some_and(|path| !origin.contains("#sha") && !ARCHIVES.iter().any(|ending| path.ends_with(ending)))
}

/// Orders two versions by their ecosystem's rules.
#[must_use]
pub fn compare_versions(ecosystem: Ecosystem, left: &str, right: &str) -> Ordering {
    cataloger(ecosystem).map_or_else(|| left.cmp(right), |cataloger| (cataloger.compare)(left, right))
}

/// How far apart two versions are, whichever is the newer; `None` when they are written alike.
#[must_use]
pub fn jump(ecosystem: Ecosystem, left: &str, right: &str) -> Option<Jump> {
    if left == right {
        return None;
    }
    let (left, right) = (parts(ecosystem, left)?, parts(ecosystem, right)?);
    if number(left.epoch) != number(right.epoch) {
        return Some(Jump::Epoch);
    }
    let dated = is_dated(left.release) && is_dated(right.release);
    match first_difference(left.release, right.release) {
        Some(0) if !dated => Some(Jump::Major),
        Some(0 | 1) => Some(Jump::Minor),
        Some(_) => Some(Jump::Patch),
        None if left.revision != right.revision => Some(Jump::Revision),
        None => Some(Jump::Rebuild),
    }
}

/// Whether nothing but the count of builds differs: `1.2-3` and `1.2-3+b1`.
fn is_rebuild(ecosystem: Ecosystem, left: &str, right: &str) -> bool {
    let source = |version| parts(ecosystem, version).map(|parts| VersionParts { rebuild: "", ..parts });
    left != right && source(left).is_some() && source(left) == source(right)
}

fn parts(ecosystem: Ecosystem, version: &str) -> Option<VersionParts<'_>> {
    cataloger(ecosystem).map(|cataloger| (cataloger.parts)(version))
}

fn cataloger(ecosystem: Ecosystem) -> Option<&'static Cataloger> {
    CATALOGERS.iter().find(|cataloger| cataloger.ecosystem == ecosystem)
}

/// Which of the dotted numbers differs first; a number that is not written is 0.
fn first_difference(left: &str, right: &str) -> Option<usize> {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    let mut position = 0;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (a, b) if number(a.unwrap_or_default()) != number(b.unwrap_or_default()) => return Some(position),
            _ => position += 1,
        }
    }
}

/// Whether the first number is a year or a date (`2026b`, `20230311`): such a version says when, not what changed,
/// so a new year is no new major version.
fn is_dated(release: &str) -> bool {
    let digits = release.bytes().take_while(u8::is_ascii_digit).count();
    matches!(digits, 4 | 8) && (release.starts_with("19") || release.starts_with("20"))
}

fn number(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::super::pairing::tests::{deb, dist};
    use super::*;

    #[test]
    fn a_package_moves_as_its_ecosystem_orders_versions() {
        use PackageMove::{Downgraded, Rebuilt, Upgraded};
        let moved = |left: &str, right: &str| movement(&deb("x", left, "amd64"), &deb("x", right, "amd64"));
        assert_eq!(moved("2.9", "2.10"), Some(Upgraded));
        assert_eq!(moved("1:1.0", "2.0"), Some(Downgraded), "an epoch that went away");
        assert_eq!(moved("1.0", "1.0~rc1"), Some(Downgraded));
        assert_eq!(moved("5.2.15-2+b7", "5.2.15-2+b8"), Some(Rebuilt));
        assert_eq!(moved("5.2.15-2", "5.2.15-2+b8"), Some(Rebuilt));
        assert_eq!(moved("5.2.15-2+b7", "5.2.15-3"), Some(Upgraded));
        assert_eq!(moved("1.0", "1.0-0"), Some(Rebuilt));
        assert_eq!(moved("1.0", "1.0"), None);
        assert_eq!(movement(&deb("x", "1.0", "amd64"), &deb("x", "1.0", "all")), Some(Rebuilt));
    }

    #[test]
    fn a_distribution_of_another_commit_is_rebuilt() {
        let mut left = dist("x", "1.0", "site-packages");
        let mut right = left.clone();
        assert_eq!(movement(&left, &right), None);
        left.origin = Some("git+https://example.org/x@aaaa".into());
        right.origin = Some("git+https://example.org/x@bbbb".into());
        assert_eq!(movement(&left, &right), Some(PackageMove::Rebuilt));
        right.version = "1.0.0".into();
        right.origin.clone_from(&left.origin);
        assert_eq!(movement(&left, &right), Some(PackageMove::Rebuilt), "equal by order, spelled differently");
        right.version = "1.1".into();
        assert_eq!(movement(&left, &right), Some(PackageMove::Upgraded));
    }

    #[test]
    fn a_jump_names_the_most_significant_part_that_changed() {
        let deb = |left, right| jump(Ecosystem::Deb, left, right);
        assert_eq!(deb("1:2.0-1", "2:2.0-1"), Some(Jump::Epoch));
        assert_eq!(deb("2.36-9", "3.0-1"), Some(Jump::Major));
        assert_eq!(deb("2.36-9", "2.37-1"), Some(Jump::Minor));
        assert_eq!(deb("3.0.9-1", "3.0.11-1~deb12u2"), Some(Jump::Patch));
        assert_eq!(deb("2.36-9+deb12u1", "2.36-9+deb12u4"), Some(Jump::Revision));
        assert_eq!(deb("20230311", "20230311+deb12u1"), Some(Jump::Revision));
        assert_eq!(deb("1.0-1", "1.0-1+b1"), Some(Jump::Rebuild));
        assert_eq!(deb("1.0-1", "1.0-1"), None);
        assert_eq!(deb("2026b-0+deb12u1", "2026f-0+deb12u1"), Some(Jump::Minor));
        assert_eq!(deb("20230311+deb12u1", "20250419~deb12u2"), Some(Jump::Minor));
        assert_eq!(deb("20230311", "1.0"), Some(Jump::Major));
        let pypi = |left, right| jump(Ecosystem::Pypi, left, right);
        assert_eq!(pypi("1.26.4", "2.0"), Some(Jump::Major));
        assert_eq!(pypi("2.0", "2.0.1"), Some(Jump::Patch));
        assert_eq!(pypi("2.0rc1", "2.0"), Some(Jump::Revision));
        assert_eq!(pypi("2.0", "2.0.0"), Some(Jump::Rebuild));
        assert_eq!(pypi("2.0+cu118", "2.0+cu121"), Some(Jump::Revision));
        assert!(Jump::Epoch > Jump::Major && Jump::Revision > Jump::Rebuild);
    }
}
