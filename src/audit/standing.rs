//! How each file that a package lists stands: there or not, and with the bytes that the package recorded or others.

use std::collections::HashMap;
use std::sync::Arc;

use super::Audited;
use crate::image::{Node, Tree};
use crate::model::{
    Content, Digest, Ecosystem, Finding, ImagePath, Kind, Md5, OwnedFile, Package, RecordedHash, Severity,
};

/// A file that a package lists.
pub(super) struct Owned<'a> {
    pub(super) package: &'a Arc<Package>,
    pub(super) file: &'a OwnedFile,
    /// What stands there; where the package recorded a hash and a symlink stands there, what that leads to.
    pub(super) node: Option<&'a Node>,
    pub(super) standing: Standing,
}

/// What the record says of what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is recorded.
    Unrecorded,
    /// Nothing stands there, although a hash is recorded.
    Missing,
    /// The recorded hash is an MD5, and that of the file was not computed.
    Unchecked,
    Matches,
    Differs,
}

/// Every file of every package. Each is looked up once, for all checks.
pub(super) fn all<'a>(tree: &'a Tree, packages: &'a [Arc<Package>], md5: &HashMap<Digest, Md5>) -> Vec<Owned<'a>> {
    let files = packages.iter().flat_map(|package| package.files.iter().map(move |file| (package, file)));
    let owned = files.map(|(package, file)| {
        let at = tree.get(&file.path);
        let node = match (file.recorded, at) {
            (RecordedHash::None, at) => at,
            (_, Some(link)) if link.file.entry.kind == Kind::Symlink => tree.resolve(&file.path),
            (_, at) => at,
        };
        Owned { package, file, node, standing: standing(file.recorded, node, md5) }
    });
    owned.collect()
}

fn standing(recorded: RecordedHash, node: Option<&Node>, md5: &HashMap<Digest, Md5>) -> Standing {
    let agree = |same: bool| if same { Standing::Matches } else { Standing::Differs };
    if recorded == RecordedHash::None {
        return Standing::Unrecorded;
    }
    let Some(node) = node else { return Standing::Missing };
    let Some(content) = &node.file.entry.content else { return Standing::Differs };
    match recorded {
        RecordedHash::None => Standing::Unrecorded,
        RecordedHash::Sha256(recorded) => agree(recorded == content.sha256),
        RecordedHash::Md5(recorded) => {
            let found = content.md5.or_else(|| md5.get(&content.sha256).copied());
            found.map_or(Standing::Unchecked, |found| agree(found == recorded))
        }
    }
}

impl Audited<'_> {
    /// Findings about files of one package whose bytes are not the recorded ones: one for each file, or one for all
    /// where they are many.
    pub(super) fn modified(&self, check: &'static str, package: &Arc<Package>, files: &[&Owned<'_>]) -> Vec<Finding> {
        const FEW: usize = 8;
        let mut findings = Vec::new();
        let mut altered = Vec::new();
        for owned in files {
            match self.other_owner(owned) {
                Some(other) => findings.push(self.overwritten(check, owned, other)),
                None => altered.push(*owned),
            }
        }
        let message = |what: &str| {
            format!(
                "{what} that {} recorded: changed after it was installed, by a build step or by hand",
                package.label()
            )
        };
        let fix = "install the package again, or ship the change as a version of its own";
        if altered.len() > FEW {
            let subject = self.subject(package);
            let message = message(&format!("{} files do not have the bytes", altered.len()));
            let files = altered.iter().map(|owned| (&owned.file.path, self.hashes(owned)));
            findings.push(Finding::new(check, Severity::Alarm, subject, message).fix(fix).of(package).at_hashes(files));
        } else {
            findings.extend(altered.iter().map(|owned| {
                let path = &owned.file.path;
                Finding::new(check, Severity::Alarm, path.to_absolute(), message("not the bytes"))
                    .fix(fix)
                    .of(package)
                    .at_hashes([(path, self.hashes(owned))])
            }));
        }
        findings
    }

    fn overwritten(&self, check: &'static str, owned: &Owned<'_>, other: &Package) -> Finding {
        let message = format!(
            "{} and {} both ship it, with other bytes; those of the second are there",
            owned.package.label(),
            other.label()
        );
        let path = &owned.file.path;
        Finding::new(check, Severity::Warning, path.to_absolute(), message)
            .fix("install only one of the two, or each in an environment of its own")
            .of(owned.package)
            .at_hashes([(path, self.hashes(owned))])
    }

    /// Another package that lists the same file and recorded the bytes that stand there.
    pub(super) fn other_owner(&self, owned: &Owned<'_>) -> Option<&Package> {
        let holders = self.holders.get(&owned.file.path)?;
        holders.iter().find(|other| !Arc::ptr_eq(other, owned.package)).map(AsRef::as_ref)
    }
}

/// By path the first packages that recorded the bytes that stand there, for paths where another package recorded others.
/// Two are enough to tell each of them of another one; a path can be listed by thousands.
pub(super) fn holders<'a>(owned: &[Owned<'a>]) -> HashMap<&'a ImagePath, Vec<&'a Arc<Package>>> {
    let differing = owned.iter().filter(|owned| owned.standing == Standing::Differs);
    let contents: HashMap<&ImagePath, &Content> =
        differing.filter_map(|owned| Some((&owned.file.path, owned.node?.file.entry.content.as_ref()?))).collect();
    let mut holders: HashMap<&ImagePath, Vec<&Arc<Package>>> = HashMap::new();
    for Owned { package, file, .. } in owned {
        if contents.get(&file.path).is_some_and(|content| holds(package, file.recorded, content)) {
            let known = holders.entry(&file.path).or_default();
            if known.len() < 2 && !known.iter().any(|other| Arc::ptr_eq(other, package)) {
                known.push(package);
            }
        }
    }
    holders
}

fn holds(package: &Package, recorded: RecordedHash, content: &Content) -> bool {
    match recorded {
        RecordedHash::Sha256(recorded) => recorded == content.sha256,
        // dpkg keeps no hash of a file that another package took over.
        RecordedHash::Md5(recorded) => content.md5.is_none_or(|found| found == recorded),
        RecordedHash::None => package.ecosystem == Ecosystem::Deb,
    }
}
