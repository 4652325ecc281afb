//! What the changelogs of packages that moved tell: CVE ids, and whether it was a security upload.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::PackageRow;
use crate::image::Node;
use crate::model::{Changelog, Digest, Ecosystem, Fixes, Package, PackageMove, Side};
use crate::packages::{changelog, compare_versions};
use crate::snapshot::Snapshot;

/// Bytes of text that are read of all changelogs together: far beyond what any pair of images needs.
const MAX_TEXT: u64 = 512 << 20;
/// Warnings of changelogs that cannot be read.
const MAX_WARNINGS: usize = 10;

/// Where the way between a package's two versions is told.
pub struct ChangelogPlace<'a> {
    /// The image that has the newer version.
    pub side: Side,
    pub node: &'a Node,
    pub older: &'a str,
    pub newer: &'a str,
    /// Whether the newer version is the left one, so that the changes were taken back.
    pub reverted: bool,
}

impl<'a> ChangelogPlace<'a> {
    /// `None` where the image has no changelog of the package, and for one that is on one side only.
    #[must_use]
    pub fn of(left: &'a Snapshot, right: &'a Snapshot, row: &'a PackageRow) -> Option<Self> {
        let (of_left, of_right) = (row.left.as_deref()?, row.right.as_deref()?);
        let (from, to) = versions(of_left, of_right);
        let reverted = compare_versions(of_right.ecosystem, to, from) == Ordering::Less;
        let (side, image, package) =
            if reverted { (Side::Left, left, of_left) } else { (Side::Right, right, of_right) };
        let (older, newer) = if reverted { (to, from) } else { (from, to) };
        // Of a mere rebuild in a file of its own, that has nothing else.
        let node = changelog::find(&image.image.tree, package, row.change == Some(PackageMove::Rebuilt))?;
        Some(Self { side, node, older, newer, reverted })
    }

    /// The entries between the two versions, out of the file's `bytes`; reads at most `budget` bytes of text and lessens
    /// it by what it read.
    ///
    /// # Errors
    /// When the bytes cannot be read, or are no Debian changelog.
    pub fn read(&self, bytes: &[u8], budget: &mut u64) -> Result<Changelog, String> {
        let found = changelog::between(self.node, bytes, self.older, self.newer, budget)?;
        Ok(Changelog { reverted: self.reverted, ..found })
    }
}

/// Changelogs are of source packages, whose versions may be other ones than their binaries'; of a mere rebuild only the
/// binaries' versions differ.
fn versions<'a>(left: &'a Package, right: &'a Package) -> (&'a str, &'a str) {
    match (&left.source, &right.source) {
        (Some(from), Some(to)) if from.version != to.version => (&from.version, &to.version),
        _ => (&left.version, &right.version),
    }
}

/// Fills in what the captured changelogs tell of each package that moved; says what could not be read.
pub(super) fn fill(rows: &mut [PackageRow], left: &Snapshot, right: &Snapshot) -> Vec<String> {
    let mut reading = Reading { budget: MAX_TEXT, told: HashMap::new(), warnings: Vec::new(), unread: 0 };
    for row in rows.iter_mut().filter(|row| row.change.is_some()) {
        row.fixes = reading.fixes(left, right, row);
    }
    if reading.unread > 0 {
        reading.warnings.push(format!("{} more changelogs were not read", reading.unread));
    }
    reading.warnings
}

/// Packages of one source carry copies of one changelog: each is read once.
type Question = (Digest, String, String);

struct Reading {
    budget: u64,
    told: HashMap<Question, Option<Fixes>>,
    warnings: Vec<String>,
    unread: usize,
}

