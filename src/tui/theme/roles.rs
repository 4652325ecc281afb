//! Which role the words of the model have.

use std::cmp::Ordering;

use super::Role;
use crate::compare::LayerRelation;
use crate::model::{Explanation, PackageMove, Severity, Verdict};

/// The role of an explanation.
#[must_use]
pub fn explanation_role(explanation: Explanation) -> Role {
    match explanation {
        Explanation::SameVersion => Role::Alarm,
        Explanation::Unexplained => Role::Unexplained,
        Explanation::Metadata => Role::Notice,
        Explanation::Package => Role::Explained,
        Explanation::Generated | Explanation::Noise | Explanation::Bytecode | Explanation::Mtime => Role::Quiet,
    }
}

/// The role of a package's move.
#[must_use]
pub fn move_role(change: PackageMove) -> Role {
    match change {
        PackageMove::Added => Role::Right,
        PackageMove::Removed => Role::Left,
        PackageMove::Upgraded => Role::Explained,
        PackageMove::Downgraded => Role::Alarm,
        PackageMove::Rebuilt => Role::Notice,
    }
}

/// The role of how two layers relate.
#[must_use]
pub fn relation_role(relation: LayerRelation) -> Role {
    match relation {
        LayerRelation::Shared => Role::Quiet,
        LayerRelation::Rebuilt => Role::Notice,
        LayerRelation::LeftOnly => Role::Left,
        LayerRelation::RightOnly => Role::Right,
    }
}

/// The role of a difference of sizes: that of the side that has more.
#[must_use]
pub fn delta_role(left: u64, right: u64) -> Role {
    match right.cmp(&left) {
        Ordering::Greater => Role::Right,
        Ordering::Less => Role::Left,
        Ordering::Equal => Role::Muted,
    }
}

/// The role of a finding.
#[must_use]
pub fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Alarm => Role::Alarm,
        Severity::Warning => Role::Unexplained,
        Severity::Info => Role::Quiet,
    }
}

/// The role of the verdict's badge.
#[must_use]
pub fn verdict_role(verdict: Verdict, alarming: bool) -> Role {
    match verdict {
        Verdict::Identical | Verdict::ContentEquivalent => Role::VerdictGood,
        Verdict::Unknown => Role::VerdictBad,
        Verdict::Drifted if alarming => Role::VerdictBad,
        Verdict::DependencyEquivalent | Verdict::Drifted => Role::VerdictMiddling,
    }
}
