//! One image on its own: what it holds, and what of it is large.

use std::cmp::Reverse;

use ratatui::text::Span;

use super::page::{completeness, rule_files};
use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Severity, Side};
use crate::tui::Jump;
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// Rows of each table.
const MOST: usize = 5;
const SIZE: usize = 9;

/// The image in two sentences.
pub(super) fn summary(report: &DriftReport, theme: Theme) -> Vec<Row> {
    let image = &report.right;
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let found = format!(
        "{} and {}.",
        text::plural(count(Severity::Alarm), "alarm", "alarms"),
        text::plural(count(Severity::Warning), "warning", "warnings")
    );
    let holds = format!(
        "{} in {}, {} in {}.",
        text::bytes(image.size),
        text::plural(image.layers.len(), "layer", "layers"),
        text::plural(image.package_count, "package", "packages"),
        text::plural(image.file_count, "path", "paths"),
    );
    let mut rows =
        vec![Row::styled(found, Role::Strong, theme).wrapped(2), Row::styled(holds, Role::Muted, theme).wrapped(2)];
    rows.extend(completeness(report, theme));
    rows.extend(rule_files(report, "naming", theme));
    rows
}

/// The largest layers, each a link.
pub(super) fn layers(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let mut layers: Vec<_> = report.right.layers.iter().collect();
    layers.sort_by_key(|layer| Reverse(layer.size));
    let row = |layer: &&crate::model::LayerFacts| {
        let made_by = text::instruction(layer.created_by.as_deref());
        sized(&format!("#{}", layer.index), 5, layer.size, &made_by, width, theme)
            .to(Jump::Layer(Side::Right, layer.index))
    };
    titled("Largest layers", layers.iter().take(MOST).map(row), theme)
}

/// The largest packages, each a link.
pub(super) fn packages(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let packages = report.packages.iter().enumerate();
    let mut packages: Vec<_> =
        packages.filter_map(|(at, row)| row.right.as_ref().map(|package| (at, package))).collect();
    packages.sort_by_key(|(_, package)| Reverse(package.size));
    let row = |(at, package): &(usize, &std::sync::Arc<crate::model::Package>)| {
        let name_room = (usize::from(width) * 2 / 5).min(26);
        let version = format!("{} {}", package.ecosystem, visible(&package.version));
        sized(&visible(&package.name), name_room, package.size, &version, width, theme).to(Jump::Package(*at))
    };
    titled("Largest packages", packages.iter().take(MOST).map(row), theme)
}

fn sized(name: &str, name_room: usize, size: u64, what: &str, width: u16, theme: Theme) -> Row {
    let room = usize::from(width).saturating_sub(name_room + SIZE + 2);
    Row::new(vec![
        Span::raw(text::pad(&text::middle(name, name_room), name_room)),
        Span::raw(text::pad_left(&text::bytes(size), SIZE)),
        Span::styled(format!("  {}", text::cut(what, room)), theme.style(Role::Muted)),
    ])
}

fn titled(title: &'static str, rows: impl Iterator<Item = Row>, theme: Theme) -> Vec<Row> {
    let rows: Vec<Row> = rows.collect();
    if rows.is_empty() { rows } else { std::iter::once(Row::heading(title, theme)).chain(rows).collect() }
}
