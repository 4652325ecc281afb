//! Puts every differing path under exactly one explanation: the first that holds, from the calmest claim that can be
//! proven to "nothing accounts for it".

mod accounts;
mod bytecode;
mod directories;
mod evidence;
mod generated;
mod identity;
mod links;
mod owners;
mod ownership;
mod places;
mod prove;
mod record_rows;
mod renamed;
mod rights;
mod takeover;
mod tie;
mod unexplained;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use self::accounts::Accounts;
use self::owners::{Owner, Owners};
use self::prove::Alternatives;
use self::unexplained::Whiteouts;
use super::causes::MOVED;
use super::files::{self, Pair};
use super::{Contested, Drift, FileDrift, FileRow, PackageRow};
use crate::image::Node;
use crate::model::{Change, Explanation, FileEntry, Hashes, ImagePath, Kind, Proof};
use crate::nondeterminism::{About, Rules, mask};
use crate::packages::Diversions;
use crate::snapshot::Snapshot;
use crate::snapshot::reached::Reason;

/// Compares both trees and explains what differs. Each package row learns which differing files it owns.
pub(super) fn explain(left: &Snapshot, right: &Snapshot, packages: &mut [PackageRow], rules: &Rules) -> FileDrift {
    let (drift, owned) = {
        let mut explainer = Explainer::new(left, right, packages, rules);
        let stale_bytecode = explainer.run();
        let (drift, owned) = explainer.finish();
        (FileDrift { stale_bytecode, ..drift }, owned)
    };
    for (package, file) in owned {
        if let Some(row) = packages.get_mut(package) {
            row.files.push(file);
        }
    }
    drift
}

/// What is known while explanations are found.
struct Explainer<'a> {
    left: &'a Snapshot,
    right: &'a Snapshot,
    left_owners: Owners<'a>,
    right_owners: Owners<'a>,
    left_accounts: Accounts<'a>,
    right_accounts: Accounts<'a>,
    right_whiteouts: Whiteouts<'a>,
    packages: &'a [PackageRow],
    /// For each package whether it records hashes of its files on either side.
    hashed: Vec<bool>,
    /// Where dpkg moved files in the right image.
    diversions: Diversions,
    rules: &'a Rules,
    rows: Vec<Row<'a>>,
    /// For each generated rule, by address, whether an input moved and which.
    inputs: HashMap<*const crate::nondeterminism::Generated, Option<generated::MovedInput>>,
    /// Where each side's database of alternatives wants links to lead, once it was asked for.
    alternatives: OnceCell<(Alternatives<'a>, Alternatives<'a>)>,
}

/// One path of both sides, and what is known of it so far.
struct Row<'a> {
    left: Option<&'a Node>,
    right: Option<&'a Node>,
    change: Option<Change>,
    drift: Option<Drift>,
}

impl<'a> Row<'a> {
    fn new((left, right): Pair<'a>) -> Self {
        let change = files::change(left.map(|node| &node.file), right.map(|node| &node.file));
        Self { left, right, change, drift: None }
    }

