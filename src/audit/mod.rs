//! What is worth saying about ONE image: missing hashes, failed integrity, unpinned inputs, secrets baked in, files that
//! will differ in the next build.
//!
//! One file per check, one line each in [`CHECKS`]. A check is a pure function over indexes that are already in memory:
//! it reads no layer. Every SHA-256 that a Python RECORD lists is held against the index; of the MD5 sums that dpkg
//! records only those whose file's MD5 is known (compressed layers, and files that differ between two plain ones), and
//! `dpkg-unchecked` says how many were not.

mod base_contradiction;
mod base_unpinned;
mod conffile_edited;
mod dpkg_mismatch;
mod dpkg_state;
mod dpkg_unchecked;
mod files_missing;
mod hash_missing;
mod lock_hash_missing;
mod lock_not_installed;
mod lock_version;
mod locked;
mod machine_id;
mod manifest_unknown;
mod md5sums_missing;
mod not_locked;
mod origin_unpinned;
mod pinning;
mod private_key;
mod record_mismatch;
mod record_missing;
mod record_touched;
mod requirement_unpinned;
mod secret_in_config;
mod standing;
mod unowned_in_site;
mod varies_each_build;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use self::locked::Locked;
use self::standing::Owned;
use crate::image::Tree;
use crate::model::hashes::{Bytes, Record};
use crate::model::{
    BuildSteps, Checklist, Digest, Ecosystem, FileEntry, Finding, Hashes, ImageConfig, ImageFacts, ImagePath, LockFile,
    Md5, Package, Side,
};
use crate::nondeterminism::Rules;

/// One check.
pub struct Check {
    /// What reports call it, in kebab case; never reused for another meaning.
    pub name: &'static str,
    run: fn(&Audited<'_>) -> Vec<Finding>,
}

/// The checks but for those of the checklist, in the order in which findings of one severity are told.
pub const CHECKS: &[Check] = &[
    record_mismatch::CHECK,
    dpkg_mismatch::CHECK,
    record_touched::CHECK,
    private_key::CHECK,
    secret_in_config::CHECK,
    files_missing::CHECK,
    record_missing::CHECK,
    hash_missing::CHECK,
    unowned_in_site::CHECK,
    origin_unpinned::CHECK,
    lock_version::CHECK,
    lock_not_installed::CHECK,
    not_locked::CHECK,
    lock_hash_missing::CHECK,
    requirement_unpinned::CHECK,
    md5sums_missing::CHECK,
    dpkg_state::CHECK,
    machine_id::CHECK,
    conffile_edited::CHECK,
    dpkg_unchecked::CHECK,
    base_contradiction::CHECK,
    base_unpinned::CHECK,
    manifest_unknown::CHECK,
    varies_each_build::CHECK,
];

/// What is known of an image.
pub struct Image<'a> {
    pub facts: &'a ImageFacts,
    pub config: &'a ImageConfig,
    /// How it was built, as far as that is told.
    pub steps: &'a BuildSteps,
    pub tree: &'a Tree,
    pub packages: &'a [Arc<Package>],
    pub locks: &'a [Arc<LockFile>],
    /// MD5 of file contents by their SHA-256, where it was computed apart from the layer's pass.
    pub md5: &'a HashMap<Digest, Md5>,
    pub rules: &'a Rules,
}

/// What the audit of one image comes to.
pub struct Audit {
    /// The worst first.
    pub findings: Vec<Finding>,
    pub checklist: Checklist,
}

/// An image as the checks see it.
struct Audited<'a> {
    facts: &'a ImageFacts,
    config: &'a ImageConfig,
    rules: &'a Rules,
    tree: &'a Tree,
    packages: &'a [Arc<Package>],
    md5: &'a HashMap<Digest, Md5>,
    side: Side,
    locks: Locked<'a>,
    /// Every file that a package lists, package by package, with what stands there.
    owned: Vec<Owned<'a>>,
    /// Of each path whose bytes are not those that a package recorded: whose they are, two packages at most.
    holders: HashMap<&'a ImagePath, Vec<&'a Arc<Package>>>,
    /// The checks that the checklist answers with "no".
    unmet: Vec<&'static str>,
    /// How many packages share a name.
    namesakes: HashMap<(Ecosystem, &'a str), usize>,
}

/// Puts all checks and questions to one image.
#[must_use]
pub fn audit(image: &Image<'_>, side: Side) -> Audit {
    let Image { facts, config, tree, packages, locks, md5, rules, .. } = *image;
    let owned = standing::all(tree, packages, md5);
    let holders = standing::holders(&owned);
    let mut namesakes = HashMap::new();
    for package in packages {
        *namesakes.entry((package.ecosystem, package.key.as_str())).or_default() += 1;
    }
    let locks = Locked::new(locks, packages, tree);
    let (checklist, unmet_findings) = pinning::judge(image);
    let unmet = unmet_findings.iter().map(|finding| finding.check).collect();
    let audited = Audited { facts, config, rules, tree, packages, md5, side, locks, owned, holders, unmet, namesakes };
    let findings = CHECKS.iter().flat_map(|check| (check.run)(&audited)).chain(unmet_findings);
    let layer = |path: &ImagePath| tree.get(path).map(|node| node.file.layer);
    let mut findings: Vec<Finding> = findings.map(|finding| Finding { side, ..finding }.from_layers(layer)).collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    Audit { findings, checklist }
}

/// The names of all checks, those of the checklist last, in the order in which findings of one severity are told.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name).chain(pinning::checks())
}

/// The place of a check's name in [`names`]; what is no check of one image comes first.
#[must_use]
pub fn order(check: &str) -> Option<usize> {
    names().position(|known| known == check)
}

impl<'a> Audited<'a> {
    /// The files of each package.
    fn by_package(&self) -> impl Iterator<Item = (&'a Arc<Package>, &[Owned<'a>])> {
        let groups = self.owned.chunk_by(|a, b| Arc::ptr_eq(a.package, b.package));
        groups.filter_map(|group| Some((group.first()?.package, group)))
    }

    /// What is known of the bytes of a file that a package lists.
    fn hashes(&self, owned: &Owned<'_>) -> Hashes {
        let entry = owned.node.map(|node| &*node.file.entry);
        let sha256 = entry.and_then(FileEntry::sha256);
        let md5 = sha256.and_then(|sha256| self.md5.get(&sha256).copied());
        Hashes::of(self.side, Some(Bytes { sha256, record: Record::of(owned.file, entry, md5) }))
    }

    /// What a finding about a package calls it: its label, and where it is where others share that.
    fn subject(&self, package: &Package) -> String {
        let namesakes = self.namesakes.get(&(package.ecosystem, package.key.as_str()));
        match (&package.location, &package.arch) {
            _ if namesakes.is_none_or(|count| *count < 2) => package.label(),
            (Some(location), _) => format!("{} in {location}", package.label()),
            (None, Some(arch)) => format!("{}:{arch}", package.label()),
            (None, None) => package.label(),
        }
    }
}
