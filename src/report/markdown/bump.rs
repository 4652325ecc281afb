//! A bump of a base image for its pull request: "May I merge this?", the security packages, and the rest in short.

use std::io;

use super::page::{Page, Row, head};
use super::{config, of_both, package_row, to_read, warnings};
use crate::compare::bump::{AppReport, BumpReport};
use crate::model::ImageFacts;
use crate::report::figures::{bytes, change, count, plural};
use crate::report::{ReportOptions, bump as told};

/// Bytes that each list may take.
mod share {
    pub(super) const PACKAGES: usize = 14_000;
    pub(super) const APP: usize = 6_000;
    pub(super) const GONE: usize = 6_000;
    pub(super) const BLIND: usize = 2_000;
}

pub(super) fn write_bump(
    bump: &BumpReport<'_>,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let drift = bump.drift;
    let mut page = Page::new(options.all);
    let answer = page.prose(&told::answer(bump));
    page.paragraph(&format!("## May I merge this? {answer}"));
    let headline = page.prose(&drift.headline());
    page.paragraph(&format!("{}. Verdict: **{headline}**.", told::summary(drift)));
    of_both(&mut page, drift);
    images(&mut page, bump);
    let (security, others): (Vec<_>, Vec<_>) =
        told::packages(drift, false).into_iter().partition(|line| line.fixes.security);
    for (heading, lines) in [("Security uploads", security), ("Other packages", others)] {
        let rows: Vec<_> = lines.iter().map(|line| package_row(&page, line)).collect();
        let heading = format!("### {heading}: {}", count(rows.len()));
        page.list(&heading, &head(["", "package", "change", "version", "fixes named"]), &rows, share::PACKAGES);
    }
    blind(&mut page, bump);
    to_read(&mut page, drift, options.strict);
    if let Some(app) = &bump.app {
        of_app(&mut page, app);
    }
    gone(&mut page, bump);
    config(&mut page, drift, ["old", "new"]);
    warnings(&mut page, &told::warnings(drift), "###");
    if let Some(app) = &bump.app {
        let rows: Vec<_> = app.warnings.iter().map(|warning| Row::of_list(&page.code(warning))).collect();
        page.list("### Not looked into in the app", "", &rows, share::BLIND);
    }
    page.paragraph(concat!("Made by ", env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), "."));
    out.write_all(page.finish().as_bytes())
}

fn images(page: &mut Page, bump: &BumpReport<'_>) {
    let row = |page: &Page, name: &str, facts: &ImageFacts, size: String| {
        let digest = page.code(&facts.image_digest.to_string());
        Row::of_table([name.to_owned(), page.code(&facts.reference), digest, count(facts.package_count), size])
    };
    let (old, new) = (&bump.drift.left, &bump.drift.right);
    let growth = format!("{} ({})", bytes(new.size), change(old.size, new.size));
    let mut rows = vec![row(page, "old", old, bytes(old.size)), row(page, "new", new, growth)];
    if let Some(app) = &bump.app {
        rows.push(row(page, "app", &app.facts, bytes(app.facts.size)));
    }
    let heading = match &bump.app {
        Some(app) => format!("The app: {}.", page.prose(&app.standing.evidence)),
        None => "The images:".to_owned(),
    };
    page.list(&heading, &head(["", "image", "digest", "packages", "size"]), &rows, usize::MAX);
}

fn blind(page: &mut Page, bump: &BumpReport<'_>) {
    let names = told::without_changelog(bump.drift);
    let rows: Vec<_> = names.iter().map(|name| Row::of_list(&page.code(name))).collect();
    let heading = format!("### No changelog to look in: {}", plural(rows.len(), "package"));
    page.list(&heading, "", &rows, share::BLIND);
}

/// What stands in the bump's way in the app's own layers.
fn of_app(page: &mut Page, app: &AppReport) {
    let mut rows = Vec::new();
    for library in &app.libraries {
        rows.push(Row::of_table([
            library.state.as_str().to_owned(),
            page.code(&library.soname),
            page.code(library.package.as_deref().unwrap_or_default()),
            page.code(&told::versions(library.old.as_deref(), library.new.as_deref())),
            page.code(&told::users(library)),
        ]));
    }
    let heading = format!("### Libraries of the base that the app is linked to: {}", count(rows.len()));
    page.list(&heading, &head(["", "library", "package", "version", "asked for by"]), &rows, share::APP);

    let mut rows = Vec::new();
    for held in &app.held {
        rows.push(Row::of_table([
            page.code(&held.package),
            page.code(&told::versions(held.old.as_deref(), held.new.as_deref())),
            page.prose(&told::held_words(held)),
            page.code(&told::layer(held.layer, held.instruction.as_deref())),
        ]));
    }
    let heading = format!("### Packages that the app keeps or brings itself: {}", count(rows.len()));
    page.list(&heading, &head(["package", "the base", "the app", "layer"]), &rows, share::APP);

    let mut rows = Vec::new();
    for touched in &app.files {
        rows.push(Row::of_table([
            page.code(&touched.path.to_string()),
            page.prose(&told::touched_words(touched)),
            page.code(&told::layer(Some(touched.layer), touched.instruction.as_deref())),
        ]));
    }
    let heading = format!("### The app's own where the bump changes something: {}", plural(rows.len(), "path"));
    page.list(&heading, &head(["path", "the app", "layer"]), &rows, share::APP);
}

fn gone(page: &mut Page, bump: &BumpReport<'_>) {
    let lines = told::gone(bump.drift, !page.all());
    let row = |gone: &told::GoneLine<'_>| {
        let folded = if gone.line.is_folded { plural(gone.line.covers, "path") } else { String::new() };
        let owner = page.code(gone.line.drift.owner.as_deref().unwrap_or_default());
        Row::of_table([page.code(&gone.line.path), folded, owner, gone.why.words().to_owned()])
            .covering(gone.line.covers)
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let heading = format!("### Gone: {}", plural(told::gone_paths(&lines), "path"));
    page.list(&heading, &head(["path", "", "owner", "why"]), &rows, share::GONE);
}
