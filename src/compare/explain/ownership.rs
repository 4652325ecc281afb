//! What the owner of a path accounts for: `same-version` and `package`.

use super::super::{Drift, PackageRow};
use super::owners::{Owner, Owners, Record};
use super::unexplained::compiled_code;
use super::{Explainer, Row};
use crate::image::Node;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, FileEntry, ImagePath, Kind, Proof, Role};
use crate::packages::source_of;

impl<'a> Explainer<'a> {
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
            None if row.equal_content() && !self.matters_behind_mask(row) => return None,
            None => {
                let records =
                    (self.left_owners.record(&left_owner, left), self.right_owners.record(&right_owner, right));
                self.changed_behind(row, &right_owner, records)?
            }
        };
        drift.owner = Some(right_owner.label());
        Some(drift)
    }

    /// dpkg's own record of a package that did not move has a file more or less than before.
    fn record_of_unmoved(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = self.owners(row.path());
        let owner = left.xor(right).filter(|owner| !owner.moved && owner.file.role == Role::Record)?;
        let drift = row.drift(Explanation::SameVersion, OWN_RECORD);
        Some(Drift { owner: Some(owner.label()), ..drift })
    }

    /// A file whose content differs although its package did not move.
    fn changed_behind(&self, row: &Row<'a>, owner: &Owner<'_>, records: (Record, Record)) -> Option<Drift> {
        let (left, right) = records;
        if owner.by_source && self.is_overridden(row, owner) {
            let detail = "compiled from a source that is overridden in both images";
            return Some(row.drift(Explanation::Unexplained, detail));
        }
        match owner.file.role {
            Role::InstallerNote => return None,
            Role::Conffile => return Some(row.drift(Explanation::Unexplained, "edited conffile")),
            Role::Script if records == (Record::Matches, Record::Matches) && self.is_rewritten_script(row, owner) => {
                let mut drift = row.drift(Explanation::Generated, "the installer that writes this script moved");
                drift.rule = Some("console-script".into());
                drift.proof = Some(Proof::Hash);
                return Some(drift);
            }
            Role::Script | Role::Plain | Role::Record | Role::Unlisted => {}
        }
        let detail = match (left, right) {
            (Record::Differs, Record::Differs) => {
                let detail = "overridden in both images: neither matches the package's own record";
                return Some(row.drift(Explanation::Unexplained, detail));
            }
            (_, Record::Differs) => "the right image's file does not match the package's own record",
            (Record::Differs, _) => "the left image's file does not match the package's own record",
            (Record::Matches, Record::Matches) => "the package's own record changed with it",
            _ => return Some(row.drift(Explanation::SameVersion, unrecorded(row, owner))),
        };
        Some(row.drift(Explanation::SameVersion, detail))
    }

    /// Whether the source of a compiled file is the app's own on both sides, and not the same one.
    fn is_overridden(&self, row: &Row<'a>, owner: &Owner<'_>) -> bool {
        let source = self.row(&owner.file.path).filter(|_| row.entries().all(|entry| !entry.is_privileged()));
        let Some((left, right)) = source.and_then(Row::both) else { return false };
        let differs = |owners: &Owners<'a>, entry: &FileEntry| {
            owners.of(&owner.file.path).is_some_and(|owner| owners.record(&owner, entry) == Record::Differs)
        };
        !left.same_content(right) && differs(&self.left_owners, left) && differs(&self.right_owners, right)
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
        let records = (record(&self.left_owners, left, row.left), record(&self.right_owners, right, row.right));
        let vouched = (row.right.is_none() || right.is_some())
            && !is_listed_but_absent(row, left, right)
            && !is_unhashed(left, records.0)
            && !is_unhashed(right, records.1)
            && !self.leads_astray(row);
        if !vouched {
            return None;
        }
        let mut drift = if let Some(detail) = contradiction(row, right, records) {
            row.drift(Explanation::Unexplained, detail)
        } else {
            let matches = |record: Option<Record>| record.is_none_or(|record| record == Record::Matches);
            let proof = (matches(records.0) && matches(records.1)).then_some(Proof::Hash);
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
}

/// What is said of a file that dpkg keeps about a package.
const OWN_RECORD: &str = "dpkg's own record of the package changed";

/// What the records say of each side: `None` where the side lacks the file.
type Records = (Option<Record>, Option<Record>);

/// What speaks against a moved package as the explanation.
fn contradiction(row: &Row<'_>, right: Option<Owner<'_>>, records: Records) -> Option<String> {
    if let Some(privilege) = row.privilege_gained() {
        return Some(format!("{privilege}; no package records modes, so none vouches for it"));
    }
    let side = match records {
        (Some(Record::Differs), Some(Record::Differs)) => "both images",
        (_, Some(Record::Differs)) => "the right image",
        (Some(Record::Differs), _) => "the left image",
        _ => return None,
    };
    let conffile = right.is_some_and(|owner| owner.file.role == Role::Conffile);
    let what = if conffile { "edited conffile" } else { "modified after install" };
    Some(format!("{what} in {side}: it does not match the package's own record"))
}

/// Whether a side has the file and nothing ties its bytes to its package.
fn is_unhashed(owner: Option<Owner<'_>>, record: Option<Record>) -> bool {
    record == Some(Record::Silent) && owner.is_some_and(|owner| owner.omits_hash())
}

/// The owner of a path; for compiled Python that no list names, the owner of its source.
fn claim<'a>(owners: &Owners<'a>, path: &ImagePath) -> Option<Owner<'a>> {
    owners.of(path).or_else(|| Some(Owner { by_source: true, ..owners.of(&source_of(path)?)? }))
}

/// What the owner's record says of what stands there; a file without an owner has no record.
fn record(owners: &Owners<'_>, owner: Option<Owner<'_>>, node: Option<&Node>) -> Option<Record> {
    let node = node?;
    Some(owner.map_or(Record::Silent, |owner| owners.record(&owner, &node.file.entry)))
}

/// A file that differs although its package recorded nothing to compare it with.
fn unrecorded(row: &Row<'_>, owner: &Owner<'_>) -> String {
    let link = |entry: &FileEntry| entry.link.as_deref().map(visible_bytes);
    let turned =
        row.both().and_then(|(left, right)| Some(format!("the link led to {}, now to {}", link(left)?, link(right)?)));
    let record = (owner.file.role == Role::Record).then(|| OWN_RECORD.to_owned());
    turned.or(record).or_else(|| compiled_code(row)).unwrap_or_else(|| "the package records no hash for it".to_owned())
}

/// Whether a side's package lists the file, yet that side lacks it.
fn is_listed_but_absent(row: &Row<'_>, left: Option<Owner<'_>>, right: Option<Owner<'_>>) -> bool {
    (row.left.is_none() && left.is_some()) || (row.right.is_none() && right.is_some())
}
