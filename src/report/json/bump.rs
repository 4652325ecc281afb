//! A bump of a base image in the JSON contract.

use std::io;

use super::{TOOL, config_change, counts, finding, gap, image, package_change, schema, write};
use crate::compare::bump::{AppReport, BumpReport, Held, Library, Touched};
use crate::model::ImagePath;
use crate::report::{ReportOptions, bump as told};

/// Users of one library that are named, unless everything is asked for.
const USERS: usize = 20;

pub(super) fn write_bump(
    bump: &BumpReport<'_>,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let drift = bump.drift;
    write(
        &schema::Bump {
            schema: schema::SCHEMA,
            tool: TOOL,
            answer: bump.answer.reply.as_str(),
            reasons: &bump.answer.reasons,
            verdict: drift.verdict.as_str(),
            headline: drift.headline(),
            counts: counts(drift),
            old: image(&drift.left),
            new: image(&drift.right),
            cves: told::cves(drift).into_iter().collect(),
            packages: drift.packages.iter().filter_map(|row| package_change(drift, row)).collect(),
            without_changelog: told::without_changelog(drift),
            removed: told::gone(drift, false).iter().map(removed).collect(),
            config: drift.config.iter().map(config_change).collect(),
            findings: drift.findings.iter().map(finding).collect(),
            warnings: told::warnings(drift),
            completeness: drift.completeness.iter().map(gap).collect(),
            app: bump.app.as_ref().map(|app| of_app(app, options.all)),
        },
        out,
    )
}

fn removed<'a>(gone: &told::GoneLine<'a>) -> schema::Removed<'a> {
    schema::Removed {
        path: gone.line.row.path.to_absolute(),
        why: gone.why.as_str(),
        explanation: gone.line.drift.explanation.as_str(),
        owner: gone.line.drift.owner.as_deref(),
    }
}

fn of_app(app: &AppReport, all: bool) -> schema::App<'_> {
    let most = if all { usize::MAX } else { USERS };
    schema::App {
        image: image(&app.facts),
        stands_on: app.standing.on.map(|side| match side {
            crate::model::Side::Left => "old",
            crate::model::Side::Right => "new",
        }),
        base_layers: app.standing.layers,
        evidence: &app.standing.evidence,
        files: app.files.iter().map(touched).collect(),
        packages: app.held.iter().map(held).collect(),
        libraries: app.libraries.iter().map(|library| linked(library, most)).collect(),
        warnings: &app.warnings,
    }
}

fn touched(row: &Touched) -> schema::Touched<'_> {
    schema::Touched {
        path: row.path.to_absolute(),
        action: row.action.as_str(),
        covers: row.covers,
        change: row.change.as_str(),
        owner: row.owner.as_deref(),
        layer: row.layer,
        instruction: row.instruction.as_deref(),
    }
}

fn held(row: &Held) -> schema::Held<'_> {
    schema::Held {
        package: &row.package,
        how: row.how.as_str(),
        wanted: row.wanted.as_deref(),
        old: row.old.as_deref(),
        new: row.new.as_deref(),
        by: row.by.as_deref(),
        layer: row.layer,
        instruction: row.instruction.as_deref(),
    }
}

fn linked(row: &Library, most: usize) -> schema::Library<'_> {
    schema::Library {
        soname: &row.soname,
        path: row.path.to_absolute(),
        state: row.state.as_str(),
        package: row.package.as_deref(),
        old: row.old.as_deref(),
        new: row.new.as_deref(),
        user_count: row.users.len(),
        users: row.users.iter().take(most).map(ImagePath::to_absolute).collect(),
    }
}
