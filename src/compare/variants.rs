//! The indexes that both images were chosen from, platform by platform: a digest may move because another platform did.

use super::DriftReport;
use crate::model::{Digest, Variant};

/// One platform of both indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantRow<'a> {
    /// `os/arch[/variant]`.
    pub platform: &'a str,
    /// The digests of its manifests.
    pub left: Option<Digest>,
    pub right: Option<Digest>,
}

impl VariantRow<'_> {
    /// What the platform was; `None` when it is unchanged.
    fn became(&self) -> Option<&'static str> {
        match (self.left, self.right) {
            (None, _) => Some("added"),
            (_, None) => Some("removed"),
            (left, right) => (left != right).then_some("changed"),
        }
    }
}

/// The platforms of both sides, those of the left first.
#[must_use]
pub fn rows(report: &DriftReport) -> Vec<VariantRow<'_>> {
    let (left, right) = (&report.left.variants, &report.right.variants);
    let of = |variants: &[Variant], platform: &str| {
        variants.iter().find(|variant| variant.platform == platform).map(|variant| variant.digest)
    };
    let mut rows: Vec<VariantRow<'_>> = Vec::new();
    for Variant { platform, .. } in left.iter().chain(right) {
        if !rows.iter().any(|row| row.platform == platform) {
            rows.push(VariantRow { platform, left: of(left, platform), right: of(right, platform) });
        }
    }
    rows
}

/// "linux/amd64 is unchanged; linux/arm64 was added": what became of the index, when both sides have one and they differ.
pub(super) fn sentence(report: &DriftReport) -> Option<String> {
    let (left, right) = (&report.left.variants, &report.right.variants);
    if left.is_empty() || right.is_empty() || left == right {
        return None;
    }
    let rows = rows(report);
    let own = &report.right.platform;
    let mut parts = Vec::new();
    if report.left.manifest_digest.is_some() && report.left.manifest_digest == report.right.manifest_digest {
        parts.push(format!("your platform, {own}, is unchanged"));
    }
    for how in ["added", "removed", "changed"] {
        let platforms: Vec<&str> = rows
            .iter()
            .filter(|row| row.became() == Some(how) && row.platform != own)
            .map(|row| row.platform)
            .collect();
        match platforms.as_slice() {
            [] => {}
            [one] => parts.push(format!("{one} was {how}")),
            several => parts.push(format!("{} were {how}", several.join(", "))),
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    fn report(left: &[(&str, u8)], right: &[(&str, u8)]) -> DriftReport {
        let side = |variants: &[(&str, u8)]| {
            let mut snapshot = TestImage::new().snapshot();
            let variant = |(platform, digest): &(&str, u8)| Variant {
                platform: (*platform).to_owned(),
                digest: Digest([*digest; 32]),
            };
            snapshot.facts.variants = variants.iter().map(variant).collect();
            snapshot.facts.platform = "linux/amd64".to_owned();
            snapshot.facts.manifest_digest = snapshot.facts.variants.first().map(|variant| variant.digest);
            snapshot
        };
        compare(&side(left), &side(right), Rules::built_in())
    }

    #[test]
    fn other_platforms_are_told_apart_from_ones_own() {
        let amd64 = ("linux/amd64", 1);
        let said = |left: &[(&str, u8)], right: &[(&str, u8)]| sentence(&report(left, right));
        assert_eq!(said(&[amd64], &[amd64]), None);
        assert_eq!(said(&[amd64], &[]), None, "nothing to hold it against");
        assert_eq!(
            said(&[amd64, ("linux/s390x", 5)], &[amd64, ("linux/arm64", 2), ("linux/arm/v7", 3), ("linux/s390x", 6)]),
            Some(
                "your platform, linux/amd64, is unchanged; linux/arm64, linux/arm/v7 were added; linux/s390x was changed"
                    .to_owned()
            )
        );
        assert_eq!(
            said(&[amd64, ("linux/arm64", 2)], &[("linux/amd64", 9)]),
            Some("linux/arm64 was removed".to_owned())
        );
    }
}
