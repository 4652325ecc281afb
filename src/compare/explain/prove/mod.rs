//! Checks that a generated file is what its inputs make it: what is text or a known format is made anew or parsed, and
//! whatever it rests on must itself be equal or proven.

mod alternatives;
mod certificates;
mod copies;
mod debconf;
mod history;
mod libraries;
mod modules;
mod pam;
mod stanzas;
mod states;
mod ucf;
mod units;

use std::collections::HashSet;

use super::owners::Owner;
use super::{Explainer, Row};
use crate::image::Node;
use crate::model::{Change, Ecosystem, Explanation, FileEntry, ImagePath, Kind, Proof};
use crate::nondeterminism::Prover;
use crate::snapshot::Snapshot;

pub(super) use alternatives::Alternatives;

/// `None` when the check does not apply to this kind of file, so that the rule says nothing of it.
type Outcome = Option<Result<Proof, String>>;

/// One side of a row that is being proven.
#[derive(Clone, Copy)]
struct Of<'a> {
    side: &'static str,
    node: &'a Node,
    snapshot: &'a Snapshot,
}

impl<'a> Of<'a> {
    /// The bytes to prove something by; an error when they were not kept, or are not the plain file that the tool writes.
    fn bytes(self) -> Result<&'a [u8], String> {
        let entry = &self.node.file.entry;
        if entry.kind != Kind::File || entry.is_privileged() || entry.is_executable() {
            return Err("it is not the plain file that the tool writes".to_owned());
        }
        if entry.size == 0 {
            return Ok(&[]);
        }
        self.node.bytes.as_deref().ok_or_else(|| format!("the {} file is too large to be checked", self.side))
    }

    fn text(self) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes()?).map_err(|_| format!("the {} file is not text", self.side))
    }

    /// What the absolute path leads to on this side.
    fn find(self, path: &[u8]) -> Option<&'a Node> {
        self.snapshot.image.tree.resolve(&ImagePath::parse(path).ok()?)
    }
}

impl<'a> Explainer<'a> {
    pub(super) fn prove(&self, prover: Prover, row: &Row<'a>) -> Outcome {
        let derived = |outcome: Result<(), String>| Some(outcome.map(|()| Proof::Derived));
        match prover {
            Prover::LibraryCache => derived(self.library_cache(row)),
            Prover::PemBundle => derived(self.pem_bundle(row)),
            Prover::CertificateLink => self.certificate_link(row),
            Prover::CertificateList => derived(self.certificate_list(row)),
            Prover::JavaTruststore => derived(self.java_truststore(row)),
            Prover::Alternative => self.alternative(row),
            Prover::AlternativesDatabase => derived(self.alternatives_database(row)),
            Prover::InitLink => self.init_link(row),
            Prover::ServiceState => derived(self.service_state(row)),
            Prover::DpkgStatus => derived(self.dpkg_status(row)),
            Prover::DpkgList => derived(self.dpkg_list(row)),
            Prover::ExtendedStates => derived(self.extended_states(row)),
            Prover::DpkgLog => derived(self.dpkg_log(row)),
            Prover::AptHistory => derived(self.apt_history(row)),
            Prover::Debconf => derived(self.debconf(row)),
            Prover::UcfState => derived(self.ucf_state(row)),
            Prover::Empty => derived(is_empty(row)),
            Prover::PamCommon => derived(self.pam_common(row)),
            Prover::PamState => derived(self.pam_state(row)),
            Prover::Shells => derived(self.shells(row)),
            Prover::Timezone => derived(self.timezone(row)),
            Prover::Template => derived(self.template(row)),
            Prover::PostgresqlSample => derived(self.postgresql_sample(row)),
            Prover::Catalog => derived(self.catalog(row)),
            Prover::ModuleCache => derived(self.module_cache(row)),
            // The tables between its strings are not read.
            Prover::GconvCache => Some(self.gconv_cache(row).map(|()| Proof::Path)),
        }
    }

    /// The sides that have the path, from the left.
    fn sides(&self, row: &Row<'a>) -> impl Iterator<Item = Of<'a>> + use<'a> {
        let left = row.left.map(|node| Of { side: "left", node, snapshot: self.left });
        let right = row.right.map(|node| Of { side: "right", node, snapshot: self.right });
        left.into_iter().chain(right)
    }

    /// The text of each side, empty where a side lacks the file.
    fn texts(&self, row: &Row<'a>) -> Result<[&'a str; 2], String> {
        let mut texts = [""; 2];
        for of in self.sides(row) {
            texts[usize::from(of.side == "right")] = of.text()?;
        }
        Ok(texts)
    }

    /// Whether the content at exactly this path is equal on both sides, or its difference is proven.
    pub(super) fn is_accounted_for(&self, path: &ImagePath) -> bool {
        self.row(path).is_some_and(|row| {
            let is_equal = matches!(row.change, None | Some(Change::Mtime));
            let is_proven = row.drift.as_ref().is_some_and(|drift| {
                let is_alarm = matches!(drift.explanation, Explanation::Unexplained | Explanation::SameVersion);
                !is_alarm && drift.proof.is_some_and(Proof::is_certain)
            });
            is_equal || is_proven
        })
    }

    /// The regular file that the absolute path leads to on that side, if it is accounted for.
    fn sound_file(&self, of: Of<'a>, path: &[u8]) -> Option<&'a Node> {
        of.find(path).filter(|node| node.file.entry.kind == Kind::File && self.is_accounted_for(&node.path))
    }

    /// Whether a package of either side lists the file.
    fn is_owned(&self, path: &ImagePath) -> bool {
        let (left, right) = self.owners(path);
        left.or(right).is_some()
    }

    /// The package that moved and owns what the absolute path leads to on that side.
    fn moved_owner(&self, of: Of<'a>, path: &[u8]) -> Option<Owner<'a>> {
        let end = of.find(path)?;
        let (left, right) = self.owners(&end.path);
        let owner = if of.side == "left" { left } else { right };
        owner.filter(|owner| owner.moved)
    }

    /// The names of the debs that were added, removed or moved.
    fn moved_debs(&self) -> HashSet<&'a str> {
        let moved = self.packages.iter().filter(|row| row.change.is_some());
        let packages = moved.flat_map(|row| row.left.iter().chain(&row.right));
        packages.filter(|package| package.ecosystem == Ecosystem::Deb).map(|package| package.name.as_str()).collect()
    }
}

/// A mark without content, on each side that has it.
fn is_empty(row: &Row<'_>) -> Result<(), String> {
    let is_mark = |entry: &FileEntry| entry.kind == Kind::File && entry.size == 0 && !entry.is_executable();
    if row.entries().all(is_mark) { Ok(()) } else { Err("it is not the empty mark that the tool makes".to_owned()) }
}

/// The lines that hold something, without what surrounds it; comments left out.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// What only one of two texts has, each line once, with the side that has it.
fn differing([left, right]: [&str; 2]) -> Vec<(&'static str, &str)> {
    let (lefts, rights): (HashSet<&str>, HashSet<&str>) = (lines(left).collect(), lines(right).collect());
    let lost = lines(left).filter(|line| !rights.contains(line)).map(|line| ("left", line));
    lost.chain(lines(right).filter(|line| !lefts.contains(line)).map(|line| ("right", line))).collect()
}

#[cfg(test)]
pub(super) mod testing {
    pub(in super::super) use super::libraries::testing::cache;
}