    fn path(&self) -> &'a ImagePath {
        static ROOT: std::sync::LazyLock<ImagePath> = std::sync::LazyLock::new(ImagePath::root);
        self.right.or(self.left).map_or(&ROOT, |node| &node.path)
    }

    /// Both entries, when both sides have the path.
    fn both(&self) -> Option<(&'a FileEntry, &'a FileEntry)> {
        Some((&self.left?.file.entry, &self.right?.file.entry))
    }

    fn entries(&self) -> impl Iterator<Item = &'a FileEntry> {
        self.left.into_iter().chain(self.right).map(|node| &*node.file.entry)
    }

    /// Whether the path is a directory on one side and nothing on the other.
    fn is_lone_directory(&self) -> bool {
        matches!(self.change, Some(Change::Added | Change::Removed))
            && self.entries().all(|entry| entry.kind == Kind::Directory)
    }

    /// Whether every side that has the path has a regular file there that nobody may execute and that grants nothing.
    fn is_inert_file(&self) -> bool {
        self.is_plain_file() && !self.entries().any(FileEntry::is_executable)
    }

    /// Whether every side that has the path has a regular file there that grants nothing.
    fn is_plain_file(&self) -> bool {
        self.entries().all(|entry| entry.kind == Kind::File && !entry.is_privileged())
    }

    /// Whether what stands there is of the kind that a path rule may speak of. A rule speaks of bytes, not of who owns
    /// them and may write them.
    fn is_within(&self, rule: &About) -> bool {
        let is_kind = if rule.executable { self.is_plain_file() } else { self.is_inert_file() };
        is_kind && self.both().is_none_or(|(left, right)| left.same_metadata(right))
    }

    /// Whether a mask proves both contents equal.
    fn equal_masked(&self) -> Option<&'static mask::Mask> {
        let (left, right) = self.both()?;
        let (left, right) = (left.content.as_ref()?.masked.as_ref()?, right.content.as_ref()?.masked.as_ref()?);
        let equal = (left.mask, left.digest) == (right.mask, right.digest);
        equal.then(|| mask::named(left.mask)).flatten()
    }

    /// Whether content is equal, as it stands or by a mask.
    fn equal_content(&self) -> bool {
        self.both().is_some_and(|(left, right)| left.same_content(right)) || self.equal_masked().is_some()
    }

    /// The privilege that the right side has and the left has not.
    fn privilege_gained(&self) -> Option<&'static str> {
        let (left, right) = self.both()?;
        if right.kind != Kind::File {
            return None;
        }
        let gained = |bit: u32| right.mode & bit != 0 && left.mode & bit == 0;
        let capability = |entry: &FileEntry| entry.xattr(b"security.capability").map(<[u8]>::to_vec);
        if gained(FileEntry::SETUID) {
            Some("setuid gained")
        } else if gained(FileEntry::SETGID) && right.mode & 0o010 != 0 {
            Some("setgid gained")
        } else if right.mode & FileEntry::SETUID != 0 && left.uid != right.uid {
            Some("setuid for another user")
        } else if right.mode & FileEntry::SETGID != 0 && left.gid != right.gid {
            Some("setgid for another group")
        } else if capability(right).is_some() && capability(right) != capability(left) {
            Some("file capability gained")
        } else {
            None
        }
    }

    fn drift(&self, explanation: Explanation, detail: impl Into<Box<str>>) -> Drift {
        Drift {
            change: self.change.unwrap_or(Change::Content),
            explanation,
            detail: detail.into(),
            owner: None,
            rule: None,
            rule_file: None,
            proof: None,
            alarm: None,
            evidence: None,
            fix: None,
            hashes: None,
        }
    }

    /// By a path rule.
    fn by_rule(&self, explanation: Explanation, detail: impl Into<Box<str>>, rule: &About) -> Drift {
        Drift { rule: Some(Arc::clone(&rule.name)), rule_file: rule.file.clone(), ..self.drift(explanation, detail) }
    }
}

impl<'a> Explainer<'a> {
    fn new(left: &'a Snapshot, right: &'a Snapshot, packages: &'a [PackageRow], rules: &'a Rules) -> Self {
        let rows = files::join(&left.image.tree, &right.image.tree).map(Row::new).collect();
        let (left_owners, right_owners) = Owners::of_both(left, right, packages);
        let hashed = packages
            .iter()
            .map(|row| [&row.left, &row.right].into_iter().flatten().any(|package| tie::has_hashes(package)));
        Self {
            left,
            right,
            left_owners,
            right_owners,
            left_accounts: Accounts::read(&left.image.tree),
            right_accounts: Accounts::read(&right.image.tree),
            hashed: hashed.collect(),
            diversions: Diversions::read(&right.image.tree),
            right_whiteouts: Whiteouts::new(&right.image),
            packages,
            rules,
            rows,
            inputs: HashMap::new(),
            alternatives: OnceCell::new(),
        }
    }

    /// Each pass explains what it can of the rows still open; a later pass may look at what earlier ones found. Returns the
    /// compiled files that are stale now.
    fn run(&mut self) -> Vec<ImagePath> {
        self.pass(Self::by_itself);
        self.pass(Self::by_owner);
        self.pass(Self::compiled_from_package);
        self.pass(Self::compiled_on_one_side);
        self.pass(Self::record_of_noise);
        self.explain_renamed();
        self.derive();
        self.pass(Self::by_user);
        self.pass(Self::generated_by_path);
        self.pass(|explainer, row| Some(explainer.otherwise(row)));
        let stale = self.judge_compiled();
        self.explain_lone_directories();
        self.raise_alarms();
        stale
    }

