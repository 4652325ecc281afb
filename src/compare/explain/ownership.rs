//! What the owner of a path accounts for: `same-version` and `package`.

use super::super::{Drift, PackageRow};
use super::bytecode::source_of;
use super::owners::{Owner, Owners, Record};
use super::unexplained::compiled_code;
use super::{Explainer, Row};
use crate::image::Node;
use crate::model::{Explanation, FileEntry, ImagePath, Kind, Proof, Role};

impl<'a> Explainer<'a> {
    /// dpkg's own record of a package that did not move has a file more or less than before.
    fn record_of_unmoved(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = self.owners(row.path());
        let owner = left.xor(right).filter(|owner| !owner.moved && owner.file.role == Role::Record)?;
        let drift = row.drift(Explanation::SameVersion, "dpkg's own record of the package changed");
        Some(Drift { owner: Some(owner.label()), ..drift })
    }

    /// `same-version`, `package`, or `unexplained` where an owner's record contradicts what is there.
    pub(super) fn by_owner(&self, row: &Row<'a>) -> Option<Drift> {
        if row.both().is_some_and(|(left, right)| left.kind == Kind::Directory && right.kind == Kind::Directory) {
            return None;
        }
        self.same_version(row).or_else(|| self.record_of_unmoved(row)).or_else(|| self.package(row))
    }

    /// Both sides have the path, its package did not move, and yet it differs.
    fn same_version(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = row.both()?;
        let left_owner = claim(&self.left_owners, row.path())?;
        let right_owner = claim(&self.right_owners, row.path())?;
        if left_owner.moved || right_owner.moved || left_owner.row != right_owner.row {
            return None;
        }
        let mut drift = match row.privilege_gained() {
            Some(privilege) => row.drift(Explanation::SameVersion, privilege),
            None if row.equal_content() => return None,
            None => {
                let records =
                    (self.left_owners.record(&left_owner, left), self.right_owners.record(&right_owner, right));
                self.changed_behind(row, &right_owner, records)?
            }
        };
        drift.owner = Some(right_owner.label());
        Some(drift)
    }

    /// A file whose content differs although its package did not move.
    fn changed_behind(&self, row: &Row<'a>, owner: &Owner<'_>, records: (Record, Record)) -> Option<Drift> {
        let (left, right) = records;
        match owner.file.role {
            Role::InstallerNote => return None,
            Role::Conffile => return Some(row.drift(Explanation::Unexplained, "edited conffile")),
            Role::Script if records == (Record::Matches, Record::Matches) && self.is_rewritten_script(row, owner) => {
                let mut drift = row.drift(Explanation::Generated, "the installer that writes this script moved");
                drift.rule = Some("console-script".into());
                drift.proof = Some(Proof::Hash);
                return Some(drift);
            }
            Role::Script | Role::Plain | Role::Record => {}
        }
        let detail = match (left, right) {
            (Record::Differs, Record::Differs) => {
                let detail = "overridden in both images: neither matches the package's own record";
                return Some(row.drift(Explanation::Unexplained, detail));
            }
            (_, Record::Differs) => "the right image's file does not match the package's own record",
            (Record::Differs, _) => "the left image's file does not match the package's own record",
            (Record::Matches, Record::Matches) => "the package's own record changed with it",
            _ => return Some(row.drift(Explanation::SameVersion, unrecorded(row))),
        };
        Some(row.drift(Explanation::SameVersion, detail))
    }

    /// Whether both files are nothing but an installer's frame around a call, and that installer moved.
    fn is_rewritten_script(&self, row: &Row<'a>, owner: &Owner<'_>) -> bool {
        let is_frame = |entry: &FileEntry| {
            let masked = entry.content.as_ref().and_then(|content| content.masked.as_ref());
            masked.is_some_and(|masked| masked.mask == "console-script")
        };
        row.entries().all(is_frame)
            && self.packages.iter().filter(|row| row.change.is_some()).filter_map(PackageRow::either).any(|package| {
                package.location == owner.package.location
                    && matches!(package.key.as_str(), "pip" | "uv" | "setuptools" | "distlib" | "installer")
            })
    }

