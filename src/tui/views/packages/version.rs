//! How far apart two versions are, for the eye only: which way a package moved is the comparison's business.

use crate::compare::PackageRow;
use crate::model::{Ecosystem, PackageMove};

/// How big the step between two versions is: the first part that differs. What deserves a look comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Epoch,
    Major,
    Minor,
    Patch,
    /// Debian's own changes to the same upstream version.
    Revision,
    /// The same source built again.
    Rebuild,
    /// The same version in other letters.
    Spelling,
    SameVersion,
}

impl Step {
    /// The step between two versions.
    #[must_use]
    pub fn between(ecosystem: Ecosystem, left: &str, right: &str) -> Self {
        let (left, right) = (Parts::new(ecosystem, left), Parts::new(ecosystem, right));
        if left.epoch != right.epoch {
            return Self::Epoch;
        }
        if left.upstream == right.upstream {
            return if left.revision == right.revision { Self::SameVersion } else { Self::Revision };
        }
        let numbers = |text: &'_ str| -> Vec<String> {
            text.split(['.', '~', '+', '-']).map(|part| part.trim_start_matches('0').to_owned()).collect()
        };
        let (left, right) = (numbers(left.upstream), numbers(right.upstream));
        match (0..left.len().max(right.len())).find(|at| left.get(*at) != right.get(*at)) {
            Some(0) => Self::Major,
            Some(1) => Self::Minor,
            Some(_) => Self::Patch,
            None => Self::Spelling,
        }
    }

    /// The step that a package took; `None` for one that is on one side only or did not move.
    #[must_use]
    pub fn of(row: &PackageRow) -> Option<Self> {
        let (change, left, right) = (row.change?, row.left.as_ref()?, row.right.as_ref()?);
        Some(match change {
            PackageMove::Rebuilt => Self::Rebuild,
            _ => Self::between(left.ecosystem, &left.version, &right.version),
        })
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Revision => "revision",
            Self::Rebuild => "rebuild",
            Self::Spelling => "spelling",
            Self::SameVersion => "same version",
        }
    }
}

/// Bytes that both versions start with, up to the start of the first part that differs.
#[must_use]
pub fn common_start(left: &str, right: &str) -> usize {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let boundary = |at: &usize| {
        let before = left.as_bytes().get(at.wrapping_sub(1));
        *at == 0 || before.is_some_and(|byte| matches!(byte, b'.' | b'-' | b'+' | b'~' | b':' | b'_'))
    };
    (0..=same).rev().find(|at| boundary(at) && left.is_char_boundary(*at)).unwrap_or_default()
}

struct Parts<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Parts<'a> {
    fn new(ecosystem: Ecosystem, version: &'a str) -> Self {
        let (mark, splits) = if ecosystem == Ecosystem::Deb { (':', true) } else { ('!', false) };
        let (epoch, rest) = version.split_once(mark).unwrap_or(("0", version));
        match rest.rsplit_once('-').filter(|_| splits) {
            Some((upstream, revision)) => Self { epoch, upstream, revision },
            None => Self { epoch, upstream: rest, revision: "" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_that_differs_names_the_step() {
        let deb = |left, right| Step::between(Ecosystem::Deb, left, right).as_str();
        assert_eq!(deb("3.0.13-1~deb12u1", "3.0.15-1~deb12u1"), "patch");
        assert_eq!(deb("5.2.15-2+b2", "5.2.15-2+b7"), "revision");
        assert_eq!(deb("1:9.1-1", "2:9.1-1"), "epoch");
        assert_eq!(deb("20230311", "20230311+deb12u1"), "minor");
        let pypi = |left, right| Step::between(Ecosystem::Pypi, left, right).as_str();
        assert_eq!(pypi("1.26.4", "2.1.2"), "major");
        assert_eq!(pypi("4.25.3", "4.24"), "minor");
        assert_eq!(pypi("1.0", "1.0"), "same version");
    }

    #[test]
    fn the_common_start_ends_at_a_part() {
        assert_eq!(common_start("3.0.13-1", "3.0.15-1"), 4);
        assert_eq!(common_start("1.26.4", "2.1.2"), 0);
        assert_eq!(common_start("1.2", "1.2.1"), 2);
        assert_eq!(common_start("é1", "é2"), 0);
        assert_eq!(common_start("", ""), 0);
    }
}
