//! One image on its own: what is in it, and where a thing is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::audit::Audit;
use crate::cli::{Find, Target};
use crate::compare::rules_of_one;
use crate::image::Node;
use crate::model::{FileOf, Found, ImagePath, Inspection, Package, SearchResult, Side};
use crate::nondeterminism::Rules;
use crate::snapshot::Snapshot;

/// What `inspect` shows; every path too when `files` is set.
#[must_use]
pub fn inspect(snapshot: &Snapshot, rules: &Rules, files: bool) -> Inspection {
    let Audit { findings, checklist } = snapshot.audit(&snapshot.facts, Side::Left, rules);
    let (rule_files, idle) = rules_of_one(snapshot, rules);
    Inspection {
        facts: snapshot.facts.clone(),
        packages: snapshot.packages.clone(),
        files: files.then(|| all_files(snapshot)),
        locks: snapshot.locks.clone(),
        findings,
        checklist,
        warnings: snapshot.warnings.iter().cloned().chain(idle).collect(),
        gaps: snapshot.gaps.clone(),
        rule_files,
        marked: Vec::new(),
    }
}

/// Where a path, a content or a package is.
#[must_use]
pub fn search(snapshot: &Snapshot, find: &Find) -> SearchResult {
    let tree = &snapshot.image.tree;
    let nodes: Vec<&Node> = match &find.target {
        Target::Path(path) => tree.get(path).or_else(|| tree.resolve(path)).into_iter().collect(),
        Target::Content(digest) => {
            tree.nodes().iter().filter(|node| node.file.entry.sha256() == Some(*digest)).collect()
        }
        Target::Package(_) => Vec::new(),
    };
    let owners = owners(snapshot);
    let packages = match &find.target {
        Target::Package(name) => snapshot.packages.iter().filter(|package| is_called(package, name)).cloned().collect(),
        Target::Path(_) | Target::Content(_) => {
            let mut found: Vec<_> = nodes.iter().filter_map(|node| owners.get(&node.path).copied()).cloned().collect();
            found.dedup_by(|a, b| Arc::ptr_eq(a, b));
            found
        }
    };
    let files = match &find.target {
        Target::Package(_) => {
            packages.iter().flat_map(|package| &package.files).filter_map(|file| tree.get(&file.path)).collect()
        }
        Target::Path(_) | Target::Content(_) => nodes,
    };
    let files = files.into_iter().map(|node| found(snapshot, node, &owners)).collect();
    SearchResult { query: find.text.clone(), packages, files }
}

fn all_files(snapshot: &Snapshot) -> Vec<FileOf> {
    let owners = owners(snapshot);
    let nodes = snapshot.image.tree.nodes().iter();
    nodes
        .map(|node| FileOf {
            path: node.path.clone(),
            file: node.file.clone(),
            owner: owners.get(&node.path).map(|package| package.label().into()),
        })
        .collect()
}

fn found(snapshot: &Snapshot, node: &Node, owners: &HashMap<&ImagePath, &Arc<Package>>) -> Found {
    let layer = snapshot.facts.layers.get(node.file.layer as usize);
    Found {
        path: node.path.clone(),
        file: node.file.clone(),
        owner: owners.get(&node.path).map(|package| package.label().into()),
        instruction: layer.and_then(|layer| layer.created_by.clone()),
    }
}

/// The first package that lists each path.
fn owners(snapshot: &Snapshot) -> HashMap<&ImagePath, &Arc<Package>> {
    let mut owners = HashMap::new();
    for package in &snapshot.packages {
        for file in &package.files {
            owners.entry(&file.path).or_insert(package);
        }
    }
    owners
}

/// Whether `name` is the package's name, its normalised name or either with its ecosystem or architecture
/// (`deb:libc6`, `libc6:amd64`).
fn is_called(package: &Package, name: &str) -> bool {
    let bare = match name.split_once(':') {
        Some((ecosystem, bare)) if ecosystem == package.ecosystem.as_str() => bare,
        _ => name,
    };
    let arch = bare.rsplit_once(':').map(|(name, arch)| (name, Some(arch)));
    let (name, arch) = arch.unwrap_or((bare, None));
    (name == package.name || name == package.key) && (arch.is_none() || arch == package.arch.as_deref())
}
