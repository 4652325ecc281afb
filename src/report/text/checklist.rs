//! What the checklists ask: all of it of one image, of two what they answer differently.

use super::page::{Paint, Row, Section};
use super::{arrow, outline};
use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Answer, Checklist, ChecklistItem};
use crate::report::figures::plural;

/// Every question, those first that ask for a reader.
pub(super) fn all(checklist: &Checklist) -> Section {
    let rows = outline::checklist(checklist).into_iter().map(row).collect();
    let title = format!("checklist: {} ({})", checklist.summary(), visible(&checklist.judged));
    Section { title, rows, weight: 1 }
}

fn row(item: &ChecklistItem) -> Row {
    Row::new([
        format!("{} {}", item.answer.sign(), item.answer.as_str()),
        item.asks.to_owned(),
        visible(&outline::shown_by(item)).into_owned(),
    ])
    .painted(paint(item.answer))
}

/// What the two images answer differently.
pub(super) fn differing(report: &DriftReport) -> Section {
    let rows: Vec<Row> = report
        .left_checklist
        .differing(&report.right_checklist)
        .map(|(left, right)| {
            Row::new([
                arrow(Some(left.answer.as_str()), Some(right.answer.as_str())),
                right.asks.to_owned(),
                visible(&outline::shown_by(right)).into_owned(),
            ])
            .painted(paint(right.answer))
        })
        .collect();
    Section { title: format!("checklist: {} answered differently", plural(rows.len(), "item")), rows, weight: 1 }
}

fn paint(answer: Answer) -> Paint {
    match answer {
        Answer::No => Paint::Notable,
        Answer::Yes => Paint::Good,
        Answer::Unknown | Answer::NotApplicable => Paint::Plain,
    }
}
