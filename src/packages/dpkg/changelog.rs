//! Debian changelogs (deb-changelog(5)): where a package has its own, and the entries between two versions.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::version;
use crate::image::{Node, Tree};
use crate::model::changelog::cve_ids;
use crate::model::{Changelog, ChangelogEntry, Ecosystem, ImagePath, Kind, Package};

/// The largest file that is read, compressed: the kernel's own has about 2 MiB.
pub const MAX_BYTES: u64 = 8 << 20;
/// The most text that is read of one: what a small file can be blown up to has an end.
pub const MAX_TEXT: u64 = 64 << 20;
const MAX_ENTRIES: usize = 50;
const MAX_LINES: usize = 60;
/// Bytes of one line.
const MAX_LINE: u64 = 4096;
const MAX_CVES: usize = 500;
/// CVE ids of all entries together.
const MAX_NAMED: usize = 5000;
/// Lines before the first entry: some files start with a remark.
const MAX_PREFACE: usize = 20;

/// Whether a changelog may stand at `path`: one of the names that [`find`] looks for.
#[must_use]
pub fn is_place(path: &ImagePath) -> bool {
    let name = path.as_bytes().strip_prefix(b"usr/share/doc/").and_then(|rest| {
        let at = rest.iter().position(|byte| *byte == b'/')?;
        rest.get(at + 1..)
    });
    let name = name.map(|name| name.strip_suffix(b".gz").unwrap_or(name));
    let Some(rest) = name.and_then(|name| name.strip_prefix(b"changelog")) else { return false };
    match rest.strip_prefix(b".Debian") {
        Some(arch) => !arch.contains(&b'/'),
        None => rest.is_empty(),
    }
}

/// Whether bytes, gzip or plain, start as a Debian changelog does, with an entry.
#[must_use]
pub fn is_debian(bytes: &[u8]) -> bool {
    const START: u64 = 64 << 10;
    let mut text = BufReader::new(plain(bytes).take(START));
    let mut lines = std::iter::from_fn(|| next_line(&mut text).ok().flatten());
    lines.by_ref().take(MAX_PREFACE).any(|line| header(&line).is_some())
}

fn plain(bytes: &[u8]) -> Box<dyn Read + '_> {
    match bytes.first_chunk() {
        Some([0x1f, 0x8b]) => Box::new(MultiGzDecoder::new(bytes)),
        _ => Box::new(bytes),
    }
}

/// The file with the changelog of `package`, found as a process in the image would: documentation directories are
/// often links to another package's. With `rebuilt`, nothing but the rebuild is asked for.
#[must_use]
pub fn find<'a>(tree: &'a Tree, package: &Package, rebuilt: bool) -> Option<&'a Node> {
    if package.ecosystem != Ecosystem::Deb {
        return None;
    }
    let arch = package.arch.as_deref().unwrap_or_default();
    // What a rebuild alone brings stands in a file of its own. A native package has only `changelog`; another one has
    // its upstream's there, so that name comes last.
    let own = format!("changelog.Debian.{arch}");
    let names = rebuilt.then_some(own.as_str()).into_iter().chain(["changelog.Debian", "changelog"]);
    names.flat_map(|name| [format!("{name}.gz"), name.to_owned()]).find_map(|name| {
        let path = format!("usr/share/doc/{}/{name}", package.name);
        let node = tree.resolve(&ImagePath::parse(path.as_bytes()).ok()?)?;
        (node.file.entry.kind == Kind::File).then_some(node)
    })
}

