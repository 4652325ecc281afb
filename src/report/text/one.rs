//! One image: what `inspect`, `inspect --find` and `digest` print.

use std::collections::BTreeMap;
use std::io;

use super::page::{Page, Paint, Row, Section};
use super::{checklist, completeness, findings, identity, locks, outline, review, rule_file, warnings};
use crate::model::text::{instruction, visible, visible_bytes};
use crate::model::{FileAt, FileOf, Gap, ImageFacts, Inspection, LayerFacts, Package, SearchResult};
use crate::report::ReportOptions;
use crate::report::figures::{bytes, count, permissions, plural};

pub(super) fn write_inspection(
    inspection: &Inspection,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(*options, out);
    let facts = &inspection.facts;
    page.line(Paint::Title, &identity(facts))?;
    let mut rows = Vec::new();
    rows.extend(facts.distro.as_deref().map(|distro| key("distro", visible(distro).into_owned())));
    rows.extend(base_rows(facts));
    rows.extend(facts.download_size.map(|size| key("download", bytes(size))));
    rows.extend(digest_rows(facts));
    rows.extend(inspection.rule_files.iter().map(|used| rule_file(used, "naming")));
    page.rows(&rows)?;
    page.uncut(&completeness(&mut inspection.gaps.iter().map(|gap| (gap, String::new(), true))))?;
    page.uncut(&review(&inspection.marked))?;
    if options.only_marked {
        return Ok(());
    }
    let files = inspection.files.as_ref().map(|files| Section {
        title: format!("files: {}", plural(files.len(), "path")),
        rows: files.iter().map(listed_file).collect(),
        weight: 1,
    });
    let mut sections = vec![
        findings(&inspection.findings, options.all),
        locks::files(&inspection.locks),
        checklist::all(&inspection.checklist),
        layers(&facts.layers),
    ];
    sections.push(packages(inspection.packages.iter().map(AsRef::as_ref)));
    sections.extend(files);
    sections.push(warnings(&inspection.warnings));
    sections.retain(|section| !section.is_empty());
    page.sections(&sections, None)
}

/// The base, and all that says something of it.
fn base_rows(facts: &ImageFacts) -> Vec<Row> {
    let Some(base) = &facts.base else { return vec![key("base", "unknown".to_owned())] };
    let name = base.reference().unwrap_or_else(|| "an unknown image".to_owned());
    let about = outline::about_base(base, facts.layers.len());
    let mut rows = vec![key("base", visible(&format!("{name}: {about}")).into_owned())];
    rows.extend(base.words().map(|words| key("", visible(words).into_owned())));
    rows
}

pub(super) fn write_search(
    search: &SearchResult,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(*options, out);
    if search.packages.is_empty() && search.files.is_empty() {
        return page.line(Paint::Notable, &format!("{}: not in this image", visible(&search.query)));
    }
    // Each layer's instruction once, however many of its files were found.
    let layers: BTreeMap<_, _> =
        search.files.iter().map(|found| (found.file.layer, found.instruction.as_deref())).collect();
    let layer = |(index, instruction): (u32, Option<&str>)| {
        Row::new([index.to_string(), visible(instruction.unwrap_or("no instruction known")).into_owned()])
    };
    let files = search.files.iter().map(|found| file_row(&found.path.to_string(), &found.file, found.owner.as_deref()));
    let mut sections = vec![
        packages(search.packages.iter().map(AsRef::as_ref)),
        Section { title: format!("files: {}", count(search.files.len())), rows: files.collect(), weight: 1 },
        Section { title: "layers".to_owned(), rows: layers.into_iter().map(layer).collect(), weight: 1 },
    ];
    sections.retain(|section| !section.is_empty());
    page.sections(&sections, None)
}

pub(super) fn write_digests(facts: &ImageFacts, gaps: &[Gap], out: &mut dyn io::Write) -> io::Result<()> {
    for (name, digest) in digests(facts) {
        writeln!(out, "{name:<12}  {digest}")?;
    }
    for gap in gaps {
        writeln!(out, "{:<12}  {}", "incomplete", visible(&gap.why))?;
    }
    Ok(())
}

fn digests(facts: &ImageFacts) -> [(&'static str, String); 3] {
    [
        ("image", facts.image_digest.to_string()),
        ("content", outline::marked_digest(facts.content_digest.to_string(), &facts.content_lacks)),
        ("dependencies", outline::marked_digest(facts.dependencies_digest.to_string(), &facts.dependencies_lack)),
    ]
}

fn digest_rows(facts: &ImageFacts) -> impl Iterator<Item = Row> {
    digests(facts).into_iter().map(|(name, digest)| key(&format!("{name} digest"), digest))
}

fn key(name: &str, value: String) -> Row {
    Row::new([name.to_owned(), value])
}

fn layers(layers: &[LayerFacts]) -> Section {
    let row = |layer: &LayerFacts| {
        Row::new([
            layer.index.to_string(),
            layer.diff_id.short(),
            bytes(layer.size),
            format!("{} in tar", count(layer.entries)),
            instruction(layer.created_by.as_deref().unwrap_or_default()),
        ])
    };
    Section { title: format!("layers: {}", count(layers.len())), rows: layers.iter().map(row).collect(), weight: 1 }
}

fn packages<'a>(packages: impl Iterator<Item = &'a Package>) -> Section {
    let row = |package: &Package| {
        let place = match (&package.arch, &package.location) {
            (_, Some(location)) => location.to_string(),
            (Some(arch), None) => visible(arch).into_owned(),
            (None, None) => String::new(),
        };
        let owner = package.owner.as_ref().map_or_else(String::new, |owner| format!("owned by {}", visible(owner)));
        Row::new([
            package.ecosystem.to_string(),
            visible(&package.name).into_owned(),
            visible(&package.version).into_owned(),
            bytes(package.size),
            format!("layer {}", package.layer),
            place,
            owner,
        ])
    };
    let rows: Vec<_> = packages.map(row).collect();
    Section { title: format!("packages: {}", count(rows.len())), rows, weight: 1 }
}

fn listed_file(row: &FileOf) -> Row {
    file_row(&row.path.to_string(), &row.file, row.owner.as_deref())
}

fn file_row(path: &str, file: &FileAt, owner: Option<&str>) -> Row {
    let entry = &file.entry;
    let path = match &entry.link {
        Some(target) => format!("{path} -> {}", visible_bytes(target)),
        None => path.to_owned(),
    };
    Row::new([
        permissions(entry),
        format!("{}:{}", entry.uid, entry.gid),
        entry.size.to_string(),
        entry.sha256().map_or_else(String::new, |digest| digest.short()),
        format!("layer {}", file.layer),
        path,
        visible(owner.unwrap_or_default()).into_owned(),
    ])
}