impl Reading {
    fn fixes(&mut self, left: &Snapshot, right: &Snapshot, row: &PackageRow) -> Option<Fixes> {
        if row.either()?.ecosystem != Ecosystem::Deb {
            return None;
        }
        let place = ChangelogPlace::of(left, right, row)?;
        let bytes = place.node.bytes.as_deref()?;
        let content = place.node.file.entry.sha256()?;
        let question = (content, place.older.to_owned(), place.newer.to_owned());
        if let Some(told) = self.told.get(&question) {
            return told.clone().map(|told| Fixes { path: place.node.path.clone(), ..told });
        }
        let told = match place.read(bytes, &mut self.budget) {
            Ok(found) => Some(Fixes::from(found)),
            Err(error) if self.warnings.len() < MAX_WARNINGS => {
                self.warnings.push(format!("{}: {error}", place.side.as_str()));
                None
            }
            Err(_) => {
                self.unread += 1;
                None
            }
        };
        self.told.insert(question, told.clone());
        told
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    /// From openssl's changelog in Debian 12 (bookworm), cut to its headings and the lines that name ids.
    const OPENSSL: &str = "openssl (3.0.15-1~deb12u1) bookworm; urgency=medium

  * Import 3.0.15
    - CVE-2023-5678 (named once more in a test's name)

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Sun, 20 Oct 2024 17:43:57 +0200

openssl (3.0.14-1~deb12u2) bookworm-security; urgency=medium

  * CVE-2024-5535 (SSL_select_next_proto buffer overread)

 -- Moritz Mühlenhoff <jmm@debian.org>  Fri, 16 Aug 2024 17:46:02 +0200

openssl (3.0.13-1~deb12u1) bookworm; urgency=medium

  * Import 3.0.13
    - CVE-2023-6237

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Thu, 01 Feb 2024 21:58:55 +0100
";

    fn openssl(version: &str) -> TestImage {
        let mut image = TestImage::new();
        for name in ["libssl3", "openssl"] {
            image.deb(name, version, &[(&format!("usr/share/doc/{name}/changelog.Debian"), OPENSSL.as_bytes())]);
        }
        image.deb("tini", &version.replace("3.0", "0.1"), &[]);
        image
    }

    /// The file, the ids, and whether it was a security upload, was taken back, and reaches back.
    type Told = (String, String, bool, bool, bool);

    fn fixes(left: &TestImage, right: &TestImage) -> Vec<Option<Told>> {
        let report = compare(&left.snapshot(), &right.snapshot(), Rules::built_in());
        let told = |fixes: Fixes| {
            let Fixes { path, cves, security, reverted, reaches_back } = fixes;
            (path.to_string(), cves.join(" "), security, reverted, reaches_back)
        };
        report.packages.into_iter().map(|row| row.fixes.map(told)).collect()
    }

    #[test]
    fn each_package_that_moved_has_the_ids_of_its_own_changelog() {
        let (old, new) = (openssl("3.0.13-1~deb12u1"), openssl("3.0.15-1~deb12u1"));
        let told = |name: &str, reverted| {
            let path = format!("/usr/share/doc/{name}/changelog.Debian");
            Some((path, "CVE-2023-5678 CVE-2024-5535".to_owned(), true, reverted, true))
        };
        assert_eq!(fixes(&old, &new), [told("libssl3", false), told("openssl", false), None]);
        assert_eq!(fixes(&new, &old), [told("libssl3", true), told("openssl", true), None], "taken back");
        assert_eq!(fixes(&old, &old), [None, None, None], "nothing moved");
        let gone = fixes(&old, &TestImage::new());
        assert_eq!(gone, [None, None, None], "there is no way between two versions");
    }

    #[test]
    fn a_changelog_that_names_none_is_not_one_that_is_not_there() {
        let image = |version: &str, text: &str| {
            let mut image = TestImage::new();
            image.deb("x", version, &[("usr/share/doc/x/changelog.gz", text.as_bytes())]);
            image
        };
        let native = "x (2) unstable; urgency=medium\n\n  * New.\n\n -- A <a@b.c>  Sun, 20 Oct 2024 17:43:57 +0200\n";
        let told = fixes(&image("1", "x"), &image("2", native));
        let path = "/usr/share/doc/x/changelog.gz".to_owned();
        assert_eq!(told, [Some((path, String::new(), false, false, false))], "and it does not go back to 1");
        assert_eq!(fixes(&image("1", "x"), &image("2", "Changes of upstream's\n")), [None]);
    }

    #[test]
    fn a_broken_changelog_is_a_warning_and_no_answer() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::Write::write_all(&mut gzip, OPENSSL.as_bytes()).unwrap();
        let whole = gzip.finish().unwrap();
        let image = |version: &str, bytes: &[u8]| {
            let mut image = TestImage::new();
            image.deb("openssl", version, &[("usr/share/doc/openssl/changelog.Debian.gz", bytes)]);
            image.snapshot()
        };
        let cut = &whole[..whole.len() / 2];
        let report = compare(&image("1", b""), &image("3.0.15-1~deb12u1", cut), Rules::built_in());
        assert_eq!(report.packages[0].fixes, None);
        assert!(report.warnings[0].starts_with("right: /usr/share/doc/openssl/changelog"), "{:?}", report.warnings);
    }

    /// `less` in Debian 12 and 13 is a rebuild on amd64, with a changelog of its own for that.
    fn less(version: &str) -> Snapshot {
        let mut image = TestImage::new();
        let of_source = ("usr/share/doc/less/changelog.Debian.gz", b"source".as_slice());
        let of_rebuild = ("usr/share/doc/less/changelog.Debian.amd64.gz", b"rebuild".as_slice());
        image.deb("less", version, &[of_source, of_rebuild]);
        image.snapshot()
    }

    #[test]
    fn an_upgrade_to_a_rebuild_is_told_by_the_sources_changelog_and_a_rebuild_by_its_own() {
        let told = |left: &str, right: &str| {
            let (left, right) = (less(left), less(right));
            let row = compare(&left, &right, Rules::built_in()).packages.remove(0);
            ChangelogPlace::of(&left, &right, &row).map(|place| place.node.path.to_string())
        };
        let of_source = Some("/usr/share/doc/less/changelog.Debian.gz".to_owned());
        assert_eq!(told("590-2", "591-1+b1"), of_source);
        assert_eq!(told("590-2+b1", "591-1+b1"), of_source);
        let of_rebuild = Some("/usr/share/doc/less/changelog.Debian.amd64.gz".to_owned());
        assert_eq!(told("590-2", "590-2+b1"), of_rebuild);
    }
}