    /// An owner moved, and every side agrees with its owner's record.
    fn package(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = self.owners(row.path());
        let owner = [right, left].into_iter().flatten().find(|owner| owner.moved)?;
        let vouched = (row.right.is_none() || right.is_some()) && !is_listed_but_absent(row, left, right);
        let unhashed = |owners: &Owners<'_>, owner: Option<Owner<'_>>, node: Option<&Node>| {
            owner.is_some_and(|owner| owner.omits_hash())
                && record(owners, owner, node) == Record::Silent
                && node.is_some()
        };
        if !vouched
            || unhashed(&self.left_owners, left, row.left)
            || unhashed(&self.right_owners, right, row.right)
            || self.leads_astray(row)
        {
            return None;
        }
        let mut drift = if let Some(detail) = self.contradiction(row, left, right) {
            row.drift(Explanation::Unexplained, detail)
        } else {
            let proof = self.proof(row, left, right);
            let privileged = row.left.is_none() && row.entries().any(FileEntry::is_privileged);
            let detail = format!("{}{}", self.movement(&owner), if privileged { "; privileged" } else { "" });
            Drift { proof, ..row.drift(Explanation::Package, detail) }
        };
        drift.owner = Some(owner.label());
        Some(drift)
    }

    /// Whether a symlink was turned to a file that no package owns: no record speaks of where symlinks lead.
    fn leads_astray(&self, row: &Row<'a>) -> bool {
        let Some((left, right)) = row.both().filter(|(left, right)| left.link != right.link) else { return false };
        let end = self.right.image.tree.resolve(row.path()).filter(|_| right.kind == Kind::Symlink);
        left.kind == Kind::Symlink
            && end.is_some_and(|end| end.file.entry.kind == Kind::File && self.right_owners.of(&end.path).is_none())
    }

    /// What speaks against a moved package as the explanation.
    fn contradiction(&self, row: &Row<'a>, left: Option<Owner<'_>>, right: Option<Owner<'_>>) -> Option<String> {
        if let Some(privilege) = row.privilege_gained() {
            return Some(format!("{privilege}; no package records modes, so none vouches for it"));
        }
        let left = record(&self.left_owners, left, row.left);
        let right_record = record(&self.right_owners, right, row.right);
        let side = match (left, right_record) {
            (Record::Differs, Record::Differs) => "both images",
            (_, Record::Differs) => "the right image",
            (Record::Differs, _) => "the left image",
            _ => return None,
        };
        let conffile = right.is_some_and(|owner| owner.file.role == Role::Conffile);
        let what = if conffile { "edited conffile" } else { "modified after install" };
        Some(format!("{what} in {side}: it does not match the package's own record"))
    }

    /// `hash` when each side that has the file matches a recorded hash.
    fn proof(&self, row: &Row<'a>, left: Option<Owner<'_>>, right: Option<Owner<'_>>) -> Option<Proof> {
        let matches = |node: Option<&Node>, owners: &Owners<'_>, owner: Option<Owner<'_>>| {
            node.is_none() || record(owners, owner, node) == Record::Matches
        };
        let proven = matches(row.left, &self.left_owners, left) && matches(row.right, &self.right_owners, right);
        proven.then_some(Proof::Hash)
    }
}

/// The owner of a path; for compiled Python that no list names, the owner of its source.
fn claim<'a>(owners: &Owners<'a>, path: &ImagePath) -> Option<Owner<'a>> {
    owners.of(path).or_else(|| Some(Owner { by_source: true, ..owners.of(&source_of(path)?)? }))
}

fn record(owners: &Owners<'_>, owner: Option<Owner<'_>>, node: Option<&Node>) -> Record {
    match (owner, node) {
        (Some(owner), Some(node)) => owners.record(&owner, &node.file.entry),
        _ => Record::Silent,
    }
}

/// A file that differs although its package recorded nothing to compare it with.
fn unrecorded(row: &Row<'_>) -> String {
    compiled_code(row).unwrap_or_else(|| "the package records no hash for it".to_owned())
}

/// Whether a side's package lists the file, yet that side lacks it.
fn is_listed_but_absent(row: &Row<'_>, left: Option<Owner<'_>>, right: Option<Owner<'_>>) -> bool {
    (row.left.is_none() && left.is_some()) || (row.right.is_none() && right.is_some())
}
