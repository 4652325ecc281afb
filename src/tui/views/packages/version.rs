//! How far apart two versions are, for the eye only: which way a package moved is the comparison's business.

use crate::compare::{Jump, PackageRow};

/// How big the step between two versions is: the first part that differs. What deserves a look comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Epoch,
    Major,
    Minor,
    Patch,
    /// Debian's own changes to the same upstream version.
    Revision,
    /// The same source built again, or the same version in other letters.
    Rebuild,
}

impl Step {
    /// The step that a package took; `None` for one that is on one side only or did not move.
    #[must_use]
    pub fn of(row: &PackageRow) -> Option<Self> {
        row.jump().map(|jump| match jump {
            Jump::Epoch => Self::Epoch,
            Jump::Major => Self::Major,
            Jump::Minor => Self::Minor,
            Jump::Patch => Self::Patch,
            Jump::Revision => Self::Revision,
            Jump::Rebuild => Self::Rebuild,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_start_ends_at_a_part() {
        assert_eq!(common_start("3.0.13-1", "3.0.15-1"), 4);
        assert_eq!(common_start("1.26.4", "2.1.2"), 0);
        assert_eq!(common_start("1.2", "1.2.1"), 2);
        assert_eq!(common_start("é1", "é2"), 0);
        assert_eq!(common_start("", ""), 0);
    }
}
