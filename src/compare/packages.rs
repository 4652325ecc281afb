//! Packages of both sides in one table.

use std::sync::Arc;

use super::PackageRow;
use crate::model::{Package, PackageMove};
use crate::packages;

/// All packages of both sides, paired.
pub(super) fn rows(left: &[Arc<Package>], right: &[Arc<Package>]) -> Vec<PackageRow> {
    packages::pair(left, right)
        .into_iter()
        .map(|(left, right)| {
            let change = match (&left, &right) {
                (Some(left), Some(right)) => packages::movement(left, right),
                (None, _) => Some(PackageMove::Added),
                (_, None) => Some(PackageMove::Removed),
            };
            PackageRow { left, right, change, files: Vec::new() }
        })
        .collect()
}
