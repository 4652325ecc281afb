//! A bump of a base image in a log: the answer first, then what a reviewer must read.

use std::io;

use super::page::{Page, Paint, Row, Section};
use super::{config, identity, of_both, package_row, to_read, verdict_paint, warnings};
use crate::compare::bump::{AppReport, BumpReport, LibraryState, Reply};
use crate::model::text::visible;
use crate::report::figures::{count, plural};
use crate::report::{ReportOptions, bump as told};

/// Lines of a report, unless everything is asked for.
const LINES: usize = 60;

pub(super) fn write_bump(
    bump: &BumpReport<'_>,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let drift = bump.drift;
    let mut page = Page::new(*options, out);
    let paint = match bump.answer.reply {
        Reply::Yes => Paint::Good,
        Reply::Look => Paint::Notable,
        Reply::No => Paint::Bad,
    };
    page.line(paint, &format!("May I merge this? {}", visible(&told::answer(bump))))?;
    page.line(verdict_paint(drift.verdict), &drift.first_line())?;
    page.line(Paint::Plain, "")?;
    let mut head =
        vec![Row::new(["old".into(), identity(&drift.left)]), Row::new(["new".into(), identity(&drift.right)])];
    if let Some(app) = &bump.app {
        head.push(Row::new(["app".into(), identity(&app.facts)]));
        head.push(Row::new([String::new(), visible(&standing(app)).into_owned()]));
    }
    head.push(Row::new(["moves".into(), told::summary(drift)]));
    page.rows(&head)?;
    let incomplete = of_both(drift);
    page.uncut(&incomplete)?;
    let sections: Vec<_> =
        sections(bump, options.all, options.strict).into_iter().filter(|section| !section.is_empty()).collect();
    let spent = 3 + head.len() + incomplete.rows.len();
    page.sections(&sections, (!options.all).then(|| LINES.saturating_sub(spent)))
}

fn standing(app: &AppReport) -> String {
    let own = app.standing.layers.map_or_else(String::new, |base| {
        format!("; {} of its own", plural(app.facts.layers.len().saturating_sub(base), "layer"))
    });
    format!("{}{own}", app.standing.evidence)
}

fn sections(bump: &BumpReport<'_>, all: bool, strict: bool) -> Vec<Section> {
    let drift = bump.drift;
    let packages = told::packages(drift, !all).into_iter().map(|line| package_row(&line, !all)).collect();
    let mut sections = vec![
        to_read(drift, strict, !all),
        Section { title: "packages, security first".to_owned(), rows: packages, weight: 3 },
        blind(bump, all),
    ];
    if let Some(app) = &bump.app {
        sections.extend([libraries(app, all), held(app), files(app)]);
    }
    sections.push(gone(bump, all));
    sections.push(config(drift, all));
    sections.push(warnings(&told::warnings(drift)));
    if let Some(app) = &bump.app {
        sections.push(Section { title: "not looked into in the app".to_owned(), ..warnings(&app.warnings) });
    }
    sections
}

/// Packages that moved with nothing to say why.
fn blind(bump: &BumpReport<'_>, all: bool) -> Section {
    const NAMES: usize = 12;
    let names = told::without_changelog(bump.drift);
    let shown = if all { names.len() } else { NAMES.min(names.len()) };
    let mut row = names.get(..shown).unwrap_or_default().join(", ");
    if shown < names.len() {
        row = format!("{row}, {} more", count(names.len() - shown));
    }
    let rows = if names.is_empty() { Vec::new() } else { vec![Row::new([visible(&row).into_owned()])] };
    Section { title: format!("no changelog to look in: {}", plural(names.len(), "package")), rows, weight: 1 }
}

fn gone(bump: &BumpReport<'_>, all: bool) -> Section {
    let lines = told::gone(bump.drift, !all);
    let row = |gone: &told::GoneLine<'_>| {
        let folded = gone.line.is_folded.then(|| plural(gone.line.covers, "path"));
        let owner = gone.line.drift.owner.as_deref().map(str::to_owned);
        let about = [Some(gone.why.words().to_owned()), owner, folded].into_iter().flatten().collect::<Vec<_>>();
        let paint = if gone.why == told::Gone::Unexplained { Paint::Notable } else { Paint::Plain };
        let about = visible(&about.join(", ")).into_owned();
        Row::new([gone.line.path.clone(), about]).covering(gone.line.covers).painted(paint)
    };
    let title = format!("gone: {}", plural(told::gone_paths(&lines), "path"));
    Section { title, rows: lines.iter().map(row).collect(), weight: 1 }
}

fn libraries(app: &AppReport, all: bool) -> Section {
    let mut rows = Vec::new();
    for library in &app.libraries {
        let paint = if library.state == LibraryState::Gone { Paint::Bad } else { Paint::Plain };
        let owner = library.package.clone().unwrap_or_default();
        let about = [
            library.state.as_str().to_owned(),
            library.soname.clone(),
            owner,
            told::versions(library.old.as_deref(), library.new.as_deref()),
            told::users(library),
        ];
        rows.push(Row::new(about.map(|cell| visible(&cell).into_owned())).painted(paint));
        let users = library.users.iter().skip(1).filter(|_| all);
        rows.extend(users.map(|path| Row::new([String::new(), path.to_string()]).covering(0)));
    }
    let title = format!("libraries of the base that the app is linked to: {}", count(app.libraries.len()));
    Section { title, rows, weight: 2 }
}

fn held(app: &AppReport) -> Section {
    let row = |held: &crate::compare::bump::Held| {
        let cells = [
            held.package.clone(),
            told::versions(held.old.as_deref(), held.new.as_deref()),
            told::held_words(held),
            told::layer(held.layer, held.instruction.as_deref()),
        ];
        Row::new(cells.map(|cell| visible(&cell).into_owned())).painted(Paint::Notable)
    };
    let title = format!("packages that the app keeps or brings itself: {}", count(app.held.len()));
    Section { title, rows: app.held.iter().map(row).collect(), weight: 2 }
}

fn files(app: &AppReport) -> Section {
    let row = |touched: &crate::compare::bump::Touched| {
        let about = [
            touched.path.to_string(),
            visible(&told::touched_words(touched)).into_owned(),
            visible(&told::layer(Some(touched.layer), touched.instruction.as_deref())).into_owned(),
        ];
        Row::new(about).painted(Paint::Notable)
    };
    let title = format!("the app's own where the bump changes something: {}", plural(app.files.len(), "path"));
    Section { title, rows: app.files.iter().map(row).collect(), weight: 2 }
}