    /// Besides its explanation, a row may be an alarm.
    fn raise_alarms(&mut self) {
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get(at).filter(|row| row.drift.is_some()) else { continue };
            let alarm = self.loosened(row).or_else(|| self.record_rewritten(row));
            if let Some(drift) = self.rows.get_mut(at).and_then(|row| row.drift.as_mut()) {
                drift.alarm = alarm.map(String::into_boxed_str).or(drift.alarm.take());
            }
        }
    }

    fn pass(&mut self, explain: fn(&Self, &Row<'a>) -> Option<Drift>) {
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get(at) else { continue };
            if row.change.is_none() || row.drift.is_some() || row.is_lone_directory() {
                continue;
            }
            let drift = explain(self, row);
            if let Some(row) = self.rows.get_mut(at) {
                row.drift = drift;
            }
        }
    }

    /// What the two entries alone prove: `mtime`, `bytecode`, and whatever a mask shows equal.
    fn by_itself(&self, row: &Row<'a>) -> Option<Drift> {
        if row.change == Some(Change::Mtime) {
            return Some(row.drift(Explanation::Mtime, ""));
        }
        let mask = row.equal_masked()?;
        let (left, right) = row.both()?;
        if !left.same_metadata(right) || self.matters_behind_mask(row) {
            return None;
        }
        let explanation = match mask.explanation {
            Explanation::Bytecode if !self.same_source(row.path()) => Explanation::Noise,
            explanation => explanation,
        };
        let mut drift = row.drift(explanation, mask.cause);
        drift.rule = Some(mask.name.into());
        drift.proof = Some(if self.is_of_unknown_origin(row) { Proof::Path } else { Proof::Mask });
        drift.evidence = evidence::between(left, right);
        drift.fix = Some(mask.fix.into());
        Some(drift)
    }

    /// Whether what a mask hides matters here.
    fn matters_behind_mask(&self, row: &Row<'a>) -> bool {
        row.equal_masked().is_some() && (self.is_swapped(row) || self.is_switched(row))
    }

    /// The last rows of the table: noise by path, metadata, unexplained.
    fn otherwise(&self, row: &Row<'a>) -> Drift {
        self.noise_by_path(row)
            .or_else(|| metadata(row).filter(|_| !self.matters_behind_mask(row)))
            .unwrap_or_else(|| self.unexplained(row))
    }

    /// What the user's own rules say: after all that can be proven or contradicted, before what ships with the program.
    fn by_user(&self, row: &Row<'a>) -> Option<Drift> {
        let mut generated =
            self.rules.generated(row.path()).filter(|rule| rule.about.is_users() && rule.proof.is_none());
        generated
            .find_map(|rule| self.generated_by(row, rule))
            .or_else(|| self.likely_noise(row, |rule| rule.is_users() && row.is_within(rule)))
    }

    fn noise_by_path(&self, row: &Row<'a>) -> Option<Drift> {
        if self.reached(row.path()).is_some() {
            return None;
        }
        self.likely_noise(row, |rule| row.is_within(rule) || self.links_within(row))
    }

    /// Why what is at a noise path is no noise, on one side at least.
    fn reached(&self, path: &ImagePath) -> Option<&'a Reason> {
        self.right.reached.reason(path).or_else(|| self.left.reached.reason(path))
    }

    /// Whether the path is nothing but a symlink to where path rules speak too: caches link to their own entries.
    fn links_within(&self, row: &Row<'a>) -> bool {
        [(row.left, self.left), (row.right, self.right)].into_iter().all(|(node, snapshot)| {
            node.is_none_or(|node| {
                let end = snapshot.image.tree.resolve(&node.path).filter(|_| node.file.entry.kind == Kind::Symlink);
                end.is_some_and(|end| is_noise_path(&end.path, self.rules))
            })
        })
    }

    /// What the first such path rule says of the row.
    fn likely_noise(&self, row: &Row<'a>, holds: impl Fn(&About) -> bool) -> Option<Drift> {
        let rule = self.rules.noise(row.path()).find(|rule| holds(&rule.about))?;
        let mut drift = row.by_rule(Explanation::Noise, &*rule.about.cause, &rule.about);
        drift.proof = Some(Proof::Path);
        drift.fix.clone_from(&rule.fix);
        Some(drift)
    }

    fn alternatives(&self) -> &(Alternatives<'a>, Alternatives<'a>) {
        self.alternatives.get_or_init(|| (Alternatives::of(self.left), Alternatives::of(self.right)))
    }

    fn owners(&self, path: &ImagePath) -> (Option<Owner<'a>>, Option<Owner<'a>>) {
        (self.left_owners.of(path), self.right_owners.of(path))
    }

    /// How the owner moved, in words.
    fn movement(&self, owner: &Owner<'_>) -> String {
        self.packages.get(owner.row).map(PackageRow::movement).unwrap_or_default()
    }

    /// The row at exactly this path.
    fn row(&self, path: &ImagePath) -> Option<&Row<'a>> {
        let at = self.rows.binary_search_by(|row| row.path().cmp(path)).ok()?;
        self.rows.get(at)
    }

    /// The rows as the report shows them, and which package row owns which differing file.
    fn finish(self) -> (FileDrift, Vec<(usize, u32)>) {
        let mut drift = FileDrift::default();
        let mut owned = Vec::new();
        for (at, mut row) in self.rows.into_iter().enumerate() {
            let path = row.path();
            let hashes = hashes(&row, &self.left_owners, &self.right_owners);
            let contested = row.drift.is_some().then(|| contested(at, path, &self.right_owners)).flatten();
            drift.contested.extend(contested);
            if let Some(found) = &mut row.drift {
                found.hashes = hashes.map(Box::new);
                let (left, right) = (self.left_owners.of(path), self.right_owners.of(path));
                found.owner = found.owner.take().or_else(|| right.or(left).map(|owner| owner.label()));
                if let Some(owner) = right.or(left).filter(|owner| owner.moved) {
                    tell_of_the_move(found, &owner, self.packages);
                }
                drift.count(found);
                if found.change != Change::Mtime {
                    let rows = [left, right].map(|owner| owner.map(|owner| owner.row));
                    owned.extend(rows[0].map(|package| (package, file_index(at))));
                    owned.extend(rows[1].filter(|_| rows[0] != rows[1]).map(|package| (package, file_index(at))));
                }
            }
            drift.rows.push(FileRow {
                path: path.clone(),
                left: row.left.map(|node| node.file.clone()),
                right: row.right.map(|node| node.file.clone()),
                drift: row.drift,
            });
        }
        (drift, owned)
    }
}

