//! A RECORD that differs only because files which it lists differ as noise.
//!
//! A compiled extension built anew from its sources has another build-id, and so another hash in RECORD. Mask `record-rows`
//! drops what depends on the installer; what is left must be rows of files that a mask proves equal.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Drift;
use super::{Explainer, Row};
use crate::image::Node;
use crate::model::{Explanation, FileEntry, ImagePath, Package, Proof, RecordedHash, Role};
use crate::nondeterminism::mask;
use crate::packages::recorded_rows;
use crate::snapshot::Snapshot;

/// The mask whose rule this extends.
const RULE: &str = "record-rows";

/// What one side's RECORD says of one file.
type Said = (RecordedHash, Option<u64>);

impl<'a> Explainer<'a> {
    /// `generated`, proven by hashes: every row that differs is that of a file which differs as noise by a mask, and on
    /// each side names the bytes that stand there.
    pub(super) fn record_of_noise(&self, row: &Row<'a>) -> Option<Drift> {
        let (left, right) = row.both().filter(|(left, right)| left.same_metadata(right))?;
        let is_record = left.sha256().is_some() && right.sha256().is_some() && row.is_inert_file();
        let (left_owner, right_owner) = self.owners(row.path());
        let (left_owner, right_owner) = (left_owner?, right_owner?);
        if !is_record || left_owner.moved || right_owner.moved || right_owner.file.role != Role::InstallerNote {
            return None;
        }
        let [left, right] = differing_rows(row.left?, row.right?)?;
        let left = said(&left, left_owner.package, self.left)?;
        let right = said(&right, right_owner.package, self.right)?;
        let is_noise = |path: &ImagePath| {
            self.row(path).is_some_and(|file| {
                is_proven_noise(file)
                    && file.both().is_some_and(|(one, other)| {
                        left.get(path).is_some_and(|said| names(*said, one))
                            && right.get(path).is_some_and(|said| names(*said, other))
                    })
            })
        };
        let is_same_files = left.len() == right.len() && left.keys().all(|path| right.contains_key(path));
        if left.is_empty() || !is_same_files || !left.keys().all(is_noise) {
            return None;
        }
        let files = if left.len() == 1 { "1 file".to_owned() } else { format!("{} files", left.len()) };
        let detail = format!("lists the hashes of {files} that differ as noise, and differs in nothing else");
        let mut drift = row.drift(Explanation::Generated, detail);
        drift.rule = Some(RULE.into());
        drift.proof = Some(Proof::Hash);
        Some(drift)
    }
}

/// The rows that only one side has once the mask dropped what depends on the installer; `None` where a side's bytes are
/// not at hand, or a row stands there twice.
fn differing_rows(left: &Node, right: &Node) -> Option<[Vec<u8>; 2]> {
    let rows = |node: &Node| {
        let mask = mask::named(RULE)?;
        let mut bytes = node.bytes.as_deref()?.to_vec();
        (mask.matches)(&node.path, bytes.get(..mask::HEAD).unwrap_or(&bytes)).then_some(())?;
        (mask.apply)(&mut bytes)?;
        Some(bytes)
    };
    let (left, right) = (rows(left)?, rows(right)?);
    let set =
        |bytes: &'_ [u8]| -> BTreeSet<Vec<u8>> { bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() };
    let (left, right) = (set(&left), set(&right));
    let only = |one: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>| {
        one.difference(other).map(Vec::as_slice).collect::<Vec<_>>().join(&b'\n')
    };
    Some([only(&left, &right), only(&right, &left)])
}

/// What the rows say of each file; `None` where two speak of one.
fn said(rows: &[u8], package: &Package, snapshot: &Snapshot) -> Option<BTreeMap<ImagePath, Said>> {
    let count = rows.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()).count();
    let said: BTreeMap<_, _> =
        recorded_rows(rows, package, &snapshot.image.tree).map(|(path, hash, size)| (path, (hash, size))).collect();
    (said.len() == count).then_some(said)
}

fn is_proven_noise(row: &Row<'_>) -> bool {
    row.drift.as_ref().is_some_and(|drift| {
        matches!(drift.explanation, Explanation::Bytecode | Explanation::Noise) && drift.proof == Some(Proof::Mask)
    })
}

/// Whether a row names these very bytes.
fn names((hash, size): Said, entry: &FileEntry) -> bool {
    entry.sha256().is_some_and(|sha256| hash == RecordedHash::Sha256(sha256)) && size == Some(entry.size)
}
