//! What the owner of a path accounts for: `same-version` and `package`.

use super::super::vouchers::is_maintainer_script;
use super::super::{Drift, PackageRow};
use super::owners::{Owner, Owners, Record};
use super::tie::Tie;
use super::unexplained::compiled_code;
use super::{Explainer, Row, takeover};
use crate::model::text::visible_bytes;
use crate::model::{Change, Explanation, FileEntry, Kind, Proof, Role, Side};
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
    fn changed_behind(&self, row: &Row<'a>, owner: &Owner<'a>, records: (Record, Record)) -> Option<Drift> {
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
            Role::Record if takeover::lost_only_rows_taken_over(self, row, owner) => {
                let detail = "dpkg took rows out of the list for files that packages which replace it took over";
                return Some(Drift { proof: Some(Proof::Derived), ..row.drift(Explanation::Generated, detail) });
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

    /// An owner moved, and on every side that has the file something ties it to its package.
    fn package(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = self.owners(row.path());
        let owner = [right, left].into_iter().flatten().find(|owner| owner.moved)?;
        if let (Some(left), Some(right)) = (left, right)
            && left.row != right.row
            && !left.moved
            && !right.takes_over(&left)
            && !takeover::is_diverted(self, row, &left, &right)
        {
            let detail =
                format!("{} did not move, yet {} claims its file", left.package.label(), right.package.label());
            return Some(Drift { owner: Some(left.label()), ..row.drift(Explanation::SameVersion, detail) });
        }
        let ties = [Side::Left, Side::Right].map(|side| self.tie(side, row));
        let mut drift = if let Some(detail) = contradiction(row, right, ties) {
            row.drift(Explanation::Unexplained, detail)
        } else {
            let was_owned = row.left.is_none() || left.is_some();
            let is_vouched = matches!(ties[1], Tie::Proven(Proof::Hash));
            if ties.contains(&Tie::Loose) || !(was_owned || is_vouched) || !Self::is_unpacked(row, left, right) {
                return None;
            }
            let proof = ties.iter().fold(None, |worst, tie| match tie {
                Tie::Proven(proof) => worst.max(Some(*proof)),
                Tie::Nothing | Tie::Loose | Tie::Contradicted | Tie::Unrecorded => worst,
            });
            let proof = proof.filter(|_| !ties.contains(&Tie::Unrecorded));
            let script =
                if row.right.is_some() && is_maintainer_script(row.path()) { "; runs as root at install" } else { "" };
            Drift { proof, ..row.drift(Explanation::Package, format!("{}{script}", self.movement(&owner))) }
        };
        drift.owner = Some(owner.label());
        Some(drift)
    }

    /// Whether equal bytes with other rights are as the packages of both sides unpacked them: no record has rights, so a
    /// layer that did not install the package set them for another reason.
    fn is_unpacked(row: &Row<'a>, left: Option<Owner<'a>>, right: Option<Owner<'a>>) -> bool {
        row.change != Some(Change::Metadata)
            || [(row.left, left), (row.right, right)].into_iter().all(|(node, owner)| {
                node.zip(owner).is_some_and(|(node, owner)| node.file.layer == owner.package.layer)
            })
    }
}

impl<'a> Explainer<'a> {
    /// A list, a RECORD or a maintainer script of a package that moved, which another layer wrote than the one in which the
    /// package arrived: dpkg runs such scripts as root, and what the record vouches for it may have been made to.
    pub(super) fn record_rewritten(&self, row: &Row<'a>) -> Option<String> {
        let node = row.right?;
        let owner = self.right_owners.of(row.path()).filter(|owner| owner.moved)?;
        let is_record = match owner.file.role {
            Role::Record => true,
            Role::InstallerNote => row.path().file_name() == b"RECORD",
            Role::Plain | Role::Conffile | Role::Script | Role::Unlisted => false,
        };
        let lost = owner.package.touched.as_ref().and_then(|touched| touched.lost.as_ref());
        if lost.is_some_and(|lost| lost.iter().all(|path| takeover::is_taken_over(self, path, &owner))) {
            return None;
        }
        (is_record && !self.right_owners.is_from_arrival(&owner, node)).then(|| {
            let (now, then) = (node.file.layer, owner.package.layer);
            format!("written by layer {now}, although {} arrived in layer {then}", owner.package.label())
        })
    }
}

/// What is said of a file that dpkg keeps about a package.
const OWN_RECORD: &str = "dpkg's own record of the package changed";

/// What speaks against a moved package as the explanation.
fn contradiction(row: &Row<'_>, right: Option<Owner<'_>>, ties: [Tie; 2]) -> Option<String> {
    if let Some(privilege) = row.privilege_gained() {
        return Some(format!("{privilege}; no package records modes, so none vouches for it"));
    }
    let side = match ties {
        [Tie::Contradicted, Tie::Contradicted] => "both images",
        [_, Tie::Contradicted] => "the right image",
        [Tie::Contradicted, _] => "the left image",
        _ => return None,
    };
    let conffile = right.is_some_and(|owner| owner.file.role == Role::Conffile);
    let what = if conffile { "edited conffile" } else { "modified after install" };
    Some(format!("{what} in {side}: it does not match the package's own record"))
}

/// The owner of a path; for compiled Python that no list names, the owner of its source.
fn claim<'a>(owners: &Owners<'a>, path: &crate::model::ImagePath) -> Option<Owner<'a>> {
    owners.of(path).or_else(|| Some(Owner { by_source: true, ..owners.of(&source_of(path)?)? }))
}

/// A file that differs although its package recorded nothing to compare it with.
fn unrecorded(row: &Row<'_>, owner: &Owner<'_>) -> String {
    let link = |entry: &FileEntry| entry.link.as_deref().map(visible_bytes);
    let turned =
        row.both().and_then(|(left, right)| Some(format!("the link led to {}, now to {}", link(left)?, link(right)?)));
    let record = (owner.file.role == Role::Record).then(|| OWN_RECORD.to_owned());
    turned.or(record).or_else(|| compiled_code(row)).unwrap_or_else(|| "the package records no hash for it".to_owned())
}
