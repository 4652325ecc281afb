//! What a package's own changelog tells of the way between two versions.

use super::ImagePath;

/// The entries between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changelog {
    /// The file that it was read from.
    pub path: ImagePath,
    /// Those newer than the older version, up to the newer one; the newest first.
    pub entries: Vec<ChangelogEntry>,
    /// Entries beyond the limit, which are not in `entries`.
    pub left_out: usize,
    /// Whether the file goes back to the older version: distributors cut long ones short.
    pub reaches_back: bool,
    /// Whether the older version is the right image's, so that these changes were taken back.
    pub reverted: bool,
    /// Every CVE that the entries name, those beyond the limit too, each once, in order.
    pub cves: Vec<String>,
    /// Whether any of the entries went to a suite for security updates (`bookworm-security`).
    pub security: bool,
}

/// What a changelog tells of a move in short, for every report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixes {
    /// The file that it was read from.
    pub path: ImagePath,
    /// Every CVE that is named between the two versions, each once, in order.
    pub cves: Vec<String>,
    /// Whether it was a security upload: one that went to a suite for security updates.
    pub security: bool,
    /// Whether these changes were taken back: the right image has the older version.
    pub reverted: bool,
    /// Whether the file goes back to the older version; if not, there may be more.
    pub reaches_back: bool,
}

/// What one version brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogEntry {
    pub version: String,
    /// `bookworm-security`, `unstable`.
    pub distribution: String,
    /// `high`, `medium`; empty when it is not written.
    pub urgency: String,
    /// As the maintainer signed it.
    pub date: String,
    /// The first lines, without the space that all of them start with.
    pub lines: Vec<String>,
    /// Lines beyond those.
    pub left_out: usize,
    /// Every CVE that the entry names, each once, in their order.
    pub cves: Vec<String>,
}

impl From<Changelog> for Fixes {
    fn from(told: Changelog) -> Self {
        let Changelog { path, cves, security, reverted, reaches_back, .. } = told;
        Self { path, cves, security, reverted, reaches_back }
    }
}

/// Where the CVE ids stand in a text: `CVE-`, four digits, `-`, four or more.
pub fn cve_ids(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    const MOST_DIGITS: usize = 19;
    text.match_indices("CVE-").filter_map(move |(start, prefix)| {
        let rest = text.get(start + prefix.len()..)?;
        let (year, number) = rest.split_once('-')?;
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        (is_year && (4..=MOST_DIGITS).contains(&digits)).then(|| start..start + prefix.len() + 5 + digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_whatever_stands_around_them() {
        let found = |text: &'static str| cve_ids(text).map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(
            found("Fix CVE-2024-0727 (CVE-2023-5678),CVE-2023-1234567: é CVE-2023-6237."),
            ["CVE-2024-0727", "CVE-2023-5678", "CVE-2023-1234567", "CVE-2023-6237"]
        );
        for none in ["CVE-2024-07", "CVE-24-0727", "CVE-", "CVE-2024", "xCVE-20é4-0727", "cve-2024-0727"] {
            assert!(found(none).is_empty(), "{none}");
        }
        assert!(cve_ids(&format!("CVE-2024-{}", "9".repeat(40))).next().is_none());
    }
}
