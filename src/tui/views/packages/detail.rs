//! One package on both sides, with the files that changed.

use ratatui::text::Span;

use super::arrange::Group;
use super::changelog::Changelogs;
use super::version::Step;
use crate::compare::{DriftReport, PackageRow};
use crate::model::text::visible;
use crate::model::{Package, RecordedHash, Side};
use crate::tui::Jump;
use crate::tui::document::{Field, Row, list, table};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, move_role, signs};
use crate::tui::views::rows::{and_more, changed_files, layer_row};

/// The most files listed; the Files view has them all.
const MOST_FILES: usize = 500;

/// The package at this position in `report.packages`.
#[must_use]
pub fn package(report: &DriftReport, at: usize, changelogs: &Changelogs, width: u16, theme: Theme) -> Vec<Row> {
    let Some(row) = report.packages.get(at) else { return Vec::new() };
    let mut rows = if report.alone { Vec::new() } else { vec![moved(row, theme)] };
    rows.extend(changelogs.summary(at, theme));
    if let Some(summary) = row.either().and_then(|package| package.summary.as_deref()) {
        let words = visible(summary).into_owned();
        rows.push(Row::styled(words, Role::Muted, theme).wrapped(0));
    }
    rows.push(Row::default());
    match &row.right {
        Some(package) if report.alone => {
            rows.extend(list(&FIELDS, package.as_ref(), theme));
            rows.push(layer_row(report, Side::Right, package.layer, width, theme));
        }
        _ => rows.extend(sides(report, row, width, theme)),
    }
    rows.push(Row::default());
    rows.extend(required_by(report, at, theme));
    if report.alone {
        rows.extend(owned(report, row, width, theme));
    } else {
        rows.extend(files(report, row, width, theme));
        rows.extend(changelogs.rows(row, at, theme));
    }
    rows
}

/// The files that the package of one image owns, each a way to the Files view.
fn owned(report: &DriftReport, row: &PackageRow, width: u16, theme: Theme) -> Vec<Row> {
    let files = row.right.as_ref().map(|package| package.files.as_slice()).unwrap_or_default();
    let mut rows = vec![Row::heading(text::plural(files.len(), "file", "files"), theme)];
    for file in files.iter().take(MOST_FILES) {
        let path = file.path.to_string();
        let row = Row::new(vec![Span::raw(text::cut_path(&path, usize::from(width)).into_owned())]);
        rows.push(match report.files.position(&file.path) {
            Some(at) => row.to(Jump::File(at)),
            None => row,
        });
    }
    rows.extend(and_more(files.len(), MOST_FILES, theme));
    rows
}

/// The packages that need it, on either side, each a way to its own detail.
fn required_by(report: &DriftReport, at: usize, theme: Theme) -> Vec<Row> {
    /// Packages named before the rest is a number.
    const MOST: usize = 12;
    let (left, right) = (report.requirers(at, Side::Left), report.requirers(at, Side::Right));
    let mut all: Vec<usize> = left.iter().chain(&right).copied().collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return Vec::new();
    }
    let words = text::plural(all.len(), "package", "packages");
    let mut rows = vec![Row::heading(format!("required by {words}"), theme)];
    // Where the package itself is new or gone, so is every need of it.
    let is_on_both = report.packages.get(at).is_some_and(|row| row.left.is_some() && row.right.is_some());
    for other in all.iter().take(MOST) {
        let Some(package) = report.packages.get(*other).and_then(PackageRow::either) else { continue };
        let (sign, role) = match (left.contains(other), right.contains(other)) {
            (false, true) if is_on_both => ('+', Role::Right),
            (true, false) if is_on_both => ('-', Role::Left),
            _ => (' ', Role::Muted),
        };
        let name = Span::raw(visible(&package.name).into_owned());
        rows.push(Row::new(vec![Span::styled(format!("{sign} "), theme.style(role)), name]).to(Jump::Package(*other)));
    }
    if all.len() > MOST {
        let words = format!("  and {} more", text::count((all.len() - MOST) as u64));
        rows.push(Row::styled(words, Role::Muted, theme));
    }
    rows.push(Row::default());
    rows
}

