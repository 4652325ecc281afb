//! Lock files, of two images and of one.

use std::sync::Arc;

use super::arrow;
use super::page::{Paint, Row, Section};
use crate::compare::{DriftReport, LockChange, LockEntryRow, LockRow};
use crate::model::text::visible;
use crate::model::{LockEntry, LockFile};
use crate::report::figures::count;

/// The lock files that differ, each with the entries of it that ask for a reader; with `all` every file, and all of its
/// entries that changed.
pub(super) fn drift(report: &DriftReport, all: bool) -> Section {
    let is_told = |row: &&LockRow| all || row.change() != "same";
    let differing = report.locks.iter().filter(|row| row.change() != "same").count();
    Section {
        title: format!("lock files: {} of {} differ", count(differing), count(report.locks.len())),
        rows: report.locks.iter().filter(is_told).flat_map(|row| of_file(row, all)).collect(),
        weight: 1,
    }
}

fn of_file(row: &LockRow, all: bool) -> Vec<Row> {
    let format = row.either().map_or("", |file| file.format);
    let place = visible(&row.place()).into_owned();
    let mut rows = vec![Row::new([format!("{} {}", sign(row), row.change()), place, format.to_owned(), row.summary()])];
    // Of a file on one side only, its entries say no more.
    if row.change() == "changed" {
        let told = row.changes().filter(|(change, _)| all || change.is_loud());
        rows.extend(told.map(|(change, entry)| of_entry(change, entry)));
    }
    rows
}

fn sign(row: &LockRow) -> char {
    match row.change() {
        "added" => '+',
        "removed" => '-',
        "changed" => '~',
        _ => '=',
    }
}

fn of_entry(change: LockChange, row: &LockEntryRow) -> Row {
    let paint = match change {
        loud if loud.is_loud() => Paint::Bad,
        LockChange::Downgraded | LockChange::Removed | LockChange::Moved => Paint::Notable,
        _ => Paint::Plain,
    };
    let name = row.either().map(LockEntry::label).unwrap_or_default();
    let about = match row.sides() {
        [Some(left), Some(right)] if left == right => right,
        [Some(left), Some(right)] => arrow(Some(&left), Some(&right)),
        [left, right] => left.or(right).unwrap_or_default(),
    };
    let change = format!("  {} {}", change.sign(), change.as_str());
    Row::new([change, visible(&name).into_owned(), String::new(), visible(&about).into_owned()]).painted(paint)
}

/// The lock files of one image.
pub(super) fn files(files: &[Arc<LockFile>]) -> Section {
    let row = |file: &Arc<LockFile>| {
        let claim = if file.complete { "names everything" } else { "" };
        Row::new([file.path.to_string(), file.format.to_owned(), entries(file), claim.to_owned()])
    };
    Section { title: format!("lock files: {}", count(files.len())), rows: files.iter().map(row).collect(), weight: 1 }
}

/// `12 entries, 3 without a hash`.
fn entries(file: &LockFile) -> String {
    let all = match file.entries.len() {
        1 => "1 entry".to_owned(),
        many => format!("{} entries", count(many)),
    };
    match file.entries.iter().filter(|entry| entry.lacks_hash()).count() {
        0 => all,
        bare => format!("{all}, {} without a hash", count(bare)),
    }
}
