//! Lock files, of two images and of one.

use std::sync::Arc;

use super::schema;
use crate::compare::{LockEntryRow, LockRow};
use crate::model::{LockEntry, LockFile};

/// A lock file on both sides, with the entries that changed.
pub(super) fn drift(row: &LockRow) -> Option<schema::LockDrift<'_>> {
    let either = row.either()?;
    let side = |file: &Option<Arc<LockFile>>| file.as_deref().map(side);
    Some(schema::LockDrift {
        format: either.format,
        change: row.change(),
        left: side(&row.left),
        right: side(&row.right),
        changes: row.changes().filter_map(|(change, row)| change_of(change.as_str(), row)).collect(),
    })
}

fn side(file: &LockFile) -> schema::LockSide {
    schema::LockSide {
        path: file.path.to_absolute(),
        complete: file.complete,
        needs_hashes: file.needs_hashes,
        entry_count: file.entries.len(),
    }
}

fn change_of<'a>(change: &'static str, row: &'a LockEntryRow) -> Option<schema::LockChange<'a>> {
    let either = row.either()?;
    Some(schema::LockChange {
        ecosystem: either.manager.as_str(),
        name: &either.name,
        change,
        left: row.left.as_ref().map(locked),
        right: row.right.as_ref().map(locked),
        hashes_gone: row.hashes_gone().map(|hash| hash.hash.as_str()).collect(),
        hashes_new: row.hashes_new().map(|hash| hash.hash.as_str()).collect(),
    })
}

/// A lock file of one image.
pub(super) fn file(file: &LockFile) -> schema::LockFile<'_> {
    let entries = file.entries.iter().map(|entry| schema::LockEntry {
        ecosystem: entry.manager.as_str(),
        name: &entry.name,
        locked: locked(entry),
    });
    schema::LockFile { format: file.format, side: side(file), entries: entries.collect() }
}

fn locked(entry: &LockEntry) -> schema::Locked<'_> {
    schema::Locked {
        version: entry.version.as_deref(),
        specifier: Some(entry.specifier.as_str()).filter(|specifier| !specifier.is_empty()),
        origin: entry.origin.words(),
        condition: entry.condition(),
        hash_count: entry.hashes.len(),
        unhashed_count: entry.unhashed,
    }
}
