//! Which packages of one side need a package.

use super::DriftReport;
use crate::model::{Ecosystem, Package, Side};

impl DriftReport {
    /// The packages of `side` that require the one at this position in `packages`, as positions there. One pass over the
    /// names: a thousand packages take well under a millisecond.
    #[must_use]
    pub fn requirers(&self, at: usize, side: Side) -> Vec<usize> {
        let Some(package) = self.package(at, side) else { return Vec::new() };
        let others = (0..self.packages.len()).filter(|other| *other != at);
        let requires = |other: &usize| {
            self.package(*other, side).is_some_and(|other| is_named(other, package) && self.finds(other, package, side))
        };
        others.filter(requires).collect()
    }

    fn package(&self, at: usize, side: Side) -> Option<&Package> {
        let row = self.packages.get(at)?;
        match side {
            Side::Left => row.left.as_deref(),
            Side::Right => row.right.as_deref(),
        }
    }

    /// Whether `package` is the one that `other` finds under that name: of several with one name, the one of its own
    /// architecture or site directory.
    fn finds(&self, other: &Package, package: &Package, side: Side) -> bool {
        let is_near = |package: &Package| match package.ecosystem {
            Ecosystem::Deb => other.arch == package.arch,
            Ecosystem::Pypi => other.location == package.location,
        };
        let is_copy = |copy: &Package| copy.ecosystem == package.ecosystem && copy.key == package.key;
        let mut copies = (0..self.packages.len()).filter_map(|at| self.package(at, side)).filter(|copy| is_copy(copy));
        is_near(package) || !copies.any(is_near)
    }
}

fn is_named(other: &Package, package: &Package) -> bool {
    let answers = |name: &str| name == package.key || package.provides.iter().any(|provided| **provided == *name);
    other.ecosystem == package.ecosystem && other.requires.iter().flatten().any(|name| answers(name))
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;
    use crate::snapshot::testing::TestImage;

    #[test]
    fn those_are_named_that_depend_on_it_or_on_what_it_provides() {
        let mut image = TestImage::new();
        image
            .needing("mutt", "Depends: default-mta | mail-transport-agent, libc6 (>= 2.36)\n")
            .needing("postfix", "Provides: mail-transport-agent\nPre-Depends: libc6\n")
            .needing("libc6", "Recommends: mutt\n");
        let snapshot = image.snapshot();
        let report = compare(&snapshot, &snapshot);
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
}
