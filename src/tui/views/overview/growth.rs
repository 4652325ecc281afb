//! Where the size went: the layers and the packages that grew or shrank most.

use std::cmp::Reverse;

use ratatui::text::Span;

use crate::compare::{DriftReport, LayerRow, PackageRow};
use crate::model::text::visible;
use crate::model::{LayerFacts, Side};
use crate::tui::Jump;
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, delta_role, move_role, relation_role, signs};

/// Rows of each table.
const MOST: usize = 5;
const DELTA: usize = 9;

/// The layers that grew or shrank most, each a link.
#[must_use]
pub(super) fn layers(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let mut changed: Vec<&LayerRow> = report.layers.iter().filter(|row| grew(layer_sizes(report, row)) > 0).collect();
    changed.sort_by_key(|row| Reverse(grew(layer_sizes(report, row))));
    let mut rows = titled("Layers that grew or shrank most", changed.is_empty(), theme);
    rows.extend(changed.into_iter().take(MOST).filter_map(|row| layer(report, row, width, theme)));
    rows
}

fn layer(report: &DriftReport, row: &LayerRow, width: u16, theme: Theme) -> Option<Row> {
    let (sign, role) = (row.relation.sign(), relation_role(row.relation));
    let (side, index) = match (row.left, row.right) {
        (_, Some(index)) => (Side::Right, index),
        (Some(index), None) => (Side::Left, index),
        (None, None) => return None,
    };
    let name = match (row.left, row.right) {
        (Some(left), Some(right)) if left != right => format!("#{left} {} #{right}", signs::ARROW),
        _ => format!("#{index}"),
    };
    let (left, right) = row.sides(report);
    let made_by = text::instruction(right.or(left).and_then(|layer| layer.created_by.as_deref()));
    let room = usize::from(width).saturating_sub(2 + 10 + DELTA + 2);
    let mut spans = vec![Span::styled(format!("{sign} {}", text::pad(&name, 10)), theme.style(role))];
    spans.push(delta(layer_sizes(report, row), theme));
    spans.push(Span::raw(format!("  {}", text::cut(&made_by, room))));
    Some(Row::new(spans).to(Jump::Layer(side, index)))
}

fn layer_sizes(report: &DriftReport, row: &LayerRow) -> (u64, u64) {
    let (left, right) = row.sides(report);
    let size = |layer: Option<&LayerFacts>| layer.map_or(0, |layer| layer.size);
    (size(left), size(right))
}

/// The packages that grew or shrank most, each a link.
#[must_use]
pub(super) fn packages(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let mut changed: Vec<(usize, &PackageRow)> =
        report.packages.iter().enumerate().filter(|(_, row)| grew(row.sizes()) > 0).collect();
    changed.sort_by_key(|(_, row)| Reverse(grew(row.sizes())));
    let mut rows = titled("Packages that grew or shrank most", changed.is_empty(), theme);
    rows.extend(changed.into_iter().take(MOST).filter_map(|(at, row)| package(at, row, width, theme)));
    rows
}

fn package(at: usize, row: &PackageRow, width: u16, theme: Theme) -> Option<Row> {
    let package = row.either()?;
    let (sign, style) =
        row.change.map_or((' ', theme.style(Role::Text)), |how| (how.sign(), theme.style(move_role(how))));
    let (left, right) = row.sizes();
    let name_room = (usize::from(width) * 2 / 5).min(26);
    let name = text::pad(&text::middle(&visible(&package.name), name_room), name_room);
    Some(
        Row::new(vec![
            Span::styled(format!("{sign} "), style),
            Span::raw(name),
            Span::styled(format!(" {}", text::pad(package.ecosystem.as_str(), 5)), theme.style(Role::Muted)),
            delta((left, right), theme),
            Span::styled(
                format!("  {} {} {}", text::bytes(left), signs::ARROW, text::bytes(right)),
                theme.style(Role::Muted),
            ),
        ])
        .to(Jump::Package(at)),
    )
}

fn grew((left, right): (u64, u64)) -> u64 {
    left.abs_diff(right)
}

/// The signed difference, in the colour of the side that has more.
fn delta((left, right): (u64, u64), theme: Theme) -> Span<'static> {
    Span::styled(text::pad_left(&text::delta(left, right), DELTA), theme.style(delta_role(left, right)))
}

fn titled(title: &'static str, nothing: bool, theme: Theme) -> Vec<Row> {
    if nothing { Vec::new() } else { vec![Row::heading(title, theme)] }
}
