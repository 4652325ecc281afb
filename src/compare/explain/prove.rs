//! Checks that a generated file is what its inputs make it.

use std::collections::{HashMap, HashSet};

use super::{Explainer, Row};
use crate::image::{Node, Tree};
use crate::model::{Ecosystem, Explanation, ImagePath, Kind};
use crate::nondeterminism::Prover;
use crate::snapshot::Snapshot;

/// `None` when the check does not apply to this kind of file, so that the rule says nothing of it.
type Outcome = Option<Result<(), String>>;

impl<'a> Explainer<'a> {
    pub(super) fn prove(&self, prover: Prover, row: &Row<'a>) -> Outcome {
        match prover {
            Prover::PemBundle => Some(self.pem_bundle(row)),
            Prover::DpkgLog => Some(self.dpkg_log(row)),
            Prover::Link => self.links_to_package(row),
            Prover::Alternative => is_alternative(row).then(|| self.links_to_package(row)).flatten(),
        }
    }

    /// Every certificate of each side's bundle stands in one of that side's input files.
    fn pem_bundle(&self, row: &Row<'a>) -> Result<(), String> {
        for (side, node, snapshot) in [("left", row.left, self.left), ("right", row.right, self.right)] {
            let Some(bundle) = node.and_then(|node| node.bytes.as_deref()) else { continue };
            let known: HashSet<Vec<u8>> =
                certificate_sources(snapshot).filter_map(|node| node.bytes.as_deref()).flat_map(certificates).collect();
            let planted = certificates(bundle).iter().filter(|certificate| !known.contains(*certificate)).count();
            if planted > 0 {
                return Err(format!(
                    "{planted} certificate(s) of the {side} bundle stand in none of the files it is made from"
                ));
            }
        }
        Ok(())
    }

    /// Every line that only one side's log has names a package that accounts for it.
    fn dpkg_log(&self, row: &Row<'a>) -> Result<(), String> {
        let lines =
            |node: Option<&'a Node>| node.and_then(|node| node.bytes.as_deref()).map(log_lines).unwrap_or_default();
        let (left, right) = (lines(row.left), lines(row.right));
        for (side, own, other, snapshot) in [("right", &right, &left, self.right), ("left", &left, &right, self.left)] {
            let known = self.known_in_log(snapshot);
            let mut foreign = own.iter().filter(|(line, count)| other.get(*line).unwrap_or(&0) < *count);
            if let Some((line, _)) = foreign.find(|(line, _)| !is_accounted_for(line, &known)) {
                let line = crate::model::text::visible(line);
                return Err(format!("the {side} log has a line that no package accounts for: {line}"));
            }
        }
        Ok(())
    }

