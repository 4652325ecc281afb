//! Learnt rules as a file of rules, with what they were learnt from.

use std::fmt::Write as _;

use super::{LearntRule, NotLearnt};
use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{ImageFacts, Secrets};

/// Paths that are named one by one in comments.
const EXAMPLES: usize = 3;
/// Paths that were not learnt and are named in the head of the file.
const NOT_LEARNT: usize = 20;
/// Characters of an instruction in a comment.
const INSTRUCTION: usize = 160;

/// What the rules were learnt from, and when.
pub struct Learning<'a> {
    pub report: &'a DriftReport,
    pub rules: &'a [LearntRule],
    pub not_learnt: &'a [NotLearnt],
    /// A time as people read it.
    pub at: &'a str,
    /// The program, with its version.
    pub tool: &'a str,
}

/// The text of a file of rules in the form that [`crate::nondeterminism::RuleFile`] reads.
#[must_use]
pub fn write(learning: &Learning<'_>) -> String {
    let mut text = head(learning);
    for rule in learning.rules {
        // Writing to a String cannot fail.
        let _ = write_rule(learning, rule, &mut text);
    }
    text
}

fn head(learning: &Learning<'_>) -> String {
    let (report, at, tool) = (learning.report, learning.at, learning.tool);
    let image = |facts: &ImageFacts| format!("#   {}  {}", visible(&facts.reference), facts.image_digest);
    let mut lines = vec![
        format!("# Learnt by {tool} at {at} from two builds of one Dockerfile:"),
        image(&report.left),
        image(&report.right),
        "# What these rules name is called noise from now on, whatever stands in it: take out what must not differ."
            .to_owned(),
    ];
    if !learning.not_learnt.is_empty() {
        lines.push("# Not learnt, to be looked at:".to_owned());
        let named = learning.not_learnt.iter().take(NOT_LEARNT);
        lines.extend(named.map(|one| format!("#   {}: {}", path(report, one.row), visible(&one.why))));
        let more = learning.not_learnt.len().saturating_sub(NOT_LEARNT);
        lines.extend((more > 0).then(|| format!("#   and {more} more")));
    }
    lines.join("\n") + "\n"
}

fn write_rule(learning: &Learning<'_>, rule: &LearntRule, text: &mut String) -> std::fmt::Result {
    let report = learning.report;
    let examples: Vec<String> = rule.rows.iter().take(EXAMPLES).map(|row| path(report, *row)).collect();
    let more = rule.rows.len().saturating_sub(EXAMPLES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    writeln!(text, "\n# Differed: {}{more}", examples.join(", "))?;
    if let Some(instruction) = &rule.instruction {
        // The file is committed, whatever reports may show.
        let instruction = Secrets::Hidden.text(instruction);
        let cut: String = instruction.chars().take(INSTRUCTION).collect();
        let end = if cut.len() < instruction.len() { "..." } else { "" };
        writeln!(text, "# Made by: {cut}{end}")?;
    }
    if rule.executable {
        writeln!(text, "# Some of these may be executed: whatever runs in their place passes for noise too.")?;
    }
    writeln!(text, "[[noise]]\nname = {}", quoted(&rule.name))?;
    match rule.paths.as_slice() {
        [only] => writeln!(text, "paths = [{}]", quoted(only))?,
        paths => {
            writeln!(text, "paths = [")?;
            paths.iter().try_for_each(|path| writeln!(text, "    {},", quoted(path)))?;
            writeln!(text, "]")?;
        }
    }
    writeln!(text, "cause = {}", quoted(rule.cause))?;
    if let Some(fix) = rule.fix {
        writeln!(text, "fix = {}", quoted(fix))?;
    }
    if rule.executable {
        writeln!(text, "executable = true")?;
    }
    Ok(())
}

fn path(report: &DriftReport, row: usize) -> String {
    report.files.rows.get(row).map(|row| row.path.to_string()).unwrap_or_default()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
