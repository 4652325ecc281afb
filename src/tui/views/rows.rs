//! Rows that the details of several views have.

use ratatui::text::Span;

use crate::compare::DriftReport;
use crate::model::Side;
use crate::tui::Jump;
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, explanation_role};

/// A row of a detail that names the layer a thing came from, and leads there.
#[must_use]
pub fn layer_row(report: &DriftReport, side: Side, index: u32, width: u16, theme: Theme) -> Row {
    let (facts, role) = match side {
        Side::Left => (&report.left, Role::Left),
        Side::Right => (&report.right, Role::Right),
    };
    let index = index as usize;
    let label = if report.alone { format!("#{index} ") } else { format!("{} #{index} ", side.as_str()) };
    let room = usize::from(width).saturating_sub(13 + label.len());
    let made_by = text::instruction(facts.layers.get(index).and_then(|layer| layer.created_by.as_deref()));
    Row::new(vec![
        Span::styled(text::pad("layer", 13), theme.style(Role::Muted)),
        Span::styled(label, theme.style(role)),
        Span::raw(text::cut(&made_by, room).into_owned()),
    ])
    .to(Jump::Layer(side, index))
}

/// The changed files at these positions in `files.rows`, at `most` so many, each a way to the Files view.
#[must_use]
pub fn changed_files(report: &DriftReport, files: &[u32], most: usize, width: u16, theme: Theme) -> Vec<Row> {
    let room = usize::from(width).saturating_sub(11);
    let row = |at: &u32| {
        let file = report.files.rows.get(*at as usize)?;
        let drift = file.drift.as_ref()?;
        let sign = format!("{} ", drift.explanation.sign());
        let path = file.path.to_string();
        let spans = vec![
            Span::styled(sign, theme.style(explanation_role(drift.explanation))),
            Span::styled(text::pad(drift.change.as_str(), 9), theme.style(Role::Muted)),
            Span::raw(text::cut_path(&path, room).into_owned()),
        ];
        Some(Row::new(spans).to(Jump::File(*at)))
    };
    files.iter().take(most).filter_map(row).chain(and_more(files.len(), most, theme)).collect()
}

/// How many a list of at most `most` leaves out.
#[must_use]
pub fn and_more(all: usize, most: usize, theme: Theme) -> Option<Row> {
    let rest = all.checked_sub(most).filter(|rest| *rest > 0)?;
    Some(Row::styled(format!("and {} more", text::count(rest as u64)), Role::Muted, theme))
}
