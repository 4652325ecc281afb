//! One image: what `inspect`, `inspect --find` and `digest` write.

use std::io;

use super::page::{Page, Row, head};
use super::{base, checklist, completeness, findings, locks, outline, review, rule_files, share, told_by, warnings};
use crate::model::text::{instruction, visible_bytes};
use crate::model::{FileAt, Gap, ImageFacts, Inspection, LayerFacts, Package, SearchResult};
use crate::report::ReportOptions;
use crate::report::figures::{bytes, count, permissions, plural};

pub(super) fn write_inspection(
    inspection: &Inspection,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(options.all);
    let facts = &inspection.facts;
    let rows = about(&page, facts);
    let heading = format!("## imgdrift: {}", page.code(&facts.reference));
    page.list(&heading, &head(["", ""]), &rows, usize::MAX);
    let gaps: Vec<_> = inspection.gaps.iter().map(|gap| (gap, "", true)).collect();
    completeness(&mut page, &gaps);
    rule_files(&mut page, &inspection.rule_files, "naming");
    review(&mut page, &inspection.marked, "about");
    if !options.only_marked {
        contents(&mut page, inspection);
    }
    out.write_all(page.finish().as_bytes())
}

/// All that is in it.
fn contents(page: &mut Page, inspection: &Inspection) {
    findings(page, &inspection.findings);
    checklist::all(page, &inspection.checklist);
    warnings(page, &inspection.warnings, "###");
    locks::files(page, &inspection.locks);
    layers(page, &inspection.facts);
    let share = if inspection.files.is_some() { page.room() / 2 } else { page.room() };
    packages(page, inspection.packages.iter().map(AsRef::as_ref), share);
    let files = inspection.files.iter().flatten();
    let rows = files.map(|row| file_row(page, &row.path.to_string(), &row.file, row.owner.as_deref(), None));
    let rows: Vec<_> = rows.collect();
    files_list(page, &rows);
}

pub(super) fn write_search(
    search: &SearchResult,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(options.all);
    page.paragraph(&format!("## imgdrift: {}", page.code(&search.query)));
    if search.packages.is_empty() && search.files.is_empty() {
        page.paragraph("Not in this image.");
    }
    let half = page.room() / 2;
    packages(&mut page, search.packages.iter().map(AsRef::as_ref), half);
    let rows = search.files.iter().map(|found| {
        let instruction = found.instruction.as_deref();
        file_row(&page, &found.path.to_string(), &found.file, found.owner.as_deref(), instruction)
    });
    let rows: Vec<_> = rows.collect();
    files_list(&mut page, &rows);
    out.write_all(page.finish().as_bytes())
}

pub(super) fn write_digests(facts: &ImageFacts, gaps: &[Gap], out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(true);
    let rows = digests(&page, facts).map(|(name, digest)| Row::of_table([name.to_owned(), digest]));
    let heading = format!("The digests of {}:", page.code(&facts.reference));
    page.list(&heading, &head(["digest", ""]), &rows, usize::MAX);
    let gaps: Vec<_> = gaps.iter().map(|gap| (gap, "", true)).collect();
    completeness(&mut page, &gaps);
    out.write_all(page.finish().as_bytes())
}

fn digests(page: &Page, facts: &ImageFacts) -> [(&'static str, String); 3] {
    [
        ("image", page.code(&facts.image_digest.to_string())),
        ("content", page.code(&outline::marked_digest(facts.content_digest.to_string(), &facts.content_lacks))),
        (
            "dependencies",
            page.code(&outline::marked_digest(facts.dependencies_digest.to_string(), &facts.dependencies_lack)),
        ),
    ]
}

fn about(page: &Page, facts: &ImageFacts) -> Vec<Row> {
    let mut rows = vec![
        ("source", facts.source.to_owned()),
        ("platform", page.code(&facts.platform)),
        ("created", page.code(facts.created.as_deref().unwrap_or_default())),
    ];
    rows.extend(facts.distro.as_deref().map(|distro| ("distro", page.prose(distro))));
    rows.extend(
        facts.base.iter().flat_map(|of| [("base", base(page, of, facts)), ("base told by", told_by(page, of, facts))]),
    );
    rows.push(("size", bytes(facts.size)));
    rows.extend(facts.download_size.map(|size| ("download", bytes(size))));
    rows.push(("packages", count(facts.package_count)));
    rows.push(("paths", count(facts.file_count)));
    let rows = rows.into_iter().map(|(name, value)| Row::of_table([name.to_owned(), value]));
    let digests = digests(page, facts).map(|(name, value)| Row::of_table([format!("{name} digest"), value]));
    rows.chain(digests).collect()
}

fn layers(page: &mut Page, facts: &ImageFacts) {
    let row = |layer: &LayerFacts| {
        Row::of_table([
            layer.index.to_string(),
            page.code(&layer.diff_id.short()),
            bytes(layer.size),
            page.code(&instruction(layer.created_by.as_deref().unwrap_or_default())),
        ])
    };
    let rows: Vec<_> = facts.layers.iter().map(row).collect();
    page.list("### Layers", &head(["", "diff id", "size", "instruction"]), &rows, share::LAYERS);
}

fn packages<'a>(page: &mut Page, packages: impl Iterator<Item = &'a Package>, share: usize) {
    let row = |package: &Package| {
        let place = match (&package.arch, &package.location) {
            (_, Some(location)) => page.code(&location.to_string()),
            (Some(arch), None) => page.code(arch),
            (None, None) => String::new(),
        };
        Row::of_table([
            package.ecosystem.to_string(),
            page.code(&package.name),
            page.code(&package.version),
            bytes(package.size),
            package.layer.to_string(),
            place,
        ])
    };
    let rows: Vec<_> = packages.map(row).collect();
    let heading = format!("### Packages: {}", count(rows.len()));
    page.list(&heading, &head(["", "package", "version", "size", "layer", "arch or place"]), &rows, share);
}

fn files_list(page: &mut Page, rows: &[Row]) {
    let columns = head(["mode", "size", "path", "layer", "owner", "instruction"]);
    let room = page.room();
    page.list(&format!("### Files: {}", plural(rows.len(), "path")), &columns, rows, room);
}

fn file_row(page: &Page, path: &str, file: &FileAt, owner: Option<&str>, instruction: Option<&str>) -> Row {
    let entry = &file.entry;
    let path = match &entry.link {
        Some(target) => format!("{} → {}", page.code(path), page.code(&visible_bytes(target))),
        None => page.code(path),
    };
    Row::of_table([
        page.code(&permissions(entry)),
        entry.size.to_string(),
        path,
        file.layer.to_string(),
        page.code(owner.unwrap_or_default()),
        page.code(instruction.unwrap_or_default()),
    ])
}
