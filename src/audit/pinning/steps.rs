//! The instructions that are judged, their commands, and one answer out of many.

use std::fmt::Write as _;

use super::shell::{self, SimpleCommand};
use super::{Build, Judged};
use crate::model::text::visible;
use crate::model::{Answer, BuildSteps, Command, Evidence, Instruction};

/// Characters of an instruction that are shown.
const SHOWN: usize = 160;
/// Instructions that are named.
const NAMED: usize = 5;

/// One instruction and what it ran.
pub(super) struct Step<'a> {
    pub(super) instruction: &'a Instruction,
    pub(super) commands: Vec<SimpleCommand>,
}

/// What one command or instruction says to a question.
pub(super) struct Said {
    pub(super) answer: Answer,
    /// What of it: `curl, git`.
    pub(super) what: String,
    pub(super) evidence: Evidence,
}

impl Step<'_> {
    /// Says it of a command of this instruction.
    pub(super) fn says(&self, answer: Answer, command: &SimpleCommand, what: impl Into<String>) -> Said {
        let evidence = Evidence { text: cut(&command.words.join(" ")), layer: self.instruction.layer };
        Said { answer, what: what.into(), evidence }
    }
}

/// The instructions above the base.
pub(super) fn own(told: &BuildSteps, first_own: Option<usize>) -> Vec<Step<'_>> {
    let first = match first_own {
        Some(first) if !told.is_own_only => {
            let is_base = |instruction: &Instruction| instruction.layer.is_some_and(|layer| layer < first);
            told.instructions.iter().rposition(is_base).map_or(0, |at| at + 1)
        }
        _ => 0,
    };
    let own = told.instructions.iter().skip(first);
    own.map(|instruction| Step { instruction, commands: commands(instruction) }).collect()
}

fn commands(instruction: &Instruction) -> Vec<SimpleCommand> {
    match &instruction.command {
        Command::Script(script) => shell::commands(script),
        Command::Words(joined) => shell::words(joined),
        Command::Untold => Vec::new(),
    }
}

/// Why something may have been run that is not told.
pub(super) fn untold(told: &BuildSteps, own: &[Step<'_>], layers: usize, first_own: Option<usize>) -> Option<String> {
    let is_untold = |step: &&Step<'_>| step.instruction.keyword == Some("RUN") && step.commands.is_empty();
    if let Some(step) = own.iter().filter(is_untold).find(|step| step.instruction.command == Command::Untold) {
        return Some(format!("what was run is not told: {}", cut(&step.instruction.line())));
    }
    let is_told = |layer: usize| {
        own.iter().any(|step| step.instruction.layer == Some(layer) && step.instruction.keyword.is_some())
    };
    let first = first_own.unwrap_or_default();
    let missing = (first..layers).find(|layer| !is_told(*layer)).filter(|_| !told.is_own_only)?;
    Some(format!("the history does not tell what made layer {missing}"))
}

/// One answer out of what the instructions say: a single "no" is one, and a "yes" needs that everything is told.
/// `none` are the words for when nothing says anything.
pub(super) fn weighed<'a>(build: &Build<'_>, said: Vec<Said>, none: &str) -> Judged<'a> {
    let Some(worst) = said.iter().map(|said| said.answer).min() else {
        return match &build.untold {
            Some(untold) => Judged::new(Answer::Unknown, untold.as_str()),
            None => Judged::new(Answer::NotApplicable, none),
        };
    };
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut what: Vec<String> = Vec::new();
    let of_all = said.len();
    let worst_said: Vec<Said> = said.into_iter().filter(|said| said.answer == worst).collect();
    let number = worst_said.len();
    for Said { what: about, evidence: shows, .. } in worst_said {
        if !about.is_empty() && !what.contains(&about) {
            what.push(about);
        }
        if evidence.len() < NAMED && !evidence.contains(&shows) {
            evidence.push(shows);
        }
    }
    let more = what.len().saturating_sub(NAMED);
    what.truncate(NAMED);
    let mut words = what.join("; ");
    if more > 0 {
        let _ = write!(words, "; {more} more");
    }
    if of_all > 1 {
        words = format!("{number} of {of_all}: {words}");
    }
    let answer = match (&build.untold, worst) {
        (Some(untold), Answer::Yes | Answer::NotApplicable) => {
            words = format!("{words}; but {untold}");
            Answer::Unknown
        }
        _ => worst,
    };
    Judged { answer, words, evidence, paths: Vec::new() }
}

/// Whether a file's name ends in this extension.
pub(super) fn ends_as(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

/// Names in words: the first few, and how many more.
pub(super) fn named(names: &[&str]) -> String {
    let mut words = names.iter().take(NAMED).map(|name| visible(name)).collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(words, " and {more} more");
    }
    words
}

/// Text from an image, cut short and made visible.
pub(super) fn cut(text: &str) -> String {
    let dense = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = visible(&dense);
    if shown.chars().count() <= SHOWN {
        return shown.into_owned();
    }
    shown.chars().take(SHOWN - 1).chain(['…']).collect()
}