/// The entries newer than `older`, up to `newer`, out of a changelog's bytes, gzip or plain. Reads at most `budget` bytes
/// of text, which is lessened by what was read.
///
/// # Errors
/// When the bytes cannot be read, or are no Debian changelog.
pub fn between(node: &Node, bytes: &[u8], older: &str, newer: &str, budget: &mut u64) -> Result<Changelog, String> {
    let mut text = BufReader::new(plain(bytes).take(*budget));
    let mut reading = Reading {
        older,
        newer,
        open: None,
        any: false,
        named: BTreeSet::new(),
        found: Changelog {
            path: node.path.clone(),
            entries: Vec::new(),
            left_out: 0,
            reaches_back: false,
            reverted: false,
            cves: Vec::new(),
            security: false,
        },
    };
    let outcome = reading.read(&mut text);
    *budget = text.get_ref().limit();
    outcome.map_err(|error| format!("{}: {error}", node.path))?;
    reading.found.cves = reading.named.into_iter().collect();
    if reading.any { Ok(reading.found) } else { Err(format!("{} is no Debian changelog", node.path)) }
}

struct Reading<'a> {
    older: &'a str,
    newer: &'a str,
    /// The entry being read, where it is one of those wanted.
    open: Option<ChangelogEntry>,
    /// Whether any entry was seen.
    any: bool,
    /// The CVE ids of all entries wanted.
    named: BTreeSet<String>,
    found: Changelog,
}

impl Reading<'_> {
    /// Entries are the newest first, so reading ends at the first one that is not newer than `older`.
    fn read(&mut self, text: &mut dyn BufRead) -> io::Result<()> {
        while let Some(line) = next_line(text)? {
            if let Some(entry) = header(&line) {
                self.close();
                self.any = true;
                if version::compare(&entry.version, self.older) != Ordering::Greater {
                    self.found.reaches_back = true;
                    return Ok(());
                }
                self.open = (version::compare(&entry.version, self.newer) != Ordering::Greater).then_some(entry);
            } else if let Some(entry) = &mut self.open {
                add(entry, &line);
            }
        }
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        let Some(mut entry) = self.open.take() else { return };
        while entry.lines.last().is_some_and(String::is_empty) {
            entry.lines.pop();
        }
        self.found.security |= entry.distribution.split_whitespace().any(|suite| suite.ends_with("-security"));
        let room = MAX_NAMED.saturating_sub(self.named.len());
        self.named.extend(entry.cves.iter().take(room).cloned());
        if self.found.entries.len() < MAX_ENTRIES {
            self.found.entries.push(entry);
        } else {
            self.found.left_out += 1;
        }
    }
}

/// The next line without its end; of one that is too long the start. Bytes that are no UTF-8 are replaced: changelogs
/// of the last century are in Latin-1.
fn next_line(text: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if Read::take(&mut *text, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        skip_line(text)?;
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
}

fn skip_line(text: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = text.fill_buf()?;
        let (length, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        text.consume(length);
        if is_end {
            return Ok(());
        }
    }
}

/// `package (version) distributions; urgency=medium, key=value`
fn header(line: &str) -> Option<ChangelogEntry> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let (name, rest) = line.split_once(" (")?;
    let (version, rest) = rest.split_once(')')?;
    let (distribution, keys) = rest.split_once(';')?;
    if name.is_empty() || name.contains(' ') || version.is_empty() || version.contains(' ') {
        return None;
    }
    let urgency = keys.split(',').find_map(|key| key.trim().strip_prefix("urgency="));
    Some(ChangelogEntry {
        version: version.to_owned(),
        distribution: distribution.trim().to_owned(),
        urgency: urgency.unwrap_or_default().to_lowercase(),
        date: String::new(),
        lines: Vec::new(),
        left_out: 0,
        cves: Vec::new(),
    })
}

