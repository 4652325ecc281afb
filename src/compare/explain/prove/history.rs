//! Logs of dpkg and apt: what was installed when.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{Explainer, Row};
use super::stanzas::Stanza;
use crate::model::text::visible;
use crate::model::{Ecosystem, ImagePath, Package};
use crate::snapshot::Snapshot;

/// Layers whose database is read for versions that were installed once.
const MAX_LAYERS: usize = 127;

/// The debs of which a log may tell.
struct Known<'a> {
    /// Whether each moved.
    moved: HashMap<&'a str, bool>,
    /// The versions that each has or had.
    versions: HashSet<(&'a str, &'a str)>,
}

impl<'a> Explainer<'a> {
    /// Every line that only one side's log has is about a package that accounts for it, at a version that it had.
    pub(super) fn dpkg_log(&self, row: &Row<'a>) -> Result<(), String> {
        let [left, right] = self.texts(row)?.map(log_lines);
        for (side, own, other, snapshot) in [("right", &right, &left, self.right), ("left", &left, &right, self.left)] {
            let known = self.known_in_log(snapshot);
            let mut lines: Vec<(&&str, &usize)> = own.iter().collect();
            lines.sort_unstable();
            let mut foreign = lines.into_iter().filter(|(line, count)| other.get(**line).unwrap_or(&0) < *count);
            if let Some((line, _)) = foreign.find(|(line, _)| !known.accounts_for(line)) {
                let line = visible(line);
                return Err(format!("the {side} log has a line that no package accounts for: {line}"));
            }
        }
        Ok(())
    }

    /// Every package that only one side's history names had that version.
    pub(super) fn apt_history(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let known = self.known_in_log(of.snapshot);
            let actions = ["Install", "Upgrade", "Reinstall", "Remove", "Purge", "Downgrade"];
            for (action, value) in Stanza(of.text()?).fields() {
                if !actions.contains(&action) {
                    continue;
                }
                if let Some((name, _)) = steps(value).find(|(name, versions)| !known.had(name, versions)) {
                    return Err(format!(
                        "the {} history names {} at a version that it never had",
                        of.side,
                        visible(name)
                    ));
                }
            }
        }
        Ok(())
    }

    /// The debs that moved, those that are installed in `snapshot`, and the versions that its layers' databases had.
    fn known_in_log(&self, snapshot: &'a Snapshot) -> Known<'a> {
        let is_deb = |package: &&'a Arc<Package>| package.ecosystem == Ecosystem::Deb;
        let (mut known, mut versions) = (HashMap::new(), HashSet::new());
        for package in snapshot.packages.iter().filter(is_deb) {
            known.insert(package.name.as_str(), false);
            versions.insert((package.name.as_str(), package.version.as_str()));
        }
        let moved = self.packages.iter().filter(|row| row.change.is_some());
        for package in moved.flat_map(|row| row.left.iter().chain(&row.right)).filter(is_deb) {
            known.insert(&package.name, true);
            versions.insert((package.name.as_str(), package.version.as_str()));
        }
        let status = ImagePath::parse(b"var/lib/dpkg/status").ok();
        for layer in snapshot.image.layers.iter().take(MAX_LAYERS) {
            let entries = (0..).zip(&layer.entries).filter(|(_, entry)| Some(&entry.path) == status.as_ref());
            let texts = entries.filter_map(|(at, _)| std::str::from_utf8(layer.captured.get(&at)?).ok());
            let mut name = "";
            for (field, value) in texts.flat_map(|text| Stanza(text).fields()) {
                match field {
                    "Package" => name = value,
                    "Version" => {
                        versions.insert((name, value));
                        // Installed once, though not on either side now.
                        known.entry(name).or_insert(true);
                    }
                    _ => {}
                }
            }
        }
        Known { moved: known, versions }
    }
}

impl Known<'_> {
    /// Whether the package had each of these versions.
    fn had(&self, name: &str, versions: &[&str]) -> bool {
        versions.iter().all(|version| matches!(*version, "<none>" | "") || self.versions.contains(&(name, *version)))
    }

    /// A line of dpkg's log (dpkg(1), "dpkg.log"): its action says which word names the package. One that moved accounts
    /// for any line about it; one that stayed only for steps that dpkg repeats, never for an installation.
    fn accounts_for(&self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        let (package, versions, repeats) = match words.as_slice() {
            ["startup", "archives" | "packages", verb] => {
                return matches!(*verb, "unpack" | "install" | "configure" | "remove" | "purge" | "triggers-only");
            }
            ["status", _, package, version] => (package, vec![*version], true),
            ["trigproc" | "configure", package, one, other] => (package, vec![*one, *other], true),
            ["install" | "upgrade" | "remove" | "purge" | "disappear", package, one, other] => {
                (package, vec![*one, *other], false)
            }
            _ => return false,
        };
        let name = package.split(':').next().unwrap_or_default();
        self.moved.get(name).is_some_and(|moved| *moved || repeats) && self.had(name, &versions)
    }
}

/// Each package of `name:arch (version, automatic), ...` with its versions.
fn steps(value: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    value.split("), ").map(|step| {
        let (package, inside) = step.split_once(" (").unwrap_or((step, ""));
        let versions = inside.trim_end_matches(')').split(", ").filter(|word| *word != "automatic").collect();
        (package.split(':').next().unwrap_or_default(), versions)
    })
}

/// The lines of a dpkg log without their dates, and how often each is there. A line that does not start with a date
/// stays whole, so that nothing accounts for it.
fn log_lines(log: &str) -> HashMap<&str, usize> {
    const DATE: usize = "2026-11-21 07:52:11 ".len();
    let mut lines = HashMap::new();
    for line in log.lines().filter(|line| !line.is_empty()) {
        let dated = line.get(..DATE).is_some_and(|date| date.bytes().all(|byte| b"0123456789-: ".contains(&byte)));
        let line = if dated { line.get(DATE..).unwrap_or_default() } else { line };
        *lines.entry(line).or_default() += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known<'static> {
        Known {
            moved: HashMap::from([("curl", true), ("libc-bin", false)]),
            versions: HashSet::from([("curl", "7.88.1-10+deb12u12"), ("libc-bin", "2.36-9+deb12u10")]),
        }
    }

    // Lines of /var/log/dpkg.log of a Debian 12 image.
    #[test]
    fn a_log_line_needs_a_package_that_moved_or_a_step_that_repeats() {
        let known = known();
        for line in [
            "install curl:amd64 <none> 7.88.1-10+deb12u12",
            "status half-configured curl:amd64 7.88.1-10+deb12u12",
            "trigproc libc-bin:amd64 2.36-9+deb12u10 <none>",
            "startup archives unpack",
        ] {
            assert!(known.accounts_for(line), "{line}");
        }
        for forged in [
            "install backdoor:amd64 <none> 1.0",
            "upgrade libc-bin:amd64 2.36-9 2.36-10",
            "install curl:amd64 <none> 6.6.6-evil",
            "status installed libc-bin:amd64 2.36-8",
            "hello",
            "install backdoor:amd64 curl:x",
            "startup wget evil|sh",
        ] {
            assert!(!known.accounts_for(forged), "{forged}");
        }
    }

    #[test]
    fn apts_history_names_packages_and_versions() {
        let value = "libcurl4:amd64 (7.88.1-10, automatic), curl:amd64 (7.88.1-10, 7.88.1-11)";
        let found: Vec<_> = steps(value).collect();
        assert_eq!(found, [("libcurl4", vec!["7.88.1-10"]), ("curl", vec!["7.88.1-10", "7.88.1-11"])]);
    }
}
