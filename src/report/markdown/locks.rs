//! Lock files, of two images and of one.

use std::sync::Arc;

use super::page::{Page, Row, head};
use super::share;
use crate::compare::{DriftReport, LockChange, LockEntryRow, LockRow};
use crate::model::{LockEntry, LockFile};
use crate::report::figures::count;

/// The lock files that differ, each with its entries that changed.
pub(super) fn drift(page: &mut Page, report: &DriftReport) {
    let differing: Vec<_> = report.locks.iter().filter(|row| row.change() != "same").collect();
    let heading = format!("### Lock files: {} of {} differ", count(differing.len()), count(report.locks.len()));
    let rows: Vec<_> = differing.iter().flat_map(|row| of_file(page, row)).collect();
    page.list(&heading, &head(["lock file", "entry", "change", "locked"]), &rows, share::LOCKS);
}

fn of_file(page: &Page, row: &LockRow) -> Vec<Row> {
    let place = page.code(&row.place());
    let mut rows = vec![Row::of_table([place, String::new(), row.change().to_owned(), row.summary()])];
    if row.change() == "changed" {
        rows.extend(row.changes().map(|(change, entry)| of_entry(page, change, entry)));
    }
    rows
}

fn of_entry(page: &Page, change: LockChange, row: &LockEntryRow) -> Row {
    let name = page.code(&row.either().map(LockEntry::label).unwrap_or_default());
    let locked = match row.sides() {
        [Some(left), Some(right)] if left == right => page.code(&right),
        [Some(left), Some(right)] => format!("{} → {}", page.code(&left), page.code(&right)),
        [left, right] => page.code(&left.or(right).unwrap_or_default()),
    };
    let words = format!("{} {}", change.sign(), change.as_str());
    // What looks wrong stands out.
    let words = if change.is_loud() { format!("**{words}**") } else { words };
    Row::of_table([String::new(), name, words, locked])
}

/// The lock files of one image.
pub(super) fn files(page: &mut Page, files: &[Arc<LockFile>]) {
    let row = |file: &Arc<LockFile>| {
        let bare = file.entries.iter().filter(|entry| entry.lacks_hash()).count();
        let complete = if file.complete { "yes" } else { "" };
        Row::of_table([
            page.code(&file.path.to_string()),
            file.format.to_owned(),
            count(file.entries.len()),
            count(bare),
            complete.to_owned(),
        ])
    };
    let rows: Vec<_> = files.iter().map(row).collect();
    let columns = head(["lock file", "format", "entries", "without a hash", "names everything"]);
    page.list(&format!("### Lock files: {}", count(rows.len())), &columns, &rows, share::LOCKS);
}
