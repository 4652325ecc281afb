//! Checks that a generated file is what its inputs make it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Explainer, Row};
use crate::image::Node;
use crate::model::text::visible;
use crate::model::{Ecosystem, Explanation, ImagePath, Kind, Package};
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

    /// Every certificate of each side's bundle stands in one of that side's input files, and nothing else does.
    fn pem_bundle(&self, row: &Row<'a>) -> Result<(), String> {
        for (side, node, snapshot) in [("left", row.left, self.left), ("right", row.right, self.right)] {
            let Some(bundle) = captured(side, node, row)? else { continue };
            let bundle = certificates(bundle).map_err(|line| format!("the {side} bundle has a stray line: {line}"))?;
            let sources = certificate_sources(snapshot).filter_map(|node| node.bytes.as_deref());
            let known: HashSet<Vec<u8>> = sources.filter_map(|source| certificates(source).ok()).flatten().collect();
            let planted = bundle.iter().filter(|certificate| !known.contains(*certificate)).count();
            if planted > 0 {
                return Err(format!(
                    "{planted} certificate(s) of the {side} bundle stand in none of the files it is made from"
                ));
            }
            if bundle.is_empty() {
                return Err(format!("the {side} bundle is empty"));
            }
        }
        Ok(())
    }

    /// Every line that only one side's log has names a package that accounts for it.
    fn dpkg_log(&self, row: &Row<'a>) -> Result<(), String> {
        let left = captured("left", row.left, row)?.map(log_lines).unwrap_or_default();
        let right = captured("right", row.right, row)?.map(log_lines).unwrap_or_default();
        for (side, own, other, snapshot) in [("right", &right, &left, self.right), ("left", &left, &right, self.left)] {
            let known = self.known_in_log(snapshot);
            let mut lines: Vec<(&&str, &usize)> = own.iter().collect();
            lines.sort_unstable();
            let mut foreign = lines.into_iter().filter(|(line, count)| other.get(**line).unwrap_or(&0) < *count);
            if let Some((line, _)) = foreign.find(|(line, _)| !is_accounted_for(line, &known)) {
                let line = visible(line);
                return Err(format!("the {side} log has a line that no package accounts for: {line}"));
            }
        }
        Ok(())
    }

    /// Names of debs: `true` for those that moved, `false` for those that stayed and are installed in `snapshot`.
    fn known_in_log(&self, snapshot: &'a Snapshot) -> HashMap<&'a str, bool> {
        let is_deb = |package: &&Arc<Package>| package.ecosystem == Ecosystem::Deb;
        let installed = snapshot.packages.iter().filter(is_deb);
        let mut known: HashMap<&str, bool> = installed.map(|package| (package.name.as_str(), false)).collect();
        let moved = self.packages.iter().filter(|row| row.change.is_some());
        for package in moved.flat_map(|row| row.left.iter().chain(&row.right)).filter(is_deb) {
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
            let end = snapshot.image.tree.resolve(&node.path)?;
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
    let directories = ["usr/share/ca-certificates", "usr/local/share/ca-certificates"];
    let directories = directories.into_iter().filter_map(|directory| ImagePath::parse(directory.as_bytes()).ok());
    directories.flat_map(|directory| snapshot.image.tree.under(&directory))
}

/// The bytes to prove something by; an error when what stands there is not the plain file that the tool writes.
fn captured<'t>(side: &str, node: Option<&'t Node>, row: &Row<'_>) -> Result<Option<&'t [u8]>, String> {
    let Some(node) = node else { return Ok(None) };
    if !row.is_inert_file() {
        return Err("it is not the plain file that the tool writes".to_owned());
    }
    node.bytes.as_deref().map(Some).ok_or_else(|| format!("the {side} file is too large to be checked"))
}

/// The base64 text of each certificate of a PEM file, without white space. An error with the first line that is
/// neither part of a certificate nor a comment.
fn certificates(pem: &[u8]) -> Result<HashSet<Vec<u8>>, String> {
    let text = String::from_utf8_lossy(pem);
    let mut found = HashSet::new();
    let mut open: Option<Vec<u8>> = None;
    for line in text.lines().map(str::trim) {
        let is_certificate = line.ends_with("CERTIFICATE-----");
        match &mut open {
            None if is_certificate && line.starts_with("-----BEGIN ") => open = Some(Vec::new()),
            None if line.is_empty() || line.starts_with('#') => {}
            Some(_) if is_certificate && line.starts_with("-----END ") => found.extend(open.take()),
            Some(body) if !line.starts_with('-') => body.extend_from_slice(line.as_bytes()),
            None | Some(_) => return Err(visible(line).into_owned()),
        }
    }
    if open.is_some() { Err("no end of the last certificate".to_owned()) } else { Ok(found) }
}

/// The lines of a dpkg log without their dates, and how often each stands there. A line that does not start with a
/// date stays whole, so that nothing accounts for it.
fn log_lines(log: &[u8]) -> HashMap<&str, usize> {
    const DATE: usize = "2026-11-21 07:52:11 ".len();
    let mut lines = HashMap::new();
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let text = std::str::from_utf8(line).unwrap_or("(a line that is not text)");
        let dated = text.get(..DATE).is_some_and(|date| date.bytes().all(|byte| b"0123456789-: ".contains(&byte)));
        let line = if dated { text.get(DATE..).unwrap_or_default() } else { text };
        *lines.entry(line).or_default() += 1;
    }
    lines
}

/// A line of dpkg's log (man dpkg, "dpkg.log"): its action says which word names the package. One that moved accounts
/// for any line about it; one that stayed only for steps that dpkg repeats, never for an installation.
fn is_accounted_for(line: &str, known: &HashMap<&str, bool>) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let (package, repeats) = match words.as_slice() {
        ["startup", "archives" | "packages", verb] => {
            return matches!(*verb, "unpack" | "install" | "configure" | "remove" | "purge" | "triggers-only");
        }
        ["status", _, package, _] | ["trigproc" | "configure", package, _, _] => (package, true),
        ["install" | "upgrade" | "remove" | "purge" | "disappear", package, _, _] => (package, false),
        _ => return false,
    };
    let name = package.split(':').next().unwrap_or_default();
    known.get(name).is_some_and(|moved| *moved || repeats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_compared_by_their_bytes_not_their_line_breaks() {
        let one = b"# name\n-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";
        let two = b"-----BEGIN CERTIFICATE-----\r\nMIIBAAAA\r\n-----END CERTIFICATE-----";
        assert_eq!(certificates(one), certificates(two));
        let trusted = b"-----BEGIN TRUSTED CERTIFICATE-----\nEVIL\n-----END TRUSTED CERTIFICATE-----\n";
        assert_eq!(certificates(trusted).unwrap().len(), 1);
        assert_eq!(certificates(b"#!/bin/sh\necho"), Err("echo".to_owned()));
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
        for forged in
            ["hello", "install backdoor:amd64 curl:x", "startup wget evil|sh", "install backdoor:amd64 <none> 1"]
        {
            assert!(!is_accounted_for(forged, &known), "{forged}");
        }
        assert!(log_lines(b"install curl:amd64\n\xff\n").keys().all(|line| !is_accounted_for(line, &known)));
    }
}
