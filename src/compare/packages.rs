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
            PackageRow { left, right, change, files: Vec::new(), fixes: None }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use crate::nondeterminism::Rules;
    use crate::packages::Jump;
    use crate::snapshot::testing::TestImage;

    #[test]
    fn how_far_a_package_moved_is_told_by_its_ecosystems_rules() {
        let deb = |version: &str| TestImage::new().deb("x", version, &[]).snapshot();
        let wheel = |version: &str| TestImage::new().wheel("x", version, &[]).snapshot();
        let moved = |left: &str, right: &str| compare(&deb(left), &deb(right), Rules::built_in()).packages[0].jump();
        assert_eq!(moved("20230311", "20240203"), Some(Jump::Minor), "a date is no major version");
        assert_eq!(moved("20230311", "20230311+deb12u1"), Some(Jump::Revision));
        assert_eq!(moved("5.2.15-2+b2", "5.2.15-2+b7"), Some(Jump::Rebuild));
        assert_eq!(moved("1.0-1", "1.0-1"), None);
        assert_eq!(compare(&wheel("1.26.4"), &wheel("2.1.2"), Rules::built_in()).packages[0].jump(), Some(Jump::Major));
        assert_eq!(compare(&TestImage::new().snapshot(), &deb("1.0-1"), Rules::built_in()).packages[0].jump(), None);
    }
}