    /// Names of debs: `true` for those that moved, `false` for those that stayed and are installed in `snapshot`.
    fn known_in_log(&self, snapshot: &'a Snapshot) -> HashMap<&'a str, bool> {
        let debs = snapshot.packages.iter().filter(|package| package.ecosystem == Ecosystem::Deb);
        let mut known: HashMap<&str, bool> = debs.map(|package| (package.name.as_str(), false)).collect();
        let moved = self.packages.iter().filter(|row| row.change.is_some());
        for package in moved.flat_map(|row| row.left.iter().chain(&row.right)) {
            known.insert(&package.name, true);
        }
        known
    }

    /// On every side that has it, a symlink that ends in a package's file; and one of those packages' files moved.
    fn links_to_package(&self, row: &Row<'a>) -> Outcome {
        if row.entries().any(|entry| entry.kind != Kind::Symlink) {
            return None;
        }
        let mut moved = false;
        for (node, snapshot) in [(row.left, self.left), (row.right, self.right)] {
            let Some(node) = node else { continue };
            let Some(end) = snapshot.image.tree.resolve(&node.path) else { continue };
            let owned = match self.owners(&end.path) {
                (None, None) => return None,
                (left, right) => [left, right].into_iter().flatten().any(|owner| owner.moved),
            };
            let explained = self.row(&end.path).and_then(|row| row.drift.as_ref());
            moved |= owned && explained.is_none_or(|drift| drift.explanation == Explanation::Package);
        }
        moved.then_some(Ok(()))
    }
}

/// Whether the link stands in `/etc/alternatives` or leads there.
fn is_alternative(row: &Row<'_>) -> bool {
    let leads_there = |link: &[u8]| link.starts_with(b"/etc/alternatives/");
    row.path().as_bytes().starts_with(b"etc/alternatives/")
        || row.entries().all(|entry| entry.link.as_deref().is_some_and(leads_there))
}

fn certificate_sources(snapshot: &Snapshot) -> impl Iterator<Item = &Node> {
    let nodes = |directory: &str| {
        ImagePath::parse(directory.as_bytes()).map(|path| below(&snapshot.image.tree, &path)).unwrap_or_default()
    };
    nodes("usr/share/ca-certificates").into_iter().chain(nodes("usr/local/share/ca-certificates"))
}

fn below<'t>(tree: &'t Tree, directory: &ImagePath) -> Vec<&'t Node> {
    tree.nodes().iter().filter(|node| node.path.is_under(directory)).collect()
}

/// The base64 text of each certificate of a PEM file, without white space.
fn certificates(pem: &[u8]) -> HashSet<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    text.split(BEGIN)
        .skip(1)
        .map(|block| block.split("-----END").next().unwrap_or_default())
        .map(|body| body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect())
        .collect()
}

/// The lines of a dpkg log without their dates, and how often each stands there.
fn log_lines(log: &[u8]) -> HashMap<&str, usize> {
    const DATE: usize = "2026-11-21 07:52:11 ".len();
    let mut lines = HashMap::new();
    for line in log.split(|byte| *byte == b'\n') {
        if let Some(line) = std::str::from_utf8(line).ok().and_then(|line| line.get(DATE..)) {
            *lines.entry(line).or_default() += 1;
        }
    }
    lines
}

/// A line of dpkg's log (man dpkg, "dpkg.log") names its package as a word `name:arch`. One that moved accounts for any
/// line; one that stayed only for steps that dpkg repeats (triggers, configuring), never for an installation.
fn is_accounted_for(line: &str, known: &HashMap<&str, bool>) -> bool {
    let mut words = line.split(' ');
    let action = words.next().unwrap_or_default();
    if action == "startup" {
        return true;
    }
    let repeated = matches!(action, "trigproc" | "configure" | "status");
    words
        .filter_map(|word| word.split_once(':'))
        .any(|(name, _)| known.get(name).is_some_and(|moved| *moved || repeated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_compared_by_their_bytes_not_their_line_breaks() {
        let one = b"# name\n-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";
        let two = b"-----BEGIN CERTIFICATE-----\r\nMIIBAAAA\r\n-----END CERTIFICATE-----";
        assert_eq!(certificates(one), certificates(two));
        assert_eq!(certificates(b"no certificate").len(), 0);
    }

    // Lines of /var/log/dpkg.log of a Debian 12 image.
    #[test]
    fn a_log_line_needs_a_package_that_moved_or_a_step_that_repeats() {
        let known = HashMap::from([("curl", true), ("libc-bin", false)]);
        assert!(is_accounted_for("install curl:amd64 <none> 7.88.1-10+deb12u12", &known));
        assert!(is_accounted_for("trigproc libc-bin:amd64 2.36-9+deb12u10 <none>", &known));
        assert!(is_accounted_for("startup archives unpack", &known));
        assert!(!is_accounted_for("install backdoor:amd64 <none> 1.0", &known));
        assert!(!is_accounted_for("upgrade libc-bin:amd64 2.36-9 2.36-10", &known));
        assert!(!is_accounted_for("hello", &known));
    }
}
