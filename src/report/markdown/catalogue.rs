//! All masks and path rules, a table for each kind.

use std::io;

use super::page::{Page, Row, head};
use crate::model::{Catalogue, KnownRule, RuleKind};

pub(super) fn write_catalogue(catalogue: &Catalogue, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(true);
    page.paragraph("## imgdrift: what varies from build to build");
    page.paragraph(
        "A path that differs is held against the masks first, then against your own rules, then against those that come \
         with the program. What a mask or a derivation proves is called proven; what rests on a path alone, likely.",
    );
    for kind in RuleKind::ALL {
        let rules: Vec<&KnownRule> = catalogue.rules.iter().filter(|rule| rule.kind == kind).collect();
        let heading = format!("### {}", kind.title());
        if kind == RuleKind::Generated {
            let rows: Vec<Row> = rules.iter().map(|rule| generated(&page, rule)).collect();
            page.list(&heading, &head(["rule", "covers", "derived from", "proven", "cause"]), &rows, usize::MAX);
        } else {
            let rows: Vec<Row> = rules.iter().map(|rule| varying(&page, rule)).collect();
            page.list(&heading, &head(["rule", "covers", "cause", "fix"]), &rows, usize::MAX);
        }
    }
    let row = |what: &str, why: &str| Row::of_table([page.prose(what), page.prose(why)]);
    let rows: Vec<Row> = catalogue.missing.iter().map(|missing| row(&missing.what, &missing.why)).collect();
    page.list("### Known to vary, and without a rule", &head(["what", "why"]), &rows, usize::MAX);
    out.write_all(page.finish().as_bytes())
}

fn varying(page: &Page, rule: &KnownRule) -> Row {
    let fix = page.code(rule.fix.as_deref().unwrap_or_default());
    let covers = match rule.kind {
        RuleKind::Mask => rule.covers.iter().map(|words| page.prose(words)).collect(),
        _ => globs(page, &rule.covers),
    };
    Row::of_table([name(page, rule), covers, page.prose(&rule.cause), fix])
}

fn generated(page: &Page, rule: &KnownRule) -> Row {
    let proven = if rule.proven { "yes" } else { "" };
    let (covers, inputs) = (globs(page, &rule.covers), globs(page, &rule.inputs));
    Row::of_table([name(page, rule), covers, inputs, proven.to_owned(), page.prose(&rule.cause)])
}

/// The rule, and the user's file that it stands in.
fn name(page: &Page, rule: &KnownRule) -> String {
    match &rule.file {
        Some(file) => format!("{} of {}", page.code(&rule.name), page.code(file)),
        None => page.code(&rule.name),
    }
}

fn globs(page: &Page, globs: &[String]) -> String {
    globs.iter().map(|glob| page.code(glob)).collect::<Vec<_>>().join(" ")
}
