//! Which packages of one side need a package.

use std::collections::HashSet;

use super::DriftReport;
use crate::model::{Ecosystem, ImagePath, Package, Side};

impl DriftReport {
    /// The packages of `side` that require the one at this position in `packages`, as positions there. One pass over the
    /// names: a thousand packages take well under a millisecond.
    #[must_use]
    pub fn requirers(&self, at: usize, side: Side) -> Vec<usize> {
        let Some(package) = self.package(at, side) else { return Vec::new() };
        let names: HashSet<&str> =
            std::iter::once(package.key.as_str()).chain(package.provides.iter().map(AsRef::as_ref)).collect();
        let all = || (0..self.packages.len()).filter_map(|at| Some((at, self.package(at, side)?)));
        let is_copy = |copy: &Package| copy.ecosystem == package.ecosystem && copy.key == package.key;
        let places: HashSet<Place<'_>> = all().filter(|(_, copy)| is_copy(copy)).map(|(_, copy)| place(copy)).collect();
        let is_named = |other: &Package| other.requires.iter().flatten().any(|name| names.contains(name.as_ref()));
        // Of several with one name a package finds that of its own place.
        let finds = |other: &Package| place(other) == place(package) || !places.contains(&place(other));
        let requires = |other: &Package| other.ecosystem == package.ecosystem && is_named(other) && finds(other);
        all().filter(|(other, package)| *other != at && requires(package)).map(|(other, _)| other).collect()
    }

    fn package(&self, at: usize, side: Side) -> Option<&Package> {
        let row = self.packages.get(at)?;
        match side {
            Side::Left => row.left.as_deref(),
            Side::Right => row.right.as_deref(),
        }
    }
}

/// What tells packages of one name apart: the architecture, or the site directory.
type Place<'a> = (Option<&'a str>, Option<&'a ImagePath>);

fn place(package: &Package) -> Place<'_> {
    match package.ecosystem {
        Ecosystem::Deb => (package.arch.as_deref(), None),
        Ecosystem::Pypi => (None, package.location.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{PackageRow, compare};
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    #[test]
    fn those_are_named_that_depend_on_it_or_on_what_it_provides() {
        let mut image = TestImage::new();
        image
            .needing("mutt", "Depends: default-mta | mail-transport-agent, libc6 (>= 2.36)\n")
            .needing("postfix", "Provides: mail-transport-agent\nPre-Depends: libc6\n")
            .needing("libc6", "Recommends: mutt\n");
        let snapshot = image.snapshot();
        let report = compare(&snapshot, &snapshot, Rules::built_in());
        let named = |name: &str| {
            let at = report.packages.iter().position(|row| row.either().is_some_and(|package| package.name == name));
            let found = report.requirers(at.unwrap(), Side::Right);
            found.iter().map(|at| report.packages[*at].either().unwrap().name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(named("libc6"), ["mutt", "postfix"]);
        assert_eq!(named("postfix"), ["mutt"]);
        assert!(named("mutt").is_empty(), "a recommendation is no requirement");
        assert!(report.requirers(usize::MAX, Side::Left).is_empty());
    }
    #[test]
    fn of_several_architectures_a_package_needs_its_own_or_any() {
        let mut image = TestImage::new();
        image.needing("bash", "Depends: libc6\n").needing("dash", "Depends: libc6\n").needing("libc6", "");
        let snapshot = image.snapshot();
        let mut report = compare(&snapshot, &snapshot, Rules::built_in());
        let foreign = |package: &Option<Arc<Package>>, arch: &str| {
            package.as_deref().map(|package| Arc::new(Package { arch: Some(arch.to_owned()), ..package.clone() }))
        };
        let right = foreign(&report.packages[2].right, "i386");
        report.packages.push(PackageRow { left: None, right, change: None, files: Vec::new(), fixes: None });
        assert_eq!(report.requirers(2, Side::Right), [0, 1]);
        assert!(report.requirers(3, Side::Right).is_empty());
        report.packages[0].right = foreign(&report.packages[0].right, "i386");
        report.packages[1].right = foreign(&report.packages[1].right, "all");
        assert_eq!(report.requirers(2, Side::Right), [1]);
        assert_eq!(report.requirers(3, Side::Right), [0, 1]);
    }
}
