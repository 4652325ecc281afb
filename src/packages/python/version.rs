//! The order of Python versions, after PEP 440.

use std::cmp::Ordering;
use std::str::FromStr;

use pep440_rs::Version;

use crate::packages::VersionParts;

/// Orders two versions by PEP 440. Versions older than it, which it cannot read, sort before all that it can, and
/// among themselves as plain text: what setuptools did while it still accepted them, made simple.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    match (Version::from_str(left), Version::from_str(right)) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Greater,
        (Err(_), Ok(_)) => Ordering::Less,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

/// Splits off the epoch (`1!`) and what follows the dotted numbers: pre-, post- and development releases and the
/// local version. Nothing counts rebuilds: a wheel's build number does not survive its installation.
pub(super) fn parts(version: &str) -> VersionParts<'_> {
    let (epoch, rest) = match version.split_once('!') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    };
    let rest = rest.strip_prefix(['v', 'V']).unwrap_or(rest);
    let end = rest.bytes().position(|byte| !(byte.is_ascii_digit() || byte == b'.')).unwrap_or(rest.len());
    let release = rest[..end].trim_end_matches('.');
    VersionParts { epoch, release, revision: &rest[release.len()..], rebuild: "" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_pep_440_orders_them() {
        // In ascending order; the first from the examples of PEP 440, "Summary of permitted suffixes".
        for line in [
            "1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1",
            "2.9 2.10 2023.1 1!0.1",
            "1.0.0-custom-build-x 2004d! 0.1 1.0",
        ] {
            let versions: Vec<&str> = line.split(' ').collect();
            for (at, left) in versions.iter().enumerate() {
                for (other, right) in versions.iter().enumerate() {
                    assert_eq!(compare(left, right), at.cmp(&other), "{left} {right}");
                }
            }
        }
        for (left, right) in [("1.0", "1.0.0"), ("1.0", "v1.0"), ("1.0a1", "1.0-alpha.1"), ("1.0+a.b", "1.0+a-b")] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn the_parts_of_a_version_are_told_apart() {
        let split = |version| {
            let VersionParts { epoch, release, revision, .. } = parts(version);
            [epoch, release, revision]
        };
        assert_eq!(split("1!2.3.4rc1+cu121"), ["1", "2.3.4", "rc1+cu121"]);
        assert_eq!(split("v1.0.dev4"), ["", "1.0", ".dev4"]);
        assert_eq!(split("unknown"), ["", "", "unknown"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(
            a in "[0-9]{0,2}[0-9.!+abrcdevpost-]{0,6}", b in "[0-9]{0,2}[0-9.!+abrcdevpost-]{0,6}", c in "[0-9.x]{0,4}",
        ) {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            let mut sorted = [a, b, c];
            sorted.sort_by(|left, right| compare(left, right));
            prop_assert!(compare(&sorted[0], &sorted[2]).is_le());
        }
    }
}