fn add(entry: &mut ChangelogEntry, line: &str) {
    if let Some(signature) = line.strip_prefix(" -- ") {
        entry.date = signature.rsplit_once("  ").map(|(_, date)| date.trim().to_owned()).unwrap_or_default();
        return;
    }
    for at in cve_ids(line) {
        let id = line.get(at).unwrap_or_default();
        if entry.cves.len() < MAX_CVES && !entry.cves.iter().any(|known| known == id) {
            entry.cves.push(id.to_owned());
        }
    }
    let text = line.strip_prefix("  ").unwrap_or(line);
    if text.is_empty() && entry.lines.is_empty() {
        return;
    }
    if entry.lines.len() < MAX_LINES {
        entry.lines.push(text.to_owned());
    } else {
        entry.left_out += usize::from(!text.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::super::super::testing::image;
    use super::*;

    /// From openssl's changelog in Debian 12 (bookworm), shortened.
    const OPENSSL: &str = "openssl (3.0.14-1~deb12u2) bookworm-security; urgency=medium

  * CVE-2024-5535 (SSL_select_next_proto buffer overread)

 -- Moritz Mühlenhoff <jmm@debian.org>  Fri, 16 Aug 2024 17:46:02 +0200

openssl (3.0.14-1~deb12u1) bookworm; urgency=medium

  * Import 3.0.14
    - CVE-2024-4741 (Use After Free with SSL_free_buffers).
    - CVE-2024-2511 (Unbounded memory growth), CVE-2024-4741 again.

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Thu, 13 Jun 2024 22:21:50 +0200

openssl (3.0.13-1~deb12u1) bookworm; urgency=medium

  * Import 3.0.13
    - CVE-2023-5678

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Thu, 01 Feb 2024 21:58:55 +0100
";

    const FILE: &str = "usr/share/doc/libssl3/changelog.Debian.gz";

    fn read(bytes: &[u8], older: &str, newer: &str) -> Result<Changelog, String> {
        let image = image(&[(FILE, "")]);
        between(&image.tree.nodes()[image.tree.nodes().len() - 1], bytes, older, newer, &mut { MAX_TEXT })
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn entries_between_two_versions_are_read_with_their_ids() {
        for bytes in [OPENSSL.as_bytes().to_vec(), gzip(OPENSSL)] {
            let found = read(&bytes, "3.0.13-1~deb12u1", "3.0.14-1~deb12u2").unwrap();
            let versions: Vec<_> = found.entries.iter().map(|entry| entry.version.as_str()).collect();
            assert_eq!(versions, ["3.0.14-1~deb12u2", "3.0.14-1~deb12u1"]);
            assert!(found.reaches_back && found.security);
            let first = &found.entries[0];
            assert_eq!((first.distribution.as_str(), first.urgency.as_str()), ("bookworm-security", "medium"));
            assert_eq!(first.date, "Fri, 16 Aug 2024 17:46:02 +0200");
            assert_eq!(first.lines, ["* CVE-2024-5535 (SSL_select_next_proto buffer overread)"]);
            assert_eq!(found.entries[1].cves, ["CVE-2024-4741", "CVE-2024-2511"]);
            assert_eq!(found.entries[1].lines[1], "  - CVE-2024-4741 (Use After Free with SSL_free_buffers).");
            assert_eq!(found.cves, ["CVE-2024-2511", "CVE-2024-4741", "CVE-2024-5535"]);
        }
    }

    #[test]
    fn what_is_newer_than_wanted_is_passed_over_and_a_short_file_says_so() {
        let found = read(OPENSSL.as_bytes(), "3.0.11-1", "3.0.14-1~deb12u1").unwrap();
        assert_eq!(found.entries.len(), 2);
        assert!(!found.reaches_back && !found.security, "the security upload is newer than asked for");
        assert_eq!(read(OPENSSL.as_bytes(), "3.0.14-1~deb12u2", "3.0.14-1~deb12u2+b1").unwrap().entries, []);
    }

    #[test]
    fn other_texts_and_broken_ones_are_told_as_such() {
        assert!(read(b"Changes of the year 1998:\n - more (and more)\n", "1", "2").unwrap_err().contains("no Debian"));
        let mut broken = gzip(&OPENSSL.repeat(200));
        broken.truncate(broken.len() / 2);
        assert!(read(&broken, "0", "9").is_err());
    }

    #[test]
    fn limits_hold() {
        let many: String = (0..200).map(|at| format!("x ({at}) u; urgency=low\n\n  * c\n\n")).rev().collect();
        let found = read(many.as_bytes(), "99", "199").unwrap();
        assert_eq!((found.entries.len(), found.left_out), (MAX_ENTRIES, 50));
        let long = format!("x (1) u; urgency=low\n\n  * {}\n{}", "é".repeat(100_000), "  line\n".repeat(100));
        let entry = &read(long.as_bytes(), "0", "1").unwrap().entries[0];
        assert_eq!((entry.lines.len(), entry.left_out), (MAX_LINES, 41));
        assert!(entry.lines[0].len() <= 3 * 4096);
    }

    #[test]
    fn ids_of_entries_that_are_left_out_are_named_all_the_same() {
        let many: String =
            (1000..1200).map(|at| format!("x ({at}) u; urgency=low\n\n  * CVE-2024-{at}\n\n")).rev().collect();
        let found = read(many.as_bytes(), "999", "1199").unwrap();
        assert_eq!((found.entries.len(), found.cves.len()), (MAX_ENTRIES, 200));
    }

    #[test]
    fn a_small_file_that_grows_without_end_is_read_within_the_budget() {
        let bomb = gzip(&format!("x (9) u; urgency=low\n\n{}", "  * CVE-2024-12345 and so on\n".repeat(1 << 16)));
        assert!(bomb.len() < 1 << 16);
        let image = image(&[(FILE, "")]);
        let node = &image.tree.nodes()[image.tree.nodes().len() - 1];
        let mut budget = 10_000;
        let found = between(node, &bomb, "1", "9", &mut budget).unwrap();
        assert_eq!((found.cves.as_slice(), found.reaches_back, budget), (&["CVE-2024-12345".to_owned()][..], false, 0));
        assert!(between(node, &bomb, "1", "9", &mut budget).is_err(), "nothing is left to read it by");
        assert!(is_debian(&bomb));
    }

    #[test]
    fn the_file_is_found_behind_links_and_under_either_name() {
        let image = image(&[
            ("usr/share/doc/libssl3/changelog.Debian.gz", "x"),
            ("usr/share/doc/libssl3/changelog.gz", "upstream's"),
            ("usr/share/doc/libssl-dev", "-> libssl3"),
            ("usr/share/doc/dpkg/changelog.gz", "native"),
            ("usr/share/doc/less/changelog.Debian.gz", "x"),
            ("usr/share/doc/less/changelog.Debian.amd64.gz", "x"),
        ]);
        let found = |name: &str, rebuilt: bool| {
            let package = super::super::super::pairing::tests::deb(name, "590-2+b1", "amd64");
            find(&image.tree, &package, rebuilt).map(|node| node.path.to_string())
        };
        assert_eq!(found("libssl3", false).unwrap(), "/usr/share/doc/libssl3/changelog.Debian.gz");
        assert_eq!(found("libssl-dev", false).unwrap(), "/usr/share/doc/libssl3/changelog.Debian.gz");
        assert_eq!(found("dpkg", false).unwrap(), "/usr/share/doc/dpkg/changelog.gz");
        assert_eq!(found("less", false).unwrap(), "/usr/share/doc/less/changelog.Debian.gz");
        assert_eq!(found("less", true).unwrap(), "/usr/share/doc/less/changelog.Debian.amd64.gz");
        assert_eq!(found("dpkg", true).unwrap(), "/usr/share/doc/dpkg/changelog.gz");
        assert_eq!(found("curl", false), None);
        assert_eq!(found("../../../etc", false), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..2000), lines in "(x \\(1\\) u; urgency=low\n|  \\* CVE-2024-12345\n| -- a  b\n|[ a-z();=,-]{0,12}\n){0,20}") {
            let _ = read(&bytes, "0", "2");
            let found = read(lines.as_bytes(), "0", "2");
            prop_assert_eq!(found.is_ok(), lines.lines().any(|line| header(line).is_some()));
        }
    }
}
