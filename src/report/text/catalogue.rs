//! All masks and path rules, a paragraph each.

use std::io;

use crate::model::text::visible;
use crate::model::{Catalogue, KnownRule, RuleKind, rule};

pub(super) fn write_catalogue(catalogue: &Catalogue, out: &mut dyn io::Write) -> io::Result<()> {
    for kind in RuleKind::ALL {
        let mut rules = catalogue.rules.iter().filter(|rule| rule.kind == kind).peekable();
        if rules.peek().is_some() {
            writeln!(out, "{}", kind.title())?;
            rules.try_for_each(|rule| write_rule(rule, out))?;
            writeln!(out)?;
        }
    }
    writeln!(out, "Known to vary, and without a rule")?;
    catalogue.missing.iter().try_for_each(|missing| writeln!(out, "\n  {}\n    why    {}", missing.what, missing.why))
}

fn write_rule(rule: &KnownRule, out: &mut dyn io::Write) -> io::Result<()> {
    let proven = if rule.kind == RuleKind::Generated && rule.proven { " (proven)" } else { "" };
    writeln!(out, "\n  {}{proven}", rule::label(&rule.name, rule.file.as_deref()))?;
    let told = [
        ("covers", rule.covers.join("  ")),
        ("from", rule.inputs.join("  ")),
        ("cause", rule.cause.to_string()),
        ("fix", rule.fix.as_deref().unwrap_or_default().to_owned()),
    ];
    let mut told = told.iter().filter(|(_, words)| !words.is_empty());
    told.try_for_each(|(label, words)| writeln!(out, "    {label:<6} {}", visible(words)))
}