/// A source package: its binary packages, each a way to its own detail.
#[must_use]
pub fn group(report: &DriftReport, group: &Group, theme: Theme) -> Vec<Row> {
    let words = text::plural(group.members.len(), "package", "packages");
    let mut rows = vec![Row::heading(format!("source package, {words}"), theme)];
    for at in &group.members {
        let Some(row) = report.packages.get(*at) else { continue };
        let Some(package) = row.either() else { continue };
        let style = theme.style(row.change.map_or(Role::Muted, move_role));
        let sign = row.change.map_or(' ', crate::model::PackageMove::sign);
        rows.push(
            Row::new(vec![
                Span::styled(format!("{sign} "), style),
                Span::raw(visible(&package.name).into_owned()),
                Span::styled(
                    format!("  {} changed", text::plural(row.files.len(), "file", "files")),
                    theme.style(Role::Muted),
                ),
            ])
            .to(Jump::Package(*at)),
        );
    }
    rows
}

fn moved(row: &PackageRow, theme: Theme) -> Row {
    let Some(change) = row.change else {
        return Row::styled("did not move", Role::Muted, theme);
    };
    let mut spans =
        vec![Span::styled(format!("{} {}", change.sign(), change.as_str()), theme.style(move_role(change)))];
    if let (Some(left), Some(right)) = (&row.left, &row.right) {
        let step = Step::of(row).map_or("", Step::as_str);
        let versions = format!("{} {} {}", visible(&left.version), signs::ARROW, visible(&right.version));
        spans.push(Span::styled(format!(", {step}: "), theme.style(Role::Muted)));
        spans.push(Span::raw(versions));
    }
    Row::new(spans).wrapped(2)
}

/// Everything known of a package.
const FIELDS: [Field<Package>; 12] = [
    ("name", |package| package.name.clone()),
    ("version", |package| package.version.clone()),
    ("source", |package| {
        package.source.as_ref().map(|source| format!("{} {}", source.name, source.version)).unwrap_or_default()
    }),
    ("arch", |package| package.arch.clone().unwrap_or_default()),
    ("location", |package| package.location.as_ref().map(ToString::to_string).unwrap_or_default()),
    ("owner", |package| package.owner.clone().unwrap_or_default()),
    ("size", |package| text::bytes(package.size)),
    ("installed", |package| match package.automatic {
        Some(true) => "as a dependency".to_owned(),
        Some(false) => "on request".to_owned(),
        None => String::new(),
    }),
    ("installer", |package| package.installer.clone().unwrap_or_default()),
    ("origin", |package| package.origin.clone().unwrap_or_default()),
    ("state", |package| package.state.clone().unwrap_or_default()),
    ("hashes", hashes),
];

/// Everything known of both sides, row by row, and the layers they came from.
fn sides(report: &DriftReport, row: &PackageRow, width: u16, theme: Theme) -> Vec<Row> {
    let rows = table(&FIELDS, row.left.as_deref(), row.right.as_deref(), width, theme);
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    for (side, package) in [(Side::Left, &row.left), (Side::Right, &row.right)] {
        if let Some(package) = package {
            rows.push(layer_row(report, side, package.layer, width, theme));
        }
    }
    rows
}

/// How many of its files the package records a hash for.
fn hashes(package: &Package) -> String {
    let recorded = package.files.iter().filter(|file| file.recorded != RecordedHash::None).count();
    format!("{} of {}", text::count(recorded as u64), text::plural(package.files.len(), "file", "files"))
}

fn files(report: &DriftReport, row: &PackageRow, width: u16, theme: Theme) -> Vec<Row> {
    let title = text::plural(row.files.len(), "changed file", "changed files");
    let mut rows = vec![Row::heading(title, theme)];
    rows.extend(changed_files(report, &row.files, MOST_FILES, width, theme));
    rows
}