/// What is the same but for what a mask hides, or for its time, was written anew because its package moved: that is the
/// cause, and no Dockerfile can do anything about it.
fn tell_of_the_move(drift: &mut Drift, owner: &Owner<'_>, packages: &[PackageRow]) {
    let is_masked = matches!(drift.explanation, Explanation::Noise | Explanation::Bytecode)
        && drift.proof == Some(Proof::Mask)
        || drift.explanation == Explanation::Mtime;
    if let Some(row) = packages.get(owner.row).filter(|_| is_masked) {
        drift.detail = format!("{MOVED}: {} {}", owner.label(), row.movement()).into_boxed_str();
        drift.fix = None;
    }
}

/// Who claims the path besides its owner, where that moved and the other did not.
fn contested(at: usize, path: &ImagePath, owners: &Owners<'_>) -> Option<Contested> {
    let moved = owners.of(path).filter(|owner| owner.moved)?;
    let unmoved = owners.claimants(path).iter().find(|owner| !owner.moved)?;
    Some(Contested { row: file_index(at), unmoved: unmoved.label(), moved: moved.label() })
}

/// Whether a rule that ships with the program calls what stands there noise.
fn is_noise_path(path: &ImagePath, rules: &Rules) -> bool {
    rules.noise(path).any(|rule| !rule.about.is_users())
}

/// The hashes behind an alarm, and behind what a package's record contradicts.
fn hashes(row: &Row<'_>, left: &Owners<'_>, right: &Owners<'_>) -> Option<Hashes> {
    let explanation = row.drift.as_ref()?.explanation;
    if !matches!(explanation, Explanation::SameVersion | Explanation::Unexplained) {
        return None;
    }
    let hashes = Hashes {
        left: row.left.map(|node| left.bytes(row.path(), &node.file.entry)),
        right: row.right.map(|node| right.bytes(row.path(), &node.file.entry)),
    };
    let is_told = explanation == Explanation::SameVersion
        || [&hashes.left, &hashes.right].into_iter().flatten().any(|bytes| bytes.record.is_some());
    is_told.then_some(hashes)
}

/// Limits on entries keep positions far below 2^32.
fn file_index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Mode, owner or extended attributes, no privilege gained, content equal.
fn metadata(row: &Row<'_>) -> Option<Drift> {
    if !row.equal_content() || row.privilege_gained().is_some() {
        return None;
    }
    let (left, right) = row.both()?;
    let mut parts = Vec::new();
    if left.mode != right.mode {
        parts.push(format!("mode {:04o} → {:04o}", left.mode, right.mode));
    }
    if (left.uid, left.gid) != (right.uid, right.gid) {
        parts.push(format!("owner {}:{} → {}:{}", left.uid, left.gid, right.uid, right.gid));
    }
    if left.xattrs != right.xattrs {
        parts.push("extended attributes differ".to_owned());
    }
    Some(row.drift(Explanation::Metadata, parts.join(", ")))
}

#[cfg(test)]
mod tests;
