//! In which order the children of a directory show.

use super::tree::Sum;

/// A column to sort by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Name,
    /// The most alarming first.
    Urgent,
    /// What grew or shrank most.
    Delta,
    /// The largest, on the side where it is larger.
    Size,
    /// The most differing paths.
    Differing,
}

impl Order {
    pub const ALL: [Self; 5] = [Self::Name, Self::Urgent, Self::Delta, Self::Size, Self::Differing];

    /// What the heaviest comes first by.
    #[must_use]
    pub fn weight(self, sum: &Sum) -> u64 {
        match self {
            Self::Name => 0,
            Self::Urgent => sum.worst.map_or(0, |worst| worst as u64 + 1),
            Self::Delta => sum.left_size.abs_diff(sum.right_size),
            Self::Size => sum.left_size.max(sum.right_size),
            Self::Differing => sum.differing.into(),
        }
    }

    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Urgent => "urgent first",
            Self::Delta => "by delta",
            Self::Size => "by size",
            Self::Differing => "by count",
        }
    }
}
