//! The order of Debian versions, after deb-version(7): `[epoch:]upstream[-revision]`.

use std::cmp::Ordering;

use crate::packages::VersionParts;

/// Orders two versions as `dpkg --compare-versions` does. Numbers may be of any length. A text in front of the colon
/// that is not a number is no epoch, so that every text has a place in the order.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let ((left_epoch, left), (right_epoch, right)) = (split_epoch(left), split_epoch(right));
    let ((left_upstream, left_revision), (right_upstream, right_revision)) =
        (split_revision(left), split_revision(right));
    compare_part(left_epoch, right_epoch)
        .then_with(|| compare_part(left_upstream, right_upstream))
        .then_with(|| compare_part(left_revision, right_revision))
}

/// Splits off the epoch, the count of binary-only rebuilds (`+b2`), the revision, and from the upstream version what
/// follows the first `+` or `~`: distributors and pre-releases write there.
pub(super) fn parts(version: &str) -> VersionParts<'_> {
    let (epoch, rest) = split_epoch(version);
    let (rest, rebuild) = match rest.rfind("+b") {
        Some(at) if at + 2 < rest.len() && rest[at + 2..].bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.split_at(at)
        }
        _ => (rest, ""),
    };
    let (upstream, _) = split_revision(rest);
    let release = upstream.find(['+', '~']).unwrap_or(upstream.len());
    VersionParts { epoch, release: &rest[..release], revision: &rest[release..], rebuild }
}

fn split_epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    }
}

fn split_revision(version: &str) -> (&str, &str) {
    version.rsplit_once('-').unwrap_or((version, ""))
}

/// Compares stretches without digits and stretches of digits in turn, as long as there are any.
fn compare_part(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() || !right.is_empty() {
        let ((left_text, left_rest), (right_text, right_rest)) = (split(left, false), split(right, false));
        let ((left_number, left_rest), (right_number, right_rest)) = (split(left_rest, true), split(right_rest, true));
        let order = compare_text(left_text, right_text).then_with(|| compare_number(left_number, right_number));
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

/// Splits after the leading bytes that all are, or all are not, digits.
fn split(text: &[u8], digits: bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| byte.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

/// `~` sorts before the end, the end before letters, letters before everything else.
fn compare_text(left: &[u8], right: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => (0, 0),
        None => (1, 0),
        Some(letter) if letter.is_ascii_alphabetic() => (2, *letter),
        Some(other) => (3, *other),
    };
    let length = left.len().max(right.len());
    (0..length)
        .map(|at| weight(left.get(at)).cmp(&weight(right.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_number(left: &[u8], right: &[u8]) -> Ordering {
    let significant = |digits: &'_ [u8]| digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    let (left, right) = (&left[significant(left)..], &right[significant(right)..]);
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        // Each line in ascending order; the answers are those of `dpkg --compare-versions` 1.21.22.
        for line in [
            "1.0~~ 1.0~~a 1.0~ 1.0 1.0a 1.0+ 1.0.1",
            "1.0~rc1 1.0 1.0-1~deb12u1 1.0-1 1.0-1+b1 1.0-1+deb12u1 1.0-1.1 1.0-2 1.0-10 1.0+b1",
            "9 0:10 1:1 1:2 2:0 10:0",
            "1.2-3-4 1.2-4-3 1.3",
            "2.36-9+deb12u10 2.36-9+deb12u13 2.36.1-1",
            "99999999999999999999998 99999999999999999999999 100000000000000000000000",
            "1.0a 1.0b 1.0z 1.0+dfsg 1.0.0",
            "20230311 20230311+deb12u1 20240203",
        ] {
            let versions: Vec<&str> = line.split(' ').collect();
            for (at, left) in versions.iter().enumerate() {
                for (other, right) in versions.iter().enumerate() {
                    assert_eq!(compare(left, right), at.cmp(&other), "{left} {right}");
                }
            }
        }
    }

    #[test]
    fn other_spellings_of_a_version_are_equal() {
        for (left, right) in [("1.0", "1.0-0"), ("1.0", "0:1.0"), ("1.0", "1.00"), ("1.0", "01.0-"), ("1.a0", "1.a")] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn the_parts_of_a_version_are_told_apart() {
        let split = |version| {
            let VersionParts { epoch, release, revision, rebuild } = parts(version);
            [epoch, release, revision, rebuild]
        };
        assert_eq!(split("2:1.02.185-2"), ["2", "1.02.185", "-2", ""]);
        assert_eq!(split("5.2.15-2+b7"), ["", "5.2.15", "-2", "+b7"]);
        assert_eq!(split("12.4+deb12u15"), ["", "12.4", "+deb12u15", ""]);
        assert_eq!(split("1.0+beta-1"), ["", "1.0", "+beta-1", ""]);
        assert_eq!(split("a:1"), ["", "a:1", "", ""]);
        assert_eq!(split(""), ["", "", "", ""]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9a-c.+~:é-]{0,8}", b in "[0-9a-c.+~:é-]{0,8}", c in "[0-9a-c.+~:é-]{0,8}") {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            let mut sorted = [a, b, c];
            sorted.sort_by(|left, right| compare(left, right));
            prop_assert!(compare(&sorted[0], &sorted[2]).is_le());
        }

        #[test]
        fn the_parts_put_together_are_the_version(version in "[0-9]{1,2}[0-9a-c.+~-]{0,10}(\\+b[0-9])?") {
            let parts = parts(&version);
            prop_assert_eq!([parts.release, parts.revision, parts.rebuild].concat(), version);
        }
    }
}
