//! One finding: why it matters, what can be done, and the way to its files and its package.

use std::sync::Arc;

use ratatui::text::Span;

use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Finding, FindingDrift, ImagePath, Package};
use crate::tui::Jump;
use crate::tui::document::{Row, lines};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, severity_role};
use crate::tui::views::rows::{and_more, layer_row};

/// The finding with everything known of it.
#[must_use]
pub fn finding(report: &DriftReport, finding: &Finding, width: u16, theme: Theme) -> Vec<Row> {
    let standing = if report.alone { String::new() } else { format!(", {}", standing(finding)) };
    let mut rows = vec![
        Row::styled(visible(&finding.subject).into_owned(), Role::Strong, theme).wrapped(2),
        Row::new(vec![
            Span::styled(finding.severity.as_str(), theme.style(severity_role(finding.severity))),
            Span::styled(standing, theme.style(Role::Muted)),
        ])
        .wrapped(2),
        Row::default(),
        Row::heading("Why it matters", theme),
    ];
    rows.extend(lines(&finding.message));
    if let Some(fix) = &finding.fix {
        rows.push(Row::default());
        rows.push(Row::heading("What the Dockerfile can do", theme));
        rows.extend(lines(fix));
    }
    if let Some(package) = &finding.package {
        rows.push(Row::default());
        rows.push(Row::heading("Package", theme));
        rows.push(to_package(report, package));
    }
    rows.extend(layers(report, finding, width, theme));
    rows.extend(files(report, finding, theme));
    rows
}

/// The instructions that made the files, each a way to its layer.
fn layers(report: &DriftReport, finding: &Finding, width: u16, theme: Theme) -> Vec<Row> {
    if finding.layers.is_empty() {
        return Vec::new();
    }
    let rows = finding.layers.iter().map(|layer| layer_row(report, finding.side, *layer, width, theme));
    [Row::default(), Row::heading("Made by", theme)].into_iter().chain(rows).collect()
}

fn standing(finding: &Finding) -> &'static str {
    match finding.drift {
        Some(FindingDrift::New) => "new: only the right image has it",
        Some(FindingDrift::Same) => "the same in both images",
        Some(FindingDrift::Gone) => "gone: only the left image has it",
        None => "found by the comparison",
    }
}

fn to_package(report: &DriftReport, package: &Arc<Package>) -> Row {
    let is_it = |side: &Option<Arc<Package>>| side.as_ref().is_some_and(|known| Arc::ptr_eq(known, package));
    let at = report.packages.iter().position(|row| is_it(&row.right) || is_it(&row.left));
    let words = format!("{} {}", package.label(), package.version);
    let row = Row::new(vec![Span::raw(visible(&words).into_owned())]);
    at.map_or(row.clone(), |at| row.to(Jump::Package(at)))
}

/// The files, each a way to its own detail where the image still has it.
fn files(report: &DriftReport, finding: &Finding, theme: Theme) -> Vec<Row> {
    if finding.paths.is_empty() {
        return Vec::new();
    }
    let title = text::plural(finding.count, "file", "files");
    let mut rows = vec![Row::default(), Row::heading(title, theme)];
    for (at, path) in finding.paths.iter().enumerate() {
        rows.push(to_file(report, path, theme));
        let words = finding.hashes.get(at).map(|hashes| hashes.words(false)).filter(|words| !words.is_empty());
        rows.extend(words.map(|words| Row::styled(format!("  {words}"), Role::Muted, theme).wrapped(2)));
    }
    rows.extend(and_more(finding.count, finding.paths.len(), theme));
    rows
}

fn to_file(report: &DriftReport, path: &ImagePath, theme: Theme) -> Row {
    match report.files.position(path) {
        Some(at) => Row::new(vec![Span::raw(path.to_string())]).to(Jump::File(at)),
        None => Row::styled(path.to_string(), Role::Muted, theme),
    }
}
