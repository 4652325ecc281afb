//! What the checklists ask: all of it of one image, of two what they answer differently.

use super::page::{Page, Row, head};
use super::{outline, share};
use crate::compare::DriftReport;
use crate::model::{Checklist, ChecklistItem};
use crate::report::figures::plural;

/// Every question, those first that ask for a reader.
pub(super) fn all(page: &mut Page, checklist: &Checklist) {
    let row = |item: &ChecklistItem| {
        Row::of_table([
            item.answer.as_str().to_owned(),
            item.asks.to_owned(),
            page.prose(&outline::shown_by(item)),
            page.code(item.fix.unwrap_or_default()),
        ])
    };
    let rows: Vec<Row> = outline::checklist(checklist).into_iter().map(row).collect();
    let heading = format!("### Checklist: {} ({})", checklist.summary(), page.prose(&checklist.judged));
    page.list(&heading, &head(["", "asked", "why", "fix"]), &rows, share::CHECKLIST);
}

/// What the two images answer differently.
pub(super) fn differing(page: &mut Page, report: &DriftReport) {
    let pairs = report.left_checklist.differing(&report.right_checklist);
    let rows: Vec<Row> = pairs
        .map(|(left, right)| {
            Row::of_table([
                format!("{} → {}", left.answer.as_str(), right.answer.as_str()),
                right.asks.to_owned(),
                page.prose(&outline::shown_by(right)),
                page.code(right.fix.unwrap_or_default()),
            ])
        })
        .collect();
    let heading = format!("#### Checklist: {} answered differently", plural(rows.len(), "item"));
    page.list(&heading, &head(["", "asked", "why", "fix"]), &rows, share::CHECKLIST);
}
